"""What the window shows before the station is open: painted at once, and honest when it cannot be opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.kit.theme import Theme
from ui.widgets.buttons import Button
from ui.widgets.picture import Picture
from ui.widgets.text import label
from workstation.errors import Expected

_MEASURE = 520


class Opening(QWidget):
    """The product's mark, the home being opened, or why it could not be and what to do."""

    def __init__(self, theme: Theme, home: Path, again: Callable[[], None]) -> None:
        super().__init__()
        self._home, self._again = home, again
        self.error: Expected | None = None
        self._sign = Picture(theme, "sinebar", "accent", 56)
        self._heading = label("Sinebar", "title")
        self._sentence = label(role="muted", wraps=True)
        self._next_step = label(wraps=True)
        self._retry = Button(theme, "Try again", self._try_again, primary=True)
        layout = QVBoxLayout(self)
        layout.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.setSpacing(10)
        layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self._heading, 0, Qt.AlignmentFlag.AlignHCenter)
        for text in (self._sentence, self._next_step):
            text.setFixedWidth(_MEASURE)
            text.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(text, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self._retry, 0, Qt.AlignmentFlag.AlignHCenter)
        self.begin()

    def begin(self) -> None:
        """Say that the station is being opened."""
        self.error = None
        self._heading.setText("Sinebar")
        self._say(f"Opening the station in {self._home}", "")
        self._retry.hide()

    def failed(self, error: Expected) -> None:
        """Say why it could not be opened and what to do."""
        self.error = error
        self._sign.show_icon("alarm", "alarm")
        self._heading.setText("The station could not be opened")
        self._say(error.sentence, error.next_step)
        self._retry.show()
        self._retry.setFocus()

    def _try_again(self) -> None:
        self._sign.show_icon("sinebar", "accent")
        self.begin()
        self._again()

    def _say(self, sentence: str, next_step: str) -> None:
        self._sentence.setText(sentence)
        self._next_step.setText(next_step)
        self._next_step.setVisible(bool(next_step))
        self.setAccessibleName(f"{self._heading.text()}. {sentence} {next_step}")
