"""The instruments page: every gauge of the plan with its state and counts, and a terminal for the chosen one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ui.kit.commands import Command
from ui.models.instruments import GaugeFacts, Standing, read_gauges, standings
from ui.models.table import Column, Row
from ui.pages.instruments.detail import Detail
from ui.pages.instruments.opening import change_settings, trust_servers
from ui.pages.instruments.status import change_status, record_calibration
from ui.pages.instruments.terminal import Terminal
from ui.pages.page import Desk, Page
from ui.widgets.empty import EmptyState
from ui.widgets.splitter import Splitter
from ui.widgets.table import Table
from ui.widgets.text import Elided

if TYPE_CHECKING:
    from workstation.line.protocol import Answer, Traffic

_COLUMNS = (
    Column("Instrument"),
    Column("State"),
    Column("Profile"),
    Column("Port"),
    Column("Last reading"),
    Column("Kept", is_figure=True),
    Column("Refused", is_figure=True),
    Column("Discarded", is_figure=True),
    Column("Missed", is_figure=True),
)
_SIDE_WIDTH = 320
_PROFILE, _PORT = 2, 3
_HIDDEN_BELOW = {_PROFILE: 1100, _PORT: 1200}
"""Columns, and the width of the page in pixels from which each has room."""
EVERY_GAUGE = ""


class Instruments(Page):
    """Reads the gauges from the store; their state and counts come from the line, only while the page is in view."""

    name = "instruments"
    title = "Instruments"
    help_page = "instruments-page"
    kinds = frozenset({"gauge", "binding", "inspection_plan"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._gauges: list[GaugeFacts] | None = None
        self._standings: dict[str, Standing] = {}
        self._looked_at = ""
        self._wanted = ""
        self._table = Table(desk.theme, "Instruments of the station", _COLUMNS, stretch=0)
        self._build()
        desk.line.state_changed.connect(self._show_standings)
        desk.line.counted.connect(self._show_standings)
        desk.line.traffic.connect(self._take)

    def refresh(self) -> None:
        """Read the gauges again."""
        self.desk.operations.read("reading the instruments", read_gauges, self._show_gauges, owner=self, key="gauges")

    def show_record(self, record: str) -> None:
        """Choose an instrument by its source."""
        if self._table.choose(record):
            self._choose(record)
        else:
            self._wanted = record

    def is_settled(self) -> bool:
        """Whether the gauges have been read."""
        return super().is_settled() and self._gauges is not None and self.desk.frames.is_clean

    def commands(self) -> tuple[Command, ...]:
        """What can be done here."""
        return (
            Command("instruments.read", "Read the chosen instrument now", self._detail.ask.click, "Ctrl+R", "Record",
                    "refresh", when=lambda: self.isVisible() and self._detail.ask.isEnabled()),
            Command("instruments.clear", "Clear the terminal", self._terminal.clear, "", "View",
                    when=lambda: self.isVisible() and bool(self._gauges)),
            Command("instruments.lock", "Lock or release the chosen instrument…", self._lock, "", "Record",
                    when=lambda: self.isVisible() and self._looked_at in self._standings),
            Command("instruments.calibrate", "Record a calibration of the chosen instrument…", self._calibrate, "",
                    "Record", when=lambda: self.isVisible() and self._looked_at in self._standings),
            Command("instruments.retire", "Retire the chosen instrument…", self._retire, "", "Record",
                    when=lambda: self.isVisible() and self._looked_at in self._standings),
            Command("instruments.settings", "Settings of the chosen instrument…", self._settings, "", "Record",
                    when=lambda: self.isVisible() and self._detail.settings.isVisible()),
            Command("instruments.trust", "Trusted OPC UA servers…", self._trust, "", "Record",
                    when=lambda: self.isVisible() and any(one.server for one in self._gauges or ())),
        )  # fmt: skip

    # --- what it looks at --------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Look while in view."""
        super().showEvent(event)
        self.desk.line.look_at(EVERY_GAUGE)
        if self._looked_at:
            self.desk.line.look_at(self._looked_at)

    def hideEvent(self, event: QHideEvent) -> None:
        """Cost the line nothing while out of view."""
        super().hideEvent(event)
        self.desk.line.look_away(EVERY_GAUGE)
        if self._looked_at:
            self.desk.line.look_away(self._looked_at)

    def _choose(self, source: str) -> None:
        if source != self._looked_at:
            if self._looked_at:
                self.desk.line.look_away(self._looked_at)
            self._looked_at = source
            if source and self.isVisible():
                self.desk.line.look_at(source)
        if (standing := self._standings.get(source)) is not None:
            self._detail.show_standing(standing)
            self._terminal.show_source(source, standing.facts.name)

    def _take(self, traffic: list[Traffic]) -> None:
        for one in traffic:
            self._terminal.take(one)

    # --- showing -----------------------------------------------------------------------------------------------------

    def _show_gauges(self, gauges: list[GaugeFacts]) -> None:
        self._gauges = gauges
        self._layers.setCurrentWidget(self._filled if gauges else self._empty)
        self._show_standings()

    def _show_standings(self) -> None:
        line = self.desk.line
        self._told.say("" if line.is_attached else f"{line.sentence} {line.next_step}".strip())
        if not self._gauges:
            self._standings = {}
            self._choose("")
            return
        found = standings(self._gauges, line)
        self._standings = {one.facts.source: one for one in found}
        self._table.show_rows([_row(one) for one in found])
        wanted, self._wanted = self._wanted, ""
        for source in (wanted, self._looked_at, found[0].facts.source):
            if source in self._standings:
                self._table.choose(source)
                self._choose(source)
                return

    def _ask(self, source: str, channel: str) -> None:
        def answered(answer: Answer) -> None:
            if answer.sentence:
                self._detail.answer(f"{answer.sentence} {answer.next_step}".strip(), "warn")
            else:
                self._detail.answer("It was asked.")

        self._detail.answer("Asking…")
        self.desk.line.request_reading(source, channel, answered)

    def _lock(self) -> None:
        from workstation.catalog.values import GaugeStatus

        if (standing := self._standings.get(self._looked_at)) is not None:
            change_status(self, standing.facts, GaugeStatus.ACTIVE if standing.facts.locked else GaugeStatus.LOCKED)

    def _calibrate(self) -> None:
        if (standing := self._standings.get(self._looked_at)) is not None:
            record_calibration(self, standing.facts)

    def _retire(self) -> None:
        from workstation.catalog.values import GaugeStatus

        if (standing := self._standings.get(self._looked_at)) is not None:
            change_status(self, standing.facts, GaugeStatus.RETIRED)

    def _settings(self) -> None:
        if (standing := self._standings.get(self._looked_at)) is not None:
            change_settings(self, standing.facts)

    def _trust(self) -> None:
        standing = self._standings.get(self._looked_at)
        trust_servers(self, "" if standing is None else standing.facts.server)

    # --- building ----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        theme, desk = self.desk.theme, self.desk
        self._told = Elided("warn", Qt.AlignmentFlag.AlignRight)
        head = self.head()
        head.addWidget(self._told, 8)
        self._empty = EmptyState(
            theme,
            "port",
            "This station has no instrument yet.",
            "An inspection plan names the gauges with their profile and port: see 'sinebar instruments list' and "
            "'sinebar instruments ports', write them into the plan file, then 'sinebar import plan'.",
        )
        self._empty.offer("How a plan names its gauges", lambda: desk.go("help", "plan-file"))
        self._table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._table.picked.connect(self._choose)
        self._detail = Detail(theme, self._ask, self._lock, self._calibrate, self._retire, self._settings, self._trust)
        self._terminal = Terminal(theme, desk.frames, desk.messages)
        lower = QWidget()
        row = QHBoxLayout(lower)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._detail)
        row.addWidget(self._terminal, 1)
        self._filled = QWidget()
        column = QVBoxLayout(self._filled)
        column.setContentsMargins(0, 0, 0, 0)
        splitter = Splitter(theme, "Instruments above, the chosen one below")
        splitter.addWidget(self._table)
        splitter.addWidget(lower)
        splitter.setStretchFactor(0, 2)
        splitter.setStretchFactor(1, 3)
        column.addWidget(splitter)
        self._layers = QStackedWidget()
        self._layers.addWidget(self._filled)
        self._layers.addWidget(self._empty)
        self.body.addWidget(self._layers, 1)

    def fit(self) -> None:
        """Give the table the room it needs on a small screen."""
        pixels = self.desk.theme.pixels
        self._detail.setFixedWidth(pixels(_SIDE_WIDTH))
        for column, roomy in _HIDDEN_BELOW.items():  # the instrument below says them too
            self._table.setColumnHidden(column, self.width() < pixels(roomy))


def _row(standing: Standing) -> Row:
    facts, counts = standing.facts, standing.counts
    icon, ink, word = standing.sign
    port = f"…{facts.port[-30:]}" if len(facts.port) > 31 else facts.port
    figures = ("–",) * 4
    if counts is not None:
        figures = tuple(str(n) for n in (counts.kept, counts.refused, counts.discarded, counts.missed))  # type: ignore[assignment]
    name = f"{facts.name}  ({facts.serial_number})" if facts.serial_number else facts.name
    cells = (name, word, facts.profile, port, standing.last or "–", *figures)
    return Row(facts.source, cells, (icon, ink))
