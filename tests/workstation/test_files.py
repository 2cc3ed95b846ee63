"""Files that are replaced: whole after kill -9, apart for two writers, private from the first byte, no litter."""

from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workstation import files, settings
from workstation.errors import SurroundingsFailed
from workstation.line.credentials import load_credentials
from workstation.lock import FileLock
from workstation.sync.state import StateFile

ROOT = Path(__file__).parents[2]
needs_kill = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX file rights")

WRITERS = {
    "settings": """
from workstation import settings
number = 100
while True:
    number = 100 + (number + 1) % 800
    settings.change(home, "line.batch_rows", str(number))
""",
    "state": """
from workstation.sync.state import StateFile
while True:
    StateFile(home).change(lambda state: state.after(hub="https://hub" * 400, bundled=state.bundled + 1))
""",
    "credentials": """
from devices.gateway.credential import Credential
from workstation.line.credentials import keep_credential
number = 0
while True:
    number += 1
    keep_credential(home, "mqtt://plant", Credential(user=str(number), password=str(number) * 3000))
""",
    "large": """
from workstation import files
number = 0
while True:
    number += 1
    files.replace(home / "large", bytes([number % 256]) * 3_000_000, next_step="", private=True)
""",
}
BEGIN = """
import sys
from pathlib import Path
home = Path(sys.argv[1])
print("ready", flush=True)
"""
PRIVATE = {"gateway.credentials", "large"}
MADE = {
    "settings": {"settings.toml", "settings.toml.lock"},
    "state": {"sync.json", "sync.json.lock"},
    "credentials": {"gateway.credentials", "gateway.credentials.lock"},
    "large": {"large"},
}


@contextmanager
def process(home: Path, program: str) -> Iterator[subprocess.Popen[str]]:
    begun = subprocess.Popen(
        [sys.executable, "-c", BEGIN + program, str(home)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert begun.stdout is not None and begun.stdout.readline() == "ready\n"
        yield begun
    finally:
        begun.kill()
        begun.communicate()


def wait_for(path: Path) -> None:
    until = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < until, path
        time.sleep(0.001)


def require_whole(home: Path, kind: str) -> None:
    """The file of this kind of writer is what one of its writes made of it."""
    if kind == "settings":
        assert 100 <= settings.load(home).get(settings.declared("line.batch_rows")) < 900
    elif kind == "state":
        raw = (home / "sync.json").read_bytes()
        state = StateFile(home).read()
        assert raw and state.bundled > 0 and state.hub == "https://hub" * 400
    elif kind == "credentials":
        kept = load_credentials(home)["mqtt://plant"]
        assert kept.password == kept.user * 3000
    else:
        content = (home / "large").read_bytes()
        assert len(content) == 3_000_000 and content == content[:1] * 3_000_000


SETTER = """
from workstation import settings
from devices.gateway.credential import Credential
from workstation.line.credentials import keep_credential
key, values, server = sys.argv[2], sys.argv[3].split(), sys.argv[4]
for value in values:
    settings.change(home, key, value)
    keep_credential(home, f"{server}/{value}", Credential(user=value))
"""


def test_two_who_change_what_is_in_one_file_keep_both_changes(tmp_path: Path) -> None:
    turns = ("line.batch_rows", "sync.interval_seconds")
    values = {key: [str(number) for number in range(20, 40)] for key in turns}
    begun = [
        subprocess.Popen(
            [sys.executable, "-c", BEGIN + SETTER, str(tmp_path), key, " ".join(values[key]), f"opc.tcp://{key}"],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        for key in turns
    ]
    assert [one.wait(60) for one in begun] == [0, 0]
    assert {key: str(settings.load(tmp_path).changed[key]) for key in turns} == {
        "line.batch_rows": "39",
        "sync.interval_seconds": "39.0",
    }
    assert sorted(load_credentials(tmp_path)) == sorted(
        f"opc.tcp://{key}/{one}" for key in turns for one in values[key]
    )


@needs_kill
@pytest.mark.parametrize("kind", WRITERS)
def test_killed_at_any_moment_leaves_the_old_file_or_the_new_one(kind: str, tmp_path: Path) -> None:
    chance = random.Random(kind)
    left = 0
    for _ in range(12):
        with process(tmp_path, WRITERS[kind]) as writer:
            wait_for(tmp_path / min(MADE[kind]))
            time.sleep(chance.random() * 0.03)
            writer.send_signal(signal.SIGKILL)
            assert writer.wait(20) == -signal.SIGKILL
        require_whole(tmp_path, kind)
        names = {one.name for one in tmp_path.iterdir()}
        assert names >= MADE[kind] and len(names - MADE[kind]) <= 1, "no more than the last one left lies about"
        left += len(names - MADE[kind])
        for name in PRIVATE & names:
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    files.replace(tmp_path / min(MADE[kind]), "", next_step="")
    assert {one.name for one in tmp_path.iterdir()} == MADE[kind]
    assert left or kind != "large", "none was killed while it wrote"


STOPPED = """
import os, signal
stop, events = int(sys.argv[2]), 0
def hook(event, arguments):
    global events
    named = any(isinstance(one, (str, os.PathLike)) and str(home) in os.fspath(one) for one in arguments)
    if named and event in ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.scandir"):
        events += 1
        if events == stop:
            os.kill(os.getpid(), signal.SIGKILL)
from workstation import files
sys.addaudithook(hook)
files.replace(home / "file", "new", next_step="", private=True)
"""


@needs_kill
def test_killed_at_each_step_in_turn(tmp_path: Path) -> None:
    found = []
    for stop in range(1, 60):
        files.replace(tmp_path / "file", "old", next_step="", private=True)
        assert [one.name for one in tmp_path.iterdir()] == ["file"], "what the one before left is gone"
        done = subprocess.run([sys.executable, "-c", BEGIN + STOPPED, str(tmp_path), str(stop)], cwd=ROOT, check=False)
        found.append((tmp_path / "file").read_text())
        assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
    assert stop > 8 and set(found) == {"old", "new"} and found == sorted(found, reverse=True)


def test_writers_beside_each_other_tear_nothing(tmp_path: Path) -> None:
    """Each writes whole files, and none takes what another is writing for left behind."""
    program = """
from workstation import files
for number in range(150):
    files.replace(home / "file", str(number % 10) * 5000, next_step="")
    content = (home / "file").read_text()
    assert len(content) == 5000 and content == content[0] * 5000, content[:20]
"""
    writers = [subprocess.Popen([sys.executable, "-c", BEGIN + program, str(tmp_path)], cwd=ROOT) for _ in range(4)]
    assert [one.wait(120) for one in writers] == [0, 0, 0, 0]
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


@posix
def test_a_secret_is_private_from_its_first_byte(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("open to all")
    (tmp_path / "secret").chmod(0o644)
    with files.replacing(tmp_path / "secret", next_step="", private=True) as fresh:
        assert stat.S_IMODE(fresh.stat().st_mode) == 0o600 and stat.S_IMODE(fresh.parent.stat().st_mode) == 0o700
        fresh.write_text("hidden")
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    files.replace(tmp_path / "report", "", next_step="")
    (tmp_path / "plain").write_text("")
    assert (tmp_path / "report").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_an_error_while_writing_leaves_the_file_as_it_was_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    with pytest.raises(ZeroDivisionError), files.replacing(tmp_path / "file", next_step="") as fresh:
        fresh.write_text("half")
        raise ZeroDivisionError
    assert (tmp_path / "file").read_text() == "old" and [one.name for one in tmp_path.iterdir()] == ["file"]


def test_what_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for target in (tmp_path / "folder", tmp_path / "absent" / "file"):
        with pytest.raises(SurroundingsFailed) as caught:
            files.replace(target, "", next_step="Do this.")
        assert caught.value.sentence.startswith(f"{target} cannot be written: ")
        assert caught.value.next_step == "Do this."
    assert [one.name for one in tmp_path.iterdir()] == ["folder"], "no folder was made that nobody asked for"
    files.replace(tmp_path / "absent" / "file", "there", next_step="", make_folder=True)
    assert (tmp_path / "absent" / "file").read_text() == "there"


def test_what_is_whole_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """File, then name, then folder: after a power cut the name never stands for less than the file."""
    steps: list[str] = []
    fsync, rename = os.fsync, Path.replace

    def noted(descriptor: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def named(self: Path, target: Path) -> Path:
        steps.append("name")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(Path, "replace", named)
    files.replace(tmp_path / "file", "new", next_step="")
    assert steps == (["file", "name", "folder"] if os.name == "posix" else ["file", "name"])
    steps.clear()
    files.replace(tmp_path / "file", "newer", next_step="", lasting=False)
    assert steps == ["name"]


def test_only_what_a_dead_process_of_this_account_left_is_cleared(tmp_path: Path) -> None:
    name = ".sinebar-0123456789abcdef"
    kept = {
        "a user's folder": tmp_path / ".sinebar-notes",
        "a user's file": tmp_path / ".sinebar-0123456789abcde0",
        "a link": tmp_path / ".sinebar-0123456789abcde1",
    }
    kept["a user's folder"].mkdir()
    kept["a user's file"].write_text("notes")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine").write_text("")
    kept["a link"].symlink_to(elsewhere)
    dead = tmp_path / name
    (dead / "inside").mkdir(parents=True)
    (dead / "inside" / "deep").write_text("")
    (dead / "to elsewhere").symlink_to(elsewhere)
    with files.scratch(tmp_path) as alive:
        (alive / "half").write_text("")
        files.clear_left_behind(tmp_path)
        assert (alive / "half").exists() and not dead.exists()
    assert not alive.exists()
    assert all(one.is_symlink() or one.exists() for one in kept.values()) and (elsewhere / "mine").exists()
    assert {one.name for one in elsewhere.iterdir()} == {"mine"}


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root gives folders away")
def test_what_another_account_left_stays(tmp_path: Path) -> None:
    others = tmp_path / ".sinebar-0123456789abcdef"
    others.mkdir()
    os.chown(others, 65534, 65534)
    files.clear_left_behind(tmp_path)
    assert others.exists()


def test_where_locks_are_not_to_be_had_files_are_written_and_nothing_is_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: FileLock, timeout: float = 0.0) -> bool:
        raise OSError(37, "No locks available")

    left = tmp_path / ".sinebar-0123456789abcdef"
    left.mkdir()
    monkeypatch.setattr(FileLock, "acquire", refuse)
    files.replace(tmp_path / "file", "new", next_step="")
    assert (tmp_path / "file").read_text() == "new" and {one.name for one in tmp_path.iterdir()} == {"file", left.name}


@pytest.mark.parametrize("step", ["before the lock", "after the lock"])
def test_a_folder_cleared_while_it_is_begun_is_begun_anew(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody clears here at the worst moment: between making a folder and holding its lock."""
    acquire: Callable[[FileLock, float], bool] = FileLock.acquire
    cleared: list[Path] = []

    def disturbed(self: FileLock, timeout: float = 0.0) -> bool:
        if cleared:
            return acquire(self, timeout)
        cleared.append(self.path.parent)
        if step == "before the lock":
            self.path.parent.rmdir()
            return acquire(self, timeout)
        got = acquire(self, timeout)
        self.path.unlink()
        self.path.parent.rmdir()
        return got

    monkeypatch.setattr(FileLock, "acquire", disturbed)
    files.replace(tmp_path / "file", "new", next_step="")
    assert cleared and (tmp_path / "file").read_text() == "new"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
