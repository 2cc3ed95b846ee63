"""A Modbus port that is kept open for ever: one task opens it, polls the instruments on it and tells the sink."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

from devices.clock import SYSTEM_CLOCK, Clock
from devices.errors import DeviceError, PortError, ProtocolError
from devices.link import LOST, OPENED
from devices.modbus.address import Address
from devices.modbus.booking import Event, Moment
from devices.modbus.place import checked, make_exchange, place_of
from devices.modbus.registers import Point
from devices.modbus.requests import write_request
from devices.modbus.schedule import Member
from devices.modbus.session import Counts, Session
from devices.profile.model import Profile
from devices.reading import Discarded, LinkState, LinkStatus, Reading, Scan, Signal
from devices.record import Direction, RawJournal
from devices.transports import Transport, build_transport

SHORTEST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
LONGEST_SLEEP = 3600.0
_SECOND = 1_000_000_000
_LAST_BYTES = 64

Authorise = Callable[[str, str, Decimal], str]


Sink = Callable[[Reading | LinkState | Discarded], None]
SignalSink = Callable[[Scan | Signal], None]


class ModbusLink:
    """One port and the instruments on it.

    Constructing does not communicate; `run` does, until it is cancelled. `sink` gets what was read, every change of
    state, and what was discarded; it is called on the loop's thread. `authorise(source, channel, value)` is asked
    before anything is written and answers why not, or nothing; without it nothing is ever written.
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
        signals: SignalSink | None = None,
        authorise: Authorise | None = None,
    ) -> None:
        address, member = place_of(profile, source, port, line)
        self.profile = profile
        self.port = port
        self.source = source
        self._sink = sink
        self._signals = signals
        self._journal = raw_journal
        self._clock = clock
        self._authorise = authorise
        self._outbox: deque[bytes] = deque()
        self._wake: asyncio.Future[None] | None = None
        self._armed_for = 0
        self._lost: DeviceError | None = None
        self._failed: Exception | None = None
        self._last_bytes = b""
        self._heard = False
        self._is_open = False
        self._asked: dict[int, asyncio.Future[Reading | None]] = {}
        self._states: dict[str, LinkState] = {}
        self._spelled = {source: port}
        self._set_members(profile, address, [member], line)

    @classmethod
    def gateway(
        cls,
        members: Sequence[tuple[str, Profile, str]],
        *,
        sink: Sink,
        raw_journal: RawJournal | None = None,
        clock: Clock = SYSTEM_CLOCK,
        line: str | None = None,
        signals: SignalSink | None = None,
        authorise: Authorise | None = None,
    ) -> ModbusLink:
        """A link for several instruments on one wire: (source, profile, port with its unit) of each.

        Raises PortError when they are not on the same wire, or two of them answer to one unit.
        """
        source, profile, port = members[0]
        link = cls(
            profile,
            port,
            source=source,
            sink=sink,
            raw_journal=raw_journal,
            clock=clock,
            line=line,
            signals=signals,
            authorise=authorise,
        )
        places = [place_of(one_profile, one_source, one_port, line) for one_source, one_profile, one_port in members]
        if len({(place.port, place.framing) for place, _ in places}) > 1:
            raise PortError(f"{source} and its neighbours are not on one port.", "Give each port a link of its own.")
        units = [member.unit for _, member in places]
        if len(set(units)) < len(units):
            raise PortError(f"Two instruments on {port} have the same unit.", "Give each its own with ?unit=N.")
        link._spelled = {one_source: one_port for one_source, _, one_port in members}
        link._set_members(profile, places[0][0], [member for _, member in places], line)
        return link

    def _set_members(self, profile: Profile, address: Address, members: Sequence[Member], line: str | None) -> None:
        self._members = tuple(members)
        self._transport: Transport = build_transport(profile, address.port, line=line, clock=self._clock)
        self._session = Session(
            self._members,
            make_exchange(address.framing, [member.registers for member in self._members]),
            port=self.port,
            write=self._queue,
            sink=self._pass_on,
            settle=self._settle,
        )
        self._write_at_once: Callable[[bytes], bool] | None = getattr(self._transport, "write_at_once", None)
        now = self._clock.wall()
        for member in self._members:
            self._states[member.source] = LinkState(
                member.source, self._spelled[member.source], LinkStatus.OPENING, now, "not opened yet", b""
            )

    # --- what others ask ---------------------------------------------------------------------------------------------

    @property
    def state(self) -> LinkState:
        """The state of the port's first instrument."""
        return self._states[self.source]

    @property
    def states(self) -> Mapping[str, LinkState]:
        """The state of every instrument on the port, by source."""
        return self._states

    @property
    def counts(self) -> Counts:
        """What became of everything asked and heard so far."""
        return self._session.counts

    @property
    def texts(self) -> Mapping[tuple[str, str], str]:
        """The last text of every string point, by source and channel."""
        return self._session.booker.texts

    @property
    def missed(self) -> Mapping[tuple[str, str], int]:
        """Poll cycles that could not begin in time, by source and group."""
        return self._session.missed

    async def request(self, channel: str) -> None:
        """Queue a request; the answer, or a bad reading that says why there is none, goes to the sink.

        Raises ProtocolError when there is no such channel, PortError while the port is away.
        """
        self._ask(channel, self.source)

    async def read(self, channel: str, *, source: str | None = None) -> Reading | None:
        """Read one channel before all polls and wait for it; None for a string point, whose text is then in `texts`.

        The reading also goes to the sink. Raises DeviceError when there is no answer.
        """
        return await self._answer(self._ask(channel, source or self.source))

    async def check(self, channel: str, *, source: str | None = None) -> Reading | None:
        """As `read`, but for who asks alone: the sink is not told, so nothing is booked."""
        return await self._answer(self._ask(channel, source or self.source, quiet=True))

    def _ask(self, channel: str, source: str, *, quiet: bool = False) -> int:
        self._require_open()
        try:
            ticket = self._session.ask(source, channel, self._clock.monotonic(), quiet=quiet)
        except KeyError as error:
            raise ProtocolError(f"{source} has no channel '{channel}'.", "See the profile's points.") from error
        self._rouse()
        return ticket

    def _require_open(self) -> None:
        if not self._is_open:
            raise PortError(f"{self.source} is not connected: {self.state.detail}", "Wait until it is ready.")

    async def write(self, channel: str, value: Decimal, *, source: str | None = None) -> None:
        """Write a point that the profile declares writable, if `authorise` allows it.

        Raises ProtocolError when it may not be, or the instrument did not confirm it.
        """
        name = source or self.source
        member, point = self._writable(channel, name)
        request = write_request(member.unit, point.span, checked(point, value))
        why_not = self._authorise(name, channel, value) if self._authorise is not None else "nobody may write here"
        if why_not:
            raise ProtocolError(f"{channel} was not written: {why_not}.")
        self._require_open()
        ticket = self._session.ask_write(name, channel, request, self._clock.monotonic())
        self._rouse()
        await self._answer(ticket)

    def writable(self, channel: str, *, source: str | None = None) -> Point:
        """The point of a channel that may be written. Raises ProtocolError when the profile declares no such one."""
        return self._writable(channel, source or self.source)[1]

    def _writable(self, channel: str, source: str) -> tuple[Member, Point]:
        for member in self._members:
            for point in member.registers.points:
                if member.source == source and point.name == channel and point.writable is not None:
                    return member, point
        names = [
            point.name
            for member in self._members
            if member.source == source
            for point in member.registers.points
            if point.writable is not None
        ]
        known = f"Its profile lets be written: {', '.join(names)}." if names else "Its profile lets nothing be written."
        raise ProtocolError(f"{channel} of {source} is not writable.", known)

    async def _answer(self, ticket: int) -> Reading | None:
        future: asyncio.Future[Reading | None] = asyncio.get_running_loop().create_future()
        self._asked[ticket] = future
        try:
            return await future
        finally:
            self._asked.pop(ticket, None)

    # --- the life of the port ----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Hold the port until cancelled. Trouble with it becomes states; only an error of the sink itself is raised."""
        pause = SHORTEST_PAUSE
        try:
            self._say_all(LinkStatus.OPENING, f"opening {self.port}")  # once: a try that fails like the last is no news
            while True:
                self._lost, self._heard = None, False
                try:
                    await self._transport.open(self)
                    trouble = await self._converse()
                except DeviceError as error:
                    trouble = error
                finally:
                    await self._transport.close()
                if self._failed is not None:
                    raise self._failed
                self._end_conversation(str(trouble))
                pause = SHORTEST_PAUSE if self._heard else min(LONGEST_PAUSE, pause * 2)
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))
        finally:
            self._is_open = False
            await self._transport.close()

    async def _converse(self) -> DeviceError:
        """Write what the session wants sent and wake it in time; returns what ended the conversation."""
        delay = max(member.registers.connect_delay for member in self._members)
        if delay:
            await asyncio.sleep(delay / _SECOND)
        self._outbox.clear()
        self._is_open = True
        self._session.connected(self._clock.monotonic(), self._clock.wall())
        while True:
            while self._outbox and self._lost is None:
                await self._transport.write(self._outbox.popleft())
            if self._lost is not None:
                return self._lost
            now = self._clock.monotonic()
            wake_at = self._session.wake_at(now)
            if wake_at > now:
                await self._sleep((wake_at - now) / _SECOND)
                now = self._clock.monotonic()
            if self._lost is None and not self._outbox:
                self._broken(self._session.advance(now, self._clock.wall()))

    async def _sleep(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._wake = loop.create_future()
        self._armed_for = self._clock.monotonic() + int(seconds * _SECOND)
        timer = loop.call_later(min(seconds, LONGEST_SLEEP), self._rouse)
        try:
            await self._wake
        finally:
            timer.cancel()
            self._wake = None

    def _queue(self, data: bytes, note: str, moment: Moment) -> None:
        """Keep a frame at the moment it was decided, so that a recording has it in order; write it next."""
        if self._journal is not None:
            self._journal.append(self.source, Direction.OUT, moment.now, moment.utc, data, note)
        if self._outbox or self._write_at_once is None or not self._write_at_once(data):
            self._outbox.append(data)

    def _end_conversation(self, why: str) -> None:
        self._is_open = False
        now, utc = self._clock.monotonic(), self._clock.wall()
        if self._journal is not None:
            with suppress(DeviceError):  # why nothing could be kept is already this link's state
                self._journal.append(self.source, Direction.EVENT, now, utc, b"", LOST)
        self._session.disconnected(why, now, utc)
        self._say_all(LinkStatus.ERROR, why)

    def _rouse(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def _broken(self, why: str) -> None:
        if why:
            self._stop(PortError(f"{self.port}: {why}."))

    def _stop(self, error: DeviceError) -> None:
        self._lost = self._lost or error
        self._rouse()

    # --- told by the transport ---------------------------------------------------------------------------------------

    def opened(self, monotonic: int, wall: int) -> None:
        """The port is open."""
        if self._journal is None:
            return
        try:
            self._journal.append(
                self.source, Direction.EVENT, monotonic, wall, b"", f"{OPENED} {self._transport.settle}"
            )
        except DeviceError as error:
            self._stop(error)

    def received(self, data: bytes, monotonic: int, wall: int) -> None:
        """Bytes arrived."""
        if self._lost is not None or self._failed is not None:
            return
        self._heard = True
        self._last_bytes = data[-_LAST_BYTES:]
        try:
            if self._journal is not None:
                self._journal.append(self.source, Direction.IN, monotonic, wall, data)
            if self._is_open:
                self._broken(self._session.receive(data, monotonic, wall))
        except DeviceError as error:
            self._stop(error)
        except Exception as error:  # noqa: BLE001 - the sink's own error: kept, and raised from run()
            self._failed = error
            self._stop(PortError("the link was stopped"))
        if self._outbox or self._session.wake_at(monotonic) < self._armed_for:
            self._rouse()

    def lost(self, why: str) -> None:
        """The port is gone."""
        self._stop(PortError(f"{self._transport.name}: {why}."))

    # --- told by the session -----------------------------------------------------------------------------------------

    def _pass_on(self, event: Event) -> None:
        if isinstance(event, Reading):
            self._sink(event)
        elif isinstance(event, Scan):
            if self._signals is not None:
                self._signals(event)
        else:
            if isinstance(event, LinkState):
                event = replace(event, port=self._spelled[event.source])  # each with its own unit
                self._states[event.source] = event
            self._sink(event)

    def _settle(self, ticket: int, result: Reading | DeviceError | None) -> None:
        future = self._asked.get(ticket)
        if future is None or future.done():
            return
        if isinstance(result, DeviceError):
            future.set_exception(result)
        else:
            future.set_result(result)

    def _say_all(self, status: LinkStatus, detail: str) -> None:
        now = self._clock.wall()
        for member in self._members:
            self._pass_on(LinkState(member.source, self.port, status, now, detail, self._last_bytes))
