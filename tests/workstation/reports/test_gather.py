"""The facts of an inspection report against the published data and the statistics computed here."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from analysis import capability, charts
from analysis.rules import NELSON
from tests.workstation.reports.inspected import (
    BORE,
    MINUTE,
    START,
    bore_of,
    dispose,
    measure,
    planned_station,
    published,
)
from workstation.catalog.values import Given
from workstation.errors import CallIsWrong
from workstation.line.given_limits import parse_given
from workstation.line.new_limits import Wanted, establish_anew
from workstation.people import accounts
from workstation.quality import alarms
from workstation.reports.inspection import gather as gathering
from workstation.reports.inspection.content import content_of
from workstation.reports.inspection.facts import InspectionFacts
from workstation.reports.inspection.gather import Span, gather
from workstation.store import Measurement, MeasurementBatch, Store


def test_every_published_reading_is_there_as_it_was_sent(facts: InspectionFacts) -> None:
    assert [reading.sent for reading in facts.readings] == published()
    assert [len(subgroup.readings) for subgroup in facts.subgroups] == [5] * 40
    (out,) = facts.out_of_tolerance
    assert (out.subgroup, out.position, out.value) == (39, 3, Decimal("74.036"))


def test_limits_signals_and_capability_are_those_of_the_statistics(facts: InspectionFacts) -> None:
    table = np.array(published(), dtype=float).reshape(40, 5)
    limits = charts.fit("xbar_r", table[:25])
    judged = charts.evaluate(table[25:], limits, NELSON)
    assert limits.location is not None
    watched = facts.subgroups[25:]
    assert [s.baseline for s in facts.subgroups] == [True] * 25 + [False] * 15
    assert {s.upper for s in facts.subgroups} == {limits.location.ucl}
    assert [s.mean for s in watched] == pytest.approx(judged.location.statistic.tolist(), rel=1e-12)
    assert [s.location_rules for s in watched] == [NELSON.names(int(mask)) for mask in judged.location.signals]
    assert [a.subgroup for a in facts.alarms] == [s.number for s in watched if s.location_rules or s.dispersion_rules]
    specification = capability.Specification(73.965, 74.035, 74.0)
    assert facts.capability is not None
    assert facts.capability.to_dict() == capability.study(table, specification, within="r_bar").to_dict()


def test_the_nonconformance_comes_with_its_valid_signature_and_its_capa(facts: InspectionFacts) -> None:
    (one,) = facts.nonconformances
    assert one.signed is not None
    assert one.signed.valid
    assert (one.signed.signature.printed_name, str(one.signed.signature.meaning)) == (
        "Printed name of the supervisor",
        "disposition",
    )
    assert [action.record.number for action in one.capas] == ["CAPA-2026-0001"]
    (investigation,) = facts.investigations
    assert "subgroup 35" in investigation.title


def test_the_same_records_have_the_same_hash_and_others_another(measured: Store, facts: InspectionFacts) -> None:
    again = gather(measured, BORE)
    assert again.generated_at > facts.generated_at
    assert again.content_hash() == facts.content_hash()
    assert gather(measured, BORE, span=Span(until=START + 30 * MINUTE)).content_hash() != facts.content_hash()


def test_an_acknowledged_alarm_changes_the_hash(tmp_path: Path) -> None:
    with planned_station(tmp_path / "home") as store:
        measure(store, published())
        before = gather(store, BORE)
        with store.write("inspector") as work:
            alarms.acknowledge(work, before.alarms[0].uid, "The collet was cleaned.")
        after = gather(store, BORE)
        assert after.alarms[0].reaction_step == "The collet was cleaned."
        assert after.content_hash() != before.content_hash()
        assert (after.journal_count, after.journal_hash) != (before.journal_count, before.journal_hash)


def test_a_correction_shows_the_first_value_too(tmp_path: Path) -> None:
    with planned_station(tmp_path / "home") as store:
        measure(store, published()[:50])
        what = bore_of(store)
        with store.write("engineer", reason="the ring had a chip on it") as work:
            work.append_measurements(
                MeasurementBatch(
                    (Measurement(what.id, 3, 2, Decimal("74.001"), "mm", START, "SIMULATED-1", "typed", "good",
                                 "engineer", version=2),)
                )
            )  # fmt: skip
        found = gather(store, BORE)
        (corrected,) = found.corrections
        assert (corrected.subgroup, corrected.position, corrected.value) == (3, 2, Decimal("74.001"))
        assert corrected.corrected_from == published()[11]
        assert [len(s.readings) for s in found.subgroups] == [5] * 10


def test_a_subgroup_that_was_left_out_is_no_baseline(tmp_path: Path) -> None:
    """Limits set by hand before the plan's own were full: what was measured before them was judged by none."""
    with planned_station(tmp_path / "home") as store:
        measure(store, published()[:100])
        with store.write("engineer") as work:
            establish_anew(work, Wanted(bore_of(store).id, 1, 20, left_out=((7, "dropped"),)), "customer's wish")
        found = gather(store, BORE)
    assert [one.number for one in found.subgroups if not one.baseline] == [7]
    (left_out,) = [one for one in found.subgroups if one.number == 7]
    assert left_out.limits is None


def test_subgroups_that_limits_leave_out_are_named_with_their_reasons(tmp_path: Path) -> None:
    with planned_station(tmp_path / "home") as store:
        measure(store, published())
        with store.write("engineer") as work:
            wanted = Wanted(bore_of(store).id, 26, 36, left_out=((28, "chip under the anvil"), (30, "wrong part")))
            establish_anew(work, wanted, "the process was moved")
        measure(store, published()[:5])
        found = gather(store, BORE)
    assert [one.left_out for one in found.limits] == [(), ((28, "chip under the anvil"), (30, "wrong part"))]
    remark = content_of(found)["chart_remark"]
    assert "Limits 1 from subgroups 1 to 25: centre" in remark
    assert "Limits 2 from subgroups 26 to 36 without 28 (chip under the anvil); 30 (wrong part): centre" in remark


def test_limits_that_were_given_are_told_as_they_were_typed(tmp_path: Path) -> None:
    with planned_station(tmp_path / "home") as store:
        with store.write("engineer") as work:
            establish_anew(work, Wanted(bore_of(store).id, given=parse_given("74.00100", "0.010", "mm")), "customer")
        measure(store, published()[:150])
        found = gather(store, BORE)
        with store.write("engineer") as work:
            establish_anew(work, Wanted(bore_of(store).id, 1, 25), "measured here")
        measure(store, published()[150:])
        later = gather(store, BORE)
    assert {s.limits for s in found.subgroups} == {found.limits[0].id} and not any(s.baseline for s in found.subgroups)
    remark = content_of(found)["chart_remark"]
    assert remark.startswith("Limits 1 given: mean 74.00100 mm, sigma 0.010 mm, set by engineer on ")
    assert "from subgroups" not in remark
    assert "was judged by limits set before it" not in str(content_of(found)["capability"])
    told = content_of(later)["chart_remark"]
    assert "Limits 1 given: mean 74.00100 mm" in told and "Limits 2 from subgroups 1 to 25: centre" in told
    others = (replace(found.limits[0], given=Given(Decimal("74.001"), Decimal("0.010"), "mm")),)
    assert replace(found, limits=others).content_hash() != found.content_hash()


def test_a_report_of_computed_limits_keeps_the_hash_it_had_before_limits_could_be_given(facts: InspectionFacts) -> None:
    data = asdict(facts)
    for name in ("generated_at", "local_offset", "program", "journal_count", "journal_hash", "identified"):
        del data[name]
    for one in data["limits"]:
        assert one.pop("given") is None
    assert facts.capability is not None
    data |= {"capability": facts.capability.to_dict(), "rules": facts.rules.to_dict()}
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=False)
    assert facts.content_hash() == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("span", "numbers"),
    [
        (Span(), range(1, 41)),
        (Span(since=START + 10 * MINUTE), range(10, 41)),
        (Span(until=START + 10 * MINUTE), range(1, 10)),
        (Span(START + 10 * MINUTE, START + 20 * MINUTE), range(10, 20)),
        (Span(since=START + 99 * MINUTE), range(0)),
    ],
)
def test_a_span_holds_the_subgroups_closed_in_it(measured: Store, span: Span, numbers: range) -> None:
    found = gather(measured, BORE, span=span)
    assert [s.number for s in found.subgroups] == list(numbers)
    assert all(alarm.subgroup in numbers for alarm in found.alarms)
    assert len(found.nonconformances) == (39 in numbers)
    if len(numbers) < 2:
        assert found.capability is None
        assert "Fewer than two" in found.capability_reason


def test_a_span_is_read_in_pages_and_refused_when_it_is_too_long(
    measured: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "_PAGE", 7)
    assert [s.number for s in gather(measured, BORE, span=Span(since=0)).subgroups] == list(range(1, 41))
    monkeypatch.setattr(gathering, "MOST", 39)
    with pytest.raises(CallIsWrong, match="more than 39 subgroups"):
        gather(measured, BORE, span=Span(since=0))


def test_what_is_not_there_is_named_with_what_is(measured: Store) -> None:
    with pytest.raises(CallIsWrong, match="no characteristic 'bore'") as caught:
        gather(measured, "bore")
    assert "inside diameter" in caught.value.next_step
    with pytest.raises(CallIsWrong, match="no effective plan 'x'"):
        gather(measured, BORE, plan="x")
    assert gather(measured, BORE, plan="demo-piston-ring").plan is not None
    assert gather(measured, str(bore_of(measured).id)).characteristic.name == BORE


def test_a_characteristic_without_readings_or_specification(measured: Store) -> None:
    found = gather(measured, "humidity")
    assert (found.subgroups, found.capability, found.out_of_tolerance) == ((), None, ())
    assert found.capability_reason == "The characteristic has no specification."


def test_a_moved_signature_is_no_longer_valid(tmp_path: Path) -> None:
    """What an attacker with the database file could do: change the record under a signature."""
    import sqlite3

    with planned_station(tmp_path / "home") as store:
        measure(store, published())
        dispose(store)
    raw = sqlite3.connect(tmp_path / "home" / "station.db")
    with raw:
        raw.execute("UPDATE nonconformance SET disposition = 'use as is'")
    raw.close()
    with Store.open(tmp_path / "home") as store:
        (one,) = gather(store, BORE).nonconformances
        assert one.signed is not None
        assert not one.signed.valid
        with store.read() as reader:
            assert accounts.account(reader, "supervisor").display_name == one.signed.signature.printed_name
