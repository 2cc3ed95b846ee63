"""Where a record's time comes from: UTC in microseconds and the local offset, behind a protocol for tests."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """A clock never refuses: a time that goes backwards is recorded as it is, and order is the journal's sequence."""

    def microseconds(self) -> int:
        """Microseconds since 1970-01-01T00:00:00Z."""
        ...

    def offset_minutes(self) -> int:
        """Minutes that local time is ahead of UTC."""
        ...


class SystemClock:
    """The computer's own clock and time zone."""

    def microseconds(self) -> int:
        return time.time_ns() // 1000

    def offset_minutes(self) -> int:
        return time.localtime().tm_gmtoff // 60
