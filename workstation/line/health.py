"""How the line is doing: counts since it started, and how long readings took from last byte to commit."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

LATENCIES_KEPT = 4096


class Health:
    """Counters of one line process. Latencies are in microseconds, over the latest readings."""

    def __init__(self) -> None:
        self.kept = 0
        self.refused = 0
        self.judged = 0
        self._latencies: deque[int] = deque(maxlen=LATENCIES_KEPT)

    def took(self, latencies: Iterable[int]) -> None:
        """Note how long kept readings took."""
        self._latencies.extend(latencies)

    def median(self) -> int | None:
        """Half of the latest readings took at most this; None before the first."""
        return self._quantile(0.5)

    def p99(self) -> int | None:
        """99 of 100 of the latest readings took at most this; None before the first."""
        return self._quantile(0.99)

    def _quantile(self, share: float) -> int | None:
        if not self._latencies:
            return None
        ordered = sorted(self._latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
