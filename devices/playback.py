"""Plays a recording at its own pace, faster or at once, as a link; what an entry means is told by who inherits."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

from devices.errors import DeviceError, ProtocolError
from devices.link import SignalSink, Sink
from devices.profile.model import Profile
from devices.reading import LinkState, LinkStatus
from devices.record import Direction, Entry, read_recording

ENDED = "the recording has ended"
_BREATH = 256
"""Entries played at most speed before others get a turn."""
_LAST_BYTES = 64


class Playback(ABC):
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
        self._state = LinkState(source, port, LinkStatus.OPENING, 0, "not opened yet", b"")
        self._last_bytes = b""
        self.ended = asyncio.Event()

    @property
    def state(self) -> LinkState:
        return self._state

    @property
    def missed(self) -> Mapping[tuple[str, str], int]:
        """Nothing is polled."""
        return {}

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
            if entry.direction is Direction.IN:
                self._last_bytes = (self._last_bytes + entry.data)[-_LAST_BYTES:]
            self._entry(entry)

    @abstractmethod
    def _entry(self, entry: Entry) -> None:
        """What an entry says happened then."""

    def _set(self, status: LinkStatus, detail: str, since: int) -> None:
        self._state = LinkState(self.source, self.port, status, since, detail, self._last_bytes)
        self._sink(self._state)
