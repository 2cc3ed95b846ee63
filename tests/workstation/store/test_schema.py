"""The file on disk: created, recognised, migrated after a backup, refused with a sentence when it cannot be used."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import workstation.people.records
import workstation.quality.records
from tests.workstation.store.conftest import SteppingClock
from workstation.catalog import parts
from workstation.errors import Expected, Refused, SurroundingsFailed
from workstation.lock import FileLock
from workstation.quality import alarms
from workstation.store import Store, journal, schema
from workstation.store.identity import uuid7
from workstation.store.mapping import Base

RELEASED = Path(__file__).parent / "released"
ENTRIES = {"0001": 14, "0002": 16, "0003": 19}
"""Journal entries of each released database: from 0002 on with a scan and where it begins, from 0003 on with alarms."""
SQL_ONLY = {"station", "journal", "journal_head", "term", "measurement", "subgroup", "refused_reading"}


def test_the_mappings_and_the_migrated_file_are_the_same_schema(store: Store) -> None:
    """Every column with its type and nullability, every constraint and index by name."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine

    assert workstation.people.records.AccountRecord and workstation.quality.records.CapaRecord
    engine = create_engine(f"sqlite:///{store.path}")

    def ours(item: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
        return not (kind == "table" and name in SQL_ONLY | {"alembic_version"})

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()
    with store.read() as reader:
        in_file = {
            row[0]: row[1] for row in reader.raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        }
    for table in Base.metadata.tables.values():
        for constraint in table.constraints:
            name = str(constraint.name)
            unnamed = name == f"pk_{table.name}"  # SQLite takes no name for an AUTOINCREMENT key
            assert unnamed or name in in_file[table.name], f"{table.name}: {name}"


def test_constraints_are_named(store: Store) -> None:
    with store.read() as reader:
        for name, sql in reader.raw.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' "
            "AND name NOT LIKE 'alembic%' AND name NOT LIKE 'sqlite%'"
        ):
            for word in ("UNIQUE", "CHECK", "REFERENCES", "FOREIGN KEY"):
                for line in sql.splitlines():
                    if word in line and "CONSTRAINT" not in line:
                        assert "CONSTRAINT" in sql[: sql.index(line)].splitlines()[-1], f"{name}: {line}"


def test_starting_again_imports_neither_alembic_nor_sqlalchemy(home: Path) -> None:
    Store.open(home).close()
    code = (
        "import sys; from pathlib import Path; from workstation.store import Store\n"
        f"store = Store.open(Path({str(home)!r}))\n"
        "with store.read() as reader: reader.counts()\n"
        "store.close(); print(sorted({'alembic', 'sqlalchemy', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", sorted(RELEASED.glob("*.sql")), ids=lambda path: path.stem)
def test_a_database_of_every_released_schema_still_opens(tmp_path: Path, path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "station.db")) as connection:
        connection.executescript(path.read_text(encoding="utf-8"))
        connection.execute("PRAGMA application_id = 1397313093")
    with Store.open(tmp_path) as store:
        assert store.station == "released"
        found = store.verify()
        assert found.intact, found.findings
        assert (found.entries, found.measurements) == (ENTRIES[path.stem], 10)
        with store.read() as reader:
            assert reader.last_subgroups(1, 5).numbers.tolist() == [1, 2]
            assert [part.number for part in parts.parts(reader)] == ["P-1"]


def test_alarms_from_before_ends_were_noted_stay_and_can_end(tmp_path: Path, clock: SteppingClock) -> None:
    """A station of revision 0002 with an alarm of a channel, written as that version wrote it."""
    path = tmp_path / "station.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((RELEASED / "0002.sql").read_text(encoding="utf-8"))
        connection.execute("PRAGMA application_id = 1397313093")
        uid, entry = uuid7(1), uuid7(2)
        rules = '{"rules":["above the limit"]}'
        fields = {"characteristic_id": 1, "subgroup": 3, "rules": rules, "limits_id": None, "raised_at": 8,
                  "observed_at": 7, "state": "raised", "acknowledged_by": None, "acknowledged_at": None,
                  "reaction_step": None}  # fmt: skip
        connection.execute(
            "INSERT INTO alarm (uid, version, characteristic_id, subgroup, rules, raised_at, observed_at, state) "
            "VALUES (?, 1, 1, 3, ?, 8, 7, 'raised')",
            (uid, rules),
        )
        changes = journal.canonical_json({name: [None, value] for name, value in fields.items()})
        values = (entry, 8, 0, "released", "line", "alarm.raise", "alarm", uid, None, 1, changes, "", None)
        written = journal.append(connection, values, *journal.head(connection))
        journal.move_head(connection, written.seq, written.hash)
        connection.commit()
    with Store.open(tmp_path, clock=clock) as store:
        with store.read() as reader:
            (old,) = alarms.unended(reader)
            assert (old.uid, old.seen, old.ended, old.ended_at, old.seen_until) == (uid, None, None, None, None)
        assert store.verify().intact
        with store.write("anna") as work:
            alarms.end_alarm(work, 1, "above the limit", 7, alarms.End("back", ended_at=9, seen="25.1 is above 25"))
        with store.read() as reader:
            over = alarms.alarm(reader, uid)
        assert (over.seen, over.ended_at, over.version) == ("25.1 is above 25", 9, 2)
        found = store.verify()
        assert found.intact, found.findings
    (copy,) = (tmp_path / "backups").iterdir()
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0002",)
        assert connection.execute("SELECT uid FROM alarm").fetchall() == [(uid,)]


def test_every_released_schema_has_its_database() -> None:
    assert {path.stem for path in RELEASED.glob("*.sql")} == set(schema.REVISIONS)


def test_a_newer_schema_is_refused_and_left_alone(store: Store, home: Path) -> None:
    store.close()
    with closing(sqlite3.connect(home / "station.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = (home / "station.db").read_bytes()
    with pytest.raises(Refused, match=r"newer Sinebar \(schema 9999; this one knows up to") as caught:
        Store.open(home)
    assert "Install that newer version" in caught.value.next_step
    assert (home / "station.db").read_bytes() == before


def test_a_migration_is_preceded_by_a_backup(home: Path, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A station at the present revision meets a program that knows one more."""
    with Store.open(home, station="old") as store, store.write("a") as work:
        parts.ensure_part(work, "P-1", "Ring")
    versions = home.parent / "versions"
    shutil.copytree(Path(schema.__file__).parent / "migrations", versions)
    (versions / "versions" / "next.py").write_text(
        "from alembic import op\nrevision = 'next'\ndown_revision = '" + schema.HEAD + "'\n"
        "branch_labels = depends_on = None\n"
        "def upgrade():\n    op.execute('ALTER TABLE part ADD COLUMN material TEXT')\n"
    )
    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "next"))
    monkeypatch.setattr(schema, "HEAD", "next")
    monkeypatch.setattr(schema, "MIGRATIONS", versions)
    with Store.open(home, clock=clock) as store, store.read() as reader:
        assert reader.raw.execute("SELECT number, material FROM part").fetchall() == [("P-1", None)]
        assert reader.raw.execute("SELECT version_num FROM alembic_version").fetchone() == ("next",)
    (copy,) = (home / "backups").iterdir()
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (schema.REVISIONS[-2],)
        assert connection.execute("SELECT number FROM part").fetchone() == ("P-1",)


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size there")
def test_a_backup_that_the_disk_does_not_take_leaves_no_part_of_itself(home: Path, clock: SteppingClock) -> None:
    import resource

    Store.open(home, station="old").close()
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, usual[1]))
    try:
        with pytest.raises((sqlite3.Error, OSError)):
            schema.back_up_before_migration(home / "station.db", clock)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert list((home / "backups").iterdir()) == []
    assert schema.back_up_before_migration(home / "station.db", clock).stat().st_size > 16_384


def test_a_migration_that_fails_leaves_the_file_as_it_was(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store.open(home, station="old").close()
    versions = home.parent / "versions"
    shutil.copytree(Path(schema.__file__).parent / "migrations", versions)
    (versions / "versions" / "next.py").write_text(
        "from alembic import op\nrevision = 'next'\ndown_revision = '" + schema.HEAD + "'\n"
        "branch_labels = depends_on = None\n"
        "def upgrade():\n    op.execute('ALTER TABLE part ADD COLUMN material TEXT')\n    raise RuntimeError\n"
    )
    with monkeypatch.context() as patch:
        patch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "next"))
        patch.setattr(schema, "HEAD", "next")
        patch.setattr(schema, "MIGRATIONS", versions)
        with pytest.raises(RuntimeError):
            Store.open(home)
    with Store.open(home) as store, store.read() as reader:
        assert "material" not in [row[1] for row in reader.raw.execute("PRAGMA table_info(part)")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"SQLite format 3\x00" + b"\xff" * 4000, "damaged or is no Sinebar database"),
        (b"not a database at all, but long enough to be read as one" * 20, "damaged or is no Sinebar database"),
        (b"x", "damaged or is no Sinebar database"),
    ],
)
def test_a_file_that_is_no_database_is_said(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "station.db").write_bytes(content)
    with pytest.raises(SurroundingsFailed, match=said) as caught:
        Store.open(tmp_path)
    assert "sinebar restore" in caught.value.next_step
    assert (tmp_path / "station.db").read_bytes() == content


def test_a_file_cut_short_is_said(store: Store, diameter: int, home: Path) -> None:
    store.close()
    whole = (home / "station.db").read_bytes()
    for size in (len(whole) // 2, 4096, 5000, 100):
        (home / "station.db").write_bytes(whole[:size])
        with pytest.raises(Expected) as caught, Store.open(home) as cut:
            assert cut.health().problems
            cut.verify()
            raise SurroundingsFailed("doctor and verify read it", "next")
        assert caught.value.next_step


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "station.db")) as connection:
        connection.execute("CREATE TABLE recipes (a)")
    with pytest.raises(SurroundingsFailed, match="another program"):
        Store.open(tmp_path)


def test_a_home_that_is_a_file_or_a_database_that_is_a_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SurroundingsFailed):
        Store.open(tmp_path / "file")
    (tmp_path / "home" / "station.db").mkdir(parents=True)
    with pytest.raises(SurroundingsFailed):
        Store.open(tmp_path / "home")


READ_ONLY = """
import os, sys
from pathlib import Path
from workstation.errors import SurroundingsFailed
from workstation.store import Store
os.setgid(65534); os.setuid(65534)
try:
    Store.open(Path(sys.argv[1]))
except SurroundingsFailed as error:
    print(error)
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to become somebody else")
@pytest.mark.parametrize("there", [True, False])
def test_a_read_only_folder_is_said(tmp_path_factory: pytest.TempPathFactory, there: bool) -> None:
    """As a user who may read but not write: in a process of its own that gives its rights away."""
    home = tmp_path_factory.mktemp("readonly")
    for parent in home.parents:
        if str(parent).startswith("/tmp/pytest"):
            parent.chmod(0o755)
    if there:
        Store.open(home).close()
        (home / "station.db").chmod(0o644)
    home.chmod(0o555)
    done = subprocess.run([sys.executable, "-c", READ_ONLY, str(home)], capture_output=True, text=True, check=True)
    assert "read-only" in done.stdout and "--home" in done.stdout, done.stderr


def test_a_locked_database_is_said(store: Store, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(home / "station.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with store.read() as reader:
            reader.counts()  # readers never wait
        store._writer.raw.execute("PRAGMA busy_timeout = 50")
        with pytest.raises(SurroundingsFailed, match="locked by another program"), store.write("a"):
            pass
        other.execute("ROLLBACK")
    with store.write("a") as work:
        parts.ensure_part(work, "P-1", "Ring")


def test_a_second_process_waits_while_one_creates_the_station(home: Path) -> None:
    home.mkdir()
    code = (
        f"from pathlib import Path; from workstation.store import Store; print(Store.open(Path({str(home)!r})).station)"
    )
    lock = FileLock(home / "station.migrate.lock")
    assert lock.acquire()
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    lock.release()
    names = {process.communicate(timeout=60)[0].strip() for process in running}
    assert len(names) == 1 and "" not in names
    assert [process.returncode for process in running] == [0] * 4
