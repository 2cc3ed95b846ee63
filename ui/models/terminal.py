"""A port's traffic as lines to read and as a recording to keep: bounded, plain data, drawn by nobody here."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from workstation import files

if TYPE_CHECKING:
    from workstation.line.protocol import Piece

MOST_PIECES = 5000
"""Pieces a terminal holds; older ones go. The port's recording in the home has all of them."""
BYTES_A_LINE = 16
_NANOSECONDS = 1_000_000_000
_SIGNS = {
    "in": "←",
    "out": "→",
    "event": "·",
    "reading": "=",
    "refused": "!",
    "discarded": "–",
    "signal": "*",
    "scan": "#",
}
INKS = {
    "in": "text",
    "out": "accent",
    "event": "muted",
    "reading": "good",
    "refused": "alarm",
    "discarded": "warn",
    "signal": "accent",
    "scan": "accent",
}
"""By kind of piece the name of its colour; a sign and a word say the same."""
_NAMES = {0: "<NUL>", 2: "<STX>", 3: "<ETX>", 4: "<EOT>", 5: "<ENQ>", 6: "<ACK>", 9: "<TAB>", 10: "<LF>", 13: "<CR>",
          17: "<DC1>", 19: "<DC3>", 21: "<NAK>", 27: "<ESC>"}  # fmt: skip
_EVENTS = {"opened": "port opened", "lost": "port lost", "streaming": "continuous output is on", "queued": "asked for:"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the terminal and the name of its colour."""

    text: str
    ink: str


def lines(piece: Piece) -> list[Line]:
    """A piece as lines: time, direction, and either bytes in hexadecimal and as text, or what they were decoded to."""
    at = datetime.fromtimestamp(piece.wall / _NANOSECONDS, UTC).astimezone()
    head = f"{at:%H:%M:%S}.{piece.wall % _NANOSECONDS // 1_000_000:03d}  {_SIGNS.get(piece.kind, '?')} "
    ink = INKS.get(piece.kind, "text")
    if piece.kind not in ("in", "out"):
        return [Line(f"{head}{_said(piece)}", ink)]
    shown = []
    for start in range(0, max(len(piece.data), 1), BYTES_A_LINE):
        part = piece.data[start : start + BYTES_A_LINE]
        note = f"   ({piece.note})" if piece.note and start == 0 else ""
        hexadecimal = part.hex(" ").upper().ljust(3 * BYTES_A_LINE)
        shown.append(Line(f"{head if start == 0 else ' ' * len(head)}{hexadecimal} {printable(part)}{note}", ink))
    return shown


def printable(data: bytes) -> str:
    """Bytes as text: control characters by their names, what is not ASCII as a dot."""
    return "".join(_NAMES.get(byte) or (chr(byte) if 32 <= byte < 127 else "·") for byte in data)


def _said(piece: Piece) -> str:
    if piece.kind == "event":
        word, _, rest = piece.note.partition(" ")
        if word == "opened":
            return _EVENTS[word]
        return f"{_EVENTS[word]} {rest}".strip() if word in _EVENTS else piece.note
    return f"{piece.kind}: {piece.note}"


class Record:
    """The newest pieces of one port."""

    def __init__(self) -> None:
        self.pieces: deque[Piece] = deque(maxlen=MOST_PIECES)
        self.total = 0
        self.missed = 0

    def add(self, pieces: Iterable[Piece], missed: int) -> None:
        """Take pieces in, and how many were left out before them."""
        taken = list(pieces)
        self.pieces.extend(taken)
        self.total += len(taken)
        self.missed += missed

    def since(self, number: int) -> list[Piece]:
        """The pieces that came after the first `number`, as far as they are still held."""
        new = min(self.total - number, len(self.pieces))
        return list(islice(self.pieces, len(self.pieces) - new, None))

    def clear(self) -> None:
        """Forget every piece."""
        self.pieces.clear()
        self.missed = 0

    def export(self, path: Path) -> int:
        """Write what is held, and give the number of lines: `.jsonl` is what `replay:` reads, else it is text as shown.

        Raises SurroundingsFailed when the file cannot be written.
        """
        if path.suffix.lower() == ".jsonl":
            written = [_recorded(piece) for piece in self.pieces if piece.kind in ("in", "out", "event")]
        else:
            written = [line.text for piece in self.pieces for line in lines(piece)]
        content = "".join(f"{line}\n" for line in written)
        files.replace(path, content, next_step="Choose a folder that exists and may be written to.")
        return len(written)


def _recorded(piece: Piece) -> str:
    fields = {
        "direction": piece.kind,
        "time": datetime.fromtimestamp(piece.wall / _NANOSECONDS, UTC).isoformat(),
        "wall": piece.wall,
        "monotonic": piece.monotonic,
        "note": piece.note,
        "hex": piece.data.hex(),
        "text": piece.data.decode("latin-1"),
    }
    return json.dumps(fields)
