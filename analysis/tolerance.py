"""Statistical tolerance intervals: normal (exact and Howe) and distribution-free."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis import bounds
from analysis.errors import AnalysisError
from analysis.observations import as_floats, finite_values
from analysis.results import Note, Provenance, Result

Sides = Literal["two", "lower", "upper"]
FactorMethod = Literal["exact", "howe"]

SMALLEST_LEVEL = 1e-6
LARGEST_SAMPLE = 10_000_000
MOST_FACTORS = 10_000


@dataclass(frozen=True, slots=True)
class ToleranceInterval(Result):
    """An interval that holds at least `coverage` of the population with `confidence`.

    `factor` is k of mean ± k·s (None for the distribution-free interval); `ranks` are the 1-based order statistics used
    (distribution-free only); `achieved_confidence` is what those ranks reach.
    """

    lower: float | None
    upper: float | None
    coverage: float
    confidence: float
    sides: Sides
    n: int
    provenance: Provenance
    factor: float | None
    mean: float | None
    standard_deviation: float | None
    ranks: tuple[int, int] | None
    achieved_confidence: float | None
    notes: tuple[Note, ...]


def _check_levels(coverage: float, confidence: float) -> None:
    bounds.share(coverage, "coverage", smallest=SMALLEST_LEVEL)
    bounds.share(confidence, "confidence", smallest=SMALLEST_LEVEL)


def _check_readings(sides: str, method: str = "exact") -> None:
    bounds.one_of(sides, "side of the interval", get_args(Sides))
    bounds.one_of(method, "method of the factor", get_args(FactorMethod))


def factor(
    n: int, coverage: float = 0.99, confidence: float = 0.95, sides: Sides = "two", method: FactorMethod = "exact"
) -> float:
    """Tolerance factor k for a normal population with mean and standard deviation estimated from `n` values.

    Two-sided, exact: the k at which P{P{|X - xbar| <= k s} >= coverage} = confidence, by integration over the
    distribution of the mean (ISO 16269-6:2014 annex A; Odeh and Owen 1980, chapter 3). Howe's approximation: ISO
    16269-6 and NIST/SEMATECH e-Handbook 7.2.6.3. One-sided: noncentral t, exact (same sources).
    """
    _check_levels(coverage, confidence)
    _check_readings(sides, method)
    if n < 2:
        raise AnalysisError(f"A tolerance factor needs at least 2 values; there are {n}.", "Collect more data.")
    bounds.whole(n, "sample size", 2, LARGEST_SAMPLE)
    if sides != "two":
        return _factor_one_sided(n, coverage, confidence)
    return _factor_howe(n, coverage, confidence) if method == "howe" else _factor_exact(n, coverage, confidence)


def _factor_one_sided(n: int, coverage: float, confidence: float) -> float:
    from scipy import special

    root = math.sqrt(n)
    noncentrality = float(special.ndtri(coverage)) * root
    return float(special.nctdtrit(n - 1, noncentrality, confidence)) / root


def _factor_howe(n: int, coverage: float, confidence: float) -> float:
    from scipy import special

    quantile = float(special.ndtri((1.0 + coverage) / 2.0))
    chi_square = float(special.chdtri(n - 1, confidence))
    return quantile * math.sqrt((n - 1) * (1.0 + 1.0 / n) / chi_square)


def _factor_exact(n: int, coverage: float, confidence: float) -> float:
    from scipy import optimize, special, stats

    # The mean is off by z/sqrt(n) standard deviations; the half-width that still covers is a noncentral chi quantile.
    nodes, weights = np.polynomial.legendre.leggauss(160)
    z = 5.0 * (nodes + 1.0)  # 0..10: the normal density beyond 10 is below 1e-22
    density = 2.0 * 5.0 * weights * np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    half_width_squared = stats.ncx2.ppf(coverage, 1, z * z / n)

    def shortfall(k: float) -> float:
        reached = special.chdtrc(n - 1, (n - 1) * half_width_squared / (k * k))
        return float(density @ reached) - confidence

    guess = _factor_howe(n, coverage, confidence)
    return float(optimize.brentq(shortfall, guess * 0.5, guess * 2.0, xtol=1e-12, rtol=1e-12))


def normal(
    values: ArrayLike,
    *,
    coverage: float = 0.99,
    confidence: float = 0.95,
    sides: Sides = "two",
    method: FactorMethod = "exact",
) -> ToleranceInterval:
    """Tolerance interval mean ± k·s for a normal population; values of shape (n,), missing ones left out."""
    data = finite_values(values, at_least=2)
    mean, deviation = float(np.mean(data)), float(np.std(data, ddof=1))
    k = factor(len(data), coverage, confidence, sides, method)
    notes = () if deviation > 0 else (Note("no_variation", "warning", {"value": mean}),)
    named = {"two": method, "lower": "noncentral t", "upper": "noncentral t"}
    return ToleranceInterval(
        lower=None if sides == "upper" else mean - k * deviation,
        upper=None if sides == "lower" else mean + k * deviation,
        coverage=coverage,
        confidence=confidence,
        sides=sides,
        n=len(data),
        provenance=Provenance("tolerance.normal", {"factor": named[sides]}),
        factor=k,
        mean=mean,
        standard_deviation=deviation,
        ranks=None,
        achieved_confidence=None,
        notes=notes,
    )


def _rank_confidence(n: int, left_out: int, coverage: float) -> float:
    """Confidence that order statistics leaving out `left_out` ranks in all cover `coverage` (Wilks 1941)."""
    from scipy import special

    return float(special.bdtr(n - left_out, n, coverage))


def distribution_free(
    values: ArrayLike, *, coverage: float = 0.95, confidence: float = 0.95, sides: Sides = "two"
) -> ToleranceInterval:
    """Tolerance interval between order statistics, for any continuous distribution (Wilks; ISO 16269-6 clause 6).

    The narrowest symmetric choice of ranks whose confidence reaches `confidence`; where even the extremes do not reach
    it, they are given with the confidence they have and a note with the sample size that would do.
    """
    _check_levels(coverage, confidence)
    _check_readings(sides)
    data = np.sort(finite_values(values, at_least=2))
    n = len(data)
    least = 2 if sides == "two" else 1
    left_out = least
    while left_out < n - 1 and _rank_confidence(n, left_out + 1, coverage) >= confidence:
        left_out += 1
    achieved = _rank_confidence(n, left_out, coverage)
    notes: tuple[Note, ...] = ()
    if achieved < confidence:
        needed = sample_size(coverage, confidence, sides)
        notes = (Note("confidence_not_reached", "warning", {"achieved": achieved, "needed_n": needed}),)
    low_rank = left_out // 2 if sides == "two" else left_out
    high_rank = n + 1 - (left_out - left_out // 2) if sides == "two" else n + 1 - left_out
    return ToleranceInterval(
        lower=None if sides == "upper" else float(data[low_rank - 1]),
        upper=None if sides == "lower" else float(data[high_rank - 1]),
        coverage=coverage,
        confidence=confidence,
        sides=sides,
        n=n,
        provenance=Provenance("tolerance.distribution_free", {"ranks": "narrowest symmetric"}),
        factor=None,
        mean=None,
        standard_deviation=None,
        ranks=(low_rank, high_rank),
        achieved_confidence=achieved,
        notes=notes,
    )


def sample_size(coverage: float, confidence: float, sides: Sides = "two") -> int:
    """Smallest n whose extremes form a distribution-free tolerance interval (93 for 95/95 two-sided, 59 one-sided)."""
    _check_levels(coverage, confidence)
    _check_readings(sides)
    left_out = 2 if sides == "two" else 1
    low, high = left_out, left_out + 1
    while _rank_confidence(high, left_out, coverage) < confidence:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if _rank_confidence(middle, left_out, coverage) < confidence:
            low = middle
        else:
            high = middle
    return high


def factors(ns: ArrayLike, coverage: float, confidence: float, sides: Sides = "two") -> NDArray[np.float64]:
    """Exact factors for several sample sizes at once, shape of `ns`."""
    given = as_floats(ns, "sample sizes")
    if not ((given >= 2) & (given <= LARGEST_SAMPLE) & (given == np.floor(given))).all():
        raise AnalysisError("A sample size is no whole number from 2 on.", f"Give numbers up to {LARGEST_SAMPLE}.")
    if given.size > MOST_FACTORS:
        raise AnalysisError(f"{given.size} factors were asked for.", f"Ask for up to {MOST_FACTORS} at once.")
    sizes = given.astype(np.int64)
    return np.array([factor(int(n), coverage, confidence, sides) for n in sizes.ravel()]).reshape(sizes.shape)
