"""The drawing of one pane: limits, line, points and signals in one graphics object, in the screen's own pixels.

One object instead of a plot item each: the symbols of a general scatter plot are most of the cost of a live chart.
"""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from ui.charts.item import Item
from ui.charts.pixels import across, down, polygon
from ui.charts.track import Sign, Track
from ui.kit.colours import Colours

_POINT = 5.0
_MARK = 6.5
_POINTS_APART = 3.0
"""Least distance of neighbours in pixels at which single points are drawn."""
_SMOOTH_BELOW = 300
"""Most points for which the line is drawn smooth: above it a smooth wide pen costs too much."""


class Trace(Item):
    """Draws a Track. `show` gives it another one; drawing never changes it."""

    def __init__(self, colours: Colours) -> None:
        super().__init__(colours)
        self._track: Track | None = None

    def show_track(self, track: Track) -> None:
        """Draw this track from now on."""
        self._track = track
        extent = track.extent(0, len(track))
        bounds = QRectF()
        if extent is not None:
            low, high = extent
            left, right = float(track.numbers[0]), float(track.numbers[-1])
            bounds = QRectF(left - 1, low, right - left + 2, max(high - low, 1e-12))
        self._draw_within(bounds)

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw what lies within the view."""
        track, view = self._track, self.getViewBox()
        if track is None or not len(track) or view is None:
            return
        left, right = view.viewRange()[0]
        first = int(np.searchsorted(track.numbers, left - 1))
        last = int(np.searchsorted(track.numbers, right + 1))
        if last <= first:
            return
        transform = painter.worldTransform()
        painter.resetTransform()
        part = slice(first, last)
        x = across(track.numbers[part].astype(float), transform)
        step = abs(transform.m11())
        self._draw_divisions(painter, track, first, last, view, transform)
        self._draw_limits(painter, track, part, transform, step)
        self._draw_chosen(painter, track, first, last, x, view, transform)
        self._draw_line(painter, x, down(track.values[part], transform), step)
        self._draw_signals(painter, track, first, last, transform)

    def _draw_limits(self, painter: QPainter, track: Track, part: slice, transform: QTransform, step: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        ink = QColor(self._colours.limit)
        numbers = track.numbers[part].astype(float)
        for values, dashes in ((track.center, None), (track.lower, (5.0, 4.0)), (track.upper, (5.0, 4.0))):
            pen = QPen(ink, 1.0)
            if dashes:
                pen.setDashPattern(list(dashes))
            painter.setPen(pen)
            for start, end, level in _steps(values[part]):
                left = across(numbers[start : start + 1], transform)[0] - step / 2
                right = across(numbers[end : end + 1], transform)[0] + step / 2
                height = float(down(np.array([level]), transform)[0])
                painter.drawLine(QPointF(left, height), QPointF(right, height))

    def _draw_divisions(
        self, painter: QPainter, track: Track, first: int, last: int, view: pg.ViewBox, transform: QTransform
    ) -> None:
        low, high = view.viewRange()[1]
        top, bottom = down(np.array([high, low]), transform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(QColor(self._colours.border), 1.0))
        for index in track.divisions:
            if first < index < last:
                between = (float(track.numbers[index - 1]) + float(track.numbers[index])) / 2
                place = float(across(np.array([between]), transform)[0])
                painter.drawLine(QPointF(place, top), QPointF(place, bottom))

    def _draw_line(self, painter: QPainter, x: NDArray[np.float64], y: NDArray[np.float64], step: float) -> None:
        finite = np.isfinite(y)
        x, y = x[finite], y[finite]
        if not x.size:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, x.size <= _SMOOTH_BELOW)
        ink = QColor(self._colours.series)
        line_x, line_y = _thinned(x, y)
        painter.setPen(QPen(ink, 1.4 if x.size <= _SMOOTH_BELOW else 1.0))
        painter.drawPolyline(polygon(line_x, line_y))
        if step >= _POINTS_APART:
            size = min(_POINT, max(step * 0.6, 2.0))
            painter.setPen(QPen(ink, size, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawPoints(polygon(x, y))

    def _draw_signals(self, painter: QPainter, track: Track, first: int, last: int, transform: QTransform) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(QPen(QColor(self._colours.surface), 1.2))
        painter.setBrush(QColor(self._colours.alarm))
        for index, signal in track.signals.items():
            if first <= index < last and np.isfinite(track.values[index]):
                place = transform.map(QPointF(float(track.numbers[index]), float(track.values[index])))
                painter.drawPolygon(mark(signal.sign, place))

    def _draw_chosen(
        self,
        painter: QPainter,
        track: Track,
        first: int,
        last: int,
        x: NDArray[np.float64],
        view: pg.ViewBox,
        transform: QTransform,
    ) -> None:
        index = self._chosen
        if index is None or not first <= index < min(last, len(track)):
            return
        low, high = view.viewRange()[1]
        top, bottom = down(np.array([high, low]), transform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(QColor(self._colours.accent), 1.0))
        painter.drawLine(QPointF(x[index - first], top), QPointF(x[index - first], bottom))


def mark(sign: Sign, place: QPointF, size: float = _MARK) -> QPolygonF:
    """A diamond for a point beyond a limit, a square for a pattern."""
    x, y = place.x(), place.y()
    if sign is Sign.BEYOND:
        corners = [(x, y - size), (x + size, y), (x, y + size), (x - size, y)]
    else:
        side = size * 0.8
        corners = [(x - side, y - side), (x + side, y - side), (x + side, y + side), (x - side, y + side)]
    return QPolygonF([QPointF(*corner) for corner in corners])


def _steps(levels: NDArray[np.float64]) -> list[tuple[int, int, float]]:
    """Runs of one level: first index, last index, level; without those that are NaN."""
    if not levels.size:
        return []
    same = (levels[1:] == levels[:-1]) | (np.isnan(levels[1:]) & np.isnan(levels[:-1]))
    starts = np.concatenate([[0], np.flatnonzero(~same) + 1])
    ends = np.concatenate([starts[1:] - 1, [levels.size - 1]])
    return [
        (int(start), int(end), float(levels[start]))
        for start, end in zip(starts, ends, strict=True)
        if np.isfinite(levels[start])
    ]


def _thinned(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest of each pixel column where points are too dense to be told apart: same picture, less ink."""
    columns = int(abs(x[-1] - x[0])) + 1
    if x.size <= 4 * columns:
        return x, y
    size = x.size // columns
    whole = columns * size
    table = y[:whole].reshape(columns, size)
    thin_x = np.repeat(x[:whole:size], 2)
    thin_y = np.column_stack([table.min(axis=1), table.max(axis=1)]).ravel()
    return np.concatenate([thin_x, x[whole:]]), np.concatenate([thin_y, y[whole:]])
