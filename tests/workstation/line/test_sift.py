"""What of an instrument that is read all day is worth keeping, and what is not."""

from __future__ import annotations

from decimal import Decimal

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
