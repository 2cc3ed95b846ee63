"""Buttons: one primary on a page, flat ones for side ways, large ones for gloved fingers."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton

from ui.kit.icons import pixmap
from ui.kit.sheet import RING
from ui.kit.theme import Theme


class Button(QPushButton):
    """A push button whose icon follows the theme."""

    def __init__(
        self,
        theme: Theme,
        text: str,
        pressed: Callable[[], None],
        *,
        icon: str = "",
        primary: bool = False,
        touch: bool = False,
        flat: bool = False,
        tip: str = "",
    ) -> None:
        super().__init__(text)
        self._theme, self._icon, self._primary = theme, icon, primary
        for name, wanted in (("primary", primary), ("touch", touch), ("flat", flat)):
            if wanted:
                self.setProperty(name, "true")
        self.setAutoDefault(False)
        self.setAccessibleName(text or tip)
        if tip:
            self.setToolTip(tip)
        if icon:
            self.setIconSize(QSize(18, 18))
            theme.changed.connect(self._draw)
            self._draw()
        self.clicked.connect(lambda _checked=False: pressed())

    def sizeHint(self) -> QSize:
        """Never narrower than it is high where it is meant for gloves."""
        return super().sizeHint().expandedTo(QSize(self._theme.least_target, 0))

    def minimumSizeHint(self) -> QSize:
        """All of its text."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it; on the primary one, which is of the accent's own colour, the ring of the focus lies within."""
        super().paintEvent(event)
        if self._primary and self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(self._theme.colours.on_accent), RING))
            inside = RING * 1.5
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(inside, inside, -inside, -inside), 3, 3)
            painter.end()

    def _draw(self) -> None:
        colours = self._theme.colours
        ink = colours.on_accent if self._primary else colours.accent if self.property("flat") else colours.text
        drawn = QIcon(pixmap(self._icon, ink, 18))
        drawn.addPixmap(pixmap(self._icon, colours.muted, 18), QIcon.Mode.Disabled)
        self.setIcon(drawn)
