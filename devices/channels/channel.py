"""One continuous channel: what to keep of its readings, for how long, in which subgroups, and when to alarm."""

from __future__ import annotations

from dataclasses import dataclass, field

from devices.channels.aggregate import Aggregate
from devices.channels.alarms import AlarmRule, ChannelAlarm, Watcher
from devices.channels.grouping import GroupingRule, Subgroup, Subgrouper
from devices.channels.rollup import GRACE, HOUR, MINUTE, RollUp
from devices.reading import Quality, Reading

DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """What becomes of a channel's readings; times in nanoseconds.

    At most one reading in each `sample` (0: all of them) is kept raw, for `keep_raw`; every reading goes into the
    aggregates of `widths`, which are kept for ever.
    """

    sample: int = 0
    keep_raw: int = 7 * DAY
    widths: tuple[int, ...] = (MINUTE, HOUR)
    grace: int = GRACE
    grouping: GroupingRule | None = None
    alarms: AlarmRule = field(default_factory=AlarmRule)


@dataclass(frozen=True, slots=True)
class Sample:
    """A reading to be kept raw until UTC time `until`."""

    reading: Reading
    until: int


Outcome = Sample | Aggregate | Subgroup | ChannelAlarm


class ContinuousChannel:
    """Takes the readings of one channel in and gives what is to be kept, judged and told."""

    def __init__(self, name: str, rule: ChannelRule, started: int) -> None:
        self.name = name
        self._rule = rule
        self._rollup = RollUp(name, rule.widths, rule.grace)
        self._grouper = Subgrouper(name, rule.grouping) if rule.grouping is not None else None
        self._watcher = Watcher(name, rule.alarms, started)
        self._sampled: int | None = None

    def reading(self, reading: Reading) -> list[Outcome]:
        """One reading, good or bad."""
        told: list[Outcome] = list(self._sample(reading))
        if reading.quality is Quality.BAD or reading.value is None:
            self._rollup.bad(reading.observed_at)
        else:
            self._rollup.value(reading.value, reading.observed_at)
        if self._grouper is not None:
            told += self._grouper.reading(reading)
        told += self._watcher.reading(reading)
        told += self._rollup.due(reading.observed_at)
        return told

    def _sample(self, reading: Reading) -> list[Sample]:
        slot = reading.observed_at // self._rule.sample if self._rule.sample else None
        if slot is not None and slot == self._sampled:
            return []
        self._sampled = slot
        return [Sample(reading, reading.observed_at + self._rule.keep_raw)]

    def trigger(self) -> list[Outcome]:
        """A part was finished or a switch pressed: the next readings are a subgroup."""
        return list(self._grouper.trigger()) if self._grouper is not None else []

    def tick(self, now: int, utc: int) -> list[Outcome]:
        """Time passed: close what is over, notice silence."""
        return [*self._rollup.due(utc), *self._watcher.tick(now, utc)]

    def end(self, reason: str) -> list[Outcome]:
        """The line ends: tell everything that is still open."""
        told: list[Outcome] = list(self._grouper.flush(reason)) if self._grouper is not None else []
        return [*told, *self._rollup.flush()]

    def next_tick(self, now: int, utc: int) -> int | None:
        """The monotonic time at which `tick` has something to tell, if no reading comes before."""
        times = []
        slot = self._rollup.next_due()
        if slot is not None:
            times.append(now + max(0, slot - utc))
        silence = self._watcher.next_check()
        if silence is not None:
            times.append(silence)
        return min(times, default=None)
