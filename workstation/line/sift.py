"""Which readings that came by themselves are worth keeping: an instrument that is read all day tells much that nobody
asked for, and says the same failure again at every poll."""

from __future__ import annotations

from dataclasses import dataclass

from devices.reading import Quality, Reading, Trigger
from workstation.line.plan import LinePlan

_BY_ITSELF = frozenset({Trigger.POLL, Trigger.STREAM})
_UNASKED = frozenset({Trigger.BUTTON, Trigger.FOOT_SWITCH})
FASTER_THAN_A_HAND = 1_000_000_000
"""Nanoseconds: the same failure again and again within these is the instrument's own doing."""
AS_A_HAND_MAY = 20
"""Failures in a row that somebody may have pressed for all the same."""
SAID_AGAIN = 60_000_000_000
"""Nanoseconds after which a failure that goes on and on is said once more."""


@dataclass(slots=True)
class _Row:
    """The same failure in a row: how often it came without a pause, when last, and when it was last let on."""

    reason: str
    count: int
    last: int
    told: int


class Sift:
    """Follows the plan; `keeps` says of each reading whether it goes on to be checked and kept.

    Whatever somebody asked for, pressed a button or typed for is kept, or refused with its reason; but of an instrument
    that repeats one failure without end, faster than a hand, it is said once a minute. Of polls and streams
    a channel that the plan binds to nothing is passed over, and of failures in a row with the same reason the first one
    stands for all; how the instrument stands is said by its port, and every byte is in the raw journal.
    """

    def __init__(self) -> None:
        self._plan = LinePlan()
        self._failing: dict[tuple[str, str], str] = {}
        self._rows: dict[tuple[str, str], _Row] = {}

    def follow(self, plan: LinePlan) -> None:
        """Work by this plan; every failure is told anew."""
        self._plan = plan
        self._failing.clear()

    def keeps(self, reading: Reading) -> bool:
        """Whether this reading is to be checked and kept."""
        channel = reading.source, reading.channel
        if reading.trigger in _UNASKED:
            return self._keeps_unasked(channel, reading)
        if reading.trigger not in _BY_ITSELF:
            return True
        if channel not in self._plan.routes:
            return False
        if reading.quality is not Quality.BAD:
            if self._failing:
                self._failing.pop(channel, None)
            return True
        is_new = self._failing.get(channel) != reading.reason
        self._failing[channel] = reading.reason
        return is_new

    def _keeps_unasked(self, channel: tuple[str, str], reading: Reading) -> bool:
        if reading.quality is not Quality.BAD:
            if self._rows:
                self._rows.pop(channel, None)
            return True
        now, row = reading.received, self._rows.get(channel)
        if row is None or row.reason != reading.reason or now - row.last > FASTER_THAN_A_HAND:
            self._rows[channel] = _Row(reading.reason, 1, now, now)
            return True
        row.count, row.last = row.count + 1, now
        if row.count > AS_A_HAND_MAY and now - row.told < SAID_AGAIN:
            return False
        row.told = now
        return True
