"""Electronic signatures: made with a password, bound to the exact content that was signed.

What is signed is a `Content`: the record's kind, identity and version, and the SHA-256 of the canonical JSON of what
the person saw. Change one field, or move the signature to another record, and it is valid no more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from workstation.errors import NotPermitted
from workstation.people.accounts import Proof
from workstation.people.records import AccountRecord, SignatureRecord
from workstation.store import Reader, Right, UnitOfWork
from workstation.store.journal import canonical_json
from workstation.store.mapping import select, value_of

PROOF_LASTS = 120 * 1_000_000
"""Microseconds that a typed password is good for a signature."""
CLOCK_SLACK = 1_000_000
"""Microseconds that the clock may step back between password and signature."""


class Meaning(StrEnum):
    """What somebody says by signing."""

    AUTHOR = "author"
    REVIEW = "review"
    APPROVE = "approve"
    DISPOSITION = "disposition"


@dataclass(frozen=True, slots=True)
class Content:
    """Exactly what is signed."""

    kind: str
    record_id: str
    version: int
    fields: Mapping[str, Any]

    def hash(self) -> str:
        """SHA-256 of the canonical JSON of kind, identity, version and fields."""
        whole = {"kind": self.kind, "record": self.record_id, "version": self.version, "fields": dict(self.fields)}
        return hashlib.sha256(canonical_json(json.loads(json.dumps(whole, default=str))).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed what, when, and with which meaning; `signed_at` is UTC in microseconds."""

    id: int
    uid: str
    version: int
    account: str
    printed_name: str
    record_kind: str
    record_id: str
    record_version: int
    content_hash: str
    meaning: Meaning
    signed_at: int

    def shown(self) -> str:
        """The signature as it stands on screen and paper: printed name, time and meaning (21 CFR 11.50)."""
        time = datetime.fromtimestamp(self.signed_at / 1e6, UTC)
        return f"{self.printed_name} ({self.account}), {time:%Y-%m-%d %H:%M:%S} UTC, {self.meaning}"

    def for_journal(self) -> dict[str, Any]:
        """What the journal entry of the signed change holds of it."""
        return {
            "signature": self.uid, "account": self.account, "name": self.printed_name, "meaning": str(self.meaning),
            "signed_at": self.signed_at, "content_hash": self.content_hash,
        }  # fmt: skip


def sign(work: UnitOfWork, content: Content, meaning: Meaning, proof: Proof) -> Signature:
    """Sign as the unit of work's account, which `accounts.authenticate` has just proven.

    Raises NotPermitted when the proof is another account's or too old, or the account may not sign.
    """
    work.require(Right.SIGN)
    age = work.now - proof.proven_at
    if proof.account.name != work.account or not -CLOCK_SLACK <= age <= PROOF_LASTS:
        raise NotPermitted("A signature needs your password: nothing was signed.", "Type your password and sign again.")
    record = work.one(select(AccountRecord).where(AccountRecord.name == work.account))
    if record is None or record.locked:
        raise NotPermitted(f"The account {work.account} is locked: nothing was signed.", "Ask an administrator.")
    signed = SignatureRecord(
        account=record.name, printed_name=record.display_name, record_kind=content.kind, record_id=content.record_id,
        record_version=content.version, content_hash=content.hash(), meaning=str(meaning), signed_at=work.now,
    )  # fmt: skip
    return _signature(work.add(signed, "sign"))


def signature_valid(signature: Signature, content: Content) -> bool:
    """Whether the signature was given for exactly this content of exactly this record."""
    return (
        signature.record_kind == content.kind
        and signature.record_id == content.record_id
        and signature.record_version == content.version
        and signature.content_hash == content.hash()
    )


def signatures(reader: Reader, record_id: str) -> list[Signature]:
    """Every signature on a record, oldest first."""
    statement = select(SignatureRecord).where(SignatureRecord.record_id == record_id).order_by(SignatureRecord.id)
    return [_signature(record) for record in reader.all(statement)]


def _signature(record: SignatureRecord) -> Signature:
    return value_of(Signature, record, meaning=Meaning(record.meaning))
