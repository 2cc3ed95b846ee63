"""What of an instrument that is read all day is worth keeping, and what is not."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from devices.reading import Quality, Reading, Trigger
from workstation.line.plan import LinePlan
from workstation.line.sift import Sift


def reading(channel: str = "1", why: str = "", trigger: Trigger = Trigger.POLL) -> Reading:
    quality = Quality.BAD if why else Quality.GOOD
    return Reading("oven", channel, None if why else Decimal(180), None, 1, 1, 1, trigger, quality, why, b"")


def sift() -> Sift:
    made = Sift()
    made.follow(LinePlan("oven", routes={("oven", "1"): (1,), ("oven", "2"): (2,)}))
    return made


@pytest.mark.parametrize("trigger", [Trigger.POLL, Trigger.STREAM])
def test_a_channel_bound_to_nothing_is_passed_over_unless_somebody_asked(trigger: Trigger) -> None:
    made = sift()
    assert made.keeps(reading("1", trigger=trigger)) and not made.keeps(reading("9", trigger=trigger))
    assert not made.keeps(reading("9", "no answer", trigger))
    for asked in (Trigger.BUTTON, Trigger.FOOT_SWITCH, Trigger.REQUEST, Trigger.TYPED):
        assert made.keeps(reading("9", trigger=asked)) and made.keeps(reading("9", "no answer", asked))


def test_a_failure_is_told_once_until_it_is_another_or_over() -> None:
    made = sift()
    told = [made.keeps(reading("1", why)) for why in ("no answer", "no answer", "broken", "broken", "no answer")]
    assert told == [True, False, True, False, True]
    assert made.keeps(reading("2", "no answer")), "each channel for itself"
    assert (
        made.keeps(reading("1")) and made.keeps(reading("1", "no answer")) and not made.keeps(reading("2", "no answer"))
    )
    assert all(made.keeps(reading("1", "no answer", Trigger.REQUEST)) for _ in range(3)), "who asks is answered"


def test_a_new_plan_tells_what_fails_anew() -> None:
    made = sift()
    assert made.keeps(reading("1", "no answer")) and not made.keeps(reading("1", "no answer"))
    made.follow(LinePlan("oven", routes={("oven", "1"): (1,)}))
    assert made.keeps(reading("1", "no answer")) and not made.keeps(reading("2"))


def at(seconds: float, why: str, trigger: Trigger = Trigger.BUTTON) -> Reading:
    return msgspec.structs.replace(reading("1", why, trigger), received=round(seconds * 1e9))


@pytest.mark.parametrize("trigger", [Trigger.BUTTON, Trigger.FOOT_SWITCH])
def test_an_instrument_that_repeats_one_failure_without_end_does_not_fill_the_disk(trigger: Trigger) -> None:
    """A converter without its gauge says so ten times a second, all night: one refusal a minute, not 36,000 an hour."""
    made = sift()
    kept = [number for number in range(36_000) if made.keeps(at(number / 10, "no gauge", trigger))]
    assert kept[:20] == list(range(20)), "a hand may have pressed these"
    assert len(kept) - 20 == 59 and kept[20] - kept[19] == 600
    assert made.keeps(at(3600, "bad data", trigger)), "another failure is another thing"
    assert all(made.keeps(at(3600 + number * 1.5, "no gauge", trigger)) for number in range(100)), "at a hand's pace"
    made.keeps(at(3800, "", trigger))
    assert made.keeps(at(3800.1, "no gauge", trigger)), "a reading ends the row"
