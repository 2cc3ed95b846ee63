"""Which control charts there are, by the name they are called by; a chart's module is loaded when first asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache

from analysis.charts.kind import Kind
from analysis.errors import AnalysisError

KINDS: Mapping[str, tuple[str, str]] = {
    "i_mr": ("variables", "IndividualsMovingRange"),
    "xbar_r": ("variables", "MeansRanges"),
    "xbar_s": ("variables", "MeansDeviations"),
    "p": ("attributes", "ShareDefective"),
    "np": ("attributes", "Defectives"),
    "c": ("attributes", "Defects"),
    "u": ("attributes", "DefectsPerUnit"),
    "laney_p": ("attributes", "LaneyShareDefective"),
    "laney_u": ("attributes", "LaneyDefectsPerUnit"),
    "ewma": ("ewma", "Ewma"),
    "moving_average": ("moving_average", "MovingAverage"),
    "cusum": ("cusum", "Cusum"),
}


@cache
def kind_of(name: str) -> type[Kind]:
    """The class of the chart called `name`."""
    place = KINDS.get(name)
    if place is None:
        raise AnalysisError(f"There is no chart {name!r}.", f"The charts are {', '.join(sorted(KINDS))}.")
    found: type[Kind] = getattr(importlib.import_module(f"analysis.charts.{place[0]}"), place[1])
    return found
