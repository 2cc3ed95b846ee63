"""What a capability study of measured values returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.capability.fraction import Benchmark, PartsPerMillion
from analysis.capability.intervals import Interval
from analysis.capability.specification import Specification
from analysis.results import Note, Provenance, Result


@dataclass(frozen=True, slots=True)
class Spread(Result):
    """A standard deviation with the estimator that made it and the degrees of freedom its intervals use."""

    sigma: float | None
    method: str
    degrees_of_freedom: float | None


@dataclass(frozen=True, slots=True)
class CapabilityResult(Result):
    """Capability (Cp.., from the within spread) and performance (Pp.., from the overall spread) of one characteristic.

    Every index that cannot be computed is None and a note says why. `intervals` holds the confidence interval of each
    index by its name, and of "mean", "sigma_within", "sigma_overall". `n` counts present values, `missing` the others.
    Fractions and Z values are those of the model; `observed` those of the values themselves.
    """

    model: str
    specification: Specification
    n: int | None
    missing: int
    subgroup_count: int
    subgroup_size: int
    mean: float | None
    minimum: float | None
    maximum: float | None
    within: Spread
    overall: Spread
    cp: float | None
    cpl: float | None
    cpu: float | None
    cpk: float | None
    pp: float | None
    ppl: float | None
    ppu: float | None
    ppk: float | None
    cpm: float | None
    cpmk: float | None
    k: float | None
    z_within: Benchmark
    z_overall: Benchmark
    expected_within: PartsPerMillion
    expected_overall: PartsPerMillion
    observed: PartsPerMillion
    confidence: float
    intervals: Mapping[str, Interval]
    notes: tuple[Note, ...]
    provenance: Provenance
