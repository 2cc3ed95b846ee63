"""Serial frames: draw a request as RTU or ASCII, and hunt for its reply among any bytes whatever."""

from __future__ import annotations

from binascii import a2b_hex
from dataclasses import dataclass
from typing import Protocol

from devices.modbus.requests import EXCEPTION_BIT, Request, crc, lrc

LONGEST_RTU = 256  # Modbus over Serial Line V1.02, 2.5.1
LONGEST_ASCII = 513
_EXCEPTION_LENGTH = 5


@dataclass(frozen=True, slots=True)
class Found:
    """A reply in a buffer: where it begins and ends, and its PDU."""

    start: int
    end: int
    pdu: bytes


class Hunt(Protocol):
    """Looks for one request's reply in a buffer that grows at its end."""

    def find(self, buffer: bytearray) -> Found | None:
        """The first reply, good or exception, whose check is right; anything else is passed over."""

    def restart(self) -> None:
        """The buffer was cut at its front: look at all of it again."""


class SerialFraming(Protocol):
    """One way to draw frames on a serial line."""

    longest: int

    def draw(self, unit: int, pdu: bytes) -> bytes: ...

    def hunt(self, request: Request) -> Hunt: ...


class RtuFraming:
    """Unit, PDU, CRC. Frames have no marks: only a known unit, function, length and checksum make one."""

    longest = LONGEST_RTU

    def draw(self, unit: int, pdu: bytes) -> bytes:
        frame = bytes([unit]) + pdu
        return frame + crc(frame)

    def hunt(self, request: Request) -> Hunt:
        return _RtuHunt(request)


class _RtuHunt:
    """Every offset is looked at once: rejected, or kept until its frame is complete and its CRC is computed."""

    def __init__(self, request: Request) -> None:
        self._good = bytes([request.unit]) + request.head
        self._good_length = request.reply_length + 3
        self._exception = bytes([request.unit, request.function | EXCEPTION_BIT])
        self._seen = 0
        self._candidates: list[tuple[int, int]] = []

    def restart(self) -> None:
        self._seen = 0
        self._candidates.clear()

    def find(self, buffer: bytearray) -> Found | None:
        self._look_at_new(buffer)
        waiting: list[tuple[int, int]] = []
        best: Found | None = None
        for start, end in self._candidates:
            if end > len(buffer):
                waiting.append((start, end))
            elif best is None:
                frame = bytes(buffer[start:end])
                if crc(frame[:-2]) == frame[-2:]:
                    best = Found(start, end, frame[1:-2])
        self._candidates = waiting
        return best

    def _look_at_new(self, buffer: bytearray) -> None:
        head = len(self._good)
        while self._seen + head <= len(buffer):
            at = self._seen
            if buffer.startswith(self._good, at):
                self._candidates.append((at, at + self._good_length))
            elif buffer.startswith(self._exception, at):
                self._candidates.append((at, at + _EXCEPTION_LENGTH))
            self._seen += 1


class AsciiFraming:
    """Colon, hexadecimal digits, LRC, CR LF: marks at both ends, so that anything between frames is passed over."""

    longest = LONGEST_ASCII

    def draw(self, unit: int, pdu: bytes) -> bytes:
        frame = bytes([unit]) + pdu
        return b":" + (frame + bytes([lrc(frame)])).hex().upper().encode() + b"\r\n"

    def hunt(self, request: Request) -> Hunt:
        return _AsciiHunt(request)


class _AsciiHunt:
    """Takes whole lines; a colon inside a line begins the frame anew, as the standard has it."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._seen = 0

    def restart(self) -> None:
        self._seen = 0

    def find(self, buffer: bytearray) -> Found | None:
        while (end := buffer.find(b"\r\n", self._seen)) >= 0:
            start = buffer.rfind(b":", self._seen, end)
            self._seen = end + 2
            if start >= 0:
                pdu = self._reply(bytes(buffer[start + 1 : end]))
                if pdu is not None:
                    return Found(start, end + 2, pdu)
        return None

    def _reply(self, digits: bytes) -> bytes | None:
        try:
            frame = a2b_hex(digits)  # strict: no blanks between the digits
        except ValueError:
            return None
        if len(frame) < 4 or lrc(frame[:-1]) != frame[-1] or frame[0] != self._request.unit:
            return None
        pdu = frame[1:-1]
        return pdu if self._request.accepts(pdu) else None
