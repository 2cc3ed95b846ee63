"""The six-panel capability report as numbers: charts, last subgroups, histogram, normal plot, capability plot."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis import bounds, charts
from analysis.capability.intervals import normal_quantile
from analysis.capability.normal import mean_and_deviation, within_method
from analysis.capability.presets import INDIVIDUAL_METHODS, Preset, preset
from analysis.capability.result import CapabilityResult
from analysis.capability.sample import Floats, Sample, read
from analysis.capability.specification import Specification
from analysis.capability.study import study
from analysis.charts import ChartResult
from analysis.errors import AnalysisError
from analysis.results import Note, Provenance, Result
from analysis.rules import MINITAB_DEFAULT, RuleSet

LAST_SUBGROUPS = 25
CURVE_POINTS = 201
# A chart of standard deviations is more efficient than one of ranges from 9 values on (AIAG SPC 2nd ed., chapter II).
LARGEST_RANGE_SUBGROUP = 8


@dataclass(frozen=True, slots=True)
class LastSubgroups(Result):
    """Values of the last subgroups by position (0-based) of their subgroup, for a plot of points."""

    positions: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Histogram(Result):
    """Counts between `edges` (one more than counts), and normal curves scaled to counts, within and overall."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    curve_x: tuple[float, ...]
    curve_within: tuple[float, ...] | None
    curve_overall: tuple[float, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class ProbabilityPlot(Result):
    """Ordered values against normal scores with the fitted line and its confidence band.

    `probabilities` are plotting positions; `scores` their normal quantiles. The band at a score z is
    mean + z s ± z(confidence) s sqrt(1/n + z^2 / (2 (n - 1))).
    """

    values: tuple[float, ...]
    probabilities: tuple[float, ...]
    scores: tuple[float, ...]
    line: tuple[float, ...]
    band_lower: tuple[float, ...]
    band_upper: tuple[float, ...]
    positions: str
    confidence: float


@dataclass(frozen=True, slots=True)
class CapabilityPlot(Result):
    """Intervals to be drawn beneath each other: within and overall spread (mean ± 3 sigma), and the specification."""

    within: tuple[float, float] | None
    overall: tuple[float, float] | None
    specification: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class SixPanel(Result):
    """All six panels; `chart` holds the chart of location and of spread. None where nothing could be computed."""

    chart: ChartResult | None
    last_subgroups: LastSubgroups | None
    histogram: Histogram | None
    probability_plot: ProbabilityPlot | None
    capability_plot: CapabilityPlot | None
    capability: CapabilityResult
    notes: tuple[Note, ...]
    provenance: Provenance


def six_panel(
    values: ArrayLike,
    specification: Specification,
    *,
    subgroups: int | ArrayLike | None = None,
    within: str | None = None,
    confidence: float = 0.95,
    preset: str | Preset = "aiag_vda",
    rules: RuleSet = MINITAB_DEFAULT,
    last: int = LAST_SUBGROUPS,
    positions: str = "blom",
) -> SixPanel:
    """Numbers of the report for the normal model; arguments as in `study`.

    The chart is of individuals and moving ranges, of means and ranges for subgroups up to 8, else of means and standard
    deviations. `positions`: "blom" (i - 3/8)/(n + 1/4), "median_rank" (i - 0.3)/(n + 0.4) (Benard), "hazen"
    (i - 1/2)/n.
    """
    bounds.whole(last, "number of last subgroups", 1)
    if positions not in _POSITIONS:
        raise AnalysisError(f"'{positions}' is no plotting position.", f"Choose one of {', '.join(_POSITIONS)}.")
    sample = read(values, subgroups)
    made = study(
        values,
        specification,
        subgroups=subgroups,
        within=within,
        confidence=confidence,
        preset=preset,
        anderson_darling=True,
    )
    provenance = Provenance("capability.six_panel", {"positions": positions, "last": last}, made.provenance.preset)
    if made.overall.sigma is None:
        return SixPanel(None, None, None, None, None, made, made.notes, provenance)
    return SixPanel(
        chart=_chart(sample, _method(sample, preset, within), rules),
        last_subgroups=_last(sample, last),
        histogram=_histogram(sample.values, made),
        probability_plot=_probability_plot(sample.values, confidence, positions),
        capability_plot=_capability_plot(made),
        capability=made,
        notes=made.notes,
        provenance=provenance,
    )


def _method(sample: Sample, name: str | Preset, within: str | None) -> str:
    chosen = preset(name)
    if within is None:
        return within_method(sample, chosen)
    return within if sample.table is not None or within in INDIVIDUAL_METHODS else "mr_mean"


def _chart(sample: Sample, method: str, rules: RuleSet) -> ChartResult | None:
    """The chart whose sigma is the study's; estimators that a chart does not know are its own default."""
    if sample.table is None:
        return charts.study("i_mr", sample.sequence, rules)
    kind = "xbar_r" if sample.subgroup_size <= LARGEST_RANGE_SUBGROUP else "xbar_s"
    options: dict[str, Any] = {"sigma": method} if method not in INDIVIDUAL_METHODS else {}
    try:
        return charts.study(kind, sample.table, rules, **options)
    except AnalysisError:
        # no subgroup of two values: there is a spread of all values, but no chart of subgroups
        return None


def _last(sample: Sample, last: int) -> LastSubgroups:
    table = sample.sequence.reshape(-1, 1) if sample.table is None else sample.table
    first = max(0, table.shape[0] - last)
    part = table[first:]
    rows, columns = np.nonzero(~np.isnan(part))
    return LastSubgroups(tuple((rows + first).tolist()), tuple(part[rows, columns].tolist()))


def _histogram(values: Floats, made: CapabilityResult) -> Histogram:
    """Classes by Freedman and Diaconis, at least by Sturges, at most 100."""
    low, high = float(values.min()), float(values.max())
    quarter, three_quarters = np.quantile(values, [0.25, 0.75]).tolist()
    width = 2.0 * (three_quarters - quarter) / values.size ** (1.0 / 3.0)
    sturges = math.ceil(math.log2(values.size)) + 1
    count = min(100, max(sturges, math.ceil((high - low) / width) if width > 0.0 else sturges))
    counts, edges = np.histogram(values, bins=count, range=(low, high))
    mean, sigma = made.mean or 0.0, made.overall.sigma or 1.0
    x = np.linspace(min(low, mean - 4.0 * sigma), max(high, mean + 4.0 * sigma), CURVE_POINTS)
    area = values.size * (high - low) / count
    inner = made.within.sigma
    return Histogram(
        tuple(edges.tolist()),
        tuple(counts.tolist()),
        tuple(x.tolist()),
        None if inner is None else _curve(x, mean, inner, area),
        _curve(x, mean, sigma, area),
        "Freedman-Diaconis, at least Sturges",
    )


def _curve(x: Floats, mean: float, sigma: float, area: float) -> tuple[float, ...]:
    height = area / (sigma * math.sqrt(2.0 * math.pi))
    curve: list[float] = (height * np.exp(-0.5 * ((x - mean) / sigma) ** 2)).tolist()
    return tuple(curve)


# (offset, addition to n): position i of n stands at (i - offset) / (n + addition)
_POSITIONS = {"blom": (0.375, 0.25), "median_rank": (0.3, 0.4), "hazen": (0.5, 0.0)}


def _probability_plot(values: Floats, confidence: float, positions: str) -> ProbabilityPlot:
    from scipy import special

    ordered = np.sort(values)
    n = ordered.size
    mean, sigma = mean_and_deviation(ordered)
    offset, addition = _POSITIONS[positions]
    p = (np.arange(1, n + 1) - offset) / (n + addition)
    scores = np.asarray(special.ndtri(p))
    line = mean + scores * sigma
    half = normal_quantile(confidence) * sigma * np.sqrt(1.0 / n + scores**2 / (2.0 * (n - 1)))
    return ProbabilityPlot(
        values=tuple(ordered.tolist()),
        probabilities=tuple(p.tolist()),
        scores=tuple(scores.tolist()),
        line=tuple(line.tolist()),
        band_lower=tuple((line - half).tolist()),
        band_upper=tuple((line + half).tolist()),
        positions=positions,
        confidence=confidence,
    )


def _capability_plot(made: CapabilityResult) -> CapabilityPlot:
    def three(sigma: float | None) -> tuple[float, float] | None:
        if sigma is None or made.mean is None:
            return None
        return made.mean - 3.0 * sigma, made.mean + 3.0 * sigma

    spec = made.specification
    return CapabilityPlot(three(made.within.sigma), three(made.overall.sigma), (spec.lower, spec.upper))
