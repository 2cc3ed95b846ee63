"""What a reading calls for is kept with the reading or not at all, and does not flood anybody."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event

from workstation.quality import alarms, investigations, links, nonconformances
from workstation.quality.alarms import AlarmState
from workstation.quality.investigations import CauseCategory, InvestigationState
from workstation.quality.reactions import MOST_READINGS, react_to_alarm, react_to_out_of_tolerance, rehearse
from workstation.quality.records import AlarmRecord
from workstation.station import CorrectionReactions
from workstation.store import Measurement, MeasurementBatch, Store


def test_an_alarm_opens_an_investigation_with_its_evidence(store: Store, out_of_control: Any) -> None:
    with store.write("line") as work:
        opened = react_to_alarm(work, out_of_control)
    with store.read() as reader:
        alarm = alarms.alarm(reader, opened.alarm)
        found = investigations.investigation(reader, opened.investigation)
        assert links.linked(reader, opened.alarm, "investigation") == [found.uid]
        assert links.linked(reader, found.uid, "alarm") == [alarm.uid]
    assert (alarm.rules, alarm.limits_id, alarm.subgroup, alarm.state) == (("nelson 1",), 1, 37, AlarmState.RAISED)
    assert (found.number, found.state) == ("INV-2026-0001", InvestigationState.OPEN)
    facts = found.evidence_facts()
    assert facts["values"] == ["74.009", "74.010", "74.012", "74.017", "74.030"]
    assert facts["limits"]["location"]["ucl"] == 74.014302
    assert facts["gauges"] == ["bore gauge 1 (19283746)"]
    assert (facts["part"], facts["station"], facts["account"]) == ("PR-74", "bench 1", "line")
    assert facts["rules_location"] == ["nelson 1"]


def test_evidence_names_gauge_and_person_of_each_kept_value(
    store: Store, out_of_control: Any, out_of_tolerance: Any
) -> None:
    def kept(subgroup: int, position: int, value: str) -> Measurement:
        return Measurement(
            out_of_control.characteristic.id, subgroup, position, Decimal(value), "mm", 7, "19283746", "button", "good",
            "inspector", b"raw",
        )  # fmt: skip

    with store.write("line") as work:
        work.append_measurements(MeasurementBatch((kept(37, 1, "74.030"), kept(39, 3, "74.036"))))
        opened = react_to_alarm(work, out_of_control)
        uid = react_to_out_of_tolerance(work, out_of_tolerance)
    with store.read() as reader:
        facts = investigations.investigation(reader, opened.investigation).evidence_facts()
        (reading,) = nonconformances.nonconformance(reader, uid).evidence_facts()["readings"]
    assert facts["kept"] == [
        {"position": 1, "sent": "74.030 mm", "source": "19283746", "account": "inspector", "observed_at": 7}
    ]
    assert reading["account"] == "inspector"


def test_further_alarms_join_the_running_investigation(
    store: Store, out_of_control: Any, again: Callable[..., Any]
) -> None:
    with store.write("line") as work:
        first = react_to_alarm(work, out_of_control)
        second = react_to_alarm(work, again(out_of_control, subgroup=38))
    assert first.investigation == second.investigation and first.alarm != second.alarm
    with store.write("engineer") as work:
        investigations.begin(work, first.investigation, "engineer")
        investigations.conclude(work, first.investigation, CauseCategory.MACHINE, "worn chuck jaw")
    with store.write("line") as work:
        third = react_to_alarm(work, again(out_of_control, subgroup=39))
    assert third.investigation != first.investigation


def test_a_correction_raises_one_alarm_and_reads_none_of_the_others(
    store: Store, out_of_control: Any, again: Callable[..., Any]
) -> None:
    what, reactions, read = out_of_control.characteristic, CorrectionReactions(), []
    with store.write("line") as work:
        far = [alarms.raise_alarm(work, what.id, n, ("nelson_1",), 1, 5_000_000 + n) for n in range(100, 160)]
        alarms.raise_alarm(work, what.id, 38, ("silent",), None, 5_000_000, "nothing for 60 s")

    def loaded(record: AlarmRecord, _context: object) -> None:
        read.append(record.subgroup)

    asked: list[str] = []
    event.listen(AlarmRecord, "load", loaded)
    try:
        with store.write("engineer", reason="misread") as work:
            work.raw.set_trace_callback(asked.append)
            first = reactions.out_of_control(work, out_of_control)
            assert [reactions.out_of_control(work, again(out_of_control, subgroup=n)) for n in (37, 38, 100)] == [
                None
            ] * 3
            work.raw.set_trace_callback(None)
    finally:
        event.remove(AlarmRecord, "load", loaded)
    assert read == [], "alarms of other subgroups were read"
    asked = [one for one in asked if "FROM alarm" in one]
    with store.read() as reader:
        plans = {row[3] for one in asked for row in reader.raw.execute(f"EXPLAIN QUERY PLAN {one}")}
        assert [one for one in alarms.alarms(reader) if one.subgroup >= 100] == far[::-1]
        assert [one.uid for one in alarms.alarms(reader) if one.subgroup == 37] == [first and first.alarm]
    assert asked and all(plan.startswith("SEARCH alarm USING INDEX") for plan in plans), plans


def test_a_value_out_of_tolerance_opens_a_nonconformance(store: Store, out_of_tolerance: Any) -> None:
    with store.write("line") as work:
        uid = react_to_out_of_tolerance(work, out_of_tolerance)
    with store.read() as reader:
        found = nonconformances.nonconformance(reader, uid)
    assert found.nature == "inside diameter 74.036 mm is outside 73.965 to 74.035 mm"
    assert (found.number, found.quantity, found.subgroup, found.position) == ("NC-2026-0001", 1, 39, 3)
    (reading,) = found.evidence_facts()["readings"]
    assert (reading["value"], reading["sent"], reading["source"]) == ("74.036", "74.036 mm", "19283746")


def test_further_values_join_while_it_is_open_up_to_a_bound(
    store: Store, out_of_tolerance: Any, again: Callable[..., Any]
) -> None:
    with store.write("line") as work:
        made = [
            react_to_out_of_tolerance(work, again(out_of_tolerance, position=n)) for n in range(1, MOST_READINGS + 2)
        ]
    assert len(set(made)) == 2 and made[0] == made[MOST_READINGS - 1]
    with store.read() as reader:
        first = nonconformances.nonconformance(reader, made[0])
        assert first.quantity == len(first.evidence_facts()["readings"]) == MOST_READINGS
    with store.write("inspector") as work:
        nonconformances.contain(work, made[-1], "red box")
    with store.write("line") as work:
        after = react_to_out_of_tolerance(work, again(out_of_tolerance, value=Decimal("74.040")))
    assert after not in made
    assert store.verify().intact


def test_nothing_of_a_reaction_is_left_when_its_reading_is_not_kept(store: Store, out_of_control: Any) -> None:
    with pytest.raises(RuntimeError), store.write("line") as work:
        react_to_alarm(work, out_of_control)
        raise RuntimeError
    with store.read() as reader:
        assert alarms.alarms(reader) == [] and investigations.investigations(reader) == []


def test_a_rehearsal_leaves_nothing(store: Store, out_of_control: Any) -> None:
    with store.read() as reader:
        before = reader.journal_head()
    rehearse(store, "line")
    with store.read() as reader:
        assert reader.journal_head() == before
        assert alarms.alarms(reader) == [] and nonconformances.nonconformances(reader) == []
    with store.write("line") as work:
        opened = react_to_alarm(work, out_of_control)
        assert investigations.investigation(work, opened.investigation).number == "INV-2026-0001"


def test_one_sided_specifications_are_said_as_such(
    store: Store, out_of_tolerance: Any, again: Callable[..., Any]
) -> None:
    one_sided = again(out_of_tolerance, characteristic=again(out_of_tolerance.characteristic, lower_specification=None))
    with store.write("line") as work:
        uid = react_to_out_of_tolerance(work, one_sided)
        assert nonconformances.nonconformance(work, uid).nature.endswith("is outside at most 74.035 mm")
