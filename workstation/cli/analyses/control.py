"""Control charts of a file, by every kind the library has, and the stability tests of a run chart."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis import charts
from analysis.charts import ChartResult, RunTests
from analysis.charts.kinds import KINDS, kind_of
from analysis.rules import RuleSet
from workstation.cli.analyses.asking import ask
from workstation.cli.analyses.request import Analysis, Request
from workstation.errors import CallIsWrong
from workstation.reports.pictures import control_chart_picture, run_chart_picture

SUBGROUPED = frozenset(
    {"xbar_r", "xbar_s", "median_r", "i_mr_r", "i_mr_s", "deviation_xbar_r", "z_xbar_r", "generalized_variance"}
)
VECTORS = frozenset({"hotelling_t2", "mewma", "generalized_variance"})
TITLES = {
    "i_mr": "Individuals and moving range",
    "xbar_r": "Means and ranges",
    "xbar_s": "Means and standard deviations",
    "median_r": "Medians and ranges",
    "p": "Share defective",
    "np": "Number defective",
    "c": "Defects",
    "u": "Defects a unit",
    "laney_p": "Share defective, Laney's p'",
    "laney_u": "Defects a unit, Laney's u'",
    "ewma": "Exponentially weighted moving average",
    "moving_average": "Moving average",
    "cusum": "Tabular CUSUM",
    "g": "Cases between rare events",
    "t": "Time between rare events",
    "i_mr_r": "Three-way: means, moving range of means, ranges",
    "i_mr_s": "Three-way: means, moving range of means, standard deviations",
    "zone": "Zone chart",
    "deviation_i_mr": "Short run: deviations from nominal, individuals",
    "deviation_xbar_r": "Short run: deviations from nominal, means and ranges",
    "z_xbar_r": "Short run: standardised means and ranges",
    "z_mr": "Short run: standardised individuals (Z-MR)",
    "hotelling_t2": "Hotelling's T² of several columns",
    "mewma": "Multivariate EWMA of several columns",
    "generalized_variance": "Generalised variance of several columns",
    "pre_control": "Pre-control against the specification",
    "run": "Run chart about the median",
}


def run(request: Request) -> ChartResult:
    """Fit and judge the file's points; with --stages each stage has limits of its own."""
    kind = kind_of(request.kind)
    for role, wanted in (("sizes", kind.takes_sizes), ("part", kind.takes_parts)):
        if request.has(role) and not wanted:
            raise CallIsWrong(f"The chart '{request.kind}' takes no --{role}.", "Leave it out.")
    values = _values(request)
    named: dict[str, Any] = {
        "sizes": _sizes(request, values) if kind.takes_sizes else None,
        "parts": _parts(request) if kind.takes_parts else None,
        "stages": _of_points(request, request.optional_labels("stages")),
    }
    rules, preset = request.options.get("rules"), request.options.get("preset")
    if rules is not None or preset is None:
        named["rules"] = RuleSet.by_name(rules or "nelson")
    named |= {name: request.options[name] for name in ("sigma", "preset") if request.options.get(name) is not None}
    if request.kind == "pre_control":
        limits = {"lsl": request.options.get("lower"), "usl": request.options.get("upper")}
        named |= {name: value for name, value in limits.items() if value is not None}
    found: ChartResult = ask(
        request.kind, charts.study, (request.kind, values), named, request.settings, _kinds(request.kind)
    )
    return found


def _sizes(request: Request, values: Any) -> Any:
    found = request.sizes()
    return np.full(len(values), found) if isinstance(found, float) else found


def _kinds(name: str) -> dict[str, Any]:
    """The annotations of what `charts.study` hands on: those of `charts.fit`, and the kind's own settings."""
    import typing

    hints = {key: hint for key, hint in typing.get_type_hints(charts.fit).items() if key != "settings"}
    own = {key: type(value) for key, value in kind_of(name).defaults.items() if isinstance(value, int | float | str)}
    own = {key: float if kind is int and key not in ("window", "span") else kind for key, kind in own.items()}
    return {**own, **hints}


def _values(request: Request) -> Any:
    if request.kind in VECTORS:
        return _vectors(request)
    if request.options.get("subgroup") is not None or request.kind in SUBGROUPED:
        return request.subgroups()
    columns = request.roles.get("values", ())
    if len(columns) > 1:
        return np.column_stack(list(request.several("values").values()))
    return request.numbers("values")


def _vectors(request: Request) -> Any:
    """One row a point and one column a variable; with --subgroup subgroups of such rows."""
    columns = list(request.several("values", 2).values())
    if request.options.get("subgroup") is None:
        if request.kind in SUBGROUPED:
            raise CallIsWrong(f"The chart '{request.kind}' needs subgroups.", "Give --subgroup COLUMN or --subgroup 5.")
        return np.column_stack(columns)
    return np.stack([request.grouped(column) for column in columns], axis=2)


def _parts(request: Request) -> list[str] | None:
    return _of_points(request, request.optional_labels("part"))


def _of_points(request: Request, labels: list[str] | None) -> list[str] | None:
    """Labels of rows as labels of points: one a subgroup where rows are grouped, which must agree within it."""
    if labels is None or request.options.get("subgroup") is None:
        return labels
    return request.label_of_groups(labels)


def draw(request: Request, result: ChartResult) -> str:
    """The chart's panels one above the other, signals marked by shape and rule number."""
    names = request.roles.get("values") or (request.name("values"),)
    shown = ", ".join(names) if len(names) <= 3 else f"{len(names)} columns"
    title = f"{TITLES.get(request.kind, request.kind)}: {shown}"
    return control_chart_picture(result, unit=str(request.options.get("unit") or ""), title=title)


def _run_tests(request: Request) -> RunTests:
    found: RunTests = request.ask(charts.run_tests, request.numbers("values"))
    return found


def draw_run(request: Request, _result: Any) -> str:
    """The values in their order about their median."""
    values = request.numbers("values")
    name, unit = request.name("values"), str(request.options.get("unit") or "")
    return run_chart_picture(values, median=float(np.nanmedian(values)), name=name, unit=unit, title=name)


def _takes(name: str) -> str:
    kind = kind_of(name)
    if name in VECTORS:
        return "--column A --column B ..." + (" --subgroup COLUMN|SIZE" if name in SUBGROUPED else "")
    subgroup = " --subgroup COLUMN|SIZE" if name in SUBGROUPED else ""
    sizes = " --sizes COLUMN" if kind.takes_sizes else ""
    limits = " --lower LSL --upper USL" if name == "pre_control" else ""
    return "--column VALUES" + subgroup + sizes + (" --part COLUMN" if kind.takes_parts else "") + limits


def analyses() -> list[Analysis]:
    """One analysis a chart, and the tests of a run chart."""
    made = [
        Analysis(name, f"Control chart: {TITLES.get(name, name.replace('_', ' '))}.", _takes(name), run, draw)
        for name in KINDS
    ]
    tests = "Runs, trends and clusters of a run chart: is the process stable?"
    return [*made, Analysis("run_tests", tests, "--column VALUES", _run_tests, draw_run)]
