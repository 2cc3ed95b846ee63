"""The hub's database: SQLite by default, PostgreSQL by URL; opened, prepared and guarded here."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from workstation.errors import Bug, CallIsWrong, Expected, Refused, SurroundingsFailed
from workstation.hub import postgres, schema
from workstation.hub.epoch import FILE as MARK
from workstation.store.clock import Clock
from workstation.store.identity import uuid7

FILE = "hub.db"
PATIENCE = 15.0
"""Seconds that a writer waits for the others."""


class Database:
    """One hub's tables. `writing` serialises writers in the database itself, so several processes may share it."""

    def __init__(self, engine: Engine, said: str) -> None:
        self._engine = engine
        self.said = said
        """How the database is called in a sentence: its file or address, never its password."""

    @classmethod
    def open(cls, data: Path, clock: Clock, url: str | None = None) -> Database:
        """Open (and at first make) the hub's database in folder `data`, or at a PostgreSQL `url`.

        Raises SurroundingsFailed when it cannot be used, CallIsWrong for a bad address, Refused for a newer schema.
        """
        engine, said = _sqlite(data / FILE) if url is None else postgres.connect_lazily(url)
        _settle_in(data, url)
        database = cls(engine, said)
        try:
            database._prepare(clock)
        except BaseException:
            engine.dispose()
            raise
        return database

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view for as long as the block lasts."""
        with self._said_plainly(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, undone when it raises."""
        with self._said_plainly(), self._engine.connect() as plain:
            connection = plain.execution_options(writes=True)
            with connection.begin():
                yield connection

    def _prepare(self, clock: Clock) -> None:
        with self.writing() as connection:
            if inspect(connection).has_table(schema.IDENTITY.name):
                found = connection.execute(select(schema.IDENTITY.c.schema_version)).scalar_one()
                if found > schema.SCHEMA_VERSION:
                    raise Refused(
                        f"{self.said} was written by a newer Sinebar (schema {found}; this one knows "
                        f"{schema.SCHEMA_VERSION}).",
                        "Start the hub with that version or a later one.",
                    )
                return
            self._check_empty(connection)
            schema.METADATA.create_all(connection)
            _guard_rows(connection)
            now = clock.microseconds()
            connection.execute(
                insert(schema.IDENTITY).values(
                    id=1, hub=uuid7(now), epoch=uuid7(now), last=0, schema_version=schema.SCHEMA_VERSION, created_at=now
                )
            )

    def _check_empty(self, connection: Connection) -> None:
        """Refuse to settle among the tables of another program."""
        strangers = sorted(set(inspect(connection).get_table_names()) & set(schema.METADATA.tables))
        if strangers:
            raise CallIsWrong(
                f"{self.said} is no hub's, and has a table {strangers[0]} already.",
                "Give the hub a database of its own.",
            )
        if connection.dialect.name == "postgresql":
            postgres.check_encoding(connection, self.said)

    @contextmanager
    def _said_plainly(self) -> Iterator[None]:
        try:
            yield
        except (Expected, Bug):
            raise
        except DBAPIError as error:
            raise self._translate(error) from error
        except NoConnectionFree as error:
            raise SurroundingsFailed(f"{self.said} is busy.", "Try again.") from error
        except SQLAlchemyError as error:
            raise Bug(f"The hub's database refused a statement: {type(error).__name__}.") from error

    def _translate(self, error: DBAPIError) -> Expected | Bug:
        said = str(error.orig).splitlines()[0] if error.orig is not None else type(error).__name__
        if self._engine.dialect.name == "postgresql":
            return postgres.explained(error, self.said) or Bug(f"The hub's database refused a statement: {said}")
        lowered = said.lower()
        if "full" in lowered or "no space" in lowered:
            return SurroundingsFailed(f"The disk that holds {self.said} is full.", "Free space on it.")
        if "locked" in lowered:
            return SurroundingsFailed(f"{self.said} is locked by another program.", "Close it and try again.")
        if "readonly" in lowered or "permission" in lowered:
            return SurroundingsFailed(
                f"{self.said} cannot be written.", "Give the hub's user the right to write there."
            )
        if "malformed" in lowered or "not a database" in lowered:
            return SurroundingsFailed(f"{self.said} is damaged or no hub database.", "Put back the newest backup.")
        if "unable to open" in lowered:
            return SurroundingsFailed(f"{self.said} cannot be opened.", "Check that it exists and may be read.")
        return Bug(f"The hub's database refused a statement: {said}")


def _settle_in(data: Path, url: str | None) -> None:
    """Make the hub's folder. It belongs to one database: to another one its mark would tell of a restored copy."""
    file = data / FILE
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        in_file = file.exists() and file.stat().st_size > 0
        elsewhere = (data / MARK).exists() and not in_file
        if url is None and not elsewhere and os.name == "posix" and not file.exists():
            file.touch(mode=0o600)
    except OSError as error:
        raise SurroundingsFailed(
            f"The hub's folder {data} cannot be used: {error.strerror}.", "Choose another one with --data."
        ) from error
    if url is None and elsewhere:
        raise CallIsWrong(
            f"The hub of {data} has no database in the file {FILE}.",
            "Give its address with --database or SINEBAR_HUB_DATABASE; if the file was lost, put back its backup.",
        )
    if url is not None and in_file:
        raise CallIsWrong(
            f"The hub of {data} has its database in the file {FILE}.",
            "Leave out --database, or give the hub on PostgreSQL a folder of its own.",
        )


def _sqlite(path: Path) -> tuple[Engine, str]:
    engine = create_engine(
        f"sqlite+pysqlite:///{path}",
        connect_args={"timeout": PATIENCE, "check_same_thread": False},
        hide_parameters=True,  # a report of a mistake holds no seal
    )

    @event.listens_for(engine, "connect")
    def _connected(raw: Any, _record: Any) -> None:
        raw.isolation_level = None
        _keep_a_log(raw)
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine, str(path)


def _keep_a_log(raw: sqlite3.Connection) -> None:
    """Switch to a write-ahead log. Of several that do it at once SQLite turns some away without letting them wait."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            raw.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _guard_rows(connection: Connection) -> None:
    """Triggers that refuse to change or delete what is kept for good."""
    if connection.dialect.name == "postgresql":
        postgres.guard_rows(connection, schema.KEPT_FOR_GOOD)
        return
    for table in schema.KEPT_FOR_GOOD:
        for verb in ("UPDATE", "DELETE"):
            connection.execute(
                text(
                    f"CREATE TRIGGER {table.name}_no_{verb.lower()} BEFORE {verb} ON {table.name} "
                    "BEGIN SELECT RAISE(ABORT, 'the hub keeps its records for good'); END"
                )
            )
