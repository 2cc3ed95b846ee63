"""`sinebar`: the root command, and the one place where errors become sentences and exit codes."""

from __future__ import annotations

import errno
import importlib
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import typer
from typer.main import get_command

from workstation.cli import output
from workstation.cli.lazy import LazyGroup
from workstation.errors import ExitCode, SurroundingsFailed

INTERRUPTED = 130
"""What a shell expects of a program ended by Ctrl-C."""

_NEGATIVE = re.compile(r"-[0-9.]")

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


def run() -> None:
    """The program `sinebar`."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console without µ or ± shows a mark instead of failing
    code = main(sys.argv[1:])
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader went away: nothing left to say
    sys.exit(code)


def main(arguments: Sequence[str]) -> int:
    """Run one command line; return its exit code. Never raises, never prints a traceback."""
    as_json = "--json" in arguments
    try:
        result = get_command(app).main(args=list(arguments), prog_name="sinebar", standalone_mode=False)
        return result if isinstance(result, int) else int(ExitCode.DONE)
    except (KeyboardInterrupt, typer.Abort):
        output.report_failure("Stopped.", "", INTERRUPTED, as_json=as_json)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last door: whatever it is becomes a sentence here
        sentence, next_step, code = _explain(error, arguments)
        if sentence:
            output.report_failure(sentence, next_step, code, as_json=as_json)
        return code


def _explain(error: Exception, arguments: Sequence[str]) -> tuple[str, str, int]:
    if isinstance(error, typer.Exit):
        return "", "", error.exit_code
    if isinstance(error, BrokenPipeError) or (isinstance(error, OSError) and error.errno == errno.EPIPE):
        return "", "", int(ExitCode.DONE)  # 'sinebar ... | head' has seen enough
    usage = _explain_usage(error)
    if usage:
        return usage
    told = output.said(error)
    if told:
        return told
    report = output.write_bug_report(error, arguments, _home_in(arguments))
    return report.sentence, report.next_step, int(report.exit_code)


def _explain_usage(error: Exception) -> tuple[str, str, int] | None:
    """A wrong option, argument or command, in one sentence."""
    if not hasattr(error, "format_message") or not hasattr(error, "exit_code"):
        return None
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "sinebar"
    message = " ".join(error.format_message().split())
    if type(error).__name__ == "NoArgsIsHelpError":
        message = f"'{path}' needs a command or an argument."
    if message and message[-1] not in ".?!":
        message += "."
    option = getattr(error, "option_name", "")
    if _NEGATIVE.match(option or ""):
        return message, "Write -- before a value that begins with -, behind all options.", int(ExitCode.CALL_IS_WRONG)
    return message, f"See '{path} --help'.", int(ExitCode.CALL_IS_WRONG)


def _home_in(arguments: Sequence[str]) -> Path | None:
    for position, word in enumerate(arguments):
        if word == "--home" and position + 1 < len(arguments):
            return Path(arguments[position + 1])
        if word.startswith("--home="):
            return Path(word.partition("=")[2])
    told = os.environ.get("SINEBAR_HOME")
    return Path(told) if told else None
