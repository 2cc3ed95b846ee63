"""Serial numbers and lots that were scanned, in words for a subgroup and in columns for a table of subgroups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ui.models.table import Column

if TYPE_CHECKING:
    from ui.models.chart_view import ChartView, SubgroupDetail

_LONGEST = 60
"""Characters of a code in a list; the whole is told by 'sinebar trace'."""


def named_in_words(detail: SubgroupDetail) -> str:
    """What a subgroup belongs to; empty where nothing was scanned for it."""
    named = detail.named.of_subgroup(detail.number)
    told = (("Serial number", named.serial_numbers), ("Lot", named.lots))
    return "\n".join(f"{what} {codes(texts)}" for what, texts in told if texts)


def piece_of(detail: SubgroupDetail, position: int) -> str:
    """The serial number of one value on a line of its own, where its subgroup has several; else empty."""
    if len(detail.named.of_subgroup(detail.number).serial_numbers) < 2:
        return ""
    return f"\n{codes(detail.named.of(detail.number, position).serial_numbers)}"


def codes(texts: Sequence[str]) -> str:
    """Scanned texts in one line, each safe to show and no longer than a list bears."""
    from workstation.catalog.scanned import shown

    return ", ".join(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…" for text in map(shown, texts))


class NamedColumns:
    """The columns of a table of subgroups that say what was scanned; there are none where nothing was."""

    def __init__(self, view: ChartView) -> None:
        named = view.named
        self._of = {} if named is None else {n: named.of_subgroup(n) for n in map(int, view.window.numbers)}
        self._has_serials = any(one.serial_numbers for one in self._of.values())
        self._has_lots = any(one.lots for one in self._of.values())
        names = (("Serial number", self._has_serials), ("Lot", self._has_lots))
        self.columns = [Column(name) for name, is_there in names if is_there]

    def cells(self, subgroup: int) -> tuple[str, ...]:
        """The cells of one subgroup, one a column."""
        if not self.columns:
            return ()
        named = self._of[subgroup]
        serial = (codes(named.serial_numbers),) if self._has_serials else ()
        return (*serial, *((codes(named.lots),) if self._has_lots else ()))
