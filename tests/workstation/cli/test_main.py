from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workstation.cli import lazy, output, root
from workstation.errors import Bug, Refused
from workstation.line.supervisor import surroundings

HEAVY = ("numpy", "sqlalchemy", "scipy", "pandas", "PySide6", "fastapi", "serial")


def test_help_lists_the_groups_and_loads_none_of_them() -> None:
    script = (
        "import sys, json; from workstation.cli.main import main; code = main(['--help']);"
        f"print(json.dumps([code, [name for name in {HEAVY!r} if name in sys.modules]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=surroundings(), check=True, timeout=60
    )
    assert json.loads(done.stdout.splitlines()[-1]) == [0, []]
    for name, announced in lazy.COMMANDS.items():
        assert (name in done.stdout) == announced.is_here()


def test_a_build_without_a_group_does_not_have_its_command(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lazy.COMMANDS, "hub", lazy.Announced("workstation.cli.absent", "Not in this build."))
    said = call("hub")
    assert said.code == 2 and "No such command 'hub'" in said.err
    assert "Not in this build" not in call("--help").out


@pytest.mark.parametrize("name", [name for name, announced in lazy.COMMANDS.items() if announced.is_here()])
def test_every_announced_command_shows_its_help(call: Any, name: str) -> None:
    said = call(name, "--help")
    assert said.code == 0 and f"sinebar {name}" in said.out
    assert "completion" not in said.out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["bogus"], "No such command 'bogus'."),
        (["lines"], "Did you mean 'line'?"),
        (["--bogus"], "No such option"),
        (["line", "bogus"], "No such command 'bogus'."),
        (["line", "status", "--bogus"], "No such option"),
        (["records", "list"], "Missing argument"),
        (["records", "list", "part", "--limit", "x"], "should be a valid int"),
        (["--home"], "requires an argument"),
        (["settings", "set", "nosuch.key", "1"], "There is no setting 'nosuch.key'."),
    ],
)
def test_a_wrong_call_is_one_sentence_and_exit_2(call: Any, arguments: list[str], complaint: str, home: Path) -> None:
    said = call(*arguments)
    assert said.code == 2 and said.out == ""
    assert complaint in said.err.replace("integer", "int") and len(said.err.splitlines()) == 2
    as_json = call("--json", *arguments)
    assert as_json.code == 2
    told = json.loads(as_json.err)
    assert told["exit"] == 2 and told["error"] and told["next_step"]


def test_an_expected_error_leaves_with_its_own_code(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(home: Path) -> int:
        raise Refused("The answer is no.", "Ask another question.")

    monkeypatch.setattr(root, "open_window", refuse)
    said = call()
    assert (said.code, said.err) == (1, "The answer is no.\nAsk another question.\n")


@pytest.mark.parametrize("error", [Bug("a wrong turn"), ValueError("odd"), KeyError("x"), RecursionError()])
def test_a_fault_of_ours_is_a_report_never_a_traceback(
    call: Any, monkeypatch: pytest.MonkeyPatch, home: Path, error: Exception
) -> None:
    def fail(home: Path) -> int:
        raise error

    home.mkdir()
    monkeypatch.setattr(root, "open_window", fail)
    said = call("--home", home)
    assert said.code == 3
    assert "Traceback" not in said.err and "Sinebar made a mistake" in said.err
    (report,) = (home / "logs").glob("bug-*.txt")
    assert str(report) in said.err
    assert "Traceback" in report.read_text() and type(error).__name__ in report.read_text()


def test_without_a_command_the_window_opens_on_the_home(call: Any, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(root, "open_window", lambda place: opened.append(place) or 0)
    assert call("--home", home).code == 0
    monkeypatch.setenv("SINEBAR_HOME", str(home / "of the environment"))
    assert call().code == 0
    assert opened == [home, home / "of the environment"]


def test_version(call: Any) -> None:
    assert call("--version", "--json").json["version"] in call("--version").out


def test_json_has_a_form_for_what_our_records_hold(capsys: pytest.CaptureFixture[str]) -> None:
    from decimal import Decimal

    output.print_json({"value": Decimal("12.3450"), "path": Path("a"), "raw": b"\x01", "rules": ("x",)})
    assert json.loads(capsys.readouterr().out) == {"value": "12.3450", "path": "a", "raw": "01", "rules": ["x"]}
    with pytest.raises(TypeError):
        output.print_json(object())
