"""The sensors page: every channel that is read all day with its newest value, and the chosen one over time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ui.charts.timeline import Timeline
from ui.kit.commands import Command
from ui.kit.operations import Change
from ui.models.sensors import (
    SPANS,
    News,
    Standing,
    View,
    joined,
    minute_texts,
    read_channels,
    read_news,
    read_text,
    read_view,
    span_of,
    standing,
    stretch_of,
    value_text,
)
from ui.models.table import Column, Row
from ui.pages.page import Desk, Page
from ui.pages.sensors.detail import Detail
from ui.widgets.buttons import Button
from ui.widgets.empty import EmptyState
from ui.widgets.table import Table
from ui.widgets.text import Elided, label

if TYPE_CHECKING:
    from workstation.insight.sensors import SensorChannel

_COLUMNS = (
    Column("Channel"),
    Column("Newest", is_figure=True),
    Column("Read"),
    Column("State"),
    Column("Quality"),
    Column("Mean of the last minute", is_figure=True),
    Column("Its minimum to maximum", is_figure=True),
)
_TALL, _MIDDLING = 710, 530
"""Heights of the page in pixels from which all of a channel's facts, or the chief ones, have room above its alarms."""
_NEWEST = "Newest"
_LAST_MINUTE, _ROOMY = (4, 5, 6), 1300
"""Quality, mean and extremes, and the width in pixels from which they have room; the facts beside say them too."""
_NAMES_NEWEST = 1000
_SIDE_WIDTHS = ((1000, 350), (0, 300))
"""From which width of the page on the channel's facts are how wide, in pixels."""
_MOST_ROWS, _FEWEST_ROWS = 6, 2
_TABLE_SHARE = 0.32
"""Most of the page's height that the table of channels takes from the chart below it."""
_LIVE_MILLISECONDS = 400
"""Pause between two looks: shorter than that between two counts of the line, so that each count leads to one look."""
_SOON_MILLISECONDS = 200
_USUAL = 1
EVERY_GAUGE = ""
_LEGENDS = {
    "": "Each reading; where they lie close, mean and range.",
    "minute": "Line: mean of each minute. Band: minimum to maximum.",
    "hour": "Line: mean of each hour. Band: minimum to maximum.",
}
_RUNNING, _SHADED, _UNUSABLE = "Ring: not kept yet.", "Shaded: alarm.", "Marks at the foot: unusable readings."


class Sensors(Page):
    """Reads the store and the buffer of raw readings in the worker; what is new twice a second while a line runs."""

    name = "sensors"
    title = "Sensors"
    help_page = "sensors"
    kinds = frozenset({"binding", "gauge", "characteristic", "inspection_plan", "alarm"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._channels: tuple[SensorChannel, ...] | None = None
        self._number = 0
        self._view: View | None = None
        self._seconds = float(SPANS[_USUAL][1])
        self._follows = True
        self._asks = False
        self._rest = _LIVE_MILLISECONDS
        self._since_news = QElapsedTimer()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MILLISECONDS)
        self._soon.timeout.connect(self._read_view)
        self._build()
        desk.line.state_changed.connect(self._show_channels)
        desk.line.counted.connect(self._counted)

    # --- reading -----------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read the channels again, then the chosen one."""
        self.desk.operations.read("reading the sensors", read_channels, self._take_channels, owner=self, key="channels")

    def show_record(self, record: str) -> None:
        """Choose a channel by the number of its characteristic."""
        if record.isdigit():
            self._choose(int(record))
            self._table.choose(record)

    def is_settled(self) -> bool:
        """Whether the chosen channel has been read and drawn."""
        is_read = self._channels is not None and (not self._channels or self._view is not None)
        return super().is_settled() and is_read and self.desk.frames.is_clean

    def _take_channels(self, channels: tuple[SensorChannel, ...]) -> None:
        self._channels = channels
        known = [one.characteristic.id for one in channels]
        if self._number not in known:
            self._number = known[0] if known else 0
        self._show_channels()
        self._table.choose(str(self._number))
        self._read_view()

    def _read_view(self) -> None:
        channel = self._channel()
        if channel is None:
            return
        span = self._chart.span
        if self._follows:
            span = span_of(channel, self._seconds, self._now())
            self._chart.show_span(span)
        self.desk.operations.read(
            "reading a channel's history",
            lambda station: read_view(station, channel, *span),
            lambda view: self._show_view(view, span),
            owner=self,
            key="view",
        )

    def _counted(self) -> None:
        """The line told its counts, twice a second: a moment to look what is new, unless one look is on its way."""
        recent = self._since_news.isValid() and self._since_news.elapsed() < self._rest
        if not self.isVisible() or self._channels is None or self._asks or recent:
            return
        self._asks = True
        self._since_news.start()
        view = self._view
        self.desk.operations.read(
            "looking what the sensors told",
            lambda station: read_news(station, view),
            lambda news: self._show_news(news, view),
            owner=self,
            failed=lambda _error: self._asked(),
        )

    def _asked(self) -> None:
        """Look again with the next count, or when ten times as long has passed as this took: however many channels."""
        self._asks = False
        self._rest = max(_LIVE_MILLISECONDS, 10 * int(self._since_news.elapsed()))
        self._since_news.start()

    def _changed(self, changes: tuple[Change, ...]) -> None:
        if any(change.kind == "investigation" for change in changes) and self.isVisible():
            self._soon.start()  # an alarm may be behind it
        super()._changed(changes)

    # --- showing -----------------------------------------------------------------------------------------------------

    def _now(self) -> float | None:
        """The present while a line reads the channels."""
        return time.time() if self.desk.line.is_attached else None

    def _channel(self) -> SensorChannel | None:
        return next((one for one in self._channels or () if one.characteristic.id == self._number), None)

    def _show_channels(self) -> None:
        line = self.desk.line
        self._told.say("" if line.is_attached else f"{line.sentence} {line.next_step}".strip())
        if self._channels is None:
            return
        self._layers.setCurrentWidget(self._filled if self._channels else self._empty)
        self._table.show_rows([self._row(one) for one in self._channels])
        self._table.choose(str(self._number))
        self._fit_table()
        channel = self._channel()
        if channel is not None:
            self._detail.show_channel(channel, self._standing(channel), self._now())

    def _standing(self, channel: SensorChannel) -> Standing:
        port = next((one.status for one in self.desk.line.ports.values() if one.source == channel.source), "ready")
        return standing(channel, self._now(), port)

    def _row(self, channel: SensorChannel) -> Row:
        how, newest = self._standing(channel), channel.newest
        read, quality = read_text(channel, self._now()), newest.quality if newest is not None else "–"
        cells = (channel.name, value_text(channel), read, how.words, quality, *minute_texts(channel))
        return Row(str(channel.characteristic.id), cells, (how.icon, how.ink))

    def _show_view(self, view: View, span: tuple[float, float]) -> None:
        self._view = view
        stretch = stretch_of(view, self._now())
        self._chart.show_stretch(stretch, span if self._follows else None)
        in_view = [one for one in view.alarms if self._reaches(one.began_at, one.known_until, one.is_open)]
        self._detail.show_alarms(in_view, runs=self.desk.line.is_attached)
        marks = (
            (_RUNNING, stretch.running),
            (_SHADED, in_view),
            (_UNUSABLE, stretch.bad.any()),
        )
        also = [text for text, there in marks if there]
        self._legend.setText(" ".join([_LEGENDS[stretch.slot], *also]))
        self._say_span()

    def _reaches(self, began: int, ended: int | None, is_open: bool) -> bool:
        left, right = self._chart.span
        last = right if is_open else (ended or began) / 1e6
        return began / 1e6 <= right and last >= left

    def _show_news(self, news: News, view: View | None) -> None:
        self._asked()
        self._channels = news.channels
        self._show_channels()
        channel, now = self._channel(), self._now()
        if view is None or view is not self._view or channel is None:
            return
        span = span_of(channel, self._seconds, now) if self._follows else self._chart.span
        self._show_view(joined(view, news, now if self._follows else None), span)

    def _say_span(self) -> None:
        left, right = (datetime.fromtimestamp(at).astimezone() for at in self._chart.span)
        end = f"{right:%H:%M:%S}" if left.date() == right.date() else f"{right:%Y-%m-%d %H:%M}"
        begin = f"{left:%Y-%m-%d %H:%M:%S}" if left.date() == right.date() else f"{left:%Y-%m-%d %H:%M}"
        live = ", live" if self._follows and self.desk.line.is_attached else ""
        channel = self._channel()
        what = f"{channel.name}, {channel.characteristic.unit}" if channel is not None else ""
        self._chart_title.setText(what)
        self._about.say(f"{begin} to {end}{live}")
        self._newest.setEnabled(not self._follows)

    # --- what the person does ----------------------------------------------------------------------------------------

    def commands(self) -> tuple[Command, ...]:
        """What can be done here."""

        def can() -> bool:
            return self.isVisible() and self._view is not None

        spans = tuple(
            Command(f"sensors.span-{seconds}", f"Look at {text}", self._chooser(index), "", "View", "clock", can)
            for index, (text, seconds) in enumerate(SPANS)
        )
        return (
            *spans,
            Command("sensors.newest", "Follow the newest readings", self.follow, "Ctrl+End", "View", "next", can),
            Command("sensors.earlier", "Look earlier", lambda: self._chart.move(-0.5), "", "View", when=can),
            Command("sensors.later", "Look later", lambda: self._chart.move(0.5), "", "View", when=can),
        )

    def follow(self) -> None:
        """Bring the newest readings into view, and stay with them."""
        self._follows = True
        self._read_view()

    def _chooser(self, index: int) -> Callable[[], None]:
        return lambda: self._choose_span(index)

    def _choose_span(self, index: int) -> None:
        self._spans[index].setChecked(True)
        self._seconds = float(SPANS[index][1])
        if not self._follows:  # the same end of time, seen from further away or nearer
            right = self._chart.span[1]
            self._chart.look_at(right - self._seconds, right)
            return
        self.follow()

    def _choose(self, number: int) -> None:
        if number != self._number:
            self._number = number
            self._view = None
            self._chart.choose(None)
            self._show_channels()
            self._read_view()

    def _looked(self, left: float, right: float) -> None:
        self._follows = False
        self._seconds = right - left
        self._mark_span()
        self._say_span()
        self._soon.start()

    def _mark_span(self) -> None:
        """Press the button of the span in view, none where it is another."""
        wanted = next((n for n, (_, s) in enumerate(SPANS) if abs(s - self._seconds) < 0.01 * s), None)
        self._group.setExclusive(False)
        for index, button in enumerate(self._spans):
            button.setChecked(index == wanted)
        self._group.setExclusive(True)

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the line while in view."""
        super().showEvent(event)
        self.desk.line.look_at(EVERY_GAUGE)

    def hideEvent(self, event: QHideEvent) -> None:
        """Cost nothing while out of view; what came meanwhile is read on return."""
        super().hideEvent(event)
        self.desk.line.look_away(EVERY_GAUGE)
        self._soon.stop()
        self._stale = True

    # --- building ----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        theme, desk = self.desk.theme, self.desk
        self._told = Elided("warn", Qt.AlignmentFlag.AlignRight)
        self.head().addWidget(self._told, 8)
        self._empty = EmptyState(
            theme,
            "sensor",
            "No channel of this station is read all day.",
            "A temperature, a pressure or a power becomes one when its channel in the plan says how it is grouped: "
            "[gauge.channel.continuous]. Its minutes and hours are then kept for ever.",
        )
        self._empty.offer("How a plan names such a channel", lambda: desk.go("help", "plan-file"))
        self._table = Table(theme, "Continuous channels", _COLUMNS, stretch=3)
        self._table.picked.connect(lambda key: self._choose(int(key)))
        self._detail = Detail(theme, lambda uid: desk.go("investigations", uid))
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(self._table)
        column.addWidget(self._build_chart(), 1)
        self._filled = QWidget()
        beside = QHBoxLayout(self._filled)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(12)
        beside.addLayout(column, 1)
        beside.addWidget(self._detail)
        self._layers = QStackedWidget()
        self._layers.addWidget(self._filled)
        self._layers.addWidget(self._empty)
        self.body.addWidget(self._layers, 1)

    def _build_chart(self) -> QFrame:
        theme = self.desk.theme
        frame = QFrame()
        frame.setProperty("role", "card")
        layout = QVBoxLayout(frame)
        layout.setContentsMargins(14, 10, 10, 8)
        self._chart_title = label(role="heading")
        self._about = Elided("muted", Qt.AlignmentFlag.AlignRight)
        self._legend = label(role="muted", wraps=True)
        self._chart = Timeline(theme, self.desk.frames)
        self._chart.looked.connect(self._looked)
        above = QHBoxLayout()
        above.addWidget(self._chart_title)
        above.addWidget(self._about, 1)
        layout.addLayout(above)
        layout.addLayout(self._build_spans())
        layout.addWidget(self._chart, 1)
        layout.addWidget(self._legend)
        return frame

    def _build_spans(self) -> QHBoxLayout:
        theme = self.desk.theme
        row = QHBoxLayout()
        row.setSpacing(6)
        self._group = QButtonGroup(self)
        self._spans: list[Button] = []
        for index, (text, _) in enumerate(SPANS):
            button = Button(theme, text, self._chooser(index), tip=f"Look at {text}")
            button.setCheckable(True)
            button.setProperty("tall", "true")
            self._group.addButton(button)
            self._spans.append(button)
            row.addWidget(button)
        self._spans[_USUAL].setChecked(True)
        row.addStretch(1)
        self._newest = Button(theme, _NEWEST, self.follow, icon="next", tip="Follow the newest readings")
        self._newest.setProperty("tall", "true")
        row.addWidget(self._newest)
        return row

    def _fit_table(self) -> None:
        """As high as its rows, up to as many as leave the chart its room; more are scrolled to."""
        have = int((_TABLE_SHARE * self.height() - self._table.height_of(0)) / self._table.row_height)
        most = min(max(have, _FEWEST_ROWS), _MOST_ROWS)
        self._table.setFixedHeight(self._table.height_of(min(max(len(self._channels or ()), 1), most)))

    def fit(self) -> None:
        """Give the chart the room on a small screen."""
        pixels = self.desk.theme.pixels
        self._detail.setFixedWidth(next(pixels(wide) for least, wide in _SIDE_WIDTHS if self.width() >= pixels(least)))
        height = self.height()
        self._detail.be_brief(height < pixels(_TALL), shows_facts=height >= pixels(_MIDDLING))
        for column in _LAST_MINUTE:
            self._table.setColumnHidden(column, self.width() < pixels(_ROOMY))
        self._newest.setText("" if self.width() < pixels(_NAMES_NEWEST) else _NEWEST)
        self._fit_table()
