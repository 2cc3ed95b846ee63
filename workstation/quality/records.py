"""The mapped records of quality: alarms, investigations, nonconformances, CAPA, decisions, links."""

from __future__ import annotations

from typing import Any

from workstation.store.mapping import (
    CheckConstraint,
    ForeignKey,
    Mapped,
    Record,
    UniqueConstraint,
    index_of,
    mapped_column,
    only_one,
)


class NumberedRecord(Record):
    """A record with a number that people say aloud."""

    __abstract__ = True

    number: Mapped[str] = mapped_column(unique=True)


class AlarmRecord(Record):
    __tablename__ = "alarm"

    characteristic_id: Mapped[int] = mapped_column(ForeignKey("characteristic.id"))
    subgroup: Mapped[int]
    rules: Mapped[str]
    limits_id: Mapped[int | None] = mapped_column(ForeignKey("control_limits.id"))
    raised_at: Mapped[int]
    observed_at: Mapped[int]
    state: Mapped[str]
    acknowledged_by: Mapped[str | None]
    acknowledged_at: Mapped[int | None]
    reaction_step: Mapped[str | None]
    seen: Mapped[str | None]
    ended_at: Mapped[int | None]
    seen_until: Mapped[int | None]
    ended: Mapped[str | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            only_one(
                "uq_alarm_characteristic_id_subgroup", "characteristic_id", "subgroup", where="limits_id IS NOT NULL"
            ),
            index_of("ix_alarm_watch", "characteristic_id", "rules", where="limits_id IS NULL"),
            index_of("ix_alarm_lasting", "characteristic_id", where="limits_id IS NULL AND ended IS NULL"),
            index_of("ix_alarm_waiting", "characteristic_id", where="acknowledged_at IS NULL"),
            CheckConstraint("state IN ('raised', 'acknowledged')", name="state"),
            CheckConstraint(
                "(ended IS NOT NULL OR (ended_at IS NULL AND seen_until IS NULL)) "
                "AND (ended_at IS NULL OR seen_until IS NULL)",
                name="ended",
            ),
        )


class InvestigationRecord(NumberedRecord):
    __tablename__ = "investigation"

    title: Mapped[str]
    characteristic_id: Mapped[int | None] = mapped_column(ForeignKey("characteristic.id"))
    evidence: Mapped[str]
    state: Mapped[str]
    opened_by: Mapped[str]
    opened_at: Mapped[int]
    lead: Mapped[str | None]
    findings: Mapped[str | None]
    cause_category: Mapped[str | None]
    assignable_cause: Mapped[str | None]
    concluded_by: Mapped[str | None]
    concluded_at: Mapped[int | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (CheckConstraint("state IN ('open', 'under way', 'concluded')", name="state"),)


class NonconformanceRecord(NumberedRecord):
    __tablename__ = "nonconformance"

    part_id: Mapped[int | None] = mapped_column(ForeignKey("part.id"))
    characteristic_id: Mapped[int | None] = mapped_column(ForeignKey("characteristic.id"))
    subgroup: Mapped[int | None]
    position: Mapped[int | None]
    nature: Mapped[str]
    quantity: Mapped[int]
    evidence: Mapped[str]
    state: Mapped[str]
    opened_by: Mapped[str]
    opened_at: Mapped[int]
    observed_at: Mapped[int]
    containment: Mapped[str | None]
    disposition: Mapped[str | None]
    disposition_reason: Mapped[str | None]
    disposition_by: Mapped[str | None]
    disposition_at: Mapped[int | None]
    concession: Mapped[str | None]
    signature_id: Mapped[str | None]
    reverification: Mapped[str | None]
    reverified_by: Mapped[str | None]
    closed_by: Mapped[str | None]
    closed_at: Mapped[int | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        states = "'open', 'contained', 'dispositioned', 'reverified', 'closed', 'voided'"
        dispositions = "'rework', 'repair', 'use as is', 'scrap', 'return'"
        return (
            CheckConstraint(f"state IN ({states})", name="state"),
            CheckConstraint(f"disposition IN ({dispositions})", name="disposition"),
            CheckConstraint("quantity >= 1", name="quantity"),
        )


class CapaRecord(NumberedRecord):
    __tablename__ = "capa"

    title: Mapped[str]
    problem: Mapped[str]
    evidence: Mapped[str]
    owner: Mapped[str]
    state: Mapped[str]
    opened_by: Mapped[str]
    opened_at: Mapped[int]
    cause_method: Mapped[str | None]
    cause: Mapped[str | None]
    similar_products: Mapped[str | None]
    criterion: Mapped[str | None]
    check_due: Mapped[str | None]
    result: Mapped[str | None]
    effective: Mapped[bool | None]
    verified_by: Mapped[str | None]
    verified_at: Mapped[int | None]
    closed_by: Mapped[str | None]
    closed_at: Mapped[int | None]
    signature_id: Mapped[str | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        states = "'open', 'cause known', 'actions under way', 'implemented', 'verified', 'closed'"
        return (CheckConstraint(f"state IN ({states})", name="state"),)


class CapaActionRecord(Record):
    __tablename__ = "capa_action"

    capa_id: Mapped[int] = mapped_column(ForeignKey("capa.id"), index=True)
    kind: Mapped[str]
    description: Mapped[str]
    owner: Mapped[str]
    due: Mapped[str]
    evidence: Mapped[str | None]
    done_by: Mapped[str | None]
    done_at: Mapped[int | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (CheckConstraint("kind IN ('containment', 'corrective', 'preventive')", name="kind"),)


class DecisionRecord(Record):
    __tablename__ = "decision"

    record_kind: Mapped[str]
    record_id: Mapped[str] = mapped_column(index=True)
    decision: Mapped[str]
    decided_by: Mapped[str]
    decided_at: Mapped[int]
    evidence: Mapped[str]
    evidence_at: Mapped[int]
    evidence_age_seconds: Mapped[int]


class LinkRecord(Record):
    __tablename__ = "record_link"

    from_kind: Mapped[str]
    from_id: Mapped[str] = mapped_column(index=True)
    to_kind: Mapped[str]
    to_id: Mapped[str] = mapped_column(index=True)
    relation: Mapped[str]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("from_id", "to_id", "relation", name="uq_record_link_ends"),)
