"""The qualification report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pypdf import PdfReader

from workstation.reports.validation import results_hash, write_validation_report


def outcome(name: str, status: str = "pass", **more: Any) -> dict[str, Any]:
    return {
        "id": name, "status": status, "worst": 2.5e-13, "field": "", "message": "", "source": "NIST StRD NumAcc1",
        "function": "descriptive.describe", "relative_tolerance": 1e-9, "fields": 3,
    } | more  # fmt: skip


def text_of(path: Path) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


def test_the_qualification_says_what_ran_what_deviates_and_who_signs(tmp_path: Path) -> None:
    results = [outcome(f"case-{i}") for i in range(120)]
    results.append(outcome("broken", "fail", worst=0.12, field="cpk", message="cpk: 1.20 here, 1.07 published"))
    text = text_of(write_validation_report(tmp_path / "v.pdf", Path("resources/reference"), results))
    for wanted in (
        "1 of 121 cases deviate", "case-0", "case-119", "▲ deviates", "cpk: 1.20 here, 1.07 published", "2.5e−13",
        f"numpy {np.__version__}", "NIST StRD NumAcc1", "Carried out by", "Reviewed by", "Approved by", "Signature",
        "resources/reference",
    ):  # fmt: skip
        assert wanted in text, wanted
    assert results_hash(results) in text.replace(" ", "")
    pages = len(PdfReader(tmp_path / "v.pdf").pages)
    assert f"Page {pages} of {pages}" in text


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        ([], "No case was run: nothing is said about this installation."),
        ([outcome("one")], "All 1 cases came out as published, each within its tolerance."),
        ([{"id": "bare", "status": "fail"}], "1 of 1 cases deviate"),
        ([outcome("old", tolerance=1e-6, worst=None)], "All 1 cases"),
    ],
)
def test_any_outcome_has_its_conclusion(tmp_path: Path, results: list[dict[str, Any]], sentence: str) -> None:
    assert sentence in text_of(write_validation_report(tmp_path / "v.pdf", tmp_path, results))


def test_the_hash_binds_the_results() -> None:
    assert results_hash([outcome("a")]) == results_hash([outcome("a")])
    assert results_hash([outcome("a")]) != results_hash([outcome("a", worst=2.6e-13)])
