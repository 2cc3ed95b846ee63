"""What every command prints through: text for a person, one JSON object for a program, errors in one place."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import sys
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workstation.cli.streams import in_one_line, safe_json, visible
from workstation.errors import Bug, ExitCode, Expected, SurroundingsFailed

if TYPE_CHECKING:
    from rich.console import RenderableType

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Folder that holds everything of the station.", envvar="SINEBAR_HOME", file_okay=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def home_of(ctx: typer.Context, home: Path | None) -> Path:
    """The station's home: this command's `--home`, that before the command, SINEBAR_HOME, or the platform's folder."""
    chosen = home or ctx.find_root().params.get("home")
    if chosen is not None:
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("Sinebar", appauthor=False))


class Printer:
    """Prints a command's result once, in the form that was asked for."""

    def __init__(self, ctx: typer.Context, as_json: bool = False) -> None:
        self.as_json = as_json or bool(ctx.find_root().params.get("as_json"))
        self._ctx = ctx

    def result(self, data: object, shown: RenderableType | None = None) -> None:
        """Print `data` as JSON, or `shown` to a person (`data` itself when it is a sentence)."""
        if self.as_json:
            print_json(data if not isinstance(data, str) else {"sentence": data})
        else:
            show(shown if shown is not None else str(data))
        for sentence in self._ctx.meta.pop(_REMARKS, ()):
            said = in_one_line(sentence)
            sys.stderr.write(json.dumps({"note": said}) + "\n" if self.as_json else f"{said}\n")

    def note(self, sentence: str) -> None:
        """Say something on the way; a program does not hear it."""
        if not self.as_json:
            show(sentence)


_REMARKS = "sinebar.remarks"


def remark(ctx: typer.Context, sentence: str) -> None:
    """Have the call's result followed by a sentence on standard error; an empty one says nothing."""
    if sentence:
        ctx.meta.setdefault(_REMARKS, []).append(sentence)


def show(what: RenderableType) -> None:
    """Print to a person: colours and tables on a terminal, plain text elsewhere."""
    from rich.console import Console

    console = Console(markup=False, highlight=False, soft_wrap=isinstance(what, str))
    console.width = max(console.width, _NARROWEST)
    console.print(visible(what, keep="\n\t") if isinstance(what, str) else what)


_NARROWEST = 60
"""Columns: a table that is given fewer breaks every word, or shows nothing."""


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], whole: int = 0) -> RenderableType:
    """A plain table of `rows` under `columns`; cells of the first `whole` columns are short and never broken."""
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        grid.add_column(column, overflow="fold", no_wrap=number < whole)
    for row in rows:
        grid.add_row(*(Text("" if cell is None else visible(str(cell), keep="\n")) for cell in row))
    return grid


def print_json(data: object) -> None:
    """One JSON object on a line of its own; decimals as text, so that none is rounded."""
    sys.stdout.write(safe_json(json.dumps(data, default=plain, ensure_ascii=False)) + "\n")
    sys.stdout.flush()


def plain(value: Any) -> Any:
    """What JSON has no form for, in the form the command line uses: ISO times, decimals and paths as text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Decimal | Path):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def utc_time(microseconds: int | None) -> str:
    """UTC time for a person, empty for never."""
    if not microseconds:
        return ""
    return datetime.fromtimestamp(microseconds / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def said(error: BaseException) -> tuple[str, str, ExitCode] | None:
    """Sentence, next step and exit code of an error that is meant for the person, or None for any other."""
    from analysis.errors import AnalysisError
    from devices.errors import DeviceError

    if isinstance(error, Expected):
        return error.sentence, error.next_step, error.exit_code
    if isinstance(error, DeviceError):
        return error.sentence, error.next_step, ExitCode.SURROUNDINGS_FAILED
    if isinstance(error, AnalysisError):
        return error.sentence, error.next_step, ExitCode.CALL_IS_WRONG
    if isinstance(error, OSError) and error.filename:
        from workstation.store.failures import translate_os

        told = translate_os(error, Path(os.fsdecode(error.filename)))
        return told.sentence, told.next_step, told.exit_code
    if isinstance(error, MemoryError):
        return "This needs more memory than there is.", "Ask for less at once.", ExitCode.SURROUNDINGS_FAILED
    return None


def write_bug_report(error: BaseException, arguments: Sequence[str], home: Path | None) -> Expected:
    """Write what we need to know about a fault of ours to a file in the home's logs; say where it is."""
    import tempfile

    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    text = "\n".join(
        [
            f"time: {stamp}",
            f"arguments: {list(arguments)}",
            f"python: {sys.version}",
            f"platform: {platform.platform()}",
            f"process: {os.getpid()}",
            "",
            "".join(traceback.format_exception(error)),
        ]
    )
    logs = home / "logs" if home is not None and home.is_dir() else Path(tempfile.gettempdir())
    for folder in (logs, Path(tempfile.gettempdir())):
        path = folder / f"bug-{stamp}.txt"
        try:
            folder.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError:
            continue
        kind = "" if isinstance(error, Bug) else f" ({type(error).__name__})"
        return SurroundingsFailed(
            f"Sinebar made a mistake{kind}: {str(error).splitlines()[0] if str(error) else 'no details'}",
            f"A report is in {path}; please send it to whoever looks after Sinebar. Nothing half-done was kept.",
        )
    return SurroundingsFailed(f"Sinebar made a mistake, and no report could be written: {error!r}")
