"""A label that shows an icon in one of the theme's inks and follows the theme."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget

from ui.kit.icons import pixmap
from ui.kit.theme import Theme


class Picture(QLabel):
    """An icon, `size` pixels square, named for what it stands for."""

    def __init__(self, theme: Theme, name: str, ink: str, size: int = 20, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._name, self._ink, self._size = theme, name, ink, size
        self.setFixedSize(size, size)
        theme.changed.connect(self._draw)
        self._draw()

    def show_icon(self, name: str, ink: str) -> None:
        """Show another icon, or the same in another ink."""
        if (name, ink) != (self._name, self._ink):
            self._name, self._ink = name, ink
            self._draw()

    def _draw(self) -> None:
        self.setPixmap(pixmap(self._name, getattr(self._theme.colours, self._ink), self._size))
        self.setAccessibleName(f"sign: {self._name}")
