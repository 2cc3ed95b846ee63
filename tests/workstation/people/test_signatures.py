"""Electronic signatures: bound to one account, one record and one content."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workstation.errors import NotPermitted
from workstation.people import accounts, signatures
from workstation.people.signatures import Content, Meaning
from workstation.store import Store

CONTENT = Content("nonconformance", "0190-a", 3, {"disposition": "scrap", "quantity": 4})


def signed(store: Store, password: str) -> signatures.Signature:
    proof = accounts.authenticate(store, "engineer", password)
    with store.write("engineer") as work:
        return signatures.sign(work, CONTENT, Meaning.DISPOSITION, proof)


def test_a_signature_shows_printed_name_time_and_meaning(store: Store, password: str) -> None:
    signature = signed(store, password)
    assert signature.shown().startswith("Process Engineer (engineer), 20")
    assert signature.shown().endswith(" UTC, disposition")
    with store.read() as reader:
        assert signatures.signatures(reader, "0190-a") == [signature]


@pytest.mark.parametrize(
    "other",
    [
        replace(CONTENT, fields={"disposition": "use as is", "quantity": 4}),
        replace(CONTENT, fields={"disposition": "scrap", "quantity": 4, "more": None}),
        replace(CONTENT, record_id="0190-b"),
        replace(CONTENT, version=4),
        replace(CONTENT, kind="capa"),
    ],
)
def test_a_changed_or_moved_content_makes_it_invalid(store: Store, password: str, other: Content) -> None:
    signature = signed(store, password)
    assert signatures.signature_valid(signature, CONTENT)
    assert not signatures.signature_valid(signature, other)
    moved = replace(signature, record_kind=other.kind, record_id=other.record_id, record_version=other.version)
    assert not signatures.signature_valid(moved, other)


def test_somebody_elses_or_an_old_proof_signs_nothing(store: Store, password: str) -> None:
    proof = accounts.authenticate(store, "inspector", password)
    with pytest.raises(NotPermitted, match="nothing was signed"), store.write("engineer") as work:
        signatures.sign(work, CONTENT, Meaning.REVIEW, proof)
    old = replace(accounts.authenticate(store, "engineer", password), proven_at=0)
    with pytest.raises(NotPermitted, match="nothing was signed"), store.write("engineer") as work:
        signatures.sign(work, CONTENT, Meaning.REVIEW, old)


def test_a_locked_account_does_not_sign(store: Store, password: str) -> None:
    proof = accounts.authenticate(store, "engineer", password)
    for _ in range(3):
        with pytest.raises(NotPermitted):
            accounts.authenticate(store, "engineer", "wrong password", failures_before_lock=3)
    with pytest.raises(NotPermitted, match="locked"), store.write("engineer") as work:
        signatures.sign(work, CONTENT, Meaning.REVIEW, proof)


def test_service_accounts_do_not_sign(store: Store, password: str) -> None:
    proof = accounts.authenticate(store, "engineer", password)
    with pytest.raises(NotPermitted, match="may not sign"), store.write("line") as work:
        signatures.sign(work, CONTENT, Meaning.REVIEW, proof)
