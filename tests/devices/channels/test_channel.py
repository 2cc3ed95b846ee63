"""Samples, subgroups and alarms of one channel, with times that the test gives."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.channels.aggregate import Aggregate
from devices.channels.alarms import AlarmRule, ChannelAlarm, Watch, Watcher
from devices.channels.channel import DAY, ChannelRule, ContinuousChannel, Sample
from devices.channels.grouping import Grouping, GroupingRule, Subgroup, Subgrouper
from devices.channels.rollup import MINUTE, SECOND
from devices.reading import Quality, Reading, Trigger

UTC = 1_700_000_040 * SECOND  # the start of a minute


def reading(value: str | None, seconds: float) -> Reading:
    at = int(seconds * SECOND)
    number = Decimal(value) if value is not None else None
    quality, reason = (Quality.GOOD, "") if number is not None else (Quality.BAD, "broken")
    return Reading("oven", "t", number, "°C", UTC + at, at, at, Trigger.POLL, quality, reason, b"")


def values(subgroups: Sequence[Subgroup]) -> list[list[int]]:
    return [[int(one.value or 0) for one in subgroup.readings] for subgroup in subgroups]


def group(rule: GroupingRule, times: Sequence[float]) -> list[Subgroup]:
    """Readings 0, 1, 2 ... at the given seconds."""
    grouper = Subgrouper("t", rule)
    told: list[Subgroup] = []
    for number, seconds in enumerate(times):
        told += grouper.reading(reading(str(number), seconds))
    return told


def test_subgroups_by_count() -> None:
    assert values(group(GroupingRule(Grouping.COUNT, 3), range(8))) == [[0, 1, 2], [3, 4, 5]]


def test_subgroups_by_time_take_the_first_values_of_each_interval() -> None:
    rule = GroupingRule(Grouping.TIME, 2, interval=MINUTE)
    assert values(group(rule, [0, 10, 20, 61, 62, 63, 119, 121])) == [[0, 1], [3, 4]]
    kept = GroupingRule(Grouping.TIME, 4, interval=MINUTE, keeps_incomplete=True)
    told = group(kept, [0, 10, 61, 62, 63, 64])
    assert values(told) == [[0, 1], [2, 3, 4, 5]]
    assert [subgroup.complete for subgroup in told] == [False, True]
    assert told[0].reason == "the next interval began"


def test_subgroups_by_trigger() -> None:
    grouper = Subgrouper("t", GroupingRule(Grouping.TRIGGER, 2, keeps_incomplete=True))
    assert grouper.reading(reading("0", 0)) == []
    assert grouper.trigger() == []
    assert grouper.reading(reading("1", 1)) == []
    (whole,) = grouper.reading(reading("2", 2))
    assert values([whole]) == [[1, 2]]
    assert grouper.reading(reading("3", 3)) == []
    grouper.trigger()
    grouper.reading(reading("4", 4))
    (short,) = grouper.trigger()
    assert values([short]) == [[4]] and not short.complete
    assert grouper.left_out == 2


def test_values_too_far_apart_are_no_subgroup() -> None:
    rule = GroupingRule(Grouping.COUNT, 3, longest_gap=5 * SECOND)
    assert values(group(rule, [0, 1, 10, 11, 12])) == [[2, 3, 4]]


def test_bad_readings_are_in_no_subgroup() -> None:
    grouper = Subgrouper("t", GroupingRule(Grouping.COUNT, 2))
    grouper.reading(reading("1", 0))
    assert grouper.reading(reading(None, 1)) == []
    (whole,) = grouper.reading(reading("2", 2))
    assert values([whole]) == [[1, 2]]


@given(
    st.sampled_from(list(Grouping)),
    st.integers(1, 5),
    st.lists(st.one_of(st.just("trigger"), st.just("bad"), st.floats(0.1, 40)), max_size=60),
    st.booleans(),
)
def test_every_good_reading_is_in_one_subgroup_or_left_out(
    by: Grouping, size: int, steps: list[str | float], keeps: bool
) -> None:
    rule = GroupingRule(by, size, interval=MINUTE, longest_gap=30 * SECOND, keeps_incomplete=keeps)
    grouper = Subgrouper("t", rule)
    told: list[Subgroup] = []
    seconds, good = 0.0, 0
    for step in steps:
        if step == "trigger":
            told += grouper.trigger()
        elif step == "bad":
            told += grouper.reading(reading(None, seconds))
        else:
            seconds += float(step)
            told += grouper.reading(reading(str(good), seconds))
            good += 1
    told += grouper.flush("the end")
    seen = [number for numbers in values(told) for number in numbers]
    assert seen == sorted(set(seen))
    assert len(seen) + grouper.left_out == good
    assert all(len(subgroup.readings) == size for subgroup in told if subgroup.complete)


@pytest.mark.parametrize(("by", "size"), [(Grouping.COUNT, 0), (Grouping.TIME, 2)])
def test_rules_that_cannot_be(by: Grouping, size: int) -> None:
    with pytest.raises(ValueError, match=r"subgroup|interval"):
        GroupingRule(by, size)


def watch(rule: AlarmRule, steps: Sequence[tuple[str | None, float]]) -> list[tuple[Watch, bool, float]]:
    watcher = Watcher("t", rule, 0)
    told: list[ChannelAlarm] = []
    for value, seconds in steps:
        told += watcher.reading(reading(value, seconds))
    return [(alarm.watch, alarm.active, alarm.at / SECOND) for alarm in told]


def test_a_limit_begins_and_ends_with_hysteresis() -> None:
    rule = AlarmRule(high=Decimal(30), hysteresis=Decimal(1))
    steps = [("29", 0), ("30.1", 1), ("31", 2), ("29.5", 3), ("28.9", 4)]
    assert watch(rule, steps) == [(Watch.HIGH, True, 1), (Watch.HIGH, False, 4)]


def test_a_limit_waits_for_its_delay() -> None:
    rule = AlarmRule(low=Decimal(10), delay=3 * SECOND)
    assert watch(rule, [("9", 0), ("9", 2), ("11", 2.5), ("9", 3), ("9", 5.9), ("9", 6)]) == [(Watch.LOW, True, 6)]


def test_the_rate_of_change() -> None:
    rule = AlarmRule(rate=Decimal("0.5"), rate_window=10 * SECOND)
    steps = [("20", 0), ("22", 5), ("30", 10), ("30", 15), ("30", 21)]
    assert watch(rule, steps) == [(Watch.RATE, True, 10), (Watch.RATE, False, 21)]


def test_a_stuck_value() -> None:
    rule = AlarmRule(stuck_after=5 * SECOND)
    steps = [("20.0", 0), ("20.0", 4), ("20.1", 5), ("20.1", 9.9), ("20.1", 10), ("20.1", 12), ("20.2", 13)]
    assert watch(rule, steps) == [(Watch.STUCK, True, 10), (Watch.STUCK, False, 13)]


def test_silence_is_noticed_by_time_alone_and_not_broken_by_bad_readings() -> None:
    watcher = Watcher("t", AlarmRule(silent_after=5 * SECOND), 0)
    assert watcher.next_check() == 5 * SECOND
    assert watcher.tick(4 * SECOND, UTC) == []
    (began,) = watcher.reading(reading(None, 5))
    assert began.watch is Watch.SILENT and began.active
    assert watcher.next_check() is None
    (ended,) = watcher.reading(reading("20", 8))
    assert not ended.active
    assert watcher.active == frozenset()
    assert watcher.next_check() == 13 * SECOND


@given(st.lists(st.tuples(st.sampled_from([None, "0", "5", "11", "20"]), st.floats(0, 30)), max_size=50))
def test_alarms_begin_and_end_in_turn(steps: list[tuple[str | None, float]]) -> None:
    rule = AlarmRule(
        low=Decimal(1),
        high=Decimal(10),
        hysteresis=Decimal(2),
        delay=2 * SECOND,
        rate=Decimal(1),
        stuck_after=8 * SECOND,
        silent_after=12 * SECOND,
    )
    watcher = Watcher("t", rule, 0)
    active: set[Watch] = set()
    now = 0.0
    for value, pause in steps:
        now += pause
        for alarm in watcher.reading(reading(value, now)):
            assert alarm.active == (alarm.watch not in active)
            active ^= {alarm.watch}
            assert alarm.sentence
        assert watcher.active == active


def test_a_channel_samples_rolls_up_groups_and_watches() -> None:
    rule = ChannelRule(
        sample=10 * SECOND,
        keep_raw=2 * DAY,
        grouping=GroupingRule(Grouping.COUNT, 5),
        alarms=AlarmRule(high=Decimal(30), silent_after=20 * SECOND),
    )
    channel = ContinuousChannel("t", rule, 0)
    told = [one for second in range(60) for one in channel.reading(reading(str(20 + second % 3), second))]
    samples = [one for one in told if isinstance(one, Sample)]
    assert [sample.reading.monotonic // SECOND for sample in samples] == [0, 10, 20, 30, 40, 50]
    assert samples[0].until == samples[0].reading.observed_at + 2 * DAY
    assert len([one for one in told if isinstance(one, Subgroup)]) == 12
    assert channel.next_tick(59 * SECOND, UTC + 59 * SECOND) == 65 * SECOND
    (minute,) = channel.tick(65 * SECOND, UTC + 65 * SECOND)
    assert isinstance(minute, Aggregate) and minute.count == 60 and minute.mean == Decimal(21)
    (silent,) = channel.tick(79 * SECOND, UTC + 79 * SECOND)
    assert isinstance(silent, ChannelAlarm) and silent.watch is Watch.SILENT
    (hour,) = channel.end("the line ends")
    assert isinstance(hour, Aggregate) and hour.count == 60
