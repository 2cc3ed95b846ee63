"""The newest value, as large as it can be: figures as sent, unit, tolerance, state, and the tick that says kept."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from ui.kit.colours import Colours
from ui.kit.theme import Theme
from ui.models.station_board import Watched
from ui.widgets.picture import Picture
from ui.widgets.progress import SubgroupProgress
from ui.widgets.sign import StateSign
from ui.widgets.text import Elided, label
from ui.widgets.tolerance import ToleranceBar

_SMALL_FIGURE, _FIGURE = 54, 72
_LARGEST_FIGURE = 116
_ROOMY = 900
"""Height of the window in pixels from which there is room for a larger figure."""
LOW = 700
"""Height of the window in pixels below which only a small figure leaves its card room for the rest."""
_WIDE = 660
"""Width of the card in pixels from which everything on it has room."""
_UNIT = 26
_MICROSECONDS = 1_000_000


class ReadingCard(QFrame):
    """Shows one characteristic's newest value. It knows nothing that has not been kept."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._watched: Watched | None = None
        self._drawn_for: tuple[int, float, Colours] | None = None
        self.setProperty("role", "card")
        self._name = label(role="heading")
        self._part = Elided("muted")
        self._figure = QLabel("–")
        self._unit = QLabel()
        for big in (self._figure, self._unit):
            big.setTextFormat(Qt.TextFormat.PlainText)
        self.sign = StateSign(theme)
        self._bar = ToleranceBar(theme)
        self._subgroup = label(role="muted")
        self._progress = SubgroupProgress(theme)
        self._tick = Picture(theme, "good", "good", 20)
        self._kept = label(role="good")
        self._lay_out()
        theme.changed.connect(self._size_figures)
        self._size_figures()
        self._tick.hide()

    def show_watched(self, watched: Watched) -> None:
        """Show how this characteristic stands now."""
        item, last = watched.characteristic, watched.last
        self._name.setText(item.name)
        self._part.say(watched.part)
        self._figure.setText(last.text if last else "–")
        self._unit.setText(last.unit if last else item.unit)
        self._figure.setAccessibleName(f"Newest value: {last.text} {last.unit}" if last else "No value yet")
        self.sign.show_state(watched.state)
        told = f"{last.text} {last.unit}, {watched.state.word}" if last else "no value yet"
        self.setAccessibleName(f"Newest value of {item.name}: {told}")
        self._watched = watched
        others = tuple(n for value in watched.values[:-1] if (n := watched.number(value)) is not None)
        number = watched.number(last) if last else None
        self._bar.setVisible(watched.tolerance.lower is not None or watched.tolerance.upper is not None)
        self._bar.show_value(watched.tolerance, number, others, is_out=bool(last and last.in_tolerance is False))
        self._show_subgroup(watched)
        self._show_kept(watched)

    def _show_subgroup(self, watched: Watched) -> None:
        values, size = watched.values, watched.characteristic.subgroup_size
        number = values[-1].subgroup if values else watched.live.last_number + 1
        out = frozenset(index for index, value in enumerate(values) if value.in_tolerance is False)
        self._progress.show_values(size, tuple(value.text for value in values), out)
        told = f"Subgroup {number}: {len(values)} of {size}"
        wanted = watched.characteristic.baseline_subgroups
        if not watched.has_limits:
            told += f"\ncollecting limits: {watched.baseline} of {wanted}"
        self._subgroup.setText(told)

    def _show_kept(self, watched: Watched) -> None:
        last = watched.last
        self._tick.setVisible(last is not None)
        if last is None:
            self._kept.setText("")
            return
        at = datetime.fromtimestamp(last.observed_at / _MICROSECONDS).astimezone()
        day = "" if at.date() == datetime.now().astimezone().date() else f"{at:%Y-%m-%d} "
        source = f"  from {last.source}" if self.width() >= _WIDE else ""
        self._kept.setText(f"Kept  {day}{at:%H:%M:%S}{source}")
        self._kept.setToolTip(f"From {last.source}")

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self._name)
        head.addWidget(self._part, 1)
        head.addWidget(self._tick)
        head.addWidget(self._kept)
        middle = QHBoxLayout()
        middle.setSpacing(10)
        middle.addWidget(self._figure)
        middle.addWidget(self._unit, 0, Qt.AlignmentFlag.AlignBottom)
        middle.addStretch(1)
        middle.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignVCenter)
        whole = self._whole = QVBoxLayout(self)
        whole.setSpacing(4)
        whole.addLayout(head)
        whole.addLayout(middle)
        whole.addWidget(self._bar)
        foot = QHBoxLayout()
        foot.setSpacing(14)
        foot.addWidget(self._subgroup)
        foot.addWidget(self._progress, 1)
        whole.addLayout(foot)

    def close_up(self, is_low: bool) -> None:
        """Leave the rest of the page some of the card's margins where the window is low."""
        self._whole.setContentsMargins(18, 4 if is_low else 10, 18, 6 if is_low else 12)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the figure grow with the room there is."""
        super().resizeEvent(event)
        self._size_figures()
        self._part.setVisible(self.width() >= _WIDE)
        if self._watched is not None:
            self._show_kept(self._watched)

    def _figure_size(self) -> int:
        if self.width() < _WIDE or self.window().height() < self._theme.pixels(LOW):
            return _SMALL_FIGURE
        if self.window().height() < _ROOMY:
            return _FIGURE
        return min(max(_FIGURE, self.width() // 10), _LARGEST_FIGURE)

    def _size_figures(self) -> None:
        size = self._figure_size()
        if (size, self._theme.scale, self._theme.colours) == self._drawn_for:
            return
        self._drawn_for = (size, self._theme.scale, self._theme.colours)
        pixels = self._theme.pixels
        ink = f"color: {self._theme.colours.text}; background: transparent; border: none;"
        self._figure.setStyleSheet(f"{ink} font-size: {pixels(size)}px; font-weight: 600;")
        self._unit.setStyleSheet(f"{ink} font-size: {pixels(_UNIT)}px; padding-bottom: {pixels(size * 0.18)}px;")
