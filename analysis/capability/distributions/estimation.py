"""Parameters of each family from values: maximum likelihood, with the choices that have no agreed answer named."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from analysis.capability.distributions import johnson, location_scale
from analysis.capability.distributions.bases import Floats
from analysis.capability.distributions.families import FAMILIES, Distribution

Parameters = dict[str, float]

MAXIMUM_LIKELIHOOD = "maximum_likelihood"
UNBIASED_S = "mean and sample standard deviation"
LOCAL_MAXIMUM = "maximum_likelihood, local in the threshold"

SMALLEST_RATIO = 1e-290
"""Values farther apart have a quotient that vanishes."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Fitted parameters and how, or the reason why there are none."""

    distribution: Distribution | None
    method: str
    reason: str | None = None


def estimate(values: Floats, family: str) -> Estimate:
    """Fit `family` to finite `values` of any order; values without variation or outside the support give a reason."""
    if values.size < 3:
        return Estimate(None, MAXIMUM_LIKELIHOOD, "too_few_values")
    low, high = float(values.min()), float(values.max())
    if high - low <= 1e-14 * max(abs(low), abs(high)):
        return Estimate(None, MAXIMUM_LIKELIHOOD, "no_variation")
    made = FAMILIES[family]
    from_zero = made.starts_at_threshold and not made.threshold_is_free
    zero_allowed = family in ("folded_normal", "half_normal", "exponential")
    if from_zero and (low < 0.0 or (low == 0.0 and not zero_allowed)):
        return Estimate(None, MAXIMUM_LIKELIHOOD, "needs_positive_values")
    if from_zero and low > 0.0 and math.log(high) - math.log(low) <= 1e-12:
        return Estimate(None, MAXIMUM_LIKELIHOOD, "no_variation_of_logarithms")
    if from_zero and 0.0 < low < high * SMALLEST_RATIO:
        return Estimate(None, MAXIMUM_LIKELIHOOD, "too_many_decades")
    if family in _DIRECT:
        fitter, method = _DIRECT[family]
        return Estimate(Distribution(family, fitter(values)), method)
    if family.startswith("johnson"):
        return _johnson(values, family)
    return _with_threshold(values, family)


def _johnson(values: Floats, family: str) -> Estimate:
    """One of Johnson's systems by the quantiles that leave the least Anderson-Darling distance."""
    found = johnson.fit(values, "chou", (family[-2:].upper(),))
    method = "quantile ratio, z of the least Anderson-Darling distance"
    return Estimate(None, method, "no_johnson_fit") if found is None else Estimate(found.distribution, method)


def _normal(values: Floats) -> Parameters:
    return {"location": float(values.mean()), "scale": float(values.std(ddof=1))}


def _lognormal(values: Floats) -> Parameters:
    return _normal(np.log(values))


def _named(pair: tuple[float, float]) -> Parameters:
    return {"location": pair[0], "scale": pair[1]}


def _weibull(values: Floats) -> Parameters:
    location, scale = location_scale.smallest_extreme(np.log(values))
    return {"shape": 1.0 / scale, "scale": math.exp(location)}


def gamma_shape(excess: float) -> float:
    """The shape k with log k - digamma(k) = `excess` = log(mean) - mean(log); Newton from Minka's start."""
    from scipy import special

    k = (3.0 - excess + math.sqrt((excess - 3.0) ** 2 + 24.0 * excess)) / (12.0 * excess)
    for _ in range(50):
        miss = math.log(k) - float(special.digamma(k)) - excess
        step = miss / (1.0 / k - float(special.polygamma(1, k)))
        k = k - step if k - step > 0.0 else 0.5 * k
        if abs(step) <= 1e-14 * k:
            break
    return k


def _gamma(values: Floats) -> Parameters:
    mean = float(values.mean())
    excess = -float(np.log(values / mean).mean())
    shape = gamma_shape(max(excess, 1e-12))
    return {"shape": shape, "scale": mean / shape}


def _exponential(values: Floats) -> Parameters:
    return {"scale": float(values.mean())}


def _exponential_2(values: Floats) -> Parameters:
    """Unbiased: scale = n (mean - smallest) / (n - 1), threshold = smallest - scale / n (Epstein and Sobel 1954)."""
    n, low = values.size, float(values.min())
    scale = n * (float(values.mean()) - low) / (n - 1)
    return {"scale": scale, "threshold": low - scale / n}


def _half_normal(values: Floats) -> Parameters:
    return {"scale": math.sqrt(float(values @ values) / values.size)}


def _rayleigh(values: Floats) -> Parameters:
    return {"scale": math.sqrt(float(values @ values) / (2 * values.size))}


def _folded_normal(values: Floats) -> Parameters:
    """The likelihood along scale^2 = mean square - location^2, on which its maximum lies; location >= 0."""
    square = float(values @ values) / values.size
    root = math.sqrt(square)
    scaled = values / root

    def loss(location: float) -> float:
        variance = 1.0 - location * location
        far = location * scaled / variance
        # log cosh without overflow; constants left out
        cosh = far + np.log1p(np.exp(-2.0 * far))
        return float(0.5 * math.log(variance) + (1.0 + location**2) / (2.0 * variance) - cosh.mean())

    location = _least(loss, [*np.linspace(0.0, 0.95, 39), *(1.0 - np.logspace(-1.5, -9, 31))])
    return {"location": location * root, "scale": root * math.sqrt(1.0 - location * location)}


def _least(loss: Callable[[float], float], grid: list[float]) -> float:
    """The least point of `loss`: the best of a grid, then refined between its neighbours."""
    from scipy import optimize

    levels = [loss(point) for point in grid]
    best = int(np.argmin(levels))
    low, high = grid[max(0, best - 1)], grid[min(len(grid) - 1, best + 1)]
    found = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-12})
    return float(found.x) if float(found.fun) < levels[best] else grid[best]


_DIRECT: Mapping[str, tuple[Callable[[Floats], Parameters], str]] = {
    "normal": (_normal, UNBIASED_S),
    "lognormal": (_lognormal, f"{UNBIASED_S} of the logarithms"),
    "weibull": (_weibull, MAXIMUM_LIKELIHOOD),
    "gamma": (_gamma, MAXIMUM_LIKELIHOOD),
    "exponential": (_exponential, MAXIMUM_LIKELIHOOD),
    "exponential_2": (_exponential_2, "unbiased (Epstein and Sobel)"),
    "logistic": (lambda values: _named(location_scale.logistic(values)), MAXIMUM_LIKELIHOOD),
    "loglogistic": (lambda values: _named(location_scale.logistic(np.log(values))), MAXIMUM_LIKELIHOOD),
    "smallest_extreme_value": (lambda values: _named(location_scale.smallest_extreme(values)), MAXIMUM_LIKELIHOOD),
    "largest_extreme_value": (lambda values: _named(location_scale.largest_extreme(values)), MAXIMUM_LIKELIHOOD),
    "folded_normal": (_folded_normal, MAXIMUM_LIKELIHOOD),
    "half_normal": (_half_normal, MAXIMUM_LIKELIHOOD),
    "rayleigh": (_rayleigh, MAXIMUM_LIKELIHOOD),
}

_INNER: Mapping[str, Callable[[Floats], Parameters]] = {
    "lognormal_3": lambda values: {"location": float(np.log(values).mean()), "scale": float(np.log(values).std())},
    "weibull_3": _weibull,
    "gamma_3": _gamma,
    "loglogistic_3": lambda values: _named(location_scale.logistic(np.log(values))),
    "rayleigh_2": _rayleigh,
}


def _with_threshold(values: Floats, family: str) -> Estimate:
    """The best local maximum of the likelihood along the threshold.

    Close below the smallest value the likelihood of most families grows without bound and means nothing (Cheng and
    Iles 1990), so the maximum must lie between lower points on both sides. Thresholds from 1e-6 to 1000 ranges below
    the smallest value are searched. When the likelihood still rises at the far end the family has no finite
    threshold; when it has no maximum but the boundary one, that is the answer too.
    """
    from scipy import optimize

    low = float(values.min())
    span = float(values.max()) - low

    def loss(exponent: float) -> float:
        return -_profile(values, family, low - span * 10.0**exponent)

    grid = np.linspace(-6.0, 3.0, 55)
    levels = np.array([loss(point) for point in grid])
    inner = np.flatnonzero((levels[1:-1] < levels[:-2]) & (levels[1:-1] < levels[2:])) + 1
    if inner.size == 0:
        reason = "threshold_without_end" if levels[-1] < levels[len(grid) // 2] else "threshold_at_smallest_value"
        return Estimate(None, LOCAL_MAXIMUM, reason)
    best = int(inner[np.argmin(levels[inner])])
    found = optimize.minimize_scalar(
        loss, bounds=(grid[best - 1], grid[best + 1]), method="bounded", options={"xatol": 1e-9}
    )
    if best > len(grid) - 7 and levels[best] - levels[-1] > -1e-6 * values.size:
        return Estimate(None, LOCAL_MAXIMUM, "threshold_without_end")
    threshold = low - span * 10.0 ** float(found.x)
    parameters = {**_INNER[family](values - threshold), "threshold": threshold}
    return Estimate(Distribution(family, parameters), LOCAL_MAXIMUM)


def _profile(values: Floats, family: str, threshold: float) -> float:
    above = values - threshold
    if float(above.min()) <= 0.0:
        return -math.inf
    parameters = {**_INNER[family](above), "threshold": threshold}
    return Distribution(family, parameters).log_likelihood(values)
