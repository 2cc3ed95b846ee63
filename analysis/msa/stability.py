"""Stability of a gauge: one master measured again and again over time, judged by a control chart."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis import charts
from analysis.capability.intervals import Interval
from analysis.capability.normal import mean_and_deviation, mean_interval
from analysis.capability.sample import read
from analysis.charts import ChartResult
from analysis.results import Note, Provenance, Result
from analysis.rules import MINITAB_DEFAULT, RuleSet
from analysis.trend import mann_kendall

LARGEST_RANGE_SUBGROUP = 8


@dataclass(frozen=True, slots=True)
class StabilityStudy(Result):
    """The chart of the master's measurements, whether it shows any signal, and whether there is a drift.

    `stable`: no signal on location or spread. `drift_slope` per subgroup (Sen) and `drift_p` (Mann-Kendall) on the
    subgroup means. With a `reference` the `bias` over all time and its interval. `sigma_repeatability` is the chart's.
    """

    n: int
    missing: int
    subgroup_count: int
    mean: float | None
    sigma_repeatability: float | None
    stable: bool | None
    signals: int
    drift_slope: float | None
    drift_p: float | None
    reference: float | None
    bias: float | None
    intervals: Mapping[str, Interval]
    chart: ChartResult | None
    confidence: float
    notes: tuple[Note, ...]
    provenance: Provenance


def stability(
    values: ArrayLike,
    *,
    subgroups: int | ArrayLike | None = None,
    reference: float | None = None,
    rules: RuleSet = MINITAB_DEFAULT,
    confidence: float = 0.95,
) -> StabilityStudy:
    """Chart of the master part: individuals, means and ranges up to 8 values a time, else means and deviations.

    Source: AIAG MSA 4th ed., chapter III section B (stability).
    """
    sample = read(values, subgroups)
    rows = sample.sequence.reshape(-1, 1) if sample.table is None else sample.table
    count = int(np.count_nonzero(~np.isnan(rows).all(axis=1)))
    empty = StabilityStudy(
        sample.n, sample.missing, count, None, None, None, 0, None, None, reference, None, {}, None, confidence, (),
        Provenance("msa.stability", {"rules": rules.name}),
    )  # fmt: skip
    if sample.n < 2 or count < 2:
        note = Note("no_values" if sample.n == 0 else "too_few_subgroups", "refusal", {"n": count, "needed": 2})
        return dataclasses.replace(empty, notes=(note,))
    mean, deviation = mean_and_deviation(sample.values)
    if deviation <= 1e-14 * abs(mean):
        note = Note("no_variation", "refusal", {"value": mean})
        return dataclasses.replace(empty, mean=mean, notes=(note,))
    made = _chart(rows, rules)
    signals = sum(int(np.count_nonzero(panel.signals)) for panel in made.panels)
    means = np.array([float(row[~np.isnan(row)].mean()) for row in rows if not np.isnan(row).all()])
    drift = mann_kendall(means, confidence=confidence) if means.size >= 4 and float(np.ptp(means)) > 0.0 else None
    bounds = {} if reference is None else {"bias": mean_interval(mean - reference, deviation, sample.n, confidence)}
    return dataclasses.replace(
        empty,
        mean=mean,
        sigma_repeatability=made.limits[0].sigma,
        stable=signals == 0,
        signals=signals,
        drift_slope=None if drift is None else drift.slope,
        drift_p=None if drift is None else drift.p,
        bias=None if reference is None else mean - reference,
        intervals=bounds,
        chart=made,
        notes=() if count >= 20 else (Note("few_subgroups", "info", {"n": count, "advised": 20}),),
    )


def _chart(rows: np.ndarray, rules: RuleSet) -> ChartResult:
    size = rows.shape[1]
    if size == 1:
        return charts.study("i_mr", rows[:, 0], rules)
    return charts.study("xbar_r" if size <= LARGEST_RANGE_SUBGROUP else "xbar_s", rows, rules)
