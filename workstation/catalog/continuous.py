"""What a plan lays down for a channel that is read all day: how its values are grouped, kept and watched."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from typing import Any

from devices.channels.alarms import AlarmRule
from devices.channels.channel import ChannelRule
from devices.channels.grouping import Grouping, GroupingRule
from devices.channels.rollup import MINUTE
from workstation.errors import CallIsWrong
from workstation.store.journal import canonical_json

SECOND = 1_000_000_000
DAY = 86_400
LONGEST = Decimal(366 * DAY)
"""No time of a rule is longer: seconds in a year."""


@dataclass(frozen=True, slots=True)
class ContinuousRule:
    """A continuous channel's rule; times in seconds, values in the characteristic's unit, None leaves a watch out.

    `size` values make a subgroup, whose mean is one value of the characteristic: by count, the first of each `every`
    seconds, or after each record of the gauge named `trigger`. At most one reading in each `sample` seconds (0: every
    one) is kept raw, for `keep_raw` seconds.
    """

    group: Grouping
    size: int
    every: Decimal | None = None
    trigger: str | None = None
    sample: Decimal = Decimal(0)
    keep_raw: Decimal = Decimal(7 * DAY)
    low: Decimal | None = None
    high: Decimal | None = None
    hysteresis: Decimal = Decimal(0)
    delay: Decimal = Decimal(0)
    rate: Decimal | None = None
    rate_window: Decimal = Decimal(10)
    stuck: Decimal | None = None
    silent: Decimal | None = None

    def to_json(self) -> str:
        """Canonical JSON, numbers with their decimals as text; what a binding keeps."""
        found: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                found[field.name] = str(value) if isinstance(value, Decimal | StrEnum) else value
        return canonical_json(found)

    def channel_rule(self) -> ChannelRule:
        """The rule as the channels' library takes it. Hours are made of the minutes that were kept."""
        alarms = AlarmRule(
            low=self.low, high=self.high, hysteresis=self.hysteresis, delay=_nanoseconds(self.delay), rate=self.rate,
            rate_window=_nanoseconds(self.rate_window), stuck_after=_nanoseconds(self.stuck),
            silent_after=_nanoseconds(self.silent),
        )  # fmt: skip
        return ChannelRule(
            sample=_nanoseconds(self.sample), keep_raw=_nanoseconds(self.keep_raw), widths=(MINUTE,),
            grouping=GroupingRule(self.group, self.size, _nanoseconds(self.every)), alarms=alarms,
        )  # fmt: skip


def rule_from_json(text: str) -> ContinuousRule:
    """The rule that `to_json` wrote."""
    found = json.loads(text)
    group, size, trigger = Grouping(found.pop("group")), int(found.pop("size")), found.pop("trigger", None)
    return ContinuousRule(group, size, trigger=trigger, **{name: Decimal(value) for name, value in found.items()})


def wrong_key(rule: ContinuousRule) -> tuple[str, str, str] | None:
    """The first key that cannot be, what is wrong with it and a remedy; None for a rule that can be."""
    if not 1 <= rule.size <= 1000:
        return "size", f"is {rule.size}", "A subgroup's mean is taken of 1 to 1000 values."
    for key, kind, remedy in (
        ("every", Grouping.TIME, "Give the seconds between two subgroups."),
        ("trigger", Grouping.TRIGGER, "Name the gauge whose records begin a subgroup."),
    ):
        if (getattr(rule, key) is not None) != (rule.group is kind):
            problem = "is missing" if rule.group is kind else f"is for group {str(kind)!r} only"
            return key, problem, remedy if rule.group is kind else "Leave it out, or change the group."
    for key in ("every", "keep_raw", "rate_window", "stuck", "silent"):
        seconds = getattr(rule, key)
        if seconds is not None and not 0 < seconds <= LONGEST:
            return key, f"is {seconds}", f"Write seconds above 0 and at most {LONGEST}."
    for key in ("sample", "delay"):
        if not 0 <= getattr(rule, key) <= LONGEST:
            return key, f"is {getattr(rule, key)}", f"Write seconds from 0 to {LONGEST}."
    if rule.low is not None and rule.high is not None and rule.low >= rule.high:
        return "high", f"is {rule.high}, not above low {rule.low}", "Exchange them."
    if rule.hysteresis < 0:
        return "hysteresis", f"is {rule.hysteresis}", "Write 0 or more."
    if rule.rate is not None and rule.rate <= 0:
        return "rate", f"is {rule.rate}", "Write the greatest change a second, above 0."
    return None


def checked_text(text: str | None) -> str | None:
    """A rule's canonical JSON, or None. Raises CallIsWrong for a rule that cannot be."""
    if text is None:
        return None
    rule = rule_from_json(text)
    wrong = wrong_key(rule)
    if wrong is not None:
        raise CallIsWrong(f"continuous.{wrong[0]} {wrong[1]}.", wrong[2])
    return rule.to_json()


def _nanoseconds(seconds: Decimal | None) -> int:
    return 0 if seconds is None else int(seconds * SECOND)
