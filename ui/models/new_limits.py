"""What the dialog for control limits shows: the limits in force beside those that would be, and their chart."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ui.charts.track import Track
from ui.charts.tracks import Scale, tracks_of_result
from ui.charts.wording import quantities
from ui.models.table import Column, Row
from workstation.errors import CallIsWrong

if TYPE_CHECKING:
    from workstation.catalog.values import Characteristic
    from workstation.line.new_limits import Figures, Wanted
    from workstation.station import Station

SUBGROUPS, GIVEN = "subgroups", "given"
"""Keys of what limits can rest on."""
_NUMBER = re.compile("[0-9]{1,15}")
_NAMED = 10
"""Groups of subgroups out of control that are named in the table; all of them are marked on the chart."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal as it is shown; `mark` says which one it was when it is put in force.

    `hint` says why there is nothing to draw, where there is nothing.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    tracks: tuple[Track, Track]
    remarks: tuple[str, ...]
    mark: str
    hint: str = ""


def wanted_of(item: Characteristic, answers: Mapping[str, str]) -> Wanted:
    """What was filled in: by its `basis`, `first`, `last` and `left_out`, a line each cause, or `mean` and `sigma`.

    Raises CallIsWrong.
    """
    from workstation.line.given_limits import parse_given
    from workstation.line.new_limits import Wanted, parse_left_out

    if answers["basis"] == GIVEN:
        return Wanted(item.id, given=parse_given(answers["mean"], answers["sigma"], item.unit))
    for name in ("first", "last"):
        if _NUMBER.fullmatch(answers[name].strip()) is None:
            raise CallIsWrong(
                f"{answers[name][:30]!r} is no subgroup's number.", "Name the first and the last subgroup."
            )
    lines = [line for line in answers["left_out"].splitlines() if line.strip()]
    return Wanted(item.id, int(answers["first"]), int(answers["last"]), left_out=parse_left_out(lines))


def read_proposal(station: Station, item: Characteristic, wanted: Wanted) -> Proposed:
    """Compute what the limits would be; keeps nothing. Raises Expected."""
    from workstation.line.new_limits import draft

    with station.read() as reader:
        made = draft(reader, wanted)
    scale = Scale(str(item.chart), item.unit, item.decimals + 1)
    proposal = made.proposal
    both = (("In force", proposal.before), ("Proposed", proposal.after))
    rows = tuple(_row(name, one, scale, proposal.judged) for name, one in both if one is not None)
    hint = "" if proposal.judged else "No subgroup is closed yet: the first one is judged by these limits."
    return Proposed(
        _columns(scale), rows, tracks_of_result(made.result, made.numbers, scale), proposal.remarks, made.mark, hint
    )


def _columns(scale: Scale) -> tuple[Column, ...]:
    above, below = quantities(scale.chart)
    return (
        Column(f"Limits, {scale.unit}".rstrip(", ")), Column("From subgroups"),
        Column(f"{above}: center", is_figure=True), Column("LCL to UCL", is_figure=True),
        Column(f"{below}: center", is_figure=True), Column("LCL to UCL", is_figure=True),
        Column("σ", is_figure=True), Column("Out of control"),
    )  # fmt: skip


def _row(name: str, one: Figures, scale: Scale, judged: int) -> Row:
    broken = [signal.subgroup for signal in one.broken]
    out = f"{len(broken)}: {_named(broken)}" if broken else f"none of {judged}" if judged else "–"
    basis = "none: given" if one.given is not None else f"{one.first} to {one.last}"
    decimals = scale.decimals
    cells = (
        name, basis, f"{one.location[0]:.{decimals}f}", _between(one.location, decimals),
        f"{one.dispersion[0]:.{decimals}f}", _between(one.dispersion, decimals), f"{one.sigma:.{decimals + 1}f}", out,
    )  # fmt: skip
    return Row(name, cells)


def _named(numbers: Sequence[int]) -> str:
    """Rising numbers in words, three and more in a row by their first and last: `7, 23 to 26`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told = [f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
    return ", ".join(told[:_NAMED]) + (" …" if len(told) > _NAMED else "")


def _between(lines: tuple[float, float, float], decimals: int) -> str:
    return f"{lines[1]:.{decimals}f} to {lines[2]:.{decimals}f}"
