"""Group a channel's values into subgroups: by count, by time, or by a trigger."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from devices.reading import Quality, Reading


class Grouping(StrEnum):
    """What closes a subgroup."""

    COUNT = "count"  # every `size` values make one
    TIME = "time"  # the first `size` values of each `interval`
    TRIGGER = "trigger"  # the next `size` values after each trigger


@dataclass(frozen=True, slots=True)
class GroupingRule:
    """How values become subgroups; times in nanoseconds.

    Values further apart than `longest_gap` (0: any) do not belong together. With `keeps_incomplete` a subgroup cut
    short is told all the same and says that it is not complete; else it is only counted.
    """

    by: Grouping
    size: int
    interval: int = 0
    longest_gap: int = 0
    keeps_incomplete: bool = False

    def __post_init__(self) -> None:
        if self.size < 1 or self.interval < 0 or self.longest_gap < 0:
            raise ValueError("a subgroup needs at least one value, and times must not be negative")
        if self.by is Grouping.TIME and self.interval <= 0:
            raise ValueError("grouping by time needs an interval")


@dataclass(frozen=True, slots=True)
class Subgroup:
    """Values that belong together, in the order they were observed."""

    channel: str
    readings: tuple[Reading, ...]
    complete: bool
    reason: str


class Subgrouper:
    """Collects one channel's good readings; `left_out` counts those that belong to no subgroup."""

    def __init__(self, channel: str, rule: GroupingRule) -> None:
        self._channel = channel
        self._rule = rule
        self._held: list[Reading] = []
        self._slot: int | None = None
        self._wanted = rule.by is Grouping.COUNT
        self.left_out = 0

    def trigger(self) -> list[Subgroup]:
        """Something happened (a part was finished, a foot switch pressed): the next values are a subgroup."""
        if self._rule.by is not Grouping.TRIGGER:
            return []
        told = self._cut("the next trigger came")
        self._wanted = True
        return told

    def reading(self, reading: Reading) -> list[Subgroup]:
        """One more reading; bad ones are never part of a subgroup."""
        if reading.quality is Quality.BAD or reading.value is None:
            return []
        told: list[Subgroup] = []
        gap = self._rule.longest_gap
        if self._held and gap and reading.monotonic - self._held[-1].monotonic > gap:
            told += self._cut("the values are too far apart")
            self._wanted = self._wanted and self._rule.by is not Grouping.TRIGGER
        if self._rule.by is Grouping.TIME:
            told += self._enter_slot(reading.observed_at // self._rule.interval)
        if not self._wanted:
            self.left_out += 1
            return told
        self._held.append(reading)
        if len(self._held) == self._rule.size:
            told.append(Subgroup(self._channel, tuple(self._held), True, ""))
            self._held = []
            self._wanted = self._rule.by is Grouping.COUNT
        return told

    def _enter_slot(self, slot: int) -> list[Subgroup]:
        if slot == self._slot:
            return []
        self._slot = slot
        told = self._cut("the next interval began")
        self._wanted = True
        return told

    def flush(self, reason: str) -> list[Subgroup]:
        """The line ends, or the part changes: what is held is cut short."""
        return self._cut(reason)

    def _cut(self, reason: str) -> list[Subgroup]:
        held, self._held = self._held, []
        if not held:
            return []
        if self._rule.keeps_incomplete:
            return [Subgroup(self._channel, tuple(held), False, reason)]
        self.left_out += len(held)
        return []
