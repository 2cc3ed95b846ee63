"""`sinebar limits`: show a characteristic's control limits, present and past, and put others in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from workstation.cli import output
from workstation.cli.identity import AccountOption, PasswordOption, act_as

if TYPE_CHECKING:
    from rich.console import RenderableType

    from workstation.catalog.values import Characteristic, ControlLimits, Given
    from workstation.line.new_limits import Draft, Figures
    from workstation.store import Reader

app = typer.Typer(
    help="Show control limits, present and past, and establish them anew.", no_args_is_help=True, add_completion=False
)
_MOST = 10**15
NameArgument = Annotated[str, typer.Argument(help="The characteristic's name or number.", show_default=False)]


@app.command()
def show(
    ctx: typer.Context,
    characteristic: NameArgument,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Tell a characteristic's limits, the newest last: figures, subgroups, by whom, when and why."""
    from workstation.catalog.limits import limits_history
    from workstation.catalog.parts import named_characteristic
    from workstation.cli.reading import station_to_read

    with station_to_read(ctx, home) as station, station.read() as reader:
        item = named_characteristic(reader, characteristic)
        history = [_told(reader, one) for one in limits_history(reader, item.id)]
    data = {"characteristic": item.id, "name": item.name, "unit": item.unit, "chart": item.chart, "history": history}
    output.Printer(ctx, as_json).result(data, _history(item, history))


@app.command()
def establish(
    ctx: typer.Context,
    characteristic: NameArgument,
    first: Annotated[int, typer.Option("--from", min=0, max=_MOST, help="The first subgroup.")] = 0,
    to: Annotated[int, typer.Option("--to", min=0, max=_MOST, help="The last subgroup.")] = 0,
    newest: Annotated[int, typer.Option("--last", min=0, max=_MOST, help="The newest so many subgroups.")] = 0,
    mean: Annotated[
        str | None, typer.Option(help="A known mean in the characteristic's unit, instead of subgroups.")
    ] = None,
    sigma: Annotated[str | None, typer.Option(help="The known standard deviation within subgroups.")] = None,
    leave_out: Annotated[
        list[str] | None, typer.Option(help="Subgroups to leave out, and why: '12,15: broken tool'; may be repeated.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; it stands in the journal.")] = "",
    preview: Annotated[
        bool, typer.Option("--preview", help="Only look: change nothing, ask nobody's password.")
    ] = False,
    account: AccountOption = "",
    password_stdin: PasswordOption = False,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Put new limits in force, from chosen subgroups or known figures; the next subgroup is judged by them."""
    from workstation.catalog.parts import named_characteristic
    from workstation.cli.reading import station_to_read
    from workstation.line.given_limits import parse_given
    from workstation.line.new_limits import Wanted, draft, establish_anew, parse_left_out
    from workstation.station import Station

    left_out = parse_left_out(leave_out or ())
    opened = station_to_read(ctx, home) if preview else Station.open(output.home_of(ctx, home), create=False)
    with opened as station:
        with station.read() as reader:
            item = named_characteristic(reader, characteristic)
            is_given = mean is not None or sigma is not None
            given = parse_given(mean or "", sigma or "", item.unit) if is_given else None
            wanted = Wanted(item.id, first, to, newest, left_out, given)
            looked = draft(reader, wanted) if preview else None
        if looked is not None:
            output.Printer(ctx, as_json).result(looked.proposal, _compared(item, looked))
            return
        actor, _ = act_as(station, account, password_stdin)
        with station.write(actor) as work:
            made = establish_anew(work, wanted, reason)
        told = station.tell_line()
    sentences = (made.told(), *made.remarks, told)
    output.Printer(ctx, as_json).result(made, " ".join(filter(None, sentences)))


def _told(reader: Reader, one: ControlLimits) -> dict[str, Any]:
    """Limits with their figures, and the reason from the journal."""
    import json

    from analysis.charts import Limits

    made = Limits.from_dict(json.loads(one.limits))
    why = [entry.reason for entry in reader.history("control_limits", one.uid) if entry.verb.endswith(".establish")]
    return {
        "limits": one.id,
        "active": one.active,
        "first": one.first_subgroup,
        "last": one.last_subgroup,
        "subgroups": made.points,
        "left_out": one.left_out,
        "given": one.given,
        "sigma": made.sigma,
        "sigma_method": made.sigma_method,
        "location": _lines(made.location),
        "dispersion": _lines(made.dispersion),
        "established_by": one.established_by,
        "established_at": one.established_at,
        "reason": why[0] if why else "",
    }


def _lines(panel: Any) -> tuple[float, float, float] | None:
    return None if panel is None else (panel.center, panel.lcl, panel.ucl)


def _history(item: Characteristic, history: list[dict[str, Any]]) -> RenderableType:
    if not history:
        return f"{item.name} has no limits yet: the plan takes them from its first {item.baseline_subgroups} subgroups."
    rows = [
        (
            f"{one['limits']}{' (in force)' if one['active'] else ''}",
            _basis(one["first"], one["last"], one["left_out"], one["given"]),
            _three(item, one["location"]),
            _three(item, one["dispersion"]),
            _figure(item, one["sigma"]),
            f"{output.utc_time(one['established_at'])}, {one['established_by']}",
            one["reason"],
        )
        for one in history
    ]
    columns = ("limits", "from", "center, LCL, UCL", "of the spread", f"sigma, {item.unit}", "established", "why")
    return output.table(columns, rows)


def _compared(item: Characteristic, looked: Draft) -> RenderableType:
    """The limits in force beside those that would be."""
    from rich.console import Group

    made = looked.proposal
    both = [("in force", made.before)] if made.before is not None else []
    rows = [_row(item, name, one) for name, one in [*both, ("proposed", made.after)]]
    columns = ("", "from", "center, LCL, UCL", "of the spread", f"sigma, {item.unit}", "out of control")
    basis = _basis(made.first, made.last, made.left_out, made.given)
    if made.given is None:
        head = f"{item.name}: {made.subgroups} subgroups, {basis}."
    elif made.judged:
        first, last = looked.numbers[0], looked.numbers[-1]
        head = f"{item.name}: {basis}. Held against the newest {made.judged} subgroups, {first} to {last}."
    else:
        head = f"{item.name}: {basis}. No subgroup is closed yet: the first is judged by them."
    return Group(f"{head} Nothing is changed.", output.table(columns, rows), *made.remarks)


def _row(item: Characteristic, name: str, one: Figures) -> tuple[str, ...]:
    out = ", ".join(str(broken.subgroup) for broken in one.broken[:12])
    more = f" and {len(one.broken) - 12} more" if len(one.broken) > 12 else ""
    basis = "given" if one.given is not None else f"{one.first} to {one.last}"
    return (
        name, basis, _three(item, one.location), _three(item, one.dispersion),
        _figure(item, one.sigma), f"{len(one.broken)}: {out}{more}" if one.broken else "none",
    )  # fmt: skip


def _basis(first: int, last: int, left_out: dict[int, str], given: Given | None) -> str:
    """What limits rest on, in words."""
    if given is not None:
        return f"given: {given}"
    without = "; ".join(f"{number}{f' ({why})' if why else ''}" for number, why in left_out.items())
    return f"{first} to {last}" + (f" without {without}" if without else "")


def _three(item: Characteristic, lines: tuple[float, float, float] | None) -> str:
    return "" if lines is None else ", ".join(_figure(item, line) for line in lines)


def _figure(item: Characteristic, value: float) -> str:
    return f"{value:.{item.decimals + 2}f}" if value == value else "none"
