"""Uncertainty budgets: contributions combined after the GUM, with sensitivities, correlations and coverage factor."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis import bounds
from analysis.errors import AnalysisError
from analysis.results import Choice, Note, Provenance, Result

Distribution = Literal["normal", "rectangular", "triangular", "u_shaped"]

# Half-width over standard uncertainty (JCGM 100:2008, clause 4.3; ISO 22514-7 clause 5): normal limits hold 95 %.
DIVISORS: Mapping[str, float] = {
    "normal": 2.0,
    "rectangular": math.sqrt(3.0),
    "triangular": math.sqrt(6.0),
    "u_shaped": math.sqrt(2.0),
}
LARGEST = 1e70
MOST_CONTRIBUTIONS = 1_000


@dataclass(frozen=True, slots=True)
class Contribution(Result):
    """One source: standard uncertainty `u`, how it was found (type A from values, B otherwise), degrees of freedom.

    `sensitivity` turns its unit into the result's; `degrees_of_freedom` None means well known (infinitely many).
    """

    name: str
    u: float
    kind: Literal["A", "B"] = "B"
    sensitivity: float = 1.0
    degrees_of_freedom: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        bounds.not_negative(self.u, f"uncertainty of '{self.name}'", largest=LARGEST)
        bounds.finite(self.sensitivity, f"sensitivity of '{self.name}'", largest=LARGEST)
        if self.degrees_of_freedom is not None:
            bounds.positive(
                self.degrees_of_freedom, f"degrees of freedom of '{self.name}'", smallest=0.1, largest=math.inf
            )


@dataclass(frozen=True, slots=True)
class BudgetLine(Result):
    """A contribution as it enters: |sensitivity| u, and its share of the combined variance in percent."""

    name: str
    u: float
    sensitivity: float
    contribution: float
    pct: float | None
    kind: str
    degrees_of_freedom: float | None


@dataclass(frozen=True, slots=True)
class UncertaintyBudget(Result):
    """Combined standard uncertainty `u_c`, effective degrees of freedom (None: infinite), `expanded` = k u_c (U)."""

    lines: tuple[BudgetLine, ...]
    u_c: float
    effective_degrees_of_freedom: float | None
    k: float
    expanded: float
    coverage: float
    notes: tuple[Note, ...]
    provenance: Provenance


def from_limits(half_width: float, distribution: Distribution = "rectangular") -> float:
    """Standard uncertainty of a quantity known to lie within ± `half_width`."""
    if distribution not in DIVISORS:
        raise AnalysisError(f"'{distribution}' is no distribution here.", f"Choose one of {', '.join(DIVISORS)}.")
    bounds.not_negative(half_width, "half-width")
    return half_width / DIVISORS[distribution]


def from_expanded(expanded: float, k: float = 2.0) -> float:
    """Standard uncertainty from a certificate's expanded one."""
    bounds.not_negative(expanded, "expanded uncertainty")
    bounds.positive(k, "coverage factor", smallest=1e-6)
    return expanded / k


def from_resolution(step: float) -> float:
    """Of rounding to steps: step / sqrt(12)."""
    return from_limits(step / 2.0)


def from_bias(bias: float) -> float:
    """Of a bias left uncorrected: |bias| / sqrt(3) (VDA 5; ISO 22514-7)."""
    return from_limits(abs(bias))


def temperature(
    length: float,
    *,
    expansion_object: float,
    expansion_gauge: float,
    from_reference_object: float,
    from_reference_gauge: float,
    u_temperature_object: float = 0.0,
    u_temperature_gauge: float = 0.0,
    u_expansion_object: float = 0.0,
    u_expansion_gauge: float = 0.0,
) -> float:
    """Standard uncertainty of a length measured away from 20 degrees Celsius.

    The error is L (a_o t_o - a_g t_g) with expansion coefficients a (per kelvin) and deviations t from 20 degrees; its
    uncertainty by the law of propagation (JCGM 100:2008, clause 5.1.2 and example H.1).
    """
    given = (
        length, expansion_object, expansion_gauge, from_reference_object, from_reference_gauge, u_temperature_object,
        u_temperature_gauge, u_expansion_object, u_expansion_gauge,
    )  # fmt: skip
    for value in given:
        bounds.finite(value, "length, temperature or uncertainty", largest=LARGEST)
    parts = (
        expansion_object * u_temperature_object,
        expansion_gauge * u_temperature_gauge,
        from_reference_object * u_expansion_object,
        from_reference_gauge * u_expansion_gauge,
    )
    return abs(length) * math.hypot(*parts)


def combine(
    contributions: tuple[Contribution, ...] | list[Contribution],
    *,
    k: float | None = None,
    coverage: float = 0.9545,
    correlations: Mapping[str, float] | None = None,
) -> UncertaintyBudget:
    """u_c = sqrt(c' R c), c the sensitivities times u; U = k u_c.

    `correlations` by "first*second". Without `k` it is Student's quantile at `coverage` for the effective degrees of
    freedom after Welch and Satterthwaite (JCGM 100:2008, annex G), so 2 for well-known contributions at 95.45 %.
    """
    if not contributions:
        raise AnalysisError("There are no contributions.", "Give at least one.")
    bounds.share(coverage, "coverage")
    if k is not None:
        bounds.positive(k, "coverage factor", smallest=1e-6, largest=1e6)
    if len(contributions) > MOST_CONTRIBUTIONS:
        raise AnalysisError(f"There are {len(contributions)} contributions.", f"Give up to {MOST_CONTRIBUTIONS}.")
    sizes = np.array([item.sensitivity * item.u for item in contributions])
    matrix = _correlation([item.name for item in contributions], correlations or {})
    total = float(sizes @ matrix @ sizes)
    u_c = math.sqrt(max(0.0, total))
    freedom = _effective(contributions, u_c)
    factor = _factor(coverage, freedom) if k is None else float(k)
    lines = tuple(
        BudgetLine(
            item.name,
            item.u,
            item.sensitivity,
            abs(item.sensitivity) * item.u,
            100.0 * (item.sensitivity * item.u) ** 2 / total if total > 0.0 else None,
            item.kind,
            item.degrees_of_freedom,
        )
        for item in contributions
    )
    notes = [Note("no_uncertainty", "warning")] if u_c == 0.0 else []
    if correlations and freedom is not None:
        notes.append(Note("degrees_of_freedom_ignore_correlation", "info"))
    choices: dict[str, Choice] = {"k": "given" if k is not None else "student_t at the coverage"}
    return UncertaintyBudget(
        lines, u_c, freedom, factor, factor * u_c, coverage, tuple(notes), Provenance("msa.combine", choices)
    )


def _correlation(names: list[str], given: Mapping[str, float]) -> np.ndarray:
    if len(set(names)) < len(names):
        raise AnalysisError("Two contributions have the same name.", "Give each its own.")
    matrix = np.eye(len(names))
    for pair, value in given.items():
        first, _, second = pair.partition("*")
        if first not in names or second not in names or first == second or not -1.0 <= value <= 1.0:
            raise AnalysisError(
                f"The correlation '{pair}' of {value} does not fit.", "Name two contributions, -1 to 1."
            )
        one, two = names.index(first), names.index(second)
        matrix[one, two] = matrix[two, one] = value
    if float(np.linalg.eigvalsh(matrix).min()) < -1e-9:
        raise AnalysisError("The correlations contradict each other.", "Check them together.")
    return matrix


def _effective(contributions: Sequence[Contribution], u_c: float) -> float | None:
    """Welch and Satterthwaite; None when no contribution has finite degrees of freedom."""
    weight = sum(
        (item.sensitivity * item.u) ** 4 / item.degrees_of_freedom
        for item in contributions
        if item.degrees_of_freedom is not None
    )
    return u_c**4 / weight if weight > 0.0 else None


def _factor(coverage: float, freedom: float | None) -> float:
    from scipy import special

    level = (1.0 + coverage) / 2.0
    return float(special.ndtri(level)) if freedom is None else float(special.stdtrit(freedom, level))
