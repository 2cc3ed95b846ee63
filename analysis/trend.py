"""Trends over time: Mann-Kendall with ties, Sen's slope, change points, autocorrelation."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis import bounds
from analysis.errors import AnalysisError
from analysis.observations import as_values, finite_values, paired_values
from analysis.results import Note, Provenance, Result

STEEPEST = 1e290
MOST_PAIRED = 10_000
"""Every pair of values makes one slope; these are held together."""


@dataclass(frozen=True, slots=True)
class Trend(Result):
    """Mann-Kendall test and Sen's slope.

    `s` is Kendall's sum of signs, `variance` its variance with ties, `z` the continuity-corrected score; `slope` is per
    unit of time with its confidence limits; `direction` is 'rising', 'falling' or 'none' at 1 - `confidence`.
    """

    n: int
    s: int
    variance: float
    z: float
    p: float
    tau: float
    slope: float
    slope_lower: float
    slope_upper: float
    intercept: float
    direction: str
    confidence: float
    provenance: Provenance
    notes: tuple[Note, ...]


def _sum_of_signs(y: NDArray[np.float64]) -> int:
    """Number of rising pairs minus falling pairs, in O(n log n)."""
    from scipy import stats

    _, ties = np.unique(y, return_counts=True)
    pairs = y.size * (y.size - 1) // 2
    tied = int((ties * (ties - 1) // 2).sum())
    if tied == pairs:
        return 0
    tau = float(stats.kendalltau(np.arange(y.size), y, variant="b").statistic)
    return round(tau * math.sqrt(pairs) * math.sqrt(pairs - tied))


def mann_kendall(values: ArrayLike, times: ArrayLike | None = None, *, confidence: float = 0.95) -> Trend:
    """Is there a monotone trend? Values of shape (n,) in order of time; times default to 0, 1, 2 ...

    Mann (1945), Kendall (1975) with the variance corrected for ties; Sen (1968) for the slope, its interval by the
    normal approximation (Gilbert 1987, section 16.4). Times must not repeat.
    """
    bounds.confidence_level(confidence)
    series = as_values(values)
    if series.size > MOST_PAIRED:
        raise AnalysisError(
            f"Sen's slope looks at every pair of values; {series.size} make too many.", f"Give up to {MOST_PAIRED}."
        )
    x, y = paired_values(
        np.arange(series.size) if times is None else times, series, at_least=4, names=("times", "values")
    )
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    if (np.diff(x) == 0).any():
        raise AnalysisError("Two values have the same time.", "Give each value a time of its own, or average them.")
    nearest, reach = float(np.diff(x).min()), max(float(np.abs(x).max()), 1.0)
    if float(np.ptp(y)) > STEEPEST / reach * nearest:
        raise AnalysisError(
            f"The values rise so fast ({np.ptp(y):g} with times {nearest:g} apart) that a slope cannot be held.",
            "Give values or times in another unit.",
        )
    n = y.size
    _, ties = np.unique(y, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18.0
    s = _sum_of_signs(y)
    z = 0.0 if s == 0 or variance <= 0 else (s - math.copysign(1, s)) / math.sqrt(variance)
    p = math.erfc(abs(z) / math.sqrt(2.0))
    slope, lower, upper = _sen(x, y, variance, confidence)
    pairs = n * (n - 1) / 2
    tied = float((ties * (ties - 1) / 2).sum())
    notes = () if variance > 0 else (Note("no_variation", "warning", {"value": float(y[0])}),)
    significant = p < 1.0 - confidence
    return Trend(
        n=n,
        s=s,
        variance=variance,
        z=z,
        p=p,
        tau=s / math.sqrt(pairs * (pairs - tied)) if pairs > tied else 0.0,
        slope=slope,
        slope_lower=lower,
        slope_upper=upper,
        intercept=float(np.median(y - slope * x)),
        direction=("rising" if s > 0 else "falling") if significant else "none",
        confidence=confidence,
        provenance=Provenance("trend.mann_kendall", {"ties": "corrected", "continuity": True, "slope": "Sen"}),
        notes=notes,
    )


def _sen(
    x: NDArray[np.float64], y: NDArray[np.float64], variance: float, confidence: float
) -> tuple[float, float, float]:
    """Sen's slope and its limits; pairs are formed row by row so that memory stays that of the slopes alone."""
    from scipy import special

    n = y.size
    slopes = np.concatenate([(y[i + 1 :] - y[i]) / (x[i + 1 :] - x[i]) for i in range(n - 1)])
    slopes.sort()
    half = float(special.ndtri(0.5 + confidence / 2.0)) * math.sqrt(max(variance, 0.0))
    low = int(max(math.floor((slopes.size - half) / 2.0), 0))
    high = int(min(math.ceil((slopes.size + half) / 2.0), slopes.size - 1))
    return float(np.median(slopes)), float(slopes[low]), float(slopes[high])


@dataclass(frozen=True, slots=True)
class ChangePoints(Result):
    """Positions (0-based) of the first value of each new level, and the mean of each segment."""

    positions: tuple[int, ...]
    means: tuple[float, ...]
    sigma: float
    sigma_method: str
    penalty: float
    n: int
    provenance: Provenance
    notes: tuple[Note, ...]


def change_points(
    values: ArrayLike, *, sigma: float | None = None, penalty: float | None = None, minimum_length: int = 2
) -> ChangePoints:
    """Shifts of the mean, all at once: the segmentation of least cost (PELT; Killick, Fearnhead and Eckley 2012).

    Cost of a segment: its sum of squares over sigma squared; penalty a shift: 3·ln n unless given. Sigma defaults to
    the median absolute moving range over its normal expectation, which a few shifts do not inflate.
    """
    bounds.whole(minimum_length, "shortest segment", 1)
    data = finite_values(values, at_least=2 * minimum_length)
    if penalty is not None:
        bounds.not_negative(penalty, "penalty")
    if sigma is not None:
        bounds.positive(sigma, "standard deviation")
    n, method = data.size, "given"
    if sigma is None:
        # median of |x1 - x2| for a normal population is 0.9538726·sigma (sqrt(2) times the quartile 0.6744898)
        sigma = float(np.median(np.abs(np.diff(data)))) / 0.9538725524417894
        method = "median moving range"
        if sigma == 0:
            sigma, method = float(np.std(data, ddof=1)), "overall (the median moving range is 0)"
    price = 3.0 * math.log(n) if penalty is None else penalty
    if sigma <= 0:
        note = Note("no_variation", "warning", {"value": float(data[0])})
        return ChangePoints((), (float(data[0]),), 0.0, method, price, n, Provenance("trend.change_points"), (note,))
    starts = _pelt((data - data.mean()) / sigma, price, minimum_length)
    edges = [0, *starts, n]
    means = tuple(float(data[a:b].mean()) for a, b in itertools.pairwise(edges))
    made = Provenance("trend.change_points", {"search": "PELT", "cost": "shift of the mean", "sigma": method})
    return ChangePoints(tuple(starts), means, sigma, method, price, n, made, ())


def _pelt(z: NDArray[np.float64], price: float, minimum: int) -> list[int]:
    """Starts of the segments after the first, for standardised values."""
    n = z.size
    sums = np.concatenate(([0.0], np.cumsum(z)))
    squares = np.concatenate(([0.0], np.cumsum(z * z)))
    best = np.full(n + 1, np.inf)
    best[0] = -price
    previous = np.zeros(n + 1, dtype=np.int64)
    candidates = np.array([0], dtype=np.int64)
    for end in range(minimum, n + 1):
        total = sums[end] - sums[candidates]
        cost = squares[end] - squares[candidates] - total * total / (end - candidates)
        reached = best[candidates] + cost
        choice = int(np.argmin(reached))
        best[end] = reached[choice] + price
        previous[end] = candidates[choice]
        kept = candidates[reached <= best[end]]
        fresh = end - minimum + 1
        candidates = np.append(kept, fresh) if fresh >= minimum else kept
    starts: list[int] = []
    position = int(previous[n])
    while position > 0:
        starts.append(position)
        position = int(previous[position])
    return starts[::-1]


@dataclass(frozen=True, slots=True)
class PettittTest(Result):
    """One change of level at an unknown time: `position` is the first value after it (0-based)."""

    position: int
    statistic: float
    p: float
    n: int
    provenance: Provenance
    notes: tuple[Note, ...]


def pettitt(values: ArrayLike) -> PettittTest:
    """Pettitt's (1979) rank test for one change point; p is his approximation 2·exp(-6K²/(n³+n²)), at most 1."""
    from scipy import stats

    data = finite_values(values, at_least=4)
    n = data.size
    ranks = stats.rankdata(data)
    u = 2.0 * np.cumsum(ranks)[:-1] - np.arange(1, n) * (n + 1)
    position = int(np.argmax(np.abs(u)))
    k = float(np.abs(u[position]))
    p = min(1.0, 2.0 * math.exp(-6.0 * k * k / (n**3 + n**2)))
    return PettittTest(position + 1, k, p, n, Provenance("trend.pettitt", {"p": "approximation of 1979"}), ())


@dataclass(frozen=True, slots=True)
class Autocorrelation(Result):
    """Autocorrelation at lags 0..m with the ±limit of white noise, and the Ljung-Box test of all lags together."""

    lags: tuple[int, ...]
    coefficients: tuple[float, ...]
    partial: tuple[float, ...]
    limit: float
    ljung_box: float
    p: float
    durbin_watson: float
    n: int
    confidence: float
    provenance: Provenance
    notes: tuple[Note, ...]


def autocorrelation(values: ArrayLike, *, lags: int | None = None, confidence: float = 0.95) -> Autocorrelation:
    """Autocorrelation of an evenly spaced series of shape (n,); a missing value is refused: it breaks the lags.

    Coefficients divide by n (Box and Jenkins); partial ones by Durbin-Levinson; Ljung and Box (1978). The default
    number of lags is min(n/4, 10·log10 n).
    """
    from scipy import special

    data = as_values(values)
    if np.isnan(data).any():
        where = int(np.flatnonzero(np.isnan(data))[0])
        raise AnalysisError(f"The value at position {where} is missing.", "An even series is needed: fill or cut it.")
    bounds.confidence_level(confidence)
    data = finite_values(data, at_least=4)
    n = data.size
    count = max(1, min(n // 4, int(10 * math.log10(n)))) if lags is None else lags
    bounds.whole(count, "number of lags", 1, n - 1)
    centred = data - data.mean()
    squares = float(centred @ centred)
    if squares == 0:
        raise AnalysisError("The values do not vary; they have no autocorrelation.", "Look at a longer series.")
    coefficients = np.array([float(centred[k:] @ centred[: n - k]) / squares for k in range(count + 1)])
    k = np.arange(1, count + 1)
    q = n * (n + 2.0) * float((coefficients[1:] ** 2 / (n - k)).sum())
    return Autocorrelation(
        lags=tuple(range(count + 1)),
        coefficients=tuple(coefficients.tolist()),
        partial=tuple(_partial(coefficients)),
        limit=float(special.ndtri(0.5 + confidence / 2.0)) / math.sqrt(n),
        ljung_box=q,
        p=float(special.chdtrc(count, q)),
        durbin_watson=float((np.diff(centred) ** 2).sum()) / squares,
        n=n,
        confidence=confidence,
        provenance=Provenance("trend.autocorrelation", {"divisor": "n", "limits": "white noise"}),
        notes=(),
    )


def _partial(r: NDArray[np.float64]) -> list[float]:
    """Partial autocorrelations by the Durbin-Levinson recursion."""
    phi = np.array([r[1]])
    found = [1.0, float(r[1])]
    for k in range(2, r.size):
        below = 1.0 - float(phi @ r[1:k])
        last = (float(r[k]) - float(phi @ r[k - 1 : 0 : -1])) / below if below != 0 else 0.0
        phi = np.append(phi - last * phi[::-1], last)
        found.append(last)
    return found
