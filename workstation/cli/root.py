"""The root command `sinebar`: its options, and the window where no command is given."""

from __future__ import annotations

import importlib
from pathlib import Path

import typer

from workstation.cli import output
from workstation.cli.lazy import LazyGroup
from workstation.errors import SurroundingsFailed

app = typer.Typer(
    cls=LazyGroup,
    invoke_without_command=True,
    add_completion=False,
    help="The quality-engineering workstation that stands beside the gauge. Without a command it opens the window.",
)


@app.callback()
def root(
    ctx: typer.Context,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
    version: bool = typer.Option(False, "--version", help="Print the version."),
) -> None:
    """Open the window, or hand on to the command."""
    if version:
        from workstation import __version__

        output.Printer(ctx, as_json).result({"version": __version__}, f"Sinebar {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        raise typer.Exit(open_window(output.home_of(ctx, home)))


def open_window(home: Path) -> int:
    """Run the window on a home; returns its exit code.

    The window stands above the command line and may not be imported by it: the name is looked up when it is needed,
    as an entry point would be, so that a station without a screen needs no Qt.
    """
    try:
        window = importlib.import_module("ui.app")
    except ImportError as error:
        raise SurroundingsFailed(
            f"The window cannot be opened here: {error}.",
            "Install the system libraries that 'python3 installers/bootstrap.py' names, or use the commands of"
            " 'sinebar --help'.",
        ) from error
    return int(window.main(["--home", str(home)]) or 0)
