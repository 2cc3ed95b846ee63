"""Descriptive statistics and normality tests against certified values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import AnalysisError, descriptive, normality
from analysis.observations import finite_values

# R datasets::precip, annual precipitation of 70 cities, inches.
PRECIPITATION = [
    67, 54.7, 7, 48.5, 14, 17.2, 20.7, 13, 43.4, 40.2, 38.9, 54.5, 59.8, 48.3, 22.9, 11.5, 34.4, 35.1, 38.7, 30.8,
    30.6, 43.1, 56.8, 40.8, 41.8, 42.5, 31, 31.7, 30.2, 25.9, 49.2, 37, 35.9, 15, 30.2, 7.2, 36.2, 45.5, 7.8, 33.4,
    36.1, 40.2, 42.7, 42.5, 16.2, 39, 35, 37, 31.4, 37.6, 39.9, 36.2, 42.8, 46.4, 24.7, 49.1, 46, 35.9, 7.8, 48.2,
    15.2, 32.5, 44.7, 42.6, 38.8, 17.4, 40.8, 29.1, 14.6, 59.2,
]  # fmt: skip


@pytest.mark.parametrize("base", [1_000_000.2, 10_000_000.2])
def test_nist_numacc_3_and_4(base: float) -> None:
    """NIST StRD NumAcc3 and NumAcc4: s = 0.1 and lag-1 autocorrelation -0.999, certified."""
    found = descriptive.describe([base] + [base - 0.1, base + 0.1] * 500)
    assert found.standard_deviation == pytest.approx(0.1, rel=1e-7)
    assert found.lag1_autocorrelation == pytest.approx(-0.999, rel=1e-7)
    assert found.mean == pytest.approx(base, rel=1e-15)


def test_nist_numacc_1() -> None:
    found = descriptive.describe([10_000_001.0, 10_000_003.0, 10_000_002.0])
    assert (found.mean, found.standard_deviation, found.lag1_autocorrelation) == (10_000_002.0, 1.0, -0.5)


def test_quartiles_follow_the_type_named() -> None:
    data = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    assert descriptive.describe(data, quantile_type="type 6").quartile_1 == 2.25
    assert descriptive.describe(data, quantile_type="type 7").quartile_1 == 2.75


def test_one_value_and_no_variation_are_told() -> None:
    assert [n.code for n in descriptive.describe([4.2]).notes] == ["too_few_for_spread"]
    assert [n.code for n in descriptive.describe([4.2, 4.2, 4.2]).notes] == ["no_variation"]
    with pytest.raises(AnalysisError, match="At least 1"):
        descriptive.describe([float("nan")])
    with pytest.raises(AnalysisError, match="position 1"):
        descriptive.describe([1.0, float("inf")])


@settings(max_examples=60)
@given(st.lists(st.floats(-1e3, 1e3), min_size=5, max_size=40), st.floats(-1e6, 1e6), st.floats(0.1, 100))
def test_shift_and_scale(values: list[float], shift: float, scale: float) -> None:
    data = np.array(values)
    first, second = descriptive.describe(data), descriptive.describe(data * scale + shift)
    assert first.standard_deviation is not None
    assert second.standard_deviation == pytest.approx(first.standard_deviation * scale, rel=1e-6, abs=1e-7)


def test_normality_of_precipitation() -> None:
    """R nortest::ad.test and stats::shapiro.test on the same data."""
    found = normality.normality(PRECIPITATION)
    assert found.anderson_darling.statistic == pytest.approx(0.99894379424, rel=1e-9)
    assert found.anderson_darling.p == pytest.approx(0.0116317801275, rel=1e-8)
    assert found.shapiro_wilk.statistic == pytest.approx(0.9645591686, rel=1e-6)
    assert found.shapiro_wilk.p == pytest.approx(0.04492529, rel=1e-5)


def test_p_values_are_uniform_for_normal_data() -> None:
    draws = np.random.default_rng(3).normal(size=(1500, 40))
    p = np.array([normality.normality(row).anderson_darling.p for row in draws])
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.02)
    assert (p < 0.5).mean() == pytest.approx(0.5, abs=0.05)


def test_extreme_tails_stay_finite() -> None:
    found = normality.normality([0.0] * 50 + [1e9])
    assert found.anderson_darling.p is not None
    assert found.anderson_darling.p < 1e-10


def test_no_variation_has_no_test() -> None:
    found = normality.normality([2.0, 2.0, 2.0, 2.0])
    assert found.shapiro_wilk.p is None
    assert found.notes[0].code == "no_variation"


def test_missing_values_are_left_out_and_text_refused() -> None:
    assert finite_values([1.0, float("nan"), 2.0]).tolist() == [1.0, 2.0]
    with pytest.raises(AnalysisError, match="not all numbers"):
        finite_values(["1.0", "abc"])
