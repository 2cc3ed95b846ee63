"""Control chart constants of normal samples, for any size: d2, d3, median of the range, c4 and the factors A2 to B6.

The range constants of sizes up to 100 stand in `analysis.constants_table`, so that a running line needs no integration;
beyond, and for the table's own test, they are integrated here. Every function is cached.

Sources: Tippett (1925) for the distribution of the range; ISO 7870-2:2023 annex and AIAG SPC 2nd ed. appendix E for
the factors; NIST/SEMATECH e-Handbook 6.3.2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from analysis import bounds
from analysis.constants_table import RANGE_CONSTANTS
from analysis.errors import AnalysisError
from analysis.results import Result

LARGEST_SIZE = 100_000
LARGEST_PRINTED = 100

# Γ(x + 1/2) / (Γ(x) √x) in powers of 1/x (Tricomi and Erdélyi 1951)
_GAMMA_RATIO = (1.0, -1 / 8, 1 / 128, 5 / 1024, -21 / 32768, -399 / 262144, 869 / 4194304)


@dataclass(frozen=True, slots=True)
class ChartConstants(Result):
    """The constants of subgroups of one size, in the notation of the standards.

    A, A2, A3: limits of the mean from sigma, mean range, mean standard deviation. D1, D2 (here `D1`, `D2`), D3, D4:
    limits of the range from sigma and from the mean range. B5, B6, B3, B4: the same for the standard deviation.
    """

    n: int
    d2: float
    d3: float
    median_range: float
    c4: float
    A: float
    A2: float
    A3: float
    D1: float
    D2: float
    D3: float
    D4: float
    B3: float
    B4: float
    B5: float
    B6: float
    E2: float


def d2(n: int) -> float:
    """Mean range of `n` standard normal values."""
    return _range_constants(_size(n))[0]


def d3(n: int) -> float:
    """Standard deviation of the range of `n` standard normal values."""
    return _range_constants(_size(n))[1]


def median_range(n: int) -> float:
    """Median of the range of `n` standard normal values (0.954 for pairs): the divisor of a median moving range."""
    return _range_constants(_size(n))[2]


@cache
def c4(n: int) -> float:
    """Mean of the sample standard deviation of `n` standard normal values: √(2/(n-1)) Γ(n/2) / Γ((n-1)/2)."""
    x = (_size(n) - 1) / 2
    if x < 85:
        return math.gamma(x + 0.5) / math.gamma(x) / math.sqrt(x)
    return math.fsum(term / x**power for power, term in enumerate(_GAMMA_RATIO))


def c5(n: int) -> float:
    """Standard deviation of the sample standard deviation of `n` standard normal values: √(1 - c4²)."""
    return math.sqrt(1.0 - c4(n) ** 2)


@cache
def chart_constants(n: int, width: float = 3.0) -> ChartConstants:
    """All factors for subgroups of `n` and limits `width` standard errors from the centre line."""
    bounds.positive(width, "width in standard errors")
    mean, spread, middle = _range_constants(_size(n))
    unbias, root = c4(n), math.sqrt(n)
    wide, narrow = width * spread, width * c5(n)
    return ChartConstants(
        n=n,
        d2=mean,
        d3=spread,
        median_range=middle,
        c4=unbias,
        A=width / root,
        A2=width / (mean * root),
        A3=width / (unbias * root),
        D1=max(0.0, mean - wide),
        D2=mean + wide,
        D3=max(0.0, 1 - wide / mean),
        D4=1 + wide / mean,
        B3=max(0.0, 1 - narrow / unbias),
        B4=1 + narrow / unbias,
        B5=max(0.0, unbias - narrow),
        B6=unbias + narrow,
        E2=width / mean,
    )


@cache
def c4_successive(n: int) -> float:
    """Mean of √(Σ(x[i+1]-x[i])² / (2(n-1))) of `n` standard normal values: what unbiases the MSSD estimator.

    E√Q of the quadratic form Q = Σ λ_k z_k², λ_k = 4 sin²(πk/2n), from its Laplace transform:
    E√Q = 1/(2√π) ∫ (1 - Π(1 + 2tλ_k)^(-1/2)) t^(-3/2) dt.
    """
    size = _size(n)
    if size > 5000:  # 1 - var(Q)/(8 E(Q)²); the next term is below 1e-8
        return 1.0 - (3.0 * size - 4.0) / (8.0 * (size - 1.0) ** 2)
    eigenvalues = 4.0 * np.sin(np.pi * np.arange(1, size) / (2 * size)) ** 2 / (2.0 * (size - 1))
    # t = e^u turns the integral into one over the line whose integrand dies exponentially on both sides:
    # the trapezium rule is then exact to rounding
    step = 0.05
    u = np.arange(-75.0, 75.0, step)
    t = np.exp(u)
    logs = np.log1p(2.0 * np.outer(t, eigenvalues)).sum(axis=1)
    return float(step * np.sum(-np.expm1(-0.5 * logs) * np.exp(-0.5 * u)) / (2.0 * math.sqrt(math.pi)))


def integrate_range(n: int) -> tuple[float, float, float]:
    """d2, d3 and the median of the range of `n` standard normal values by integration of the range's distribution."""
    size = _size(n)
    widths, weights = _gauss_legendre(0.0, 18.0, 200 if size <= 200 else 400)
    beyond = _range_survival(widths, size)
    mean = float(weights @ beyond)
    square = float(weights @ (2.0 * widths * beyond))
    return mean, math.sqrt(square - mean * mean), _median_of_range(size, mean)


def _median_of_range(n: int, start: float) -> float:
    low, high = start - 1.0, start + 1.0
    while high - low > 4e-16 * high:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if float(_range_survival(np.array([middle]), n)[0]) > 0.5:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _range_survival(widths: np.ndarray, n: int) -> np.ndarray:
    """P(range > w) for each w, where P(range <= w) = n ∫ φ(x) [Φ(x+w) - Φ(x)]^(n-1) dx over the smallest value x."""
    smallest, weights = _gauss_legendre(-9.5, 9.5, 240 if n <= 200 else 480)
    low = np.broadcast_to(smallest, (len(widths), len(smallest)))
    within = _normal_between(low, low + widths[:, None])
    density = np.exp(-0.5 * low * low) / math.sqrt(2.0 * math.pi)
    with np.errstate(divide="ignore"):
        powers = np.exp((n - 1) * np.log(within))
    inside: np.ndarray = 1.0 - n * (density * powers) @ weights
    return inside


def _normal_between(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Φ(high) - Φ(low), from the tail that loses least."""
    root = math.sqrt(0.5)
    upper = np.array([math.erfc(value) for value in (low.ravel() * root)]).reshape(low.shape)
    lower = np.array([math.erfc(value) for value in (high.ravel() * root)]).reshape(low.shape)
    mirrored = np.array([math.erfc(-value) for value in (high.ravel() * root)]).reshape(low.shape)
    mirrored_low = np.array([math.erfc(-value) for value in (low.ravel() * root)]).reshape(low.shape)
    difference: np.ndarray = 0.5 * np.where(low + high > 0, upper - lower, mirrored - mirrored_low)
    return difference


@cache
def median_error(n: int) -> float:
    """Standard deviation of the median of `n` standard normal values (1.2533 / √n for many), by integration.

    Odd n: of the middle order statistic. Even n: of the mean m of the middle two, which lie d to either side of it.
    """
    size, half = _size(n), _size(n) // 2
    reach = min(9.0, 12.5 / math.sqrt(size))
    middles, weights = _gauss_legendre(-reach, reach, 240)
    with np.errstate(divide="ignore"):
        if size % 2:
            below = _normal_between(np.full_like(middles, -40.0), middles)
            logs = math.lgamma(size + 1) - 2 * math.lgamma(half + 1) + half * np.log(below * (1.0 - below))
            density = np.exp(logs - 0.5 * middles**2) / math.sqrt(2.0 * math.pi)
            return math.sqrt(float(weights @ (middles**2 * density)))
        distances, steps = _gauss_legendre(0.0, min(9.0, 75.0 / size), 160)
        low, high = middles[:, None] - distances, middles[:, None] + distances
        tails = _normal_between(np.full_like(low, -40.0), low) * _normal_between(high, np.full_like(high, 40.0))
        joint = math.lgamma(size + 1) - 2 * math.lgamma(half) + ((half - 1) * np.log(tails) if half > 1 else 0.0)
    joint = np.exp(joint - 0.5 * (low**2 + high**2)) / math.pi
    return math.sqrt(float(weights @ ((middles**2)[:, None] * joint) @ steps))


def table_source(largest: int = 100) -> str:
    """The text of `analysis/constants_table.py`; `python -m analysis.constants` prints it."""
    bounds.whole(largest, "largest size", 2, LARGEST_PRINTED)
    lines = [
        '"""Mean (d2), standard deviation (d3) and median of the range of n standard normal values, n = 2 to 100.',
        "",
        "Printed by `python -m analysis.constants`, which integrates the range's distribution; a test does it again.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "RANGE_CONSTANTS: tuple[tuple[float, float, float], ...] = (",
        *(
            "    ({:.13f}, {:.13f}, {:.13f}),  # {}".format(*integrate_range(size), size)
            for size in range(2, largest + 1)
        ),
        ")",
        "",
    ]
    return "\n".join(lines)


@lru_cache(maxsize=8)
def _gauss_legendre(low: float, high: float, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    points, weights = np.polynomial.legendre.leggauss(nodes)
    half = 0.5 * (high - low)
    return half * points + 0.5 * (high + low), half * weights


@cache
def _range_constants(n: int) -> tuple[float, float, float]:
    return RANGE_CONSTANTS[n - 2] if n - 2 < len(RANGE_CONSTANTS) else integrate_range(n)


def _size(n: int) -> int:
    if not 2 <= n <= LARGEST_SIZE or n != int(n) or isinstance(n, bool):
        raise AnalysisError(
            f"Chart constants exist for whole subgroup sizes from 2 to {LARGEST_SIZE}, not for {n}.",
            "Give a subgroup of at least two values, or use a chart of individuals.",
        )
    return int(n)


if __name__ == "__main__":
    import sys

    sys.stdout.write(table_source())
