"""Fits limits and judges points by them: the two halves of every control chart, and both in stages."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.bounds import LARGEST_VALUE
from analysis.charts.engine import Engine, Judged
from analysis.charts.kind import Observations, Wishes, with_lines
from analysis.charts.kinds import kind_of
from analysis.charts.lines import Lines, spread
from analysis.charts.model import ChartResult, Limits, Panel
from analysis.charts.presets import preset_named
from analysis.charts.settings import check_settings, check_width
from analysis.errors import AnalysisError
from analysis.observations import as_labels
from analysis.results import Note
from analysis.rules import LIMITS_ONLY, RuleSet

LARGEST_SIZE = 1e9


def fit(
    chart: str,
    values: Any,
    *,
    sizes: ArrayLike | None = None,
    parts: Sequence[object] | np.ndarray | None = None,
    exclude: Iterable[int] = (),
    sigma: str | None = None,
    width: float = 3.0,
    mean: float | None = None,
    known_sigma: float | None = None,
    prescribed: Mapping[str, Mapping[str, float]] | None = None,
    preset: str | None = None,
    **settings: Any,
) -> Limits:
    """Limits of a chart from a period taken as stable.

    `chart` is a name in `charts.KINDS`. `values` is a column (individuals, counts), a matrix with one row a subgroup
    (short rows filled with nan) or a list of lists. `sizes`: how many were inspected (p, np, u and their Laney forms).
    `exclude`: indices of points left out of the estimate. `sigma` names the estimator (see `analysis.sigma`); `mean`
    and `known_sigma` replace estimates by historical values; `prescribed` replaces drawn lines, as
    {"location": {"ucl": 10.2}}. `width`: standard errors from the centre line to a limit. `preset` ("minitab",
    "aiag_vda") fills in the estimator and settings that are not given. `settings`: what only this kind of chart knows
    (window, weight, ...). AnalysisError when the points cannot carry limits.
    """
    kind = kind_of(chart)
    wanted_out = list(exclude)
    given = {"exclude": wanted_out, "sigma": sigma, "width": width, "mean": mean, "known_sigma": known_sigma}
    check_settings(chart, {**given, "prescribed": prescribed})
    points = kind.observe(values, sizes, parts)
    left_out = _indices(wanted_out, len(points))
    keep = np.ones(len(points), dtype=bool)
    keep[list(left_out)] = False
    check_width(width)
    if known_sigma is not None and known_sigma < 0:
        raise AnalysisError("The width of the limits must be above zero and sigma not negative.", "Correct them.")
    bundle = preset_named(preset)
    if bundle is not None:
        sigma = sigma or bundle.sigma.get(chart)
        settings = {**bundle.settings.get(chart, {}), **settings}
    wishes = Wishes(sigma, float(width), mean, known_sigma, settings)
    limits = dataclasses.replace(kind.fit(points, keep, wishes), excluded=left_out)
    if bundle is not None:
        limits = dataclasses.replace(limits, provenance=dataclasses.replace(limits.provenance, preset=preset))
    return _prescribe(limits, prescribed) if prescribed else limits


def known(
    chart: str,
    *,
    mean: float | None = None,
    sigma: float | None = None,
    size: float = 1,
    width: float = 3.0,
    **settings: Any,
) -> Limits:
    """Limits from a mean and a sigma that are known, without any points.

    Counts need no sigma: it follows from the mean rate. Charts of several variables take `mean_vector` and `covariance`
    instead of mean and sigma, pre-control `lsl` and `usl`.
    """
    kind = kind_of(chart)
    unknown = set(settings) - set(kind.defaults)
    if unknown:
        raise AnalysisError(f"A chart of kind {chart} has no setting {', '.join(sorted(unknown))}.")
    check_settings(chart, settings)
    check_width(width)
    if mean is None:
        mean = kind.mean_of_known()
    if sigma is None:
        sigma = kind.sigma_of_known(mean)
    if not (abs(mean) <= LARGEST_VALUE and 0 <= sigma <= LARGEST_VALUE and 1 <= size <= LARGEST_SIZE):
        raise AnalysisError(
            f"Limits cannot be made from mean {mean}, sigma {sigma}, size {size} and width {width}.",
            "Give finite numbers, sigma not negative, size and width above zero.",
        )
    limits = Limits(
        chart, mean, sigma, "known", size, width, 0, 0, settings=kind.complete({**kind.defaults, **settings})
    )
    kind.check(limits)
    return with_lines(kind, limits)


def _prescribe(limits: Limits, prescribed: Mapping[str, Mapping[str, float]]) -> Limits:
    kind = kind_of(limits.chart)
    panels = {name for name, _ in kind.panels}
    for panel, lines in prescribed.items():
        if panel not in panels or not set(lines) <= {"center", "lcl", "ucl", "sigma"}:
            raise AnalysisError(
                f"Lines {sorted(lines)} of panel {panel!r} cannot be prescribed.",
                f"Prescribe center, lcl, ucl or sigma of {', '.join(sorted(panels))}.",
            )
    plain = {panel: {name: float(line) for name, line in lines.items()} for panel, lines in prescribed.items()}
    made = with_lines(kind, dataclasses.replace(limits, prescribed=plain))
    for panel in panels & {"location", "dispersion"}:
        lines_made = getattr(made, panel)
        if lines_made is not None and lines_made.lcl > lines_made.ucl:
            raise AnalysisError(
                f"The lower limit {lines_made.lcl} of panel {panel} is above the upper limit {lines_made.ucl}.",
                "Exchange them.",
            )
    return made


def evaluate(
    values: Any,
    limits: Limits,
    rules: RuleSet = LIMITS_ONLY,
    *,
    sizes: ArrayLike | None = None,
    parts: Sequence[object] | np.ndarray | None = None,
) -> ChartResult:
    """Judge points by frozen limits: every violation of every rule on every panel, as bit masks.

    `values`, `sizes` and `parts` as for `fit`. A missing point (nan) is plotted as missing and breaks every pattern.
    """
    kind = kind_of(limits.chart)
    points = kind.observe(values, sizes, parts)
    engine = Engine(limits, rules)
    judged = engine.advance(points, keep=False)
    return _result(
        limits.chart,
        engine.rules,
        (limits,),
        judged,
        engine.kind.columns(points, [item.statistic for item in judged]),
        points,
    )


def judge(values: Any, *, center: float, sigma: float, rules: RuleSet = LIMITS_ONLY) -> ChartResult:
    """Judge single points by a known centre line and standard error: run rules without any chart's own limits."""
    return evaluate(values, known("i_mr", mean=center, sigma=sigma), rules)


def study(
    chart: str,
    values: Any,
    rules: RuleSet | None = None,
    *,
    sizes: ArrayLike | None = None,
    parts: Sequence[object] | np.ndarray | None = None,
    stages: Sequence[object] | np.ndarray | None = None,
    exclude: Iterable[int] = (),
    preset: str | None = None,
    **options: Any,
) -> ChartResult:
    """Fit and judge the same points. With `stages` (one label a point) each stage has limits of its own.

    Consecutive points of equal label are one stage; patterns do not reach across stages. `exclude` and `options` as for
    `fit`; excluded points are drawn and judged like any other. `rules` default to those of `preset`, else the limits.
    """
    bundle = preset_named(preset)
    rules = rules or (bundle.rules if bundle else LIMITS_ONLY)
    kind = kind_of(chart)
    points = kind.observe(values, sizes, parts)
    left_out = _indices(exclude, len(points))
    bounds = _stages(stages, len(points))
    check_settings(chart, options)
    chosen = {**kind.study_settings, **options}
    all_limits, judged_stages, extras = [], [], []
    for start, stop in bounds:
        part = points.take(slice(start, stop))
        inside = [index - start for index in left_out if start <= index < stop]
        limits = fit(chart, part.data, sizes=part.sizes, parts=part.parts, exclude=inside, preset=preset, **chosen)
        engine = Engine(limits, rules)
        judged = engine.advance(part, keep=False)
        judged_stages.append(judged)
        extras.append(engine.kind.columns(part, [item.statistic for item in judged]))
        all_limits.append(limits)
    joined = tuple(_join(panels) for panels in zip(*judged_stages, strict=True))
    columns = (
        extras[0] if len(extras) == 1 else {name: np.concatenate([item[name] for item in extras]) for name in extras[0]}
    )
    result = _result(chart, kind.own_rules or rules, tuple(all_limits), joined, columns, points)
    if stages is None:
        return result
    counts = [stop - start for start, stop in bounds]
    return dataclasses.replace(result, stage=np.repeat(np.arange(len(bounds)), counts))


def _indices(exclude: Iterable[int], count: int) -> tuple[int, ...]:
    chosen = sorted({int(index) for index in exclude})
    if chosen and (chosen[0] < 0 or chosen[-1] >= count):
        raise AnalysisError(
            f"Point {chosen[0] if chosen[0] < 0 else chosen[-1]} is to be left out of {count} points.",
            "Count points from 0.",
        )
    return tuple(chosen)


def _stages(stages: Sequence[object] | np.ndarray | None, count: int) -> list[tuple[int, int]]:
    if stages is None:
        return [(0, count)]
    if len(stages) != count:
        raise AnalysisError(f"There are {count} points and {len(stages)} stage labels.", "Give one label a point.")
    labels = as_labels(list(stages), count, "stage labels")
    if count == 0:
        return [(0, 0)]
    edges = [0, *(np.flatnonzero(labels[1:] != labels[:-1]) + 1).tolist(), count]
    return list(itertools.pairwise(edges))


def _join(panels: Sequence[Judged]) -> Judged:
    if len(panels) == 1:
        return panels[0]
    counts = [len(panel.statistic) for panel in panels]
    lines = Lines(
        *(
            np.concatenate([spread(panel.lines[item], count) for panel, count in zip(panels, counts, strict=True)])
            for item in range(4)
        )
    )
    return Judged(
        panels[0].name,
        np.concatenate([panel.statistic for panel in panels]),
        lines,
        np.concatenate([panel.masks for panel in panels]),
    )


def _result(
    chart: str,
    rules: RuleSet,
    limits: tuple[Limits, ...],
    judged: Sequence[Judged],
    columns: Mapping[str, np.ndarray],
    points: Observations,
) -> ChartResult:
    panels: dict[str, Any] = {item.name: Panel(item.name, item.statistic, item.lines, item.masks) for item in judged}
    notes = tuple(_all_notes(limits))
    return ChartResult(chart, rules, limits, **panels, sizes=points.sizes, columns=columns, notes=notes)


def _all_notes(limits: Sequence[Limits]) -> list[Note]:
    found: list[Note] = []
    for item in limits:
        found.extend(note for note in item.notes if note not in found)
    return found
