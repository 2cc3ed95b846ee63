"""Anderson-Darling: how far values lie from a fitted distribution, and how often that far by chance."""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.capability.distributions.bases import Floats
from analysis.capability.distributions.families import Distribution
from analysis.normality import anderson_darling_p
from analysis.results import Result


@dataclass(frozen=True, slots=True)
class AndersonDarling(Result):
    """A² of a fit. `p` is exact to the table when `p_relation` is "=", else p lies above (">") or below ("<") it.

    `p` is None where no method is published for the family with its parameters estimated; `method` says so.
    """

    statistic: float
    p: float | None
    p_relation: Literal["=", ">", "<"] | None
    method: str


Table = tuple[tuple[float, ...], tuple[float, ...]]

# D'Agostino and Stephens, Goodness-of-Fit Techniques (1986): upper tail probabilities and points of the modified A².
_EXTREME: Table = ((0.25, 0.10, 0.05, 0.025, 0.01), (0.474, 0.637, 0.757, 0.877, 1.038))  # table 4.17, case 3
_LOGISTIC: Table = ((0.25, 0.10, 0.05, 0.025, 0.01, 0.005), (0.426, 0.563, 0.660, 0.769, 0.906, 1.010))  # table 4.22
_EXPONENTIAL: Table = (  # table 4.14, origin known
    (0.25, 0.20, 0.15, 0.10, 0.05, 0.025, 0.01, 0.005, 0.0025),
    (0.736, 0.816, 0.916, 1.062, 1.321, 1.591, 1.959, 2.244, 2.534),
)
_GAMMA_TAILS = (0.25, 0.10, 0.05, 0.025, 0.01, 0.005)
_GAMMA: Mapping[float, tuple[float, ...]] = {  # table 4.21, case 3: both parameters estimated, by shape
    1: (0.486, 0.657, 0.786, 0.917, 1.092, 1.227),
    2: (0.477, 0.643, 0.768, 0.894, 1.062, 1.190),
    3: (0.475, 0.639, 0.762, 0.886, 1.052, 1.178),
    4: (0.473, 0.637, 0.759, 0.883, 1.048, 1.173),
    5: (0.472, 0.635, 0.758, 0.881, 1.045, 1.170),
    6: (0.472, 0.635, 0.757, 0.880, 1.043, 1.168),
    8: (0.471, 0.634, 0.755, 0.878, 1.041, 1.165),
    10: (0.471, 0.633, 0.754, 0.877, 1.040, 1.164),
    12: (0.471, 0.633, 0.754, 0.876, 1.038, 1.162),
    15: (0.470, 0.632, 0.754, 0.876, 1.038, 1.162),
    20: (0.470, 0.632, 0.753, 0.875, 1.037, 1.161),
    math.inf: (0.470, 0.631, 0.752, 0.873, 1.035, 1.159),
}
_SOURCE = "D'Agostino and Stephens 1986, table"
NO_TABLE = "no published p-value for this family with its parameters estimated"


def statistic(distribution: Distribution, values: Floats) -> float:
    """A² = -n - sum((2i - 1) (log F(x_i) + log(1 - F(x_{n+1-i})))) / n over values in any order."""
    ordered = np.sort(values)
    n = ordered.size
    weights = 2.0 * np.arange(1, n + 1) - 1.0
    logs = distribution.log_cdf(ordered) + distribution.log_sf(ordered)[::-1]
    return float(-n - (weights @ logs) / n)


def anderson_darling(distribution: Distribution, values: Floats) -> AndersonDarling:
    """A² of `values` under the distribution fitted to them, with a p-value where one is published."""
    found = statistic(distribution, values)
    n, family = values.size, distribution.family
    if family in ("normal", "lognormal"):
        return AndersonDarling(found, anderson_darling_p(found, n), "=", f"{_SOURCE} 4.9")
    if family.startswith("johnson"):
        note = "as for normal values that need no transformation: too large"
        return AndersonDarling(found, anderson_darling_p(found, n), "=", f"{_SOURCE} 4.9, {note}")
    if family in ("weibull", "smallest_extreme_value", "largest_extreme_value"):
        return _looked_up(found, found * (1.0 + 0.2 / math.sqrt(n)), _EXTREME, "4.17")
    if family in ("logistic", "loglogistic"):
        return _looked_up(found, found * (1.0 + 0.25 / n), _LOGISTIC, "4.22")
    if family in ("exponential", "rayleigh"):  # the square of a Rayleigh variate is exponential
        return _looked_up(found, found * (1.0 + 0.6 / n), _EXPONENTIAL, "4.14")
    if family == "exponential_2":
        return _shifted_exponential(found, values)
    if family == "gamma" and distribution.parameters["shape"] >= 1.0:
        return _looked_up(found, found, (_GAMMA_TAILS, _gamma_points(distribution.parameters["shape"])), "4.21")
    return AndersonDarling(found, None, None, NO_TABLE)


def _shifted_exponential(found: float, values: Floats) -> AndersonDarling:
    """Distances from the smallest value, that one left out, are exponential with known origin (Stephens, 4.9.3)."""
    ordered = np.sort(values)
    rest = ordered[1:] - ordered[0]
    if float(rest.mean()) <= 0.0 or float(rest.min()) <= 0.0:
        return AndersonDarling(found, None, None, "ties at the smallest value")
    inner = statistic(Distribution("exponential", {"scale": float(rest.mean())}), rest)
    return _looked_up(found, inner * (1.0 + 0.6 / rest.size), _EXPONENTIAL, "4.14 after removing the smallest value")


def _gamma_points(shape: float) -> tuple[float, ...]:
    """Points at `shape`, linear in its inverse between the table's rows."""
    rows = list(_GAMMA)
    place = bisect.bisect_right(rows, shape)
    low, high = rows[place - 1], rows[min(place, len(rows) - 1)]
    if low == high:
        return _GAMMA[low]
    share = (1.0 / low - 1.0 / shape) / (1.0 / low - 1.0 / high)
    return tuple(a + share * (b - a) for a, b in zip(_GAMMA[low], _GAMMA[high], strict=True))


def _looked_up(found: float, modified: float, table: Table, name: str) -> AndersonDarling:
    """The tail probability by interpolation of its logarithm; outside the table only a bound is known."""
    tails, points = table
    method = f"{_SOURCE} {name}"
    if modified < points[0]:
        return AndersonDarling(found, tails[0], ">", method)
    if modified > points[-1]:
        return AndersonDarling(found, tails[-1], "<", method)
    place = min(bisect.bisect_right(points, modified), len(points) - 1)
    share = (modified - points[place - 1]) / (points[place] - points[place - 1])
    p = math.exp((1.0 - share) * math.log(tails[place - 1]) + share * math.log(tails[place]))
    return AndersonDarling(found, p, "=", method)
