"""Which readings that came by themselves are worth keeping: an instrument that is read all day tells much that nobody
asked for, and says the same failure again at every poll."""

from __future__ import annotations

from devices.reading import Quality, Reading, Trigger
from workstation.line.plan import LinePlan

_BY_ITSELF = frozenset({Trigger.POLL, Trigger.STREAM})


class Sift:
    """Follows the plan; `keeps` says of each reading whether it goes on to be checked and kept.

    Whatever somebody asked for, pressed a button or typed for is kept, or refused with its reason. Of polls and streams
    a channel that the plan binds to nothing is passed over, and of failures in a row with the same reason the first one
    stands for all; how the instrument stands is said by its port, and every byte is in the raw journal.
    """

    def __init__(self) -> None:
        self._plan = LinePlan()
        self._failing: dict[tuple[str, str], str] = {}

    def follow(self, plan: LinePlan) -> None:
        """Work by this plan; every failure is told anew."""
        self._plan = plan
        self._failing.clear()

    def keeps(self, reading: Reading) -> bool:
        """Whether this reading is to be checked and kept."""
        if reading.trigger not in _BY_ITSELF:
            return True
        channel = reading.source, reading.channel
        if channel not in self._plan.routes:
            return False
        if reading.quality is not Quality.BAD:
            if self._failing:
                self._failing.pop(channel, None)
            return True
        is_new = self._failing.get(channel) != reading.reason
        self._failing[channel] = reading.reason
        return is_new
