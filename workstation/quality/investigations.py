"""Investigations: opened with the evidence of an alarm, led by a person, concluded with the cause that was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workstation.errors import CallIsWrong, Refused
from workstation.quality import evidence as snapshots
from workstation.quality.numbers import next_number
from workstation.quality.records import InvestigationRecord
from workstation.store import Reader, Right, UnitOfWork
from workstation.store.mapping import select, value_of


class InvestigationState(StrEnum):
    """How far an investigation is."""

    OPEN = "open"
    UNDER_WAY = "under way"
    CONCLUDED = "concluded"


class CauseCategory(StrEnum):
    """Where an assignable cause lies: the six of the cause-and-effect diagram, or none."""

    PEOPLE = "people"
    MACHINE = "machine"
    MATERIAL = "material"
    METHOD = "method"
    MEASUREMENT = "measurement"
    ENVIRONMENT = "environment"
    NONE_FOUND = "none found"


@dataclass(frozen=True, slots=True)
class Investigation:
    """`evidence` is the canonical JSON of the snapshot taken when it was opened; see `evidence_facts`."""

    uid: str
    version: int
    number: str
    title: str
    characteristic_id: int | None
    evidence: str
    state: InvestigationState
    opened_by: str
    opened_at: int
    lead: str | None
    findings: str | None
    cause_category: CauseCategory | None
    assignable_cause: str | None
    concluded_by: str | None
    concluded_at: int | None

    def evidence_facts(self) -> dict[str, Any]:
        """The evidence as an object."""
        return snapshots.facts_of(self.evidence)


def open_investigation(
    work: UnitOfWork, title: str, evidence: Mapping[str, Any], *, characteristic_id: int | None = None, reason: str = ""
) -> Investigation:
    """A new investigation with its evidence."""
    work.require(Right.REACT)
    if not title.strip():
        raise CallIsWrong("An investigation needs a title.", "Say in a few words what happened.")
    record = InvestigationRecord(
        number=next_number(work, InvestigationRecord, "INV"), title=title.strip(), characteristic_id=characteristic_id,
        evidence=snapshots.written(evidence), state=str(InvestigationState.OPEN), opened_by=work.account,
        opened_at=work.now,
    )  # fmt: skip
    return _investigation(work.add(record, "open", reason=reason))


def begin(work: UnitOfWork, uid: str, lead: str, *, version: int | None = None) -> Investigation:
    """Somebody takes the lead."""
    work.require(Right.INVESTIGATE)
    record = _in(work, uid, version, InvestigationState.OPEN)
    if not lead.strip():
        raise CallIsWrong("An investigation needs a lead.", "Name the account of who leads it.")
    record.lead, record.state = lead, str(InvestigationState.UNDER_WAY)
    return _noted(work, record, "begin")


def record_findings(work: UnitOfWork, uid: str, findings: str, *, version: int | None = None) -> Investigation:
    """What has been found so far; earlier findings stay in the history."""
    work.require(Right.INVESTIGATE)
    record = _in(work, uid, version, InvestigationState.UNDER_WAY)
    if not findings.strip():
        raise CallIsWrong("There are no findings in this.", "Say what was found.")
    record.findings = findings.strip()
    return _noted(work, record, "find")


def conclude(
    work: UnitOfWork, uid: str, category: CauseCategory, assignable_cause: str, *, version: int | None = None
) -> Investigation:
    """End an investigation with its cause; when none was found the text says what was looked at."""
    work.require(Right.INVESTIGATE)
    record = _in(work, uid, version, InvestigationState.UNDER_WAY)
    if not assignable_cause.strip():
        raise CallIsWrong("An investigation is concluded with a cause.", "Name it, or say what was looked at in vain.")
    record.cause_category, record.assignable_cause = str(category), assignable_cause.strip()
    record.concluded_by, record.concluded_at = work.account, work.now
    record.state = str(InvestigationState.CONCLUDED)
    concluded = _noted(work, record, "conclude")
    observed = int(concluded.evidence_facts().get("observed_at", record.opened_at))
    snapshots.log_decision(work, "investigation", uid, "conclude", [uid], observed)
    return concluded


def investigations(
    reader: Reader, *, state: InvestigationState | None = None, characteristic_id: int | None = None
) -> list[Investigation]:
    """Investigations, newest first."""
    statement = select(InvestigationRecord).order_by(InvestigationRecord.id.desc())
    if state is not None:
        statement = statement.where(InvestigationRecord.state == str(state))
    if characteristic_id is not None:
        statement = statement.where(InvestigationRecord.characteristic_id == characteristic_id)
    return [_investigation(record) for record in reader.all(statement)]


def investigation(reader: Reader, uid: str) -> Investigation:
    """The investigation of this identity."""
    return _investigation(reader.by_uid(InvestigationRecord, uid))


def running(reader: Reader, characteristic_id: int) -> Investigation | None:
    """The investigation of a characteristic that is not concluded yet, if there is one."""
    statement = select(InvestigationRecord).where(
        InvestigationRecord.characteristic_id == characteristic_id,
        InvestigationRecord.state != str(InvestigationState.CONCLUDED),
    )
    record = reader.one(statement.order_by(InvestigationRecord.id.desc()).limit(1))
    return None if record is None else _investigation(record)


def _in(work: UnitOfWork, uid: str, version: int | None, state: InvestigationState) -> InvestigationRecord:
    record = work.by_uid(InvestigationRecord, uid, version=version)
    if record.state != state:
        raise Refused(
            f"{record.number} is {record.state}; this is done while it is {state}.", "Take the steps in order."
        )
    return record


def _noted(work: UnitOfWork, record: InvestigationRecord, verb: str) -> Investigation:
    work.note(record, verb)
    work.flush()
    return _investigation(record)


def _investigation(record: InvestigationRecord) -> Investigation:
    category = None if record.cause_category is None else CauseCategory(record.cause_category)
    return value_of(Investigation, record, state=InvestigationState(record.state), cause_category=category)
