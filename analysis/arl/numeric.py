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
