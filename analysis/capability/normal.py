"""The normal model: from a sample's summary to its indices, their intervals and the fractions outside."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis import constants
from analysis.capability import fraction, indices, intervals, within
from analysis.capability.distributions.families import Distribution
from analysis.capability.distributions.goodness import anderson_darling
from analysis.capability.intervals import Interval
from analysis.capability.presets import Preset
from analysis.capability.result import CapabilityResult, Fit, Spread
from analysis.capability.sample import Floats, Sample, check_scale
from analysis.capability.specification import Specification
from analysis.results import Choice, Note, Provenance

NO_FRACTIONS = fraction.PartsPerMillion(None, None, None)
NO_BENCHMARK = fraction.Benchmark(None, None, None)
SMALL_SAMPLE = 30


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything the indices are made from; `n` is None when only a mean and a sigma are known."""

    n: int | None
    mean: float
    within: Spread
    overall: Spread


def within_method(sample: Sample, chosen: Preset) -> str:
    """The estimator that applies to this sample."""
    return chosen.within_individuals if sample.table is None else chosen.within_subgroups


def summarise(sample: Sample, chosen: Preset) -> tuple[Summary | None, tuple[Note, ...]]:
    """Mean, extremes and both spreads; None with the reason when there is nothing to compute from."""
    notes: list[Note] = []
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
    return Summary(sample.n, mean, spread, Spread(sigma, chosen.overall, float(sample.n - 1))), tuple(notes)


def mean_of(values: Floats) -> float:
    """The mean, kept among the values: rounding would put it beside values that are all alike."""
    return min(max(float(values.mean()), float(values.min())), float(values.max()))


def mean_and_deviation(values: Floats) -> tuple[float, float]:
    """Mean and sample standard deviation in two passes, so that a large mean costs no digits."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean = mean_of(values)
        total, scratch = 0.0, np.empty(min(values.size, 16_384))
        for start in range(0, values.size, 16_384):
            block = scratch[: min(16_384, values.size - start)]
            np.subtract(values[start : start + 16_384], mean, out=block)
            total += float(block @ block)
    sigma = math.sqrt(total / (values.size - 1)) if math.isfinite(total) else math.inf
    check_scale(max(abs(mean), sigma), sigma)
    return mean, sigma


def blank(
    specification: Specification,
    confidence: float,
    *,
    model: str,
    sample: Sample | None,
    notes: tuple[Note, ...],
    provenance: Provenance,
    mean: float | None = None,
) -> CapabilityResult:
    """A result in which nothing has been computed but what the values themselves say (their `mean` if it is known)."""
    counted = sample is not None and sample.n > 0
    values = sample.values if sample is not None and counted else None
    low, high = (None, None) if values is None else (float(values.min()), float(values.max()))
    if low is not None and high is not None:
        check_scale(max(abs(low), abs(high)), 0.0)
    if mean is None and values is not None:
        mean = mean_of(values)
    nothing = Spread(None, "none", None)
    return CapabilityResult(
        model=model,
        specification=specification,
        n=None if sample is None else sample.n,
        missing=0 if sample is None else sample.missing,
        subgroup_count=0 if sample is None else sample.subgroup_count,
        subgroup_size=1 if sample is None else sample.subgroup_size,
        mean=mean,
        minimum=low,
        maximum=high,
        within=nothing,
        overall=nothing,
        **dict.fromkeys(("cp", "cpl", "cpu", "cpk", "pp", "ppl", "ppu", "ppk", "cpm", "cpmk")),
        k=None if mean is None else indices.off_centre(specification, mean),
        z_within=NO_BENCHMARK,
        z_overall=NO_BENCHMARK,
        expected_within=NO_FRACTIONS,
        expected_overall=NO_FRACTIONS,
        observed=NO_FRACTIONS if values is None else fraction.observed(specification, values),
        confidence=confidence,
        intervals={},
        fit=None,
        transformation=None,
        reference=None,
        notes=ordered((*notes, *specification_notes(specification))),
        provenance=provenance,
    )


_RANK = {"refusal": 0, "warning": 1, "info": 2}


def ordered(notes: tuple[Note, ...]) -> tuple[Note, ...]:
    """Notes by weight, refusals first."""
    return tuple(sorted(notes, key=lambda note: _RANK[note.level]))


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
    """The result of a summary: indices, intervals, fractions; without a summary, a blank one."""
    start = blank(
        specification,
        confidence,
        model="normal",
        sample=sample,
        notes=(*notes, *_spread_notes(summary)),
        provenance=_provenance(method, chosen, summary),
        mean=None if summary is None else summary.mean,
    )
    if summary is None:
        return start
    mean, inner, outer = summary.mean, summary.within, summary.overall
    capability = _of_spread(specification, mean, inner, chosen)
    performance = _of_spread(specification, mean, outer, chosen)
    taguchi = _of_target(specification, mean, outer, chosen)
    return dataclasses.replace(
        start,
        n=summary.n,
        mean=mean,
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
        k=indices.off_centre(specification, mean),
        z_within=_benchmark(specification, mean, inner),
        z_overall=_benchmark(specification, mean, outer),
        expected_within=_expected(specification, mean, inner),
        expected_overall=_expected(specification, mean, outer),
        intervals=_intervals(summary, specification, chosen, confidence, capability, performance, taguchi),
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
        return NO_BENCHMARK
    return fraction.benchmark(specification, mean, spread.sigma)


def _expected(specification: Specification, mean: float | None, spread: Spread) -> fraction.PartsPerMillion:
    if mean is None or spread.sigma is None:
        return NO_FRACTIONS
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


def specification_notes(specification: Specification) -> tuple[Note, ...]:
    """What is worth knowing of the limits themselves."""
    notes = []
    if specification.is_empty:
        notes.append(Note("no_limits", "warning"))
    elif specification.lower_limit is None or specification.upper_limit is None:
        notes.append(Note("one_sided", "info", {"limit": "lower" if specification.upper_limit is None else "upper"}))
    target, low, high = specification.target, specification.lower, specification.upper
    if target is not None and ((low is not None and target < low) or (high is not None and target > high)):
        notes.append(Note("target_outside_limits", "warning", {"target": target}))
    return tuple(notes)


def _spread_notes(summary: Summary | None) -> tuple[Note, ...]:
    if summary is None or summary.within.sigma is None or summary.overall.sigma is None:
        return ()
    ratio = summary.overall.sigma / summary.within.sigma
    # 25 % more spread overall than within: shifts or drift between subgroups
    return (Note("overall_exceeds_within", "info", {"ratio": ratio}),) if ratio > 1.25 else ()


def fit_of(values: Floats, family: str, parameters: Mapping[str, float], estimation: str) -> Fit:
    """A fitted distribution with its Anderson-Darling statistic and likelihood."""
    distribution = Distribution(family, parameters)
    likelihood = distribution.log_likelihood(values)
    return Fit(
        family=family,
        parameters=dict(parameters),
        estimation=estimation,
        anderson_darling=anderson_darling(distribution, values),
        log_likelihood=likelihood,
        aic=2.0 * len(parameters) - 2.0 * likelihood,
    )


def normal_fit(values: Floats) -> Fit:
    """The normal distribution of the mean and the sample standard deviation."""
    mean, sigma = mean_and_deviation(values)
    return fit_of(values, "normal", {"location": mean, "scale": sigma}, "mean and sample standard deviation")


def _provenance(method: str, chosen: Preset, summary: Summary | None) -> Provenance:
    choices: dict[str, Choice] = {
        "sigma_within": None if summary is None else summary.within.method,
        "sigma_overall": None if summary is None else summary.overall.method,
        "degrees_of_freedom": chosen.degrees_of_freedom,
        "cpm": chosen.cpm,
        "cp_interval": "chi-square",
        "cpk_interval": chosen.cpk_interval,
        "cpm_interval": "boyles",
        "width": chosen.width,
    }
    return Provenance(method=method, choices=choices, preset=chosen.name)
