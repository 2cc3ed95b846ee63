"""Gauges, bindings and control limits."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from workstation.catalog import gauges, limits, parts
from workstation.catalog.gauges import GaugeDefinition
from workstation.catalog.parts import CharacteristicDefinition
from workstation.catalog.values import Characteristic, GaugeStatus
from workstation.errors import CallIsWrong, NotPermitted, Refused
from workstation.store import Store

TODAY = datetime.now().astimezone().date()


@pytest.fixture
def characteristics(store: Store) -> list[Characteristic]:
    with store.write("author") as work:
        part = parts.ensure_part(work, "P-1", "Ring")
        tolerance = {"lower_specification": Decimal("73.965"), "upper_specification": Decimal("74.035")}
        return [
            parts.ensure_characteristic(work, part.id, CharacteristicDefinition("a", "mm", 3, **tolerance)),
            parts.ensure_characteristic(
                work, part.id, CharacteristicDefinition("b", "mm", 3, plausible_low=Decimal(0))
            ),
        ]


def test_conformity_includes_the_limits_and_needs_a_specification(characteristics: list[Characteristic]) -> None:
    one, other = characteristics
    assert [one.in_tolerance(Decimal(v)) for v in ("73.964", "73.965", "74.035", "74.036")] == [
        False,
        True,
        True,
        False,
    ]
    assert other.in_tolerance(Decimal(1)) is None
    assert other.plausible(Decimal(0)) and not other.plausible(Decimal("-0.001"))


def test_a_channel_feeds_one_characteristic_at_a_time(store: Store, characteristics: list[Characteristic]) -> None:
    with store.write("author") as work:
        gauge = gauges.ensure_gauge(work, GaugeDefinition("g", "p", "COM1"))
        first = gauges.bind(work, gauge.id, "1", characteristics[0].id)
        gauges.bind(work, gauge.id, "1", characteristics[1].id)
        back = gauges.bind(work, gauge.id, "1", characteristics[0].id)
    assert back.id == first.id
    with store.read() as reader:
        assert [b.characteristic_id for b in gauges.bindings(reader)] == [characteristics[0].id]
        assert len(gauges.bindings(reader, active_only=False)) == 2
    with store.write("author") as work:
        with pytest.raises(CallIsWrong, match="only with a reason"):
            gauges.unbind(work, back.id, " ")
        gauges.unbind(work, back.id, "sent to another bench")
    with store.read() as reader:
        assert gauges.bindings(reader) == []
        assert reader.history("binding", back.uid)[-1].reason == "sent to another bench"
    with pytest.raises(Refused, match="bound to nothing"), store.write("author") as work:
        gauges.unbind(work, back.id, "again")


def test_gauges_and_bindings_are_found_by_what_people_call_them(
    store: Store, characteristics: list[Characteristic]
) -> None:
    with store.write("author") as work:
        for name, serial in (("caliper", "A1"), ("bore gauge", "B2"), ("A1", ""), ("spare", "B2")):
            gauges.ensure_gauge(work, GaugeDefinition(name, "p", "COM1", serial_number=serial))
        caliper = gauges.named_gauge(work, "caliper")
        bound = gauges.bind(work, caliper.id, "1", characteristics[0].id)
        assert gauges.named_binding(work, caliper, "1").id == bound.id
        assert gauges.named_gauge(work, "A1").name == "A1", "a name comes before a serial number"
        with pytest.raises(CallIsWrong, match="no gauge 'micrometer'"):
            gauges.named_gauge(work, "micrometer")
        with pytest.raises(CallIsWrong, match="Several gauges"):
            gauges.named_gauge(work, "B2")
        with pytest.raises(CallIsWrong, match="Its bound channels are: 1"):
            gauges.named_binding(work, caliper, "2")


def test_a_gauges_status_changes_with_a_reason_and_retires_for_good(store: Store) -> None:
    with store.write("author") as work:
        gauge = gauges.ensure_gauge(work, GaugeDefinition("g", "p", "COM1", calibration_due="2026-11-21"))
        assert gauge.overdue("2026-11-22") and not gauge.overdue("2026-11-21")
        with pytest.raises(CallIsWrong, match="only with a reason"):
            gauges.set_gauge_status(work, gauge.id, GaugeStatus.LOCKED, " ")
        gauges.set_gauge_status(work, gauge.id, GaugeStatus.RETIRED, "dropped")
        with pytest.raises(Refused, match="retired already"):
            gauges.set_gauge_status(work, gauge.id, GaugeStatus.RETIRED, "dropped again")
    with store.read() as reader:
        assert reader.history("gauge", gauge.uid)[-1].verb == "gauge.create"
        assert gauges.gauges(reader, active_only=True) == []
    with pytest.raises(Refused, match="retired"), store.write("author") as work:
        gauges.set_gauge_status(work, gauge.id, GaugeStatus.ACTIVE, "repaired")


def test_a_recorded_calibration_stays_when_an_older_plan_is_imported_again(store: Store) -> None:
    soon, late = ((TODAY + timedelta(days=days)).isoformat() for days in (1, 700))
    written = GaugeDefinition("g", "p", "COM1", calibration_due="2026-11-21")
    with store.write("author") as work:
        gauge = gauges.ensure_gauge(work, written)
        made = gauges.record_calibration(work, gauge.id, late, "certificate 4711")
    assert made.calibration_due == late
    with store.write("author") as work:
        for definition in (written, GaugeDefinition("g", "p", "COM1")):
            assert gauges.ensure_gauge(work, definition).calibration_due == late
        plain = GaugeDefinition("plain", "p", "COM2", calibration_due="20270331")
        assert gauges.ensure_gauge(work, plain).calibration_due == "2027-03-31", "dates are compared as texts"
        assert gauges.record_calibration(work, gauge.id, soon, "the date was a slip").calibration_due == soon
    with store.read() as reader:
        entry = reader.history("gauge", gauge.uid)[-1]
    assert (entry.verb, entry.reason) == ("gauge.calibrate", "the date was a slip")
    assert entry.fields_changed()["calibration_due"] == [late, soon]


@pytest.mark.parametrize(
    ("due", "reason", "said"),
    [
        ("31.3.2027", "4711", "'31.3.2027' is no date"),
        ("2026-02-30", "4711", "is no date"),
        (TODAY.isoformat(), "4711", "is not due on"),
        ("2999-01-01", "4711", "beyond 20 years"),
        ("2027-03-31", "  ", "with its certificate"),
    ],
)
def test_a_calibration_that_cannot_be_is_refused(store: Store, due: str, reason: str, said: str) -> None:
    with store.write("author") as work:
        gauge = gauges.ensure_gauge(work, GaugeDefinition("g", "p", "COM1"))
    with pytest.raises(CallIsWrong, match=said), store.write("author") as work:
        gauges.record_calibration(work, gauge.id, due, reason)


@pytest.mark.parametrize(
    "port",
    [
        "COM5", "/dev/ttyUSB0", "tcp://h:1", "tcp://[::1]:65535", "replay:a b.jsonl", "usb:0403:6001:A1", "udp://h:9",
        "rfc2217://h:7000", "tcp-listen://:4001", "tcp://h", "rtu-tcp://h:502?unit=7", "/dev/ttyS0?line=9600-8N1",
    ],
)  # fmt: skip
def test_ports_that_can_be(store: Store, port: str) -> None:
    with store.write("author") as work:
        gauges.ensure_gauge(work, GaugeDefinition("g", "p", port))
    with store.read() as reader:
        assert gauges.named_gauge(reader, "g").port == port


@pytest.mark.parametrize("port", ["", " ", "tcp://h:0", "tcp://h:65536", "tcp://:1", "tcp://h:x", "replay: ", "a\0"])
def test_ports_that_cannot(port: str) -> None:
    with pytest.raises(CallIsWrong):
        gauges.check_port(port, "g")


def test_new_limits_supersede_and_old_ones_stay(store: Store, characteristics: list[Characteristic]) -> None:
    number = characteristics[0].id
    for upper in (74.014, 74.015):
        with store.write("line") as work:
            current = limits.establish(work, number, {"location": {"upper": upper}}, 1, 25)
    with store.read() as reader:
        assert limits.active_limits(reader, number) == current
        assert [one.active for one in limits.limits_history(reader, number)] == [False, True]
        assert limits.limits(reader, current.id).limits == '{"location":{"upper":74.015}}'
    assert [entry.verb for entry in work.entries] == ["control_limits.supersede", "control_limits.establish"]


def test_limits_are_no_inspectors_matter_and_hold_numbers(store: Store, characteristics: list[Characteristic]) -> None:
    with pytest.raises(NotPermitted, match="establish control limits"), store.write("inspector") as work:
        limits.establish(work, characteristics[0].id, {}, 1, 25)
    with pytest.raises(CallIsWrong, match="no span"), store.write("author") as work:
        limits.establish(work, characteristics[0].id, {}, 2, 1)
    with pytest.raises(CallIsWrong, match="not finite"), store.write("author") as work:
        limits.establish(work, characteristics[0].id, {"upper": float("nan")}, 1, 2)
