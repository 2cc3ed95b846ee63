"""Numbers that people say aloud: NC-2026-0001, counted by kind and year, never given twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from workstation.quality.records import NumberedRecord
from workstation.store import UnitOfWork
from workstation.store.mapping import select


def next_number(work: UnitOfWork, kind: type[NumberedRecord], prefix: str) -> str:
    """The next free number of this kind in the station's local year."""
    series = f"{prefix}-{local_day(work):%Y}-"
    last = work.one(select(kind.number).where(kind.number.like(f"{series}%")).order_by(kind.id.desc()).limit(1))
    return f"{series}{int(last.removeprefix(series)) + 1 if last else 1:04}"


def local_day(work: UnitOfWork) -> datetime:
    """The unit of work's time as the station's clock on the wall shows it."""
    return datetime.fromtimestamp(work.now / 1e6, UTC) + timedelta(minutes=work.local_offset)
