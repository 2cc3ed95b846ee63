"""What the pages of records have in common: a list on the left, the chosen record on the right, deeds by dialog."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ui.dialogs.ask import Answers, Ask, Question
from ui.kit.commands import Command
from ui.kit.operations import Operation
from ui.models.records import Detail
from ui.pages.page import Desk, Page
from ui.pages.record_view import RecordPane, View
from ui.widgets.empty import EmptyState
from ui.widgets.record_list import Item, RecordList
from workstation.errors import Expected

if TYPE_CHECKING:
    from workstation.station import Station

R = TypeVar("R")
_LIST_WIDTH = 336
_OPEN, _ALL = "open", "all"


class RecordsPage(Page, Generic[R]):
    """A page of one kind of record: a subclass reads, describes, offers deeds; this lays out and stays up to date."""

    kind = ""
    icon = ""
    nothing = ("", "")
    """What is said when there is no record at all: why, and the next step."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.kinds = frozenset({self.kind, "alarm"})
        self._records: list[R] = []
        self._wanted = ""
        self.detail: Detail[R] | None = None
        self._build()
        desk.session.changed.connect(self.renew)
        desk.line.resynchronised.connect(self.renew)

    # --- what a subclass says ----------------------------------------------------------------------------------------

    @abstractmethod
    def read_list(self, station: Station) -> list[R]:
        """Every record, newest first: runs on the station's thread."""

    @abstractmethod
    def read_detail(self, station: Station, uid: str) -> Detail[R]:
        """One record with what stands around it: runs on the station's thread."""

    @abstractmethod
    def item(self, record: R) -> Item:
        """A record in the list: its key is the record's identity."""

    @abstractmethod
    def is_open(self, record: R) -> bool:
        """Whether it still waits for somebody."""

    @abstractmethod
    def describe(self, detail: Detail[R]) -> View:
        """A record laid out."""

    # --- reading -----------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read the list, and the chosen record again."""
        self.desk.operations.read(
            f"reading the {self.title} page", self.read_list, self._show_list, owner=self, key="list"
        )

    def show_record(self, record: str) -> None:
        """Choose a record by its identity."""
        self._wanted = record
        if any(self.item(one).key == record for one in self._records):
            self._filter.setCurrentIndex(self._filter.findData(_ALL))
            self._choose()

    def _show_list(self, records: list[R]) -> None:
        self._records = records
        self._layers.setCurrentWidget(self._filled if records else self._empty)
        self._fill()

    def _fill(self) -> None:
        wanted = self._wanted or self._list.chosen
        only_open = self._filter.currentData() == _OPEN
        shown = [one for one in self._records if self.is_open(one) or not only_open]
        if wanted and all(self.item(one).key != wanted for one in shown):
            shown = [one for one in self._records if one in shown or self.item(one).key == wanted]
        self._list.show_items([self.item(one) for one in shown])
        self._no_open.setVisible(bool(self._records) and not shown)
        self._list.setVisible(bool(shown))
        self._choose()

    def _choose(self) -> None:
        wanted, self._wanted = self._wanted, ""
        items = self._list.shown
        if not self._list.choose(wanted or self._list.chosen) and items:
            self._list.choose(items[0].key)
        if chosen := self._list.chosen:
            self._read_detail(chosen)
        else:
            self._pane.hide()

    def _read_detail(self, uid: str) -> None:
        self.desk.operations.read(
            "reading the record",
            lambda station: self.read_detail(station, uid),
            self._show_detail,
            owner=self,
            key="detail",
        )

    def _show_detail(self, detail: Detail[R]) -> None:
        self.detail = detail
        self._pane.show_view(self.describe(detail))
        self._pane.show()

    # --- deeds -------------------------------------------------------------------------------------------------------

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
        if not self.somebody():
            return

        def give(answers: Answers, done: Callable[[], None], failed: Callable[[Expected], None]) -> None:
            def did(value: Any) -> None:
                done()
                if then is not None:
                    then(value)

            self.desk.operations.perform(deed(answers), did, owner=dialog, failed=failed)

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
        """What can be done here: the record's own history."""
        return (
            Command(
                f"{self.name}.history",
                f"History of this record ({self.title})",
                self.open_history,
                menu="Record",
                icon="history",
                when=lambda: self.isVisible() and self.detail is not None,
            ),
        )

    def open_history(self) -> None:
        """Show the journal of the chosen record."""
        if uid := self._list.chosen:
            self.desk.go("history", f"{self.kind}:{uid}")

    # --- building ----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        theme = self.desk.theme
        self._filter = QComboBox()
        self._filter.setAccessibleName("Which records")
        self._filter.addItem("Open ones", _OPEN)
        self._filter.addItem("All", _ALL)
        self._filter.setMinimumWidth(theme.pixels(140))
        self._filter.currentIndexChanged.connect(lambda _index: self._fill())
        self.head(self._filter)
        self._list = RecordList(theme, self.title)
        self._list.picked.connect(self._read_detail)
        self._no_open = EmptyState(theme, "good", "Nothing is open.", "Choose 'All' above to look at what is done.")
        self._no_open.hide()
        self._pane = RecordPane(theme, f"{self.title}: the chosen record")
        self._pane.hide()
        side = QWidget()
        side.setFixedWidth(theme.pixels(_LIST_WIDTH))
        beside = QVBoxLayout(side)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(self._list, 1)
        beside.addWidget(self._no_open, 1)
        self._filled = QWidget()
        row = QHBoxLayout(self._filled)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(14)
        row.addWidget(side)
        row.addWidget(self._pane, 1)
        self._empty = EmptyState(theme, self.icon, *self.nothing)
        self._layers = QStackedWidget()
        self._layers.addWidget(self._filled)
        self._layers.addWidget(self._empty)
        self.body.addWidget(self._layers, 1)
