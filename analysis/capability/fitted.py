"""Capability by quantiles: of a fitted distribution, or of the values themselves, without transforming anything."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.capability import fraction, normal
from analysis.capability.distributions.estimation import estimate
from analysis.capability.distributions.families import Distribution
from analysis.capability.fraction import Benchmark, PartsPerMillion
from analysis.capability.indices import Indices
from analysis.capability.intervals import Interval
from analysis.capability.presets import Preset
from analysis.capability.result import CapabilityResult, Fit, ReferenceInterval
from analysis.capability.sample import Floats, Sample, check_scale
from analysis.capability.specification import Specification
from analysis.results import Choice, Note, Provenance

EMPIRICAL = "empirical"
# Hyndman and Fan (1996), American Statistician 50, 361-365: the type and numpy's name of it
QUANTILE_TYPES = {
    4: "interpolated_inverted_cdf",
    5: "hazen",
    6: "weibull",
    7: "linear",
    8: "median_unbiased",
    9: "normal_unbiased",
}


@dataclass(frozen=True, slots=True)
class Model:
    """What the indices need of a population: quantiles and both tails."""

    quantile: Callable[[list[float]], list[float]]
    below: Callable[[float], float]
    above: Callable[[float], float]


def study(
    sample: Sample,
    specification: Specification,
    family: str,
    chosen: Preset,
    confidence: float,
    notes: tuple[Note, ...],
    bootstrap: int,
    seed: int,
) -> CapabilityResult:
    """Performance indices of `family` fitted to the sample ("empirical": of its own quantiles).

    "percentile": Pp = (U - L) / (X99.865 - X0.135), Ppu = (U - X50) / (X99.865 - X50), Ppl likewise (ISO 22514-4,
    ISO 22514-2 method for any distribution). "z_score": from the fraction beyond each limit as a normal quantile over
    3. The within spread has no meaning here, so Cp.. stay None. `bootstrap` resamples give percentile intervals.
    """
    provenance = _provenance(family, chosen, bootstrap, seed)
    start = normal.blank(specification, confidence, model=family, sample=sample, notes=notes, provenance=provenance)
    refused = refusal(sample)
    if refused is not None:
        return dataclasses.replace(start, notes=(refused, *start.notes))
    made = _model(sample.values, family, chosen)
    if isinstance(made, Note):
        return dataclasses.replace(start, notes=(made, *start.notes))
    model, fit = made
    reference = reference_interval(model, chosen, fit)
    found = _indices(model, specification, chosen)
    added = (
        *_reference_notes(sample.values, reference, family),
        Note("no_within_for_model", "info", {"model": family}),
    )
    return dataclasses.replace(
        start,
        pp=found.potential,
        ppl=found.lower,
        ppu=found.upper,
        ppk=found.actual,
        cpm=_cpm(specification, reference, chosen),
        z_overall=_benchmark(model, specification, family),
        expected_overall=_expected(model, specification, family),
        intervals=_bootstrap(sample.values, specification, family, chosen, confidence, bootstrap, seed),
        fit=fit,
        reference=reference,
        notes=(*start.notes, *added),
    )


def refusal(sample: Sample) -> Note | None:
    """Why nothing can be fitted to these values, if so."""
    if sample.n < 3:
        return Note("no_values" if sample.n == 0 else "too_few_values", "refusal", {"n": sample.n, "needed": 3})
    low, high = float(sample.values.min()), float(sample.values.max())
    check_scale(max(abs(low), abs(high)), high - low)
    if high - low <= 1e-14 * max(abs(low), abs(high)):
        return Note("no_variation", "refusal", {"value": low})
    return None


def _model(values: Floats, family: str, chosen: Preset) -> tuple[Model, Fit] | Note:
    if family == EMPIRICAL:
        return empirical(values, chosen.quantile), Fit(None, {}, f"quantile type {chosen.quantile}", None, None, None)
    found = estimate(values, family)
    if found.distribution is None:
        return Note("not_fitted", "refusal", {"family": family, "reason": found.reason})
    return of_distribution(found.distribution), normal.fit_of(
        values, family, found.distribution.parameters, found.method
    )


def of_distribution(distribution: Distribution) -> Model:
    """A fitted distribution as a model."""
    return Model(
        lambda p: distribution.quantile(p).tolist(),
        lambda x: float(distribution.cdf(x)[0]),
        lambda x: float(distribution.sf(x)[0]),
    )


def empirical(values: Floats, kind: int) -> Model:
    """The values as their own population; fractions beyond a limit are those seen."""
    method = QUANTILE_TYPES[kind]
    return Model(
        lambda p: np.quantile(values, p, method=method).tolist(),  # type: ignore[call-overload]
        lambda x: float(np.count_nonzero(values < x)) / values.size,
        lambda x: float(np.count_nonzero(values > x)) / values.size,
    )


def reference_interval(model: Model, chosen: Preset, fit: Fit | None = None) -> ReferenceInterval:
    """The quantiles at plus and minus half the width in sigmas of a normal distribution: 0.135 %, 50 %, 99.865 %."""
    tail = fraction.normal_tail(chosen.width / 2.0)
    lower, median, upper = model.quantile([tail, 0.5, 1.0 - tail])
    source = "fitted distribution" if fit is not None and fit.family else f"values, type {chosen.quantile}"
    return ReferenceInterval(lower, median, upper, tail, 1.0 - tail, f"quantiles of the {source}")


def _indices(model: Model, specification: Specification, chosen: Preset) -> Indices:
    if chosen.non_normal == "z_score":
        return _by_z_score(model, specification, chosen.width)
    return by_percentile(reference_interval(model, chosen), specification)


def by_percentile(reference: ReferenceInterval, specification: Specification) -> Indices:
    """ISO 22514-4's indices from three quantiles; a side without width is None."""
    low, high = specification.lower_limit, specification.upper_limit
    down, up = reference.median - reference.lower, reference.upper - reference.median
    lower = None if low is None or down <= 0.0 else (reference.median - low) / down
    upper = None if high is None or up <= 0.0 else (high - reference.median) / up
    potential = None if low is None or high is None or down + up <= 0.0 else (high - low) / (down + up)
    sides = [side for side in (lower, upper) if side is not None]
    return Indices(potential, lower, upper, min(sides) if sides else None)


def _by_z_score(model: Model, specification: Specification, width: float) -> Indices:
    low, high = specification.lower_limit, specification.upper_limit
    z_low = None if low is None else fraction.upper_quantile(model.below(low))
    z_high = None if high is None else fraction.upper_quantile(model.above(high))
    potential = None if z_low is None or z_high is None else (z_low + z_high) / width
    lower, upper = (None if z is None else z / (width / 2.0) for z in (z_low, z_high))
    sides = [side for side in (lower, upper) if side is not None]
    return Indices(potential, lower, upper, min(sides) if sides else None)


def _cpm(specification: Specification, reference: ReferenceInterval, chosen: Preset) -> float | None:
    """Tolerance over width times sqrt(((X99.865 - X0.135)/width)^2 + (X50 - target)^2) (Pearn and Kotz 1994)."""
    tolerance, target = specification.tolerance, specification.target
    if tolerance is None or target is None or specification.lower_limit is None or specification.upper_limit is None:
        return None
    spread = (reference.upper - reference.lower) / chosen.width
    return tolerance / (chosen.width * math.hypot(spread, reference.median - target))


def _expected(model: Model, specification: Specification, family: str) -> PartsPerMillion:
    if family == EMPIRICAL:  # the values say only what was seen
        return normal.NO_FRACTIONS
    low, high = specification.lower_limit, specification.upper_limit
    return fraction.both(
        None if low is None else fraction.MILLION * model.below(low),
        None if high is None else fraction.MILLION * model.above(high),
    )


def _benchmark(model: Model, specification: Specification, family: str) -> Benchmark:
    if family == EMPIRICAL:
        return normal.NO_BENCHMARK
    low, high = specification.lower_limit, specification.upper_limit
    below = None if low is None else model.below(low)
    above = None if high is None else model.above(high)
    tails = [tail for tail in (below, above) if tail is not None]
    return Benchmark(
        None if below is None else fraction.upper_quantile(below),
        None if above is None else fraction.upper_quantile(above),
        fraction.upper_quantile(sum(tails)) if tails else None,
    )


def _reference_notes(values: Floats, reference: ReferenceInterval, family: str) -> tuple[Note, ...]:
    needed = math.ceil(1.0 / reference.lower_probability)
    if family == EMPIRICAL and values.size < needed:
        return (Note("quantile_beyond_values", "warning", {"n": int(values.size), "needed": needed}),)
    return ()


def _bootstrap(
    values: Floats,
    specification: Specification,
    family: str,
    chosen: Preset,
    confidence: float,
    replicates: int,
    seed: int,
) -> dict[str, Interval]:
    """Percentile intervals from refits: of draws from the fitted distribution, or of the values drawn anew."""
    if replicates < 1:
        return {}
    rng = np.random.default_rng(seed)
    fitted = None if family == EMPIRICAL else estimate(values, family).distribution
    collected: dict[str, list[float]] = {"pp": [], "ppl": [], "ppu": [], "ppk": []}
    for _ in range(replicates):
        drawn = rng.choice(values, values.size) if fitted is None else fitted.quantile(rng.random(values.size))
        made = _model(drawn, family, chosen)
        if isinstance(made, Note):
            continue
        found = _indices(made[0], specification, chosen)
        for name, value in zip(collected, (found.potential, found.lower, found.upper, found.actual), strict=True):
            if value is not None:
                collected[name].append(value)
    method = f"{'resampling' if fitted is None else 'parametric'} bootstrap, {replicates} replicates"
    tail = (1.0 - confidence) / 2.0
    bounds = {name: np.quantile(found, [tail, 1.0 - tail]).tolist() for name, found in collected.items() if found}
    return {name: Interval(low, high, confidence, method) for name, (low, high) in bounds.items()}


def _provenance(family: str, chosen: Preset, bootstrap: int, seed: int) -> Provenance:
    choices: dict[str, Choice] = {"method": chosen.non_normal, "width": chosen.width, "model": family}
    if family == EMPIRICAL:
        choices["quantile_type"] = chosen.quantile
    if bootstrap > 0:
        choices |= {"bootstrap": bootstrap, "seed": seed}
    return Provenance(f"capability.study/{family}", choices, chosen.name)
