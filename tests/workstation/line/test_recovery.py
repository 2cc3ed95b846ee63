"""After a sudden end: minutes rebuilt from raw samples, exactly what was sampled, nothing twice; alarms get an end."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.channels.aggregate import Aggregate, slot_of
from workstation.catalog.rollups import HOUR, Period, RollUp, keep_minute, rollups, rollups_so_far
from workstation.line.recovery import FOUND_OPEN, KILLED, NOT_NOTED, REASON, Recovered, recover
from workstation.line.samples import (
    FILE,
    LINE_ENDED,
    MOST_FORGOTTEN,
    RawSample,
    SampleBuffer,
    WatchTurn,
    samples_of,
)
from workstation.quality.alarms import alarm, raise_alarm
from workstation.station import QualityReactions
from workstation.store import Store
from workstation.store.verify import verify

SECOND = 10**9
MINUTE = 60 * SECOND
START = 1_790_000_040 * SECOND  # a whole minute
FOR_EVER = 2**62


def sample(value: str | None, at: int, number: int = 1, until: int = FOR_EVER) -> RawSample:
    return RawSample(
        number, START + at, None if value is None else Decimal(value), "mm", "bad" if value is None else "good", until
    )


@pytest.fixture
def what(bench: Any) -> int:
    return int(bench.lay_down("temperature").id)


@pytest.fixture
def put(tmp_path: Path, bench: Any) -> Callable[..., None]:
    """Have the last line's raw samples stand in the home, as a killed line leaves them."""
    assert bench.store

    def samples(*given: RawSample, turns: tuple[WatchTurn, ...] = ()) -> None:
        buffer = SampleBuffer(tmp_path)
        buffer.put(given, 0, turns)
        buffer.close()

    return samples


def minutes(store: Store, number: int, period: Period = Period.MINUTE) -> list[RollUp]:
    with store.read() as reader:
        return rollups(reader, number, period)


def keep(store: Store, number: int, piece: Aggregate) -> None:
    with store.write("line") as work:
        keep_minute(work, number, "mm", piece)


def test_without_a_buffer_there_is_nothing_to_mend_and_none_is_made(bench: Any, tmp_path: Path) -> None:
    assert recover(bench.store, tmp_path, "line", START, bench.reactions) == Recovered()
    assert not (tmp_path / FILE).exists()


def test_minutes_that_were_in_memory_are_rebuilt_and_said_to_be(
    bench: Any, what: int, put: Callable[..., None], tmp_path: Path
) -> None:
    put(sample("74.1", 0, what), sample("74.3", 20 * SECOND, what), sample(None, 30 * SECOND, what),
        sample("74.2", 61 * SECOND, what))  # fmt: skip
    assert recover(bench.store, tmp_path, "line", START, bench.reactions) == Recovered(2, 3, 1)
    first, second = minutes(bench.store, what)
    assert (first.count, first.values.bad, first.mean, first.start) == (2, 1, Decimal("74.2"), START // 1000)
    assert (first.values.first_at, first.values.last_at) == (START // 1000, START // 1000 + 20_000_000)
    assert (second.count, second.values.bad, second.unit) == (1, 0, "mm")
    with bench.store.read() as reader:
        told = [entry for entry in reader.journal_latest(10) if entry.kind == "channel_rollup"]
        assert {entry.reason for entry in told} == {REASON} and len(told) == 2
        assert verify(reader.raw).intact


def test_what_a_minute_holds_already_is_not_counted_again(
    bench: Any, what: int, put: Callable[..., None], tmp_path: Path
) -> None:
    piece = slot_of("x", START, MINUTE).with_value(Decimal("74.1"), START).with_bad()
    keep(bench.store, what, piece.with_value(Decimal("74.3"), START + 20 * SECOND))
    put(sample("74.1", 0, what), sample(None, 10 * SECOND, what), sample("74.3", 20 * SECOND, what),
        sample("74.5", 40 * SECOND, what), sample(None, 50 * SECOND, what))  # fmt: skip
    assert recover(bench.store, tmp_path, "line", START, bench.reactions) == Recovered(1, 1, 1)
    (minute,) = minutes(bench.store, what)
    assert (minute.count, minute.values.bad, minute.mean) == (3, 2, Decimal("74.3"))
    assert recover(bench.store, tmp_path, "line", START, bench.reactions) == Recovered()
    assert [one.count for one in minutes(bench.store, what)] == [3]


def test_minutes_before_the_last_kept_one_are_left_alone(
    bench: Any, what: int, put: Callable[..., None], tmp_path: Path
) -> None:
    keep(bench.store, what, slot_of("x", START + MINUTE, MINUTE).with_value(Decimal(75), START + MINUTE))
    put(sample("74.1", 0, what), sample("75", 60 * SECOND, what))
    assert recover(bench.store, tmp_path, "line", START, bench.reactions) == Recovered()
    assert [one.count for one in minutes(bench.store, what)] == [1]


def test_the_hour_holds_the_rebuilt_minutes(bench: Any, what: int, put: Callable[..., None], tmp_path: Path) -> None:
    hour = HOUR * 1000
    last = hour - START % hour - 10 * SECOND  # ten seconds before the hour is over
    keep(bench.store, what, slot_of("x", START, MINUTE).with_value(Decimal(70), START))
    put(sample("71", last, what), sample("73", last + 20 * SECOND, what))
    recover(bench.store, tmp_path, "line", START, bench.reactions)
    (kept,) = minutes(bench.store, what, Period.HOUR)
    assert (kept.count, kept.mean) == (2, Decimal("70.5"))
    with bench.store.read() as reader:
        assert [one.count for one in rollups_so_far(reader, what, Period.HOUR)] == [2, 1]
        assert [one.count for one in rollups_so_far(reader, what, Period.HOUR, since=kept.start + 1)] == [1]
        assert [one.count for one in rollups_so_far(reader, what, Period.HOUR, until=kept.start + 1)] == [2]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    readings=st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=12),
    kept=st.integers(0, 12),
    deaths=st.integers(1, 3),
)
def test_however_often_it_dies_a_minute_is_that_of_its_samples(
    tmp_path_factory: pytest.TempPathFactory, readings: list[tuple[int, bool]], kept: int, deaths: int
) -> None:
    from tests.workstation.line.conftest import Bench

    home = tmp_path_factory.mktemp("home")
    made = Bench(home)
    try:
        number = made.lay_down("temperature").id
        at, samples = 0, []
        for step, is_good in readings:
            at += step * SECOND
            samples.append(sample("74.1" if is_good else None, at, number))
        for one in samples[:kept]:  # told to the store before the line died
            slot = slot_of("x", one.observed_at, MINUTE)
            keep(
                made.store,
                number,
                slot.with_bad() if one.value is None else slot.with_value(one.value, one.observed_at),
            )
        buffer = SampleBuffer(home)
        buffer.put(samples, 0)
        buffer.close()
        for _ in range(deaths):
            recover(made.store, home, "line", START, made.reactions)
        found = minutes(made.store, number)
        assert sum(one.count for one in found) == sum(is_good for _, is_good in readings)
        assert sum(one.values.bad for one in found) == sum(not is_good for _, is_good in readings)
    finally:
        made.store.close()


@pytest.fixture
def raised(bench: Any, what: int) -> Callable[..., str]:
    """Have an alarm of a channel stand in the store, as the line raised it; `seen` None: by an older Sinebar."""
    bench.reactions = QualityReactions()

    def make(watch: str, after: int = 0, seen: str | None = "76 is above 75") -> str:
        with bench.store.write("line") as work:
            return raise_alarm(work, what, 1, (watch,), None, (START + after) // 1000, seen).uid

    return make


def ends(bench: Any, *uids: str) -> list[tuple[int | None, int | None, str | None]]:
    """When they ended or were last known to be on, in seconds, and why."""

    def seconds(at: int | None) -> int | None:
        return None if at is None else (at * 1000 - START) // SECOND

    with bench.store.read() as reader:
        assert verify(reader.raw).intact
        found = [alarm(reader, uid) for uid in uids]
    return [(seconds(one.ended_at), seconds(one.seen_until), one.ended) for one in found]


def test_alarms_that_lasted_are_known_up_to_the_last_sample_that_tells(
    bench: Any, what: int, put: Callable[..., None], raised: Callable[..., str], tmp_path: Path
) -> None:
    high, silent = raised("above the limit"), raised("silent", 2 * SECOND, "no good value for 1 s")
    put(sample("76", SECOND, what), sample(None, 5 * SECOND, what),
        turns=(WatchTurn(what, "above the limit", START, "76 is above 75"),
               WatchTurn(what, "silent", START + 2 * SECOND, "no good value for 1 s")))  # fmt: skip
    recover(bench.store, tmp_path, "line", START, bench.reactions)
    assert ends(bench, high, silent) == [(None, 1, KILLED), (None, 5, KILLED)]
    with bench.store.read() as reader:
        told = reader.history("alarm", high)[-1]
        assert (told.verb, told.reason, told.account) == ("alarm.end", FOUND_OPEN, "line")
        head = reader.journal_head()
    recover(bench.store, tmp_path, "line", START, bench.reactions)
    with bench.store.read() as reader:
        assert reader.journal_head() == head, "once is enough"
    with samples_of(tmp_path) as buffer:
        assert buffer is not None and buffer.watches(what) == []


def test_an_end_that_only_the_buffer_knows_comes_into_the_record(
    bench: Any, what: int, put: Callable[..., None], raised: Callable[..., str], tmp_path: Path
) -> None:
    """The store took nothing while the watch saw the end, and then the line was killed, or ended by somebody."""
    uid, other = raised("stuck"), raised("below the limit")
    put(sample("76", 9 * SECOND, what),
        turns=(WatchTurn(what, "stuck", START, "it is 76 for 5 s"),
               WatchTurn(what, "stuck", START, "it moves again", START + 3 * SECOND),
               WatchTurn(what, "below the limit", START, "70 is below 71"),
               WatchTurn(what, "below the limit", START, LINE_ENDED, START + 4 * SECOND)))  # fmt: skip
    recover(bench.store, tmp_path, "line", START, bench.reactions)
    assert ends(bench, uid, other) == [(3, None, "it moves again"), (None, 4, LINE_ENDED)]


def test_without_a_buffer_the_kept_minutes_tell_up_to_when(
    bench: Any, what: int, raised: Callable[..., str], tmp_path: Path
) -> None:
    high, later = raised("above the limit"), raised("stuck", 30 * SECOND)
    keep(bench.store, what, slot_of("x", START, MINUTE).with_value(Decimal(76), START + 20 * SECOND))
    recover(bench.store, tmp_path, "line", START, bench.reactions)
    assert ends(bench, high, later) == [(None, 20, KILLED), (None, None, KILLED)]
    assert not (tmp_path / FILE).exists()


def test_a_damaged_buffer_leaves_no_alarm_open(
    bench: Any, what: int, raised: Callable[..., str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    uid = raised("above the limit")
    (tmp_path / FILE).write_bytes(b"this is no database at all" * 100)
    with caplog.at_level(logging.ERROR):
        recover(bench.store, tmp_path, "line", START, bench.reactions)
    assert ends(bench, uid) == [(None, None, KILLED)] and "put aside" in caplog.text


def test_alarms_of_an_older_sinebar_end_as_its_buffer_has_it_and_else_with_nothing_known(
    bench: Any, what: int, put: Callable[..., None], raised: Callable[..., str], tmp_path: Path
) -> None:
    known, lost = raised("stuck", 0, None), raised("stuck", SECOND, None)
    put(sample("76", 50 * SECOND, what),
        turns=(WatchTurn(what, "stuck", START, "it is 76 for 5 s"),
               WatchTurn(what, "stuck", START, "it moves again", START + SECOND // 2)))  # fmt: skip
    keep(bench.store, what, slot_of("x", START, MINUTE).with_value(Decimal(76), START + 50 * SECOND))
    recover(bench.store, tmp_path, "line", START, bench.reactions)
    assert ends(bench, known, lost) == [(0, None, "it moves again"), (None, None, NOT_NOTED)]
    with bench.store.read() as reader:
        assert (alarm(reader, known).seen, alarm(reader, lost).seen) == ("it is 76 for 5 s", None)


def test_old_samples_go_in_slices_and_minutes_hours_and_the_chain_stay(
    bench: Any, what: int, put: Callable[..., None], tmp_path: Path
) -> None:
    count = 2 * MOST_FORGOTTEN + 10
    put(*(sample("74.1", n * SECOND, what, until=START + n) for n in range(count)))
    recover(bench.store, tmp_path, "line", START, bench.reactions)
    before = minutes(bench.store, what), minutes(bench.store, what, Period.HOUR)
    assert sum(one.count for one in before[0]) == count and len(before[1]) >= 1
    buffer = SampleBuffer(tmp_path)
    left = []
    for _ in range(3):
        buffer.put([], START + count - 5)  # what the line does with each batch of samples
        left.append(buffer.count(what, 0, FOR_EVER, FOR_EVER))
    buffer.close()
    assert left == [count - MOST_FORGOTTEN, count - 2 * MOST_FORGOTTEN, 5]
    assert (minutes(bench.store, what), minutes(bench.store, what, Period.HOUR)) == before
    with bench.store.read() as reader:
        assert verify(reader.raw).intact


def test_a_start_after_a_long_stop_forgets_what_is_over(
    bench: Any, what: int, put: Callable[..., None], tmp_path: Path
) -> None:
    put(*(sample("74.1", n * SECOND, what, until=START + n) for n in range(MOST_FORGOTTEN + 10)))
    recover(bench.store, tmp_path, "line", START + MOST_FORGOTTEN + 3, bench.reactions)
    with samples_of(tmp_path) as buffer:
        assert buffer is not None
        assert [one.observed_at for one in buffer.samples(what)] == [
            START + n * SECOND for n in range(MOST_FORGOTTEN + 3, MOST_FORGOTTEN + 10)
        ]
        assert buffer.first_at(what) == START + (MOST_FORGOTTEN + 3) * SECOND
        assert [one.observed_at for one in buffer.last(what, 1)] == [START + (MOST_FORGOTTEN + 9) * SECOND]
        assert buffer.characteristics() == [what]


def test_a_damaged_buffer_is_put_aside_and_the_line_goes_on(
    bench: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database at all" * 100)
    with caplog.at_level(logging.ERROR):
        assert recover(bench.store, tmp_path, "line", START, bench.reactions) == Recovered()
    assert "put aside" in caplog.text
    (aside,) = tmp_path.glob("samples-damaged-*.db")
    assert aside.read_bytes().startswith(b"this is no database")
    buffer = SampleBuffer(tmp_path)
    buffer.put([sample("1", 0)], 0)
    assert len(buffer.samples(1)) == 1
    buffer.close()


def test_a_buffer_of_the_version_before_is_taken_over(bench: Any, what: int, tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / FILE)
    old.execute(
        "CREATE TABLE sample (characteristic INTEGER NOT NULL, observed_at INTEGER NOT NULL, value TEXT,"
        " unit TEXT NOT NULL, quality TEXT NOT NULL, until INTEGER NOT NULL,"
        " PRIMARY KEY (characteristic, observed_at)) WITHOUT ROWID"
    )
    old.execute("INSERT INTO sample VALUES (?, ?, '74.1', 'mm', 'good', ?)", (what, START, FOR_EVER))
    old.commit()
    old.close()
    assert recover(bench.store, tmp_path, "line", START, bench.reactions) == Recovered(1, 1, 0)
