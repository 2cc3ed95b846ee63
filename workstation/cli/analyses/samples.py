"""Analyses of samples: description, normality, tolerance intervals, comparisons, constants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from analysis import comparison, constants, descriptive, normality, tolerance
from analysis.descriptive import Descriptive
from analysis.normality import Normality
from analysis.observations import groups_of
from analysis.tolerance import ToleranceInterval
from workstation.cli.analyses.asking import fit
from workstation.cli.analyses.plots import groups, together
from workstation.cli.analyses.request import Analysis, Floats, Request
from workstation.errors import CallIsWrong
from workstation.reports.drawing.distribution import Specification, histogram
from workstation.reports.inspection.figures import bins
from workstation.reports.pictures import histogram_picture, normal_probability_picture


def _describe(request: Request) -> Descriptive:
    found: Descriptive = request.ask(descriptive.describe, request.numbers("values"))
    return found


def _normality(request: Request) -> Normality:
    found: Normality = request.ask(normality.normality, request.numbers("values"))
    return found


def _tolerance(request: Request) -> ToleranceInterval:
    rest = dict(request.settings)
    kind = rest.pop("distribution", "normal")
    if kind not in ("normal", "free"):
        raise CallIsWrong(f"There are no tolerance intervals of '{kind}'.", "Write --set distribution=normal or free.")
    interval = tolerance.distribution_free if kind == "free" else tolerance.normal
    found: ToleranceInterval = request.with_settings(rest).ask(
        interval, request.numbers("values"), take=("confidence",)
    )
    return found


def labelled(request: Request) -> dict[str, Floats]:
    """The groups to compare: by a column of labels, or several columns of values."""
    if request.has("by"):
        return dict(groups_of(request.numbers("values"), request.labels("by")))
    return request.several("values", 2)


def _two(request: Request) -> tuple[Any, Any]:
    found = list(labelled(request).values())
    if len(found) != 2:
        raise CallIsWrong(f"There are {len(found)} groups; this compares 2.", "Name two columns, or a --by with two.")
    return found[0], found[1]


def _means(request: Request) -> Any:
    rest = dict(request.settings)
    paired = fit("paired", rest.pop("paired", False), bool)
    request = request.with_settings(rest)
    if "hypothesis" in rest:
        return request.ask(comparison.one_mean, request.numbers("values"), take=("confidence",))
    first, second = _two(request)
    test: Callable[..., Any] = comparison.two_means
    if paired:
        test = comparison.paired_means
    elif "margin" in rest:
        test = comparison.equivalence
    return request.ask(test, first, second, take=("confidence",))


def _variances(request: Request) -> Any:
    rest = dict(request.settings)
    if rest.get("test") == "f":
        rest.pop("test")
        first, second = _two(request)
        return request.with_settings(rest).ask(comparison.two_variances, first, second, take=("confidence",))
    return request.ask(comparison.equal_variances, list(labelled(request).values()))


def _medians(request: Request) -> Any:
    return request.ask(comparison.equal_locations, list(labelled(request).values()))


def _proportions(request: Request) -> Any:
    """One proportion from a number of events, two from lists of two."""
    events = request.settings.get("events")
    test = comparison.two_proportions if isinstance(events, list) else comparison.one_proportion
    return request.ask(test, take=("confidence",))


def _tolerance_factor(request: Request) -> Any:
    return request.ask(tolerance.factor, take=("confidence",))


def _tolerance_sample(request: Request) -> Any:
    return request.ask(tolerance.sample_size, take=("confidence",))


def _constants(request: Request) -> Any:
    return request.ask(constants.chart_constants)


# --- pictures -----------------------------------------------------------------------------------------------------


def _draw_values(request: Request, result: Descriptive) -> str:
    values, unit = request.numbers("values"), str(request.options.get("unit") or "")
    rows = [[histogram_picture(values, unit=unit, title=request.name("values"))]]
    if result.standard_deviation:
        rows.append([_paper(request, values, result.mean, result.standard_deviation, "normal distribution")])
    return together(rows)


def _draw_normality(request: Request, result: Normality) -> str:
    test = result.anderson_darling
    said = "" if test.statistic is None or test.p is None else f"Anderson-Darling {test.statistic:.3f}, p {test.p:.3f}"
    return _paper(request, request.numbers("values"), result.mean, result.standard_deviation, said)


def _paper(request: Request, values: Floats, mean: float, sigma: float, caption: str) -> str:
    unit = str(request.options.get("unit") or "")
    title = f"Normal probability plot: {request.name('values')}"
    return normal_probability_picture(values, mean=mean, sigma=sigma, unit=unit, title=title, caption=caption)


def _draw_tolerance(request: Request, result: ToleranceInterval) -> str:
    values = request.numbers("values")
    present = values[~np.isnan(values)]
    decimals = next((n for n in range(7) if np.allclose(present, np.round(present, n), rtol=0, atol=1e-9)), 6)
    edges, counts = bins(present.tolist(), 10.0**-decimals, None)
    limits = Specification(result.lower, result.upper, decimals=decimals + 2)
    title = f"Tolerance interval, drawn as limits: {request.name('values')}"
    return histogram(edges, counts, str(request.options.get("unit") or ""), limits, title=title)


def draw_groups(request: Request, _result: Any) -> str:
    """The values of each group."""
    if not request.has("by") and len(request.roles.get("values", ())) < 2:
        return histogram_picture(request.numbers("values"), title=request.name("values"))
    found = labelled(request)
    name = request.name("values") if request.has("by") else "value"
    return groups(found, name, title=f"{name} by {request.name('by')}" if request.has("by") else "")


def analyses() -> list[Analysis]:
    """Everything about samples of their own, and how they compare."""
    one, compared = "--column VALUES", "--column A --column B ..., or --column VALUES --by GROUP"
    return [
        Analysis("describe", "Mean, spread, quartiles and shape.", one, _describe, _draw_values),
        Analysis("normality", "Tests of a normal population.", one, _normality, _draw_normality),
        Analysis("tolerance", "Tolerance interval; --set coverage=0.99, --set distribution=free.", one, _tolerance,
                 _draw_tolerance),
        Analysis("means", "Compare means; --set paired=true, --set margin=0.1 for equivalence, --set hypothesis=10.",
                 compared, _means, draw_groups),
        Analysis("variances", "Compare variances; --set test=bartlett|levene|brown-forsythe|f.", compared, _variances,
                 draw_groups),
        Analysis("medians", "Compare locations by ranks; --set test=kruskal-wallis|mann-whitney|wilcoxon|mood.",
                 compared, _medians, draw_groups),
        Analysis("proportions", "One proportion against a hypothesis, or two against each other.",
                 "--set events=3 --set n=50, or --set events=[3,9] --set n=[50,60]", _proportions, file=False),
        Analysis("tolerance_factor", "Factor k of a tolerance interval.", "--set n=20 [--set coverage=0.99]",
                 _tolerance_factor, file=False),
        Analysis("tolerance_sample", "Sample size of a distribution-free tolerance interval.",
                 "--set coverage=0.95 --set confidence=0.95", _tolerance_sample, file=False),
        Analysis("chart_constants", "Factors of control charts: d2, c4, A2, D4, B4 ...", "--set n=5", _constants,
                 file=False),
    ]  # fmt: skip
