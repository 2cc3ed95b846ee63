"""A reader and a person at one keyboard are told apart by time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import Link, Profile, RawJournal, open_link
from devices.errors import PortError, ProtocolError
from devices.reading import LinkStatus, Reading, Trigger
from devices.transports import parse_port
from devices.wedge import MILLISECOND, Typed, Wedged, WedgeDecoder, decode_typed, record_of


def press(decoder: WedgeDecoder, keys: str, start: int, gap: int) -> tuple[list[Typed | Wedged], int]:
    results: list[Typed | Wedged] = []
    now = start
    for key in keys:
        results += decoder.key(key, now)
        now += gap
    return results, now


def test_a_scan_comes_whole() -> None:
    results, _ = press(WedgeDecoder(), "4006381333931\r", 0, 2 * MILLISECOND)
    assert results == [Wedged("4006381333931", 0, 26 * MILLISECOND)]


def test_a_person_types_through() -> None:
    decoder = WedgeDecoder()
    results, now = press(decoder, "12.5\r", 0, 120 * MILLISECOND)
    assert results == [Typed("1"), Typed("2"), Typed("."), Typed("5"), Typed("\r")]
    assert decoder.tick(now) == []


def test_what_a_person_typed_before_a_scan_is_not_part_of_it() -> None:
    decoder = WedgeDecoder()
    typed, now = press(decoder, "ab", 0, 90 * MILLISECOND)
    scanned, _ = press(decoder, "PART-1\n", now, MILLISECOND)
    assert typed + scanned == [Typed("a"), Typed("b"), Wedged("PART-1", now, now + 6 * MILLISECOND)]


def test_too_short_is_typed_and_nothing_is_lost() -> None:
    assert press(WedgeDecoder(), "ab\r", 0, MILLISECOND)[0] == [Typed("ab"), Typed("\r")]


def test_a_burst_without_an_end_is_given_back_in_time() -> None:
    decoder = WedgeDecoder()
    press(decoder, "abcdef", 0, MILLISECOND)
    deadline = decoder.deadline()
    assert deadline is not None
    assert decoder.tick(deadline - 1) == []
    assert decoder.tick(deadline) == [Typed("abcdef")]
    assert decoder.deadline() is None


def test_with_a_prefix_only_the_reader_scans() -> None:
    decoder = WedgeDecoder(prefix="\x02")
    assert press(decoder, "quick\r", 0, MILLISECOND)[0] == [Typed("quick"), Typed("\r")]
    assert press(decoder, "\x02quick\r", 10**9, MILLISECOND)[0] == [Wedged("quick", 10**9, 10**9 + 6 * MILLISECOND)]


@given(st.lists(st.tuples(st.characters(codec="latin-1"), st.integers(0, 200)), max_size=80))
def test_no_key_is_lost_and_little_is_held(keys: list[tuple[str, int]]) -> None:
    decoder = WedgeDecoder(most=20)
    now, results = 0, []
    for key, wait in keys:
        now += wait * MILLISECOND
        results += decoder.key(key, now)
    results += decoder.tick(now + 10**9)
    text = "".join(one.text if isinstance(one, Typed) else f"{one.text}\0" for one in results)
    pressed = "".join(key for key, _ in keys)
    assert len(text) == len(pressed)
    assert all(one == other or one == "\0" for one, other in zip(text, pressed, strict=True))


async def test_an_instrument_on_the_keyboard_is_read_like_any_other(
    mitutoyo: Profile, profile_of: Callable[[str], Profile], tmp_path: Path, until: Callable[..., Any]
) -> None:
    heard: list[object] = []
    journal = RawJournal(tmp_path)
    link = open_link(mitutoyo, "wedge:", source="caliper", sink=heard.append, raw_journal=journal)
    assert isinstance(link, Link)
    with pytest.raises(PortError, match="does not take what is typed"):
        link.typed(b"01A+0074.005\r")
    task = asyncio.ensure_future(link.run())
    await until(lambda: link.state.status is LinkStatus.READY)
    link.typed(b"01A+0074.005\r")
    link.typed(b"911\r")
    with pytest.raises(ProtocolError, match="cannot be asked"):
        await link.request("1")
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    journal.close()
    readings = [one for one in heard if isinstance(one, Reading)]
    assert [(one.value, one.trigger, one.raw) for one in readings] == [
        (Decimal("74.005"), Trigger.BUTTON, b"01A+0074.005\r"),
        (None, Trigger.BUTTON, b"911\r"),
    ]
    again: list[object] = []
    played = open_link(mitutoyo, f"replay:{tmp_path}/caliper?speed=max", source="caliper", sink=again.append)
    task = asyncio.ensure_future(played.run())
    await until(lambda: [one for one in again if isinstance(one, Reading)] == readings)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    wired = open_link(mitutoyo, "/dev/ttyUSB77", source="caliper", sink=heard.append)
    assert isinstance(wired, Link)
    with pytest.raises(PortError, match="not on the keyboard"):
        wired.typed(b"911\r")
    with pytest.raises(PortError, match="does not type"):
        open_link(profile_of("modbus.sht20"), "wedge:", source="room", sink=heard.append)


def test_only_a_whole_record_is_one(mitutoyo: Profile, profile_of: Callable[[str], Profile]) -> None:
    record = record_of(mitutoyo, "01A+0074.005")
    assert record == b"01A+0074.005\r"
    assert len(decode_typed(mitutoyo, "caliper", record)) == 1
    scanner = profile_of("barcode.stx-etx")
    assert record_of(scanner, "4006381333931").startswith(b"\x02")
    for text in ("LOT 4711", "74.005", "€", "01A+0074.005X", "\r", "", "01A+0074.005\r01A+0074.006"):
        assert decode_typed(mitutoyo, "caliper", record_of(mitutoyo, text)) == [], text


@pytest.mark.parametrize("port", ["wedge:left", "wedge:?line=9600-8N1", "wedge"])
def test_the_port_has_one_spelling(port: str) -> None:
    if port == "wedge":
        assert parse_port(port).kind == "serial"
        return
    with pytest.raises(PortError, match="is no port"):
        parse_port(port)
