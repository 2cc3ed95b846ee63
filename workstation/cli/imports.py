"""`sinebar import`: take an inspection plan from a file, and make a drafted plan effective."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workstation.cli import output
from workstation.cli.identity import AccountOption, PasswordOption, act_as
from workstation.errors import CallIsWrong

if TYPE_CHECKING:
    from workstation.catalog.values import Plan
    from workstation.people.accounts import Proof
    from workstation.station import Station
    from workstation.store import Reader

app = typer.Typer(
    help="Take inspection plans from files, and make them effective.", no_args_is_help=True, add_completion=False
)


@app.command()
def plan(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The plan's TOML file.", show_default=False)],
    account: AccountOption = "",
    password_stdin: PasswordOption = False,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Take in a plan as a draft: its gauges at once, everything else when somebody else approves it."""
    from dataclasses import asdict

    from workstation.catalog.gauges import gauges
    from workstation.catalog.plan_file import load_plan_file
    from workstation.catalog.plans import import_plan
    from workstation.line.advice import feeds_of_file, remarks, unreadable
    from workstation.line.ports import library
    from workstation.station import Station

    read = load_plan_file(file)
    with Station.open(output.home_of(ctx, home)) as station:
        actor, _ = act_as(station, account, password_stdin)
        with station.write(actor, reason=f"imported from {file.name}") as work:
            drafted = import_plan(work, read)
        with station.read() as reader:
            away = unreadable(gauges(reader), library(station.home))
    sentence = f"Plan {drafted.name} revision {drafted.revision} is {drafted.status}, imported by {actor}."
    if drafted.status == "draft":
        sentence += f" Somebody else approves it: sinebar import approve {drafted.name}"
    said = [f"Gauge {one.name}: {away[one.name]}" for one in read.gauges if one.name in away]
    said += [one for one in remarks(feeds_of_file(read), library(station.home)) if one not in said]
    output.Printer(ctx, as_json).result({**asdict(drafted), "remarks": said}, "\n".join((sentence, *said)))


@app.command()
def approve(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The plan's name.", show_default=False)],
    revision: Annotated[int, typer.Option(min=0, help="Its revision; 0 for the newest draft.")] = 0,
    account: AccountOption = "",
    password_stdin: PasswordOption = False,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Make a draft effective, signed with your password. Its author may not; a running line follows it at once."""
    from workstation.station import Station

    with Station.open(output.home_of(ctx, home), create=False) as station:
        with station.read() as reader:
            draft = _draft(reader, name, revision)
        actor, proof = act_as(station, account, password_stdin)
        effective = _approve(station, draft, actor if proof else account or "approver", proof)
        followed = station.tell_line()
    sentence = f"Plan {effective.name} revision {effective.revision} is effective."
    if followed:
        sentence += f" {followed}"
    output.Printer(ctx, as_json).result(effective, sentence)


def _draft(reader: Reader, name: str, revision: int) -> Plan:
    from workstation.catalog.plans import plans
    from workstation.catalog.values import PlanStatus

    drafts = [one for one in plans(reader, status=PlanStatus.DRAFT) if one.name == name]
    found = [one for one in drafts if revision in (0, one.revision)]
    if not found:
        known = ", ".join(f"{one.name} revision {one.revision}" for one in plans(reader, status=PlanStatus.DRAFT))
        raise CallIsWrong(
            f"There is no draft of plan {name!r}" + (f" with revision {revision}." if revision else "."),
            f"The drafts are: {known}." if known else "Import its file first.",
        )
    return max(found, key=lambda one: one.revision)


def _approve(station: Station, draft: Plan, actor: str, proof: Proof | None) -> Plan:
    from workstation.catalog.plans import approve_plan, plan_content
    from workstation.people.signatures import Content, Meaning, sign

    with station.write(actor) as work:
        signature = None
        if proof is not None:
            fields = {"content": plan_content(work, draft.id), "content_hash": draft.content_hash}
            content = Content("inspection_plan", draft.uid, draft.version, fields)
            signature = sign(work, content, Meaning.APPROVE, proof).for_journal()
        return approve_plan(work, draft.id, version=draft.version, signature=signature)
