"""What a capability study of measured values returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.capability.distributions.goodness import AndersonDarling
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
class Fit(Result):
    """The distribution the indices rest on, its parameters by name, and how well it fits the values.

    `family` is None for the values' own quantiles. `estimation` names how the parameters were found.
    """

    family: str | None
    parameters: Mapping[str, float]
    estimation: str
    anderson_darling: AndersonDarling | None
    log_likelihood: float | None
    aic: float | None


@dataclass(frozen=True, slots=True)
class Transformation(Result):
    """A transformation to normality: name, parameters, how they were chosen, and limits and mean on its scale.

    `raw_anderson_darling` is A² of the untouched values against a normal distribution, for comparison.
    """

    name: str
    parameters: Mapping[str, float]
    choice: str
    specification: Specification
    mean: float
    raw_anderson_darling: AndersonDarling
    lambda_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class ReferenceInterval(Result):
    """The quantiles that take the place of mean minus, mean, and mean plus 3 sigma (ISO 22514-4), and their source."""

    lower: float
    median: float
    upper: float
    lower_probability: float
    upper_probability: float
    method: str


@dataclass(frozen=True, slots=True)
class CapabilityResult(Result):
    """Capability (Cp.., from the within spread) and performance (Pp.., from the overall spread) of one characteristic.

    Every index that cannot be computed is None and a note says why. `intervals` holds the confidence interval of each
    index by its name, and of "mean", "sigma_within", "sigma_overall". `n` counts present values, `missing` the others.
    Fractions and Z values are those of the model; `observed` those of the values themselves. `within` and `overall`
    are on the scale of `transformation` when there is one. `reference` is set for models without mean and sigma.
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
    fit: Fit | None
    transformation: Transformation | None
    reference: ReferenceInterval | None
    notes: tuple[Note, ...]
    provenance: Provenance
