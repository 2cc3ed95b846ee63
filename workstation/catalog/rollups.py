"""Minutes and hours of continuous channels: kept for ever, merged exactly when a slot comes in pieces."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from devices.channels.aggregate import Aggregate
from workstation.catalog.records import RollUpRecord
from workstation.store import Reader, Right, UnitOfWork
from workstation.store.mapping import select

MICROSECOND = 1000
MINUTE = 60_000_000
HOUR = 60 * MINUTE


class Period(StrEnum):
    """How long a slot is."""

    MINUTE = "minute"
    HOUR = "hour"


_COLUMNS = ("characteristic_id", "period", "unit", "start", "count", "bad", "total", "squares", "minimum", "maximum",
            "first_at", "last_at")  # fmt: skip
_WIDTHS = {Period.MINUTE: MINUTE, Period.HOUR: HOUR}


@dataclass(frozen=True, slots=True)
class RollUp:
    """One slot of a characteristic; `start` in UTC microseconds, `values` in `unit` (its times in microseconds)."""

    characteristic_id: int
    period: Period
    unit: str
    values: Aggregate

    @property
    def start(self) -> int:
        """When the slot begins."""
        return self.values.start

    @property
    def count(self) -> int:
        """How many values it holds."""
        return self.values.count

    @property
    def mean(self) -> Decimal | None:
        """Arithmetic mean; None without values."""
        return self.values.mean

    @property
    def standard_deviation(self) -> Decimal | None:
        """Sample standard deviation; None below two values."""
        return self.values.standard_deviation


def keep_minute(work: UnitOfWork, characteristic_id: int, unit: str, piece: Aggregate) -> None:
    """Keep a minute, or one more piece of it, with times in nanoseconds as the channels' library tells them.

    An hour is made of its minutes when the next hour's first minute is kept, and again when a minute comes late: so
    no stop of the line, however sudden, costs any of it.
    """
    work.require(Right.MEASURE)
    minute = _in_microseconds(piece, str(characteristic_id))
    _merge(work, characteristic_id, unit, minute)
    hour = minute.start - minute.start % HOUR
    if _record(work, characteristic_id, Period.HOUR, hour) is not None:
        _keep_hour(work, characteristic_id, unit, hour)
    before = select(RollUpRecord.start).where(
        RollUpRecord.characteristic_id == characteristic_id,
        RollUpRecord.period == str(Period.MINUTE),
        RollUpRecord.start < hour,
    )
    last = work.one(before.order_by(RollUpRecord.start.desc()).limit(1))
    if last is not None and _record(work, characteristic_id, Period.HOUR, last - last % HOUR) is None:
        _keep_hour(work, characteristic_id, unit, last - last % HOUR)


def rollups(
    reader: Reader, characteristic_id: int, period: Period, *, since: int = 0, until: int = 2**62
) -> list[RollUp]:
    """The slots that begin from `since` up to and without `until` (UTC microseconds), oldest first."""
    statement = _of(characteristic_id, period).where(RollUpRecord.start >= since, RollUpRecord.start < until)
    return [_made(*row) for row in reader.rows(statement.order_by(RollUpRecord.start))]


def rollups_so_far(
    reader: Reader, characteristic_id: int, period: Period, *, since: int = 0, until: int = 2**62
) -> list[RollUp]:
    """As `rollups`, and the hours that run or were not made yet as far as their minutes go."""
    kept = rollups(reader, characteristic_id, period, since=since, until=until)
    if period is Period.MINUTE:
        return kept
    last = last_rollup(reader, characteristic_id, Period.HOUR)
    after = max(since - since % HOUR, 0 if last is None else last.start + HOUR)
    running: dict[int, Aggregate] = {}
    for minute in rollups(reader, characteristic_id, Period.MINUTE, since=after):
        piece = minute.values.widened(HOUR)
        known = running.get(piece.start)
        running[piece.start] = piece if known is None else known.merge(piece)
        unit = minute.unit
    return kept + [
        RollUp(characteristic_id, Period.HOUR, unit, hour)
        for start, hour in sorted(running.items())
        if since <= start < until
    ]


def rolled_up(reader: Reader) -> list[int]:
    """The characteristics that have minutes; one step of the index for each, however many slots there are."""
    found: list[int] = []
    while True:
        after = select(RollUpRecord.characteristic_id).where(
            RollUpRecord.characteristic_id > (found[-1] if found else -1)
        )
        number = reader.one(after.order_by(RollUpRecord.characteristic_id).limit(1))
        if number is None:
            return found
        found.append(number)


def last_rollup(reader: Reader, characteristic_id: int, period: Period) -> RollUp | None:
    """The newest slot that is kept."""
    rows = reader.rows(_of(characteristic_id, period).order_by(RollUpRecord.start.desc()).limit(1))
    return _made(*rows[0]) if rows else None


def first_rollup(reader: Reader, characteristic_id: int, period: Period) -> RollUp | None:
    """The oldest slot that is kept."""
    rows = reader.rows(_of(characteristic_id, period).order_by(RollUpRecord.start).limit(1))
    return _made(*rows[0]) if rows else None


def rollup_at(reader: Reader, characteristic_id: int, period: Period, start: int) -> RollUp | None:
    """The slot that begins at `start` (UTC microseconds)."""
    rows = reader.rows(_of(characteristic_id, period).where(RollUpRecord.start == start))
    return _made(*rows[0]) if rows else None


def _of(characteristic_id: int, period: Period) -> Any:
    """Plain columns and no mapped records: a year of hours is read in one go."""
    return select(*(getattr(RollUpRecord, name) for name in _COLUMNS)).where(
        RollUpRecord.characteristic_id == characteristic_id, RollUpRecord.period == str(period)
    )


def _in_microseconds(piece: Aggregate, name: str) -> Aggregate:
    return replace(
        piece, channel=name, start=piece.start // MICROSECOND, width=piece.width // MICROSECOND,
        first_at=piece.first_at // MICROSECOND, last_at=piece.last_at // MICROSECOND,
    )  # fmt: skip


def _record(reader: Reader, characteristic_id: int, period: Period, start: int) -> RollUpRecord | None:
    return reader.one(
        select(RollUpRecord).where(
            RollUpRecord.characteristic_id == characteristic_id,
            RollUpRecord.period == str(period),
            RollUpRecord.start == start,
        )
    )


def _keep_hour(work: UnitOfWork, characteristic_id: int, unit: str, start: int) -> None:
    hour = Aggregate(str(characteristic_id), start, HOUR)
    for minute in rollups(work, characteristic_id, Period.MINUTE, since=start, until=start + HOUR):
        hour = hour.merge(minute.values.widened(HOUR))
    _write(work, characteristic_id, unit, hour, Period.HOUR)


def _merge(work: UnitOfWork, characteristic_id: int, unit: str, minute: Aggregate) -> None:
    known = _record(work, characteristic_id, Period.MINUTE, minute.start)
    whole = minute if known is None else _rollup(known).values.merge(minute)
    _write(work, characteristic_id, unit, whole, Period.MINUTE)


def _write(work: UnitOfWork, characteristic_id: int, unit: str, slot: Aggregate, period: Period) -> None:
    record = _record(work, characteristic_id, period, slot.start)
    new = record is None
    if record is None:
        record = RollUpRecord(characteristic_id=characteristic_id, period=str(period), start=slot.start, unit=unit)
    record.count, record.bad = slot.count, slot.bad
    record.total, record.squares = slot.total, slot.squares
    record.minimum, record.maximum = slot.minimum, slot.maximum
    record.first_at, record.last_at = slot.first_at, slot.last_at
    if new:
        work.add(record, "keep")
    else:
        work.note(record, "extend")
        work.flush()


def _rollup(record: RollUpRecord) -> RollUp:
    return _made(*(getattr(record, name) for name in _COLUMNS))


def _made(number: int, period: str, unit: str, *values: Any) -> RollUp:
    """A slot of its columns."""
    of = Period(period)
    start, *rest = values
    return RollUp(number, of, unit, Aggregate(str(number), start, _WIDTHS[of], *rest))
