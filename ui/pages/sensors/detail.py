"""One channel in full: its newest value, how it is, what is kept of it, and its alarms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from ui.kit.theme import Theme
from ui.models.sensors import Standing, alarm_sentence, alarm_texts, facts_of, read_text, value_text
from ui.models.table import Column, Row
from ui.widgets.buttons import Button
from ui.widgets.picture import Picture
from ui.widgets.table import Table
from ui.widgets.text import Elided, Fields, label, set_role

if TYPE_CHECKING:
    from workstation.insight.sensors import SensorAlarm, SensorChannel

_VALUE_SIZE = 34
_SHOWN = 100
_IN_VIEW = 3
"""Alarms that are in view without scrolling, however little room there is."""


class Detail(QFrame):
    """Shows one channel; `investigate` is called with the identity of the chosen alarm's investigation."""

    def __init__(self, theme: Theme, investigate: Callable[[str], None]) -> None:
        super().__init__()
        self._theme, self._investigate = theme, investigate
        self._alarms: dict[str, SensorAlarm] = {}
        self.setProperty("role", "card")
        self.setAccessibleName("The channel")
        self._name = label(role="heading", wraps=True)
        self.age = label(role="muted", name="Age of the newest value")
        self.value = label(name="Newest value")
        self._sign = Picture(theme, "waiting", "muted", 20)
        self.word = label(role="muted", wraps=True)
        self._when = Elided("muted")
        self._channel: SensorChannel | None = None
        self._is_brief = False
        self._fields = Fields(2)
        self._title = label("Alarms", "heading")
        self._none = label("", "muted", wraps=True)
        columns = (Column("Began"), Column("What"), Column("Lasted", is_figure=True))
        self.table = Table(theme, "Alarms of the channel", columns, stretch=1)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.picked.connect(self._pick)
        self._seen = label(role="muted", wraps=True)
        self._open = Button(theme, "Open its investigation", self._go, icon="investigation")
        self._open.setProperty("tall", "true")
        theme.changed.connect(self._size)
        self._lay_out()
        self._size()

    def show_channel(self, channel: SensorChannel, standing: Standing, now: float | None) -> None:
        """Show how this channel is at `now` (UTC seconds), None while no line is attached."""
        self._channel = channel
        self._name.setText(channel.name)
        self.age.setText(read_text(channel, now) if now is not None else "")
        self.value.setText(value_text(channel))
        self._sign.show_icon(standing.icon, standing.ink)
        self.word.setText(f"{standing.words[0].upper()}{standing.words[1:]}")
        set_role(self.word, standing.ink)
        newest = channel.newest
        if newest is None:
            self._when.say("No raw reading is kept.")
        else:
            at = datetime.fromtimestamp(newest.observed_at / 1e9).astimezone()
            self._when.say(f"Quality {newest.quality}, {at:%Y-%m-%d %H:%M:%S}")
        self._fields.show_fields(facts_of(channel, brief=self._is_brief))

    def be_brief(self, brief: bool, *, shows_facts: bool = True) -> None:
        """Show the chief facts only, or none: there is little room, and the alarms come first."""
        self._fields.setVisible(shows_facts)
        if brief != self._is_brief:
            self._is_brief = brief
            if self._channel is not None:
                self._fields.show_fields(facts_of(self._channel, brief=brief))

    def show_alarms(self, alarms: Sequence[SensorAlarm], *, runs: bool) -> None:
        """Show the alarms of what is in view, the newest first; `runs`: a line watches the channel."""
        self._alarms = {one.uid: one for one in alarms}
        rows = []
        for one in alarms[:_SHOWN]:
            sign = ("alarm", "alarm") if one.is_open else ("good", "muted")
            if one.state == "raised" and not one.is_open:
                sign = ("warn", "warn")
            rows.append(Row(one.uid, alarm_texts(one, runs=runs), sign))
        self.table.show_rows(rows)
        self.table.setVisible(bool(rows))
        self._title.setText(f"Alarms in this span ({len(alarms)})")
        self._none.setText("No watch saw anything wrong in this span.")
        self._none.setVisible(not rows)
        if rows and not self.table.chosen:
            self.table.choose(rows[0].key)
        self._open.setVisible(bool(rows))
        self._pick(self.table.chosen)

    def _pick(self, key: str) -> None:
        alarm = self._alarms.get(key)
        self._open.setEnabled(alarm is not None and alarm.investigation is not None)
        self._seen.setText(alarm_sentence(alarm) if alarm is not None else "")
        self._seen.setVisible(alarm is not None)

    def _go(self) -> None:
        alarm = self._alarms.get(self.table.chosen)
        if alarm is not None and alarm.investigation is not None:
            self._investigate(alarm.investigation)

    def _size(self) -> None:
        self.value.setFont(self._theme.font(_VALUE_SIZE, QFont.Weight.DemiBold))
        self.table.setMinimumHeight(self.table.height_of(_IN_VIEW))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._name, 1)
        head.addWidget(self.age)
        state = QHBoxLayout()
        state.setSpacing(8)
        state.addWidget(self._sign)
        state.addWidget(self.word, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 12, 16, 12)
        whole.setSpacing(3)
        whole.addLayout(head)
        whole.addWidget(self.value)
        whole.addLayout(state)
        whole.addWidget(self._when)
        whole.addSpacing(4)
        whole.addWidget(self._fields)
        whole.addSpacing(4)
        whole.addWidget(self._title)
        whole.addWidget(self._none)
        whole.addWidget(self.table, 1)
        whole.addWidget(self._seen)
        whole.addWidget(self._open)
        whole.addStretch(0)
