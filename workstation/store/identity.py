"""Identities that any station can make alone and that sort by time: UUID version 7 (RFC 9562, section 5.7)."""

from __future__ import annotations

import os


def uuid7(microseconds: int) -> str:
    """A UUIDv7 for a UTC time: 48 bits of milliseconds, 12 bits of the fraction below, 62 random bits."""
    milliseconds, rest = divmod(microseconds, 1000)
    fraction = rest * 4096 // 1000  # RFC 9562, section 6.2, method 3: sub-millisecond time in rand_a
    random_bits = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    number = (milliseconds & ((1 << 48) - 1)) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | random_bits
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
