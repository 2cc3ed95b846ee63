"""The catalog's mapped records: parts, characteristics, plans, gauges, bindings, control limits, scans."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from workstation.store.mapping import (
    CheckConstraint,
    ForeignKey,
    Mapped,
    Record,
    UniqueConstraint,
    mapped_column,
    only_one,
)


class PartRecord(Record):
    __tablename__ = "part"

    number: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    drawing_revision: Mapped[str]


class CharacteristicRecord(Record):
    __tablename__ = "characteristic"

    part_id: Mapped[int] = mapped_column(ForeignKey("part.id"))
    name: Mapped[str]
    unit: Mapped[str]
    decimals: Mapped[int]
    nominal: Mapped[Decimal | None]
    lower_specification: Mapped[Decimal | None]
    upper_specification: Mapped[Decimal | None]
    plausible_low: Mapped[Decimal | None]
    plausible_high: Mapped[Decimal | None]
    subgroup_size: Mapped[int]
    chart: Mapped[str]
    rules: Mapped[str]
    baseline_subgroups: Mapped[int]
    criticality: Mapped[str]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("part_id", "name"),
            CheckConstraint("decimals BETWEEN 0 AND 12", name="decimals"),
            CheckConstraint("subgroup_size BETWEEN 1 AND 100", name="subgroup_size"),
            CheckConstraint("chart IN ('xbar_r', 'xbar_s', 'i_mr')", name="chart"),
            CheckConstraint("criticality IN ('minor', 'major', 'critical')", name="criticality"),
        )


class PlanRecord(Record):
    __tablename__ = "inspection_plan"

    name: Mapped[str]
    revision: Mapped[int]
    part_id: Mapped[int] = mapped_column(ForeignKey("part.id"))
    title: Mapped[str]
    status: Mapped[str]
    content: Mapped[str]
    content_hash: Mapped[str]
    drafted_by: Mapped[str]
    approved_by: Mapped[str | None]
    effective_at: Mapped[int | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("name", "revision"),
            CheckConstraint("status IN ('draft', 'effective', 'obsolete')", name="status"),
            only_one("uq_inspection_plan_effective", "name", where="status = 'effective'"),
        )


class PlanItemRecord(Record):
    __tablename__ = "inspection_plan_item"

    plan_id: Mapped[int] = mapped_column(ForeignKey("inspection_plan.id"))
    characteristic_id: Mapped[int] = mapped_column(ForeignKey("characteristic.id"))
    sequence: Mapped[int]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("plan_id", "characteristic_id"),)


class GaugeRecord(Record):
    __tablename__ = "gauge"

    name: Mapped[str] = mapped_column(unique=True)
    serial_number: Mapped[str]
    profile: Mapped[str]
    port: Mapped[str]
    unit: Mapped[str | None]
    calibration_due: Mapped[str | None]
    status: Mapped[str]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (CheckConstraint("status IN ('active', 'locked', 'retired')", name="status"),)


class BindingRecord(Record):
    __tablename__ = "binding"

    gauge_id: Mapped[int] = mapped_column(ForeignKey("gauge.id"))
    channel: Mapped[str]
    characteristic_id: Mapped[int] = mapped_column(ForeignKey("characteristic.id"))
    active: Mapped[bool]
    continuous: Mapped[str | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("gauge_id", "channel", "characteristic_id"),
            only_one("uq_binding_active", "gauge_id", "channel", where="active"),
        )


class RollUpRecord(Record):
    __tablename__ = "channel_rollup"

    characteristic_id: Mapped[int] = mapped_column(ForeignKey("characteristic.id"))
    period: Mapped[str]
    start: Mapped[int]
    count: Mapped[int]
    bad: Mapped[int]
    total: Mapped[Decimal]
    squares: Mapped[Decimal]
    minimum: Mapped[Decimal | None]
    maximum: Mapped[Decimal | None]
    first_at: Mapped[int]
    last_at: Mapped[int]
    unit: Mapped[str]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("characteristic_id", "period", "start"),
            CheckConstraint("period IN ('minute', 'hour')", name="period"),
        )


class ControlLimitsRecord(Record):
    __tablename__ = "control_limits"

    characteristic_id: Mapped[int] = mapped_column(ForeignKey("characteristic.id"), index=True)
    limits: Mapped[str]
    established_by: Mapped[str]
    established_at: Mapped[int]
    first_subgroup: Mapped[int]
    last_subgroup: Mapped[int]
    active: Mapped[bool]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (only_one("uq_control_limits_active", "characteristic_id", where="active"),)


class IdentificationRecord(Record):
    __tablename__ = "identification"

    part_id: Mapped[int] = mapped_column(ForeignKey("part.id"))
    kind: Mapped[str]
    text: Mapped[str] = mapped_column(index=True)
    symbology: Mapped[str]
    source: Mapped[str]
    scanned_at: Mapped[int]
    scanned_by: Mapped[str]
    cleared_by: Mapped[str | None]
    cleared_at: Mapped[int | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (CheckConstraint("kind IN ('serial number', 'lot')", name="kind"),)


class IdentificationStartRecord(Record):
    __tablename__ = "identification_start"

    identification_id: Mapped[int] = mapped_column(ForeignKey("identification.id"), index=True)
    characteristic_id: Mapped[int] = mapped_column(ForeignKey("characteristic.id"))
    kind: Mapped[str]
    subgroup: Mapped[int]
    position: Mapped[int]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("characteristic_id", "kind", "subgroup", "position", "identification_id"),
            CheckConstraint("kind IN ('serial number', 'lot')", name="kind"),
        )
