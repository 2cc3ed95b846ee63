"""Translates the database's and the disk's errors, once, into sentences for a person."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workstation.errors import Bug, CallIsWrong, Expected, Refused, SurroundingsFailed
from workstation.files import NO_ROOM

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_READ_ONLY = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
_UNREACHABLE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTFOUND}
_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_TOOBIG}


class NoWriteAccess(SurroundingsFailed):
    """This account, or anybody, may not write where the database is."""


def cannot_be_written(path: object) -> NoWriteAccess:
    """The sentence for a file or folder in which this account may not write."""
    return NoWriteAccess(
        f"{path} cannot be written: it or its folder is read-only.",
        "Give this user the right to write there, or choose another folder with --home.",
    )


@contextmanager
def said_plainly(path: Path) -> Iterator[None]:
    """Within this block an error of SQLite, SQLAlchemy or the file system leaves as an `Expected`, from its cause."""
    try:
        yield
    except (Expected, Bug):
        raise
    except sqlite3.Error as error:
        raise translate(error, path) from error
    except OSError as error:
        raise translate_os(error, path) from error
    except UnicodeEncodeError as error:
        raise CallIsWrong("This holds characters that are no text.", "Type it anew.") from error
    except Exception as error:
        origin = getattr(error, "orig", None)
        if isinstance(origin, sqlite3.Error):
            raise translate(origin, path) from error
        if type(error).__name__ == "PendingRollbackError":
            raise Bug("A unit of work was continued after one of its writes had failed.") from error
        if type(error).__name__ == "StaleDataError":
            raise Refused(
                "A record was changed by somebody else in the meantime.", "Look at it again and repeat the change."
            ) from error
        raise


def translate(error: sqlite3.Error, path: Path) -> Expected | Bug:
    """The sentence for one error of SQLite about the database file `path`."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if code is not None else None
    if primary in _FULL:
        return SurroundingsFailed(
            f"The disk that holds {path} is full: nothing of this was written.",
            "Free space on it; what is in hand can then be kept.",
        )
    if primary in _BUSY:
        return SurroundingsFailed(
            f"{path} is locked by another program.", "Close what holds it (a copy or database tool) and try again."
        )
    if primary in _DAMAGED:
        return SurroundingsFailed(
            f"{path} is damaged or is no Sinebar database ({error}).",
            "Keep the file, and put back the newest copy with `sinebar restore`.",
        )
    if primary in _READ_ONLY:
        return cannot_be_written(path)
    if primary in _UNREACHABLE:
        return NoWriteAccess(
            f"{path} cannot be opened.", "Check that the folder exists and that this user may read it and write in it."
        )
    if primary == sqlite3.SQLITE_IOERR:
        return SurroundingsFailed(
            f"Reading or writing {path} failed ({error}): nothing of this was written.",
            "Check the disk and its free space, then run `sinebar doctor`.",
        )
    if primary == sqlite3.SQLITE_CONSTRAINT:
        return _constraint(error)
    return Bug(f"The database refused a statement: {error}")


def _constraint(error: sqlite3.Error) -> Expected | Bug:
    text = str(error)
    if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_TRIGGER:
        return Refused(f"Refused: {text}.", "Records are kept for good; make a correction as a new version.")
    if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
        return CallIsWrong("This refers to a record that does not exist.", "Create that record first.")
    if error.sqlite_errorcode in (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY):
        return Refused(f"This is there already ({text}).", "Change the existing record, or choose another name.")
    return CallIsWrong(f"A value breaks a rule of the record ({text}).", "Correct the value.")


def translate_os(error: OSError, path: Path) -> Expected:
    """The sentence for an error of the file system about `path`."""
    where = error.filename or path
    if error.errno in NO_ROOM:
        where = error.filename2 or where  # of two files the second is the one that is written
        return SurroundingsFailed(f"The disk that holds {where} is full.", "Free space on it and try again.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return cannot_be_written(where)
    return SurroundingsFailed(
        f"{where} cannot be used: {error.strerror or error}.", "Check the path and the disk, then try again."
    )
