"""Recomputes everything the journal promises: the chain, each batch's digest, and each record's present state."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workstation.errors import SurroundingsFailed
from workstation.store import journal, window
from workstation.store.measurements import BATCH_KIND, BatchFacts, rows_of_entry

MOST_FINDINGS = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as the journal says: `seq` is the entry's, 0 where none is concerned."""

    seq: int
    place: str
    problem: str

    def __str__(self) -> str:
        return f"entry {self.seq}, {self.place}: {self.problem}" if self.seq else f"{self.place}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What a hub has said it holds of this journal: so many entries, the last one with this hash."""

    hub: str
    entries: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` recomputed; `findings` is empty when all is as it was written, and ends after a hundred."""

    entries: int
    measurements: int
    records: int
    head: str
    findings: tuple[Finding, ...]

    @property
    def intact(self) -> bool:
        return not self.findings


def verify(connection: sqlite3.Connection, acknowledged: Acknowledged | None = None) -> Verification:
    """Recompute the whole chain, every digest and every record of one consistent view of a station's database.

    With `acknowledged` the chain must also reach, and agree with, what a hub has: so a history that was cut off or
    forged with all its hashes is found too.
    """
    return _Verifier(connection, acknowledged).run()


class _Verifier:
    def __init__(self, connection: sqlite3.Connection, acknowledged: Acknowledged | None) -> None:
        self._connection = connection
        self._acknowledged = acknowledged
        self._findings: list[Finding] = []
        self._records: dict[tuple[str, str], dict[str, Any]] = {}
        self._rows = {"measurement": 0, "subgroup": 0, "refused_reading": 0}
        self._station = str(connection.execute("SELECT name FROM station").fetchone()[0])

    def run(self) -> Verification:
        seq, last = 0, journal.FIRST_PREVIOUS_HASH
        for entry in journal.walk(self._connection):
            if entry.seq != seq + 1:
                self._find(entry.seq, "sequence", f"follows entry {seq}: {entry.seq - seq - 1} entries are missing")
            self._entry(entry, last)
            seq, last = entry.seq, entry.hash
            if len(self._findings) >= MOST_FINDINGS:
                break
        else:
            self._head(seq, last)
            self._row_counts()
            self._present_records()
        return Verification(
            seq, self._rows["measurement"], len(self._records), last, tuple(self._findings[:MOST_FINDINGS])
        )

    def _find(self, seq: int, place: str, problem: str) -> None:
        self._findings.append(Finding(seq, place, problem))

    def _entry(self, entry: journal.JournalEntry, previous: str) -> None:
        if entry.previous_hash != previous:
            self._find(entry.seq, "previous_hash", "does not lead to the entry before it")
        known = self._acknowledged
        if known is not None and known.entries == entry.seq and known.hash != entry.hash:
            self._find(entry.seq, "hash", f"is not the one that hub {known.hub} has acknowledged")
        if journal.recomputed_hash(entry) != entry.hash:
            self._find(entry.seq, f"{entry.kind} {entry.record_id}", "its content does not have its hash")
            return
        if entry.station != self._station:
            self._find(entry.seq, "station", f"was written by station {entry.station!r}")
        try:
            if entry.kind == BATCH_KIND:
                self._batch(entry, entry.changes_as(BatchFacts))
            else:
                self._fold(entry, entry.changes_as(dict[str, tuple[Any, Any]]))
        except SurroundingsFailed as error:  # forged, with its hash made anew
            self._find(entry.seq, f"{entry.kind} {entry.record_id}", f"its changes cannot be read ({error.__cause__})")

    def _batch(self, entry: journal.JournalEntry, facts: BatchFacts) -> None:
        try:
            rows = rows_of_entry(self._connection, entry.seq, facts)
            digest = rows.digest()
        except (ValueError, TypeError, sqlite3.Error) as error:
            self._find(entry.seq, "readings", f"cannot be read ({error})")
            return
        for table, found, promised in (
            ("measurement", rows.measurements, facts.measurements),
            ("subgroup", rows.subgroups, facts.subgroups),
            ("refused_reading", rows.refused, facts.refused),
        ):
            self._rows[table] += promised
            if len(found) != promised:
                self._find(entry.seq, table, f"{promised} rows were kept, {len(found)} are there")
        if digest != facts.digest:
            self._find(entry.seq, _where(facts), "the readings do not have the batch's digest")

    def _fold(self, entry: journal.JournalEntry, changes: dict[str, tuple[Any, Any]]) -> None:
        state = self._records.setdefault((entry.kind, entry.record_id), {"version": None})
        if state["version"] != entry.base_version:
            self._find(
                entry.seq,
                f"{entry.kind} {entry.record_id}",
                f"is based on version {entry.base_version}, not {state['version']}",
            )
        state["version"] = entry.version
        for name, (old, new) in changes.items():
            if state.get(name) != old:
                self._find(entry.seq, f"{entry.kind} {entry.record_id}", f"{name} was not {old!r} before it")
            state[name] = new

    def _head(self, seq: int, last: str) -> None:
        head = journal.head(self._connection)
        if head[0] != seq:
            self._find(0, "journal", f"ends at entry {seq}, but {head[0]} were written")
        elif head[1] != last:
            self._find(seq, "journal", "its last entry is not the one that was written last")
        known = self._acknowledged
        if known is not None and known.entries > seq:
            self._find(0, "journal", f"ends at entry {seq}, but hub {known.hub} has {known.entries}")

    def _row_counts(self) -> None:
        counted = window.counts(self._connection)
        if (counted.measurements, counted.subgroups, counted.refused) != tuple(self._rows.values()):
            self._find(0, "journal_head", f"the station counts {counted}, its entries {self._rows}")
        for table, promised in self._rows.items():
            found = self._connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own names
            if found > promised:
                self._find(0, table, f"holds {found - promised} rows that no entry covers")

    def _present_records(self) -> None:
        tables = _record_tables(self._connection)
        for kind in sorted({kind for kind, _ in self._records} - set(tables), key=str):
            self._find(0, str(kind), "is in the journal but has no table of records")
        for kind in tables:
            self._findings.extend(self._table(kind))

    def _table(self, kind: str) -> Iterator[Finding]:
        name = kind.replace('"', '""')
        cursor = self._connection.execute(f'SELECT * FROM "{name}"')  # noqa: S608 - as the schema names it
        names = [column[0] for column in cursor.description]
        seen = set()
        for row in cursor:
            present = dict(zip(names, row, strict=True))
            uid = str(present.pop("uid"))
            seen.add(uid)
            promised = self._records.get((kind, uid))
            if promised is None:
                yield Finding(0, f"{kind} {uid}", "is there without a journal entry")
                continue
            present.pop("id")
            for name, value in present.items():
                if not _agrees(value, promised.get(name)):
                    yield Finding(0, f"{kind} {uid}", f"{name} is {value!r}, the journal says {promised.get(name)!r}")
        for known, uid in self._records:
            if known == kind and uid not in seen:
                yield Finding(0, f"{kind} {uid}", "is gone")


def _record_tables(connection: sqlite3.Connection) -> list[str]:
    """Tables of journalled records: those with an identity and a version."""
    rows = connection.execute(
        "SELECT m.name FROM sqlite_master m WHERE m.type = 'table' AND EXISTS "
        "(SELECT 1 FROM pragma_table_info(m.name) WHERE name = 'uid') AND EXISTS "
        "(SELECT 1 FROM pragma_table_info(m.name) WHERE name = 'version') ORDER BY m.name"
    )
    return [str(row[0]) for row in rows]


def _agrees(present: object, promised: object) -> bool:
    if isinstance(promised, dict):  # a secret, of which the journal holds the digest
        return hashlib.sha256(str(present).encode()).hexdigest() == promised.get("sha256")
    return bool(present == promised)


def _where(facts: BatchFacts) -> str:
    spans = [f"characteristic {c} subgroups {first} to {last}" for c, first, last in facts.spans or facts.closed]
    return "readings of " + (", ".join(spans) or "refused records")
