"""Continuous channels on the line: their readings go through the channels' library, and what it tells goes on."""

from __future__ import annotations

import logging
import sqlite3
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

from devices.channels.aggregate import Aggregate
from devices.channels.alarms import ChannelAlarm, Watch
from devices.channels.channel import ContinuousChannel, Outcome, Sample
from devices.channels.grouping import Grouping, Subgroup
from devices.reading import Quality, Reading, Trigger
from workstation.catalog.continuous import ContinuousRule
from workstation.catalog.values import Characteristic
from workstation.line.check import Overdue, Refusal, take
from workstation.line.plan import LinePlan
from workstation.line.reactions import TroubleEnded
from workstation.line.samples import LINE_ENDED, PLAN_CHANGED, RawSample, SampleBuffer, WatchTurn

log = logging.getLogger(__name__)

MOST_SAMPLES_WAITING = 20_000
"""Raw samples held while the buffer's disk refuses them; beyond, the oldest are forgotten and the log says so."""
FORGET_AFTER = 60 * 10**9
"""Nanoseconds after which the buffer is looked through for samples whose time is over, though no new one came."""
MOST_DECIMALS = 12


@dataclass(frozen=True, slots=True)
class Piece:
    """What a channel told of a characteristic that is to be kept: a minute, an alarm that began, or its end.

    In `unit`.
    """

    characteristic: Characteristic
    what: Aggregate | ChannelAlarm | TroubleEnded

    @property
    def unit(self) -> str:
        return self.characteristic.unit


Put = Callable[[Reading, Piece | None], None]
"""Takes a reading to be judged and kept like any other, or the carrier of a piece."""


@dataclass(slots=True)
class _Running:
    """A channel at work, and what it was made of: as long as that stays, so does the channel.

    `wrong` is what its watches see wrong, and since when; `last_good` when its last usable reading was observed. Times
    in UTC nanoseconds.
    """

    rule: ContinuousRule
    characteristic: Characteristic
    channel: ContinuousChannel
    wrong: dict[Watch, int] = field(default_factory=dict)
    last_good: int = 0


class Sensors:
    """The continuous channels of a plan; used from the line's event loop."""

    def __init__(self, put: Put, overdue: Overdue) -> None:
        self._put = put
        self._overdue = overdue
        self._plan = LinePlan()
        self._running: dict[tuple[str, str], _Running] = {}
        self._samples: deque[RawSample] = deque(maxlen=MOST_SAMPLES_WAITING)
        self._turns: deque[WatchTurn] = deque(maxlen=MOST_SAMPLES_WAITING)
        self._utc = 0
        self._wrote_at = 0
        self._is_idle = False

    def follow(self, plan: LinePlan, now: int) -> None:
        """Work by this plan from monotonic time `now` (nanoseconds) on; channels that it leaves alone go on."""
        self._plan = plan
        kept: dict[tuple[str, str], _Running] = {}
        for key, rule in plan.continuous.items():
            bound = plan.routes.get(key, ())
            found = plan.characteristics.get(bound[0]) if len(bound) == 1 else None
            if found is None:
                continue
            known = self._running.get(key)
            if known is not None and (known.rule, known.characteristic.id) == (rule, found.id):
                known.characteristic = found
                kept[key] = known
            else:
                channel = ContinuousChannel(f"{key[0]} {key[1]}", rule.channel_rule(), now)
                kept[key] = _Running(rule, found, channel)
        for key, running in self._running.items():
            if kept.get(key) is not running:
                self._end(key, running, PLAN_CHANGED)
        self._running = kept

    def take(self, reading: Reading) -> bool:
        """Whether the reading is a continuous channel's; it is then dealt with."""
        self._trigger(reading.source)
        key = reading.source, reading.channel
        running = self._running.get(key)
        if running is None:
            return False
        checked = self._checked(reading, running.characteristic)
        self._tell(key, running, running.channel.reading(checked))
        if checked.quality is not Quality.BAD:
            running.last_good = checked.observed_at
        return True

    def signal(self, source: str) -> None:
        """Something happened at an instrument: a foot switch was pressed, a code was scanned."""
        self._trigger(source)

    def tick(self, now: int, utc: int) -> None:
        """Time passed (monotonic and UTC nanoseconds): close what is over, notice silence."""
        self._utc = utc
        self._is_idle = utc - self._wrote_at >= FORGET_AFTER
        for key, running in self._running.items():
            self._tell(key, running, running.channel.tick(now, utc))

    def end(self) -> None:
        """The line ends: tell everything that is open."""
        for key, running in self._running.items():
            self._end(key, running, LINE_ENDED)
        self._running = {}

    def write_samples(self, buffer: SampleBuffer, now: int) -> None:
        """Put what waits into the buffer (in the writer's thread); when its disk refuses it waits on.

        Where nothing waits, what is over is forgotten all the same: a sensor that fell silent keeps no old samples.
        """
        self._wrote_at, self._is_idle = now, False
        if not self._samples and not self._turns and not buffer.is_there:
            return
        waiting = [self._samples.popleft() for _ in range(len(self._samples))]
        turns = [self._turns.popleft() for _ in range(len(self._turns))]
        try:
            buffer.put(waiting, now, turns)
        except sqlite3.Error as error:
            log.warning("raw samples not kept", extra={"reason": str(error), "waiting": len(waiting)})
            self._samples.extendleft(reversed(waiting))
            self._turns.extendleft(reversed(turns))

    @property
    def samples_waiting(self) -> int:
        """How many raw samples and turns of watches wait for the buffer; one more when old samples are to go."""
        return len(self._samples) + len(self._turns) + self._is_idle

    def _end(self, key: tuple[str, str], running: _Running, reason: str) -> None:
        """A channel is read no longer: what is open is told, and no watch looks at it any more.

        What was wrong was so up to the last usable reading; silence, up to now.
        """
        self._tell(key, running, running.channel.end(reason))
        for watch, began in running.wrong.items():
            until = max(began, self._utc if watch is Watch.SILENT else running.last_good)
            self._ended(key, running, WatchTurn(running.characteristic.id, str(watch), began, reason, until))
        running.wrong = {}

    def _ended(self, key: tuple[str, str], running: _Running, turn: WatchTurn, *, seen: bool = False) -> None:
        """A watch is over: on to its alarm's record, and to the buffer for as long as it is not there."""
        self._turns.append(turn)
        at = turn.ended_at or turn.began_at
        ended = TroubleEnded(
            turn.characteristic, turn.watch, turn.began_at // 1000, turn.sentence,
            ended_at=at // 1000 if seen else None, seen_until=None if seen else at // 1000,
        )  # fmt: skip
        self._put(_carrier(key, at), Piece(running.characteristic, ended))

    def _trigger(self, source: str) -> None:
        gauge = self._plan.gauges.get(source)
        for key, running in self._running.items():
            by = running.rule
            if gauge is not None and by.group is Grouping.TRIGGER and by.trigger == gauge.name:
                self._tell(key, running, running.channel.trigger())

    def _checked(self, reading: Reading, characteristic: Characteristic) -> Reading:
        """The reading in the characteristic's unit; one that may not be used is a bad one, counted and never judged."""
        today = datetime.now().astimezone().date().isoformat()
        taken = take(self._plan, reading, today, self._overdue)
        if isinstance(taken, Refusal):
            return msgspec.structs.replace(reading, value=None, quality=Quality.BAD, reason=taken.reason)
        return msgspec.structs.replace(
            reading, value=taken.value, unit=characteristic.unit, quality=taken.quality, reason=taken.remark
        )

    def _tell(self, key: tuple[str, str], running: _Running, outcomes: list[Outcome]) -> None:
        what = running.characteristic
        for outcome in outcomes:
            if isinstance(outcome, Sample):
                self._sample(outcome, what)
            elif isinstance(outcome, Subgroup):
                self._put(mean_of(outcome.readings), None)
            elif isinstance(outcome, Aggregate):
                self._put(_carrier(key, outcome.last_at), Piece(what, outcome))
            else:
                self._turned(key, running, outcome)

    def _turned(self, key: tuple[str, str], running: _Running, alarm: ChannelAlarm) -> None:
        """A watch began, which raises an alarm, or ended, which is noted in its record."""
        facts = {"channel": alarm.channel, "watch": str(alarm.watch), "active": alarm.active}
        log.info("channel alarm", extra={**facts, "sentence": alarm.sentence})
        what, watch, at = running.characteristic, str(alarm.watch), alarm.observed_at
        if alarm.active:
            running.wrong[alarm.watch] = at
            self._turns.append(WatchTurn(what.id, watch, at, alarm.sentence))
            self._put(_carrier(key, at), Piece(what, alarm))
        else:
            turn = WatchTurn(what.id, watch, running.wrong.pop(alarm.watch), alarm.sentence, at)
            self._ended(key, running, turn, seen=True)

    def _sample(self, sample: Sample, what: Characteristic) -> None:
        reading = sample.reading
        if len(self._samples) == MOST_SAMPLES_WAITING:
            log.warning("raw samples are forgotten", extra={"waiting": MOST_SAMPLES_WAITING})
        self._samples.append(
            RawSample(what.id, reading.observed_at, reading.value, what.unit, str(reading.quality), sample.until)
        )


def mean_of(readings: tuple[Reading, ...]) -> Reading:
    """A subgroup's mean as one reading, with one decimal more than its values, observed when the last of them was."""
    last = readings[-1]
    if len(readings) == 1:
        return msgspec.structs.replace(last, raw=b"")
    values = [reading.value for reading in readings if reading.value is not None]
    decimals = max(_decimals(value) for value in values)
    mean = sum(values, Decimal(0)) / len(values)
    rounded = mean.quantize(Decimal(1).scaleb(-min(decimals + 1, MOST_DECIMALS)), rounding=ROUND_HALF_EVEN)
    doubtful = next((one for one in readings if one.quality is not Quality.GOOD or one.reason), last)
    return msgspec.structs.replace(last, value=rounded, quality=doubtful.quality, reason=doubtful.reason, raw=b"")


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _carrier(key: tuple[str, str], at: int) -> Reading:
    """A reading without a value: the place and time of a piece."""
    return Reading(*key, None, None, at, 0, 0, Trigger.POLL, Quality.BAD, "", b"")
