"""Takes pushed entries: recomputed, numbered without gaps, kept with their readings, answered one by one."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from workstation.errors import SurroundingsFailed
from workstation.hub import schema
from workstation.hub.admission import Refusal, check_entry, unwritable
from workstation.hub.database import Database
from workstation.hub.epoch import Mark, was_restored
from workstation.hub.stations import Station, note_security_event, station_of
from workstation.store.clock import Clock
from workstation.store.identity import uuid7
from workstation.store.journal import COLUMNS
from workstation.store.measurements import MEASUREMENT_FIELDS, REFUSED_FIELDS, SUBGROUP_FIELDS
from workstation.wire.messages import Entry, Head, Push, PushReply, Result
from workstation.wire.totals import Totals

LOG = logging.getLogger("sinebar.hub")
APPLIED, DUPLICATE, CONFLICT, REJECTED = "applied", "duplicate", "conflict", "rejected"


class Intake:
    """The one place where the hub's records are written."""

    def __init__(self, database: Database, mark: Mark, clock: Clock) -> None:
        self._database = database
        self._mark = mark
        self._clock = clock
        self._lock = threading.Lock()
        self._settle_epoch()

    def _settle_epoch(self) -> None:
        with self._database.writing() as connection:
            identity = connection.execute(select(schema.IDENTITY)).one()
            if was_restored(self._mark.read(), identity.epoch, identity.last):
                self._begin_epoch(connection, "the database is older than its mark: it was put back from a backup")
        with self._database.reading() as connection:
            identity = connection.execute(select(schema.IDENTITY)).one()
        self._mark.reached(identity.epoch, identity.last)
        self._mark.write()

    def _begin_epoch(self, connection: Connection, why: str) -> None:
        now = self._clock.microseconds()
        connection.execute(update(schema.IDENTITY).values(epoch=uuid7(now)))
        note_security_event(connection, now, "", "new epoch", why)

    def push(self, station: Station, message: Push) -> PushReply:
        """Take the entries in order up to the first that is refused; the rest then waits for that one."""
        with self._lock:
            with self._database.writing() as connection:
                try:
                    with connection.begin_nested():
                        reply = self._take(connection, station, message.entries)
                except IntegrityError:
                    # Some row collides with one that is kept already: find which, one entry at a time.
                    reply = self._take_singly(connection, station, message.entries)
            self._remember(reply)
        return reply

    def _remember(self, reply: PushReply) -> None:
        """Move the mark, after the commit: a mark ahead of the database would look like a restored backup."""
        numbers = [r.hub_seq for r in reply.results if r.outcome == APPLIED and r.hub_seq is not None]
        if numbers:
            try:
                self._mark.reached(reply.head.epoch, max(numbers))
            except SurroundingsFailed as error:
                LOG.warning("%s", error)  # the entries are kept; the next push tries the mark again

    def acknowledged_beyond(self, station: Station, acknowledged: int, epoch: str) -> None:
        """A station holds our acknowledgement for more than is here: we are a restored copy, and begin a new epoch."""
        with self._lock, self._database.writing() as connection:
            identity = connection.execute(select(schema.IDENTITY)).one()
            count = self._locked(connection, station).totals.count
            if identity.epoch == epoch and acknowledged > count:
                why = f"{station.name} was acknowledged up to {acknowledged}, but only {count} entries are here"
                self._begin_epoch(connection, why)

    def _locked(self, connection: Connection, station: Station) -> Station:
        rows = connection.execute(select(schema.STATION).where(schema.STATION.c.id == station.id).with_for_update())
        return station_of(rows.mappings().one())

    def _take(self, connection: Connection, station: Station, entries: Sequence[Entry]) -> PushReply:
        station = self._locked(connection, station)
        totals = station.totals
        taken: list[Entry] = []
        results: list[Result] = []
        known = self._known(connection, station, entries)
        used = self._used(connection, station, entries)
        for entry in entries:
            outcome: Result | Refusal | Totals
            if (unfit := unwritable(entry)) is not None:  # before any other word about it is written down
                outcome = unfit
            elif entry.seq <= station.totals.count:
                outcome = self._compare(connection, station, entry, known.get(entry.seq))
            elif entry.seq <= totals.count:
                outcome = _repeated(entry, taken)
            else:
                outcome = _COPIED if entry.entry_id in used else check_entry(entry, station.name, totals)
            if isinstance(outcome, Totals):
                totals = outcome
                taken.append(entry)
                outcome = Result(entry.seq, APPLIED)
            elif isinstance(outcome, Refusal):
                outcome = self._refuse(connection, station, entry, outcome)
            results.append(outcome)
            if outcome.outcome in (CONFLICT, REJECTED):
                break
        return self._answer(connection, station, totals, taken, results)

    def _known(self, connection: Connection, station: Station, entries: Sequence[Entry]) -> dict[int, tuple[int, str]]:
        """hub_seq and hash of those of `entries` that are here already."""
        journal = schema.JOURNAL
        wanted = [entry.seq for entry in entries if entry.seq <= station.totals.count]
        if not wanted:
            return {}
        rows = connection.execute(
            select(journal.c.seq, journal.c.hub_seq, journal.c.hash).where(
                journal.c.station_id == station.id, journal.c.seq.in_(wanted)
            )
        )
        return {row.seq: (row.hub_seq, row.hash) for row in rows}

    def _compare(
        self, connection: Connection, station: Station, entry: Entry, held: tuple[int, str] | None
    ) -> Result | Refusal:
        if held is not None and held[1] == entry.hash:
            return Result(entry.seq, DUPLICATE, hub_seq=held[0])
        reason = "another entry with this number is held here: the journals differ"
        note_security_event(
            connection, self._clock.microseconds(), station.name, "conflicting entry", f"entry {entry.seq}: {reason}"
        )
        return Result(entry.seq, CONFLICT, reason=reason)

    def _used(self, connection: Connection, station: Station, entries: Sequence[Entry]) -> frozenset[str]:
        """Identities of new entries that belong to entries held here; one twice in a push is found by the table."""
        journal = schema.JOURNAL
        fresh = [entry.entry_id for entry in entries if entry.seq > station.totals.count]
        if not fresh:
            return frozenset()
        return frozenset(connection.scalars(select(journal.c.entry_id).where(journal.c.entry_id.in_(fresh))))

    def _refuse(self, connection: Connection, station: Station, entry: Entry, refusal: Refusal) -> Result:
        if refusal.kind:
            detail = f"entry {entry.seq}: {refusal.reason}"
            note_security_event(connection, self._clock.microseconds(), station.name, refusal.kind, detail)
        return Result(entry.seq, REJECTED, reason=refusal.reason)

    def _answer(
        self,
        connection: Connection,
        station: Station,
        totals: Totals,
        taken: list[Entry],
        results: list[Result],
    ) -> PushReply:
        now = self._clock.microseconds()
        epoch, first = self._numbers(connection, len(taken))
        for table, rows in self._rows(station, taken, first, now).items():
            if rows:
                connection.execute(insert(table), rows)
        connection.execute(
            update(schema.STATION)
            .where(schema.STATION.c.id == station.id)
            .values(
                count=totals.count,
                hash=totals.hash,
                readings=totals.readings,
                digest=totals.digest,
                last_contact_at=now,
            )
        )
        numbers = {entry.seq: first + index for index, entry in enumerate(taken)}
        answered = tuple(
            Result(r.seq, r.outcome, numbers.get(r.seq, r.hub_seq), r.reason) if r.outcome == APPLIED else r
            for r in results
        )
        return PushReply(answered, head_of(station.name, totals, epoch, now))

    def _numbers(self, connection: Connection, count: int) -> tuple[str, int]:
        """The epoch, and the first of `count` consecutive numbers that become real with this transaction."""
        identity = schema.IDENTITY
        row = connection.execute(
            update(identity).values(last=identity.c.last + count).returning(identity.c.epoch, identity.c.last)
        ).one()
        return row.epoch, row.last - count + 1

    def _rows(self, station: Station, taken: list[Entry], first: int, now: int) -> dict[Table, list[dict[str, Any]]]:
        journal: list[dict[str, Any]] = []
        measurements: list[dict[str, Any]] = []
        subgroups: list[dict[str, Any]] = []
        refused: list[dict[str, Any]] = []
        for number, entry in enumerate(taken, first):
            values = {name: getattr(entry, name) for name in COLUMNS}
            journal.append(values | {"hub_seq": number, "station_id": station.id, "received_at": now})
            if entry.rows is None:
                continue
            owner = {"station_id": station.id, "entry": number}
            for fields, source, target in (
                (MEASUREMENT_FIELDS, entry.rows.measurements, measurements),
                (SUBGROUP_FIELDS, entry.rows.subgroups, subgroups),
            ):
                target += [dict(zip(fields, row, strict=True)) | owner for row in source]
            refused += [dict(zip(REFUSED_FIELDS, row, strict=True)) | {"entry": number} for row in entry.rows.refused]
        return {
            schema.JOURNAL: journal,
            schema.MEASUREMENT: measurements,
            schema.SUBGROUP: subgroups,
            schema.REFUSED: refused,
        }

    def _take_singly(self, connection: Connection, station: Station, entries: Sequence[Entry]) -> PushReply:
        results: list[Result] = []
        reply: PushReply | None = None
        for entry in entries:
            try:
                with connection.begin_nested():
                    reply = self._take(connection, station, [entry])
                results += reply.results
            except IntegrityError:
                refusal = Refusal("one of its rows is held here already under another entry", "copied readings")
                results.append(self._refuse(connection, station, entry, refusal))
            if results[-1].outcome in (CONFLICT, REJECTED):
                break
        with connection.begin_nested():
            last = self._take(connection, station, [])
        return PushReply(tuple(results), last.head)


_COPIED = Refusal("its identity belongs to another entry held here", "copied entry")


def _repeated(entry: Entry, taken: list[Entry]) -> Result:
    """The same number twice in one push."""
    same = any(before.seq == entry.seq and before.hash == entry.hash for before in taken)
    if same:
        return Result(entry.seq, DUPLICATE)
    return Result(entry.seq, CONFLICT, reason="the push holds two entries with this number")


def head_of(name: str, totals: Totals, epoch: str, now: int) -> Head:
    return Head(name, totals.count, totals.hash, totals.readings, totals.digest, epoch, now)
