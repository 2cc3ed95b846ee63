"""Our own icons, drawn in the theme's inks at the screen's own resolution."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "icons"
_RATIO = 3.0
"""Pixels an icon has for each of its own units: sharp on every usual screen, and scaled down where there are fewer."""


@lru_cache(maxsize=64)
def _drawing(name: str) -> str:
    return (FOLDER / f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=256)
def pixmap(name: str, colour: str, size: int = 20) -> QPixmap:
    """The icon `name` in `colour` (`#rrggbb`), `size` logical pixels square."""
    picture = QPixmap(QSize(size, size) * _RATIO)
    picture.setDevicePixelRatio(_RATIO)
    picture.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(_drawing(name).replace("currentColor", colour).encode()))
    painter = QPainter(picture)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return picture


def icon(name: str, colour: str, selected: str = "", size: int = 20) -> QIcon:
    """The icon `name` in `colour`, and in `selected` where its item is chosen."""
    drawn = QIcon(pixmap(name, colour, size))
    if selected:
        drawn.addPixmap(pixmap(name, selected, size), QIcon.Mode.Selected)
    return drawn
