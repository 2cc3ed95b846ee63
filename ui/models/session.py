"""Who works at this window."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Session(QObject):
    """The account that signed on at this window; its name signs what is done here."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.account = ""
        self.full_name = ""

    @property
    def is_signed_on(self) -> bool:
        """Whether somebody has signed on."""
        return bool(self.account)

    def begin(self, account: str, full_name: str) -> None:
        """This account works here from now on."""
        self.account, self.full_name = account, full_name
        self.changed.emit()

    def end(self) -> None:
        """Nobody works here."""
        self.begin("", "")
