"""Tests of normality: Anderson-Darling, Shapiro-Wilk, Lilliefors, D'Agostino-Pearson, Jarque-Bera."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis import bounds
from analysis.observations import finite_values, refuse_beyond
from analysis.results import Note, Result

FARTHEST = 1e12
"""Standardised values beyond it have no logarithm of a probability that could be added."""


@dataclass(frozen=True, slots=True)
class NormalityTest(Result):
    """One test: small `p` speaks against a normal population; both are None where the test has no answer."""

    name: str
    statistic: float | None
    p: float | None
    method: str


@dataclass(frozen=True, slots=True)
class Normality(Result):
    """All tests on one sample, with mean and standard deviation as estimated."""

    n: int
    mean: float
    standard_deviation: float
    anderson_darling: NormalityTest
    shapiro_wilk: NormalityTest
    lilliefors: NormalityTest
    dagostino_pearson: NormalityTest
    jarque_bera: NormalityTest
    notes: tuple[Note, ...]


def anderson_darling_p(a_squared: float, n: int) -> float:
    """P-value of A² when mean and standard deviation are estimated (D'Agostino and Stephens 1986, table 4.9)."""
    bounds.whole(n, "number of values", 1)
    bounds.finite(a_squared, "A²")
    a = a_squared * (1.0 + 0.75 / n + 2.25 / n**2)
    if a < 0.2:
        p = 1.0 - math.exp(-13.436 + 101.14 * a - 223.73 * a * a)
    elif a < 0.34:
        p = 1.0 - math.exp(-8.318 + 42.796 * a - 59.938 * a * a)
    elif a < 0.6:
        p = math.exp(0.9177 - 4.279 * a - 1.38 * a * a)
    elif a < 10.0:
        p = math.exp(1.2937 - 5.709 * a + 0.0186 * a * a)
    else:
        p = 3.7e-24  # the table ends here; smaller is not told apart
    return min(max(p, 0.0), 1.0)


def anderson_darling_statistic(ordered_z: NDArray[np.float64]) -> float:
    """A² of standardised values in rising order, from log-probabilities so that far tails do not become infinite."""
    from scipy import special

    z = finite_values(ordered_z, name="standardised values")
    refuse_beyond(z, "standardised values", FARTHEST)
    n = z.size
    weights = 2.0 * np.arange(1, n + 1) - 1.0
    logs = special.log_ndtr(z) + special.log_ndtr(-z[::-1])
    return float(-n - (weights @ logs) / n)


def normality(values: ArrayLike) -> Normality:
    """Every test of this module on values of shape (n,), missing ones left out; at least 3 are needed."""
    from scipy import stats

    data = np.sort(finite_values(values, at_least=3))
    n, mean, deviation = data.size, float(data.mean()), float(data.std(ddof=1))
    if deviation <= 1e-14 * max(abs(mean), 1e-300):
        a, b, c, d, e = (NormalityTest(name, None, None, "no variation") for name in _NAMES)
        return Normality(n, mean, 0.0, a, b, c, d, e, (Note("no_variation", "warning", {"value": mean}),))
    z = (data - mean) / deviation
    a_squared = anderson_darling_statistic(z)
    notes: list[Note] = []
    shapiro = NormalityTest(_NAMES[1], None, None, "Royston 1995 (scipy), n up to 5000")
    if n <= 5000:
        tested = stats.shapiro(data)
        shapiro = NormalityTest(_NAMES[1], float(tested.statistic), float(tested.pvalue), "Royston 1995 (scipy)")
    else:
        notes.append(Note("too_many_for_shapiro_wilk", "info", {"n": n, "limit": 5000}))
    return Normality(
        n=n,
        mean=mean,
        standard_deviation=deviation,
        anderson_darling=NormalityTest(_NAMES[0], a_squared, anderson_darling_p(a_squared, n), "Stephens 1986, case 4"),
        shapiro_wilk=shapiro,
        lilliefors=_lilliefors(z),
        dagostino_pearson=_dagostino(z),
        jarque_bera=_jarque_bera(z),
        notes=tuple(notes),
    )


_NAMES = ("Anderson-Darling", "Shapiro-Wilk", "Lilliefors", "D'Agostino-Pearson", "Jarque-Bera")


def _lilliefors(z: NDArray[np.float64]) -> NormalityTest:
    """Largest distance to the fitted normal; p by Dallal and Wilkinson (1986), which holds below 0.1."""
    from scipy import special

    n = z.size
    expected = special.ndtr(z)
    steps = np.arange(1, n + 1) / n
    distance = float(max((steps - expected).max(), (expected - steps + 1.0 / n).max()))
    scaled, size = (distance * (n / 100.0) ** 0.49, 100) if n > 100 else (distance, n)
    exponent = (
        -7.01256 * scaled**2 * (size + 2.78019)
        + 2.99587 * scaled * math.sqrt(size + 2.78019)
        - 0.122119
        + 0.974598 / math.sqrt(size)
        + 1.67997 / size
    )
    p = math.exp(exponent)
    method = "Dallal and Wilkinson 1986"
    return NormalityTest(_NAMES[2], distance, p if p <= 0.1 else None, method if p <= 0.1 else f"{method}; p above 0.1")


def _dagostino(z: NDArray[np.float64]) -> NormalityTest:
    from scipy import stats

    if z.size < 20:
        return NormalityTest(_NAMES[3], None, None, "needs 20 values")
    tested = stats.normaltest(z)
    return NormalityTest(_NAMES[3], float(tested.statistic), float(tested.pvalue), "K², D'Agostino and Pearson 1973")


def _jarque_bera(z: NDArray[np.float64]) -> NormalityTest:
    centred = z - z.mean()
    second = float(np.mean(centred**2))
    skewness = float(np.mean(centred**3)) / second**1.5
    kurtosis = float(np.mean(centred**4)) / second**2 - 3.0
    statistic = z.size / 6.0 * (skewness**2 + kurtosis**2 / 4.0)
    return NormalityTest(_NAMES[4], statistic, math.exp(-statistic / 2.0), "chi-square with 2 degrees, asymptotic")
