"""A short run of the framing fuzzer; the long one is tests/benchmarks/fuzz_framing.py."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "fuzz_framing.py"


def test_a_short_run_finds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    spec = importlib.util.spec_from_file_location("fuzz_framing", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.main(["--bytes", "40000", "--seed", "3"]) == 0, capsys.readouterr().out
