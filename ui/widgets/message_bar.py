"""The bar above the page where messages stand: shape, sentence, next step, close."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from ui.kit.messages import Message, Messages, Severity
from ui.kit.theme import Theme
from ui.widgets.buttons import Button
from ui.widgets.picture import Picture
from ui.widgets.text import label, set_role

_FADES_AFTER_MILLISECONDS = 6000
_SIGNS = {
    Severity.NOTE: ("info", "accent"),
    Severity.GOOD: ("good", "good"),
    Severity.WARN: ("warn", "warn"),
    Severity.ALARM: ("alarm", "alarm"),
}


class MessageBar(QFrame):
    """Shows the newest message. Those that ask for something wait in line until each is closed."""

    def __init__(self, theme: Theme, messages: Messages) -> None:
        super().__init__()
        self._waiting: list[Message] = []
        self._fade = QTimer(self)
        self._fade.setSingleShot(True)
        self._fade.timeout.connect(self.close_message)
        self._sign = Picture(theme, "info", "accent", 22)
        self._sentence = label(wraps=True)
        self._next_step = label(wraps=True)
        self._close = Button(theme, "Close", self.close_message, flat=True)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self._sentence)
        words.addWidget(self._next_step)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 8, 8)
        row.setSpacing(12)
        row.addWidget(self._sign)
        row.addLayout(words, 1)
        row.addWidget(self._close)
        self.hide()
        messages.posted.connect(self.show_message)

    @property
    def message(self) -> Message | None:
        """The message in view."""
        return self._waiting[-1] if self._waiting else None

    def show_message(self, message: Message) -> None:
        """Bring a message into view."""
        self._waiting = [waiting for waiting in self._waiting if waiting.stays and waiting != message]
        self._waiting.append(message)
        self._draw()

    def close_message(self) -> None:
        """Put away the message in view and show the one that waited behind it."""
        self._waiting = self._waiting[:-1]
        self._draw()

    def _draw(self) -> None:
        message = self.message
        self._fade.stop()
        if message is None:
            self.hide()
            return
        set_role(self, f"on-{message.severity}")
        icon, ink = _SIGNS[message.severity]
        self._sign.show_icon(icon, ink)
        self._sentence.setText(message.sentence)
        self._next_step.setText(message.next_step)
        self._next_step.setVisible(bool(message.next_step))
        behind = len(self._waiting) - 1
        self._close.setText(f"Close ({behind} more)" if behind else "Close")
        self.setAccessibleName(f"{message.severity}: {message.sentence} {message.next_step}")
        self.show()
        if not message.stays:
            self._fade.start(_FADES_AFTER_MILLISECONDS)
