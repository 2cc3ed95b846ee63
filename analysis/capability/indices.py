"""The indices of the normal model, from a mean and a standard deviation: pure arithmetic, no intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

from analysis.capability.specification import Specification


@dataclass(frozen=True, slots=True)
class Indices:
    """Potential and actual index of one spread. Cp, Cpl, Cpu, Cpk, or Pp, Ppl, Ppu, Ppk when the spread is overall."""

    potential: float | None
    lower: float | None
    upper: float | None
    actual: float | None


def indices(specification: Specification, mean: float, sigma: float, width: float = 6.0) -> Indices:
    """(U - L) / (width sigma), (mean - L) / (width/2 sigma), (U - mean) / (width/2 sigma) and the smaller of the two.

    Source: ISO 22514-2, Montgomery (Introduction to SQC, 6th ed., eq. 8.4-8.9). A missing limit or a boundary leaves
    its side, and the two-sided index, None.
    """
    low, high = specification.lower_limit, specification.upper_limit
    half = width / 2.0 * sigma
    lower = None if low is None else (mean - low) / half
    upper = None if high is None else (high - mean) / half
    potential = None if low is None or high is None else (high - low) / (2.0 * half)
    sides = [side for side in (lower, upper) if side is not None]
    return Indices(potential, lower, upper, min(sides) if sides else None)


def off_centre(specification: Specification, mean: float) -> float | None:
    """k = |midpoint - mean| / (half the tolerance); 0 in the middle, 1 at a limit (NIST/SEMATECH 6.1.6)."""
    middle, tolerance = specification.midpoint, specification.tolerance
    return None if middle is None or tolerance is None else abs(middle - mean) / (tolerance / 2.0)


def cpm(
    specification: Specification, mean: float, sigma: float, *, reading: str = "full_width", width: float = 6.0
) -> float | None:
    """Cpm, the index that counts distance from the target: tolerance / (width sqrt(sigma^2 + (mean - target)^2)).

    `reading` when the target is off the middle: "full_width" keeps the whole tolerance (Chan, Cheng and Spiring 1988;
    NIST/SEMATECH 6.1.6; Montgomery eq. 8.12); "nearer_limit" takes twice the distance from the target to the nearer
    limit (Cpm*; the same authors; Minitab). With one limit both use that limit. None without target or limits.
    """
    target = specification.target
    if target is None or specification.is_empty:
        return None
    tau = math.hypot(sigma, mean - target)
    low, high = specification.lower_limit, specification.upper_limit
    if reading == "full_width" and low is not None and high is not None:
        return (high - low) / (width * tau)
    distances = [high - target] if high is not None else []
    if low is not None:
        distances.append(target - low)
    return min(distances) / (width / 2.0 * tau)


def cpmk(specification: Specification, mean: float, sigma: float, width: float = 6.0) -> float | None:
    """Cpmk = min(U - mean, mean - L) / (width/2 sqrt(sigma^2 + (mean - target)^2)).

    Source: W. L. Pearn, S. Kotz and N. L. Johnson, Journal of Quality Technology 24 (1992) 216-231.
    """
    distance = nearer_distance(specification, mean)
    if specification.target is None or distance is None:
        return None
    return distance / (width / 2.0 * math.hypot(sigma, mean - specification.target))


def nearer_distance(specification: Specification, mean: float) -> float | None:
    """From the mean to the nearer limit, negative beyond it; None without limits."""
    low, high = specification.lower_limit, specification.upper_limit
    sides = [high - mean] if high is not None else []
    if low is not None:
        sides.append(mean - low)
    return min(sides) if sides else None
