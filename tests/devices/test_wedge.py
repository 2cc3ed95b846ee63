"""A reader and a person at one keyboard are told apart by time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from devices.wedge import MILLISECOND, Typed, Wedged, WedgeDecoder


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
