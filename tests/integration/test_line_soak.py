"""A few seconds of the soak: faulty gauges of another process through the whole line into the store."""

from __future__ import annotations

import sys

import pytest

from tests.benchmarks.bench_soak import soak

if sys.platform == "win32":
    pytest.skip("no pseudo-terminals there", allow_module_level=True)


def test_every_reading_is_kept_refused_or_reported_lost(capsys: pytest.CaptureFixture[str]) -> None:
    """How memory goes tells only a long run: `bench_devices.py --soak SECONDS`."""
    verdict = soak(4.0, 400.0)
    told = capsys.readouterr().out
    assert verdict.complete, told
    assert "each once and in order" in told and "unaccounted for 0" in told
