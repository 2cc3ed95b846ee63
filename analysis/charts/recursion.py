"""Recursions over a million points that give the same bits as one point after the other.

EWMA: z = λ x + (1-λ) z, by scipy's linear filter where it pays, which multiplies and adds in the same order.
One-sided sum: c = max(0, c + d), in many stretches side by side, each begun at zero. The true sum is never below the
one begun at zero and meets it for good where it first returns to zero; only up to there has a stretch to be done again.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

_LOOP = 8_192
_STRETCHES = 1_024
_BLOCK = 16
_FIRST = 32
_FILTER = 50_000
_SHORT = 500


def weighted(values: np.ndarray, weight: float, start: float) -> np.ndarray:
    """Exponentially weighted mean of `values` (no missing ones) after `start`."""
    rest = 1.0 - weight
    if len(values) < (_SHORT if "scipy.signal" in sys.modules else _FILTER):
        result = np.empty(len(values))
        level = start
        for index, value in enumerate(values.tolist()):
            level = weight * value + rest * level
            result[index] = level
        return result
    from scipy.signal import lfilter

    filtered: np.ndarray = lfilter([weight], [1.0, -rest], values, zi=np.array([rest * start]))[0]
    return filtered


def two_sided(values: np.ndarray, center: float, slack: float, starts: Sequence[float]) -> np.ndarray:
    """Upper and lower sum of `values` (no missing ones) in two rows, begun at `starts`.

    Upper: c = max(0, c + ((x - center) - slack)); lower: c = max(0, c + (-(x - center) - slack)).
    """
    sums = np.empty((2, len(values)))
    length = len(values) // _STRETCHES if len(values) >= _LOOP else 0
    whole = length * _STRETCHES
    if whole:
        shaped = sums[:, :whole].reshape(2, _STRETCHES, length)
        _from_zero(values[:whole].reshape(_STRETCHES, length), center, slack, shaped)
    for made, start, sign in zip(sums, starts, (1.0, -1.0), strict=True):
        last = start
        for begin in range(0, whole, length or 1):
            stop = begin + length
            if last > 0.0:
                _begin_at(last, values[begin:stop], sign, center, slack, made[begin:stop])
            last = float(made[stop - 1])
        for index, value in enumerate(values[whole:].tolist(), whole):
            last = last + (sign * (value - center) - slack)
            if last <= 0.0:
                last = 0.0
            made[index] = last
    return sums


def _from_zero(values: np.ndarray, center: float, slack: float, sums: np.ndarray) -> None:
    """Both sums of every stretch as if they began at zero.

    A few columns at a time, turned so that one column lies together and stays in the nearest cache.
    """
    stretches, length = values.shape
    last = np.zeros(2 * stretches)
    for begin in range(0, length, _BLOCK):
        columns = np.ascontiguousarray(values[:, begin : begin + _BLOCK].T)
        columns -= center
        block = np.empty((len(columns), 2, stretches))
        np.subtract(columns, slack, out=block[:, 0])
        np.negative(columns, out=columns)
        np.subtract(columns, slack, out=block[:, 1])
        for column in block.reshape(len(columns), -1):
            np.add(last, column, out=column)
            np.maximum(column, 0.0, out=column)
            last = column
        sums[:, :, begin : begin + _BLOCK] = block.transpose(1, 2, 0)
        last = last.copy()


def _begin_at(start: float, values: np.ndarray, sign: float, center: float, slack: float, sums: np.ndarray) -> None:
    """Correct one sum of one stretch that really began at `start`, up to where both are zero."""
    for index, value in enumerate(values[:_FIRST].tolist()):
        start = start + (sign * (value - center) - slack)
        if start <= 0.0:
            return
        sums[index] = start
    done, reach = _FIRST, 4 * _FIRST
    while done < len(values):
        part = np.empty(min(reach, len(values) - done) + 1)
        part[0] = start
        part[1:] = sign * (values[done : done + len(part) - 1] - center) - slack
        np.add.accumulate(part, out=part)  # one addition after the other, as a point at a time would
        back = np.flatnonzero(part[1:] <= 0.0)
        if len(back):
            sums[done : done + int(back[0])] = part[1 : int(back[0]) + 1]
            return
        sums[done : done + len(part) - 1] = part[1:]
        done += len(part) - 1
        start = float(part[-1])
        reach *= 4
