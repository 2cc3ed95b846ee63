"""Rational subgroups as a matrix: one row a subgroup, short rows filled with not-a-number at the end.

Means, ranges and standard deviations are summed value by value from the left, so that a live subgroup gives the same
bits as a row among thousands.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from analysis.errors import AnalysisError
from analysis.observations import as_floats, as_labels, refuse_beyond

LARGEST_MATRIX = 200_000_000


class Statistics(NamedTuple):
    """Of each subgroup: how many values, their mean, range and sample standard deviation (nan where undefined)."""

    sizes: np.ndarray
    means: np.ndarray
    ranges: np.ndarray
    deviations: np.ndarray


class Grouping(NamedTuple):
    """Subgroups and what each was called (label, or start of its time window)."""

    matrix: np.ndarray
    labels: tuple[object, ...]


def as_matrix(values: ArrayLike | Sequence[Sequence[float]]) -> np.ndarray:
    """Subgroups as a float matrix, from a matrix, or a list of lists of any lengths. Infinities are refused."""
    try:
        matrix = as_floats(values)  # lists of unequal length are filled up below
    except AnalysisError:
        matrix = _padded(values)  # type: ignore[arg-type]  # what is not a list of lists of numbers is told there
    if matrix.ndim == 1 and matrix.size == 0:
        matrix = matrix.reshape(0, 1)
    if matrix.ndim != 2:
        raise AnalysisError(
            f"Subgroups are a table of two dimensions; this has {matrix.ndim}.",
            "Give one row a subgroup, or split a column with by_size, by_label or by_time.",
        )
    refuse_beyond(matrix)
    return matrix


def _padded(values: Sequence[Sequence[float]]) -> np.ndarray:
    try:
        rows = [as_floats(row, "subgroups").reshape(-1) for row in values]
    except TypeError as error:
        raise AnalysisError(
            f"The subgroups are not all lists of numbers ({error}).", "Mend the entry named."
        ) from error
    return _fill([len(row) for row in rows], np.concatenate(rows) if rows else np.empty(0))


def _fill(sizes: Sequence[int] | np.ndarray, values: np.ndarray) -> np.ndarray:
    counts = np.asarray(sizes, dtype=np.intp)
    widest = int(counts.max(initial=0))
    if widest * len(counts) > LARGEST_MATRIX:
        raise AnalysisError(
            f"{len(counts)} subgroups with up to {widest} values each are more than this can hold.",
            "Use subgroups of more equal size.",
        )
    matrix = np.full((len(counts), max(widest, 1)), np.nan)
    matrix[np.arange(matrix.shape[1]) < counts[:, None]] = values
    return matrix


def by_size(values: ArrayLike, size: int, partial: str = "keep") -> np.ndarray:
    """Split a column into subgroups of `size` in order.

    The last may be shorter: `partial` "keep" judges it by its own limits, "drop" leaves it out.
    """
    column = _column(values)
    if not size >= 1:
        raise AnalysisError(f"A subgroup of {size} values cannot be.", "Give a size of at least 1.")
    if partial not in {"keep", "drop"}:
        raise AnalysisError(f"The last subgroup is to keep or to drop, not to {partial!r}.")
    whole, rest = divmod(len(column), size)
    if rest == 0 or partial == "drop":
        return column[: whole * size].reshape(whole, size).copy()
    return _fill([size] * whole + [rest], column)


def by_label(values: ArrayLike, labels: Sequence[object] | np.ndarray) -> Grouping:
    """Subgroups of equal label, in order of each label's first appearance; values keep their order within."""
    column = _column(values)
    names = as_labels(labels, len(column), "labels")
    unique, first, inverse = np.unique(names, return_index=True, return_inverse=True)
    rank = np.empty(len(unique), dtype=np.intp)
    order = np.argsort(first, kind="stable")
    rank[order] = np.arange(len(unique))
    group = rank[inverse.reshape(-1)]
    arranged = np.argsort(group, kind="stable")
    return Grouping(
        _fill(np.bincount(group, minlength=len(unique)), column[arranged]),
        tuple(item.item() if isinstance(item, np.generic) else item for item in unique[order]),
    )


def by_time(
    values: ArrayLike, times: ArrayLike, window: float | np.timedelta64, start: float | np.datetime64 | None = None
) -> Grouping:
    """Subgroups of the values whose time falls in one window of length `window`; windows without values make none.

    `times` in seconds (or any one unit, the same as `window`) or as datetime64 (then `window` is a timedelta64), not
    necessarily sorted; windows begin at `start` (default: the earliest time). Labels are the windows' beginnings.
    """
    column, moments = _column(values), np.asarray(times)
    if moments.ndim != 1 or len(moments) != len(column):
        raise AnalysisError(f"There are {len(column)} values and {moments.size} times.", "Give one time a value.")
    if len(column) == 0:
        return Grouping(np.empty((0, 1)), ())
    zero = moments.dtype.type(0, "s") if moments.dtype.kind == "m" else type(window)(0)
    missing = np.isnat(moments) if moments.dtype.kind in "mM" else ~np.isfinite(moments.astype(np.float64))
    if missing.any():
        raise AnalysisError(f"The time at position {int(np.argmax(missing))} is missing.", "Give every value a time.")
    if not window > zero:
        raise AnalysisError(f"A time window of {window} cannot be.", "Give a length above zero.")
    origin = moments.min() if start is None else start
    index = np.floor_divide(moments - origin, window).astype(np.int64)
    order = np.lexsort((moments, index))
    unique, counts = np.unique(index[order], return_counts=True)
    begins = [origin + int(number) * window for number in unique]  # type: ignore[operator]
    return Grouping(
        _fill(counts, column[order]), tuple(item.item() if isinstance(item, np.generic) else item for item in begins)
    )


def _column(values: ArrayLike) -> np.ndarray:
    column = as_floats(values)
    if column.ndim != 1:
        raise AnalysisError(f"The values have {column.ndim} dimensions; a column has one.", "Give one list.")
    refuse_beyond(column)
    return column


def statistics(matrix: np.ndarray, spread: str = "both") -> Statistics:
    """Size, mean, range and standard deviation of each row; `spread` "range" or "deviation" leaves the other out."""
    rows, width = matrix.shape
    nothing = np.full(rows, np.nan)
    if rows == 0 or width == 0:
        return Statistics(np.zeros(rows, dtype=np.int64), nothing, nothing, nothing)
    present = None if not np.isnan(matrix).any() else ~np.isnan(matrix)
    columns = [matrix[:, index] for index in range(width)]
    if present is None:
        sizes = np.full(rows, width, dtype=np.int64)
        totals = columns[0].copy()
        for column in columns[1:]:
            totals += column
        means = totals / width
    else:
        sizes = present.sum(axis=1)
        totals = np.zeros(rows)
        for index, column in enumerate(columns):
            totals += np.where(present[:, index], column, 0.0)
        means = np.full(rows, np.nan)
        np.divide(totals, sizes, out=means, where=sizes > 0)
    ranges = _ranges(columns, sizes) if spread != "deviation" else nothing
    deviations = _deviations(columns, means, sizes, present) if spread != "range" else nothing
    return Statistics(sizes, means, ranges, deviations)


def _ranges(columns: list[np.ndarray], sizes: np.ndarray) -> np.ndarray:
    highest, lowest = columns[0].copy(), columns[0].copy()
    for column in columns[1:]:
        np.fmax(highest, column, out=highest)
        np.fmin(lowest, column, out=lowest)
    ranges: np.ndarray = highest - lowest
    ranges[sizes < 2] = np.nan
    return ranges


def _deviations(
    columns: list[np.ndarray], means: np.ndarray, sizes: np.ndarray, present: np.ndarray | None
) -> np.ndarray:
    squares = np.zeros(len(means))
    for index, column in enumerate(columns):
        difference = column - means
        difference *= difference
        squares += difference if present is None else np.where(present[:, index], difference, 0.0)
    deviations = np.full(len(means), np.nan)
    np.divide(squares, sizes - 1, out=deviations, where=sizes > 1)
    result: np.ndarray = np.sqrt(deviations)
    return result


def live_statistics(values: Sequence[float], spread: str) -> tuple[int, float, float]:
    """Size, mean and range (or standard deviation) of one subgroup, the same bits as `statistics` of its row."""
    present, total = values, 0.0
    for value in values:
        total += value
    if total != total:  # a value is missing
        present, total = [value for value in values if value == value], 0.0
        for value in present:
            total += value
    size = len(present)
    if size == 0:
        return 0, math.nan, math.nan
    mean = total / size
    if size == 1:
        return 1, mean, math.nan
    if spread == "range":
        return size, mean, max(present) - min(present)
    squares = 0.0
    for value in present:
        difference = value - mean
        squares += difference * difference
    return size, mean, math.sqrt(squares / (size - 1))
