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
    "median_r": ("variables", "MediansRanges"),
    "p": ("attributes", "ShareDefective"),
    "np": ("attributes", "Defectives"),
    "c": ("attributes", "Defects"),
    "u": ("attributes", "DefectsPerUnit"),
    "laney_p": ("attributes", "LaneyShareDefective"),
    "laney_u": ("attributes", "LaneyDefectsPerUnit"),
    "ewma": ("ewma", "Ewma"),
    "moving_average": ("moving_average", "MovingAverage"),
    "cusum": ("cusum", "Cusum"),
    "g": ("rare", "CasesBetween"),
    "t": ("rare", "TimeBetween"),
    "i_mr_r": ("three_way", "ThreeWayRanges"),
    "i_mr_s": ("three_way", "ThreeWayDeviations"),
    "zone": ("zone", "Zone"),
    "deviation_i_mr": ("short_run", "DeviationIndividuals"),
    "deviation_xbar_r": ("short_run", "DeviationMeansRanges"),
    "z_xbar_r": ("short_run", "StandardisedMeansRanges"),
    "z_mr": ("short_run", "ZMovingRange"),
    "hotelling_t2": ("multivariate", "HotellingT2"),
    "mewma": ("mewma", "Mewma"),
    "generalized_variance": ("generalized_variance", "GeneralizedVariance"),
    "pre_control": ("pre_control", "PreControl"),
    "run": ("run_chart", "RunChart"),
}


@cache
def kind_of(name: str) -> type[Kind]:
    """The class of the chart called `name`."""
    place = KINDS.get(name)
    if place is None:
        raise AnalysisError(f"There is no chart {name!r}.", f"The charts are {', '.join(sorted(KINDS))}.")
    found: type[Kind] = getattr(importlib.import_module(f"analysis.charts.{place[0]}"), place[1])
    return found
