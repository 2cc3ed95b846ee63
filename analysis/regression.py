"""Linear regression with the diagnostics an engineer needs before trusting a line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis import bounds
from analysis.bounds import LARGEST_TWICE_SQUARED
from analysis.descriptive import accurate_mean
from analysis.errors import AnalysisError
from analysis.observations import as_values, refuse_beyond
from analysis.results import Note, Provenance, Result

LARGEST = LARGEST_TWICE_SQUARED


@dataclass(frozen=True, slots=True)
class Coefficient(Result):
    """One term: estimate, standard error, t, p and confidence limits; `vif` is its variance inflation factor."""

    name: str
    estimate: float
    standard_error: float
    t: float | None
    p: float | None
    lower: float
    upper: float
    vif: float | None


@dataclass(frozen=True, slots=True)
class LackOfFit(Result):
    """Does the line bend? From repeated settings (pure error): F and p, or None without repeats."""

    freedom: int
    pure_freedom: int
    f: float | None
    p: float | None


@dataclass(frozen=True, slots=True)
class Regression(Result):
    """Least-squares fit. Arrays are one entry an observation, in input order without the incomplete rows.

    `standardised` are internally studentised residuals, `deleted` externally studentised ones; `r2_predicted` comes
    from PRESS; `durbin_watson` is meaningful when rows are in order of time.
    """

    coefficients: tuple[Coefficient, ...]
    r2: float | None
    r2_adjusted: float | None
    r2_predicted: float | None
    residual_sd: float
    residual_freedom: int
    f: float | None
    p: float | None
    press: float
    durbin_watson: float | None
    lack_of_fit: LackOfFit | None
    fitted: NDArray[np.float64]
    residuals: NDArray[np.float64]
    leverage: NDArray[np.float64]
    standardised: NDArray[np.float64]
    deleted: NDArray[np.float64]
    cooks_distance: NDArray[np.float64]
    n: int
    confidence: float
    provenance: Provenance
    notes: tuple[Note, ...]

    def coefficient(self, name: str) -> Coefficient:
        """The term of this name; AnalysisError when there is none."""
        for term in self.coefficients:
            if term.name == name:
                return term
        raise AnalysisError(f"There is no term '{name}'.", f"Terms: {', '.join(t.name for t in self.coefficients)}.")


def fit(
    y: ArrayLike, predictors: Mapping[str, ArrayLike], *, intercept: bool = True, confidence: float = 0.95
) -> Regression:
    """Fit y (n,) on named predictor columns (n,), rows with a missing value left out.

    Columns are centred (when there is an intercept) and scaled, then solved by QR, which keeps 9 and more certified
    digits on NIST StRD Norris and Longley. Formulas: Montgomery, Peck and Vining, chapters 3, 4, 6 and 9.
    """
    bounds.confidence_level(confidence)
    response, columns = _complete(y, predictors)
    n, k = columns.shape
    freedom = n - k - int(intercept)
    if freedom < 1:
        raise AnalysisError(
            f"{k} predictors need at least {k + int(intercept) + 1} rows; there are {n}.", "Measure more."
        )
    names = list(predictors)
    basis = _Basis.of(columns, names, intercept)
    centre = accurate_mean(response) if intercept else 0.0
    q, r = np.linalg.qr(basis.scaled)
    _refuse_dependent(r, names)
    target = response - centre
    beta = np.linalg.solve(r, q.T @ target)
    # One step of refinement: the residual's own projection is the rounding left in the first solution.
    beta = beta + np.linalg.solve(r, q.T @ (target - basis.scaled @ beta))
    residuals = target - basis.scaled @ beta
    leverage = (q * q).sum(axis=1) + (1.0 / n if intercept else 0.0)
    return _assemble(
        _Solved(response, basis, beta, r, residuals, leverage, centre, freedom, intercept, confidence, names), columns
    )


@dataclass(frozen=True, slots=True)
class _Basis:
    """Predictors centred and scaled to unit length."""

    scaled: NDArray[np.float64]
    centres: NDArray[np.float64]
    scales: NDArray[np.float64]

    @classmethod
    def of(cls, columns: NDArray[np.float64], names: list[str], intercept: bool) -> _Basis:
        k = columns.shape[1]
        centres = np.array([accurate_mean(columns[:, i]) for i in range(k)]) if intercept else np.zeros(k)
        centred = columns - centres
        scales = np.sqrt((centred**2).sum(axis=0))
        for name, scale, column in zip(names, scales, columns.T, strict=True):
            if scale <= 1e-14 * max(1e-300, float(np.abs(column).max())):
                raise AnalysisError(f"The predictor '{name}' does not vary.", "Leave it out.")
        return cls(centred / scales, centres, scales)


@dataclass(frozen=True, slots=True)
class _Solved:
    response: NDArray[np.float64]
    basis: _Basis
    beta: NDArray[np.float64]
    r: NDArray[np.float64]
    residuals: NDArray[np.float64]
    leverage: NDArray[np.float64]
    centre: float
    freedom: int
    intercept: bool
    confidence: float
    names: list[str]


def _complete(y: ArrayLike, predictors: Mapping[str, ArrayLike]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if not predictors:
        raise AnalysisError("There is no predictor.", "Name at least one column.")
    response = _scaled(y, "response")
    table = np.column_stack([_column(column, name, response) for name, column in predictors.items()])
    rows = ~(np.isnan(response) | np.isnan(table).any(axis=1))
    return response[rows], table[rows]


def _column(column: ArrayLike, name: str, response: NDArray[np.float64]) -> NDArray[np.float64]:
    data = _scaled(column, f"values of predictor '{name}'")
    if data.size != response.size:
        raise AnalysisError(f"The predictor '{name}' has {data.size} rows, y has {response.size}.", "Give pairs.")
    return data


def _scaled(column: ArrayLike, name: str) -> NDArray[np.float64]:
    """A column whose variation can be squared twice, or that does not vary."""
    data = as_values(column, name)
    refuse_beyond(data, name, LARGEST)
    peak = float(np.nanmax(np.abs(data), initial=0.0)) if data.size else 0.0
    if 0.0 < peak < 1.0 / LARGEST:
        raise AnalysisError(f"The {name} reach {peak:g} at most, too little for their squares.", "Use a smaller unit.")
    return data


def _refuse_dependent(r: NDArray[np.float64], names: list[str]) -> None:
    diagonal = np.abs(np.diag(r))
    worst = int(np.argmin(diagonal))
    if diagonal[worst] < 1e-12:
        raise AnalysisError(
            f"The predictor '{names[worst]}' is a combination of those before it.", "Leave one of them out."
        )


def _assemble(s: _Solved, columns: NDArray[np.float64]) -> Regression:
    from scipy import special

    n, k = columns.shape
    squares = float(s.residuals @ s.residuals)
    variance = squares / s.freedom
    total = float(((s.response - s.centre) ** 2).sum())
    explained = max(total - squares, 0.0)
    f = explained / k / variance if variance > 0 else None
    one_minus = np.clip(1.0 - s.leverage, 0.0, None)
    # An observation with leverage 1 determines its own fitted value: its residual says nothing and no rule applies.
    judged = one_minus > 1e-12
    left_out = np.divide(s.residuals, one_minus, out=np.full(n, np.nan), where=judged)
    press = float(np.nansum(left_out**2))
    scale = math.sqrt(variance)
    standardised = np.divide(
        s.residuals, scale * np.sqrt(one_minus), out=np.full(n, np.nan), where=judged & (scale > 0)
    )
    parameters = k + int(s.intercept)
    changed = np.diff(s.residuals)
    return Regression(
        coefficients=_coefficients(s, variance, columns),
        r2=explained / total if total > 0 else None,
        r2_adjusted=1.0 - variance / (total / (n - int(s.intercept))) if total > 0 else None,
        r2_predicted=1.0 - press / total if total > 0 else None,
        residual_sd=scale,
        residual_freedom=s.freedom,
        f=f,
        p=float(special.fdtrc(k, s.freedom, f)) if f is not None else None,
        press=press,
        durbin_watson=float(changed @ changed) / squares if squares > 0 else None,
        lack_of_fit=_lack_of_fit(columns, s.response, squares, s.freedom),
        fitted=s.response - s.residuals,
        residuals=s.residuals,
        leverage=s.leverage,
        standardised=standardised,
        deleted=_deleted(standardised, s.freedom),
        cooks_distance=standardised**2
        * np.divide(s.leverage, one_minus, out=np.full(n, np.nan), where=judged)
        / parameters,
        n=n,
        confidence=s.confidence,
        provenance=Provenance("regression.fit", {"intercept": s.intercept, "solver": "QR of centred, scaled columns"}),
        notes=() if variance > 0 else (Note("exact_fit", "warning", {}),),
    )


def _deleted(standardised: NDArray[np.float64], freedom: int) -> NDArray[np.float64]:
    """Externally studentised residuals: t with freedom - 1."""
    below = freedom - standardised**2
    ok = below > 1e-12
    if freedom < 2:
        return np.full(standardised.size, np.nan)
    ratio = np.divide(freedom - 1.0, below, out=np.full(standardised.size, np.nan), where=ok)
    return np.asarray(standardised * np.sqrt(ratio))


def _coefficients(s: _Solved, variance: float, columns: NDArray[np.float64]) -> tuple[Coefficient, ...]:
    from scipy import special

    n = columns.shape[0]
    inverse = np.linalg.inv(s.r)
    covariance = inverse @ inverse.T
    slopes = s.beta / s.basis.scales
    shrink = 1.0 / s.basis.scales
    errors = np.sqrt(variance * np.diag(covariance)) * shrink
    quantile = float(special.stdtrit(s.freedom, 0.5 + s.confidence / 2.0))
    inflation = np.diag(covariance) if s.intercept else np.full(slopes.size, np.nan)
    terms = [
        _term(name, float(b), float(e), s.freedom, quantile, float(v) if math.isfinite(v) else None)
        for name, b, e, v in zip(s.names, slopes, errors, inflation, strict=True)
    ]
    if s.intercept:
        weights = s.basis.centres * shrink
        moved = weights @ inverse  # as a sum of squares, which rounding cannot make negative
        error = math.sqrt(variance * (1.0 / n + float(moved @ moved)))
        value = s.centre - float(math.fsum((slopes * s.basis.centres).tolist()))
        terms.insert(0, _term("intercept", value, error, s.freedom, quantile, None))
    return tuple(terms)


def _term(name: str, value: float, error: float, freedom: int, quantile: float, vif: float | None) -> Coefficient:
    from scipy import special

    t = value / error if error > 0 else None
    p = 2.0 * float(special.stdtr(freedom, -abs(t))) if t is not None else None
    return Coefficient(name, value, error, t, p, value - quantile * error, value + quantile * error, vif)


def _lack_of_fit(
    columns: NDArray[np.float64], y: NDArray[np.float64], squares: float, freedom: int
) -> LackOfFit | None:
    from scipy import special

    _, group = np.unique(columns, axis=0, return_inverse=True)
    group = np.ravel(group)
    counts = np.bincount(group)
    pure_freedom = y.size - counts.size
    lack_freedom = freedom - pure_freedom
    if pure_freedom < 1 or lack_freedom < 1:
        return None
    base = y - y[0]
    means = np.bincount(group, weights=base) / counts
    pure = float(((base - means[group]) ** 2).sum())
    if pure <= 0:
        return LackOfFit(lack_freedom, pure_freedom, None, None)
    f = max(squares - pure, 0.0) / lack_freedom / (pure / pure_freedom)
    return LackOfFit(lack_freedom, pure_freedom, f, float(special.fdtrc(lack_freedom, pure_freedom, f)))


def polynomial(y: ArrayLike, x: ArrayLike, *, degree: int, confidence: float = 0.95) -> Regression:
    """Polynomial in x about its mean: terms (x - mean)^1 .. ^degree, which keeps the columns far from dependent."""
    data = as_values(x, "x")
    bounds.whole(degree, "degree", 1, 10)
    refuse_beyond(data, "x", LARGEST ** (1.0 / degree))
    if np.isnan(data).all():
        raise AnalysisError("There is no value of x.", "Give numbers.")
    centre = accurate_mean(data[~np.isnan(data)])
    terms = {f"(x - {centre:.9g})^{power}": (data - centre) ** power for power in range(1, degree + 1)}
    return fit(y, terms, confidence=confidence)


@dataclass(frozen=True, slots=True)
class Prediction(Result):
    """Fitted mean at new settings with its confidence limits, and the limits for one new observation."""

    fitted: float
    mean_lower: float
    mean_upper: float
    new_lower: float
    new_upper: float
    leverage: float
    extrapolates: bool


def predict(
    y: ArrayLike, predictors: Mapping[str, ArrayLike], at: Mapping[str, float], *, confidence: float = 0.95
) -> Prediction:
    """Refit with the new setting as origin, so that the intercept and its error are the answer themselves."""
    from scipy import special

    missing = [name for name in predictors if name not in at]
    if missing:
        raise AnalysisError(f"No setting is given for '{missing[0]}'.", "Give one for each predictor.")
    moved = {name: as_values(column, name) - bounds.finite(at[name], name) for name, column in predictors.items()}
    fitted = fit(y, moved, confidence=confidence)
    mean = fitted.coefficient("intercept")
    quantile = float(special.stdtrit(fitted.residual_freedom, 0.5 + confidence / 2.0))
    new = quantile * math.hypot(mean.standard_error, fitted.residual_sd)
    leverage = (mean.standard_error / fitted.residual_sd) ** 2 if fitted.residual_sd > 0 else 0.0
    return Prediction(
        mean.estimate, mean.lower, mean.upper, mean.estimate - new, mean.estimate + new,
        leverage, leverage > float(fitted.leverage.max()),
    )  # fmt: skip
