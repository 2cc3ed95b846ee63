"""How far the open subgroup is: one box a value, filled with the value once it is kept."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.kit.theme import Theme

_HEIGHT = 34
_GAP = 6
_MOST_BOXES = 12
"""Above this many values a subgroup is shown as a count and a bar."""


class SubgroupProgress(QWidget):
    """Boxes 1 to n of a subgroup; a filled box has a heavy border and its value, the next one is dashed."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._size = 0
        self._values: tuple[str, ...] = ()
        self._out: frozenset[int] = frozenset()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Subgroup")
        theme.changed.connect(self._rescaled)

    def sizeHint(self) -> QSize:
        """One row of boxes."""
        return QSize(360, self._theme.pixels(_HEIGHT))

    def show_values(self, size: int, values: tuple[str, ...], out: frozenset[int]) -> None:
        """`size` values make the subgroup, `values` are kept, those at the indexes `out` are out of tolerance."""
        if (size, values, out) != (self._size, self._values, self._out):
            self._size, self._values, self._out = size, values, out
            told = ", ".join(values) or "none yet"
            self.setAccessibleName(f"Subgroup: {len(values)} of {size} values kept: {told}")
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the boxes, or the bar."""
        if not self._size:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._size <= _MOST_BOXES:
            self._draw_boxes(painter)
        else:
            self._draw_bar(painter)
        painter.end()

    def _draw_boxes(self, painter: QPainter) -> None:
        colours = self._theme.colours
        width = min((self.width() - _GAP * (self._size - 1)) / self._size, self._theme.pixels(130))
        for index in range(self._size):
            box = QRectF(index * (width + _GAP) + 1, 1, width - 2, self.height() - 2)
            is_filled = index < len(self._values)
            is_out = index in self._out
            edge = colours.alarm if is_out else colours.strong_border if is_filled else colours.border
            pen = QPen(QColor(edge), 2 if is_out else 1)
            pen.setStyle(Qt.PenStyle.SolidLine if is_filled else Qt.PenStyle.DashLine)
            painter.setPen(pen)
            ground = colours.alarm_ground if is_out else colours.sunken if is_filled else colours.surface
            painter.setBrush(QColor(ground))
            painter.drawRoundedRect(box, 4, 4)
            weight = QFont.Weight.DemiBold if is_out else QFont.Weight.Normal
            painter.setFont(self._theme.font(14, weight))
            painter.setPen(QColor(colours.text if is_filled else colours.muted))
            text = self._values[index] if is_filled else str(index + 1)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, ("◆ " if is_out else "") + text)

    def _draw_bar(self, painter: QPainter) -> None:
        colours = self._theme.colours
        whole = QRectF(1, 1, self.width() - 2, self.height() - 2)
        painter.setPen(QPen(QColor(colours.strong_border), 1))
        painter.setBrush(QColor(colours.surface))
        painter.drawRoundedRect(whole, 4, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.accent_ground))
        part = whole.adjusted(1, 1, -1 - whole.width() * (1 - len(self._values) / self._size), -1)
        painter.drawRoundedRect(part, 4, 4)
        painter.setPen(QColor(colours.text))
        painter.setFont(self._theme.font(14))
        painter.drawText(whole, Qt.AlignmentFlag.AlignCenter, f"{len(self._values)} of {self._size}")

    def _rescaled(self) -> None:
        self.updateGeometry()
        self.update()
