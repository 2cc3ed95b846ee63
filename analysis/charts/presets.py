"""Named bundles of the readings a chart has to choose: estimators, settings and rules as known programs have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.errors import AnalysisError
from analysis.results import Result
from analysis.rules import AIAG, MINITAB_DEFAULT, RuleSet


@dataclass(frozen=True, slots=True)
class Preset(Result):
    """`sigma`: estimator by kind of chart; `settings`: settings by kind of chart; `rules`: the run rules.

    A kind that is not named keeps the library's own defaults.
    """

    name: str
    rules: RuleSet
    sigma: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


MINITAB = Preset(
    name="minitab",
    rules=MINITAB_DEFAULT,
    sigma={"i_mr": "mr_mean", "xbar_r": "r_bar", "xbar_s": "s_bar", "i_mr_r": "r_bar", "i_mr_s": "s_bar"},
    settings={
        "i_mr": {"window": 2},
        "cusum": {"reference": 0.5, "decision": 4.0, "headstart": 0.0},
        "ewma": {"weight": 0.2},
        "moving_average": {"span": 3},
        "zone": {"weights": [0, 2, 4, 8]},
        "g": {"method": "probability"},
        "t": {"method": "weibull"},
        "hotelling_t2": {"estimator": "successive"},
        "mewma": {"weight": 0.1, "arl": 200.0},
    },
)
AIAG_VDA = Preset(
    name="aiag_vda",
    rules=AIAG,
    sigma={"i_mr": "mr_mean", "xbar_r": "r_bar", "xbar_s": "s_bar", "i_mr_r": "r_bar", "i_mr_s": "s_bar"},
    settings={"i_mr": {"window": 2}, "cusum": {"reference": 0.5, "decision": 5.0}},
)
PRESETS: Mapping[str, Preset] = {preset.name: preset for preset in (MINITAB, AIAG_VDA)}


def preset_named(name: str | None) -> Preset | None:
    """The preset of that name; None for None."""
    if name is None:
        return None
    found = PRESETS.get(name)
    if found is None:
        raise AnalysisError(f"There is no preset {name!r}.", f"The presets are {', '.join(PRESETS)}.")
    return found
