"""What the pages of records have in common: a list on the left, the chosen record on the right, deeds by dialog."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ui.kit.commands import Command
from ui.kit.sheet import RING
from ui.models.records import Detail
from ui.pages.evidence import decisions_section, linked_section
from ui.pages.page import Desk, Page
from ui.pages.record_view import Act, RecordPane, Section, View
from ui.widgets.choice import ChoiceBox
from ui.widgets.empty import EmptyState
from ui.widgets.record_list import Item, RecordList
from ui.widgets.steps import Step

if TYPE_CHECKING:
    from workstation.station import Station


class Numbered(Protocol):
    """A record with a number that people say aloud, and a state."""

    @property
    def uid(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def state(self) -> str: ...


R = TypeVar("R", bound=Numbered)
_LIST_WIDTH = 336
_OPEN, _ALL = "open", "all"


class RecordsPage(Page, Generic[R]):
    """A page of one kind of record: a subclass reads, describes, offers deeds; this lays out and stays up to date."""

    kind = ""
    icon = ""
    nothing = ("", "")
    """What is said when there is no record at all: why, and the next step."""
    signs: Mapping[str, tuple[str, str]] = {}
    """Icon and ink of each state, in the order in which a record passes them."""
    ended: frozenset[str] = frozenset()
    """States in which nobody has to do anything any more."""
    cut_short: frozenset[str] = frozenset()
    """Of those, the states whose steps are shown as they were left."""

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
    def name_of(self, record: R) -> str:
        """What a record is about, in a line."""

    @abstractmethod
    def steps(self, record: R) -> tuple[Step, ...]:
        """How far it is."""

    @abstractmethod
    def next_step(self, detail: Detail[R]) -> tuple[str, tuple[Act, ...]]:
        """What comes next, in a sentence, and what can be done now."""

    @abstractmethod
    def sections(self, detail: Detail[R]) -> Sequence[Section | None]:
        """Its cards; None for one that there is nothing for."""

    def buttons(self) -> tuple[QWidget, ...]:
        """What stands beside the heading."""
        return ()

    def is_open(self, record: R) -> bool:
        """Whether it still waits for somebody."""
        return str(record.state) not in self.ended

    def item(self, record: R) -> Item:
        """A record in the list: its key is the record's identity."""
        state = str(record.state)
        return Item(record.uid, record.number, self.name_of(record), state, self.signs[state])

    def describe(self, detail: Detail[R]) -> View:
        """A record laid out."""
        record, state = detail.record, str(detail.record.state)
        told, acts = self.next_step(detail)
        sections = (
            *self.sections(detail), linked_section(detail.linked, self.desk.go), decisions_section(detail),
        )  # fmt: skip
        return View(
            record.uid, record.number, self.name_of(record), state, self.signs[state], self.steps(record), told, acts,
            tuple(section for section in sections if section is not None), ended=state in self.cut_short,
        )  # fmt: skip

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
        self._filter = ChoiceBox("Which records")
        self._filter.addItem("Open ones", _OPEN)
        self._filter.addItem("All", _ALL)
        self._filter.currentIndexChanged.connect(lambda _index: self._fill())
        self.head(*self.buttons(), self._filter)
        self._list = RecordList(theme, self.title)
        self._list.picked.connect(self._read_detail)
        self._no_open = EmptyState(theme, "good", "Nothing is open.", "Choose 'All' above to look at what is done.")
        self._no_open.hide()
        self._pane = RecordPane(theme, f"{self.title}: the chosen record")
        self._pane.hide()
        self._side = QWidget()
        beside = QVBoxLayout(self._side)
        beside.setContentsMargins(0, RING, 0, RING)  # the pane beside it keeps as much for the ring of the focus
        beside.addWidget(self._list, 1)
        beside.addWidget(self._no_open, 1)
        self._filled = QWidget()
        row = QHBoxLayout(self._filled)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(14)
        row.addWidget(self._side)
        row.addWidget(self._pane, 1)
        self._empty = EmptyState(theme, self.icon, *self.nothing)
        self._layers = QStackedWidget()
        self._layers.addWidget(self._filled)
        self._layers.addWidget(self._empty)
        self.body.addWidget(self._layers, 1)
        theme.changed.connect(self._size)
        self._size()

    def _size(self) -> None:
        self._side.setFixedWidth(self.desk.theme.pixels(_LIST_WIDTH))
