"""Settings of an instrument: what each is now and may be, a new value with its reason, and what it then reads back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ui.dialogs.fitting import framed
from ui.dialogs.helping import offer_help
from ui.kit.order import InReadingOrder
from ui.kit.theme import Theme
from ui.models.table import Column, Row
from ui.widgets.buttons import Button
from ui.widgets.figure import FigureField
from ui.widgets.table import Table
from ui.widgets.text import label, scrolled, set_role

if TYPE_CHECKING:
    from workstation.line.protocol import Answer, Setting

_WIDTH, _HEIGHT = 860, 600
_TABLE_HEIGHT, _ROW_HEIGHT = 190, 40
_COLUMNS = (
    Column("Setting"),
    Column("Now", is_figure=True),
    Column("Allowed", is_figure=True),
    Column("Unit"),
    Column("Why it is not read"),
)
_WHAT_IT_DOES = (
    "A changed setting changes what every later part is: the line writes it, reads it back, and keeps in the history"
    " who changed what and why."
)
Answered = Callable[["Answer"], None]


@dataclass(frozen=True, slots=True)
class SettingDeeds:
    """What the dialog asks of the line: `read` the settings, `write` one (name, value, reason)."""

    read: Callable[[Answered], None]
    write: Callable[[str, str, str, Answered], None]
    show_help: Callable[[], None]


class InstrumentSettings(InReadingOrder, QDialog):
    """The settings that the instrument's profile declares; the chosen one can be given another value."""

    def __init__(self, parent: QWidget, theme: Theme, name: str, deeds: SettingDeeds) -> None:
        super().__init__(parent)
        self._theme, self._deeds = theme, deeds
        self._name = name
        self._settings: dict[str, Setting] = {}
        self._is_busy = False
        self.setWindowTitle(f"Settings of {name}")
        self.setAccessibleName(f"Settings of {name}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._table = Table(theme, f"Settings of {name}", _COLUMNS, stretch=4, wraps=True)
        self._table.setMinimumHeight(theme.pixels(_TABLE_HEIGHT))
        self._table.verticalHeader().setMinimumSectionSize(theme.pixels(_ROW_HEIGHT))  # a glove has to hit them
        self._table.picked.connect(self._choose)
        self._asked = label("New value", "field", wraps=True)
        self._value = FigureField()
        self._reason = QLineEdit()
        self._reason.setAccessibleName("Why is it changed?")
        self._told = label(role="muted", wraps=True)
        self._again = Button(theme, "Read again", self.read, icon="refresh")
        self._write = Button(theme, "Write", self.write, primary=True)
        self._value.returnPressed.connect(self._reason.setFocus)
        self._reason.returnPressed.connect(self.write)
        self._lay_out()
        offer_help(self, deeds.show_help)
        self.resize(QSize(theme.pixels(_WIDTH), theme.pixels(_HEIGHT)).boundedTo(parent.window().size()))
        self._table.setFocus()
        self.read()

    @property
    def told(self) -> str:
        """What was last said of a deed or a reading."""
        return self._told.text()

    @property
    def is_ready(self) -> bool:
        """Whether a setting can be written now."""
        return self._write.isEnabled()

    def answer(self, name: str, value: str) -> None:
        """Fill in one answer: setting, value or reason."""
        if name == "setting":
            self._table.choose(value)
            self._choose(value)
        else:
            {"value": self._value, "reason": self._reason}[name].setText(value)

    def read(self) -> None:
        """Have all settings read again."""
        self._say(f"Reading the settings of {self._name}…", "muted")
        self._read_quietly()

    def write(self) -> None:
        """Have the chosen setting written, with what was filled in."""
        name, value, reason = self._table.chosen, self._value.text().strip(), self._reason.text().strip()
        if not self.is_ready:
            return
        if not value:
            self._say(f"Give the new value of {name}.", "warn")
            self._value.setFocus()
        elif not reason:
            self._say("A setting is changed with a reason. Say why.", "warn")
            self._reason.setFocus()
        else:
            self._set_busy(True)
            self._say(f"Writing {name}: it is read before, written, and read back…", "muted")
            self._deeds.write(name, value, reason, self._written)

    # --- what the line answers ---------------------------------------------------------------------------------------

    def _read_quietly(self) -> None:
        self._set_busy(True)
        self._deeds.read(self._show)

    def _show(self, answer: Answer) -> None:
        if not shiboken6.isValid(self):
            return
        if answer.sentence:
            if not self._holds_outcome:
                self._say(f"{answer.sentence} {answer.next_step}".strip(), "warn")
            self._forget()
        else:
            self._show_settings(answer.settings)
        self._set_busy(False)

    def _show_settings(self, settings: tuple[Setting, ...]) -> None:
        self._settings = {one.name: one for one in settings}
        chosen = self._table.chosen
        self._table.show_rows([_row(one) for one in settings])
        if not self._holds_outcome:
            self._say("", "muted")
        if chosen not in self._settings and settings:
            self._table.choose(settings[0].name)
        self._choose(self._table.chosen)

    def _forget(self) -> None:
        """What was read before may be another by now: it is shown as not known."""
        self._table.show_rows(
            [Row(one.name, (one.name, "not known", _allowed(one), one.unit, "")) for one in self._settings.values()]
        )

    def _written(self, answer: Answer) -> None:
        if not shiboken6.isValid(self):
            return
        if answer.sentence:
            self._say(f"{answer.sentence} {answer.next_step}".strip(), "warn")
        else:
            from workstation.line.writes import written

            self._say(written(answer.facts), "good")
            self._value.clear()
            self._reason.clear()
        self._read_quietly()

    # --- showing -----------------------------------------------------------------------------------------------------

    def _choose(self, name: str) -> None:
        setting = self._settings.get(name)
        if setting is not None:
            asked = f"New value of {name}, {_allowed(setting)} {setting.unit}".strip()
            self._asked.setText(asked)
            self._value.setAccessibleName(asked)
        self._set_busy(self._is_busy)

    def _set_busy(self, is_busy: bool) -> None:
        self._is_busy = is_busy
        self._again.setEnabled(not is_busy)
        self._write.setEnabled(not is_busy and self._table.chosen in self._settings)

    @property
    def _holds_outcome(self) -> bool:
        """Whether what came of a deed is in view: it stays, whatever is read after it."""
        return bool(self._told.property("role") != "muted")

    def _say(self, text: str, role: str) -> None:
        set_role(self._told, role)
        self._told.setText(text)

    def _lay_out(self) -> None:
        middle = QVBoxLayout()  # what gives way where text is large and the screen is small
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(10)
        middle.addWidget(label(_WHAT_IT_DOES, wraps=True))
        middle.addWidget(self._table, 1)
        for asked, field in ((self._asked, self._value), (label("Why is it changed?", "field"), self._reason)):
            group = QVBoxLayout()
            group.setSpacing(3)
            group.addWidget(asked)
            group.addWidget(field)
            middle.addLayout(group)
        row = QHBoxLayout()
        row.addWidget(self._again)
        row.addStretch(1)
        row.addWidget(Button(self._theme, "Close", self.reject))
        row.addWidget(self._write)
        layout = framed(self, f"Settings of {self._name}")
        layout.addWidget(scrolled(middle), 1)
        layout.addWidget(self._told)
        layout.addLayout(row)


def _allowed(setting: Setting) -> str:
    return f"{setting.minimum} to {setting.maximum}"


def _row(setting: Setting) -> Row:
    sign = ("warn", "warn") if setting.why else ("", "")
    cells = (setting.name, setting.value or "not read", _allowed(setting), setting.unit, setting.why)
    return Row(setting.name, cells, sign)
