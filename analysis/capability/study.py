"""Capability and performance of measured values, or of a mean and a standard deviation, under the normal model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis import constants
from analysis.capability import fraction, indices, intervals, within
from analysis.capability.intervals import Interval
from analysis.capability.presets import INDIVIDUAL_METHODS, Preset, preset
from analysis.capability.result import CapabilityResult, Spread
from analysis.capability.sample import Floats, Sample, read
from analysis.capability.specification import Specification
from analysis.errors import AnalysisError
from analysis.results import Note, Provenance

_NO_FRACTIONS = fraction.PartsPerMillion(None, None, None)
_NO_BENCHMARK = fraction.Benchmark(None, None, None)
SMALL_SAMPLE = 30


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything the indices are made from; `n` is None when only a mean and a sigma are known."""

    n: int | None
    mean: float
    minimum: float | None
    maximum: float | None
    within: Spread
    overall: Spread


def study(
    values: ArrayLike,
    specification: Specification,
    *,
    subgroups: int | ArrayLike | None = None,
    within: str | None = None,
    overall: str | None = None,
    confidence: float = 0.95,
    model: str = "normal",
    preset: str | Preset = "aiag_vda",
    cpm: str | None = None,
    cpk_interval: str | None = None,
    width: float | None = None,
) -> CapabilityResult:
    """Capability indices of `values` against `specification`, with confidence intervals and fractions outside.

    `values`: (n,) in the order of production, or (k, n) with one subgroup a row; missing ones are NaN and counted.
    `subgroups`: see `sample.read`. `within`: r_bar, s_bar, pooled, .. of `analysis.sigma`, or for individuals
    mr_mean, mr_median, mssd; by default the preset's. `preset` and the remaining readings: see `presets.Preset`.
    Values without variation, or fewer than two, give a result whose indices are None and a note that says why.
    Sources: ISO 22514-2, AIAG SPC 2nd ed. chapter IV, Montgomery (Introduction to SQC) chapter 8.
    Errors: AnalysisError for input that contradicts itself (text, infinite values, unknown readings).
    """
    if model != "normal":
        raise AnalysisError(f"'{model}' is not a model of this function.", "See analysis.capability for the others.")
    _check_confidence(confidence)
    sample = read(values, subgroups)
    chosen, notes = _readings(preset, sample, within, overall, cpm, cpk_interval, width)
    summary, found = summarise(sample, chosen)
    return assemble(
        summary,
        specification,
        chosen,
        confidence,
        sample=sample,
        notes=(*notes, *found),
        method="capability.study/normal",
    )


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
    width: float | None = None,
) -> CapabilityResult:
    """The same indices from a mean and known standard deviations; one sigma given serves as both.

    Intervals appear when `n` is given; those of the within spread use `degrees_of_freedom`, by default n - 1.
    """
    _check_confidence(confidence)
    _check_summary(mean, sigma_within, sigma_overall, n)
    chosen = _preset(preset, cpm=cpm, width=width)
    one = sigma_within if sigma_overall is None else sigma_overall
    two = sigma_overall if sigma_within is None else sigma_within
    notes = () if sigma_within and sigma_overall else (Note("one_sigma_for_both", "info"),)
    freedom = None if n is None else float(n - 1)
    summary = Summary(
        n=n,
        mean=float(mean),
        minimum=None,
        maximum=None,
        within=Spread(two, "given", freedom if degrees_of_freedom is None else degrees_of_freedom),
        overall=Spread(one, "given", freedom),
    )
    return assemble(summary, specification, chosen, confidence, notes=notes, method="capability.from_summary/normal")


def _preset(name_or_preset: str | Preset, **changes: object) -> Preset:
    return preset(name_or_preset, **changes)


def _readings(
    name: str | Preset,
    sample: Sample,
    within_method: str | None,
    overall: str | None,
    cpm: str | None,
    cpk_interval: str | None,
    width: float | None,
) -> tuple[Preset, tuple[Note, ...]]:
    """The preset with the caller's changes; range and deviation estimators of individuals become the moving range."""
    notes: tuple[Note, ...] = ()
    grouped = sample.table is not None
    individuals = within_method
    if within_method is not None and not grouped and within_method not in INDIVIDUAL_METHODS:
        _preset(name, within_subgroups=within_method)  # a misspelt name is refused here
        notes = (Note("within_needs_subgroups", "warning", {"asked": within_method, "used": "mr_mean"}),)
        individuals = "mr_mean"
    chosen = _preset(
        name,
        within_subgroups=within_method if grouped else None,
        within_individuals=None if grouped else individuals,
        overall=overall,
        cpm=cpm,
        cpk_interval=cpk_interval,
        width=width,
    )
    return chosen, notes


def within_method(sample: Sample, chosen: Preset) -> str:
    """The estimator that applies to this sample."""
    return chosen.within_individuals if sample.table is None else chosen.within_subgroups


def summarise(sample: Sample, chosen: Preset) -> tuple[Summary | None, tuple[Note, ...]]:
    """Mean, extremes and both spreads; None with the reason when there is nothing to compute from."""
    notes = [Note("missing_values", "info", {"count": sample.missing})] if sample.missing else []
    if sample.n < 2:
        notes.append(Note("no_values" if sample.n == 0 else "one_value", "refusal", {"n": sample.n}))
        return None, tuple(notes)
    mean, sigma = mean_and_deviation(sample.values)
    method = within_method(sample, chosen)
    inner = within.estimate(sample, method, chosen.degrees_of_freedom)
    if inner is None:
        notes.append(Note("no_within_spread", "warning", {"method": method}))
    elif inner.sigma <= 0.0 or inner.sigma < 1e-12 * abs(mean):
        notes.append(Note("no_variation_within", "warning", {"method": method}))
        inner = None
    if sigma <= 1e-14 * abs(mean):
        return None, (*notes, Note("no_variation", "refusal", {"value": mean}))
    if chosen.overall == "overall_c4":
        sigma /= constants.c4(min(sample.n, constants.LARGEST_SIZE))
    if sample.n < SMALL_SAMPLE:
        notes.append(Note("small_sample", "info", {"n": sample.n, "advised": SMALL_SAMPLE}))
    spread = Spread(None, method, None) if inner is None else Spread(inner.sigma, method, inner.degrees_of_freedom)
    low, high = float(sample.values.min()), float(sample.values.max())
    summary = Summary(sample.n, mean, low, high, spread, Spread(sigma, chosen.overall, float(sample.n - 1)))
    return summary, tuple(notes)


def mean_and_deviation(values: Floats) -> tuple[float, float]:
    """Mean and sample standard deviation in two passes, so that a large mean costs no digits."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(values.mean())
        total, scratch = 0.0, np.empty(min(values.size, 16_384))
        for start in range(0, values.size, 16_384):
            block = scratch[: min(16_384, values.size - start)]
            np.subtract(values[start : start + 16_384], mean, out=block)
            total += float(block @ block)
    if not math.isfinite(total):
        raise AnalysisError("The values are too large for their squares to be held.", "Give them in a larger unit.")
    return mean, math.sqrt(total / (values.size - 1))


def assemble(
    summary: Summary | None,
    specification: Specification,
    chosen: Preset,
    confidence: float,
    *,
    method: str,
    sample: Sample | None = None,
    notes: tuple[Note, ...] = (),
) -> CapabilityResult:
    """The result of a summary: indices, intervals, fractions; without a summary, a result of None."""
    reasons = (*notes, *_specification_notes(specification, summary))
    observed = _NO_FRACTIONS if sample is None or not sample.n else fraction.observed(specification, sample.values)
    nothing = Spread(None, chosen.within_individuals, None)
    inner = nothing if summary is None else summary.within
    outer = Spread(None, chosen.overall, None) if summary is None else summary.overall
    mean = summary.mean if summary is not None else (float(sample.values[0]) if sample and sample.n else None)
    capability = _of_spread(specification, mean, inner, chosen)
    performance = _of_spread(specification, mean, outer, chosen)
    taguchi = _of_target(specification, mean, outer, chosen)
    return CapabilityResult(
        model="normal",
        specification=specification,
        n=sample.n if sample is not None else (summary.n if summary else None),
        missing=0 if sample is None else sample.missing,
        subgroup_count=0 if sample is None else sample.subgroup_count,
        subgroup_size=1 if sample is None else sample.subgroup_size,
        mean=mean,
        minimum=None if summary is None else summary.minimum,
        maximum=None if summary is None else summary.maximum,
        within=inner,
        overall=outer,
        cp=capability.potential,
        cpl=capability.lower,
        cpu=capability.upper,
        cpk=capability.actual,
        pp=performance.potential,
        ppl=performance.lower,
        ppu=performance.upper,
        ppk=performance.actual,
        cpm=taguchi[0],
        cpmk=taguchi[1],
        k=None if mean is None else indices.off_centre(specification, mean),
        z_within=_benchmark(specification, mean, inner),
        z_overall=_benchmark(specification, mean, outer),
        expected_within=_expected(specification, mean, inner),
        expected_overall=_expected(specification, mean, outer),
        observed=observed,
        confidence=confidence,
        intervals=_intervals(summary, specification, chosen, confidence, capability, performance, taguchi),
        notes=reasons,
        provenance=_provenance(method, chosen, inner, outer),
    )


def _of_spread(specification: Specification, mean: float | None, spread: Spread, chosen: Preset) -> indices.Indices:
    if mean is None or spread.sigma is None:
        return indices.Indices(None, None, None, None)
    return indices.indices(specification, mean, spread.sigma, chosen.width)


def _of_target(
    specification: Specification, mean: float | None, spread: Spread, chosen: Preset
) -> tuple[float | None, float | None]:
    if mean is None or spread.sigma is None:
        return None, None
    first = indices.cpm(specification, mean, spread.sigma, reading=chosen.cpm, width=chosen.width)
    return first, indices.cpmk(specification, mean, spread.sigma, chosen.width)


def _benchmark(specification: Specification, mean: float | None, spread: Spread) -> fraction.Benchmark:
    if mean is None or spread.sigma is None:
        return _NO_BENCHMARK
    return fraction.benchmark(specification, mean, spread.sigma)


def _expected(specification: Specification, mean: float | None, spread: Spread) -> fraction.PartsPerMillion:
    if mean is None or spread.sigma is None:
        return _NO_FRACTIONS
    return fraction.expected(specification, mean, spread.sigma)


def _intervals(
    summary: Summary | None,
    specification: Specification,
    chosen: Preset,
    confidence: float,
    capability: indices.Indices,
    performance: indices.Indices,
    taguchi: tuple[float | None, float | None],
) -> dict[str, Interval]:
    if summary is None or summary.n is None or summary.n < 2:
        return {}
    found: dict[str, Interval] = {}
    for prefix, spread, group in (("c", summary.within, capability), ("p", summary.overall, performance)):
        found |= _of_group(prefix, spread, group, summary.n, chosen, confidence)
    sigma = summary.overall.sigma
    if sigma is not None:
        found["mean"] = mean_interval(summary.mean, sigma, summary.n, confidence)
        off = 0.0 if specification.target is None else summary.mean - specification.target
        if taguchi[0] is not None:
            found["cpm"] = intervals.boyles(taguchi[0], summary.n, off / sigma, confidence)
        distance = indices.nearer_distance(specification, summary.mean)
        if taguchi[1] is not None and distance is not None:
            toward = off if performance.upper == performance.actual else -off
            found["cpmk"] = intervals.cpmk_delta(
                taguchi[1], summary.n, distance, toward, sigma, confidence, chosen.width
            )
    return found


def _of_group(
    prefix: str, spread: Spread, group: indices.Indices, n: int, chosen: Preset, confidence: float
) -> dict[str, Interval]:
    """Intervals of Cp, Cpl, Cpu, Cpk (prefix c) or Pp, Ppl, Ppu, Ppk (prefix p), and of the spread itself."""
    freedom = spread.degrees_of_freedom
    if spread.sigma is None or freedom is None or freedom <= 0.0:
        return {}
    one_sided = intervals.noncentral_t if chosen.cpk_interval == "noncentral_t" else intervals.bissell
    name = "sigma_within" if prefix == "c" else "sigma_overall"
    found = {name: intervals.standard_deviation(spread.sigma, freedom, confidence)}
    if group.potential is not None:
        found[f"{prefix}p"] = intervals.spread_ratio(group.potential, freedom, confidence)
    for suffix, index in (("pl", group.lower), ("pu", group.upper), ("pk", group.actual)):
        if index is not None:
            found[f"{prefix}{suffix}"] = one_sided(index, n, freedom, confidence, chosen.width)
    return found


def mean_interval(mean: float, sigma: float, n: int, confidence: float) -> Interval:
    """Student's t interval of the mean."""
    from scipy import special

    half = float(special.stdtrit(n - 1, (1.0 + confidence) / 2.0)) * sigma / math.sqrt(n)
    return Interval(mean - half, mean + half, confidence, "student_t")


def _specification_notes(specification: Specification, summary: Summary | None) -> tuple[Note, ...]:
    notes = []
    if specification.is_empty:
        notes.append(Note("no_limits", "warning"))
    elif specification.lower_limit is None or specification.upper_limit is None:
        notes.append(Note("one_sided", "info", {"limit": "lower" if specification.upper_limit is None else "upper"}))
    target, low, high = specification.target, specification.lower, specification.upper
    if target is not None and ((low is not None and target < low) or (high is not None and target > high)):
        notes.append(Note("target_outside_limits", "warning", {"target": target}))
    if summary is not None and summary.within.sigma is not None and summary.overall.sigma is not None:
        ratio = summary.overall.sigma / summary.within.sigma
        if ratio > 1.25:  # 25 % more spread overall than within: shifts or drift between subgroups
            notes.append(Note("overall_exceeds_within", "info", {"ratio": ratio}))
    return tuple(notes)


def _provenance(method: str, chosen: Preset, inner: Spread, outer: Spread) -> Provenance:
    return Provenance(
        method=method,
        choices={
            "sigma_within": inner.method,
            "sigma_overall": outer.method,
            "degrees_of_freedom": chosen.degrees_of_freedom,
            "cpm": chosen.cpm,
            "cp_interval": "chi-square",
            "cpk_interval": chosen.cpk_interval,
            "cpm_interval": "boyles",
            "width": chosen.width,
        },
        preset=chosen.name,
    )


def _check_confidence(confidence: float) -> None:
    if not 0.0 < confidence < 1.0:
        raise AnalysisError(f"The confidence is {confidence}; it must lie between 0 and 1.", "Give 0.95 for 95 %.")


def _check_summary(mean: float, inner: float | None, outer: float | None, n: int | None) -> None:
    if not math.isfinite(mean):
        raise AnalysisError(f"The mean is {mean}.", "Give a finite number.")
    given = [sigma for sigma in (inner, outer) if sigma is not None]
    if not given:
        raise AnalysisError("No standard deviation was given.", "Give sigma_within, sigma_overall or both.")
    for sigma in given:
        if not (math.isfinite(sigma) and sigma > 0.0):
            raise AnalysisError(f"The standard deviation is {sigma}.", "Give a positive number.")
    if n is not None and n < 2:
        raise AnalysisError(f"n is {n}; intervals need at least 2 values.", "Leave n out when it is unknown.")
