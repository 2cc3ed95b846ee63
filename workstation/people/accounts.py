"""Accounts: unique for ever, deactivated but never deleted, locked after too many wrong passwords."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workstation.errors import CallIsWrong, NotPermitted, Refused
from workstation.people.passwords import STANDARD, Costs, make_verifier, verifies
from workstation.people.records import AccountRecord
from workstation.store import Reader, Right, Role, Store, UnitOfWork
from workstation.store.mapping import func, select, value_of

LINE_ACCOUNT = "line"


@dataclass(frozen=True, slots=True)
class Account:
    """A person or program that may act at this station; `name` is what it signs on with."""

    id: int
    uid: str
    version: int
    name: str
    display_name: str
    role: Role
    active: bool
    failures: int
    locked: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """That somebody has just proven to be this account, by password; `proven_at` is UTC in microseconds."""

    account: Account
    proven_at: int


def create(
    work: UnitOfWork, name: str, display_name: str, role: Role, password: str | None = None, *,
    shortest: int = 12, costs: Costs = STANDARD,
) -> Account:  # fmt: skip
    """A new account. A service account has no password and cannot sign on; everybody else needs one.

    Names are unique for ever, without regard to case. Raises CallIsWrong, Refused.
    """
    work.require(Right.MANAGE_ACCOUNTS)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise CallIsWrong(f"{name!r} is no account name.", "Use 1 to 64 letters, digits, dots, hyphens, underscores.")
    if not display_name.strip():
        raise CallIsWrong(f"The account {name} has no printed name.", "Give the name that is to stand in signatures.")
    if (password is None) != (role is Role.SERVICE):
        raise CallIsWrong(
            f"An account with role {role} needs {'no' if password else 'a'} password.", "Correct the call."
        )
    if work.one(select(AccountRecord).where(func.lower(AccountRecord.name) == name.lower())) is not None:
        raise Refused(f"The account name {name!r} was given before.", "Names are never given twice: choose another.")
    verifier = None if password is None else make_verifier(password, shortest=shortest, costs=costs)
    record = AccountRecord(
        name=name,
        display_name=display_name.strip(),
        role=str(role),
        verifier=verifier,
        active=True,
        failures=0,
        locked=False,
    )
    return _account(work.add(record))


def ensure_line_account(work: UnitOfWork) -> Account:
    """The service account on whose behalf the line works when nobody has signed on."""
    record = work.one(select(AccountRecord).where(AccountRecord.name == LINE_ACCOUNT))
    return _account(record) if record else create(work, LINE_ACCOUNT, "Live line", Role.SERVICE)


def accounts(reader: Reader) -> list[Account]:
    """Every account, by name."""
    return [_account(record) for record in reader.all(select(AccountRecord).order_by(AccountRecord.name))]


def account(reader: Reader, name: str) -> Account:
    """The account of this name."""
    return _account(_by_name(reader, name))


def deactivate(work: UnitOfWork, name: str, reason: str) -> Account:
    """Take an account out of use; its name and history stay. The last active administrator stays active."""
    work.require(Right.MANAGE_ACCOUNTS)
    if not reason.strip():
        raise CallIsWrong("An account is deactivated only with a reason.", "Say why.")
    record = _by_name(work, name)
    _keep_one_administrator(work, record)
    record.active = False
    return _noted(work, record, "deactivate", reason)


def reactivate(work: UnitOfWork, name: str, reason: str) -> Account:
    """Put an account back into use."""
    work.require(Right.MANAGE_ACCOUNTS)
    record = _by_name(work, name)
    record.active = True
    return _noted(work, record, "reactivate", reason)


def change_role(work: UnitOfWork, name: str, role: Role, reason: str) -> Account:
    """Give an account another role. A service account stays one, and the last active administrator stays one."""
    work.require(Right.MANAGE_ACCOUNTS)
    record = _by_name(work, name)
    if Role.SERVICE in (role, Role(record.role)) and role != record.role:
        raise Refused(f"{name} cannot go from {record.role} to {role}.", "Create another account.")
    if role is not Role.ADMINISTRATOR:
        _keep_one_administrator(work, record)
    record.role = str(role)
    return _noted(work, record, "change_role", reason)


def unlock(work: UnitOfWork, name: str, reason: str) -> Account:
    """Let a locked account sign on again."""
    work.require(Right.MANAGE_ACCOUNTS)
    record = _by_name(work, name)
    record.locked, record.failures = False, 0
    return _noted(work, record, "unlock", reason)


def set_password(work: UnitOfWork, name: str, password: str, *, shortest: int = 12, costs: Costs = STANDARD) -> Account:
    """A new password: by its owner, or by somebody who manages accounts."""
    if work.account != name:
        work.require(Right.MANAGE_ACCOUNTS)
    record = _by_name(work, name)
    if record.role == Role.SERVICE:
        raise Refused(f"{name} is a service account and has no password.", "Create an account for a person.")
    record.verifier = make_verifier(password, shortest=shortest, costs=costs)
    return _noted(work, record, "set_password", "")


def authenticate(store: Store, name: str, password: str, *, failures_before_lock: int = 5) -> Proof:
    """Proof of the account, when name and password fit: for signing on, and for each signature.

    Runs before any unit of work, since a verification takes a tenth of a second in which nobody could write. Failures
    are counted in the journal and lock the account. Raises NotPermitted, with the same sentence for an unknown name and
    a wrong password.
    """
    with store.read() as reader:
        record = reader.one(select(AccountRecord).where(AccountRecord.name == name))
        found = None if record is None else (_account(record), record.verifier)
    if found is None:
        raise _unfit()
    known, verifier = found
    if known.locked:
        raise NotPermitted(f"The account {name} is locked after wrong passwords.", "Ask an administrator to unlock it.")
    if not known.active:
        raise NotPermitted(f"The account {name} is deactivated.", "Ask an administrator.")
    if not verifies(verifier, password):
        _count_failure(store, name, failures_before_lock)
        raise _unfit()
    if known.failures:
        with store.write(name) as work:
            owned = _by_name(work, name)
            owned.failures = 0
            known = _noted(work, owned, "authenticate", "")
    return Proof(known, store.clock.microseconds())


def _count_failure(store: Store, name: str, failures_before_lock: int) -> None:
    with store.write(name) as work:
        record = _by_name(work, name)
        record.failures += 1
        record.locked = record.failures >= failures_before_lock
        _noted(work, record, "lock" if record.locked else "fail", "wrong password")


def _unfit() -> NotPermitted:
    return NotPermitted("Name and password do not fit.", "Try again; after repeated failures the account is locked.")


def _keep_one_administrator(work: UnitOfWork, leaving: AccountRecord) -> None:
    others = select(AccountRecord).where(
        AccountRecord.role == str(Role.ADMINISTRATOR), AccountRecord.active, AccountRecord.id != leaving.id
    )
    if leaving.role == Role.ADMINISTRATOR and leaving.active and work.one(others) is None:
        raise Refused(f"{leaving.name} is the last administrator.", "Make somebody else administrator first.")


def _by_name(reader: Reader, name: str) -> AccountRecord:
    record = reader.one(select(AccountRecord).where(AccountRecord.name == name))
    if record is None:
        raise CallIsWrong(f"There is no account {name!r}.", "List the accounts and choose one.")
    return record


def _noted(work: UnitOfWork, record: AccountRecord, verb: str, reason: str) -> Account:
    work.note(record, verb, reason=reason)
    work.flush()
    return _account(record)


def _account(record: AccountRecord) -> Account:
    return value_of(Account, record, role=Role(record.role))
