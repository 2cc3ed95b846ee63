"""What a page shows when there is nothing to show: why, and the next step."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.kit.theme import Theme
from ui.widgets.buttons import Button
from ui.widgets.picture import Picture
from ui.widgets.text import label

_MEASURE = 460
"""Greatest width of its text in pixels: a line that is read at one glance."""


class EmptyState(QWidget):
    """An icon, one sentence on why it is empty, one on what to do, and a button where that can be done here."""

    def __init__(self, theme: Theme, icon: str, heading: str, next_step: str) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName(f"{heading} {next_step}")
        self._layout = QVBoxLayout(self)
        self._layout.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._layout.setSpacing(8)
        self._heading = label(heading, "heading", wraps=True)
        self._next_step = label(next_step, "muted", wraps=True)
        self._layout.addWidget(Picture(theme, icon, "muted", 40), 0, Qt.AlignmentFlag.AlignHCenter)
        for text in (self._heading, self._next_step):
            text.setAlignment(Qt.AlignmentFlag.AlignCenter)
            text.setFixedWidth(_MEASURE)
            self._layout.addWidget(text, 0, Qt.AlignmentFlag.AlignHCenter)

    def say(self, heading: str, next_step: str) -> None:
        """Say something else."""
        self._heading.setText(heading)
        self._next_step.setText(next_step)
        self.setAccessibleName(f"{heading} {next_step}")

    def offer(self, text: str, pressed: Callable[[], None], *, primary: bool = True) -> Button:
        """Add the button that takes the next step, or another that can be taken."""
        button = Button(self._theme, text, pressed, primary=primary)
        self._layout.addSpacing(6)
        self._layout.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        return button
