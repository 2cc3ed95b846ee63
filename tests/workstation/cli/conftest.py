"""The command line as a function: exit code, what it printed, what it complained."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from workstation.cli.main import main

PLAN = """
format = 1
[plan]
name = "ring"
revision = 1
title = "Piston ring"
[part]
number = "R-74"
name = "Piston ring"
[[characteristic]]
name = "diameter"
unit = "mm"
decimals = 3
lower_specification = "73.950"
upper_specification = "74.050"
[[gauge]]
name = "caliper"
profile = "mitutoyo.digimatic-13"
port = "/dev/ttyUSB9"
unit = "mm"
[[gauge.channel]]
name = "1"
characteristic = "diameter"
"""


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Said]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run one command line in this process; `stdin` is what is piped into it."""

    def run(*arguments: str | Path, stdin: str = "") -> Said:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return run


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN)
    return path


@pytest.fixture(autouse=True)
def _no_station_of_the_person(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test touches the home of whoever runs the tests."""
    monkeypatch.delenv("SINEBAR_HOME", raising=False)
    monkeypatch.delenv("SINEBAR_ACCOUNT", raising=False)
    yield
