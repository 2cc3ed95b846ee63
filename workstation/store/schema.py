"""Brings a database file to this version's schema: created, migrated after a backup, or refused with a sentence."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from workstation.errors import CallIsWrong, Refused, SurroundingsFailed
from workstation.files import put, scratch
from workstation.lock import FileLock
from workstation.store.clock import Clock
from workstation.store.connection import APPLICATION_ID, connect
from workstation.store.failures import cannot_be_written, said_plainly
from workstation.store.identity import uuid7
from workstation.store.unwritable import AsItStands, may_be_written

REVISIONS = ("0001", "0002", "0003")  # every revision ever released, oldest first; the last one is this version's
HEAD = REVISIONS[-1]
SMALLEST_FILE = 512  # bytes: SQLite's smallest page; it takes anything shorter for a new, empty database
MIGRATIONS = Path(__file__).parent / "migrations"


def prepare(path: Path, *, station: str | None, clock: Clock) -> str:
    """Make the file at `path` fit for use and return the station's name.

    The common case, a file that is current, costs one connection and no import of Alembic.
    """
    name = _current(path, station)
    if name is not None:
        return name
    with FileLock(path.with_suffix(".migrate.lock")):
        name = _current(path, station)
        if name is not None:
            return name
        if path.exists() and path.stat().st_size > 0:
            back_up_before_migration(path, clock)
        migrate(path)
        with closing(connect(path)) as connection:
            _name_station(connection, station, clock)
            return _station(connection, station, path)


def _current(path: Path, station: str | None) -> str | None:
    """The station's name when the file is current, None when it must be created or migrated."""
    if not path.exists() or path.stat().st_size == 0:
        return None
    if not may_be_written(path):
        raise cannot_be_written(path)
    with closing(connect(path)) as connection:
        revision = revision_of(connection, path)
        if revision != HEAD:
            return None
        if connection.execute("SELECT count(*) FROM station").fetchone()[0] == 0:
            return None
        connection.execute("PRAGMA journal_mode=WAL")  # a copy that was put back stands in another mode
        return _station(connection, station, path)


def prepare_to_read(source: AsItStands) -> str:
    """The station's name, after a database that cannot be written was found fit for use; an older one is migrated as a
    temporary copy. Raises SurroundingsFailed where there is no station in it, Refused when a newer Sinebar wrote it.
    """
    with closing(source.connect()) as connection:
        revision = revision_of(connection, source.path)
    if revision is not None and revision != HEAD:
        copy = source.bring_to(HEAD)
        with said_plainly(copy):
            migrate(copy)
    with closing(source.connect()) as connection:
        row = None if revision is None else connection.execute("SELECT name FROM station").fetchone()
    if row is None:
        raise SurroundingsFailed(
            f"There is no station in {source.path}: it was never begun.", "Name another folder with --home."
        )
    return str(row[0])


def revision_of(connection: sqlite3.Connection, path: Path) -> str | None:
    """The schema revision of a file of ours, None when it has no schema yet. A newer or foreign file is refused."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables == 0 and path.stat().st_size < SMALLEST_FILE:
        raise SurroundingsFailed(
            f"{path} is damaged or is no Sinebar database (it has {path.stat().st_size} bytes).",
            "Keep the file, and put back the newest copy with `sinebar restore`.",
        )
    if tables == 0:
        return None
    if application != APPLICATION_ID:
        raise SurroundingsFailed(
            f"{path} is a database of another program.", "Choose another folder with --home, or move that file away."
        )
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    revision = None if row is None else str(row[0])
    if revision is not None and revision not in REVISIONS:
        raise Refused(
            f"{path} was written by a newer Sinebar (schema {revision}; this one knows up to {HEAD}).",
            "Install that newer version, or put back an older copy from the backups folder.",
        )
    return revision


def back_up_before_migration(path: Path, clock: Clock) -> Path:
    """A complete copy in the home's `backups` folder, made by SQLite's backup API."""
    folder = path.parent / "backups"
    folder.mkdir(exist_ok=True)
    stamp = datetime.fromtimestamp(clock.microseconds() / 1e6, UTC).strftime("%Y%m%dT%H%M%S%f")
    target = folder / f"before-migration-{stamp}.db"
    with scratch(folder) as own:
        fresh = own / target.name
        with closing(connect(path)) as source, closing(sqlite3.connect(fresh)) as copy:
            source.backup(copy)
        put(fresh, target)
    return target


def migrate(path: Path, revision: str = "head") -> None:
    """Run every missing migration in one transaction."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.pool import StaticPool

    raw = connect(path)
    try:
        raw.execute(f"PRAGMA application_id={APPLICATION_ID}")
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA foreign_keys=OFF")  # a table may have to be rebuilt; checked before the commit
        raw.execute("BEGIN IMMEDIATE")
        engine = create_engine(
            "sqlite+pysqlite://", creator=lambda: raw, poolclass=StaticPool, pool_reset_on_return=None
        )
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            broken = raw.execute("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise SurroundingsFailed(
                    f"{path} holds {len(broken)} rows that refer to missing records; it was not migrated.",
                    "Run `sinebar doctor`, and put back the newest good copy with `sinebar restore`.",
                )
            raw.execute("COMMIT")
    finally:
        raw.close()


def _name_station(connection: sqlite3.Connection, station: str | None, clock: Clock) -> None:
    if station is not None and not (0 < len(station.strip()) <= 64 and station.isprintable()):
        raise CallIsWrong(f"{station!r} is no name for a station.", "Use up to 64 letters, digits and blanks.")
    now = clock.microseconds()
    uid = uuid7(now)
    name = station or f"station-{uid[-8:]}"
    connection.execute(
        "INSERT INTO station (id, uid, name, created_at) VALUES (1, ?, ?, ?) ON CONFLICT DO NOTHING", (uid, name, now)
    )


def _station(connection: sqlite3.Connection, wanted: str | None, path: Path) -> str:
    name = str(connection.execute("SELECT name FROM station").fetchone()[0])
    if wanted is not None and wanted != name:
        raise CallIsWrong(
            f"{path} belongs to station {name!r}, not {wanted!r}: a station keeps its name for good.",
            "Leave the name out, or choose another folder with --home.",
        )
    return name
