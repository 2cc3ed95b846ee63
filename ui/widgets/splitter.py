"""Two parts of a page one above the other, and a grip between them: by finger, mouse or keys."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSplitter, QSplitterHandle

from ui.kit.sheet import RING
from ui.kit.theme import Theme

_BREADTH = 24
"""Pixels of the handle at the desk; in gloves it is as broad as whatever else is pressed."""
_GRIP = (56, 3, 4)
"""Length of the grip's lines, their breadth and the room between them, in pixels."""
_STEPS = {Qt.Key.Key_Up: -24, Qt.Key.Key_Down: 24}
"""Pixels by which a key moves it."""


class _Handle(QSplitterHandle):
    """What is taken hold of: two lines across the middle."""

    def __init__(self, theme: Theme, splitter: QSplitter) -> None:
        super().__init__(Qt.Orientation.Vertical, splitter)
        self._theme = theme
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Share of the page")
        self.setAccessibleDescription("Drag it, or press the arrow keys up and down.")
        self.setToolTip("Drag to give one part more room")

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the grip, and a ring while the keys move it."""
        length, breadth, room = _GRIP
        colours, middle = self._theme.colours, QRectF(self.rect()).center()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = QColor(colours.accent if self.hasFocus() else colours.strong_border)
        painter.setPen(QPen(ink, breadth, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for beside in (-(breadth + room) / 2, (breadth + room) / 2):
            ends = (QPointF(middle.x() + end * length / 2, middle.y() + beside) for end in (-1, 1))
            painter.drawLine(*ends)
        if self.hasFocus():
            painter.setPen(QPen(ink, RING))
            inside = QRectF(self.rect()).adjusted(RING / 2, RING / 2, -RING / 2, -RING / 2)
            painter.drawRoundedRect(inside, 5, 5)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move it by a step."""
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.moveSplitter(self.y() + step)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Draw the ring."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        super().focusOutEvent(event)
        self.update()


class Splitter(QSplitter):
    """Shares its height between what is added to it; nothing can be pushed out of view."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self._theme = theme
        self.setAccessibleName(name)
        self.setChildrenCollapsible(False)
        theme.changed.connect(self._size)
        self._size()

    def createHandle(self) -> QSplitterHandle:
        """A handle that can be grasped."""
        return _Handle(self._theme, self)

    def _size(self) -> None:
        self.setHandleWidth(max(_BREADTH, self._theme.least_target))
