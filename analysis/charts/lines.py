"""Where the lines of a panel stand."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Lines(NamedTuple):
    """Centre line, control limits and standard error of one panel: numbers, or arrays with one entry a point.

    A limit that does not exist is not-a-number; nothing is beyond it.
    """

    center: Any
    lcl: Any
    ucl: Any
    sigma: Any

    def upper(self, zone: float | None) -> Any:
        return self.ucl if zone is None else self.center + zone * self.sigma

    def lower(self, zone: float | None) -> Any:
        return self.lcl if zone is None else self.center - zone * self.sigma

    def part(self, start: int, stop: int) -> Lines:
        """The lines of points `start` to `stop`; numbers stay as they are."""
        return Lines(*(item[start:stop] if isinstance(item, np.ndarray) else item for item in self))
