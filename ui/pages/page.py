"""What every page is, and the desk it works at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.kit.commands import Command, Commands
from ui.kit.messages import Messages
from ui.kit.operations import Change, Operation, Operations
from ui.kit.theme import Theme
from ui.widgets.text import label
from workstation.errors import Expected

if TYPE_CHECKING:
    from ui.charts.frames import Frames
    from ui.dialogs.ask import Answers, Question
    from ui.models.line import Line
    from ui.models.session import Session

_MARGIN = 20


@dataclass(frozen=True, slots=True)
class Desk:
    """What a page needs of the window, and all it may know of it.

    `go` opens a page by its name, at a record where one is given.
    """

    theme: Theme
    messages: Messages
    operations: Operations
    commands: Commands
    line: Line
    session: Session
    frames: Frames
    go: Callable[[str, str], None]


class Page(QWidget):
    """A page of the window: reads when it is first shown, and again when something it shows has changed.

    `kinds` names the kinds of records it shows; a change of another kind leaves it alone. A page that is out of sight
    only remembers that it is stale.
    """

    name = ""
    title = ""
    help_page = "start-here"
    kinds: frozenset[str] = frozenset()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._stale = True
        self.setAccessibleName(self.title)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(_MARGIN, 8, _MARGIN, 14)
        self.body.setSpacing(14)
        desk.operations.changed.connect(self._changed)
        desk.theme.changed.connect(self.fit)

    def head(self, *right: QWidget) -> QHBoxLayout:
        """The page's heading with what stands to its right; call it once."""
        row = QHBoxLayout()
        row.setSpacing(10)
        self._heading = label(self.title, "title")
        row.addWidget(self._heading)
        row.addStretch(1)
        for widget in right:
            row.addWidget(widget)
        self.body.addLayout(row)
        return row

    def refresh(self) -> None:
        """Read again what the page shows."""

    def fit(self) -> None:
        """Place what is shown for the room there is: called when the page's size or that of all text has changed."""

    def show_record(self, record: str) -> None:
        """Bring one record into view."""

    def somebody(self) -> bool:
        """Whether somebody is signed on; if not, says so and opens the sign-on."""
        if self.desk.session.is_signed_on:
            return True
        self.desk.messages.note("A record is changed by somebody, not by anybody.", "Sign on, then do it again.")
        self.desk.commands.run("station.sign-on")
        return False

    def ask(
        self,
        title: str,
        sentence: str,
        questions: Sequence[Question],
        button: str,
        deed: Callable[[Answers], Operation[Any]],
        then: Callable[[Any], None] | None = None,
    ) -> None:
        """Ask, do, and close; the dialog stays with the reason when it cannot be done. Needs somebody signed on."""
        from ui.dialogs.ask import Ask

        if not self.somebody():
            return

        def give(answers: Answers, done: Callable[[], None], failed: Callable[[Expected], None]) -> None:
            def did(value: Any) -> None:
                done()
                if then is not None:
                    then(value)

            try:
                operation = deed(answers)
            except Expected as error:  # an answer that cannot be
                failed(error)
            else:
                self.desk.operations.perform(operation, did, owner=dialog, failed=failed)

        dialog = Ask(self, self.desk.theme, title, sentence, questions, button, give)
        dialog.open()

    def do(self, deed: Callable[[], Operation[Any]]) -> None:
        """Do something that needs no question. Needs somebody signed on."""
        if self.somebody():
            self.desk.operations.perform(deed(), owner=self)

    @property
    def account(self) -> str:
        """Who is signed on."""
        return self.desk.session.account

    def commands(self) -> tuple[Command, ...]:
        """What can be done on this page, for the palette and the menus."""
        return ()

    def is_settled(self) -> bool:
        """Whether the page shows what it means to show: what a picture waits for."""
        return not self._stale and not self.desk.operations.is_busy

    def renew(self) -> None:
        """Refresh now where it is in view, else when it comes into view."""
        self._stale = True
        if self.isVisible():
            self._stale = False
            self.refresh()

    def _changed(self, changes: tuple[Change, ...]) -> None:
        if any(change.kind in self.kinds for change in changes):
            self.renew()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit what is shown into the new size."""
        super().resizeEvent(event)
        self.fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Read on coming into view, if there is something new to read."""
        super().showEvent(event)
        if self._stale:
            self.renew()
