"""Frames of nibbles, as Digimatic has them: 52 bits that arrive one nibble a byte, or two."""

from __future__ import annotations

from devices.framing.marked import SearchingFramer

_NOT_A_NIBBLE = "x"


class NibblesFramer(SearchingFramer):
    """Frames of `size` nibbles that begin with the nibbles `start` (hexadecimal). The decoder reads hexadecimal digits.

    `packing`: "single" is one nibble in the lower half of each byte, "low-first" and "high-first" are two in a byte.
    A start mark that comes again inside a frame begins it anew: no digit of a value is F.
    """

    def __init__(self, start: str, size: int, packing: str, gap: int = 0) -> None:
        super().__init__(b"", None, gap)
        self._mark = start
        self._nibbles = size
        self._packing = packing
        self._bytes = size if packing == "single" else (size + 1) // 2

    def _digits(self, data: bytes) -> str:
        if self._packing == "single":
            return "".join(f"{byte:X}" if byte < 16 else _NOT_A_NIBBLE for byte in data)
        digits = data.hex().upper()
        if self._packing == "high-first":
            return digits
        return "".join(digits[at + 1] + digits[at] for at in range(0, len(digits), 2))

    def _size(self, data: bytes) -> int:
        step = 1 if self._packing == "single" else 2
        digits = self._digits(data[: self._bytes])
        if not self._mark.startswith(digits[: len(self._mark)]):
            return -1
        again = digits.find(self._mark, step)
        while again >= 0 and again % step:
            again = digits.find(self._mark, again + 1)
        if again > 0:
            return -(again // step)
        if len(data) < self._bytes:
            return 0
        tail = digits[: self._nibbles]
        return self._bytes if _NOT_A_NIBBLE not in tail and len(tail) == self._nibbles else -1

    def _body(self, raw: bytes) -> bytes | None:
        return self._digits(raw)[: self._nibbles].encode()

    def encode(self, payload: bytes) -> bytes:
        """The payload is hexadecimal digits."""
        digits = payload.decode("ascii")
        if self._packing == "single":
            return bytes(int(digit, 16) for digit in digits)
        digits = digits.ljust(2 * self._bytes, "0")
        if self._packing == "low-first":
            digits = "".join(digits[at + 1] + digits[at] for at in range(0, len(digits), 2))
        return bytes.fromhex(digits)
