"""Alarms and investigations from raised to concluded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workstation.catalog.values import Characteristic
from workstation.errors import CallIsWrong, NotPermitted, Refused
from workstation.quality import alarms, investigations
from workstation.quality.alarms import Alarm, AlarmState, End
from workstation.quality.evidence import decisions
from workstation.quality.investigations import CauseCategory, InvestigationState
from workstation.quality.reactions import Opened, react_to_alarm
from workstation.store import Store
from workstation.store.verify import verify


@pytest.fixture
def opened(store: Store, out_of_control: Any) -> Opened:
    with store.write("line") as work:
        return react_to_alarm(work, out_of_control)


def test_an_alarm_is_acknowledged_once_with_its_reaction_step(store: Store, opened: Opened, clock: Any) -> None:
    clock.now += 120_000_000
    with pytest.raises(CallIsWrong, match="with the step"), store.write("inspector") as work:
        alarms.acknowledge(work, opened.alarm, "")
    with store.write("inspector") as work:
        done = alarms.acknowledge(work, opened.alarm, "tool changed", version=1)
    assert (done.state, done.acknowledged_by, done.reaction_step) == (
        AlarmState.ACKNOWLEDGED,
        "inspector",
        "tool changed",
    )
    with pytest.raises(Refused, match="inspector acknowledged"), store.write("engineer") as work:
        alarms.acknowledge(work, opened.alarm, "tool changed")
    with store.read() as reader:
        (decision,) = decisions(reader, record_id=opened.alarm)
        assert alarms.alarms(reader, state=AlarmState.RAISED) == []
    assert 120 <= decision.evidence_age_seconds < 130


def raise_more(store: Store, characteristic: int, subgroups: range) -> list[Alarm]:
    with store.write("line") as work:
        return [alarms.raise_alarm(work, characteristic, n, ("nelson_1",), None, 5_000_000 + n) for n in subgroups]


def test_one_step_answers_what_waited_before_an_alarm_and_nothing_after_it(
    store: Store, diameter: Characteristic
) -> None:
    raised = raise_more(store, diameter.id, range(1, 121))
    with pytest.raises(CallIsWrong, match="with the step"), store.write("inspector") as work:
        alarms.acknowledge_earlier(work, raised[118].uid, " ")
    left = []
    while not left or left[-1]:
        with store.write("inspector") as work:
            left.append(alarms.acknowledge_earlier(work, raised[118].uid, "tool changed"))
    assert left == [69, 19, 0]
    with store.read() as reader:
        assert [one.uid for one in alarms.waiting(reader, [diameter.id], 20)] == [raised[119].uid]
        assert alarms.count_waiting(reader, [diameter.id]) == {diameter.id: 1}
        (entry,) = [one for one in reader.history("alarm", raised[0].uid) if one.verb == "alarm.acknowledge"]
        assert entry.account == "inspector"
        assert entry.fields_changed()["reaction_step"] == [None, "tool changed"]
        assert len(decisions(reader, record_id=raised[7].uid)) == 1
        assert verify(reader.raw).intact
    with pytest.raises(Refused, match="acknowledged before"), store.write("engineer") as work:
        alarms.acknowledge_earlier(work, raised[118].uid, "tool changed")
    with pytest.raises(NotPermitted), store.write("auditor") as work:
        alarms.acknowledge_earlier(work, raised[119].uid, "tool changed")


def test_the_newest_alarms_are_listed_and_all_are_counted_by_characteristic(
    store: Store, diameter: Characteristic
) -> None:
    raised = raise_more(store, diameter.id, range(1, 31))
    with store.read() as reader:
        assert [one.uid for one in alarms.waiting(reader, [diameter.id, 99], 3)] == [
            raised[29].uid, raised[28].uid, raised[27].uid,
        ]  # fmt: skip
        assert alarms.count_waiting(reader, [diameter.id, 99]) == {diameter.id: 30}
        assert alarms.waiting(reader, [99], 3) == []
        plan = [row[3] for row in reader.raw.execute(
            "EXPLAIN QUERY PLAN SELECT count(*) FROM alarm WHERE acknowledged_at IS NULL AND characteristic_id IN (1)"
        )]  # fmt: skip
    assert "ix_alarm_waiting" in plan[0], "a station with years of alarms reads all of them"


@pytest.mark.parametrize("actor", ["auditor", "line"])
def test_who_may_not_acknowledge(store: Store, opened: Opened, actor: str) -> None:
    with pytest.raises(NotPermitted, match="acknowledge alarms"), store.write(actor) as work:
        alarms.acknowledge(work, opened.alarm, "tool changed")


def test_an_investigation_takes_its_steps_in_order(store: Store, opened: Opened) -> None:
    uid = opened.investigation
    with pytest.raises(Refused, match="while it is under way"), store.write("engineer") as work:
        investigations.conclude(work, uid, CauseCategory.MACHINE, "jaw")
    with store.write("engineer") as work:
        assert investigations.begin(work, uid, "engineer", version=1).lead == "engineer"
    with pytest.raises(Refused), store.write("engineer") as work:
        investigations.begin(work, uid, "second")
    with pytest.raises(CallIsWrong), store.write("engineer") as work:
        investigations.conclude(work, uid, CauseCategory.NONE_FOUND, " ")
    with store.write("engineer") as work:
        investigations.record_findings(work, uid, "first look: tool fine")
    with store.write("engineer") as work:
        investigations.record_findings(work, uid, "second look: jaw has play")
        done = investigations.conclude(work, uid, CauseCategory.MACHINE, "worn jaw")
    assert (done.state, done.cause_category) == (InvestigationState.CONCLUDED, CauseCategory.MACHINE)
    with store.read() as reader:
        findings = [e.fields_changed().get("findings") for e in reader.history("investigation", uid)]
        assert investigations.running(reader, done.characteristic_id or 0) is None
    assert ["first look: tool fine", "second look: jaw has play"] in findings


@pytest.mark.parametrize("actor", ["inspector", "auditor", "line"])
def test_who_may_not_lead_an_investigation(store: Store, opened: Opened, actor: str) -> None:
    with pytest.raises(NotPermitted, match="lead investigations"), store.write(actor) as work:
        investigations.begin(work, opened.investigation, actor)


BEGAN = 1_795_355_000_000_000
BACK = End("24.1 is back within limits", ended_at=BEGAN + 600_000_000)
Note = Callable[..., Alarm | None]


@pytest.fixture
def warm(store: Store, diameter: Characteristic) -> Alarm:
    """The alarm of a channel."""
    with store.write("line") as work:
        return alarms.raise_alarm(work, diameter.id, 7, ("above the limit",), None, BEGAN, "25.2 is above 25")


@pytest.fixture
def note(store: Store, diameter: Characteristic) -> Note:
    """Note an end as the line's service account, or as somebody else."""

    def end(how: End = BACK, watch: str = "above the limit", began: int = BEGAN, by: str = "line") -> Alarm | None:
        with store.write(by) as work:
            return alarms.end_alarm(work, diameter.id, watch, began, how)

    return end


def test_an_end_is_noted_once_and_by_the_line(store: Store, warm: Alarm, note: Note) -> None:
    with store.read() as reader:
        assert [one.uid for one in alarms.unended(reader)] == [warm.uid]
        assert alarms.lasting(reader, warm.characteristic_id) == [warm]
    with pytest.raises(NotPermitted):
        note(by="auditor")
    over = note()
    assert over is not None and (over.ended_at, over.seen_until) == (BEGAN + 600_000_000, None)
    assert (over.ended, over.seen, over.version) == ("24.1 is back within limits", "25.2 is above 25", 2)
    assert note(End("another end", ended_at=BEGAN + 1)) is None
    with store.read() as reader:
        assert alarms.alarm(reader, warm.uid) == over and alarms.unended(reader) == []
        last = reader.history("alarm", warm.uid)[-1]
        assert (last.verb, last.account) == ("alarm.end", "line")
        assert set(last.fields_changed()) == {"ended", "ended_at"}
        assert verify(reader.raw).intact


def test_only_the_alarm_that_this_watch_began_then_ends(store: Store, warm: Alarm, opened: Opened, note: Note) -> None:
    assert note(watch="stuck") is None and note(began=BEGAN + 1) is None
    with store.read() as reader:
        chart = alarms.alarm(reader, opened.alarm)
    assert note(watch=chart.rules[0], began=chart.observed_at) is None, "a control chart's alarm does not end"
    with store.read() as reader:
        assert [one.uid for one in alarms.unended(reader)] == [warm.uid]


def test_an_alarm_ends_whether_or_not_somebody_took_it(store: Store, warm: Alarm, note: Note) -> None:
    with store.write("inspector") as work:
        alarms.acknowledge(work, warm.uid, "opened the window")
    over = note()
    assert over is not None and over.ended_at is not None
    assert (over.state, over.acknowledged_by, over.version) == (AlarmState.ACKNOWLEDGED, "inspector", 3)


def test_an_alarm_that_ended_waits_for_somebody_all_the_same(store: Store, warm: Alarm, note: Note) -> None:
    note()
    with store.read() as reader:
        assert [one.uid for one in alarms.alarms(reader, state=AlarmState.RAISED)] == [warm.uid]
    with store.write("inspector") as work:
        done = alarms.acknowledge(work, warm.uid, "it was the door")
    assert done.ended_at == BEGAN + 600_000_000


@pytest.mark.parametrize("end", [End("back", ended_at=BEGAN - 1), End("the line ended", seen_until=BEGAN - 1)])
def test_an_end_before_the_beginning_is_no_time(warm: Alarm, note: Note, end: End) -> None:
    over = note(end)
    assert over is not None and over.uid == warm.uid and (over.ended_at, over.seen_until) == (None, None)
    assert over.ended == f"{end.ended}; the clock was set back meanwhile"


def test_of_alarms_whose_end_was_never_noted_only_the_newest_of_a_watch_may_last(
    store: Store, warm: Alarm, note: Note
) -> None:
    with store.write("line") as work:
        newest = alarms.raise_alarm(work, warm.characteristic_id, 9, ("above the limit",), None, BEGAN + 5)
    with store.read() as reader:
        assert [one.uid for one in alarms.lasting(reader, warm.characteristic_id)] == [newest.uid]
        assert len(alarms.unended(reader)) == 2
    note(began=BEGAN + 5)
    with store.read() as reader:
        assert alarms.lasting(reader, warm.characteristic_id) == []
