"""Reference cases: the shipped ones pass, a wrong one fails with its field, and a file that is wrong is named."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from analysis import AnalysisError, validation
from resources import ROOT

SHIPPED = validation.read_cases(ROOT / "reference")


def outcome(folder: Path, **changes: Any) -> validation.Outcome:
    entry = {
        "id": "own",
        "source": "by hand",
        "function": "descriptive.describe",
        "arguments": {"values": [1.0, 2.0, 3.0]},
        "expect": {"mean": 2.0},
        **changes,
    }
    (folder / "own.json").write_text(json.dumps(entry), encoding="utf-8")
    return validation.run_case(validation.read_cases(folder)[0])


@pytest.mark.parametrize("case", SHIPPED, ids=lambda case: str(case.id))
def test_shipped_case(case: validation.Case) -> None:
    found = validation.run_case(case)
    assert found.status == "pass", found.message
    assert found.fields > 0


def test_there_are_cases_of_every_kind() -> None:
    rooms = {case.function.split(".")[0] for case in SHIPPED}
    assert {"charts", "capability", "msa", "sampling", "tolerance", "arl", "constants", "regression", "anova"} <= rooms
    assert all(case.source for case in SHIPPED)


def test_the_cases_printed_in_the_help_page_pass(tmp_path: Path) -> None:
    page = (ROOT / "help" / "validation.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    (tmp_path / "printed.json").write_text(blocks[-1], encoding="utf-8")
    cases = validation.read_cases(tmp_path)
    assert len(cases) >= 5
    assert [(c.id, validation.run_case(c).message) for c in cases if validation.run_case(c).status != "pass"] == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"expect": {"mean": 2.001}}, "'mean' is 2.0, 2.001 expected"),
        ({"expect": {"n": 4}}, "'n' is 3, 4 expected"),
        ({"expect": {"moon": 4}}, "no field 'moon'"),
        ({"expect": {"mean": [2.0]}}, "entries"),
        ({"expect": {"notes": [{}]}}, "'notes' has 0 entries, 1 expected"),
        ({"function": "descriptive.decribe"}, "no function"),
        ({"function": "os.system", "arguments": {"command": "true"}}, "no function"),
        ({"arguments": {"values": [1.0], "colour": 3}}, "no argument 'colour'"),
        ({"arguments": {}}, "needs the argument 'values'"),
        ({"arguments": {"values": ["x"]}}, "not all numbers"),
        ({"arguments": {"values": {"csv": "../../etc/passwd", "column": "a"}}}, "outside the folder"),
        ({"arguments": {"values": {"csv": "absent.csv", "column": "a"}}}, "cannot be read"),
        ({"expect": {}, "expect_error": "weather"}, "an error was expected"),
    ],
)
def test_what_is_wrong_fails_and_says_why(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    found = outcome(tmp_path, **changes)
    assert found.status == "fail"
    assert says in found.message


def test_tolerances(tmp_path: Path) -> None:
    assert outcome(tmp_path, expect={"mean": 2.001}, relative_tolerance=0.001).status == "pass"
    assert outcome(tmp_path, expect={"mean": 2.001}, tolerances={"mean": 0.001}).status == "pass"
    assert outcome(tmp_path, expect={"skewness": 1e-13}).status == "pass"
    assert outcome(tmp_path, expect={}, arguments={"values": []}, expect_error="At least 1").status == "pass"


def test_data_from_a_file_beside_the_case(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("sample,d\n1,1\n1,3\n2,5\n2,\n3,9\n", encoding="utf-8")
    found = outcome(tmp_path, arguments={"values": {"csv": "d.csv", "column": "d", "where": {"sample": [1, 2]}}},
                    expect={"mean": 3.0, "missing": 1})  # fmt: skip
    assert found.message == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "line 1"),
        ("[1]", "braces"),
        ('{"id": "a"}', "'source' is missing"),
        ('{"id": "a", "source": "s", "function": "f", "colour": 1}', "'colour' is no key"),
        ('{"id": "a", "source": "s", "function": "f"}', "'expect' names no field"),
        ('{"id": "a", "source": "s", "function": "f", "expect": {"a": 1}, "relative_tolerance": "x"}', "tolerance"),
    ],
)
def test_a_file_that_is_no_case_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "bad.json").write_text(text, encoding="utf-8")
    with pytest.raises(AnalysisError, match=says) as refused:
        validation.read_cases(tmp_path)
    assert "bad.json" in str(refused.value)


def test_one_id_twice_and_no_case_at_all(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="no case"):
        validation.read_cases(tmp_path)
    entry = '{"id": "a", "source": "s", "function": "f", "expect": {"a": 1}}'
    (tmp_path / "one.json").write_text(entry, encoding="utf-8")
    (tmp_path / "two.json").write_text(entry, encoding="utf-8")
    with pytest.raises(AnalysisError, match="'a' stands in"):
        validation.read_cases(tmp_path)


def test_a_folder_runs_whole_whatever_is_wrong_in_it(tmp_path: Path) -> None:
    """A file that is no case, an entry that is none and an id that stands twice fail; the others still run."""
    good = {"id": "good", "source": "s", "function": "descriptive.describe", "arguments": {"values": [1, 3]},
            "expect": {"mean": 2}}  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps([good, {"id": "no function", "source": "s"}, 7]), encoding="utf-8")
    (tmp_path / "b.json").write_text("{", encoding="utf-8")
    (tmp_path / "c.json").write_text(json.dumps({**good, "expect": {"mean": 9}}), encoding="utf-8")
    (tmp_path / "d.json").write_bytes(b"\xff\xfe{}")
    (tmp_path / "e.json").write_text("[]", encoding="utf-8")
    found = {(one.id, one.status): one.message for one in validation.run_folder(tmp_path)}
    assert found.pop(("good", "pass")) == ""
    assert "stands in" in found.pop(("good", "fail"))
    assert "'function' is missing" in found.pop(("no function", "fail"))
    assert "braces" in found.pop(("a.json, entry 3", "fail"))
    assert "line 1" in found.pop(("b.json", "fail"))
    assert "UTF-8" in found.pop(("d.json", "fail"))
    assert "empty list" in found.pop(("e.json", "fail"))
    assert not found
    assert [one.id for one in validation.run_folder(tmp_path, "goo")] == ["good", "good"]
    for missing in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(AnalysisError):
            validation.run_folder(missing, "no such id")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"csv": "d.csv"}, "names a column"),
        ({"csv": "d.csv", "column": "d", "columns": ["d"]}, "names a column"),
        ({"csv": "d.csv", "column": "e"}, "no column 'e'"),
        ({"csv": "d.csv", "column": "d", "where": {"sample": [1]}}, "two numbers"),
        ({"csv": "d.csv", "column": "d", "where": {"sample": 9}}, "no row"),
        ({"csv": "d.csv", "column": "d", "colour": 1}, "no key"),
        ({"generate": {"first": 1}}, "first value, a pair"),
        ({"generate": {"first": 1, "pair": [1, 2], "repeat": 10**12}}, "first value, a pair"),
    ],
)
def test_data_that_cannot_be_had_is_named(tmp_path: Path, values: Any, says: str) -> None:
    (tmp_path / "d.csv").write_text("sample,d\n1,1\n2,3\n", encoding="utf-8")
    found = outcome(tmp_path, arguments={"values": values})
    assert found.status == "fail"
    assert says in found.message


def test_rules_by_name_and_one_by_one(tmp_path: Path) -> None:
    made = {"values": [0.0, 4.0], "center": 0.0, "sigma": 1.0}
    for rules in ("nelson", "nelson_1", "nelson_2, nelson_1"):
        found = outcome(tmp_path, function="charts.judge", arguments={**made, "rules": rules},
                        expect={"fired.location.nelson_1": [1]})  # fmt: skip
        assert found.message == ""
    wrong = outcome(
        tmp_path, function="charts.judge", arguments={**made, "rules": "nelson_9"}, expect={"chart": "i_mr"}
    )
    assert "no rule set 'nelson_9'" in wrong.message


@pytest.mark.parametrize("inner", ['"mean": 2.0, "mean": 3.0', '"n": 1, "mean": 2.0, "n": 3'])
def test_a_key_that_stands_twice_is_named_with_its_file(tmp_path: Path, inner: str) -> None:
    (tmp_path / "twice.json").write_text(
        '{"id": "a", "source": "b", "function": "descriptive.describe", "arguments": {"values": [1, 2, 3]},'
        f' "expect": {{{inner}}}}}',
        encoding="utf-8",
    )
    with pytest.raises(AnalysisError, match=r"twice.json: the key '(mean|n)' stands twice"):
        validation.read_cases(tmp_path)
    assert [one.status for one in validation.run_folder(tmp_path)] == ["fail"]
