"""Every estimator of sigma by its formula, its name and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis import sigma
from analysis.constants import c4, c4_successive, d2, median_range
from analysis.errors import AnalysisError

VALUES = np.array([10.1, 9.7, 10.4, 10.0, 9.9, 10.6, 10.2, 9.5])
GROUPS = np.array([[5.0, 5.4, 4.9], [5.2, 5.1, 5.5], [4.8, 5.0, 5.3], [5.6, 5.2, 5.1]])


def test_individuals() -> None:
    steps = np.abs(np.diff(VALUES))
    expected = {
        "mr_mean": steps.mean() / d2(2),
        "mr_median": np.median(steps) / median_range(2),
        "mssd": math.sqrt((steps**2).mean() / 2),
        "mssd_c4": math.sqrt((steps**2).mean() / 2) / c4_successive(8),
        "overall": VALUES.std(ddof=1),
        "overall_c4": VALUES.std(ddof=1) / c4(8),
    }
    assert set(expected) == set(sigma.INDIVIDUAL_METHODS)
    for method, value in expected.items():
        made = sigma.individuals(VALUES, method)
        assert made.sigma == pytest.approx(value, rel=1e-12)
        assert made.method == method
    assert sigma.individuals(VALUES).center_of_spread == pytest.approx(steps.mean())
    assert sigma.individuals(VALUES, window=4).window == 4


def test_subgroups() -> None:
    ranges, deviations = np.ptp(GROUPS, axis=1), GROUPS.std(axis=1, ddof=1)
    pooled = math.sqrt((deviations**2).mean())
    expected = {
        "r_bar": ranges.mean() / d2(3),
        "s_bar": deviations.mean() / c4(3),
        "s_bar_plain": deviations.mean(),
        "pooled": pooled,
        "pooled_c4": pooled / c4(9),
    }
    assert set(expected) == set(sigma.SUBGROUP_METHODS)
    for method, value in expected.items():
        made = sigma.subgroups(GROUPS, method)
        assert made.sigma == pytest.approx(value, rel=1e-12)
        assert (made.method, made.count) == (method, 4)


def test_piston_rings() -> None:
    """Checked with R qcc 3.0 on Montgomery's table 6.3: R-bar, S-bar and pooled are three figures of one process."""
    summary = {"r_bar": 0.02276 / d2(5), "s_bar": 0.00924003660228554 / c4(5)}
    assert summary["r_bar"] == pytest.approx(0.00978533760741318)
    assert summary["s_bar"] == pytest.approx(0.00982997672828933)


@pytest.mark.parametrize("method", sigma.SUBGROUP_METHODS)
def test_unequal_sizes_are_unbiased(method: str) -> None:
    """A simulation of true sigma 2 with sizes 2 to 6: all but the plain ones are right on average."""
    generator = np.random.default_rng(5)
    sizes = np.array([2, 3, 3, 5, 6])
    estimates = []
    for _ in range(3000):
        matrix = generator.standard_normal((5, 6)) * 2
        matrix[np.arange(6) >= sizes[:, None]] = np.nan
        estimates.append(sigma.subgroups(matrix, method).sigma)
    error = np.std(estimates) / math.sqrt(3000)
    if method in {"s_bar_plain", "pooled"}:
        assert np.mean(estimates) < 2 - 4 * error
    else:
        assert np.mean(estimates) == pytest.approx(2, abs=4 * error)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: sigma.individuals([1.0]), "needs 2 values in a row; there are 1"),
        (lambda: sigma.individuals([1.0, math.nan, 2.0]), "needs 2 values in a row; there are 2"),
        (lambda: sigma.individuals([1.0], "mssd"), "two values in a row"),
        (lambda: sigma.individuals([1.0], "overall"), "needs two values"),
        (lambda: sigma.individuals([1.0, 2.0], "r_bar"), "no estimator 'r_bar'"),
        (lambda: sigma.individuals([1.0, math.inf]), "infinite number at position 1"),
        (lambda: sigma.individuals([1.0, 1e200]), "beyond 1e\\+150 at position 1"),
        (lambda: sigma.subgroups([[1.0], [2.0]]), "No subgroup has two values"),
        (lambda: sigma.subgroups([[1.0, 2.0]], "mr_mean"), "no estimator 'mr_mean' for subgroups"),
        (lambda: sigma.moving_ranges(VALUES, 1), "moving range of 1"),
    ],
)
def test_what_cannot_be_estimated_is_told(wrong: object, sentence: str) -> None:
    with pytest.raises(AnalysisError, match=sentence):
        wrong()  # type: ignore[operator]
