"""Copies, health and bookkeeping of a station's database."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.workstation.store.rows import batch, judgement
from workstation.errors import CallIsWrong, Refused, SurroundingsFailed
from workstation.store import MeasurementBatch, Store, inspect_copy, restore


def fill(store: Store, diameter: int, first: int, last: int) -> None:
    for number in range(first, last + 1):
        with store.write("line") as work:
            work.append_measurements(
                MeasurementBatch(batch(diameter, number).measurements, (judgement(diameter, number),))
            )


def test_a_copy_made_while_writing_is_whole_and_verifies(store: Store, diameter: int, tmp_path: Path) -> None:
    fill(store, diameter, 1, 5)
    stop, written = threading.Event(), []

    def write() -> None:
        number = 6
        while not stop.is_set():
            fill(store, diameter, number, number)
            written.append(number)
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = [store.back_up(tmp_path / "copies" / f"{n}.db") for n in range(3)]
    finally:
        stop.set()
        writer.join()
    for n, copy in enumerate(copies):
        assert copy == inspect_copy(copy.path)
        assert copy.entries >= 7
        home = tmp_path / f"restored {n}"
        assert restore(copy.path, home).sha256 == copy.sha256
        with Store.open(home) as again:
            assert again.verify().intact
            assert again.verify().head == copy.head
    assert sorted(one.name for one in (tmp_path / "copies").iterdir()) == ["0.db", "1.db", "2.db"]


def test_a_copy_is_never_overwritten(store: Store, tmp_path: Path) -> None:
    store.back_up(tmp_path / "one.db")
    with pytest.raises(CallIsWrong, match="there already"):
        store.back_up(tmp_path / "one.db")


def test_restoring_sets_the_present_file_aside(store: Store, diameter: int, home: Path, tmp_path: Path) -> None:
    fill(store, diameter, 1, 2)
    copy = store.back_up(tmp_path / "copy.db")
    fill(store, diameter, 3, 3)
    store.close()
    restore(copy.path, home)
    with Store.open(home) as again:
        assert again.verify().measurements == 10
        assert again.health().problems == ()
        fill(again, diameter, 3, 4)
        assert again.verify().intact
    aside = inspect_copy(home / "backups" / "replaced-1.db")
    assert aside.entries == copy.entries + 1


KILLED = """
import os, signal, sys
from pathlib import Path
from workstation.store import restore
stop, copy, home = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
events = 0
def hook(event, arguments):
    global events
    named = any(isinstance(one, (str, os.PathLike)) and str(home) in os.fspath(one) for one in arguments)
    if named and event in ("open", "os.rename", "os.remove", "os.link", "os.mkdir", "sqlite3.connect"):
        events += 1
        if events == stop:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
restore(copy, home)
"""
COPIED = KILLED.replace("import restore", "import Store").replace(
    "sys.addaudithook(hook)\nrestore(copy, home)",
    "store = Store.open(copy)\nsys.addaudithook(hook)\nstore.back_up(home / 'copy.db')\nstore.close()",
)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_a_restore_killed_at_any_step_leaves_the_old_or_the_new_station(
    store: Store, diameter: int, home: Path, tmp_path: Path
) -> None:
    """Never none, which the next start would take for a new station; and what was set aside is not lost on the way."""
    fill(store, diameter, 1, 2)
    copy = store.back_up(tmp_path / "copy.db")
    fill(store, diameter, 3, 5)
    name, present = store.station, store.verify().entries
    store.close()
    found: list[int] = []
    for stop in range(1, 60):
        killed = tmp_path / f"killed {stop}"
        shutil.copytree(home, killed)
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(stop), str(copy.path), str(killed)],
            capture_output=True, text=True, cwd=Path(__file__).parents[3], timeout=60, check=False,
        )  # fmt: skip
        with Store.open(killed) as again:
            verification = again.verify()
        assert again.station == name and verification.intact
        found.append(verification.entries)
        if found[-1] == copy.entries:  # the next restore finds what the killed one set aside
            restore(copy.path, killed)
            kept = {inspect_copy(one).entries for one in (killed / "backups").glob("replaced-*.db")}
            assert kept == {present, copy.entries}
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
    assert stop > 8 and set(found) == {present, copy.entries}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_a_backup_killed_at_any_step_leaves_a_whole_copy_or_none_and_the_next_clears_up(
    store: Store, diameter: int, home: Path, tmp_path: Path
) -> None:
    """The next may have another name: a copy is made each night under the date."""
    fill(store, diameter, 1, 2)
    entries = store.verify().entries
    folder = tmp_path / "copies"
    litter = 0
    for stop in range(1, 60):
        done = subprocess.run(
            [sys.executable, "-c", COPIED, str(stop), str(home), str(folder)],
            capture_output=True, text=True, cwd=Path(__file__).parents[3], timeout=60, check=False,
        )  # fmt: skip
        copied = folder / "copy.db"
        if copied.exists():
            assert inspect_copy(copied).entries == entries
            copied.unlink()
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        litter += len(list(folder.glob("*"))) if folder.exists() else 0
        store.back_up(folder / "next.db")
        assert [one.name for one in folder.iterdir()] == ["next.db"]
        (folder / "next.db").unlink()
    assert stop > 8 and litter >= 4


def test_a_restore_that_fails_leaves_nothing_behind(store: Store, diameter: int, home: Path, tmp_path: Path) -> None:
    copy = store.back_up(tmp_path / "copy.db")
    before = sorted(one.name for one in home.iterdir())
    with pytest.raises(Refused, match="in use"):
        restore(copy.path, home)
    assert sorted(one.name for one in home.iterdir()) == before


def test_restoring_over_a_station_in_use_is_refused(store: Store, diameter: int, home: Path, tmp_path: Path) -> None:
    copy = store.back_up(tmp_path / "copy.db")
    with store.read() as reader:
        reader.counts()
        with pytest.raises(Refused, match="in use"):
            restore(copy.path, home)
    with pytest.raises(Refused, match="in use"):  # open and idle is in use too
        restore(copy.path, home)
    fill(store, diameter, 1, 1)
    assert store.verify().intact


def test_an_edited_copy_is_refused(store: Store, diameter: int, tmp_path: Path) -> None:
    fill(store, diameter, 1, 2)
    copy = store.back_up(tmp_path / "copy.db")
    data = copy.path.read_bytes()
    place = data.index(b"diameter")
    copy.path.write_bytes(data[:place] + b"diametre" + data[place + 8 :])
    with pytest.raises(Refused, match="does not verify"):
        restore(copy.path, tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere" / "station.db").exists()


def test_a_damaged_file_in_place_can_be_replaced(store: Store, diameter: int, home: Path, tmp_path: Path) -> None:
    copy = store.back_up(tmp_path / "copy.db")
    store.close()
    (home / "station.db").write_bytes(b"no database" * 1000)
    restore(copy.path, home)
    with Store.open(home) as again:
        assert again.verify().intact
    assert (home / "backups" / "replaced-1.db").read_bytes().startswith(b"no database")


@pytest.mark.parametrize("content", [None, b"", b"no copy" * 1000])
def test_what_is_no_copy_is_said(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "copy.db").write_bytes(content)
    with pytest.raises(SurroundingsFailed):
        restore(tmp_path / "copy.db", tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_health_of_a_good_station(store: Store, diameter: int) -> None:
    fill(store, diameter, 1, 2)
    health = store.health()
    assert health.problems == ()
    assert (health.schema, health.counts.measurements, health.counts.subgroups) == (health.newest_schema, 10, 2)
    assert health.size > 0


def test_health_names_a_broken_page_and_a_missing_reference(store: Store, diameter: int, home: Path) -> None:
    fill(store, diameter, 1, 2)
    store.close()
    with closing(sqlite3.connect(home / "station.db")) as connection:
        connection.execute("UPDATE characteristic SET part_id = 99 WHERE id = ?", (diameter,))
        connection.commit()
    with Store.open(home) as again:
        assert "characteristic row 1 refers to a missing part." in again.health().problems
    data = bytearray((home / "station.db").read_bytes())
    with closing(sqlite3.connect(home / "station.db")) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'measurement'").fetchone()[0]
    data[(page - 1) * 4096 + 8 : (page - 1) * 4096 + 40] = b"\xff" * 32
    (home / "station.db").write_bytes(data)
    with Store.open(home) as again:
        try:
            problems = again.health().problems
        except SurroundingsFailed as error:  # SQLite may give up on the file as a whole
            problems = (error.sentence,)
    assert any("damaged" in text for text in problems)
