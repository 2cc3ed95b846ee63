"""Corrective and preventive action: problem, cause, actions, proof that they worked, in this order and no other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workstation.dates import read_day
from workstation.errors import CallIsWrong, NotPermitted, Refused
from workstation.people.accounts import Proof, account
from workstation.people.signatures import Content, Meaning, Signature, sign, signature_valid, signatures
from workstation.quality import evidence as snapshots
from workstation.quality import links, problem
from workstation.quality.investigations import investigation
from workstation.quality.nonconformances import NonconformanceState, nonconformance
from workstation.quality.numbers import next_number
from workstation.quality.records import CapaActionRecord, CapaRecord
from workstation.store import Reader, Right, UnitOfWork
from workstation.store.mapping import select, value_of

KIND = "capa"


class CapaState(StrEnum):
    """How far it is; each state says what is known or done."""

    OPEN = "open"
    CAUSE_KNOWN = "cause known"
    ACTIONS_UNDER_WAY = "actions under way"
    IMPLEMENTED = "implemented"
    VERIFIED = "verified"
    CLOSED = "closed"


class ActionKind(StrEnum):
    """What an action is for."""

    CONTAINMENT = "containment"
    CORRECTIVE = "corrective"
    PREVENTIVE = "preventive"


@dataclass(frozen=True, slots=True)
class Action:
    """Something somebody does by a date (YYYY-MM-DD); done when it has evidence."""

    uid: str
    version: int
    kind: ActionKind
    description: str
    owner: str
    due: str
    evidence: str | None
    done_by: str | None
    done_at: int | None

    def overdue(self, today: str) -> bool:
        """Whether it is not done and was due before `today` (YYYY-MM-DD)."""
        return self.done_at is None and self.due < today


@dataclass(frozen=True, slots=True)
class Capa:
    """`problem` is the statement filled from the data; `check_due` the date (YYYY-MM-DD) of the effectiveness check."""

    uid: str
    version: int
    number: str
    title: str
    problem: str
    evidence: str
    owner: str
    state: CapaState
    opened_by: str
    opened_at: int
    cause_method: str | None
    cause: str | None
    similar_products: str | None
    criterion: str | None
    check_due: str | None
    result: str | None
    effective: bool | None
    verified_by: str | None
    verified_at: int | None
    closed_by: str | None
    closed_at: int | None
    signature_id: str | None
    actions: tuple[Action, ...]

    def content(self, version: int) -> Content:
        """What the closing signature covers; `version` is the record's at the signing."""
        fields = ("number", "title", "problem", "evidence", "owner", "cause_method", "cause", "similar_products",
                  "criterion", "result", "effective", "verified_by")  # fmt: skip
        actions = [[str(one.kind), one.description, one.owner, one.evidence, one.done_by] for one in self.actions]
        return Content(KIND, self.uid, version, {**{name: getattr(self, name) for name in fields}, "actions": actions})


def start_from_nonconformance(work: UnitOfWork, uid: str, owner: str, *, title: str = "") -> Capa:
    """Start from a nonconformance, with the problem stated from its data."""
    work.require(Right.CORRECTIVE_ACTION)
    source = nonconformance(work, uid)
    if source.state is NonconformanceState.VOIDED:
        raise Refused(f"{source.number} is voided: there was no nonconformance.", "Start from another record.")
    return _start(
        work, "nonconformance", uid, owner, title or source.nature, problem.of_nonconformance(source), source.evidence
    )


def start_from_investigation(work: UnitOfWork, uid: str, owner: str, *, title: str = "") -> Capa:
    """Start from an investigation, with the problem stated from its data."""
    work.require(Right.CORRECTIVE_ACTION)
    source = investigation(work, uid)
    return _start(
        work, "investigation", uid, owner, title or source.title, problem.of_investigation(source), source.evidence
    )


def _start(work: UnitOfWork, kind: str, uid: str, owner: str, title: str, statement: str, evidence: str) -> Capa:
    _require_person(work, owner)
    record = CapaRecord(
        number=next_number(work, CapaRecord, "CAPA"), title=title, problem=statement, evidence=evidence, owner=owner,
        state=str(CapaState.OPEN), opened_by=work.account, opened_at=work.now,
    )  # fmt: skip
    work.add(record, "start")
    links.link(work, kind, uid, KIND, record.uid, "started")
    for other in links.linked(work, uid, "investigation" if kind == "nonconformance" else "nonconformance"):
        links.link(
            work, KIND, record.uid, "investigation" if kind == "nonconformance" else "nonconformance", other, "concerns"
        )
    observed = int(snapshots.facts_of(evidence).get("observed_at", work.now))
    snapshots.log_decision(work, KIND, record.uid, "start", [uid], observed)
    return _value(work, record)


def set_cause(
    work: UnitOfWork, uid: str, method: str, cause: str, similar_products: str, *, version: int | None = None
) -> Capa:
    """Enter the root cause, how it was found, and where else the same could happen."""
    work.require(Right.CORRECTIVE_ACTION)
    record = _in(work, uid, version, CapaState.OPEN, CapaState.CAUSE_KNOWN)
    for text, wanted in ((method, "the method, such as 5 whys"), (cause, "the root cause"),
                         (similar_products, "which similar products or processes were looked at")):  # fmt: skip
        if not text.strip():
            raise CallIsWrong(f"The cause of {record.number} is not complete.", f"Say {wanted}.")
    record.cause_method, record.cause, record.similar_products = method.strip(), cause.strip(), similar_products.strip()
    record.state = str(CapaState.CAUSE_KNOWN)
    return _noted(work, record, "cause")


def add_action(
    work: UnitOfWork, uid: str, kind: ActionKind, description: str, owner: str, due: str, *, version: int | None = None
) -> Capa:
    """Plan an action; corrective and preventive ones only once the cause is known, containment at any time before."""
    work.require(Right.CORRECTIVE_ACTION)
    record = work.by_uid(CapaRecord, uid, version=version)
    allowed = [CapaState.CAUSE_KNOWN, CapaState.ACTIONS_UNDER_WAY]
    if kind is ActionKind.CONTAINMENT:
        allowed.insert(0, CapaState.OPEN)
    _require_state(record, *allowed)
    if not description.strip():
        raise CallIsWrong("An action needs a description.", "Say what is to be done.")
    _require_person(work, owner)
    due = read_day(due).isoformat()
    work.add(
        CapaActionRecord(capa_id=record.id, kind=str(kind), description=description.strip(), owner=owner, due=due),
        "plan",
    )
    if record.state == CapaState.CAUSE_KNOWN:
        record.state = str(CapaState.ACTIONS_UNDER_WAY)
    return _noted(work, record, "plan_action")


def complete_action(work: UnitOfWork, action_uid: str, evidence: str, *, version: int | None = None) -> Capa:
    """Mark an action as done, with the evidence that it is; by its owner or by who leads corrective action."""
    action = work.by_uid(CapaActionRecord, action_uid, version=version)
    if work.account != action.owner:
        work.require(Right.CORRECTIVE_ACTION)
    if action.done_at is not None:
        raise Refused(f"{action.done_by} marked this action as done before.", "Plan another action.")
    if not evidence.strip():
        raise CallIsWrong(
            "An action is done when there is evidence.", "Name the document, the measurement, the picture."
        )
    action.evidence, action.done_by, action.done_at = evidence.strip(), work.account, work.now
    work.note(action, "complete")
    work.flush()
    return _value(work, work.get(CapaRecord, action.capa_id))


def set_criterion(work: UnitOfWork, uid: str, criterion: str, check_due: str, *, version: int | None = None) -> Capa:
    """Lay down, before the check, by what the actions are to be judged, and when."""
    work.require(Right.CORRECTIVE_ACTION)
    record = _in(work, uid, version, CapaState.OPEN, CapaState.CAUSE_KNOWN, CapaState.ACTIONS_UNDER_WAY)
    if not criterion.strip():
        raise CallIsWrong("There is no criterion in this.", "Say by what figure the actions count as effective.")
    record.criterion, record.check_due = criterion.strip(), read_day(check_due).isoformat()
    return _noted(work, record, "criterion")


def mark_implemented(work: UnitOfWork, uid: str, *, version: int | None = None) -> Capa:
    """All actions are done with evidence, and the criterion stands: the check of effectiveness may come."""
    work.require(Right.CORRECTIVE_ACTION)
    record = _in(work, uid, version, CapaState.ACTIONS_UNDER_WAY)
    present = _value(work, record)
    since = record.verified_at or 0  # what was found ineffective does not count again
    actions = [one for one in present.actions if one.kind is not ActionKind.CONTAINMENT]
    if not any(one.done_at is None or one.done_at > since for one in actions):
        raise Refused(f"{record.number} has no new corrective or preventive action.", "Plan one.")
    if open_actions := [one.description for one in present.actions if one.done_at is None]:
        raise Refused(f"{record.number} has open actions: {'; '.join(open_actions)}.", "Complete them with evidence.")
    if record.criterion is None:
        raise Refused(f"{record.number} has no effectiveness criterion.", "Lay it down before the check.")
    record.state = str(CapaState.IMPLEMENTED)
    return _noted(work, record, "implement")


def verify_effectiveness(
    work: UnitOfWork, uid: str, result: str, *, effective: bool, version: int | None = None
) -> Capa:
    """Judge the actions by the criterion; by somebody who neither owns the CAPA nor one of its actions.

    What did not work goes back: the cause is open again.
    """
    work.require(Right.VERIFY)
    record = _in(work, uid, version, CapaState.IMPLEMENTED)
    present = _value(work, record)
    if work.account in {record.owner, *(one.owner for one in present.actions)}:
        raise NotPermitted(
            f"{work.account} owns {record.number} or one of its actions and may not verify it.", "Ask somebody else."
        )
    if not result.strip():
        raise CallIsWrong("A verification needs its result.", "Give the figure that the criterion asks for.")
    record.result, record.effective = result.strip(), effective
    record.verified_by, record.verified_at = work.account, work.now
    record.state = str(CapaState.VERIFIED if effective else CapaState.OPEN)
    return _noted(work, record, "verify" if effective else "find_ineffective")


def close(work: UnitOfWork, uid: str, proof: Proof, *, version: int | None = None) -> Capa:
    """End it under signature, once it is verified as effective; not by its owner."""
    work.require(Right.VERIFY)
    record = _in(work, uid, version, CapaState.VERIFIED)
    if work.account == record.owner:
        raise NotPermitted(f"{work.account} owns {record.number} and may not close it.", "Ask somebody else.")
    record.closed_by, record.closed_at, record.state = work.account, work.now, str(CapaState.CLOSED)
    work.note(record, "close")
    work.flush()
    signature = sign(work, _value(work, record).content(record.version), Meaning.APPROVE, proof)
    record.signature_id = signature.uid
    work.note(record, "close", signature=signature.for_journal())
    work.flush()
    snapshots.log_decision(work, KIND, uid, "close", [uid], record.verified_at or work.now)
    return _value(work, record)


def capas(reader: Reader, *, state: CapaState | None = None) -> list[Capa]:
    """Every CAPA, newest first."""
    statement = select(CapaRecord).order_by(CapaRecord.id.desc())
    if state is not None:
        statement = statement.where(CapaRecord.state == str(state))
    return [_value(reader, record) for record in reader.all(statement)]


def capa(reader: Reader, uid: str) -> Capa:
    """The CAPA of this identity."""
    return _value(reader, reader.by_uid(CapaRecord, uid))


def closing_signature(reader: Reader, uid: str) -> tuple[Signature, bool] | None:
    """The signature it was closed under, and whether it still is for exactly this content."""
    found = capa(reader, uid)
    for signature in signatures(reader, uid):
        if signature.uid == found.signature_id:
            return signature, signature_valid(signature, found.content(signature.record_version))
    return None


def _require_person(work: UnitOfWork, name: str) -> None:
    if not account(work, name).active:
        raise CallIsWrong(f"The account {name} is deactivated.", "Name somebody who is here.")


def _in(work: UnitOfWork, uid: str, version: int | None, *states: CapaState) -> CapaRecord:
    record = work.by_uid(CapaRecord, uid, version=version)
    _require_state(record, *states)
    return record


def _require_state(record: CapaRecord, *states: CapaState) -> None:
    if record.state not in states:
        raise Refused(
            f"{record.number} is {record.state}; this is done while it is {' or '.join(states)}.",
            "Take the steps in order.",
        )


def _noted(work: UnitOfWork, record: CapaRecord, verb: str) -> Capa:
    work.note(record, verb)
    work.flush()
    return _value(work, record)


def _value(reader: Reader, record: CapaRecord) -> Capa:
    statement = select(CapaActionRecord).where(CapaActionRecord.capa_id == record.id).order_by(CapaActionRecord.id)
    actions: list[Any] = [value_of(Action, one, kind=ActionKind(one.kind)) for one in reader.all(statement)]
    return value_of(Capa, record, state=CapaState(record.state), actions=tuple(actions))
