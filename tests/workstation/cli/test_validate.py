"""`sinebar validate`: the qualification of an installation, from shipped cases and from a person's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

CASE = {
    "id": "own", "source": "by hand", "function": "descriptive.describe",
    "arguments": {"values": [1.0, 2.0, 3.0]}, "expect": {"mean": 2.0},
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "cases"
    made.mkdir()
    (made / "own.json").write_text(json.dumps(CASE), encoding="utf-8")
    return made


def test_every_shipped_case_passes_and_the_report_says_so(call: Any, tmp_path: Path) -> None:
    report = tmp_path / "qualification.pdf"
    said = call("validate", "--json", "--report", report)
    assert said.code == 0, said.err
    found = said.json
    assert len(found) >= 2 * 97
    assert all(set(one) == {"id", "status", "worst", "field", "message"} for one in found)
    assert {one["status"] for one in found} == {"pass"}
    assert len({one["id"] for one in found}) == len(found)
    pages = PdfReader(report).pages
    assert len(pages) > 3
    text = "".join(page.extract_text() for page in pages)
    assert "strd-longley" in text
    assert "cases deviate" not in text


def test_a_persons_own_case_passes_or_fails(call: Any, folder: Path) -> None:
    assert call("validate", "--cases", folder, "--json").json[0]["status"] == "pass"
    wrong = {**CASE, "id": "wrong", "expect": {"mean": 2.5}}
    (folder / "wrong.json").write_text(json.dumps(wrong), encoding="utf-8")
    said = call("validate", "--cases", folder, "--json")
    assert said.code == 1
    failed = {one["id"]: one for one in said.json}["wrong"]
    assert failed["status"] == "fail"
    assert failed["field"] == "mean"
    assert failed["worst"] == pytest.approx(0.2)
    assert "2.5 expected" in failed["message"]
    shown = call("validate", "--cases", folder)
    assert shown.code == 1
    assert "1 of 2 cases passed." in shown.out


TABLES = {
    "twice": "v,v\n1,2\n",
    "short": "v,w\n1,2\n3\n",
    "more": "v,w\n1,2,3\n",
    "word": "v\n1\nx\n",
    "open": 'v\n1\n"2\n',
}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "line 1"),
        ("[" * 100_000, "cannot be read"),
        (json.dumps({**CASE, "expect": {"mean": 0}}).replace('"mean": 0', '"mean": ' + "9" * 5_000), "cannot be read"),
        (json.dumps({**CASE, "arguments": {"values": {"csv": "long.csv", "column": "v"}}}), "long.csv is no table"),
        (json.dumps({**CASE, "arguments": {"values": {"csv": "wide.csv", "column": "v"}}}), "wide.csv is not UTF-8"),
        (json.dumps({**CASE, "arguments": {"values": {"csv": "twice.csv", "column": "v"}}}), "two columns 'v'"),
        (json.dumps({**CASE, "arguments": {"values": {"csv": "short.csv", "column": "v"}}}), "1 cells in line 3"),
        (json.dumps({**CASE, "arguments": {"values": {"csv": "more.csv", "column": "v"}}}), "3 cells in line 2"),
        (
            json.dumps({**CASE, "arguments": {"values": {"csv": "word.csv", "columns": ["v"]}}}),
            "'x' in column 'v', line 3",
        ),
        (json.dumps({**CASE, "arguments": {"values": {"csv": "open.csv", "column": "v"}}}), "open.csv is no table"),
        (json.dumps({**CASE, "function": "descriptive.decribe"}), "no function"),
        (json.dumps({**CASE, "function": "os.system"}), "no function"),
        (json.dumps({**CASE, "arguments": {"values": {"csv": "/etc/passwd", "column": "root"}}}), "outside"),
        (json.dumps({**CASE, "arguments": {"values": "many"}}), "Give a list of numbers"),
        (json.dumps({**CASE, "arguments": {}}), "needs the argument"),
        (json.dumps({**CASE, "expect": {"colour": 1}}), "no field"),
        (json.dumps({key: value for key, value in CASE.items() if key != "source"}), "'source' is missing"),
    ],
)
def test_a_case_that_cannot_be_run_is_a_failure(content: str, says: str, call: Any, folder: Path) -> None:
    (folder / "odd.json").write_text(content.replace('"own"', '"odd"'), encoding="utf-8")
    (folder / "long.csv").write_text("v\n" + "1" * 200_000 + "\n", encoding="utf-8")
    (folder / "wide.csv").write_text("v\n1\n", encoding="utf-16")
    for name, table in TABLES.items():
        (folder / f"{name}.csv").write_text(table, encoding="utf-8")
    said = call("validate", "--cases", folder, "--json")
    assert said.code == 1
    assert said.err == ""
    statuses = {one["id"]: one for one in said.json}
    assert statuses["own"]["status"] == "pass"
    (odd,) = [one for one in said.json if one["id"] != "own"]
    assert odd["status"] == "fail"
    assert says in odd["message"]


def test_folders_that_hold_nothing_are_said(call: Any, folder: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for words in (("--cases", empty), ("--cases", tmp_path / "absent"), ("--cases", folder, "--only", "xyzzy")):
        said = call("validate", *words)
        assert said.code == 2
        assert said.out == ""
        assert len(said.err.splitlines()) == 2
    assert call("validate", "--cases", folder, "--only", "ow").code == 0


def test_the_functions_that_a_case_may_call(call: Any) -> None:
    found = call("validate", "--functions", "--json").json
    names = {entry["function"] for entry in found}
    assert {
        "charts.study",
        "capability.study",
        "msa.crossed",
        "sampling.attributes.plan_for",
        "screening.screen",
    } <= names
    assert all(entry["help"] for entry in found)
    assert "charts.study" in call("validate", "--functions").out
