"""Flags of an array of points, and where the patterns of a panel are complete."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from analysis.charts.lines import Lines
from analysis.charts.patterns import DOWN, NO_DIRECTION, TIE, UP, Flag, Need


class Before(Protocol):
    """What is remembered of the points before an array: the last value, its direction, and who carried which flag."""

    previous: float
    direction: int

    def context(self, flag: Flag, length: int, /) -> np.ndarray:
        """Which of the last `length` points carry `flag`: 0 or 1, the newest last."""


class Marks:
    """The flags of a chunk of points, each made when first asked for, with what is remembered of the points before."""

    __slots__ = ("_before", "_lines", "_made", "_memory", "_values")

    def __init__(self, before: Before, values: np.ndarray, lines: Lines, memory: int) -> None:
        self._before, self._values, self._lines, self._memory = before, values, lines, memory
        self._made: dict[Flag, np.ndarray] = {}

    def of(self, flag: Flag) -> np.ndarray:
        """`memory` remembered points and then the chunk: 1 where the point carries `flag`."""
        made = self._made.get(flag)
        if made is None:
            made = np.empty(self._memory + len(self._values), dtype=np.uint8)
            made[: self._memory] = self._before.context(flag, self._memory)
            self._write(flag, made[self._memory :].view(np.bool_))
            self._made[flag] = made
        return made

    def _write(self, flag: Flag, out: np.ndarray) -> None:
        values, lines = self._values, self._lines
        more, less = (np.greater, np.less) if flag.strict else (np.greater_equal, np.less_equal)
        if flag.mark == "above":
            more(values, lines.upper(flag.zone), out=out)
        elif flag.mark == "below":
            less(values, lines.lower(flag.zone), out=out)
        elif flag.mark == "beyond":
            above, below = self.of(flag._replace(mark="above")), self.of(flag._replace(mark="below"))
            np.logical_or(above[self._memory :], below[self._memory :], out=out)
        elif flag.mark == "inside":
            less(values, lines.upper(flag.zone), out=out)
            np.logical_and(out, more(values, lines.lower(flag.zone)), out=out)
        elif flag.mark == "up":
            more(values[1:], values[:-1], out=out[1:])
            out[0] = more(values[0], self._before.previous)
        elif flag.mark == "down":
            less(values[1:], values[:-1], out=out[1:])
            out[0] = less(values[0], self._before.previous)
        else:
            self._write_turns(out)

    def _write_turns(self, out: np.ndarray) -> None:
        ups = self.of(Flag("up", 0.0, True))[self._memory :].view(np.bool_)
        downs = self.of(Flag("down", 0.0, True))[self._memory :].view(np.bool_)
        np.logical_and(ups[1:], downs[:-1], out=out[1:])
        np.logical_or(out[1:], downs[1:] & ups[:-1], out=out[1:])
        before = self._before.direction
        out[0] = (ups[0] and before == DOWN) or (downs[0] and before == UP)

    def last_direction(self) -> int:
        last = float(self._values[-1])
        before = float(self._values[-2]) if len(self._values) > 1 else self._before.previous
        return UP if last > before else DOWN if last < before else TIE if last == before else NO_DIRECTION


def points_since_missing(missing: np.ndarray) -> np.ndarray:
    """For each point how many points, itself included, came since the last missing one (many when there was none)."""
    index = np.arange(len(missing))
    last = np.maximum.accumulate(np.where(missing, index, -len(missing) - 1_000))
    return index - last


def met(need: Need, flags: np.ndarray, memory: int, since: np.ndarray | None) -> np.ndarray:
    """Where in the chunk `need` is met."""
    count = len(flags) - memory
    if need.in_a_row:
        return _in_a_row(flags[memory - need.least + 1 :], need.least).view(np.bool_)
    now = flags[memory:]
    total = now.copy()
    for back in range(1, need.of):
        earlier = flags[memory - back : memory - back + count]
        total += earlier if since is None else earlier & (since > back)
    return (total >= need.least) & now.view(np.bool_)


def _in_a_row(flags: np.ndarray, count: int) -> np.ndarray:
    """1 where this and the `count` - 1 flags before are all 1; `count` - 1 entries shorter than `flags`.

    By doubling: two in a row, four in a row, ... so that fifteen cost four passes.
    """
    reached = 1
    while 2 * reached <= count:
        flags = flags[reached:] & flags[:-reached]
        reached *= 2
    rest = count - reached
    return flags[rest:] & flags[: len(flags) - rest] if rest else flags
