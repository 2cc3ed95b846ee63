"""`sinebar export`: complete copies that a person and a program can read: readings, records, the journal."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workstation.cli import output
from workstation.cli.files import whole_file
from workstation.errors import CallIsWrong

if TYPE_CHECKING:
    from workstation.catalog.identifications import Named
    from workstation.catalog.values import Characteristic
    from workstation.store import Measurement, Reader

app = typer.Typer(help="Write readings and records to files of the trade.", no_args_is_help=True, add_completion=False)

OutOption = Annotated[Path, typer.Option("--out", help="The file to write; an existing one is replaced whole.")]
READING_COLUMNS = (
    "characteristic", "subgroup", "position", "version", "value", "unit", "observed_at", "source", "trigger",
    "quality", "account", "remark", "raw", "serial_number", "lot",
)  # fmt: skip
PAGE = 500


@app.command()
def readings(
    ctx: typer.Context,
    out: OutOption,
    characteristic: Annotated[str, typer.Option(help="Name or number of one characteristic; all when left out.")] = "",
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Write kept values as CSV, each with its first and every corrected version, its source and its raw bytes.

    The last columns say which serial number and lot it belongs to, where one was scanned.
    """
    from workstation.catalog.identifications import identified
    from workstation.cli.reading import station_to_read

    count = 0
    with station_to_read(ctx, home) as station, station.read() as reader:
        chosen = _characteristics(reader, characteristic)
        with whole_file(out) as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(READING_COLUMNS)
            for one in chosen:
                held = identified(reader, one.id)
                for item in reader.measurements(one.id, versions=True):
                    writer.writerow(_reading_row(one, item, held.of(item.subgroup, item.position)))
                    count += 1
    output.Printer(ctx, as_json).result({"file": out, "readings": count}, f"Readings written to {out}: {count}.")


def _characteristics(reader: Reader, wanted: str) -> list[Characteristic]:
    from workstation.catalog.parts import characteristics

    known = characteristics(reader)
    found = [one for one in known if wanted in ("", one.name, str(one.id))]
    if wanted and not found:
        names = ", ".join(one.name for one in known) or "none"
        raise CallIsWrong(f"There is no characteristic '{wanted}'.", f"There are: {names}.")
    return found


def _reading_row(characteristic: Characteristic, item: Measurement, named: Named) -> tuple[object, ...]:
    from workstation.catalog.scanned import shown

    return (
        characteristic.name, item.subgroup, item.position, item.version, item.value, item.unit,
        _time(item.observed_at), item.source, item.trigger, item.quality, item.account, item.remark or "",
        "" if item.raw is None else item.raw.hex(), shown(named.serial_number), shown(named.lot),
    )  # fmt: skip


@app.command()
def records(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(help="part, plan, gauge, alarm, investigation, nonconformance, capa, ...")],
    out: OutOption,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Write every record of a kind as one JSON list, each with its whole history from the journal."""
    from workstation.cli.reading import station_to_read
    from workstation.cli.records import kinds

    known = kinds()
    if kind not in known:
        raise CallIsWrong(f"There are no records of kind '{kind}'.", f"The kinds are {', '.join(known)}.")
    with station_to_read(ctx, home) as station, station.read() as reader:
        found = list(known[kind].read(reader))
        rows = [_plain(one) | {"history": _history(reader, known[kind].table, one)} for one in found]
        with whole_file(out) as file:
            json.dump(rows, file, default=output.plain, ensure_ascii=False, indent=1)
            file.write("\n")
    output.Printer(ctx, as_json).result({"file": out, "records": len(rows)}, f"Records written to {out}: {len(rows)}.")


def _history(reader: Reader, table: str, record: Any) -> list[dict[str, Any]]:
    uid = getattr(record, "uid", None)
    return [] if uid is None else [_plain(entry) for entry in reader.history(table, uid)]


@app.command()
def journal(
    ctx: typer.Context,
    out: OutOption,
    after: Annotated[int, typer.Option(min=0, max=10**15, help="Begin after this entry.")] = 0,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Write the journal as JSON lines: one entry a line, with its hash and the hash of the entry before it."""
    from workstation.cli.reading import station_to_read

    last = after
    with (
        station_to_read(ctx, home) as station,
        station.read() as reader,
        whole_file(out) as file,
    ):
        while page := reader.journal_after(last, PAGE):
            for entry in page:
                file.write(json.dumps(_plain(entry), default=output.plain, ensure_ascii=False) + "\n")
            last = page[-1].seq
    output.Printer(ctx, as_json).result(
        {"file": out, "entries": last - after, "last": last}, f"Entries written to {out}: {last - after}."
    )


def _plain(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def _time(microseconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(microseconds / 1e6, UTC).isoformat(timespec="microseconds")
