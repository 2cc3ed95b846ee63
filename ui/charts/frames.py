"""Redraws charts at most thirty times a second, and only those that have something new."""

from __future__ import annotations

from typing import Protocol

import shiboken6
from PySide6.QtCore import QElapsedTimer, QObject, QTimer

FRAME_MILLISECONDS = 33


class Drawn(Protocol):
    """A chart that can be asked to draw what it was last given."""

    def draw(self) -> None:
        """Draw now."""


class Frames(QObject):
    """Collects charts that are dirty and draws them together; rests when none is."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._dirty: dict[int, Drawn] = {}
        self._since = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.draw_now)

    def mark(self, chart: Drawn) -> None:
        """This chart has something new."""
        self._dirty[id(chart)] = chart
        if not self._timer.isActive():
            passed = self._since.elapsed() if self._since.isValid() else FRAME_MILLISECONDS
            self._timer.start(max(FRAME_MILLISECONDS - int(passed), 0))

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
