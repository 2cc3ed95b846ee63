"""Checksums at the end of frames: XOR, sums, LRC and two CRCs, written in binary or in hexadecimal."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from devices.profile.model import Checksum


def xor(data: bytes) -> int:
    """All bytes XORed."""
    return reduce(lambda total, byte: total ^ byte, data, 0)


def sum_8(data: bytes) -> int:
    """Sum of all bytes, lowest 8 bits."""
    return sum(data) & 0xFF


def sum_16(data: bytes) -> int:
    """Sum of all bytes, lowest 16 bits."""
    return sum(data) & 0xFFFF


def lrc(data: bytes) -> int:
    """Two's complement of the sum (as Modbus ASCII has it)."""
    return -sum(data) & 0xFF


def _table(polynomial: int, reflected: bool) -> tuple[int, ...]:
    values: list[int] = []
    for byte in range(256):
        value = byte if reflected else byte << 8
        for _ in range(8):
            if reflected:
                value = value >> 1 ^ polynomial if value & 1 else value >> 1
            else:
                value = (value << 1 ^ polynomial if value & 0x8000 else value << 1) & 0xFFFF
        values.append(value)
    return tuple(values)


_MODBUS = _table(0xA001, True)
_CCITT = _table(0x1021, False)


def crc_16_modbus(data: bytes) -> int:
    """CRC-16 with polynomial 8005 reflected (A001), initial value FFFF."""
    value = 0xFFFF
    for byte in data:
        value = value >> 8 ^ _MODBUS[(value ^ byte) & 0xFF]
    return value


def crc_16_ccitt(data: bytes) -> int:
    """CRC-16 with polynomial 1021, initial value FFFF, not reflected."""
    value = 0xFFFF
    for byte in data:
        value = (value << 8 & 0xFFFF) ^ _CCITT[value >> 8 ^ byte]
    return value


_KINDS: dict[str, tuple[Callable[[bytes], int], int]] = {
    "xor": (xor, 1),
    "sum8": (sum_8, 1),
    "sum16": (sum_16, 2),
    "lrc": (lrc, 1),
    "crc16-modbus": (crc_16_modbus, 2),
    "crc16-ccitt": (crc_16_ccitt, 2),
}


class Check:
    """Verifies and attaches the checksum that a profile declares."""

    def __init__(self, declared: Checksum) -> None:
        self._compute, width = _KINDS[declared.kind]
        self._form = declared.form
        self._start = declared.start
        self._width = width
        self.size = width * 2 if declared.form.startswith("hex") else width
        self.fault = f"the {declared.kind} checksum is wrong"

    def written(self, body: bytes) -> bytes:
        """The checksum of `body` as it stands on the wire."""
        value = self._compute(body[self._start :])
        packed = value.to_bytes(self._width, "little" if self._form == "binary-swapped" else "big")
        if self._form == "hex":
            return packed.hex().upper().encode()
        if self._form == "hex-lower":
            return packed.hex().encode()
        return packed

    def attach(self, body: bytes) -> bytes:
        return body + self.written(body)

    def verify(self, frame: bytes) -> bytes | None:
        """The frame without its checksum, or None when it does not agree."""
        if len(frame) < self.size + self._start:
            return None
        body, given = frame[: -self.size], frame[-self.size :]
        return body if self.written(body) == given else None
