"""How measurements of a study are laid out: a table of parts, operators and trials, or columns with labels."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.capability.sample import SMALLEST_SPREAD
from analysis.capability.specification import LARGEST
from analysis.errors import AnalysisError
from analysis.observations import as_floats

Floats = NDArray[np.float64]


def balanced_table(
    values: ArrayLike, parts: Sequence[Any] | None = None, operators: Sequence[Any] | None = None
) -> Floats:
    """values[part][operator][trial], complete; from columns the parts and operators keep their order of appearance."""
    array = as_floats(values, "measurements")
    if parts is not None or operators is not None:
        if parts is None or operators is None:
            raise AnalysisError("Parts are named without operators, or the reverse.", "Give both label columns.")
        array = _from_columns(array, parts, operators)
    if array.ndim != 3:
        raise AnalysisError(
            f"The measurements have {array.ndim} dimensions; a crossed study has 3: part, operator, trial.",
            "Give a table of three levels, or a column with labels of parts and operators.",
        )
    p, o, r = array.shape
    if p < 2 or o < 2 or r < 1:
        count, name, least = (p, "parts", 2) if p < 2 else (o, "operators", 2) if o < 2 else (r, "trials", 1)
        raise AnalysisError(f"The study has {count} {name}; at least {least} are needed.", "Measure more of them.")
    refuse_gaps(array)
    return array


def refuse_gaps(array: Floats) -> None:
    """Refuse a table in which a measurement is missing or infinite."""
    # a finite sum of squares says in one pass that all are finite
    flat = array.reshape(-1)
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.dot(flat, flat)
    if total < LARGEST**2:
        return
    bad = np.argwhere(~np.isfinite(array))
    if len(bad) == 0:
        raise AnalysisError("The measurements are too large for their squares.", "Give a larger unit.")
    where = ", ".join(str(int(index) + 1) for index in bad[0])
    raise AnalysisError(
        f"The measurement at place {where} (part, operator, trial) is missing or infinite; this study needs all.",
        "Measure it again, or use the expanded study, which takes unbalanced data.",
    )


def refuse_tiny(squares: float) -> None:
    """Refuse a total sum of squares so small that products of mean squares vanish."""
    if 0.0 < squares < SMALLEST_SPREAD**2:
        raise AnalysisError("The measurements differ too little for their squares.", "Give a smaller unit.")


def levels(labels: Sequence[Any] | NDArray[Any], n: int, name: str) -> tuple[list[Any], NDArray[np.intp]]:
    """The distinct labels in order of appearance, and the number of each value's label."""
    listed = np.asarray(labels).tolist() if not isinstance(labels, list) else labels
    if not isinstance(listed, list) or len(listed) != n:
        count = len(listed) if isinstance(listed, list) else 1
        raise AnalysisError(f"There are {n} values and {count} labels of {name}.", "Give one label a value.")
    for position, item in enumerate(listed):
        if item is None or not isinstance(item, Hashable):
            raise AnalysisError(f"The labels of {name} have no name at position {position}.", "Give each its label.")
    numbers: dict[Any, int] = {}
    codes = np.fromiter((numbers.setdefault(item, len(numbers)) for item in listed), dtype=np.intp, count=n)
    return list(numbers), codes


def _from_columns(column: Floats, parts: Sequence[Any], operators: Sequence[Any]) -> Floats:
    if column.ndim != 1:
        raise AnalysisError(f"The measurements have {column.ndim} dimensions; with labels a column is needed.")
    part_names, part = levels(parts, column.size, "parts")
    operator_names, operator = levels(operators, column.size, "operators")
    shape = (len(part_names), len(operator_names))
    cell = part * shape[1] + operator
    counts = np.bincount(cell, minlength=shape[0] * shape[1])
    if column.size == 0 or int(counts.min()) != int(counts.max()):
        raise _unbalanced(counts, part_names, operator_names)
    order = np.argsort(cell, kind="stable")
    return column[order].reshape(*shape, int(counts[0]))


def _unbalanced(counts: NDArray[np.intp], parts: list[Any], operators: list[Any]) -> AnalysisError:
    if counts.size == 0:
        return AnalysisError("There are no measurements.", "Measure each part with each operator.")
    low, high = divmod(int(counts.argmin()), len(operators)), divmod(int(counts.argmax()), len(operators))
    return AnalysisError(
        f"The study is not balanced: part {parts[low[0]]} with operator {operators[low[1]]} has {int(counts.min())} "
        f"measurements, part {parts[high[0]]} with operator {operators[high[1]]} has {int(counts.max())}.",
        "Complete it, or use the expanded study, which takes unbalanced data.",
    )
