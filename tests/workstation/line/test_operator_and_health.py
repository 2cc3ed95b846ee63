from __future__ import annotations

from pathlib import Path

from workstation.line.health import LATENCIES_KEPT, Health
from workstation.line.operator import forget_operator, recall_operator, remember_operator


def test_the_operator_is_remembered_until_the_line_ends_in_order(tmp_path: Path) -> None:
    assert recall_operator(tmp_path) == ""
    remember_operator(tmp_path, "jürgen")
    assert recall_operator(tmp_path) == "jürgen"
    forget_operator(tmp_path)
    assert recall_operator(tmp_path) == ""
    remember_operator(tmp_path / "absent", "x")  # a disk that does not take it stops nobody
    (tmp_path / "line.operator").write_bytes(b"\xff\xfe" * 100)
    assert recall_operator(tmp_path) == ""


def test_latencies_are_of_the_latest_readings() -> None:
    health = Health()
    assert health.median() is None and health.p99() is None
    health.took(range(1, 101))
    assert (health.median(), health.p99()) == (51, 100)
    health.took([7] * LATENCIES_KEPT)
    assert (health.median(), health.p99()) == (7, 7)
