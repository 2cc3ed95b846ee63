"""A reply that comes after its time-out is never booked to another request, on no serial framing."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.reading import LinkStatus

MILLISECOND = 1_000_000
Make = Callable[..., Any]


@pytest.mark.parametrize("framing", ["rtu", "ascii", "tcp"])
def test_late_replies_are_discarded_and_told(virtual: Make, framing: str) -> None:
    chance = random.Random(5)
    late = [chance.random() < 0.05 for _ in range(100_000)]
    line = virtual(framing=framing, delay=lambda number: (250 if late[number] else 5) * MILLISECOND)
    line.open()
    line.run(120)
    assert len(line.readings) > 2000
    assert line.wrong() == []
    told = [stray for stray in line.strays if "late reply" in stray.reason]
    assert len(told) == line.session.counts.lost > 50


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(delays=st.lists(st.integers(0, 399), min_size=1, max_size=60), framing=st.sampled_from(["rtu", "ascii", "tcp"]))
def test_no_delay_within_the_late_window_makes_a_wrong_value(virtual: Make, delays: list[int], framing: str) -> None:
    line = virtual(framing=framing, delay=lambda number: delays[number % len(delays)] * MILLISECOND)
    line.open()
    line.run(20)
    assert line.wrong() == []
    assert line.session.counts.requests > 0


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    answers=st.lists(st.one_of(st.none(), st.integers(0, 399)), min_size=1, max_size=40),
    pieces=st.integers(1, 12),
)
def test_split_replies_and_drop_outs_make_no_wrong_value(virtual: Make, answers: list[int | None], pieces: int) -> None:
    from devices.modbus.frames import RtuFraming

    line = virtual(slave=lambda _unit, _pdu, _number: None)

    def slave(unit: int, pdu: bytes, number: int) -> None:
        delay = answers[number % len(answers)]
        if delay is None:
            return
        address = int.from_bytes(pdu[1:3], "big")
        frame = RtuFraming().draw(
            unit, bytes([3, 4]) + address.to_bytes(2, "big") + (number % 65536).to_bytes(2, "big")
        )
        size = -(-len(frame) // pieces)
        for step, at in enumerate(range(0, len(frame), size)):
            line.say(delay * MILLISECOND + step * 100_000, frame[at : at + size])

    line.slave = slave
    line.open()
    line.run(20)
    assert line.wrong() == []


def test_a_reply_later_than_any_window_is_caught_by_the_one_that_follows(virtual: Make) -> None:
    """Request 2 is answered after 700 ms: beyond time-out and late window, when another request is under way."""
    line = virtual(delay=lambda number: (700 if number == 2 else 5) * MILLISECOND)
    line.open()
    line.run(5)
    assert line.wrong() == []
    assert any("one of them late" in stray.reason for stray in line.strays)
    assert len(line.readings) > 50


def test_a_reply_that_nothing_follows_is_released_with_its_own_time(virtual: Make) -> None:
    line = virtual(slave=lambda unit, pdu, number: None if number == 2 else NUMBERING(unit, pdu, number))
    line.open()
    line.run(5)
    assert line.wrong() == []
    held = [reading for reading in line.readings if reading.value is not None and int(reading.value) % 65536 == 3]
    assert len(held) == 1 and held[0].monotonic == line.sent_at[3] + 5 * MILLISECOND
    assert line.sent_at[4] - line.sent_at[3] > 399 * MILLISECOND


def test_the_line_stays_quiet_for_the_late_window(virtual: Make) -> None:
    line = virtual(slave=lambda _unit, _pdu, _number: None)
    line.open()
    line.run(3)
    times = sorted(line.sent_at.values())
    assert all(later - earlier >= 400 * MILLISECOND for earlier, later in pairwise(times))


def test_a_late_reply_ends_the_quarantine_early(virtual: Make) -> None:
    line = virtual(delay=lambda number: (150 if number == 1 else 5) * MILLISECOND)
    line.open()
    line.run(1)
    assert line.sent_at[2] - line.sent_at[1] == 152 * MILLISECOND


def test_a_babbling_line_is_never_read(virtual: Make) -> None:
    line = virtual(slave=lambda _unit, _pdu, _number: None)
    line.open()
    for step in range(2000):
        line.say(step * 5 * MILLISECOND, bytes([step % 256]) * 3)
    line.run(9)
    assert len(line.requests) <= 1
    assert line.readings == []
    assert sum(len(stray.raw) for stray in line.strays) > 5000


def test_silence_at_first_opening_lets_an_earlier_programs_reply_pass(virtual: Make) -> None:
    line = virtual()
    opened = line.now
    line.open()
    line.run(2)
    assert line.sent_at[0] - opened == 300 * MILLISECOND


def test_a_connection_lost_while_waiting_keeps_the_quarantine(virtual: Make) -> None:
    line = virtual(delay=lambda number: (200 if number == 0 else 5) * MILLISECOND)
    line.open()
    line.run(0.31)
    line.session.disconnected("unplugged", line.now, line.now)
    line.open()
    line.run(2)
    assert line.wrong() == []
    assert line.sent_at[1] - line.sent_at[0] >= 200 * MILLISECOND
    assert any("late reply" in stray.reason for stray in line.strays)


def test_a_silent_unit_is_told_and_comes_back(virtual: Make) -> None:
    line = virtual(slave=lambda unit, pdu, number: NUMBERING(unit, pdu, number) if not 10 < number < 14 else None)
    line.open()
    line.run(20)
    statuses = [state.status for state in line.states]
    assert statuses == [LinkStatus.READY, LinkStatus.SILENT, LinkStatus.READY]
    assert line.wrong() == []


def NUMBERING(unit: int, pdu: bytes, number: int) -> bytes:
    address, count = int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big")
    words = [(address + item if item % 2 == 0 else number % 65536) for item in range(count)]
    return bytes([pdu[0], count * 2]) + b"".join(word.to_bytes(2, "big") for word in words)
