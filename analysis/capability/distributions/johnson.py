"""Johnson's system: the bounded (SB), unbounded (SU) and lognormal (SL) transformations to normality."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.capability.distributions.bases import Floats
from analysis.capability.distributions.families import Distribution
from analysis.capability.distributions.goodness import statistic
from analysis.errors import AnalysisError
from analysis.normality import anderson_darling_p

SYSTEMS = ("SB", "SL", "SU")
# Slifker and Shapiro (1980) advise a z near 0.5; 0.524 puts 3z near the 94.2nd percentile.
SLIFKER_SHAPIRO_Z = 0.524
# Chou, Polansky and Mason (1998) search this range in steps of 0.01.
CHOU_Z = tuple(round(0.25 + 0.01 * step, 2) for step in range(101))


@dataclass(frozen=True, slots=True)
class JohnsonFit:
    """The chosen transformation, the z it was made at, A² and p of the transformed values, and how it was chosen."""

    distribution: Distribution
    system: str
    z: float
    anderson_darling: float
    p: float
    selection: str


def fit(
    values: Floats, selection: str = "chou", systems: Sequence[str] = SYSTEMS, z: float = SLIFKER_SHAPIRO_Z
) -> JohnsonFit | None:
    """The transformation of `values` to normality; None when no system fits them.

    `selection`: "chou" tries every z of 0.25 to 1.25 with each of `systems` and keeps the least Anderson-Darling A² of
    the transformed values (Chou, Polansky and Mason, Journal of Quality Technology 30 (1998) 133-141; Minitab's way).
    "slifker_shapiro" takes the one system that the quantile ratio at `z` names (Technometrics 22 (1980) 239-246).
    """
    if selection not in ("chou", "slifker_shapiro"):
        raise AnalysisError(f"'{selection}' is no way to choose a Johnson system.", "Choose chou or slifker_shapiro.")
    unknown = [system for system in systems if system not in SYSTEMS]
    if unknown or not systems:
        raise AnalysisError(f"There is no Johnson system '{unknown[0] if unknown else ''}'.", "Choose of SB, SL, SU.")
    ordered = np.sort(values)
    best: JohnsonFit | None = None
    for point in CHOU_Z if selection == "chou" else (z,):
        for system in systems:
            found = at(ordered, system, point)
            if found is None:
                continue
            distance = statistic(found, ordered)
            if math.isfinite(distance) and (best is None or distance < best.anderson_darling):
                p = anderson_darling_p(distance, ordered.size)
                best = JohnsonFit(found, system, point, distance, p, selection)
    return best


def at(ordered: Floats, system: str, z: float) -> Distribution | None:
    """Parameters of one system from the quantiles of rising `ordered` values at -3z, -z, z, 3z; None where undefined.

    Quantiles are Hazen's, x at place n P + 1/2 (Chou et al.). Formulas: Slifker and Shapiro (1980), table 2.
    """
    points = _quantiles(ordered, z)
    if points is None:
        return None
    far_low, low, high, far_high = points
    m, n, p = far_high - high, low - far_low, high - low
    if min(m, n, p) <= 0.0:
        return None
    ratio = m * n / p**2
    if system == "SU":
        return _unbounded(z, m, n, p, 0.5 * (low + high)) if ratio > 1.0 else None
    if system == "SB":
        made = _bounded(z, m, n, p, 0.5 * (low + high)) if ratio < 1.0 else None
    else:
        made = _lognormal(z, m, p, 0.5 * (low + high)) if m > p else None
    if made is None:
        return None
    start, end = made.support()
    return made if start < float(ordered[0]) and float(ordered[-1]) < end else None


def _quantiles(ordered: Floats, z: float) -> tuple[float, float, float, float] | None:
    n = ordered.size
    found = []
    for multiple in (-3.0, -1.0, 1.0, 3.0):
        place = n * 0.5 * math.erfc(-multiple * z / math.sqrt(2.0)) + 0.5
        if place < 1.0 or place > n:
            return None
        index = min(int(place), n - 1)
        share = place - index
        found.append(float(ordered[index - 1]) * (1.0 - share) + float(ordered[index]) * share)
    return found[0], found[1], found[2], found[3]


def _unbounded(z: float, m: float, n: float, p: float, middle: float) -> Distribution:
    a, b = m / p, n / p
    eta = 2.0 * z / math.acosh(0.5 * (a + b))
    root = math.sqrt(a * b - 1.0)
    gamma = eta * math.asinh((b - a) / (2.0 * root))
    width = 2.0 * p * root / ((a + b - 2.0) * math.sqrt(a + b + 2.0))
    centre = middle + p * (b - a) / (2.0 * (a + b - 2.0))
    return Distribution("johnson_su", {"gamma": gamma, "eta": eta, "epsilon": centre, "lambda": width})


def _bounded(z: float, m: float, n: float, p: float, middle: float) -> Distribution:
    a, b = p / m, p / n
    product = (1.0 + a) * (1.0 + b)
    eta = z / math.acosh(0.5 * math.sqrt(product))
    excess = a * b - 1.0
    gamma = eta * math.asinh((b - a) * math.sqrt(product - 4.0) / (2.0 * excess))
    width = p * math.sqrt((product - 2.0) ** 2 - 4.0) / excess
    start = middle - 0.5 * width + p * (b - a) / (2.0 * excess)
    return Distribution("johnson_sb", {"gamma": gamma, "eta": eta, "epsilon": start, "lambda": width})


def _lognormal(z: float, m: float, p: float, middle: float) -> Distribution:
    a = m / p
    eta = 2.0 * z / math.log(a)
    gamma = eta * math.log((a - 1.0) / (p * math.sqrt(a)))
    start = middle - 0.5 * p * (a + 1.0) / (a - 1.0)
    return Distribution("johnson_sl", {"gamma": gamma, "eta": eta, "epsilon": start})
