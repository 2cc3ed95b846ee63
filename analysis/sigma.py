"""Estimates of a process's standard deviation, each by its name.

Within subgroups: r_bar (over d2), s_bar (over c4; s_bar_plain is not), pooled (root of the pooled variance; pooled_c4
is unbiased). From individuals: mr_mean, mr_median (moving ranges of `window` points), mssd (root of half the mean
square successive difference; mssd_c4 is unbiased). Of all values together: overall, overall_c4.

Sources: AIAG SPC 2nd ed. appendix E; Montgomery chapter 6; Burr (1969) JQT 1(3) for unequal sizes, where every
subgroup is weighted by the inverse variance of its estimate; von Neumann et al. (1941) for successive differences.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.constants import c4, c4_successive, d2, d3, median_range
from analysis.errors import AnalysisError
from analysis.observations import refuse_beyond
from analysis.results import Result
from analysis.subgroups import Statistics, as_matrix, statistics


@dataclass(frozen=True, slots=True)
class SigmaEstimate(Result):
    """A standard deviation in the values' unit, the estimator's name, and what it rests on.

    `count` ranges, subgroups or differences were used; `center_of_spread` is their mean (or median), the figure printed
    as R-bar, S-bar or MR-bar; nan where the estimator has none. `window` is the moving range's width (0: none).
    """

    sigma: float
    method: str
    count: int
    center_of_spread: float = math.nan
    window: int = 0


def moving_ranges(values: np.ndarray, window: int = 2) -> np.ndarray:
    """Range of each `window` consecutive values, nan for the first `window` - 1 and around missing values."""
    if not 2 <= window <= 100:
        raise AnalysisError(f"A moving range of {window} points cannot be.", "Give a window of 2 to 100.")
    result = np.full(len(values), np.nan)
    if len(values) < window:
        return result
    if window == 2:
        np.subtract(values[1:], values[:-1], out=result[1:])
        np.abs(result, out=result)
        return result
    views = [values[start : len(values) - window + 1 + start] for start in range(window)]
    highest, lowest = views[0].copy(), views[0].copy()
    for view in views[1:]:
        np.maximum(highest, view, out=highest)  # maximum keeps a missing value missing
        np.minimum(lowest, view, out=lowest)
    result[window - 1 :] = highest - lowest
    return result


def individuals(values: ArrayLike, method: str = "mr_mean", window: int = 2) -> SigmaEstimate:
    """Sigma of values taken one at a time, in order; missing values break the chain of differences.

    `method`: mr_mean, mr_median, mssd, mssd_c4, overall, overall_c4. AnalysisError when there are fewer than two
    neighbouring values.
    """
    column = np.asarray(values, dtype=np.float64).reshape(-1)
    refuse_beyond(column)
    if method not in INDIVIDUAL_METHODS:
        raise AnalysisError(
            f"There is no estimator {method!r} for individual values.", f"Use {', '.join(INDIVIDUAL_METHODS)}."
        )
    if method.startswith("overall"):
        return overall(column, unbiased=method == "overall_c4")
    if method.startswith("mssd"):
        return _successive(column, method)
    ranges = moving_ranges(column, window)
    present = ranges[~np.isnan(ranges)] if np.isnan(ranges[window - 1 :]).any() else ranges[window - 1 :]
    if len(present) == 0:
        raise AnalysisError(
            f"A moving range needs {window} values in a row; there are {int((~np.isnan(column)).sum())} values.",
            "Collect more values.",
        )
    if method == "mr_mean":
        middle, divisor = float(present.mean()), d2(window)
    else:
        middle, divisor = float(np.median(present)), median_range(window)
    return SigmaEstimate(middle / divisor, method, len(present), middle, window)


def _successive(column: np.ndarray, method: str) -> SigmaEstimate:
    differences = np.diff(column)
    differences = differences[~np.isnan(differences)]
    count = len(differences)
    if count == 0:
        raise AnalysisError("Successive differences need two values in a row.", "Collect more values.")
    root = math.sqrt(float(differences @ differences) / (2 * count))
    return SigmaEstimate(root / c4_successive(min(count + 1, 100_000)) if method == "mssd_c4" else root, method, count)


def overall(values: ArrayLike, unbiased: bool = False) -> SigmaEstimate:
    """Sample standard deviation of all values; `unbiased` divides it by c4."""
    column = np.asarray(values, dtype=np.float64).reshape(-1)
    refuse_beyond(column)
    column = column[~np.isnan(column)] if np.isnan(column).any() else column
    if len(column) < 2:
        raise AnalysisError(f"A standard deviation needs two values; there are {len(column)}.", "Collect more values.")
    sigma = float(column.std(ddof=1))
    if not unbiased:
        return SigmaEstimate(sigma, "overall", len(column))
    return SigmaEstimate(sigma / c4(min(len(column), 100_000)), "overall_c4", len(column))


def subgroups(values: ArrayLike, method: str = "r_bar") -> SigmaEstimate:
    """Sigma within subgroups (rows of a matrix, or lists of unequal lengths).

    `method`: r_bar, s_bar, s_bar_plain, pooled, pooled_c4. Subgroups of one value tell nothing and are passed over.
    """
    matrix = as_matrix(values)
    return of_statistics(statistics(matrix, "range" if method == "r_bar" else "deviation"), method)


def of_statistics(made: Statistics, method: str) -> SigmaEstimate:
    """As `subgroups`, of statistics made before."""
    estimator = _SUBGROUP_ESTIMATORS.get(method)
    if estimator is None:
        raise AnalysisError(
            f"There is no estimator {method!r} for subgroups.", f"Use {', '.join(_SUBGROUP_ESTIMATORS)}."
        )
    usable = made.sizes > 1
    if not usable.any():
        raise AnalysisError(
            "No subgroup has two values, so there is no spread within subgroups.", "Use a chart of individuals."
        )
    return estimator(made if usable.all() else Statistics(*(item[usable] for item in made)))


def _each(sizes: np.ndarray, function: Callable[[int], float]) -> np.ndarray:
    unique, inverse = np.unique(sizes, return_inverse=True)
    return np.array([function(int(size)) for size in unique])[inverse]


def _same(sizes: np.ndarray) -> bool:
    return bool((sizes == sizes[0]).all())


def _r_bar(made: Statistics) -> SigmaEstimate:
    sizes, middle = made.sizes, float(made.ranges.mean())
    if _same(sizes):
        return SigmaEstimate(middle / d2(int(sizes[0])), "r_bar", len(sizes), middle)
    means = _each(sizes, d2)
    weights = (means / _each(sizes, d3)) ** 2
    sigma = float((weights * made.ranges / means).sum() / weights.sum())
    return SigmaEstimate(sigma, "r_bar", len(sizes), middle)


def _s_bar(made: Statistics) -> SigmaEstimate:
    sizes, middle = made.sizes, float(made.deviations.mean())
    if _same(sizes):
        return SigmaEstimate(middle / c4(int(sizes[0])), "s_bar", len(sizes), middle)
    unbias = _each(sizes, c4)
    weights = unbias**2 / (1.0 - unbias**2)
    return SigmaEstimate(float((weights * made.deviations / unbias).sum() / weights.sum()), "s_bar", len(sizes), middle)


def _s_bar_plain(made: Statistics) -> SigmaEstimate:
    middle = float(made.deviations.mean())
    return SigmaEstimate(middle, "s_bar_plain", len(made.sizes), middle)


def _pooled(made: Statistics) -> SigmaEstimate:
    freedom = made.sizes - 1
    sigma = math.sqrt(float((freedom * made.deviations**2).sum() / freedom.sum()))
    return SigmaEstimate(sigma, "pooled", len(made.sizes))


def _pooled_c4(made: Statistics) -> SigmaEstimate:
    freedom = int((made.sizes - 1).sum())
    sigma = _pooled(made).sigma / c4(min(freedom + 1, 100_000))
    return SigmaEstimate(sigma, "pooled_c4", len(made.sizes))


INDIVIDUAL_METHODS = ("mr_mean", "mr_median", "mssd", "mssd_c4", "overall", "overall_c4")
_SUBGROUP_ESTIMATORS: Mapping[str, Callable[[Statistics], SigmaEstimate]] = {
    "r_bar": _r_bar,
    "s_bar": _s_bar,
    "s_bar_plain": _s_bar_plain,
    "pooled": _pooled,
    "pooled_c4": _pooled_c4,
}
SUBGROUP_METHODS = tuple(_SUBGROUP_ESTIMATORS)
