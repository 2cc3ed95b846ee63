"""Three-way charts: means judged by how they move from subgroup to subgroup, beside the spread within subgroups.

For processes whose subgroups differ for reasons that are not to be chased (batch to batch, set-up to set-up): the means
are charted as individuals. Sources: Wheeler, Advanced Topics in Statistical Process Control; Minitab "I-MR-R/S".
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from analysis import sigma as estimators
from analysis.charts.kind import NO_LINES, Observations, Wishes, finish, numbers, prescribe, settle
from analysis.charts.lines import Lines
from analysis.charts.model import Limits
from analysis.charts.variables import MeansDeviations, MeansRanges, SubgroupKind, around
from analysis.constants import d2, d3
from analysis.errors import AnalysisError
from analysis.subgroups import live_statistics, statistics


class _ThreeWay(SubgroupKind):
    """Panels location (means as individuals), dispersion (within), between (moving range of the means).

    Setting `sigma_means`: standard deviation of the means from subgroup to subgroup; fitted from their moving range.
    """

    panels = (("location", "all"), ("dispersion", "unsymmetric"), ("between", "unsymmetric"))
    defaults: ClassVar[Mapping[str, Any]] = {"sigma_means": None}
    within: ClassVar[type[SubgroupKind]]

    @classmethod
    def check(cls, limits: Limits, /) -> None:
        spread = limits.settings["sigma_means"]
        if spread is None or not 0 <= spread < math.inf:
            raise AnalysisError(
                f"A three-way chart cannot have {spread} as the standard deviation of its means.",
                "Fit it, or give sigma_means.",
            )

    @classmethod
    def fit(cls, points: Observations, keep: np.ndarray, wishes: Wishes) -> Limits:
        settings = settle(cls, wishes)
        inner = cls.within.fit(points, keep, dataclasses.replace(wishes, settings={}))
        made = statistics(points.data, "range")
        means = np.where(keep, made.means, np.nan)
        if settings["sigma_means"] is None:
            settings["sigma_means"] = estimators.individuals(means).sigma
        center = float(means[~np.isnan(means)].mean()) if wishes.mean is None else wishes.mean
        limits = dataclasses.replace(inner, chart=cls.name, center=center, settings=settings)
        return finish(cls, limits, {"sigma": inner.sigma_method, "sigma_means": "mr_mean", "width": wishes.width})

    def reset(self) -> None:
        self._last = math.nan

    def lines(self, key: Any, /) -> tuple[Lines, ...]:
        limits, size = self.limits, int(key)
        spread, width = float(limits.settings["sigma_means"]), limits.width
        location = around(limits.center, spread, width)
        between = around(d2(2) * spread, d3(2) * spread, width, floor=0.0)
        dispersion = self.dispersion_lines(size) if size > 1 else NO_LINES
        return (
            prescribe(limits, "location", location),
            prescribe(limits, "dispersion", dispersion),
            prescribe(limits, "between", between),
        )

    def push(self, observation: Any) -> tuple[tuple[float, ...], int]:
        size, mean, spread = live_statistics(numbers(observation), self.spread)
        moved = abs(mean - self._last)
        self._last = mean
        return (mean, spread, moved), size

    def advance(self, points: Observations) -> tuple[tuple[np.ndarray, ...], tuple[Lines, ...]]:
        made = statistics(points.data, self.spread)
        moved = estimators.moving_ranges(np.concatenate(([self._last], made.means)))[1:]
        if len(made.means):
            self._last = float(made.means[-1])
        spread = made.ranges if self.spread == "range" else made.deviations
        return (made.means, spread, moved), self.lines_of(made.sizes)

    def state(self) -> dict[str, Any]:
        return {"last": None if math.isnan(self._last) else self._last}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._last = math.nan if state["last"] is None else float(state["last"])


class ThreeWayRanges(_ThreeWay):
    """I-MR-R: means as individuals, their moving range, ranges within."""

    name = "i_mr_r"
    default_sigma = "r_bar"
    spread = "range"
    within = MeansRanges


class ThreeWayDeviations(_ThreeWay):
    """I-MR-S: means as individuals, their moving range, standard deviations within."""

    name = "i_mr_s"
    default_sigma = "s_bar"
    spread = "deviation"
    within = MeansDeviations
