"""Run lengths of T² with known parameters and of MEWMA.

Sources: Rigdon (1995) Statistics & Probability Letters 24(4) 365-371, an integral equation for the average's length in
control; out of control the average splits into a part along the shift and the length of the rest, Runger and Prabhu
(1996) J. Amer. Statist. Assoc. 91 1701-1706, here as the double integral of Rigdon (1995) J. Statist. Comput.
Simulation 52(4) 365-373.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from analysis import bounds
from analysis.arl.model import RunLength, check, positive, run_length
from analysis.arl.numeric import LONGEST, gauss_nodes, lengths_of, normal_density
from analysis.arl.weighted import ewma_length
from analysis.errors import AnalysisError
from analysis.results import Choice

_MOST_NODES = 3500
_LEAST_LIMIT = 0.05
MOST_VARIABLES = 50
SMALLEST_WEIGHT = 0.01


def hotelling_t2(variables: int, distance: float = 0.0, *, size: int = 1, alpha: float = 0.0027) -> RunLength:
    """Run length of T² with known parameters; `distance` is the Mahalanobis length of the shift, √(dᵀ Σ⁻¹ d)."""
    from scipy.special import chdtri, chndtr

    check(distance, size)
    bounds.whole(variables, "number of variables", 1, MOST_VARIABLES)
    bounds.share(alpha, "chance of a false signal alpha")
    if variables < 1 or not 0 < alpha < 1:
        raise AnalysisError(f"T² of {variables} variables with alpha {alpha} cannot be.", "Correct them.")
    limit = chdtri(variables, alpha)
    beyond = 1.0 - float(chndtr(limit, variables, size * distance**2)) if distance else alpha
    return run_length("hotelling_t2", distance, 1.0 / beyond, 1, {"variables": variables, "alpha": alpha, "size": size})


def mewma(variables: int, weight: float, limit: float, distance: float = 0.0, *, size: int = 1) -> RunLength:
    """Run length of a MEWMA that signals beyond `limit`, covariance of the settled average throughout.

    `distance` is the Mahalanobis length of the shift, there from the first point on.
    """
    check(distance, size)
    bounds.whole(variables, "number of variables", 1, MOST_VARIABLES)
    bounds.positive(weight, "weight", smallest=SMALLEST_WEIGHT, largest=1.0)
    if variables < 1 or not 0 < weight <= 1 or distance < 0:
        raise AnalysisError(
            f"A MEWMA of {variables} variables with weight {weight} at the distance {distance} cannot be.",
            "Correct them.",
        )
    moved = distance * math.sqrt(size)
    if moved == 0:
        mean, nodes = _mewma_length(variables, weight, positive(limit, "limit"))
    elif variables == 1:
        mean, nodes = ewma_length(weight, math.sqrt(positive(limit, "limit")), moved, True)
    else:
        mean, nodes = _shifted_length(variables, weight, positive(limit, "limit"), moved)
    choices: dict[str, Choice] = {"variables": variables, "weight": weight, "limit": limit, "size": size}
    return run_length("mewma", distance, mean, nodes, choices)


def _shifted_length(variables: int, weight: float, limit: float, moved: float) -> tuple[float, int]:
    """From the average's part along the shift (normal) and the length of its part across (noncentral chi)."""
    along, across = _across(variables, weight, limit)
    steps = along / weight - moved - (1.0 - weight) / weight * np.append(along, 0.0)[:, None]
    kernel = across * normal_density(steps)
    count = len(along)
    lengths = lengths_of(kernel[:count])
    if math.isinf(lengths[0]):
        return math.inf, count
    return float(1.0 + kernel[count] @ lengths), count


@lru_cache(maxsize=1)
def _across(variables: int, weight: float, limit: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes along the shift, and the weighted density of the length across from each node (a row) and from the start.

    The nodes fill half a disc: an angle and a share of the height there, so that the edge is smooth.
    """
    from scipy.stats import ncx2

    reach = math.sqrt(limit * weight / (2.0 - weight))
    extent = reach / weight
    counts = 2 * int(6 + 2 * extent), int(8 + 2 * extent)
    if counts[0] * counts[1] > _MOST_NODES:
        raise AnalysisError(
            f"The run length of a MEWMA with weight {weight} and limit {limit} takes too many nodes.",
            "Give a larger weight or a smaller limit.",
        )
    angles, angle_weights = gauss_nodes(-0.5 * math.pi, 0.5 * math.pi, counts[0])
    shares, share_weights = gauss_nodes(0.0, 1.0, counts[1])
    heights = reach * np.cos(angles)
    across = np.outer(heights[: counts[0] // 2], shares).ravel()
    before = (1.0 - weight) / weight * np.append(across, 0.0)
    density = ncx2.pdf((across / weight) ** 2, variables - 1, np.maximum(before[:, None] ** 2, 1e-300))
    density *= 2.0 * across / weight**3
    # the other half of the angles has the same heights in reverse
    place = np.arange(len(across)).reshape(-1, counts[1])
    both = np.concatenate((place, place[::-1])).ravel()
    kernel = density[np.append(both, len(across))][:, both]
    kernel *= np.outer(heights**2 * angle_weights, share_weights).ravel()
    return np.repeat(reach * np.sin(angles), counts[1]), kernel


def _mewma_length(variables: int, weight: float, limit: float) -> tuple[float, int]:
    from scipy.stats import ncx2

    # the length r of the average is Markov: r'² / λ² is noncentral chi-square with noncentrality ((1-λ) r / λ)²
    reach = math.sqrt(limit * weight / (2.0 - weight))
    nodes = int(min(400, 40 + 10 * reach / weight))
    points, weights = gauss_nodes(0.0, reach, nodes)

    def kernel(from_places: np.ndarray) -> np.ndarray:
        noncentral = ((1.0 - weight) / weight * from_places[:, None]) ** 2
        density = ncx2.pdf((points[None, :] / weight) ** 2, variables, np.maximum(noncentral, 1e-300))
        made: np.ndarray = weights * density * 2.0 * points[None, :] / weight**2
        return made

    lengths = lengths_of(kernel(points))
    if math.isinf(lengths[0]):
        return math.inf, nodes
    return float(1.0 + kernel(np.zeros(1))[0] @ lengths), nodes


@lru_cache(maxsize=256)
def mewma_limit(variables: int, weight: float, arl: float = 200.0) -> float:
    """The limit at which a MEWMA has the in-control run length `arl`."""
    from scipy.optimize import brentq

    bounds.whole(variables, "number of variables", 1, MOST_VARIABLES)
    bounds.positive(weight, "weight", smallest=SMALLEST_WEIGHT, largest=1.0)
    if variables < 1 or not 0 < weight <= 1 or not 1 < arl < 1e7:
        raise AnalysisError(
            f"No MEWMA limit exists for {variables} variables, weight {weight} and run length {arl}.", "Correct them."
        )
    high = 2.0 * variables + 10.0
    while _mewma_length(variables, weight, high)[0] < arl:
        high *= 1.5

    def excess(limit: float) -> float:
        return math.log(min(_mewma_length(variables, weight, limit)[0], LONGEST) / arl)

    if excess(_LEAST_LIMIT) >= 0:
        raise AnalysisError(f"No MEWMA has a run length as short as {arl:g}.", "Give a longer one.")
    return float(brentq(excess, _LEAST_LIMIT, high))
