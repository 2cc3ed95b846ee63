"""`sinebar gauges`: lock, release, calibrate and retire gauges, and end what feeds a characteristic."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from workstation.cli import output
from workstation.cli.identity import AccountOption, PasswordOption, act_on

if TYPE_CHECKING:
    from workstation.catalog.values import Binding, Gauge
    from workstation.store import Reader

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

        changed, told = act_on(
            output.home_of(ctx, home), account, password_stdin, lambda reader: named_gauge(reader, name),
            lambda work, gauge: set_gauge_status(work, gauge.id, GaugeStatus(_STATUS[verb]), reason),
        )  # fmt: skip
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

    changed, told = act_on(
        output.home_of(ctx, home), account, password_stdin, lambda reader: named_gauge(reader, name),
        lambda work, gauge: record_calibration(work, gauge.id, due, reason),
    )  # fmt: skip
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

    def find(reader: Reader) -> tuple[Gauge, Binding]:
        gauge = named_gauge(reader, name)
        return gauge, named_binding(reader, gauge, channel)

    (gauge, ended), told = act_on(
        output.home_of(ctx, home), account, password_stdin, find,
        lambda work, found: (found[0], unbind(work, found[1].id, reason)),
    )  # fmt: skip
    sentence = f"Channel {channel} of {gauge.name} feeds nothing any more. {told}"
    output.Printer(ctx, as_json).result(ended, sentence.strip())
