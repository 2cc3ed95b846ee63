"""Average run lengths of charts, and charts designed for a shift. No file is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from analysis import arl
from workstation.cli.analyses.plots import Series, plot
from workstation.cli.analyses.request import Analysis, Request
from workstation.errors import CallIsWrong

SCHEMES: Mapping[str, Callable[..., Any]] = {
    "shewhart": arl.shewhart,
    "cusum": arl.cusum,
    "ewma": arl.ewma,
    "hotelling_t2": arl.hotelling_t2,
    "mewma": arl.mewma,
    "simulated": arl.simulate,
}
DESIGNS: Mapping[str, Callable[..., Any]] = {
    "shewhart": arl.design_shewhart,
    "cusum": arl.design_cusum,
    "ewma": arl.design_ewma,
}
_LONGEST_SHIFT, _STEPS = 3.0, 25


def _scheme(request: Request, known: Mapping[str, Callable[..., Any]]) -> tuple[str, Callable[..., Any], Request]:
    rest = dict(request.settings)
    name = str(rest.pop("scheme", "shewhart")).replace("-", "_")
    if name not in known:
        raise CallIsWrong(f"There is no scheme '{name}'.", f"Choose one of {', '.join(known)} with --set scheme=...")
    if request.options.get("rules") is not None:
        rest["rules"] = request.options["rules"]
    return name, known[name], request.with_settings(rest)


def _run_length(request: Request) -> Any:
    _, function, rest = _scheme(request, SCHEMES)
    return rest.ask(function)


def _design(request: Request) -> Any:
    _, function, rest = _scheme(request, DESIGNS)
    return rest.ask(function)


def _draw_run_length(request: Request, _result: Any) -> str:
    """The run length over the size of the shift, on a scale of powers of ten."""
    name, function, rest = _scheme(request, SCHEMES)
    along = "distance" if name == "hotelling_t2" else "shift"
    if name in ("mewma", "simulated"):
        raise CallIsWrong(f"The scheme '{name}' has no picture.", "Leave --png out.")
    made = []
    for shift in np.linspace(0.0, _LONGEST_SHIFT, _STEPS).tolist():
        made.append((shift, rest.with_settings({**rest.settings, along: shift}).ask(function).arl))
    return _curve(made, f"Average run length: {name}")


def _draw_design(request: Request, result: Any) -> str:
    """The run length of the chart that was designed."""
    name, _, _ = _scheme(request, DESIGNS)
    settings, size = dict(result.settings), {"size": result.size}
    made = [
        (shift, SCHEMES[name](shift=shift, **settings, **size).arl)
        for shift in np.linspace(0.0, _LONGEST_SHIFT, _STEPS).tolist()
    ]
    return _curve(made, f"Average run length of the designed chart: {name}")


def _curve(points: list[tuple[float, float]], title: str) -> str:
    x, y = [shift for shift, _ in points], [float(np.log10(length)) for _, length in points]
    return plot([Series("", x, y, line=True)], "shift in sigma", "log10 of the average run length", title=title)


def analyses() -> list[Analysis]:
    """Run lengths and designs."""
    return [
        Analysis("arl", f"Average run length of a scheme: {', '.join(SCHEMES)}.",
                 "--set scheme=cusum --set reference=0.5 --set decision=5 --set shift=1 [--rules SET]",
                 _run_length, _draw_run_length, file=False),
        Analysis("mewma_limit", "The limit at which a MEWMA has a wanted in-control run length.",
                 "--set variables=2 --set weight=0.1 [--set arl=200]", lambda request: request.ask(arl.mewma_limit),
                 file=False),
        Analysis("chart_design", f"The chart that sees a shift soonest: {', '.join(DESIGNS)}.",
                 "--set scheme=ewma --set shift=1 [--set arl=370.4] [--set size=1]", _design, _draw_design, file=False),
    ]  # fmt: skip
