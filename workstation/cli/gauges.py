"""`sinebar gauges`: lock, release and retire gauges, and end what feeds a characteristic, each with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workstation.cli import output
from workstation.cli.identity import AccountOption, PasswordOption, act_as

if TYPE_CHECKING:
    from workstation.catalog.values import GaugeStatus

app = typer.Typer(
    help="Lock, release and retire gauges, and unbind their channels.", no_args_is_help=True, add_completion=False
)
NameArgument = Annotated[str, typer.Argument(help="The gauge's name or serial number.", show_default=False)]
ReasonOption = Annotated[str, typer.Option(help="Why; it stands in the journal.")]


@app.command()
def lock(
    ctx: typer.Context,
    name: NameArgument,
    reason: ReasonOption,
    account: AccountOption = "",
    password_stdin: PasswordOption = False,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Have a gauge's readings refused until it is released: dropped, overdue, in doubt."""
    from workstation.catalog.values import GaugeStatus

    _set(ctx, name, GaugeStatus.LOCKED, reason, account, password_stdin, home, as_json)


@app.command()
def release(
    ctx: typer.Context,
    name: NameArgument,
    reason: ReasonOption,
    account: AccountOption = "",
    password_stdin: PasswordOption = False,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Have a locked gauge's readings taken again."""
    from workstation.catalog.values import GaugeStatus

    _set(ctx, name, GaugeStatus.ACTIVE, reason, account, password_stdin, home, as_json)


@app.command()
def retire(
    ctx: typer.Context,
    name: NameArgument,
    reason: ReasonOption,
    account: AccountOption = "",
    password_stdin: PasswordOption = False,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Take a gauge out of use for good; its readings and history stay."""
    from workstation.catalog.values import GaugeStatus

    _set(ctx, name, GaugeStatus.RETIRED, reason, account, password_stdin, home, as_json)


@app.command()
def unbind(
    ctx: typer.Context,
    name: NameArgument,
    channel: Annotated[str, typer.Argument(help="The channel, as its profile names it.", show_default=False)],
    reason: ReasonOption,
    account: AccountOption = "",
    password_stdin: PasswordOption = False,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Have a gauge's channel feed no characteristic any more; a plan's next revision can bind it again."""
    from workstation.catalog.gauges import named_binding, named_gauge, unbind
    from workstation.station import Station

    with Station.open(output.home_of(ctx, home), create=False) as station:
        with station.read() as reader:
            gauge = named_gauge(reader, name)
            binding = named_binding(reader, gauge, channel)
        actor, _ = act_as(station, account, password_stdin)
        with station.write(actor) as work:
            ended = unbind(work, binding.id, reason)
        told = station.tell_line()
    sentence = f"Channel {channel} of {gauge.name} feeds nothing any more. {told}"
    output.Printer(ctx, as_json).result(ended, sentence.strip())


def _set(
    ctx: typer.Context, name: str, status: GaugeStatus, reason: str, account: str, password_stdin: bool,
    home: Path | None, as_json: bool,
) -> None:  # fmt: skip
    from workstation.catalog.gauges import named_gauge, set_gauge_status
    from workstation.station import Station

    with Station.open(output.home_of(ctx, home), create=False) as station:
        with station.read() as reader:
            gauge = named_gauge(reader, name)
        actor, _ = act_as(station, account, password_stdin)
        with station.write(actor) as work:
            changed = set_gauge_status(work, gauge.id, status, reason)
        told = station.tell_line()
    output.Printer(ctx, as_json).result(changed, f"Gauge {changed.name} is {changed.status}. {told}".strip())
