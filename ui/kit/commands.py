"""Commands as data: one registry feeds the menus, the shortcuts, the palette, the help and the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Command:
    """Something the person can ask for anywhere: `keys` as Qt spells them, `when` whether it can be done now."""

    id: str
    title: str
    run: Callable[[], None]
    keys: str = ""
    menu: str = ""
    icon: str = ""
    when: Callable[[], bool] = _always


class Commands(QObject):
    """The registry. Ids are unique and so are keys: a clash is a mistake of ours and raises ValueError."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._commands: dict[str, Command] = {}

    def add(self, commands: Iterable[Command]) -> None:
        """Register commands, in the order in which menus show them."""
        for command in commands:
            if command.id in self._commands:
                raise ValueError(f"there are two commands {command.id}")
            taken = [other.id for other in self._commands.values() if command.keys and other.keys == command.keys]
            if taken:
                raise ValueError(f"{command.keys} is the key of {taken[0]} and of {command.id}")
            self._commands[command.id] = command
        self.changed.emit()

    def all(self) -> tuple[Command, ...]:
        """Every command, in order of registration."""
        return tuple(self._commands.values())

    def available(self) -> tuple[Command, ...]:
        """The commands that can be done now."""
        return tuple(command for command in self._commands.values() if command.when())

    def run(self, name: str) -> None:
        """Do it, if it can be done now."""
        command = self._commands[name]
        if command.when():
            command.run()

    def matching(self, text: str) -> tuple[Command, ...]:
        """Available commands whose title holds every word of `text`, those that begin with it first."""
        words = text.casefold().split()
        found = [c for c in self.available() if all(word in c.title.casefold() for word in words)]
        start = text.casefold().strip()
        return tuple(sorted(found, key=lambda command: not command.title.casefold().startswith(start)))
