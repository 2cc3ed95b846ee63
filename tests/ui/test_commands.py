"""The registry of commands, the menus made of it, and the palette."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from ui.kit.commands import Command, Commands
from ui.kit.menus import Menus
from ui.kit.palette import CommandPalette
from ui.kit.theme import Theme


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def commands(done: list[str]) -> Commands:
    made = Commands()
    made.add(
        [
            Command("a.one", "Open the first thing", lambda: done.append("one"), "Ctrl+1", "Go"),
            Command("a.two", "Open the second thing", lambda: done.append("two"), "Ctrl+2", "Go"),
            Command("a.never", "Open nothing", lambda: done.append("never"), "", "Go", when=lambda: False),
        ]
    )
    return made


def test_a_command_that_cannot_be_done_is_not_done(commands: Commands, done: list[str]) -> None:
    commands.run("a.never")
    commands.run("a.one")
    assert done == ["one"]
    assert [command.id for command in commands.available()] == ["a.one", "a.two"]


def test_two_of_one_id_or_key_are_refused(commands: Commands) -> None:
    with pytest.raises(ValueError, match=r"two commands a\.one"):
        commands.add([Command("a.one", "Again", lambda: None)])
    with pytest.raises(ValueError, match=r"Ctrl\+1"):
        commands.add([Command("a.new", "New", lambda: None, "Ctrl+1")])


def test_search_wants_every_word(commands: Commands) -> None:
    assert [command.id for command in commands.matching("second open")] == ["a.two"]
    assert commands.matching("third") == ()


def test_menus_and_shortcuts(commands: Commands, done: list[str], qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    menus = Menus(window.menuBar(), commands)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert done == ["two"]
    go = next(action.menu() for action in window.menuBar().actions() if action.isVisible())
    go.aboutToShow.emit()
    assert [action.isEnabled() for action in go.actions()] == [True, True, False]
    go.aboutToHide.emit()
    assert menus is not None
    assert all(action.isEnabled() for action in go.actions())


def test_palette_by_keyboard(theme: Theme, commands: Commands, done: list[str], qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    palette = CommandPalette(theme, commands, window)
    palette.open()
    assert palette.found() == ("a.one", "a.two")
    field = palette._text
    qtbot.keyClick(field, Qt.Key.Key_Down)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert done == ["two"]


def test_palette_says_when_nothing_is_found(theme: Theme, commands: Commands, done: list[str], qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    palette = CommandPalette(theme, commands, window)
    palette.open()
    palette.search("xyz")
    assert palette.found() == ()
    assert palette._nothing.isVisible()
    qtbot.keyClick(palette._text, Qt.Key.Key_Return)
    assert done == []
