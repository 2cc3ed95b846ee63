"""Subgroups by size, label and time window."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis import charts, subgroups
from analysis.errors import AnalysisError

NAN = math.nan


def same(matrix: np.ndarray, expected: list[list[float]]) -> bool:
    return np.array_equal(matrix, np.array(expected), equal_nan=True)


def test_by_size_keeps_or_drops_the_rest() -> None:
    assert same(subgroups.by_size([1, 2, 3, 4], 2), [[1, 2], [3, 4]])
    assert same(subgroups.by_size([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5, NAN]])
    assert same(subgroups.by_size([1, 2, 3, 4, 5], 2, "drop"), [[1, 2], [3, 4]])
    assert subgroups.by_size([], 3).shape == (0, 3)


def test_by_label_in_order_of_appearance() -> None:
    made = subgroups.by_label([1, 2, 3, 4, 5], ["b", "a", "b", "c", "a"])
    assert same(made.matrix, [[1, 3], [2, 5], [4, NAN]])
    assert made.labels == ("b", "a", "c")
    assert subgroups.by_label([1.0, 2.0], [7, 7]).labels == (7,)


def test_by_time_window() -> None:
    made = subgroups.by_time([1, 2, 3, 4, 5], [0, 50, 61, 500, 59], 60)
    assert same(made.matrix, [[1, 2, 5], [3, NAN, NAN], [4, NAN, NAN]])
    assert made.labels == (0, 60, 480)
    moments = np.array(["2026-01-01T08:00", "2026-01-01T08:59", "2026-01-01T09:00"], dtype="datetime64[s]")
    hours = subgroups.by_time([1, 2, 3], moments, np.timedelta64(1, "h"), start=np.datetime64("2026-01-01T00:00"))
    assert same(hours.matrix, [[1, 2], [3, NAN]])
    assert subgroups.by_time([], [], 60).labels == ()
    result = charts.study("xbar_r", made.matrix)
    assert np.isnan(result.dispersion.statistic[1])  # type: ignore[union-attr]
    assert result.location.ucl[1] > result.location.ucl[0]


def test_statistics_pass_over_missing_values() -> None:
    made = subgroups.statistics(np.array([[1.0, 2.0, 4.0], [NAN, 5.0, 7.0], [NAN, 3.0, NAN], [NAN, NAN, NAN]]))
    assert made.sizes.tolist() == [3, 2, 1, 0]
    assert made.means == pytest.approx([7 / 3, 6.0, 3.0, NAN], nan_ok=True)
    assert made.ranges == pytest.approx([3.0, 2.0, NAN, NAN], nan_ok=True)
    assert made.deviations == pytest.approx([np.std([1, 2, 4], ddof=1), math.sqrt(2), NAN, NAN], nan_ok=True)


def test_digits_are_kept_far_from_zero() -> None:
    """NIST StRD NumAcc3: 1,000,000.2 with s = 0.1 exactly."""
    values = [1_000_000.2, *[1_000_000.1, 1_000_000.3] * 500]
    made = subgroups.statistics(np.array([values]))
    assert made.deviations[0] == pytest.approx(0.1, rel=1e-8)
    assert subgroups.live_statistics(values, "deviation") == (1001, made.means[0], made.deviations[0])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: subgroups.by_size([1, 2], 0), "subgroup of 0 values"),
        (lambda: subgroups.by_size([1, 2], 2, "lose"), "keep or to drop"),
        (lambda: subgroups.by_size([[1, 2]], 2), "2 dimensions"),
        (lambda: subgroups.by_size(["x"], 2), "not all numbers"),
        (lambda: subgroups.by_label([1, 2], ["a"]), "2 values and 1 labels"),
        (lambda: subgroups.by_time([1, 2], [0], 5), "2 values and 1 times"),
        (lambda: subgroups.by_time([1, 2], [0, NAN], 5), "time at position 1 is missing"),
        (lambda: subgroups.by_time([1, 2], [0, 1], 0), "time window of 0"),
        (lambda: subgroups.as_matrix([["a"], [1, 2]]), "not all numbers"),
        (lambda: subgroups.as_matrix(5), "table of two dimensions"),
        (lambda: subgroups.as_matrix([[1.0, math.inf]]), "infinite number at position 0, 1"),
    ],
)
def test_what_is_no_subgroup_is_told(wrong: object, sentence: str) -> None:
    with pytest.raises(AnalysisError, match=sentence):
        wrong()  # type: ignore[operator]
