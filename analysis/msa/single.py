"""Gauge study without operators (type 3, automated gauges): parts measured several times, nothing else changing."""

from __future__ import annotations

import math
from functools import lru_cache, partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.capability.intervals import Interval
from analysis.errors import AnalysisError
from analysis.msa import mean_squares
from analysis.msa.gauge import RAW_NDC_FACTOR, AnovaRow, GaugeStudy, Scale, check_confidence, check_shape, study_of
from analysis.msa.layout import refuse_gaps, refuse_tiny
from analysis.msa.mean_squares import Plan
from analysis.observations import as_floats
from analysis.results import Note

Floats = NDArray[np.float64]


def type3(
    values: ArrayLike,
    *,
    tolerance: float | None = None,
    process_sigma: float | None = None,
    study_width: float = 6.0,
    confidence: float = 0.95,
) -> GaugeStudy:
    """Gauge study of `values[part][trial]`: one-way random model, all gauge variation is repeatability.

    The ratio of part to gauge variance has an exact interval by the F distribution. Source: Bosch booklet 10,
    procedure 3; Montgomery, Design and Analysis of Experiments, section 13.1. Errors: AnalysisError for gaps.
    """
    table = as_floats(values, "measurements")
    if table.ndim != 2:
        raise AnalysisError(
            f"The measurements have {table.ndim} dimensions; this study has 2: part, trial.", "Give one row a part."
        )
    check_shape(table.shape, ("parts", "trials"))
    refuse_gaps(table)
    scale = Scale(study_width, tolerance, process_sigma)
    check_confidence(confidence)
    return _study(table, scale, confidence)


@lru_cache(maxsize=32)
def _plan(parts: int, trials: int, confidence: float) -> Plan:
    share = 1.0 / trials
    sums = {
        "repeatability": (0.0, 1.0),
        "grr": (0.0, 1.0),
        "part": (share, -share),
        "total": (share, 1.0 - share),
    }
    return mean_squares.plan(sums, (parts - 1, parts * (trials - 1)), confidence)


def _study(table: Floats, scale: Scale, confidence: float) -> GaugeStudy:
    parts, trials = table.shape
    mean = float(table.mean())
    rows = (table - mean).mean(axis=1)
    between = trials * float(rows @ rows)
    within = float(((table - mean - rows[:, None]) ** 2).sum())
    df = (parts - 1, parts * (trials - 1))
    notes: list[Note] = []
    refuse_tiny(between + within)
    study = partial(
        study_of, scale=scale, confidence=confidence, design="type3", counts=(parts, 1, trials), n=int(table.size),
        mean=mean, choices={"interval": mean_squares.METHOD},
    )  # fmt: skip
    if between + within <= 1e-26 * table.size * mean**2:
        return study({}, notes=[Note("no_variation", "refusal", {"value": mean})])
    ms = (between / df[0], within / df[1])
    plan, vector = _plan(parts, trials, confidence), np.array(ms)
    estimates = plan.estimates(vector)
    part = estimates["part"]
    if part < 0.0:
        notes.append(Note("negative_variance_set_to_zero", "info", {"source": "part", "estimate": part}))
    part = max(0.0, part)
    variances = {"repeatability": ms[1], "grr": ms[1], "part": part, "total": ms[1] + part}
    f = ms[0] / ms[1] if ms[1] > 0.0 else None
    anova = (
        AnovaRow(
            "part",
            df[0],
            between,
            ms[0],
            f,
            None if f is None else mean_squares.f_tail()(float(df[0]), float(df[1]), f),
        ),
        AnovaRow("repeatability", df[1], within, ms[1]),
        AnovaRow("total", sum(df), between + within, None),
    )
    intervals = {**plan.intervals(vector), **(_ratio(f, df, trials, confidence) if f is not None else {})}
    return study(variances, anova=anova, intervals=intervals, notes=notes)


def _ratio(f: float, df: tuple[int, int], trials: int, confidence: float) -> dict[str, Interval]:
    """Exact: (F / F quantile - 1) / trials is a bound of part over gauge variance."""
    tail = (1.0 - confidence) / 2.0
    low = max(0.0, (f / mean_squares.upper_f(*df, tail) - 1.0) / trials)
    high = max(0.0, (f / mean_squares.upper_f(*df, 1.0 - tail) - 1.0) / trials)
    near, far = math.sqrt(low), math.sqrt(high)
    return {
        "ndc": Interval(RAW_NDC_FACTOR * near, RAW_NDC_FACTOR * far, confidence, "exact F"),
        "pct_study_grr": Interval(100.0 / math.hypot(1.0, far), 100.0 / math.hypot(1.0, near), confidence, "exact F"),
    }
