"""Ranges of addresses as people write them: "0x20-0x2F", "input 5-9", "holding 40000"."""

from __future__ import annotations

import re

from devices.modbus.registers import ADDRESSES, Span, Table

_RANGE = re.compile(
    r"(?:(coil|discrete|holding|input)\s+)?(0x[0-9A-Fa-f]{1,4}|\d{1,5})(?:\s*-\s*(0x[0-9A-Fa-f]{1,4}|\d{1,5}))?",
    re.ASCII,
)


def parse_range(text: str, table: Table | None) -> Span | None:
    """The addresses, first to last; `table` stands in when the text names none. None when it is no range."""
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    named = Table(found[1]) if found[1] else table
    first = int(found[2], 0)
    last = int(found[3], 0) if found[3] else first
    if named is None or not first <= last < ADDRESSES:
        return None
    return Span(named, first, last - first + 1)
