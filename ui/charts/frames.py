"""Redraws charts at most so many times a second, and only those that have something new."""

from __future__ import annotations

from typing import Protocol

import shiboken6
from PySide6.QtCore import QElapsedTimer, QObject, QTimer

PER_SECOND = 30


class Drawn(Protocol):
    """A chart that can be asked to draw what it was last given."""

    def draw(self) -> None:
        """Draw now."""


class Frames(QObject):
    """Collects charts that are dirty and draws them together; rests when none is."""

    def __init__(self, parent: QObject, per_second: int = PER_SECOND) -> None:
        super().__init__(parent)
        self._milliseconds = 1000 // per_second
        self._dirty: dict[int, Drawn] = {}
        self._since = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.draw_now)

    def mark(self, chart: Drawn) -> None:
        """This chart has something new."""
        self._dirty[id(chart)] = chart
        if not self._timer.isActive():
            passed = self._since.elapsed() if self._since.isValid() else self._milliseconds
            self._timer.start(max(self._milliseconds - int(passed), 0))

    @property
    def is_clean(self) -> bool:
        """Whether everything that is new has been drawn."""
        return not self._dirty

    def draw_now(self) -> None:
        """Draw the dirty charts at once."""
        self._since.start()
        dirty, self._dirty = self._dirty, {}
        for chart in dirty.values():
            if shiboken6.isValid(chart):
                chart.draw()
