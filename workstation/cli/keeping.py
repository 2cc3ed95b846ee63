"""`sinebar verify`, `backup` and `restore`: prove that the station's records are whole, and keep copies of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workstation.cli import output
from workstation.errors import ExitCode

if TYPE_CHECKING:
    from workstation.store import Copy

verify = typer.Typer(add_completion=False)
backup = typer.Typer(add_completion=False)
restore = typer.Typer(add_completion=False)


@verify.command("verify")
def run_verify(
    ctx: typer.Context,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Check chain, batches of readings and records against the journal; exit 1 when anything differs."""
    from workstation.cli.reading import station_to_read

    with station_to_read(ctx, home) as station:
        found = station.store.verify(station.acknowledged())
    whole = (
        f"All is as it was written: {found.entries} journal entries, {found.measurements} measurements,"
        f" {found.records} records. The chain ends in {found.head[:16]}."
    )
    shown = whole if found.intact else "\n".join(["NOT as it was written:", *map(str, found.findings)])
    output.Printer(ctx, as_json).result({"intact": found.intact, **output.plain(found)}, shown)
    if not found.intact:
        raise typer.Exit(int(ExitCode.ANSWER_IS_NO))


@backup.command("backup")
def run_backup(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Where to; the home's backups folder when left out.")] = None,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Copy the station's database while it is in use; the copy is complete or not there at all."""
    from workstation.cli.reading import station_to_read

    with station_to_read(ctx, home) as station:
        stamp = datetime.now().astimezone().strftime("%Y%m%dT%H%M%S")
        made = station.store.back_up(file or station.home / "backups" / f"{stamp}.db")
    output.Printer(ctx, as_json).result(
        made, f"{made.path} holds station {made.station} up to journal entry {made.entries} (SHA-256 {made.sha256})."
    )


@restore.command("restore")
def run_restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A copy made by 'sinebar backup'.", show_default=False)],
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Put a copy in the database's place, which is set aside in the backups folder. The line must have ended."""
    from workstation.line.lock import LineLock
    from workstation.store.backup import restore as put_back
    from workstation.store.failures import said_plainly

    station_home = output.home_of(ctx, home)
    with said_plainly(station_home):
        station_home.mkdir(parents=True, exist_ok=True)
    lock = LineLock.acquire(station_home)
    try:
        replaced = _name_of(station_home / "station.db")
        made = put_back(file, station_home)
        hint = _leave_hub(station_home, made, replaced)
    finally:
        lock.release()
    sentence = f"Station {made.station} is back as of journal entry {made.entries}, in {made.path}."
    output.Printer(ctx, as_json).result({**output.plain(made), "hint": hint}, f"{sentence} {hint}".rstrip())


def _name_of(database: Path) -> str | None:
    """The name of the station that stands in the home; None where there is none, or none that can be read."""
    from workstation.errors import Expected
    from workstation.store import inspect_copy

    try:
        return inspect_copy(database).station
    except Expected:
        return None


def _leave_hub(home: Path, made: Copy, replaced: str | None) -> str:
    """What the station that was put back means to the hub, in a sentence; empty where it is all the same."""
    from workstation.store.failures import said_plainly
    from workstation.sync.engine import PUT_BACK, older_than_hub
    from workstation.sync.enrolment import set_aside_credentials
    from workstation.sync.state import StateFile

    known = StateFile(home).read().acknowledged.count
    if replaced is not None and replaced != made.station:
        with said_plainly(home):
            StateFile(home).forget()
            set_aside_credentials(home)
        enrol = " It is not enrolled at a hub any more." if known else ""
        return f"Station {replaced}, which stood there, is kept in {home / 'backups'}.{enrol}"
    return f"{older_than_hub(known, made.entries)} {PUT_BACK}" if known > made.entries else ""
