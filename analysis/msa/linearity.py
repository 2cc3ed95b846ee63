"""Linearity of a gauge: how its bias changes over the range of what it measures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.capability.intervals import Interval
from analysis.capability.sample import check_scale
from analysis.errors import AnalysisError
from analysis.msa.gauge import check_confidence
from analysis.observations import as_floats
from analysis.results import Choice, Note, Provenance, Result

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ReferenceBias(Result):
    """Bias at one reference value with Student's test; its t uses the spread pooled over all references.

    `band`: confidence interval of the fitted line there, which should hold 0.
    """

    reference: float
    n: int
    mean: float
    bias: float
    t: float | None
    p: float | None
    fitted: float
    band: Interval


@dataclass(frozen=True, slots=True)
class LinearityStudy(Result):
    """Line bias = intercept + slope * reference, and what the line means.

    `linearity` = |slope| * process variation (the change of bias over it), `pct_linearity` = 100 |slope|;
    `average_bias` over all measurements, `pct_bias` of the process variation. `s` is the residual standard deviation.
    `acceptable`: the line bias = 0 lies within the band at every reference. `lack_of_fit_p` tests whether a straight
    line describes the biases.
    """

    n: int
    missing: int
    references: tuple[ReferenceBias, ...]
    slope: float | None
    intercept: float | None
    slope_t: float | None
    slope_p: float | None
    intercept_t: float | None
    intercept_p: float | None
    s: float | None
    df: int
    r_squared: float | None
    average_bias: float | None
    average_bias_p: float | None
    linearity: float | None
    pct_linearity: float | None
    pct_bias: float | None
    lack_of_fit_p: float | None
    acceptable: bool | None
    process_variation: float | None
    confidence: float
    intervals: Mapping[str, Interval]
    notes: tuple[Note, ...]
    provenance: Provenance


def linearity(
    values: ArrayLike,
    references: ArrayLike,
    *,
    process_variation: float | None = None,
    confidence: float = 0.95,
) -> LinearityStudy:
    """Regression of the single biases on the reference, one reference a value (or a row of values a reference).

    `process_variation`: 6 sigma of the process (or the tolerance), for the percentages. Source: AIAG MSA 4th ed.,
    chapter III section B. At least 2 different references and 3 values.
    """
    x, y, missing = _pairs(values, references)
    if process_variation is not None and not (math.isfinite(process_variation) and process_variation > 0.0):
        raise AnalysisError(f"The process variation is {process_variation}.", "Give a positive number.")
    check_confidence(confidence)
    choices: dict[str, Choice] = {"regression": "single biases", "band": "line, at each reference"}
    provenance = Provenance("msa.linearity", choices)
    reason = _reason(x, y)
    if reason is not None:
        return LinearityStudy(
            int(y.size), missing, (), None, None, None, None, None, None, None, max(0, int(y.size) - 2), None, None,
            None, None, None, None, None, None, process_variation, confidence, {}, (reason,), provenance,
        )  # fmt: skip
    return _fitted(x, y, missing, process_variation, confidence, provenance)


def _pairs(values: ArrayLike, references: ArrayLike) -> tuple[Floats, Floats, int]:
    measured, reference = as_floats(values, "measurements"), as_floats(references, "references")
    if measured.ndim == 2 and reference.ndim == 1 and measured.shape[0] == reference.size:
        reference = np.repeat(reference, measured.shape[1])
        measured = measured.reshape(-1)
    if measured.ndim != 1 or measured.shape != reference.shape:
        raise AnalysisError(f"There are {measured.size} measurements and {reference.size} references.", "Give pairs.")
    if np.isinf(measured).any() or not np.isfinite(reference).all():
        raise AnalysisError("A measurement is infinite, or a reference missing.", "Remove the pair.")
    present = ~np.isnan(measured)
    return reference[present], (measured - reference)[present], int(measured.size - present.sum())


def _reason(x: Floats, y: Floats) -> Note | None:
    if y.size:
        check_scale(max(float(np.abs(y).max()), float(np.abs(x).max())), float(np.ptp(y)))
    if y.size < 3:
        return Note("too_few_values", "refusal", {"n": int(y.size), "needed": 3})
    if np.unique(x).size < 2:
        return Note("one_reference", "refusal", {"reference": float(x[0])})
    return None


@dataclass(frozen=True, slots=True)
class _Line:
    """The least-squares line of biases on references, with what its errors are made of."""

    n: int
    slope: float
    intercept: float
    s: float
    sse: float
    centre: float
    sxx: float
    quantile: float

    @classmethod
    def through(cls, x: Floats, y: Floats, confidence: float) -> _Line:
        from scipy import special

        n, centre = y.size, float(x.mean())
        sxx = float((x - centre) @ (x - centre))
        slope = float((x - centre) @ y) / sxx
        intercept = float(y.mean()) - slope * centre
        rest = y - intercept - slope * x
        sse = float(rest @ rest)
        s = math.sqrt(sse / (n - 2)) if sse > _noise(y) else 0.0
        quantile = float(special.stdtrit(n - 2, (1.0 + confidence) / 2.0))
        return cls(n, slope, intercept, s, sse, centre, sxx, quantile)

    def error_at(self, reference: float) -> float:
        """Standard error of the line at one reference; at 0 that of the intercept."""
        return self.s * math.sqrt(1.0 / self.n + (reference - self.centre) ** 2 / self.sxx)

    @property
    def error_of_slope(self) -> float:
        return self.s / math.sqrt(self.sxx)


def _noise(y: Floats) -> float:
    """Sums of squares below this are rounding."""
    return 1e-28 * y.size * (float(np.abs(y).max()) + 1e-300) ** 2


def _fitted(
    x: Floats, y: Floats, missing: int, process: float | None, confidence: float, provenance: Provenance
) -> LinearityStudy:
    line = _Line.through(x, y, confidence)
    slope, intercept, df, average = line.slope, line.intercept, line.n - 2, float(y.mean())
    se_slope, se_start = line.error_of_slope, line.error_at(0.0)
    total = float((y - average) @ (y - average))
    points = _points(x, y, line, confidence)
    return LinearityStudy(
        n=line.n,
        missing=missing,
        references=points,
        slope=slope,
        intercept=intercept,
        slope_t=_ratio(slope, se_slope),
        slope_p=_p(slope, se_slope, df),
        intercept_t=_ratio(intercept, se_start),
        intercept_p=_p(intercept, se_start, df),
        s=line.s,
        df=df,
        r_squared=1.0 - line.sse / total if total > _noise(y) else None,
        average_bias=average,
        average_bias_p=_p(average, float(y.std(ddof=1)) / math.sqrt(line.n), line.n - 1),
        linearity=None if process is None else abs(slope) * process,
        pct_linearity=100.0 * abs(slope),
        pct_bias=None if process is None else 100.0 * abs(average) / process,
        lack_of_fit_p=_lack_of_fit(x, y, line.sse),
        acceptable=all(point.band.lower <= 0.0 <= point.band.upper for point in points),
        process_variation=process,
        confidence=confidence,
        intervals={
            "slope": _around(slope, line.quantile * se_slope, confidence),
            "intercept": _around(intercept, line.quantile * se_start, confidence),
        },
        notes=() if line.s > 0.0 else (Note("no_residual_variation", "warning"),),
        provenance=provenance,
    )


def _points(x: Floats, y: Floats, line: _Line, confidence: float) -> tuple[ReferenceBias, ...]:
    groups = [(float(value), y[x == value]) for value in np.unique(x)]
    within = sum(float(((group - group.mean()) ** 2).sum()) for _, group in groups)
    df = y.size - len(groups)
    pooled = math.sqrt(within / df) if df > 0 else 0.0
    found = []
    for reference, group in groups:
        fitted = line.intercept + line.slope * reference
        bias, se = float(group.mean()), pooled / math.sqrt(group.size)
        t, p = (_ratio(bias, se), _p(bias, se, df)) if df > 0 else (None, None)
        band = _around(fitted, line.quantile * line.error_at(reference), confidence)
        found.append(ReferenceBias(reference, group.size, reference + bias, bias, t, p, fitted, band))
    return tuple(found)


def _lack_of_fit(x: Floats, y: Floats, sse: float) -> float | None:
    """F of what the line leaves of the group means against the spread within groups."""
    from scipy import special

    groups = [y[x == value] for value in np.unique(x)]
    pure = sum(float(((group - group.mean()) ** 2).sum()) for group in groups)
    df, pure_df = len(groups) - 2, y.size - len(groups)
    if df < 1 or pure_df < 1 or pure <= 0.0:
        return None
    f = max(0.0, sse - pure) / df / (pure / pure_df)
    return float(special.fdtrc(df, pure_df, f))


def _around(centre: float, half: float, confidence: float) -> Interval:
    return Interval(centre - half, centre + half, confidence, "student_t")


def _ratio(value: float, se: float) -> float | None:
    return value / se if se > 0.0 else None


def _p(value: float, se: float, df: int) -> float | None:
    from scipy import special

    return 2.0 * float(special.stdtr(df, -abs(value / se))) if se > 0.0 and df > 0 else None
