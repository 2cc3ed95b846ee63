"""Every command on a station that cannot be written: what only reads answers as ever, what writes is refused."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.workstation.cli.commands import CALLS, ENDLESS, PASSWORD, Leaf, arguments, leaves
from tests.workstation.cli.conftest import Said
from tests.workstation.cli.test_bad_input import Ground, refused, spoken
from tests.workstation.nobody import as_nobody, content, public_folder, shut
from workstation.catalog import parts
from workstation.line.lock import LineLock, holder
from workstation.line.samples import RawSample, SampleBuffer, samples_of
from workstation.store import Store

READING: dict[str, dict[str, Any]] = {
    name: {}
    for name in (
        "sensors list", "sensors history", "sensors alarms", "records list", "records show", "records history", "trace",
        "limits show", "export readings", "export records", "export journal", "sync status",
        "accounts list", "verify", "backup",
    )
} | {
    "limits establish": {"preview": True, "leave_out": None, "reason": None},
    "report inspection": {"characteristic": "width", "out": "report.xlsx"},
}  # fmt: skip
"""The commands that open the station and only read it; with what makes them."""
NOT_OPENING = (
    "line status", "line stop", "instruments list", "instruments check", "instruments probe", "instruments listen",
    "instruments credentials", "instruments settings", "instruments write", "settings list", "doctor",
)  # fmt: skip
"""Commands that do not need the station's file, or say of it what they find."""
SHUT = [leaf for leaf in leaves() if leaf.takes("--home") and leaf.name not in ENDLESS]
MADE_ANEW = ("backup", "report inspection")
"""Their files hold the moment at which they were made."""
PASSWORDS = f"{PASSWORD}\nanother good password\n"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX file rights")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    made = Ground(tmp_path_factory.mktemp("ground"))
    yield made
    made.close()


@pytest.fixture
def medium(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A station whose last commits stand in logs, as a copy of a running one has them; everybody may write in `out`."""
    with public_folder() as folder:
        out, home = folder / "out", folder / "home"
        out.mkdir()
        out.chmod(0o777)
        monkeypatch.setattr(tempfile, "tempdir", str(out))
        monkeypatch.chdir(out)
        shutil.copy(ground.folder / "plan.toml", folder)
        (folder / "garbage").write_bytes(bytes(range(256)))
        shutil.copytree(ground.station, home)
        buffer = SampleBuffer(home)
        with Store.open(home) as store:
            with store.write("erna") as work:
                parts.ensure_part(work, "R-11", "bolt")
            buffer.put([RawSample(1, 1_795_355_543_000_000_000, None, "mm", "bad", 2**62)], 0)
            shutil.copytree(home, folder / "medium")
        buffer.close()
        assert all((folder / "medium" / f"{name}.db-wal").stat().st_size for name in ("station", "samples"))
        yield folder / "medium"
        monkeypatch.undo()


def words(leaf: Leaf, home: Path, **changed: Any) -> list[str]:
    """The call of a command that does its work, on this home, writing to the folder it is called in."""
    folder = Path.cwd()
    places = {
        "folder": folder,
        "plan": folder.with_name("plan.toml"),
        "garbage": folder.with_name("garbage"),
        "free": 9,
    }
    values = {
        name: value.format(**places) if isinstance(value, str) else value
        for name, value in {**CALLS[leaf.name], **changed}.items()
        if value is not None
    }
    if leaf.name in READING:
        for signed in ("account", "password_stdin"):
            values.pop(signed, None)
    return arguments(leaf, values, home)


def test_every_command_with_a_home_is_told_apart() -> None:
    assert set(READING) | set(NOT_OPENING) <= {leaf.name for leaf in SHUT}


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize("leaf", [one for one in SHUT if one.name in READING], ids=lambda leaf: leaf.name)
def test_what_only_reads_answers_as_ever_and_says_how(
    leaf: Leaf, form: tuple[str, ...], medium: Path, call: Any
) -> None:
    def asked(home: Path) -> tuple[Said, dict[str, str]]:
        said = call(*form, *words(leaf, home, **READING[leaf.name]))
        written = {path.name: path.read_bytes().decode(errors="replace") for path in Path.cwd().iterdir()}
        for path in Path.cwd().iterdir():
            path.unlink()
        return said, written

    usual, files = asked(medium.with_name("home"))
    assert usual.code == 0 or leaf.name == "sensors history", usual
    before = shut(medium)
    with as_nobody():
        said, found = asked(medium)
    assert said.code == usual.code, said
    if said.code:
        assert said.err == usual.err, "that there is no such channel"
        return
    how = json.loads(said.err)["note"] if form else said.err.strip()
    assert how.startswith(f"{medium} cannot be written: the station was read ") and "\n" not in how
    assert content(medium) == before
    assert set(found) == set(files), "the same files, and no temporary copy left behind"
    if leaf.name in MADE_ANEW:
        return
    assert said.out == usual.out and found == files


@pytest.mark.parametrize("leaf", [one for one in SHUT if one.name not in READING], ids=lambda leaf: leaf.name)
def test_what_writes_is_refused_and_changes_nothing(leaf: Leaf, medium: Path, call: Any) -> None:
    call(*words(leaf, medium.with_name("home")), stdin=PASSWORDS)  # imported before the rights go
    before = shut(medium)
    with as_nobody():
        said = call(*words(leaf, medium), stdin=PASSWORDS)
    if leaf.name not in NOT_OPENING:
        assert str(medium) in refused(said, 3) and ("read-only" in said.err or "denied" in said.err), said
    elif said.code == 0:
        spoken(said)
    else:
        assert said.code in (1, 3) and "Traceback" not in said.err, said
    assert content(medium) == before and not list(Path.cwd().iterdir())


def test_the_doctor_finds_a_copy_well_and_says_that_it_cannot_be_written(medium: Path, call: Any) -> None:
    call("doctor", "--home", medium.with_name("home"))
    shut(medium)
    with as_nobody():
        said = call("doctor", "--home", medium, "--json")
    findings = {one["what"]: one for one in said.json["findings"]}
    assert said.code == 0 and said.json["healthy"], said
    assert findings["home"]["state"] == "warning" and "cannot be written" in findings["home"]["sentence"]
    assert findings["database"]["state"] == "good" and findings["line"]["state"] == "good"


def test_samples_that_stand_in_the_log_alone_are_told(medium: Path) -> None:
    with samples_of(medium.with_name("home")) as buffer:
        assert buffer is not None and buffer.count(1, 0, 2**62, 9) == 1
    before = shut(medium)
    with as_nobody(), samples_of(medium) as buffer:
        assert buffer is not None and buffer.count(1, 0, 2**62, 9) == 1
    assert content(medium) == before


def test_whether_the_line_runs_is_seen_where_its_lock_may_only_be_read(medium: Path, call: Any) -> None:
    lock = LineLock.acquire(medium)
    try:
        shut(medium)
        with as_nobody():
            assert holder(medium) is not None
        lock.release()
        with as_nobody():
            assert holder(medium) is None
    finally:
        lock.release()
    for name in ("line.lock", "line.address"):
        (medium / name).touch()
        (medium / name).chmod(0)
    call("sensors", "list", "--home", medium.with_name("home"))
    with as_nobody():
        assert call("sensors", "list", "--home", medium, "--json").json["line_running"] is None
        assert call("doctor", "--home", medium).code == 0
        assert "Run as the account that owns" in refused(call("line", "status", "--home", medium), 3)


def test_a_medium_that_nobody_can_write_is_read(medium: Path, call: Any, tmp_path: Path) -> None:
    """Also by root, whom no rights stop: a small file system of its own, mounted for reading."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs root on Linux to mount a small file system")
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(disk)], capture_output=True, text=True
    )
    if made.returncode:
        pytest.skip(f"cannot mount here: {made.stderr.strip()}")
    try:
        shutil.copytree(medium, disk / "home")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        for leaf in SHUT:
            if leaf.name in READING:
                said = call(*words(leaf, disk / "home", **READING[leaf.name]))
                told = (
                    "no continuous channel" if leaf.name == "sensors history" else "cannot be written: the station was"
                )
                assert told in said.err and "Traceback" not in said.err, said
            elif leaf.name not in NOT_OPENING:
                refused(call(*words(leaf, disk / "home"), stdin=PASSWORDS), 3)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
