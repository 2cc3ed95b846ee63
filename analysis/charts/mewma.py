"""MEWMA: the exponentially weighted average of vectors, charted as T².

Sources: Lowry, Woodall, Champ and Rigdon (1992) Technometrics 34(1) 46-53; the limit from the in-control run length by
Rigdon (1995) Statistics & Probability Letters 24(4) 365-371.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from analysis.charts.kind import Observations, prescribe
from analysis.charts.lines import Lines
from analysis.charts.means import between
from analysis.charts.model import Limits
from analysis.charts.multivariate import VectorKind, means_and_sizes, quadratic
from analysis.charts.recursion import weighted
from analysis.charts.variance import Variances, held, settled, steps, with_missing
from analysis.errors import AnalysisError


class Mewma(VectorKind):
    """MEWMA of vectors or subgroup means.

    Settings: `weight` (λ), `arl` (in-control average run length that sets the limit), `limit` (h, in place of `arl`),
    `asymptotic` (covariance of the settled average from the first point on), `estimator` as for T², or known
    `mean_vector` and `covariance`. A missing point leaves the average as it is.
    """

    name = "mewma"
    panels = (("location", "limits"),)
    reported = ("weight", "arl")
    defaults: ClassVar[Mapping[str, Any]] = {
        "weight": 0.1,
        "arl": 200.0,
        "limit": None,
        "asymptotic": False,
        "estimator": "sample",
        "mean_vector": None,
        "covariance": None,
    }

    @classmethod
    def check(cls, limits: Limits, /) -> None:
        super().check(limits)
        between("weight", limits.settings["weight"], 1e-6, 1.0)
        limit = limits.settings["limit"]
        if limit is not None and not 0 < limit < math.inf:
            raise AnalysisError(f"A MEWMA limit of {limit} cannot be.", "Give a number above 0.")

    @classmethod
    def complete(cls, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        if settings["limit"] is not None or settings["mean_vector"] is None:
            return settings
        from analysis.arl import mewma_limit

        limit = mewma_limit(len(settings["mean_vector"]), float(settings["weight"]), float(settings["arl"]))
        return {**settings, "limit": limit}

    def __init__(self, limits: Limits) -> None:
        self.weight = float(limits.settings["weight"])
        self._asymptotic = bool(limits.settings["asymptotic"])
        super().__init__(limits)

    def reset(self) -> None:
        self._level = np.zeros(len(self.center))
        self._variance = settled(self.weight, self.limits.size) if self._asymptotic else 0.0

    def lines(self, _key: Any, /) -> tuple[Lines, ...]:
        limit = self.limits.settings["limit"]
        made = Lines(math.nan, 0.0, math.nan if limit is None else float(limit), math.nan)
        return (prescribe(self.limits, "location", made),)

    def push(self, observation: Any) -> tuple[tuple[float, ...], None]:
        (statistic,), _ = self.advance(self.row(observation))
        return (float(statistic[0]),), None

    def advance(self, points: Observations) -> tuple[tuple[np.ndarray, ...], tuple[Lines, ...]]:
        means, sizes = means_and_sizes(self.fitting(points))
        present = sizes > 0
        deviations = (means - self.center)[present]
        levels = np.column_stack(
            [
                weighted(deviations[:, index], self.weight, float(self._level[index]))
                for index in range(len(self.center))
            ]
        )
        variances: Variances = self._variance
        if len(levels):
            self._level = levels[-1].copy()
            if not self._asymptotic:
                used = sizes[present]
                same = int(used[0]) if (used == used[0]).all() else used
                variances, self._variance = steps(self.weight, self._variance, same, len(used))
        each = held(variances, present)
        statistic = with_missing(quadratic(levels, self.root), present)
        return (statistic / each,), self.lines(None)

    def state(self) -> dict[str, Any]:
        return {"level": self._level.tolist(), "variance": self._variance}

    def restore(self, state: Mapping[str, Any]) -> None:
        level = np.array([float(value) for value in state["level"]])
        if len(level) != len(self.center):
            raise AnalysisError("The kept state belongs to other variables.", "Rebuild it from the points.")
        self._level, self._variance = level, float(state["variance"])
