"""The clock that stamps bytes: monotonic for order and waiting, UTC for the record."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Both times in nanoseconds."""

    def monotonic(self) -> int: ...

    def wall(self) -> int: ...


class SystemClock:
    """The computer's own clocks."""

    def monotonic(self) -> int:
        return time.monotonic_ns()

    def wall(self) -> int:
        return time.time_ns()


SYSTEM_CLOCK = SystemClock()
