"""Scans in the line's own transaction: in order with readings, whole or not at all, and never judged."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
import pytest

from devices.reading import Scan
from tests.workstation.line.conftest import bench_reading
from workstation.catalog.identifications import identifications, identified
from workstation.catalog.scanned import ScanRule
from workstation.errors import SurroundingsFailed
from workstation.line import protocol
from workstation.line.identify import carrier, named_by, typed_scan
from workstation.line.keep import Outcome, Waiting
from workstation.line.plan import LinePlan


def scanned(text: str) -> Waiting:
    event = Scan("reader", "1", text, "]C0", 10**18, 1, 1, text.encode(errors="replace"))
    return Waiting(carrier(event), "anna", piece=event)


def value(text: str, name: str = "diameter") -> Waiting:
    return Waiting(bench_reading(text, name), "meister")


def serials(bench: Any, characteristic: int) -> list[tuple[str, str]]:
    """Each kept value with the serial number it belongs to."""
    with bench.store.read() as reader:
        held = identified(reader, characteristic)
        kept = reader.measurements(characteristic)
        return [(str(one.value), held.of(one.subgroup, one.position).serial_number) for one in kept]


def told(outcome: Outcome) -> list[protocol.Scanned]:
    return [item for item in outcome.announcements if isinstance(item, protocol.Scanned)]


def test_a_scan_belongs_to_what_comes_behind_it_in_the_same_batch(bench: Any) -> None:
    made = bench.lay_down(chart="i_mr", subgroup_size=1)
    outcome = bench.ledger.commit(
        [value("74.001"), scanned("SN-1"), value("74.002"), scanned("SN-2"), value("74.003"), value("74.004")]
    )()
    assert serials(bench, made.id) == [("74.001", ""), ("74.002", "SN-1"), ("74.003", "SN-2"), ("74.004", "")]
    assert [type(item).__name__ for item in outcome.announcements] == [
        "Kept", "Judged", "Scanned", "Kept", "Judged", "Scanned", "Kept", "Judged", "Kept", "Judged",
    ]  # fmt: skip
    first, second = told(outcome)
    assert (first.text, first.kind, first.starts) == ("SN-1", "serial number", ((made.id, 2, 1),))
    assert second.starts == ((made.id, 3, 1),)
    assert (outcome.kept, outcome.refused, outcome.reasons) == (4, 0, {})
    with bench.store.read() as reader:
        kept = identifications(reader)
        assert [one.uid for one in kept] == [first.identification, second.identification]
        assert {(one.source, one.symbology, one.scanned_by, one.scanned_at) for one in kept} == {
            ("reader", "]C0", "anna", 10**15)
        }  # fmt: skip
    assert bench.store.verify().intact


def test_every_characteristic_of_the_part_begins_at_its_own_place(bench: Any) -> None:
    diameter, height = bench.lay_down(), bench.lay_down("height", chart="i_mr", subgroup_size=1)
    bench.ledger.commit([value("74.001"), value("74.002"), value("74.1", "height")])
    (said,) = told(bench.ledger.commit([scanned("SN-1")])())
    assert set(said.starts) == {(diameter.id, 1, 3), (height.id, 2, 1)}


def test_a_line_that_was_killed_goes_on_with_the_same_place(bench: Any) -> None:
    made = bench.lay_down()
    bench.keep("74.001", "74.002")
    bench.ledger = bench.new_ledger()
    (said,) = told(bench.ledger.commit([scanned("SN-1")])())
    assert said.starts == ((made.id, 1, 3),)


def test_nothing_is_announced_of_a_batch_that_was_not_kept(bench: Any) -> None:
    bench.lay_down()
    bench.reactions.error = SurroundingsFailed("the disk is full", "free some")
    with pytest.raises(SurroundingsFailed):
        bench.ledger.commit([scanned("SN-1"), value("74.060")])
    with bench.store.read() as reader:
        assert identifications(reader) == []
    bench.reactions.error = None
    (said,) = told(bench.ledger.commit([scanned("SN-1"), value("74.060")])())
    assert said.starts[0][1:] == (1, 1)


@pytest.mark.parametrize("text", ["", "x" * 600, "a\0b", "a\ud800b"])
def test_a_code_that_cannot_be_kept_is_refused_and_the_readings_beside_it_are_kept(bench: Any, text: str) -> None:
    made = bench.lay_down()
    outcome = bench.ledger.commit([value("74.001"), scanned(text), value("74.002")])()
    assert (outcome.kept, outcome.refused) == (2, 1)
    (said,) = told(outcome)
    assert said.reason and not said.identification and len(said.text) <= 512
    assert said.reason == outcome.reasons[1]
    with bench.store.read() as reader:
        (refused,) = reader.refused_readings()
        assert refused.reason == said.reason and refused.source == "reader"
    assert [one for one, _ in serials(bench, made.id)] == ["74.001", "74.002"]
    assert bench.store.verify().intact


def test_a_code_that_no_part_of_the_plan_knows_is_refused(bench: Any) -> None:
    made = bench.lay_down()
    rule = ScanRule(serial_number="SN-[0-9]+", lot="L[0-9]+")
    plan = dataclasses.replace(bench.plan(), scans={made.part_id: rule})
    bench.plan = lambda: plan
    kinds = [
        (said.kind, bool(said.reason)) for said in told(bench.ledger.commit(list(map(scanned, ("L1", "SN-1", "?"))))())
    ]
    assert kinds == [("lot", False), ("serial number", False), ("", True)]


def test_parts_are_named_by_their_own_patterns(bench: Any) -> None:
    ring, pin = bench.lay_down(), dataclasses.replace(bench.lay_down("width"), part_id=2)
    rules = {
        ring.part_id: ScanRule(serial_number="R[0-9]+"),
        pin.part_id: ScanRule(lot="P[0-9]+", serial_number="[RP]."),
    }
    plan = LinePlan("two", {ring.id: ring, pin.id: pin}, scans=rules)
    assert named_by(plan, "R12") == {1: "serial number"}
    assert named_by(plan, "R1") == {1: "serial number", 2: "serial number"}
    assert named_by(plan, "P1") == {2: "lot"}
    assert "fits neither" in str(named_by(plan, "Q1"))
    assert named_by(dataclasses.replace(plan, scans={}), "Q1") == {1: "serial number", 2: "serial number"}
    assert "No inspection plan" in str(named_by(LinePlan(), "SN-1"))


def test_a_scan_is_a_message_like_any_other() -> None:
    said = protocol.Scanned("reader", "SN-1", 1, "uid", "lot", 1, ((1, 2, 3),))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(said), type=protocol.Scanned) == said
    scan = typed_scan("a\ud800", 10**18, 1)
    assert (scan.source, scan.raw) == ("keyboard", b"a?")
