"""`sinebar report`: write what the station knows as PDF or XLSX."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workstation.cli import output
from workstation.cli.moments import moment
from workstation.errors import CallIsWrong

app = typer.Typer(help="Write reports.", no_args_is_help=True, add_completion=False)


@app.callback()
def group() -> None:
    """Write reports."""


@app.command()
def inspection(
    ctx: typer.Context,
    characteristic: Annotated[str, typer.Option(help="The characteristic's name or number.")],
    out: Annotated[Path, typer.Option(help="The file to write; its ending says PDF or XLSX.")],
    plan: Annotated[
        str | None, typer.Option(help="The inspection plan's name; the effective one when left out.")
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help="First day or time, such as 2026-11-22T06:00.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Last day or time; a day counts whole.")] = None,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Write the inspection report of one characteristic.

    Without --from and --to it holds the last 200 closed subgroups. Times without a zone are this computer's local time.
    """
    kind = out.suffix.lower()
    if kind not in (".pdf", ".xlsx"):
        raise CallIsWrong(f"A report cannot be written as {out.name}.", "Give a name that ends in .pdf or .xlsx.")
    from workstation.cli.reading import station_to_read
    from workstation.reports.inspection.gather import Span, gather

    span = Span(moment(since, "--from"), moment(until, "--to", end=True))
    if span.since is not None and span.until is not None and span.since >= span.until:
        raise CallIsWrong(f"--from {since} is not before --to {until}.", "Exchange them.")
    with station_to_read(ctx, home) as station:
        facts = gather(station.store, characteristic, plan=plan, span=span)
    if kind == ".pdf":
        from workstation.reports.inspection.render import inspection_report

        written = inspection_report(facts, out)
    else:
        from workstation.reports.inspection.sheet import inspection_sheet

        written = inspection_sheet(facts, out)
    data = {
        "file": written,
        "subgroups": len(facts.subgroups),
        "readings": len(facts.readings),
        "out_of_tolerance": len(facts.out_of_tolerance),
        "alarms": len(facts.alarms),
        "content_hash": facts.content_hash(),
    }
    sentence = f"{written}: {len(facts.subgroups)} subgroups, {len(facts.readings)} readings."
    output.Printer(ctx, as_json).result(data, sentence)
