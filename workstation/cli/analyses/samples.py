"""Analyses of samples and relations: description, tests, trends, correlation, regression, experiments, Pareto."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis import (
    anova,
    comparison,
    correlation,
    descriptive,
    design,
    normality,
    pareto,
    regression,
    tolerance,
    trend,
)
from analysis.observations import groups_of
from workstation.cli.analyses.request import Analysis, Request
from workstation.errors import CallIsWrong


def _groups(request: Request) -> list[Any]:
    if request.has("by"):
        return list(groups_of(request.numbers("values"), request.labels("by")).values())
    return list(request.several("values", 2).values())


def _two(request: Request) -> tuple[Any, Any]:
    groups = _groups(request)
    if len(groups) != 2:
        raise CallIsWrong(f"There are {len(groups)} groups; this compares 2.", "Name two columns, or a --by with two.")
    return groups[0], groups[1]


def _means(request: Request) -> Any:
    first, second = _two(request)
    options = request.given("confidence")
    if options.pop("paired", False):
        return comparison.paired_means(first, second, **options)
    if "margin" in options:
        return comparison.equivalence(first, second, **options)
    return comparison.two_means(first, second, **options)


def _pareto(request: Request) -> Any:
    costs = request.numbers("values") if request.has("values") else None
    return pareto.pareto_of_events(request.labels("by"), costs, **request.given())


def _draw_pareto(request: Request, result: pareto.Pareto) -> str:
    from workstation.reports.drawing.ranking import pareto as draw

    measure = request.name("values") if request.has("values") else "count"
    return draw(result.categories, result.weights, result.cumulative_percent, measure, vital=len(result.vital_few))


def _draw_run(request: Request, _result: Any) -> str:
    from workstation.reports.drawing.run import run_chart

    values = request.numbers("values")
    labels = [str(number) for number in range(1, len(values) + 1)]
    unit = str(request.options.get("unit") or "")
    return run_chart(values.tolist(), labels, request.name("values"), unit, float(np.nanmedian(values)))


def _effects(request: Request) -> Any:
    responses = np.column_stack(list(request.several("values").values()))
    factors = len(responses).bit_length() - 1
    return design.effects(responses, factors, **request.given("confidence"))


def _regression(request: Request) -> Any:
    if "degree" in request.options.get("set", {}):
        return regression.polynomial(request.numbers("values"), request.numbers("x"), **request.given("confidence"))
    return regression.fit(request.numbers("values"), request.several("x"), **request.given("confidence"))


def _factorial(request: Request) -> Any:
    factors = {name: list(request.rows.text(name)) for name in request.roles.get("by", ())}
    return anova.factorial(request.numbers("values"), factors, **request.given())


def _correlation(request: Request) -> Any:
    columns = request.several("values", 2)
    if request.has("control"):
        first, second = list(columns.values())[:2]
        controls = np.column_stack(list(request.several("control").values()))
        return correlation.partial(first, second, controls, **request.given("confidence"))
    if len(columns) == 2:
        return correlation.correlate(*columns.values(), **request.given("confidence"))
    return correlation.matrix(columns, **request.given())


def _tolerance(request: Request) -> Any:
    options = request.given("confidence")
    free = options.pop("distribution", "normal") == "free"
    interval = tolerance.distribution_free if free else tolerance.normal
    return interval(request.numbers("values"), **options)


def analyses() -> list[Analysis]:
    """Everything about samples and how they relate."""
    one = "--column VALUES"
    return [
        Analysis("describe", "Mean, spread, quartiles and shape.", one,
                 lambda r: descriptive.describe(r.numbers("values"), **r.given()), _draw_run),
        Analysis("normality", "Tests of a normal population.", one, lambda r: normality.normality(r.numbers("values"))),
        Analysis("tolerance", "Tolerance interval; --set coverage=0.99, --set distribution=free.", one, _tolerance),
        Analysis("trend", "Mann-Kendall test and Sen's slope.", one + " [--x TIME]",
                 lambda r: trend.mann_kendall(r.numbers("values"), r.optional_numbers("x"), **r.given("confidence")),
                 _draw_run),
        Analysis("change_points", "Shifts of the mean.", one,
                 lambda r: trend.change_points(r.numbers("values"), **r.given()), _draw_run),
        Analysis("autocorrelation", "Autocorrelation and the Ljung-Box test.", one,
                 lambda r: trend.autocorrelation(r.numbers("values"), **r.given("confidence"))),
        Analysis("correlation", "Correlation of two columns, a matrix of more, or partial with --control.",
                 "--column A --column B ... [--control C]", _correlation),
        Analysis("lagged_correlation", "Which column leads the other, and by how much.", "--x LEADS --column FOLLOWS",
                 lambda r: correlation.lagged(r.numbers("x"), r.numbers("values"), **r.given("confidence"))),
        Analysis("regression", "Least-squares fit with diagnostics; --set degree=2 for a polynomial.",
                 "--column Y --x X1 [--x X2 ...]", _regression),
        Analysis("anova", "One-way analysis of variance; --set pairwise=true for pairs of groups.",
                 "--column VALUES --by GROUP",
                 lambda r: anova.one_way(r.numbers("values"), r.labels("by"), **r.given("confidence"))),
        Analysis("factorial", "Analysis of variance of several factors.", "--column VALUES --by A --by B", _factorial),
        Analysis("means", "Compare two means; --set paired=true, --set margin=0.1 for equivalence.",
                 "--column A --column B, or --column VALUES --by GROUP", _means),
        Analysis("variances", "Compare variances; --set test=bartlett|levene|brown-forsythe.",
                 "--column A --column B ..., or --column VALUES --by GROUP",
                 lambda r: comparison.equal_variances(_groups(r), **r.given())),
        Analysis("medians", "Compare locations by ranks; --set test=kruskal-wallis|mann-whitney|wilcoxon|mood.",
                 "--column A --column B ..., or --column VALUES --by GROUP",
                 lambda r: comparison.equal_locations(_groups(r), **r.given())),
        Analysis("effects", "Effects of a 2^k experiment in standard order; one column a replicate.",
                 "--column RESPONSE [--column REPLICATE ...]", _effects),
        Analysis("pareto", "Which few categories make most of the count or cost.", "--by CATEGORY [--column COST]",
                 _pareto, _draw_pareto),
    ]  # fmt: skip
