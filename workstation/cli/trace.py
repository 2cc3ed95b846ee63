"""`sinebar trace`: everything that was measured on a piece or a lot, by the code that was scanned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workstation.cli import output
from workstation.errors import Refused

if TYPE_CHECKING:
    from rich.console import RenderableType

    from workstation.insight.trace import Trace

app = typer.Typer(add_completion=False)


@app.command("trace")
def run_trace(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="The serial number or lot, whole.", show_default=False)],
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Tell what was measured on a piece or a lot: values, judgements, records; exit 1 when it was never scanned."""
    from workstation.catalog.scanned import shown
    from workstation.cli.reading import station_to_read
    from workstation.insight.trace import trace

    with station_to_read(ctx, home) as station, station.read() as reader:
        found = trace(reader, text)
    if not found.scans:
        raise Refused(
            f"Nothing was scanned as '{shown(text)[:200]}' at this station.",
            "See what was scanned with 'sinebar records list identification'.",
        )
    output.Printer(ctx, as_json).result(found, _told(found))


def _told(found: Trace) -> RenderableType:
    from rich.console import Group

    from analysis.rule_words import rule_name
    from workstation.catalog.scanned import shown

    scans = [
        (one.kind, shown(one.text), output.utc_time(one.scanned_at), one.source, one.scanned_by,
         f"mis-scan, cleared by {one.cleared_by}" if one.cleared_at is not None else "")
        for one in found.scans
    ]  # fmt: skip
    readings = [
        (one.characteristic, one.subgroup, one.position, f"{one.value} {one.unit}", _TOLERANCE[one.in_tolerance],
         output.utc_time(one.observed_at), one.source, one.account)
        for one in found.readings
    ]  # fmt: skip
    judged = [
        (one.characteristic, one.subgroup, ", ".join(map(rule_name, one.rules)) or _unbroken(one.limits))
        for one in found.subgroups
    ]
    records = [(one.kind, one.number, one.what, one.state) for one in found.records]
    tables = [output.table(("scanned as", "code", "when", "with", "by", ""), scans)]
    for head, rows in (
        (("characteristic", "subgroup", "position", "value", "tolerance", "measured", "source", "by"), readings),
        (("characteristic", "subgroup", "control chart"), judged),
        (("record", "number", "what", "state"), records),
    ):
        tables += ["", output.table(head, rows)] if rows else []
    if not readings:
        tables += ["", "Nothing was measured under it."]
    if found.more:
        tables += ["", "There are more values: 'sinebar export readings' has all of them."]
    return Group(*tables)


_TOLERANCE = {True: "in", False: "OUT", None: ""}


def _unbroken(limits: int | None) -> str:
    return "no limits yet" if limits is None else "in control"
