"""Nonconformances: product out of specification, contained, disposed of under signature, verified again, closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workstation.catalog.parts import characteristic, part
from workstation.catalog.records import PartRecord
from workstation.catalog.values import Criticality
from workstation.errors import CallIsWrong, Refused
from workstation.people.accounts import Proof
from workstation.people.signatures import Content, Meaning, Signature, sign, signature_valid, signatures
from workstation.quality import evidence as snapshots
from workstation.quality.numbers import next_number
from workstation.quality.records import NonconformanceRecord
from workstation.store import Reader, Right, UnitOfWork
from workstation.store.mapping import select, value_of

KIND = "nonconformance"
LONGEST_NATURE = 500


class NonconformanceState(StrEnum):
    """How far a nonconformance is."""

    OPEN = "open"
    CONTAINED = "contained"
    DISPOSITIONED = "dispositioned"
    REVERIFIED = "reverified"
    CLOSED = "closed"
    VOIDED = "voided"


class Disposition(StrEnum):
    """What is done with the product."""

    REWORK = "rework"
    REPAIR = "repair"
    USE_AS_IS = "use as is"
    SCRAP = "scrap"
    RETURN = "return"


NEEDS_CONCESSION = frozenset({Disposition.REPAIR, Disposition.USE_AS_IS})
NEEDS_REVERIFICATION = frozenset({Disposition.REWORK, Disposition.REPAIR})


@dataclass(frozen=True, slots=True)
class Nonconformance:
    """`evidence` is the canonical JSON of what it rests on; `signature_id` the disposition's signature."""

    uid: str
    version: int
    number: str
    part_id: int | None
    characteristic_id: int | None
    subgroup: int | None
    position: int | None
    nature: str
    quantity: int
    evidence: str
    state: NonconformanceState
    opened_by: str
    opened_at: int
    observed_at: int
    containment: str | None
    disposition: Disposition | None
    disposition_reason: str | None
    disposition_by: str | None
    disposition_at: int | None
    concession: str | None
    signature_id: str | None
    reverification: str | None
    reverified_by: str | None
    closed_by: str | None
    closed_at: int | None

    def evidence_facts(self) -> dict[str, Any]:
        """The evidence as an object."""
        return snapshots.facts_of(self.evidence)

    @property
    def severity(self) -> str:
        """Minor, major or critical; empty for records from before it was kept."""
        return str(self.evidence_facts().get("severity", ""))

    def disposition_content(self, version: int) -> Content:
        """What the disposition's signature covers; `version` is the record's at the signing."""
        fields = ("number", "nature", "quantity", "evidence", "disposition", "disposition_reason", "concession")
        return Content(KIND, self.uid, version, {name: getattr(self, name) for name in fields})


@dataclass(frozen=True, slots=True)
class Report:
    """What is reported: where known, the characteristic, subgroup and position of the reading that showed it."""

    nature: str
    quantity: int
    observed_at: int
    evidence: Mapping[str, Any]
    part_id: int | None = None
    characteristic_id: int | None = None
    subgroup: int | None = None
    position: int | None = None
    severity: Criticality | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """What somebody saw that no gauge tells: `nature` in words, on which part, of which characteristic if of one.

    Without a `severity` it is the characteristic's criticality, and minor where none is named.
    """

    nature: str
    quantity: int
    part_id: int | None = None
    characteristic_id: int | None = None
    severity: Criticality | None = None


def report_nonconformance(work: UnitOfWork, seen: Sighting) -> Nonconformance:
    """Open a nonconformance by hand, with what is known of the part as its evidence."""
    work.require(Right.REPORT)
    if seen.characteristic_id is not None:
        what = characteristic(work, seen.characteristic_id)
        if seen.part_id not in (None, what.part_id):
            raise CallIsWrong(f"{what.name} is no characteristic of this part.", "Name one of the part's own.")
        about = snapshots.about(work, what)
    elif seen.part_id is not None:
        of = part(work, seen.part_id)
        about = {"part": of.number, "part_name": of.name, "station": work.station}
    else:
        raise CallIsWrong("A nonconformance is one of a part.", "Name the part or the characteristic.")
    report = Report(
        nature=seen.nature, quantity=seen.quantity, observed_at=work.now, part_id=seen.part_id,
        evidence={**about, "observed_at": work.now, "account": work.account},
        characteristic_id=seen.characteristic_id, severity=seen.severity,
    )  # fmt: skip
    return open_nonconformance(work, report, reason="reported by hand")


def open_nonconformance(work: UnitOfWork, report: Report, *, reason: str = "") -> Nonconformance:
    """A new nonconformance from a report, by hand or by the line."""
    work.require(Right.REACT)
    if not report.nature.strip():
        raise CallIsWrong("A nonconformance needs its nature.", "Say what is not as specified.")
    if len(report.nature) > LONGEST_NATURE:
        raise CallIsWrong(f"Its nature has {len(report.nature)} letters.", f"Say it in at most {LONGEST_NATURE}.")
    if not 1 <= report.quantity <= 10_000_000:
        raise CallIsWrong(f"A quantity of {report.quantity} cannot be.", "Count the pieces concerned.")
    part_id, severity = report.part_id, report.severity or Criticality.MINOR
    if report.characteristic_id is not None:
        of = characteristic(work, report.characteristic_id)
        part_id, severity = of.part_id, report.severity or of.criticality
    elif part_id is not None:
        work.get(PartRecord, part_id)
    record = NonconformanceRecord(
        number=next_number(work, NonconformanceRecord, "NC"), part_id=part_id,
        characteristic_id=report.characteristic_id, subgroup=report.subgroup, position=report.position,
        nature=report.nature.strip(), quantity=report.quantity,
        evidence=snapshots.written({**report.evidence, "severity": str(severity)}),
        state=str(NonconformanceState.OPEN), opened_by=work.account, opened_at=work.now, observed_at=report.observed_at,
    )  # fmt: skip
    return _value(work.add(record, "open", reason=reason))


def contain(work: UnitOfWork, uid: str, containment: str, *, version: int | None = None) -> Nonconformance:
    """Say how the product was kept from going further."""
    work.require(Right.REPORT)
    record = _in(work, uid, version, NonconformanceState.OPEN)
    if not containment.strip():
        raise CallIsWrong("Nothing is said about containment.", "Say where the product is and how it is marked.")
    record.containment, record.state = containment.strip(), str(NonconformanceState.CONTAINED)
    return _noted(work, record, "contain")


def dispose(
    work: UnitOfWork, uid: str, disposition: Disposition, reason: str, proof: Proof, *,
    concession: str | None = None, version: int | None = None,
) -> Nonconformance:  # fmt: skip
    """Decide what is done with the product, and sign for it.

    Repair and use as is need the right to concede and the number of the concession. `proof` is the signer's, from
    `accounts.authenticate`.
    """
    work.require(Right.DISPOSE)
    record = _in(work, uid, version, NonconformanceState.CONTAINED)
    if not reason.strip():
        raise CallIsWrong("A disposition needs its reason.", "Say why this is done with the product.")
    if disposition in NEEDS_CONCESSION:
        work.require(Right.CONCEDE)
        if not (concession or "").strip():
            raise CallIsWrong(f"To {_do(disposition)} product needs a concession.", "Give the concession's number.")
    record.disposition, record.disposition_reason = str(disposition), reason.strip()
    record.disposition_by, record.disposition_at = work.account, work.now
    record.concession = concession
    record.state = str(NonconformanceState.DISPOSITIONED)
    work.note(record, "disposition", reason=reason)
    work.flush()
    signature = sign(work, _value(record).disposition_content(record.version), Meaning.DISPOSITION, proof)
    record.signature_id = signature.uid
    work.note(record, "disposition", reason=reason, signature=signature.for_journal())
    work.flush()
    snapshots.log_decision(work, KIND, uid, str(disposition), [uid], record.observed_at)
    return _value(record)


def reverify(work: UnitOfWork, uid: str, result: str, *, conforms: bool, version: int | None = None) -> Nonconformance:
    """Enter the result of verifying reworked or repaired product; what does not conform is disposed of again."""
    work.require(Right.VERIFY)
    record = _in(work, uid, version, NonconformanceState.DISPOSITIONED)
    if record.disposition not in NEEDS_REVERIFICATION:
        raise Refused(f"{record.number}: {record.disposition} is not verified again.", "Close it.")
    if not result.strip():
        raise CallIsWrong("A verification needs its result.", "Give the values, or where they stand.")
    record.reverification, record.reverified_by = result.strip(), work.account
    record.state = str(NonconformanceState.REVERIFIED if conforms else NonconformanceState.CONTAINED)
    return _noted(work, record, "reverify" if conforms else "fail_reverification")


def close(work: UnitOfWork, uid: str, *, version: int | None = None) -> Nonconformance:
    """End it, once its disposition is signed for and carried out, and verified again where that is due."""
    work.require(Right.VERIFY)
    record = work.by_uid(NonconformanceRecord, uid, version=version)
    due = record.disposition in NEEDS_REVERIFICATION
    wanted = NonconformanceState.REVERIFIED if due else NonconformanceState.DISPOSITIONED
    if record.state != wanted:
        raise _out_of_order(record, wanted)
    record.closed_by, record.closed_at = work.account, work.now
    record.state = str(NonconformanceState.CLOSED)
    return _noted(work, record, "close")


def void(work: UnitOfWork, uid: str, reason: str, *, version: int | None = None) -> Nonconformance:
    """Say that there was no nonconformance (a dirty gauge, a wrong part); it stays in history with the reason."""
    work.require(Right.DISPOSE)
    if not reason.strip():
        raise CallIsWrong("A nonconformance is voided only with a reason.", "Say why there was none.")
    record = work.by_uid(NonconformanceRecord, uid, version=version)
    if record.state not in (NonconformanceState.OPEN, NonconformanceState.CONTAINED):
        raise _out_of_order(record, NonconformanceState.CONTAINED)
    record.state = str(NonconformanceState.VOIDED)
    record.closed_by, record.closed_at = work.account, work.now
    work.note(record, "void", reason=reason)
    work.flush()
    return _value(record)


def nonconformances(
    reader: Reader, *, state: NonconformanceState | None = None, characteristic_id: int | None = None
) -> list[Nonconformance]:
    """Nonconformances, newest first."""
    statement = select(NonconformanceRecord).order_by(NonconformanceRecord.id.desc())
    if state is not None:
        statement = statement.where(NonconformanceRecord.state == str(state))
    if characteristic_id is not None:
        statement = statement.where(NonconformanceRecord.characteristic_id == characteristic_id)
    return [_value(record) for record in reader.all(statement)]


def nonconformance(reader: Reader, uid: str) -> Nonconformance:
    """The nonconformance of this identity."""
    return _value(reader.by_uid(NonconformanceRecord, uid))


def disposition_signature(reader: Reader, uid: str) -> tuple[Signature, bool] | None:
    """The signature under the present disposition, and whether it still is for exactly this content."""
    found = nonconformance(reader, uid)
    for signature in signatures(reader, uid):
        if signature.uid == found.signature_id:
            return signature, signature_valid(signature, found.disposition_content(signature.record_version))
    return None


def _in(work: UnitOfWork, uid: str, version: int | None, state: NonconformanceState) -> NonconformanceRecord:
    record = work.by_uid(NonconformanceRecord, uid, version=version)
    if record.state != state:
        raise _out_of_order(record, state)
    return record


def _out_of_order(record: NonconformanceRecord, wanted: NonconformanceState) -> Refused:
    return Refused(f"{record.number} is {record.state}; this is done when it is {wanted}.", "Take the steps in order.")


def _do(disposition: Disposition) -> str:
    return "repair" if disposition is Disposition.REPAIR else "use nonconforming"


def _noted(work: UnitOfWork, record: NonconformanceRecord, verb: str) -> Nonconformance:
    work.note(record, verb)
    work.flush()
    return _value(record)


def _value(record: NonconformanceRecord) -> Nonconformance:
    disposition = None if record.disposition is None else Disposition(record.disposition)
    return value_of(Nonconformance, record, state=NonconformanceState(record.state), disposition=disposition)
