"""Every command where files, streams and signals are not what it hopes for: a sentence, no traceback and no wait."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.workstation.cli.commands import CALLS, ENDLESS, Leaf, arguments, kind_of, leaves
from tests.workstation.cli.conftest import Said
from tests.workstation.cli.test_bad_input import Attempt, Ground, answered_or_refused, attempt, ground, refused, spoken
from workstation.cli import streams
from workstation.line.supervisor import surroundings

__all__ = ["attempt", "ground"]  # fixtures

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes and devices are files on POSIX alone")
LEAVES = leaves()
FINITE = [leaf for leaf in LEAVES if leaf.name not in ENDLESS]

HOSTILE = {
    "deep.json": b'{"a":' * 30_000,
    "deep.toml": b"a = " + b"[" * 5_000,
    "long-number.json": b'{"a": ' + b"9" * 5_000 + b"}",
    "long-number.toml": b"a = " + b"9" * 5_000,
    "no-number.json": b'{"a": NaN, "b": Infinity}',
    "twice.json": b'{"a": 1, "a": 2}',
    "list.json": b"[1, 2, 3]",
    "half.json": b'{"a": "\\ud800"}',
    "cut.toml": b"format = 1\n[plan\nname = ",
    "twice.toml": b"format = 1\nformat = 2\n",
    "utf-16.csv": "value\n1\n2\n".encode("utf-16"),
    "nul.csv": b"value\n1\x00\n2\n",
    "steering\x1b[2J\x9b.csv": b"value\n\x1b[2J\n2\n",
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    for name, content in HOSTILE.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def special(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Files that are none: a pipe that nobody writes, a socket, and devices."""
    folder = tmp_path_factory.mktemp("special")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(folder / "socket"))
        yield {"pipe": folder / "pipe", "socket": folder / "socket", "zero": Path("/dev/zero")}


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """A call that waits for what never comes fails its test."""

    def fail(number: int, frame: object) -> None:
        raise AssertionError("The call waits.")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def paths_of(leaf: Leaf) -> list[str]:
    """The parameters of a command that name a file or folder, but for its home."""
    return [param.name for param in leaf.params if kind_of(param) is Path and param.name != "home"]


@pytest.mark.parametrize("leaf", [leaf for leaf in LEAVES if paths_of(leaf)], ids=lambda leaf: leaf.name)
def test_what_is_no_plain_file_is_refused_and_stays(leaf: Leaf, attempt: Attempt, special: dict[str, Path]) -> None:
    for name in paths_of(leaf):
        for path in special.values():
            kind = stat.S_IFMT(path.stat().st_mode)
            assert f"{path} is a pipe, socket or device." in refused(attempt(leaf, **{name: str(path)}), 2), name
            assert stat.S_IFMT(path.stat().st_mode) == kind


@pytest.mark.parametrize("name", ["instruments check", "instruments simulate", "instruments listen"])
def test_a_profile_or_recording_that_is_no_plain_file_is_refused(
    name: str, attempt: Attempt, special: dict[str, Path]
) -> None:
    leaf = next(one for one in LEAVES if one.name == name)
    for path in special.values():
        said = attempt(leaf, profile=str(path))
        assert said.code in (1, 3) and f"{path} is no plain file" in said.out + said.err
        if name == "instruments listen":
            assert f"{path} is no plain file" in attempt(leaf, port=f"replay:{path}").out


READING = {
    "instruments check": "profile", "instruments simulate": "profile", "instruments listen": "profile",
    "analyze": "file", "import plan": "file", "restore": "file", "sync enrol": "file", "sync accept": "file",
    "hub accept": "file", "instruments credentials": "authority",
}  # fmt: skip


@pytest.mark.parametrize("name", READING)
def test_hostile_content_is_answered_or_refused(name: str, attempt: Attempt, hostile: Path) -> None:
    leaf = next(one for one in LEAVES if one.name == name)
    without = "url" if name == "sync enrol" else ""
    for file in HOSTILE:
        answered_or_refused(leaf, attempt(leaf, without=without, **{READING[name]: str(hostile / file)}))


def test_hostile_recordings_are_said(attempt: Attempt, hostile: Path) -> None:
    leaf = next(one for one in LEAVES if one.name == "instruments listen")
    for file in HOSTILE:
        said = attempt(leaf, port=f"replay:{hostile / file}")
        assert said.code == 1 and said.err == ""
        spoken(said)


def test_what_steers_a_terminal_is_printed_as_a_code(attempt: Attempt, tmp_path: Path) -> None:
    leaf = next(one for one in LEAVES if one.name == "export readings")
    target = tmp_path / "a\x1b[2J\x9b31m\u202eb.csv"
    said = attempt(leaf, out=str(target))
    assert said.code == 0 and r"a\x1b[2J\x9b31m\u202eb.csv" in said.out and target.exists()
    as_json = attempt(leaf, "--json", out=str(target))
    assert json.loads(as_json.out)["file"] == str(target)
    assert not set("\x1b\x9b\u202e") & set(said.out + as_json.out)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("width=[NaN]", "NaN is no number"),
        ("width=Infinity", "Infinity is no number"),
        ('width={"a": 1, "a": 2}', "the key 'a' stands twice"),
        ("width=[1,", "at character"),
        ("width=" + "[" * 5_000, "nested too deeply"),
        ("width=" + "9" * 5_000, "thousands of digits"),
    ],
)
def test_a_setting_that_is_no_json_is_refused(given: str, why: str, attempt: Attempt) -> None:
    leaf = next(one for one in LEAVES if one.name == "analyze")
    assert why in refused(attempt(leaf, "--set", given), 2)
    assert "given twice" in refused(attempt(leaf, "--set", "width=3", "--set", "width=4"), 2)


@pytest.mark.parametrize("file", ["deep.toml", "long-number.toml", "cut.toml", "twice.toml", "nul.csv", "pipe"])
def test_hostile_settings_of_the_home_are_said(
    file: str, attempt: Attempt, ground: Ground, hostile: Path, special: dict[str, Path], tmp_path: Path
) -> None:
    home = tmp_path / "own"
    shutil.copytree(ground.station, home)
    (home / "settings.toml").unlink(missing_ok=True)
    (home / "settings.toml").symlink_to(special["pipe"] if file == "pipe" else hostile / file)
    for name in ("settings list", "settings set", "records list"):
        leaf = next(one for one in LEAVES if one.name == name)
        assert str(home / "settings.toml") in refused(attempt(leaf, home=home), 3)


# --- real processes --------------------------------------------------------------------------------------------------

ANSWERING = ("instruments list", "analyze", "records list", "accounts add")


@pytest.fixture
def call_of(ground: Ground, tmp_path: Path) -> Iterator[Any]:
    """The words of a command's call that works, the same for each."""
    with ground.places(tmp_path) as places:

        def words(name: str) -> list[str]:
            leaf = next(one for one in LEAVES if one.name == name)
            home = Path(str(places["home"]))
            shutil.rmtree(home)
            shutil.copytree(ground.station, home)
            values = {
                key: value.format(**places) if isinstance(value, str) else value for key, value in CALLS[name].items()
            }
            return [sys.executable, "-m", "workstation.cli", *arguments(leaf, values, home)]

        yield words


def shell(line: str, words: list[str], **environment: str) -> Said:
    """What bash says of `line`, in which "$@" is the call."""
    done = subprocess.run(
        ["/bin/bash", "-c", line, "bash", *words],
        input=b"correct horse battery\nanother good password\n",
        capture_output=True,
        env=surroundings() | environment,
        timeout=60,
        check=False,
    )
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize("name", ANSWERING)
def test_a_command_does_its_work_whoever_hears_it(name: str, call_of: Any) -> None:
    """Its reader gone, or no standard output at all: its exit code is its own. A full disk is said."""
    gone = shell('set -o pipefail; "$@" | true', call_of(name))
    closed = shell('"$@" >&-', call_of(name))
    assert (gone.code, gone.err, closed.code, closed.err) == (0, "", 0, "")
    full = shell('"$@" >/dev/full', call_of(name))
    assert "is lost: No space left on device" in refused(full, 3)


def test_a_command_without_any_stream_ends_as_it_should(call_of: Any) -> None:
    assert shell('"$@" >&- 2>&- <&-', call_of("verify")).code == 0
    assert shell('"$@" --bogus 2>/dev/full', call_of("verify")).code == 2
    assert "holds no password" in refused(shell('"$@" <&-', call_of("accounts add")), 2)


def test_an_answer_of_no_stays_one_when_nobody_hears_it(call_of: Any) -> None:
    words = call_of("verify")
    home = Path(words[words.index("--home") + 1])
    subprocess.run([sys.executable, "-c", _FORGE, str(home / "station.db")], check=True, env=surroundings(), timeout=60)
    assert shell('"$@"', words).code == 1
    assert shell('set -o pipefail; "$@" | true', words).code == 1


_FORGE = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as connection:
    (trigger,) = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'journal'"
        " AND sql LIKE '%UPDATE%'").fetchone()
    connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute("UPDATE journal SET reason = 'forged' WHERE seq = 2")
"""


def test_ctrl_c_is_answered_from_the_first_moment() -> None:
    """What takes long to import is imported where Ctrl-C is already answered."""
    script = (
        "import sys, workstation.cli.main; print([name for name in ('typer', 'rich', 'numpy') if name in sys.modules])"
    )
    assert shell('"$@"', [sys.executable, "-c", script]).out == "[]\n"


@pytest.mark.parametrize("moment", [0.1, 0.2, 0.3])
def test_ctrl_c_at_any_moment_leaves_no_traceback(moment: float, call_of: Any) -> None:
    for name in ("instruments list", "analyze"):
        with subprocess.Popen(
            call_of(name), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=surroundings(), text=True
        ) as process:
            try:
                process.wait(moment)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        begun = ", in run\n" in err or ", in main\n" in err  # before that it is Python's own start that is ended
        assert not begun and "made a mistake" not in err
        assert process.returncode in (0, 130, -signal.SIGINT) or "Traceback" in err


def test_a_home_and_a_terminal_of_no_use_change_no_answer(call_of: Any) -> None:
    words = call_of("records list")
    plain = shell('"$@"', words)
    narrow = shell('"$@"', words, COLUMNS="1", TERM="dumb")
    bare = shell('unset HOME; "$@"', words, LANG="C", LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert plain.code == narrow.code == bare.code == 0
    assert "Piston" in narrow.out and "Piston" in bare.out


def test_an_outlet_drops_what_nobody_takes() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as raw:
        outlet = streams.Outlet(raw)
        assert outlet.write(b"abc") == 3 and outlet.write(b"de") == 2
    assert isinstance(outlet.failure, BrokenPipeError) and streams.lost(outlet) == ""
    outlet.failure = OSError(28, "No space left on device")
    assert streams.lost(outlet) == "No space left on device"
