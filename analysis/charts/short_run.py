"""Short-run charts: many part numbers on one chart, as deviations from their nominals or standardised by part.

Sources: Bothe (1989), Griffith, Montgomery section 10.1; Minitab "Z-MR" for standardised individuals.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from analysis import sigma as estimators
from analysis.charts.kind import Kind, Observations, Wishes, finish, number, numbers, settle
from analysis.charts.lines import Lines
from analysis.charts.model import Limits
from analysis.charts.variables import IndividualsMovingRange, MeansRanges
from analysis.errors import AnalysisError
from analysis.results import Choice
from analysis.subgroups import Statistics, statistics


class _ByPart(Kind):
    """What the short-run charts add to the chart they stand on: every value is turned by the numbers of its part."""

    takes_parts = True

    @classmethod
    def arrange(cls, values: Any, _sizes: Any, parts: Any, /) -> Observations:
        made = super().arrange(values, None, None)
        if parts is None:
            raise AnalysisError(f"A chart of kind {cls.name} needs the part of each point.", "Give the parts.")
        if isinstance(parts, str) or not hasattr(parts, "__len__") or getattr(parts, "ndim", 1) != 1:
            raise AnalysisError("The parts are one name.", "Give one part a point.")
        labels = np.array([str(part) for part in parts], dtype=object)
        if len(labels) != len(made):
            raise AnalysisError(f"There are {len(made)} points and {len(labels)} parts.", "Give one part a point.")
        return dataclasses.replace(made, parts=labels)

    def push(self, observation: Any) -> tuple[tuple[float, ...], Any]:
        values, _, part = observation
        return super().push(self._turn_live(values, str(part)))  # type: ignore[safe-super]

    def advance(self, points: Observations) -> tuple[tuple[np.ndarray, ...], tuple[Lines, ...]]:
        return super().advance(turned(points, self.limits))  # type: ignore[safe-super]

    def _turn_live(self, values: Any, part: str) -> Any:
        shift, scale = part_numbers(self.limits, part)
        if isinstance(self, IndividualsMovingRange):
            value = number(values)
            if self.limits.settings.get("spread") == "relative":
                value = float(_logs(np.array([value]))[0])
            return (value - shift) / scale
        return [(value - shift) / scale for value in numbers(values)]


def part_numbers(limits: Limits, part: str) -> tuple[float, float]:
    """What is taken off a part's values, and what they are divided by; AnalysisError for a part that is not known."""
    means, sigmas = limits.settings["means"], limits.settings.get("sigmas")
    if part not in means or (sigmas is not None and part not in sigmas):
        raise AnalysisError(f"The limits know no part {part!r}.", "Fit limits with the part, or give its numbers.")
    return float(means[part]), 1.0 if sigmas is None else float(sigmas[part])


def turned(points: Observations, limits: Limits) -> Observations:
    """The points with every value turned by the numbers of its part."""
    if points.parts is None:
        raise AnalysisError("A short-run chart needs the part of each point.", "Give the parts.")
    labels, inverse = np.unique(points.parts.astype(str), return_inverse=True)
    each = [part_numbers(limits, str(label)) for label in labels]
    shifts, scales = (np.array([pair[item] for pair in each])[inverse] for item in (0, 1))
    data = _logs(points.data) if limits.settings.get("spread") == "relative" else points.data
    if data.ndim == 2:
        shifts, scales = shifts[:, None], scales[:, None]
    return Observations((data - shifts) / scales)


def _logs(values: np.ndarray) -> np.ndarray:
    if (values <= 0).any():
        raise AnalysisError("Values of zero or below have no relative size.", "Use another spread than relative.")
    logs: np.ndarray = np.log(values)
    return logs


def _fit_turned(
    kind: type[Kind], base: type[Kind], points: Observations, keep: np.ndarray, wishes: Wishes, settings: dict[str, Any]
) -> Limits:
    """Limits of the turned points; a standardised chart has mean 0 and sigma 1 by its making."""
    standardised = settings.get("sigmas") is not None
    placeholder = Limits(kind.name, 0.0, 1.0, "", 1, wishes.width, 0, 0, settings=settings)
    data = turned(points, placeholder)
    plain = dataclasses.replace(wishes, settings={}, mean=0.0, known_sigma=1.0 if standardised else wishes.known_sigma)
    level = base.fit(data, keep, plain)
    made = dataclasses.replace(
        level,
        chart=kind.name,
        sigma_method=str(settings.get("spread", level.sigma_method)) if standardised else level.sigma_method,
        settings={**level.settings, **settings},
        location=None,
        dispersion=None,
    )
    choices: dict[str, Choice] = {"sigma": made.sigma_method, "width": wishes.width}
    return finish(kind, made, choices)


def _part_means(points: Observations, keep: np.ndarray, logs: bool = False) -> dict[str, float]:
    data = points.data[keep]
    data = _logs(data) if logs else data
    labels = np.asarray(points.parts)[keep]
    means = {}
    for label in dict.fromkeys(labels.tolist()):
        values = data[labels == label]
        values = values[~np.isnan(values)]
        if len(values):
            means[str(label)] = float(values.mean())
    return means


class DeviationIndividuals(_ByPart, IndividualsMovingRange):
    """Individuals as deviations from the part's nominal, with moving ranges.

    Setting `means`: nominal of each part; the part's own mean where none are given. All parts share one sigma.
    """

    name = "deviation_i_mr"
    defaults: ClassVar[Mapping[str, Any]] = {"means": None, "window": 2}

    @classmethod
    def fit(cls, points: Observations, keep: np.ndarray, wishes: Wishes) -> Limits:
        settings = settle(cls, wishes)
        settings["means"] = _labelled(settings["means"]) or _part_means(points, keep)
        return _fit_turned(cls, IndividualsMovingRange, points, keep, wishes, settings)


class DeviationMeansRanges(_ByPart, MeansRanges):
    """Means of subgroups as deviations from the part's nominal, with ranges. Setting `means` as for individuals."""

    name = "deviation_xbar_r"
    defaults: ClassVar[Mapping[str, Any]] = {"means": None}

    @classmethod
    def fit(cls, points: Observations, keep: np.ndarray, wishes: Wishes) -> Limits:
        settings = settle(cls, wishes)
        settings["means"] = _labelled(settings["means"]) or _part_means(points, keep)
        return _fit_turned(cls, MeansRanges, points, keep, wishes, settings)


class StandardisedMeansRanges(_ByPart, MeansRanges):
    """Means and ranges in units of the part's own sigma. Settings `means`, `sigmas`: of each part, or fitted."""

    name = "z_xbar_r"
    defaults: ClassVar[Mapping[str, Any]] = {"means": None, "sigmas": None}

    @classmethod
    def fit(cls, points: Observations, keep: np.ndarray, wishes: Wishes) -> Limits:
        settings = settle(cls, wishes)
        settings["means"] = _labelled(settings["means"]) or _part_means(points, keep)
        settings["sigmas"] = _labelled(settings["sigmas"]) or cls._sigmas(points, keep, wishes.sigma or "r_bar")
        _refuse_zero(settings["sigmas"])
        return _fit_turned(cls, MeansRanges, points, keep, wishes, settings)

    @staticmethod
    def _sigmas(points: Observations, keep: np.ndarray, method: str) -> dict[str, float]:
        made, labels = statistics(points.data), np.asarray(points.parts)
        sigmas = {}
        for label in dict.fromkeys(labels[keep].tolist()):
            chosen = keep & (labels == label)
            sigmas[str(label)] = estimators.of_statistics(Statistics(*(item[chosen] for item in made)), method).sigma
        return sigmas


class ZMovingRange(_ByPart, IndividualsMovingRange):
    """Z-MR: individuals standardised by their part, and the moving range of the standardised values.

    Setting `spread`: "by_part" (each part its own sigma), "constant" (one sigma for all parts), "relative" (sigma
    proportional to the size: logarithms, then one sigma). Give runs instead of parts as `parts` to standardise by run.
    Moving ranges for sigma go from a part's value to the same part's next. `means`, `sigmas`: known numbers by part.
    """

    name = "z_mr"
    defaults: ClassVar[Mapping[str, Any]] = {"means": None, "sigmas": None, "spread": "by_part", "window": 2}

    @classmethod
    def check(cls, limits: Limits, /) -> None:
        if limits.settings["means"] is None or limits.settings["sigmas"] is None:
            raise AnalysisError("A Z-MR chart needs the mean and sigma of each part.", "Fit them, or give both.")

    @classmethod
    def fit(cls, points: Observations, keep: np.ndarray, wishes: Wishes) -> Limits:
        settings = settle(cls, wishes)
        spread = settings["spread"]
        if spread not in {"by_part", "constant", "relative"}:
            raise AnalysisError(f"A Z-MR chart knows no spread {spread!r}.", "Use by_part, constant or relative.")
        settings["means"] = _labelled(settings["means"]) or _part_means(points, keep, logs=spread == "relative")
        settings["sigmas"] = _labelled(settings["sigmas"]) or cls._sigmas(points, keep, wishes, settings)
        _refuse_zero(settings["sigmas"])
        return _fit_turned(cls, IndividualsMovingRange, points, keep, wishes, settings)

    @staticmethod
    def _sigmas(
        points: Observations, keep: np.ndarray, wishes: Wishes, settings: Mapping[str, Any]
    ) -> dict[str, float]:
        values = _logs(points.data) if settings["spread"] == "relative" else points.data
        values, labels = np.where(keep, values, np.nan), np.asarray(points.parts)
        method, window = wishes.sigma or "mr_mean", int(settings["window"])
        chains = {str(label): values[labels == label] for label in dict.fromkeys(labels[keep].tolist())}
        if settings["spread"] == "by_part":
            return {label: estimators.individuals(chain, method, window).sigma for label, chain in chains.items()}
        gap = np.array([math.nan])
        together = np.concatenate([piece for chain in chains.values() for piece in (chain, gap)])
        sigma = estimators.individuals(together, method, window).sigma
        return dict.fromkeys(chains, sigma)


def _labelled(given: Mapping[Any, float] | None) -> dict[str, float]:
    return {} if given is None else {str(label): float(value) for label, value in given.items()}


def _refuse_zero(sigmas: Mapping[str, float]) -> None:
    for part, sigma in sigmas.items():
        if not 0 < sigma < math.inf:
            raise AnalysisError(f"The values of part {part!r} do not vary.", "Leave the part out, or give its sigma.")
