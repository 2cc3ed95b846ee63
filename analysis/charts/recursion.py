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


def one_sided(steps: np.ndarray, starts: Sequence[float]) -> np.ndarray:
    """c[i] = max(0, c[i-1] + steps[i]) of each row of `steps` (no missing ones), c[-1] its entry of `starts`."""
    sums = np.empty_like(steps)
    length = steps.shape[1] // _STRETCHES if steps.shape[1] >= _LOOP else 0
    whole = length * _STRETCHES
    if whole:
        shape = (len(steps), _STRETCHES, length)
        _from_zero(steps[:, :whole].reshape(shape), sums[:, :whole].reshape(shape))
    for row, made, start in zip(steps, sums, starts, strict=True):
        last = start
        for begin in range(0, whole, length or 1):
            if last > 0.0:
                _begin_at(last, row[begin : begin + length], made[begin : begin + length])
            last = float(made[begin + length - 1])
        for index, step in enumerate(row[whole:].tolist(), whole):
            last = last + step
            if last <= 0.0:
                last = 0.0
            made[index] = last
    return sums


def _from_zero(steps: np.ndarray, sums: np.ndarray) -> None:
    """Every stretch's sum as if it began at zero; a few columns at a time, turned so that a column lies together."""
    sides, stretches, length = steps.shape
    last = np.zeros(sides * stretches)
    for begin in range(0, length, _BLOCK):
        block = np.ascontiguousarray(steps[:, :, begin : begin + _BLOCK].transpose(2, 0, 1)).reshape(-1, len(last))
        for column in block:
            np.add(last, column, out=column)
            np.maximum(column, 0.0, out=column)
            last = column
        sums[:, :, begin : begin + _BLOCK] = block.reshape(-1, sides, stretches).transpose(1, 2, 0)
        last = last.copy()


def _begin_at(start: float, steps: np.ndarray, sums: np.ndarray) -> None:
    """Correct one stretch that really began at `start`, up to where both sums are zero."""
    for index, step in enumerate(steps[:_FIRST].tolist()):
        start = start + step
        if start <= 0.0:
            return
        sums[index] = start
    done, reach = _FIRST, 4 * _FIRST
    while done < len(steps):
        part = np.empty(min(reach, len(steps) - done) + 1)
        part[0] = start
        part[1:] = steps[done : done + len(part) - 1]
        np.add.accumulate(part, out=part)  # one addition after the other, as a point at a time would
        back = np.flatnonzero(part[1:] <= 0.0)
        if len(back):
            sums[done : done + int(back[0])] = part[1 : int(back[0]) + 1]
            return
        sums[done : done + len(part) - 1] = part[1:]
        done += len(part) - 1
        start = float(part[-1])
        reach *= 4
