"""The variance of an exponentially weighted average, point after point, in units of sigma squared.

v = λ²/n + (1-λ)² v: unequal subgroups have their exact limits, and equal ones settle to the last bit.
"""

from __future__ import annotations

import itertools

import numpy as np

from analysis.charts.lines import Settling

Variances = np.ndarray | Settling | float


def settled(weight: float, size: float) -> float:
    """The variance after infinitely many subgroups of `size`."""
    return weight / (2.0 - weight) / size


def step(weight: float, before: float, size: int) -> float:
    """The variance after one more subgroup of `size`."""
    return weight * weight * (1.0 / size) + (1.0 - weight) * (1.0 - weight) * before


def steps(weight: float, before: float, sizes: np.ndarray | int, count: int) -> tuple[Variances, float]:
    """The variance after each of `count` more subgroups, and after the last."""
    made: list[float] = []
    varying = isinstance(sizes, np.ndarray)
    for size in sizes.tolist() if isinstance(sizes, np.ndarray) else itertools.repeat(sizes, count):
        variance = step(weight, before, size)
        if variance == before and not varying:  # settled to the last bit
            break
        before = variance
        made.append(variance)
    return (Settling(np.array(made), before, count) if made else before), before


def held(variances: Variances, present: np.ndarray) -> np.ndarray | float:
    """At a missing point the variance of the point before (of the first one at the beginning)."""
    if isinstance(variances, float):
        return variances
    each = variances.part(0, variances.count) if isinstance(variances, Settling) else variances
    kept: np.ndarray = each[np.maximum(np.cumsum(present) - 1, 0)]
    return kept


def with_missing(values: np.ndarray, present: np.ndarray) -> np.ndarray:
    """`values` at the points that are present, nan at the others."""
    result = np.full(len(present), np.nan)
    result[present] = values
    return result
