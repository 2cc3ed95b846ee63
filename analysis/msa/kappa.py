"""Kappa: agreement beyond chance between two ratings (Cohen) or many (Fleiss), with standard errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.capability.intervals import Interval, normal_quantile
from analysis.errors import AnalysisError
from analysis.msa.gauge import check_confidence
from analysis.observations import as_floats
from analysis.results import Note, Provenance, Result

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kappa(Result):
    """Agreement beyond chance: kappa = (observed - expected) / (1 - expected).

    `se` for the interval, `se_null` under no agreement for `z` and `p` (one-sided: better than chance). None where all
    ratings fall in one category, since chance then explains everything.
    """

    kappa: float | None
    observed: float
    expected: float
    se: float | None
    se_null: float | None
    z: float | None
    p: float | None
    interval: Interval | None
    n: int
    method: str


@dataclass(frozen=True, slots=True)
class FleissKappa(Result):
    """Fleiss' kappa of all categories together and of each against the rest, by category label."""

    overall: Kappa
    by_category: dict[str, Kappa]
    raters: int
    subjects: int
    notes: tuple[Note, ...]
    provenance: Provenance


def cohen(table: ArrayLike, *, weights: str = "none", confidence: float = 0.95) -> Kappa:
    """Cohen's kappa of a square table of counts, rows by the first rater, columns by the second.

    `weights`: none, linear or quadratic (for ordered categories). Standard errors: Fleiss, Cohen and Everitt,
    Psychological Bulletin 72 (1969) 323-327.
    """
    counts = as_floats(table, "counts")
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or counts.shape[0] < 2:
        raise AnalysisError("Kappa needs a square table of two categories or more.", "Give counts[first][second].")
    if not np.isfinite(counts).all() or (counts < 0).any() or counts.sum() == 0:
        raise AnalysisError("The counts must be finite, not negative and not all 0.", "Mend the table.")
    if weights not in ("none", "linear", "quadratic"):
        raise AnalysisError(f"'{weights}' are no weights of kappa.", "Choose none, linear or quadratic.")
    check_confidence(confidence)
    n = float(counts.sum())
    p = counts / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    w = _weights(p.shape[0], weights)
    observed = float((w * p).sum())
    expected = float(rows @ w @ columns)
    method = "cohen" if weights == "none" else f"cohen, {weights} weights"
    if 1.0 - expected <= 1e-12:
        return Kappa(None, observed, expected, None, None, None, None, None, round(n), method)
    kappa = (observed - expected) / (1.0 - expected)
    average = (w @ columns)[:, None] + (rows @ w)[None, :]
    inner = float((p * (w - average * (1.0 - kappa)) ** 2).sum()) - (kappa - expected * (1.0 - kappa)) ** 2
    null = float((np.outer(rows, columns) * (w - average) ** 2).sum()) - expected**2
    scale = (1.0 - expected) * math.sqrt(n)
    se, se_null = math.sqrt(max(0.0, inner)) / scale, math.sqrt(max(0.0, null)) / scale
    return _made(kappa, observed, expected, se, se_null, round(n), method, confidence)


def cohen_of_ratings(
    first: Sequence[object], second: Sequence[object], *, weights: str = "none", confidence: float = 0.95
) -> Kappa:
    """Cohen's kappa of two columns of ratings of the same subjects, categories in sorted order."""
    return cohen(cross_table(first, second)[1], weights=weights, confidence=confidence)


def cross_table(first: Sequence[object], second: Sequence[object]) -> tuple[list[str], Floats]:
    """The categories of both columns and the counts of each pair."""
    one, two = [str(item) for item in first], [str(item) for item in second]
    if len(one) != len(two) or not one:
        raise AnalysisError(f"There are {len(one)} and {len(two)} ratings.", "Give pairs.")
    names = sorted({*one, *two})
    place = {name: index for index, name in enumerate(names)}
    table = np.zeros((max(2, len(names)), max(2, len(names))))
    for a, b in zip(one, two, strict=True):
        table[place[a], place[b]] += 1.0
    return names, table


def fleiss(counts: ArrayLike, *, categories: Sequence[str] | None = None, confidence: float = 0.95) -> FleissKappa:
    """Fleiss' kappa of counts[subject][category], every subject rated equally often (twice or more).

    Fleiss, Psychological Bulletin 76 (1971) 378-382; standard error under no agreement by Fleiss, Nee and Landis,
    Psychological Bulletin 86 (1979) 974-977; for the interval by the delta method over subjects (Gwet, Handbook of
    Inter-Rater Reliability (2014), section 5.3, subjects a random sample of many).
    """
    table = as_floats(counts, "counts")
    check_confidence(confidence)
    if table.ndim != 2 or table.shape[0] < 2 or table.shape[1] < 2:
        raise AnalysisError(
            "Fleiss' kappa needs 2 subjects and 2 categories or more.", "Give counts[subject][category]."
        )
    if not np.isfinite(table).all() or (table < 0).any():
        raise AnalysisError("The counts must be finite and not negative.", "Mend the table.")
    each = table.sum(axis=1)
    raters = round(float(each[0]))
    if (each != each[0]).any() or raters < 2:
        raise AnalysisError("Every subject must be rated equally often, twice or more.", "Complete the ratings.")
    names = [str(index + 1) for index in range(table.shape[1])] if categories is None else list(categories)
    if len(names) != table.shape[1]:
        raise AnalysisError(f"There are {table.shape[1]} categories and {len(names)} names.", "Name each.")
    shares = table.sum(axis=0) / table.sum()
    overall = _fleiss(table, raters, _null_overall(shares, table.shape[0], raters), confidence)
    single = {
        name: _fleiss(
            np.stack((table[:, index], raters - table[:, index]), axis=1),
            raters,
            math.sqrt(2.0 / (table.shape[0] * raters * (raters - 1))),
            confidence,
        )
        for index, name in enumerate(names)
    }
    notes = () if overall.kappa is not None else (Note("one_category", "warning"),)
    return FleissKappa(overall, single, raters, table.shape[0], notes, Provenance("msa.fleiss", {"se": "delta"}))


def _fleiss(table: Floats, raters: int, se_null: float | None, confidence: float) -> Kappa:
    subjects = table.shape[0]
    shares = table.sum(axis=0) / table.sum()
    agreement = ((table * (table - 1.0)).sum(axis=1)) / (raters * (raters - 1))
    observed, expected = float(agreement.mean()), float(shares @ shares)
    if 1.0 - expected <= 1e-12:
        return Kappa(None, observed, expected, None, None, None, None, None, subjects, "fleiss")
    kappa = (observed - expected) / (1.0 - expected)
    # linearised: each subject's share in kappa, its own marginal included (Gwet 2014, eq. 5.11)
    own = (agreement - expected) / (1.0 - expected)
    marginal = table @ shares / raters
    linear = own - 2.0 * (1.0 - kappa) * (marginal - expected) / (1.0 - expected)
    variance = float(((linear - kappa) ** 2).sum()) / (subjects * (subjects - 1))
    return _made(kappa, observed, expected, math.sqrt(variance), se_null, subjects, "fleiss", confidence)


def _null_overall(shares: Floats, subjects: int, raters: int) -> float | None:
    """Standard error of kappa when ratings are independent of the subjects."""
    spread = float((shares * (1.0 - shares)).sum())
    if spread <= 0.0:
        return None
    skew = float((shares * (1.0 - shares) * (1.0 - 2.0 * shares)).sum())
    return math.sqrt(2.0 * max(0.0, spread**2 - skew)) / (spread * math.sqrt(subjects * raters * (raters - 1)))


def _made(
    kappa: float,
    observed: float,
    expected: float,
    se: float,
    se_null: float | None,
    n: int,
    method: str,
    confidence: float,
) -> Kappa:
    z = kappa / se_null if se_null else None
    half = normal_quantile(confidence) * se
    return Kappa(
        kappa=kappa,
        observed=observed,
        expected=expected,
        se=se,
        se_null=se_null,
        z=z,
        p=None if z is None else 0.5 * math.erfc(z / math.sqrt(2.0)),
        interval=Interval(max(-1.0, kappa - half), min(1.0, kappa + half), confidence, "normal"),
        n=n,
        method=method,
    )


def _weights(count: int, kind: str) -> Floats:
    if kind == "none":
        return np.eye(count)
    distance = np.abs(np.subtract.outer(np.arange(count), np.arange(count))) / (count - 1)
    return 1.0 - (distance if kind == "linear" else distance**2)
