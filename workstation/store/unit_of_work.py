"""The unit of work: records and readings written together with their journal entries, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from workstation.errors import Bug, CallIsWrong, Refused
from workstation.store import journal, measurements, window
from workstation.store.clock import Clock
from workstation.store.connection import Channel
from workstation.store.identity import uuid7
from workstation.store.measurements import BatchRows, MeasurementBatch, Terms
from workstation.store.reader import Reader
from workstation.store.rights import Right, Standing, standing

if TYPE_CHECKING:
    from workstation.store.guard import GuardedSession
    from workstation.store.mapping import Record

R = TypeVar("R", bound="Record")
_VERSION = measurements.MEASUREMENT_FIELDS.index("version")
_REMARK = measurements.MEASUREMENT_FIELDS.index("remark")


@dataclass(slots=True)
class _Change:
    """What this unit of work does to one record: becomes one journal entry."""

    record: Record
    base_version: int | None
    verb: str
    reason: str
    signature: str | None = None
    fields: dict[str, list[Any]] = field(default_factory=dict)


class UnitOfWork(Reader):
    """One transaction on behalf of `account`. Every record it adds or changes becomes one journal entry at commit."""

    def __init__(
        self, channel: Channel, *, terms: Terms, clock: Clock, station: str, account: str, reason: str
    ) -> None:
        super().__init__(channel)
        self.account = account
        self.standing: Standing = standing(channel.raw, account)
        self.reason = reason
        self.station = station
        self.now = clock.microseconds()
        self.local_offset = clock.offset_minutes()
        self.entries: tuple[journal.JournalEntry, ...] = ()
        self._terms = terms
        self._head: tuple[int, str] | None = None
        self._changes: dict[str, _Change] = {}
        self._failed = False

    def require(self, right: Right) -> None:
        """Raise NotPermitted unless this unit of work's account may do this."""
        self.standing.require(right)

    def journal_head(self) -> tuple[int, str]:
        """Sequence and hash of the last journal entry, with what this unit of work has entered."""
        if self._head is None:  # nobody else can move it before this unit of work ends
            self._head = super().journal_head()
        return self._head

    def _enter(self, values: tuple[Any, ...]) -> journal.JournalEntry:
        """Write one journal entry behind the last."""
        entry = journal.append(self.raw, values, *self.journal_head())
        self._head = entry.seq, entry.hash
        self.entries = (*self.entries, entry)
        return entry

    def new_uid(self) -> str:
        """A fresh identity."""
        return uuid7(self.now)

    def add(
        self, record: R, verb: str = "create", *, reason: str = "", signature: Mapping[str, Any] | None = None
    ) -> R:
        """Take a new record in; it gets its id, identity and version 1 at once."""
        if record.uid is None:
            record.uid = self.new_uid()
        record.version = 1
        self._changes[record.uid] = _Change(record, None, self._full_verb(record, verb), reason or self.reason)
        self._sign(self._changes[record.uid], signature)
        self.session.add(record)
        self.flush()
        return record

    def note(self, record: Record, verb: str, *, reason: str = "", signature: Mapping[str, Any] | None = None) -> None:
        """Say what is being done to a record that this unit of work changes: its journal entry's verb and reason.

        A noted record gets an entry even when no field changed: somebody did something to it.
        """
        change = self._change_of(record)
        if change.base_version is not None:
            change.verb = self._full_verb(record, verb)
        change.reason = reason or change.reason
        self._sign(change, signature)

    def append_measurements(self, batch: MeasurementBatch, *, reason: str = "") -> None:
        """Keep a batch of readings, judged subgroups and refused records as one journal entry with a digest.

        The rows are written at once, so that what this unit of work does next sees them (evidence of an alarm).
        """
        self.append_rows(measurements.portable_rows(batch), reason=reason)

    def append_rows(self, rows: BatchRows, *, reason: str = "") -> None:
        """Keep a batch that is made of rows already, as `append_measurements` does; sorts them in place."""
        self.require(Right.MEASURE)
        _spell_nul(rows)
        rows.sort()
        if any(row[_VERSION] > 1 for row in rows.measurements):
            self._check_corrections(rows, reason or self.reason)
        if not rows.count:
            return
        self._failed = True  # until it is whole: a caller that swallows what is raised here must not commit the half
        self.flush()
        entry = self._enter(self._batch_values(rows, reason or self.reason))
        measurements.insert_rows(self.raw, rows, self._terms, entry.seq)
        kept = len(rows.measurements), len(rows.subgroups), len(rows.refused)
        journal.move_head(self.raw, entry.seq, entry.hash, kept)
        self._failed = False

    def _check_corrections(self, rows: BatchRows, reason: str) -> None:
        """A correction needs its right and a reason, and follows the version before it: nothing is overwritten."""
        self.require(Right.CORRECT)
        if not reason.strip():
            raise CallIsWrong("A kept value is corrected only with a reason.", "Say why the first value was wrong.")
        for characteristic, subgroup, position, version, *_ in rows.measurements:
            kept = window.newest_version(self.raw, characteristic, subgroup, position)
            if version > 1 and kept != version - 1:
                raise Refused(
                    f"Subgroup {subgroup} position {position} has version {kept}: version {version} cannot follow it.",
                    "Look at the value again and repeat the correction.",
                )

    def flush(self) -> None:
        """Send changed records to the database, still inside the transaction; their versions are then final."""
        if self._session is not None:
            self._session.flush()

    def _open_session(self) -> GuardedSession:
        from sqlalchemy import event

        session = super()._open_session()
        event.listen(session, "before_flush", self._before_flush)
        return session

    def _before_flush(self, session: GuardedSession, *_: Any) -> None:
        for record in (*session.new, *session.dirty):
            if record in session.new:
                if record.uid not in self._changes:
                    raise Bug("A record entered the session around UnitOfWork.add.")
                self._collect(self._changes[record.uid], new=True)
            elif session.is_modified(record):
                self._collect(self._change_of(record), new=False)

    def _change_of(self, record: Record) -> _Change:
        change = self._changes.get(record.uid)
        if change is None:
            change = _Change(record, record.version, self._full_verb(record, "change"), self.reason)
            self._changes[record.uid] = change
            record.version += 1
        return change

    def _collect(self, change: _Change, *, new: bool) -> None:
        from sqlalchemy import inspect

        state = inspect(change.record)
        for column in state.mapper.column_attrs:
            if column.key in ("id", "version"):
                continue
            secret = bool(column.columns[0].info.get("secret"))
            past = state.attrs[column.key].history
            if new:
                value = journal_value(getattr(change.record, column.key), secret=secret)
                change.fields[column.key] = [None, value]
            elif past.has_changes():
                old = journal_value(past.deleted[0] if past.deleted else None, secret=secret)
                value = journal_value(past.added[0] if past.added else None, secret=secret)
                change.fields[column.key] = [change.fields.get(column.key, [old])[0], value]

    @staticmethod
    def _full_verb(record: Record, verb: str) -> str:
        return f"{record.__tablename__}.{verb}"

    @staticmethod
    def _sign(change: _Change, signature: Mapping[str, Any] | None) -> None:
        if signature is not None:
            change.signature = journal.canonical_json(signature)

    def finish(self) -> None:
        """Write the journal entries of changed records; the caller commits."""
        if self._failed or not self.raw.in_transaction:
            raise Bug("A unit of work was continued after one of its writes had failed.")
        self.flush()
        if not self._changes:
            return
        for change in self._changes.values():
            self._enter(self._record_values(change))
        journal.move_head(self.raw, *self.journal_head())

    def _record_values(self, change: _Change) -> tuple[Any, ...]:
        record = change.record
        return (
            self.new_uid(), self.now, self.local_offset, self.station, self.account, change.verb,
            record.__tablename__, record.uid, change.base_version, record.version,
            journal.canonical_json(change.fields), plain_text(change.reason), change.signature,
        )  # fmt: skip

    def _batch_values(self, rows: BatchRows, reason: str) -> tuple[Any, ...]:
        entry_id = self.new_uid()
        return (
            entry_id, self.now, self.local_offset, self.station, self.account, "measurement.append",
            measurements.BATCH_KIND, entry_id, None, None,
            journal.canonical_json(measurements.batch_facts(rows)), plain_text(reason), None,
        )  # fmt: skip


def _spell_nul(rows: BatchRows) -> None:
    """Write the character NUL as its symbol where words quote what an instrument sent; `raw` has the bytes as sent."""
    for index, row in enumerate(rows.measurements):
        if row[_REMARK] is not None and "\0" in row[_REMARK]:
            rows.measurements[index] = (*row[:_REMARK], row[_REMARK].replace("\0", "\u2400"), *row[_REMARK + 1 :])
    for index, row in enumerate(rows.refused):
        rows.refused[index] = tuple(word.replace("\0", "\u2400") if isinstance(word, str) else word for word in row)


def plain_text(text: str) -> str:
    """A text that every database can hold: raises CallIsWrong for one with the character NUL, which some cannot."""
    if "\0" in text:
        shown = text.replace("\0", "\\0")
        raise CallIsWrong(f"The text {shown[:60]!r} holds the character NUL.", "Write it again without that character.")
    return text


def journal_value(value: Any, *, secret: bool = False) -> Any:
    """How a field's value stands in the journal: decimals as text, secrets as their digest."""
    if value is None:
        return None
    if secret:
        return {"sha256": hashlib.sha256(str(value).encode()).hexdigest()}
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, bool | int | float):
        return value
    raise Bug(f"A field of type {type(value).__name__} has no form in the journal.")
