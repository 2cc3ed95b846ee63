"""Alarms that nobody has answered yet, above everything else on the page."""

from __future__ import annotations

from collections.abc import Callable

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
        self._alarm: Alarm | None = None
        self._is_brief = False
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

    def show_alarm(self, alarm: Alarm | None, name: str, more: int) -> None:
        """Show the newest alarm, of the characteristic `name`, and how many more wait; None hides the banner."""
        self._alarm = alarm
        if alarm is None:
            self.hide()
            return
        behind = f"  (and {more} more alarm{'s' if more > 1 else ''})" if more else ""
        self._heading.setText(f"Alarm: {name}, subgroup {alarm.subgroup}{behind}")
        self._say()
        self._investigate.setVisible(bool(alarm.investigation))
        self.setAccessibleName(f"{self._heading.text()}. {'; '.join(alarm.sentences)}")
        self.show()

    def be_brief(self, brief: bool) -> None:
        """Say the first rule only, and how many more there are: the window is low."""
        if brief != self._is_brief:
            self._is_brief = brief
            self._say()

    def _say(self) -> None:
        """What was broken; the mouse shows all of it."""
        said = () if self._alarm is None else self._alarm.sentences
        whole, more = "; ".join(said), len(said) - 1
        self._rules.setText(f"{said[0]}; and {more} more" if self._is_brief and more > 0 else whole)
        self._rules.setToolTip(whole if self._rules.text() != whole else "")

    @property
    def has_alarm(self) -> bool:
        """Whether there is an alarm to show."""
        return self._alarm is not None

    def _go(self) -> None:
        if self._alarm is not None:
            self._open(self._alarm)

    def _see(self) -> None:
        if self._alarm is not None:
            self._acknowledge(self._alarm)
