"""Tabular cumulative sum of deviations from a target, one sum for each side, with fast initial response.

C+ = max(0, C+ + (x̄ - target) - K) and C- = max(0, C- + (target - x̄) - K) signal beyond H.
Sources: Page (1954) Biometrika 41 100-115; Lucas and Crosier (1982) Technometrics 24(3) 199-205; Montgomery section
9.1; NIST/SEMATECH e-Handbook 6.3.2.3; ISO 7870-4.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from analysis.charts.kind import Columns, Observations, prescribe
from analysis.charts.lines import Lines
from analysis.charts.means import MeansKind, batch_means, live_mean
from analysis.charts.model import Limits
from analysis.charts.recursion import two_sided
from analysis.errors import AnalysisError


class Cusum(MeansKind):
    """CUSUM of values or subgroup means; panel `location` is C+, panel `lower` is C-, both not negative.

    Settings: `reference` (k) and `decision` (h), in standard errors of the plotted mean, or in the data's unit with
    `units` "data"; `headstart` (fast initial response) as a share of the decision interval, 0.5 in the literature;
    `restart`: begin anew (with the head start) after a signal. `mean` is the target. A missing point leaves the sums as
    they are. Deviations of a subgroup of unusual size count by the root of its size.
    """

    name = "cusum"
    panels = (("location", "limits"), ("lower", "limits"))
    defaults: ClassVar[Mapping[str, Any]] = {
        "reference": 0.5,
        "decision": 5.0,
        "headstart": 0.0,
        "units": "sigma",
        "restart": False,
    }

    @classmethod
    def check(cls, limits: Limits, /) -> None:
        given = limits.settings
        if given["units"] not in {"sigma", "data"}:
            raise AnalysisError(f"CUSUM units are sigma or data, not {given['units']!r}.", "Choose one.")
        if not (given["reference"] >= 0 and 0 < given["decision"] < math.inf and 0 <= given["headstart"] < 1):
            raise AnalysisError(
                f"A CUSUM cannot have reference {given['reference']}, decision {given['decision']} "
                f"and head start {given['headstart']}.",
                "Give a reference of at least 0, a decision interval above 0 and a head start from 0 to below 1.",
            )

    def __init__(self, limits: Limits) -> None:
        unit = limits.sigma / math.sqrt(limits.size) if limits.settings["units"] == "sigma" else 1.0
        self.slack = float(limits.settings["reference"]) * unit
        self.decision = float(limits.settings["decision"]) * unit
        self._start = float(limits.settings["headstart"]) * self.decision
        self._restart = bool(limits.settings["restart"])
        super().__init__(limits)

    def reset(self) -> None:
        self._upper = self._lower = self._start

    def lines(self, _key: Any, /) -> tuple[Lines, ...]:
        made = Lines(0.0, math.nan, self.decision, math.nan)
        return prescribe(self.limits, "location", made), prescribe(self.limits, "lower", made)

    def push(self, observation: Any) -> tuple[tuple[float, ...], None]:
        size, mean = live_mean(observation)
        if size == 0:
            return (math.nan, math.nan), None
        if self._restart and (self._upper > self.decision or self._lower > self.decision):
            self.reset()
        deviation = mean - self.limits.center
        if size != self.limits.size:
            deviation *= math.sqrt(size / self.limits.size)
        upper, lower = self._upper + (deviation - self.slack), self._lower + (-deviation - self.slack)
        self._upper = upper if upper > 0.0 else 0.0
        self._lower = lower if lower > 0.0 else 0.0
        return (self._upper, self._lower), None

    def advance(self, points: Observations) -> tuple[tuple[np.ndarray, ...], tuple[Lines, ...]]:
        means, sizes = batch_means(points)
        values, center = means, self.limits.center
        if isinstance(sizes, np.ndarray) or sizes != self.limits.size:
            deviations = means - center
            values = np.where(sizes == self.limits.size, deviations, deviations * np.sqrt(sizes / self.limits.size))
            center = 0.0
        missing = np.isnan(values)
        if not missing.any():
            upper, lower = self._sums(values, center)
            return (upper, lower), self.lines(None)
        filled = np.full((2, len(means)), np.nan)
        filled[:, ~missing] = self._sums(values[~missing], center)
        return (filled[0], filled[1]), self.lines(None)

    def _sums(self, values: np.ndarray, center: float) -> np.ndarray:
        """Both sums, going on from where they stand."""
        if self._restart:
            return self._restarting(values, center)
        sums = two_sided(values, center, self.slack, (self._upper, self._lower))
        if len(values):
            self._upper, self._lower = float(sums[0, -1]), float(sums[1, -1])
        return sums

    def _restarting(self, values: np.ndarray, center: float) -> np.ndarray:
        """In stretches up to each signal: signals are few, or the chart is of no use."""
        sums = np.empty((2, len(values)))
        begin, reach = 0, 256
        while begin < len(values):
            if self._upper > self.decision or self._lower > self.decision:
                self.reset()
                reach = 256
            made = two_sided(values[begin : begin + reach], center, self.slack, (self._upper, self._lower))
            signals = np.flatnonzero((made > self.decision).any(axis=0))
            count = int(signals[0]) + 1 if len(signals) else made.shape[1]
            sums[:, begin : begin + count] = made[:, :count]
            self._upper, self._lower = float(made[0, count - 1]), float(made[1, count - 1])
            begin += count
            reach = min(2 * reach, 1_000_000)
        return sums

    def columns(self, _points: Observations, plotted: Sequence[np.ndarray], /) -> Mapping[str, np.ndarray]:
        """How many points in a row each sum has been above zero: `count_upper`, `count_lower`."""
        return Columns({"count_upper": lambda: _counts(plotted[0]), "count_lower": lambda: _counts(plotted[1])})

    def state(self) -> dict[str, Any]:
        return {"upper": self._upper, "lower": self._lower}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._upper, self._lower = float(state["upper"]), float(state["lower"])


def _counts(sums: np.ndarray) -> np.ndarray:
    """For each point how many in a row are above zero; a missing point keeps the count."""
    steps = np.arange(1, len(sums) + 1, dtype=np.int32)
    missing = np.isnan(sums)
    if missing.any():
        steps -= np.cumsum(missing, dtype=np.int32)
    zeros = steps * (sums == 0.0)
    np.maximum.accumulate(zeros, out=zeros)
    counted: np.ndarray = steps - zeros
    return counted
