"""Hotelling's T²: several correlated variables on one chart, single vectors or means of subgroups.

Sources: Montgomery chapter 11; Tracy, Young and Mason (1992) JQT 24(2) 88-95 for the beta limit of phase I;
Holmes and Mergen (1993) and Sullivan and Woodall (1996) JQT 28(4) 398-408 for successive differences;
Mason, Tracy and Young (1997) JQT 29(4) 396-406 for the contribution of each variable.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from analysis.charts.kind import NO_LINES, Columns, Kind, Observations, Wishes, finish, prescribe, settle
from analysis.charts.lines import Lines
from analysis.charts.model import Limits
from analysis.charts.rare import normal_tail
from analysis.charts.settings import LARGEST_ENTRY, check_covariance
from analysis.charts.variables import enough
from analysis.errors import AnalysisError
from analysis.observations import as_floats, refuse_beyond


class VectorKind(Kind):
    """A chart of vectors (a matrix, one row a point) or of subgroups of vectors (points x values x variables).

    A vector with any component missing counts as missing. Limits are reported with the settings named in `reported`.
    """

    reported: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def arrange(cls, values: Any, _sizes: Any, _parts: Any, /) -> Observations:
        data = as_floats(values, "vectors")
        if data.ndim not in {2, 3} or data.shape[-1] == 0:
            raise AnalysisError(
                f"A chart of kind {cls.name} takes a table of two or three dimensions, not {data.ndim}.",
                "Give one row a point and one column a variable; subgroups have a third dimension in between.",
            )
        refuse_beyond(data, "vectors", LARGEST_ENTRY**0.5)
        return Observations(data)

    @classmethod
    def fit(cls, points: Observations, keep: np.ndarray, wishes: Wishes) -> Limits:
        settings = settle(cls, wishes)
        center, covariance, count, size, method = estimate(points.data[keep], settings["estimator"])
        settings |= {"mean_vector": center.tolist(), "covariance": covariance.tolist()}
        limits = cls.limits_of(wishes, settings, count, size, method)
        return finish(cls, limits, {"covariance": method, **{name: settings[name] for name in cls.reported}})

    @classmethod
    def limits_of(cls, wishes: Wishes, settings: Mapping[str, Any], count: int, size: int, method: str) -> Limits:
        """Limits from `count` points of `size` vectors: what they are drawn from stands in the settings."""
        return Limits(
            chart=cls.name,
            center=0.0,
            sigma=1.0,
            sigma_method=method,
            size=size,
            width=wishes.width,
            points=count,
            values=count * size,
            settings=cls.complete(settings),
        )

    @classmethod
    def mean_of_known(cls) -> float:
        return 0.0

    @classmethod
    def sigma_of_known(cls, _mean: float, /) -> float:
        return 1.0

    @classmethod
    def check(cls, limits: Limits, /) -> None:
        center, covariance = limits.settings["mean_vector"], limits.settings["covariance"]
        if center is None or covariance is None:
            raise AnalysisError(
                f"A chart of kind {cls.name} needs a mean vector and a covariance.", "Fit them, or give both."
            )
        check_covariance(center, covariance)
        root_of(np.asarray(covariance, dtype=np.float64))

    def __init__(self, limits: Limits) -> None:
        self.center = np.asarray(limits.settings["mean_vector"], dtype=np.float64)
        self.root = root_of(np.asarray(limits.settings["covariance"], dtype=np.float64))
        super().__init__(limits)

    def row(self, observation: Any) -> Observations:
        """One live observation as an array of one point."""
        try:
            point = np.asarray(observation, dtype=np.float64)[None]
        except (TypeError, ValueError) as error:
            raise AnalysisError(f"A point is a list of numbers ({error}).", "Mend the entry named.") from error
        made = self.arrange(point, None, None)
        if made.data.shape[-1] != len(self.center):
            raise AnalysisError(
                f"The limits are for {len(self.center)} variables; this point has {made.data.shape[-1]}.",
                "Give one number a variable.",
            )
        return made

    def fitting(self, points: Observations) -> np.ndarray:
        """The data, after a check that it has the limits' variables."""
        if points.data.shape[-1] != len(self.center):
            raise AnalysisError(
                f"The limits are for {len(self.center)} variables; these points have {points.data.shape[-1]}.",
                "Give one column a variable.",
            )
        return points.data


def root_of(covariance: np.ndarray) -> np.ndarray:
    """The lower triangle L with L Lᵀ = covariance; AnalysisError when the variables depend on each other."""
    scale = np.sqrt(np.diag(covariance)) if (np.diag(covariance) > 1.0 / LARGEST_ENTRY).all() else None
    if scale is not None:
        correlation = covariance / np.outer(scale, scale)
        try:
            root = np.linalg.cholesky(correlation)
        except np.linalg.LinAlgError:
            root = np.zeros((1, 1))
        if (np.diag(root) > 1e-7).all():
            lower: np.ndarray = scale[:, None] * root
            return lower
    raise AnalysisError(
        "The variables do not vary, or one is a combination of the others: their covariance cannot be inverted.",
        "Leave out constant and redundant variables, or collect more points than variables.",
    )


def means_and_sizes(data: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean vector (nan where nothing is complete) and number of complete vectors of each point."""
    if data.ndim == 2:
        missing = np.isnan(data).any(axis=1)
        return np.where(missing[:, None], np.nan, data), (~missing).astype(np.int64)
    complete = ~np.isnan(data).any(axis=2)
    sizes = complete.sum(axis=1)
    totals = np.zeros((data.shape[0], data.shape[2]))
    for index in range(data.shape[1]):
        totals += np.where(complete[:, index, None], data[:, index], 0.0)
    means = np.full_like(totals, np.nan)
    np.divide(totals, sizes[:, None], out=means, where=sizes[:, None] > 0)
    return means, sizes


def quadratic(deviations: np.ndarray, root: np.ndarray) -> np.ndarray:
    """dᵀ (L Lᵀ)⁻¹ d of each row, by forward substitution: the same bits for one row as for many."""
    solved: list[np.ndarray] = []
    total = np.zeros(len(deviations))
    for index in range(deviations.shape[1]):
        rest = deviations[:, index].copy()
        for earlier, column in enumerate(solved):
            rest -= root[index, earlier] * column
        rest /= root[index, index]
        solved.append(rest)
        total += rest * rest
    return total


def covariances(data: np.ndarray) -> np.ndarray:
    """Sample covariance of the complete vectors of each subgroup: points x variables x variables, nan below two."""
    means, sizes = means_and_sizes(data)
    points, width, variables = data.shape
    squares = np.zeros((points, variables, variables))
    for index in range(width):
        difference = data[:, index] - means
        product = difference[:, :, None] * difference[:, None, :]
        squares += np.where(np.isnan(product).any(axis=(1, 2))[:, None, None], 0.0, product)
    result = np.full_like(squares, np.nan)
    np.divide(squares, (sizes - 1)[:, None, None], out=result, where=(sizes > 1)[:, None, None])
    return result


def estimate(data: np.ndarray, method: str) -> tuple[np.ndarray, np.ndarray, int, int, str]:
    """Mean vector, covariance, points used, commonest size and estimator's name, from the points to fit by."""
    means, sizes = means_and_sizes(data)
    used = sizes > 0
    enough(int(used.sum()), 3, "complete points")
    if data.ndim == 3:
        within = covariances(data)
        weights = np.maximum(sizes - 1, 0)
        if weights.sum() == 0:
            raise AnalysisError("No subgroup has two complete vectors.", "Give vectors, not subgroups of one.")
        pooled = (np.nan_to_num(within) * weights[:, None, None]).sum(axis=0) / weights.sum()
        center = (np.nan_to_num(means) * sizes[:, None]).sum(axis=0) / sizes.sum()
        return center, pooled, int(used.sum()), int(np.bincount(sizes[used]).argmax()), "pooled"
    present = means[used]
    if method == "successive":
        steps = np.diff(means, axis=0)
        steps = steps[~np.isnan(steps).any(axis=1)]
        enough(len(steps), 2, "successive pairs")
        return present.mean(axis=0), steps.T @ steps / (2 * len(steps)), len(present), 1, "successive"
    if method != "sample":
        raise AnalysisError(f"There is no covariance estimator {method!r}.", "Use sample or successive.")
    return present.mean(axis=0), np.atleast_2d(np.cov(present, rowvar=False)), len(present), 1, "sample"


class HotellingT2(VectorKind):
    """T² of vectors or subgroup means.

    Settings: `alpha` (probability of a false signal a point; by default that of normal limits of `width`), `phase` 1
    (the points that made the limits: beta or F) or 2 (later points), `estimator` of single vectors "sample" or
    "successive". Known `mean_vector` and `covariance` give the chi-square limit. The centre line is the median.
    Column `contributions`: how far T² would drop without each variable.
    """

    name = "hotelling_t2"
    panels = (("location", "limits"),)
    reported = ("phase", "alpha")
    defaults: ClassVar[Mapping[str, Any]] = {
        "alpha": None,
        "phase": 2,
        "estimator": "sample",
        "mean_vector": None,
        "covariance": None,
    }
    study_settings: ClassVar[Mapping[str, Any]] = {"phase": 1}

    @classmethod
    def check(cls, limits: Limits, /) -> None:
        super().check(limits)
        alpha = limits.settings["alpha"]
        if alpha is not None and not 0 < alpha < 1:
            raise AnalysisError(f"The false signal probability alpha is {alpha}.", "Give a number between 0 and 1.")
        if limits.settings["phase"] not in {1, 2}:
            raise AnalysisError(f"A T² chart has phase 1 or 2, not {limits.settings['phase']}.", "Choose one.")

    def lines(self, key: Any, /) -> tuple[Lines, ...]:
        size = int(key)
        if size < 1:
            return (NO_LINES,)
        alpha = self.limits.settings["alpha"]
        tail = 2.0 * normal_tail(self.limits.width) if alpha is None else float(alpha)
        made = Lines(self._quantile(0.5, size), 0.0, self._quantile(tail, size), math.nan)
        return (prescribe(self.limits, "location", made),)

    def _quantile(self, tail: float, size: int) -> float:
        """The value of T² exceeded with probability `tail` when nothing has changed."""
        from scipy.special import betaincinv, chdtri, fdtri

        variables, points = len(self.center), self.limits.points
        first = self.limits.settings["phase"] == 1
        if points == 0:
            return float(chdtri(variables, tail))
        if self.limits.size > 1 or size > 1:
            freedom = points * (int(self.limits.size) - 1) - variables + 1
            self._enough(freedom)
            scale = variables * (points - 1 if first else points + 1) * (self.limits.size - 1) / freedom
            return float(scale * fdtri(variables, freedom, 1.0 - tail))
        if first:
            worth = float(points)
            if self.limits.sigma_method == "successive":
                worth = 2.0 * (points - 1) ** 2 / (3 * points - 4)
            self._enough(worth - variables - 1)
            beta = betaincinv(variables / 2, (worth - variables - 1) / 2, 1.0 - tail)
            return float((points - 1) ** 2 / points * beta)
        self._enough(points - variables)
        scale = variables * (points + 1) * (points - 1) / (points * (points - variables))
        return float(scale * fdtri(variables, points - variables, 1.0 - tail))

    def _enough(self, freedom: float) -> None:
        if freedom <= 0:
            raise AnalysisError(
                f"{self.limits.points} points are too few for limits of {len(self.center)} variables.",
                "Collect more points than variables.",
            )

    def push(self, observation: Any) -> tuple[tuple[float, ...], int]:
        means, sizes = means_and_sizes(self.row(observation).data)
        return (float(self._statistic(means, sizes)[0]),), int(sizes[0])

    def _statistic(self, means: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        made: np.ndarray = quadratic(means - self.center, self.root) * sizes
        return made

    def advance(self, points: Observations) -> tuple[tuple[np.ndarray, ...], tuple[Lines, ...]]:
        means, sizes = means_and_sizes(self.fitting(points))
        return (self._statistic(means, sizes),), self.lines_of(sizes)

    def columns(self, points: Observations, _plotted: Sequence[np.ndarray], /) -> Mapping[str, np.ndarray]:
        def contributions() -> np.ndarray:
            means, sizes = means_and_sizes(points.data)
            inverse = np.linalg.inv(self.root @ self.root.T)
            turned = (means - self.center) @ inverse
            made: np.ndarray = turned**2 / np.diag(inverse) * sizes[:, None]
            return made

        return Columns({"contributions": contributions})
