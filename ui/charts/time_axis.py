"""An axis of time: UTC seconds below, local hours and days written."""

from __future__ import annotations

from datetime import datetime

import pyqtgraph as pg

from workstation.reports.drawing.timeline import mark_text, time_marks

_ROOM = 76.0
"""Pixels that a mark and the air beside it take."""


class TimeAxis(pg.AxisItem):  # type: ignore[misc]
    """Writes round local times; how fine depends on how long a span is in view."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self.enableAutoSIPrefix(False)
        self._form = "%H:%M"
        self.scale_of_text = 1.0

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        """Round moments as UTC seconds."""
        if not maxVal > minVal or not 0 < minVal < maxVal < 2.5e11:
            return []
        step = (maxVal - minVal) * _ROOM * self.scale_of_text / max(size, 1.0)
        marks, self._form = time_marks(minVal, maxVal, step, zone=None)
        return [(step, [mark.timestamp() for mark in marks])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: ARG002
        """The moments as local time; midnight is its day."""
        return [mark_text(datetime.fromtimestamp(value).astimezone(), self._form) for value in values]
