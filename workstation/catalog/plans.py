"""Inspection plans: imported as drafts, made effective by somebody else, obsolete when the next revision is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workstation.catalog import gauges, parts
from workstation.catalog.plan_file import PlanFile, definitions_of
from workstation.catalog.records import BindingRecord, CharacteristicRecord, GaugeRecord, PlanItemRecord, PlanRecord
from workstation.catalog.values import Part, Plan, PlanStatus
from workstation.errors import CallIsWrong, NotPermitted, Refused
from workstation.store import Reader, Right, UnitOfWork
from workstation.store.mapping import select, value_of


def import_plan(work: UnitOfWork, plan: PlanFile) -> Plan:
    """Take in a plan file: its gauges at once, everything else as a draft that an approval makes effective.

    Doing it again changes nothing. A draft may be replaced by its author's newer file; other content under an effective
    or obsolete revision is refused.
    """
    work.require(Right.EDIT_CATALOG)
    record = work.one(select(PlanRecord).where(PlanRecord.name == plan.name, PlanRecord.revision == plan.revision))
    if record is not None and record.content_hash != plan.content_hash() and record.status != PlanStatus.DRAFT:
        raise Refused(
            f"Plan {plan.name} revision {plan.revision} is {record.status} and differs from this file.",
            f"Raise the revision in the file to {_last_revision(work, plan.name) + 1}.",
        )
    for definition in plan.gauges:
        gauges.ensure_gauge(work, definition)
    for binding in plan.bindings:
        if work.one(select(GaugeRecord).where(GaugeRecord.name == binding.gauge)) is None:
            raise CallIsWrong(f"The plan binds gauge {binding.gauge!r}, which is not there.", "Add it to the file.")
    part = _part(work, plan)
    if record is None:
        record = PlanRecord(
            name=plan.name, revision=plan.revision, part_id=part.id, title=plan.title, status=str(PlanStatus.DRAFT),
            content=plan.content(), content_hash=plan.content_hash(), drafted_by=work.account,
        )  # fmt: skip
        work.add(record, "draft")
    elif record.content_hash != plan.content_hash():
        record.part_id, record.title = part.id, plan.title
        record.content, record.content_hash = plan.content(), plan.content_hash()
        record.drafted_by = work.account
        work.note(record, "redraft")
        work.flush()
    return _plan(work, record)


def _part(work: UnitOfWork, plan: PlanFile) -> Part:
    """The plan's part: created with the draft, but brought to the draft's name and drawing only by the approval."""
    known = [part for part in parts.parts(work) if part.number == plan.part_number]
    return known[0] if known else parts.ensure_part(work, plan.part_number, plan.part_name, plan.drawing_revision)


def approve_plan(
    work: UnitOfWork, plan_id: int, *, version: int | None = None, signature: Mapping[str, Any] | None = None
) -> Plan:
    """Make a draft effective: its characteristics and bindings apply, and the revision before it becomes obsolete.

    Its author may not approve it. `version` is the one that was reviewed; a draft changed since is refused.
    """
    work.require(Right.APPROVE_PLAN)
    record = work.get(PlanRecord, plan_id, version=version)
    if record.status != PlanStatus.DRAFT:
        raise Refused(f"Plan {record.name} revision {record.revision} is {record.status}.", "Only a draft is approved.")
    if record.drafted_by == work.account:
        raise NotPermitted(
            f"{work.account} drafted plan {record.name} revision {record.revision} and may not approve it.",
            "Ask somebody else to review and approve it.",
        )
    _refuse_older(work, record)
    for other in work.all(
        select(PlanRecord).where(PlanRecord.name == record.name, PlanRecord.status == str(PlanStatus.EFFECTIVE))
    ):
        other.status = str(PlanStatus.OBSOLETE)
        work.note(other, "obsolete")
    work.flush()  # first gives way: there is never more than one
    _apply(work, record)
    record.status = str(PlanStatus.EFFECTIVE)
    record.approved_by, record.effective_at = work.account, work.now
    work.note(record, "approve", signature=signature)
    work.flush()
    return _plan(work, record)


def _refuse_older(work: UnitOfWork, record: PlanRecord) -> None:
    newer = select(PlanRecord).where(
        PlanRecord.name == record.name,
        PlanRecord.revision > record.revision,
        PlanRecord.status != str(PlanStatus.DRAFT),
    )
    if (found := work.one(newer)) is not None:
        raise Refused(
            f"Plan {record.name} revision {found.revision} came after revision {record.revision}.",
            "Draft the content again under a new revision.",
        )


def _apply(work: UnitOfWork, record: PlanRecord) -> None:
    part, definitions, bindings = definitions_of(record.content)
    parts.define_part(work, *part)
    numbers: dict[str, int] = {}
    for sequence, definition in enumerate(definitions, 1):
        characteristic = parts.define_characteristic(work, record.part_id, definition)
        numbers[definition.name] = characteristic.id
        work.add(PlanItemRecord(plan_id=record.id, characteristic_id=characteristic.id, sequence=sequence))
    bound = set()
    for binding in bindings:
        gauge = work.one(select(GaugeRecord).where(GaugeRecord.name == binding.gauge))
        if gauge is None:
            raise Refused(f"The plan binds gauge {binding.gauge!r}, which is not there.", "Import its file again.")
        continuous = None if binding.continuous is None else binding.continuous.to_json()
        number = numbers[binding.characteristic]
        bound.add(gauges.make_binding(work, gauge.id, binding.channel, number, continuous).id)
    _end_other_bindings(work, record.part_id, bound)


def _end_other_bindings(work: UnitOfWork, part_id: int, kept: set[int]) -> None:
    of_part = (
        select(BindingRecord)
        .join(CharacteristicRecord, CharacteristicRecord.id == BindingRecord.characteristic_id)
        .where(CharacteristicRecord.part_id == part_id, BindingRecord.active)
    )
    for binding in work.all(of_part):
        if binding.id not in kept:
            binding.active = False
            work.note(binding, "end", reason="not in the effective plan")


def plans(reader: Reader, *, status: PlanStatus | None = None) -> list[Plan]:
    """Every plan revision, by name and revision, or those in one status."""
    statement = select(PlanRecord).order_by(PlanRecord.name, PlanRecord.revision)
    if status is not None:
        statement = statement.where(PlanRecord.status == str(status))
    return [_plan(reader, record) for record in reader.all(statement)]


def plan(reader: Reader, number: int) -> Plan:
    """The plan revision with this id."""
    return _plan(reader, reader.get(PlanRecord, number))


def plan_content(reader: Reader, number: int) -> str:
    """The canonical JSON that was drafted, reviewed and hashed."""
    return reader.get(PlanRecord, number).content


def effective_plan(reader: Reader, name: str | None = None) -> Plan | None:
    """The effective revision of a plan; without a name that of the plan made effective last."""
    statement = select(PlanRecord).where(PlanRecord.status == str(PlanStatus.EFFECTIVE))
    if name is not None:
        statement = statement.where(PlanRecord.name == name)
    record = reader.one(statement.order_by(PlanRecord.effective_at.desc(), PlanRecord.id.desc()))
    return None if record is None else _plan(reader, record)


def _last_revision(reader: Reader, name: str) -> int:
    record = reader.one(select(PlanRecord).where(PlanRecord.name == name).order_by(PlanRecord.revision.desc()))
    return 0 if record is None else record.revision


def _plan(reader: Reader, record: PlanRecord) -> Plan:
    items = select(PlanItemRecord.characteristic_id).where(PlanItemRecord.plan_id == record.id)
    characteristics = tuple(reader.all(items.order_by(PlanItemRecord.sequence)))
    return value_of(Plan, record, status=PlanStatus(record.status), characteristics=characteristics)
