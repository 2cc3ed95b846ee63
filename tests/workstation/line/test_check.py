from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from devices.reading import Quality, Reading, Trigger
from workstation.catalog.values import Characteristic, Chart, Criticality, Gauge, GaugeStatus
from workstation.errors import CallIsWrong
from workstation.line.check import Accepted, Overdue, Refusal, bind, route, take, typed_value
from workstation.line.plan import LinePlan

TODAY = "2026-11-22"
RING = Characteristic(
    id=7,
    uid="c7",
    version=1,
    part_id=1,
    name="ring diameter",
    unit="mm",
    decimals=3,
    nominal=Decimal("74.000"),
    lower_specification=Decimal("73.965"),
    upper_specification=Decimal("74.035"),
    plausible_low=Decimal("70"),
    plausible_high=Decimal("78"),
    subgroup_size=5,
    chart=Chart.XBAR_R,
    rules="nelson",
    baseline_subgroups=25,
    criticality=Criticality.MAJOR,
)
GAUGE = Gauge(1, "g1", 1, "caliper 1", "SN 77", "mitutoyo.digimatic", "/dev/ttyUSB0", "mm", None, GaugeStatus.ACTIVE)
PLAN = LinePlan("ring v1", {7: RING}, {"SN 77": GAUGE}, {("SN 77", "1"): (7,)})


def reading(value: str | None = "74.0300", **changes: Any) -> Reading:
    given = Reading(
        source="SN 77",
        channel="1",
        value=None if value is None else Decimal(value),
        unit=None,
        observed_at=10**18,
        monotonic=5,
        received=9,
        trigger=Trigger.BUTTON,
        quality=Quality.GOOD,
        reason="",
        raw=b"01A+0074.0300\r",
    )
    return msgspec.structs.replace(given, **changes)


def plan_with(**changes: Any) -> LinePlan:
    return dataclasses.replace(PLAN, gauges={"SN 77": dataclasses.replace(GAUGE, **changes)})


def accepted(plan: LinePlan, given: Reading, overdue: Overdue = Overdue.REFUSE) -> Accepted:
    result = take(plan, given, TODAY, overdue)
    assert isinstance(result, Accepted), result
    return result


def refused(plan: LinePlan, given: Reading, overdue: Overdue = Overdue.REFUSE) -> str:
    result = take(plan, given, TODAY, overdue)
    assert isinstance(result, Refusal) and result.reading is given
    return result.reason


def test_a_good_reading_keeps_its_decimals_and_gets_the_stations_unit() -> None:
    result = accepted(PLAN, reading())
    assert (str(result.value), result.unit, result.quality) == ("74.0300", "mm", Quality.GOOD)
    assert result.characteristic is RING


def test_the_unit_that_was_sent_counts_and_is_converted_exactly() -> None:
    result = accepted(PLAN, reading("2.91455", unit="in"))
    assert result.value == Decimal("2.91455") * Decimal("25.4")
    assert (result.unit, str(result.reading.value)) == ("in", "2.91455")


def test_a_temperature_is_converted_with_its_offset() -> None:
    boiling = dataclasses.replace(RING, unit="°C", plausible_low=Decimal(-40), plausible_high=Decimal(200))
    result = accepted(dataclasses.replace(PLAN, characteristics={7: boiling}), reading("212", unit="°F"))
    assert abs(result.value - 100) < Decimal("1e-20")


bounds = st.none() | st.integers(0, 4).map(Decimal)


@for_all(
    lower=bounds, upper=bounds, low=bounds, high=bounds, value=st.integers(-1, 5).map(str),
    unit=st.sampled_from([None, "mm", "in"]), set_to=st.sampled_from([None, "mm", "in"]),
    quality=st.sampled_from([Quality.GOOD, Quality.UNCERTAIN]), reason=st.sampled_from(["", "Battery low."]),
    status=st.sampled_from(GaugeStatus), due=st.sampled_from([None, "2026-11-21", TODAY]),
)  # fmt: skip
def test_what_passes_at_a_glance_is_what_every_check_accepts(
    lower: Decimal | None, upper: Decimal | None, low: Decimal | None, high: Decimal | None, value: str,
    unit: str | None, set_to: str | None, quality: Quality, reason: str, status: GaugeStatus, due: str | None,
) -> None:  # fmt: skip
    """Good, in the plan's unit, plausible, within specification, by a gauge that may be used: and nothing else."""
    made = dataclasses.replace(
        RING, lower_specification=lower, upper_specification=upper, plausible_low=low, plausible_high=high
    )
    plan = dataclasses.replace(plan_with(unit=set_to, status=status, calibration_due=due), characteristics={7: made})
    given = reading(value, unit=unit, quality=quality, reason=reason)
    found = route(plan, "SN 77", "1", TODAY)
    passes = found is not None and given.value is not None and found.passes(given, given.value)
    result = take(plan, given, TODAY, Overdue.REFUSE)
    plain = (
        isinstance(result, Accepted)
        and result.quality is Quality.GOOD
        and (result.unit, result.remark) == ("mm", "")
        and made.in_tolerance(result.value) is not False
    )
    assert passes == plain
    if passes:
        assert found is not None and isinstance(result, Accepted)
        assert (found.unit, found.fits) == (result.unit, made.in_tolerance(result.value))
        assert result.value == given.value


@pytest.mark.parametrize(
    ("plan", "given", "why"),
    [
        (PLAN, reading(None, quality=Quality.BAD, reason="Low battery."), "Low battery."),
        (PLAN, reading(None, quality=Quality.BAD), "marked the reading as bad"),
        (PLAN, reading(channel="2"), "bound to no characteristic"),
        (PLAN, reading(source="scale"), "bound to no characteristic"),
        (PLAN, reading(unit="kg"), "measures mass"),
        (PLAN, reading(unit="parsec"), "no unit that Sinebar knows"),
        (PLAN, reading("84.03"), "84.03 mm is not plausible: 70 to 78 mm was expected"),
        (PLAN, reading("74.03", unit="in"), "not plausible"),
        (plan_with(unit=None), reading(), "sends no unit"),
        (plan_with(calibration_due="2026-11-21"), reading(), "was due 2026-11-21"),
        (plan_with(status=GaugeStatus.LOCKED), reading(), "is locked"),
        (dataclasses.replace(PLAN, characteristics={}), reading(), "in no effective plan"),
        (dataclasses.replace(PLAN, routes={("SN 77", "1"): (7, 7)}), reading(), "several characteristics"),
    ],
)
def test_what_may_not_be_used_is_refused_with_the_reason(plan: LinePlan, given: Reading, why: str) -> None:
    assert why in refused(plan, given)


def test_overdue_may_be_flagged_instead_but_a_locked_gauge_never_counts() -> None:
    result = accepted(plan_with(calibration_due="2026-11-21"), reading(), Overdue.FLAG)
    assert result.quality is Quality.UNCERTAIN and "was due 2026-11-21" in result.remark
    assert "is locked" in refused(plan_with(status=GaugeStatus.LOCKED), reading(), Overdue.FLAG)
    due_today = accepted(plan_with(calibration_due=TODAY), reading())
    assert due_today.quality is Quality.GOOD


def test_an_uncertain_reading_keeps_its_remark() -> None:
    result = accepted(PLAN, reading(quality=Quality.UNCERTAIN, reason="Battery low."))
    assert (result.quality, result.remark) == (Quality.UNCERTAIN, "Battery low.")


def test_a_typed_value_is_bound_to_the_characteristic_it_was_typed_for() -> None:
    typed = typed_value(7, "74.030", "mm", 10**18, 5)
    assert (str(typed.value), typed.trigger, bind(PLAN, typed)) == ("74.030", Trigger.TYPED, RING)
    assert "in no effective plan" in str(bind(PLAN, typed_value(8, "1", "mm", 0, 0)))


@pytest.mark.parametrize("text", ["", "74,03", "1e5", "nan", "7 4", "٣", "1" * 40, "0x1F", "1.2.3"])
def test_what_is_no_number_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(CallIsWrong, match="no measured value"):
        typed_value(7, text, "mm", 0, 0)
