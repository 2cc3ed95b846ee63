"""Copies of a station's database: made while it is in use, put back with proof that nothing was lost."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from workstation.errors import CallIsWrong, Refused, SurroundingsFailed
from workstation.files import put, scratch, to_disk
from workstation.lock import FileLock
from workstation.store import journal, schema
from workstation.store.connection import connect
from workstation.store.failures import said_plainly
from workstation.store.unwritable import AsItStands
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


def back_up(source: Callable[[], sqlite3.Connection], target: Path, check: Callable[[], None]) -> Copy:
    """A complete copy at `target` of the database that `source` connects to, made while others read and write it.

    The copy appears under its name only when it is whole and `check` has raised nothing.
    """
    with said_plainly(target):
        if target.exists():
            raise CallIsWrong(f"{target} is there already.", "Choose another name: a copy is never overwritten.")
        target.parent.mkdir(parents=True, exist_ok=True)
        with scratch(target.parent) as own:
            fresh = own / target.name
            with closing(source()) as live, closing(sqlite3.connect(fresh)) as copy:
                live.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
            found = inspect_copy(fresh)
            check()
            put(fresh, target)
    return Copy(target, found.station, found.entries, found.head, found.size, found.sha256)


def inspect_copy(path: Path) -> Copy:
    """What a copy holds, read without changing it; raises SurroundingsFailed for a file that is no station's."""
    if not path.is_file():
        raise SurroundingsFailed(f"There is no file {path}.", "Check the path.")
    with said_plainly(path), AsItStands(path) as source, closing(source.connect()) as connection:
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
    with said_plainly(copy), AsItStands(copy) as source, closing(source.connect()) as connection:
        if not source.is_whole:
            raise Refused(
                f"{copy} is not whole without the log beside it, which holds its last commits.",
                f"Make a copy of it first: sinebar backup FILE --home {copy.parent}",
            )
        verification = verify(connection)
    if not verification.intact:
        raise Refused(f"{copy} does not verify: {verification.findings[0]}.", "Choose another copy.")
    path = home / DATABASE
    with said_plainly(path):
        home.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".migrate.lock")), scratch(home) as own:
            fresh = own / path.name
            shutil.copyfile(copy, fresh)
            to_disk(fresh)
            if _sha256(fresh) != found.sha256:
                raise SurroundingsFailed(f"{copy} was not read the same twice.", "Check the disk and try again.")
            _exchange(fresh, path)
    return Copy(path, found.station, found.entries, found.head, found.size, found.sha256)


def _exchange(fresh: Path, path: Path) -> None:
    """Put `fresh` in the place of the present database, which gets a name in `backups`.

    At every moment the home has a whole database, the present one or the fresh one: a home without any would be taken
    for a new station's.
    """
    if not path.exists():
        put(fresh, path)
        return
    _fold_log(path)
    folder = path.parent / "backups"
    folder.mkdir(exist_ok=True)
    for left in folder.glob("replaced-*.db.part"):  # somebody was killed here before
        if left.samefile(path):
            left.unlink()
        else:
            left.rename(left.with_suffix(""))
    number = 1
    while (aside := folder / f"replaced-{number}.db").exists():
        number += 1
    second = aside.with_name(aside.name + ".part")  # never opened under this name: for a moment both names are one file
    try:
        second.hardlink_to(path)
    except OSError:  # a file system without hard links
        whole = fresh.with_name("aside")
        shutil.copyfile(path, whole)
        put(whole, second)
    for suffix in ("-wal", "-shm"):  # only a damaged database has them still, and they must not be read with the fresh
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).replace(aside.with_name(aside.name + suffix))
    put(fresh, path)
    second.rename(aside)


def _fold_log(path: Path) -> None:
    """Fold the write-ahead log of the present database into it; raises Refused while somebody has it open.

    A damaged file is left as it is.
    """
    try:
        with closing(connect(path)) as connection:
            connection.execute("PRAGMA busy_timeout=200")
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
            busy = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0] != "delete"
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return
        busy = code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        if not busy:  # a full disk, say: without its log the present database would be less than it was
            raise
    if busy:
        raise Refused(f"{path} is in use.", "Close the window and stop the line, then restore again.")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
