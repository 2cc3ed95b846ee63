"""A field for a figure."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit


class FigureField(QLineEdit):
    """Shows a decimal comma as a point as soon as it is typed: the decimal key of many keyboards writes one."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.textEdited.connect(self._edited)

    def _edited(self, text: str) -> None:
        if text.count(",") == 1 and "." not in text:  # with more of them it is no plain number, and is refused as it is
            place = self.cursorPosition()
            self.setText(text.replace(",", "."))
            self.setCursorPosition(place)
