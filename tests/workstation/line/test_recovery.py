"""After a sudden end: minutes rebuilt from raw samples, exactly what was sampled, and nothing twice."""

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
from workstation.line.recovery import REASON, Recovered, recover
from workstation.line.samples import FILE, MOST_FORGOTTEN, RawSample, SampleBuffer, WatchTurn, samples_of
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
    assert recover(bench.store, tmp_path, "line", START) == Recovered()
    assert not (tmp_path / FILE).exists()


def test_minutes_that_were_in_memory_are_rebuilt_and_said_to_be(
    bench: Any, what: int, put: Callable[..., None], tmp_path: Path
) -> None:
    put(sample("74.1", 0, what), sample("74.3", 20 * SECOND, what), sample(None, 30 * SECOND, what),
        sample("74.2", 61 * SECOND, what))  # fmt: skip
    assert recover(bench.store, tmp_path, "line", START) == Recovered(2, 3, 1)
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
    assert recover(bench.store, tmp_path, "line", START) == Recovered(1, 1, 1)
    (minute,) = minutes(bench.store, what)
    assert (minute.count, minute.values.bad, minute.mean) == (3, 2, Decimal("74.3"))
    assert recover(bench.store, tmp_path, "line", START) == Recovered()
    assert [one.count for one in minutes(bench.store, what)] == [3]


def test_minutes_before_the_last_kept_one_are_left_alone(
    bench: Any, what: int, put: Callable[..., None], tmp_path: Path
) -> None:
    keep(bench.store, what, slot_of("x", START + MINUTE, MINUTE).with_value(Decimal(75), START + MINUTE))
    put(sample("74.1", 0, what), sample("75", 60 * SECOND, what))
    assert recover(bench.store, tmp_path, "line", START) == Recovered()
    assert [one.count for one in minutes(bench.store, what)] == [1]


def test_the_hour_holds_the_rebuilt_minutes(bench: Any, what: int, put: Callable[..., None], tmp_path: Path) -> None:
    hour = HOUR * 1000
    last = hour - START % hour - 10 * SECOND  # ten seconds before the hour is over
    keep(bench.store, what, slot_of("x", START, MINUTE).with_value(Decimal(70), START))
    put(sample("71", last, what), sample("73", last + 20 * SECOND, what))
    recover(bench.store, tmp_path, "line", START)
    (kept,) = minutes(bench.store, what, Period.HOUR)
    assert (kept.count, kept.mean) == (2, Decimal("70.5"))
    with bench.store.read() as reader:
        assert [one.count for one in rollups_so_far(reader, what, Period.HOUR)] == [2, 1]
        assert [one.count for one in rollups_so_far(reader, what, Period.HOUR, since=kept.start + 1)] == [1]
        assert [one.count for one in rollups_so_far(reader, what, Period.HOUR, until=kept.start + 1)] == [2]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
            recover(made.store, home, "line", START)
        found = minutes(made.store, number)
        assert sum(one.count for one in found) == sum(is_good for _, is_good in readings)
        assert sum(one.values.bad for one in found) == sum(not is_good for _, is_good in readings)
    finally:
        made.store.close()


def test_watches_that_were_open_end_with_the_last_sample(
    bench: Any, what: int, put: Callable[..., None], tmp_path: Path
) -> None:
    turns = (
        WatchTurn(what, "above the limit", True, START, "76 is above 75"),
        WatchTurn(what, "stuck", True, START, "it is 76 for 5 s"),
        WatchTurn(what, "stuck", False, START + SECOND, "it moves again"),
    )
    put(sample("76", 5 * SECOND, what), turns=turns)
    with samples_of(tmp_path) as buffer:
        assert buffer is not None
        assert [one.ended_at for one in buffer.watches(what)] == [None, START + SECOND]
    recover(bench.store, tmp_path, "line", START)
    with samples_of(tmp_path) as buffer:
        assert buffer is not None
        high, stuck = buffer.watches(what)
        assert (high.ended_at, high.ended) == (START + 5 * SECOND, "the line ended")
        assert (stuck.ended_at, stuck.ended) == (START + SECOND, "it moves again")
        assert buffer.watches(what, since=START + 2 * SECOND) == [high]
        assert buffer.watches(what, until=START) == []


def test_old_samples_go_in_slices_and_minutes_hours_and_the_chain_stay(
    bench: Any, what: int, put: Callable[..., None], tmp_path: Path
) -> None:
    count = 2 * MOST_FORGOTTEN + 10
    put(*(sample("74.1", n * SECOND, what, until=START + n) for n in range(count)))
    recover(bench.store, tmp_path, "line", START)
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
    recover(bench.store, tmp_path, "line", START + MOST_FORGOTTEN + 3)
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
        assert recover(bench.store, tmp_path, "line", START) == Recovered()
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
    assert recover(bench.store, tmp_path, "line", START) == Recovered(1, 1, 0)
