"""Frames that end with CR, LF, CR LF, another mark, or any line end."""

from __future__ import annotations

import re

from devices.framing.checksum import Check
from devices.framing.frame import Frame

TOO_LONG = "no end of record within the longest length"
UNFINISHED = "the record never ended"
TORN = "it followed a record that stood still before its end, and may be the rest of it"
_ANY_END = re.compile(rb"\r\n?|\n")
_made = tuple.__new__  # a named tuple without its own constructor's detour


class LineFramer:
    """Frames with an end mark. `end` is b"any" for CR, LF and CR LF alike; blank frames are passed over.

    A frame longer than `most` bytes is given as faults in pieces, up to and including its end; the next one is clean.
    One that stands still for `gap` ns is a fault up to and including the next end: what comes later may be its own
    rest or the next record, and must neither complete it nor be taken for a record of its own.
    Bytes of `strip` alone, such as the LF behind a CR, begin no frame.
    """

    def __init__(self, end: bytes, most: int, strip: bytes = b"", check: Check | None = None, gap: int = 0) -> None:
        self._any = end == b"any"
        self._end = b"\r\n" if self._any else end
        self._most = most
        self._strip = strip
        self._check = check
        self._gap = gap
        self._rest = b""
        self._begun = False
        self._first = 0
        self._last = 0
        self._overrun = False
        self._fault = TOO_LONG

    def feed(self, data: bytes, now: int) -> list[Frame]:
        frames: list[Frame] = []
        if self._gap and self._rest and now - self._last >= self._gap:
            frames = self.tick(now)
        if not data:
            return frames
        first = self._first if self._begun else now
        if not self._any:
            parts = (self._rest + data).split(self._end)
            rest = parts.pop()
            self._plain(parts, first, now, frames)
        else:
            rest = self._mixed(self._rest + data, first, now, frames)
        if rest:
            self._first = first if len(rest) > len(data) else now
            self._last = now
            if len(rest) > self._most:
                rest = self._shorten(rest, now, frames)
        self._rest = rest
        self._begun = bool(rest.strip(self._strip) if self._strip else rest)
        return frames

    def _plain(self, parts: list[bytes], first: int, now: int, frames: list[Frame]) -> None:
        end, strip, most = self._end, self._strip, self._most
        simple = self._check is None
        for part in parts:
            if self._overrun or len(part) > most:
                self._overlong(part, end, first, now, frames)
            elif simple:
                body = part.strip(strip) if strip else part
                if body:
                    frames.append(_made(Frame, (body, part + end, first, now, "")))
            elif part:
                frames.append(self._finish(part, end, first, now))
            first = now

    def _mixed(self, text: bytes, first: int, now: int, frames: list[Frame]) -> bytes:
        """Split at any line end; a CR at the very end closes its frame now: the LF that may follow is a blank frame."""
        at = 0
        for found in _ANY_END.finditer(text):
            part = text[at : found.start()]
            end = found[0]
            if self._overrun or len(part) > self._most:
                self._overlong(part, end[:1], first, now, frames)
            elif part:
                frames.append(self._finish(part, end[:1], first, now))
            first = now
            at = found.end()
        return text[at:]

    def _finish(self, part: bytes, end: bytes, first: int, now: int) -> Frame:
        body = part.strip(self._strip) if self._strip else part
        if self._check is None:
            return Frame(body, part + end, first, now)
        checked = self._check.verify(body)
        if checked is None:
            return Frame(b"", part + end, first, now, self._check.fault)
        return Frame(checked, part + end, first, now)

    def _overlong(self, part: bytes, end: bytes, first: int, now: int, frames: list[Frame]) -> None:
        if self._overrun and len(part) <= self._most:
            self._overrun, fault, self._fault = False, self._fault, TOO_LONG
            frames.append(Frame(b"", part + end, first, now, fault))
            return
        while len(part) > self._most:
            piece, part = part[: self._most], part[self._most :]
            frames.append(Frame(b"", piece, first, now, TOO_LONG))
        self._overrun, self._fault = False, TOO_LONG
        frames.append(Frame(b"", part + end, first, now, TOO_LONG))

    def _shorten(self, rest: bytes, now: int, frames: list[Frame]) -> bytes:
        """Give away the front of an unfinished frame that is already too long, keeping what may begin its end mark."""
        keep = len(self._end) - 1 if not self._any else 0
        while len(rest) > self._most + keep:
            piece, rest = rest[: self._most], rest[self._most :]
            frames.append(Frame(b"", piece, self._first, now, TOO_LONG))
            self._first = now
            self._overrun = True
        return rest

    def tick(self, now: int) -> list[Frame]:
        if not (self._gap and self._rest and now - self._last >= self._gap):
            return []
        frames = self.flush(self._last)
        if frames:
            self._overrun, self._fault = True, TORN
        return frames

    def deadline(self) -> int | None:
        return self._last + self._gap if self._gap and self._begun else None

    def flush(self, now: int) -> list[Frame]:
        rest, self._rest = self._rest, b""
        begun, self._begun = self._begun, False
        self._overrun, self._fault = False, TOO_LONG
        return [Frame(b"", rest, self._first, now, UNFINISHED)] if begun else []

    def encode(self, payload: bytes) -> bytes:
        return (self._check.attach(payload) if self._check else payload) + self._end
