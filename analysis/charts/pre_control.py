"""Pre-control: single pieces in the middle half of the tolerance (green), in its outer quarters (yellow) or out (red).

Source: Satterthwaite (1954); Bhote, World Class Quality; Montgomery section 10.6 for when it misleads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from analysis.charts.kind import Columns, Kind, Observations, Wishes, finish, number, settle
from analysis.charts.lines import Lines
from analysis.charts.model import Limits
from analysis.charts.variables import column
from analysis.errors import AnalysisError
from analysis.rules import Rule, RuleSet, beyond_limits


class PreControl(Kind):
    """Pre-control with settings `lsl` and `usl`.

    Rules: red (a piece out of tolerance: stop and sort), yellow_same_side (two in a row on one side: adjust),
    yellow_both_sides (two in a row on opposite sides: stop, the spread is too wide). A piece exactly on a pre-control
    line is green, one exactly on a tolerance limit is yellow. Column `greens`: greens in a row (five qualify a set-up).
    """

    name = "pre_control"
    panels = (("location", "all"),)
    defaults: ClassVar[Mapping[str, Any]] = {"lsl": None, "usl": None}
    own_rules = RuleSet(
        "pre_control",
        (
            beyond_limits("red"),
            Rule("yellow_same_side", "run", 2, zone=1.0),
            Rule("yellow_both_sides", "outside", 2, zone=1.0, side="both"),
        ),
    )

    @classmethod
    def arrange(cls, values: Any, _sizes: Any, _parts: Any, /) -> Observations:
        return Observations(column(values))

    @classmethod
    def mean_of_known(cls) -> float:
        return 0.0

    @classmethod
    def sigma_of_known(cls, _mean: float, /) -> float:
        return 1.0

    @classmethod
    def check(cls, limits: Limits, /) -> None:
        lower, upper = limits.settings["lsl"], limits.settings["usl"]
        if lower is None or upper is None or not -math.inf < lower < upper < math.inf:
            raise AnalysisError(
                f"Pre-control needs a tolerance: lsl {lower} and usl {upper} are none.", "Give lsl below usl."
            )

    @classmethod
    def fit(cls, _points: Observations, _keep: np.ndarray, wishes: Wishes, /) -> Limits:
        settings = settle(cls, wishes)
        limits = Limits(cls.name, 0.0, 1.0, "tolerance", 1, wishes.width, 0, 0, settings=settings)
        return finish(cls, limits, {"lsl": settings["lsl"], "usl": settings["usl"]})

    def lines(self, _key: Any, /) -> tuple[Lines, ...]:
        lower, upper = float(self.limits.settings["lsl"]), float(self.limits.settings["usl"])
        return (Lines((lower + upper) / 2, lower, upper, (upper - lower) / 4),)

    def push(self, observation: Any) -> tuple[tuple[float, ...], None]:
        return (number(observation),), None

    def advance(self, points: Observations) -> tuple[tuple[np.ndarray, ...], tuple[Lines, ...]]:
        return (points.data,), self.lines(None)

    def columns(self, points: Observations, _plotted: Sequence[np.ndarray], /) -> Mapping[str, np.ndarray]:
        def greens() -> np.ndarray:
            lines = self.lines(None)[0]
            with_index = np.arange(1, len(points.data) + 1)
            green = (points.data <= lines.upper(1.0)) & (points.data >= lines.lower(1.0))
            last = np.maximum.accumulate(np.where(green, 0, with_index)) if len(with_index) else with_index
            counted: np.ndarray = with_index - last
            return counted

        return Columns({"greens": greens})
