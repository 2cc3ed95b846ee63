"""A buffer that knows when each byte came, and gathers what belongs to no frame."""

from __future__ import annotations

from devices.framing.frame import Frame

STRAY = "bytes outside any record"
_PIECE = 64


class Buffer:
    """Bytes not yet framed. `take` cuts a frame off the front, `skip` gives bytes up as stray.

    Stray bytes are told in pieces of 64, or together when the next frame or `flush` comes, so that what is told does
    not depend on how the stream was cut.
    """

    def __init__(self) -> None:
        self.data = b""
        self._base = 0
        self._marks: list[tuple[int, int]] = []
        self._stray = b""
        self._stray_first = 0
        self.last = 0

    def __len__(self) -> int:
        return len(self.data)

    def append(self, data: bytes, now: int) -> None:
        """Add bytes that came at `now`."""
        if data:
            self._marks.append((self._base + len(self.data), now))
            self.data += data
            self.last = now

    def time(self, index: int) -> int:
        """When the byte at `index` came."""
        position = self._base + index
        result = self.last
        for start, stamp in self._marks:
            if start > position:
                break
            result = stamp
        return result

    def take(self, size: int, frames: list[Frame]) -> tuple[bytes, int, int]:
        """Cut `size` bytes off the front: they, and the times of first and last byte. Tells stray bytes first."""
        self._tell(frames)
        raw, first, last = self.data[:size], self.time(0), self.time(size - 1)
        self._drop(size)
        return raw, first, last

    def skip(self, size: int, frames: list[Frame]) -> None:
        """Give up `size` bytes at the front as stray."""
        if not size:
            return
        if not self._stray:
            self._stray_first = self.time(0)
        self._stray += self.data[:size]
        self._drop(size)
        while len(self._stray) >= _PIECE:
            piece, self._stray = self._stray[:_PIECE], self._stray[_PIECE:]
            frames.append(Frame(b"", piece, self._stray_first, self._stray_first, STRAY))

    def _tell(self, frames: list[Frame]) -> None:
        stray, self._stray = self._stray, b""
        if stray:
            frames.append(Frame(b"", stray, self._stray_first, self._stray_first, STRAY))

    def _drop(self, size: int) -> None:
        self.data = self.data[size:]
        self._base += size
        while len(self._marks) > 1 and self._marks[1][0] <= self._base:
            self._marks.pop(0)
        if not self.data:
            self._marks.clear()

    def flush(self, fault: str) -> list[Frame]:
        """Give up everything: stray bytes, then what was unfinished."""
        frames: list[Frame] = []
        self._tell(frames)
        if self.data:
            raw, first, last = self.take(len(self.data), frames)
            frames.append(Frame(b"", raw, first, last, fault))
        return frames

    @property
    def is_waiting(self) -> bool:
        """Whether anything is held that time may settle."""
        return bool(self.data or self._stray)


def partial(data: bytes, mark: bytes) -> int:
    """How many bytes at the end of `data` may be the beginning of `mark`."""
    for size in range(min(len(mark) - 1, len(data)), 0, -1):
        if data.endswith(mark[:size]):
            return size
    return 0
