"""The drawing of a stretch of time: alarms shaded, band of minimum and maximum, mean, gaps open, what runs hollow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from ui.charts.item import Item
from ui.charts.pixels import across, down, polygon
from ui.charts.stretch import Stretch
from ui.kit.colours import Colours

_BAND_ALPHA = 62
_POINTS_APART = 6.0
_POINT = 4.0
_UNUSABLE = 7.0
"""Height in pixels of the mark of a reading that could not be used, at the foot of the chart."""
_SMOOTH_BELOW = 600
_RING, _RING_INK = 4.5, 2.0
"""Radius in pixels of the ring of a slot that runs, and how thick it is drawn."""


class Band(Item):
    """Draws a Stretch in one object, in the screen's own pixels."""

    def __init__(self, colours: Colours) -> None:
        super().__init__(colours)
        self._stretch: Stretch | None = None

    def show_stretch(self, stretch: Stretch, bounds: QRectF) -> None:
        """Draw this one from now on; `bounds` hold all that may come into view."""
        self._stretch = stretch
        self._draw_within(bounds)

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw what lies within the view."""
        stretch, view = self._stretch, self.getViewBox()
        if stretch is None or view is None:
            return
        (left, right), (low, high) = view.viewRange()
        transform = painter.worldTransform()
        painter.resetTransform()
        top, bottom = (float(place) for place in down(np.array([high, low]), transform))
        edges = across(np.array([left, right]), transform)
        self._draw_shades(painter, stretch, transform, (float(edges[0]), float(edges[1])), (top, bottom))
        part = stretch.part(left, right)
        painter.setClipRect(QRectF(QPointF(float(edges[0]), top), QPointF(float(edges[1]), bottom)))
        for first, last in stretch.runs(part):
            self._draw_run(painter, stretch, slice(first, last), transform)
        self._draw_unusable(painter, stretch, part, transform, bottom)
        self._draw_limits(painter, stretch, transform, (float(edges[0]), float(edges[1])))
        if self._chosen is not None and self._chosen < len(stretch):
            place = float(across(stretch.at[self._chosen : self._chosen + 1], transform)[0])
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QPen(QColor(self._colours.accent), 1.0))
            painter.drawLine(QPointF(place, top), QPointF(place, bottom))
        painter.setClipping(False)  # what runs stands at the right edge: its ring is drawn whole
        self._draw_running(painter, stretch, transform, (float(edges[0]), float(edges[1])))

    def _draw_shades(
        self,
        painter: QPainter,
        stretch: Stretch,
        transform: QTransform,
        sides: tuple[float, float],
        heights: tuple[float, float],
    ) -> None:
        top, bottom = heights
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for shade in stretch.shades:
            begin, end = (float(x) for x in across(np.array([shade.began, shade.ended]), transform))
            begin, end = max(begin, sides[0]), min(max(end, begin + 1.5), sides[1])
            if end > begin:
                painter.fillRect(QRectF(begin, top, end - begin, bottom - top), QColor(self._colours.alarm_ground))
                painter.fillRect(QRectF(begin, top, end - begin, 3.0), QColor(self._colours.alarm))

    def _draw_run(self, painter: QPainter, stretch: Stretch, run: slice, transform: QTransform) -> None:
        x = across(stretch.at[run], transform)
        mean, low, high = (down(values[run], transform) for values in (stretch.mean, stretch.low, stretch.high))
        apart = float(np.median(np.diff(x))) if len(x) > 1 else _POINTS_APART
        x, mean, low, high = _columns(x, mean, low, high)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(x) <= _SMOOTH_BELOW)
        ink = QColor(self._colours.series)
        if len(x) > 1 and np.any(low != high):
            ground = QColor(ink)
            ground.setAlpha(_BAND_ALPHA)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawPolygon(polygon(np.concatenate([x, x[::-1]]), np.concatenate([high, low[::-1]])))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(ink, 1.6 if len(x) <= _SMOOTH_BELOW else 1.0))
        painter.drawPolyline(polygon(x, mean))
        if len(x) == 1 and low[0] != high[0]:
            painter.drawLine(QPointF(x[0], low[0]), QPointF(x[0], high[0]))
        if len(x) == 1 or apart >= _POINTS_APART:
            painter.setPen(QPen(ink, _POINT, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawPoints(polygon(x, mean))

    def _draw_running(
        self, painter: QPainter, stretch: Stretch, transform: QTransform, sides: tuple[float, float]
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(QPen(QColor(self._colours.series), _RING_INK))
        painter.setBrush(QColor(self._colours.surface))
        tail = slice(stretch.kept, None)
        levels = (down(values[tail], transform) for values in (stretch.mean, stretch.low, stretch.high))
        for x, mean, low, high in zip(across(stretch.at[tail], transform), *levels, strict=True):
            if sides[0] <= x <= sides[1] and np.isfinite(mean):
                painter.drawLine(QPointF(x, low), QPointF(x, high))
                painter.drawEllipse(QPointF(x, mean), _RING, _RING)

    def _draw_unusable(
        self, painter: QPainter, stretch: Stretch, part: slice, transform: QTransform, bottom: float
    ) -> None:
        at = stretch.at[part][stretch.bad[part] > 0]
        if at.size:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QPen(QColor(self._colours.warn), 2.0))
            for place in np.unique(np.round(across(at, transform))):
                painter.drawLine(QPointF(place, bottom), QPointF(place, bottom - _UNUSABLE))

    def _draw_limits(
        self, painter: QPainter, stretch: Stretch, transform: QTransform, sides: tuple[float, float]
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        pen = QPen(QColor(self._colours.limit), 1.0)
        for name, level in stretch.limits:
            pen.setDashPattern([5.0, 4.0] if name.islower() else [1.0, 3.0])
            painter.setPen(pen)
            height = float(down(np.array([level]), transform)[0])
            painter.drawLine(QPointF(sides[0], height), QPointF(sides[1], height))


_Array = NDArray[np.float64]


def _columns(x: _Array, mean: _Array, low: _Array, high: _Array) -> tuple[_Array, _Array, _Array, _Array]:
    """One entry for each column of pixels where there are more: lowest, highest and the mean of the means.

    Heights run downwards: the highest value has the smallest.
    """
    if x.size < 2 or x.size <= 2 * (x[-1] - x[0] + 1):
        return x, mean, low, high
    starts = np.flatnonzero(np.diff(np.floor(x), prepend=-np.inf))
    sizes = np.diff(np.append(starts, x.size))
    return (
        np.add.reduceat(x, starts) / sizes,
        np.add.reduceat(mean, starts) / sizes,
        np.maximum.reduceat(low, starts),
        np.minimum.reduceat(high, starts),
    )
