"""Two lines on one home, homes that cannot be used, a parent that dies, a disk that is full."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Line
from workstation.line import protocol
from workstation.station import Station

RUN = ("line", "run", "--home")


def sentence_and_next_step(done: subprocess.CompletedProcess[str]) -> str:
    """What a failing command said, which is two lines and no traceback."""
    assert done.returncode == 3, (done.stdout, done.stderr)
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 2 and "Traceback" not in done.stderr, done.stderr
    return lines[0]


def test_a_second_line_on_one_home_is_refused_by_name(line: Any, sinebar: Callable[..., Any]) -> None:
    for options in ((), ("--no-supervise",)):
        said = sentence_and_next_step(sinebar(*RUN, str(line.home), *options))
        assert f"process {line.pid()} holds" in said
    told = json.loads(sinebar(*RUN, str(line.home), "--json").stderr)
    assert told["exit"] == 3 and str(line.pid()) in told["error"]
    assert line.process.poll() is None


def test_status_and_stop(line: Any, gauge: Any, sinebar: Callable[..., Any]) -> None:
    line.listening(gauge)
    gauge.value("74.000")
    line.wait(lambda: bool(line.all(protocol.Kept)), "a reading")
    status = json.loads(sinebar("line", "status", "--home", str(line.home), "--json").stdout)
    assert (status["kept"], status["pid"], status["supervision"]) == (1, line.pid(), "supervised")
    assert status["latency_median"] > 0 and status["ports"][0]["status"] == "ready"
    assert "Last byte to commit" in sinebar("line", "status", "--home", str(line.home)).stdout
    assert sinebar("line", "stop", "--home", str(line.home)).returncode == 0
    assert line.process.wait(20) == 0
    for command in ("status", "stop"):
        gone = sinebar("line", command, "--home", str(line.home))
        assert gone.returncode == 1 and "is not running" in gone.stderr


def test_a_line_whose_parent_was_killed_reads_on_until_the_next_takes_over(line: Any, gauge: Any) -> None:
    line.listening(gauge)
    pid = line.pid()
    line.process.kill()
    line.process.wait()

    def says_lost() -> bool:
        line.answer(line.window.refresh())
        return bool(line.all(protocol.Snapshot)[-1].supervision == "lost")

    line.wait(says_lost, "the line says that its parent has died")
    gauge.value("74.001")
    line.wait(lambda: len(line.all(protocol.Kept)) == 1, "a reading without the parent")
    line.start()
    line.wait(lambda: line.snapshot() is not None and line.pid() != pid, "the next line took over")
    assert line.snapshot().supervision == "supervised"
    line.all(protocol.ReadingRefused).clear()
    line.listening(gauge)
    gauge.value("74.002")
    line.wait(lambda: len(line.all(protocol.Kept)) == 2, "a reading with the new parent")
    assert line.stored() == ["74.001", "74.002"]


def test_ctrl_c_keeps_what_is_in_hand(line: Any, gauge: Any) -> None:
    line.listening(gauge)
    for number in range(300):
        gauge.value(f"74.{number % 50:03d}")
    line.wait(lambda: bool(line.all(protocol.Kept)), "the first of them")
    line.process.send_signal(signal.SIGINT)
    assert line.process.wait(20) == 0
    line.drain()
    assert len(line.stored()) >= len(line.all(protocol.Kept))
    with Station.open(line.home, create=False) as station:
        assert not station.line_running()


def test_a_line_ends_when_another_home_takes_the_place_of_its_own(line: Any, gauge: Any) -> None:
    """What it kept from then on would stand where nobody looks for it."""
    line.listening(gauge)
    gauge.value("74.001")
    line.wait(lambda: len(line.all(protocol.Kept)) == 1, "a reading")
    moved = line.home.rename(line.home.with_name("moved"))
    line.home.mkdir()
    line.process.wait(20)
    with Station.open(moved, create=False) as station:
        assert station.store.verify().intact and not station.line_running()


@pytest.mark.parametrize("options", [(), ("--no-supervise",)], ids=["supervised", "alone"])
def test_a_line_whose_home_is_deleted_ends_with_the_reason_and_its_code(
    options: tuple[str, ...], home: Path, gauge: Any
) -> None:
    line = Line(home, *options)
    try:
        line.start()
        line.listening(gauge)
        gauge.value("74.001")
        line.wait(lambda: len(line.all(protocol.Kept)) == 1, "a reading")
        shutil.rmtree(home)
        assert line.process.wait(20) == 3
        said = line.process.stderr.read().decode()
        assert f"The folder {home} was removed or replaced while the line ran" in said and "Traceback" not in said
        assert not home.exists(), "nobody made it anew"
    finally:
        line.close()


def test_a_line_started_by_the_window_outlives_it(home: Path, gauge: Any) -> None:
    with Station.open(home) as station:
        assert not station.line_running()
        station.start_line()
        attachment = station.attach("window")
        from workstation.line.attachment import Attached

        _wait(lambda: isinstance(attachment.state, Attached))
        assert station.line_running()
        station.start_line()  # a second wish starts no second line
        attachment.stop_line()
        _wait(lambda: not station.line_running())
        attachment.close()


def _wait(condition: Callable[[], bool]) -> None:
    import time

    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


# --- homes that cannot be used ---------------------------------------------------------------------------------------


def test_a_missing_profile_is_a_sentence_where_there_is_no_other_gauge(
    tmp_path: Path, sinebar: Callable[..., Any]
) -> None:
    from workstation.catalog.gauges import GaugeDefinition, ensure_gauge

    with Station.open(tmp_path / "other", name="other") as station, station.write("engineer") as work:
        ensure_gauge(work, GaugeDefinition("scale", "mettler.absent", "/dev/ttyUSB7"))
    assert "no profile 'mettler.absent'" in sentence_and_next_step(sinebar(*RUN, str(tmp_path / "other")))


def test_a_gauge_without_its_profile_stands_alone(
    home: Path, gauge: Any, line: Any, sinebar: Callable[..., Any]
) -> None:
    """A wrong profile, or a port named twice, keeps no other gauge from being read; the doctor says which it is."""
    from workstation.catalog.gauges import GaugeDefinition, ensure_gauge

    with Station.open(home) as station, station.write("engineer") as work:
        ensure_gauge(work, GaugeDefinition("scale", "mettler.absent", "/dev/ttyUSB7"))
        ensure_gauge(work, GaugeDefinition("again", "mitutoyo.digimatic-13", f"{gauge.path}?line=9600-8N1"))
    line.wait(lambda: "no profile 'mettler.absent'" in line.detail("scale"), "the scale says what it lacks")
    line.wait(lambda: "has the same port as gauge" in line.detail("again"), "the other names who has its port")
    line.listening(gauge)
    gauge.value("74.000")
    line.wait(lambda: bool(line.all(protocol.Kept)), "a reading of the caliper")
    told = json.loads(sinebar("doctor", "--home", str(home), "--json").stdout)["findings"]
    assert {one["what"] for one in told if one["state"] == "wrong"} == {"gauge scale", "gauge again"}
    (of_line,) = [one for one in told if one["what"] == "line"]
    assert "2 of 3 instruments are not read" in of_line["sentence"] and "mettler.absent" in of_line["sentence"]


def test_a_corrupt_database_is_a_sentence(home: Path, sinebar: Callable[..., Any]) -> None:
    (home / "station.db").write_bytes(os.urandom(20_000))
    for suffix in ("-wal", "-shm"):
        (home / f"station.db{suffix}").unlink(missing_ok=True)
    assert "station.db is damaged" in sentence_and_next_step(sinebar(*RUN, str(home)))


def test_broken_settings_are_a_sentence(home: Path, sinebar: Callable[..., Any]) -> None:
    (home / "settings.toml").write_text("[line]\nbatch_rows = 0\n")
    assert "settings.toml, line 2" in sentence_and_next_step(sinebar(*RUN, str(home)))


def test_a_file_in_the_homes_place_is_a_sentence(tmp_path: Path, sinebar: Callable[..., Any]) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert str(file) in sentence_and_next_step(sinebar(*RUN, str(file / "home")))
    assert file.read_text() == "", "what stood there is as it was"


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A small file system of its own; only root may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options: str) -> Path:
        if not sys.platform.startswith("linux") or os.geteuid() != 0 or shutil.which("mount") is None:
            pytest.skip("needs root on Linux to mount a small file system")
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"cannot mount here: {done.stderr.strip()}")
        return folder

    yield mount
    while os.path.ismount(folder):
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_read_only_home_is_a_sentence(
    home: Path, mounted: Callable[[str], Path], sinebar: Callable[..., Any]
) -> None:
    disk = mounted("size=20m")
    shutil.copytree(home, disk / "home")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    for name in ("home", "new"):
        said = sentence_and_next_step(sinebar(*RUN, str(disk / name)))
        assert str(disk / name) in said and "read-only" in said.lower(), said
    assert not (disk / "new").exists()


# --- a full disk -----------------------------------------------------------------------------------------------------


class FullDisk:
    """A disk without room: filled with ballast to the last byte."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        with self._ballast.open("ab", buffering=0) as file:
            for size in (65536, 1):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    continue

    def make_room(self) -> None:
        self._ballast.unlink()


def test_a_full_disk_is_announced_and_nothing_is_half_written(
    tmp_path: Path, gauge: Any, mounted: Callable[[str], Path], new_line: Callable[[Path], Any]
) -> None:
    """Typed values wait and block the next part, nothing is read from the gauge; with room again all goes on."""
    home = mounted("size=12m") / "home"
    line = new_line(home)
    line.listening(gauge)
    gauge.value("74.001")
    line.wait(lambda: len(line.all(protocol.Kept)) == 1, "a reading while there is room")
    disk = FullDisk(home)
    disk.fill()

    first = line.answer(line.window.enter_value(1, "74.002", "mm"))
    assert "is full" in first.sentence and "The value waits" in first.sentence and first.next_step
    (failed, *_) = line.all(protocol.KeepFailed)
    assert failed.values == ("74.002",) and "is full" in failed.sentence
    blocked = line.answer(line.window.enter_value(1, "74.003", "mm"))
    assert "is full" in blocked.sentence and "waits" not in blocked.sentence
    assert "is full" in line.answer(line.window.request_reading("caliper", "1")).sentence
    assert "does not end while readings wait (1)" in line.answer(line.window.stop_line()).sentence
    line.wait(lambda: not gauge.send(b"x\r" * 50) and line.status() == "error", "the port says that it is not read")
    assert len(line.all(protocol.Kept)) == 1

    disk.make_room()
    line.wait(lambda: bool(line.all(protocol.KeepRestored)), "kept as soon as there is room")
    assert [item.value for item in line.all(protocol.Kept)] == ["74.001", "74.002"]
    line.all(protocol.ReadingRefused).clear()
    line.listening(gauge)
    gauge.value("74.004")
    line.wait(lambda: len(line.all(protocol.Kept)) == 3, "the gauge is read again")
    assert line.stored() == ["74.001", "74.002", "74.004"]
    _verifies(home)


def test_a_limit_on_file_sizes_is_met_like_a_full_disk(line: Any, gauge: Any) -> None:
    """The same without root: the operating system lets this process's files grow no further."""
    if not sys.platform.startswith("linux"):
        pytest.skip("limits another process's files by prlimit, which only Linux has")
    import resource

    line.listening(gauge)
    pid = line.pid()
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))
    said = line.answer(line.window.enter_value(1, "74.002", "mm"))
    assert "nothing of this was written" in said.sentence
    assert not line.all(protocol.Kept)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    line.wait(lambda: [item.value for item in line.all(protocol.Kept)] == ["74.002"], "kept when files may grow again")
    assert line.pid() == pid and line.stored() == ["74.002"]
    _verifies(line.home)


def _verifies(home: Path) -> None:
    from workstation.store.verify import verify

    with Station.open(home, create=False) as station, station.read() as reader:
        found = verify(reader.raw)
    assert found.intact, found.findings
