"""Moving average of the last `span` values or subgroup means; the first ones are means of as many as there are.

Source: Montgomery section 9.3; Roberts (1959).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from analysis.charts.kind import Observations
from analysis.charts.lines import Lines, Settling
from analysis.charts.marks import points_since_missing
from analysis.charts.means import AveragingKind, batch_means, between, live_mean
from analysis.charts.model import Limits


class MovingAverage(AveragingKind):
    """Moving average. Setting: `span`. After a missing point the average begins anew."""

    name = "moving_average"
    panels = (("location", "limits"),)
    defaults: ClassVar[Mapping[str, Any]] = {"span": 3}

    @classmethod
    def check(cls, limits: Limits, /) -> None:
        between("span", limits.settings["span"], 1, 1000)

    def __init__(self, limits: Limits) -> None:
        self.span = int(limits.settings["span"])
        super().__init__(limits)

    def reset(self) -> None:
        self._means: list[float] = []
        self._parts: list[float] = []  # 1/n of each subgroup in the window

    def nominal_lines(self) -> tuple[Lines, ...]:
        return self.lines(1.0 / (self.span * self.limits.size))

    def push(self, observation: Any) -> tuple[tuple[float, ...], float]:
        size, mean = live_mean(observation)
        if size == 0:
            self.reset()
            return (math.nan,), 0.0
        self._means = [*self._means, mean][-self.span :]
        self._parts = [*self._parts, 1.0 / size][-self.span :]
        total = part = 0.0
        for value, share in zip(self._means, self._parts, strict=True):
            total += value
            part += share
        count = len(self._means)
        return (total / count,), part / (count * count)

    def advance(self, points: Observations) -> tuple[tuple[np.ndarray, ...], tuple[Lines, ...]]:
        means, sizes = batch_means(points)
        if len(means) == 0:
            return (means,), self.lines_of_variances(0.0)
        shares = np.full(len(means), 1.0)
        np.divide(1.0, sizes, out=shares, where=~np.isnan(means))
        joined, parts = np.concatenate((self._means, means)), np.concatenate((self._parts, shares))
        before = len(self._means)
        missing = np.isnan(joined)
        if missing.any():
            counts = np.minimum(points_since_missing(np.concatenate(([True], missing)))[1:], self.span)
        else:
            counts = np.minimum(np.arange(1, len(joined) + 1), self.span)
        averages = _over_window(joined, counts, self.span)
        np.divide(averages, counts, out=averages, where=counts > 0)
        averages[missing] = np.nan
        kept = int(counts[-1])
        self._means, self._parts = joined[len(joined) - kept :].tolist(), parts[len(joined) - kept :].tolist()
        return (averages[before:],), self._lines(parts, counts, before)

    def _lines(self, parts: np.ndarray, counts: np.ndarray, before: int) -> tuple[Lines, ...]:
        """Lines from the sums of 1/n over each window; settled from the first whole window on where nothing varies."""
        same = bool((parts == parts[0]).all()) and bool((counts[self.span :] == self.span).all())
        shown = min(len(counts), self.span + 1) if same else len(counts)  # the first value may be missing
        variances = _over_window(parts[:shown], counts[:shown], self.span)
        squares = counts[:shown] * counts[:shown]
        np.divide(variances, squares, out=variances, where=squares > 0)
        if not same:
            return self.lines_of_variances(variances[before:])
        return self.lines_of_variances(Settling(variances[before:], float(variances[-1]), len(counts) - before))

    def state(self) -> dict[str, Any]:
        return {"means": self._means, "parts": self._parts}

    def restore(self, state: Mapping[str, Any]) -> None:
        means, parts = [float(item) for item in state["means"]], [float(item) for item in state["parts"]]
        if len(means) != len(parts) or len(means) > self.span:
            raise ValueError("window")
        self._means, self._parts = means, parts


def _over_window(values: np.ndarray, counts: np.ndarray, span: int) -> np.ndarray:
    """Sum of the last `counts` (at most `span`) values at each point, oldest first."""
    totals = np.zeros(len(values))
    steady = int(np.argmax(counts == span)) if (counts == span).any() else len(values)
    whole = bool((counts[steady:] == span).all())
    head = min(steady, len(values)) if whole else len(values)
    for back in range(span - 1, -1, -1):
        totals[back:head] += np.where(counts[back:head] > back, values[: max(head - back, 0)], 0.0)
        if whole and head < len(values):
            totals[head:] += values[head - back : len(values) - back]
    return totals
