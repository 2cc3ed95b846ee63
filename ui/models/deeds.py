"""What a person does to a record, as operations: each one transaction, each naming what it changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from ui.kit.operations import Change, Done, Operation

if TYPE_CHECKING:
    from workstation.catalog.values import GaugeStatus
    from workstation.line.correction import Corrected, Correction
    from workstation.line.new_limits import Proposal, Wanted
    from workstation.quality.capa import ActionKind, Capa
    from workstation.quality.investigations import CauseCategory
    from workstation.quality.nonconformances import Disposition, Nonconformance, Sighting
    from workstation.station import Station
    from workstation.store import UnitOfWork

P = ParamSpec("P")
Write = Callable[["UnitOfWork"], Any]


def _deed(doing: str, account: str, changes: tuple[Change, ...], write: Write) -> Operation[Any]:
    def work(station: Station) -> Done[Any]:
        with station.write(account) as unit:
            return Done(write(unit), changes)

    return Operation(doing, work)


def _on(
    kind: str, doing: str, account: str, service: Callable[Concatenate[UnitOfWork, str, P], Any], uid: str,
    *given: P.args, **named: P.kwargs,
) -> Operation[Any]:  # fmt: skip
    """A deed done to one record by the service of its room."""
    return _deed(doing, account, (Change(kind, uid),), lambda unit: service(unit, uid, *given, **named))


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


def acknowledge_alarm(uid: str, account: str, step: str, *, earlier: bool = False) -> Operation[Any]:
    """Take an alarm, saying what was done at the station; with `earlier` those of its characteristic before it too."""
    from workstation.quality import alarms

    if not earlier:
        return _on("alarm", "acknowledging the alarm", account, alarms.acknowledge, uid, step)

    def work(station: Station) -> Done[None]:
        more = 1
        while more:
            with station.write(account) as unit:
                more = alarms.acknowledge_earlier(unit, uid, step)
        return Done(None, (Change("alarm", uid),))

    return Operation("acknowledging the alarms", work)


# --- investigations --------------------------------------------------------------------------------------------------


def lead_investigation(uid: str, version: int, account: str, lead: str) -> Operation[Any]:
    """Somebody takes the lead."""
    from workstation.quality import investigations

    return _on("investigation", "naming the lead", account, investigations.begin, uid, lead, version=version)


def record_findings(uid: str, version: int, account: str, findings: str) -> Operation[Any]:
    """Write down what was found."""
    from workstation.quality import investigations

    return _on(
        "investigation", "writing down the findings", account, investigations.record_findings, uid, findings,
        version=version,
    )  # fmt: skip


def conclude_investigation(uid: str, version: int, account: str, category: CauseCategory, cause: str) -> Operation[Any]:
    """End an investigation with its cause."""
    from workstation.quality import investigations

    return _on(
        "investigation", "concluding the investigation", account, investigations.conclude, uid, category, cause,
        version=version,
    )  # fmt: skip


# --- nonconformances -------------------------------------------------------------------------------------------------


def contain(uid: str, version: int, account: str, containment: str) -> Operation[Any]:
    """Say how the product was kept from going further."""
    from workstation.quality import nonconformances

    return _on(
        "nonconformance", "writing down the containment", account, nonconformances.contain, uid, containment,
        version=version,
    )  # fmt: skip


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

    return _on(
        "nonconformance", "entering the verification", account, nonconformances.reverify, uid, result,
        conforms=conforms, version=version,
    )  # fmt: skip


def close_nonconformance(uid: str, version: int, account: str) -> Operation[Any]:
    """End a nonconformance."""
    from workstation.quality import nonconformances

    return _on("nonconformance", "closing the nonconformance", account, nonconformances.close, uid, version=version)


def void_nonconformance(uid: str, version: int, account: str, reason: str) -> Operation[Any]:
    """Say that there was none."""
    from workstation.quality import nonconformances

    return _on(
        "nonconformance", "voiding the nonconformance", account, nonconformances.void, uid, reason, version=version
    )


def report_nonconformance(account: str, seen: Sighting) -> Operation[Nonconformance]:
    """Open one by hand."""
    from workstation.quality import nonconformances

    changes = (Change("nonconformance"),)
    return _deed(
        "reporting the nonconformance", account, changes, lambda unit: nonconformances.report_nonconformance(unit, seen)
    )


# --- values and gauges -----------------------------------------------------------------------------------------------


def correct_value(account: str, wanted: Correction, reason: str) -> Operation[tuple[Corrected, str]]:
    """Put the right value in the place of a kept one; gives what it did, and what a running line said."""

    def work(station: Station) -> Done[tuple[Corrected, str]]:
        done = station.correct(account, wanted, reason)
        return Done(done, (Change("measurement_batch"), Change("alarm"), Change("nonconformance")))

    return Operation("correcting the value", work)


def establish_limits(account: str, wanted: Wanted, reason: str, seen: str) -> Operation[tuple[Proposal, str]]:
    """Put the control limits in force that were `seen`; gives them, and what a running line said."""

    def work(station: Station) -> Done[tuple[Proposal, str]]:
        from workstation.line.new_limits import establish_anew

        with station.write(account) as unit:
            made = establish_anew(unit, wanted, reason, seen)
        return Done((made, station.tell_line()), (Change("control_limits"), Change("limits")))

    return Operation("setting the limits", work)


def set_gauge_status(source: str, account: str, status: GaugeStatus, reason: str) -> Operation[str]:
    """Lock, release or retire a gauge; gives what a running line said."""

    def change(unit: UnitOfWork, gauge: int) -> None:
        from workstation.catalog.gauges import set_gauge_status

        set_gauge_status(unit, gauge, status, reason)

    return _gauge_deed("changing the gauge's status", source, account, change)


def record_calibration(source: str, account: str, due: str, reason: str) -> Operation[str]:
    """Record until when a gauge's calibration holds; gives what a running line said."""

    def change(unit: UnitOfWork, gauge: int) -> None:
        from workstation.catalog.gauges import record_calibration

        record_calibration(unit, gauge, due, reason)

    return _gauge_deed("recording the calibration", source, account, change)


def _gauge_deed(doing: str, source: str, account: str, change: Callable[[UnitOfWork, int], None]) -> Operation[str]:
    """Change the gauge whose readings carry `source`, by its id; gives what a running line said."""

    def work(station: Station) -> Done[str]:
        from workstation.catalog.gauges import gauges

        with station.write(account) as unit:
            change(unit, next(one.id for one in gauges(unit) if one.source == source))
        return Done(station.tell_line(), (Change("gauge"),))

    return Operation(doing, work)


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

    return _on("capa", "entering the cause", account, capa.set_cause, uid, method, cause, similar, version=version)


def plan_action(
    uid: str, version: int, account: str, kind: ActionKind, description: str, owner: str, due: str
) -> Operation[Any]:
    """Plan an action."""
    from workstation.quality import capa

    return _on(
        "capa", "planning the action", account, capa.add_action, uid, kind, description, owner, due, version=version
    )


def complete_action(uid: str, action_uid: str, version: int, account: str, evidence: str) -> Operation[Any]:
    """Mark an action as done."""
    from workstation.quality import capa

    changes = (Change("capa", uid),)
    return _deed(
        "completing the action", account, changes,
        lambda unit: capa.complete_action(unit, action_uid, evidence, version=version),
    )  # fmt: skip


def set_criterion(uid: str, version: int, account: str, criterion: str, due: str) -> Operation[Any]:
    """Lay down by what the actions are judged."""
    from workstation.quality import capa

    return _on("capa", "laying down the criterion", account, capa.set_criterion, uid, criterion, due, version=version)


def mark_implemented(uid: str, version: int, account: str) -> Operation[Any]:
    """Say that every action is done."""
    from workstation.quality import capa

    return _on("capa", "marking the actions as implemented", account, capa.mark_implemented, uid, version=version)


def verify_effectiveness(uid: str, version: int, account: str, result: str, *, effective: bool) -> Operation[Any]:
    """Judge the actions by the criterion."""
    from workstation.quality import capa

    return _on(
        "capa", "entering the effectiveness check", account, capa.verify_effectiveness, uid, result,
        effective=effective, version=version,
    )  # fmt: skip


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
