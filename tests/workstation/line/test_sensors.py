"""Continuous channels on the line: what becomes of readings, in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from devices.channels.aggregate import Aggregate, slot_of
from devices.channels.alarms import ChannelAlarm, Watch
from devices.channels.grouping import Grouping
from devices.reading import Quality, Reading, Trigger
from workstation.catalog.continuous import ContinuousRule
from workstation.catalog.rollups import HOUR, Period, rollups
from workstation.catalog.values import Chart, Gauge, GaugeStatus
from workstation.errors import SurroundingsFailed
from workstation.line import protocol
from workstation.line.check import Overdue
from workstation.line.keep import Waiting
from workstation.line.plan import LinePlan
from workstation.line.reactions import TroubleEnded
from workstation.line.samples import RawSample, SampleBuffer
from workstation.line.sensors import MOST_SAMPLES_WAITING, Piece, Sensors
from workstation.quality import alarms
from workstation.quality.alarms import Alarm
from workstation.station import QualityReactions
from workstation.store.verify import verify

SECOND = 10**9
MINUTE = 60 * SECOND
START = 1_790_000_040 * SECOND  # a whole minute
CLIMATE = Gauge(1, "u", 1, "climate", "SN 1", "p", "COM1", None, None, GaugeStatus.ACTIVE)
PRESS = Gauge(2, "v", 1, "press", "SN 2", "p", "COM2", None, None, GaugeStatus.ACTIVE)


def reading(value: str | None, at: int, unit: str = "mm", channel: str = "temperature") -> Reading:
    quality = Quality.BAD if value is None else Quality.GOOD
    number = None if value is None else Decimal(value)
    return Reading("SN 1", channel, number, unit, START + at, at, at, Trigger.POLL, quality, "", b"\x01")


class Told:
    """What sensors put: means to be judged, and pieces."""

    def __init__(self) -> None:
        self.means: list[Reading] = []
        self.pieces: list[Piece] = []

    def put(self, given: Reading, piece: Piece | None) -> None:
        if piece is None:
            self.means.append(given)
        else:
            self.pieces.append(piece)

    def minutes(self) -> list[Aggregate]:
        return [one.what for one in self.pieces if isinstance(one.what, Aggregate)]

    def alarms(self) -> list[Watch]:
        return [one.what.watch for one in self.pieces if isinstance(one.what, ChannelAlarm)]

    def ends(self) -> list[TroubleEnded]:
        return [one.what for one in self.pieces if isinstance(one.what, TroubleEnded)]


Make = Callable[[ContinuousRule], Sensors]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def make(bench: Any, told: Told) -> Make:
    what = bench.lay_down("temperature", chart=Chart.I_MR, subgroup_size=1)

    def begin(rule: ContinuousRule) -> Sensors:
        key = "SN 1", "temperature"
        plan = LinePlan("oven", {what.id: what}, {"SN 1": CLIMATE, "SN 2": PRESS}, {key: (what.id,)}, {key: rule})
        sensors = Sensors(told.put, Overdue.REFUSE)
        sensors.follow(plan, 0)
        return sensors

    return begin


def test_the_means_of_groups_go_on_as_readings(make: Make, told: Told) -> None:
    sensors = make(ContinuousRule(Grouping.COUNT, 3))
    for number, value in enumerate(("74.00", "74.01", "74.03", "74.00")):
        assert sensors.take(reading(value, number * SECOND))
    (mean,) = told.means
    assert (str(mean.value), mean.unit, mean.observed_at) == ("74.013", "mm", START + 2 * SECOND)


def test_other_channels_are_not_touched(make: Make, told: Told) -> None:
    assert not make(ContinuousRule(Grouping.COUNT, 1)).take(reading("74.0", 0, channel="humidity"))
    assert not told.means and not told.pieces


def test_values_come_into_the_characteristics_unit_and_unusable_ones_are_counted(make: Make, told: Told) -> None:
    sensors = make(ContinuousRule(Grouping.COUNT, 1))
    sensors.take(reading("7.4", 0, "cm"))
    sensors.take(reading("99", SECOND))  # not plausible
    sensors.take(reading("7", 2 * SECOND, "kg"))
    sensors.take(reading(None, 3 * SECOND))
    assert [mean.value for mean in told.means] == [Decimal(74)]
    sensors.end()
    (minute,) = told.minutes()
    assert (minute.count, minute.bad, minute.total) == (1, 3, Decimal(74))


def test_a_record_of_the_trigger_begins_a_group(make: Make, told: Told) -> None:
    sensors = make(ContinuousRule(Grouping.TRIGGER, 2, trigger="press"))
    for number in range(3):
        sensors.take(reading("74.0", number * SECOND))
    assert told.means == []
    sensors.signal("SN 2")
    for number in range(3, 7):
        sensors.take(reading(f"74.{number}", number * SECOND))
    assert [str(mean.value) for mean in told.means] == ["74.35"]


def test_limits_and_silence_are_told_when_they_begin(make: Make, told: Told) -> None:
    sensors = make(ContinuousRule(Grouping.COUNT, 1, high=Decimal(75), silent=Decimal(10)))
    sensors.take(reading("75.1", 0))
    sensors.take(reading("75.2", SECOND))
    sensors.tick(11 * SECOND, START + 11 * SECOND)
    sensors.tick(12 * SECOND, START + 12 * SECOND)
    assert told.alarms() == [Watch.HIGH, Watch.SILENT]


def test_a_changed_rule_ends_the_channel_and_tells_what_is_open(make: Make, told: Told) -> None:
    sensors = make(ContinuousRule(Grouping.COUNT, 1))
    sensors.take(reading("74.0", 0))
    sensors.follow(LinePlan(), SECOND)
    assert [minute.count for minute in told.minutes()] == [1]
    assert not sensors.take(reading("74.0", 2 * SECOND))


def test_samples_wait_for_the_buffer_and_the_buffer_forgets_by_age(make: Make, tmp_path: Path) -> None:
    sensors = make(ContinuousRule(Grouping.COUNT, 1, sample=Decimal(2), keep_raw=Decimal(60)))
    for number in range(6):
        sensors.take(reading(f"74.{number}", number * SECOND))
    gone = SampleBuffer(tmp_path / "no such folder")
    sensors.write_samples(gone, START)
    assert sensors.samples_waiting == 3
    buffer = SampleBuffer(tmp_path)
    sensors.write_samples(buffer, START)
    assert sensors.samples_waiting == 0
    (found,) = {one.characteristic for one in buffer.samples(1)}
    assert [str(one.value) for one in buffer.samples(found)] == ["74.0", "74.2", "74.4"]
    buffer.put([], START + 63 * SECOND)
    assert [str(one.value) for one in buffer.samples(found)] == ["74.4"]
    buffer.close()
    assert MOST_SAMPLES_WAITING >= 1000


def test_a_silent_channels_old_samples_go_and_no_buffer_is_made_for_nothing(make: Make, tmp_path: Path) -> None:
    sensors = make(ContinuousRule(Grouping.COUNT, 1, keep_raw=Decimal(60)))
    buffer = SampleBuffer(tmp_path)
    sensors.write_samples(buffer, START)
    sensors.tick(61 * SECOND, START + 61 * SECOND)
    sensors.write_samples(buffer, START + 61 * SECOND)
    assert not buffer.is_there and sensors.samples_waiting == 0
    sensors.take(reading("74.0", 62 * SECOND))
    sensors.write_samples(buffer, START + 62 * SECOND)
    (found,) = buffer.characteristics()
    for passed, left in ((63, 1), (121, 1), (122, 1), (183, 0)):
        sensors.tick(passed * SECOND, START + passed * SECOND)
        if sensors.samples_waiting:
            sensors.write_samples(buffer, START + passed * SECOND)
        assert len(buffer.samples(found)) == left, passed
    buffer.close()


def test_a_watch_tells_the_buffer_when_it_turns(make: Make, tmp_path: Path) -> None:
    sensors = make(ContinuousRule(Grouping.COUNT, 1, high=Decimal(75)))
    for number, value in enumerate(("74.0", "75.5", "75.6", "74.9")):
        sensors.take(reading(value, number * SECOND))
    sensors.write_samples(SampleBuffer(tmp_path / "no such folder"), START)
    assert sensors.samples_waiting == 6
    buffer = SampleBuffer(tmp_path)
    sensors.write_samples(buffer, START)
    (found,) = buffer.characteristics()
    (span,) = buffer.watches(found)
    assert (span.began_at, span.ended_at) == (START + SECOND, START + 3 * SECOND)
    assert (span.watch, span.seen) == ("above the limit", "75.5 is above 75")
    buffer.close()


@pytest.mark.parametrize("ends", [lambda one: one.end(), lambda one: one.follow(LinePlan(), 5 * SECOND)])
def test_a_channel_that_is_read_no_longer_is_watched_no_longer(
    make: Make, tmp_path: Path, ends: Callable[[Sensors], None]
) -> None:
    sensors, buffer = make(ContinuousRule(Grouping.COUNT, 1, high=Decimal(75))), SampleBuffer(tmp_path)
    sensors.take(reading("75.5", 0))
    sensors.tick(4 * SECOND, START + 4 * SECOND)
    ends(sensors)
    sensors.write_samples(buffer, START)
    (found,) = buffer.characteristics()
    (span,) = buffer.watches(found)
    assert span.ended_at == START and span.ended in ("the line ended", "the plan changed")
    assert not span.was_seen_ending
    buffer.close()


@pytest.mark.parametrize("ends", [lambda one: one.end(), lambda one: one.follow(LinePlan(), 5 * SECOND)])
def test_what_nobody_saw_ending_is_known_up_to_the_last_usable_reading(
    make: Make, told: Told, ends: Callable[[Sensors], None]
) -> None:
    sensors = make(ContinuousRule(Grouping.COUNT, 1, high=Decimal(75), silent=Decimal(10)))
    sensors.take(reading("75.5", 0))
    sensors.take(reading("75.6", SECOND))
    sensors.take(reading(None, 2 * SECOND))
    sensors.tick(12 * SECOND, START + 12 * SECOND)
    sensors.tick(20 * SECOND, START + 20 * SECOND)
    ends(sensors)
    ends(sensors)
    first = START // 1000
    assert [(one.watch, one.began_at - first, one.ended_at, (one.seen_until or 0) - first) for one in told.ends()] == [
        ("above the limit", 0, None, 1_000_000), ("silent", 12_000_000, None, 20_000_000),
    ]  # fmt: skip


def test_an_end_goes_on_in_order_with_what_was_read(make: Make) -> None:
    sensors = make(ContinuousRule(Grouping.COUNT, 1, high=Decimal(75), hysteresis=Decimal("0.5")))
    order: list[object] = []
    sensors._put = lambda given, piece: order.append(given.value if piece is None else piece.what)
    for number, value in enumerate(("75.5", "74.9", "74.4", "74.3")):
        sensors.take(reading(value, number * SECOND))
    first, began, second, third, ended, last = order
    assert [first, second, third, last] == [Decimal("75.5"), Decimal("74.9"), Decimal("74.4"), Decimal("74.3")]
    assert isinstance(began, ChannelAlarm) and isinstance(ended, TroubleEnded)
    at = START // 1000
    assert (ended.began_at, ended.ended_at, ended.seen_until) == (at, at + 2_000_000, None)
    assert ended.sentence == "74.4 is back within limits"


def test_bad_samples_survive_the_buffer(tmp_path: Path) -> None:
    one = RawSample(1, 5, None, "mm", "bad", 10)
    buffer = SampleBuffer(tmp_path)
    buffer.put([one], 0)
    buffer.close()
    assert buffer.samples(1) == [one]
    buffer.close()


def keep(bench: Any, *pieces: Aggregate | ChannelAlarm | TroubleEnded) -> Any:
    what = bench.characteristics["temperature"]
    carrier = reading(None, 0)
    return bench.ledger.commit([Waiting(carrier, "", piece=Piece(what, one)) for one in pieces])()


def test_minutes_are_merged_and_become_hours(bench: Any) -> None:
    what = bench.lay_down("temperature")
    hour = HOUR * 1000
    first = START - START % hour
    values = [Decimal(f"74.{n:03}") for n in range(200)]
    pieces = [
        slot_of("x", first + n * 40 * SECOND, MINUTE).with_value(value, first + n * 40 * SECOND)
        for n, value in enumerate(values)
    ]
    for piece in pieces:
        keep(bench, piece)
    with bench.store.read() as reader:
        minutes = rollups(reader, what.id, Period.MINUTE)
        hours = rollups(reader, what.id, Period.HOUR)
        assert verify(reader.raw).intact
    assert sum(one.count for one in minutes) == 200 and {one.count for one in minutes} == {1, 2}
    assert [one.start for one in hours] == [first // 1000, (first + hour) // 1000]
    assert [one.count for one in hours] == [90, 90]
    assert hours[0].mean == sum(values[:90]) / 90
    assert (hours[1].values.minimum, hours[1].values.maximum) == (values[90], values[179])

    keep(bench, slot_of("x", first, MINUTE).with_value(Decimal(70), first))
    with bench.store.read() as reader:
        (late, _) = rollups(reader, what.id, Period.HOUR)
        assert verify(reader.raw).intact
    assert (late.count, late.values.minimum) == (91, Decimal(70))


def test_a_commit_that_fails_keeps_no_minute(bench: Any) -> None:
    what = bench.lay_down("temperature")
    bench.reactions.channel_trouble = lambda *_: 1 / 0
    minute = slot_of("x", START, MINUTE).with_value(Decimal(74), START)
    trouble = ChannelAlarm("x", Watch.HIGH, True, 1, START, Decimal(76), "76 is above 75")
    with pytest.raises(ZeroDivisionError):
        keep(bench, minute, trouble)
    with bench.store.read() as reader:
        assert rollups(reader, what.id, Period.MINUTE) == []


def test_an_alarm_is_raised_with_the_open_subgroup_and_announced(bench: Any) -> None:
    what = bench.lay_down("temperature")
    bench.keep(*["74.00"] * 7, name="temperature")
    outcome = keep(bench, ChannelAlarm("SN 1 temperature", Watch.HIGH, True, 1, START, Decimal(76), "76 is above 75"))
    (event,) = bench.reactions.troubles
    assert (event.subgroup, event.watch, event.sentence) == (2, "above the limit", "76 is above 75")
    assert outcome.announcements == (protocol.AlarmRaised("channel-1", what.id, 2, ("above the limit",), None),)
    assert not outcome.reasons


def real_alarms(bench: Any) -> list[Alarm]:
    with bench.store.read() as reader:
        assert verify(reader.raw).intact
        return alarms.alarms(reader)


def trouble(at: int) -> ChannelAlarm:
    return ChannelAlarm("SN 1 temperature", Watch.HIGH, True, at, START + at, Decimal(76), "76 is above 75")


def over(number: int, began: int, at: int) -> TroubleEnded:
    return TroubleEnded(number, "above the limit", (START + began) // 1000, "74 is back", ended_at=(START + at) // 1000)


def test_an_end_is_noted_in_the_record_with_the_batch_or_not_at_all(bench: Any) -> None:
    """As where the disk takes nothing while the climate comes back: the batch is tried again until it is kept."""
    bench.reactions = QualityReactions()
    bench.ledger = bench.new_ledger()
    what = bench.lay_down("temperature")
    keep(bench, trouble(0))
    bench.store._writer.raw.execute("PRAGMA max_page_count = 1")  # SQLite says that the disk is full
    minute = slot_of("x", START, MINUTE).with_value(Decimal(74), START)
    for _ in range(3):
        with pytest.raises(SurroundingsFailed, match="full"):
            keep(bench, *[minute] * 50, over(what.id, 0, 5 * SECOND))
        (one,) = real_alarms(bench)
        assert one.ended is None
    bench.store._writer.raw.execute("PRAGMA max_page_count = 1000000")
    outcome = keep(bench, minute, over(what.id, 0, 5 * SECOND))
    (one,) = real_alarms(bench)
    assert (one.ended, one.ended_at, one.seen_until) == ("74 is back", START // 1000 + 5_000_000, None)
    assert (one.seen, one.version, one.state) == ("76 is above 75", 2, "raised")
    assert outcome.announcements == () and not outcome.reasons
    with bench.store.read() as reader:
        assert [entry.verb for entry in reader.history("alarm", one.uid)] == ["alarm.raise", "alarm.end"]


def test_an_alarm_may_begin_end_and_begin_again_within_a_batch(bench: Any) -> None:
    bench.reactions = QualityReactions()
    bench.ledger = bench.new_ledger()
    what = bench.lay_down("temperature")
    keep(bench, trouble(0), over(what.id, 0, SECOND), trouble(2 * SECOND))
    second, first = real_alarms(bench)
    assert first.ended_at == (START + SECOND) // 1000 and second.ended is None
    keep(bench, over(what.id, 0, 9 * SECOND), over(what.id, 2 * SECOND, 3 * SECOND))
    second, first = real_alarms(bench)
    assert first.ended_at == (START + SECOND) // 1000, "what ended does not end again"
    assert second.ended_at == (START + 3 * SECOND) // 1000
