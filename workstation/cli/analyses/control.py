"""Control charts of a file, by every kind the library has."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis import charts
from analysis.charts import ChartResult
from analysis.charts.kinds import KINDS, kind_of
from analysis.rules import RuleSet
from workstation.cli.analyses.request import Analysis, Request
from workstation.reports.drawing.control import ControlTrace, control_chart

SUBGROUPED = frozenset({"xbar_r", "xbar_s", "three_way", "i_mr_r", "i_mr_s", "generalized_variance"})
TITLES = {
    "i_mr": "Individuals and moving range",
    "xbar_r": "Means and ranges",
    "xbar_s": "Means and standard deviations",
    "p": "Share defective",
    "np": "Number defective",
    "c": "Defects",
    "u": "Defects a unit",
    "laney_p": "Share defective, Laney's p'",
    "laney_u": "Defects a unit, Laney's u'",
    "ewma": "Exponentially weighted moving average",
    "moving_average": "Moving average",
    "cusum": "Tabular CUSUM",
}


def run(request: Request) -> ChartResult:
    """Fit and judge the file's points; with --stages each stage has limits of its own."""
    kind = kind_of(request.kind)
    rules = RuleSet.by_name(request.options.get("rules") or "nelson")
    return charts.study(
        request.kind,
        _values(request),
        rules,
        sizes=request.optional_numbers("sizes"),
        parts=request.optional_labels("part") if kind.takes_parts else None,
        stages=request.optional_labels("stages"),
        **request.given("sigma"),
    )


def _values(request: Request) -> Any:
    if request.options.get("subgroup") is not None or request.kind in SUBGROUPED:
        return request.subgroups()
    if len(request.roles.get("values", ())) > 1:
        return np.column_stack(list(request.several("values").values()))
    return request.numbers("values")


def draw(request: Request, result: ChartResult) -> str:
    """The chart's panels one above the other, signals marked by shape and rule number."""
    names = request.roles.get("values") or (request.name("values"),)
    unit = str(request.options.get("unit") or "")
    numbers = {rule.code: str(position) for position, rule in enumerate(result.rules.rules, 1)}
    traces = []
    for panel in result.panels:
        marked = {
            int(index): tuple(numbers[code] for code in result.rules.names(int(panel.signals[index])))
            for index in np.flatnonzero(panel.signals)
        }
        traces.append(
            ControlTrace(
                name=panel.name,
                unit=unit,
                values=panel.statistic.tolist(),
                center=panel.center.tolist(),
                lower=None if np.isnan(panel.lcl).all() else panel.lcl.tolist(),
                upper=None if np.isnan(panel.ucl).all() else panel.ucl.tolist(),
                signals=marked,
                from_zero=panel.name in ("dispersion", "between"),
            )
        )
    labels = [str(number) for number in range(1, len(result.location.statistic) + 1)]
    title = f"{TITLES.get(request.kind, request.kind)}: {', '.join(names)}"
    return control_chart(traces, labels, title=title)


def _takes(name: str) -> str:
    kind = kind_of(name)
    subgroup = " --subgroup COLUMN|SIZE" if name in SUBGROUPED else ""
    sizes = " --sizes COLUMN" if kind.takes_sizes else ""
    return "--column VALUES" + subgroup + sizes + (" --part COLUMN" if kind.takes_parts else "")


def analyses() -> list[Analysis]:
    """One analysis a chart."""
    return [
        Analysis(name, f"Control chart: {TITLES.get(name, name.replace('_', ' '))}.", _takes(name), run, draw)
        for name in KINDS
    ]
