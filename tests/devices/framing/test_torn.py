"""A record whose end was lost: what comes later must never complete it to a value that nobody measured."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from devices import Profile
from devices.framing.line import TORN, UNFINISHED, LineFramer
from devices.profile.library import Library
from devices.reading import Discarded, Reading
from devices.session import Session
from resources import ROOT

MILLISECOND = 1_000_000
SECOND = 1000 * MILLISECOND
LIBRARY = Library((ROOT / "profiles",))
BYTE = [
    profile
    for profile in (LIBRARY.load(str(path)) for path in LIBRARY.paths())
    if profile.framing is not None and profile.framing.kind == "line"
]


def hear(profile: Profile, *said: tuple[int, bytes]) -> list[object]:
    """What becomes of bytes at times in milliseconds."""
    session = Session(profile, "gauge")
    session.opened(0, 0, 0)
    heard: list[object] = []
    for at, data in said:
        heard += session.received(data, SECOND + at * MILLISECOND, SECOND + at * MILLISECOND)
    return heard


def test_an_error_text_does_not_complete_a_torn_record(mitutoyo: Profile) -> None:
    """`01A+0074.` and, when the next button is pressed, `911`: together they would be 74.911."""
    said = (0, b"01A+0074."), (600, b"911\r"), (900, b"01A+0074.003\r")
    torn, rest, clean = hear(mitutoyo, *said)
    assert isinstance(torn, Discarded) and torn.reason == UNFINISHED and torn.raw == b"01A+0074."
    assert isinstance(rest, Discarded) and rest.reason == TORN and rest.raw == b"911\r"
    assert isinstance(clean, Reading) and clean.value == Decimal("74.003")


def test_the_rest_of_a_torn_record_is_no_record_of_its_own(profile_of: Callable[[str], Profile]) -> None:
    """-18.78 lbF whose first half stood still: 8.78 lbF was never measured."""
    profile = profile_of("mark-10.series-5")
    heard = hear(profile, (0, b"-1"), (600, b"8.78 lbF\r\n"), (1200, b"4.285 N\r\n"))
    readings = [one for one in heard if isinstance(one, Reading)]
    assert [one.value for one in readings] == [Decimal("4.285")]


def test_a_record_in_pieces_is_whole_as_long_as_they_come_soon(mitutoyo: Profile) -> None:
    (reading,) = hear(mitutoyo, (0, b"01A+"), (40, b"0074."), (250, b"003\r"))
    assert isinstance(reading, Reading) and reading.value == Decimal("74.003")


@pytest.mark.parametrize("profile", BYTE, ids=lambda profile: profile.id)
def test_no_profile_takes_a_value_from_halves_that_came_far_apart(profile: Profile) -> None:
    for test in profile.tests:
        if test.asked:
            continue
        for cut in range(1, len(test.wire) - 1):
            first, second = test.wire[:cut], test.wire[cut:]
            if first.strip(profile.framing.strip if profile.framing else b"")[-1:] in (b"", b"\r", b"\n"):
                continue
            late = hear(profile, (0, first), (2000, second))
            now = 1_000_000_000 + 2000 * MILLISECOND
            joined = [one for one in late if isinstance(one, Reading) and one.value is not None]
            assert not [one for one in joined if one.monotonic < now and one.received >= now], (test.name, cut)


def test_a_line_feed_behind_the_end_begins_no_record(mitutoyo: Profile) -> None:
    """CR LF from a gauge whose records end with CR: the next record's time is its own, and nothing is discarded."""
    first, second = hear(mitutoyo, (0, b"01A+0074.003\r\n"), (5000, b"01A+0074.004\r\n"))
    assert isinstance(first, Reading) and isinstance(second, Reading)
    assert second.observed_at - first.observed_at == 5000 * MILLISECOND
    framer = LineFramer(b"\r", 32, b"\n", None, 300 * MILLISECOND)
    framer.feed(b"1\r\n", 0)
    assert framer.deadline() is None
    assert framer.tick(10 * SECOND) == [] and framer.flush(10 * SECOND) == []
