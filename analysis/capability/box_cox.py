"""The Box-Cox transformation to normality, its lambda by maximum likelihood."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.capability.intervals import Interval
from analysis.capability.sample import Floats
from analysis.errors import AnalysisError

LOWEST, HIGHEST = -5.0, 5.0
ROUNDINGS = ("none", "half")

LARGEST_EXPONENT = 170.0
"""A transformed limit is a limit again, and must be one that can be held."""


@dataclass(frozen=True, slots=True)
class BoxCoxFit:
    """The lambda of greatest likelihood, its profile-likelihood interval, and the one used (rounded or given)."""

    optimum: float
    interval: Interval | None
    used: float
    choice: str


def fit(values: Floats, *, chosen: float | None = None, rounding: str = "none", confidence: float = 0.95) -> BoxCoxFit:
    """Lambda for at least 3 different positive `values`; AnalysisError otherwise.

    The profile log-likelihood is -n/2 log(variance of the transformed values over their geometric mean's power), which
    equals Box and Cox (1964), eq. 8; searched from -5 to 5. The interval holds every lambda whose likelihood is not
    worse than chi-square allows. `rounding` "half" uses the nearest multiple of 1/2; `chosen` is used as it is.
    """
    if rounding not in ROUNDINGS:
        raise AnalysisError(f"'{rounding}' is no rounding of lambda.", f"Choose one of {', '.join(ROUNDINGS)}.")
    if chosen is not None and not LOWEST <= chosen <= HIGHEST:
        raise AnalysisError(f"Lambda is {chosen}.", f"Give a number from {LOWEST:g} to {HIGHEST:g}.")
    if values.size < 3 or float(values.min()) <= 0.0:
        raise AnalysisError("Box-Cox needs 3 positive values or more.", "Leave out or shift values of 0 and below.")
    logs = np.log(values)
    logs = logs - logs.mean()
    optimum = _optimum(logs)
    interval = _interval(logs, optimum, confidence)
    if chosen is not None:
        return BoxCoxFit(optimum, interval, float(chosen), "given")
    if rounding == "half":
        return BoxCoxFit(optimum, interval, round(2.0 * optimum) / 2.0, "rounded to the nearest half")
    return BoxCoxFit(optimum, interval, optimum, "maximum likelihood")


def transform(values: Floats, power: float) -> Floats:
    """(x^lambda - 1) / lambda, or log x for lambda 0: rising with x for every lambda."""
    logs = np.log(values)
    return logs if power == 0.0 else np.expm1(power * logs) / power


def transform_limit(limit: float | None, power: float) -> float | None:
    """A specification limit on the transformed scale; None where the transformation does not reach it."""
    if limit is None or limit < 0.0:
        return None
    if limit == 0.0:
        return -1.0 / power if power > 0.0 else None
    if power * math.log(limit) > LARGEST_EXPONENT:
        raise AnalysisError(
            f"The limit {limit:g} raised to {power:g} cannot be held.", "Choose another power, or mend the limit."
        )
    return math.log(limit) if power == 0.0 else math.expm1(power * math.log(limit)) / power


def log_likelihood(centred_logs: Floats, power: float) -> float:
    """Profile log-likelihood up to a constant, from logarithms whose mean is 0."""
    with np.errstate(over="ignore", invalid="ignore"):
        changed = centred_logs if power == 0.0 else np.expm1(power * centred_logs) / power
        variance = float(changed.var())
    # a power too high for these values overflows, and is as unlikely as can be
    return -0.5 * centred_logs.size * math.log(variance) if 0.0 < variance < math.inf else -math.inf


def _optimum(logs: Floats) -> float:
    from scipy import optimize

    grid = np.linspace(LOWEST, HIGHEST, 41)
    levels = [log_likelihood(logs, float(power)) for power in grid]
    best = int(np.argmax(levels))
    bounds = (grid[max(0, best - 1)], grid[min(40, best + 1)])
    found = optimize.minimize_scalar(
        lambda power: -log_likelihood(logs, float(power)), bounds=bounds, method="bounded", options={"xatol": 1e-10}
    )
    return float(found.x)


def _interval(logs: Floats, optimum: float, confidence: float) -> Interval:
    from scipy import optimize, special

    allowed = log_likelihood(logs, optimum) - 0.5 * float(special.chdtri(1.0, 1.0 - confidence))

    def above(power: float) -> float:
        return log_likelihood(logs, power) - allowed

    low = float(optimize.brentq(above, LOWEST, optimum)) if above(LOWEST) < 0.0 else LOWEST
    high = float(optimize.brentq(above, optimum, HIGHEST)) if above(HIGHEST) < 0.0 else HIGHEST
    return Interval(low, high, confidence, "profile_likelihood")
