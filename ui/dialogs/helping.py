"""F1 in a dialog: it is closed, and the help page is opened that says how to go on."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog


def offer_help(dialog: QDialog, show: Callable[[], None]) -> None:
    """Have F1 leave the dialog for a help page; `show` opens it."""

    def leave() -> None:
        dialog.reject()
        show()

    QShortcut(QKeySequence("F1"), dialog, leave)
