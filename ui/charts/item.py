"""What the drawings of the charts' lines share: colours, an extent in data coordinates, one chosen entry."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QAbstractScrollArea

from ui.kit.colours import Colours
from ui.kit.sheet import RING


class Item(pg.GraphicsObject):  # type: ignore[misc]
    """One object of a chart that draws everything of its kind; `paint` is its own."""

    def __init__(self, colours: Colours) -> None:
        super().__init__()
        self._colours = colours
        self._chosen: int | None = None
        self._bounds = QRectF()

    def use_colours(self, colours: Colours) -> None:
        """Draw in another scheme."""
        self._colours = colours
        self.update()

    def choose(self, index: int | None) -> None:
        """Mark one entry with a hairline."""
        if index != self._chosen:
            self._chosen = index
            self.update()

    def boundingRect(self) -> QRectF:
        """The extent in data coordinates."""
        return self._bounds

    def _draw_within(self, bounds: QRectF) -> None:
        """Draw anew, with another extent if it is one."""
        if bounds != self._bounds:
            self.prepareGeometryChange()
            self._bounds = bounds
        self.update()


def frame_focus(chart: QAbstractScrollArea, colours: Colours) -> None:
    """A frame around a chart in which the keys work now; drawn after everything else of its `paintEvent`."""
    if chart.hasFocus():
        painter = QPainter(chart.viewport())
        painter.setPen(QPen(QColor(colours.accent), RING))
        painter.drawRect(QRectF(chart.viewport().rect()).adjusted(RING / 2, RING / 2, -RING / 2, -RING / 2))
        painter.end()
