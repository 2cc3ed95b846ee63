"""What `sinebar records` does to records: correct a kept value, clear a mis-scan, report a nonconformance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workstation.cli import output
from workstation.cli.identity import AccountOption, PasswordOption, act_as, act_on
from workstation.errors import CallIsWrong

if TYPE_CHECKING:
    from workstation.catalog.values import Criticality

_MOST = 10**15


def correct(
    ctx: typer.Context,
    value: Annotated[str, typer.Argument(help="The right value, with its decimals.", show_default=False)],
    characteristic: Annotated[str, typer.Option(help="The characteristic's name or number.")],
    subgroup: Annotated[int, typer.Option(min=1, max=_MOST, help="The subgroup's number.")],
    position: Annotated[int, typer.Option(min=1, max=_MOST, help="The value's place in the subgroup.")],
    reason: Annotated[str, typer.Option(help="Why the kept value is wrong; it stands in the journal.")],
    unit: Annotated[str, typer.Option(help="The right value's unit; the kept one's when left out.")] = "",
    account: AccountOption = "",
    password_stdin: PasswordOption = False,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Correct a kept value: the first one stays beside it, and what was judged with it is judged anew."""
    from workstation.catalog.parts import named_characteristic
    from workstation.line.correction import Correction
    from workstation.station import Station

    with Station.open(output.home_of(ctx, home), create=False) as station:
        with station.read() as reader:
            item = named_characteristic(reader, characteristic)
        actor, _ = act_as(station, account, password_stdin)
        done, told = station.correct(actor, Correction(item.id, subgroup, position, value, unit), reason)
    output.Printer(ctx, as_json).result(done, f"{done.told()} {told}".strip())


def clear_scan(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="The code, whole, or the scan's identity.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why the scan was wrong; it stands in the journal.")],
    account: AccountOption = "",
    password_stdin: PasswordOption = False,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Say that a scan was a mistake: it never held, and what held before it holds again."""
    from workstation.catalog.identifications import clear_identification, standing_identification
    from workstation.catalog.scanned import shown

    cleared, told = act_on(
        output.home_of(ctx, home), account, password_stdin, lambda reader: standing_identification(reader, text),
        lambda work, found: clear_identification(work, found.uid, reason),
    )  # fmt: skip
    sentence = f"The {cleared.kind} '{shown(cleared.text)}' is cleared: it stays in the records and holds for nothing."
    output.Printer(ctx, as_json).result(cleared, f"{sentence} {told}".strip())


def report_nonconformance(
    ctx: typer.Context,
    description: Annotated[str, typer.Argument(help="What is not as specified.", show_default=False)],
    part: Annotated[str, typer.Option(help="The part's number.")] = "",
    characteristic: Annotated[str, typer.Option(help="The characteristic's name or number.")] = "",
    quantity: Annotated[int, typer.Option(min=1, max=10_000_000, help="How many pieces.")] = 1,
    severity: Annotated[str, typer.Option(help="minor, major or critical; the characteristic's when left out.")] = "",
    account: AccountOption = "",
    password_stdin: PasswordOption = False,
    home: output.HomeOption = None,
    as_json: output.JsonOption = False,
) -> None:
    """Open a nonconformance by hand: what somebody saw and no gauge told."""
    from workstation.catalog.parts import named_characteristic, named_part
    from workstation.quality.nonconformances import Sighting
    from workstation.quality.nonconformances import report_nonconformance as report
    from workstation.station import Station

    how_bad = _severity(severity)
    with Station.open(output.home_of(ctx, home), create=False) as station:
        with station.read() as reader:
            part_id = named_part(reader, part).id if part else None
            item = named_characteristic(reader, characteristic, part).id if characteristic else None
        actor, _ = act_as(station, account, password_stdin)
        with station.write(actor) as work:
            opened = report(work, Sighting(description, quantity, part_id, item, how_bad))
    sentence = f"{opened.number} is open: {opened.nature} ({opened.quantity} pcs, {opened.severity})."
    output.Printer(ctx, as_json).result(opened, sentence)


def _severity(text: str) -> Criticality | None:
    from workstation.catalog.values import Criticality

    try:
        return Criticality(text) if text else None
    except ValueError:
        names = ", ".join(Criticality)
        raise CallIsWrong(f"There is no severity {text!r}.", f"The severities are {names}.") from None
