"""Alarms that nobody has answered yet, above everything else on the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from ui.kit.theme import Theme
from ui.models.station_board import Alarm
from ui.widgets.buttons import Button
from ui.widgets.picture import Picture
from ui.widgets.text import label


class AlarmBanner(QFrame):
    """The newest open alarm, how many more there are, and the ways on from here."""

    def __init__(
        self, theme: Theme, open_investigation: Callable[[Alarm], None], acknowledge: Callable[[Alarm], None]
    ) -> None:
        super().__init__()
        self.setProperty("role", "on-alarm")
        self._alarms: tuple[Alarm, ...] = ()
        self._open, self._acknowledge = open_investigation, acknowledge
        self._heading = label(role="heading")
        self._rules = label(wraps=True)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self._heading)
        words.addWidget(self._rules)
        self._investigate = Button(theme, "Open investigation", self._go, primary=True, touch=True)
        self._seen = Button(theme, "Acknowledge", self._see, touch=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 10, 8)
        row.setSpacing(12)
        row.addWidget(Picture(theme, "alarm", "alarm", 32))
        row.addLayout(words, 1)
        row.addWidget(self._seen)
        row.addWidget(self._investigate)
        self.hide()

    def show_alarms(self, alarms: Sequence[tuple[Alarm, str]]) -> None:
        """Show the newest of these alarms, each with its characteristic's name; none hides the banner."""
        self._alarms = tuple(alarm for alarm, _ in alarms)
        if not alarms:
            self.hide()
            return
        alarm, name = alarms[-1]
        more = len(alarms) - 1
        behind = f"  (and {more} more alarm{'s' if more > 1 else ''})" if more else ""
        self._heading.setText(f"Alarm: {name}, subgroup {alarm.subgroup}{behind}")
        self._rules.setText("; ".join(alarm.sentences))
        self._investigate.setVisible(bool(alarm.investigation))
        self.setAccessibleName(f"{self._heading.text()}. {self._rules.text()}")
        self.show()

    @property
    def has_alarms(self) -> bool:
        """Whether there is an alarm to show."""
        return bool(self._alarms)

    def _go(self) -> None:
        if self._alarms:
            self._open(self._alarms[-1])

    def _see(self) -> None:
        if self._alarms:
            self._acknowledge(self._alarms[-1])
