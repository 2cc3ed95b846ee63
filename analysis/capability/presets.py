"""Named bundles of every reading in a capability study that has an alternative."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from analysis.errors import AnalysisError
from analysis.sigma import SUBGROUP_METHODS

INDIVIDUAL_METHODS = ("mr_mean", "mr_median", "mssd", "mssd_c4")
NARROWEST, WIDEST = 1e-3, 1e3
WITHIN_METHODS = (*SUBGROUP_METHODS, *INDIVIDUAL_METHODS)


@dataclass(frozen=True, slots=True)
class Preset:
    """How a study is read.

    `within_subgroups`, `within_individuals`, `overall`: estimators of `analysis.sigma` by name. `degrees_of_freedom`:
    of the within estimator, "moments" (matching mean and variance of the estimator, Patnaik) or "minitab" (its rounded
    factors). `cpm`: see `indices.cpm`. `cpk_interval`: "bissell" or "noncentral_t" (exact, but for the nearer limit
    alone). `non_normal`: "percentile" (ISO 22514-2) or "z_score" (from the fractions outside). `quantile`: how an
    empirical quantile is read, Hyndman and Fan's type. `width`: sigmas in the denominator of Cp.
    """

    name: str = "aiag_vda"
    within_subgroups: str = "r_bar"
    within_individuals: str = "mr_mean"
    overall: str = "overall"
    degrees_of_freedom: str = "moments"
    cpm: str = "full_width"
    cpk_interval: str = "bissell"
    non_normal: str = "percentile"
    quantile: int = 6
    width: float = 6.0


PRESETS: dict[str, Preset] = {
    "aiag_vda": Preset(),
    "minitab": Preset(
        name="minitab",
        within_subgroups="pooled_c4",
        degrees_of_freedom="minitab",
        cpm="nearer_limit",
        non_normal="z_score",
    ),
    "iso": Preset(name="iso", within_subgroups="pooled"),
}

_ALLOWED: dict[str, tuple[Any, ...]] = {
    "within_subgroups": WITHIN_METHODS,
    "within_individuals": INDIVIDUAL_METHODS,
    "overall": ("overall", "overall_c4"),
    "degrees_of_freedom": ("moments", "minitab"),
    "cpm": ("full_width", "nearer_limit"),
    "cpk_interval": ("bissell", "noncentral_t"),
    "non_normal": ("percentile", "z_score"),
    "quantile": (4, 5, 6, 7, 8, 9),
}


def preset(name_or_preset: str | Preset, **changes: Any) -> Preset:
    """The preset of that name with `changes` (None leaves the preset's own reading)."""
    chosen = _named(name_or_preset) if isinstance(name_or_preset, str) else name_or_preset
    wanted = {key: value for key, value in changes.items() if value is not None}
    for key, value in wanted.items():
        if key in _ALLOWED and value not in _ALLOWED[key]:
            raise AnalysisError(f"'{value}' is no reading of {key}.", f"Choose one of {_listed(_ALLOWED[key])}.")
    unknown = sorted(set(wanted) - {item.name for item in dataclasses.fields(Preset)})
    if unknown:
        raise AnalysisError(f"A preset has no reading '{unknown[0]}'.", f"It has {_listed((*_ALLOWED, 'width'))}.")
    name, width = wanted.get("name", chosen.name), wanted.get("width", chosen.width)
    if not isinstance(name, str) or isinstance(width, bool) or not isinstance(width, int | float):
        raise AnalysisError("A preset's name is a text and its width a number.", "Give 6 for six sigma.")
    if not NARROWEST <= width <= WIDEST:
        raise AnalysisError(f"The width is {width} sigma.", "Give a positive number; 6 is usual.")
    return dataclasses.replace(chosen, **wanted) if wanted else chosen


def _named(name: str) -> Preset:
    if name not in PRESETS:
        raise AnalysisError(f"There is no preset '{name}'.", f"Choose one of {_listed(tuple(PRESETS))}.")
    return PRESETS[name]


def _listed(items: tuple[Any, ...]) -> str:
    return ", ".join(str(item) for item in items)
