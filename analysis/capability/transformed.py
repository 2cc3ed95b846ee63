"""Capability after a transformation to normality: Box-Cox or Johnson, limits and values carried over together."""

from __future__ import annotations

import dataclasses

from analysis.capability import box_cox, normal
from analysis.capability.distributions import johnson
from analysis.capability.distributions.families import Distribution
from analysis.capability.distributions.goodness import AndersonDarling, anderson_darling
from analysis.capability.fitted import refusal
from analysis.capability.presets import Preset
from analysis.capability.result import CapabilityResult, Fit, Spread, Transformation
from analysis.capability.sample import Floats, Sample
from analysis.capability.specification import Specification
from analysis.results import Choice, Note, Provenance

NORMAL_ENOUGH = 0.10  # Minitab's criterion for a Johnson transformation, on the p-value of A²


def box_cox_study(
    sample: Sample,
    specification: Specification,
    chosen: Preset,
    confidence: float,
    notes: tuple[Note, ...],
    power: float | None,
    rounding: str,
) -> CapabilityResult:
    """Indices of the normal model on the Box-Cox scale, within and overall (Box and Cox 1964; Minitab's way)."""
    choices: dict[str, Choice] = {"lambda": power, "rounding": rounding}
    start = _blank(sample, specification, confidence, notes, "box_cox", choices, chosen)
    refused = refusal(sample)
    if refused is None and float(sample.values.min()) <= 0.0:
        refused = Note("needs_positive_values", "refusal", {"minimum": float(sample.values.min())})
    if refused is not None:
        return dataclasses.replace(start, notes=(refused, *start.notes))
    fitted = box_cox.fit(sample.values, chosen=power, rounding=rounding, confidence=confidence)
    used = fitted.used
    moved = Specification(
        box_cox.transform_limit(specification.lower, used),
        box_cox.transform_limit(specification.upper, used),
        box_cox.transform_limit(specification.target, used),
    )
    table = None if sample.table is None else box_cox.transform(sample.table, used)
    inner = Sample(
        box_cox.transform(sample.values, used), box_cox.transform(sample.sequence, used), table, sample.missing
    )
    transformation = Transformation(
        name="box_cox",
        parameters={"lambda": used, "optimum": fitted.optimum},
        choice=fitted.choice,
        specification=moved,
        mean=float(inner.values.mean()),
        raw_anderson_darling=_distance(sample.values),
        lambda_interval=fitted.interval,
    )
    return _finish(start, inner, transformation, chosen)


def johnson_study(
    sample: Sample,
    specification: Specification,
    chosen: Preset,
    confidence: float,
    notes: tuple[Note, ...],
    selection: str,
) -> CapabilityResult:
    """Performance indices on the Johnson scale; the system and its z by `selection` (see `johnson.fit`)."""
    choices: dict[str, Choice] = {"selection": selection}
    start = _blank(sample, specification, confidence, notes, "johnson", choices, chosen)
    refused = refusal(sample)
    if refused is not None:
        return dataclasses.replace(start, notes=(refused, *start.notes))
    fitted = johnson.fit(sample.values, selection)
    if fitted is None:
        return dataclasses.replace(start, notes=(Note("no_johnson_system_fits", "refusal"), *start.notes))
    made = fitted.distribution
    moved = Specification(
        _johnson_limit(made, specification.lower),
        _johnson_limit(made, specification.upper),
        _johnson_limit(made, specification.target),
    )
    changed = made.standard(sample.values)
    transformation = Transformation(
        name=made.family,
        parameters=dict(made.parameters),
        choice=f"{selection}, z {fitted.z:g}",
        specification=moved,
        mean=float(changed.mean()),
        raw_anderson_darling=_distance(sample.values),
    )
    found = _finish(start, Sample(changed, changed, None, sample.missing), transformation, chosen)
    weak = (Note("transformation_weak", "warning", {"p": fitted.p, "advised": NORMAL_ENOUGH}),)
    added = (Note("no_within_for_model", "info", {"model": "johnson"}), *(weak if fitted.p < NORMAL_ENOUGH else ()))
    return _without_within(dataclasses.replace(found, notes=(*found.notes, *added)))


def _johnson_limit(distribution: Distribution, limit: float | None) -> float | None:
    """A limit on the transformed scale; None beyond the ends of a bounded system, where no value can be."""
    low, high = distribution.support()
    if limit is None or not low < limit < high:
        return None
    return float(distribution.standard([limit])[0])


def _blank(
    sample: Sample,
    specification: Specification,
    confidence: float,
    notes: tuple[Note, ...],
    model: str,
    choices: dict[str, Choice],
    chosen: Preset,
) -> CapabilityResult:
    provenance = Provenance(f"capability.study/{model}", choices, chosen.name)
    return normal.blank(specification, confidence, model=model, sample=sample, notes=notes, provenance=provenance)


def _finish(start: CapabilityResult, inner: Sample, transformation: Transformation, chosen: Preset) -> CapabilityResult:
    """The normal model on the transformed scale, with counts, extremes and fractions seen of the raw values."""
    moved = _with_boundaries(transformation.specification, start.specification)
    summary, found = normal.summarise(inner, chosen)
    made = normal.assemble(
        summary, moved, chosen, start.confidence, sample=inner, notes=(), method=start.provenance.method
    )
    dropped = tuple(
        Note("limit_outside_transformation", "warning", {"limit": side, "value": getattr(start.specification, side)})
        for side in ("lower", "upper")
        if getattr(start.specification, f"{side}_limit") is not None and getattr(moved, side) is None
    )
    known = {note.code for note in start.notes}
    added = tuple(note for note in (*found, *made.notes) if note.code not in known)
    return dataclasses.replace(
        made,
        model=start.model,
        specification=start.specification,
        mean=start.mean,
        minimum=start.minimum,
        maximum=start.maximum,
        k=start.k,
        observed=start.observed,
        intervals={name: item for name, item in made.intervals.items() if name != "mean"},
        fit=None if summary is None else _fit(inner.values, transformation),
        transformation=transformation,
        notes=(*start.notes, *added, *dropped),
        provenance=dataclasses.replace(
            made.provenance, choices={**made.provenance.choices, **start.provenance.choices}
        ),
    )


def _with_boundaries(moved: Specification, original: Specification) -> Specification:
    return dataclasses.replace(
        moved,
        lower_is_boundary=original.lower_is_boundary and moved.lower is not None,
        upper_is_boundary=original.upper_is_boundary and moved.upper is not None,
    )


def _fit(values: Floats, transformation: Transformation) -> Fit:
    found = normal.normal_fit(values)
    # a likelihood of transformed values cannot be compared with one of the values themselves
    return dataclasses.replace(
        found, estimation=f"{found.estimation}, after {transformation.name}", log_likelihood=None, aic=None
    )


def _distance(values: Floats) -> AndersonDarling:
    mean, sigma = normal.mean_and_deviation(values)
    return anderson_darling(Distribution("normal", {"location": mean, "scale": sigma}), values)


def _without_within(found: CapabilityResult) -> CapabilityResult:
    """Johnson's parameters hold for all values together, so a spread within subgroups has no meaning."""
    kept = {name: item for name, item in found.intervals.items() if not name.startswith("c") or name in ("cpm", "cpmk")}
    kept.pop("sigma_within", None)
    return dataclasses.replace(
        found,
        within=Spread(None, "none", None),
        cp=None,
        cpl=None,
        cpu=None,
        cpk=None,
        z_within=normal.NO_BENCHMARK,
        expected_within=normal.NO_FRACTIONS,
        intervals=kept,
    )
