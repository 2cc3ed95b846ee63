"""Whether a unit answers, and when to ask a dead one again without costing its neighbours their rate."""

from __future__ import annotations

SHORTEST_BACKOFF = 1_000_000_000
LONGEST_BACKOFF = 60_000_000_000
FAILURES_OF_A_KNOWN_UNIT = 2
PROBE_SHARE = 12  # probes of dead units may take one part in this many of the line's time


class Health:
    """One unit: answering, or demoted and probed after 1 s, 2 s, 4 s ... up to `longest`.

    A unit that has answered before is demoted after two failures in a row, one that never answered after the first.
    """

    __slots__ = ("_backoff", "_failures", "_longest", "demoted", "heard", "probe_at")

    def __init__(self, longest: int = LONGEST_BACKOFF) -> None:
        self._longest = max(longest, SHORTEST_BACKOFF)
        self.forget()

    def forget(self) -> None:
        """Start anew, as after a reconnection."""
        self._backoff = 0
        self._failures = 0
        self.heard = False
        self.demoted = False
        self.probe_at = 0

    def answered(self) -> bool:
        """The unit replied; True when that brought it back (or was its first word)."""
        news = self.demoted or not self.heard
        self.heard, self.demoted = True, False
        self._failures = self._backoff = 0
        return news

    def failed(self, now: int, *, certain: bool = False) -> bool:
        """No reply (`certain`: a gateway said that the unit is away); True when this demoted the unit."""
        self._failures += 1
        if not (self.demoted or certain or not self.heard or self._failures >= FAILURES_OF_A_KNOWN_UNIT):
            return False
        news = not self.demoted
        self.demoted = True
        self._backoff = min(self._longest, self._backoff * 2) if self._backoff else SHORTEST_BACKOFF
        self.probe_at = now + self._backoff
        return news

    @property
    def backoff(self) -> int:
        """Nanoseconds until the next probe, as counted from the last failure."""
        return self._backoff


class ProbeBudget:
    """Spaces the probes of all demoted units of a line so that failed ones take at most their share of its time."""

    __slots__ = ("_free_at",)

    def __init__(self) -> None:
        self._free_at = 0

    def allows(self, now: int) -> bool:
        return now >= self._free_at

    @property
    def free_at(self) -> int:
        return self._free_at

    def spent(self, now: int, cost: int) -> None:
        """A probe failed and held the line for `cost`."""
        self._free_at = now + cost * (PROBE_SHARE - 1)
