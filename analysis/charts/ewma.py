"""Exponentially weighted moving average: z = λ x̄ + (1-λ) z, with limits that widen as the average settles.

Sources: Roberts (1959) Technometrics 1(3) 239-250; Lucas and Saccucci (1990) Technometrics 32(1) 1-12;
NIST/SEMATECH e-Handbook 6.3.2.4; ISO 7870-6.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from analysis.charts.kind import Observations
from analysis.charts.lines import Lines
from analysis.charts.means import AveragingKind, batch_means, between, live_mean
from analysis.charts.model import Limits
from analysis.charts.recursion import weighted
from analysis.charts.variance import Variances, held, settled, step, steps, with_missing


class Ewma(AveragingKind):
    """EWMA of values or subgroup means.

    Settings: `weight` (λ), `asymptotic` (limits of the settled average from the first point on). `mean` is the target.
    A missing point leaves the average as it is.
    """

    name = "ewma"
    panels = (("location", "limits"),)
    defaults: ClassVar[Mapping[str, Any]] = {"weight": 0.2, "asymptotic": False}

    @classmethod
    def check(cls, limits: Limits, /) -> None:
        between("weight", limits.settings["weight"], 0.0, 1.0)

    def __init__(self, limits: Limits) -> None:
        self.weight = float(limits.settings["weight"])
        self.asymptotic = bool(limits.settings["asymptotic"])
        super().__init__(limits)

    def reset(self) -> None:
        self._level = self.limits.center
        self._variance = settled(self.weight, self.limits.size) if self.asymptotic else 0.0

    def nominal_lines(self) -> tuple[Lines, ...]:
        return self.lines(settled(self.weight, self.limits.size))

    def push(self, observation: Any) -> tuple[tuple[float, ...], float]:
        size, mean = live_mean(observation)
        if size == 0:
            return (math.nan,), self._variance
        self._level = self.weight * mean + (1.0 - self.weight) * self._level
        if not self.asymptotic:
            self._variance = step(self.weight, self._variance, size)
        return (self._level,), self._variance

    def advance(self, points: Observations) -> tuple[tuple[np.ndarray, ...], tuple[Lines, ...]]:
        means, sizes = batch_means(points)
        missing = np.isnan(means)
        present = ~missing if missing.any() else None
        used = means if present is None else means[present]
        if isinstance(sizes, np.ndarray) and present is not None:
            sizes = sizes[present]
        levels = weighted(used, self.weight, self._level)
        if len(levels):
            self._level = float(levels[-1])
        variances: Variances = self._variance
        if not self.asymptotic and len(used):
            variances, self._variance = steps(self.weight, self._variance, sizes, len(used))
        if present is None:
            return (levels,), self.lines_of_variances(variances)
        return (with_missing(levels, present),), self.lines_of_variances(held(variances, present))

    def state(self) -> dict[str, Any]:
        return {"level": self._level, "variance": self._variance}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._level, self._variance = float(state["level"]), float(state["variance"])
