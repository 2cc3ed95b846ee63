"""Confidence intervals of capability indices under the normal model."""

from __future__ import annotations

import math
from typing import NamedTuple


class Interval(NamedTuple):
    """Two confidence bounds, the confidence they hold together, and the method that made them.

    A tuple, not a dataclass: a gauge study makes eight of them within microseconds.
    """

    lower: float
    upper: float
    confidence: float
    method: str


def spread_ratio(index: float, degrees_of_freedom: float, confidence: float) -> Interval:
    """Of Cp or Pp: index * sqrt(chi2 / df), exact when s is a sample standard deviation.

    Source: Montgomery, Introduction to SQC, 6th ed., eq. 8.19; ISO 22514-4 for the within form with its effective
    degrees of freedom.
    """
    low, high = _chi_square_factors(degrees_of_freedom, confidence)
    return Interval(index * low, index * high, confidence, "chi-square")


def standard_deviation(sigma: float, degrees_of_freedom: float, confidence: float) -> Interval:
    """Of a standard deviation: sigma * sqrt(df / chi2)."""
    low, high = _chi_square_factors(degrees_of_freedom, confidence)
    return Interval(sigma / high, sigma / low, confidence, "chi-square")


def bissell(index: float, n: int, degrees_of_freedom: float, confidence: float, width: float = 6.0) -> Interval:
    """Of Cpk, Ppk or a one-sided index: index ± z sqrt(1 / ((width/2)^2 n) + index^2 / (2 df)).

    Source: A. F. Bissell, How reliable is your capability index?, Applied Statistics 39 (1990) 331-340.
    """
    half = normal_quantile(confidence) * math.sqrt(
        1.0 / ((width / 2.0) ** 2 * n) + index**2 / (2.0 * degrees_of_freedom)
    )
    return Interval(index - half, index + half, confidence, "bissell")


def noncentral_t(index: float, n: int, degrees_of_freedom: float, confidence: float, width: float = 6.0) -> Interval:
    """Of a one-sided index: exact, by inverting the noncentral t distribution of (width/2) sqrt(n) index.

    Source: S. Kotz and N. L. Johnson, Process Capability Indices (1993), section 2.3; NIST/SEMATECH 7.2.6.3 inverts the
    same relation for one-sided tolerance factors.
    """
    scale = width / 2.0 * math.sqrt(n)
    tail = (1.0 - confidence) / 2.0
    lower = _noncentrality(index * scale, degrees_of_freedom, 1.0 - tail)
    upper = _noncentrality(index * scale, degrees_of_freedom, tail)
    return Interval(lower / scale, upper / scale, confidence, "noncentral_t")


def boyles(index: float, n: int, off_target: float, confidence: float) -> Interval:
    """Of Cpm: index * sqrt(chi2 / v), v = n (1 + a^2)^2 / (1 + 2 a^2), a = (mean - target) / s.

    Source: R. A. Boyles, The Taguchi capability index, Journal of Quality Technology 23 (1991) 17-26.
    """
    squared = off_target**2
    low, high = _chi_square_factors(n * (1.0 + squared) * ((1.0 + squared) / (1.0 + 2.0 * squared)), confidence)
    return Interval(index * low, index * high, confidence, "boyles")


def cpmk_delta(
    index: float, n: int, distance: float, off_target: float, sigma: float, confidence: float, width: float = 6.0
) -> Interval:
    """Of Cpmk: index ± z sqrt(Var), the variance by the delta method for independent mean and s^2.

    `distance` runs from the mean to the nearer limit, `off_target` from the target to the mean, positive when the mean
    lies on that limit's side. With t^2 = s^2 + (mean - target)^2 the index is distance / (width/2 t); its derivatives
    by mean and by s^2 meet Var(mean) = s^2/n and Var(s^2) = 2 s^4/(n-1). Kotz and Johnson (1993), section 3.5.
    """
    tau = math.hypot(sigma, off_target)
    # both derivatives times the standard deviation of what they are by, so that no power leaves the range of floats
    by_mean = -(sigma / tau) * (1.0 + distance / tau * (off_target / tau)) / (width / 2.0)
    by_variance = -index / 2.0 * (sigma / tau) ** 2
    variance = by_mean**2 / n + by_variance**2 * 2.0 / (n - 1)
    half = normal_quantile(confidence) * math.sqrt(variance)
    return Interval(index - half, index + half, confidence, "delta_method")


def normal_quantile(confidence: float) -> float:
    """The two-sided standard normal quantile, 1.96 for 0.95."""
    from scipy import special

    return float(special.ndtri((1.0 + confidence) / 2.0))


_LARGE_STATISTIC = 3000.0


def _noncentrality(statistic: float, degrees_of_freedom: float, probability: float) -> float:
    """The noncentrality under which `statistic` is the quantile of `probability`; falls as the probability rises.

    Beyond 3000 the distribution function can no longer be computed; there the normal part of the statistic is less
    than a thousandth of it, and what remains is the chi-square interval.
    """
    from scipy import optimize, special

    if statistic < 0.0:
        return -_noncentrality(-statistic, degrees_of_freedom, 1.0 - probability)
    limit = statistic * math.sqrt(float(special.chdtri(degrees_of_freedom, probability)) / degrees_of_freedom)
    if statistic > _LARGE_STATISTIC:
        return limit

    def miss(value: float) -> float:
        return float(special.nctdtr(degrees_of_freedom, value, statistic)) - probability

    # the normal part moves the root by less than its own quantile
    reach = abs(float(special.ndtri(probability))) + 2.0
    return float(optimize.brentq(miss, limit - reach, limit + reach, xtol=1e-11))


def _chi_square_factors(degrees_of_freedom: float, confidence: float) -> tuple[float, float]:
    """sqrt(chi2 quantile / df) at both tails."""
    from scipy import special

    tail = (1.0 - confidence) / 2.0
    low = float(special.chdtri(degrees_of_freedom, 1.0 - tail))
    high = float(special.chdtri(degrees_of_freedom, tail))
    return math.sqrt(low / degrees_of_freedom), math.sqrt(high / degrees_of_freedom)
