"""Frames that silence ends."""

from __future__ import annotations

from devices.framing.checksum import Check
from devices.framing.frame import Frame
from devices.framing.line import TOO_LONG, UNFINISHED


class GapFramer:
    """Frames with nothing but silence between them: `gap` ns without a byte ends one."""

    def __init__(self, gap: int, most: int, strip: bytes = b"", check: Check | None = None) -> None:
        self._gap = gap
        self._most = most
        self._strip = strip
        self._check = check
        self._data = b""
        self._first = 0
        self._last = 0
        self._overrun = False

    def feed(self, data: bytes, now: int) -> list[Frame]:
        frames = self.tick(now)
        if not data:
            return frames
        if not self._data:
            self._first = now
        self._data += data
        self._last = now
        while len(self._data) > self._most:
            piece, self._data = self._data[: self._most], self._data[self._most :]
            frames.append(Frame(b"", piece, self._first, now, TOO_LONG))
            self._overrun = True
        return frames

    def tick(self, now: int) -> list[Frame]:
        if not self._data or now - self._last < self._gap:
            return []
        raw, self._data = self._data, b""
        overrun, self._overrun = self._overrun, False
        if overrun:
            return [Frame(b"", raw, self._first, self._last, TOO_LONG)]
        body = raw.strip(self._strip) if self._strip else raw
        checked = body if self._check is None else self._check.verify(body)
        if checked is None:
            return [Frame(b"", raw, self._first, self._last, self._check.fault if self._check else "")]
        return [Frame(checked, raw, self._first, self._last)] if checked else []

    def deadline(self) -> int | None:
        return self._last + self._gap if self._data else None

    def flush(self, now: int) -> list[Frame]:  # noqa: ARG002 - every framer is told the time
        raw, self._data = self._data, b""
        self._overrun = False
        return [Frame(b"", raw, self._first, self._last, UNFINISHED)] if raw else []

    def encode(self, payload: bytes) -> bytes:
        return self._check.attach(payload) if self._check else payload
