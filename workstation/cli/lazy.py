"""Command groups that are announced here and imported when used, so that `sinebar --help` loads none of them."""

from __future__ import annotations

import importlib
import importlib.util
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from workstation.errors import Bug, CallIsWrong


class PlainFiles(typer.Context):
    """What a command is called with: a path among it is a folder, a plain file or nothing yet.

    To read a pipe may wait for ever, a device never ends, and writing would put a file in its place.
    """

    def invoke(self, callback: Any, /, *args: Any, **kwargs: Any) -> Any:
        for value in kwargs.values():
            if isinstance(value, Path) and _is_special(value):
                raise CallIsWrong(f"{value} is a pipe, socket or device.", "Name a plain file or a folder.")
        return super().invoke(callback, *args, **kwargs)


def _is_special(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # who opens it says what is the matter
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


@dataclass(frozen=True, slots=True)
class Announced:
    """A command or group: its Typer app is `attribute` of `module`, `help` the line in the overview."""

    module: str
    help: str
    attribute: str = "app"

    def is_here(self) -> bool:
        """Whether this build has the module, found without importing it."""
        return importlib.util.find_spec(self.module) is not None

    def load(self, name: str) -> Any:
        """The real command, under `name`."""
        app = getattr(importlib.import_module(self.module), self.attribute, None)
        if not isinstance(app, typer.Typer):
            raise Bug(f"{self.module} has no Typer app named {self.attribute}.")
        command = get_command(app)
        command.name = name
        for one in (command, *getattr(command, "commands", {}).values()):
            one.context_class = PlainFiles
        return command


COMMANDS: dict[str, Announced] = {
    "demo": Announced("workstation.cli.demo", "Show the whole line on simulated instruments over real ports."),
    "line": Announced("workstation.cli.line", "Run the live line, look at it, end it."),
    "instruments": Announced("workstation.cli.instruments", "List, check, listen to and simulate instruments."),
    "sensors": Announced("workstation.cli.sensors", "Look at what the sensors kept: values, minutes, hours, alarms."),
    "analyze": Announced("workstation.cli.analyze", "Statistics of a CSV file."),
    "validate": Announced("workstation.cli.validate", "Compare the statistics with certified reference cases."),
    "records": Announced("workstation.cli.records", "List records, show one, its history; correct a value."),
    "trace": Announced("workstation.cli.trace", "Tell what was measured on a piece or a lot that was scanned."),
    "gauges": Announced("workstation.cli.gauges", "Lock, release, calibrate and retire gauges; unbind channels."),
    "limits": Announced("workstation.cli.limits", "Show control limits, present and past, and establish them anew."),
    "report": Announced("workstation.cli.report", "Write reports."),
    "import": Announced("workstation.cli.imports", "Take inspection plans from files."),
    "export": Announced("workstation.cli.export", "Write readings and records to files of the trade."),
    "sync": Announced("workstation.cli.sync", "Share the journal with a hub."),
    "hub": Announced("workstation.cli.hub", "Run the server that a plant's stations share."),
    "accounts": Announced("workstation.cli.accounts", "Add accounts, list them, set passwords."),
    "settings": Announced("workstation.cli.settings", "List settings and change them."),
    "verify": Announced("workstation.cli.keeping", "Check every record against the journal's hash chain.", "verify"),
    "backup": Announced("workstation.cli.keeping", "Copy the station's database while it is in use.", "backup"),
    "restore": Announced("workstation.cli.keeping", "Put a backup in the place of the database.", "restore"),
    "doctor": Announced("workstation.cli.doctor", "Look at everything the station needs and say what is wrong."),
}
"""The one list that announces the commands; a module that a build leaves out is not shown."""


class LazyGroup(TyperGroup):
    """The root group: shows `COMMANDS` and imports the one that is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, announced in COMMANDS.items():
            if announced.is_here():
                self.commands[name] = TyperCommand(name, help=announced.help)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The called command itself instead of its announcement."""
        name, command, rest = super().resolve_command(ctx, args)
        if name in COMMANDS and command is not None:
            command = COMMANDS[name].load(name)
        return name, command, rest
