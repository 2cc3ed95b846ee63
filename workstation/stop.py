"""A wish to stop, made by a signal's handler or by another thread."""

from __future__ import annotations

import time
from contextlib import suppress
from queue import Empty, SimpleQueue

_SLICE = 0.5
"""Seconds: where a lock cannot be interrupted (Windows), a handler runs between two slices."""


class Stop:
    """As `threading.Event`, but a handler may set it while the thread it interrupts waits for it.

    An event's lock is not re-entrant: a handler that runs while its own thread holds it waits for ever.
    """

    def __init__(self) -> None:
        self._asked = False
        self._bell: SimpleQueue[None] = SimpleQueue()  # its `put` is re-entrant

    def set(self) -> None:
        """Ask to stop."""
        self._asked = True
        self._bell.put(None)

    def is_set(self) -> bool:
        """Whether it was asked for."""
        return self._asked

    def wait(self, seconds: float) -> bool:
        """Wait at most so long for it; whether it was asked for."""
        until = time.monotonic() + seconds
        while not self._asked and (left := until - time.monotonic()) > 0:
            with suppress(Empty):
                self._bell.get(timeout=min(left, _SLICE))
                self._bell.put(None)  # for whoever else waits
        return self._asked
