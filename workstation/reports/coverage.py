"""Which characters our fonts can show, and how the others are spelled out on paper so that none is lost."""

from __future__ import annotations

import struct
import unicodedata
from functools import cache

from resources import ROOT
from workstation.errors import SurroundingsFailed

_LAYOUT = frozenset("\n\t")
TEXT_FONT = ROOT / "fonts" / "SinebarSans-Regular.otf"


@cache
def covered() -> frozenset[int]:
    """The code points of the text font, from its `cmap` table (OpenType specification, formats 4 and 12)."""
    try:
        data = TEXT_FONT.read_bytes()
        return frozenset(_code_points(data))
    except (OSError, struct.error, StopIteration) as error:
        raise SurroundingsFailed(f"The font {TEXT_FONT} cannot be read.", "Install Sinebar again.") from error


def _code_points(data: bytes) -> set[int]:
    tables = struct.unpack_from(">H", data, 4)[0]
    start = next(
        struct.unpack_from(">I", data, 12 + 16 * i + 8)[0]
        for i in range(tables)
        if data[12 + 16 * i : 16 + 16 * i] == b"cmap"
    )
    found: set[int] = set()
    for number in range(struct.unpack_from(">H", data, start + 2)[0]):
        table = start + struct.unpack_from(">I", data, start + 4 + 8 * number + 4)[0]
        kind = struct.unpack_from(">H", data, table)[0]
        if kind == 4:
            found |= _format_4(data, table)
        elif kind == 12:
            found |= _format_12(data, table)
    return found


def _format_4(data: bytes, table: int) -> set[int]:
    segments = struct.unpack_from(">H", data, table + 6)[0] // 2
    ends = struct.unpack_from(f">{segments}H", data, table + 14)
    starts = struct.unpack_from(f">{segments}H", data, table + 16 + 2 * segments)
    return {c for first, last in zip(starts, ends, strict=True) for c in range(first, last + 1) if c != 0xFFFF}


def _format_12(data: bytes, table: int) -> set[int]:
    found: set[int] = set()
    for group in range(struct.unpack_from(">I", data, table + 12)[0]):
        first, last = struct.unpack_from(">II", data, table + 16 + 12 * group)
        found.update(range(first, last + 1))
    return found


def is_covered(text: str) -> bool:
    """Whether our fonts show all of `text`."""
    return all(ord(character) in covered() for character in set(text) - _LAYOUT)


def spelled(text: str) -> str:
    """`text` with every character that cannot be set written as its code: 😀 becomes [U+1F600].

    Combining marks too: an archive file must map every glyph back to one character.
    """
    return "".join(
        c if c in _LAYOUT or (ord(c) in covered() and not unicodedata.combining(c)) else f"[U+{ord(c):04X}]"
        for c in unicodedata.normalize("NFC", text)
    )
