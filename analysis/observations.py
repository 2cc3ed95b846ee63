"""The entrance for observations: every function takes its arrays through here, so that bad input is told in one way."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.bounds import LARGEST_VALUE
from analysis.errors import AnalysisError


def as_values(values: ArrayLike, name: str = "values") -> NDArray[np.float64]:
    """A one-dimensional float array; missing values stay NaN, infinities and text are refused."""
    array = as_floats(values, name)
    if array.ndim != 1:
        raise AnalysisError(f"The {name} have {array.ndim} dimensions; one is needed.", "Give one list of numbers.")
    refuse_beyond(array, name)
    return array


def as_floats(values: ArrayLike, name: str = "values") -> NDArray[np.float64]:
    """A float array of any shape; text, and lists of unequal length, are refused."""
    try:
        array = np.asarray(values)
        if array.dtype.kind in "USO":
            refuse_text(np.asarray(values, dtype=object), name)
        return np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, AnalysisError):
            raise
        raise AnalysisError(
            f"The {name} are not all numbers ({error}).", "Remove or mend the entries named."
        ) from error


def refuse_text(array: NDArray[Any], name: str = "values") -> None:
    """AnalysisError naming the first text among what should be numbers; '5' is a text too."""
    for position, item in enumerate(array.ravel().tolist()):
        if isinstance(item, str | bytes):
            raise AnalysisError(
                f"The {name} are not all numbers: there is the text {item[:40]!r} at position {position}.",
                "Give numbers, and nothing (null) where one is missing.",
            )


def refuse_beyond(array: NDArray[np.float64], name: str = "values", largest: float = LARGEST_VALUE) -> None:
    """AnalysisError naming the first entry that is infinite, or beyond `largest`; missing ones pass."""
    if array.size == 0 or (array.max() <= largest and array.min() >= -largest):
        return  # neither holds when a value is missing; then they are looked at one by one
    wrong = np.argwhere(np.abs(array) > largest)
    if not len(wrong):
        return
    value, place = array[tuple(wrong[0])], ", ".join(str(int(index)) for index in wrong[0])
    if np.isinf(value):
        raise AnalysisError(f"The {name} hold an infinite number at position {place}.", "Remove or mend it.")
    raise AnalysisError(
        f"The {name} hold {value:g}, beyond {largest:g} at position {place}; its square cannot be held.",
        f"Give numbers up to {largest:g}, in a larger unit.",
    )


def as_labels(labels: ArrayLike | Sequence[object], count: int, name: str = "group labels") -> NDArray[Any]:
    """One label a value, of shape (count,); lists within lists are refused."""
    try:
        array = np.asarray(labels)
    except ValueError as error:
        raise AnalysisError(f"The {name} are lists of unequal length.", "Give one label a value.") from error
    if array.ndim != 1 or array.size != count:
        raise AnalysisError(f"There are {count} values and {array.size} {name}.", "Give one label a value.")
    if array.dtype.kind != "O":
        return array
    for position, item in enumerate(array.tolist()):
        if item is None or not isinstance(item, Hashable):
            raise AnalysisError(f"The {name} have no name at position {position}.", "Give each value its label.")
    kinds = {type(item) for item in array.tolist()}
    return array if len(kinds) == 1 else array.astype(str)  # labels of several kinds have no order among them


def finite_values(values: ArrayLike, *, at_least: int = 1, name: str = "values") -> NDArray[np.float64]:
    """As `as_values`, without the missing ones; fewer than `at_least` left is refused."""
    array = as_values(values, name)
    array = array[~np.isnan(array)]
    if array.size < at_least:
        raise AnalysisError(f"At least {at_least} {name} are needed; there are {array.size}.", "Collect more data.")
    return array


def paired_values(
    x: ArrayLike, y: ArrayLike, *, at_least: int = 2, names: tuple[str, str] = ("x", "y")
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two columns of one length, without the rows in which either is missing."""
    first, second = as_values(x, names[0]), as_values(y, names[1])
    if first.size != second.size:
        raise AnalysisError(f"{names[0]} has {first.size} values and {names[1]} has {second.size}.", "Give pairs.")
    both = ~(np.isnan(first) | np.isnan(second))
    if int(both.sum()) < at_least:
        raise AnalysisError(
            f"At least {at_least} complete pairs are needed; there are {int(both.sum())}.", "Collect more."
        )
    return first[both], second[both]


def groups_of(values: ArrayLike, labels: ArrayLike, *, at_least: int = 2) -> dict[str, NDArray[np.float64]]:
    """Split values by label, in order of first appearance, without missing values."""
    data = as_values(values)
    names = as_labels(labels, data.size)
    order: dict[str, list[int]] = {}
    for position, name in enumerate(names.tolist()):
        if not np.isnan(data[position]):
            order.setdefault(str(name), []).append(position)
    if len(order) < at_least:
        raise AnalysisError(f"At least {at_least} groups are needed; there are {len(order)}.", "Give more groups.")
    return {name: data[np.asarray(positions)] for name, positions in order.items()}
