"""Charts of counts: p, np, c and u, and Laney's p' and u' for counts that vary more than the binomial or Poisson say.

Limits are the normal approximation, cut at 0 (and at all inspected for p and np). Sources: AIAG SPC 2nd ed. chapter
III; Montgomery chapter 7; Laney (2002) Quality Engineering 14(4) 531-537.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from analysis.charts.kind import NO_LINES, Kind, Observations, Wishes, finish, number, prescribe, settle
from analysis.charts.lines import Lines
from analysis.charts.model import Limits, whole
from analysis.charts.variables import column, enough
from analysis.constants import d2
from analysis.errors import AnalysisError
from analysis.observations import as_floats, refuse_beyond
from analysis.results import Note
from analysis.sigma import moving_ranges

LARGEST_COUNT = 1e12
"""Counts and sizes beyond it, and sizes below its inverse, are slips."""


class CountKind(Kind):
    """Counts of defectives or defects, each among `sizes` inspected units."""

    panels = (("location", "unsymmetric"),)
    takes_sizes = True
    bounded: ClassVar[bool] = False  # a count cannot exceed its size
    needs_size: ClassVar[bool] = True
    plots_rate: ClassVar[bool] = True

    @classmethod
    def arrange(cls, values: Any, sizes: Any, _parts: Any, /) -> Observations:
        counts = column(values)
        refuse_beyond(counts, "counts", LARGEST_COUNT)
        if sizes is None:
            if cls.needs_size:
                raise AnalysisError(f"A {cls.name} chart needs how many were inspected.", "Give the sizes.")
            units = np.ones(len(counts))
        else:
            given = as_floats(sizes, "sizes")
            refuse_beyond(given, "sizes", LARGEST_COUNT)
            units = np.full(len(counts), float(given)) if given.ndim == 0 else column(sizes)
        if len(units) != len(counts):
            raise AnalysisError(f"There are {len(counts)} counts and {len(units)} sizes.", "Give one size a count.")
        cls._check(counts, units)
        # a count among none inspected is a missing point
        return Observations(np.where((units > 0) & ~np.isnan(units), counts, np.nan), np.nan_to_num(units))

    @classmethod
    def _check(cls, counts: np.ndarray, units: np.ndarray) -> None:
        wrong = (counts < 0) | (counts != np.floor(counts)) & ~np.isnan(counts)
        impossible = (units < 0) | ((units > 0) & (units < 1.0 / LARGEST_COUNT)) | ((units == 0) & (counts > 0))
        if cls.bounded:
            wrong |= counts > units
            impossible |= (units != np.floor(units)) & ~np.isnan(units)
        for failed, what, told in ((impossible, "size", units), (wrong, "count", counts)):
            if failed.any():
                place = int(np.argmax(failed))
                among = f" among {units[place]:g}" if what == "count" and cls.needs_size else ""
                raise AnalysisError(
                    f"Point {place} has the impossible {what} {told[place]:g}{among}.",
                    "Counts are whole numbers, not negative, and defectives are at most as many as inspected.",
                )

    @classmethod
    def sigma_of_known(cls, mean: float) -> float:
        """Standard deviation of one unit's count when its mean is `mean`."""
        if mean < 0 or (cls.bounded and mean > 1):
            raise AnalysisError(f"The mean rate cannot be {mean}.", "Give a share between 0 and 1, or a rate above 0.")
        return math.sqrt(mean * (1.0 - mean)) if cls.bounded else math.sqrt(mean)

    @classmethod
    def fit(cls, points: Observations, keep: np.ndarray, wishes: Wishes) -> Limits:
        settings = settle(cls, wishes)
        keep = keep & ~np.isnan(points.data)
        counts, units = points.data[keep], points.units[keep]
        enough(len(counts), 1 if wishes.mean is not None else 2, "counts")
        mean = float(counts.sum() / units.sum()) if wishes.mean is None else wishes.mean
        sigma = cls.sigma_of_known(mean)
        common, varying = _common(units)
        notes = [Note("sizes_vary", "info", {"commonest": common})] if varying else []
        extra_spread, method = cls.overdispersion(points, keep, mean)
        limits = Limits(
            chart=cls.name,
            center=mean,
            sigma=sigma * extra_spread,
            sigma_method=method,
            size=common,
            width=wishes.width,
            points=len(counts),
            values=int(units.sum()),
            settings={**settings, **({} if method != "laney" else {"sigma_z": extra_spread})},
            notes=tuple(notes),
        )
        return finish(cls, limits, {"sigma": method, "width": wishes.width})

    @classmethod
    def overdispersion(cls, _points: Observations, _keep: np.ndarray, _mean: float, /) -> tuple[float, str]:
        """By how much the counts vary more than their distribution says, and the name of the estimator."""
        return 1.0, "binomial" if cls.bounded else "poisson"

    def lines(self, key: Any, /) -> tuple[Lines, ...]:
        limits, units = self.limits, float(key)
        if not units > 0:
            return (NO_LINES,)
        if self.plots_rate:
            center, sigma, most = limits.center, limits.sigma / math.sqrt(units), 1.0
        else:
            center, sigma, most = limits.center * units, limits.sigma * math.sqrt(units), units
        upper = center + limits.width * sigma
        made = Lines(
            center, max(0.0, center - limits.width * sigma), min(most, upper) if self.bounded else upper, sigma
        )
        return (prescribe(limits, "location", made),)

    def push(self, observation: Any) -> tuple[tuple[float, ...], float]:
        count, size, _ = observation
        count = number(count)
        units = self.limits.size if size is None else number(size)
        if not (units > 0 and count >= 0 and count == math.floor(count) and (count <= units or not self.bounded)):
            self._check(np.array([count]), np.array([float(units)]))
            return (math.nan,), units
        return (count / units if self.plots_rate else count,), units

    def advance(self, points: Observations) -> tuple[tuple[np.ndarray, ...], tuple[Lines, ...]]:
        if not self.plots_rate:
            return (points.data,), self.lines_of(points.units)
        rates = np.full(len(points), np.nan)
        np.divide(points.data, points.units, out=rates, where=points.units > 0)
        return (rates,), self.lines_of(points.units)


def _common(units: np.ndarray) -> tuple[float, bool]:
    """The commonest size, and whether there are others."""
    sizes, counts = np.unique(units, return_counts=True)
    common = float(sizes[counts.argmax()]) if len(sizes) else 1.0
    return whole(common), len(sizes) > 1


class Defectives(CountKind):
    """np: number of defectives among `sizes` inspected."""

    name = "np"
    bounded = True
    plots_rate = False


class ShareDefective(CountKind):
    """p: share of defectives among `sizes` inspected."""

    name = "p"
    bounded = True


class Defects(CountKind):
    """c: number of defects in units of one size."""

    name = "c"
    needs_size = False
    plots_rate = False

    @classmethod
    def arrange(cls, values: Any, sizes: Any, _parts: Any, /) -> Observations:
        made = super().arrange(values, sizes, None)
        if len(np.unique(made.units)) > 1:
            raise AnalysisError("A c chart is of units of one size.", "Use a u chart for sizes that vary.")
        return made


class DefectsPerUnit(CountKind):
    """u: defects a unit, among `sizes` units (which need not be whole)."""

    name = "u"


class _Laney(CountKind):
    """Limits widened by σ_z, the moving-range sigma of the standardised points."""

    @classmethod
    def overdispersion(cls, points: Observations, keep: np.ndarray, mean: float, /) -> tuple[float, str]:
        sigma = cls.sigma_of_known(mean)
        if sigma == 0.0:
            return 1.0, "laney"
        rates = np.full(len(points), np.nan)
        np.divide(points.data, points.units, out=rates, where=keep & (points.units > 0))
        ranges = moving_ranges((rates - mean) * np.sqrt(points.units) / sigma)
        present = ranges[~np.isnan(ranges)]
        if len(present) == 0:
            raise AnalysisError("Laney's sigma needs two points in a row.", "Collect more data.")
        return float(present.mean()) / d2(2), "laney"


class LaneyShareDefective(_Laney):
    """Laney's p': p with limits widened (or narrowed) by how the points really vary."""

    name = "laney_p"
    bounded = True


class LaneyDefectsPerUnit(_Laney):
    """Laney's u': u with limits widened (or narrowed) by how the points really vary."""

    name = "laney_u"
