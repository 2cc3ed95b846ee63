"""Alarms: a judged subgroup broke a rule; somebody acknowledges it and says which reaction step was taken."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from workstation.errors import CallIsWrong, Refused
from workstation.quality.evidence import log_decision
from workstation.quality.records import AlarmRecord
from workstation.store import Reader, Right, UnitOfWork
from workstation.store.journal import canonical_json
from workstation.store.mapping import select, value_of


class AlarmState(StrEnum):
    """An alarm waits for somebody, or somebody has taken it."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True)
class Alarm:
    """`rules` are the broken ones' names; times are UTC microseconds, `observed_at` of the subgroup's last value."""

    uid: str
    version: int
    characteristic_id: int
    subgroup: int
    rules: tuple[str, ...]
    limits_id: int | None
    raised_at: int
    observed_at: int
    state: AlarmState
    acknowledged_by: str | None
    acknowledged_at: int | None
    reaction_step: str | None


def raise_alarm(
    work: UnitOfWork,
    characteristic_id: int,
    subgroup: int,
    rules: tuple[str, ...],
    limits_id: int | None,
    observed_at: int,
) -> Alarm:
    """A new alarm of a subgroup."""
    work.require(Right.REACT)
    record = AlarmRecord(
        characteristic_id=characteristic_id, subgroup=subgroup, rules=canonical_json({"rules": list(rules)}),
        limits_id=limits_id, raised_at=work.now, observed_at=observed_at, state=str(AlarmState.RAISED),
    )  # fmt: skip
    return _alarm(work.add(record, "raise"))


def acknowledge(work: UnitOfWork, uid: str, reaction_step: str, *, version: int | None = None) -> Alarm:
    """Take an alarm: what was done at the station, in the words of the reaction plan."""
    work.require(Right.ACKNOWLEDGE)
    record = work.by_uid(AlarmRecord, uid, version=version)
    if record.state != AlarmState.RAISED:
        raise Refused(f"{record.acknowledged_by} acknowledged this alarm before.", "Look at the step that was taken.")
    if not reaction_step.strip():
        raise CallIsWrong("An alarm is acknowledged with the step that was taken.", "Say what you did at the station.")
    record.state = str(AlarmState.ACKNOWLEDGED)
    record.acknowledged_by, record.acknowledged_at = work.account, work.now
    record.reaction_step = reaction_step.strip()
    work.note(record, "acknowledge")
    work.flush()
    log_decision(work, "alarm", uid, "reaction step", [uid], record.observed_at)
    return _alarm(record)


def alarms(reader: Reader, *, state: AlarmState | None = None, characteristic_id: int | None = None) -> list[Alarm]:
    """Alarms, newest first."""
    statement = select(AlarmRecord).order_by(AlarmRecord.id.desc())
    if state is not None:
        statement = statement.where(AlarmRecord.state == str(state))
    if characteristic_id is not None:
        statement = statement.where(AlarmRecord.characteristic_id == characteristic_id)
    return [_alarm(record) for record in reader.all(statement)]


def alarm(reader: Reader, uid: str) -> Alarm:
    """The alarm of this identity."""
    return _alarm(reader.by_uid(AlarmRecord, uid))


def _alarm(record: AlarmRecord) -> Alarm:
    rules = tuple(json.loads(record.rules)["rules"])
    return value_of(Alarm, record, rules=rules, state=AlarmState(record.state))
