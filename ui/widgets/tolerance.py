"""A value between its specification limits: a bar, its limits as written, and a pointer."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.kit.theme import Theme

_MARGIN = 0.18
"""Part of the bar's length kept outside each limit, so that an outside value is seen outside."""
_BAR = 14
_HEIGHT = 58


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Specification limits in `unit`, any may be missing; figures are shown with `decimals`."""

    lower: Decimal | None
    nominal: Decimal | None
    upper: Decimal | None
    unit: str
    decimals: int

    def text(self, value: Decimal) -> str:
        """A limit with its decimals."""
        return f"{value:.{max(self.decimals, _decimals_of(value))}f}"

    def summary(self) -> str:
        """The limits in words."""
        if self.lower is None and self.upper is None:
            return "no specification limits"
        if self.lower is None and self.upper is not None:
            return f"at most {self.text(self.upper)} {self.unit}"
        if self.upper is None and self.lower is not None:
            return f"at least {self.text(self.lower)} {self.unit}"
        if self.lower is not None and self.upper is not None:
            return f"{self.text(self.lower)} to {self.text(self.upper)} {self.unit}"
        return ""


def _decimals_of(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


class ToleranceBar(QWidget):
    """Draws where the newest value and the others of its subgroup lie."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._tolerance: Tolerance | None = None
        self._value: Decimal | None = None
        self._others: tuple[Decimal, ...] = ()
        self._is_out = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Tolerance")
        theme.changed.connect(self._resized)

    def sizeHint(self) -> QSize:
        """As high as bar, pointer and figures need."""
        return QSize(400, self._theme.pixels(_HEIGHT))

    def show_value(
        self, tolerance: Tolerance, value: Decimal | None, others: tuple[Decimal, ...], *, is_out: bool
    ) -> None:
        """Show a value, and the others of its subgroup as ticks; `is_out` is the line's judgement, not the bar's."""
        if (tolerance, value, others, is_out) == (self._tolerance, self._value, self._others, self._is_out):
            return
        self._tolerance, self._value, self._others, self._is_out = tolerance, value, others, is_out
        where = "no value yet" if value is None else f"{value} {tolerance.unit}"
        self.setAccessibleName(f"Tolerance {tolerance.summary()}: {where}{', out of tolerance' if is_out else ''}")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the bar."""
        tolerance = self._tolerance
        span = self._span()
        if tolerance is None or span is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = self.height() / 2 - _BAR / 2 - 3
        self._draw_bar(painter, tolerance, span, top)
        self._draw_labels(painter, tolerance, span, top)
        for other in self._others:
            place = self._across(other, span)
            painter.setPen(QPen(QColor(self._theme.colours.text), 1.5))
            painter.drawLine(QPointF(place, top + 2), QPointF(place, top + _BAR - 2))
        if self._value is not None:
            self._draw_pointer(painter, self._across(self._value, span), top)
        painter.end()

    def _span(self) -> tuple[float, float] | None:
        tolerance = self._tolerance
        if tolerance is None:
            return None
        ends = [float(end) for end in (tolerance.lower, tolerance.nominal, tolerance.upper) if end is not None]
        if tolerance.lower is None and tolerance.upper is None:
            return None
        low, high = min(ends), max(ends)
        if low == high:
            reach = abs(low) * 0.01 or 1.0
            low, high = low - reach, high + reach
        air = (high - low) * _MARGIN / (1 - 2 * _MARGIN)
        return low - air, high + air

    def _across(self, value: Decimal, span: tuple[float, float]) -> float:
        low, high = span
        part = (float(value) - low) / (high - low)
        return 8 + min(max(part, 0.0), 1.0) * (self.width() - 16)

    def _draw_bar(self, painter: QPainter, tolerance: Tolerance, span: tuple[float, float], top: float) -> None:
        colours = self._theme.colours
        left = 8.0 if tolerance.lower is None else self._across(tolerance.lower, span)
        right = self.width() - 8.0 if tolerance.upper is None else self._across(tolerance.upper, span)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.alarm_ground))
        painter.drawRect(QRectF(8, top, self.width() - 16, _BAR))
        painter.setBrush(QColor(colours.good_ground))
        painter.drawRect(QRectF(left, top, right - left, _BAR))
        painter.setPen(QPen(QColor(colours.strong_border), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(8, top, self.width() - 16, _BAR))
        painter.setPen(QPen(QColor(colours.text), 2))
        for limit in (tolerance.lower, tolerance.upper):
            if limit is not None:
                place = self._across(limit, span)
                painter.drawLine(QPointF(place, top - 4), QPointF(place, top + _BAR + 4))
        if tolerance.nominal is not None:
            place = self._across(tolerance.nominal, span)
            painter.setPen(QPen(QColor(colours.muted), 1))
            painter.drawLine(QPointF(place, top), QPointF(place, top + _BAR))

    def _draw_labels(self, painter: QPainter, tolerance: Tolerance, span: tuple[float, float], top: float) -> None:
        painter.setFont(self._theme.font(13))
        painter.setPen(QColor(self._theme.colours.muted))
        taken: list[QRectF] = []
        for value in (tolerance.lower, tolerance.upper, tolerance.nominal):
            if value is None:
                continue
            text = tolerance.text(value)
            width = painter.fontMetrics().horizontalAdvance(text) + 8
            center = self._across(value, span)
            left = min(max(center - width / 2, 0.0), self.width() - width)
            box = QRectF(left, top + _BAR + 4, width, self._theme.pixels(20))
            if not any(box.intersects(other) for other in taken):
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
                taken.append(box)

    def _draw_pointer(self, painter: QPainter, place: float, top: float) -> None:
        colours = self._theme.colours
        painter.setPen(QPen(QColor(colours.surface), 1))
        painter.setBrush(QColor(colours.alarm if self._is_out else colours.text))
        painter.drawPolygon(
            QPolygonF([QPointF(place, top + 1), QPointF(place - 9, top - 14), QPointF(place + 9, top - 14)])
        )
        painter.setPen(QPen(QColor(colours.alarm if self._is_out else colours.text), 2))
        painter.drawLine(QPointF(place, top), QPointF(place, top + _BAR))

    def _resized(self) -> None:
        self.updateGeometry()
        self.update()
