"""What the control chart page reads: the subgroups as they were judged, or looked at under other rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis import charts
from analysis.errors import AnalysisError
from analysis.rule_words import rule_name
from analysis.rules import SETS, RuleSet
from ui.charts.track import Track
from ui.charts.tracks import LiveTracks, Scale, frozen_limits, limits_of, tracks_of_result
from ui.charts.wording import sigma_method
from ui.models.station_board import subgroups_of
from workstation.errors import Refused

if TYPE_CHECKING:
    from analysis.charts.model import Limits
    from workstation.catalog.identifications import Identified
    from workstation.catalog.values import Characteristic, ControlLimits
    from workstation.station import Station
    from workstation.store import Measurement, SubgroupWindow

AS_JUDGED = ""
MOST = 20_000
"""Most subgroups one view shows; older ones are reached by name of the characteristic in a report."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A characteristic that can be chosen, with its part."""

    id: int
    name: str
    part: str


@dataclass(frozen=True, slots=True)
class ChartView:
    """One characteristic's chart: `basis` says in a sentence which limits and rules it shows."""

    characteristic: Characteristic
    tracks: tuple[Track, Track]
    window: SubgroupWindow
    basis: str
    named: Identified | None = None
    """The serial numbers and lots that were scanned for its subgroups."""


@dataclass(frozen=True, slots=True)
class SubgroupDetail:
    """The values of one subgroup as they were sent, in their newest version."""

    number: int
    values: tuple[Measurement, ...]
    in_tolerance: tuple[bool | None, ...]
    before: Mapping[int, tuple[Measurement, ...]]
    """What stood at a position before it was corrected, oldest first."""
    named: Identified
    """The serial numbers and lots that were scanned for it."""


def rule_sets() -> tuple[str, ...]:
    """Names of the rule sets one can look with."""
    return tuple(SETS)


def read_choices(station: Station) -> list[Choice]:
    """Every characteristic, with its part."""
    from workstation.catalog import parts

    with station.store.read() as reader:
        names = {part.id: part.number for part in parts.parts(reader)}
        return [Choice(one.id, one.name, names[one.part_id]) for one in parts.characteristics(reader)]


def read_chart(station: Station, characteristic: int, count: int, rules: str) -> ChartView:
    """The newest `count` subgroups; `rules` names a rule set to look with, empty for 'as judged'."""
    from workstation.catalog import limits, parts

    with station.store.read() as reader:
        item = parts.characteristic(reader, characteristic)
        window = reader.last_subgroups(characteristic, min(count, MOST))
        active = limits.active_limits(reader, characteristic)
        scale = Scale(str(item.chart), item.unit, item.decimals + 1)
        if rules == AS_JUDGED:
            history = limits.limits_history(reader, characteristic)
            return ChartView(item, _as_judged(item, window, scale, history), window, _basis_judged(item, history))
        return _looked_at(item, window, scale, active, RuleSet.by_name(rules))


def read_named_chart(station: Station, characteristic: int, count: int, rules: str) -> ChartView:
    """As `read_chart`, with what was scanned for the subgroups."""
    from workstation.catalog.identifications import identified

    view = read_chart(station, characteristic, count, rules)
    numbers = view.window.numbers
    if not len(numbers):
        return view
    with station.store.read() as reader:
        return replace(view, named=identified(reader, characteristic, int(numbers[0]), int(numbers[-1])))


def read_subgroup(station: Station, characteristic: int, number: int) -> SubgroupDetail:
    """One subgroup's values."""
    from workstation.catalog import parts
    from workstation.catalog.identifications import identified
    from workstation.units import convert

    with station.store.read() as reader:
        item = parts.characteristic(reader, characteristic)
        versions: dict[int, list[Measurement]] = {}
        for value in reader.measurements(characteristic, number, number, versions=True):
            versions.setdefault(value.position, []).append(value)
        values = tuple(found[-1] for found in versions.values())
        inside = tuple(item.in_tolerance(convert(value.value, value.unit, item.unit)) for value in values)
        before = {position: tuple(found[:-1]) for position, found in versions.items()}
        return SubgroupDetail(number, values, inside, before, identified(reader, characteristic, number, number))


def _as_judged(
    item: Characteristic, window: SubgroupWindow, scale: Scale, history: Sequence[ControlLimits]
) -> tuple[Track, Track]:
    rules = RuleSet.from_text(item.rules)
    live = LiveTracks(scale, rules, frozen_limits(history), MOST)
    live.extend(subgroups_of(window, rules))
    return live.tracks()


def _looked_at(
    item: Characteristic, window: SubgroupWindow, scale: Scale, active: ControlLimits | None, rules: RuleSet
) -> ChartView:
    name = rule_name(rules.name)
    try:
        if active is not None:
            result = charts.evaluate(_points(item, window), limits_of(active.limits), rules)
            basis = f"Looked at with the rules {name} and the frozen limits. What was kept is not changed."
        else:
            result = charts.study(str(item.chart), _points(item, window), rules)
            basis = (
                f"Looked at with the rules {name} and trial limits computed from these {len(window.numbers)} "
                "subgroups. Nothing of this is kept."
            )
    except AnalysisError as error:
        raise Refused(str(error), "Choose 'As judged', or collect more subgroups.") from error
    return ChartView(item, tracks_of_result(result, window.numbers, scale), window, basis)


def _points(item: Characteristic, window: SubgroupWindow) -> NDArray[np.float64]:
    """A window's values as the chart takes them: a row a subgroup, or a column of single values.

    Subgroups from before the plan asked for single values are gaps in it.
    """
    if item.subgroup_size > 1:
        return window.values
    return np.where(window.sizes == 1, window.values[:, :1].ravel(), np.nan)


def _basis_judged(item: Characteristic, history: Sequence[ControlLimits]) -> str:
    rules = "of its own" if item.rules.startswith("{") else rule_name(item.rules)
    active = next((one for one in history if one.active), None)
    if active is None:
        return f"Limits are not set yet: the plan takes them from the first {item.baseline_subgroups} subgroups."
    at = datetime.fromtimestamp(active.established_at / 1e6).astimezone()
    which = f"Limits {history.index(active) + 1} of this chart," if len(history) > 1 else "Limits"
    if active.given is not None:
        return f"{which} given on {at:%Y-%m-%d %H:%M}: {active.given}; rules {rules}."
    made: Limits = limits_of(active.limits)
    sigma = (
        f"σ = {made.sigma:.{item.decimals + 2}f} {item.unit} from {sigma_method(made.sigma_method)}"
        if np.isfinite(made.sigma)
        else ""
    )
    without = f" without {', '.join(map(str, active.left_out))}" if active.left_out else ""
    return (
        f"{which} frozen on {at:%Y-%m-%d %H:%M} from subgroups {active.first_subgroup} to {active.last_subgroup}"
        f"{without}; rules {rules}; {sigma}."
    )
