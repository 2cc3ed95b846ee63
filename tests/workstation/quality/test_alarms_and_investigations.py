"""Alarms and investigations from raised to concluded."""

from __future__ import annotations

from typing import Any

import pytest

from workstation.errors import CallIsWrong, NotPermitted, Refused
from workstation.quality import alarms, investigations
from workstation.quality.alarms import AlarmState
from workstation.quality.evidence import decisions
from workstation.quality.investigations import CauseCategory, InvestigationState
from workstation.quality.reactions import Opened, react_to_alarm
from workstation.store import Store


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
