"""Running capability equals the whole computed at once, and goes on from a snapshot."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import sigma
from analysis.errors import AnalysisError
from analysis.running import WITHIN, RunningCapability


def series(seed: int, within: str) -> np.ndarray:
    generator = np.random.default_rng(seed)
    made = generator.standard_normal(120 if within == "mr_mean" else (40, 4)) * 0.01 + 74
    made[generator.random(made.shape) < 0.05] = np.nan
    return made


@pytest.mark.parametrize("within", WITHIN)
def test_equals_the_whole(within: str) -> None:
    @settings(max_examples=25)
    @given(st.integers(0, 2**32 - 1), st.integers(0, 40), st.integers(0, 40))
    def agree(seed: int, first: int, second: int) -> None:
        data = series(seed, within)
        low, high = sorted((first, second))
        live = RunningCapability(73.97, 74.03, within=within)
        for item in data[:low]:
            live.push(item)
        live.push_many(data[low:high])
        live = RunningCapability.restore(json.loads(json.dumps(live.snapshot(), allow_nan=False)))
        for item in data[high:]:
            live.push(item)
        made = live.indices()
        flat = data[~np.isnan(data)]
        assert made.n == len(flat)
        assert made.mean == pytest.approx(flat.mean(), rel=1e-14)
        assert made.sigma_overall == pytest.approx(flat.std(ddof=1), rel=1e-11)
        estimated = sigma.individuals(data) if within == "mr_mean" else sigma.subgroups(data, within)
        assert made.sigma_within == pytest.approx(estimated.sigma, rel=1e-11)
        assert made.cp == pytest.approx(0.06 / 6 / estimated.sigma, rel=1e-11)
        assert made.ppk == pytest.approx(min(74.03 - flat.mean(), flat.mean() - 73.97) / 3 / flat.std(ddof=1), rel=1e-9)
        assert (made.below, made.above) == ((flat < 73.97).sum(), (flat > 74.03).sum())
        assert (made.minimum, made.maximum) == (flat.min(), flat.max())

    agree()


def test_keeps_its_digits_far_from_zero() -> None:
    """NIST StRD NumAcc4: 1,001 values about 10,000,000.2 with s = 0.1 exactly."""
    values = [10_000_000.2] + [10_000_000.1, 10_000_000.3] * 500
    live = RunningCapability()
    for value in values:
        live.push(value)
    assert live.sigma_overall == pytest.approx(0.1, rel=1e-7)
    assert live.mean == pytest.approx(10_000_000.2, rel=1e-15)


def test_what_cannot_be_computed_is_none_with_a_reason() -> None:
    empty = RunningCapability().indices()
    assert (empty.n, empty.mean, empty.cp, empty.cpk) == (0, None, None, None)
    assert {note.code for note in empty.notes} == {"too_few_values", "no_specification"}
    flat = RunningCapability(9.0, 11.0)
    flat.push_many([10.0, 10.0, 10.0])
    assert flat.indices().cp is None
    assert flat.indices().notes[0].code == "no_variation"
    one_sided = RunningCapability(usl=11.0)
    one_sided.push_many([10.0, 10.2, 9.9])
    assert one_sided.indices().cp is None
    assert one_sided.indices().cpk is not None


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"lsl": 2.0, "usl": 1.0}, "not below"),
        ({"lsl": math.nan}, "lsl is nan"),
        ({"within": "range"}, "no running estimator"),
    ],
)
def test_impossible_settings_are_refused(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(AnalysisError, match=sentence):
        RunningCapability(**options)  # type: ignore[arg-type]


def test_impossible_values_and_damage_are_refused() -> None:
    live = RunningCapability()
    with pytest.raises(AnalysisError, match="infinite"):
        live.push(math.inf)
    with pytest.raises(AnalysisError, match="infinite"):
        live.push_many([1.0, math.inf])
    assert live.count == 0
    with pytest.raises(AnalysisError, match="Rebuild"):
        RunningCapability.restore({"lsl": None})
