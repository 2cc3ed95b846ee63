"""Reads a database where this account may not write: in its place, beside who writes it, or from a temporary copy."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from types import TracebackType

from workstation.errors import SurroundingsFailed
from workstation.files import clear_left_behind, scratch
from workstation.store.connection import connect
from workstation.store.failures import said_plainly

_ALONE = "mode=ro&immutable=1"
"""Takes no lock, needs no other file, and reads the database file alone."""
_BESIDE = "mode=ro&readonly_shm=1"
"""Reads with the write-ahead log, under the locks of whoever writes; makes and changes no file."""
_LOGS = ("-wal", "-journal")
"""Files without which the database is not what was committed; empty ones, or none, say nothing."""
_HEADER = 32
"""Bytes at the begin of a log that change when it is begun anew."""
_ATTEMPTS = 5

_State = tuple[object, ...]


class AsItStands:
    """A database that is looked at and left as it is. Close it, or use it as a context manager.

    `place` is what SQLite opens, with `parameters` of its URI; `how` ends the sentence "the station was read ...".
    Raises sqlite3.Error and OSError, and SurroundingsFailed for a file that changes faster than it is copied.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place, self.parameters, self.how = path, _ALONE, "as it stands there"
        self._folder = ExitStack()
        self._copied = False
        self._held: sqlite3.Connection | None = None
        self._before: _State | None = _written(path)
        with suppress(OSError):  # no place for temporary files: that is said where one is needed
            clear_left_behind(Path(tempfile.gettempdir()))
        try:
            self._choose()
        except BaseException:
            self.close()
            raise

    def _choose(self) -> None:
        held = self._beside_writer()
        if held is not None:
            self._held = held  # as long as it is open nobody who ends takes the log away
            self._before, self.parameters = None, _BESIDE
            self.how = "as it stands there, with what its write-ahead log holds"
        elif not self.is_whole:
            self.place, self.parameters = self._in_temporary_folder(), ""
            self._copy_whole()
            self._before = None
            self.how = "from a temporary copy, with what its write-ahead log holds"

    def _beside_writer(self) -> sqlite3.Connection | None:
        """A connection by SQLite's own rules, where its log and the index of that are both there; else None."""
        if not (_beside(self.path, "-wal").exists() and _beside(self.path, "-shm").exists()):
            return None
        connection = None
        try:
            connection = connect(self.path, read_only=True, parameters=_BESIDE)
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:  # an index that cannot be read, locks that the share does not have
            if connection is not None:
                connection.close()
            return None
        except BaseException:
            if connection is not None:
                connection.close()
            raise
        return connection

    @property
    def is_whole(self) -> bool:
        """Whether the file alone is the database, without a log that holds something."""
        return not any(_size(_beside(self.path, log)) for log in _LOGS)

    def bring_to(self, migrated: str) -> Path:
        """Go on with a temporary copy, whose path is returned, that the caller brings to the schema `migrated`."""
        if not self._copied:
            target = self._in_temporary_folder()
            with said_plainly(target), closing(self.connect()) as source, closing(sqlite3.connect(target)) as copy:
                source.backup(copy)
            self.require_unchanged()
            self._before, self.place, self.parameters = None, target, ""
        self.how = f"from a temporary copy that was brought from its older schema to {migrated}"
        return self.place

    def connect(self) -> sqlite3.Connection:
        """A raw connection to read with."""
        return connect(self.place, read_only=True, parameters=self.parameters)

    def require_unchanged(self) -> None:
        """Raise SurroundingsFailed when somebody wrote into a file that was read without locks since it was opened."""
        if self._before is not None and _written(self.path) != self._before:
            raise SurroundingsFailed(
                f"{self.path} was written to by another process while it was read.",
                "What this call found or wrote is not to be used: call it again, or run it as the home's owner.",
            )

    def _in_temporary_folder(self) -> Path:
        self._copied = True
        return self._folder.enter_context(scratch(Path(tempfile.gettempdir()))) / self.path.name

    def _copy_whole(self) -> None:
        """Copy the file, then its logs. A log may grow meanwhile; begun anew, or folded into the file, it may not."""
        for _ in range(_ATTEMPTS):
            before = _state(self.path)
            _copy(self.path, self.place)
            for log in _LOGS:
                _beside(self.place, log).unlink(missing_ok=True)
                if _size(_beside(self.path, log)):
                    with suppress(FileNotFoundError):  # it was folded into the file just now: that is seen below
                        _copy(_beside(self.path, log), _beside(self.place, log))
            if _state(self.path) == before:
                return
        raise SurroundingsFailed(
            f"{self.path} is written to by another process faster than it can be copied.",
            "Run this as the account that owns the home, or read a copy that it made with `sinebar backup`.",
        )

    def close(self) -> None:
        """Remove the temporary copy. May be called twice."""
        if self._held is not None:
            self._held.close()
            self._held = None
        self._folder.close()

    def __enter__(self) -> AsItStands:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def may_be_written(path: Path) -> bool:
    """Whether the rights of this account, and the medium, allow to write a file and beside it."""
    effective = os.access in os.supports_effective_ids
    return all(os.access(one, os.W_OK, effective_ids=effective) for one in (path, path.parent))


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _written(path: Path) -> _State:
    """What changes when somebody writes into the file: with a write-ahead log, only when that is folded into it."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _state(path: Path) -> _State:
    """What changes when somebody writes into the file or begins a log anew, but not when a log only grows."""
    return _written(path), *(_header(_beside(path, log)) for log in _LOGS)


def _header(log: Path) -> bytes:
    try:
        with log.open("rb") as file:
            return file.read(_HEADER)
    except OSError:
        return b""


def _copy(source: Path, target: Path) -> None:
    try:
        with source.open("rb"):
            pass
    except PermissionError as error:
        raise SurroundingsFailed(
            f"{source} cannot be read, and the database is not whole without it.",
            "Give this account the right to read it, or run this as the account that owns the home.",
        ) from error
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise SurroundingsFailed(
            f"{source} cannot be copied to {target.parent} to be read there: {error.strerror or error}.",
            "Free space there, or set TMPDIR to a folder that has room.",
        ) from error
