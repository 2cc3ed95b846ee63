"""A link owns one port for ever: opens it, listens, asks, and opens it again when it was lost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from devices.clock import SYSTEM_CLOCK, Clock
from devices.decode import Decoded, as_discarded
from devices.errors import DeviceError, NotConnected, PortError, ProtocolError
from devices.polling import Poll, PollGrid
from devices.profile.model import Profile
from devices.reading import Discarded, LinkState, LinkStatus, Reading, Scan, Signal, Trigger
from devices.record import Direction, RawJournal
from devices.session import MILLISECOND, Counts, Session
from devices.transports import Transport, build_transport

Sink = Callable[[Reading | LinkState | Discarded], None]
SignalSink = Callable[[Scan | Signal], None]

SHORTEST_WAIT = 0.2
LONGEST_WAIT = 5.0
WATCH = 0.1
FRESH = 3.0
SILENT_AFTER = 2
UNREADABLE_AFTER = 20
"""Records in a row that were none of this instrument, before the port is said to be no good."""
_LAST_BYTES = 64
_CONNECTED = frozenset({LinkStatus.READY, LinkStatus.SILENT})
QUEUED = "queued"
STREAMING = "streaming"
OPENED = "opened"
LOST = "lost"
"""What a link writes into its journal besides bytes; `devices.replay` understands it."""


class AnyLink(Protocol):
    """What every link can do, whatever it speaks."""

    source: str
    port: str

    @property
    def state(self) -> LinkState: ...

    @property
    def missed(self) -> Mapping[tuple[str, str], int]:
        """Poll cycles that could not begin in time, by source and channel (of a register instrument: its group)."""
        ...

    async def run(self) -> None:
        """Hold the port until cancelled; trouble with it is told as states, never raised."""
        ...

    async def request(self, channel: str) -> None:
        """Queue a request for a reading; the answer, or a bad reading that says why there is none, goes to the sink."""
        ...


class Link:
    """One byte instrument on one port.

    `sink` gets every reading, discarded piece and change of state, on the loop's thread, in order; `signals` gets scans
    and events without a value, which otherwise count as discarded. Raw bytes go to `raw_journal` first.
    """

    def __init__(
        self,
        profile: Profile,
        port: str,
        *,
        source: str,
        sink: Sink,
        raw_journal: RawJournal | None = None,
        clock: Clock = SYSTEM_CLOCK,
        line: str | None = None,
        polls: Iterable[Poll] = (),
        stream: bool = False,
        signals: SignalSink | None = None,
        transport: Transport | None = None,
    ) -> None:
        self.profile = profile
        self.port = port
        self.source = source
        self._sink = sink
        self._signals = signals
        self._journal = raw_journal
        self._clock = clock
        self._transport = transport or build_transport(profile, port, line=line, clock=clock)
        self._session = Session(profile, source)
        self._grid = PollGrid(tuple(polls), clock.monotonic())
        self._stream = stream
        self._wake = asyncio.Event()
        self._lost: DeviceError | None = None
        self._failed: Exception | None = None
        self._preferred = ""
        self._last_heard = 0
        self._last_bytes = b""
        self._state = LinkState(source, port, LinkStatus.OPENING, clock.wall(), "not opened yet", b"")
        self._ready = asyncio.Event()
        self._came_back = -FRESH
        self._unreadable = 0

    @property
    def state(self) -> LinkState:
        return self._state

    @property
    def counts(self) -> Counts:
        """What became of everything heard and asked so far."""
        return self._session.counts

    @property
    def missed(self) -> Mapping[tuple[str, str], int]:
        """Poll cycles that could not begin in time, by source and channel."""
        return {(self.source, channel): count for channel, count in self._grid.missed.items()}

    # --- what others want ---

    async def request(self, channel: str = "1") -> None:
        """Queue a request. Raises ProtocolError when the instrument cannot be asked, PortError while it is away."""
        if self._state.status in (LinkStatus.OPENING, LinkStatus.ERROR):
            raise PortError(f"{self.source} is not connected: {self._state.detail}", "Wait until it is ready.")
        self._ask(channel, Trigger.REQUEST)

    def _ask(self, channel: str, trigger: Trigger) -> None:
        self._session.ask(channel, trigger)
        self._note(Direction.EVENT, b"", f"{QUEUED} {trigger.value} {channel}")
        self._wake.set()

    def prefer(self, channel: str) -> None:
        """Pre-request: the next foot switch reads this channel. Empty to let it pass."""
        if channel and (self.profile.request is None or channel not in self.profile.request.channels):
            raise ProtocolError(f"{self.profile.title} cannot be asked for channel '{channel}'.")
        self._preferred = channel

    async def command(self, name: str) -> None:
        """Send one of the profile's named commands. Raises ProtocolError or PortError."""
        text = self.profile.commands.get(name)
        if text is None:
            known = ", ".join(self.profile.commands) or "none"
            raise ProtocolError(f"{self.profile.title} has no command '{name}'.", f"It has: {known}.")
        await self._write(text.encode("latin-1"), f"command {name}")

    def typed(self, record: bytes) -> None:
        """A whole record was typed, with its end mark. Raises PortError where the port is no keyboard."""
        from devices.transports.keyboard import Keyboard

        if not isinstance(self._transport, Keyboard):
            raise PortError(f"{self.source} is on {self.port}, not on the keyboard.", "Its port would be wedge:.")
        self._transport.typed(record)

    async def wait_ready(self) -> None:
        """Return once the port is open; while it is not, `state` says why."""
        await self._ready.wait()

    # --- the life of the port ---

    async def run(self) -> None:
        """Hold the port until cancelled. Trouble with it becomes states; only an error of the sink itself is raised."""
        waits = _Waits()
        comes = self.port.startswith("tcp-listen:")
        self._set(LinkStatus.OPENING, "waiting for the instrument to connect" if comes else f"opening {self.port}")
        try:
            while True:
                self._lost = None
                try:
                    await self._transport.open(self)
                    await self._converse(waits)
                except DeviceError as error:
                    trouble = error
                finally:
                    self._ready.clear()
                    await self._transport.close()
                if self._failed is not None:
                    raise self._failed
                self._end_conversation()
                self._set(LinkStatus.ERROR, str(trouble))
                await self._pause(waits.next())
        finally:
            await self._transport.close()

    async def _converse(self, waits: _Waits) -> None:
        """Talk until the port is lost. Raises the DeviceError that ended it."""
        serial, stream = self.profile.serial, self.profile.stream
        if serial is not None and serial.open_delay_ms:
            await asyncio.sleep(serial.open_delay_ms / 1000)
        self._set(LinkStatus.READY, f"open on {self._transport.name}")
        self._ready.set()
        if stream is not None and (self._stream or stream.stop_on_open):
            await asyncio.sleep(self._transport.settle / 1e9)  # what comes before is no answer to what is sent here
        if stream is not None and stream.stop and stream.stop_on_open:
            await self._write(stream.stop.encode("latin-1"), "stream stop")
        if self._stream:
            self._session.streaming(True)
            self._note(Direction.EVENT, b"", STREAMING)
        if stream is not None and stream.start and self._stream:
            await self._write(stream.start.encode("latin-1"), "stream start")
        began, heard = self._clock.monotonic(), self._session.counts.bytes
        self._grid.restart(began)
        while True:
            await self._turn()
            if self._session.counts.bytes > heard or self._clock.monotonic() - began > LONGEST_WAIT * 1e9:
                waits.reset()  # not for bytes of long ago: who closes each connection at once is not asked without end

    async def _turn(self) -> None:
        """One round: what silence brings, what is due, what is to be sent; then wait for the next thing."""
        self._wake.clear()
        if self._failed is not None or self._lost is not None:
            raise self._lost or PortError("the link was stopped")
        now = self._clock.monotonic()
        self._deliver(self._session.tick(now))
        for channel in self._grid.due(now):
            if self._session.is_waiting(channel):
                self._grid.skip(channel)
            else:
                self._session.ask(channel, Trigger.POLL)
        self._judge_silence(now)
        transmit = self._session.next(now)
        if transmit is None:
            await self._sleep(now)
            return
        stamp = self._note(Direction.OUT if transmit.data else Direction.EVENT, transmit.data, transmit.note)
        self._session.sent(transmit.note, stamp)
        if transmit.pulse is not None:
            await self._transport.pulse(transmit.pulse)
        else:
            await self._transport.write(transmit.data)

    async def _sleep(self, now: int) -> None:
        times = [
            time for time in (self._session.deadline(), self._grid.deadline(), self._silence()) if time is not None
        ]
        if not times:
            await self._wake.wait()
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, (min(times) - now) / 1e9)):
                await self._wake.wait()

    async def _write(self, data: bytes, note: str) -> None:
        self._note(Direction.OUT, data, note)
        await self._transport.write(data)

    def _end_conversation(self) -> None:
        now = self._clock.monotonic()
        with suppress(DeviceError):  # why nothing could be kept is already this link's state
            now = self._note(Direction.EVENT, b"", LOST)
        self._deliver(self._session.lost(now))

    async def _pause(self, seconds: float) -> None:
        """Wait before the next try; a port that is seen to come back is tried at once, and for a while often.

        A device that was just plugged in may be there before this account may open it.
        """
        loop = asyncio.get_running_loop()
        if loop.time() - self._came_back < FRESH:
            seconds = min(seconds, SHORTEST_WAIT)
        end = loop.time() + seconds
        was_there = self._transport.is_there()
        while (left := end - loop.time()) > 0:
            await asyncio.sleep(min(left, WATCH))
            is_there = self._transport.is_there()
            if is_there and not was_there:
                self._came_back = loop.time()
                return
            was_there = is_there

    # --- what the port says (Receiver) ---

    def opened(self, monotonic: int, wall: int) -> None:
        self._last_heard, self._unreadable = monotonic, 0
        try:
            if self._journal is not None:
                note = f"{OPENED} {self._transport.settle}"
                self._journal.append(self.source, Direction.EVENT, monotonic, wall, b"", note)
        except DeviceError as error:
            self._stop(error)
        self._session.opened(monotonic, wall, self._transport.settle)

    def received(self, data: bytes, monotonic: int, wall: int) -> None:
        if self._lost is not None or self._failed is not None:
            return
        self._last_heard = monotonic
        self._last_bytes = (self._last_bytes + data)[-_LAST_BYTES:] if len(data) < _LAST_BYTES else data[-_LAST_BYTES:]
        try:
            if self._journal is not None:
                self._journal.append(self.source, Direction.IN, monotonic, wall, data)
        except DeviceError as error:
            self._stop(error)
            return
        was_busy = self._session.busy
        self._deliver(self._session.received(data, monotonic, wall))
        unread = self._unreadable >= UNREADABLE_AFTER
        if was_busy or self._session.busy or unread or self._state.status is LinkStatus.SILENT:
            self._wake.set()

    def lost(self, why: str) -> None:
        self._stop(PortError(f"{self._transport.name}: {why}."))

    def _stop(self, error: DeviceError) -> None:
        self._lost = self._lost or error
        self._wake.set()

    # --- telling ---

    def _note(self, direction: Direction, data: bytes, note: str) -> int:
        """Journal what is said or done; gives its monotonic time."""
        now = self._clock.monotonic()
        if self._journal is not None:
            self._journal.append(self.source, direction, now, self._clock.wall(), data, note)
        return now

    def _deliver(self, decoded: Sequence[Decoded]) -> None:
        try:
            for one in decoded:
                if isinstance(one, Discarded):
                    self._unreadable += 1
                    self._sink(one)
                    continue
                self._unreadable = 0
                if isinstance(one, Reading):
                    self._heard(one)
                    self._sink(one)
                else:
                    self._signal(one)
        except Exception as error:  # noqa: BLE001 - the owner's own error: kept, and raised from run()
            self._failed = error
            self._wake.set()

    def _heard(self, reading: Reading) -> None:
        if reading.raw:
            self._grid.answered(reading.channel, reading.received)
        else:
            self._grid.kept_silent(reading.channel, reading.received)

    def _signal(self, one: Scan | Signal) -> None:
        if isinstance(one, Signal) and one.trigger is Trigger.FOOT_SWITCH and self._preferred:
            self._ask(self._preferred, Trigger.FOOT_SWITCH)
        if self._signals is not None:
            self._signals(one)
            return
        self._sink(as_discarded(one))

    def _silence(self) -> int | None:
        stream = self.profile.stream
        if not self._stream or stream is None or not stream.silent_after_ms or self._state.status is LinkStatus.SILENT:
            return None
        return self._last_heard + stream.silent_after_ms * MILLISECOND

    def _judge_silence(self, now: int) -> None:
        silence = self._silence()
        if silence is not None and now >= silence:
            self._set(LinkStatus.SILENT, "the instrument sends nothing any more")
        elif self._unreadable >= UNREADABLE_AFTER and self._state.status is LinkStatus.READY:
            title = self.profile.title
            self._set(
                LinkStatus.SILENT,
                f"what comes on {self._transport.name} is no record of {title}: the line settings or the profile are"
                " wrong; 'sinebar instruments probe' tells which",
            )
        elif self._session.silent_requests >= SILENT_AFTER and self._state.status is LinkStatus.READY:
            self._set(LinkStatus.SILENT, f"{self._session.silent_requests} requests without an answer")
        elif self._state.status is LinkStatus.SILENT and self._speaks_again(now):
            self._set(LinkStatus.READY, f"open on {self._transport.name}")

    def _speaks_again(self, now: int) -> bool:
        stream = self.profile.stream
        if self._session.silent_requests >= SILENT_AFTER or self._unreadable >= UNREADABLE_AFTER:
            return False
        return not (
            self._stream and stream is not None and now - self._last_heard >= stream.silent_after_ms * MILLISECOND
        )

    def _set(self, status: LinkStatus, detail: str) -> None:
        if (status, detail) == (self._state.status, self._state.detail):
            return
        self._state = LinkState(self.source, self.port, status, self._clock.wall(), detail, self._last_bytes)
        self._sink(self._state)


class _Waits:
    """Seconds between tries to reconnect: growing from 0.2 to 5, shortened by chance so that links do not march."""

    def __init__(self) -> None:
        self._wait = SHORTEST_WAIT

    def next(self) -> float:
        wait = self._wait
        self._wait = min(LONGEST_WAIT, wait * 1.8)
        return wait * random.uniform(0.6, 1.0)

    def reset(self) -> None:
        self._wait = SHORTEST_WAIT


async def connect_all(links: Sequence[AnyLink], within: float) -> None:
    """Wait until every running link has its port. Raises NotConnected naming each that has not, with its reason."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within
    while failed := [link for link in links if link.state.status not in _CONNECTED]:
        if loop.time() >= end:
            raise NotConnected({link.source: link.state.detail for link in failed})
        await asyncio.sleep(0.01)
