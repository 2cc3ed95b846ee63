"""Bias of a gauge: the mean of repeated measurements of one reference part against its reference value."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis import constants
from analysis.capability.intervals import Interval
from analysis.capability.normal import mean_and_deviation
from analysis.capability.sample import Sample, read
from analysis.errors import AnalysisError
from analysis.msa.average_range import d2_star as exact_d2_star
from analysis.msa.gauge import check_confidence
from analysis.results import Note, Provenance, Result


@dataclass(frozen=True, slots=True)
class BiasStudy(Result):
    """Bias with its test. `s_repeatability` is by `method`; `df` its degrees of freedom.

    `significant`: whether 0 lies outside the confidence interval of the bias. `pct_bias` is of `process_sigma`.
    """

    n: int
    missing: int
    reference: float
    mean: float | None
    bias: float | None
    s_repeatability: float | None
    se_bias: float | None
    t: float | None
    df: float | None
    p: float | None
    significant: bool | None
    pct_bias: float | None
    pct_repeatability: float | None
    confidence: float
    intervals: Mapping[str, Interval]
    notes: tuple[Note, ...]
    provenance: Provenance


def bias(
    values: ArrayLike,
    *,
    reference: float,
    subgroups: int | ArrayLike | None = None,
    method: str = "standard_deviation",
    d2_star: float | None = None,
    process_sigma: float | None = None,
    confidence: float = 0.95,
) -> BiasStudy:
    """Bias = mean - `reference`, t = bias / (s_r / sqrt(n)).

    `method`: "standard_deviation" (s of all values, n - 1 degrees of freedom) or "range" (mean range of the subgroups,
    or the range of all values, over d2*, with its own degrees of freedom; AIAG MSA 4th ed., chapter III section B).
    `d2_star` replaces the exact constant by a table's.
    """
    if method not in ("standard_deviation", "range"):
        raise AnalysisError(f"'{method}' is not a method of this study.", "Choose standard_deviation or range.")
    if not math.isfinite(reference):
        raise AnalysisError(f"The reference is {reference}.", "Give the calibrated value of the part.")
    if d2_star is not None and not d2_star > 0.0:
        raise AnalysisError(f"d2* is {d2_star}.", "Give a positive number, or leave it out.")
    if process_sigma is not None and not process_sigma > 0.0:
        raise AnalysisError(f"The process sigma is {process_sigma}.", "Give a positive number.")
    check_confidence(confidence)
    sample = read(values, subgroups)
    empty = BiasStudy(
        sample.n, sample.missing, reference, None, None, None, None, None, None, None, None, None, None, confidence,
        {}, (), Provenance("msa.bias", {"method": method}),
    )  # fmt: skip
    if sample.n < 2:
        note = Note("no_values" if sample.n == 0 else "one_value", "refusal", {"n": sample.n})
        return dataclasses.replace(empty, notes=(note,))
    mean, deviation = mean_and_deviation(sample.values)
    found = dataclasses.replace(empty, mean=mean, bias=mean - reference)
    if deviation <= 1e-14 * abs(mean):
        return dataclasses.replace(
            found, s_repeatability=0.0, notes=(Note("no_variation", "refusal", {"value": mean}),)
        )
    s, df = (deviation, float(sample.n - 1)) if method == "standard_deviation" else _by_ranges(sample, d2_star)
    return _tested(found, s, df, process_sigma)


def _by_ranges(sample: Sample, divisor: float | None) -> tuple[float, float]:
    """Mean range over d2*, and the degrees of freedom of its square."""
    table = sample.values.reshape(1, -1) if sample.table is None else sample.table
    rows = [row[~np.isnan(row)] for row in table]
    sizes = {row.size for row in rows}
    if len(sizes) > 1 or min(sizes) < 2:
        raise AnalysisError("Ranges need subgroups of one size, two values or more.", "Use standard_deviation.")
    size, count = sizes.pop(), len(rows)
    mean_range = float(np.mean([float(row.max() - row.min()) for row in rows]))
    return mean_range / (exact_d2_star(size, count) if divisor is None else divisor), range_degrees(size, count)


def range_degrees(size: int, count: int) -> float:
    """Degrees of freedom of (mean range / d2*)^2 (AIAG MSA 4th ed., appendix C; Patnaik 1950).

    The squared estimate has mean sigma^2; its relative variance follows from that of the mean range taken as a chi
    variate with the same ratio of standard deviation to mean.
    """
    from analysis.capability.within import matching_degrees

    return matching_degrees((constants.d3(size) / constants.d2(size)) ** 2 / count)


def _tested(found: BiasStudy, s: float, df: float, process_sigma: float | None) -> BiasStudy:
    from scipy import special

    bias_value = found.bias or 0.0
    se = s / math.sqrt(found.n)
    t = bias_value / se
    half = float(special.stdtrit(df, (1.0 + found.confidence) / 2.0)) * se
    bounds = Interval(bias_value - half, bias_value + half, found.confidence, "student_t")
    return dataclasses.replace(
        found,
        s_repeatability=s,
        se_bias=se,
        t=t,
        df=df,
        p=2.0 * float(special.stdtr(df, -abs(t))),
        significant=not bounds.lower <= 0.0 <= bounds.upper,
        pct_bias=None if process_sigma is None else 100.0 * abs(bias_value) / process_sigma,
        pct_repeatability=None if process_sigma is None else 100.0 * s / process_sigma,
        intervals={"bias": bounds},
    )
