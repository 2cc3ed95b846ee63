"""Signing on: who works here, proven by a password; the line is told, so that readings carry the name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ui.dialogs.fields import choice
from ui.dialogs.fitting import fit_height, framed
from ui.kit.operations import Done, Operation, Operations
from ui.kit.order import InReadingOrder
from ui.kit.theme import Theme
from ui.models.line import Line
from ui.models.session import Session
from ui.widgets.buttons import Button
from ui.widgets.text import label
from workstation.errors import Expected

if TYPE_CHECKING:
    from workstation.line.protocol import Answer
    from workstation.people.accounts import Account
    from workstation.station import Station

_WIDTH = 420


def read_people(station: Station) -> list[Account]:
    """The accounts that can sign on."""
    from workstation.people.accounts import accounts
    from workstation.store import Role

    with station.store.read() as reader:
        return [account for account in accounts(reader) if account.active and account.role is not Role.SERVICE]


class SignOn(InReadingOrder, QDialog):
    """Name and password."""

    def __init__(self, parent: QWidget, theme: Theme, operations: Operations, line: Line, session: Session) -> None:
        super().__init__(parent)
        self._operations, self._line, self._session = operations, line, session
        self.setWindowTitle("Sign on")
        self.setAccessibleName("Sign on")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(theme.pixels(_WIDTH))
        self._names = choice("Account")
        self._password = QLineEdit()
        self._password.setAccessibleName("Password")
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self._password.returnPressed.connect(self._prove)
        self._wrong = label(role="warn", wraps=True)
        self._wrong.hide()
        self._button = Button(theme, "Sign on", self._prove, primary=True)
        self._cancel = Button(theme, "Cancel", self.reject)
        self._lay_out()
        operations.read("listing the accounts", read_people, self._show_people, owner=self)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._button)
        layout = framed(self, "Sign on")
        told = "Readings and everything done here are attributed to this account."
        layout.addWidget(label(told, wraps=True))
        for name, field in (("Account", self._names), ("Password", self._password)):
            group = QVBoxLayout()
            group.setSpacing(3)
            group.addWidget(label(name, "field"))
            group.addWidget(field)
            layout.addLayout(group)
        layout.addWidget(self._wrong)
        layout.addStretch(1)
        layout.addLayout(buttons)

    def showEvent(self, event: QShowEvent) -> None:
        """Come up as high as the fields need."""
        super().showEvent(event)
        fit_height(self)

    def _show_people(self, people: list[Account]) -> None:
        for account in people:
            self._names.addItem(f"{account.display_name} ({account.name})", account.name)
        if people:
            self._password.setFocus()
        else:
            self._say("This station has no accounts yet. Create one with 'sinebar accounts add'.")
            self._button.setEnabled(False)

    def _prove(self) -> None:
        name = self._names.currentData()
        if not name or not self._button.isEnabled():
            return
        self._button.setEnabled(False)
        password = self._password.text()

        def work(station: Station) -> Done[Account]:
            from workstation.people.accounts import authenticate

            return Done(authenticate(station.store, name, password).account)

        self._operations.perform(Operation("signing on", work), self._proven, owner=self, failed=self._not_proven)

    def _proven(self, account: Account) -> None:
        def answered(answer: Answer) -> None:
            if not shiboken6.isValid(self):
                return
            if answer.sentence and self._line.is_attached:
                self._not_proven(Expected(answer.sentence, answer.next_step))
                return
            self._session.begin(account.name, account.display_name)
            self.accept()

        self._line.sign_on(account.name, answered)

    def _not_proven(self, error: Expected) -> None:
        self._say(f"{error.sentence} {error.next_step}".strip())
        self._button.setEnabled(True)
        self._password.setFocus()
        self._password.selectAll()

    def _say(self, text: str) -> None:
        self._wrong.setText(text)
        self._wrong.show()
        fit_height(self)
