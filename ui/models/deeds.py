"""What a person does to a record, as operations: each one transaction, each naming what it changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ui.kit.operations import Change, Done, Operation

if TYPE_CHECKING:
    from workstation.quality.capa import ActionKind, Capa
    from workstation.quality.investigations import CauseCategory
    from workstation.quality.nonconformances import Disposition
    from workstation.station import Station
    from workstation.store import UnitOfWork

Write = Callable[["UnitOfWork"], Any]


def _deed(doing: str, account: str, changes: tuple[Change, ...], write: Write) -> Operation[Any]:
    def work(station: Station) -> Done[Any]:
        with station.write(account) as unit:
            return Done(write(unit), changes)

    return Operation(doing, work)


def _signed(
    doing: str, account: str, password: str, changes: tuple[Change, ...], write: Callable[[UnitOfWork, Any], Any]
) -> Operation[Any]:
    """A deed that is signed: the password is proven first, outside the transaction."""

    def work(station: Station) -> Done[Any]:
        from workstation.people.accounts import authenticate
        from workstation.settings import FAILURES_BEFORE_LOCK

        lock_after = station.settings.get(FAILURES_BEFORE_LOCK)
        proof = authenticate(station.store, account, password, failures_before_lock=lock_after)
        with station.write(account) as unit:
            return Done(write(unit, proof), changes)

    return Operation(doing, work)


def start_line() -> Operation[None]:
    """Start this home's line process, which goes on when the window is closed."""

    def work(station: Station) -> Done[None]:
        station.start_line()
        return Done(None)

    return Operation("starting the line", work)


def keep_setting(key: str, value: str) -> Operation[None]:
    """Write a setting of this home, so that it holds from the next start on too."""

    def work(station: Station) -> Done[None]:
        from workstation import settings

        settings.change(station.home, key, value)
        return Done(None)

    return Operation("keeping the setting", work)


# --- alarms ----------------------------------------------------------------------------------------------------------


def acknowledge_alarm(uid: str, account: str, step: str) -> Operation[Any]:
    """Take an alarm, saying what was done at the station."""
    from workstation.quality import alarms

    changes = (Change("alarm", uid),)
    return _deed("acknowledging the alarm", account, changes, lambda unit: alarms.acknowledge(unit, uid, step))


# --- investigations --------------------------------------------------------------------------------------------------


def lead_investigation(uid: str, version: int, account: str, lead: str) -> Operation[Any]:
    """Somebody takes the lead."""
    from workstation.quality import investigations

    return _deed(
        "naming the lead",
        account,
        (Change("investigation", uid),),
        lambda unit: investigations.begin(unit, uid, lead, version=version),
    )


def record_findings(uid: str, version: int, account: str, findings: str) -> Operation[Any]:
    """Write down what was found."""
    from workstation.quality import investigations

    return _deed(
        "writing down the findings",
        account,
        (Change("investigation", uid),),
        lambda unit: investigations.record_findings(unit, uid, findings, version=version),
    )


def conclude_investigation(uid: str, version: int, account: str, category: CauseCategory, cause: str) -> Operation[Any]:
    """End an investigation with its cause."""
    from workstation.quality import investigations

    return _deed(
        "concluding the investigation",
        account,
        (Change("investigation", uid),),
        lambda unit: investigations.conclude(unit, uid, category, cause, version=version),
    )


# --- nonconformances -------------------------------------------------------------------------------------------------


def contain(uid: str, version: int, account: str, containment: str) -> Operation[Any]:
    """Say how the product was kept from going further."""
    from workstation.quality import nonconformances

    return _deed(
        "writing down the containment",
        account,
        (Change("nonconformance", uid),),
        lambda unit: nonconformances.contain(unit, uid, containment, version=version),
    )


def dispose(
    uid: str, version: int, account: str, password: str, disposition: Disposition, reason: str, concession: str
) -> Operation[Any]:
    """Decide what is done with the product, and sign for it."""
    from workstation.quality import nonconformances

    return _signed(
        "signing the disposition",
        account,
        password,
        (Change("nonconformance", uid),),
        lambda unit, proof: nonconformances.dispose(
            unit, uid, disposition, reason, proof, concession=concession or None, version=version
        ),
    )


def reverify(uid: str, version: int, account: str, result: str, *, conforms: bool) -> Operation[Any]:
    """Enter the result of verifying the product again."""
    from workstation.quality import nonconformances

    return _deed(
        "entering the verification",
        account,
        (Change("nonconformance", uid),),
        lambda unit: nonconformances.reverify(unit, uid, result, conforms=conforms, version=version),
    )


def close_nonconformance(uid: str, version: int, account: str) -> Operation[Any]:
    """End a nonconformance."""
    from workstation.quality import nonconformances

    return _deed(
        "closing the nonconformance",
        account,
        (Change("nonconformance", uid),),
        lambda unit: nonconformances.close(unit, uid, version=version),
    )


def void_nonconformance(uid: str, version: int, account: str, reason: str) -> Operation[Any]:
    """Say that there was none."""
    from workstation.quality import nonconformances

    return _deed(
        "voiding the nonconformance",
        account,
        (Change("nonconformance", uid),),
        lambda unit: nonconformances.void(unit, uid, reason, version=version),
    )


# --- CAPA ------------------------------------------------------------------------------------------------------------


def start_capa(kind: str, uid: str, account: str, owner: str, title: str) -> Operation[Capa]:
    """Start a CAPA from a nonconformance or an investigation."""
    from workstation.quality import capa

    start = capa.start_from_nonconformance if kind == "nonconformance" else capa.start_from_investigation
    changes = (Change("capa"), Change(kind, uid))
    return _deed("starting the CAPA", account, changes, lambda unit: start(unit, uid, owner, title=title))


def set_cause(uid: str, version: int, account: str, method: str, cause: str, similar: str) -> Operation[Any]:
    """Enter the root cause."""
    from workstation.quality import capa

    return _deed(
        "entering the cause",
        account,
        (Change("capa", uid),),
        lambda unit: capa.set_cause(unit, uid, method, cause, similar, version=version),
    )


def plan_action(
    uid: str, version: int, account: str, kind: ActionKind, description: str, owner: str, due: str
) -> Operation[Any]:
    """Plan an action."""
    from workstation.quality import capa

    return _deed(
        "planning the action",
        account,
        (Change("capa", uid),),
        lambda unit: capa.add_action(unit, uid, kind, description, owner, due, version=version),
    )


def complete_action(uid: str, action_uid: str, version: int, account: str, evidence: str) -> Operation[Any]:
    """Mark an action as done."""
    from workstation.quality import capa

    return _deed(
        "completing the action",
        account,
        (Change("capa", uid),),
        lambda unit: capa.complete_action(unit, action_uid, evidence, version=version),
    )


def set_criterion(uid: str, version: int, account: str, criterion: str, due: str) -> Operation[Any]:
    """Lay down by what the actions are judged."""
    from workstation.quality import capa

    return _deed(
        "laying down the criterion",
        account,
        (Change("capa", uid),),
        lambda unit: capa.set_criterion(unit, uid, criterion, due, version=version),
    )


def mark_implemented(uid: str, version: int, account: str) -> Operation[Any]:
    """Say that every action is done."""
    from workstation.quality import capa

    return _deed(
        "marking the actions as implemented",
        account,
        (Change("capa", uid),),
        lambda unit: capa.mark_implemented(unit, uid, version=version),
    )


def verify_effectiveness(uid: str, version: int, account: str, result: str, *, effective: bool) -> Operation[Any]:
    """Judge the actions by the criterion."""
    from workstation.quality import capa

    return _deed(
        "entering the effectiveness check",
        account,
        (Change("capa", uid),),
        lambda unit: capa.verify_effectiveness(unit, uid, result, effective=effective, version=version),
    )


def close_capa(uid: str, version: int, account: str, password: str) -> Operation[Any]:
    """End a CAPA under signature."""
    from workstation.quality import capa

    return _signed(
        "closing the CAPA",
        account,
        password,
        (Change("capa", uid),),
        lambda unit, proof: capa.close(unit, uid, proof, version=version),
    )
