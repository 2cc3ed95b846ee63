"""Variance components of any layout, balanced or not: restricted maximum likelihood and Henderson's method 3."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError

Floats = NDArray[np.float64]

LARGEST = 3000  # the matrices have n x n entries
_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Effect:
    """One random term: its name and the number of each value's level (0-based)."""

    name: str
    codes: NDArray[np.intp]

    @property
    def levels(self) -> int:
        """How many levels the term has."""
        return int(self.codes.max()) + 1

    def indicator(self) -> Floats:
        """The n x levels matrix of zeros and ones."""
        matrix = np.zeros((self.codes.size, self.levels))
        matrix[np.arange(self.codes.size), self.codes] = 1.0
        return matrix


@dataclass(frozen=True, slots=True)
class Estimates:
    """Variances in the order of the effects, the residual last, with their covariance matrix (rows of 0 at a bound).

    `rows` holds (degrees of freedom, sum of squares) of each effect and the residual for the sums-of-squares method.
    `log_likelihood` is the restricted one, None for the other method; `fixed` are the fixed coefficients.
    """

    variances: Floats
    covariance: Floats
    log_likelihood: float | None
    rows: tuple[tuple[int, float], ...]
    fixed: Floats
    fixed_covariance: Floats


def reml(y: Floats, design: Floats, effects: Sequence[Effect]) -> Estimates:
    """Restricted maximum likelihood under normality, variances kept at 0 or above.

    Fisher scoring with halved steps from equal variances (Searle, Casella and McCulloch, Variance Components (1992),
    section 6.6 and 8.3); a variance that would turn negative is held at 0 while the likelihood falls there.
    """
    _check(y, design)
    kernels: list[Floats] = [matrix @ matrix.T for matrix in (effect.indicator() for effect in effects)] + [
        np.eye(y.size)
    ]
    scale = float(y.var())
    theta = np.full(len(kernels), scale / len(kernels))
    state = _Likelihood(y, design, kernels, theta)
    for _ in range(_ROUNDS):
        free = ~((theta <= 0.0) & (state.score <= 0.0))
        step = np.zeros_like(theta)
        step[free] = np.linalg.lstsq(state.information[np.ix_(free, free)], state.score[free], rcond=None)[0]
        if float(np.abs(step).max()) <= 1e-12 * scale:
            break
        moved = _climb(y, design, kernels, theta, state, step)
        if moved is None:
            break
        gain, (theta, state) = moved[1].level - state.level, moved
        if gain < 1e-12 * max(1.0, abs(state.level)):
            break
    theta = np.where(theta < 1e-12 * scale, 0.0, theta)
    free = theta > 0.0
    covariance = np.zeros((theta.size, theta.size))
    covariance[np.ix_(free, free)] = np.linalg.pinv(state.information[np.ix_(free, free)])
    return Estimates(theta, covariance, state.level, (), state.beta, state.beta_covariance)


class _Likelihood:
    """The restricted likelihood at one point, with score and expected information."""

    __slots__ = ("beta", "beta_covariance", "information", "level", "score")

    def __init__(self, y: Floats, design: Floats, kernels: Sequence[Floats], theta: Floats) -> None:
        total = sum(value * kernel for value, kernel in zip(theta.tolist(), kernels, strict=True))
        lower = np.linalg.cholesky(np.asarray(total))
        inverse = np.linalg.inv(lower)
        solved = inverse.T @ inverse
        weighted = solved @ design
        cross = design.T @ weighted
        self.beta_covariance: Floats = np.asarray(np.linalg.inv(cross), dtype=np.float64)
        self.beta: Floats = self.beta_covariance @ (weighted.T @ y)
        project = solved - weighted @ self.beta_covariance @ weighted.T
        residual = project @ y
        _, log_cross = np.linalg.slogdet(cross)
        self.level = -0.5 * (2.0 * float(np.log(np.diag(lower)).sum()) + float(log_cross) + float(y @ residual))
        products = [project @ kernel for kernel in kernels]
        quadratic = np.array([float(residual @ kernel @ residual) for kernel in kernels])
        self.score = 0.5 * (quadratic - np.array([float(np.trace(product)) for product in products]))
        self.information = 0.5 * np.array(
            [[float((first * second.T).sum()) for second in products] for first in products]
        )


def _climb(
    y: Floats, design: Floats, kernels: Sequence[Floats], theta: Floats, state: _Likelihood, step: Floats
) -> tuple[Floats, _Likelihood] | None:
    """A point along `step`, cut at 0, with a likelihood no lower; None when there is none."""
    size = 1.0
    for _ in range(40):
        trial = np.maximum(theta + size * step, 0.0)
        if trial[-1] <= 0.0:
            trial[-1] = 0.1 * theta[-1]
        try:
            reached = _Likelihood(y, design, kernels, trial)
        except np.linalg.LinAlgError:
            size *= 0.5
            continue
        if reached.level >= state.level - 1e-12 * abs(state.level):
            return trial, reached
        size *= 0.5
    return None


def henderson(y: Floats, design: Floats, effects: Sequence[Effect]) -> Estimates:
    """Sums of squares by successive fitting, equated to their expectations (Henderson's method 3).

    Unbiased, may be negative, and equal to the analysis of variance for balanced data. Source: Searle, Casella and
    McCulloch (1992), section 5.5. Covariances hold for normal values with the variances estimated.
    Errors: AnalysisError when a term cannot be told from those before it.
    """
    _check(y, design)
    bases, kernels = [_basis(design)], []
    for effect in effects:
        indicator = effect.indicator()
        kernels.append(indicator @ indicator.T)
        extra = _basis(indicator - bases[0] @ (bases[0].T @ indicator), floor=_norm(indicator))
        for before in bases[1:]:
            extra = extra - before @ (before.T @ extra)
        bases.append(_basis(extra, floor=1.0))
        if bases[-1].shape[1] == 0:
            raise AnalysisError(
                f"The term '{effect.name}' cannot be told from those before it.", "Leave it out, or measure more."
            )
    return _equate(y, bases, kernels)


def _equate(y: Floats, bases: Sequence[Floats], kernels: Sequence[Floats]) -> Estimates:
    n = y.size
    used = sum(basis.shape[1] for basis in bases)
    if used >= n:
        raise AnalysisError("No repeated measurements are left to judge repeatability by.", "Leave out a term.")
    everything = np.hstack(list(bases))
    quadratics = [basis @ basis.T for basis in bases[1:]] + [np.eye(n) - everything @ everything.T]
    degrees = [basis.shape[1] for basis in bases[1:]] + [n - used]
    sums = np.array([float(y @ form @ y) for form in quadratics])
    expected = np.array([[float((form * kernel).sum()) for kernel in (*kernels, np.eye(n))] for form in quadratics])
    solver = np.linalg.inv(expected)
    variances = solver @ sums
    total = sum(
        max(value, 0.0) * kernel for value, kernel in zip(variances.tolist(), (*kernels, np.eye(n)), strict=True)
    )
    spread = [form @ np.asarray(total) for form in quadratics]
    of_sums = np.array([[2.0 * float((a * b.T).sum()) for b in spread] for a in spread])
    rows = tuple((int(df), float(ss)) for df, ss in zip(degrees, sums.tolist(), strict=True))
    beta = bases[0].T @ y
    return Estimates(
        variances, solver @ of_sums @ solver.T, None, rows, beta, np.full((beta.size, beta.size), math.nan)
    )


def _norm(matrix: Floats) -> float:
    return float(np.abs(matrix).max(initial=0.0)) * math.sqrt(matrix.shape[0])


def _basis(matrix: Floats, floor: float = 0.0) -> Floats:
    """Orthonormal columns of the space of `matrix`; directions below 1e-9 of `floor` or of the largest are noise."""
    if matrix.shape[1] == 0:
        return matrix
    left, sizes, _ = np.linalg.svd(matrix, full_matrices=False)
    return np.asarray(left[:, sizes > 1e-9 * max(floor, float(sizes[0]))])


def _check(y: Floats, design: Floats) -> None:
    if y.size > LARGEST:
        raise AnalysisError(f"{y.size} measurements are more than this method takes ({LARGEST}).", "Use a sample.")
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise AnalysisError("The fixed factors cannot be told apart.", "Leave one of them out.")
