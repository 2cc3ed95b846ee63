"""Maximum likelihood of location-scale families whose density is log-concave: one concave problem, solved by Newton."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from analysis.capability.distributions.bases import Floats

# (log density, its slope, its curvature) of the standard variate
Curve = Callable[[Floats], tuple[Floats, Floats, Floats]]

_STEPS = 100


def logistic(values: Floats) -> tuple[float, float]:
    """Location and scale of the logistic distribution."""
    return _fit(values, _logistic_curve, spread=math.sqrt(3.0) / math.pi, offset=0.0)


def smallest_extreme(values: Floats) -> tuple[float, float]:
    """Location (mode) and scale of the smallest extreme value distribution."""
    return _fit(values, _smallest_curve, spread=math.sqrt(6.0) / math.pi, offset=0.5772156649015329)


def largest_extreme(values: Floats) -> tuple[float, float]:
    """Location (mode) and scale of the largest extreme value (Gumbel) distribution."""
    location, scale = smallest_extreme(-values)
    return -location, scale


def _logistic_curve(z: Floats) -> tuple[Floats, Floats, Floats]:
    from scipy import special

    half = np.tanh(0.5 * z)
    return special.log_expit(z) + special.log_expit(-z), -half, -0.5 * (1.0 - half * half)


def _smallest_curve(z: Floats) -> tuple[Floats, Floats, Floats]:
    grown = np.exp(np.minimum(z, 700.0))
    return z - grown, 1.0 - grown, -grown


def _fit(values: Floats, curve: Curve, *, spread: float, offset: float) -> tuple[float, float]:
    """Newton's method in (1/scale, location/scale), in which the likelihood is concave, with halved steps.

    `spread` and `offset` make the moment estimates at which it starts: scale = spread * s, location = mean + offset *
    scale. Values are standardised first, so that the problem is as well conditioned for any unit.
    """
    mean, deviation = float(values.mean()), float(values.std())
    x = (values - mean) / deviation
    a, b = 1.0 / spread, offset
    level = _level(x, curve, a, b)
    for _ in range(_STEPS):
        gradient, hessian = _derivatives(x, curve, a, b)
        step = -np.linalg.solve(hessian, gradient)
        rise = float(gradient @ step)
        if rise < 1e-13 * x.size:
            break
        size = 1.0
        while size > 1e-9:
            new_a, new_b = a + size * float(step[0]), b + size * float(step[1])
            reached = _level(x, curve, new_a, new_b) if new_a > 0.0 else -math.inf
            if reached >= level + 1e-4 * size * rise:
                break
            size *= 0.5
        else:
            break
        a, b, level = new_a, new_b, reached
    return mean + deviation * b / a, deviation / a


def _level(x: Floats, curve: Curve, a: float, b: float) -> float:
    return x.size * math.log(a) + float(curve(a * x - b)[0].sum())


def _derivatives(x: Floats, curve: Curve, a: float, b: float) -> tuple[Floats, Floats]:
    _, slope, bend = curve(a * x - b)
    cross = -float(bend @ x)
    gradient = np.array([x.size / a + float(slope @ x), -float(slope.sum())])
    hessian = np.array([[-x.size / a**2 + float(bend @ (x * x)), cross], [cross, float(bend.sum())]])
    return gradient, hessian
