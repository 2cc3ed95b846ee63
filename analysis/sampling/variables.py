"""Sampling by variables: plans of ANSI/ASQ Z1.9 (variability unknown, s method) and plans made to measure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError
from analysis.observations import finite_values
from analysis.results import Note, Provenance, Result

VariablesLevel = Literal["S-3", "S-4", "I", "II", "III"]
_LETTERS = "BCDEFGHIJKLMNP"
_SIZES = (3, 4, 5, 7, 10, 15, 20, 25, 35, 50, 75, 100, 150, 200)
_AQLS = ("0.040", "0.065", "0.10", "0.15", "0.25", "0.40", "0.65", "1.0", "1.5", "2.5", "4.0", "6.5", "10", "15")
# Acceptability constants k, standard deviation method, one specification limit, form 1; columns from the right, so that
# each row ends at AQL 15 (MIL-STD-414 and ANSI/ASQ Z1.9 table B-1). Tightened inspection reads one column to the left.
_K: tuple[tuple[float, ...], ...] = (
    (1.12, 0.958, 0.765, 0.566, 0.341),
    (1.45, 1.34, 1.17, 1.01, 0.814, 0.617, 0.393),
    (1.65, 1.53, 1.40, 1.24, 1.07, 0.874, 0.675, 0.455),
    (2.00, 1.88, 1.75, 1.62, 1.50, 1.33, 1.15, 0.955, 0.755, 0.536),
    (2.24, 2.11, 1.98, 1.84, 1.72, 1.58, 1.41, 1.23, 1.03, 0.828, 0.611),
    (2.64, 2.53, 2.42, 2.32, 2.20, 2.06, 1.91, 1.79, 1.65, 1.47, 1.30, 1.09, 0.886, 0.664),
    (2.69, 2.58, 2.47, 2.36, 2.24, 2.11, 1.96, 1.82, 1.69, 1.51, 1.33, 1.12, 0.917, 0.695),
    (2.72, 2.61, 2.50, 2.40, 2.26, 2.14, 1.98, 1.85, 1.72, 1.53, 1.35, 1.14, 0.936, 0.712),
    (2.77, 2.65, 2.54, 2.45, 2.31, 2.18, 2.03, 1.89, 1.76, 1.57, 1.39, 1.18, 0.969, 0.745),
    (2.83, 2.71, 2.60, 2.50, 2.35, 2.22, 2.08, 1.93, 1.80, 1.61, 1.42, 1.21, 1.00, 0.774),
    (2.90, 2.77, 2.66, 2.55, 2.41, 2.27, 2.12, 1.98, 1.84, 1.65, 1.46, 1.24, 1.03, 0.804),
    (2.92, 2.80, 2.69, 2.58, 2.43, 2.29, 2.14, 2.00, 1.86, 1.67, 1.48, 1.26, 1.05, 0.819),
    (2.96, 2.84, 2.73, 2.61, 2.47, 2.33, 2.18, 2.03, 1.89, 1.70, 1.51, 1.29, 1.07, 0.841),
    (2.97, 2.85, 2.73, 2.62, 2.47, 2.33, 2.18, 2.04, 1.89, 1.70, 1.51, 1.29, 1.07, 0.845),
)
_LOT_LIMITS = (15, 25, 50, 90, 150, 280, 400, 500, 1200, 3200, 10_000, 35_000, 150_000, 500_000)
_LEVEL_II = "BCDEFGHIJKLMNPP"


@dataclass(frozen=True, slots=True)
class VariablesPlan(Result):
    """A plan by variables: accept when (limit - mean)/s is at least `k`; `m` is the same as a largest percent."""

    letter: str
    n: int
    k: float
    m: float
    aql: str
    severity: Literal["normal", "tightened"]
    provenance: Provenance
    notes: tuple[Note, ...]


def largest_percent(n: int, k: float) -> float:
    """M in percent: the estimated percent nonconforming at the acceptance limit (Z1.9 section B)."""
    from scipy import special

    shape = n / 2.0 - 1.0
    x = max(0.0, 0.5 * (1.0 - k * math.sqrt(n) / (n - 1.0)))
    return 100.0 * float(special.betainc(shape, shape, x))


def plan_for(lot: int, aql: str | float, *, severity: Literal["normal", "tightened"] = "normal") -> VariablesPlan:
    """Plan of ANSI/ASQ Z1.9 at inspection level II, variability unknown, standard deviation method.

    Arrows are followed to the first plan below. Reduced inspection and the range method are not among the tables here.
    """
    if lot < 2:
        raise AnalysisError(f"The lot has {lot} items; the tables begin at 2.")
    if severity not in ("normal", "tightened"):
        raise AnalysisError(f"There is no table for {severity} inspection here.", "Use normal or tightened.")
    wanted = [index for index, value in enumerate(_AQLS) if math.isclose(float(value), float(aql), rel_tol=1e-9)]
    if not wanted:
        raise AnalysisError(f"The AQL {aql} is not among the table's.", f"AQLs: {', '.join(_AQLS)}.")
    column = wanted[0] - (1 if severity == "tightened" else 0)
    if column < 0:
        raise AnalysisError("The table has no tightened plan at its smallest AQL.", "Use a designed plan.")
    start = _LETTERS.index(_LEVEL_II[sum(lot > limit for limit in _LOT_LIMITS)])
    row = start
    while len(_AQLS) - len(_K[row]) > column:
        row += 1
    k = _K[row][column - (len(_AQLS) - len(_K[row]))]
    notes = () if row == start else (Note("arrow_followed", "info", {"from": _LETTERS[start], "to": _LETTERS[row]}),)
    made = Provenance("sampling.variables.plan_for", {"standard": "Z1.9", "table": "B-1", "sigma": "unknown, s"})
    n = _SIZES[row]
    return VariablesPlan(_LETTERS[row], n, k, largest_percent(n, k), _AQLS[wanted[0]], severity, made, notes)


@dataclass(frozen=True, slots=True)
class VariablesJudgement(Result):
    """A sample judged: quality indices, estimated percent nonconforming beyond each limit, and the verdict."""

    mean: float
    standard_deviation: float
    quality_lower: float | None
    quality_upper: float | None
    percent_lower: float
    percent_upper: float
    percent: float
    accepted: bool
    provenance: Provenance


def judge(values: ArrayLike, *, m: float, lower: float | None = None, upper: float | None = None) -> VariablesJudgement:
    """Judge a sample by form 2: accept when the estimated percent nonconforming is at most `m` percent (Z1.9 B9)."""
    from scipy import special

    data = finite_values(values, at_least=3)
    if lower is None and upper is None:
        raise AnalysisError("There is no specification limit.", "Give lower, upper or both.")
    if lower is not None and upper is not None and lower >= upper:
        raise AnalysisError(f"The lower limit {lower} is not below the upper limit {upper}.")
    n, mean, s = data.size, float(data.mean()), float(data.std(ddof=1))
    if s <= 0:
        raise AnalysisError("The sample does not vary; a plan by variables cannot judge it.", "Use an attributes plan.")
    shape = n / 2.0 - 1.0

    def percent(quality: float | None) -> float:
        if quality is None:
            return 0.0
        x = min(max(0.5 * (1.0 - quality * math.sqrt(n) / (n - 1.0)), 0.0), 1.0)
        return 100.0 * float(special.betainc(shape, shape, x))

    below = None if lower is None else (mean - lower) / s
    above = None if upper is None else (upper - mean) / s
    total = percent(below) + percent(above)
    made = Provenance("sampling.variables.judge", {"form": 2, "sigma": "unknown, s"})
    return VariablesJudgement(mean, s, below, above, percent(below), percent(above), total, total <= m, made)


def acceptance(n: int, k: float, p: ArrayLike, *, sigma_known: bool = False) -> NDArray[np.float64]:
    """Probability of acceptance of a one-sided plan (n, k) at fractions nonconforming p, shape (k,).

    Known sigma: normal; unknown: noncentral t with noncentrality z(1-p)·sqrt(n) (Montgomery 16.2; ISO 3951-1 annex).
    """
    from scipy import special, stats

    qualities = finite_values(np.atleast_1d(np.asarray(p, dtype=np.float64)))
    if ((qualities <= 0) | (qualities >= 1)).any():
        raise AnalysisError("A fraction nonconforming lies outside 0 to 1.")
    z = -special.ndtri(qualities)
    if sigma_known:
        return np.asarray(special.ndtr((z - k) * math.sqrt(n)))
    return np.asarray(stats.nct.sf(k * math.sqrt(n), n - 1, z * math.sqrt(n)))


@dataclass(frozen=True, slots=True)
class DesignedVariablesPlan(Result):
    """A plan by variables made for two points, with the probabilities it has there."""

    n: int
    k: float
    m: float | None
    accepted_at_producer: float
    accepted_at_consumer: float
    sigma_known: bool
    provenance: Provenance


def from_two_points(
    producer_quality: float,
    consumer_quality: float,
    *,
    producer_risk: float = 0.05,
    consumer_risk: float = 0.10,
    sigma_known: bool = False,
) -> DesignedVariablesPlan:
    """Smallest n, with its k, that meets both points exactly enough: Pa(p1) >= 1 - alpha and Pa(p2) <= beta.

    k is chosen so that the consumer's risk is met exactly; n is the smallest for which the producer's then is too.
    """
    from scipy import special, stats

    if not 0 < producer_quality < consumer_quality < 1:
        raise AnalysisError("The producer's quality must be below the consumer's, both between 0 and 1.")

    def constant(n: int) -> float:
        z = -float(special.ndtri(consumer_quality))
        if sigma_known:
            return z - float(special.ndtri(consumer_risk)) / math.sqrt(n)
        return float(stats.nct.isf(consumer_risk, n - 1, z * math.sqrt(n))) / math.sqrt(n)

    def short(n: int) -> bool:
        good = acceptance(n, constant(n), [producer_quality], sigma_known=sigma_known)
        return float(good[0]) < 1 - producer_risk

    low, high = 1, 2
    while short(high):
        low, high = high, high * 2
        if high > 1_000_000:
            raise AnalysisError("No sample below a million separates these two qualities.", "Move them apart.")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if short(middle) else (low, middle)
    k = constant(high)
    pa = acceptance(high, k, [producer_quality, consumer_quality], sigma_known=sigma_known)
    made = Provenance("sampling.variables.from_two_points", {"k": "consumer's point exact", "sigma_known": sigma_known})
    m = None if sigma_known or high < 3 else largest_percent(high, k)
    return DesignedVariablesPlan(high, k, m, float(pa[0]), float(pa[1]), sigma_known, made)
