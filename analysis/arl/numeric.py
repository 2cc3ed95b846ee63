"""Nodes, densities and probabilities of the run length equations."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np


@lru_cache(maxsize=64)
def gauss_nodes(low: float, high: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    points, weights = np.polynomial.legendre.leggauss(count)
    half = 0.5 * (high - low)
    return half * points + 0.5 * (high + low), half * weights


def normal_density(values: np.ndarray) -> np.ndarray:
    density: np.ndarray = np.exp(-0.5 * values * values) / math.sqrt(2.0 * math.pi)
    return density


def normal_below(values: np.ndarray) -> np.ndarray:
    return np.array([0.5 * math.erfc(-value / math.sqrt(2.0)) for value in values.ravel()]).reshape(values.shape)


LONGEST = 1e13
"""Run lengths beyond it are lost in the rounding of the equations: no signal comes in any time that matters."""


def lengths_of(kernel: np.ndarray) -> np.ndarray:
    """Run lengths L with L = 1 + kernel L; infinite ones where no signal comes."""
    count = len(kernel)
    try:
        found: np.ndarray = np.linalg.solve(np.eye(count) - kernel, np.ones(count))
    except np.linalg.LinAlgError:
        return np.full(count, np.inf)
    return found if ((found > 0.5) & (found < LONGEST)).all() else np.full(count, np.inf)
