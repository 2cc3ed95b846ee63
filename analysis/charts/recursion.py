"""Recursions over a million points that give the same bits as one point after the other.

The points are cut into stretches that go side by side, each begun somewhere; then each is begun once more where the
one before it really ended, until both ways give the same bits: from there on they cannot part. EWMA, z = λ x + (1-λ) z:
where a stretch began is forgotten at the rate 1-λ. One-sided sum, c = max(0, c + d): the true sum is never below the
one begun at zero and meets it where it first returns to zero. What does not meet is done one point after the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_STRETCHES = 1_024
_BLOCK = 16  # columns at a time, turned so that one column lies together and stays in the nearest cache
_LOOP = 8_192
_FIRST = 32
_FORGOTTEN = 60.0  # over λ: after so many points it makes no difference to the last bit where an average began
_FEWEST = 32


def weighted(values: np.ndarray, weight: float, start: float) -> np.ndarray:
    """Exponentially weighted mean of `values` (no missing ones) after `start`."""
    averages = np.empty(len(values))
    stretches = min(_STRETCHES, int(len(values) * weight / _FORGOTTEN))
    length = len(values) // stretches if stretches >= _FEWEST else 0
    whole, level = stretches * length, start
    if whole:
        _side_by_side(values[:whole].reshape(-1, length), weight, start, averages[:whole].reshape(-1, length))
        level = float(averages[whole - 1])
    _one_by_one(values[whole:], weight, level, averages[whole:])
    return averages


def _side_by_side(values: np.ndarray, weight: float, start: float, averages: np.ndarray) -> None:
    """Averages of all stretches (rows)."""
    _average(values, weight, np.full(len(values), start), averages, False)
    begun = averages[:-1, -1].copy()
    _average(values[1:], weight, begun, averages[1:], True)
    if _same(begun, averages[:-1, -1]):
        return
    for row, level in enumerate(begun.tolist(), 1):
        ended = float(averages[row - 1, -1])
        if ended != level or ended == 0.0:  # zero has two signs
            _mend(values[row], weight, ended, averages[row])


def _average(values: np.ndarray, weight: float, level: np.ndarray, averages: np.ndarray, until_met: bool) -> None:
    """Go on from `level` in all rows; `until_met`: stop where every row meets the average that stands there."""
    share, rest = np.array(weight), np.array(1.0 - weight)  # arrays: a number would be turned into one at each call
    block, kept = np.empty((_BLOCK, len(values))), np.empty(len(values))
    multiply, add = np.multiply, np.add
    for begin in range(0, values.shape[1], _BLOCK):
        place = averages[:, begin : begin + _BLOCK]
        columns = block[: place.shape[1]]
        multiply(values[:, begin : begin + _BLOCK].T, share, columns)
        for column in columns:
            multiply(level, rest, kept)
            level = add(column, kept, column)
        level = level.copy()
        met = until_met and _same(level, place[:, -1])
        place[:] = columns.T
        if met:
            return


def _one_by_one(values: np.ndarray, weight: float, level: float, averages: np.ndarray) -> None:
    rest, made = 1.0 - weight, []
    for value in values.tolist():
        level = weight * value + rest * level
        made.append(level)
    averages[:] = made


def _mend(values: np.ndarray, weight: float, level: float, averages: np.ndarray) -> None:
    """As `_one_by_one`, up to where it meets the average that stands there."""
    rest = 1.0 - weight
    for index, value in enumerate(values.tolist()):
        level = weight * value + rest * level
        if level != 0.0 and level == averages[index]:
            return
        averages[index] = level


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two columns agree to the last bit."""
    return bool((one.view(np.int64) == other.view(np.int64)).all())


def two_sided(values: np.ndarray, center: float, slack: float, starts: Sequence[float]) -> np.ndarray:
    """Upper and lower sum of `values` (no missing ones) in two rows, begun at `starts`.

    Upper: c = max(0, c + ((x - center) - slack)); lower: c = max(0, c + (-(x - center) - slack)).
    """
    sums = np.empty((2, len(values)))
    length = len(values) // _STRETCHES if len(values) >= _LOOP else 0
    whole = length * _STRETCHES
    if whole:
        rows = values[:whole].reshape(_STRETCHES, length)
        _sum_side_by_side(rows, center, slack, starts, sums[:, :whole].reshape(2, _STRETCHES, length))
        starts = sums[:, whole - 1].tolist()
    for made, last, sign in zip(sums, starts, (1.0, -1.0), strict=True):
        for index, value in enumerate(values[whole:].tolist(), whole):
            last = last + (sign * (value - center) - slack)
            if last <= 0.0:
                last = 0.0
            made[index] = last
    return sums


def _sum_side_by_side(
    values: np.ndarray, center: float, slack: float, starts: Sequence[float], sums: np.ndarray
) -> None:
    """Both sums of all stretches; `sums` has a row for each side and stretch."""
    _sum(values, center, slack, np.zeros((2, len(values))), sums)
    begun = np.concatenate((np.array(starts)[:, None], sums[:, :-1, -1]), axis=1)
    head = np.empty((2, len(values), min(_FIRST, values.shape[1])))
    _sum(values[:, :_FIRST], center, slack, begun, head)
    met = head[:, :, -1] == sums[:, :, head.shape[2] - 1]
    np.copyto(sums[:, :, : head.shape[2]], head, where=met[:, :, None])
    if met.all():
        return
    for made, start, sign, done in zip(sums, starts, (1.0, -1.0), met.tolist(), strict=True):
        right = True
        for row, reached in enumerate(done):
            if not (right and reached):
                ended = float(made[row, -1])
                _begin_at(float(made[row - 1, -1]) if row else start, values[row], sign, center, slack, made[row])
                right = bool(made[row, -1] == ended)  # else the next one began too low as well


def _sum(values: np.ndarray, center: float, slack: float, last: np.ndarray, sums: np.ndarray) -> None:
    """Both sums of every stretch, going on from `last`."""
    last, zero = last.reshape(-1), np.zeros(last.size)
    add, maximum = np.add, np.maximum
    block = np.empty((_BLOCK, 2, len(values)))
    for begin in range(0, values.shape[1], _BLOCK):
        place = sums[:, :, begin : begin + _BLOCK]
        columns = block[: place.shape[2]]
        deviations = np.subtract(values[:, begin : begin + _BLOCK].T, center, out=columns[:, 0])
        np.subtract(-slack, deviations, out=columns[:, 1])
        np.subtract(deviations, slack, out=deviations)
        for column in columns.reshape(len(columns), -1):
            add(last, column, column)
            last = maximum(column, zero, out=column)
        place[:] = columns.transpose(1, 2, 0)
        last = last.copy()


def _begin_at(start: float, values: np.ndarray, sign: float, center: float, slack: float, sums: np.ndarray) -> None:
    """Correct one sum of one stretch that really began at `start`, up to where both are zero."""
    done, reach = 0, 4 * _FIRST
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
