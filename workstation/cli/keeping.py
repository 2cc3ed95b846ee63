"""`sinebar verify`, `backup` and `restore`: prove that the station's records are whole, and keep copies of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from workstation.cli import output
from workstation.errors import ExitCode

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
    from workstation.station import Station

    with Station.open(output.home_of(ctx, home), create=False) as station:
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
    from workstation.station import Station

    with Station.open(output.home_of(ctx, home), create=False) as station:
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
        made = put_back(file, station_home)
    finally:
        lock.release()
    output.Printer(ctx, as_json).result(
        made, f"Station {made.station} is back as of journal entry {made.entries}, in {made.path}."
    )
