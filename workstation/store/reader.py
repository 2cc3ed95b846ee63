"""Reading mapped records: what a reading session and a unit of work have in common."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from workstation.errors import CallIsWrong, Refused
from workstation.store import journal, window
from workstation.store.connection import Channel
from workstation.store.measurements import BatchFacts, BatchRows, Measurement, RefusedReading, rows_of_entry

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

    from workstation.store.guard import GuardedSession
    from workstation.store.mapping import Record

R = TypeVar("R", bound="Record")
T = TypeVar("T")


class Reader:
    """A consistent view of the store for as long as its block lasts.

    Mapped records fetched here must not leave the block: services turn them into frozen values.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._session: GuardedSession | None = None
        self._connection: Connection | None = None

    @property
    def raw(self) -> sqlite3.Connection:
        """The raw connection, for the store's own functions."""
        return self._channel.raw

    @property
    def session(self) -> GuardedSession:
        """The mapper's session, opened when first asked for."""
        if self._session is None:
            self._session = self._open_session()
        return self._session

    def _open_session(self) -> GuardedSession:
        from workstation.store.guard import GuardedSession

        connection = self._connection = self._channel.engine.connect()
        session = GuardedSession(bind=connection, autoflush=True, expire_on_commit=False)
        connection.info["session"] = session
        return session

    def close(self) -> None:
        """Let go of every record that was fetched here."""
        session, self._session = self._session, None
        if session is not None:
            connection = self._connection
            session.close()
            if connection is not None:
                connection.info.pop("session", None)
                connection.close()

    def last_subgroups(self, characteristic: int, count: int, *, up_to: int | None = None) -> window.SubgroupWindow:
        """The last `count` closed subgroups of a characteristic, up to and including `up_to`, as arrays."""
        return window.last_subgroups(self.raw, characteristic, count, up_to=up_to)

    def measurements(
        self, characteristic: int, first: int = 1, last: int = window.NO_END, *, versions: bool = False
    ) -> list[Measurement]:
        """The values of subgroups `first` to `last`; with `versions` the ones that were corrected too."""
        return window.measurements_between(self.raw, characteristic, first, last, versions=versions)

    def measurements_observed(
        self, characteristic: int, since: int, until: int, *, versions: bool = False
    ) -> list[Measurement]:
        """The values observed from `since` up to and without `until`, in UTC microseconds."""
        return window.measurements_observed(self.raw, characteristic, since, until, versions=versions)

    def newest_judgement(self, characteristic: int, subgroup: int) -> int:
        """The newest version of a closed subgroup's judgement, 0 when it was not closed."""
        return window.newest_judgement(self.raw, characteristic, subgroup)

    def refused_readings(self, limit: int = 100) -> list[RefusedReading]:
        """The last records that did not become values, newest first."""
        return window.refused_readings(self.raw, limit)

    def resume_point(self, characteristic: int) -> window.ResumePoint:
        """Where the line goes on after a stop."""
        return window.resume_point(self.raw, characteristic)

    def counts(self) -> window.Counts:
        """How much the station holds."""
        return window.counts(self.raw)

    def journal_after(self, seq: int, limit: int = 500) -> list[journal.JournalEntry]:
        """At most `limit` journal entries after `seq`, oldest first."""
        return journal.entries_after(self.raw, seq, limit)

    def journal_latest(self, limit: int = 100, *, kind: str | None = None) -> list[journal.JournalEntry]:
        """The last `limit` journal entries, newest first, of one kind when named."""
        return journal.latest(self.raw, limit, kind=kind)

    def journal_head(self) -> tuple[int, str]:
        """Sequence and hash of the last journal entry."""
        return journal.head(self.raw)

    def kinds_after(self, seq: int) -> set[str]:
        """What kinds of records the journal entries after `seq` are about; readings are `measurement_batch`."""
        return journal.kinds_after(self.raw, seq)

    def history(self, kind: str, record_id: str) -> list[journal.JournalEntry]:
        """Every journal entry of one record, oldest first."""
        return journal.history(self.raw, kind, record_id)

    def batch_rows(self, entry: journal.JournalEntry) -> BatchRows:
        """The rows a batch's entry covers, in the canonical form that its digest is made of."""
        return rows_of_entry(self.raw, entry.seq, entry.changes_as(BatchFacts))

    def get(self, kind: type[R], number: int, *, version: int | None = None) -> R:
        """The record with this id; `version` is the one the person was looking at, and a newer one is refused."""
        record = self.session.get(kind, number)
        if record is None:
            raise CallIsWrong(f"There is no {_name(kind)} {number}.", "List what there is and choose from that.")
        return _checked(record, version)

    def by_uid(self, kind: type[R], uid: str, *, version: int | None = None) -> R:
        """The record with this identity, as `get`."""
        from sqlalchemy import select

        record = self.session.scalar(select(kind).where(kind.uid == uid))
        if record is None:
            raise CallIsWrong(f"There is no {_name(kind)} {uid}.", "List what there is and choose from that.")
        return _checked(record, version)

    def one(self, statement: Select[T]) -> T | None:
        """The first row's only column, or None."""
        return self.session.scalars(statement).first()

    def all(self, statement: Select[T]) -> Sequence[T]:
        """The only column of every row."""
        return self.session.scalars(statement).all()

    def rows(self, statement: Select[Any]) -> Sequence[Any]:
        """Every row, whole."""
        return self.session.execute(statement).all()


def _name(kind: type[Record]) -> str:
    return str(kind.__tablename__).replace("_", " ")


def _checked(record: R, version: int | None) -> R:
    if version is not None and record.version != version:
        raise Refused(
            f"{_name(type(record)).capitalize()} {record.uid} was changed in the meantime: you saw version {version}, "
            f"it is now version {record.version}.",
            "Look at it again and repeat the change.",
        )
    return record
