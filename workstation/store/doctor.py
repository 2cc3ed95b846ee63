"""Facts about the health of a station's database, for a person or a support case."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from workstation.store import schema, window
from workstation.store.failures import said_plainly


@dataclass(frozen=True, slots=True)
class Health:
    """`problems` holds a sentence for each thing that is wrong; empty when all is well."""

    path: Path
    schema: str
    newest_schema: str
    size: int
    write_ahead_log: int
    counts: window.Counts
    problems: tuple[str, ...]


def examine(path: Path, opened: Callable[[], sqlite3.Connection], writable: bool) -> Health:
    """SQLite's own checks of the file at `path`, which `opened` connects to, its schema, its size and what it holds."""
    with said_plainly(path), closing(opened()) as connection:
        problems = [f"The file is damaged: {text}." for text in _integrity(connection)]
        broken = connection.execute("PRAGMA foreign_key_check").fetchall()
        problems += [f"{table} row {row} refers to a missing {parent}." for table, row, parent, _ in broken[:20]]
        revision = schema.revision_of(connection, path) or "none"
        if revision != schema.HEAD:
            problems.append(
                f"The schema is {revision}, this Sinebar's is {schema.HEAD}: it is migrated at the next start."
            )
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
        if writable and mode != "wal":  # a copy on a medium stands in the mode in which it was made
            problems.append(f"The file is in journal mode {mode}, not wal: it was changed from outside.")
        counts = window.counts(connection)
        log = path.with_name(path.name + "-wal")
        return Health(
            path, revision, schema.HEAD, path.stat().st_size, log.stat().st_size if log.exists() else 0, counts,
            tuple(problems),
        )  # fmt: skip


def _integrity(connection: sqlite3.Connection) -> list[str]:
    found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)")]
    return [] if found == ["ok"] else found
