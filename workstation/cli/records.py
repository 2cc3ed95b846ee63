"""`sinebar records`: list the records of a kind, show one whole, and tell its history; what it does is in `deeds`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workstation.cli import deeds, output
from workstation.errors import CallIsWrong

if TYPE_CHECKING:
    from workstation.store import Reader

app = typer.Typer(
    help="List records, show one, and its history; correct a value, report a nonconformance.",
    no_args_is_help=True,
    add_completion=False,
)
app.command()(deeds.correct)
app.command("clear-scan")(deeds.clear_scan)
app.command("report-nonconformance")(deeds.report_nonconformance)


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: its table, how all of it is read, and which fields a list shows."""

    table: str
    read: Callable[[Reader], Sequence[Any]]
    columns: tuple[str, ...]


def kinds() -> dict[str, Kind]:
    """Every kind that can be listed, by the name that is typed."""
    from workstation.catalog import gauges, identifications, parts, plans
    from workstation.people import accounts
    from workstation.quality import alarms, capa, investigations, nonconformances

    return {
        "part": Kind("part", parts.parts, ("id", "number", "name", "drawing_revision")),
        "characteristic": Kind(
            "characteristic",
            parts.characteristics,
            ("id", "name", "unit", "lower_specification", "upper_specification", "chart", "subgroup_size"),
        ),
        "plan": Kind("inspection_plan", plans.plans, ("name", "revision", "status", "title", "approved_by")),
        "gauge": Kind(
            "gauge", gauges.gauges, ("name", "serial_number", "profile", "port", "status", "calibration_due")
        ),
        "binding": Kind("binding", gauges.bindings, ("gauge_id", "channel", "characteristic_id", "active")),
        "limits": Kind(
            "control_limits",
            _limits,
            (
                "id",
                "characteristic_id",
                "first_subgroup",
                "last_subgroup",
                "given",
                "active",
                "established_by",
                "established_at",
            ),
        ),
        "identification": Kind(
            "identification",
            identifications.identifications,
            ("uid", "kind", "text", "source", "scanned_at", "scanned_by", "cleared_by"),
        ),
        "alarm": Kind(
            "alarm",
            alarms.alarms,
            (
                "uid",
                "characteristic_id",
                "subgroup",
                "rules",
                "state",
                "raised_at",
                "ended_at",
                "seen_until",
            ),
        ),
        "investigation": Kind(
            "investigation",
            investigations.investigations,
            ("number", "title", "state", "lead", "opened_at"),
        ),
        "nonconformance": Kind(
            "nonconformance",
            nonconformances.nonconformances,
            ("number", "nature", "quantity", "state", "opened_at"),
        ),
        "capa": Kind("capa", capa.capas, ("number", "title", "state", "owner", "opened_at")),
        "account": Kind("account", accounts.accounts, ("name", "display_name", "role", "active", "locked")),
    }


def _limits(reader: Reader) -> list[Any]:
    from workstation.catalog.limits import limits_history
    from workstation.catalog.parts import characteristics

    return [limits for one in characteristics(reader) for limits in limits_history(reader, one.id)]


READING_KINDS = {"reading": "kept values", "refused": "records that did not become values"}
_READING_COLUMNS = ("subgroup", "position", "value", "unit", "observed_at", "source", "trigger", "quality", "account")
_REFUSED_COLUMNS = ("source", "channel", "observed_at", "reason")


@app.command("list")
def list_records(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(help="part, plan, gauge, alarm, capa, reading, ...; any word lists them all.")],
    characteristic: Annotated[int, typer.Option(min=0, max=10**15, help="For readings: the characteristic's id.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="The newest so many.")] = 100,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """List the newest records of a kind, oldest of them first."""
    from workstation.cli.reading import station_to_read

    with station_to_read(ctx, home) as station, station.read() as reader:
        found, columns = _read(reader, kind, characteristic, limit)
    rows = [[_cell(name, getattr(one, name)) for name in columns] for one in found]
    shown = output.table(columns, rows) if rows else f"Nothing of the kind {kind} is here yet."
    output.Printer(ctx, as_json).result({"kind": kind, "records": found}, shown)


def _read(reader: Reader, kind: str, characteristic: int, limit: int) -> tuple[list[Any], tuple[str, ...]]:
    if kind == "reading":
        return _readings(reader, characteristic, limit), _READING_COLUMNS
    if kind == "refused":
        return list(reversed(reader.refused_readings(limit))), _REFUSED_COLUMNS
    known = kinds()
    if kind not in known:
        raise CallIsWrong(
            f"There are no records of kind {kind!r}.", f"The kinds are {', '.join((*known, *READING_KINDS))}."
        )
    by_age = sorted(known[kind].read(reader), key=lambda one: str(one.uid))  # an identity begins with its time
    return by_age[-limit:], known[kind].columns


def _readings(reader: Reader, characteristic: int, limit: int) -> list[Any]:
    from workstation.catalog.parts import characteristic as one
    from workstation.catalog.parts import characteristics

    if not characteristic:
        every = characteristics(reader)
        if len(every) != 1:
            named = ", ".join(f"{item.id} ({item.name})" for item in every) or "none yet"
            raise CallIsWrong("Readings are listed of one characteristic.", f"Give --characteristic: {named}.")
        characteristic = every[0].id
    size = one(reader, characteristic).subgroup_size
    last = reader.resume_point(characteristic).subgroup
    return reader.measurements(characteristic, max(1, last - limit // size - 1), last)[-limit:]


@app.command()
def show(
    ctx: typer.Context,
    record_id: Annotated[str, typer.Argument(metavar="ID", help="A record's number or identity.", show_default=False)],
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Show one record whole, with the records that are linked to it."""
    from workstation.cli.reading import station_to_read
    from workstation.quality.links import links_of

    with station_to_read(ctx, home) as station, station.read() as reader:
        name, found = _find(reader, record_id)
        linked = links_of(reader, found.uid)
    data = {"kind": name, "record": found, "links": linked}
    rows = [(field.name, _cell(field.name, getattr(found, field.name))) for field in dataclasses.fields(found)]
    rows += [
        ("linked", f"{one.relation}: {one.from_kind} {one.from_id} -> {one.to_kind} {one.to_id}") for one in linked
    ]
    output.Printer(ctx, as_json).result(data, output.table((name, ""), rows))


@app.command()
def history(
    ctx: typer.Context,
    record_id: Annotated[str, typer.Argument(metavar="ID", help="A record's number or identity.", show_default=False)],
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Tell every change of a record from the journal: when, who, what and why."""
    from workstation.cli.reading import station_to_read

    with station_to_read(ctx, home) as station, station.read() as reader:
        name, found = _find(reader, record_id)
        entries = reader.history(kinds()[name].table, found.uid)
    data = [
        {
            "seq": one.seq,
            "at": _time(one.recorded_at),
            "account": one.account,
            "verb": one.verb,
            "reason": one.reason,
            "signature": one.signature,
            "version": one.version,
            "changes": one.fields_changed(),
            "hash": one.hash,
        }
        for one in entries
    ]
    rows = [
        (one.seq, _time(one.recorded_at), one.account, one.verb, one.reason, _changes(one.fields_changed()))
        for one in entries
    ]
    shown = output.table(("entry", "when", "who", "what", "why", "changes"), rows)
    output.Printer(ctx, as_json).result({"kind": name, "id": found.uid, "entries": data}, shown)


def _find(reader: Reader, wanted: str) -> tuple[str, Any]:
    """The record whose identity, number or name this is; raises CallIsWrong for none and for several."""
    found = [
        (name, one)
        for name, kind in kinds().items()
        for one in kind.read(reader)
        if wanted.lower() in {one.uid, str(getattr(one, "number", "")).lower(), str(getattr(one, "name", "")).lower()}
    ]
    if not found:
        raise CallIsWrong(f"There is no record {wanted!r}.", "List what there is with 'sinebar records list KIND'.")
    if len(found) > 1:
        several = ", ".join(f"{name} {one.uid}" for name, one in found)
        raise CallIsWrong(f"Several records are called {wanted!r}.", f"Name one by its identity: {several}.")
    return found[0]


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and name.endswith(("_at", "_until")):
        return _time(value)
    if name == "text":
        from workstation.catalog.scanned import shown

        return shown(str(value))
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _time(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).isoformat(timespec="milliseconds")


def _changes(changes: dict[str, Any]) -> str:
    return "; ".join(
        f"{name}: {_short(pair[0])} -> {_short(pair[1])}"
        if isinstance(pair, list) and len(pair) == 2
        else f"{name}: {pair}"
        for name, pair in changes.items()
        if pair != [None, None]
    )


def _short(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
