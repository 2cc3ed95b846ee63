"""Connections to a station's database: raw for the hot path, with SQLAlchemy on top where records are mapped."""

from __future__ import annotations

import sqlite3
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

APPLICATION_ID = 0x53494E45  # "SINE": tells our files from those of other programs (PRAGMA application_id)
BUSY_TIMEOUT_MILLISECONDS = 10_000


class HandHeldConnection(sqlite3.Connection):
    """A connection whose transactions begin and end only by statements of ours.

    SQLAlchemy calls `commit` and `rollback` at moments of its own (once when an engine meets its first connection);
    they must not end a unit of work.
    """

    def commit(self) -> None:
        """Do nothing: COMMIT is executed by the store."""

    def rollback(self) -> None:
        """Do nothing: ROLLBACK is executed by the store."""


def connect(path: Path, *, read_only: bool = False, parameters: str = "") -> sqlite3.Connection:
    """A raw connection in autocommit mode with the pragmas of the house: transactions are begun by hand.

    `parameters` are those of SQLite's URI, such as `immutable=1`.
    """
    connection = sqlite3.connect(
        f"{location(path.absolute())}?{parameters}" if parameters else path,
        uri=bool(parameters),
        timeout=BUSY_TIMEOUT_MILLISECONDS / 1000,
        isolation_level=None,
        check_same_thread=False,
        factory=HandHeldConnection,
    )
    try:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA temp_store=MEMORY")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def location(path: PurePath) -> str:
    """The URI of an absolute path as SQLite takes it: the server of a Windows share is a part of its path."""
    uri = path.as_uri()
    return uri if uri.startswith("file:///") else uri.replace("file://", "file:////", 1)


class Channel:
    """One raw connection and, from the first time it is asked for, an SQLAlchemy engine that uses that same connection.

    SQLAlchemy is imported only then: the line and the first live chart need none of it.
    """

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        if self._engine is None:
            from workstation.store.guard import guarded_engine

            self._engine = guarded_engine(self.raw)
        return self._engine

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None
        self.raw.close()
