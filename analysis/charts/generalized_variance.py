"""Generalised variance: the determinant of each subgroup's covariance, one number for the spread of several variables.

Source: Montgomery section 11.5 (limits from the mean and variance of the determinant, b1 and b2).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from analysis.charts.kind import NO_LINES, Observations, Wishes, finish, prescribe, settle
from analysis.charts.lines import Lines
from analysis.charts.model import Limits
from analysis.charts.multivariate import VectorKind, covariances, estimate, means_and_sizes
from analysis.charts.variables import around
from analysis.errors import AnalysisError


def moments(variables: int, size: int) -> tuple[float, float]:
    """b1 and b2: mean and variance of |S| / |Σ| for subgroups of `size` normal vectors."""
    freedom = size - 1
    first = math.prod((size - index) / freedom for index in range(1, variables + 1))
    second = math.prod((size - index + 2) / freedom for index in range(1, variables + 1))
    return first, first * (second - first)


class GeneralizedVariance(VectorKind):
    """|S| of subgroups of more vectors than variables, from a known `covariance` (and `mean_vector`) or fitted."""

    name = "generalized_variance"
    panels = (("location", "limits"),)
    defaults: ClassVar[Mapping[str, Any]] = {"mean_vector": None, "covariance": None, "determinant": None}

    @classmethod
    def arrange(cls, values: Any, _sizes: Any, _parts: Any, /) -> Observations:
        made = super().arrange(values, None, None)
        if made.data.ndim != 3:
            raise AnalysisError(
                "A generalised variance chart takes subgroups: points, values, variables.", "Give three dimensions."
            )
        return made

    @classmethod
    def complete(cls, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        if settings["covariance"] is None or settings["determinant"] is not None:
            return settings
        return {**settings, "determinant": float(np.linalg.det(np.asarray(settings["covariance"], dtype=np.float64)))}

    @classmethod
    def fit(cls, points: Observations, keep: np.ndarray, wishes: Wishes) -> Limits:
        settings = settle(cls, wishes)
        center, covariance, count, size, method = estimate(points.data[keep], "pooled")
        variables = len(center)
        if size <= variables:
            raise AnalysisError(
                f"Subgroups of {size} vectors have no generalised variance of {variables} variables.",
                "Give subgroups of more vectors than variables.",
            )
        settings |= {
            "mean_vector": center.tolist(),
            "covariance": covariance.tolist(),
            # |S̄| over b1 is the unbiased figure that Montgomery puts for |Σ|
            "determinant": float(np.linalg.det(covariance)) / moments(variables, size)[0],
        }
        limits = cls.limits_of(wishes, settings, count, size, method)
        return finish(cls, limits, {"covariance": method, "width": wishes.width})

    def lines(self, key: Any, /) -> tuple[Lines, ...]:
        size = int(key)
        if size <= len(self.center):
            return (NO_LINES,)
        mean, variance = moments(len(self.center), size)
        determinant = float(self.limits.settings["determinant"])
        made = around(mean * determinant, math.sqrt(variance) * determinant, self.limits.width, floor=0.0)
        return (prescribe(self.limits, "location", made),)

    def push(self, observation: Any) -> tuple[tuple[float, ...], int]:
        point = self.row(observation)
        return (float(self._determinants(point.data)[0]),), int(means_and_sizes(point.data)[1][0])

    def _determinants(self, data: np.ndarray) -> np.ndarray:
        sizes = means_and_sizes(data)[1]
        usable = sizes > len(self.center)
        result = np.full(len(data), np.nan)
        if usable.any():
            result[usable] = np.linalg.det(covariances(data[usable]))
        return result

    def advance(self, points: Observations) -> tuple[tuple[np.ndarray, ...], tuple[Lines, ...]]:
        data = self.fitting(points)
        return (self._determinants(data),), self.lines_of(means_and_sizes(data)[1])
