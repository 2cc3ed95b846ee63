"""Frames found by marks and lengths: fixed size, between two marks, or with a length field."""

from __future__ import annotations

from abc import abstractmethod

from devices.framing.buffer import Buffer, partial
from devices.framing.checksum import Check
from devices.framing.frame import Frame
from devices.framing.line import UNFINISHED

_BITE = 1024
"""Bytes taken in at once: keeps the cost of cutting frames off the front small."""


class SearchingFramer:
    """Looks for a frame at the front of the buffer; what cannot begin one is given up byte by byte."""

    def __init__(self, start: bytes, check: Check | None, gap: int) -> None:
        self._start = start
        self._check = check
        self._gap = gap
        self._buffer = Buffer()

    def feed(self, data: bytes, now: int) -> list[Frame]:
        frames = self.tick(now)
        for at in range(0, len(data), _BITE):
            self._buffer.append(data[at : at + _BITE], now)
            self._search(frames)
        return frames

    def _search(self, frames: list[Frame]) -> None:
        while self._buffer.data:
            if not self._to_start(frames):
                break
            size = self._size(self._buffer.data)
            if size == 0:
                break
            if size < 0 or not self._accept(size, frames):
                self._buffer.skip(max(1, -size), frames)

    def _to_start(self, frames: list[Frame]) -> bool:
        """Bring the next start mark to the front; False when there is none yet."""
        if not self._start:
            return True
        data = self._buffer.data
        at = data.find(self._start)
        if at < 0:
            self._buffer.skip(len(data) - partial(data, self._start), frames)
            return False
        self._buffer.skip(at, frames)
        return True

    @abstractmethod
    def _size(self, data: bytes) -> int:
        """Size of the frame at the front; 0 when more bytes are needed; -n when n bytes cannot begin one."""

    def _body(self, raw: bytes) -> bytes | None:
        """What the decoder reads of a whole frame; None when its check fails."""
        return raw if self._check is None else self._check.verify(raw)

    def _accept(self, size: int, frames: list[Frame]) -> bool:
        body = self._body(self._buffer.data[:size])
        if body is None:
            return False
        raw, first, last = self._buffer.take(size, frames)
        frames.append(Frame(body, raw, first, last))
        return True

    def tick(self, now: int) -> list[Frame]:
        if self._gap and self._buffer.is_waiting and now - self._buffer.last >= self._gap:
            return self._buffer.flush(UNFINISHED)
        return []

    def deadline(self) -> int | None:
        return self._buffer.last + self._gap if self._gap and self._buffer.is_waiting else None

    def flush(self, now: int) -> list[Frame]:  # noqa: ARG002 - every framer is told the time
        return self._buffer.flush(UNFINISHED)


class FixedFramer(SearchingFramer):
    """Frames of `size` bytes, mark and check included. Without a mark only silence (`gap`) brings it back in step."""

    def __init__(self, size: int, start: bytes = b"", check: Check | None = None, gap: int = 0) -> None:
        super().__init__(start, check, gap)
        self._fixed = size

    def _size(self, data: bytes) -> int:
        return self._fixed if len(data) >= self._fixed else 0

    def encode(self, payload: bytes) -> bytes:
        body = payload if payload.startswith(self._start) else self._start + payload
        return self._check.attach(body) if self._check else body


class MarksFramer(SearchingFramer):
    """Frames between a start and an end mark; a second start mark before the end begins the frame anew."""

    def __init__(
        self, start: bytes, end: bytes, most: int, strip: bytes = b"", check: Check | None = None, gap: int = 0
    ) -> None:
        super().__init__(start, check, gap)
        self._end = end
        self._most = most
        self._strip = strip

    def _size(self, data: bytes) -> int:
        inside = len(self._start)
        longest = inside + self._most + len(self._end)
        window = data[:longest]
        end = window.find(self._end, inside)
        if end >= 0:
            again = window.rfind(self._start, inside, end)
            return -again if again > 0 else end + len(self._end)
        if len(window) < longest:
            return 0
        again = window.find(self._start, 1)
        return -again if again > 0 else -1

    def _body(self, raw: bytes) -> bytes | None:
        body = raw[len(self._start) : -len(self._end)]
        if self._strip:
            body = body.strip(self._strip)
        return body if self._check is None else self._check.verify(body)

    def encode(self, payload: bytes) -> bytes:
        return self._start + (self._check.attach(payload) if self._check else payload) + self._end


class LengthFramer(SearchingFramer):
    """Frames that say their own length: a field of `width` bytes at `at`; the frame is its value plus `adds` bytes."""

    def __init__(
        self,
        start: bytes,
        at: int,
        width: int,
        most: int,
        *,
        little: bool = False,
        adds: int = 0,
        check: Check | None = None,
        gap: int = 0,
    ) -> None:
        super().__init__(start, check, gap)
        self._at = at
        self._head = at + width
        self._width = width
        self._most = most
        self._little = little
        self._adds = adds

    def _size(self, data: bytes) -> int:
        if len(data) < self._head:
            return 0
        size = int.from_bytes(data[self._at : self._head], "little" if self._little else "big") + self._adds
        if size < self._head or size > self._most:
            return -1
        return size if len(data) >= size else 0

    def encode(self, payload: bytes) -> bytes:
        """The payload is the whole frame without check; its length field is filled in here."""
        body = payload.ljust(self._head, b"\0")
        size = len(body) + (self._check.size if self._check else 0) - self._adds
        field = size.to_bytes(self._width, "little" if self._little else "big")
        body = body[: self._at] + field + body[self._head :]
        return self._check.attach(body) if self._check else body
