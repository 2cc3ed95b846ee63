"""Capability and performance by the process's own model (ISO 22514-2): the model, then the method it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis import bounds
from analysis.capability import fraction, normal
from analysis.capability.fitted import Model, by_percentile, of_distribution, reference_interval
from analysis.capability.identify import Candidate, identify
from analysis.capability.indices import Indices
from analysis.capability.intervals import Interval
from analysis.capability.presets import PRESETS
from analysis.capability.process_model import ProcessModel, choose
from analysis.capability.result import Fit, ReferenceInterval
from analysis.capability.sample import Floats, Sample, check_scale, read
from analysis.capability.specification import Specification
from analysis.capability.study import study
from analysis.errors import AnalysisError
from analysis.results import Note, Provenance, Result

# Families of one mode for models A2, B and C2; folded and Rayleigh for form tolerances (ISO 22514-4).
UNIMODAL = ("lognormal", "weibull", "gamma", "loglogistic", "logistic", "folded_normal", "rayleigh",
            "smallest_extreme_value", "largest_extreme_value", "lognormal_3", "weibull_3", "gamma_3")  # fmt: skip


@dataclass(frozen=True, slots=True)
class TimeDependentResult(Result):
    """Indices by the model. `designation` says what they may be called: "capability" (Cp, Cpk) for a process whose
    location and dispersion are constant, else "performance" (Pp, Ppk); `potential` and `actual` are the two indices.

    `method` names how the reference interval was made: "mean and standard deviation", a fitted family, or "mixture of
    subgroups" (each subgroup a normal piece at its own mean) for shapes that no family has.
    """

    model: ProcessModel | None
    specification: Specification
    n: int
    missing: int
    subgroup_count: int
    designation: str | None
    method: str | None
    potential: float | None
    lower: float | None
    upper: float | None
    actual: float | None
    reference: ReferenceInterval | None
    fit: Fit | None
    intervals: Mapping[str, Interval]
    expected: fraction.PartsPerMillion
    observed: fraction.PartsPerMillion
    confidence: float
    notes: tuple[Note, ...]
    provenance: Provenance


def time_dependent(
    values: ArrayLike,
    specification: Specification,
    *,
    subgroups: int | ArrayLike | None = None,
    alpha: float = 0.05,
    confidence: float = 0.95,
) -> TimeDependentResult:
    """Choose the model of ISO 22514-2 from subgroups in time order, then compute the indices it asks for.

    `values` and `subgroups` as in `study`; at least 2 subgroups of 2 values. A1 and C1 use mean ± 3 s of all values;
    A2, B and C2 the 0.135 % and 99.865 % quantiles of the best fitting family of one mode (least AIC); C3, C4 and D
    those of the mixture of subgroups. Errors: AnalysisError without subgroups or with a level that is no probability.
    """
    bounds.share(alpha, "level alpha")
    bounds.confidence_level(confidence)
    sample = read(values, subgroups)
    notes = (Note("missing_values", "info", {"count": sample.missing}),) if sample.missing else ()
    refused = _refusal(sample)
    if refused is not None:
        return _result(sample, specification, alpha, confidence, (refused, *notes))
    table = sample.table if sample.table is not None else np.empty((0, 0))
    model = choose(table, alpha)
    if sample.n < 100:
        notes = (*notes, Note("few_values_for_a_model", "warning", {"n": sample.n, "advised": 100}))
    if model.resulting == "normal":
        return _by_normal(sample, specification, model, alpha, confidence, notes)
    if model.resulting == "unimodal":
        found = _best_family(sample.values)
        if found is not None:
            return _by_model(sample, specification, model, alpha, confidence, notes, found[0], found[1])
        notes = (*notes, Note("no_family_fits", "warning"))
    piece = mixture(table, own_spread=model.dispersion == "varying")
    return _by_model(sample, specification, model, alpha, confidence, notes, piece, None)


def _refusal(sample: Sample) -> Note | None:
    if sample.n == 0:
        return Note("no_values", "refusal", {"n": 0})
    if sample.table is None:
        raise AnalysisError("A model over time needs subgroups.", "Give a subgroup size or labels.")
    usable = np.count_nonzero((~np.isnan(sample.table)).sum(axis=1) > 1)
    if usable < 2:
        return Note("too_few_subgroups", "refusal", {"subgroups": int(usable), "needed": 2})
    spread, largest = float(sample.values.max() - sample.values.min()), float(np.abs(sample.values).max())
    check_scale(largest, spread)
    if spread <= 1e-14 * largest:
        return Note("no_variation", "refusal", {"value": float(sample.values[0])})
    return None


def mixture(table: Floats, *, own_spread: bool) -> Model:
    """Every subgroup a normal piece at its mean, in equal shares; the spread is pooled or, if it varies, its own.

    Pieces are narrowed by sqrt(1 - 1/n), the share of the within variance that the subgroup means already carry, so
    that the mixture has the variance of the values.
    """
    rows = [row[~np.isnan(row)] for row in table]
    rows = [row for row in rows if row.size > 1]
    means = np.array([float(row.mean()) for row in rows])
    variances = np.array([float(row.var(ddof=1)) for row in rows])
    sizes = np.array([row.size for row in rows])
    pooled = float(((sizes - 1) @ variances) / (sizes - 1).sum())
    chosen = variances if own_spread and bool((variances > 0.0).all()) else np.full(sizes.size, pooled)
    # subgroups without spread become needles just wide enough to be told from their means
    needle = max(1e-9 * float(np.ptp(means)), 1e-14 * float(np.abs(means).max()))
    spreads = np.maximum(np.sqrt(chosen * (1.0 - 1.0 / sizes)), needle)
    low, high = float((means - 40.0 * spreads).min()), float((means + 40.0 * spreads).max())

    def below(x: float) -> float:
        from scipy import special

        return float(special.ndtr((x - means) / spreads).mean())

    def above(x: float) -> float:
        from scipy import special

        return float(special.ndtr((means - x) / spreads).mean())

    def quantile(probabilities: list[float]) -> list[float]:
        from scipy import optimize

        def miss(x: float, p: float) -> float:
            return below(x) - p

        reach = 1e-15 * max(1.0, abs(high))
        return [float(optimize.brentq(miss, low, high, args=(p,), xtol=reach, rtol=1e-14)) for p in probabilities]

    return Model(quantile, below, above)


def _best_family(values: Floats) -> tuple[Model, Candidate] | None:
    """The family of least AIC among those whose Anderson-Darling distance is finite."""
    from analysis.capability.distributions.families import Distribution

    found = identify(values, families=UNIMODAL, criterion="aic")
    best = found.candidates[0] if found.candidates else None
    if best is None or best.fit is None or best.fit.family is None:
        return None
    return of_distribution(Distribution(best.fit.family, best.fit.parameters)), best


def _by_normal(
    sample: Sample,
    specification: Specification,
    model: ProcessModel,
    alpha: float,
    confidence: float,
    notes: tuple[Note, ...],
) -> TimeDependentResult:
    made = study(sample.values, specification, confidence=confidence, anderson_darling=True)
    mean, sigma = normal.mean_and_deviation(sample.values)
    tail = fraction.normal_tail(3.0)
    method = "mean and standard deviation"
    reference = ReferenceInterval(mean - 3.0 * sigma, mean, mean + 3.0 * sigma, tail, 1.0 - tail, method)
    names = {"pp": "potential", "ppl": "lower", "ppu": "upper", "ppk": "actual"}
    return _result(
        sample,
        specification,
        alpha,
        confidence,
        notes,
        model=model,
        method=method,
        found=Indices(made.pp, made.ppl, made.ppu, made.ppk),
        reference=reference,
        fit=made.fit,
        intervals={names[name]: item for name, item in made.intervals.items() if name in names},
        expected=made.expected_overall,
    )


def _by_model(
    sample: Sample,
    specification: Specification,
    model: ProcessModel,
    alpha: float,
    confidence: float,
    notes: tuple[Note, ...],
    piece: Model,
    candidate: Candidate | None,
) -> TimeDependentResult:
    fit = None if candidate is None else candidate.fit
    reference = reference_interval(piece, PRESETS["iso"], fit)
    low, high = specification.lower_limit, specification.upper_limit
    method = "mixture of subgroups" if fit is None or fit.family is None else fit.family
    if fit is None:
        reference = ReferenceInterval(
            reference.lower, reference.median, reference.upper, reference.lower_probability,
            reference.upper_probability, f"quantiles of the {method}",
        )  # fmt: skip
    return _result(
        sample,
        specification,
        alpha,
        confidence,
        notes,
        model=model,
        method=method,
        found=by_percentile(reference, specification),
        reference=reference,
        fit=fit,
        intervals={},
        expected=fraction.both(
            None if low is None else fraction.MILLION * piece.below(low),
            None if high is None else fraction.MILLION * piece.above(high),
        ),
    )


def _result(
    sample: Sample,
    specification: Specification,
    alpha: float,
    confidence: float,
    notes: tuple[Note, ...],
    *,
    model: ProcessModel | None = None,
    method: str | None = None,
    found: Indices | None = None,
    reference: ReferenceInterval | None = None,
    fit: Fit | None = None,
    intervals: Mapping[str, Interval] | None = None,
    expected: fraction.PartsPerMillion = normal.NO_FRACTIONS,
) -> TimeDependentResult:
    found = found or Indices(None, None, None, None)
    stable = model is not None and model.location == "constant" and model.dispersion == "constant"
    return TimeDependentResult(
        model=model,
        specification=specification,
        n=sample.n,
        missing=sample.missing,
        subgroup_count=sample.subgroup_count,
        designation=None if model is None else "capability" if stable else "performance",
        method=method,
        potential=found.potential,
        lower=found.lower,
        upper=found.upper,
        actual=found.actual,
        reference=reference,
        fit=fit,
        intervals=intervals or {},
        expected=expected,
        observed=fraction.observed(specification, sample.values) if sample.n else normal.NO_FRACTIONS,
        confidence=confidence,
        notes=(*notes, *normal.specification_notes(specification)),
        provenance=Provenance("capability.time_dependent", {"alpha": alpha, "method": method}),
    )
