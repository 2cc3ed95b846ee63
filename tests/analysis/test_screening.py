"""Screening: every figure of a characteristic is the one its own chart and its own capability study give."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis import AnalysisError, capability, charts
from analysis.capability import Specification
from analysis.rules import NELSON, WESTERN_ELECTRIC, RuleSet
from analysis.screening import Screening, screen

TABLE = np.random.default_rng(11).normal(10.0, 2.0, size=(120, 7))


def none_as_nan(value: float | None) -> float:
    return math.nan if value is None else value


def assert_same(found: Screening, index: int, column: np.ndarray, specification: Specification, rules: RuleSet) -> None:
    """Compare one characteristic with the functions that look at it alone."""
    alone = capability.study(column, specification)
    assert found.count[index] == alone.n
    assert found.missing[index] == alone.missing
    pairs: dict[str, float | None] = {
        "mean": alone.mean, "minimum": alone.minimum, "maximum": alone.maximum,
        "sigma_within": alone.within.sigma, "sigma_overall": alone.overall.sigma,
        **{name: getattr(alone, name) for name in ("cp", "cpl", "cpu", "cpk", "pp", "ppl", "ppu", "ppk", "cpm")},
        "expected_ppm": alone.expected_overall.total, "observed_ppm": alone.observed.total,
    }  # fmt: skip
    for name, value in pairs.items():
        got = float(getattr(found, name)[index])
        assert got == pytest.approx(none_as_nan(value), rel=1e-9, abs=1e-9, nan_ok=True), name
    codes = {note.code for note in found.notes.get(found.names[index], ())}
    refusals = {note.code for note in alone.notes if note.level == "refusal"}
    assert refusals <= codes
    try:
        chart = charts.study("i_mr", column, rules)
    except AnalysisError:
        assert math.isnan(float(found.charts.sigma[index]))
        return
    assert found.charts.center[index] == pytest.approx(chart.limits[0].center, rel=1e-12)
    assert found.charts.sigma[index] == pytest.approx(chart.limits[0].sigma, rel=1e-12, abs=1e-300)
    assert chart.dispersion is not None
    np.testing.assert_array_equal(found.charts.signals[:, index], chart.location.signals)
    np.testing.assert_array_equal(found.charts.range_signals[:, index], chart.dispersion.signals)
    assert found.signals[index] == np.count_nonzero(chart.location.signals | chart.dispersion.signals)


@settings(max_examples=60)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(3, 90),
    st.integers(1, 130),
    st.sampled_from([0.0, 0.15]),
    st.sampled_from([NELSON, WESTERN_ELECTRIC]),
    st.data(),
)
def test_equals_one_by_one(
    seed: int, points: int, count: int, share: float, rules: RuleSet, data: st.DataObject
) -> None:
    generator = np.random.default_rng(seed)
    table = generator.normal(generator.uniform(-5, 5, count), generator.uniform(0.01, 3, count), size=(points, count))
    table[generator.random(table.shape) < share] = np.nan
    table[:, generator.random(count) < 0.05] = 4.25  # some do not vary
    low, high, aim = (generator.uniform(a, b, count) for a, b in ((-9, -6), (6, 9), (-4, 4)))
    for limits in (low, high, aim):
        limits[generator.random(count) < 0.3] = np.nan
    found = screen(table, lower=low, upper=high, target=aim, rules=rules)
    for index in {data.draw(st.integers(0, count - 1)) for _ in range(3)}:
        given_limits = {
            name: None if math.isnan(limits[index]) else float(limits[index])
            for name, limits in (("lower", low), ("upper", high), ("target", aim))
        }
        assert_same(found, index, table[:, index], Specification(**given_limits), rules)


@settings(max_examples=40)
@given(
    arrays(np.float64, st.tuples(st.integers(0, 6), st.integers(1, 5)), elements=st.sampled_from([0.0, 1.0, np.nan]))
)
def test_the_poorest_tables_give_nan_and_a_reason(table: np.ndarray) -> None:
    found = screen(table, lower=-3.0, upper=3.0)
    for index, name in enumerate(found.names):
        column = table[:, index]
        if np.isnan(found.ppk[index]):
            assert any(note.level == "refusal" for note in found.notes[name])
        if column.size:
            assert_same(found, index, column, Specification(-3.0, 3.0), NELSON)


def test_one_limit_for_all_and_the_order_of_need() -> None:
    found = screen(TABLE * np.arange(1, 8), lower=-40.0, upper=120.0, names=list("abcdefg"))
    ranked = found.ppk[found.order]
    assert list(ranked) == sorted(found.ppk)
    assert found.names[int(found.order[0])] == "g"
    without = screen(TABLE, upper=[20.0, None, 20.0, None, 20.0, 20.0, 20.0])  # type: ignore[list-item]
    assert set(without.order[-2:].tolist()) == {1, 3}
    assert [note.code for note in without.notes["2"]] == ["no_limits"]


def test_a_screening_turns_into_plain_data() -> None:
    told = screen(TABLE, upper=15.0).to_dict()
    assert json.loads(json.dumps(told))["ppk"][0] == told["ppk"][0]
    assert told["cp"] == [None] * 7


@pytest.mark.parametrize(
    ("values", "options", "says"),
    [
        ([1.0, 2.0], {}, "one row a point"),
        (np.empty((3, 0)), {}, "one row a point"),
        ([["a"]], {}, "not all numbers"),
        ([[math.inf, 1.0]], {}, "infinite"),
        (TABLE, {"lower": [1.0, 2.0]}, "2 lower limits for 7"),
        (TABLE, {"lower": 5.0, "upper": 5.0}, "lower limit 5 of 1 is not below"),
        (TABLE, {"upper": math.inf}, "infinite"),
        (TABLE, {"upper": "wide"}, "not all numbers"),
        (TABLE, {"names": ["a"] * 7}, "Name each once"),
        (TABLE, {"width": 0.0}, "width"),
    ],
)
def test_what_cannot_be_screened_is_refused(values: Any, options: dict[str, Any], says: str) -> None:
    with pytest.raises(AnalysisError, match=says):
        screen(values, **options)
