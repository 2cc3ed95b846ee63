"""Charts of individuals for thousands of characteristics in one pass: the limits and signals each would have alone.

The characteristics are laid end to end with a missing point between them, which breaks every pattern, and judged as one
long series with lines of its own at each point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.charts.judging import CHUNK, Judge
from analysis.charts.lines import Lines
from analysis.charts.settings import check_width
from analysis.constants import d2, d3
from analysis.errors import AnalysisError
from analysis.observations import as_floats, refuse_beyond
from analysis.results import Provenance, Result
from analysis.rules import LIMITS_ONLY, RuleSet
from analysis.sigma import moving_ranges


@dataclass(frozen=True, slots=True)
class ManyCharts(Result):
    """I-MR charts of k characteristics, n points each.

    `center`, `sigma` (mean moving range over d2), `lcl`, `ucl` and `range_ucl` have one entry a characteristic, nan
    where fewer than two neighbouring values exist; `signals` and `range_signals` are masks, n x k; `fired` counts, for
    each rule and characteristic, the points that complete it (rules x k), on both panels together.
    """

    rules: RuleSet
    center: np.ndarray
    sigma: np.ndarray
    lcl: np.ndarray
    ucl: np.ndarray
    range_ucl: np.ndarray
    signals: np.ndarray
    range_signals: np.ndarray
    fired: np.ndarray
    provenance: Provenance


def individuals_of_many(values: ArrayLike, rules: RuleSet = LIMITS_ONLY, width: float = 3.0) -> ManyCharts:
    """I-MR charts of a table with one row a point and one column a characteristic; nan is missing.

    Each characteristic gets what `charts.study("i_mr", column, rules)` gives it.
    """
    table = as_floats(values)
    if table.ndim != 2:
        raise AnalysisError(
            f"Many charts take a table of two dimensions; this has {table.ndim}.", "Give one column a characteristic."
        )
    check_width(width)
    refuse_beyond(table)
    points, count = table.shape
    center, sigma = np.full(count, np.nan), np.full(count, np.nan)
    signals, range_signals = np.zeros((2, count, points), dtype=np.uint16)
    location, dispersion = Judge(rules, "all"), Judge(rules, "unsymmetric")
    step = max(1, CHUNK // (points + 1))
    for start in range(0, count, step):
        part = slice(start, min(start + step, count))
        rows = np.full((part.stop - start, points + 1), np.nan)
        rows[:, :points] = table[:, part].T
        center[part], sigma[part] = _level(rows[:, :points])
        flat = rows.ravel()
        for judge, series, panel, kept in (
            (location, flat, _around(center[part], sigma[part], width), signals),
            (dispersion, moving_ranges(flat), _ranges(sigma[part], width), range_signals),
        ):
            lines = Lines(*(np.repeat(line, points + 1) for line in panel))
            judge.reset()
            kept[part] = judge.advance(series, lines, keep=False).reshape(rows.shape)[:, :points]
    together = signals | range_signals
    bits = [((together >> bit) & 1).sum(axis=1) for bit in range(len(rules.rules))]
    return ManyCharts(
        rules=rules,
        center=center,
        sigma=sigma,
        lcl=center - width * sigma,
        ucl=center + width * sigma,
        range_ucl=_ranges(sigma, width).ucl,
        signals=signals.T,
        range_signals=range_signals.T,
        fired=np.array(bits, dtype=np.int64).reshape(len(rules.rules), count),
        provenance=Provenance("charts.individuals_of_many", {"sigma": "mr_mean", "width": width, "rules": rules.name}),
    )


def _level(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and sigma of each row, from its values and moving ranges that are there."""
    steps = np.abs(np.diff(rows, axis=1))
    means, ranges = _means(rows), _means(steps)
    usable = ~np.isnan(ranges)
    return np.where(usable, means, np.nan), ranges / d2(2)


def _means(rows: np.ndarray) -> np.ndarray:
    if rows.shape[1] == 0:
        return np.full(len(rows), np.nan)
    means: np.ndarray = rows.mean(axis=1)
    for row in np.flatnonzero(np.isnan(means)):
        present = rows[row][~np.isnan(rows[row])]
        means[row] = present.mean() if len(present) else np.nan
    return means


def _around(center: np.ndarray, sigma: np.ndarray, width: float) -> Lines:
    return Lines(center, center - width * sigma, center + width * sigma, sigma)


def _ranges(sigma: np.ndarray, width: float) -> Lines:
    center, error = d2(2) * sigma, d3(2) * sigma
    return Lines(center, np.maximum(0.0, center - width * error), center + width * error, error)
