"""Menus and shortcuts made from the command registry."""

from __future__ import annotations

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from ui.kit.commands import Command, Commands

ORDER = ("Station", "Go", "Record", "View", "Help")


class Menus:
    """Fills a menu bar, and again whenever commands come or go.

    Actions stay enabled while their menu is closed, so that a shortcut is always heard; whether the command can be
    done is asked at that moment. An open menu greys out what cannot be done now.
    """

    def __init__(self, bar: QMenuBar, commands: Commands) -> None:
        self._bar, self._commands = bar, commands
        self._menus: dict[str, QMenu] = {}
        self._actions: dict[str, QAction] = {}
        bar.setAccessibleName("Menus")
        for title in ORDER:
            menu = bar.addMenu(f"&{title}")
            menu.setAccessibleName(title)
            self._menus[title] = menu
            menu.aboutToShow.connect(self._show_what_can_be_done)
            menu.aboutToHide.connect(self._enable_all)
        commands.changed.connect(self.fill)
        self.fill()

    def fill(self) -> None:
        """Add the commands that have no action yet."""
        for command in self._commands.all():
            if command.menu and command.id not in self._actions:
                self._actions[command.id] = self._action(command)
        for menu in self._menus.values():
            menu.menuAction().setVisible(not menu.isEmpty())

    def _action(self, command: Command) -> QAction:
        menu = self._menus[command.menu]
        action = QAction(command.title, menu)
        if command.keys:
            action.setShortcut(QKeySequence(command.keys))
        action.triggered.connect(lambda _checked=False, name=command.id: self._commands.run(name))
        menu.addAction(action)
        return action

    def _show_what_can_be_done(self) -> None:
        available = {command.id for command in self._commands.available()}
        for name, action in self._actions.items():
            action.setEnabled(name in available)

    def _enable_all(self) -> None:
        for action in self._actions.values():
            action.setEnabled(True)
