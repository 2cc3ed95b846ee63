"""Where the lines of a panel stand: one number for all points, one a point, or settling to a number after a while."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Settling:
    """A line that differs for the first points only: `head`, then `rest` up to `count` points."""

    __slots__ = ("count", "head", "rest")

    def __init__(self, head: np.ndarray, rest: float, count: int) -> None:
        self.head, self.rest, self.count = head, rest, count

    def part(self, start: int, stop: int) -> Any:
        """The line of points `start` to `stop`: a number beyond the head."""
        if start >= len(self.head):
            return self.rest
        made = np.full(stop - start, self.rest)
        piece = self.head[start:stop]
        made[: len(piece)] = piece
        return made


class Lines(NamedTuple):
    """Centre line, control limits and standard error of one panel: numbers, arrays with one entry a point, `Settling`.

    A limit that does not exist is not-a-number; nothing is beyond it.
    """

    center: Any
    lcl: Any
    ucl: Any
    sigma: Any

    def upper(self, zone: float | None) -> Any:
        if zone == 0:  # exactly the centre, on charts that know no standard error too
            return self.center
        return self.ucl if zone is None else self.center + zone * self.sigma

    def lower(self, zone: float | None) -> Any:
        if zone == 0:
            return self.center
        return self.lcl if zone is None else self.center - zone * self.sigma

    def part(self, start: int, stop: int) -> Lines:
        """The lines of points `start` to `stop`; numbers stay as they are."""
        return Lines(*(_part(item, start, stop) for item in self))


def _part(line: Any, start: int, stop: int) -> Any:
    if isinstance(line, Settling):
        return line.part(start, stop)
    return line[start:stop] if isinstance(line, np.ndarray) else line


def spread(line: Any, count: int) -> np.ndarray:
    """A line as an array of `count` points; a number is shared by all (read-only)."""
    if isinstance(line, Settling):
        made: np.ndarray = np.broadcast_to(line.rest, (count,)) if len(line.head) == 0 else line.part(0, count)
        return made
    return line if isinstance(line, np.ndarray) else np.broadcast_to(np.float64(line), (count,))
