"""A short table inside a record: rows that grow with their text, each with a way on where there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from ui.kit.theme import Theme
from ui.models.table import Column, Row
from ui.widgets.buttons import Button
from ui.widgets.picture import Picture
from ui.widgets.text import label, rule

MOST = 50
"""Rows shown; of more the first ones, and a sentence that says so."""


class Lines(QWidget):
    """Column titles, then the rows; the first column may carry a sign, the last one a button that opens."""

    def __init__(
        self,
        theme: Theme,
        name: str,
        columns: Sequence[Column],
        rows: Sequence[Row],
        opened: Callable[[str], None] | None,
    ) -> None:
        super().__init__()
        self.setAccessibleName(name)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        widest = _widest(columns, rows)
        for place, column in enumerate(columns):
            grid.addWidget(label(column.title, "field"), 0, place + 1, _side(column))
            grid.setColumnStretch(place + 1, 1 if place == widest else 0)
        for number, row in enumerate(rows[:MOST]):
            line = 2 * number + 1
            grid.addWidget(rule(), line, 0, 1, len(columns) + 2)
            self._add(grid, theme, line + 1, columns, row, widest, opened)
        if len(rows) > MOST:
            told = label(f"The first {MOST} of {len(rows)}. The history has them all.", "muted")
            grid.addWidget(told, 2 * MOST + 2, 1, 1, len(columns) + 1)

    def _add(
        self,
        grid: QGridLayout,
        theme: Theme,
        line: int,
        columns: Sequence[Column],
        row: Row,
        widest: int,
        opened: Callable[[str], None] | None,
    ) -> None:
        if row.sign[0]:
            grid.addWidget(Picture(theme, *row.sign, 18), line, 0, Qt.AlignmentFlag.AlignVCenter)
        for place, (column, text) in enumerate(zip(columns, row.cells, strict=True)):
            cell = label(text or "–", wraps=place == widest, name=f"{column.title}: {text or 'none'}")
            grid.addWidget(cell, line, place + 1, Qt.AlignmentFlag.AlignVCenter if place == widest else _side(column))
        if opened is not None:
            button = Button(theme, "Open", lambda: opened(row.key), flat=True)
            button.setAccessibleName(f"Open {row.cells[1] if len(row.cells) > 1 else row.cells[0]}")
            grid.addWidget(button, line, len(columns) + 1, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)


def _side(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.is_figure else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _widest(columns: Sequence[Column], rows: Sequence[Row]) -> int:
    """The column with the longest text: the one that takes the room left over and wraps."""
    lengths = [max((len(row.cells[place]) for row in rows), default=0) for place in range(len(columns))]
    return lengths.index(max(lengths))
