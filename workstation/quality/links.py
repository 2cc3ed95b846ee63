"""Links between records, to be followed both ways: an alarm leads to its investigation, and back."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.quality.records import LinkRecord
from workstation.store import Reader, UnitOfWork
from workstation.store.mapping import select, value_of


@dataclass(frozen=True, slots=True)
class Link:
    """`relation` reads from the first to the second: an alarm 'opened' an investigation."""

    from_kind: str
    from_id: str
    to_kind: str
    to_id: str
    relation: str


def link(work: UnitOfWork, from_kind: str, from_id: str, to_kind: str, to_id: str, relation: str) -> Link:
    """Join two records by their identities; joining them again changes nothing."""
    known = select(LinkRecord).where(
        LinkRecord.from_id == from_id, LinkRecord.to_id == to_id, LinkRecord.relation == relation
    )
    record = work.one(known)
    if record is None:
        record = work.add(
            LinkRecord(from_kind=from_kind, from_id=from_id, to_kind=to_kind, to_id=to_id, relation=relation)
        )
    return value_of(Link, record)


def links_of(reader: Reader, record_id: str) -> list[Link]:
    """Every link that leads to or from a record, oldest first."""
    statement = select(LinkRecord).where((LinkRecord.from_id == record_id) | (LinkRecord.to_id == record_id))
    return [value_of(Link, record) for record in reader.all(statement.order_by(LinkRecord.id))]


def linked(reader: Reader, record_id: str, kind: str) -> list[str]:
    """The identities of the records of one kind that a record is joined with, in either direction."""
    found = []
    for one in links_of(reader, record_id):
        if one.from_id == record_id and one.to_kind == kind:
            found.append(one.to_id)
        elif one.to_id == record_id and one.from_kind == kind:
            found.append(one.from_id)
    return found
