"""Keeps a dialog as high as its text needs: a wrapped label tells its height only once its width is known."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog


def fit_height(dialog: QDialog) -> None:
    """Make the dialog as high as what it holds needs at its width."""
    layout = dialog.layout()
    if layout is not None:
        layout.activate()
        dialog.setMinimumHeight(0)
        dialog.resize(dialog.width(), layout.totalHeightForWidth(dialog.width()))
