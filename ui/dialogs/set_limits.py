"""Setting control limits: choose subgroups or give known figures, see what comes out, say why, put it in force."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QPlainTextEdit,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ui.charts.control import ControlChart
from ui.charts.frames import Frames
from ui.dialogs.fitting import framed
from ui.kit.order import InReadingOrder
from ui.kit.theme import Theme
from ui.models.new_limits import GIVEN, SUBGROUPS, Proposed
from ui.models.table import Column
from ui.widgets.buttons import Button
from ui.widgets.figure import FigureField
from ui.widgets.table import Table
from ui.widgets.text import label, scrolled
from ui.widgets.ways import Ways
from workstation.errors import Expected

_WIDTH, _HEIGHT = 1080, 720
_TEXT_HEIGHT, _TABLE_HEIGHT, _CHART_HEIGHT = 76, 118, 170
_SOON_MILLISECONDS = 250
"""A proposal is computed when nothing was typed for so long."""
_FIGURES_HINT = "The limits that follow from both figures are shown here."
Answers = dict[str, str]
Look = Callable[[Answers, Callable[[Proposed], None], Callable[[Expected], None]], None]
"""Called with the answers, what to show the proposal with, and what to call with why there is none."""
Give = Callable[[Answers, str, Callable[[], None], Callable[[Expected], None]], None]
"""Called with the answers, the mark of the proposal in view, and what to call when it is done or cannot be."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose limits are set: `closed` are the first and the last closed subgroup, empty where none is closed.

    The newest `count` are proposed.
    """

    name: str
    unit: str
    closed: Sequence[int]
    count: int


class SetLimits(InReadingOrder, QDialog):
    """What the limits rest on, and why; the limits in force beside those that would be, and their chart."""

    def __init__(self, parent: QWidget, theme: Theme, frames: Frames, subject: Subject, look: Look, give: Give) -> None:
        super().__init__(parent)
        self._theme, self._look, self._give = theme, look, give
        self._mark = ""
        self._was_refused = False
        self.setWindowTitle("Set limits")
        self.setAccessibleName("Set limits")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        oldest, newest = (subject.closed[0], subject.closed[-1]) if subject.closed else (0, 0)
        self._basis = Ways(
            theme, "What the limits rest on",
            {SUBGROUPS: "From subgroups", GIVEN: "Known mean and standard deviation"},
        )  # fmt: skip
        self._first = self._figure("First subgroup", str(max(oldest, newest - subject.count + 1)))
        self._last = self._figure("Last subgroup", str(newest))
        self._left_out = self._text("Leave out", "12, 15: broken tool")
        self._mean = self._figure("Mean")
        self._sigma = self._figure("Standard deviation within subgroups")
        self._reason = self._text("Why are the limits set?", "")
        self._table = Table(theme, "Limits in force and proposed", [Column("Limits")])
        self._table.setFixedHeight(theme.pixels(_TABLE_HEIGHT))
        kept = self._table.sizePolicy()
        kept.setRetainSizeWhenHidden(True)  # what is below it stays in its place
        self._table.setSizePolicy(kept)
        self._chart = ControlChart(theme, frames, compact=True)
        self._chart.setAccessibleName("The chosen subgroups with the proposed limits")
        self._hint = label(role="muted", wraps=True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._remarks = label(role="warn", wraps=True)
        self._wrong = label(role="warn", wraps=True)
        self._button = Button(theme, "Set limits", self.give, primary=True)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MILLISECONDS)
        self._soon.timeout.connect(self._ask)
        self._lay_out(subject)
        self.resize(QSize(theme.pixels(_WIDTH), theme.pixels(_HEIGHT)).boundedTo(parent.window().size()))
        for field in (self._first, self._last, self._left_out, self._mean, self._sigma):
            field.textChanged.connect(self._changed)
        self._basis.taken.connect(self._turn)
        if not subject.closed:
            self._basis.close_off(SUBGROUPS, "No subgroup is closed yet.")
            self._basis.take(GIVEN)
            self._mean.setFocus()
        else:
            self._turn()
            self._first.setFocus()

    @property
    def complaint(self) -> str:
        """Why there is no proposal, or why it could not be put in force; empty while nothing is wrong."""
        return "" if self._wrong.isHidden() else self._wrong.text()

    @property
    def is_ready(self) -> bool:
        """Whether the proposal in view is of what is filled in, and can be put in force."""
        return self._button.isEnabled()

    def answer(self, name: str, value: str) -> None:
        """Fill in one answer: basis, first, last, left_out, mean, sigma or reason."""
        lines = {"first": self._first, "last": self._last, "mean": self._mean, "sigma": self._sigma}
        if name == "basis":
            self._basis.take(value)
        elif name in lines:
            lines[name].setText(value)
        else:
            {"left_out": self._left_out, "reason": self._reason}[name].setPlainText(value)

    def give(self) -> None:
        """Put the proposal that is in view in force."""
        if self.is_ready:
            self._button.setEnabled(False)
            self._wrong.hide()
            self._give(self._answers(), self._mark, self.accept, self._failed)

    # --- the proposal ------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        """Ask for what the chosen way needs."""
        self._questions.setCurrentIndex(0 if self._basis.way == SUBGROUPS else 1)
        if not self._is_filled_in:
            self._show_nothing()
        self._changed()

    def _changed(self) -> None:
        self._was_refused = False
        self._button.setEnabled(False)
        self._soon.start()

    def _ask(self) -> None:
        if self._is_filled_in:
            self._look(self._answers(), self._show, self._no_proposal)
        else:
            self._show_nothing()

    @property
    def _is_filled_in(self) -> bool:
        return self._basis.way == SUBGROUPS or all(field.text().strip() for field in (self._mean, self._sigma))

    @property
    def _is_outdated(self) -> bool:
        """Whether something was filled in or wiped out since the look whose answer comes now."""
        return self._soon.isActive() or not self._is_filled_in

    def _show_nothing(self) -> None:
        """Take what was proposed out of view, while figures are missing."""
        for shown in (self._remarks, self._wrong, self._table):
            shown.hide()
        self._picture(_FIGURES_HINT)

    def _picture(self, hint: str) -> None:
        """Show a hint in the place of the chart, or the chart where there is none."""
        self._hint.setText(hint)
        self._pictures.setCurrentWidget(self._hint if hint else self._chart)

    def _show(self, proposed: Proposed) -> None:
        if self._is_outdated:
            return
        self._mark = proposed.mark
        if not self._was_refused:
            self._wrong.hide()
        self._table.show_rows(proposed.rows, proposed.columns)
        self._table.show()
        self._picture(proposed.hint)
        self._chart.show_tracks(*proposed.tracks)
        self._remarks.setText("\n".join(proposed.remarks))
        self._remarks.setVisible(bool(proposed.remarks))
        self._button.setEnabled(True)

    def _no_proposal(self, error: Expected) -> None:
        if self._is_outdated:
            return
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
            "basis": self._basis.way,
            "first": self._first.text(),
            "last": self._last.text(),
            "left_out": self._left_out.toPlainText(),
            "mean": self._mean.text().strip(),
            "sigma": self._sigma.text().strip(),
            "reason": self._reason.toPlainText().strip(),
        }

    # --- building ----------------------------------------------------------------------------------------------------

    def _figure(self, name: str, value: str = "") -> FigureField:
        field = FigureField(value)
        field.setAccessibleName(name)
        return field

    def _text(self, name: str, example: str) -> QPlainTextEdit:
        field = QPlainTextEdit()
        field.setPlaceholderText(example)
        field.setAccessibleName(name)
        field.setMinimumHeight(self._theme.pixels(_TEXT_HEIGHT))
        field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)  # as high as what is beside it
        field.setTabChangesFocus(True)
        return field

    def _lay_out(self, subject: Subject) -> None:
        layout = framed(self, f"Set the limits of {subject.name}")
        layout.addWidget(
            label("What was judged before keeps its limits and judgement; the next subgroup is judged by the new ones.")
        )
        layout.addWidget(self._basis)
        self._questions = QStackedWidget()
        self._questions.addWidget(self._on_subgroups())
        self._questions.addWidget(self._on_figures(subject.unit))
        questions = QHBoxLayout()
        questions.setSpacing(14)
        questions.addWidget(self._questions, 6)
        questions.addLayout(self._asked("Why are the limits set?", self._reason), 4)
        self._pictures = QStackedWidget()
        self._pictures.setMinimumHeight(self._theme.pixels(_CHART_HEIGHT))
        self._pictures.addWidget(self._chart)
        self._pictures.addWidget(self._hint)
        middle = QVBoxLayout()  # what gives way where text is large and the screen is small
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(10)
        middle.addLayout(questions)
        middle.addWidget(self._table)
        middle.addWidget(self._pictures, 1)
        layout.addWidget(scrolled(middle), 1)
        layout.addWidget(self._remarks)
        layout.addWidget(self._wrong)
        self._remarks.hide()
        self._wrong.hide()
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(Button(self._theme, "Cancel", self.reject))
        row.addWidget(self._button)
        layout.addLayout(row)

    def _on_subgroups(self) -> QWidget:
        spans = QWidget()
        grid = QGridLayout(spans)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(6)
        grid.setHorizontalSpacing(8)
        for place, (text, field) in enumerate((("From", self._first), ("to", self._last))):
            grid.addWidget(label(text, "muted"), place, 0)
            grid.addWidget(field, place, 1)
        return self._side_by_side(
            (self._asked("Subgroups", spans), 2),
            (self._asked("Leave out: numbers and the special cause, a line each", self._left_out), 4),
        )

    def _on_figures(self, unit: str) -> QWidget:
        sigma = self._asked(f"Standard deviation within subgroups, {unit}", self._sigma)
        sigma.insertWidget(2, label("Of single values, not of the means.", "muted"))
        return self._side_by_side((self._asked(f"Mean, {unit}", self._mean), 1), (sigma, 1))

    def _asked(self, question: str, field: QWidget) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(3)
        column.addWidget(label(question, "field"))
        if isinstance(field, QPlainTextEdit):
            column.addWidget(field, 1)
        else:
            column.addWidget(field)
            column.addStretch(1)
        return column

    def _side_by_side(self, *columns: tuple[QVBoxLayout, int]) -> QWidget:
        whole = QWidget()
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(14)
        for column, stretch in columns:
            row.addLayout(column, stretch)
        return whole
