"""The mapped records of people: accounts and electronic signatures."""

from __future__ import annotations

from typing import Any

from workstation.store.mapping import CheckConstraint, Mapped, Record, mapped_column


class AccountRecord(Record):
    __tablename__ = "account"

    name: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    role: Mapped[str]
    verifier: Mapped[str | None] = mapped_column(info={"secret": True})
    active: Mapped[bool]
    failures: Mapped[int]
    locked: Mapped[bool]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        roles = "'inspector', 'engineer', 'supervisor', 'auditor', 'administrator', 'service'"
        return (CheckConstraint(f"role IN ({roles})", name="role"),)


class SignatureRecord(Record):
    __tablename__ = "signature"

    account: Mapped[str]
    printed_name: Mapped[str]
    record_kind: Mapped[str]
    record_id: Mapped[str] = mapped_column(index=True)
    record_version: Mapped[int]
    content_hash: Mapped[str]
    meaning: Mapped[str]
    signed_at: Mapped[int]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (CheckConstraint("meaning IN ('author', 'review', 'approve', 'disposition')", name="meaning"),)
