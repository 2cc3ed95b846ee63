"""Aggregates merge in any order to the last digit, and a roll-up is what recomputing from the raw values gives."""

from __future__ import annotations

import math
import random
import statistics
from collections import defaultdict
from decimal import Decimal
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.channels.aggregate import Aggregate, slot_of
from devices.channels.rollup import HOUR, MINUTE, SECOND, RollUp

START = 1_700_000_000 * SECOND - (1_700_000_000 * SECOND) % HOUR
VALUES = st.decimals(min_value=-(10**6), max_value=10**6, places=4)
SAMPLES = st.lists(st.tuples(VALUES, st.integers(0, 3 * HOUR - 1)), max_size=60)


def aggregate(values: list[Decimal], at: int = START) -> Aggregate:
    whole = slot_of("t", at, MINUTE)
    for value in values:
        whole = whole.with_value(value, at)
    return whole


@given(st.lists(VALUES, max_size=20), st.lists(VALUES, max_size=20), st.lists(VALUES, max_size=20))
def test_merging_commutes_and_associates(one: list[Decimal], two: list[Decimal], three: list[Decimal]) -> None:
    a, b, c = aggregate(one), aggregate(two), aggregate(three)
    assert a.merge(b) == b.merge(a)
    assert a.merge(b).merge(c) == a.merge(b.merge(c))
    assert a.merge(b).merge(c) == aggregate([*three, *one, *two])


@given(st.lists(VALUES, min_size=2, max_size=40))
def test_mean_and_deviation_are_those_of_the_values(values: list[Decimal]) -> None:
    whole = aggregate(values)
    assert whole.mean is not None and whole.standard_deviation is not None
    assert whole.count == len(values)
    assert (whole.minimum, whole.maximum) == (min(values), max(values))
    assert math.isclose(whole.mean, statistics.mean(values), rel_tol=1e-20, abs_tol=1e-20)
    assert math.isclose(float(whole.standard_deviation), float(statistics.stdev(values)), rel_tol=1e-12, abs_tol=1e-12)


def test_a_deviation_far_from_zero_keeps_its_digits() -> None:
    """The values of NIST's NumAcc4: 10000000.2 and 1001 values around it; the deviation is 0.1 exactly."""
    values = [Decimal("10000000.2")] + [Decimal("10000000.1"), Decimal("10000000.3")] * 500
    whole = aggregate(values)
    assert whole.mean == Decimal("10000000.2")
    assert whole.standard_deviation == Decimal("0.1")


def test_one_value_has_no_deviation_and_none_no_mean() -> None:
    assert aggregate([]).mean is None
    assert aggregate([Decimal(3)]).standard_deviation is None


def test_other_slots_are_not_merged() -> None:
    with pytest.raises(ValueError, match="different slots"):
        aggregate([], START).merge(aggregate([], START + MINUTE))


def recomputed(samples: list[tuple[Decimal, int]], width: int) -> dict[int, Aggregate]:
    slots: dict[int, Aggregate] = {}
    for value, offset in samples:
        at = START + offset
        slot = slots.get(at - at % width) or slot_of("t", at, width)
        slots[slot.start] = slot.with_value(value, at)
    return slots


@settings(max_examples=200)
@given(SAMPLES, st.integers(0, 30), st.randoms(use_true_random=False))
def test_a_rollup_is_what_recomputing_gives(
    samples: list[tuple[Decimal, int]], jitter: int, chance: random.Random
) -> None:
    """Samples come late by up to half a minute, beyond the grace; pieces of a slot are merged by the keeper."""
    arriving = sorted((START + offset + chance.randint(0, jitter) * SECOND, value, offset) for value, offset in samples)
    rollup = RollUp("t", grace=5 * SECOND)
    told: list[Aggregate] = []
    for now, value, offset in arriving:
        rollup.value(value, START + offset)
        told += rollup.due(now)
    told += rollup.flush()
    kept: dict[int, dict[int, list[Aggregate]]] = defaultdict(lambda: defaultdict(list))
    for piece in told:
        kept[piece.width][piece.start].append(piece)
    for width in (MINUTE, HOUR):
        merged = {start: reduce(Aggregate.merge, pieces) for start, pieces in kept[width].items()}
        assert merged == recomputed(samples, width)


def test_a_slot_is_told_once_its_grace_is_over() -> None:
    rollup = RollUp("t", grace=5 * SECOND)
    rollup.value(Decimal("20.5"), START + 10 * SECOND)
    assert rollup.next_due() == START + 65 * SECOND
    assert rollup.due(START + 64 * SECOND) == []
    (minute,) = rollup.due(START + 65 * SECOND)
    assert (minute.start, minute.width, minute.count) == (START, MINUTE, 1)
    (hour,) = rollup.due(START + HOUR + 5 * SECOND)
    assert (hour.start, hour.width, hour.total) == (START, HOUR, Decimal("20.5"))
    assert rollup.next_due() is None


def test_readings_without_a_value_are_counted() -> None:
    rollup = RollUp("t")
    rollup.bad(START)
    rollup.value(Decimal(1), START)
    (minute, _) = sorted(rollup.flush(), key=lambda slot: slot.width)
    assert (minute.count, minute.bad, minute.minimum) == (1, 1, Decimal(1))


def test_a_clock_that_jumps_to_and_fro_keeps_few_slots_open() -> None:
    rollup = RollUp("t")
    told: list[Aggregate] = []
    for step in range(1000):
        at = START + (step % 50) * MINUTE
        rollup.value(Decimal(step), at)
        told += rollup.due(START)
    told += rollup.flush()
    minutes = [piece for piece in told if piece.width == MINUTE]
    assert sum(piece.count for piece in minutes) == 1000
    assert sum(piece.count for piece in told if piece.width == HOUR) == 1000


def test_widths_must_nest() -> None:
    with pytest.raises(ValueError, match="multiple"):
        RollUp("t", widths=(MINUTE, MINUTE + 1))
