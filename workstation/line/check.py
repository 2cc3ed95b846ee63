"""Bind a reading to its characteristic and check that it may be used: plain functions, a value or a reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from enum import StrEnum
from functools import lru_cache

from devices.reading import Quality, Reading, Trigger
from workstation import units
from workstation.errors import CallIsWrong
from workstation.line.plan import Gauge, LinePlan, Target

TYPED = "typed"
"""The source of a value that a person entered."""
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,12})?")


class Overdue(StrEnum):
    """What becomes of a reading of a gauge whose calibration is overdue."""

    REFUSE = "refuse"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A reading that may be used: `value` is in the characteristic's unit, the reading's own stays as sent, in `unit`.

    `quality` is good or uncertain, `remark` why uncertain.
    """

    reading: Reading
    target: Target
    value: Decimal
    unit: str
    quality: Quality
    remark: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reading that may not be used: `reason` is a sentence."""

    reading: Reading
    reason: str


def take(plan: LinePlan, reading: Reading, today: date, overdue: Overdue) -> Accepted | Refusal:
    """Bind and check one reading."""
    found = bind(plan, reading)
    if isinstance(found, str):
        return Refusal(reading, found)
    return check(found, plan.gauges.get(reading.source), reading, today, overdue)


def bind(plan: LinePlan, reading: Reading) -> Target | str:
    """The characteristic a reading belongs to, or why there is none."""
    if reading.source == TYPED:
        characteristics: tuple[int, ...] = (int(reading.channel),)
    else:
        characteristics = plan.routes.get((reading.source, reading.channel), ())
    if not characteristics:
        return f"Channel {reading.channel} of {reading.source} is bound to no characteristic of an effective plan."
    if len(characteristics) > 1:
        names = ", ".join(plan.targets[number].name for number in characteristics if number in plan.targets)
        return f"Channel {reading.channel} of {reading.source} is bound to several characteristics at once: {names}."
    target = plan.targets.get(characteristics[0])
    return target or f"Characteristic {characteristics[0]} is in no effective plan."


def check(target: Target, gauge: Gauge | None, reading: Reading, today: date, overdue: Overdue) -> Accepted | Refusal:
    """Quality, unit, plausibility and calibration, in this order; the first that fails is the reason."""
    sent = reading.value
    if reading.quality is Quality.BAD or sent is None:
        return Refusal(reading, reading.reason or "The instrument marked the reading as bad.")
    unit = reading.unit or (gauge.unit if gauge else None)
    if unit is None:
        return Refusal(reading, f"{reading.source} sends no unit, and the station was not told which one it is set to.")
    value = sent
    if unit != target.unit:
        try:
            value = _converted(sent, unit, target.unit)
        except CallIsWrong as error:
            return Refusal(reading, error.sentence)
    if not _plausible(target, value):
        return Refusal(reading, f"{value} {target.unit} is not plausible: {_span(target)} was expected.")
    quality, remark = reading.quality, reading.reason
    if gauge is not None and (gauge.locked or _is_overdue(gauge, today)):
        why = (
            f"{gauge.name} is locked."
            if gauge.locked
            else f"The calibration of {gauge.name} was due {gauge.calibration_due}."
        )
        if gauge.locked or overdue is Overdue.REFUSE:
            return Refusal(reading, why)
        quality, remark = Quality.UNCERTAIN, f"{remark} {why}".strip()
    return Accepted(reading, target, value, unit, quality, remark)


def typed_value(characteristic: int, text: str, unit: str, observed_at: int, monotonic: int) -> Reading:
    """A typed value as a reading, with the decimals as typed; times in nanoseconds. Raises CallIsWrong."""
    plain = text.strip().replace("\N{MINUS SIGN}", "-")
    if not _NUMBER.fullmatch(plain):
        raise CallIsWrong(
            f"{text[:40]!r} is no measured value.", "Write digits with a point before the decimals, such as 12.345."
        )
    return Reading(
        source=TYPED,
        channel=str(characteristic),
        value=Decimal(plain),
        unit=units.symbol(unit) if unit else None,
        observed_at=observed_at,
        monotonic=monotonic,
        received=monotonic,
        trigger=Trigger.TYPED,
        quality=Quality.GOOD,
        reason="",
        raw=text.encode(),
    )


_conversion = lru_cache(maxsize=256)(units.scale)


def _converted(value: Decimal, sent: str, wanted: str) -> Decimal:
    """`value` in another unit without rounding: a judgement must not depend on how many decimals were sent."""
    factor, offset = _conversion(sent, wanted)
    with localcontext() as context:
        context.prec = 50
        return value * factor + offset


def _plausible(target: Target, value: Decimal) -> bool:
    low, high = target.plausible_low, target.plausible_high
    return (low is None or low <= value) and (high is None or value <= high)


def _span(target: Target) -> str:
    low, high = target.plausible_low, target.plausible_high
    if low is None:
        return f"at most {high} {target.unit}"
    return f"at least {low} {target.unit}" if high is None else f"{low} to {high} {target.unit}"


def _is_overdue(gauge: Gauge, today: date) -> bool:
    return gauge.calibration_due is not None and gauge.calibration_due < today
