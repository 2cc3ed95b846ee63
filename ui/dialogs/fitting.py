"""The frame of every dialog, as high as its text needs and the screen allows."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QScrollArea, QVBoxLayout, QWidget

from ui.widgets.text import label

_FRAME = 40
"""Pixels that the window system puts about a dialog, its title bar above all."""


def framed(dialog: QDialog, title: str) -> QVBoxLayout:
    """The layout that every dialog stands in, with its title."""
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(22, 18, 22, 18)
    layout.setSpacing(10)
    layout.addWidget(label(title, "title", wraps=True))
    return layout


def fit_height(dialog: QDialog, scrolled: QScrollArea | None = None) -> None:
    """Make the dialog as high as what it holds needs at its width.

    Where the screen is lower, `scrolled` gives way: what stands above and below it stays in view.
    """
    layout = dialog.layout()
    if layout is None:
        return
    margins = layout.contentsMargins()
    wanted = 0 if scrolled is None else _open_up(scrolled, dialog.width() - margins.left() - margins.right())
    layout.activate()
    needed = _height_of(dialog, dialog.width())
    height = min(needed, dialog.screen().availableGeometry().height() - _FRAME)
    if scrolled is not None:
        scrolled.setFixedHeight(max(0, wanted - (needed - height)))
    dialog.setMinimumHeight(0)
    dialog.resize(dialog.width(), height)


def _open_up(scrolled: QScrollArea, width: int) -> int:
    """Make it as high as all that it holds; that was laid out before it had its place in the dialog, and its sizes."""
    inside = scrolled.widget()
    content = inside.layout() if inside is not None else None
    if inside is None or content is None:
        return 0
    content.invalidate()
    wanted = _height_of(inside, width)
    scrolled.setFixedHeight(wanted)
    content.activate()
    return wanted


def _height_of(widget: QWidget, width: int) -> int:
    """How high it has to be where it is so wide."""
    return widget.heightForWidth(width) if widget.hasHeightForWidth() else widget.sizeHint().height()
