"""Setting control limits anew: choose subgroups, see what the limits would be, say why, put them in force."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from ui.charts.control import ControlChart
from ui.charts.frames import Frames
from ui.kit.theme import Theme
from ui.models.new_limits import Proposed
from ui.models.table import Column
from ui.widgets.buttons import Button
from ui.widgets.table import Table
from ui.widgets.text import label
from workstation.errors import Expected

_WIDTH, _HEIGHT = 1080, 690
_TEXT_HEIGHT, _TABLE_HEIGHT = 76, 118
_SOON_MILLISECONDS = 250
"""A proposal is computed when nothing was typed for so long."""
Answers = dict[str, str]
Look = Callable[[Answers, Callable[[Proposed], None], Callable[[Expected], None]], None]
"""Called with the answers, what to show the proposal with, and what to call with why there is none."""
Give = Callable[[Answers, str, Callable[[], None], Callable[[Expected], None]], None]
"""Called with the answers, the mark of the proposal in view, and what to call when it is done or cannot be."""


class SetLimits(QDialog):
    """Which subgroups, what is left out, why; the limits in force beside those that would be, and their chart."""

    def __init__(
        self, parent: QWidget, theme: Theme, frames: Frames, name: str, closed: Sequence[int], count: int,
        look: Look, give: Give,
    ) -> None:  # fmt: skip
        """`closed` are the numbers of the first and the last closed subgroup; the newest `count` are proposed."""
        super().__init__(parent)
        self._theme, self._look, self._give = theme, look, give
        self._mark = ""
        self._was_refused = False
        self.setWindowTitle("Set limits anew")
        self.setAccessibleName("Set limits anew")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        oldest, newest = closed[0], closed[-1]
        self._first = self._number("First subgroup", max(oldest, newest - count + 1))
        self._last = self._number("Last subgroup", newest)
        self._left_out = self._text("Leave out", "12, 15: broken tool")
        self._reason = self._text("Why are the limits set anew?", "")
        self._table = Table(theme, "Limits in force and proposed", [Column("Limits")])
        self._table.setFixedHeight(theme.pixels(_TABLE_HEIGHT))
        self._chart = ControlChart(theme, frames, compact=True)
        self._chart.setAccessibleName("The chosen subgroups with the proposed limits")
        self._remarks = label(role="warn", wraps=True)
        self._wrong = label(role="warn", wraps=True)
        self._button = Button(theme, "Set limits", self.give, primary=True)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MILLISECONDS)
        self._soon.timeout.connect(self._ask)
        self._lay_out(name)
        self.resize(theme.pixels(_WIDTH), theme.pixels(_HEIGHT))
        for changed in (self._first.textChanged, self._last.textChanged, self._left_out.textChanged):
            changed.connect(self._changed)
        self._changed()

    @property
    def complaint(self) -> str:
        """Why there is no proposal, or why it could not be put in force; empty while nothing is wrong."""
        return "" if self._wrong.isHidden() else self._wrong.text()

    @property
    def is_ready(self) -> bool:
        """Whether the proposal in view is of what is filled in, and can be put in force."""
        return self._button.isEnabled()

    def answer(self, name: str, value: str) -> None:
        """Fill in one answer: first, last, left_out or reason."""
        if name in ("first", "last"):
            {"first": self._first, "last": self._last}[name].setText(value)
        else:
            {"left_out": self._left_out, "reason": self._reason}[name].setPlainText(value)

    def give(self) -> None:
        """Put the proposal that is in view in force."""
        if self.is_ready:
            self._button.setEnabled(False)
            self._wrong.hide()
            self._give(self._answers(), self._mark, self.accept, self._failed)

    # --- the proposal ------------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        self._was_refused = False
        self._button.setEnabled(False)
        self._soon.start()

    def _ask(self) -> None:
        self._look(self._answers(), self._show, self._no_proposal)

    def _show(self, proposed: Proposed) -> None:
        if self._soon.isActive():
            return  # something was filled in meanwhile: the next proposal is on its way
        self._mark = proposed.mark
        if not self._was_refused:
            self._wrong.hide()
        self._table.show_rows(proposed.rows, proposed.columns)
        self._chart.show_tracks(*proposed.tracks)
        self._remarks.setText("\n".join(proposed.remarks))
        self._remarks.setVisible(bool(proposed.remarks))
        self._button.setEnabled(True)

    def _no_proposal(self, error: Expected) -> None:
        self._remarks.hide()
        self._complain(error)

    def _failed(self, error: Expected) -> None:
        """Say why, and look again: it may be that the proposal is another by now."""
        self._complain(error)
        self._was_refused = True
        self._ask()

    def _complain(self, error: Expected) -> None:
        self._wrong.setText(f"{error.sentence} {error.next_step}".strip())
        self._wrong.show()

    def _answers(self) -> Answers:
        return {
            "first": self._first.text(),
            "last": self._last.text(),
            "left_out": self._left_out.toPlainText(),
            "reason": self._reason.toPlainText().strip(),
        }

    # --- building ----------------------------------------------------------------------------------------------------

    def _number(self, name: str, value: int) -> QLineEdit:
        field = QLineEdit(str(value))
        field.setAccessibleName(name)
        return field

    def _text(self, name: str, example: str) -> QPlainTextEdit:
        field = QPlainTextEdit()
        field.setPlaceholderText(example)
        field.setAccessibleName(name)
        field.setFixedHeight(self._theme.pixels(_TEXT_HEIGHT))
        field.setTabChangesFocus(True)
        return field

    def _lay_out(self, name: str) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 18, 22, 18)
        layout.setSpacing(10)
        layout.addWidget(label(f"Set the limits of {name} anew", "title", wraps=True))
        layout.addWidget(
            label("What was judged before keeps its limits and judgement; the next subgroup is judged by the new ones.")
        )
        layout.addLayout(self._questions())
        layout.addWidget(self._table)
        layout.addWidget(self._chart, 1)
        layout.addWidget(self._remarks)
        layout.addWidget(self._wrong)
        self._remarks.hide()
        self._wrong.hide()
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(Button(self._theme, "Cancel", self.reject))
        row.addWidget(self._button)
        layout.addLayout(row)

    def _questions(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(3)
        spans = QGridLayout()
        spans.setVerticalSpacing(6)
        spans.setHorizontalSpacing(8)
        for place, (text, field) in enumerate((("From", self._first), ("to", self._last))):
            spans.addWidget(label(text, "muted"), place, 0)
            spans.addWidget(field, place, 1)
        grid.addWidget(label("Subgroups", "field"), 0, 0)
        grid.addLayout(spans, 1, 0)
        grid.addWidget(label("Leave out: numbers and the special cause, a line each", "field"), 0, 1)
        grid.addWidget(self._left_out, 1, 1)
        grid.addWidget(label("Why are the limits set anew?", "field"), 0, 2)
        grid.addWidget(self._reason, 1, 2)
        for column, stretch in enumerate((2, 4, 4)):
            grid.setColumnStretch(column, stretch)
        return grid
