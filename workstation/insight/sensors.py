"""What the sensors kept: continuous channels as they stand, their samples, minutes and hours, and their alarms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from devices.channels.alarms import Watch
from workstation.catalog.continuous import ContinuousRule
from workstation.catalog.parts import characteristic
from workstation.catalog.rollups import HOUR, MINUTE, Period, RollUp, first_rollup, last_rollup, rolled_up
from workstation.catalog.values import Characteristic
from workstation.errors import CallIsWrong
from workstation.line.plan import load_plan
from workstation.line.samples import RawSample, SampleBuffer, samples_of
from workstation.quality.alarms import AlarmState, lasting
from workstation.quality.links import linked
from workstation.quality.records import AlarmRecord
from workstation.store import Reader
from workstation.store.mapping import select

MICROSECOND = 1000
RAW_UP_TO = 2 * HOUR
MINUTES_UP_TO = 3 * 24 * HOUR
END_OF_TIME = 2**62
_WATCHES = frozenset(map(str, Watch))


class Resolution(StrEnum):
    """How closely one looks."""

    RAW = "raw"
    MINUTE = "minute"
    HOUR = "hour"

    @property
    def period(self) -> Period:
        """The kept period of this resolution; raw samples have none."""
        return Period(str(self))


def resolution_for(microseconds: int) -> Resolution:
    """What a span of time is best looked at with: samples up to two hours, minutes up to three days, else hours."""
    if microseconds <= RAW_UP_TO:
        return Resolution.RAW
    return Resolution.MINUTE if microseconds <= MINUTES_UP_TO else Resolution.HOUR


@dataclass(frozen=True, slots=True)
class OpenWatch:
    """A watch that sees something wrong since `began_at` (UTC microseconds); `seen` is a sentence, or empty."""

    watch: str
    began_at: int
    seen: str


@dataclass(frozen=True, slots=True)
class SensorChannel:
    """A characteristic that is read all day, or was: then it has no gauge, no channel and no rule.

    `newest` is the last raw sample, `minute` the last kept minute; `open_watches` what its watches see wrong, as far as
    the line told; `raw_since` and `minutes_since` are UTC microseconds, None where there is nothing.
    """

    characteristic: Characteristic
    gauge: str
    source: str
    channel: str
    rule: ContinuousRule | None
    newest: RawSample | None
    minute: RollUp | None
    open_watches: tuple[OpenWatch, ...]
    raw_since: int | None
    minutes_since: int | None

    @property
    def name(self) -> str:
        """What it is called: its characteristic."""
        return self.characteristic.name

    @property
    def place(self) -> str:
        """Gauge and channel, for a person; empty when it is read no longer."""
        return f"{self.gauge}, {self.channel}" if self.gauge else ""


@dataclass(frozen=True, slots=True)
class SensorAlarm:
    """A watch that saw something wrong; times are UTC microseconds.

    `ended_at` is when the watch saw the end. Where nobody saw it, `seen_until` is up to when it surely lasted, None
    where that is not known either; while it lasts (`is_open`) both are None. `seen` and `ended` are sentences, empty
    where the record has none. `investigation` is the record it opened or joined.
    """

    uid: str
    characteristic: str
    watch: str
    began_at: int
    ended_at: int | None
    seen_until: int | None
    is_open: bool
    seen: str
    ended: str
    state: AlarmState
    acknowledged_by: str | None
    investigation: str | None

    @property
    def known_until(self) -> int | None:
        """Up to when it is known to have lasted; None while it lasts, and where nothing is known."""
        return self.ended_at if self.ended_at is not None else self.seen_until


def channels(reader: Reader, home: Path) -> list[SensorChannel]:
    """Every continuous channel of the effective plans, then characteristics that once were one, as laid down."""
    plan = load_plan(reader)
    with samples_of(home) as buffer:
        found: dict[int, SensorChannel] = {}
        for (source, channel), rule in plan.continuous.items():
            bound = plan.routes.get((source, channel), ())
            if len(bound) == 1 and bound[0] in plan.characteristics and source in plan.gauges:
                gauge = plan.gauges[source].name
                what = plan.characteristics[bound[0]]
                found[what.id] = _channel(reader, buffer, what, (gauge, source, channel, rule))
        live = sorted(found.values(), key=lambda one: one.characteristic.id)
        once = [
            _channel(reader, buffer, characteristic(reader, number), ("", "", "", None))
            for number in rolled_up(reader)
            if number not in found
        ]
    return [*live, *once]


def find_channel(reader: Reader, home: Path, wanted: str) -> SensorChannel:
    """The channel of this name or number of a characteristic, or of this gauge and channel. Raises CallIsWrong."""
    known = channels(reader, home)
    found = [
        one
        for one in known
        if wanted in (one.name, str(one.characteristic.id), f"{one.gauge} {one.channel}", f"{one.source} {one.channel}")
    ]
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(f"{one.characteristic.id} ({one.place or 'read no longer'})" for one in found)
        raise CallIsWrong(f"Several channels are called '{wanted}'.", f"Give the number of one: {several}.")
    names = ", ".join(f"{one.name} ({one.characteristic.id})" for one in known) or "none yet; a plan names them"
    raise CallIsWrong(f"There is no continuous channel '{wanted}'.", f"There are: {names}.")


def _channel(
    reader: Reader,
    buffer: SampleBuffer | None,
    what: Characteristic,
    read: tuple[str, str, str, ContinuousRule | None],
) -> SensorChannel:
    newest = buffer.last(what.id, 1) if buffer is not None else []
    raw_since = buffer.first_at(what.id) if buffer is not None else None
    first = first_rollup(reader, what.id, Period.MINUTE)
    return SensorChannel(
        what,
        *read,
        newest[0] if newest else None,
        last_rollup(reader, what.id, Period.MINUTE),
        tuple(OpenWatch(one.rules[0], one.observed_at, one.seen or "") for one in lasting(reader, what.id)),
        None if raw_since is None else raw_since // MICROSECOND,
        None if first is None else first.values.first_at or first.start,
    )


@contextmanager
def raw_samples(home: Path, number: int, since: int, until: int) -> Iterator[Iterator[RawSample]]:
    """A characteristic's raw samples of a span in UTC microseconds, one after the other, oldest first."""
    with samples_of(home) as buffer:
        yield iter(()) if buffer is None else buffer.each(number, _nanoseconds(since), _nanoseconds(until))


def raw_figures(home: Path, number: int, count: int, since: int, until: int) -> list[tuple[int, float | None]]:
    """The last `count` raw samples as times (UTC nanoseconds) and figures, None for one that cannot be used."""
    with samples_of(home) as buffer:
        return [] if buffer is None else buffer.figures(number, count, _nanoseconds(since), _nanoseconds(until))


def last_raw_samples(home: Path, number: int, count: int, since: int, until: int) -> list[RawSample]:
    """The last `count` of them."""
    with samples_of(home) as buffer:
        return [] if buffer is None else buffer.last(number, count, _nanoseconds(since), _nanoseconds(until))


def count_raw_samples(home: Path, number: int, since: int, until: int, most: int) -> int:
    """How many raw samples a span holds; counting ends at `most`."""
    with samples_of(home) as buffer:
        return 0 if buffer is None else buffer.count(number, _nanoseconds(since), _nanoseconds(until), most)


def alarms_of_channels(
    reader: Reader,
    *,
    number: int | None = None,
    since: int = 0,
    until: int = END_OF_TIME // MICROSECOND,
    limit: int = 1000,
) -> list[SensorAlarm]:
    """The newest `limit` alarms of watches, newest first; of one characteristic those that reach into a span."""
    statement = select(AlarmRecord).where(AlarmRecord.limits_id.is_(None), AlarmRecord.observed_at < until)
    if number is not None:
        open_now = [one.uid for one in lasting(reader, number)]
        statement = statement.where(
            AlarmRecord.characteristic_id == number,
            (AlarmRecord.observed_at >= since) | (AlarmRecord.ended_at >= since) | (AlarmRecord.seen_until >= since)
            | AlarmRecord.uid.in_(open_now),
        )  # fmt: skip
    names: dict[int, str] = {}
    on: set[str] = set()
    found: list[SensorAlarm] = []
    for record in reader.all(statement.order_by(AlarmRecord.id.desc()).limit(limit)):
        of = record.characteristic_id
        if of not in names:
            names[of] = characteristic(reader, of).name
            on.update(one.uid for one in lasting(reader, of))
        made = _alarm(reader, record, names[of], is_open=record.uid in on)
        if made is not None:
            found.append(made)
    return found


def _alarm(reader: Reader, record: AlarmRecord, name: str, *, is_open: bool) -> SensorAlarm | None:
    rules: list[Any] = json.loads(record.rules)["rules"]
    if len(rules) != 1 or rules[0] not in _WATCHES:
        return None
    investigations = linked(reader, record.uid, "investigation")
    return SensorAlarm(
        uid=record.uid,
        characteristic=name,
        watch=rules[0],
        began_at=record.observed_at,
        ended_at=record.ended_at,
        seen_until=record.seen_until,
        is_open=is_open,
        seen=record.seen or "",
        ended=record.ended or "",
        state=AlarmState(record.state),
        acknowledged_by=record.acknowledged_by,
        investigation=investigations[0] if investigations else None,
    )


def _nanoseconds(microseconds: int) -> int:
    """A time as the buffer has it, within what it can hold."""
    return min(max(microseconds, 0) * MICROSECOND, END_OF_TIME)


def slot_width(resolution: Resolution) -> int:
    """Microseconds of one slot; 0 for samples."""
    return {Resolution.RAW: 0, Resolution.MINUTE: MINUTE, Resolution.HOUR: HOUR}[resolution]
