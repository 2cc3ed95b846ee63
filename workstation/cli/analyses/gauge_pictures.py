"""How the studies of measurement systems are drawn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analysis.msa import (
    AgreementStudy,
    BiasStudy,
    EmpStudy,
    GaugeStudy,
    LinearityStudy,
    StabilityStudy,
    Type1Study,
    UncertaintyBudget,
    VdaStudy,
)
from workstation.cli.analyses.plots import Bar, Series, bars, groups, plot, together
from workstation.cli.analyses.request import Request
from workstation.reports.drawing.run import run_chart
from workstation.reports.pictures import control_chart_picture, histogram_picture

_PLAIN = {"grr": "gauge R&R", "part": "part to part"}


def _unit(request: Request) -> str:
    return str(request.options.get("unit") or "")


def draw_gauge(request: Request, result: GaugeStudy) -> str:
    """Shares of the sources, and the values by part and by operator."""
    return together([[_sources(result)], *_by_label(request)], title=f"Gauge study: {request.name('values')}")


def _sources(result: GaugeStudy) -> str:
    of_tolerance = result.tolerance is not None
    made = []
    for name, component in result.components.items():
        value = component.pct_tolerance if of_tolerance else component.pct_study
        if value is not None and name != "total":
            made.append(Bar(_PLAIN.get(name, name), value, marked=name == "grr" and value > 30.0))
    measure = f"{result.study_width:g} sigma in percent of the {'tolerance' if of_tolerance else 'study variation'}"
    return bars(made, measure, lines={"10": 10.0, "30": 30.0})


def _by_label(request: Request) -> list[list[str]]:
    values = request.numbers("values")
    rows = []
    for role in ("part", "operator"):
        if request.has(role):
            labelled: dict[str, list[float]] = {}
            for label, value in zip(request.labels(role), values.tolist(), strict=True):
                labelled.setdefault(label, []).append(value)
            rows.append([groups(labelled, f"{request.name('values')} by {request.name(role)}")])
    return rows


def draw_type1(request: Request, result: Type1Study) -> str:
    """The measurements in order, the reference, and the tenth of the tolerance either side."""
    values = request.numbers("values")
    tenth = 0.1 * result.tolerance
    lines = {
        "reference": result.reference,
        "+10 % of the tolerance": result.reference + tenth,
        "−10 % of the tolerance": result.reference - tenth,
    }
    number = np.arange(1, values.size + 1).tolist()
    series = [Series("", number, values.tolist(), line=True), Series("", number, values.tolist())]
    made = plot(series, "measurement", f"{request.name('values')} {_unit(request)}".strip(), lines=lines)
    indices = [Bar(label, value, marked=value < result.required) for label, value in _cg(result).items()]
    below = bars(indices, "index", lines={f"required {result.required:g}": result.required})
    return together([[made], [below]], title=f"Type 1 study: {request.name('values')}")


def _cg(result: Type1Study) -> Mapping[str, float]:
    return {label: value for label, value in (("Cg", result.cg), ("Cgk", result.cgk)) if value is not None}


def draw_bias(request: Request, result: BiasStudy) -> str:
    """Histogram of the measurements, and the bias with its interval."""
    values, _ = request.values_and_groups()
    above = histogram_picture(values, unit=_unit(request), title=f"Reference {result.reference:g}")
    interval = result.intervals.get("bias")
    bounds = (None, None) if interval is None else (interval.lower, interval.upper)
    found = [] if result.bias is None else [Bar("bias", result.bias, bounds[0], bounds[1])]
    return together([[above], [bars(found, "bias with its interval", lines={"0": 0.0})]])


def draw_linearity(request: Request, result: LinearityStudy) -> str:
    """Single biases over the reference, their means and the fitted line with its band."""
    x = request.numbers("reference")
    y = request.numbers("values") - x
    references = [item.reference for item in result.references]
    series = [Series("single bias", x.tolist(), y.tolist())]
    if result.slope is not None:
        fitted = [item.fitted for item in result.references]
        series.append(Series("line", references, fitted, line=True))
        for side in ("lower", "upper"):
            band = [float(getattr(item.band, side)) for item in result.references]
            series.append(Series("band" if side == "lower" else "", references, band, line=True, dashed=True))
    title = f"Linearity: {request.name('values')}"
    return plot(series, "reference", f"bias {_unit(request)}".strip(), title=title, lines={"0": 0.0})


def draw_stability(request: Request, result: StabilityStudy) -> str:
    """The chart of the master part; a run chart where it could not be made."""
    if result.chart is not None:
        return control_chart_picture(result.chart, unit=_unit(request), title="Stability")
    values = request.values_and_groups()[0].ravel()
    labels = [str(number) for number in range(1, values.size + 1)]
    return run_chart(values.tolist(), labels, "value", _unit(request), float("nan"))


def draw_agreement(_request: Request, result: AgreementStudy) -> str:
    """Each appraiser's agreement with himself and with the reference, and the kappa of each pair."""
    shares = []
    for item in result.appraisers:
        for name, share in (("within", item.within), ("against reference", item.against_reference),
                            ("effectiveness", item.effectiveness)):  # fmt: skip
            if share is not None:
                label = f"{item.appraiser}: {name}"
                bounds = (100 * share.interval.lower, 100 * share.interval.upper)
                shares.append(Bar(label, 100 * share.share, *bounds))
    pairs = [
        Bar(name, found.kappa, *((found.interval.lower, found.interval.upper) if found.interval else (None, None)))
        for name, found in result.pairs.items()
        if found.kappa is not None
    ]
    rows = [[bars(shares, "percent, with exact intervals", title="Agreement")]]
    if pairs:
        rows.append([bars(pairs, "Cohen's kappa", lines={"0.40": 0.4, "0.75": 0.75})])
    return together(rows)


def draw_emp(request: Request, result: EmpStudy) -> str:
    """Operators' bias effects beside the study's sources."""
    limits = result.bias_limits
    lines = {} if limits is None else {"lower": limits.lower, "upper": limits.upper}
    marked = [Bar(name, value, marked=name in result.biased) for name, value in result.bias_effects.items()]
    rows = [[bars(marked, "bias effect of each operator", lines=lines)], [_sources(result.study)]]
    return together([*rows, *_by_label(request)], title=f"EMP study: {request.name('values')}")


def draw_vda(_request: Request, result: VdaStudy) -> str:
    """Components of the budget, and both capabilities against what is allowed."""
    parts = [Bar(item.name, item.u) for item in result.components if item.u > 0.0]
    verdicts = [
        Bar("Q_MS, system", result.q_ms, marked=not result.capable_ms),
        Bar("Q_MP, process", result.q_mp, marked=not result.capable_mp),
    ]
    limits = {f"{result.limit_ms:g}": result.limit_ms, f"{result.limit_mp:g}": result.limit_mp}
    return together(
        [[bars(parts, "standard uncertainty")], [bars(verdicts, "percent of the tolerance", lines=limits)]],
        title="Uncertainty budget",
    )


def draw_budget(_request: Request, result: UncertaintyBudget) -> str:
    """Contributions to the combined uncertainty, the largest first."""
    made = [Bar(line.name, line.contribution) for line in sorted(result.lines, key=lambda line: -line.contribution)]
    return bars([*made, Bar("combined", result.u_c)], "standard uncertainty", title="Uncertainty budget")
