"""What the sensors kept, read back: channels, series and alarms of a real home."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from tests.workstation.insight import climate
from tests.workstation.insight.conftest import START
from workstation.catalog.rollups import HOUR, MINUTE
from workstation.errors import CallIsWrong, SurroundingsFailed
from workstation.insight import sensors
from workstation.insight.sensors import Resolution, SensorAlarm, SensorChannel, resolution_for
from workstation.insight.series import ChannelSeries, read_later, read_samples, read_series
from workstation.line.recovery import recover
from workstation.line.samples import FILE, RawSample, SampleBuffer
from workstation.quality.alarms import acknowledge
from workstation.station import QualityReactions, Station

BEGIN = START // 1000
LATE = BEGIN + 5 * HOUR
SECOND = 1_000_000


def known(home: Path) -> dict[str, SensorChannel]:
    with Station.open(home, create=False) as station, station.read() as reader:
        return {one.name: one for one in sensors.channels(reader, home)}


def series(home: Path, since: int, until: int, resolution: Resolution | None = None) -> ChannelSeries:
    with Station.open(home, create=False) as station, station.read() as reader:
        return read_series(reader, home, 1, since, until, resolution)


def with_what_runs(home: Path, since: int, until: int, resolution: Resolution) -> ChannelSeries:
    """A series and what it lacks, as the page draws it."""
    kept = series(home, since, until, resolution)
    with Station.open(home, create=False) as station, station.read() as reader:
        return kept.joined(read_later(reader, home, 1, kept, since), since / SECOND)


def sample(home: Path, values: dict[int, str | None]) -> None:
    """Raw samples of the temperature, by their seconds since `LATE`; None for one that cannot be used."""
    buffer = SampleBuffer(home)
    for after, value in values.items():
        at, quality = (LATE + after * SECOND) * 1000, "bad" if value is None else "good"
        buffer.put([RawSample(1, at, None if value is None else Decimal(value), "°C", quality, 2**62)], 0)
    buffer.close()


def alarms(home: Path, since: int = 0, until: int = 2**60, number: int | None = 1) -> list[SensorAlarm]:
    with Station.open(home, create=False) as station, station.read() as reader:
        return sensors.alarms_of_channels(reader, number=number, since=since, until=until)


def test_channels_stand_as_they_were_laid_down_with_what_was_kept(measured_room: Path) -> None:
    found = known(measured_room)
    assert list(found) == ["temperature", "humidity"]
    temperature, humidity = found.values()
    assert temperature.place == "climate, temperature" and temperature.rule is not None
    assert temperature.newest is not None and temperature.newest.observed_at == START + 5 * climate.HOUR + 1799 * 10**9
    assert temperature.raw_since == temperature.minutes_since == BEGIN
    assert humidity.newest is not None and humidity.newest.observed_at == START + 7190 * 10**9
    assert humidity.minute is not None and humidity.minute.count == 6
    assert humidity.open_watches == ()


@pytest.mark.parametrize("wanted", ["temperature", "1", "climate temperature", "CLIMATE-1 temperature"])
def test_a_channel_answers_to_all_its_names(measured_room: Path, wanted: str) -> None:
    with Station.open(measured_room, create=False) as station, station.read() as reader:
        assert sensors.find_channel(reader, measured_room, wanted).name == "temperature"


def test_an_unknown_channel_is_told_with_those_there_are(measured_room: Path) -> None:
    with (
        Station.open(measured_room, create=False) as station,
        station.read() as reader,
        pytest.raises(CallIsWrong, match="no continuous channel 'pressure'") as told,
    ):
        sensors.find_channel(reader, measured_room, "pressure")
    assert "temperature (1), humidity (2)" in told.value.next_step


def test_a_channel_that_left_the_plan_is_still_there_to_be_read(room: Path) -> None:
    from workstation.catalog.gauges import bindings, unbind

    with Station.open(room, create=False) as station:
        with station.read() as reader:
            (bound,) = [one for one in bindings(reader) if one.characteristic_id == 2]
        with station.write("engineer") as work:
            unbind(work, bound.id, "moved to another room")
    temperature, humidity = known(room).values()
    assert (temperature.place, humidity.place, humidity.rule) == ("climate, temperature", "", None)


def test_samples_are_shown_as_they_are_and_unusable_ones_are_holes(measured_room: Path) -> None:
    found = series(measured_room, LATE, LATE + 1800 * SECOND)
    assert found.resolution is Resolution.RAW and len(found) == 1800
    assert np.isnan(found.mean[100:105]).all() and found.bad.sum() == 5 and found.counts.sum() == 1795
    assert np.isfinite(found.mean).sum() == 1795 and not found.breaks.any()
    assert found.at[0] == LATE / SECOND and found.last_at == LATE + 1799 * SECOND
    assert np.array_equal(found.low, found.high, equal_nan=True)


def test_minutes_and_hours_hold_what_their_samples_hold_and_gaps_stay(measured_room: Path) -> None:
    minutes = series(measured_room, BEGIN, LATE + HOUR, Resolution.MINUTE)
    assert len(minutes) == 120 + 29  # the last minute was in memory, and this line did not end in order
    assert minutes.breaks.sum() == 1 and minutes.breaks[120]
    raw = series(measured_room, LATE, LATE + 29 * MINUTE, Resolution.RAW)
    assert minutes.counts[120:].sum() == raw.counts.sum() and minutes.bad.sum() == 5
    assert np.nanmax(minutes.high[120:]) == np.nanmax(raw.high) and np.nanmin(minutes.low[120:]) == np.nanmin(raw.low)
    hours = series(measured_room, BEGIN, LATE + HOUR, Resolution.HOUR)
    assert list(hours.counts) == [360, 360, int(minutes.counts[120:].sum())]
    assert list(hours.breaks) == [False, False, True]
    assert hours.mean[0] == pytest.approx(float(minutes.mean[:60].mean()), abs=1e-9)
    assert hours.at[0] == BEGIN / SECOND + 1800


def test_after_recovery_the_last_minute_is_there(room: Path) -> None:
    with Station.open(room) as station:
        recover(station.store, room, "line", START, QualityReactions())
    assert len(series(room, LATE, LATE + HOUR, Resolution.MINUTE)) == 30
    assert series(room, LATE, LATE + HOUR, Resolution.HOUR).counts[0] == 1795


@pytest.mark.parametrize(
    ("span", "wanted"),
    [(1, "raw"), (2 * HOUR, "raw"), (2 * HOUR + 1, "minute"), (72 * HOUR, "minute"), (72 * HOUR + 1, "hour")],
)
def test_the_span_chooses_how_closely_one_looks(span: int, wanted: str) -> None:
    assert resolution_for(span) == wanted


def test_samples_that_have_gone_give_way_to_minutes(room: Path) -> None:
    (room / FILE).unlink()
    for more in ("-wal", "-shm"):
        (room / f"{FILE}{more}").unlink(missing_ok=True)
    found = series(room, LATE, LATE + HOUR)
    assert found.resolution is Resolution.MINUTE and len(found) == 29
    assert series(room, LATE, LATE + HOUR, Resolution.RAW).at.size == 0
    (first, *_) = alarms(room)
    assert first.seen.endswith("is above 23.5") and first.ended_at is not None, "that is in the record"


def test_more_samples_than_can_be_told_apart_give_way_to_minutes(
    measured_room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workstation.insight.series.MOST_POINTS", 1799)
    assert series(measured_room, LATE, LATE + HOUR).resolution is Resolution.MINUTE
    newest = read_samples(measured_room, 1, LATE, LATE + HOUR)
    assert len(newest) == 1799 and newest.at[0] == LATE / SECOND + 1
    monkeypatch.setattr("workstation.insight.series.MOST_POINTS", 1800)
    assert series(measured_room, LATE, LATE + HOUR).resolution is Resolution.RAW


def test_later_samples_join_and_a_late_one_leaves_a_gap(measured_room: Path) -> None:
    first = read_samples(measured_room, 1, LATE, LATE + 100 * SECOND)
    later = read_samples(measured_room, 1, LATE + 200 * SECOND, LATE + 300 * SECOND)
    both = first.joined(later, LATE / SECOND + 10)
    assert len(both) == 190 and list(np.flatnonzero(both.breaks)) == [90] and both.last_at == later.last_at


def test_the_kept_minute_stands_where_the_running_one_was_drawn(room: Path) -> None:
    before = with_what_runs(room, LATE, LATE + HOUR, Resolution.MINUTE)
    assert (len(before), before.running, before.counts[-1]) == (30, 1, 60)
    assert before.last_at == LATE + 29 * MINUTE, "read again from the last kept minute on"
    with Station.open(room) as station:
        recover(station.store, room, "line", START, QualityReactions())
    after = with_what_runs(room, LATE, LATE + HOUR, Resolution.MINUTE)
    assert after.running == 0 and after.last_at == LATE + 30 * MINUTE
    for name in ("at", "mean", "low", "high", "counts", "bad", "breaks"):
        assert np.array_equal(getattr(before, name), getattr(after, name), equal_nan=True), name


def test_a_minute_that_runs_is_told_as_far_as_its_samples_go(room: Path) -> None:
    sample(room, {1800: "20.0", 1810: "23.0", 1820: None})
    found = with_what_runs(room, LATE, LATE + HOUR, Resolution.MINUTE)
    assert found.running == 2, "the minute before is not kept yet either"
    last = (found.mean[-1], found.low[-1], found.high[-1], found.counts[-1], found.bad[-1])
    assert last == (21.5, 20.0, 23.0, 2, 1)
    assert found.at[-1] == LATE / SECOND + 1810 and not found.breaks[-1], "at its newest value"
    sample(room, {1850: "22.0"})
    later = with_what_runs(room, LATE, LATE + HOUR, Resolution.MINUTE)
    assert later.at[-1] == LATE / SECOND + 1830 and later.counts[-1] == 3, "in its middle"
    hours = with_what_runs(room, BEGIN, LATE + HOUR, Resolution.HOUR)
    assert hours.running == 1 and hours.counts[-1] == 1795 + 3 and hours.low[-1] == 20.0


def test_what_runs_in_a_minute_that_was_kept_in_part_is_counted_once(room: Path) -> None:
    sample(room, {1800: "20.0", 1805: None})
    with Station.open(room) as station:
        recover(station.store, room, "line", START, QualityReactions())
    assert with_what_runs(room, LATE, LATE + HOUR, Resolution.MINUTE).running == 0
    sample(room, {1810: "24.0", 1815: None})
    found = with_what_runs(room, LATE, LATE + HOUR, Resolution.MINUTE)
    assert (found.running, len(found), found.last_at) == (1, 31, LATE + 30 * MINUTE)
    assert (found.counts[-1], found.bad[-1], found.mean[-1]) == (2, 2, 22.0)
    hours = with_what_runs(room, BEGIN, LATE + HOUR, Resolution.HOUR)
    assert (hours.counts[-1], hours.bad[-1]) == (1797, 7)


def test_what_a_series_lacks_takes_the_place_of_what_ran(room: Path) -> None:
    sample(room, {1800: "20.0"})
    first = with_what_runs(room, LATE, LATE + HOUR, Resolution.MINUTE)
    with Station.open(room) as station:
        recover(station.store, room, "line", START, QualityReactions())
    sample(room, {1862: "20.0", 1864: "21.0"})
    with Station.open(room, create=False) as station, station.read() as reader:
        both = first.joined(read_later(reader, room, 1, first, LATE), LATE / SECOND + 60)
    assert np.array_equal(both.at, np.append(LATE / SECOND + 90 + 60 * np.arange(30), LATE / SECOND + 1864))
    assert both.running == 1 and list(both.counts[-3:]) == [60, 1, 2]


def test_where_nothing_was_kept_or_sampled_nothing_runs(room: Path) -> None:
    (room / FILE).unlink()
    assert with_what_runs(room, LATE, LATE + HOUR, Resolution.MINUTE).running == 0
    assert len(with_what_runs(room, LATE + HOUR, LATE + 2 * HOUR, Resolution.MINUTE)) == 0


def test_alarms_tell_from_when_to_when_and_lead_to_their_investigation(room: Path) -> None:
    found = alarms(room)
    assert {one.watch for one in found} == {"above the limit"}
    longest = max(found, key=lambda one: (one.ended_at or 0) - one.began_at)
    assert longest.seen.endswith("is above 23.5") and longest.ended == "23.0 is back within limits"
    assert longest.ended_at is not None and 5 * 60 < (longest.ended_at - longest.began_at) / SECOND < 15 * 60
    assert longest.investigation is not None and longest.characteristic == "temperature"
    assert (longest.state, longest.acknowledged_by) == ("raised", None)
    with Station.open(room) as station, station.write("engineer") as work:
        acknowledge(work, longest.uid, "opened the window")
    (taken,) = [one for one in alarms(room, number=None) if one.uid == longest.uid]
    assert (taken.state, taken.acknowledged_by) == ("acknowledged", "engineer")


def test_an_alarm_belongs_to_every_span_that_it_reaches_into(measured_room: Path) -> None:
    longest = max(alarms(measured_room), key=lambda one: (one.ended_at or 0) - one.began_at)
    assert longest.ended_at is not None
    middle = (longest.began_at + longest.ended_at) // 2
    assert longest in alarms(measured_room, middle, middle + 1)
    assert longest in alarms(measured_room, 0, longest.began_at + 1)
    assert longest not in alarms(measured_room, 0, longest.began_at)
    assert longest not in alarms(measured_room, longest.ended_at + 1)


def test_a_damaged_buffer_is_one_sentence(room: Path) -> None:
    (room / FILE).write_bytes(b"\x00" * 5000)
    with pytest.raises(SurroundingsFailed, match=r"samples\.db cannot be read") as told:
        known(room)
    assert "start it again" in told.value.next_step
