"""Dialogs at the size for gloves and at the largest text: nothing too small to press, nothing out of the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QComboBox,
    QDateEdit,
    QDialog,
    QListWidget,
    QTableView,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.ui import targets
from ui.dialogs.ask import Ask, Kind, Question
from ui.dialogs.sign_on import SignOn
from ui.kit.palette import CommandPalette
from ui.kit.theme import LARGEST_SCALE, TOUCH_TARGET, Theme
from ui.window import Window
from workstation.errors import Expected

QUESTIONS = (
    Question("what", "What happens to the product", Kind.CHOICE, (("a", "Rework"), ("b", "Scrap"))),
    Question("why", "Why", Kind.TEXT),
    Question("until", "Until", Kind.DATE, value="2026-11-22"),
    Question("number", "Number of the concession", hint="Needed for repair and use as is only."),
    Question("password", "Your password", Kind.PASSWORD),
)


def asked(theme: Theme, parent: QWidget) -> Ask:
    return Ask(parent, theme, "Disposition of NC-1", "You sign for this.", QUESTIONS, "Sign", lambda *_: None)


@pytest.fixture
def room(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    return made


@pytest.fixture
def dialog(theme: Theme, room: QWidget) -> Iterator[Ask]:
    """A dialog with every kind of question, at the size for gloves."""
    theme.size(1.2)
    made = asked(theme, room)
    made.open()
    yield made
    made.reject()


def too_small(dialog: QDialog) -> list[str]:
    """What can be pressed and is too small for a glove."""
    return targets.too_small(dialog)


def test_whatever_is_pressed_in_a_question_is_large_enough_for_a_glove(dialog: Ask) -> None:
    assert too_small(dialog) == []


def test_the_entries_of_a_list_are_large_enough_for_a_glove(dialog: Ask, qtbot: QtBot) -> None:
    choice = dialog.findChild(QComboBox)
    assert choice is not None
    choice.showPopup()
    qtbot.waitUntil(choice.view().isVisible)
    assert choice.view().sizeHintForRow(0) >= TOUCH_TARGET
    choice.hidePopup()


def test_the_days_of_the_calendar_are_large_enough_for_a_glove(dialog: Ask, theme: Theme, qtbot: QtBot) -> None:
    field = dialog.findChild(QDateEdit)
    assert field is not None
    QTest.mouseClick(field, Qt.MouseButton.LeftButton, pos=field.rect().center() + QPoint(field.width() // 2 - 20, 0))
    calendar = field.calendarWidget()
    qtbot.waitUntil(calendar.isVisible)
    days = calendar.findChild(QTableView)
    assert days is not None
    assert min(days.columnWidth(0), days.rowHeight(1)) >= TOUCH_TARGET
    months = [one for one in calendar.findChildren(QToolButton) if one.accessibleName().endswith("month")]
    assert [one.accessibleName() for one in months] == ["Earlier month", "Later month"]
    assert min(min(one.width(), one.height()) for one in months) >= TOUCH_TARGET
    QTest.mouseClick(months[1], Qt.MouseButton.LeftButton)
    assert calendar.monthShown() == 12
    image = calendar.grab().toImage()
    inks = {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(image.height())}
    assert "#ff0000" not in inks and theme.colours.text in inks
    calendar.window().hide()


def test_signing_on_and_the_palette_are_large_enough_for_a_glove(
    theme: Theme, home: Path, open_window: Callable[[Path], Window], until: Callable[..., None]
) -> None:
    theme.size(1.2)
    window = open_window(home)
    window.commands.run("station.sign-on")
    until(lambda: bool(window.findChildren(SignOn)) and window.findChildren(SignOn)[0]._names.count() > 0)
    dialog = window.findChildren(SignOn)[0]
    assert too_small(dialog) == []
    dialog._names.showPopup()
    assert dialog._names.view().sizeHintForRow(0) >= TOUCH_TARGET
    dialog._names.hidePopup()
    dialog.reject()
    window.commands.run("help.commands")
    palette = window.findChildren(CommandPalette)[0]
    listed = palette.findChild(QListWidget)
    assert listed is not None
    until(listed.isVisible)
    rows = range(listed.count())
    assert min(listed.visualItemRect(listed.item(row)).height() for row in rows) >= TOUCH_TARGET
    assert not any(listed.item(row).icon().isNull() for row in rows), "titles stand in line, with an icon or without"
    palette.reject()


def test_at_the_largest_text_the_questions_scroll_and_the_buttons_stay(theme: Theme, room: QWidget) -> None:
    theme.size(LARGEST_SCALE)
    dialog = asked(theme, room)
    dialog.open()
    dialog._failed(Expected("The password is wrong.", "Type it again."))
    assert dialog.height() <= dialog.screen().availableGeometry().height()
    assert dialog._button.geometry().bottom() < dialog.height()
    last = dialog._fields["password"]
    assert last.visibleRegion().isEmpty(), "there is no room for all of it"
    dialog._fields["what"].setFocus()
    for _ in range(len(QUESTIONS) + 2):  # a day has three parts
        if dialog.focusWidget() is last:
            break
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
    assert dialog.focusWidget() is last and last.visibleRegion().boundingRect() == last.rect()
    dialog.reject()


def test_a_long_entry_does_not_push_the_fields_out_of_view(theme: Theme, room: QWidget, qtbot: QtBot) -> None:
    long = Question("which", "Which one", Kind.CHOICE, (("a", "runout of the bearing seat against the axis, " * 3),))
    dialog = Ask(room, theme, "Report", "", (*QUESTIONS, long), "Report", lambda *_: None)
    dialog.open()

    def widths() -> set[int]:
        fields = dialog._fields.values()
        return {width for one in fields for width in (one.width(), one.visibleRegion().boundingRect().width())}

    qtbot.waitUntil(lambda: len(widths()) == 1)  # the layout takes its time
    dialog.reject()


def test_where_there_is_room_nothing_scrolls(dialog: Ask) -> None:
    inside = dialog._questions.widget()
    assert inside is not None and dialog._questions.height() >= inside.height()
    assert all(field.visibleRegion().boundingRect().height() == field.height() for field in dialog._fields.values())


@pytest.mark.parametrize("questions", [QUESTIONS, QUESTIONS[-1:] * 3])
def test_questions_stand_evenly(theme: Theme, room: QWidget, questions: tuple[Question, ...], qtbot: QtBot) -> None:
    theme.size(1.2)
    dialog = Ask(room, theme, "Sign", "", [replace(one, name=str(n)) for n, one in enumerate(questions)], "Sign",
                 lambda *_: None)  # fmt: skip
    dialog.open()
    qtbot.waitUntil(dialog._fields["0"].hasFocus)
    QCoreApplication.processEvents()  # a field that has come into focus asks for another look at its place
    inside = dialog._questions.widget()
    layout = inside.layout() if inside is not None else None
    assert layout is not None
    groups = [layout.itemAt(row) for row in range(len(questions))]
    assert all(one.geometry().height() >= one.minimumSize().height() for one in groups)
    dialog.reject()
