"""Standard distributions on which the families are built: logarithms of both tails, of the density, and quantiles."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LOG_ROOT_TWO_PI = 0.5 * math.log(2.0 * math.pi)
_SMALLEST = 1e-320


@dataclass(frozen=True, slots=True)
class Base:
    """A standard distribution; `shape` is the shape parameter of those that have one, else ignored."""

    log_cdf: Callable[[Floats, float], Floats]
    log_sf: Callable[[Floats, float], Floats]
    log_pdf: Callable[[Floats, float], Floats]
    quantile: Callable[[Floats, float], Floats]


def _normal_log_cdf(z: Floats, _shape: float) -> Floats:
    from scipy import special

    return np.asarray(special.log_ndtr(z))


def _normal_log_sf(z: Floats, _shape: float) -> Floats:
    from scipy import special

    return np.asarray(special.log_ndtr(-z))


def _normal_log_pdf(z: Floats, _shape: float) -> Floats:
    return -0.5 * z * z - _LOG_ROOT_TWO_PI


def _normal_quantile(p: Floats, _shape: float) -> Floats:
    from scipy import special

    return np.asarray(special.ndtri(p))


def _logistic_log_cdf(z: Floats, _shape: float) -> Floats:
    from scipy import special

    return np.asarray(special.log_expit(z))


def _logistic_log_sf(z: Floats, _shape: float) -> Floats:
    from scipy import special

    return np.asarray(special.log_expit(-z))


def _logistic_log_pdf(z: Floats, shape: float) -> Floats:
    return _logistic_log_cdf(z, shape) + _logistic_log_sf(z, shape)


def _logistic_quantile(p: Floats, _shape: float) -> Floats:
    return np.log(p) - np.log1p(-p)


def _exp(z: Floats) -> Floats:
    # beyond e^700 the density is 0 in any case
    return np.exp(np.minimum(z, 700.0))


def _log_one_minus_exp(negative: Floats) -> Floats:
    """log(1 - e^y) for y < 0, without losing digits near either end (Maechler 2012)."""
    y = np.minimum(negative, -_SMALLEST)
    near = y > -math.log(2.0)
    out = np.empty_like(y)
    out[near] = np.log(-np.expm1(y[near]))
    out[~near] = np.log1p(-np.exp(y[~near]))
    return out


def _smallest_log_cdf(z: Floats, _shape: float) -> Floats:
    return _log_one_minus_exp(-_exp(z))


def _smallest_log_sf(z: Floats, _shape: float) -> Floats:
    return -_exp(z)


def _smallest_log_pdf(z: Floats, _shape: float) -> Floats:
    return z - _exp(z)


def _smallest_quantile(p: Floats, _shape: float) -> Floats:
    return np.log(-np.log1p(-p))


def _largest_log_cdf(z: Floats, _shape: float) -> Floats:
    return -_exp(-z)


def _largest_log_sf(z: Floats, _shape: float) -> Floats:
    return _log_one_minus_exp(-_exp(-z))


def _largest_log_pdf(z: Floats, _shape: float) -> Floats:
    return -z - _exp(-z)


def _largest_quantile(p: Floats, _shape: float) -> Floats:
    return -np.log(-np.log(p))


def _gamma_log_cdf(z: Floats, shape: float) -> Floats:
    from scipy import special

    return np.log(np.maximum(special.gammainc(shape, np.maximum(z, 0.0)), _SMALLEST))


def _gamma_log_sf(z: Floats, shape: float) -> Floats:
    from scipy import special

    return np.log(np.maximum(special.gammaincc(shape, np.maximum(z, 0.0)), _SMALLEST))


def _gamma_log_pdf(z: Floats, shape: float) -> Floats:
    with np.errstate(divide="ignore"):
        return (shape - 1.0) * np.log(z) - z - math.lgamma(shape)


def _gamma_quantile(p: Floats, shape: float) -> Floats:
    from scipy import special

    return np.asarray(special.gammaincinv(shape, p))


def _folded_log_cdf(z: Floats, shape: float) -> Floats:
    """P(|Z + shape| <= z) for standard normal Z."""
    from scipy import special

    inside = special.ndtr(z - shape) - special.ndtr(-z - shape)
    return np.log(np.maximum(inside, _SMALLEST))


def _folded_log_sf(z: Floats, shape: float) -> Floats:
    from scipy import special

    return np.asarray(np.logaddexp(special.log_ndtr(shape - z), special.log_ndtr(-shape - z)))


def _folded_log_pdf(z: Floats, shape: float) -> Floats:
    return np.asarray(np.logaddexp(_normal_log_pdf(z - shape, 0.0), _normal_log_pdf(z + shape, 0.0)))


def _folded_quantile(p: Floats, shape: float) -> Floats:
    """By bisection between 0 and a point no sample reaches; 200 halvings exhaust the digits."""
    from scipy import special

    low, high = np.zeros_like(p), np.full_like(p, abs(shape) + 40.0)
    for _ in range(200):
        middle = 0.5 * (low + high)
        below = special.ndtr(middle - shape) - special.ndtr(-middle - shape) < p
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return 0.5 * (low + high)


NORMAL = Base(_normal_log_cdf, _normal_log_sf, _normal_log_pdf, _normal_quantile)
LOGISTIC = Base(_logistic_log_cdf, _logistic_log_sf, _logistic_log_pdf, _logistic_quantile)
SMALLEST_EXTREME = Base(_smallest_log_cdf, _smallest_log_sf, _smallest_log_pdf, _smallest_quantile)
LARGEST_EXTREME = Base(_largest_log_cdf, _largest_log_sf, _largest_log_pdf, _largest_quantile)
GAMMA = Base(_gamma_log_cdf, _gamma_log_sf, _gamma_log_pdf, _gamma_quantile)
FOLDED = Base(_folded_log_cdf, _folded_log_sf, _folded_log_pdf, _folded_quantile)
