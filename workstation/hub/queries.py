"""What the hub answers: heads, the feed of all entries, readings, and whether the rows still give the digests."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Connection, and_, func, select
from sqlalchemy.engine import RowMapping

from workstation.hub import schema
from workstation.hub.database import Database
from workstation.hub.intake import head_of
from workstation.hub.rows import RowsInOrder, rows_in_order
from workstation.hub.stations import Station, station_of
from workstation.store.clock import Clock
from workstation.store.journal import COLUMNS, JournalEntry, recomputed_hash
from workstation.store.measurements import (
    BATCH_KIND,
    Measurement,
    decimal_value,
)
from workstation.wire.messages import EntryHash, Feed, Head, Unreadable, batch_facts_of, entry_message
from workstation.wire.totals import Totals


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing that is wrong with a station's records at the hub."""

    station: str
    seq: int
    sentence: str


class Queries:
    """Read only views of the hub's records."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def head(self, station: Station) -> Head:
        with self._database.reading() as connection:
            row = connection.execute(select(schema.STATION).where(schema.STATION.c.id == station.id)).mappings().one()
            epoch = connection.execute(select(schema.IDENTITY.c.epoch)).scalar_one()
        return head_of(station.name, station_of(row).totals, epoch, self._clock.microseconds())

    def entry_hash(self, station: Station, seq: int) -> EntryHash:
        journal = schema.JOURNAL
        with self._database.reading() as connection:
            found = connection.execute(
                select(journal.c.hash).where(journal.c.station_id == station.id, journal.c.seq == seq)
            ).scalar_one_or_none()
        return EntryHash(seq, found)

    def feed(self, epoch: str, after: int, limit: int) -> Feed | None:
        """Entries of every station after number `after`; None when `epoch` is not this hub's: start again from 0."""
        with self._database.reading() as connection:
            identity = connection.execute(select(schema.IDENTITY)).one()
            if epoch != identity.epoch and not (epoch == "" and after == 0):
                return None
            number = schema.JOURNAL.c.hub_seq
            page = _page(connection, number > after, number, limit)
            if not page:
                return Feed(identity.epoch, after, ())
            last = page[-1][0]
            with rows_in_order(connection, number.between(after + 1, last), number) as rows:
                entries = tuple(
                    (hub_seq, entry_message(entry, rows.of(hub_seq) if entry.kind == BATCH_KIND else None))
                    for hub_seq, entry in page
                )
        return Feed(identity.epoch, last, entries)

    def readings(self, station: Station, characteristic: int, limit: int) -> list[Measurement]:
        """The latest `limit` values of one characteristic as the station kept them, oldest first."""
        table = schema.MEASUREMENT
        newest = (
            select(table)
            .where(table.c.station_id == station.id, table.c.characteristic == characteristic)
            .order_by(table.c.subgroup.desc(), table.c.position.desc(), table.c.version.desc())
            .limit(limit)
        )
        with self._database.reading() as connection:
            rows = connection.execute(newest).mappings().all()
        return [_measurement(row) for row in reversed(rows)]

    def recounted(self, station: Station) -> Totals | Finding:
        """The station's totals computed anew from every row the hub keeps, or the first thing that is wrong."""
        totals = Totals()
        number = schema.JOURNAL.c.seq
        of_station = schema.JOURNAL.c.station_id == station.id
        while True:
            with self._database.reading() as connection:
                page = _page(connection, and_(of_station, number > totals.count), number, 500)
                if not page:
                    return _closing(connection, station, totals)
                covered = and_(of_station, number.between(totals.count + 1, page[-1][1].seq))
                with rows_in_order(connection, covered, number) as rows:
                    for _, entry in page:
                        after = _recount_entry(entry, rows, totals)
                        if isinstance(after, str):
                            return Finding(station.name, entry.seq, after)
                        totals = after


def _page(
    connection: Connection, which: ColumnElement[bool], order: Column[int], limit: int
) -> list[tuple[int, JournalEntry]]:
    """The first `limit` entries of `which` in `order`, each with its number at the hub."""
    journal = schema.JOURNAL
    columns = select(journal.c.hub_seq, *(journal.c[name] for name in COLUMNS))
    found = connection.execute(columns.where(which).order_by(order).limit(limit))
    return [(hub_seq, JournalEntry(*values)) for hub_seq, *values in found]


def _closing(connection: Connection, station: Station, totals: Totals) -> Totals | Finding:
    """Compare what was recounted with what is recorded, within the view in which the last entry was read."""
    table = schema.MEASUREMENT
    counted = connection.execute(
        select(func.count()).select_from(table).where(table.c.station_id == station.id)
    ).scalar_one()
    if counted != totals.readings:
        return Finding(station.name, totals.count, f"{counted} readings are kept, the journal says {totals.readings}")
    row = connection.execute(select(schema.STATION).where(schema.STATION.c.id == station.id)).mappings().one()
    if station_of(row).totals != totals:
        return Finding(station.name, totals.count, "the recorded totals are not those of the records")
    return totals


def _measurement(row: RowMapping) -> Measurement:
    plain = ("unit", "observed_at", "source", "trigger", "quality", "account", "raw", "remark", "version")
    place = (row["characteristic"], row["subgroup"], row["position"])
    return Measurement(*place, decimal_value(row["mantissa"], row["decimals"]), *(row[name] for name in plain))


def _recount_entry(entry: JournalEntry, rows: RowsInOrder, totals: Totals) -> Totals | str:
    if entry.seq != totals.count + 1:
        return f"entry {totals.count + 1} is missing"
    if entry.previous_hash != totals.hash:
        return "the chain is broken here"
    if recomputed_hash(entry) != entry.hash:
        return "the entry's hash does not belong to its content"
    if entry.kind != BATCH_KIND:
        return totals.after_entry(entry.hash)
    try:
        stated = batch_facts_of(entry_message(entry, None))
    except Unreadable as error:
        return str(error)
    kept = rows.of(entry.seq)
    if kept.digest() != stated["digest"]:
        return "the readings are not those that the digest was made from"
    return totals.after_batch(entry.hash, stated["digest"], len(kept.measurements))
