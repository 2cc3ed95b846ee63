"""What a reading calls for, inside the reading's own transaction: an alarm with its investigation, a nonconformance.

A process that stays out of control or out of tolerance does not flood anybody: further alarms join the investigation
that is running, further values the nonconformance that is still open, each with its own evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from analysis.rule_words import said
from analysis.rules import SETS, RuleSet
from workstation.catalog.parts import characteristics
from workstation.catalog.values import Characteristic
from workstation.quality import evidence, links
from workstation.quality.alarms import End, end_alarm, raise_alarm
from workstation.quality.investigations import Investigation, open_investigation, running
from workstation.quality.nonconformances import NonconformanceState, Report, open_nonconformance
from workstation.quality.records import NonconformanceRecord
from workstation.store import Store, UnitOfWork
from workstation.store.mapping import select

MOST_READINGS = 50
"""Values that one nonconformance gathers before the next one is opened."""


class AlarmFacts(Protocol):
    """A judged subgroup that broke rules, such as the line's `OutOfControl`; values in the characteristic's unit."""

    @property
    def characteristic(self) -> Characteristic: ...
    @property
    def subgroup(self) -> int: ...
    @property
    def limits(self) -> int | None: ...
    @property
    def location(self) -> tuple[str, ...]: ...
    @property
    def dispersion(self) -> tuple[str, ...]: ...
    @property
    def mean(self) -> float: ...
    @property
    def spread(self) -> float: ...
    @property
    def values(self) -> Sequence[Decimal]: ...
    @property
    def observed_at(self) -> int: ...


class ToleranceFacts(Protocol):
    """A kept value outside the specification; the line's `OutOfTolerance` is one. `sent` is what the gauge said."""

    @property
    def characteristic(self) -> Characteristic: ...
    @property
    def subgroup(self) -> int: ...
    @property
    def position(self) -> int: ...
    @property
    def value(self) -> Decimal: ...
    @property
    def sent(self) -> Decimal: ...
    @property
    def unit(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def observed_at(self) -> int: ...


class ChannelFacts(Protocol):
    """A continuous channel in trouble, such as the line's `ChannelTrouble`; `observed_at` in UTC microseconds."""

    @property
    def characteristic(self) -> Characteristic: ...
    @property
    def subgroup(self) -> int: ...
    @property
    def channel(self) -> str: ...
    @property
    def watch(self) -> str: ...
    @property
    def sentence(self) -> str: ...
    @property
    def value(self) -> Decimal | None: ...
    @property
    def observed_at(self) -> int: ...


class EndFacts(Protocol):
    """The end of a continuous channel's trouble, such as the line's `TroubleEnded`; times in UTC microseconds."""

    @property
    def characteristic(self) -> int: ...
    @property
    def watch(self) -> str: ...
    @property
    def began_at(self) -> int: ...
    @property
    def sentence(self) -> str: ...
    @property
    def ended_at(self) -> int | None: ...
    @property
    def seen_until(self) -> int | None: ...
    @property
    def seen(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """The identities of the alarm and of the investigation that it opened or joined."""

    alarm: str
    investigation: str


def react_to_alarm(work: UnitOfWork, facts: AlarmFacts) -> Opened:
    """Raise an alarm and open an investigation with its evidence, or join the one that is running."""
    what = facts.characteristic
    rules = tuple(dict.fromkeys((*facts.location, *facts.dispersion)))
    alarm = raise_alarm(work, what.id, facts.subgroup, rules, facts.limits, facts.observed_at)
    investigation = running(work, what.id)
    relation = "joined"
    if investigation is None:
        investigation, relation = _investigate(work, facts, rules), "opened"
    links.link(work, "alarm", alarm.uid, "investigation", investigation.uid, relation)
    return Opened(alarm.uid, investigation.uid)


def react_to_channel(work: UnitOfWork, facts: ChannelFacts) -> Opened:
    """Raise an alarm of a continuous channel and open an investigation with its evidence, or join the running one."""
    what = facts.characteristic
    alarm = raise_alarm(work, what.id, facts.subgroup, (facts.watch,), None, facts.observed_at, facts.sentence)
    investigation = running(work, what.id)
    relation = "joined"
    if investigation is None:
        snapshot: dict[str, Any] = {
            **evidence.about(work, what),
            **evidence.named(work, what.id, facts.subgroup),
            "subgroup": facts.subgroup,
            "channel": facts.channel,
            "watch": facts.watch,
            "seen": facts.sentence,
            "value": facts.value,
            "before": evidence.subgroups_before(work, what.id, facts.subgroup),
            "observed_at": facts.observed_at,
            "account": work.account,
        }
        title = f"{what.name}: channel {facts.watch} ({facts.sentence})"
        investigation = open_investigation(
            work, title, snapshot, characteristic_id=what.id, reason="alarm of a continuous channel"
        )
        relation = "opened"
    links.link(work, "alarm", alarm.uid, "investigation", investigation.uid, relation)
    return Opened(alarm.uid, investigation.uid)


def react_to_channel_end(work: UnitOfWork, facts: EndFacts) -> None:
    """Note in the alarm's record that it is over; the alarm of a watch that began otherwise or never is left alone.

    Whether it waits for somebody, and its investigation, stay as they are: a climate that came back by itself was out.
    """
    end = End(facts.sentence, facts.ended_at, facts.seen_until, facts.seen)
    end_alarm(work, facts.characteristic, facts.watch, facts.began_at, end)


class _Rehearsed(Exception):  # noqa: N818 - not an error: it undoes a rehearsal
    pass


@dataclass(frozen=True, slots=True)
class _Rehearsal:
    """Facts of a reading that nobody took."""

    characteristic: Characteristic
    subgroup: int = 0
    position: int = 0
    limits: int | None = None
    location: tuple[str, ...] = ()
    dispersion: tuple[str, ...] = ()
    mean: float = 0.0
    spread: float = 0.0
    values: tuple[Decimal, ...] = ()
    value: Decimal = Decimal(0)
    sent: Decimal = Decimal(0)
    unit: str = ""
    source: str = ""
    observed_at: int = 0


def rehearse(store: Store, account: str) -> None:
    """Go through both reactions once and undo them, so that the first real alarm is as quick as the others.

    What is rehearsed is the program's own loading (a tenth of a second); nothing is written.
    """
    with suppress(_Rehearsed), store.write(account) as work:
        known = characteristics(work)
        if known:
            react_to_alarm(work, _Rehearsal(known[0]))
            react_to_out_of_tolerance(work, _Rehearsal(known[0]))
        raise _Rehearsed


def _investigate(work: UnitOfWork, facts: AlarmFacts, rules: tuple[str, ...]) -> Investigation:
    what = facts.characteristic
    snapshot: dict[str, Any] = {
        **evidence.about(work, what),
        **evidence.named(work, what.id, facts.subgroup),
        "subgroup": facts.subgroup,
        "values": facts.values,
        "mean": facts.mean,
        "spread": facts.spread,
        "rules_location": facts.location,
        "rules_dispersion": facts.dispersion,
        "limits_id": facts.limits,
        "limits": evidence.control_limits(work, facts.limits),
        "kept": evidence.readings_of(work, what.id, facts.subgroup),
        "before": evidence.subgroups_before(work, what.id, facts.subgroup),
        "observed_at": facts.observed_at,
        "account": work.account,
    }
    told = "; ".join(said(code, _rule_set(what)) for code in rules)
    title = f"{what.name}: subgroup {facts.subgroup} out of control ({told})"
    return open_investigation(work, title, snapshot, characteristic_id=what.id, reason="alarm of the control chart")


def _rule_set(what: Characteristic) -> RuleSet | None:
    """The named set of the characteristic; one of its own has codes of its own."""
    return SETS.get(what.rules)


def react_to_out_of_tolerance(work: UnitOfWork, facts: ToleranceFacts) -> str:
    """Open a nonconformance for a value, or add it to the open one of its characteristic; returns its identity."""
    reading = {
        "subgroup": facts.subgroup,
        "position": facts.position,
        "value": facts.value,
        "sent": f"{facts.sent} {facts.unit}",
        "source": facts.source,
        "observed_at": facts.observed_at,
        **evidence.named(work, facts.characteristic.id, facts.subgroup, facts.position),
    }
    kept = evidence.readings_of(work, facts.characteristic.id, facts.subgroup)
    reading["account"] = next((one["account"] for one in kept if one["position"] == facts.position), work.account)
    gathering = _gathering(work, facts.characteristic.id)
    if gathering is not None:
        return _add(work, gathering, reading)
    what = facts.characteristic
    snapshot = {
        **evidence.about(work, what),
        "readings": [reading],
        "observed_at": facts.observed_at,
        "account": work.account,
    }
    report = Report(
        nature=f"{what.name} {facts.value} {what.unit} is outside {_specification(what)}", quantity=1,
        observed_at=facts.observed_at, evidence=snapshot, characteristic_id=what.id, subgroup=facts.subgroup,
        position=facts.position,
    )  # fmt: skip
    opened = open_nonconformance(work, report, reason="value out of tolerance")
    investigation = running(work, what.id)
    if investigation is not None:
        links.link(work, "nonconformance", opened.uid, "investigation", investigation.uid, "arose during")
    return opened.uid


def _gathering(work: UnitOfWork, characteristic_id: int) -> NonconformanceRecord | None:
    statement = select(NonconformanceRecord).where(
        NonconformanceRecord.characteristic_id == characteristic_id,
        NonconformanceRecord.state == str(NonconformanceState.OPEN),
        NonconformanceRecord.subgroup.is_not(None),
        NonconformanceRecord.quantity < MOST_READINGS,
    )
    return work.one(statement.order_by(NonconformanceRecord.id.desc()).limit(1))


def _add(work: UnitOfWork, record: NonconformanceRecord, reading: dict[str, Any]) -> str:
    snapshot = evidence.facts_of(record.evidence)
    snapshot["readings"].append(reading)
    record.evidence = evidence.written(snapshot)
    record.quantity = len(snapshot["readings"])
    work.note(record, "extend", reason="value out of tolerance")
    work.flush()
    return record.uid


def _specification(what: Characteristic) -> str:
    lower, upper = what.lower_specification, what.upper_specification
    if lower is None:
        return f"at most {upper} {what.unit}"
    return f"at least {lower} {what.unit}" if upper is None else f"{lower} to {upper} {what.unit}"
