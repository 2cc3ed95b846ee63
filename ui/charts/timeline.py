"""A continuous channel over time: it follows the newest reading until the person looks elsewhere."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QGraphicsItem, QToolTip, QWidget

from ui.charts.band import Band
from ui.charts.frames import Frames
from ui.charts.item import frame_focus
from ui.charts.pane import NumberAxis
from ui.charts.stretch import Stretch
from ui.charts.time_axis import TimeAxis
from ui.kit.theme import Theme
from workstation.reports.drawing.axes import spread_labels

_NEAR = 30.0
"""Distance in pixels along the axis within which an entry answers to the mouse."""
_AIR = 0.09
_LEFT_WIDTH = 64
_LABEL_HEIGHT = 15
_RIGHT_WIDTH, _BESIDE = 84, 12
"""Pixels of the right edge: its usual width, and what a label has there beside its text."""
SHORTEST, LONGEST = 10.0, 20 * 366 * 86_400.0
"""Seconds that can be in view."""
_ZOOM = 2.0


class Timeline(pg.GraphicsLayoutWidget):  # type: ignore[misc]
    """Draws a Stretch. `looked` carries begin and end (UTC seconds) when the person moved or zoomed."""

    looked = Signal(float, float)
    chosen = Signal(int)

    def __init__(self, theme: Theme, frames: Frames, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._frames = theme, frames
        self.stretch: Stretch | None = None
        self._index: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 150)
        self.ci.layout.setContentsMargins(0, 0, 0, 0)
        self._across = TimeAxis()
        axes = {"left": NumberAxis("left"), "bottom": self._across, "right": NumberAxis("right")}
        self._plot = pg.PlotItem(axisItems=axes, enableMenu=False)
        self._band = Band(theme.colours)
        self._plot.addItem(self._band, ignoreBounds=True)
        self._plot.vb.setFlag(QGraphicsItem.GraphicsItemFlag.ItemClipsChildrenToShape, enabled=False)  # the band clips
        self._plot.hideButtons()
        self._plot.setMouseEnabled(x=True, y=False)
        self._plot.disableAutoRange()
        self._plot.showAxis("right")
        self._plot.getAxis("right").setStyle(tickLength=0, tickAlpha=0)
        for side in ("left", "bottom"):
            self._plot.getAxis(side).setStyle(tickLength=4)
        self._plot.vb.setLimits(minXRange=SHORTEST, maxXRange=LONGEST)
        self._plot.vb.sigXRangeChanged.connect(self._fit)
        self._plot.vb.sigRangeChangedManually.connect(self._moved)
        self.addItem(self._plot)
        self.setMouseTracking(True)
        theme.changed.connect(self._use_theme)
        self._use_theme()
        self.setAccessibleName("Values over time")
        self.viewport().setAccessibleName("Values over time, drawn")

    # --- what is shown -----------------------------------------------------------------------------------------------

    @property
    def span(self) -> tuple[float, float]:
        """Begin and end of what is in view, in UTC seconds."""
        left, right = self._plot.vb.viewRange()[0]
        return float(left), float(right)

    def show_stretch(self, stretch: Stretch, span: tuple[float, float] | None) -> None:
        """Draw this one from the next frame on; with `span` that part of time comes into view."""
        self.stretch = stretch
        if span is not None:
            self.show_span(span)
        if self._index is not None and self._index >= len(stretch):
            self._index = None
        self._frames.mark(self)

    def show_span(self, span: tuple[float, float]) -> None:
        """Bring this part of time into view, saying nothing."""
        self._plot.setXRange(*span, padding=0)

    def draw(self) -> None:
        """Hand the stretch to its drawing: called by the frame clock."""
        if self.stretch is None:
            return
        self._plot.getAxis("left").decimals = self.stretch.decimals + 1
        self._fit()
        self._band.choose(self._index)
        self.setAccessibleDescription(self.stretch.summary())

    def choose(self, index: int | None) -> None:
        """Mark an entry; says nothing."""
        self._index = index
        self._band.choose(index)

    # --- looking about -----------------------------------------------------------------------------------------------

    def zoom(self, factor: float) -> None:
        """Look at `factor` times as much time about the same middle."""
        left, right = self.span
        middle, half = (left + right) / 2, min(max((right - left) * factor, SHORTEST), LONGEST) / 2
        self.look_at(middle - half, middle + half)

    def move(self, part: float) -> None:
        """Look further on by this part of what is in view; backwards where it is negative."""
        left, right = self.span
        step = (right - left) * part
        self.look_at(left + step, right + step)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from entry to entry, Page keys move, + and - zoom, Escape lets go."""
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        key = Qt.Key(event.key())
        if key in moves:
            self._step(moves[key])
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.move(-0.5 if key is Qt.Key.Key_PageUp else 0.5)
        elif event.text() in ("+", "-"):
            self.zoom(1 / _ZOOM if event.text() == "+" else _ZOOM)
        elif key is Qt.Key.Key_Escape:
            self.choose(None)
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell of the entry under the mouse."""
        super().mouseMoveEvent(event)
        index = self._nearest(event.position())
        if index is None or self.stretch is None or event.buttons():
            QToolTip.hideText()
        else:
            QToolTip.showText(event.globalPosition().toPoint(), self.tell(index), self)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the chart, and a frame when the keys work here."""
        super().paintEvent(event)
        frame_focus(self, self._theme.colours)

    def tell(self, index: int) -> str:
        """An entry in words, with the alarms it lies in."""
        if self.stretch is None:
            return ""
        at = float(self.stretch.at[index])
        wrong = [shade.text for shade in self.stretch.shades if shade.began <= at <= shade.ended]
        return "\n".join([self.stretch.tell(index), *wrong])

    # --- within ------------------------------------------------------------------------------------------------------

    def look_at(self, left: float, right: float) -> None:
        """Bring this part of time into view, as if the person had moved there."""
        self._plot.setXRange(left, right, padding=0)
        self._moved()

    def _moved(self) -> None:
        self.looked.emit(*self.span)

    def _step(self, step: int) -> None:
        stretch = self.stretch
        if stretch is None or not len(stretch):
            return
        left, right = self.span
        part = stretch.part(left, right)
        first, last = part.indices(len(stretch))[0], part.indices(len(stretch))[1] - 1
        present = (last + 1 if step < 0 else first - 1) if self._index is None else self._index
        self.choose(min(max(present + step, 0), len(stretch) - 1))
        if self._index is not None:
            at = float(stretch.at[self._index])
            if not left <= at <= right:
                self.look_at(at - (right - left) / 2, at + (right - left) / 2)
            self.setAccessibleDescription(self.tell(self._index))
            self.chosen.emit(self._index)

    def _fit(self) -> None:
        """Fit the height to what is in view, and label the limits."""
        stretch = self.stretch
        if stretch is None:
            return
        left, right = self.span
        low, high = stretch.extent(left, right)
        air = _AIR * ((high - low) or 1.0)
        self._plot.setYRange(low - air, high + air, padding=0)
        width = right - left
        self._band.show_stretch(stretch, QRectF(left - width, low - air, 3 * width, max(high - low + 2 * air, 1e-12)))
        self._label_limits(stretch, low - air, high + air)

    def _label_limits(self, stretch: Stretch, low: float, high: float) -> None:
        """Names and levels at the right edge, moved apart where they would touch."""
        height = max(float(self._plot.vb.height()), 1.0)
        each = (high - low) / height
        levels = [level for _, level in stretch.limits]
        gap = self._theme.pixels(_LABEL_HEIGHT) * each
        places = spread_labels(levels, gap, low + gap / 2, high - gap / 2)
        ticks = [
            (place, f"{name} {level:.{stretch.decimals}f}")
            for place, (name, level) in zip(places, stretch.limits, strict=True)
        ]
        self._plot.getAxis("right").setTicks([ticks])
        words = QFontMetrics(self._theme.font(12))
        widest = max((words.horizontalAdvance(text) for _, text in ticks), default=0)
        self._plot.getAxis("right").setWidth(max(self._theme.pixels(_RIGHT_WIDTH), widest + _BESIDE) if ticks else 12)

    def _nearest(self, place: QPointF) -> int | None:
        stretch = self.stretch
        if stretch is None or not len(stretch):
            return None
        scene = self.mapToScene(place.toPoint())
        if not self._plot.vb.sceneBoundingRect().contains(scene):
            return None
        at = float(self._plot.vb.mapSceneToView(scene).x())
        index = int(np.argmin(np.abs(stretch.at - at)))
        left, right = self.span
        apart = abs(float(stretch.at[index]) - at) / (right - left) * float(self._plot.vb.width())
        return index if apart <= _NEAR else None

    def _use_theme(self) -> None:
        theme, colours = self._theme, self._theme.colours
        self.setBackground(QColor(colours.surface))
        self._across.scale_of_text = theme.scale
        font = theme.font(12)
        for side in ("left", "bottom", "right"):
            axis = self._plot.getAxis(side)
            axis.setPen(QColor(colours.border))
            axis.setTextPen(QColor(colours.limit if side == "right" else colours.muted))
            axis.setTickFont(font)
        self._plot.getAxis("left").setWidth(max(_LEFT_WIDTH, theme.pixels(_LEFT_WIDTH)))
        self._plot.getAxis("right").setPen(QColor(0, 0, 0, 0))
        self._band.use_colours(colours)
        self._frames.mark(self)
