"""How far a record is: its steps in a row, done, present and to come; told by shape and weight, not by colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.kit.theme import Theme

_RADIUS = 9.0
_HEIGHT = 46


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, and by whom and when it was done, empty while it is not."""

    name: str
    done: str = ""


class StepStrip(QWidget):
    """Draws the steps; the first one that is not done is the present one."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._steps: tuple[Step, ...] = ()
        self._is_ended = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Progress")
        theme.changed.connect(self._rescaled)

    def sizeHint(self) -> QSize:
        """One row of marks and two of words."""
        return QSize(480, self._theme.pixels(_HEIGHT))

    def show_steps(self, steps: Sequence[Step], *, ended: bool = False) -> None:
        """Show these steps; `ended` for a record that was closed out of turn, so that none is the present one."""
        self._steps, self._is_ended = tuple(steps), ended
        present = self._present()
        told = [
            f"{step.name}: {f'done, {step.done}' if step.done else 'now' if index == present else 'to come'}"
            for index, step in enumerate(steps)
        ]
        self.setAccessibleName(f"Progress. {'; '.join(told)}")
        self.setToolTip("\n".join(f"{step.name}: {step.done}" for step in steps if step.done))
        self.update()

    def _present(self) -> int:
        if self._is_ended:
            return -1
        return next((index for index, step in enumerate(self._steps) if not step.done), -1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw marks, the line between them, and names."""
        if not self._steps:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours, present = self._theme.colours, self._present()
        part = self.width() / len(self._steps)
        middle = _RADIUS + 3
        for index in range(1, len(self._steps)):
            is_behind = bool(self._steps[index - 1].done)
            painter.setPen(QPen(QColor(colours.accent if is_behind else colours.border), 2))
            left, right = part * (index - 0.5) + _RADIUS + 4, part * (index + 0.5) - _RADIUS - 4
            painter.drawLine(QPointF(left, middle), QPointF(right, middle))
        for index, step in enumerate(self._steps):
            center = QPointF(part * (index + 0.5), middle)
            self._draw_mark(painter, center, is_done=bool(step.done), is_present=index == present)
            self._draw_name(painter, step, QRectF(part * index, middle + _RADIUS + 5, part, 36), index == present)
        painter.end()

    def _draw_mark(self, painter: QPainter, center: QPointF, *, is_done: bool, is_present: bool) -> None:
        colours = self._theme.colours
        edge = colours.accent if is_done or is_present else colours.strong_border
        painter.setPen(QPen(QColor(edge), 2))
        painter.setBrush(QColor(colours.accent if is_done else colours.surface))
        painter.drawEllipse(center, _RADIUS, _RADIUS)
        if is_done:
            painter.setPen(QPen(QColor(colours.on_accent), 2))
            x, y = center.x(), center.y()
            painter.drawPolyline(QPolygonF([QPointF(x - 4, y), QPointF(x - 1, y + 3.5), QPointF(x + 4.5, y - 3.5)]))
        elif is_present:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.accent))
            painter.drawEllipse(center, 4, 4)

    def _draw_name(self, painter: QPainter, step: Step, box: QRectF, is_present: bool) -> None:
        colours = self._theme.colours
        painter.setFont(self._theme.font(12, QFont.Weight.DemiBold if is_present else QFont.Weight.Normal))
        painter.setPen(QColor(colours.text if is_present or step.done else colours.muted))
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap, step.name)

    def _rescaled(self) -> None:
        self.updateGeometry()
        self.update()
