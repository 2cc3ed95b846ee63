"""A value typed by hand: it goes to the line as it was typed, and leaves the field only when the line has kept it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from ui.kit.theme import Theme
from ui.models.line import Line
from ui.models.station_board import Watched
from ui.widgets.buttons import Button
from ui.widgets.figure import FigureField
from ui.widgets.text import label, set_role

if TYPE_CHECKING:
    from ui.models.wedge import TypedRecord
    from workstation.line.protocol import Answer

_LONGEST = 24


class Entry(QFrame):
    """Field, unit, button, and what the line answered."""

    def __init__(self, theme: Theme, line: Line) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setAccessibleName("Type a value")
        self._line = line
        self._watched: Watched | None = None
        self._blocked = ""
        self._waits = False
        self.field = FigureField()
        self.field.setProperty("touch", "true")
        self.field.setMaxLength(_LONGEST)
        self.field.setAccessibleName("Typed value")
        self.field.returnPressed.connect(self._keep)
        self.field.textEdited.connect(self._edited)
        self._unit = label(role="heading")
        self._button = Button(theme, "Keep", self._keep, primary=True, touch=True)
        self._answer = label(role="muted", wraps=True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.field, 1)
        row.addWidget(self._unit)
        row.addWidget(self._button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(8)
        layout.addWidget(label("Type a value", "heading"))
        layout.addLayout(row)
        layout.addWidget(self._answer)
        self._draw()

    def show_watched(self, watched: Watched | None) -> None:
        """Take values for this characteristic from now on."""
        before = self._watched.characteristic.id if self._watched else None
        self._watched = watched
        if watched is not None and watched.characteristic.id != before:
            self.field.clear()
            self._unit.setText(watched.characteristic.unit)
            self.field.setAccessibleName(f"Value of {watched.characteristic.name} in {watched.characteristic.unit}")
            self._say("", "muted")
        self._draw()

    def keep_record(self, record: TypedRecord, said: Callable[[str], None]) -> None:
        """Have the value of a record that a gauge typed kept; `said` is given what became of it. The field stays."""
        watched, reading = self._watched, record.reading
        if watched is None or self._blocked:
            said(self._blocked or "No characteristic is chosen.")
            return
        if reading.value is None:
            said(f"Refused: {reading.reason}")
            return
        item, text = watched.characteristic, f"{reading.value:f}"
        unit = reading.unit or item.unit

        def answered(answer: Answer) -> None:
            said(f"Refused: {answer.sentence}" if answer.sentence else f"{text} {unit} was kept for {item.name}")

        self._line.enter_value(item.id, text, unit, answered, record.raw)

    def block(self, sentence: str) -> None:
        """Take no value, and say why; an empty sentence opens the field again."""
        if sentence != self._blocked:
            self._blocked = sentence
            self._say("", "muted")
            self._draw()

    def _keep(self) -> None:
        text = self.field.text().strip()
        if self._watched is None or self._blocked or self._waits or not text:
            return
        item = self._watched.characteristic
        if _decimals(text) < item.decimals:
            self._say(f"Type it with {item.decimals} decimals: {text} says less than the gauge shows.", "warn")
            self._mark_wrong(True)
            return
        self._waits = True
        self._say("The line is checking the value…", "muted")
        self._draw()
        self._line.enter_value(item.id, text, item.unit, self._answered(text, item.unit))

    def _answered(self, text: str, unit: str) -> Callable[[Answer], None]:
        def answered(answer: Answer) -> None:
            self._waits = False
            if answer.sentence:
                self._say(f"{answer.sentence} {answer.next_step}".strip(), "warn")
                self._mark_wrong(True)
            else:
                self._say(f"{text} {unit} was kept.", "good")
                self.field.clear()
            self._draw()
            self.field.setFocus()
            self.field.selectAll()

        return answered

    def _edited(self) -> None:
        self._mark_wrong(False)
        self._say("", "muted")
        self._draw()

    def _mark_wrong(self, wrong: bool) -> None:
        self.field.setProperty("wrong", "true" if wrong else "false")
        self.field.style().unpolish(self.field)
        self.field.style().polish(self.field)

    def _say(self, text: str, role: str) -> None:
        set_role(self._answer, role)
        self._answer.setText(text or self._hint())

    def _hint(self) -> str:
        if self._watched is None:
            return ""
        item = self._watched.characteristic
        return (
            f"With {item.decimals} decimals, in {item.unit}." if item.decimals else f"A whole number, in {item.unit}."
        )

    def _draw(self) -> None:
        is_open = not self._blocked and self._watched is not None
        self.field.setEnabled(is_open)
        self.field.setReadOnly(self._waits)
        self._button.setEnabled(is_open and not self._waits and bool(self.field.text().strip()))
        if self._blocked:
            set_role(self._answer, "warn")
            self._answer.setText(self._blocked)
        elif not self._answer.text():
            self._say("", "muted")


def _decimals(text: str) -> int:
    """Decimals of a number as typed; of what is no number as many as anybody wants, so that the line may say so."""
    try:
        exponent = Decimal(text).as_tuple().exponent
    except InvalidOperation:
        return _LONGEST
    return max(-exponent, 0) if isinstance(exponent, int) else _LONGEST
