"""What the gauge can be asked for from here, and what came from it that is no value: scans, foot switches."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ui.kit.theme import Theme
from ui.models.line import Line
from ui.models.station_board import Watched
from ui.widgets.buttons import Button
from ui.widgets.text import Elided, label, set_role

if TYPE_CHECKING:
    from workstation.line.protocol import Answer, Port, Scanned, Signalled

_LONGEST = 200
_ASKABLE = ("ready", "silent")


class AtGauge(QWidget):
    """The button that reads the gauge of the chosen characteristic, and a note of the newest scan or signal."""

    def __init__(self, theme: Theme, line: Line) -> None:
        super().__init__()
        self._line = line
        self._place: tuple[str, str] | None = None
        self.ask = Button(theme, "Read now", self.read_now, icon="refresh", touch=True)
        self._answer = label(role="muted", wraps=True)
        self.note = QFrame()
        self.note.setProperty("role", "on-note")
        self._what = label(role="field", wraps=True)
        self.text = Elided()
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._what)
        words.addWidget(self.text)
        row = QHBoxLayout(self.note)
        row.setContentsMargins(12, 4, 4, 4)
        row.addLayout(words, 1)
        row.addWidget(Button(theme, "", self.note.hide, icon="close", flat=True, tip="Put the note away"))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(6)
        whole.addWidget(self.note)
        whole.addWidget(self.ask)
        whole.addWidget(self._answer)
        self.note.hide()
        self._answer.hide()
        self.show_place(None, {})

    def show_place(self, watched: Watched | None, ports: Mapping[tuple[str, str], Port]) -> None:
        """Offer to read the gauge of this characteristic, where it is connected and can be asked."""
        before, self._place = self._place, None
        by_source = {port.source: port for port in ports.values()} if self._line.is_attached else {}
        for source, channel in watched.gauges if watched is not None else ():
            port = by_source.get(source)
            if port is not None and port.status in _ASKABLE and channel in port.channels:
                self._place = source, channel
        self.ask.setVisible(self._place is not None)
        if self._place is not None:
            source, channel = self._place
            self.ask.setToolTip(f"Asks {source} for channel {channel}")
        if self._place != before:
            self._say("")

    def read_now(self) -> None:
        """Ask for a reading; it comes like any other."""
        if self._place is None:
            return

        def answered(answer: Answer) -> None:
            self._say(f"{answer.sentence} {answer.next_step}".strip())

        self._line.request_reading(*self._place, answered)

    def hear(self, item: Scanned | Signalled) -> None:
        """Note what came from an instrument that is no value: a signal, or a code that is kept by now, or why not."""
        from workstation.line.protocol import Scanned

        if not isinstance(item, Scanned):
            self._note(f"From {item.source}, without a value", item.what)
        elif item.reason:
            self._note(f"Not kept, scanned by {item.source}: {item.reason}", item.text)
        else:
            self._note(f"{(item.kind or 'code').capitalize()} kept, scanned by {item.source}, not a value", item.text)

    def say_typed(self, told: str, text: str) -> None:
        """Note what became of a record that a gauge typed."""
        self._note(told, text)

    def _note(self, what: str, text: str) -> None:
        self._what.setText(f"{what}, {datetime.now().astimezone():%H:%M:%S}")
        from workstation.catalog.scanned import shown

        self.text.say(shown(text[:_LONGEST]))
        self.note.setAccessibleName(f"{what}: {shown(text[:_LONGEST])}")
        self.note.show()

    def _say(self, text: str) -> None:
        set_role(self._answer, "warn")
        self._answer.setText(text)
        self._answer.setVisible(bool(text))
