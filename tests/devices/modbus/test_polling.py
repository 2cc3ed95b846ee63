"""Groups on their grid, blocks that are refused, busy units, dead units and their neighbours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from devices.errors import ProtocolError
from devices.modbus.registers import Group, Kind, Limits, Point, Span, Table
from devices.reading import LinkStatus, Quality, Reading, Trigger

MILLISECOND = 1_000_000
Make = Callable[..., Any]


def words(pdu: bytes, of: Callable[[int], int]) -> bytes:
    """A good reply whose register at each address is `of(address)`."""
    address, count = int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big")
    data = b"".join(of(address + item).to_bytes(2, "big") for item in range(count))
    return bytes([pdu[0], len(data)]) + data


def refuse(pdu: bytes, code: int) -> bytes:
    return bytes([pdu[0] | 0x80, code])


def holding(name: str, at: int, kind: Kind = Kind.UNSIGNED_16, group: str = "default") -> Point:
    return Point(name, Span(Table.HOLDING, at, kind.registers), kind, group)


def test_a_group_keeps_its_grid(virtual: Make, maps: Make) -> None:
    line = virtual([maps([holding("a", 1)], interval_ms=50)])
    line.open()
    line.run(10.32)
    times = list(line.sent_at.values())
    assert len(times) == 201
    assert {(time - times[0]) % (50 * MILLISECOND) for time in times} == {0}
    assert line.session.missed == {("unit 1", "default"): 0}


def test_missed_slots_are_counted_and_not_caught_up(virtual: Make, maps: Make) -> None:
    line = virtual([maps([holding("a", 1)], interval_ms=50)], delay=lambda _number: 70 * MILLISECOND)
    line.open()
    line.run(10.32)
    assert len(line.readings) >= 100
    assert len(line.requests) + line.session.missed["unit 1", "default"] == 201


def test_groups_have_intervals_of_their_own(virtual: Make, maps: Make) -> None:
    made = replace(
        maps([holding("fast", 1), holding("slow", 300, group="slow")]),
        groups=(Group("default", 50 * MILLISECOND), Group("slow", 500 * MILLISECOND)),
    )
    line = virtual([made])
    line.open()
    line.run(10.32)
    counts = Counter(reading.channel for reading in line.readings)
    assert counts == {"fast": 201, "slow": 21}


def test_requests_are_the_blocks_and_no_more(virtual: Make, maps: Make) -> None:
    points = [holding(f"p{at}", at) for at in range(100)]
    line = virtual([maps(points, interval_ms=1000)], slave=lambda _unit, pdu, _number: words(pdu, lambda at: at))
    line.open()
    line.run(5.2)
    assert len(line.readings) == 500
    assert len(line.requests) == 5
    assert all(reading.value == int(reading.channel[1:]) for reading in line.readings)


def test_a_refused_block_falls_back_to_its_parts_and_is_remembered(virtual: Make, maps: Make) -> None:
    """Addresses 4 and 5 do not exist: a block over them is answered by exception 2."""
    points = [holding("a", 2), holding("b", 3), holding("c", 6), holding("d", 7)]

    def slave(unit: int, pdu: bytes, number: int) -> bytes:
        address, count = int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big")
        if address <= 5 and address + count > 4:
            return refuse(pdu, 2)
        return words(pdu, lambda at: at)

    line = virtual([maps(points, interval_ms=1000, limits=Limits(gap=8))], slave=slave)
    line.open()
    line.run(5.2)
    assert Counter(reading.channel for reading in line.readings) == {"a": 5, "b": 5, "c": 5, "d": 5}
    assert all(reading.quality is Quality.GOOD for reading in line.readings)
    assert [pdu for _, pdu in line.requests[:3]] == [
        b"\x03\x00\x02\x00\x06",
        b"\x03\x00\x02\x00\x02",
        b"\x03\x00\x06\x00\x02",
    ]
    assert len(line.requests) == 1 + 5 * 2
    line.session.disconnected("unplugged", line.now, line.now)
    line.open()
    line.run(1.2)
    assert line.session.counts.exceptions == 1


def test_a_value_the_instrument_has_not_is_bad_and_asked_seldom(virtual: Make, maps: Make) -> None:
    points = [holding(f"p{at}", at) for at in range(10)]

    def slave(unit: int, pdu: bytes, number: int) -> bytes:
        address, count = int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big")
        return refuse(pdu, 2) if address <= 7 < address + count else words(pdu, lambda at: at)

    line = virtual([maps(points, interval_ms=1000)], slave=slave)
    line.open()
    line.run(130)
    bad = [reading for reading in line.readings if reading.quality is Quality.BAD]
    assert {reading.channel for reading in bad} == {"p7"} and 2 <= len(bad) <= 4
    assert "illegal data address" in bad[0].reason and bad[0].value is None
    good = Counter(reading.channel for reading in line.readings if reading.quality is Quality.GOOD)
    assert set(good) == {f"p{at}" for at in range(10) if at != 7} and min(good.values()) >= 129
    assert len(line.requests) < 130 * 2 + 20
    assert len([reading for reading in bad if reading.monotonic < bad[0].monotonic + 59 * 10**9]) == 1


def test_a_busy_unit_is_asked_again_but_a_refusing_one_is_not(virtual: Make, maps: Make) -> None:
    line = virtual(
        [maps([holding("a", 1)], interval_ms=1000)],
        slave=lambda _unit, pdu, number: refuse(pdu, 6) if number < 2 else words(pdu, lambda _at: 5),
    )
    line.open()
    line.run(0.9)
    assert [reading.value for reading in line.readings] == [Decimal(5)]
    assert len(line.requests) == 3
    assert line.sent_at[1] - line.sent_at[0] >= 50 * MILLISECOND
    for code in (1, 3, 4):
        refusing = virtual(
            [maps([holding("a", 1)], interval_ms=1000)],
            slave=lambda _unit, pdu, _number, code=code: refuse(pdu, code),
        )
        refusing.open()
        refusing.run(0.9)
        assert len(refusing.requests) == 1
        assert refusing.readings[0].quality is Quality.BAD


def test_a_unit_that_stays_busy_is_bad_after_three_tries(virtual: Make, maps: Make) -> None:
    line = virtual([maps([holding("a", 1)], interval_ms=2000)], slave=lambda _unit, pdu, _number: refuse(pdu, 6))
    line.open()
    line.run(1.9)
    assert len(line.requests) == 3
    assert "busy" in line.readings[0].reason


def test_four_dead_units_leave_the_others_their_rate(virtual: Make, maps: Make) -> None:
    """32 units behind one line, once a second each; a dead one costs time-out and late window at every try."""
    made = [maps([holding("a", 1)], interval_ms=1000) for _ in range(32)]
    dead = {5, 12, 19, 26}
    line = virtual(
        made,
        slave=lambda unit, pdu, _number: None if unit in dead else words(pdu, lambda at: at),
        delay=lambda _number: 8 * MILLISECOND,
    )
    line.open()
    line.run(60.3)
    counts = Counter(reading.source for reading in line.readings)
    living = [counts[f"unit {unit}"] for unit in range(1, 33) if unit not in dead]
    assert min(living) >= 54
    assert {state.source for state in line.states if state.status is LinkStatus.SILENT} == {
        f"unit {unit}" for unit in dead
    }
    probes = Counter(unit for unit, _ in line.requests)
    assert all(2 <= probes[unit] < 20 for unit in dead)


def test_a_dead_unit_that_comes_back_is_found_within_its_back_off(virtual: Make, maps: Make) -> None:
    made = [maps([holding("a", 1)], interval_ms=1000) for _ in range(4)]
    line = virtual(made)
    line.slave = lambda unit, pdu, _number: (
        None if unit == 3 and line.now < 40_000 * MILLISECOND else words(pdu, lambda at: at)
    )
    line.open()
    line.run(120)
    back = [state for state in line.states if state.source == "unit 3" and state.status is LinkStatus.READY]
    assert len(back) == 1
    counts = Counter(reading.source for reading in line.readings)
    assert counts["unit 3"] > 20


def test_a_gateway_that_reports_a_unit_away_is_believed(virtual: Make, maps: Make) -> None:
    made = [maps([holding("a", 1)], interval_ms=100) for _ in range(3)]
    line = virtual(
        made,
        framing="tcp",
        slave=lambda unit, pdu, _number: refuse(pdu, 11) if unit == 2 else words(pdu, lambda at: at),
    )
    line.open()
    line.run(10)
    away = [state for state in line.states if state.source == "unit 2"]
    assert away[0].status is LinkStatus.SILENT and "behind the gateway" in away[0].detail
    assert not any(reading.source == "unit 2" for reading in line.readings)
    counts = Counter(reading.source for reading in line.readings)
    assert counts["unit 1"] >= 98 and counts["unit 3"] >= 98


def test_units_share_an_overloaded_line_fairly(virtual: Make, maps: Make) -> None:
    made = [maps([holding("a", 1)], interval_ms=50 if unit < 2 else 100) for unit in range(6)]
    line = virtual(made, delay=lambda _number: 30 * MILLISECOND)
    line.open()
    line.run(30)
    counts = Counter(reading.source for reading in line.readings)
    assert min(counts.values()) >= 0.6 * max(counts.values())


def test_a_person_is_answered_before_all_polls(virtual: Make, maps: Make) -> None:
    made = maps([holding(f"p{at}", at * 200) for at in range(40)], interval_ms=1000)
    line = virtual(
        [made], slave=lambda _unit, pdu, _number: words(pdu, lambda _at: 1), delay=lambda _: 20 * MILLISECOND
    )
    line.open()
    line.run(0.45)
    ticket = line.session.ask("unit 1", "p39", line.now)
    line.run(0.05)
    answer = line.settled[ticket]
    assert isinstance(answer, Reading) and answer.trigger is Trigger.REQUEST and answer.channel == "p39"


def test_a_request_that_nobody_answers_ends_in_a_bad_reading(virtual: Make, maps: Make) -> None:
    line = virtual([maps([holding("a", 1)], interval_ms=60_000)], slave=lambda _unit, _pdu, _number: None)
    line.open()
    ticket = line.session.ask("unit 1", "a", line.now)
    line.run(2)
    assert isinstance(line.settled[ticket], ProtocolError)
    asked = [reading for reading in line.readings if reading.trigger is Trigger.REQUEST]
    assert len(asked) == 1 and asked[0].quality is Quality.BAD and "no reply in time" in asked[0].reason


def test_a_value_with_its_decimals_unit_and_status_elsewhere(virtual: Make, maps: Make) -> None:
    """Comet-like: value at 0, decimals at 100, unit text at 200, status at 300: four blocks, one reading."""
    status = replace(holding("status", 300), bad={1: "probe is broken"})
    value = replace(
        holding("temperature", 0, Kind.SIGNED_16),
        decimals_at=Span(Table.HOLDING, 100, 1),
        unit_at=Span(Table.HOLDING, 200, 1),
        encoding="latin-1",
        status="status",
    )
    state = [0]
    held = {0: 235, 100: 1, 200: 0xB043}
    line = virtual(
        [maps([value, status], interval_ms=1000)],
        slave=lambda _unit, pdu, _number: words(pdu, lambda at: state[0] if at == 300 else held.get(at, 0)),
    )
    line.open()
    line.run(0.9)
    good = next(reading for reading in line.readings if reading.channel == "temperature")
    assert (str(good.value), good.unit) == ("23.5", "°C")
    assert len(line.requests) == 4
    state[0] = 1
    line.run(1.0)
    last = [reading for reading in line.readings if reading.channel == "temperature"][-1]
    assert last.value is None and last.reason == "probe is broken"


def test_coils_and_inputs_are_read_bit_by_bit(virtual: Make, maps: Make) -> None:
    points = [Point(f"c{at}", Span(Table.COIL, at, 1), Kind.BOOLEAN, "default") for at in range(3, 20)]
    pattern = 0b1011_0010_1110_0101_1

    def slave(unit: int, pdu: bytes, number: int) -> bytes:
        count = int.from_bytes(pdu[3:5], "big")
        return bytes([pdu[0], (count + 7) // 8]) + pattern.to_bytes((count + 7) // 8, "little")

    line = virtual([maps(points, interval_ms=1000)], slave=slave)
    line.open()
    line.run(0.9)
    assert len(line.requests) == 1 and line.requests[0][1] == bytes([1, 0, 3, 0, 17])
    assert [int(reading.value) for reading in line.readings] == [pattern >> bit & 1 for bit in range(17)]


def test_requests_under_way_together_are_told_apart(virtual: Make, maps: Make) -> None:
    points = [holding(f"p{at}", at * 200) for at in range(8)]
    line = virtual(
        [maps(points, interval_ms=1000, pipeline=4, gap_ms=0)],
        framing="tcp",
        slave=lambda _unit, pdu, _number: words(pdu, lambda at: at // 200),
        delay=lambda number: (40 - 5 * (number % 8)) * MILLISECOND,
    )
    line.open()
    line.run(0.9)
    assert all(reading.value == int(reading.channel[1:]) for reading in line.readings)
    assert len(line.readings) == 8
    assert list(line.sent_at.values()).count(line.sent_at[0]) == 4
