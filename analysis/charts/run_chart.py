"""Run chart: the points about their median, without limits, and the tests of whether they are stable.

Sources: Swed and Eisenhart (1943) and Wald and Wolfowitz (1940) for runs about the median; Levene (1952) for runs up
and down; Anhøj and Olesen (2014) PLoS ONE 9(11) e113825 for the longest run and the crossings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from analysis.charts.kind import Kind, Observations, Wishes, finish, number, prescribe, settle
from analysis.charts.lines import Lines
from analysis.charts.model import Limits
from analysis.charts.variables import column, enough
from analysis.errors import AnalysisError
from analysis.results import Note, Provenance, Result


class RunChart(Kind):
    """Points about the median (setting `center`: or mean) of the fitted period. No limits; runs and trends apply."""

    name = "run"
    panels = (("location", "unsymmetric"),)
    defaults: ClassVar[Mapping[str, Any]] = {"center": "median"}

    @classmethod
    def arrange(cls, values: Any, _sizes: Any, _parts: Any, /) -> Observations:
        return Observations(column(values))

    @classmethod
    def sigma_of_known(cls, _mean: float, /) -> float:
        return 0.0

    @classmethod
    def check(cls, limits: Limits, /) -> None:
        if limits.settings["center"] not in {"median", "mean"}:
            raise AnalysisError(f"A run chart has no centre {limits.settings['center']!r}.", "Use median or mean.")

    @classmethod
    def fit(cls, points: Observations, keep: np.ndarray, wishes: Wishes) -> Limits:
        settings = settle(cls, wishes)
        used = points.data[keep & ~np.isnan(points.data)]
        enough(len(used), 1, "values")
        center = float(np.median(used) if settings["center"] == "median" else used.mean())
        limits = Limits(
            chart=cls.name,
            center=center if wishes.mean is None else wishes.mean,
            sigma=math.nan,
            sigma_method="none",
            size=1,
            width=wishes.width,
            points=len(used),
            values=len(used),
            settings=settings,
        )
        return finish(cls, limits, {"center": settings["center"]})

    def lines(self, _key: Any, /) -> tuple[Lines, ...]:
        return (prescribe(self.limits, "location", Lines(self.limits.center, math.nan, math.nan, math.nan)),)

    def push(self, observation: Any) -> tuple[tuple[float, ...], None]:
        return (number(observation),), None

    def advance(self, points: Observations) -> tuple[tuple[np.ndarray, ...], tuple[Lines, ...]]:
        return (points.data,), self.lines(None)


@dataclass(frozen=True, slots=True)
class RunTests(Result):
    """Whether a series wanders, clusters, mixes or swings; None where the test cannot be made.

    Runs about the median: observed, expected, and p of too few (`p_clusters`) and too many (`p_mixtures`), normal
    approximation as Minitab's run chart. Runs up and down the same: `p_trends`, `p_oscillation`. `longest_run` beyond
    `longest_allowed` or fewer `crossings` than `fewest_allowed` is a shift (Anhøj); points on the median are left out.
    """

    n: int
    median: float
    useful: int
    runs_about: int
    expected_about: float | None
    p_clusters: float | None
    p_mixtures: float | None
    runs_up_down: int
    expected_up_down: float | None
    p_trends: float | None
    p_oscillation: float | None
    longest_run: int
    longest_allowed: int | None
    crossings: int
    fewest_allowed: int | None
    shift: bool | None
    notes: tuple[Note, ...]
    provenance: Provenance


def run_tests(values: ArrayLike, median: float | None = None) -> RunTests:
    """The stability tests of a run chart; missing values are passed over. AnalysisError without values."""
    used = column(values)
    used = used[~np.isnan(used)]
    enough(len(used), 1, "values")
    middle = float(np.median(used)) if median is None else median
    sides = np.sign(used - middle)
    sides = sides[sides != 0]
    lengths = _run_lengths(sides)
    about = len(lengths)
    expected, few, many = _about_median(sides, about)
    steps = np.sign(np.diff(used))
    steps = steps[steps != 0]
    up_down = len(_run_lengths(steps))
    expected_steps, trends, oscillation = _up_and_down(len(steps) + 1, up_down)
    longest = int(lengths.max(initial=0))
    useful, crossings = len(sides), max(about - 1, 0)
    allowed = fewest = None
    if useful >= 10:
        allowed = round(math.log2(useful) + 3)
        fewest = _binomial_quantile(useful - 1)
    shift = None if allowed is None or fewest is None else longest > allowed or crossings < fewest
    notes = () if useful >= 10 else (Note("too_few_useful_points", "refusal", {"useful": useful, "least": 10}),)
    return RunTests(
        n=len(used),
        median=middle,
        useful=useful,
        runs_about=about,
        expected_about=expected,
        p_clusters=few,
        p_mixtures=many,
        runs_up_down=up_down,
        expected_up_down=expected_steps,
        p_trends=trends,
        p_oscillation=oscillation,
        longest_run=longest,
        longest_allowed=allowed,
        crossings=crossings,
        fewest_allowed=fewest,
        shift=shift,
        notes=notes,
        provenance=Provenance("charts.run_tests", {"p": "normal approximation", "shift": "anhoej"}),
    )


def _run_lengths(signs: np.ndarray) -> np.ndarray:
    if len(signs) == 0:
        return np.zeros(0, dtype=np.int64)
    edges = np.flatnonzero(signs[1:] != signs[:-1]) + 1
    lengths: np.ndarray = np.diff(np.concatenate(([0], edges, [len(signs)])))
    return lengths


def _about_median(sides: np.ndarray, runs: int) -> tuple[float | None, float | None, float | None]:
    above, below = int((sides > 0).sum()), int((sides < 0).sum())
    total = above + below
    if above == 0 or below == 0:
        return None, None, None
    expected = 1 + 2 * above * below / total
    variance = 2 * above * below * (2 * above * below - total) / (total * total * (total - 1))
    return (expected, *_tails(runs, expected, variance))


def _up_and_down(points: int, runs: int) -> tuple[float | None, float | None, float | None]:
    if points < 3:
        return None, None, None
    expected, variance = (2 * points - 1) / 3, (16 * points - 29) / 90
    return (expected, *_tails(runs, expected, variance))


def _tails(runs: int, expected: float, variance: float) -> tuple[float | None, float | None]:
    if variance <= 0:
        return None, None
    low = 0.5 * math.erfc(-(runs - expected) / math.sqrt(2 * variance))
    return low, 1.0 - low


def _binomial_quantile(trials: int) -> int:
    """The 5 % quantile of how often fair coins change side: the fewest crossings of a stable series."""
    if trials > 1000:
        from scipy.stats import binom

        return int(binom.ppf(0.05, trials, 0.5))
    total, target = 0, 2**trials
    for crossings in range(trials + 1):
        total += math.comb(trials, crossings)
        if 20 * total >= target:
            return crossings
    return trials
