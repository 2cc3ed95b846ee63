"""Analyses of relations: trends, correlation, regression, analysis of variance, Pareto."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis import anova, correlation, pareto, regression, trend
from analysis.correlation import LaggedCorrelation
from analysis.pareto import Pareto
from analysis.regression import Regression
from analysis.trend import Autocorrelation, ChangePoints, Trend
from workstation.cli.analyses.asking import fit
from workstation.cli.analyses.plots import Bar, Series, bars, groups, plot, together
from workstation.cli.analyses.request import Analysis, Request
from workstation.errors import CallIsWrong
from workstation.reports.pictures import pareto_picture


def _trend(request: Request) -> Trend:
    found: Trend = request.ask(
        trend.mann_kendall, request.numbers("values"), request.optional_numbers("x"), take=("confidence",)
    )
    return found


def _change_points(request: Request) -> ChangePoints:
    found: ChangePoints = request.ask(trend.change_points, request.numbers("values"))
    return found


def _pettitt(request: Request) -> Any:
    return request.ask(trend.pettitt, request.numbers("values"))


def _autocorrelation(request: Request) -> Autocorrelation:
    found: Autocorrelation = request.ask(trend.autocorrelation, request.numbers("values"), take=("confidence",))
    return found


def _correlation(request: Request) -> Any:
    columns = request.several("values", 2)
    if request.has("control"):
        first, second = list(columns.values())[:2]
        controls = np.column_stack(list(request.several("control").values()))
        return request.ask(correlation.partial, first, second, controls, take=("confidence",))
    if len(columns) == 2:
        return request.ask(correlation.correlate, *columns.values(), take=("confidence",))
    return request.ask(correlation.matrix, columns)


def _lagged(request: Request) -> LaggedCorrelation:
    found: LaggedCorrelation = request.ask(
        correlation.lagged, request.numbers("x"), request.numbers("values"), take=("confidence",)
    )
    return found


def _regression(request: Request) -> Regression:
    if "degree" in request.settings:
        found: Regression = request.ask(
            regression.polynomial, request.numbers("values"), request.numbers("x"), take=("confidence",)
        )
    else:
        found = request.ask(regression.fit, request.numbers("values"), request.several("x"), take=("confidence",))
    return found


def _predict(request: Request) -> Any:
    at = request.settings.get("at")
    if not isinstance(at, dict):
        raise CallIsWrong("Where to predict is not said.", 'Write --set at={"temperature": 180} with a value each x.')
    setting = {str(name): fit(str(name), value, float) for name, value in at.items()}
    rest = {name: value for name, value in request.settings.items() if name != "at"}
    return request.with_settings(rest).ask(
        regression.predict, request.numbers("values"), request.several("x"), setting, take=("confidence",)
    )


def _anova(request: Request) -> Any:
    return request.ask(anova.one_way, request.numbers("values"), request.labels("by"), take=("confidence",))


def _factorial(request: Request) -> Any:
    factors = {name: list(request.rows.text(name)) for name in request.roles.get("by", ())}
    if not factors:
        raise CallIsWrong("An analysis of variance needs factors.", "Name their columns with --by, once each.")
    return request.ask(anova.factorial, request.numbers("values"), factors)


def _pareto(request: Request) -> Pareto:
    costs = request.numbers("values") if request.has("values") else None
    found: Pareto = request.ask(pareto.pareto_of_events, request.labels("by"), costs)
    return found


# --- pictures -----------------------------------------------------------------------------------------------------


def _order(request: Request) -> list[float]:
    return list(range(1, request.numbers("values").size + 1))


def _draw_trend(request: Request, result: Trend) -> str:
    """The values over their order with Sen's line."""
    timed = request.has("x")
    x = request.numbers("x").tolist() if timed else _order(request)
    y = request.numbers("values").tolist()
    ends = [min(x), max(x)]
    # without times the trend counts the values from 0, the picture from 1
    line = [result.intercept + result.slope * (end if timed else end - 1.0) for end in ends]
    series = [Series("values", x, y), Series("Sen's line", ends, line, line=True)]
    across = request.name("x") if timed else "order"
    return plot(series, across, request.name("values"), title=f"Trend: {request.name('values')}")


def _draw_changes(request: Request, result: ChangePoints) -> str:
    """The values in their order with the mean of each stretch."""
    x, y = _order(request), request.numbers("values").tolist()
    bounds = [0, *result.positions, len(y)]
    series = [Series("values", x, y)]
    for start, stop, mean in zip(bounds, bounds[1:], result.means, strict=False):
        series.append(Series("", [start + 0.5, stop + 0.5], [mean, mean], line=True))
    return plot(series, "order", request.name("values"), title=f"Shifts of the mean: {request.name('values')}")


def _draw_order(request: Request, _result: Any) -> str:
    x, y = _order(request), request.numbers("values").tolist()
    series = [Series("", x, y, line=True), Series("", x, y)]
    return plot(series, "order", request.name("values"), title=request.name("values"))


def _draw_autocorrelation(_request: Request, result: Autocorrelation) -> str:
    lags = zip(result.lags, result.coefficients, strict=True)
    made = [Bar(f"lag {lag}", value, marked=abs(value) > result.limit) for lag, value in lags if lag > 0]
    return bars(made, "autocorrelation", lines={"limit": result.limit, "−limit": -result.limit}, row=11.0)


def _draw_lagged(request: Request, result: LaggedCorrelation) -> str:
    made = [
        Bar(f"lag {lag}", value, marked=lag == result.best_lag)
        for lag, value in zip(result.lags, result.coefficients, strict=True)
        if value is not None
    ]
    title = f"{request.name('x')} before {request.name('values')}"
    return bars(made, "correlation", title=title, lines={"limit": result.limit, "−limit": -result.limit}, row=11.0)


def _draw_correlation(request: Request, _result: Any) -> str:
    """Scatter plots of the first columns against each other, at most six."""
    columns = list(request.several("values", 2).items())[:4]
    made = [
        plot([Series("", x.tolist(), y.tolist())], first, second, width=250.0, height=200.0)
        for number, (first, x) in enumerate(columns)
        for second, y in columns[number + 1 :]
    ]
    return together([made[start : start + 2] for start in range(0, len(made), 2)], title="Correlation")


def _draw_regression(request: Request, result: Regression) -> str:
    """With one predictor the points and the fitted curve, else fitted against observed; residuals below."""
    y = request.numbers("values")
    names = request.roles.get("x", ())
    complete = ~np.isnan(y)
    for name in names:
        complete &= ~np.isnan(request.rows.numbers(name))
    fitted, residuals = result.fitted.tolist(), result.residuals.tolist()
    if len(names) == 1:
        x = request.numbers("x")[complete]
        order = np.argsort(x)
        line = Series("fit", x[order].tolist(), np.asarray(fitted)[order].tolist(), line=True)
        above = plot([Series("values", x.tolist(), y[complete].tolist()), line], names[0], request.name("values"))
    else:
        above = plot([Series("", fitted, y[complete].tolist())], "fitted", request.name("values"))
    below = plot([Series("", fitted, residuals)], "fitted", "residual", lines={"0": 0.0}, height=170.0)
    return together([[above], [below]], title=f"Regression: {request.name('values')}")


def _draw_factors(request: Request, _result: Any) -> str:
    values = request.numbers("values").tolist()
    rows = []
    for factor in request.roles.get("by", ()):
        labelled: dict[str, list[float]] = {}
        for label, value in zip(request.rows.text(factor), values, strict=True):
            labelled.setdefault(label, []).append(value)
        rows.append([groups(labelled, f"{request.name('values')} by {factor}")])
    return together(rows)


def _draw_pareto(request: Request, result: Pareto) -> str:
    return pareto_picture(result, request.name("values") if request.has("values") else "count")


def analyses() -> list[Analysis]:
    """Everything about how values go with time, with each other and with factors."""
    one = "--column VALUES"
    return [
        Analysis("trend", "Mann-Kendall test and Sen's slope.", one + " [--x TIME]", _trend, _draw_trend),
        Analysis("change_points", "Shifts of the mean.", one, _change_points, _draw_changes),
        Analysis("pettitt", "One change point by ranks (Pettitt).", one, _pettitt, _draw_order),
        Analysis("autocorrelation", "Autocorrelation and the Ljung-Box test.", one, _autocorrelation,
                 _draw_autocorrelation),
        Analysis("correlation", "Correlation of two columns, a matrix of more, or partial with --control.",
                 "--column A --column B ... [--control C]", _correlation, _draw_correlation),
        Analysis("lagged_correlation", "Which column leads the other, and by how much.",
                 "--x LEADS --column FOLLOWS", _lagged, _draw_lagged),
        Analysis("regression", "Least-squares fit with diagnostics; --set degree=2 for a polynomial.",
                 "--column Y --x X1 [--x X2 ...]", _regression, _draw_regression),
        Analysis("predict", "Prediction of a regression with its intervals.",
                 '--column Y --x X1 [--x X2 ...] --set at={"X1": 5}', _predict),
        Analysis("anova", "One-way analysis of variance; --set pairwise=true for pairs of groups.",
                 "--column VALUES --by GROUP", _anova, _draw_factors),
        Analysis("factorial", "Analysis of variance of several factors.", "--column VALUES --by A --by B", _factorial,
                 _draw_factors),
        Analysis("pareto", "Which few categories make most of the count or cost.", "--by CATEGORY [--column COST]",
                 _pareto, _draw_pareto),
    ]  # fmt: skip
