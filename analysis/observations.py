"""The entrance for observations: every function takes its arrays through here, so that bad input is told in one way."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError
from analysis.subgroups import LARGEST_VALUE


def as_values(values: ArrayLike, name: str = "values") -> NDArray[np.float64]:
    """A one-dimensional float array; missing values stay NaN, infinities and text are refused."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise AnalysisError(
            f"The {name} are not all numbers ({error}).", "Remove or mend the entries named."
        ) from error
    if array.ndim != 1:
        raise AnalysisError(f"The {name} have {array.ndim} dimensions; one is needed.")
    infinite = np.flatnonzero(np.isinf(array))
    if infinite.size:
        raise AnalysisError(f"The {name} hold an infinite number at position {int(infinite[0])}.")
    beyond = np.flatnonzero(np.abs(array) > LARGEST_VALUE)
    if beyond.size:
        raise AnalysisError(
            f"The {name} hold {array[beyond[0]]:g} at position {int(beyond[0])}; its square cannot be held.",
            f"Give numbers up to {LARGEST_VALUE:g}, in a larger unit.",
        )
    return array


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
        raise AnalysisError(f"At least {at_least} complete pairs are needed; there are {int(both.sum())}.")
    return first[both], second[both]


def groups_of(values: ArrayLike, labels: ArrayLike, *, at_least: int = 2) -> dict[str, NDArray[np.float64]]:
    """Split values by label, in order of first appearance, without missing values."""
    data = as_values(values)
    names = np.asarray(labels)
    if names.ndim != 1 or names.size != data.size:
        raise AnalysisError(f"There are {data.size} values and {names.size} group labels.", "Give one label a value.")
    order: dict[str, list[int]] = {}
    for position, name in enumerate(names.tolist()):
        if not np.isnan(data[position]):
            order.setdefault(str(name), []).append(position)
    if len(order) < at_least:
        raise AnalysisError(f"At least {at_least} groups are needed; there are {len(order)}.")
    return {name: data[np.asarray(positions)] for name, positions in order.items()}
