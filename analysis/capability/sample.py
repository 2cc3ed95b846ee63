"""The values of a study: missing ones taken out and counted, subgroups laid out as rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis import subgroups as grouping
from analysis.capability.specification import LARGEST
from analysis.errors import AnalysisError
from analysis.observations import as_floats

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
        if self.table.size == self.values.size:
            return int(self.table.shape[0])
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


# What holds for limits holds for values and their spread.
SMALLEST_SPREAD = 1e-75


def check_scale(largest: float, spread: float) -> None:
    """Refuse values whose size, or whose differences, arithmetic cannot carry."""
    if largest > LARGEST:
        raise AnalysisError(f"The values reach {largest:g}, too large for their squares.", "Give a larger unit.")
    if 0.0 < spread < SMALLEST_SPREAD:
        raise AnalysisError(f"The values differ by {spread:g}, too little for their squares.", "Give a smaller unit.")


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
        size = int(subgroups)
        # full rows need no copy
        whole = size > 0 and array.size > 0 and array.size % size == 0
        table: Floats = array.reshape(-1, size) if whole else grouping.by_size(array, size)
    else:
        table = grouping.by_label(array, subgroups).matrix
    return table if table.shape[0] and table.shape[1] > 1 else None
