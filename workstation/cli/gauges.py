"""`sinebar gauges`: lock, release, calibrate and retire gauges, and end what feeds a characteristic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from workstation.cli import output
from workstation.cli.identity import AccountOption, PasswordOption, act_as

app = typer.Typer(
    help="Lock, release, calibrate and retire gauges; unbind channels.",
    no_args_is_help=True,
    add_completion=False,
)
NameArgument = Annotated[str, typer.Argument(help="The gauge's name or serial number.", show_default=False)]
ReasonOption = Annotated[str, typer.Option(help="Why; it stands in the journal.")]


_SENTENCES = {
    "lock": "Have a gauge's readings refused until it is released: dropped, overdue, in doubt.",
    "release": "Have a locked gauge's readings taken again.",
    "retire": "Take a gauge out of use for good; its readings and history stay.",
}
_STATUS = {"lock": "locked", "release": "active", "retire": "retired"}


def _changing(verb: str) -> Callable[..., None]:
    """The command of this name, which gives a gauge its status."""

    def change(
        ctx: typer.Context,
        name: NameArgument,
        reason: ReasonOption,
        account: AccountOption = "",
        password_stdin: PasswordOption = False,
        home: output.HomeOption = None,
        as_json: output.JsonOption = False,
    ) -> None:
        from workstation.catalog.gauges import named_gauge, set_gauge_status
        from workstation.catalog.values import GaugeStatus
        from workstation.station import Station

        with Station.open(output.home_of(ctx, home), create=False) as station:
            with station.read() as reader:
                gauge = named_gauge(reader, name)
            actor, _ = act_as(station, account, password_stdin)
            with station.write(actor) as work:
                changed = set_gauge_status(work, gauge.id, GaugeStatus(_STATUS[verb]), reason)
            told = station.tell_line()
        output.Printer(ctx, as_json).result(changed, f"Gauge {changed.name} is {changed.status}. {told}".strip())

    return change


for _verb, _sentence in _SENTENCES.items():
    app.command(_verb, help=_sentence)(_changing(_verb))


@app.command()
def calibrate(
    ctx: typer.Context,
    name: NameArgument,
    due: Annotated[str, typer.Option(help="When it is to be calibrated again, such as 2027-03-31.")],
    reason: Annotated[str, typer.Option(help="The certificate; it stands in the journal.")],
    account: AccountOption = "",
    password_stdin: PasswordOption = False,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Record that a gauge was calibrated, and until when that holds."""
    from workstation.catalog.gauges import named_gauge, record_calibration
    from workstation.station import Station

    with Station.open(output.home_of(ctx, home), create=False) as station:
        with station.read() as reader:
            gauge = named_gauge(reader, name)
        actor, _ = act_as(station, account, password_stdin)
        with station.write(actor) as work:
            changed = record_calibration(work, gauge.id, due, reason)
        told = station.tell_line()
    sentence = f"The calibration of {changed.name} holds until {changed.calibration_due}."
    output.Printer(ctx, as_json).result(changed, f"{sentence} {told}".strip())


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
