"""The pictures of an inspection report, drawn from its facts."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from analysis.capability import CapabilityResult
from analysis.rule_words import short_code
from workstation.catalog.values import Chart
from workstation.reports.drawing.capability import Index, capability_panel
from workstation.reports.drawing.control import ControlTrace, control_chart
from workstation.reports.drawing.distribution import Curve, Specification, histogram

if TYPE_CHECKING:  # what is drawn knows the store's records, how it is drawn does not: `analyze` opens no station
    from workstation.reports.inspection.facts import InspectionFacts, Subgroup

REQUIRED = 1.33
"""The index that capability is compared with on the panel; AIAG PPAP asks for more than 1.67 of a new process."""

_NAMES = {
    Chart.XBAR_R: ("Mean of {size}", "Range"),
    Chart.XBAR_S: ("Mean of {size}", "Standard deviation"),
    Chart.I_MR: ("Individual value", "Moving range"),
}


def control_chart_of(facts: InspectionFacts, *, width: float = 510.0) -> str:
    """Location and dispersion of the report's subgroups with the limits that judged them."""
    what, subgroups = facts.characteristic, facts.subgroups
    location, dispersion = _NAMES[what.chart]
    traces = [
        ControlTrace(
            location.format(size=what.subgroup_size),
            what.unit,
            [s.mean for s in subgroups],
            center=_line(subgroups, lambda s: s.center),
            lower=_line(subgroups, lambda s: s.lower),
            upper=_line(subgroups, lambda s: s.upper),
            signals=_signals(subgroups, lambda s: s.location_rules),
            decimals=what.decimals + 1,
        ),
        ControlTrace(
            dispersion,
            what.unit,
            [math.nan if s.spread is None else s.spread for s in subgroups],
            center=_line(subgroups, lambda s: s.spread_center),
            lower=_line(subgroups, lambda s: s.spread_lower or None),
            upper=_line(subgroups, lambda s: s.spread_upper),
            signals=_signals(subgroups, lambda s: s.dispersion_rules),
            decimals=what.decimals + 1,
            from_zero=True,
        ),
    ]
    return control_chart(
        traces, [str(s.number) for s in subgroups], watched_from=_watched_from(subgroups), width=width, height=160.0
    )


def _line(subgroups: Sequence[Subgroup], of: Callable[[Subgroup], float | None]) -> list[float] | None:
    values = [of(subgroup) for subgroup in subgroups]
    if all(value is None for value in values):
        return None
    return [math.nan if value is None else value for value in values]


def _signals(subgroups: Sequence[Subgroup], of: Callable[[Subgroup], tuple[str, ...]]) -> dict[int, tuple[str, ...]]:
    return {index: tuple(map(short_code, of(s))) for index, s in enumerate(subgroups) if of(s)}


def _watched_from(subgroups: Sequence[Subgroup]) -> int | None:
    """Where the baseline ends, when the report shows one baseline and what was judged by it."""
    judged = [index for index, s in enumerate(subgroups) if s.limits is not None and not s.baseline]
    if not judged or judged[0] == 0 or any(s.baseline for s in subgroups[judged[0] :]):
        return None
    return judged[0]


def histogram_of(facts: InspectionFacts, *, width: float = 300.0) -> str:
    """All values with the specification and the densities that the capability rests on."""
    what = facts.characteristic
    resolution = float(10**-what.decimals)
    lower, upper, target = (_number(v) for v in (what.lower_specification, what.upper_specification, what.nominal))
    values = [float(reading.value) for reading in facts.readings]
    edges, counts = bins(values, resolution, upper if upper is not None else lower)
    beyond = [float(reading.value) for reading in facts.out_of_tolerance]
    return histogram(
        edges,
        counts,
        what.unit,
        Specification(lower, upper, target, what.decimals),
        outside=counted(beyond, edges),
        curves=[] if facts.capability is None else density_curves(facts.capability, edges),
        width=width,
        height=178.0,
    )


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def bins(values: Sequence[float], resolution: float, anchor: float | None) -> tuple[list[float], list[int]]:
    """Edges and counts of equal bins, a whole number of resolution steps wide, with edges between readings.

    The width is that of Freedman and Diaconis (1981), 2 IQR / cube root of n. `anchor` is a specification limit beside
    which an edge lies, half a step outside it: a value on the limit conforms.
    """
    if not values:
        return [], []
    ordered = sorted(values)
    count = len(ordered)
    spread = ordered[(3 * count) // 4] - ordered[count // 4]
    wanted = 2 * spread / count ** (1 / 3) or (ordered[-1] - ordered[0]) / 10
    steps = max(1, round(wanted / resolution))
    while (ordered[-1] - ordered[0]) / (steps * resolution) > 60:
        steps *= 2
    width = steps * resolution
    start = (anchor if anchor is not None else ordered[0]) + resolution / 2
    first = math.floor((ordered[0] - start) / width)
    last = math.floor((ordered[-1] - start) / width)
    edges = [start + index * width for index in range(first, last + 2)]
    return edges, counted(ordered, edges)


def counted(values: Sequence[float], edges: Sequence[float]) -> list[int]:
    """How many values lie in each bin."""
    counts = [0] * max(len(edges) - 1, 0)
    for value in values:
        counts[min(max(bisect_right(edges, value) - 1, 0), len(counts) - 1)] += 1
    return counts


def density_curves(result: CapabilityResult, edges: Sequence[float]) -> list[Curve]:
    """Normal densities of the overall and the within spread over the range of `edges`; none for another model."""
    if result.mean is None or result.model != "normal" or not edges:
        return []
    found = []
    for name, spread, dashed in (("overall", result.overall, False), ("within", result.within, True)):
        if spread.sigma is not None and spread.sigma > 0:
            reach = max(edges[-1] - result.mean, result.mean - edges[0], 4 * spread.sigma)
            xs = [result.mean + reach * (i / 100 - 1) for i in range(201)]
            found.append(Curve(name, xs, [normal_density(x, result.mean, spread.sigma) for x in xs], dashed))
    return found


def normal_density(x: float, mean: float, sigma: float) -> float:
    """Density of the normal distribution at `x`."""
    return math.exp(-0.5 * ((x - mean) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))


def capability_of(facts: InspectionFacts, *, width: float = 190.0) -> str:
    """The indices with their confidence intervals."""
    return capability_panel(
        [] if facts.capability is None else indices(facts.capability), required=REQUIRED, width=width, row=24.0
    )


def indices(result: CapabilityResult) -> list[Index]:
    """Cp, Cpk, Pp, Ppk of a study, those that could be computed, with their intervals."""
    found = []
    for label, name in (("Cp", "cp"), ("Cpk", "cpk"), ("Pp", "pp"), ("Ppk", "ppk")):
        value = getattr(result, name)
        if value is not None:
            interval = result.intervals.get(name)
            bounds = (None, None) if interval is None else (interval.lower, interval.upper)
            found.append(Index(label, float(value), *bounds))
    return found
