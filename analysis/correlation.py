"""Correlation of two or many columns: Pearson, Spearman, Kendall, partial and lagged."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis import bounds
from analysis.errors import AnalysisError
from analysis.observations import as_floats, as_values, paired_values, refuse_beyond
from analysis.results import Note, Provenance, Result

Coefficient = Literal["pearson", "spearman", "kendall"]


@dataclass(frozen=True, slots=True)
class Correlation(Result):
    """One coefficient with its two-sided p-value and confidence limits (None where no interval is published for n)."""

    coefficient: float | None
    p: float | None
    lower: float | None
    upper: float | None
    n: int
    kind: Coefficient
    confidence: float
    provenance: Provenance
    notes: tuple[Note, ...]


# Standard error of Fisher's z: Pearson 1/sqrt(n-3); Spearman sqrt((1+r²/2)/(n-3)) (Bonett and Wright 2000);
# Kendall sqrt(0.437/(n-4)) (Fieller, Hartley and Pearson 1957).
_METHODS: dict[Coefficient, str] = {
    "pearson": "product moment; t test; Fisher z interval",
    "spearman": "rank correlation; t approximation; Bonett-Wright interval",
    "kendall": "tau-b; scipy's exact or normal test; Fieller interval",
}


def _made(kind: Coefficient) -> Provenance:
    return Provenance("correlation.correlate", {"coefficient": kind, "method": _METHODS[kind]})


def correlate(x: ArrayLike, y: ArrayLike, *, kind: Coefficient = "pearson", confidence: float = 0.95) -> Correlation:
    """Correlation of two columns of shape (n,); rows with a missing value are left out."""
    bounds.one_of(kind, "kind of correlation", get_args(Coefficient))
    bounds.confidence_level(confidence)
    a, b = paired_values(x, y, at_least=3)
    n = a.size
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        note = Note("no_variation", "warning", {"column": "x" if np.ptp(a) == 0 else "y"})
        return Correlation(None, None, None, None, n, kind, confidence, _made(kind), (note,))
    r, p = _coefficient(a, b, kind)
    lower, upper = _interval(r, n, kind, confidence)
    return Correlation(r, p, lower, upper, n, kind, confidence, _made(kind), ())


def _coefficient(a: NDArray[np.float64], b: NDArray[np.float64], kind: Coefficient) -> tuple[float, float]:
    from scipy import stats

    if kind == "kendall":
        tau = stats.kendalltau(a, b, variant="b")
        return float(tau.statistic), float(tau.pvalue)
    if kind == "spearman":
        a, b = stats.rankdata(a), stats.rankdata(b)
    u, v = a - a.mean(), b - b.mean()
    # scaled to 1, so that squares of tiny deviations do not vanish
    u, v = u / np.abs(u).max(), v / np.abs(v).max()
    r = float(u @ v) / math.sqrt(float(u @ u) * float(v @ v))
    r = max(-1.0, min(1.0, r))
    return r, _t_test(r, a.size - 2)


def _t_test(r: float, freedom: int) -> float:
    from scipy import special

    if abs(r) >= 1.0:
        return 0.0
    # P(|T| > t) with t² = freedom·r²/(1-r²), as an incomplete beta function
    return float(special.betainc(freedom / 2.0, 0.5, 1.0 - r * r))


def _interval(r: float, n: int, kind: Coefficient, confidence: float) -> tuple[float | None, float | None]:
    from scipy import special

    lost = 4 if kind == "kendall" else 3
    if n <= lost or abs(r) >= 1.0:
        return None, None
    spread = {"pearson": 1.0, "spearman": 1.0 + r * r / 2.0, "kendall": 0.437}[kind]
    half = float(special.ndtri(0.5 + confidence / 2.0)) * math.sqrt(spread / (n - lost))
    z = math.atanh(r)
    return math.tanh(z - half), math.tanh(z + half)


@dataclass(frozen=True, slots=True)
class CorrelationMatrix(Result):
    """Pairwise coefficients of named columns; entry [i][j] is None where a column does not vary."""

    names: tuple[str, ...]
    coefficients: tuple[tuple[float | None, ...], ...]
    p: tuple[tuple[float | None, ...], ...]
    n: tuple[tuple[int, ...], ...]
    kind: Coefficient
    provenance: Provenance
    notes: tuple[Note, ...]


def matrix(columns: Mapping[str, ArrayLike], *, kind: Coefficient = "pearson") -> CorrelationMatrix:
    """All pairs of columns, each pair on the rows complete for it."""
    if len(columns) < 2:
        raise AnalysisError(f"A correlation matrix needs at least 2 columns; there are {len(columns)}.", "Name more.")
    names = tuple(columns)
    size = len(names)
    r: list[list[float | None]] = [[None] * size for _ in names]
    p: list[list[float | None]] = [[None] * size for _ in names]
    n = [[0] * size for _ in names]
    for i in range(size):
        for j in range(i, size):
            found = correlate(columns[names[i]], columns[names[j]], kind=kind)
            r[i][j] = r[j][i] = found.coefficient
            p[i][j] = p[j][i] = found.p
            n[i][j] = n[j][i] = found.n
    return CorrelationMatrix(
        names, tuple(map(tuple, r)), tuple(map(tuple, p)), tuple(map(tuple, n)), kind, _made(kind), ()
    )


def partial(x: ArrayLike, y: ArrayLike, controls: ArrayLike, *, confidence: float = 0.95) -> Correlation:
    """Pearson correlation of x and y with the linear effect of `controls` (n, k) taken out of both.

    Freedom n - 2 - k; Fisher z interval with standard error 1/sqrt(n - k - 3) (Anderson 2003, section 4.3).
    """
    bounds.confidence_level(confidence)
    control = np.atleast_2d(as_floats(controls, "controls"))
    if control.ndim != 2:
        raise AnalysisError(f"The controls have {control.ndim} dimensions.", "Give a table of rows and columns.")
    refuse_beyond(control, "controls")
    a, b = as_values(x, "x"), as_values(y, "y")
    if control.shape[0] == 1 and control.shape[1] == a.size:
        control = control.T
    if not a.size == b.size == control.shape[0]:
        raise AnalysisError(f"x has {a.size} values, y {b.size}, the controls {control.shape[0]} rows.", "Give rows.")
    rows = ~(np.isnan(a) | np.isnan(b) | np.isnan(control).any(axis=1))
    n, k = int(rows.sum()), control.shape[1]
    if n < k + 4:
        raise AnalysisError(f"{k} control columns need at least {k + 4} complete rows; there are {n}.", "Measure more.")
    design = np.column_stack([np.ones(n), control[rows]])
    both = np.column_stack([a[rows], b[rows]])
    left = both - design @ np.linalg.lstsq(design, both, rcond=None)[0]
    sizes = np.sqrt((left**2).sum(axis=0))
    made = Provenance("correlation.partial", {"controls": k, "interval": "Fisher z"})
    if (sizes <= 1e-12 * np.sqrt((both**2).sum(axis=0))).any():
        note = Note("explained_by_controls", "warning", {})
        return Correlation(None, None, None, None, n, "pearson", confidence, made, (note,))
    r = max(-1.0, min(1.0, float(left[:, 0] @ left[:, 1]) / float(sizes[0] * sizes[1])))
    lower, upper = _interval(r, n - k, "pearson", confidence)
    return Correlation(r, _t_test(r, n - 2 - k), lower, upper, n, "pearson", confidence, made, ())


@dataclass(frozen=True, slots=True)
class LaggedCorrelation(Result):
    """Correlation of x(t) with y(t + lag): a positive best lag means that x leads y."""

    lags: tuple[int, ...]
    coefficients: tuple[float | None, ...]
    best_lag: int
    best: float
    limit: float
    n: int
    provenance: Provenance
    notes: tuple[Note, ...]


def lagged(x: ArrayLike, y: ArrayLike, *, maximum_lag: int = 20, confidence: float = 0.95) -> LaggedCorrelation:
    """Pearson correlation at each lag from -maximum to +maximum, each on its own overlapping pairs.

    `limit` is the white-noise limit z/sqrt(n); with autocorrelated series it is too narrow, which a note says when the
    lag-1 autocorrelation of both exceeds that limit.
    """
    from scipy import special

    a, b = as_values(x, "x"), as_values(y, "y")
    if a.size != b.size:
        raise AnalysisError(f"x has {a.size} values and y has {b.size}.", "Give pairs.")
    bounds.confidence_level(confidence)
    if a.size < 4:
        raise AnalysisError(f"Lags need at least 4 values; there are {a.size}.", "Collect more data.")
    bounds.whole(maximum_lag, "maximum lag", 1, a.size - 3)
    lags = range(-maximum_lag, maximum_lag + 1)
    found: list[float | None] = []
    for lag in lags:
        first, second = (a[: a.size - lag], b[lag:]) if lag >= 0 else (a[-lag:], b[:lag])
        found.append(correlate(first, second).coefficient)
    known = [(abs(r), -abs(lag), lag, r) for lag, r in zip(lags, found, strict=True) if r is not None]
    if not known:
        raise AnalysisError("A column does not vary; there is no correlation at any lag.")
    _, _, best_lag, best = max(known)
    limit = float(special.ndtri(0.5 + confidence / 2.0)) / math.sqrt(a.size)
    inner = [correlate(column[:-1], column[1:]).coefficient for column in (a, b)]
    made = Provenance("correlation.lagged", {"coefficient": "pearson", "limit": "white noise"})
    notes: tuple[Note, ...] = ()
    if all(r is not None and abs(r) > limit for r in inner):
        notes = (Note("both_series_autocorrelated", "warning", {"lag1_x": inner[0], "lag1_y": inner[1]}),)
    return LaggedCorrelation(tuple(lags), tuple(found), best_lag, best, limit, a.size, made, notes)
