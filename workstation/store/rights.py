"""Who may do what: checked at the door, in the transaction, so that no screen and no script can leave it out."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from workstation.errors import NotPermitted


class Role(StrEnum):
    """What an account is at this station."""

    INSPECTOR = "inspector"
    ENGINEER = "engineer"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    SERVICE = "service"


class Right(StrEnum):
    """One thing that an account may or may not do; the value completes the sentence 'may not ...'."""

    MEASURE = "keep readings"
    REACT = "open the records that a reading calls for"
    ACKNOWLEDGE = "acknowledge alarms"
    REPORT = "report and contain nonconformances"
    CORRECT = "correct kept values"
    INVESTIGATE = "lead investigations"
    DISPOSE = "decide the disposition of nonconforming product"
    CONCEDE = "release nonconforming product by repair or use as is"
    CORRECTIVE_ACTION = "lead corrective actions"
    VERIFY = "verify results and close records"
    EDIT_CATALOG = "change parts, plans and gauges"
    APPROVE_PLAN = "approve inspection plans"
    SET_LIMITS = "establish control limits"
    SET_INSTRUMENTS = "change settings of instruments"
    MANAGE_ACCOUNTS = "manage accounts"
    SIGN = "sign records"


_INSPECTOR = frozenset({Right.MEASURE, Right.REACT, Right.ACKNOWLEDGE, Right.REPORT, Right.SIGN})
_ENGINEER = _INSPECTOR | {
    Right.CORRECT, Right.INVESTIGATE, Right.DISPOSE, Right.CORRECTIVE_ACTION, Right.VERIFY, Right.EDIT_CATALOG,
    Right.APPROVE_PLAN, Right.SET_LIMITS, Right.SET_INSTRUMENTS,
}  # fmt: skip
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.INSPECTOR: _INSPECTOR,
    Role.ENGINEER: _ENGINEER,
    Role.SUPERVISOR: _ENGINEER | {Right.CONCEDE},
    Role.AUDITOR: frozenset({Right.SIGN}),
    Role.ADMINISTRATOR: frozenset({Right.MANAGE_ACCOUNTS, Right.EDIT_CATALOG, Right.SIGN}),
    Role.SERVICE: frozenset({Right.MEASURE, Right.REACT, Right.SET_LIMITS}),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """An account as the door found it when a unit of work began; `role` is None on a station without accounts."""

    account: str
    role: Role | None

    def require(self, right: Right) -> None:
        """Raise NotPermitted unless the account may do this. On a station without accounts everything is set-up."""
        if self.role is not None and right not in RIGHTS[self.role]:
            raise NotPermitted(
                f"{self.account} ({self.role}) may not {right}.", "Ask somebody whose role permits it to do this."
            )


def standing(connection: sqlite3.Connection, account: str) -> Standing:
    """The account's role, read inside the transaction. Unknown and deactivated accounts are turned away."""
    row = connection.execute("SELECT role, active FROM account WHERE name = ?", (account,)).fetchone()
    if row is None:
        if connection.execute("SELECT 1 FROM account LIMIT 1").fetchone() is None:
            return Standing(account, None)
        raise NotPermitted(
            f"There is no account {account!r} at this station.", "Sign on with an account of this station."
        )
    if not row[1]:
        raise NotPermitted(
            f"The account {account!r} is deactivated.", "Ask an administrator, or sign on as somebody else."
        )
    return Standing(account, Role(row[0]))
