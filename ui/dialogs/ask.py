"""A dialog that asks a few questions, acts on the answers, and stays open with the reason when it cannot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from PySide6.QtCore import QDate, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDateEdit,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from ui.dialogs.fields import DAY_FORM, choice, day
from ui.dialogs.fitting import fit_height, framed
from ui.kit.order import InReadingOrder
from ui.kit.theme import Theme
from ui.widgets.buttons import Button
from ui.widgets.figure import FigureField
from ui.widgets.text import label, scrolled
from workstation.errors import Expected

_WIDTH = 540
_TEXT_HEIGHT = 96


class Kind(Enum):
    """How a question is answered."""

    LINE = "line"
    TEXT = "text"
    CHOICE = "choice"
    DATE = "date"
    FIGURE = "figure"
    PASSWORD = "password"  # noqa: S105 - the kind of a field


@dataclass(frozen=True, slots=True)
class Question:
    """`choices` are pairs of value and wording; `value` is the answer proposed."""

    name: str
    wording: str
    kind: Kind = Kind.LINE
    choices: tuple[tuple[str, str], ...] = ()
    value: str = ""
    hint: str = ""


def in_days(days: int) -> str:
    """The day so many days from today, as the answer proposed to a question for a date."""
    return (date.today() + timedelta(days=days)).isoformat()  # noqa: DTZ011 - the plant's local day


Answers = dict[str, str]
Give = Callable[[Answers, Callable[[], None], Callable[[Expected], None]], None]
"""Called with the answers, what to call when it is done, and what to call with why it could not be."""


class Ask(InReadingOrder, QDialog):
    """Title, a sentence, the questions, the button that does it."""

    def __init__(
        self,
        parent: QWidget,
        theme: Theme,
        title: str,
        sentence: str,
        questions: Sequence[Question],
        button: str,
        give: Give,
    ) -> None:
        super().__init__(parent)
        self._give, self._theme = give, theme
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(theme.pixels(_WIDTH))
        self._fields = {question.name: self._field(question) for question in questions}
        self._wrong = label(role="warn", wraps=True)
        self._wrong.hide()
        self._button = Button(theme, button, self.give, primary=True)
        self._button.setDefault(True)
        self._questions = scrolled(self._lay_out_questions(questions))
        self._lay_out(title, sentence)
        if self._fields:
            next(iter(self._fields.values())).setFocus()

    def _lay_out_questions(self, questions: Sequence[Question]) -> QVBoxLayout:
        layout = QVBoxLayout()
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        for question in questions:
            group = QVBoxLayout()
            group.setSpacing(3)
            group.addWidget(label(question.wording, "field"))
            group.addWidget(self._fields[question.name])
            if question.hint:
                group.addWidget(label(question.hint, "field", wraps=True))
            layout.addLayout(group)
        return layout

    def _lay_out(self, title: str, sentence: str) -> None:
        layout = framed(self, title)
        if sentence:
            layout.addWidget(label(sentence, wraps=True))
        layout.addSpacing(4)
        layout.addWidget(self._questions)
        layout.addWidget(self._wrong)
        layout.addStretch(1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(Button(self._theme, "Cancel", self.reject))
        row.addWidget(self._button)
        layout.addLayout(row)

    def showEvent(self, event: QShowEvent) -> None:
        """Come up as high as the questions need."""
        super().showEvent(event)
        fit_height(self, self._questions)

    def answer(self, name: str, value: str) -> None:
        """Fill in one answer."""
        field = self._fields[name]
        if isinstance(field, QPlainTextEdit):
            field.setPlainText(value)
        elif isinstance(field, QComboBox):
            field.setCurrentIndex(field.findData(value))
        elif isinstance(field, QDateEdit):
            field.setDate(QDate.fromString(value, DAY_FORM))
        elif isinstance(field, QLineEdit):
            field.setText(value)

    def give(self) -> None:
        """Do it with the answers as they stand."""
        if not self._button.isEnabled():
            return
        self._button.setEnabled(False)
        self._wrong.hide()
        self._give({name: _answer_of(field) for name, field in self._fields.items()}, self.accept, self._failed)

    @property
    def complaint(self) -> str:
        """Why it could not be done, empty while nothing is wrong."""
        return "" if self._wrong.isHidden() else self._wrong.text()

    def _failed(self, error: Expected) -> None:
        self._wrong.setText(f"{error.sentence} {error.next_step}".strip())
        self._wrong.show()
        self._button.setEnabled(True)
        fit_height(self, self._questions)

    def _field(self, question: Question) -> QWidget:
        field: QWidget
        if question.kind is Kind.TEXT:
            field = QPlainTextEdit(question.value)
            field.setFixedHeight(self._theme.pixels(_TEXT_HEIGHT))
            field.setTabChangesFocus(True)
        elif question.kind is Kind.CHOICE:
            field = choice(question.wording)
            for value, wording in question.choices:
                field.addItem(wording, value)
            field.setCurrentIndex(max(field.findData(question.value), 0))
        elif question.kind is Kind.DATE:
            field = day(self._theme, question.value)
        elif question.kind is Kind.FIGURE:
            field = FigureField(question.value)
        else:
            field = QLineEdit(question.value)
            if question.kind is Kind.PASSWORD:
                field.setEchoMode(QLineEdit.EchoMode.Password)
        field.setAccessibleName(question.wording)
        return field


def _answer_of(field: QWidget) -> str:
    if isinstance(field, QPlainTextEdit):
        return field.toPlainText().strip()
    if isinstance(field, QComboBox):
        return str(field.currentData() or "")
    if isinstance(field, QDateEdit):
        return field.date().toString(DAY_FORM)
    if isinstance(field, QLineEdit):
        is_secret = field.echoMode() is QLineEdit.EchoMode.Password
        return field.text() if is_secret else field.text().strip()
    return ""
