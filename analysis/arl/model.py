"""Run lengths as values, and what every scheme asks of its settings."""

from __future__ import annotations

import math
from dataclasses import dataclass

from analysis import bounds
from analysis.errors import AnalysisError
from analysis.results import Choice, Provenance, Result
from analysis.rules import RuleSet

LARGEST_SHIFT, LARGEST_SIZE = 1e3, 1_000_000


@dataclass(frozen=True, slots=True)
class RunLength(Result):
    """Average run length `arl` of a scheme at a `shift`, its standard deviation where the method gives it.

    For charts of counts `shift` is the actual rate less the chart's, else in sigmas.
    `standard_error` is that of a simulated figure, None for exact ones; `states`: states or nodes of the solution.
    """

    scheme: str
    shift: float
    arl: float
    sdrl: float | None
    standard_error: float | None
    states: int
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Design(Result):
    """A chart chosen to see `shift` soon: its settings, and its run lengths without and with the shift."""

    chart: str
    shift: float
    size: int
    settings: dict[str, float]
    arl_in_control: float
    arl_at_shift: float
    provenance: Provenance


def run_length(
    scheme: str,
    shift: float,
    mean: float,
    states: int,
    choices: dict[str, Choice],
    deviation: float | None = None,
    error: float | None = None,
) -> RunLength:
    return RunLength(scheme, shift, mean, deviation, error, states, Provenance(f"arl.{scheme}", choices))


def check(shift: float, size: int) -> None:
    if not math.isfinite(shift) or size < 1:
        raise AnalysisError(f"A shift of {shift} in subgroups of {size} cannot be.", "Give finite numbers above zero.")
    bounds.finite(shift, "shift", largest=LARGEST_SHIFT)
    bounds.whole(size, "subgroup size", 1, LARGEST_SIZE)


def some_rules(rules: RuleSet) -> None:
    if not rules.rules:
        raise AnalysisError("A rule set without rules never signals.", "Give at least one rule.")


def positive(value: float, name: str) -> float:
    return bounds.positive(value, name, smallest=1e-9, largest=LARGEST_SHIFT)
