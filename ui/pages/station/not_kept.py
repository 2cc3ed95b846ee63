"""When the disk does not take a value: the page is this and nothing else, until it does again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ui.kit.theme import Theme
from ui.widgets.picture import Picture
from ui.widgets.text import label

if TYPE_CHECKING:
    from workstation.line.protocol import KeepFailed

_SHOWN = 6


class NotKept(QWidget):
    """Says that values wait in memory and keeps them in view, so that they can be written down."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        frame = QFrame()
        frame.setProperty("role", "on-alarm")
        self._heading = label(role="title")
        self._sentence = label(role="heading", wraps=True)
        self._next_step = label(role="heading", wraps=True)
        self._values = QLabel()
        self._values.setTextFormat(Qt.TextFormat.PlainText)
        self._values.setWordWrap(True)
        self._values.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(Picture(theme, "alarm", "alarm", 56))
        head.addWidget(self._heading, 1)
        inner = QVBoxLayout(frame)
        inner.setContentsMargins(28, 24, 28, 24)
        inner.setSpacing(14)
        inner.addLayout(head)
        inner.addWidget(self._sentence)
        inner.addWidget(self._values)
        inner.addWidget(self._next_step)
        inner.addWidget(label("Do not measure the next part. This page goes away by itself once everything is kept."))
        inner.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(frame, 1)
        theme.changed.connect(self._size)
        self._size()

    def show_failure(self, failure: KeepFailed) -> None:
        """Show what was not kept and why."""
        count = failure.waiting or len(failure.values)
        self._heading.setText("Not kept" if count == 0 else f"{count} value{'s are' if count > 1 else ' is'} not kept")
        self._sentence.setText(failure.sentence)
        self._next_step.setText(failure.next_step)
        newest = failure.values[-_SHOWN:]
        hidden = count - len(newest)
        self._values.setText("   ".join(newest) + (f"\nand {hidden} before these" if hidden > 0 else ""))
        self._values.setAccessibleName(f"Values that wait: {', '.join(failure.values)}")
        self.setAccessibleName(f"{self._heading.text()}. {failure.sentence} {failure.next_step}")

    def _size(self) -> None:
        colours = self._theme.colours
        size = self._theme.pixels(44)
        self._values.setStyleSheet(
            f"color: {colours.text}; background: transparent; border: none; font-size: {size}px; font-weight: 600;"
        )
