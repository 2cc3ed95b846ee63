"""One pane of a chart: axes in the theme's inks, limit labels at the right edge, a Trace."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor, QFontMetrics

from ui.charts.trace import Trace
from ui.charts.track import Track
from ui.kit.theme import Theme
from workstation.reports.drawing.axes import spread_labels

_LEFT_WIDTH = 78
_TITLE_HEIGHT = 22
_AIR = 0.08
"""Part of the range kept free above and below."""
_LABEL = 15
"""Pixels that the label of a limit is high."""
_MARK = 9
"""Pixels from the middle of a signal's mark to its rim, with a little air."""
_APART = 1.2
"""Heights of a line of text from one figure of an axis to the next."""
_STEPS = (1, 2, 5, 10)


class NumberAxis(pg.AxisItem):  # type: ignore[misc]
    """An axis that writes its figures with a fixed count of decimals and never 'x0.001'."""

    decimals = 0
    counts = False
    """Whether it numbers things, which have nothing between them."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.enableAutoSIPrefix(False)

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:
        """Where figures are written; what is counted has none between two whole numbers."""
        found = super().tickSpacing(minVal, maxVal, size)
        if self.orientation == "left" and self.style["tickFont"] is not None and maxVal > minVal and size > 0:
            line = QFontMetrics(self.style["tickFont"]).height()
            least = _APART * line * (maxVal - minVal) / size
            roomy = [(step, first) for step, first in found if step >= least]
            return roomy if roomy and roomy[-1][0] < (maxVal - minVal) / 2 else [(_step_of(least), 0)]
        return [(step, first) for step, first in found if step >= 1] or [(1, 0)] if self.counts else found

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """The figures as text."""
        needed = max(0, -int(np.floor(np.log10(spacing)))) if spacing > 0 else 0
        shown = max(needed, self.decimals - 1)
        return [f"{value * scale:.{shown}f}" for value in values]


def _step_of(least: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is not below `least`."""
    power = 10.0 ** np.floor(np.log10(least))
    return float(next(power * times for times in _STEPS if power * times >= least))


class Pane(pg.PlotItem):  # type: ignore[misc]
    """A plot with one Trace, fixed margins so that panes line up, and no menu."""

    def __init__(self, theme: Theme, *, shows_numbers: bool, names_axis: bool = True) -> None:
        axes = {side: NumberAxis(side) for side in ("left", "bottom", "right")}
        super().__init__(axisItems=axes, enableMenu=False)
        self._theme = theme
        self._names_axis = shows_numbers and names_axis
        self.track: Track | None = None
        self.trace = Trace(theme.colours)
        self.getAxis("bottom").counts = True
        self.addItem(self.trace, ignoreBounds=True)
        self.hideButtons()
        self.setMouseEnabled(x=True, y=False)
        self.disableAutoRange()
        self.showAxis("right")
        self.getAxis("bottom").setStyle(showValues=shows_numbers, tickLength=4)
        self.getAxis("left").setStyle(tickLength=4)
        self.getAxis("right").setStyle(tickLength=0, tickAlpha=0)
        self.setTitle(" ")
        self.use_theme()

    def use_theme(self) -> None:
        """Take the theme's inks and type sizes."""
        theme, colours = self._theme, self._theme.colours
        self.titleLabel.setMaximumHeight(theme.pixels(_TITLE_HEIGHT))
        self.layout.setRowFixedHeight(0, theme.pixels(_TITLE_HEIGHT))
        font = theme.font(12)
        for side in ("left", "bottom", "right"):
            axis = self.getAxis(side)
            axis.setPen(QColor(colours.border))
            axis.setTextPen(QColor(colours.muted))
            axis.setTickFont(font)
        self.getAxis("right").setPen(QColor(0, 0, 0, 0))
        self.getAxis("right").setTextPen(QColor(colours.limit))
        self.getAxis("right").setWidth(theme.pixels(122))
        self.getAxis("left").setWidth(max(_LEFT_WIDTH, theme.pixels(_LEFT_WIDTH)))
        if self._names_axis:
            self.setLabel("bottom", "Subgroup", **{"color": colours.muted, "font-size": f"{theme.pixels(12)}px"})
        self.trace.use_colours(colours)
        self._write_title()

    def show_track(self, track: Track) -> None:
        """Draw a track; the range along the numbers is set by `look_at`."""
        renamed = self.track is None or (self.track.quantity, self.track.unit) != (track.quantity, track.unit)
        self.track = track
        self.getAxis("left").decimals = track.decimals
        self.trace.show_track(track)
        if renamed:
            self._write_title()

    def look_at(self, left: float, right: float) -> None:
        """Fit the height to what lies between two subgroup numbers, and label the limits that stand at the right."""
        if self.track is None or not len(self.track):
            return
        first = int(np.searchsorted(self.track.numbers, left))
        last = min(int(np.searchsorted(self.track.numbers, right, side="right")), len(self.track)) - 1
        extent = self.track.extent(first, last)
        if extent is not None:
            low, high = extent
            span = (high - low) or abs(high) * 1e-3 or 1.0
            air = self._air() * span
            self.setYRange(low - air, high + air, padding=0)
        self._label_limits(max(last, 0))

    def _air(self) -> float:
        """Room above and below as a share of the height between: at least what the mark of a signal takes."""
        height, mark = self.vb.height(), self._theme.pixels(_MARK)
        return max(_AIR, mark / (height - 2 * mark)) if height > 4 * mark else _AIR

    def _label_limits(self, last: int) -> None:
        track = self.track
        if track is None:
            return
        lines = (("UCL", track.upper[last]), ("CL", track.center[last]), ("LCL", track.lower[last]))
        ticks = [(float(level), f"{name} {track.text(float(level))}") for name, level in lines if np.isfinite(level)]
        if len(ticks) == len(lines) and self._pixels(ticks[0][0] - ticks[2][0]) < 2 * self._theme.pixels(_LABEL):
            del ticks[1]  # it would lie on the others, and stands between them
        low, high = self.vb.viewRange()[1]
        gap = self._theme.pixels(_LABEL) * (high - low) / max(float(self.vb.height()), 1.0)
        places = spread_labels([level for level, _ in ticks], gap, low + gap / 2, high - gap / 2)
        self.getAxis("right").setTicks([[(place, text) for place, (_, text) in zip(places, ticks, strict=True)]])

    def _pixels(self, height: float) -> float:
        """How high a span of values is drawn."""
        low, high = self.vb.viewRange()[1]
        return float(height * self.vb.height() / (high - low)) if high > low else 0.0

    def _write_title(self) -> None:
        theme = self._theme
        text = f"{self.track.quantity}, {self.track.unit}".rstrip(", ") if self.track else " "
        self.titleLabel.setText(text, color=theme.colours.text, size=f"{theme.pixels(13)}px", justify="left")
