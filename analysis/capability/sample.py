"""The values of a study: missing ones taken out and counted, subgroups laid out as rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """Values ready to be counted on.

    `values`: present ones in their order. `sequence`: as given, missing ones NaN, so that a gap breaks a moving range.
    `table`: one subgroup a row, short rows filled with NaN, or None for individuals. `missing`: how many were NaN.
    """

    values: Floats
    sequence: Floats
    table: Floats | None
    missing: int

    @property
    def n(self) -> int:
        """How many values are present."""
        return int(self.values.size)

    @property
    def subgroup_size(self) -> int:
        """The largest subgroup, 1 for individuals."""
        return 1 if self.table is None else int(self.table.shape[1])

    @property
    def subgroup_count(self) -> int:
        """How many subgroups hold a value; 0 for individuals."""
        if self.table is None:
            return 0
        return int(np.count_nonzero(~np.isnan(self.table).all(axis=1)))


def read(values: ArrayLike, subgroups: int | ArrayLike | None = None) -> Sample:
    """Take in `values` (n, or k rows of n values each being a subgroup) and how they are grouped.

    `subgroups`: None for individuals, a size (consecutive values, the last subgroup may be short), or a label a value.
    """
    array = as_floats(values)
    if array.ndim == 2:
        if subgroups is not None:
            raise AnalysisError(
                "The values are already laid out in rows, one row a subgroup, and subgroups are named as well.",
                "Give either rows or subgroups.",
            )
        table = array if array.shape[1] > 1 else None
        sequence = np.ascontiguousarray(array).reshape(-1)
    elif array.ndim == 1:
        sequence, table = array, _table(array, subgroups)
    else:
        raise AnalysisError(f"The values have {array.ndim} dimensions.", "Give one column, or one row a subgroup.")
    present, missing = _present(sequence)
    return Sample(present, sequence, table, missing)


def as_floats(values: ArrayLike, name: str = "values") -> Floats:
    """`values` as a float array of any shape; text is refused with its reason."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise AnalysisError(
            f"The {name} are not all numbers ({error}).", "Remove or mend the entries named."
        ) from error


def _present(sequence: Floats) -> tuple[Floats, int]:
    # One sum tells in a single pass whether anything is missing or infinite.
    with np.errstate(over="ignore", invalid="ignore"):
        total = float(np.add.reduce(sequence))
    if math.isfinite(total):
        return sequence, 0
    infinite = np.flatnonzero(np.isinf(sequence))
    if infinite.size:
        raise AnalysisError(f"The values hold an infinite number at position {int(infinite[0])}.", "Remove it.")
    kept = sequence[~np.isnan(sequence)]
    return kept, int(sequence.size - kept.size)


def _table(array: Floats, subgroups: Any) -> Floats | None:
    if subgroups is None:
        return None
    if isinstance(subgroups, int | np.integer) and not isinstance(subgroups, bool):
        return _by_size(array, int(subgroups))
    labels = np.asarray(subgroups)
    if labels.ndim != 1 or labels.size != array.size:
        raise AnalysisError(
            f"There are {array.size} values and {labels.size} subgroup labels.", "Give one label a value."
        )
    return _by_label(array, labels)


def _by_size(array: Floats, size: int) -> Floats | None:
    if size < 1:
        raise AnalysisError(f"The subgroup size is {size}.", "A subgroup holds 1 value or more.")
    if size == 1 or array.size == 0:
        return None
    whole, rest = divmod(array.size, size)
    if rest == 0:
        return array.reshape(whole, size)
    table = np.full((whole + 1, size), np.nan)
    table.reshape(-1)[: array.size] = array
    return table


def _by_label(array: Floats, labels: NDArray[Any]) -> Floats | None:
    """Rows in order of each label's first appearance; a label need not be consecutive."""
    if array.size == 0:
        return None
    _, first, group = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(first.size, dtype=np.intp)
    rank[np.argsort(first, kind="stable")] = np.arange(first.size)
    row = rank[group]
    order = np.argsort(row, kind="stable")
    sizes = np.bincount(row)
    if int(sizes.max()) == 1:
        return None
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    table = np.full((sizes.size, int(sizes.max())), np.nan)
    table[row[order], np.arange(array.size) - np.repeat(starts, sizes)] = array[order]
    return table
