"""Alarms: a judged subgroup broke a rule, or a watch of a channel saw something wrong; somebody acknowledges it.

An alarm of a channel also ends. That is noted by the line and changes nothing of what a person has to do: an alarm may
end before or after somebody took it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workstation.errors import CallIsWrong, Refused
from workstation.quality.evidence import log_decision
from workstation.quality.records import AlarmRecord
from workstation.store import Reader, Right, UnitOfWork
from workstation.store.journal import canonical_json
from workstation.store.mapping import func, select, value_of


class AlarmState(StrEnum):
    """An alarm waits for somebody, or somebody has taken it."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True)
class Alarm:
    """`rules` are the broken ones' names; times are UTC microseconds, `observed_at` of the subgroup's last value.

    An alarm of a channel has no limits, its one rule is the watch, and it began at `observed_at`. `seen` is what was
    wrong then, in a sentence. `ended` says why it is over, and is None while it lasts. A watch that saw the end gives
    `ended_at`; where nobody saw it, `seen_until` is up to when it surely lasted, None where even that is not known.
    """

    uid: str
    version: int
    characteristic_id: int
    subgroup: int
    rules: tuple[str, ...]
    limits_id: int | None
    raised_at: int
    observed_at: int
    state: AlarmState
    acknowledged_by: str | None
    acknowledged_at: int | None
    reaction_step: str | None
    seen: str | None
    ended_at: int | None
    seen_until: int | None
    ended: str | None


def raise_alarm(
    work: UnitOfWork,
    characteristic_id: int,
    subgroup: int,
    rules: tuple[str, ...],
    limits_id: int | None,
    observed_at: int,
    seen: str | None = None,
) -> Alarm:
    """A new alarm of a subgroup, or of a channel whose watch saw something."""
    work.require(Right.REACT)
    record = AlarmRecord(
        characteristic_id=characteristic_id, subgroup=subgroup, rules=_written(*rules), limits_id=limits_id,
        raised_at=work.now, observed_at=observed_at, state=str(AlarmState.RAISED), seen=seen,
    )  # fmt: skip
    return _alarm(work.add(record, "raise"))


def acknowledge(work: UnitOfWork, uid: str, reaction_step: str, *, version: int | None = None) -> Alarm:
    """Take an alarm: what was done at the station, in the words of the reaction plan."""
    work.require(Right.ACKNOWLEDGE)
    record = work.by_uid(AlarmRecord, uid, version=version)
    if record.state != AlarmState.RAISED:
        raise Refused(f"{record.acknowledged_by} acknowledged this alarm before.", "Look at the step that was taken.")
    _require_step(reaction_step)
    return _take(work, record, reaction_step)


MOST_AT_ONCE = 50
"""Alarms that one transaction acknowledges: a line that keeps readings meanwhile waits for no more than that."""


def acknowledge_earlier(work: UnitOfWork, uid: str, reaction_step: str) -> int:
    """Take an alarm and those of its characteristic that waited before it, with the same step.

    At most `MOST_AT_ONCE`, the oldest first; returns how many of them still wait. Raises Refused when none did.
    """
    work.require(Right.ACKNOWLEDGE)
    newest = work.by_uid(AlarmRecord, uid)
    earlier = _waiting([newest.characteristic_id]).where(AlarmRecord.id <= newest.id)
    found = work.all(earlier.order_by(AlarmRecord.id).limit(MOST_AT_ONCE))
    if not found:
        raise Refused("All of these alarms were acknowledged before.", "Look at the steps that were taken.")
    _require_step(reaction_step)
    for record in found:
        _take(work, record, reaction_step)
    return int(work.one(select(func.count()).select_from(earlier.subquery())) or 0)


def _require_step(reaction_step: str) -> None:
    if not reaction_step.strip():
        raise CallIsWrong("An alarm is acknowledged with the step that was taken.", "Say what you did at the station.")


def _take(work: UnitOfWork, record: AlarmRecord, reaction_step: str) -> Alarm:
    record.state = str(AlarmState.ACKNOWLEDGED)
    record.acknowledged_by, record.acknowledged_at = work.account, work.now
    record.reaction_step = reaction_step.strip()
    work.note(record, "acknowledge")
    work.flush()
    log_decision(work, "alarm", record.uid, "reaction step", [record.uid], record.observed_at)
    return _alarm(record)


@dataclass(frozen=True, slots=True)
class End:
    """How the alarm of a channel ended, as `Alarm` has it; `seen` where its record does not say yet what was wrong."""

    ended: str
    ended_at: int | None = None
    seen_until: int | None = None
    seen: str | None = None


def end_alarm(work: UnitOfWork, characteristic_id: int, watch: str, began_at: int, end: End) -> Alarm | None:
    """Note the end of the alarm that this watch began then; None when no such alarm lasts.

    An end before the beginning is none: the clock was set back meanwhile, and nothing is known but that it is over.
    """
    work.require(Right.REACT)
    record = work.one(
        _lasting(characteristic_id).where(AlarmRecord.rules == _written(watch), AlarmRecord.observed_at == began_at)
    )
    if record is None:
        return None
    times = [at for at in (end.ended_at, end.seen_until) if at is not None]
    if times and min(times) < began_at:
        record.ended = f"{end.ended}; the clock was set back meanwhile"
    else:
        record.ended, record.ended_at, record.seen_until = end.ended, end.ended_at, end.seen_until
    record.seen = record.seen or end.seen
    work.note(record, "end")
    work.flush()
    return _alarm(record)


def unended(reader: Reader) -> list[Alarm]:
    """Every alarm of a channel whose end is not noted, oldest first."""
    return [_alarm(record) for record in reader.all(_lasting().order_by(AlarmRecord.id))]


def lasting(reader: Reader, characteristic_id: int) -> list[Alarm]:
    """The alarms of a channel that last as far as is known, oldest first: at most one of each watch.

    One from before ends were noted does not count once its watch has raised another.
    """
    newest: dict[str, AlarmRecord] = {}
    for record in reader.all(_lasting(characteristic_id).order_by(AlarmRecord.id)):
        newest[record.rules] = record
    return [_alarm(record) for record in newest.values() if not _has_later(reader, record)]


def _lasting(characteristic_id: int | None = None) -> Any:
    statement = select(AlarmRecord).where(AlarmRecord.limits_id.is_(None), AlarmRecord.ended.is_(None))
    return statement if characteristic_id is None else statement.where(
        AlarmRecord.characteristic_id == characteristic_id
    )  # fmt: skip


def _has_later(reader: Reader, record: AlarmRecord) -> bool:
    of_its_watch = select(AlarmRecord).where(
        AlarmRecord.characteristic_id == record.characteristic_id, AlarmRecord.rules == record.rules,
        AlarmRecord.limits_id.is_(None), AlarmRecord.id > record.id,
    )  # fmt: skip
    return reader.one(of_its_watch.limit(1)) is not None


def alarms(reader: Reader, *, state: AlarmState | None = None, characteristic_id: int | None = None) -> list[Alarm]:
    """Alarms, newest first."""
    statement = select(AlarmRecord).order_by(AlarmRecord.id.desc())
    if state is not None:
        statement = statement.where(AlarmRecord.state == str(state))
    if characteristic_id is not None:
        statement = statement.where(AlarmRecord.characteristic_id == characteristic_id)
    return [_alarm(record) for record in reader.all(statement)]


def has_alarm(reader: Reader, characteristic_id: int, subgroup: int) -> bool:
    """Whether a subgroup has an alarm: of its chart, or of a channel's watch that was measuring it."""
    of_it = select(AlarmRecord.id).where(
        AlarmRecord.characteristic_id == characteristic_id, AlarmRecord.subgroup == subgroup
    )
    # asked apart: each kind has its own index, and together SQLite would use neither
    kinds = AlarmRecord.limits_id.is_not(None), AlarmRecord.limits_id.is_(None)
    return any(reader.one(of_it.where(kind).limit(1)) is not None for kind in kinds)


def waiting(reader: Reader, characteristics: Collection[int], most: int) -> list[Alarm]:
    """The newest `most` alarms of these characteristics that nobody has acknowledged, newest first."""
    statement = _waiting(characteristics).order_by(AlarmRecord.id.desc()).limit(most)
    return [_alarm(record) for record in reader.all(statement)]


def count_waiting(reader: Reader, characteristics: Collection[int]) -> dict[int, int]:
    """How many alarms of each of these characteristics nobody has acknowledged; none where there is none."""
    of_all = _waiting(characteristics).with_only_columns(AlarmRecord.characteristic_id, func.count())
    return {row[0]: row[1] for row in reader.rows(of_all.group_by(AlarmRecord.characteristic_id))}


def _waiting(characteristics: Collection[int]) -> Any:
    return select(AlarmRecord).where(
        AlarmRecord.acknowledged_at.is_(None), AlarmRecord.characteristic_id.in_(characteristics)
    )


def alarm(reader: Reader, uid: str) -> Alarm:
    """The alarm of this identity."""
    return _alarm(reader.by_uid(AlarmRecord, uid))


def _written(*rules: str) -> str:
    return canonical_json({"rules": list(rules)})


def _alarm(record: AlarmRecord) -> Alarm:
    rules = tuple(json.loads(record.rules)["rules"])
    return value_of(Alarm, record, rules=rules, state=AlarmState(record.state))
