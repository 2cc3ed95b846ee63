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
    "attributes": arl.attributes,
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


def _draw_run_length(request: Request, result: Any) -> str:
    """The run length over the size of the shift, on a scale of powers of ten."""
    name, function, rest = _scheme(request, SCHEMES)
    if name == "simulated":
        raise CallIsWrong(f"The scheme '{name}' has no picture.", "Leave --png out.")
    along, places = _along(name, result)
    made = []
    for place in places:
        made.append((place, rest.with_settings({**rest.settings, along: place}).ask(function).arl))
    axis = "actual rate" if along == "actual" else "shift in sigma"
    return _curve(made, f"Average run length: {name}", axis)


def _along(name: str, result: Any) -> tuple[str, list[float]]:
    """The setting that a picture goes along, and its values: charts of counts from their rate up to four times it."""
    if name != "attributes":
        along = "distance" if name in ("hotelling_t2", "mewma") else "shift"
        return along, np.linspace(0.0, _LONGEST_SHIFT, _STEPS).tolist()
    choices = result.provenance.choices
    rate = float(choices["rate"])
    most = 1.0 if choices["chart"] in ("p", "np") else np.inf
    return "actual", np.linspace(rate, min(4.0 * rate, most), _STEPS).tolist()


def _draw_design(request: Request, result: Any) -> str:
    """The run length of the chart that was designed."""
    name, _, _ = _scheme(request, DESIGNS)
    settings, size = dict(result.settings), {"size": result.size}
    made = [
        (shift, SCHEMES[name](shift=shift, **settings, **size).arl)
        for shift in np.linspace(0.0, _LONGEST_SHIFT, _STEPS).tolist()
    ]
    return _curve(made, f"Average run length of the designed chart: {name}")


def _curve(points: list[tuple[float, float]], title: str, axis: str = "shift in sigma") -> str:
    x, y = [shift for shift, _ in points], [float(np.log10(length)) for _, length in points]
    return plot([Series("", x, y, line=True)], axis, "log10 of the average run length", title=title)


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
