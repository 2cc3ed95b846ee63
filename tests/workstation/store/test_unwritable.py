"""Reading where nothing may be written: no commit is overlooked, nothing is changed, no writer is held up."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path, PureWindowsPath

import pytest

from tests.workstation.nobody import as_nobody, content, public_folder, shut
from tests.workstation.store.rows import batch
from tests.workstation.store.test_schema import ENTRIES, RELEASED
from workstation.catalog import parts
from workstation.errors import Refused, SurroundingsFailed
from workstation.store import Store, restore, schema
from workstation.store.connection import connect, location
from workstation.store.failures import NoWriteAccess
from workstation.store.unwritable import AsItStands

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX file rights")

WRITER = """
import sys
from pathlib import Path
from tests.workstation.store.rows import batch
from workstation.store import Store
with Store.open(Path(sys.argv[1])) as store:
    for number, line in enumerate(sys.stdin, 100):
        if line == "fold\\n":
            store._writer.raw.execute("PRAGMA wal_checkpoint(PASSIVE)")
        else:
            with store.write("line") as work:
                work.append_measurements(batch(1, number))
        print("done", flush=True)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may look into."""
    with public_folder() as made:
        yield made


@pytest.fixture
def home(folder: Path) -> Path:
    return folder / "home"


@pytest.fixture(autouse=True)
def temporary(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary copies are made; everybody may write there."""
    made = folder / "temporary"
    made.mkdir()
    made.chmod(0o777)
    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "tempdir", str(made))
        yield made


def entries(store: Store) -> int:
    found = store.verify()
    assert found.intact, found.findings
    return found.entries


@pytest.fixture
def killed(store: Store, diameter: int, home: Path, folder: Path) -> Path:
    """A home as a copy of a running station has it, or a killed one: its last three commits stand in the log alone."""
    store._writer.raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for number in (1, 2, 3):
        with store.write("line") as work:
            work.append_measurements(batch(diameter, number))
    shutil.copytree(home, folder / "medium")
    assert (folder / "medium" / "station.db-wal").stat().st_size
    return folder / "medium"


def test_a_closed_station_is_read_in_its_place(store: Store, diameter: int, home: Path, temporary: Path) -> None:
    with store.write("line") as work:
        work.append_measurements(batch(diameter, 1))
    whole = entries(store)
    store.close()
    before = shut(home)
    assert "station.db-wal" not in before
    with as_nobody(), Store.open_to_read(home) as seen:
        assert seen.station == "bench 1" and entries(seen) == whole
        with seen.read() as reader:
            assert len(reader.measurements(diameter)) == 5
            assert [part.number for part in parts.parts(reader)] == ["P-1"]
        assert not seen.health().problems
        assert "read as it stands there" in seen.how_read and str(home) in seen.how_read
        with pytest.raises(NoWriteAccess, match="cannot be written"), seen.write("line"):
            pass
        assert content(home) == before
    assert content(home) == before and not list(temporary.iterdir())


def test_where_it_may_be_written_it_is_opened_as_ever(home: Path) -> None:
    Store.open(home).close()
    with Store.open_to_read(home) as store:
        assert store.how_read == ""
        with store.write("anna") as work:
            parts.ensure_part(work, "P-1", "Ring")


@pytest.mark.parametrize("without", [(), ("-shm",)], ids=["with its index", "without its index"])
def test_commits_that_stand_in_the_log_alone_are_read(
    without: tuple[str, ...], store: Store, killed: Path, temporary: Path
) -> None:
    for suffix in without:
        (killed / f"station.db{suffix}").unlink()
    before = shut(killed)
    with as_nobody(), Store.open_to_read(killed) as seen:
        assert entries(seen) == entries(store)
        assert "write-ahead log" in seen.how_read and ("temporary copy" in seen.how_read) == bool(without)
        assert bool(list(temporary.iterdir())) == bool(without)
        assert not seen.health().problems
    assert content(killed) == before and not list(temporary.iterdir())


def test_a_log_that_may_not_be_read_is_never_left_out(killed: Path) -> None:
    shut(killed)
    for suffix in ("-shm", "-wal"):
        (killed / f"station.db{suffix}").chmod(0)
    with as_nobody(), pytest.raises(SurroundingsFailed, match="db-wal cannot be read, and the database is not"):
        Store.open_to_read(killed)


def test_a_change_that_was_cut_off_is_rolled_back_in_the_copy(home: Path, folder: Path, temporary: Path) -> None:
    """A copy stands in SQLite's other mode; killed in the middle of a change it has a journal that undoes it."""
    Store.open(home).close()
    with closing(sqlite3.connect(home / "station.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA cache_size=1")
        connection.execute("PRAGMA cache_spill=1")
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE half (a)")
        connection.executemany("INSERT INTO half VALUES (?)", [("x" * 3000,)] * 200)
        shutil.copytree(home, folder / "medium")
    assert (folder / "medium" / "station.db-journal").stat().st_size
    before = shut(folder / "medium")
    with as_nobody(), Store.open_to_read(folder / "medium") as seen:
        assert "temporary copy" in seen.how_read and entries(seen) == 0 and not seen.health().problems
        with seen.read() as reader:
            assert not reader.raw.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'").fetchall()
    assert content(folder / "medium") == before and not list(temporary.iterdir())


@pytest.mark.parametrize("revision", schema.REVISIONS[:-1])
@pytest.mark.parametrize("in_log", [False, True], ids=["folded", "in the log"])
def test_an_older_schema_is_migrated_in_a_copy(revision: str, in_log: bool, folder: Path, temporary: Path) -> None:
    made, medium = folder / "made", folder / "medium"
    made.mkdir()
    with closing(sqlite3.connect(made / "station.db")) as connection:
        connection.execute(f"PRAGMA journal_mode={'WAL' if in_log else 'DELETE'}")
        connection.executescript((RELEASED / f"{revision}.sql").read_text(encoding="utf-8"))
        connection.execute("PRAGMA application_id = 1397313093")
        shutil.copytree(made, medium)
    before = shut(medium)
    with as_nobody(), Store.open_to_read(medium) as seen:
        assert seen.station == "released" and entries(seen) == ENTRIES[revision]
        assert f"brought from its older schema to {schema.HEAD}" in seen.how_read
        assert not seen.health().problems
    assert content(medium) == before and not list(temporary.iterdir())


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", Refused, "written by a newer Sinebar"),
        ("PRAGMA application_id = 7", SurroundingsFailed, "another program"),
        ("PRAGMA writable_schema=ON; DELETE FROM sqlite_master", SurroundingsFailed, "There is no station"),
    ],
)
def test_what_cannot_be_read_is_said(
    change: str, error: type[Exception], said: str, home: Path, temporary: Path
) -> None:
    Store.open(home).close()
    with closing(sqlite3.connect(home / "station.db", isolation_level=None)) as connection:
        connection.executescript(change)
    shut(home)
    with as_nobody(), pytest.raises(error, match=said):
        Store.open_to_read(home)
    assert not list(temporary.iterdir())


def test_a_backup_holds_what_stands_in_the_log(store: Store, killed: Path, temporary: Path) -> None:
    shut(killed)
    with as_nobody(), Store.open_to_read(killed) as seen:
        assert seen.back_up(temporary / "copy.db").entries == entries(store)


@pytest.mark.parametrize("without", [(), ("-shm",)], ids=["with its index", "without its index"])
def test_a_file_whose_log_holds_commits_is_not_put_back_without_them(
    without: tuple[str, ...], store: Store, killed: Path, folder: Path
) -> None:
    for suffix in without:
        (killed / f"station.db{suffix}").unlink()
    with pytest.raises(Refused, match="not whole without the log beside it") as refused:
        restore(killed / "station.db", folder / "new")
    assert f"sinebar backup FILE --home {killed}" in refused.value.next_step and not (folder / "new").exists()
    with Store.open_to_read(killed) as seen:
        seen.back_up(folder / "copy.db")
    assert restore(folder / "copy.db", folder / "new").entries == entries(store)


def test_a_closed_station_on_a_medium_is_put_back_from_there(home: Path, folder: Path) -> None:
    Store.open(home, station="bench 1").close()
    before = shut(home)
    with as_nobody():
        assert restore(home / "station.db", folder / "temporary" / "new").station == "bench 1"
    assert content(home) == before


def test_paths_are_written_as_sqlite_takes_them(folder: Path) -> None:
    assert location(PureWindowsPath(r"C:\home\a b.db")) == "file:///C:/home/a%20b.db"
    assert location(PureWindowsPath(r"\\server\share\a.db")) == "file:////server/share/a.db"
    strange = folder / "temporary" / "50%?mode=rw#x.db"
    with closing(sqlite3.connect(strange)) as connection:
        connection.execute("CREATE TABLE here (a)")
    with closing(connect(strange, parameters="immutable=1")) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("here",)]


READS = """
import sys
from pathlib import Path
from workstation.store.unwritable import AsItStands
with AsItStands(Path(sys.argv[1])) as source:
    print(source.place, flush=True)
    sys.stdin.read()
"""


def test_a_copy_is_removed_by_the_next_who_reads_once_its_reader_was_ended(killed: Path, temporary: Path) -> None:
    (killed / "station.db-shm").unlink()
    alone = temporary / "whole.db"
    with closing(sqlite3.connect(alone)) as connection:
        connection.execute("CREATE TABLE here (a)")
    readers, copies = [], []
    try:
        for _ in range(3):
            readers.append(
                subprocess.Popen(
                    [sys.executable, "-c", READS, str(killed / "station.db")],
                    env={**os.environ, "TMPDIR": str(temporary)},
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                )
            )  # fmt: skip
            told = readers[-1].stdout
            assert told is not None
            copies.append(Path(told.readline().strip()))
        assert all(one.is_file() for one in copies), "who reads beside another leaves its copy alone"
        readers[0].send_signal(signal.SIGTERM)
        readers[1].send_signal(signal.SIGKILL)
        assert [readers[0].wait(20), readers[1].wait(20)] == [-signal.SIGTERM, -signal.SIGKILL]
        assert copies[0].is_file(), "the signal left the copy"
        with AsItStands(alone):  # needs no copy itself
            pass
        assert [one.is_file() for one in copies] == [False, False, True]
        assert sorted(temporary.iterdir()) == sorted([alone, copies[2].parent])
        readers[2].communicate(timeout=20)
    finally:
        for one in readers:
            one.kill()
            one.communicate()
    assert list(temporary.iterdir()) == [alone]


# --- somebody else writes --------------------------------------------------------------------------------------------


@pytest.fixture
def writer(store: Store, diameter: int, home: Path) -> Iterator[Callable[[str], None]]:
    """Another process that has the station open and writes when it is told to."""
    assert diameter == 1
    store.close()
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdin is not None and process.stdout is not None

        def tell(word: str) -> None:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(f"{word}\n")
            assert process.stdout.readline() == "done\n"

        tell("batch")
        yield tell
        process.stdin.close()
        assert process.wait(20) == 0


def test_a_station_that_somebody_else_runs_is_read_as_it_goes_on(writer: Callable[[str], None], home: Path) -> None:
    shut(home)
    with as_nobody(), Store.open_to_read(home) as seen:
        first = entries(seen)
        with seen.read() as reader:
            assert reader.counts().entries == first
            writer("batch")
            writer("fold")  # a reader's view stays whole through a checkpoint
            assert reader.counts().entries == first
        writer("batch")
        assert entries(seen) == first + 2
    writer("batch")


def test_a_file_that_is_changed_under_a_reader_without_locks_is_not_believed(
    store: Store, diameter: int, home: Path, folder: Path
) -> None:
    """A line that is started by its owner after somebody without rights began to read."""
    store.close()
    shut(home)
    with as_nobody(), Store.open_to_read(home) as seen:
        entries(seen)
        os.seteuid(os.getuid())
        for path in (home, *home.iterdir()):
            path.chmod(0o755)
        with Store.open(home) as other:
            with other.write("line") as work:
                work.append_measurements(batch(diameter, 1))
            entries(seen)  # what was committed beside it does not touch what is read
            other._writer.raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for look in (seen.verify, seen.health, lambda: seen.back_up(folder / "copy.db")):
            with pytest.raises(SurroundingsFailed, match="written to by another process while it was read"):
                look()
    assert not list(folder.glob("copy*"))


@pytest.mark.parametrize("again", [False, True], ids=["once", "again and again"])
def test_a_copy_across_a_checkpoint_is_made_anew(
    again: bool, store: Store, diameter: int, killed: Path, monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    (killed / "station.db-shm").unlink()
    whole, copy, turns = entries(store), shutil.copyfile, iter(range(1000))

    def disturbed(source: Path, target: Path) -> object:
        made = copy(source, target)
        turn = next(turns)
        if turn == 0 or (again and source.name == "station.db"):
            with Store.open(killed) as other, other.write("line") as work:
                work.append_measurements(batch(diameter, 50 + turn))
        return made

    monkeypatch.setattr(shutil, "copyfile", disturbed)
    if again:
        with pytest.raises(SurroundingsFailed, match="faster than it can be copied"):
            AsItStands(killed / "station.db")
    else:
        with AsItStands(killed / "station.db") as source, closing(source.connect()) as connection:
            assert connection.execute("SELECT seq FROM journal_head").fetchone() == (whole + 1,)
    assert not list(temporary.iterdir())


def test_a_mount_that_cannot_be_written_shows_who_writes_behind_it(
    writer: Callable[[str], None], home: Path, folder: Path
) -> None:
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs root on Linux to mount a folder a second time")
    view = folder / "view"
    view.mkdir()
    if subprocess.run(["mount", "--bind", str(home), str(view)], capture_output=True, check=False).returncode:
        pytest.skip("cannot mount here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(view)], check=True)
        with Store.open_to_read(view) as seen:
            first = entries(seen)
            writer("batch")
            writer("fold")
            assert entries(seen) == first + 1 and str(view) in seen.how_read
    finally:
        subprocess.run(["umount", "-l", str(view)], check=True)
