"""Zone chart: each mean scores by the zone it falls in, scores add up while the points stay on one side.

Sources: Jaehn (1987) ASQC Quality Congress Transactions 41 607-613; Davis, Homer and Woodall (1990) JQT 22(4) 296-300.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from analysis.charts.kind import Columns, Observations
from analysis.charts.lines import Lines
from analysis.charts.means import MeansKind, batch_means, live_mean
from analysis.charts.model import Limits
from analysis.errors import AnalysisError
from analysis.rules import Rule, RuleSet


class Zone(MeansKind):
    """Cumulative zone score; a signal when it reaches the score of a point beyond three standard errors.

    Settings: `weights` of the four zones from the centre outwards, whole numbers; `restart`: the score begins anew
    after a signal. A point on the centre line stays on its side; a missing one begins the score anew. Column `mean`.
    """

    name = "zone"
    panels = (("location", "limits"),)
    defaults: ClassVar[Mapping[str, Any]] = {"weights": [0, 2, 4, 8], "restart": False}
    own_rules = RuleSet("zone", (Rule("zone_score", "k_of_m", 1, zone=None, strict=False),))

    @classmethod
    def check(cls, limits: Limits, /) -> None:
        weights = limits.settings["weights"]
        rising = len(weights) == 4 and all(a <= b for a, b in itertools.pairwise(weights))
        if not (rising and weights[0] >= 0 and weights[3] > 0 and all(weight == int(weight) for weight in weights)):
            raise AnalysisError(f"The zone weights {weights} cannot be.", "Give four whole numbers that do not fall.")

    def __init__(self, limits: Limits) -> None:
        self._weights = tuple(int(weight) for weight in limits.settings["weights"])
        self._restart = bool(limits.settings["restart"])
        super().__init__(limits)

    def reset(self) -> None:
        self._score = self._side = 0

    def lines(self, _key: Any, /) -> tuple[Lines, ...]:
        return (Lines(0.0, math.nan, float(self._weights[3]), math.nan),)

    def push(self, observation: Any) -> tuple[tuple[float, ...], None]:
        return (self._step(*live_mean(observation)),), None

    def _step(self, size: int, mean: float) -> float:
        if size == 0:
            self.reset()
            return math.nan
        if self._restart and self._score >= self._weights[3]:
            self._score = 0
        center, sigma = self.limits.center, self.limits.sigma / math.sqrt(size)
        side = (mean > center) - (mean < center) or self._side
        if side == -self._side:
            self._score = 0
        zone = sum(mean > center + line * sigma or mean < center - line * sigma for line in (1, 2, 3))
        self._score += self._weights[zone]
        self._side = side
        return float(self._score)

    def advance(self, points: Observations) -> tuple[tuple[np.ndarray, ...], tuple[Lines, ...]]:
        means, sizes = batch_means(points)
        each = np.where(np.isnan(means), 0, sizes).tolist()
        scores = [self._step(int(size), mean) for size, mean in zip(each, means.tolist(), strict=True)]
        return (np.array(scores, dtype=np.float64),), self.lines(None)

    def columns(self, points: Observations, _plotted: Sequence[np.ndarray], /) -> Mapping[str, np.ndarray]:
        return Columns({"mean": lambda: batch_means(points)[0]})

    def state(self) -> dict[str, Any]:
        return {"score": self._score, "side": self._side}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._score, self._side = int(state["score"]), int(state["side"])
