"""`sinebar report` as a person and a script call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.workstation.reports.inspected import BORE, measure, planned_station, published
from tests.workstation.wire.stations import command, process


def test_reports_of_a_station(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with planned_station(home) as store:
        measure(store, published()[:60])
    for ending, start in (("pdf", b"%PDF"), ("xlsx", b"PK")):
        target = tmp_path / "out" / f"report.{ending}"
        done = process("report", "inspection", "--characteristic", BORE, "--out", target, "--json", home=home)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["readings"] == 60
        assert target.read_bytes().startswith(start)
    some = command(
        "report", "inspection", "--characteristic", "1", "--out", tmp_path / "some.pdf",
        "--from", "2026-11-22T13:55:00Z", "--to", "2026-11-22T13:58:00Z", "--json", home=home,
    )  # fmt: skip
    assert json.loads(some.stdout)["subgroups"] == 3
    everything = command(
        "report", "inspection", "--characteristic", "1", "--out", tmp_path / "everything.pdf",
        "--from", "0001-01-01T00:00+14:00", "--to", "9999-12-31", "--json", home=home,
    )  # fmt: skip
    assert everything.returncode == 0, everything.stderr
    assert json.loads(everything.stdout)["subgroups"] > 3


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--characteristic", BORE, "--out", "report.doc"), 2, "cannot be written as report.doc"),
        (("--characteristic", "nothing", "--out", "r.pdf"), 2, "no characteristic 'nothing'"),
        (("--characteristic", BORE, "--out", "r.pdf", "--plan", "none"), 2, "no effective plan 'none'"),
        (("--characteristic", BORE, "--out", "r.pdf", "--from", "yesterday"), 2, "--from 'yesterday' is no day"),
        (("--characteristic", BORE, "--out", "r.pdf", "--to", "9999-99-99"), 2, "is no day or time"),
        (
            ("--characteristic", BORE, "--out", "r.pdf", "--from", "2026-01-02", "--to", "2026-01-01"),
            2,
            "is not before",
        ),
        (("--characteristic", BORE, "--out", "file/r.pdf"), 3, "cannot be written"),
        (("--characteristic", BORE), 2, "--out"),
    ],
)
def test_wrong_calls_get_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    planned_station(tmp_path / "home").close()
    answer = command("report", "inspection", *arguments, home=tmp_path / "home")
    assert (answer.returncode, said in answer.stderr) == (code, True), answer.stderr
    assert "Traceback" not in answer.stderr
    assert list(tmp_path.glob("*.pdf")) == []


def test_a_home_without_a_station(tmp_path: Path) -> None:
    answer = command(
        "report", "inspection", "--characteristic", BORE, "--out", tmp_path / "r.pdf", home=tmp_path / "no"
    )
    assert (answer.returncode, "no station" in answer.stderr) == (3, True)
    assert not (tmp_path / "no").exists()
