"""Run lengths of CUSUM and EWMA charts from their integral equations, solved on Gauss-Legendre nodes.

Sources: Goel and Wu (1971) Technometrics 13(2) 221-230 and Lucas and Crosier (1982) Technometrics 24(3) 199-205 for the
CUSUM and its head start; Crowder (1987) Technometrics 29(4) 401-407 for the EWMA.
"""

from __future__ import annotations

import math

import numpy as np

from analysis import bounds
from analysis.arl.model import LARGEST_SHIFT, RunLength, check, positive, run_length
from analysis.arl.numeric import gauss_nodes, lengths_of, normal_below, normal_density
from analysis.errors import AnalysisError
from analysis.results import Choice

SMALLEST_WEIGHT, SMALLEST_WIDENING = 1e-3, 1e-2


def cusum(
    reference: float = 0.5,
    decision: float = 5.0,
    shift: float = 0.0,
    *,
    size: int = 1,
    headstart: float = 0.0,
    sides: int = 2,
) -> RunLength:
    """Run length of a tabular CUSUM; `reference` k and `decision` h in standard errors, `headstart` as a share of h."""
    check(shift, size)
    bounds.finite(reference, "reference", largest=LARGEST_SHIFT)
    if reference < 0 or not 0 <= headstart < 1 or sides not in {1, 2}:
        raise AnalysisError(
            f"A CUSUM cannot have reference {reference}, head start {headstart} and {sides} sides.",
            "Give a reference of at least 0, a head start from 0 to below 1 and 1 or 2 sides.",
        )
    height = positive(decision, "decision")
    moved = shift * math.sqrt(size)
    nodes = _cusum_nodes(height)
    started, plain = _one_sided(reference - moved, height, headstart * height, nodes)
    if sides == 2:
        other, other_plain = _one_sided(reference + moved, height, headstart * height, nodes)
        mean = _both(started, plain, other, other_plain)
    else:
        mean = started
    choices: dict[str, Choice] = {
        "reference": reference,
        "decision": decision,
        "headstart": headstart,
        "sides": sides,
        "size": size,
    }
    return run_length("cusum", shift, mean, nodes, choices)


def _both(started: float, plain: float, other: float, other_plain: float) -> float:
    """Of two sides that restart together (Lucas and Crosier); a side that never signals leaves the other's length."""
    if math.isinf(plain) or math.isinf(other_plain):
        return min(started, other)
    return (started * other_plain + plain * other - plain * other_plain) / (plain + other_plain)


def _cusum_nodes(height: float) -> int:
    return min(800, 40 + int(12 * height))


def _one_sided(slack: float, height: float, start: float, nodes: int) -> tuple[float, float]:
    """Run length from `start` and from 0 of max(0, c + x - slack) until it passes `height`, x standard normal."""
    points, weights = gauss_nodes(0.0, height, nodes)
    # unknowns: the run length at 0 and at the nodes
    matrix = np.empty((nodes + 1, nodes + 1))
    places = np.concatenate(([0.0], points))
    matrix[:, 0] = normal_below(slack - places)
    matrix[:, 1:] = weights * normal_density(points[None, :] + slack - places[:, None])
    lengths = lengths_of(matrix)
    if math.isinf(lengths[0]):
        return math.inf, math.inf
    zero = float(lengths[0])
    if start == 0.0:
        return zero, zero
    below = float(normal_below(np.array([slack - start]))[0])
    inside = float((weights * normal_density(points + slack - start)) @ lengths[1:])
    return 1.0 + below * zero + inside, zero


def ewma(
    weight: float = 0.2, width: float = 3.0, shift: float = 0.0, *, size: int = 1, asymptotic: bool = True
) -> RunLength:
    """Run length of a two-sided EWMA with limits `width` standard errors away.

    `asymptotic`: limits of the settled average from the first point on; otherwise they widen as on `charts` "ewma".
    """
    check(shift, size)
    if not 0 < weight <= 1:
        raise AnalysisError(f"An EWMA weight of {weight} cannot be.", "Give a weight above 0 and at most 1.")
    bounds.positive(weight, "weight", smallest=SMALLEST_WEIGHT if asymptotic else SMALLEST_WIDENING, largest=1.0)
    mean, nodes = ewma_length(weight, positive(width, "width"), shift * math.sqrt(size), asymptotic)
    choices: dict[str, Choice] = {"weight": weight, "width": width, "size": size, "asymptotic": asymptotic}
    return run_length("ewma", shift, mean, nodes, choices)


def ewma_length(weight: float, width: float, shift: float, asymptotic: bool) -> tuple[float, int]:
    settled = math.sqrt(weight / (2.0 - weight))
    half = width * settled
    nodes = int(min(900, 50 + 12 * half / weight))
    if weight == 1.0:
        beyond = float(normal_below(np.array([-width - shift]))[0] + normal_below(np.array([-width + shift]))[0])
        return (1.0 / beyond if beyond > 0 else math.inf), 1
    unit, weights = gauss_nodes(-1.0, 1.0, nodes)

    def kernel(from_places: np.ndarray, reach: float) -> np.ndarray:
        steps = (reach * unit[None, :] - (1.0 - weight) * from_places[:, None]) / weight - shift
        made: np.ndarray = reach * weights * normal_density(steps) / weight
        return made

    lengths = lengths_of(kernel(half * unit, half))
    if math.isinf(lengths[0]):
        return math.inf, nodes
    if asymptotic:
        return float(1.0 + kernel(np.zeros(1), half)[0] @ lengths), nodes
    count = max(1, math.ceil(math.log(1e-10) / (2.0 * math.log1p(-weight))))
    reaches = [half * math.sqrt(-math.expm1(2.0 * t * math.log1p(-weight))) for t in range(1, count + 1)]
    for index in range(count - 1, 0, -1):
        lengths = 1.0 + kernel(reaches[index - 1] * unit, reaches[index]) @ lengths
    return float(1.0 + kernel(np.zeros(1), reaches[0])[0] @ lengths), nodes
