"""Plays a recording as if its port were open: the same bytes and requests at the same times, so the same readings."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from devices.decode import Decoded, as_discarded
from devices.errors import DeviceError, ProtocolError
from devices.link import LOST, OPENED, QUEUED, STREAMING, SignalSink, Sink
from devices.profile.model import Profile
from devices.reading import Discarded, LinkState, LinkStatus, Reading, Trigger
from devices.record import Direction, Entry, read_recording
from devices.session import Counts, Session

ENDED = "the recording has ended"
_BREATH = 256
"""Entries played at most speed before others get a turn."""


class ReplayLink:
    """A recording played at `speed` times its own pace; 0 is as fast as can be.

    Every reading carries the times that were recorded. After the last entry the link stays, silent, until cancelled.
    """

    def __init__(
        self,
        profile: Profile,
        port: str,
        path: Path,
        speed: float,
        *,
        source: str,
        sink: Sink,
        signals: SignalSink | None = None,
    ) -> None:
        self.profile = profile
        self.port = port
        self.source = source
        self._path = path
        self._speed = speed
        self._sink = sink
        self._signals = signals
        self._session = Session(profile, source)
        self._state = LinkState(source, port, LinkStatus.OPENING, 0, "not opened yet", b"")
        self._last_bytes = b""
        self.ended = asyncio.Event()

    @property
    def state(self) -> LinkState:
        return self._state

    @property
    def counts(self) -> Counts:
        """What became of everything in the recording so far."""
        return self._session.counts

    async def wait_ready(self) -> None:
        """A recording needs no waiting."""

    async def request(self, channel: str = "1") -> None:
        """Raises ProtocolError: a recording answers only what was asked then."""
        raise ProtocolError(f"{self.source} is a recording: it cannot be asked for channel {channel}.")

    async def run(self) -> None:
        """Play to the end, then stay silent until cancelled."""
        self._set(LinkStatus.OPENING, f"opening {self.port}", 0)
        try:
            await self._play()
            self._set(LinkStatus.SILENT, ENDED, self._state.since)
        except DeviceError as error:
            self._set(LinkStatus.ERROR, str(error), self._state.since)
        self.ended.set()
        await asyncio.Event().wait()

    async def _play(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        first: int | None = None
        for number, entry in enumerate(read_recording(self._path), start=1):
            first = entry.monotonic if first is None else first
            if self._speed:
                due = began + (entry.monotonic - first) / 1e9 / self._speed
                if (wait := due - loop.time()) > 0:
                    await asyncio.sleep(wait)
            if number % _BREATH == 0:
                await asyncio.sleep(0)
            self._entry(entry)

    def _entry(self, entry: Entry) -> None:
        session, now = self._session, entry.monotonic
        if entry.direction is Direction.IN:
            self._last_bytes = (self._last_bytes + entry.data)[-64:]
            self._deliver(session.received(entry.data, now, entry.wall))
            return
        word, _, rest = entry.note.partition(" ")
        if entry.direction is Direction.EVENT and word == OPENED and rest.isdigit():
            session.opened(now, entry.wall, int(rest))
            self._set(LinkStatus.READY, "the port was open", entry.wall)
        elif entry.direction is Direction.EVENT and entry.note == LOST:
            self._deliver(session.lost(now))
            self._set(LinkStatus.ERROR, "the port was lost", entry.wall)
        elif entry.direction is Direction.EVENT and entry.note == STREAMING:
            session.streaming(True)
        elif word == QUEUED and (asked := _asked(rest)):
            session.ask(*asked)
        elif _asked(entry.note):
            self._deliver(session.tick(now))
            session.sent(entry.note, now)

    def _deliver(self, decoded: Sequence[Decoded]) -> None:
        for one in decoded:
            if isinstance(one, Reading | Discarded):
                self._sink(one)
            elif self._signals is not None:
                self._signals(one)
            else:
                self._sink(as_discarded(one))

    def _set(self, status: LinkStatus, detail: str, since: int) -> None:
        self._state = LinkState(self.source, self.port, status, since, detail, self._last_bytes)
        self._sink(self._state)


def _asked(note: str) -> tuple[str, Trigger] | None:
    """Channel and trigger of a request's note, or None when the note is of something else."""
    word, _, channel = note.rpartition(" ")
    try:
        return channel, Trigger(word)
    except ValueError:
        return None
