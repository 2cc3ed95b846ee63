"""EWMA, CUSUM and moving average against published examples."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis import charts
from analysis.charts.recursion import two_sided, weighted
from analysis.stream import LiveChart


def numbers(text: str) -> list[float]:
    return [float(word) for word in text.split()]


# NIST/SEMATECH e-Handbook 6.3.2.4
NIST_EWMA = numbers(
    """
    52.0 47.0 53.0 49.3 50.1 47.0 51.0 50.1 51.2 50.5 49.6 47.6 49.9 51.3 47.8 51.2 52.6 52.4 53.6 52.1
    """
)
# NIST/SEMATECH e-Handbook 6.3.2.3, group means
NIST_CUSUM = numbers(
    """
    324.925 324.675 324.725 324.35 325.35 325.225 324.125 324.525 325.225 324.6 324.625 325.15 328.325
    327.25 327.825 328.5 326.675 327.775 326.875 328.35
    """
)
# Montgomery, Introduction to Statistical Quality Control, table 9.1: mean 10, from observation 21 on 11
MONTGOMERY = numbers(
    """
    9.45 7.99 9.29 11.66 12.16 10.18 8.04 11.46 9.20 10.34 9.03 11.47 10.51 9.40 10.08 9.37 10.62 10.31
    8.52 10.84 10.90 9.33 12.29 11.50 10.60 11.08 10.38 11.62 11.31 10.52
    """
)


def test_nist_ewma() -> None:
    limits = charts.known("ewma", mean=50.0, sigma=2.0539, weight=0.3)
    result = charts.evaluate(NIST_EWMA, limits)
    assert result.location.statistic[[0, 1, 2, 19]] == pytest.approx([50.6, 49.52, 50.564, 51.9882432586446])
    assert result.location.ucl[[0, 1, 19]] == pytest.approx([51.84851, 52.256394012124, 52.5884309141244], rel=1e-12)
    assert limits.location is not None
    assert (limits.location.lcl, limits.location.ucl) == pytest.approx((47.4115682618734, 52.5884317381266))
    assert len(result.location.out) == 0


def test_nist_cusum() -> None:
    limits = charts.known("cusum", mean=325, sigma=1, reference=0.3175, decision=4.1959, units="data")
    result = charts.evaluate(NIST_CUSUM, limits)
    assert result.lower is not None
    assert result.location.statistic[12:] == pytest.approx(
        [3.01, 4.94, 7.45, 10.63, 11.99, 14.44, 16.00, 19.04], abs=0.01
    )
    assert result.lower.statistic[[1, 3, 7]] == pytest.approx([0.0075, 0.3325, 0.715], abs=1e-9)
    assert result.columns["count_upper"].tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert result.columns["count_lower"].tolist() == [0, 1, 0, 1, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    assert np.flatnonzero(result.signals).tolist() == list(range(13, 20))


def test_montgomery_s_shifted_mean_is_seen() -> None:
    cusum = charts.evaluate(MONTGOMERY, charts.known("cusum", mean=10, sigma=1))
    assert cusum.location.statistic[28] == pytest.approx(5.28, abs=0.005)
    assert cusum.columns["count_upper"][28] == 7
    assert cusum.location.out.tolist() == [28, 29]
    ewma = charts.evaluate(MONTGOMERY, charts.known("ewma", mean=10, sigma=1, weight=0.1, width=2.7))
    assert ewma.location.statistic[[0, 28, 29]] == pytest.approx([9.945, 10.6468, 10.6341], abs=1e-4)
    average = charts.evaluate(MONTGOMERY, charts.known("moving_average", mean=10, sigma=1, span=5))
    assert average.location.ucl[[0, 1, 4, 29]] == pytest.approx([13, 10 + 3 / math.sqrt(2), 11.3416, 11.3416], abs=1e-4)
    assert average.location.statistic[4] == pytest.approx(np.mean(MONTGOMERY[:5]))
    assert charts.evaluate([9.0] * 3, charts.known("ewma", mean=10, sigma=1)).location.out.tolist() == []


def test_head_start_and_restart() -> None:
    quick = charts.evaluate([11.0] * 9, charts.known("cusum", mean=10, sigma=1, headstart=0.5, decision=4.0))
    assert quick.location.statistic[:3] == pytest.approx([2.5, 3.0, 3.5])
    assert quick.location.out[0] == 4
    again = charts.evaluate(
        [11.0] * 9, charts.known("cusum", mean=10, sigma=1, headstart=0.5, decision=4.0, restart=True)
    )
    assert again.location.statistic[4:7] == pytest.approx([4.5, 2.5, 3.0])


def test_a_missing_point_leaves_sums_as_they_are_and_begins_a_moving_average_anew() -> None:
    nan = math.nan
    ewma = charts.evaluate([12.0, nan, 12.0], charts.known("ewma", mean=10, sigma=1, weight=0.5))
    assert np.isnan(ewma.location.statistic[1])
    assert ewma.location.statistic[2] == 11.5
    assert ewma.location.ucl[2] == pytest.approx(10 + 3 * math.sqrt(0.25 + 0.0625))
    cusum = charts.evaluate([12.0, nan, 12.0], charts.known("cusum", mean=10, sigma=1))
    assert cusum.location.statistic[2] == 3.0
    assert cusum.columns["count_upper"].tolist() == [1, 1, 2]
    average = charts.evaluate([12.0, nan, 10.0, 11.0], charts.known("moving_average", mean=10, sigma=1))
    assert average.location.statistic[2:].tolist() == [10.0, 10.5]
    assert average.location.ucl[2] == 13.0


@pytest.mark.parametrize("missing", range(5))
def test_a_moving_averages_limits_are_those_of_the_values_in_its_window(missing: int) -> None:
    values = np.full(12, 10.0)
    values[missing] = math.nan
    ucl = charts.evaluate(values, charts.known("moving_average", mean=10, sigma=1, span=4)).location.ucl
    held = [min(index if index < missing else index - missing - 1, 3) + 1 for index in range(12)]
    for index in set(range(12)) - {missing}:
        assert ucl[index] == pytest.approx(10 + 3 / math.sqrt(held[index])), index


def test_subgroups_narrow_the_limits() -> None:
    data = np.random.default_rng(1).standard_normal((50, 4)) + 10
    for chart in ("ewma", "moving_average", "cusum", "zone"):
        single, grouped = charts.fit(chart, data.ravel()), charts.fit(chart, data)
        assert (single.size, grouped.size, grouped.sigma_method) == (1, 4, "pooled_c4")
        assert single.location is not None
        assert grouped.location is not None
        if chart != "zone":
            wide = single.location.ucl - single.location.center
            assert grouped.location.ucl - grouped.location.center == pytest.approx(wide / 2, rel=0.2)


def series(seed: int, count: int, sort: str, scale: float) -> np.ndarray:
    """A column of one of the sorts that gauges give: noise, a coarse display, a drift, a gauge that got stuck."""
    generator = np.random.default_rng(seed)
    values = generator.standard_normal(count)
    if sort == "coarse":
        values = np.round(values, 1)
    elif sort == "drift":
        values += np.linspace(-3.0, 3.0, count)
    elif sort == "shift":
        values += generator.uniform(-1.5, 1.5)
    elif sort == "stuck":  # at one value after the other, some longer than a stretch
        values = np.repeat(np.round(values, 2), generator.integers(1, 900, count))[:count]
    elif sort == "zeros":
        values[count // 3 :] = generator.choice([0.0, -0.0], count - count // 3)
    return values * scale


SORTS = ["noise", "coarse", "drift", "shift", "stuck", "zeros"]
SCALES = [1.0, 1e-3, 7.7e11, 1e-306, 1e149]


def bits(values: np.ndarray | list[float]) -> list[int]:
    made: list[int] = np.asarray(values, dtype=np.float64).view(np.int64).tolist()
    return made


@settings(max_examples=60)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(8_000, 30_000),
    st.sampled_from(SORTS),
    st.sampled_from(SCALES),
    st.floats(-3.0, 3.0),
    st.floats(0.0, 1.0),
)
def test_sums_in_stretches_have_the_bits_of_one_after_the_other(
    seed: int, count: int, sort: str, scale: float, start: float, slack: float
) -> None:
    values = series(seed, count, sort, scale)
    center, slack, begin = 0.25 * scale, slack * scale, max(0.0, start) * scale
    made = two_sided(values, center, slack, (begin, begin / 2))
    for row, (sign, last) in enumerate(((1.0, begin), (-1.0, begin / 2))):
        expected = []
        for value in values.tolist():
            last = last + (sign * (value - center) - slack)
            if not last > 0.0:
                last = 0.0
            expected.append(last)
        assert bits(made[row]) == bits(expected)


@settings(max_examples=80)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(2_000, 40_000),
    st.sampled_from(SORTS),
    st.sampled_from(SCALES),
    st.floats(-3.0, 3.0),
    st.one_of(st.sampled_from([0.05, 0.1, 0.2, 0.3, 1.0]), st.floats(0.001, 1.0)),
)
@example(587, 3051, "zeros", 1e149, 0.0, 0.7)  # where zeros of both signs pass for the same number
@example(1828141559, 14928, "stuck", 1.0, -2.655750056514291, 1.0)
def test_averages_in_stretches_have_the_bits_of_one_after_the_other(
    seed: int, count: int, sort: str, scale: float, start: float, weight: float
) -> None:
    values = series(seed, count, sort, scale)
    level, expected = start * scale, []
    for value in values.tolist():
        level = weight * value + (1.0 - weight) * level
        expected.append(level)
    assert bits(weighted(values, weight, start * scale)) == bits(expected)


@pytest.mark.parametrize(
    ("chart", "setting"), [("ewma", {"weight": 0.3}), ("cusum", {"headstart": 0.5}), ("cusum", {"restart": True})]
)
@pytest.mark.parametrize("missing", [0.0, 0.01])
def test_long_charts_equal_live_ones_at_every_point(chart: str, setting: dict[str, Any], missing: float) -> None:
    generator = np.random.default_rng(4)
    values = series(5, 25_000, "noise", 1.0)
    values[generator.random(len(values)) < missing] = np.nan
    limits = charts.known(chart, mean=0.1, sigma=1.0, **setting)
    live = LiveChart(limits)
    judged = [live.push(value) for value in values.tolist()]
    result = charts.evaluate(values, limits)
    assert bits(result.location.statistic) == bits([item.mean for item in judged])
    assert result.location.signals.tolist() == [
        item.panels[0][1] if item.panels else item.location_mask for item in judged
    ]


def test_stretches_that_never_meet_are_mended_one_point_after_the_other() -> None:
    """Of a stuck gauge the average settles on one of several neighbouring numbers, by where it came from."""
    values = np.full(40_000, 0.1)
    values[:100] += 1e3  # so that all stretches but the first begin elsewhere than where the average really stands
    level, expected = 50.0, []
    for value in values.tolist():
        level = 0.37 * value + (1.0 - 0.37) * level
        expected.append(level)
    assert bits(weighted(values, 0.37, 50.0)) == bits(expected)
    values[20_000:] = -0.3
    assert bits(weighted(values[20_000:], 0.37, expected[19_999])) == bits(weighted(values, 0.37, 50.0)[20_000:])
