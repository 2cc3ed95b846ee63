"""Capability of a file: process and machine, ISO 22514-2 models, six panels, distributions, counts of defects."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis import capability, charts
from analysis.capability import CapabilityResult, Identification, MachineCapability, SixPanel, TimeDependentResult
from analysis.capability.distributions.families import Distribution
from analysis.charts import ChartResult
from analysis.errors import AnalysisError
from analysis.rules import NELSON
from workstation.cli.analyses.asking import fit
from workstation.cli.analyses.plots import Bar, bars, together
from workstation.cli.analyses.request import Analysis, Floats, Request
from workstation.errors import CallIsWrong
from workstation.reports.drawing.distribution import Curve, Specification, histogram
from workstation.reports.inspection.figures import bins, counted
from workstation.reports.pictures import (
    capability_panel_picture,
    capability_picture,
    control_chart_picture,
    normal_probability_picture,
)

LARGEST_RANGE_SUBGROUP = 8


def _study(request: Request) -> CapabilityResult:
    values, groups = request.values_and_groups()
    found: CapabilityResult = request.ask(
        capability.study, values, request.specification(), subgroups=groups,
        take=("model", "confidence", "preset"), **_within(request),
    )  # fmt: skip
    return found


def _within(request: Request) -> dict[str, Any]:
    """The estimator of the within spread goes by --sigma, as on a chart."""
    sigma = request.options.get("sigma")
    return {} if sigma is None else {"within": sigma}


def _from_summary(request: Request) -> CapabilityResult:
    rest = dict(request.settings)
    mean = fit("mean", rest.pop("mean", None), float | None)
    if mean is None:
        raise CallIsWrong("The mean is not said.", "Give --set mean=... and --set sigma_overall=... (or sigma_within).")
    found: CapabilityResult = request.with_settings(rest).ask(
        capability.from_summary, mean, request.specification(), take=("confidence", "preset")
    )
    return found


def _draw_summary(_request: Request, result: CapabilityResult) -> str:
    return capability_panel_picture(result, title="Indices")


def _machine(request: Request) -> MachineCapability:
    found: MachineCapability = request.ask(
        capability.machine, request.numbers("values"), request.specification(), take=("model", "confidence", "preset")
    )
    return found


def _process_model(request: Request) -> TimeDependentResult:
    values, groups = request.values_and_groups()
    found: TimeDependentResult = request.ask(
        capability.time_dependent, values, request.specification(), subgroups=groups, take=("confidence",)
    )
    return found


def _six_panel(request: Request) -> SixPanel:
    values, groups = request.values_and_groups()
    found: SixPanel = request.ask(
        capability.six_panel, values, request.specification(), subgroups=groups,
        take=("confidence", "preset"), **_within(request), **_rules(request),
    )  # fmt: skip
    return found


def _rules(request: Request) -> dict[str, Any]:
    from analysis.rules import RuleSet

    named = request.options.get("rules")
    return {} if named is None else {"rules": RuleSet.by_name(named)}


def _identify(request: Request) -> Identification:
    found: Identification = request.ask(capability.identify, request.numbers("values"))
    return found


def _defectives(request: Request) -> Any:
    return request.ask(capability.defectives, request.numbers("values"), _inspected(request), take=("confidence",))


def _defects(request: Request) -> Any:
    return request.ask(capability.defects, request.numbers("values"), _inspected(request), take=("confidence",))


def _inspected(request: Request) -> Any:
    found = request.sizes()
    return request.numbers("sizes") if found is None else found  # without --sizes this says what is missing


# --- pictures -----------------------------------------------------------------------------------------------------


def _unit(request: Request) -> str:
    return str(request.options.get("unit") or "")


def _draw_study(request: Request, result: CapabilityResult) -> str:
    """Control chart, histogram with specification, probability plot and indices on one page."""
    values, _ = request.values_and_groups()
    chart = _chart(request, values)
    return _page(request, values, result, [] if chart is None else [control_chart_picture(chart, unit=_unit(request))])


def _page(request: Request, values: Floats, result: CapabilityResult, above: list[str]) -> str:
    unit = _unit(request)
    rows = [[picture] for picture in above]
    rows.append([capability_picture(values, result, unit=unit, title="Values and specification")])
    below = [capability_panel_picture(result, title="Indices with their intervals")]
    if result.mean is not None and result.overall.sigma is not None:
        caption = "normal distribution" if result.model == "normal" else f"normal paper; model {result.model}"
        below.insert(0, normal_probability_picture(
            values, mean=result.mean, sigma=result.overall.sigma, unit=unit, title="Probability plot", caption=caption
        ))  # fmt: skip
    return together([*rows, below], title=f"Capability: {', '.join(request.roles.get('values') or ('values',))}")


def _chart(request: Request, values: Floats) -> ChartResult | None:
    """The chart that belongs to the study; None where the points cannot carry one."""
    try:
        if values.ndim == 1 and request.options.get("subgroup") is None:
            return charts.study("i_mr", values, NELSON)
        table = values if values.ndim == 2 else request.grouped(values)
        kind = "xbar_r" if table.shape[1] <= LARGEST_RANGE_SUBGROUP else "xbar_s"
        return charts.study("i_mr" if table.shape[1] < 2 else kind, table if table.shape[1] > 1 else values, NELSON)
    except AnalysisError:
        return None


def _draw_six(request: Request, result: SixPanel) -> str:
    values, _ = request.values_and_groups()
    above = [] if result.chart is None else [control_chart_picture(result.chart, unit=_unit(request))]
    return _page(request, values, result.capability, above)


def _draw_machine(request: Request, result: MachineCapability) -> str:
    values = request.numbers("values")
    spread = [] if result.mean is None or result.sigma is None else [_normal_curve(result.mean, result.sigma)]
    indices = [("Cm", "cm", result.cm), ("Cmk", "cmk", result.cmk)]
    made = []
    for label, name, value in indices:
        if value is not None:
            interval = result.intervals.get(name)
            lower, upper = (None, None) if interval is None else (interval.lower, interval.upper)
            made.append(Bar(label, value, lower, upper, marked=value < result.required))
    required = {f"required {result.required:g}": result.required}
    return together(
        [[_histogram(request, values, spread)], [bars(made, "index with its interval", lines=required)]],
        title=f"Machine capability: {request.name('values')}",
    )


def _draw_model(request: Request, result: TimeDependentResult) -> str:
    values, _ = request.values_and_groups()
    chart = _chart(request, values)
    name = "" if result.model is None else f", model {result.model.name}"
    rows = [] if chart is None else [[control_chart_picture(chart, unit=_unit(request))]]
    return together([*rows, [_histogram(request, values, [])]], title=f"Process model{name}")


def _draw_identified(request: Request, result: Identification) -> str:
    values = request.numbers("values")
    best = [found for found in result.candidates if found.fit is not None][:3]
    curves = [_fitted_curve(found.family, found.fit.parameters, values) for found in best if found.fit is not None]
    return _histogram(request, values, [curve for curve in curves if curve is not None])


def _fitted_curve(family: str, parameters: Any, values: Floats) -> Curve | None:
    """The density of a fitted family between the values' ends, by differences of its distribution function."""
    present = values[~np.isnan(values)]
    x = np.linspace(float(present.min()), float(present.max()), 202)
    with np.errstate(all="ignore"):
        density = np.diff(Distribution(family, parameters).cdf(x)) / np.diff(x)
    middle = (x[1:] + x[:-1]) / 2.0
    return Curve(family, middle.tolist(), density.tolist()) if np.isfinite(density).all() else None


def _normal_curve(mean: float, sigma: float) -> Curve:
    x = np.linspace(mean - 4 * sigma, mean + 4 * sigma, 161)
    density = np.exp(-0.5 * ((x - mean) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
    return Curve("normal", x.tolist(), density.tolist())


def _histogram(request: Request, values: Floats, curves: list[Curve]) -> str:
    """Histogram of the values with the specification asked for."""
    present = values[~np.isnan(values)].ravel()
    asked = request.specification()
    limits = Specification(asked.lower_limit, asked.upper_limit, asked.target)
    decimals = next((n for n in range(7) if np.allclose(present, np.round(present, n), rtol=0, atol=1e-9)), 6)
    edges, counts = bins(present.tolist(), 10.0**-decimals, limits.upper if limits.upper is not None else limits.lower)
    low, high = limits.lower, limits.upper
    beyond = [v for v in present.tolist() if (low is not None and v < low) or (high is not None and v > high)]
    name = request.name("values") if len(request.roles.get("values", ())) < 2 else "values"
    return histogram(edges, counts, _unit(request), limits, outside=counted(beyond, edges), curves=curves, title=name)


def _draw_defectives(request: Request, _result: Any) -> str:
    return _count_chart(request, "p")


def _draw_defects(request: Request, _result: Any) -> str:
    return _count_chart(request, "u")


def _count_chart(request: Request, kind: str) -> str:
    values, sizes = request.numbers("values"), _inspected(request)
    found = charts.study(kind, values, NELSON, sizes=np.broadcast_to(sizes, values.shape))
    return control_chart_picture(found, title=request.name("values"))


def analyses() -> list[Analysis]:
    """Everything that compares values or counts with what is asked of them."""
    limits = "--column VALUES --lower LSL --upper USL"
    grouped = limits + " [--target T] [--subgroup COLUMN|SIZE]"
    return [
        Analysis("capability", f"Cp, Cpk, Pp, Ppk, Cpm with intervals; --model {', '.join(capability.MODELS[:4])} ...",
                 grouped, _study, _draw_study),
        Analysis("capability_summary", "The same indices from a mean and standard deviations that are known.",
                 "--lower LSL --upper USL --set mean=16 --set sigma_overall=2 [--set n=50]", _from_summary,
                 _draw_summary, file=False),
        Analysis("six_panel", "The numbers of the six-panel capability report.", grouped, _six_panel, _draw_six),
        Analysis("machine_capability", "Cm and Cmk of consecutive pieces.", limits, _machine, _draw_machine),
        Analysis("process_model", "Time-dependent model A1 to D of ISO 22514-2, and the indices it asks for.",
                 grouped, _process_model, _draw_model),
        Analysis("distributions", "Which distribution fits: families ranked, with Anderson-Darling.",
                 "--column VALUES", _identify, _draw_identified),
        Analysis("defectives", "Capability from defective units: share, ppm, sigma level.",
                 "--column DEFECTIVE --sizes INSPECTED", _defectives, _draw_defectives),
        Analysis("defects", "Capability from defects: per unit, per million opportunities, sigma level.",
                 "--column DEFECTS --sizes UNITS [--set opportunities=N]", _defects, _draw_defects),
    ]  # fmt: skip
