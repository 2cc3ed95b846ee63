"""The journal: one hash-chained entry for every change, which is audit trail, outbox and history in one.

Canonical form of an entry: its first fifteen fields in the order of `JournalEntry`, each as UTF-8 text preceded by its
length in bytes and a colon and followed by a comma (`5:hello,`), a missing one as `-,`, numbers in decimal digits. Its
hash is the SHA-256 of that in lower-case hexadecimal digits. `changes` and `signature` are texts of JSON and are hashed
as they are stored.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import msgspec

from workstation.errors import SurroundingsFailed

T = TypeVar("T")
FIRST_PREVIOUS_HASH = "0" * 64
_plain_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One change of one record, or one batch of readings.

    `recorded_at` is UTC in microseconds, `local_offset` minutes ahead of UTC, `changes` canonical JSON of
    {field: [old, new]}; `signature` canonical JSON of the signature or None. `base_version` is None for a new record.
    """

    seq: int
    entry_id: str
    recorded_at: int
    local_offset: int
    station: str
    account: str
    verb: str
    kind: str
    record_id: str
    base_version: int | None
    version: int | None
    changes: str
    reason: str
    signature: str | None
    previous_hash: str
    hash: str

    def fields_changed(self) -> dict[str, Any]:
        """The changes as an object: {field: [old, new]} or, for a batch, its facts. Raises as `changes_as`."""
        return self.changes_as(dict[str, Any])

    def changes_as(self, shape: type[T]) -> T:
        """The changes in a shape that they are known to have; raises SurroundingsFailed where they have it not."""
        try:
            return msgspec.convert(json.loads(self.changes), shape)
        except (ValueError, RecursionError, msgspec.ValidationError) as error:
            raise SurroundingsFailed(
                f"What entry {self.seq} of the journal says of its changes cannot be read: {error}.",
                "Run `sinebar verify`, and put a backup back with `sinebar restore`.",
            ) from error


COLUMNS = tuple(field.name for field in fields(JournalEntry))
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM journal"  # noqa: S608 - names from our own dataclass
_HISTORY = f"{_SELECT} WHERE kind = ? AND record_id = ? AND kind <> 'measurement_batch' ORDER BY seq"
"""The last condition lets SQLite use the index, which leaves out the batches: most entries, and nobody's history."""
_MOVE_HEAD = """
INSERT INTO journal_head (id, seq, hash, measurements, subgroups, refused) VALUES (1, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash,
    measurements = measurements + excluded.measurements, subgroups = subgroups + excluded.subgroups,
    refused = refused + excluded.refused
"""
_INSERT = f"INSERT INTO journal ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608


def canonical_json(value: Mapping[str, Any]) -> str:
    """JSON with sorted keys and no spaces: the one form in which changes and signatures are written."""
    return _plain_json(value)


def canonical_form(values: tuple[Any, ...]) -> bytes:
    """The bytes that are hashed: `values` are the entry's fields up to and including `previous_hash`."""
    parts = bytearray()
    for value in values:
        if value is None:
            parts += b"-,"
        else:
            text = str(value).encode()
            parts += b"%d:%b," % (len(text), text)
    return bytes(parts)


def entry_hash(values: tuple[Any, ...]) -> str:
    """The hash of an entry's fields up to and including `previous_hash`."""
    return hashlib.sha256(canonical_form(values)).hexdigest()


def recomputed_hash(entry: JournalEntry) -> str:
    """What the entry's hash must be, from its other fields."""
    return entry_hash(tuple(getattr(entry, name) for name in COLUMNS[:-1]))


def head(connection: sqlite3.Connection) -> tuple[int, str]:
    """Sequence and hash of the last entry."""
    row = connection.execute("SELECT seq, hash FROM journal_head").fetchone()
    return (0, FIRST_PREVIOUS_HASH) if row is None else (int(row[0]), str(row[1]))


def append(connection: sqlite3.Connection, values: tuple[Any, ...], seq: int, previous: str) -> JournalEntry:
    """Write one entry after (`seq`, `previous`); `values` are the fields from `entry_id` to `signature`."""
    unhashed = (seq + 1, *values, previous)
    whole = (*unhashed, entry_hash(unhashed))
    connection.execute(_INSERT, whole)
    return JournalEntry(*whole)


def move_head(connection: sqlite3.Connection, seq: int, last_hash: str, kept: tuple[int, int, int] = (0, 0, 0)) -> None:
    """Record where the chain ends, so that a truncated journal is noticed, and how many rows were `kept` with it.

    `kept` counts measurements, subgroups and refused readings: counting a large table anew would take seconds.
    """
    connection.execute(_MOVE_HEAD, (seq, last_hash, *kept))


def entries_after(connection: sqlite3.Connection, seq: int, limit: int) -> list[JournalEntry]:
    """At most `limit` entries after `seq`, oldest first."""
    rows = connection.execute(f"{_SELECT} WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))
    return [JournalEntry(*row) for row in rows]


def history(connection: sqlite3.Connection, kind: str, record_id: str) -> list[JournalEntry]:
    """Every entry of one record, oldest first."""
    rows = connection.execute(_HISTORY, (kind, record_id))
    return [JournalEntry(*row) for row in rows]


def latest(connection: sqlite3.Connection, limit: int, *, kind: str | None = None) -> list[JournalEntry]:
    """The last `limit` entries, newest first, of one kind when named."""
    if kind is None:
        rows = connection.execute(f"{_SELECT} ORDER BY seq DESC LIMIT ?", (limit,))
    else:
        rows = connection.execute(f"{_SELECT} WHERE kind = ? ORDER BY seq DESC LIMIT ?", (kind, limit))
    return [JournalEntry(*row) for row in rows]


def kinds_after(connection: sqlite3.Connection, seq: int) -> set[str]:
    """What kinds of records the entries after `seq` are about."""
    return {str(row[0]) for row in connection.execute("SELECT DISTINCT kind FROM journal WHERE seq > ?", (seq,))}


def walk(connection: sqlite3.Connection) -> Iterator[JournalEntry]:
    """The whole journal, oldest first, a row at a time."""
    for row in connection.execute(f"{_SELECT} ORDER BY seq"):
        yield JournalEntry(*row)
