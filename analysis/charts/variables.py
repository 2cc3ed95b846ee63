"""Charts of measured values: individuals with moving range; means or medians with ranges; means with deviations.

Sources: AIAG SPC 2nd ed. chapter II; Montgomery, Introduction to Statistical Quality Control, chapter 6;
NIST/SEMATECH e-Handbook 6.3.2. Limits of unequal subgroups follow Montgomery 6.3.2: each point has those of its size.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from analysis import sigma as estimators
from analysis.charts.kind import (
    NO_LINES,
    Kind,
    Observations,
    Wishes,
    finish,
    number,
    numbers,
    prescribe,
    settle,
    with_lines,
)
from analysis.charts.lines import Lines
from analysis.charts.model import Limits
from analysis.charts.patterns import Scope
from analysis.constants import c4, c5, d2, d3, median_error
from analysis.errors import AnalysisError
from analysis.observations import as_floats, refuse_beyond
from analysis.results import Note
from analysis.subgroups import Statistics, as_matrix, live_statistics, statistics


def around(center: float, sigma: float, width: float, floor: float | None = None) -> Lines:
    """Lines `width` standard errors either side of the centre, the lower one not below `floor`."""
    lower = center - width * sigma
    return Lines(center, lower if floor is None else max(floor, lower), center + width * sigma, sigma)


def column(values: Any) -> np.ndarray:
    """A float column of at least no values; infinities and text are refused."""
    made = as_floats(values)
    if made.ndim != 1:
        raise AnalysisError(
            f"This chart takes one column of values; these have {made.ndim} dimensions.",
            "Give a column, or choose a chart of subgroups.",
        )
    refuse_beyond(made)
    return made


def enough(count: int, least: int, what: str) -> None:
    """Refuse a fit from fewer than `least` points."""
    if count < least:
        raise AnalysisError(f"Limits need at least {least} {what}; there are {count}.", "Collect more data.")


class IndividualsMovingRange(Kind):
    """Individuals (I) and their moving range of `window` points (MR)."""

    name = "i_mr"
    panels = (("location", "all"), ("dispersion", "unsymmetric"))
    defaults: ClassVar[Mapping[str, Any]] = {"window": 2}
    default_sigma = "mr_mean"

    def __init__(self, limits: Limits) -> None:
        self.window = int(limits.settings.get("window", 2))
        super().__init__(limits)

    @classmethod
    def arrange(cls, values: Any, _sizes: Any, _parts: Any, /) -> Observations:
        return Observations(column(values))

    @classmethod
    def fit(cls, points: Observations, keep: np.ndarray, wishes: Wishes) -> Limits:
        settings = settle(cls, wishes)
        values = points.data if keep.all() else np.where(keep, points.data, np.nan)
        missing = np.isnan(values)
        present = values[~missing] if missing.any() else values
        known = wishes.mean is not None and wishes.known_sigma is not None
        enough(len(present), 1 if known else 2, "values")
        method = "known" if wishes.known_sigma is not None else wishes.sigma or cls.default_sigma
        window = int(settings["window"])
        spread = wishes.known_sigma
        if spread is None:
            spread = estimators.individuals(values, method, window).sigma
        limits = Limits(
            chart=cls.name,
            center=float(present.mean()) if wishes.mean is None else wishes.mean,
            sigma=spread,
            sigma_method=method,
            size=1,
            width=wishes.width,
            points=len(present),
            values=len(present),
            settings=settings,
        )
        return finish(cls, limits, {"sigma": method, "window": window, "width": wishes.width})

    def lines(self, _key: Any, /) -> tuple[Lines, ...]:
        limits, window = self.limits, self.window
        location = around(limits.center, limits.sigma, limits.width)
        ranges = around(d2(window) * limits.sigma, d3(window) * limits.sigma, limits.width, floor=0.0)
        return prescribe(limits, "location", location), prescribe(limits, "dispersion", ranges)

    def reset(self) -> None:
        self._last = [math.nan] * (self.window - 1)

    def push(self, observation: Any) -> tuple[tuple[float, ...], None]:
        value = number(observation)
        last = self._last
        if self.window == 2:
            spread = abs(value - last[0])
            last[0] = value
            return (value, spread), None
        seen = [*last, value]
        self._last = seen[1:]
        whole = all(item == item for item in seen)
        return (value, max(seen) - min(seen) if whole else math.nan), None

    def advance(self, points: Observations) -> tuple[tuple[np.ndarray, ...], tuple[Lines, ...]]:
        values, before = points.data, self.window - 1
        joined = np.concatenate((self._last, values))
        ranges = estimators.moving_ranges(joined, self.window)[before:]
        self._last = joined[len(joined) - before :].tolist()
        return (values, ranges), self.lines(None)

    def state(self) -> dict[str, Any]:
        return {"last": [None if math.isnan(value) else value for value in self._last]}

    def restore(self, state: Mapping[str, Any]) -> None:
        last = [math.nan if value is None else float(value) for value in state["last"]]
        if len(last) != self.window - 1:
            raise AnalysisError("The kept state belongs to another moving range.", "Rebuild it from the points.")
        self._last = last


class SubgroupKind(Kind):
    """Means of subgroups, with their ranges or standard deviations."""

    panels: ClassVar[tuple[tuple[str, Scope], ...]] = (("location", "all"), ("dispersion", "unsymmetric"))
    spread: ClassVar[Literal["range", "deviation"]]

    @classmethod
    def arrange(cls, values: Any, _sizes: Any, _parts: Any, /) -> Observations:
        return Observations(as_matrix(values))

    @classmethod
    def fit(cls, points: Observations, keep: np.ndarray, wishes: Wishes) -> Limits:
        settle(cls, wishes)
        method = "known" if wishes.known_sigma is not None else wishes.sigma or cls.default_sigma
        needed: Literal["range", "deviation"] = "range" if method == "r_bar" else "deviation"
        made = statistics(points.data if keep.all() else points.data[keep], needed)
        used = made.sizes > 0
        made = made if used.all() else Statistics(*(item[used] for item in made))
        known = wishes.mean is not None and wishes.known_sigma is not None
        enough(len(made.sizes), 1 if known else 2, "subgroups")
        spread = wishes.known_sigma
        if spread is None:
            spread = estimators.of_statistics(made, method).sigma
        total = int(made.sizes.sum())
        common = int(np.bincount(made.sizes).argmax())
        varying = bool((made.sizes != common).any())
        limits = Limits(
            chart=cls.name,
            # not by a dot product, which wakes threads that spin on long after
            center=float((made.means * made.sizes).sum() / total) if wishes.mean is None else wishes.mean,
            sigma=spread,
            sigma_method=method,
            size=common,
            width=wishes.width,
            points=len(made.sizes),
            values=total,
            notes=(Note("sizes_vary", "info", {"commonest": common}),) if varying else (),
        )
        return finish(cls, limits, {"sigma": method, "width": wishes.width})

    def lines(self, key: Any, /) -> tuple[Lines, ...]:
        limits, size = self.limits, int(key)
        if size < 1:
            return NO_LINES, NO_LINES
        location = around(limits.center, self.standard_error(size), limits.width)
        dispersion = self.dispersion_lines(size) if size > 1 else NO_LINES
        return prescribe(limits, "location", location), prescribe(limits, "dispersion", dispersion)

    def standard_error(self, size: int) -> float:
        """Of what the location panel plots, for subgroups of `size`."""
        return self.limits.sigma / math.sqrt(size)

    def dispersion_lines(self, size: int) -> Lines:
        """Lines of the range or standard deviation of `size` values."""
        sigma, width = self.limits.sigma, self.limits.width
        if self.spread == "range":
            return around(d2(size) * sigma, d3(size) * sigma, width, floor=0.0)
        return around(c4(size) * sigma, c5(size) * sigma, width, floor=0.0)

    def push(self, observation: Any) -> tuple[tuple[float, ...], int]:
        count, mean, spread = live_statistics(numbers(observation), self.spread)
        return (mean, spread), count

    def advance(self, points: Observations) -> tuple[tuple[np.ndarray, ...], tuple[Lines, ...]]:
        made = statistics(points.data, self.spread)
        spread = made.ranges if self.spread == "range" else made.deviations
        return (made.means, spread), self.lines_of(made.sizes)


class MeansRanges(SubgroupKind):
    """Means of subgroups (X-bar) and their ranges (R)."""

    name = "xbar_r"
    default_sigma = "r_bar"
    spread = "range"


class MeansDeviations(SubgroupKind):
    """Means of subgroups (X-bar) and their standard deviations (S)."""

    name = "xbar_s"
    default_sigma = "s_bar"
    spread = "deviation"


class MediansRanges(SubgroupKind):
    """Medians of subgroups and their ranges (AIAG SPC 2nd ed. chapter II section C; ISO 7870-2)."""

    name = "median_r"
    default_sigma = "r_bar"
    spread = "range"

    @classmethod
    def fit(cls, points: Observations, keep: np.ndarray, wishes: Wishes) -> Limits:
        made = super().fit(points, keep, wishes)
        if wishes.mean is not None:
            return made
        middles = medians(points.data[keep])
        center = float(middles[~np.isnan(middles)].mean())
        return with_lines(cls, dataclasses.replace(made, center=center))

    def standard_error(self, size: int) -> float:
        return self.limits.sigma * (median_error(size) if size > 1 else 1.0)

    def push(self, observation: Any) -> tuple[tuple[float, ...], int]:
        values = numbers(observation)
        count, _, spread = live_statistics(values, self.spread)
        return (float(medians(np.array([values], dtype=np.float64))[0]), spread), count

    def advance(self, points: Observations) -> tuple[tuple[np.ndarray, ...], tuple[Lines, ...]]:
        made = statistics(points.data, self.spread)
        return (medians(points.data), made.ranges), self.lines_of(made.sizes)


def medians(matrix: np.ndarray) -> np.ndarray:
    """Median of the present values of each row; nan where there are none."""
    if matrix.shape[0] == 0 or matrix.shape[1] == 0:
        return np.full(len(matrix), np.nan)
    ordered = np.sort(matrix, axis=1)  # missing values come last
    sizes = (~np.isnan(matrix)).sum(axis=1)
    rows = np.arange(len(matrix))
    middle: np.ndarray = (
        ordered[rows, np.maximum(sizes - 1, 0) // 2] + ordered[rows, sizes // 2 % matrix.shape[1]]
    ) / 2.0
    return np.where(sizes > 0, middle, np.nan)
