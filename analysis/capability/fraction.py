"""Fractions outside the specification, in parts per million, and the quality levels that go with them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.capability.specification import Specification
from analysis.results import Result

MILLION = 1e6


@dataclass(frozen=True, slots=True)
class PartsPerMillion(Result):
    """Parts per million below the lower limit, above the upper one, and both; None for a limit that does not exist."""

    below: float | None
    above: float | None
    total: float | None


@dataclass(frozen=True, slots=True)
class Benchmark(Result):
    """Distances to the limits in standard deviations, and the one whose upper tail holds both fractions (Z bench)."""

    lower: float | None
    upper: float | None
    bench: float | None


def expected(specification: Specification, mean: float, sigma: float) -> PartsPerMillion:
    """Normal tail areas beyond the limits."""
    low, high = specification.lower_limit, specification.upper_limit
    below = None if low is None else MILLION * normal_tail((mean - low) / sigma)
    above = None if high is None else MILLION * normal_tail((high - mean) / sigma)
    return both(below, above)


def observed(specification: Specification, values: NDArray[np.float64]) -> PartsPerMillion:
    """Shares of the values that lie strictly beyond a limit."""
    low, high = specification.lower_limit, specification.upper_limit
    share = MILLION / values.size
    below = None if low is None else share * int(np.count_nonzero(values < low))
    above = None if high is None else share * int(np.count_nonzero(values > high))
    return both(below, above)


def both(below: float | None, above: float | None) -> PartsPerMillion:
    """The two sides and their sum; a side that is None adds nothing."""
    if below is None and above is None:
        return PartsPerMillion(None, None, None)
    return PartsPerMillion(below, above, (below or 0.0) + (above or 0.0))


def benchmark(specification: Specification, mean: float, sigma: float) -> Benchmark:
    """Z lower, Z upper and Z bench = the normal quantile of one minus the total fraction outside."""
    low, high = specification.lower_limit, specification.upper_limit
    z_low = None if low is None else (mean - low) / sigma
    z_high = None if high is None else (high - mean) / sigma
    tails = [normal_tail(z) for z in (z_low, z_high) if z is not None]
    return Benchmark(z_low, z_high, upper_quantile(sum(tails)) if tails else None)


def normal_tail(z: float) -> float:
    """P(Z > z), exact far into the tail."""
    return 0.5 * math.erfc(z / math.sqrt(2.0))


def upper_quantile(probability: float) -> float | None:
    """The z with P(Z > z) = probability; None where it would be infinite."""
    if not 0.0 < probability < 1.0:
        return None
    from scipy import special

    return -float(special.ndtri(probability))
