"""Copies of a station's database: made while it is in use, put back with proof that nothing was lost."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from workstation.errors import CallIsWrong, Refused, SurroundingsFailed
from workstation.store import journal, schema
from workstation.store.connection import HandHeldConnection, connect
from workstation.store.failures import said_plainly
from workstation.store.lock import FileLock
from workstation.store.verify import verify

DATABASE = "station.db"


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of a station: `sha256` is the file's, `entries` and `head` the journal's."""

    path: Path
    station: str
    entries: int
    head: str
    size: int
    sha256: str


def back_up(source: Path, target: Path) -> Copy:
    """A complete copy of the database `source` at `target`, made while others read and write it.

    The copy appears under its name only when it is whole and its journal ends as the source's did.
    """
    with said_plainly(target):
        if target.exists():
            raise CallIsWrong(f"{target} is there already.", "Choose another name: a copy is never overwritten.")
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(target.name + ".part")
        fresh.unlink(missing_ok=True)
        try:
            with closing(connect(source)) as live, closing(sqlite3.connect(fresh)) as copy:
                live.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
            _to_disk(fresh)
            found = inspect_copy(fresh)
            fresh.rename(target)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
    return Copy(target, found.station, found.entries, found.head, found.size, found.sha256)


def inspect_copy(path: Path) -> Copy:
    """What a copy holds, read without changing it; raises SurroundingsFailed for a file that is no station's."""
    if not path.is_file():
        raise SurroundingsFailed(f"There is no file {path}.", "Check the path.")
    with said_plainly(path), closing(_read_only(path)) as connection:
        if schema.revision_of(connection, path) is None:
            raise SurroundingsFailed(f"{path} is empty: it is no copy of a station.", "Choose another copy.")
        entries, head = journal.head(connection)
        station = str(connection.execute("SELECT name FROM station").fetchone()[0])
    return Copy(path, station, entries, head, path.stat().st_size, _sha256(path))


def restore(copy: Path, home: Path) -> Copy:
    """Put a copy in place of the home's database; what stood there before is kept in `backups`.

    The copy is verified first, and the file in place compared with it by hash. Raises Refused for a copy that does not
    verify or while another process has the database open.
    """
    found = inspect_copy(copy)
    with said_plainly(copy), closing(_read_only(copy)) as connection:
        verification = verify(connection)
    if not verification.intact:
        raise Refused(f"{copy} does not verify: {verification.findings[0]}.", "Choose another copy.")
    path = home / DATABASE
    with said_plainly(path):
        home.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".migrate.lock")):
            fresh = path.with_name(path.name + ".restoring")
            shutil.copyfile(copy, fresh)
            _to_disk(fresh)
            if _sha256(fresh) != found.sha256:
                fresh.unlink()
                raise SurroundingsFailed(f"{copy} was not read the same twice.", "Check the disk and try again.")
            _set_aside(path)
            fresh.rename(path)
    return Copy(path, found.station, found.entries, found.head, found.size, found.sha256)


def _set_aside(path: Path) -> None:
    """Move the present database, with its write-ahead log folded in, to `backups`."""
    if not path.exists():
        return
    try:
        with closing(connect(path)) as connection:
            connection.execute("PRAGMA busy_timeout=200")
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
            busy = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0] != "delete"
    except sqlite3.DatabaseError as error:
        busy = getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    if busy:
        raise Refused(f"{path} is in use.", "Close the window and stop the line, then restore again.")
    folder = path.parent / "backups"
    folder.mkdir(exist_ok=True)
    number = 1
    while (target := folder / f"replaced-{number}.db").exists():
        number += 1
    path.rename(target)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, factory=HandHeldConnection
    )


def _to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
