"""Confidence intervals of sums and differences of mean squares: the modified large-sample method."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.capability.intervals import Interval

Floats = NDArray[np.float64]

METHOD = "modified_large_sample"


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What the intervals of a design need besides its mean squares: made once a design, since only these change.

    `coefficients` (k sums, q mean squares); `distances` (2k, q q): quadratic forms in the mean squares whose roots are
    the distances from each estimate to its lower, then to its upper bound.
    """

    names: tuple[str, ...]
    coefficients: Floats
    distances: Floats
    confidence: float

    def estimates(self, squares: Floats) -> dict[str, float]:
        """Each sum by name; may be negative."""
        return dict(zip(self.names, (self.coefficients @ squares).tolist(), strict=True))

    def intervals(self, squares: Floats) -> dict[str, Interval]:
        """The interval of each sum by name; bounds below 0 are 0, as no variance is negative."""
        centres = (self.coefficients @ squares).tolist()
        distances = (self.distances @ (squares[:, None] * squares).reshape(-1)).tolist()
        count, confidence, found = len(self.names), self.confidence, {}
        for index, name in enumerate(self.names):
            low, high, centre = distances[index], distances[count + index], centres[index]
            bottom = centre - math.sqrt(low) if low > 0.0 else centre
            top = centre + math.sqrt(high) if high > 0.0 else centre
            found[name] = Interval(bottom if bottom > 0.0 else 0.0, top if top > 0.0 else 0.0, confidence, METHOD)
        return found


def plan(sums: Mapping[str, Sequence[float]], degrees: Sequence[int], confidence: float) -> Plan:
    """For `sums`: by name, the coefficient of each mean square, whose degrees of freedom are `degrees`.

    Source: N. Ting, R. K. Burdick, F. A. Graybill, S. Jeyaratnam and T.-F. C. Lu, Journal of Statistical Computation
    and Simulation 35 (1990) 135-143; Burdick, Borror and Montgomery, Design and Analysis of Gauge R&R Studies (2005),
    appendix B. A sum of one mean square gets the exact chi-square interval.
    """
    tail = (1.0 - confidence) / 2.0
    rows = [np.asarray(row, dtype=np.float64) for row in sums.values()]
    below = [_distance(row, degrees, tail, lower=True).reshape(-1) for row in rows]
    above = [_distance(-row, degrees, tail, lower=False).reshape(-1) for row in rows]
    return Plan(tuple(sums), np.array(rows), np.array([*below, *above]), confidence)


def _distance(row: Floats, degrees: Sequence[int], tail: float, *, lower: bool) -> Floats:
    """The quadratic form of one bound. For the upper bound the signs are exchanged beforehand, and so are G and H."""
    form = np.zeros((row.size, row.size))
    plus, minus = np.flatnonzero(row > 0.0).tolist(), np.flatnonzero(row < 0.0).tolist()
    for q in plus:
        form[q, q] = (_g(degrees[q], tail) * row[q]) ** 2
    for q in minus:
        form[q, q] = (_h(degrees[q], tail) * row[q]) ** 2
    for q in plus:
        for r in minus:
            cross = _g_cross if lower else _h_cross
            pair = (degrees[q], degrees[r]) if lower else (degrees[r], degrees[q])
            form[q, r] = cross(*pair, tail) * row[q] * -row[r]
    if len(plus) > 1 and minus:
        for q, r in combinations(plus, 2):
            form[q, r] = _g_star(degrees[q], degrees[r], tail) / (len(plus) - 1) * row[q] * row[r]
    return form


@cache
def f_tail() -> Callable[..., Any]:
    """scipy's upper tail of the F distribution (df, df, F), the scalar form: a study asks for it five times."""
    from scipy.special import cython_special

    return cython_special.fdtrc


@lru_cache(maxsize=512)
def _g(df: int, tail: float) -> float:
    """1 - df / upper chi-square quantile."""
    from scipy import special

    return 1.0 - df / float(special.chdtri(df, tail))


@lru_cache(maxsize=512)
def _h(df: int, tail: float) -> float:
    """df / lower chi-square quantile - 1."""
    from scipy import special

    return df / float(special.chdtri(df, 1.0 - tail)) - 1.0


@lru_cache(maxsize=512)
def upper_f(df: int, other: int, tail: float) -> float:
    """The F quantile with `tail` above it."""
    from scipy import special

    return float(special.fdtri(df, other, 1.0 - tail))


@lru_cache(maxsize=512)
def _g_cross(df: int, other: int, tail: float) -> float:
    f = upper_f(df, other, tail)
    return ((f - 1.0) ** 2 - (_g(df, tail) * f) ** 2 - _h(other, tail) ** 2) / f


@lru_cache(maxsize=512)
def _h_cross(df: int, other: int, tail: float) -> float:
    f = upper_f(df, other, 1.0 - tail)
    return ((1.0 - f) ** 2 - (_h(df, tail) * f) ** 2 - _g(other, tail) ** 2) / f


@lru_cache(maxsize=512)
def _g_star(df: int, other: int, tail: float) -> float:
    both = df + other
    joint = _g(both, tail) ** 2 * both**2 / (df * other)
    return joint - _g(df, tail) ** 2 * df / other - _g(other, tail) ** 2 * other / df


def part_to_gauge(
    part: tuple[float, int],
    operator: tuple[float, int],
    interaction: tuple[float, int],
    error: tuple[float, int],
    sizes: tuple[int, int, int],
    confidence: float,
) -> Interval:
    """Of part variance over gauge variance in a crossed study; each source as (mean square, degrees of freedom).

    `sizes` are parts, operators, trials. Source: Burdick, Borror and Montgomery (2005), table 3.6 (the ratio gamma_R).
    """
    parts, operators, trials = sizes
    tail = (1.0 - confidence) / 2.0
    bounds = []
    for share in (tail, 1.0 - tail):
        chi = 1.0 - _g(part[1], tail) if share == tail else 1.0 + _h(part[1], tail)
        above = parts * chi * (part[0] - upper_f(part[1], interaction[1], share) * interaction[0])
        below = (
            parts * operators * (trials - 1) * error[0]
            + operators * chi * upper_f(part[1], operator[1], share) * operator[0]
            + operators * (parts - 1) * interaction[0]
        )
        bounds.append(max(0.0, above / below) if below > 0.0 else math.inf)
    return Interval(bounds[0], bounds[1], confidence, METHOD)
