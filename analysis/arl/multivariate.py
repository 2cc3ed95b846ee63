"""Run lengths of T² with known parameters and, in control, of MEWMA.

Source: Rigdon (1995) Statistics & Probability Letters 24(4) 365-371, an integral equation for the average's length.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from analysis.arl.model import RunLength, check, positive, run_length
from analysis.arl.numeric import gauss_nodes
from analysis.errors import AnalysisError


def hotelling_t2(variables: int, distance: float = 0.0, *, size: int = 1, alpha: float = 0.0027) -> RunLength:
    """Run length of T² with known parameters; `distance` is the Mahalanobis length of the shift, √(dᵀ Σ⁻¹ d)."""
    from scipy.special import chdtri, chndtr

    check(distance, size)
    if variables < 1 or not 0 < alpha < 1:
        raise AnalysisError(f"T² of {variables} variables with alpha {alpha} cannot be.", "Correct them.")
    limit = chdtri(variables, alpha)
    beyond = 1.0 - float(chndtr(limit, variables, size * distance**2)) if distance else alpha
    return run_length("hotelling_t2", distance, 1.0 / beyond, 1, {"variables": variables, "alpha": alpha, "size": size})


def mewma(variables: int, weight: float, limit: float) -> RunLength:
    """In-control run length of a MEWMA that signals beyond `limit`, covariance of the settled average throughout."""
    if variables < 1 or not 0 < weight <= 1:
        raise AnalysisError(f"A MEWMA of {variables} variables with weight {weight} cannot be.", "Correct them.")
    mean, nodes = _mewma_length(variables, weight, positive(limit, "limit"))
    return run_length("mewma", 0.0, mean, nodes, {"variables": variables, "weight": weight, "limit": limit})


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

    lengths = np.linalg.solve(np.eye(nodes) - kernel(points), np.ones(nodes))
    return float(1.0 + kernel(np.zeros(1))[0] @ lengths), nodes


@lru_cache(maxsize=256)
def mewma_limit(variables: int, weight: float, arl: float = 200.0) -> float:
    """The limit at which a MEWMA has the in-control run length `arl`."""
    from scipy.optimize import brentq

    if variables < 1 or not 0 < weight <= 1 or not 1 < arl < 1e7:
        raise AnalysisError(
            f"No MEWMA limit exists for {variables} variables, weight {weight} and run length {arl}.", "Correct them."
        )
    high = 2.0 * variables + 10.0
    while _mewma_length(variables, weight, high)[0] < arl:
        high *= 1.5
    return float(brentq(lambda limit: math.log(_mewma_length(variables, weight, limit)[0] / arl), 0.05, high))
