"""Capability of one characteristic: the entrance to every model."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from numpy.typing import ArrayLike

from analysis import bounds
from analysis.capability import fitted, normal, transformed
from analysis.capability.distributions.families import FAMILIES
from analysis.capability.presets import INDIVIDUAL_METHODS, Preset, preset
from analysis.capability.result import CapabilityResult, Spread
from analysis.capability.sample import SMALLEST_SPREAD, Sample, read
from analysis.capability.specification import LARGEST, Specification
from analysis.errors import AnalysisError
from analysis.results import Note

# Above this many values Anderson-Darling of the normal model is left out unless asked for: sorting would cost more
# than everything else, and with so many values it rejects any real process.
GOODNESS_LIMIT = 10_000
MOST_RESAMPLES = 100_000
SMALLEST_LEVEL = 1e-6
SMALLEST_FREEDOM = 0.1

MODELS = ("normal", "box_cox", "johnson", "empirical", *(name for name in FAMILIES if name != "normal"))


def study(
    values: ArrayLike,
    specification: Specification,
    *,
    subgroups: int | ArrayLike | None = None,
    model: str = "normal",
    within: str | None = None,
    overall: str | None = None,
    confidence: float = 0.95,
    preset: str | Preset = "aiag_vda",
    cpm: str | None = None,
    cpk_interval: str | None = None,
    degrees_of_freedom: str | None = None,
    non_normal: str | None = None,
    quantile: int | None = None,
    width: float | None = None,
    box_cox_lambda: float | None = None,
    box_cox_rounding: str = "none",
    johnson_selection: str = "chou",
    bootstrap: int = 0,
    seed: int = 0,
    anderson_darling: bool | None = None,
) -> CapabilityResult:
    """Capability indices of `values` against `specification`, with confidence intervals and fractions outside.

    `values`: (n,) in the order of production, or (k, n) with one subgroup a row; missing ones are NaN and counted.
    `subgroups`: see `sample.read`. `model`: normal, box_cox, johnson, empirical, or a family of `FAMILIES` (weibull,
    gamma, ..). `within`: r_bar, s_bar, pooled, .. of `analysis.sigma`, or for individuals mr_mean, mr_median, mssd; by
    default the preset's. `preset`, `overall`, `cpm`, `cpk_interval`, `degrees_of_freedom`, `non_normal`, `quantile`,
    `width`: see `presets.Preset`. `box_cox_*`: see `box_cox.fit`; `johnson_selection`: see `johnson.fit`. `bootstrap`:
    resamples for the intervals of a fitted or empirical model. `anderson_darling`: whether the normal model says how
    well it fits; by default up to 10,000 values.
    Values without variation, or fewer than two, give a result whose indices are None and a note that says why.
    Sources: ISO 22514-2, AIAG SPC 2nd ed. chapter IV, Montgomery (Introduction to SQC) chapter 8.
    Errors: AnalysisError for input that contradicts itself (text, infinite values, unknown readings).
    """
    if model not in MODELS:
        raise AnalysisError(f"'{model}' is no model of capability.", f"Choose one of {', '.join(MODELS)}.")
    _check_confidence(confidence)
    bounds.whole(bootstrap, "number of resamples", 0, MOST_RESAMPLES)
    bounds.whole(seed, "seed", 0)
    sample = read(values, subgroups)
    changes = {
        "overall": overall,
        "cpm": cpm,
        "cpk_interval": cpk_interval,
        "degrees_of_freedom": degrees_of_freedom,
        "non_normal": non_normal,
        "quantile": quantile,
        "width": width,
    }
    chosen, notes = _readings(preset, sample, within, changes)
    if sample.missing:
        notes = (*notes, Note("missing_values", "info", {"count": sample.missing}))
    if model == "normal":
        return _normal(sample, specification, chosen, confidence, notes, anderson_darling)
    if model == "box_cox":
        return transformed.box_cox_study(
            sample, specification, chosen, confidence, notes, box_cox_lambda, box_cox_rounding
        )
    if model == "johnson":
        return transformed.johnson_study(sample, specification, chosen, confidence, notes, johnson_selection)
    return fitted.study(sample, specification, model, chosen, confidence, notes, bootstrap, seed)


def _normal(
    sample: Sample,
    specification: Specification,
    chosen: Preset,
    confidence: float,
    notes: tuple[Note, ...],
    goodness: bool | None,
) -> CapabilityResult:
    summary, found = normal.summarise(sample, chosen)
    made = normal.assemble(
        summary,
        specification,
        chosen,
        confidence,
        sample=sample,
        notes=(*notes, *found),
        method="capability.study/normal",
    )
    wanted = sample.n <= GOODNESS_LIMIT if goodness is None else goodness
    if summary is None or sample.n < 3 or not wanted:
        return made
    return dataclasses.replace(made, fit=normal.normal_fit(sample.values))


def from_summary(
    mean: float,
    specification: Specification,
    *,
    sigma_within: float | None = None,
    sigma_overall: float | None = None,
    n: int | None = None,
    degrees_of_freedom: float | None = None,
    confidence: float = 0.95,
    preset: str | Preset = "aiag_vda",
    cpm: str | None = None,
    cpk_interval: str | None = None,
    width: float | None = None,
) -> CapabilityResult:
    """The same indices from a mean and known standard deviations; one sigma given serves as both.

    Intervals appear when `n` is given; those of the within spread use `degrees_of_freedom`, by default n - 1.
    """
    _check_confidence(confidence)
    inner, outer = _two_sigmas(sigma_within, sigma_overall)
    _check_summary(mean, n)
    if degrees_of_freedom is not None:
        bounds.positive(degrees_of_freedom, "degrees of freedom", smallest=SMALLEST_FREEDOM, largest=1e12)
    chosen = _preset(preset, cpm=cpm, cpk_interval=cpk_interval, width=width)
    notes = () if sigma_within and sigma_overall else (Note("one_sigma_for_both", "info"),)
    freedom = None if n is None else float(n - 1)
    summary = normal.Summary(
        n=n,
        mean=float(mean),
        within=Spread(inner, "given", freedom if degrees_of_freedom is None else degrees_of_freedom),
        overall=Spread(outer, "given", freedom),
    )
    return normal.assemble(
        summary, specification, chosen, confidence, notes=notes, method="capability.from_summary/normal"
    )


def _preset(name_or_preset: str | Preset, **changes: object) -> Preset:
    return preset(name_or_preset, **changes)


def _readings(
    name: str | Preset, sample: Sample, within: str | None, changes: Mapping[str, object]
) -> tuple[Preset, tuple[Note, ...]]:
    """The preset with the caller's changes; range and deviation estimators of individuals become the moving range."""
    notes: tuple[Note, ...] = ()
    grouped = sample.table is not None
    individuals = within
    if within is not None and not grouped and within not in INDIVIDUAL_METHODS:
        _preset(name, within_subgroups=within)  # a misspelt name is refused here
        notes = (Note("within_needs_subgroups", "warning", {"asked": within, "used": "mr_mean"}),)
        individuals = "mr_mean"
    chosen = _preset(
        name,
        within_subgroups=within if grouped else None,
        within_individuals=None if grouped else individuals,
        **changes,
    )
    return chosen, notes


def _check_confidence(confidence: float) -> None:
    bounds.share(confidence, "confidence", smallest=SMALLEST_LEVEL)


def _two_sigmas(inner: float | None, outer: float | None) -> tuple[float, float]:
    """Both spreads as floats; the one given stands for the one missing."""
    given = [float(sigma) for sigma in (inner, outer) if sigma is not None]
    if not given:
        raise AnalysisError("No standard deviation was given.", "Give sigma_within, sigma_overall or both.")
    for sigma in given:
        bounds.positive(sigma, "standard deviation", smallest=SMALLEST_SPREAD, largest=LARGEST)
    return given[0], given[-1]


def _check_summary(mean: float, n: int | None) -> None:
    bounds.finite(mean, "mean", largest=LARGEST)
    if n is not None and n < 2:
        raise AnalysisError(f"n is {n}; intervals need at least 2 values.", "Leave n out when it is unknown.")
    if n is not None:
        bounds.whole(n, "number of values", 2)
