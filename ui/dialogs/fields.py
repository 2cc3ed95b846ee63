"""Fields of a dialog that open something to choose from: its entries too are large enough for a glove."""

from __future__ import annotations

from PySide6.QtCore import QDate, Qt
from PySide6.QtGui import QTextCharFormat
from PySide6.QtWidgets import QCalendarWidget, QDateEdit, QToolButton

from ui.kit.icons import icon
from ui.kit.theme import Theme
from ui.widgets.choice import ChoiceBox

DAY_FORM = "yyyy-MM-dd"
_DAY = 40
"""Width and height of a day of the calendar in pixels."""
_WEEKS_HIGH = 8
"""Six weeks, the names of the days, the month."""
_MONTHS = (
    ("qt_calendar_prevmonth", "back", "Earlier month"),
    ("qt_calendar_nextmonth", "next", "Later month"),
)
"""Qt's own names of the two buttons, what is drawn on them, and what they are called."""


def choice(name: str) -> ChoiceBox:
    """One of several, no wider than the dialog has room however long an entry is."""
    field = ChoiceBox(name)
    field.give_way()
    return field


def day(theme: Theme, text: str) -> QDateEdit:
    """A day, typed or taken from a calendar; today where `text` names none."""
    field = QDateEdit()
    field.setCalendarPopup(True)
    field.setDisplayFormat(DAY_FORM)
    field.setDate(QDate.fromString(text, DAY_FORM) if text else QDate.currentDate())
    calendar = field.calendarWidget()
    calendar.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
    side = theme.pixels(_DAY)
    calendar.setMinimumSize(7 * side, _WEEKS_HIGH * side)
    for name, sign, told in _MONTHS:
        if (button := calendar.findChild(QToolButton, name)) is not None:
            button.setIcon(icon(sign, theme.colours.text))
            button.setAccessibleName(told)
    for weekend in (Qt.DayOfWeek.Saturday, Qt.DayOfWeek.Sunday):  # Qt's own red means nothing here
        calendar.setWeekdayTextFormat(weekend, QTextCharFormat())
    return field
