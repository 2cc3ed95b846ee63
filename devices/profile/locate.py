"""Where in a TOML text a table or a key stands, so that a complaint can name its line."""

from __future__ import annotations

import re

Place = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_\-.\s\"']+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-]+|\"[^\"]*\"|'[^']*')\s*(\.|=)")
_TRIPLE = ('"""', "'''")


class Locator:
    """Line numbers (from 1) of the tables and top keys of a TOML document.

    A place is the path to a value: `("record", 2, "match")` is key `match` of the third `[[record]]`. What cannot be
    found (a key that is missing, one inside an inline table) is answered with the line of what encloses it.
    """

    def __init__(self, text: str) -> None:
        self._lines: dict[Place, int] = {(): 1}
        self._scan(text)

    def line(self, place: Place) -> int:
        """The line of `place`, or of the nearest thing around it."""
        while place not in self._lines:
            place = place[:-1]
        return self._lines[place]

    def _scan(self, text: str) -> None:
        table: Place = ()
        counts: dict[str, int] = {}
        inside = ""
        for number, line in enumerate(text.splitlines(), start=1):
            if inside:
                if inside in line:
                    inside = ""
                continue
            header = _HEADER.match(line)
            if header is not None:
                table = self._enter(header[1] == "[[", header[2], counts)
                self._lines.setdefault(table, number)
                continue
            key = _KEY.match(line)
            if key is not None:
                self._lines.setdefault((*table, key[1].strip("\"'")), number)
            inside = _opened(line)

    @staticmethod
    def _enter(many: bool, name: str, counts: dict[str, int]) -> Place:
        parts = tuple(part.strip().strip("\"'") for part in name.split("."))
        if not many:
            return parts
        count = counts.get(name, 0)
        counts[name] = count + 1
        return (*parts, count)


def _opened(line: str) -> str:
    """The quotes of a multi-line string that `line` opens and does not close; empty when there is none."""
    for quotes in _TRIPLE:
        if line.count(quotes) % 2 == 1:
            return quotes
    return ""
