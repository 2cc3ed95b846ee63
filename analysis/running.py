"""Capability that runs along with the line: one value or subgroup at a time, in constant memory.

Means and sums of squares by Welford (1962) Technometrics 4(3) 419-420, whole arrays merged by Chan, Golub and LeVeque
(1983); never a plain sum of squares, which loses all digits of values far from zero.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from analysis.constants import c4, d2, d3
from analysis.errors import AnalysisError
from analysis.observations import refuse_beyond
from analysis.results import Note, Provenance, Result
from analysis.subgroups import as_matrix, statistics

WITHIN = ("mr_mean", "r_bar", "s_bar", "pooled")


@dataclass(frozen=True, slots=True)
class RunningIndices(Result):
    """Capability up to now; None where too few values, no variation or a missing limit leave an index undefined.

    Cp, Cpk use `sigma_within`, Pp, Ppk, Cpm `sigma_overall`; with one limit only Cpk and Ppk exist.
    """

    n: int
    mean: float | None
    sigma_within: float | None
    sigma_overall: float | None
    minimum: float | None
    maximum: float | None
    cp: float | None
    cpk: float | None
    pp: float | None
    ppk: float | None
    cpm: float | None
    below: int
    above: int
    notes: tuple[Note, ...]
    provenance: Provenance


class RunningCapability:
    """Running indices against `lsl`, `usl` and `target` (default: the middle of the tolerance).

    `within`: "mr_mean" for single values (a missing value breaks the moving range), "r_bar", "s_bar" or "pooled" for
    subgroups.
    """

    __slots__ = (
        "_last",
        "_spread",
        "_weight",
        "above",
        "below",
        "count",
        "lsl",
        "maximum",
        "mean",
        "minimum",
        "squares",
        "target",
        "usl",
        "within",
    )

    def __init__(
        self,
        lsl: float | None = None,
        usl: float | None = None,
        target: float | None = None,
        within: str = "mr_mean",
    ) -> None:
        if within not in WITHIN:
            raise AnalysisError(f"There is no running estimator {within!r}.", f"Use {', '.join(WITHIN)}.")
        for name, limit in (("lsl", lsl), ("usl", usl), ("target", target)):
            if limit is not None and not math.isfinite(limit):
                raise AnalysisError(f"The {name} is {limit}.", "Give a finite number, or none.")
        if lsl is not None and usl is not None and lsl >= usl:
            raise AnalysisError(f"The lower limit {lsl} is not below the upper limit {usl}.", "Exchange them.")
        self.lsl, self.usl, self.target, self.within = lsl, usl, target, within
        self.count = self.below = self.above = 0
        self.mean = self.squares = self._spread = self._weight = 0.0
        self.minimum, self.maximum, self._last = math.inf, -math.inf, math.nan

    def push(self, observation: Any) -> None:
        """Take the next value, or the next subgroup's values; nan is missing."""
        if self.within == "mr_mean":
            value = float(observation)
            if math.isinf(value):
                raise AnalysisError("An infinite number has no capability.", "Remove or mend it.")
            self._take(value)
            moved = abs(value - self._last)
            if moved == moved:
                self._spread += moved
                self._weight += 1.0
            self._last = value
            return
        values = as_matrix([observation])
        for value in values[0].tolist():
            self._take(value)
        self._take_subgroups(values)

    def _take(self, value: float) -> None:
        if value != value:
            return
        self.count += 1
        step = value - self.mean
        self.mean += step / self.count
        self.squares += step * (value - self.mean)
        self.minimum, self.maximum = min(self.minimum, value), max(self.maximum, value)
        self.below += self.lsl is not None and value < self.lsl
        self.above += self.usl is not None and value > self.usl

    def push_many(self, observations: ArrayLike) -> None:
        """Take a column of values, or a matrix of subgroups; nan is missing."""
        if self.within == "mr_mean":
            values = np.asarray(observations, dtype=np.float64).reshape(-1)
            refuse_beyond(values)
            moved = np.abs(np.diff(np.concatenate(([self._last], values))))
            present = ~np.isnan(moved)
            self._spread += float(moved[present].sum())
            self._weight += float(present.sum())
            self._last = float(values[-1]) if len(values) else self._last
        else:
            matrix = as_matrix(observations)
            self._take_subgroups(matrix)
            values = matrix.ravel()
        self._merge(values[~np.isnan(values)])

    def _merge(self, values: np.ndarray) -> None:
        more = len(values)
        if more == 0:
            return
        mean = float(values.mean())
        squares = float(((values - mean) ** 2).sum())
        total, step = self.count + more, mean - self.mean
        self.squares += squares + step * step * self.count * more / total
        self.mean += step * more / total
        self.count = total
        self.minimum, self.maximum = min(self.minimum, float(values.min())), max(self.maximum, float(values.max()))
        self.below += 0 if self.lsl is None else int((values < self.lsl).sum())
        self.above += 0 if self.usl is None else int((values > self.usl).sum())

    def _take_subgroups(self, matrix: np.ndarray) -> None:
        """Add each subgroup's estimate with the weight of its size (Burr 1969), so that sizes may differ."""
        made = statistics(matrix)
        for size in np.unique(made.sizes[made.sizes > 1]).tolist():
            chosen = made.sizes == size
            count = float(chosen.sum())
            if self.within == "pooled":
                self._spread += float((size - 1) * (made.deviations[chosen] ** 2).sum())
                self._weight += (size - 1) * count
                continue
            if self.within == "r_bar":
                unit, error, spreads = d2(size), d3(size), made.ranges[chosen]
            else:
                unit, error, spreads = c4(size), math.sqrt(1 - c4(size) ** 2), made.deviations[chosen]
            weight = (unit / error) ** 2
            self._spread += weight * float(spreads.sum()) / unit
            self._weight += weight * count

    @property
    def sigma_within(self) -> float | None:
        """Within sigma up to now; None before there is any spread to see."""
        if self._weight == 0.0:
            return None
        average = self._spread / self._weight
        if self.within == "pooled":
            return math.sqrt(average)
        return average / d2(2) if self.within == "mr_mean" else average

    @property
    def sigma_overall(self) -> float | None:
        """Sample standard deviation of all values up to now; None below two."""
        return math.sqrt(self.squares / (self.count - 1)) if self.count > 1 else None

    def indices(self) -> RunningIndices:
        """The indices of all values up to now."""
        within, overall = self.sigma_within, self.sigma_overall
        notes = []
        if self.count < 2:
            notes.append(Note("too_few_values", "refusal", {"count": self.count, "least": 2}))
        elif overall == 0.0:
            notes.append(Note("no_variation", "refusal", {"count": self.count}))
        if self.lsl is None and self.usl is None:
            notes.append(Note("no_specification", "refusal"))
        return RunningIndices(
            n=self.count,
            mean=self.mean if self.count else None,
            sigma_within=within,
            sigma_overall=overall,
            minimum=self.minimum if self.count else None,
            maximum=self.maximum if self.count else None,
            cp=self._width(within),
            cpk=self._nearest(within),
            pp=self._width(overall),
            ppk=self._nearest(overall),
            cpm=self._about_target(overall),
            below=self.below,
            above=self.above,
            notes=tuple(notes),
            provenance=Provenance("running.capability", {"within": self.within, "overall": "s"}),
        )

    def _width(self, sigma: float | None) -> float | None:
        if not sigma or self.lsl is None or self.usl is None:
            return None
        return (self.usl - self.lsl) / (6.0 * sigma)

    def _nearest(self, sigma: float | None) -> float | None:
        if not sigma:
            return None
        gaps = [] if self.usl is None else [self.usl - self.mean]
        gaps += [] if self.lsl is None else [self.mean - self.lsl]
        return min(gaps) / (3.0 * sigma) if gaps else None

    def _about_target(self, sigma: float | None) -> float | None:
        if not sigma or self.lsl is None or self.usl is None:
            return None
        target = (self.lsl + self.usl) / 2.0 if self.target is None else self.target
        return (self.usl - self.lsl) / (6.0 * math.hypot(sigma, self.mean - target))

    def snapshot(self) -> dict[str, Any]:
        """All that is needed to go on later, as a plain dictionary."""
        made = {name.lstrip("_"): getattr(self, name) for name in self.__slots__}
        return {name: None if isinstance(v, float) and not math.isfinite(v) else v for name, v in made.items()}

    @classmethod
    def restore(cls, kept: Mapping[str, Any]) -> Self:
        """The running capability a snapshot was taken of; AnalysisError when it is damaged."""
        try:
            made = cls(kept["lsl"], kept["usl"], kept["target"], kept["within"])
            made.count, made.below, made.above = (int(kept[name]) for name in ("count", "below", "above"))
            made.mean, made.squares = float(kept["mean"]), float(kept["squares"])
            made._spread, made._weight = float(kept["spread"]), float(kept["weight"])
            made._last = math.nan if kept["last"] is None else float(kept["last"])
            made.minimum = math.inf if kept["minimum"] is None else float(kept["minimum"])
            made.maximum = -math.inf if kept["maximum"] is None else float(kept["maximum"])
        except (KeyError, TypeError, ValueError) as error:
            raise AnalysisError("The kept running capability is damaged.", "Rebuild it from the values.") from error
        return made
