"""What the charts of means share that carry their past along (EWMA, CUSUM, moving average): values or subgroups in."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

from analysis.charts.kind import Kind, Observations, Wishes, finish, number, numbers, prescribe, settle
from analysis.charts.lines import Lines, Settling
from analysis.charts.model import Limits
from analysis.charts.variables import IndividualsMovingRange, MeansDeviations, around, column
from analysis.errors import AnalysisError
from analysis.observations import as_floats
from analysis.results import Choice
from analysis.subgroups import as_matrix, live_statistics, statistics


class MeansKind(Kind):
    """A chart of single values (a column) or of means of subgroups (a matrix)."""

    @classmethod
    def arrange(cls, values: Any, _sizes: Any, _parts: Any, /) -> Observations:
        try:
            made = as_floats(values)
        except AnalysisError:  # subgroups of unequal lengths, or something that is told below
            return Observations(as_matrix(values))
        return Observations(column(made) if made.ndim == 1 else as_matrix(made))

    @classmethod
    def fit(cls, points: Observations, keep: np.ndarray, wishes: Wishes) -> Limits:
        settings = settle(cls, wishes)
        plain = dataclasses.replace(wishes, settings={})
        if points.data.ndim == 1:
            level = IndividualsMovingRange.fit(points, keep, plain)
        else:
            level = MeansDeviations.fit(points, keep, dataclasses.replace(plain, sigma=plain.sigma or "pooled_c4"))
        limits = dataclasses.replace(level, chart=cls.name, settings=settings, location=None, dispersion=None)
        choices: Mapping[str, Choice] = {"sigma": limits.sigma_method, "width": wishes.width, **settings}
        return finish(cls, limits, choices)


class AveragingKind(MeansKind):
    """A chart of averages whose key is their variance in units of sigma squared."""

    def lines(self, key: Any, /) -> tuple[Lines, ...]:
        made = around(self.limits.center, self.limits.sigma * math.sqrt(key), self.limits.width)
        return (prescribe(self.limits, "location", made),)

    def lines_of_variances(self, variances: np.ndarray | Settling | float) -> tuple[Lines, ...]:
        """As `lines`, of one variance for all, one a point, or settling."""
        if isinstance(variances, Settling):
            count = variances.count
            heads, rests = self.lines_of_variances(variances.head)[0], self.lines(variances.rest)[0]
            settled = (
                Settling(head, rest, count) if isinstance(head, np.ndarray) else rest
                for head, rest in zip(heads, rests, strict=True)
            )
            return (Lines(*settled),)
        if not isinstance(variances, np.ndarray):
            return self.lines(variances)
        center, sigma = self.limits.center, np.sqrt(variances)
        sigma *= self.limits.sigma
        reach = self.limits.width * sigma
        return (prescribe(self.limits, "location", Lines(center, center - reach, center + reach, sigma)),)


def live_mean(observation: Any) -> tuple[int, float]:
    """Size and mean of one observation: a number or a subgroup; (0, nan) when all is missing."""
    if isinstance(observation, Real) or np.ndim(observation) == 0:
        value = number(observation)
        return (1, value) if value == value else (0, math.nan)
    size, mean, _ = live_statistics(numbers(observation), "range")
    return size, mean


def batch_means(points: Observations) -> tuple[np.ndarray, np.ndarray | int]:
    """Means and sizes of many observations; one number when all are of one size."""
    if points.data.ndim == 1:
        return points.data, 1
    made = statistics(points.data, "range")
    if len(made.sizes) and (made.sizes == made.sizes[0]).all():
        return made.means, int(made.sizes[0])
    return made.means, made.sizes


def between(name: str, value: float, low: float, high: float) -> None:
    """Refuse a setting outside (low, high]."""
    if not low < value <= high:
        raise AnalysisError(f"The setting {name} is {value}.", f"Give a number above {low:g} and at most {high:g}.")
