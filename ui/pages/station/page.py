"""The station page: the newest value, its subgroup, its chart, what the plan measures, and what calls for a hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ui.charts.control import ControlChart
from ui.charts.wording import chart_title
from ui.kit.commands import Command
from ui.kit.wedge import Wedge
from ui.models.deeds import start_line
from ui.models.station_board import HISTORY, LOT, SERIAL_NUMBER, Alarm, Board, Watched, read_board
from ui.pages.page import Desk, Page
from ui.pages.station.at_gauge import AtGauge
from ui.pages.station.banner import AlarmBanner
from ui.pages.station.characteristics import CharacteristicList
from ui.pages.station.entry import Entry
from ui.pages.station.identity import Identity
from ui.pages.station.not_kept import NotKept
from ui.pages.station.reading_card import LOW, ReadingCard
from ui.pages.station.typing_reader import Typing
from ui.widgets.buttons import Button
from ui.widgets.empty import EmptyState
from ui.widgets.picture import Picture
from ui.widgets.ports import PortStrip
from ui.widgets.text import Elided, label
from workstation.errors import Expected

if TYPE_CHECKING:
    from workstation.line.attachment import Arrival
    from workstation.line.protocol import AlarmRaised, Judged, Kept, Scanned

_SIDE_WIDTH, _NARROW_SIDE_WIDTH = 316, 244
_WIDE = 1000
_SHOWN = 40
_PLAN_WIDTH = 220


class Station(Page):
    """Live. Everything on it is on disk: it moves only by what the line announces after the commit."""

    name = "station"
    title = "Station"
    help_page = "station-page"
    kinds = frozenset({"limits", "characteristic", "inspection_plan", "alarm", "investigation", "measurement_batch"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._board: Board | None = None
        self._waits_for_board = False
        self._since_asked: list[Kept | Judged | AlarmRaised | Scanned] = []
        self._unknown: set[int] = set()
        self._frames = desk.frames
        self._build()
        desk.line.arrived.connect(self._arrived)
        desk.line.state_changed.connect(self._line_changed)
        desk.line.resynchronised.connect(self.renew)
        self._line_changed()

    # --- from the store ----------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read plan, history and alarms again. What is announced meanwhile is put on top of what was read."""
        self._since_asked = []
        self._waits_for_board = True
        self.desk.operations.read("reading the station page", read_board, self._show_board, owner=self, key="board")

    def show_record(self, record: str) -> None:
        """Choose a characteristic by its number."""
        if record.isdigit():
            self._list.choose(int(record))

    def is_settled(self) -> bool:
        """Whether the board has been read and the chart drawn."""
        return super().is_settled() and self._board is not None and self._frames.is_clean

    def _show_board(self, board: Board) -> None:
        self._board, self._waits_for_board = board, False
        for item in self._since_asked:
            self._move(board, item)
        self._since_asked = []
        self._plan.say(board.plan)
        self._list.show_all(board.watched)
        self._wedge.follow(board.wedge.most_gap, board.wedge.prefix)
        if board.wedge.trouble:
            self.desk.messages.warn(board.wedge.trouble, "See 'sinebar settings'.")
        self._show_alarms()
        self._show_right_layer()
        self._show_chosen(whole=True)

    # --- from the line -----------------------------------------------------------------------------------------------

    def _arrived(self, announcements: list[Arrival]) -> None:
        from workstation.line.protocol import AlarmRaised, Judged, Kept, Scanned, Signalled

        for note in announcements:
            if isinstance(note, Scanned | Signalled):
                self._at_gauge.hear(note)
        board = self._board
        moves = [item for item in announcements if isinstance(item, Kept | Judged | AlarmRaised)]
        scans = [item for item in announcements if isinstance(item, Scanned)]
        if self._waits_for_board:
            self._since_asked += moves
            self._since_asked += scans
        if board is None:
            return
        for scan in scans:
            self._move(board, scan)
        unknown = {item.characteristic for item in moves} - board.watched.keys() - self._unknown
        if unknown:
            self._unknown |= unknown  # asked for once: what no effective plan names is not shown here
            self.renew()
        for item in moves:
            self._move(board, item)
        touched = {item.characteristic for item in moves} & board.watched.keys()
        for number in touched:
            self._list.show_one(number, board.watched[number])
        if any(isinstance(item, AlarmRaised) for item in moves):
            self._show_alarms()
        if scans and self._list.current not in touched:
            self._identity.show_watched(self._chosen())
        if self._list.current in touched:
            closed = any(isinstance(item, Judged) and item.characteristic == self._list.current for item in moves)
            self._show_chosen(whole=False, chart=closed)

    def _move(self, board: Board, item: Kept | Judged | AlarmRaised | Scanned) -> None:
        from workstation.line.protocol import Judged, Kept, Scanned

        if isinstance(item, Scanned):
            for one in board.watched.values():
                one.name(item)
            return
        watched = board.watched.get(item.characteristic)
        if watched is None:
            return
        if isinstance(item, Kept):
            watched.keep(item)
        elif isinstance(item, Judged):
            watched.judge(item)
            if not watched.live.knows(item.limits or 0) and not self._waits_for_board:
                self.renew()
        else:
            board.raise_alarm(item)

    def _line_changed(self) -> None:
        line = self.desk.line
        self._ports.show_ports(line.ports)
        self._at_gauge.show_place(self._chosen(), line.ports)
        if line.failure is not None:
            self._not_kept.show_failure(line.failure)
        blocked = "" if line.is_attached else "Values are kept by the line, and it is not attached."
        self._entry.block("Values cannot be kept at the moment." if line.failure else blocked)
        self._detached_reason.setText(line.sentence)
        self._starter.setEnabled(True)
        self._show_right_layer()

    # --- what the person does ----------------------------------------------------------------------------------------

    def commands(self) -> tuple[Command, ...]:
        """What can be done here."""
        return (
            Command(
                "station.type-value",
                "Type a value",
                self._type_value,
                keys="Ctrl+T",
                menu="Station",
                when=lambda: self.isVisible() and self._layers.currentWidget() is self._live,
            ),
            Command(
                "station.read-now",
                "Read the gauge of this characteristic now",
                self._at_gauge.read_now,
                keys="Ctrl+Return",
                menu="Station",
                when=lambda: self._at_gauge.ask.isVisible(),
            ),
            *(
                Command(
                    f"station.clear-{kind.replace(' ', '-')}",
                    f"Clear the {kind} that was scanned by mistake…",
                    partial(self._identity.clear, kind),
                    keys=keys,
                    menu="Station",
                    when=partial(self._can_clear, kind),
                )
                for kind, keys in ((SERIAL_NUMBER, "Ctrl+Shift+S"), (LOT, "Ctrl+Shift+L"))
            ),
            Command(
                "station.start-line",
                "Start the line",
                self._start_line,
                menu="Station",
                icon="line",
                when=lambda: not self.desk.line.is_attached,
            ),
            Command(
                "station.open-chart",
                "Open the control chart of this characteristic",
                self._open_chart,
                menu="Station",
                when=lambda: self.isVisible() and self._list.current is not None,
            ),
        )

    def _can_clear(self, kind: str) -> bool:
        return self.isVisible() and self._identity.can_clear(kind)

    def _start_line(self) -> None:
        self._starter.setEnabled(False)
        self.desk.operations.perform(start_line(), owner=self, failed=self._not_started)

    def _not_started(self, error: Expected) -> None:
        self._starter.setEnabled(True)
        self.desk.messages.fail(error)

    def _take_scan(self, text: str) -> None:
        self._typing.take(text, self._board.wedge.profile if self._board is not None else None)

    def _type_value(self) -> None:
        self._entry.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _open_chart(self) -> None:
        if self._list.current is not None:
            self.desk.go("control-chart", str(self._list.current))

    def _open_investigation(self, alarm: Alarm) -> None:
        self.desk.go("investigations", alarm.investigation)

    def _acknowledge(self, alarm: Alarm) -> None:
        from ui.dialogs.ask import Answers, Ask, Kind, Question
        from ui.models.deeds import acknowledge_alarm

        if not self.somebody():
            return

        def give(answers: Answers, done: Callable[[], None], failed: Callable[[Expected], None]) -> None:
            deed = acknowledge_alarm(
                alarm.id, self.desk.session.account, answers["step"], earlier=answers.get("which") == "all"
            )
            self.desk.operations.perform(deed, lambda _: done(), owner=dialog, failed=failed)

        questions = [Question("step", "What did you do at the station?", Kind.TEXT)]
        board = self._board
        if board is not None and (waiting := board.waiting.get(alarm.characteristic, 0)) > 1:
            name = board.watched[alarm.characteristic].characteristic.name
            which = (("this", f"Subgroup {alarm.subgroup} alone"), ("all", f"All {waiting} alarms of {name} that wait"))
            questions.insert(0, Question("which", "Which alarms does it answer?", Kind.CHOICE, which, "this"))
        told = f"Subgroup {alarm.subgroup}: {'; '.join(alarm.sentences)}. The investigation stays open."
        dialog = Ask(self, self.desk.theme, "Acknowledge the alarm", told, questions, "Acknowledge", give)
        dialog.open()

    # --- showing -----------------------------------------------------------------------------------------------------

    def _show_chosen(self, *, whole: bool, chart: bool = True) -> None:
        watched = self._chosen()
        self._entry.show_watched(watched)
        self._identity.show_watched(watched)
        self._at_gauge.show_place(watched, self.desk.line.ports)
        self.desk.line.prefer(self._list.current)
        if watched is None:
            return
        self._reading.show_watched(watched)
        if whole:
            self._chart_title.setText(f"{chart_title(str(watched.characteristic.chart))} by subgroup")
        if chart:
            tracks = watched.live.tracks()
            self._chart.show_tracks(*tracks)
            self._chart_layers.setCurrentWidget(self._chart if len(tracks[0]) else self._no_points)

    def _chosen(self) -> Watched | None:
        if self._board is None or self._list.current is None:
            return None
        return self._board.watched.get(self._list.current)

    def _show_alarms(self) -> None:
        if self._board is None:
            return
        newest = self._board.alarms[-1] if self._board.alarms else None
        name = "" if newest is None else self._board.watched[newest.characteristic].characteristic.name
        self._banner.show_alarm(newest, name, sum(self._board.waiting.values()) - 1)

    def _show_right_layer(self) -> None:
        if self.desk.line.failure is not None:
            layer: QWidget = self._not_kept
        elif self._board is not None and not self._board.watched:
            layer = self._empty
        else:
            layer = self._live
        self._layers.setCurrentWidget(layer)
        self._banner.setVisible(layer is self._live and self._banner.has_alarm)
        self._detached.setVisible(layer is self._live and not self.desk.line.is_attached)

    # --- building ----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        theme, desk = self.desk.theme, self.desk
        self._plan = Elided("muted", Qt.AlignmentFlag.AlignRight)
        self._plan.setMinimumWidth(theme.pixels(_PLAN_WIDTH))
        self._detached = self._build_detached()
        self._banner = AlarmBanner(theme, self._open_investigation, self._acknowledge)
        self._reading = ReadingCard(theme)
        self._chart = ControlChart(theme, self._frames, shown=min(_SHOWN, HISTORY), compact=True)
        self._chart_title = label(role="heading")
        self._list = CharacteristicList(theme)
        self._list.chosen.connect(lambda _number: self._show_chosen(whole=True))
        self._entry = Entry(theme, desk.line)
        self._at_gauge = AtGauge(theme, desk.line)
        self._identity = Identity(theme, desk.line)
        self._typing = Typing(desk.line, self._at_gauge, self._entry)
        self._wedge = Wedge(self)
        self._wedge.scanned.connect(self._take_scan)
        self._ports = PortStrip(theme)
        self._not_kept = NotKept(theme)
        self._empty = EmptyState(
            theme,
            "station",
            "No inspection plan is in force at this station.",
            "A plan says what is measured, with which gauge and how it is judged. Take one in with "
            "'sinebar import plan', or look at a whole station on simulated instruments with 'sinebar demo'.",
        )
        self._live = QWidget()
        self._layers = QStackedWidget()
        for layer in (self._live, self._not_kept, self._empty):
            self._layers.addWidget(layer)
        self._lay_out_live()
        self.body.addWidget(self._detached)
        self.body.addWidget(self._banner)
        self.body.addWidget(self._layers, 1)
        foot = QHBoxLayout()
        foot.setSpacing(16)
        foot.addWidget(self._ports)
        foot.addWidget(self._plan, 1)
        self.body.addLayout(foot)

    def _build_detached(self) -> QFrame:
        theme = self.desk.theme
        frame = QFrame()
        frame.setProperty("role", "on-warn")
        self._detached_reason = label(wraps=True)
        self._starter = Button(theme, "Start the line", self._start_line, touch=True)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(label("The line is not attached: this is what was kept last.", "heading"))
        words.addWidget(self._detached_reason)
        row = QHBoxLayout(frame)
        row.setContentsMargins(16, 6, 10, 6)
        row.setSpacing(12)
        row.addWidget(Picture(theme, "silent", "warn", 28))
        row.addLayout(words, 1)
        row.addWidget(self._starter)
        return frame

    def showEvent(self, event: QShowEvent) -> None:
        """Tell readers from typists while in view."""
        super().showEvent(event)
        self._wedge.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the keyboard to the other pages."""
        super().hideEvent(event)
        self._wedge.stop()

    def fit(self) -> None:
        """Give the value the room on a small screen."""
        wanted = _SIDE_WIDTH if self.width() >= _WIDE else _NARROW_SIDE_WIDTH
        self._side.setFixedWidth(self.desk.theme.pixels(wanted))
        self._spread(is_low=self.window().height() < self.desk.theme.pixels(LOW))

    def _spread(self, *, is_low: bool) -> None:
        """Give what is read the room between the cards where the window is low for its text."""
        gap = 6 if is_low else 12
        for layout in (self.body, self._left, self._right):
            layout.setSpacing(gap)
        margins = self.body.contentsMargins()
        self.body.setContentsMargins(margins.left(), gap - 4, margins.right(), gap + 2)
        self._chart_card.setContentsMargins(14, 0 if is_low else 8, 10, 0 if is_low else 6)
        self._reading.close_up(is_low)
        self._banner.be_brief(is_low)

    def _lay_out_live(self) -> None:
        chart_card = QFrame()
        chart_card.setProperty("role", "card")
        chart = self._chart_card = QVBoxLayout(chart_card)
        chart.setSpacing(2)
        head = QHBoxLayout()
        head.addWidget(self._chart_title)
        head.addStretch(1)
        head.addWidget(Button(self.desk.theme, "Open chart", self._open_chart, icon="chart", flat=True))
        chart.addLayout(head)
        self._no_points = label("The first point appears when the first subgroup is full.", "muted", wraps=True)
        self._no_points.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._chart_layers = QStackedWidget()
        self._chart_layers.addWidget(self._chart)
        self._chart_layers.addWidget(self._no_points)
        chart.addWidget(self._chart_layers, 1)
        left = self._left = QVBoxLayout()
        left.addWidget(self._reading)
        left.addWidget(chart_card, 1)
        self._side = QWidget()
        right = self._right = QVBoxLayout(self._side)
        right.setContentsMargins(0, 0, 0, 0)
        right.addWidget(self._list, 1)
        right.addWidget(self._identity)
        right.addWidget(self._at_gauge)
        right.addWidget(self._entry)
        row = QHBoxLayout(self._live)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addLayout(left, 1)
        row.addWidget(self._side)
