"""Real processes: several writers, writers killed at any moment, and a disk that is full."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workstation.store.rows import batch, judgement
from workstation.catalog import parts
from workstation.catalog.parts import CharacteristicDefinition
from workstation.errors import SurroundingsFailed
from workstation.store import MeasurementBatch, Store, restore

ROOT = Path(__file__).parents[3]

WRITER = """
import sys
from pathlib import Path
from tests.workstation.store.rows import batch, judgement
from workstation.catalog import parts
from workstation.store import MeasurementBatch, Store, restore
home, first, count, name = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
with Store.open(home) as store:
    for number in range(first, first + count):
        with store.write(name) as work:
            if number % 7 == 0:
                parts.ensure_part(work, f"{name}-{number}", "by " + name)
            work.append_measurements(MeasurementBatch(batch(1, number).measurements, (judgement(1, number),)))
        print(number, flush=True)  # said only after the commit
"""


def writer(home: Path, first: int, count: int, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(home), str(first), str(count), name],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip


def test_several_processes_write_one_chain(store: Store, diameter: int, home: Path) -> None:
    running = [writer(home, 1000 * n + 1, 40, f"writer{n}") for n in range(1, 5)]
    with store.read() as reader:
        assert reader.counts().measurements >= 0
    ended = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0] * 4, ended
    found = store.verify()
    assert found.intact, found.findings
    assert found.measurements == 4 * 40 * 5
    with store.read() as reader:
        accounts = {entry.account for entry in reader.journal_after(2, 10_000)}
    assert accounts == {f"writer{n}" for n in range(1, 5)}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_killed_while_writing_nothing_said_is_lost_and_nothing_is_half(store: Store, diameter: int, home: Path) -> None:
    """Kills a writer after each of several counts of commits, at whatever it is doing then."""
    said: list[int] = []
    for round_number, commits in enumerate((1, 2, 3, 5, 8, 13, 21, 34, 3, 2), 1):
        process = writer(home, 1000 * round_number + 1, 900, "writer")
        assert process.stdout is not None and process.stderr is not None
        for _ in range(commits):
            said.append(int(process.stdout.readline()))
        process.kill()
        said += [int(line) for line in process.stdout.read().split("\n")[:-1]]
        process.wait(timeout=30)
        process.stdout.close()
        process.stderr.close()
        found = store.verify()
        assert found.intact, found.findings
    with store.read() as reader:
        kept = {number for (number,) in reader.raw.execute("SELECT DISTINCT subgroup FROM measurement")}
        judged = {number for (number,) in reader.raw.execute("SELECT subgroup FROM subgroup")}
        sizes = {count for (count,) in reader.raw.execute("SELECT count(*) FROM measurement GROUP BY subgroup")}
    assert set(said) <= kept
    assert kept == judged and sizes == {5}
    assert len(kept) <= len(said) + 10  # at most one commit a round that was not said any more
    with store.write("line") as work:
        work.append_measurements(batch(diameter, 99_999))


FULL = """
import resource, signal, sys
from pathlib import Path
from tests.workstation.store.rows import batch
from workstation.errors import SurroundingsFailed
from workstation.store import Store
home = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Store.open(home) as store:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    limit = (home / "station.db-wal").stat().st_size + 60_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    kept, failed = 0, 0
    for number in range(1, 2000):
        try:
            with store.write("line") as work:
                work.append_measurements(batch(1, number, 50))
            kept += 1
        except SurroundingsFailed as error:
            print(error)
            failed += 1
            if failed == 3:
                break
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with store.write("line") as work:
        work.append_measurements(batch(1, 5000, 50))
    print("kept", kept + 1, "intact", store.verify().intact, store.verify().measurements)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_when_a_file_cannot_grow_nothing_is_half_written_and_the_store_goes_on(
    store: Store, diameter: int, home: Path
) -> None:
    store.close()
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(home)], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert len(lines) == 4
    assert all("disk" in line and "nothing of this was written" in line for line in lines[:3])
    _, kept, _, intact, rows = lines[3].split()
    assert (intact, int(rows)) == ("True", int(kept) * 50)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB of its own, where one may be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs the right to mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_said_and_survived(small_disk: Path) -> None:
    with Store.open(small_disk) as store:
        with store.write("setup") as work:
            part = parts.ensure_part(work, "P", "")
            number = parts.ensure_characteristic(work, part.id, CharacteristicDefinition("d", "mm", 3)).id
        kept = 0
        with pytest.raises(SurroundingsFailed, match="disk") as caught:
            while True:
                with store.write("line") as work:
                    work.append_measurements(batch(number, kept + 1, 100))
                kept += 1
        assert caught.value.next_step and kept > 0
        more = MeasurementBatch(batch(number, 9000, 100).measurements, (judgement(number, 9000),))
        with pytest.raises(SurroundingsFailed), store.write("line") as work:
            work.append_measurements(more)
        assert store.verify().intact and store.verify().measurements == kept * 100
        subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
        with store.write("line") as work:
            work.append_measurements(more)
        assert store.verify().intact and store.verify().measurements == (kept + 1) * 100


def test_no_room_for_a_restore_is_said_of_the_right_disk_and_leaves_none_of_it_taken(
    small_disk: Path, store: Store, tmp_path: Path
) -> None:
    copy = store.back_up(tmp_path / "copy.db")
    Store.open(small_disk, station="small").close()
    (small_disk / "filler").write_bytes(b"\0" * (450 * 1024))
    before = sorted(small_disk.iterdir())
    with pytest.raises(SurroundingsFailed) as caught:
        restore(copy.path, small_disk)
    assert f"{small_disk}/" in caught.value.sentence and "full" in caught.value.sentence
    assert sorted(small_disk.iterdir()) == before
    with Store.open(small_disk) as again:
        assert again.station == "small"


def test_a_full_disk_at_the_first_start_is_said(small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(b"\0" * (1024 * 1024 - 8192))
    with pytest.raises(SurroundingsFailed, match="disk"):
        Store.open(small_disk)
    (small_disk / "filler").unlink()
    Store.open(small_disk).close()


def test_a_clock_that_goes_back_is_recorded_as_it_is(store: Store, diameter: int) -> None:
    for start in (time.time_ns() // 1000, 1_000_000):
        store.clock.now = start  # type: ignore[attr-defined]
        with store.write("line") as work:
            work.append_measurements(batch(diameter, 1 if start > 1_000_000 else 2))
    with store.read() as reader:
        before, after = reader.journal_after(2)
    assert after.recorded_at < before.recorded_at and after.seq == before.seq + 1
    assert store.verify().intact
