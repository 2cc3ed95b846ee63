"""Every command, called wrongly in every way there is: one sentence, a next step, a documented exit code."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.workstation.cli.commands import CALLS, ENDLESS, PASSWORD, WITHOUT_STATION, Leaf, arguments, kind_of, leaves
from tests.workstation.cli.conftest import PLAN, Said
from tests.workstation.nobody import as_nobody, public_folder
from workstation.catalog import gauges, identifications, parts, plans
from workstation.catalog.plan_file import load_plan_file
from workstation.catalog.scanned import IdentificationKind
from workstation.hub.hub import Hub
from workstation.line.supervisor import surroundings
from workstation.people import accounts
from workstation.people.passwords import Costs
from workstation.store import Measurement, MeasurementBatch, Role, Store, SubgroupJudgement

LEAVES = leaves()
NAMES = [leaf.name for leaf in LEAVES]
WITH_HOME = [leaf for leaf in LEAVES if leaf.takes("--home")]
OPENING = [leaf for leaf in WITH_HOME if not leaf.name.startswith(WITHOUT_STATION)]
TALKING = ("verify", "doctor", "validate", "instruments check", "instruments probe", "instruments listen")
"""Commands whose answer may be no (exit 1) or wrong (doctor, 3): the answer stands on standard output."""

NUMBERS = ("abc", "", "nan", "1e999", "-99999999999999999999999999", "99999999999999999999999999999999")
TEXTS = ("", "-", "a\x1b[2J\n\tc\x07", "a\x00b", "x" * 20_000, "'; DROP TABLE part; -- \N{GRINNING FACE}")
PATHS = ("", "no/such/file", "{folder}", "{garbage}", "{empty}", "y" * 5_000, "a\x1b[2J\nb", "a\x00b")


class Ground:
    """A folder with a station, a hub, and what else calls need; made anew for each call from copies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken, self.free = socket.socket(), socket.socket()
        for port in (self.taken, self.free):
            port.bind(("127.0.0.1", 0))
        self.taken.listen()
        self.station, self.hub = folder / "station", folder / "hub"
        (folder / "plan.toml").write_text(PLAN)
        (folder / "table.csv").write_text("value\n" + "".join(f"{1 + i % 7 / 10}\n" for i in range(30)))
        (folder / "garbage").write_bytes(bytes(range(256)) * 20)
        (folder / "empty").write_bytes(b"")
        with Store.open(self.station, station="bench 1") as store:
            with store.write("set-up") as work:
                for name, role in (("chief", Role.ADMINISTRATOR), ("egon", Role.ENGINEER), ("erna", Role.ENGINEER)):
                    accounts.create(work, name, name.title(), role, PASSWORD, costs=Costs(1, 64, 1))
            with store.write("egon") as work:
                plans.import_plan(work, load_plan_file(folder / "plan.toml"))
                pin = parts.ensure_part(work, "R-9", "pin")
                width = parts.ensure_characteristic(work, pin.id, parts.CharacteristicDefinition("width", "mm", 3))
                gauges.bind(work, gauges.named_gauge(work, "caliper").id, "1", width.id)
                origin = ("mm", work.now, "caliper", "button", "good", "egon")
                values = [
                    Measurement(width.id, subgroup, n, Decimal(f"9.00{(subgroup * n) % 7 + 3}"), *origin)
                    for subgroup in (1, 2, 3)
                    for n in (1, 2, 3, 4, 5)
                ]
                closed = [SubgroupJudgement(width.id, n, 5, 9.004, 0.006, 0, 0, None, work.now) for n in (1, 2, 3)]
                work.append_measurements(MeasurementBatch(tuple(values), tuple(closed)))
                scan = identifications.Scanned("SN-1", "]C0", "reader", work.now, "egon")
                start = identifications.Start(width.id, 3, 1)
                identifications.keep_identification(work, pin.id, IdentificationKind.SERIAL_NUMBER, scan, [start])
        with Hub.open(self.hub) as hub:
            hub.stations.enrol_by_hand("bench 1")

    @contextmanager
    def places(self, folder: Path) -> Iterator[dict[str, object]]:
        """What stands for the names in braces; the copies are gone afterwards."""
        copies = folder / "ground"
        shutil.copytree(self.station, copies / "home")
        shutil.copytree(self.hub, copies / "hub")
        yield {
            "home": copies / "home",
            "hub": copies / "hub",
            "folder": copies,
            "plan": self.folder / "plan.toml",
            "table": self.folder / "table.csv",
            "garbage": self.folder / "garbage",
            "empty": self.folder / "empty",
            "taken": self.taken.getsockname()[1],
            "free": self.free.getsockname()[1],
        }
        shutil.rmtree(copies)

    def close(self) -> None:
        self.taken.close()
        self.free.close()


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    made = Ground(tmp_path_factory.mktemp("ground"))
    yield made
    made.close()


Attempt = Callable[..., Said]


@pytest.fixture
def attempt(call: Any, ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Attempt:
    """Call a command with the values that work, but for what is told; in a folder where nothing is lost."""
    monkeypatch.chdir(tmp_path)

    def run(leaf: Leaf, *extra: str, home: Path | None = None, without: str = "", **changed: str) -> Said:
        with ground.places(tmp_path) as places:
            values = {
                name: value.format(**places) if isinstance(value, str) and "{" in value else value
                for name, value in {**CALLS[leaf.name], **changed}.items()
                if name != without
            }
            words = arguments(leaf, values, home or Path(str(places["home"])))
            words[len(leaf.path) : len(leaf.path)] = extra
            return call(*words, stdin=f"{PASSWORD}\nanother good password\n")  # type: ignore[no-any-return]

    return run


def refused(said: Said, *codes: int) -> str:
    """What was said; fails unless it is one sentence and a next step, with one of these exit codes."""
    assert said.code in (codes or (1, 2, 3)), said
    lines = said.err.splitlines()
    assert len(lines) == 2 and all(len(line) > 3 for line in lines), said
    spoken(said)
    return said.err


def spoken(said: Said) -> None:
    """Nothing in it that a person should not see, and no length that hides what is said."""
    assert "Traceback" not in said.err + said.out and "made a mistake" not in said.err, said
    assert len(said.err) < 4_500 and not any(not letter.isprintable() for letter in said.err if letter != "\n"), said


def answered_or_refused(leaf: Leaf, said: Said) -> None:
    if said.code == 0 or (leaf.name in TALKING and said.code in (1, 3) and not said.err):
        assert said.err == ""
        spoken(said)
    else:
        refused(said)


def test_every_command_is_walked() -> None:
    assert set(CALLS) == set(NAMES)


@pytest.mark.parametrize("leaf", LEAVES, ids=NAMES)
def test_a_call_that_cannot_be_read_is_refused_in_text_and_in_json(leaf: Leaf, attempt: Attempt) -> None:
    assert "No such option: --bogus" in refused(attempt(leaf, "--bogus"), 2)
    told = json.loads(attempt(leaf, "--bogus", "--json").err)
    assert set(told) == {"error", "next_step", "exit"} and told["exit"] == 2 and told["error"] and told["next_step"]
    for param in leaf.params:
        if param.required:
            shown = param.opts[0] if param.param_type_name == "option" else param.name
            assert "Missing" in refused(attempt(leaf, without=param.name), 2), shown
    if not any(param.param_type_name == "argument" for param in leaf.params):
        assert "argument" in refused(attempt(leaf, "surplus"), 2)


@pytest.mark.parametrize("leaf", [one for one in LEAVES if one.name not in ENDLESS], ids=lambda leaf: leaf.name)
def test_hostile_values_are_answered_or_refused(leaf: Leaf, attempt: Attempt) -> None:
    for param in leaf.params:
        kind = kind_of(param)
        if param.name in ("home", "help") or kind is bool:
            continue
        for text in {int: NUMBERS, float: NUMBERS, Path: PATHS}.get(kind, TEXTS):
            if (leaf.name, param.name, text) in _FINE:
                continue
            said = attempt(leaf, **{param.name: text})
            answered_or_refused(leaf, said)
            if kind in (int, float) and text in ("abc", ""):
                assert said.code == 2 and param.opts[0].lstrip("-") in said.err


_FINE = {("validate", "only", ""), ("validate", "only", "-")}
"""Calls that are right, and take long."""


@pytest.mark.parametrize(
    ("name", "changed", "code"),
    [
        ("hub serve", {}, 3),  # the port is taken
        ("hub serve", {"port": "-1"}, 2),
        ("hub serve", {"port": "99999999999999999999"}, 2),
        ("hub serve", {"host": "no.such.host.invalid", "plain_http": True}, 3),
        ("hub serve", {"host": "0.0.0.0"}, 2),  # noqa: S104 - refused
        ("hub serve", {"certificate": "{garbage}"}, 2),
        ("hub serve", {"certificate": "{garbage}", "key": "no/such/key"}, 3),
        ("hub serve", {"certificate": "{garbage}", "key": "{garbage}", "port": "0"}, 3),
        ("hub serve", {"database": "x" * 5000}, 2),
        ("hub serve", {"database": "mysql://here/db"}, 2),
        ("hub serve", {"data": "{garbage}"}, 2),
        ("hub serve", {"data": "{garbage}/below"}, 3),
        ("hub stations", {"data": "{folder}"}, 2),
        ("instruments credentials", {"address": "mqtt://name:word@127.0.0.1"}, 2),
        ("instruments credentials", {"address": "tcp://127.0.0.1:{free}"}, 2),
        ("instruments credentials", {"address": "opc.tcp://127.0.0.1:99999"}, 2),
        ("instruments credentials", {"certificate": "{garbage}"}, 2),
        ("instruments credentials", {"authority": "no/such/file"}, 2),
        ("instruments credentials", {"user": "me", "forget": True}, 2),
        ("instruments credentials", {"password_stdin": True}, 2),
        ("instruments simulate", {"profile": "no.such"}, 3),
        ("instruments simulate", {"profile": "{garbage}"}, 3),
        ("instruments simulate", {"port": "tcp://127.0.0.1:{taken}"}, 3),
        ("instruments simulate", {"port": "a\x1b[2J\nb"}, 3),
        ("instruments simulate", {"values": "{garbage}"}, 2),
        ("instruments simulate", {"values": "{folder}"}, 3),
        ("instruments simulate", {"values": "{table}", "column": "nope"}, 2),
        ("instruments simulate", {"nominal": "many"}, 2),
        ("instruments simulate", {"fault": "late:9"}, 3),
        ("instruments simulate", {"count": "9" * 40}, 2),
        ("instruments simulate", {"rate": "-1"}, 2),
        ("demo", {"speed": "0"}, 2),
        ("demo", {"speed": "nan"}, 2),
        ("demo", {}, 2),  # the home has a station already
        ("records list", {"kind": "reading", "characteristic": "9" * 30}, 2),
        ("records list", {"kind": "reading", "characteristic": "999"}, 2),
        ("sync run", {"hub": "http://127.0.0.1:{free}"}, 2),  # not enrolled
        ("sync enrol", {"url": "http://127.0.0.1:{free}"}, 3),  # nobody listens
        ("sync enrol", {"url": "ftp://hub"}, 2),
        ("sync enrol", {"file": "{garbage}"}, 2),  # an address and a file
        ("analyze", {"file": "no/such.csv"}, 3),
        ("analyze", {"file": "{folder}"}, 3),
        ("analyze", {"file": "{garbage}"}, 2),
        ("import plan", {"file": "{table}"}, 2),
        ("import plan", {"file": "{folder}"}, 3),
        ("import plan", {"file": "{empty}"}, 2),
        ("restore", {"file": "{folder}"}, 3),
        ("restore", {"file": "{empty}"}, 3),
        ("backup", {"file": "{garbage}/below.db"}, 3),
        ("report inspection", {"out": "{folder}"}, 2),
        ("limits show", {"characteristic": "length"}, 2),
        ("limits establish", {"first": "1", "to": "3"}, 2),  # a span, and the newest so many
        ("limits establish", {"newest": "4"}, 2),
        ("limits establish", {"leave_out": "2"}, 2),  # without a reason
        ("limits establish", {"leave_out": "two: dropped"}, 2),
        ("limits establish", {"reason": " "}, 2),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_own_code(
    name: str, changed: dict[str, Any], code: int, attempt: Attempt
) -> None:
    leaf = LEAVES[NAMES.index(name)]
    said = attempt(leaf, **changed)
    refused(said, code)
    assert said.out == ""


# --- homes -----------------------------------------------------------------------------------------------------------


def _corrupt(home: Path) -> None:
    (home / "station.db").write_bytes(bytes(range(256)) * 100)


def _cut_short(home: Path) -> None:
    (home / "station.db").write_bytes((home / "station.db").read_bytes()[:50_000])


def _newer(home: Path) -> None:
    with closing(sqlite3.connect(home / "station.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()


def _foreign(home: Path) -> None:
    (home / "station.db").unlink()
    with closing(sqlite3.connect(home / "station.db")) as connection:
        connection.execute("CREATE TABLE cake (id INTEGER)")
        connection.commit()


def _folder_for_database(home: Path) -> None:
    (home / "station.db").unlink()
    (home / "station.db").mkdir()


def _none(home: Path) -> None:
    (home / "station.db").unlink()


def _broken_settings(home: Path) -> None:
    (home / "settings.toml").write_bytes(b"[line]\nbatch_rows = [[[\xff")


BROKEN: dict[str, tuple[Callable[[Path], None], str, int]] = {
    "corrupt": (_corrupt, "station.db is damaged", 3),
    "cut short": (_cut_short, "station.db is damaged", 3),
    "newer": (_newer, "was written by a newer Sinebar", 1),
    "foreign": (_foreign, "a database of another program", 3),
    "folder for database": (_folder_for_database, "station", 3),
    "none": (_none, "There is no station in", 3),
    "settings": (_broken_settings, "settings.toml", 3),
}
MAKING = ("line run", "import plan")
"""Commands that make the station where there is none."""


@pytest.mark.parametrize("broken", BROKEN)
def test_a_home_that_cannot_be_used_is_said_by_every_command(
    broken: str, ground: Ground, attempt: Attempt, tmp_path: Path
) -> None:
    damage, sentence, code = BROKEN[broken]
    for leaf in WITH_HOME:
        home = tmp_path / "home"
        shutil.copytree(ground.station, home)
        damage(home)
        opens = leaf in OPENING and not (broken in ("none", "folder for database") and leaf.name.startswith(MAKING))
        if opens or leaf.name not in ENDLESS:
            said = attempt(leaf, home=home)
            answered_or_refused(leaf, said)
            if opens and not (broken == "settings" and leaf.name in SETTINGS_UNREAD):
                assert sentence in refused(said, code), leaf.name
        shutil.rmtree(home)


SETTINGS_UNREAD = ("sync enrol", "sync bundle", "sync accept", "sync run", "report inspection")


@pytest.mark.parametrize("leaf", WITH_HOME, ids=lambda leaf: leaf.name)
def test_a_file_in_the_homes_place_is_said(leaf: Leaf, attempt: Attempt, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert str(file) in refused(attempt(leaf, home=file), 2)
    if leaf.name == "instruments simulate":
        return  # a profile is all it needs
    below = attempt(leaf, home=file / "home")
    if leaf.name.startswith(WITHOUT_STATION) and leaf.name != "demo":
        answered_or_refused(leaf, below)
    else:
        assert str(file) in refused(below, 3)
    assert file.read_text() == ""


@pytest.fixture
def public(ground: Ground) -> Iterator[Path]:
    """A station that everybody may read and nobody may write; beside it two files that nobody may read."""
    with public_folder() as folder:
        home = folder / "home"
        shutil.copytree(ground.station, home)
        shutil.copy(ground.folder / "plan.toml", folder)
        for name in ("secret.csv", "secret.toml"):
            (folder / name).write_text("value\n1\n")
            (folder / name).chmod(0)
        (folder / "other").mkdir()
        (folder / "other").chmod(0o777)
        for path in (*home.iterdir(), home):
            path.chmod(0o555 if path.is_dir() else 0o444)
        yield home


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("import", "plan", "secret.toml"), 3),
        (("analyze", "i-mr", "secret.csv"), 3),
        (("instruments", "check", "secret.toml"), 1),
        (("restore", "secret.csv"), 3),
        (("sync", "enrol", "--file", "secret.csv"), 3),
    ],
    ids=str,
)
def test_a_file_without_the_right_to_read_is_said(
    words: tuple[str, ...], code: int, public: Path, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(public.parent)
    homes = [() if words[0] == "analyze" else ("--home", public.parent / name) for name in ("warm", "other")]
    call(*words, *homes[0])
    with as_nobody():
        said = call(*words, *homes[1])
    assert said.code == code and words[-1] in said.err + said.out and "Traceback" not in said.err


def test_a_database_without_the_right_to_read_is_said(public: Path, call: Any) -> None:
    call("records", "list", "part", "--home", public)
    (public / "station.db").chmod(0)
    with as_nobody():
        said = call("records", "list", "part", "--home", public)
    assert str(public / "station.db") in refused(said, 3)


@pytest.mark.skipif(os.name != "posix", reason="only POSIX hands a program bytes that are no text")
def test_arguments_that_are_no_text_are_said_by_the_program_itself(ground: Ground, tmp_path: Path) -> None:
    for words in ((b"records", b"show", b"\xff\xfe"), (b"analyze", b"i-mr", b"\xff.csv"), (b"\xff",)):
        home = [b"--home", os.fsencode(ground.station)] if words[0] == b"records" else []
        done = subprocess.run(
            [os.fsencode(sys.executable), b"-m", b"workstation.cli", *words, *home],
            capture_output=True,
            env=surroundings() | {"PYTHONIOENCODING": "utf-8"},
            timeout=60,
            check=False,
        )
        refused(Said(done.returncode, done.stdout.decode(), done.stderr.decode()))
