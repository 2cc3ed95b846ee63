"""Bind a reading to its characteristic and check that it may be used: plain functions, a value or a reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from devices.reading import Quality, Reading, Trigger
from workstation import units
from workstation.catalog.values import Characteristic, Gauge, GaugeStatus
from workstation.errors import CallIsWrong
from workstation.line.plan import LinePlan

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
    characteristic: Characteristic
    value: Decimal
    unit: str
    quality: Quality
    remark: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reading that may not be used: `reason` is a sentence."""

    reading: Reading
    reason: str


@dataclass(frozen=True, slots=True)
class Route:
    """Where a channel's readings go on one day, with everything decided that is the same for all of them.

    A good reading in the characteristic's unit within `low` and `high` passes every check of `take`; whatever is not so
    plain needs a closer look. `fits` is what in_tolerance says of one that passes: None without a specification.
    """

    characteristic: Characteristic
    unit: str
    unit_when_missing: bool
    low: Decimal
    high: Decimal
    fits: bool | None

    def passes(self, reading: Reading, value: Decimal) -> bool:
        """Whether a reading of this `value` needs no closer look."""
        return (
            self.low <= value <= self.high
            and reading.quality is _GOOD
            and not reading.reason
            and (reading.unit == self.unit or (reading.unit is None and self.unit_when_missing))
        )


_GOOD = Quality.GOOD
_LOWEST, _HIGHEST = Decimal("-Infinity"), Decimal("Infinity")


def route(plan: LinePlan, source: str, channel: str, today: str) -> Route | None:
    """The route of a channel, or None when each of its readings needs a closer look."""
    bound = plan.routes.get((source, channel), ())
    gauge = plan.gauges.get(source)
    found = plan.characteristics.get(bound[0]) if len(bound) == 1 else None
    if found is None or gauge is None or _unfit(gauge, today):
        return None
    lower, upper = found.lower_specification, found.upper_specification
    low = _LOWEST if found.plausible_low is None else found.plausible_low
    high = _HIGHEST if found.plausible_high is None else found.plausible_high
    return Route(
        found,
        found.unit,
        gauge.unit == found.unit,
        low if lower is None else max(low, lower),
        high if upper is None else min(high, upper),
        None if lower is None and upper is None else True,
    )


def take(plan: LinePlan, reading: Reading, today: str, overdue: Overdue) -> Accepted | Refusal:
    """Bind and check one reading; `today` is YYYY-MM-DD."""
    found = bind(plan, reading)
    if isinstance(found, str):
        return Refusal(reading, found)
    return check(found, plan.gauges.get(reading.source), reading, today, overdue)


def bind(plan: LinePlan, reading: Reading) -> Characteristic | str:
    """The characteristic a reading belongs to, or why there is none."""
    if reading.source == TYPED:
        characteristics: tuple[int, ...] = (int(reading.channel),)
    else:
        characteristics = plan.routes.get((reading.source, reading.channel), ())
    if not characteristics:
        return f"Channel {reading.channel} of {reading.source} is bound to no characteristic of an effective plan."
    if len(characteristics) > 1:
        names = ", ".join(
            plan.characteristics[number].name for number in characteristics if number in plan.characteristics
        )
        return f"Channel {reading.channel} of {reading.source} is bound to several characteristics at once: {names}."
    found = plan.characteristics.get(characteristics[0])
    return found or f"Characteristic {characteristics[0]} is in no effective plan."


def check(
    characteristic: Characteristic, gauge: Gauge | None, reading: Reading, today: str, overdue: Overdue
) -> Accepted | Refusal:
    """Quality, unit, plausibility and calibration, in this order; the first that fails is the reason."""
    sent = reading.value
    if reading.quality is Quality.BAD or sent is None:
        return Refusal(reading, reading.reason or "The instrument marked the reading as bad.")
    unit = reading.unit or (gauge.unit if gauge else None)
    if unit is None:
        return Refusal(reading, f"{reading.source} sends no unit, and the station was not told which one it is set to.")
    try:
        value = in_unit(sent, unit, characteristic.unit)
    except CallIsWrong as error:
        return Refusal(reading, error.sentence)
    if not characteristic.plausible(value):
        return Refusal(
            reading, f"{value} {characteristic.unit} is not plausible: {_span(characteristic)} was expected."
        )
    quality, remark = reading.quality, reading.reason
    if gauge is not None:
        why = _unfit(gauge, today)
        if why and (gauge.status is not GaugeStatus.ACTIVE or overdue is Overdue.REFUSE):
            return Refusal(reading, why)
        if why:
            quality, remark = Quality.UNCERTAIN, f"{remark} {why}".strip()
    return Accepted(reading, characteristic, value, unit, quality, remark)


_conversion = lru_cache(maxsize=256)(units.scale)


def in_unit(value: Decimal, sent: str, wanted: str) -> Decimal:
    """`value` in another unit, not rounded to the decimals that were sent: a judgement must not depend on their number.

    Computed in the default context as the store does it, so that a value judged live is judged alike when it is read
    back. Raises CallIsWrong for units of different quantities.
    """
    if sent == wanted:
        return value
    factor, offset = _conversion(sent, wanted)
    return value * factor + offset


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


def _span(characteristic: Characteristic) -> str:
    low, high, unit = characteristic.plausible_low, characteristic.plausible_high, characteristic.unit
    if low is None:
        return f"at most {high} {unit}"
    return f"at least {low} {unit}" if high is None else f"{low} to {high} {unit}"


def _unfit(gauge: Gauge, today: str) -> str:
    """Why the gauge may not be used, empty when it may."""
    if gauge.status is not GaugeStatus.ACTIVE:
        return f"Gauge {gauge.name} is {gauge.status}."
    return f"The calibration of gauge {gauge.name} was due {gauge.calibration_due}." if gauge.overdue(today) else ""
