"""The spread within subgroups, or from one value to the next, and the degrees of freedom its intervals use."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis import constants, sigma, subgroups
from analysis.capability.sample import Floats, Sample
from analysis.errors import AnalysisError

# Relative variance of one moving range of two and the covariance of two neighbours, both in sigma^2: with correlation
# -1/2 between successive differences, E|d1 d2| = (4/pi)(sqrt(3)/2 + pi/12).
_RANGE_VARIANCE = 2.0 - 4.0 / math.pi
_NEIGHBOUR_COVARIANCE = 4.0 / math.pi * (math.sqrt(3.0) / 2.0 + math.pi / 12.0 - 1.0)
_D2_OF_TWO = 2.0 / math.sqrt(math.pi)
# m * Var(median moving range) / median^2 for large m: (1/4 + 2 cov) / (density^2 median^2), where cov = 0.0266016 is
# that of two neighbours both lying above the median.
_MEDIAN_RANGE_VARIANCE = 1.6499826568
_ROWS, _BLOCK = 4096, 16_384  # blocks of subgroups and of values that stay in the cache
_MINITAB_S_BAR = ((2, 0.88), (3, 0.92), (4, 0.94), (5, 0.95), (7, 0.96), (9, 0.97), (17, 0.98), (64, 0.99))


@dataclass(frozen=True, slots=True)
class WithinSigma:
    """Sigma within, and the degrees of freedom of an interval made from it."""

    sigma: float
    degrees_of_freedom: float


def estimate(sample: Sample, method: str, degrees: str = "moments") -> WithinSigma | None:
    """Sigma within by `method` of `analysis.sigma`; None when no two values share a subgroup (or follow each other).

    `degrees`: "moments" matches mean and variance of the estimator (Patnaik 1950), "minitab" takes its rounded factors.
    """
    if method in sigma.INDIVIDUAL_METHODS:
        if not _has_neighbours(sample.sequence):
            return None
        if method == "mr_mean" and sample.missing == 0:
            count = sample.n - 1
            mean_range = _mean_moving_range(sample.values)
            return WithinSigma(mean_range / constants.d2(2), _degrees_of_individuals(method, count, degrees))
        found = sigma.individuals(sample.sequence, method)
        return WithinSigma(found.sigma, _degrees_of_individuals(method, found.count, degrees))
    if sample.table is None:
        raise AnalysisError(f"The within spread '{method}' needs subgroups.", "Give subgroups or choose mr_mean.")
    spread = "range" if method == "r_bar" else "deviation"
    full = sample.table.size == sample.values.size
    made = _full_rows(sample.table, spread) if full else subgroups.statistics(sample.table, spread)
    sizes = made.sizes[made.sizes > 1]
    if sizes.size == 0:
        return None
    found = sigma.of_statistics(made, method)
    return WithinSigma(found.sigma, _degrees_of_subgroups(method, sizes, degrees))


def _mean_moving_range(values: Floats) -> float:
    """Mean absolute difference of neighbours, block by block: a million values need no room of their own."""
    total, scratch = 0.0, np.empty(_BLOCK)
    for start in range(0, values.size - 1, _BLOCK):
        stop = min(start + _BLOCK, values.size - 1)
        block = scratch[: stop - start]
        np.subtract(values[start + 1 : stop + 1], values[start:stop], out=block)
        np.abs(block, out=block)
        total += float(np.add.reduce(block))
    return total / (values.size - 1)


def _full_rows(table: Floats, spread: str) -> subgroups.Statistics:
    """`subgroups.statistics` of rows without missing values: blocks are turned, so that whole columns are reduced.

    Three times as fast on a million values, which is what a study is mostly made of.
    """
    rows, size = table.shape
    nothing, found = np.full(1, np.nan), np.full(rows, np.nan)
    for start in range(0, rows if size > 1 else 0, _ROWS):
        block = np.ascontiguousarray(table[start : start + _ROWS].T)
        part = found[start : start + _ROWS]
        if spread == "range":
            np.subtract(np.maximum.reduce(block), np.minimum.reduce(block), out=part)
        else:
            block -= np.add.reduce(block) / size
            np.sqrt(np.einsum("ij,ij->j", block, block) / (size - 1), out=part)
    sizes = np.full(rows, size, dtype=np.int64)
    if spread == "range":
        return subgroups.Statistics(sizes, nothing, found, np.broadcast_to(nothing, rows))
    return subgroups.Statistics(sizes, nothing, np.broadcast_to(nothing, rows), found)


def _has_neighbours(sequence: Floats) -> bool:
    if sequence.size < 2:
        return False
    if not math.isnan(float(sequence[0]) - float(sequence[1])):
        return True
    present = ~np.isnan(sequence)
    return bool((present[1:] & present[:-1]).any())


def _degrees_of_individuals(method: str, count: int, degrees: str) -> float:
    if degrees == "minitab":
        return float(count)
    if method == "mr_mean":
        variance = (_RANGE_VARIANCE * count + 2.0 * _NEIGHBOUR_COVARIANCE * (count - 1)) / (count * _D2_OF_TWO) ** 2
        return matching_degrees(variance)
    if method == "mr_median":
        return matching_degrees(_MEDIAN_RANGE_VARIANCE / count)
    # Var(sum of squared successive differences) of n = count + 1 values is 4 (3n - 4) sigma^4
    return 2.0 * count**2 / (3.0 * count - 1.0)


def _degrees_of_subgroups(method: str, sizes: Floats, degrees: str) -> float:
    freedom = float((sizes - 1).sum())
    if method.startswith("pooled"):
        return freedom
    if degrees == "minitab":
        average = round(float(sizes.mean()))
        factor: float = 0.9 if method == "r_bar" else next((f for n, f in _MINITAB_S_BAR if average <= n), 1.0)
        return factor * freedom
    values, counts = np.unique(sizes, return_counts=True)
    precision = sum(
        count * (_unit(method, size) / _unit_spread(method, size)) ** 2
        for size, count in zip(values.tolist(), counts.tolist(), strict=True)
    )
    return matching_degrees(1.0 / precision)


def _unit(method: str, size: int) -> float:
    return constants.d2(size) if method == "r_bar" else constants.c4(size)


def _unit_spread(method: str, size: int) -> float:
    return constants.d3(size) if method == "r_bar" else constants.c5(size)


def matching_degrees(relative_variance: float) -> float:
    """The degrees of freedom v at which sqrt(chi2_v / v) has this relative variance (Patnaik 1950, exactly solved).

    cv^2 = (v/2) (Gamma(v/2) / Gamma((v+1)/2))^2 - 1 falls with v; about 1/(2 cv^2) + 1/4 for large v.
    """
    if relative_variance < 1e-3:
        return 0.5 / relative_variance + 0.25
    low, high = 1e-3, 0.5 / relative_variance + 2.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        ratio = math.exp(2.0 * (math.lgamma(middle / 2.0) - math.lgamma((middle + 1.0) / 2.0)))
        low, high = (middle, high) if middle / 2.0 * ratio - 1.0 > relative_variance else (low, middle)
    return 0.5 * (low + high)
