"""A control chart: location above, dispersion below, one axis of subgroups; by mouse, keyboard and in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QBuffer, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QToolTip, QWidget

from ui.charts.frames import Frames
from ui.charts.item import frame_focus
from ui.charts.pane import Pane
from ui.charts.track import Track
from ui.kit.theme import Theme
from workstation import files

_NEAR = 14.0
"""Distance in pixels within which a point answers to the mouse."""
_EXPORT_FACTOR = 2.0
_LEAST_SHOWN = 5


class ControlChart(pg.GraphicsLayoutWidget):  # type: ignore[misc]
    """Draws a pair of tracks. It follows the newest subgroup until the person looks elsewhere.

    `chosen` carries the number of the subgroup picked with the mouse or the arrow keys.
    """

    chosen = Signal(int)

    def __init__(
        self, theme: Theme, frames: Frames, *, shown: int = 0, compact: bool = False, parent: QWidget | None = None
    ) -> None:
        """`shown`: how many of the newest subgroups are in view at first, 0 for all; `compact`: no axis title."""
        super().__init__(parent)
        self._theme, self._frames, self._shown = theme, frames, shown
        self._tracks: tuple[Track, Track] | None = None
        self._follows = True
        self._index: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 170)
        self.ci.layout.setContentsMargins(0, 0, 0, 0)
        self.ci.layout.setVerticalSpacing(2)
        self.location = Pane(theme, shows_numbers=False)
        self.dispersion = Pane(theme, shows_numbers=True, names_axis=not compact)
        self.addItem(self.location, row=0, col=0)
        self.addItem(self.dispersion, row=1, col=0)
        self.ci.layout.setRowStretchFactor(0, 5)
        self.ci.layout.setRowStretchFactor(1, 4)
        self.dispersion.setXLink(self.location)
        self.location.vb.sigXRangeChanged.connect(self._range_changed)
        self.location.vb.sigRangeChangedManually.connect(self._looked_elsewhere)
        self.dispersion.vb.sigRangeChangedManually.connect(self._looked_elsewhere)
        self.setMouseTracking(True)
        theme.changed.connect(self._use_theme)
        self._use_theme()
        self.setAccessibleName("Control chart")
        self.viewport().setAccessibleName("Control chart, drawn")

    # --- what is shown -----------------------------------------------------------------------------------------------

    @property
    def tracks(self) -> tuple[Track, Track] | None:
        """What is drawn: location and dispersion."""
        return self._tracks

    def show_tracks(self, location: Track, dispersion: Track) -> None:
        """Draw these from the next frame on."""
        self._tracks = (location, dispersion)
        if self._index is not None and self._index >= len(location):
            self._index = None
        self._frames.mark(self)

    def draw(self) -> None:
        """Hand the tracks to the panes: called by the frame clock."""
        if self._tracks is None:
            return
        for pane, track in zip((self.location, self.dispersion), self._tracks, strict=True):
            pane.show_track(track)
            pane.trace.choose(self._index)
        track = self._tracks[0]
        if len(track):
            left, right = float(track.numbers[0]) - 1, float(track.numbers[-1]) + 1
            self.location.setLimits(xMin=left, xMax=max(right, left + _LEAST_SHOWN), minXRange=_LEAST_SHOWN)
            if self._follows:
                self.location.setXRange(*self._newest(), padding=0)
        self._fit()
        self.setAccessibleDescription(self.summary())

    def summary(self) -> str:
        """The chart in words."""
        return " ".join(track.summary() for track in self._tracks) if self._tracks else "No subgroups yet."

    def show_all(self) -> None:
        """Bring every subgroup into view, and follow the newest again."""
        self._shown, self._follows = 0, True
        self._frames.mark(self)

    def show_last(self, count: int) -> None:
        """Bring the newest `count` subgroups into view, and follow."""
        self._shown, self._follows = count, True
        self._frames.mark(self)

    def choose(self, number: int | None) -> None:
        """Mark a subgroup by its number; says nothing."""
        self._index = None if number is None else self._index_of(number)
        for pane in (self.location, self.dispersion):
            pane.trace.choose(self._index)

    def export(self, path: Path) -> None:
        """Write the chart as a PNG picture of twice the screen's size; raises SurroundingsFailed."""
        size = self.size() * _EXPORT_FACTOR
        picture = QPixmap(QSize(size.width(), size.height()))
        picture.setDevicePixelRatio(_EXPORT_FACTOR)
        picture.fill(QColor(self._theme.colours.surface))
        painter = QPainter(picture)
        self.render(painter)
        painter.end()
        drawn = QBuffer()
        picture.save(drawn, "PNG")
        next_step = "Choose a folder where you may write, with room on its disk."
        files.replace(path, bytes(drawn.data().data()), next_step=next_step)

    # --- looking about -----------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys move from subgroup to subgroup, Home and End to the ends, Escape lets go."""
        count = len(self._tracks[0]) if self._tracks else 0
        present = count if self._index is None else self._index
        moves = {
            Qt.Key.Key_Left: present - 1,
            Qt.Key.Key_Right: present + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: count - 1,
        }
        if event.key() == Qt.Key.Key_Escape:
            self.choose(None)
            self.show_last(self._shown)
        elif event.key() in moves and count:
            self._pick(min(max(moves[Qt.Key(event.key())], 0), count - 1))
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell of the point under the mouse."""
        super().mouseMoveEvent(event)
        index = self._nearest(event.position())
        if index is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(event.globalPosition().toPoint(), self.tell(index), self)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on a point picks its subgroup."""
        super().mouseReleaseEvent(event)
        index = self._nearest(event.position())
        if index is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pick(index)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click brings everything into view."""
        self.show_all()
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the chart, and a frame when the arrow keys work here."""
        super().paintEvent(event)
        frame_focus(self, self._theme.colours)

    def tell(self, index: int) -> str:
        """A subgroup in words: figures with units, the rules it broke."""
        if self._tracks is None:
            return ""
        lines = [f"Subgroup {self._tracks[0].numbers[index]}"]
        for track in self._tracks:
            lines.append(f"{track.quantity}: {track.with_unit(float(track.values[index]))}")
            if signal := track.signals.get(index):
                lines += [f"  {rule}" for rule in signal.rules]
        return "\n".join(lines)

    # --- within ------------------------------------------------------------------------------------------------------

    def _newest(self) -> tuple[float, float]:
        numbers = self._tracks[0].numbers if self._tracks else np.array([0])
        last = float(numbers[-1])
        first = float(numbers[0]) if not self._shown else max(float(numbers[0]), last - self._shown + 1)
        return first - 1, max(last + 1, first - 1 + _LEAST_SHOWN)

    def _fit(self) -> None:
        left, right = self.location.vb.viewRange()[0]
        for pane in (self.location, self.dispersion):
            pane.look_at(left, right)

    def _range_changed(self) -> None:
        self._fit()

    def _looked_elsewhere(self) -> None:
        self._follows = False

    def _pick(self, index: int) -> None:
        if self._tracks is None:
            return
        number = int(self._tracks[0].numbers[index])
        self.choose(number)
        left, right = self.location.vb.viewRange()[0]
        if not left < number < right:
            self._follows = False
            width = right - left
            self.location.setXRange(number - width / 2, number + width / 2, padding=0)
        self.setAccessibleDescription(self.tell(index))
        self.chosen.emit(number)

    def _index_of(self, number: int) -> int | None:
        if self._tracks is None:
            return None
        found = np.flatnonzero(self._tracks[0].numbers == number)
        return int(found[0]) if found.size else None

    def _nearest(self, place: QPointF) -> int | None:
        if self._tracks is None or not len(self._tracks[0]):
            return None
        for pane, track in zip((self.location, self.dispersion), self._tracks, strict=True):
            scene = self.mapToScene(place.toPoint())
            box: QRectF = pane.vb.sceneBoundingRect()
            if not box.contains(scene):
                continue
            inside = pane.vb.mapSceneToView(scene)
            index = int(np.argmin(np.abs(track.numbers - inside.x())))
            point = pane.vb.mapViewToScene(QPointF(float(track.numbers[index]), float(track.values[index])))
            if np.hypot(point.x() - scene.x(), point.y() - scene.y()) <= _NEAR:
                return index
        return None

    def _use_theme(self) -> None:
        self.setBackground(QColor(self._theme.colours.surface))
        for pane in (self.location, self.dispersion):
            pane.use_theme()
        self.draw()
