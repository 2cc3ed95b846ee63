"""The strip at the window's foot: the line, its ports, who works here, the hub, the time."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QDateTime, QSize, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QPushButton, QStatusBar

from ui.kit.icons import pixmap
from ui.kit.theme import Theme
from ui.widgets.text import label

_SECOND = 1000


class StatusCell(QPushButton):
    """One fact: a sign whose shape and ink say how it is, and a word. Pressing it leads to where it can be changed."""

    def __init__(self, theme: Theme, subject: str, pressed: Callable[[], None]) -> None:
        super().__init__()
        self._theme, self._subject = theme, subject
        self._sign = ("waiting", "muted")
        self.setProperty("status", "true")
        self.setIconSize(QSize(16, 16))
        self.setAutoDefault(False)
        self.clicked.connect(lambda _checked=False: pressed())
        theme.changed.connect(self._draw)
        self.say("waiting", "muted", "…", "")
        self.hide()  # until there is something to say

    def say(self, icon: str, ink: str, text: str, tip: str) -> None:
        """Show another state."""
        self._sign = (icon, ink)
        self.setText(text)
        self.setToolTip(tip)
        self.setAccessibleName(f"{self._subject}: {text}")
        self.setAccessibleDescription(tip)
        self.show()
        self._draw()

    def _draw(self) -> None:
        icon, ink = self._sign
        self.setIcon(QIcon(pixmap(icon, getattr(self._theme.colours, ink), 16)))


class StatusStrip(QStatusBar):
    """Holds the cells, and a clock that shows local time with its offset."""

    def __init__(self, theme: Theme, cells: dict[str, tuple[str, Callable[[], None]]]) -> None:
        """`cells`: by name, what it is about and what pressing it does."""
        super().__init__()
        self.setSizeGripEnabled(False)
        self.setAccessibleName("Status")
        self._cells = {name: StatusCell(theme, subject, pressed) for name, (subject, pressed) in cells.items()}
        for cell in self._cells.values():
            self.addWidget(cell)
        self._clock = label(role="muted")
        self._clock.setContentsMargins(0, 0, 12, 0)
        self.addPermanentWidget(self._clock)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(_SECOND)
        self._tick()

    def __getitem__(self, name: str) -> StatusCell:
        return self._cells[name]

    def stop(self) -> None:
        """Stop the clock."""
        self._timer.stop()

    def _tick(self) -> None:
        now = QDateTime.currentDateTime()
        offset = now.offsetFromUtc() // 60
        zone = f"UTC{offset // 60:+03d}:{abs(offset) % 60:02d}" if offset else "UTC"
        self._clock.setText(f"{now.toString('yyyy-MM-dd  HH:mm:ss')}  {zone}")
