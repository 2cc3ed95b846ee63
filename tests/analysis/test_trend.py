"""Trend, change points and autocorrelation against slow obvious versions and published examples."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import AnalysisError, trend

# Annual flow of the Nile at Aswan 1871-1970, 10^8 m³ (Cobb 1978): the level drops with the year 1899.
NILE = [
    1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140,
    1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969, 831,
    726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759, 781, 865, 845,
    944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918,
    986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
]  # fmt: skip


@settings(max_examples=80)
@given(st.lists(st.integers(-5, 5), min_size=4, max_size=40))
def test_sum_of_signs_is_that_of_all_pairs(values: list[int]) -> None:
    expected = sum(int(np.sign(b - a)) for a, b in itertools.combinations(values, 2))
    assert trend.mann_kendall([float(v) for v in values]).s == expected


def test_variance_with_ties() -> None:
    """n = 10 with two pairs tied: (10·9·25 - 2·2·1·9) / 18 (Kendall 1975)."""
    found = trend.mann_kendall([1, 2, 2, 3, 5, 4, 6, 7, 7, 9])
    assert found.s == 41
    assert found.variance == pytest.approx((10 * 9 * 25 - 2 * 18) / 18)
    assert found.direction == "rising"
    assert found.slope == pytest.approx(6 / 7)


@settings(max_examples=40)
@given(st.lists(st.floats(-100, 100), min_size=6, max_size=30), st.floats(0.01, 100), st.floats(-1e4, 1e4))
def test_reversal_turns_the_trend_round(values: list[float], scale: float, shift: float) -> None:
    first = trend.mann_kendall(values)
    assert trend.mann_kendall(values[::-1]).s == -first.s
    assert trend.mann_kendall(np.array(values) * 2.0**10).s == first.s


def test_the_nile_dropped_once() -> None:
    """Pettitt's K and the least-cost segmentation both put the change after 1898 (position 28)."""
    assert trend.change_points(NILE).positions == (28,)
    assert trend.pettitt(NILE).position == 28


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_segmentation_is_the_cheapest(seed: int) -> None:
    """Against trying every set of positions, on short series."""
    generator = np.random.default_rng(seed)
    data = generator.normal(size=11) + np.where(np.arange(11) >= generator.integers(2, 9), 3.0, 0.0)
    price = 4.0

    def cost(positions: tuple[int, ...]) -> float:
        edges = [0, *positions, data.size]
        parts = [data[a:b] for a, b in itertools.pairwise(edges)]
        if any(part.size < 2 for part in parts):
            return float("inf")
        return sum(float(((part - part.mean()) ** 2).sum()) for part in parts) + price * len(positions)

    every = [c for k in range(4) for c in itertools.combinations(range(2, 10), k)]
    found = trend.change_points(data, sigma=1.0, penalty=price)
    assert cost(found.positions) == pytest.approx(min(cost(c) for c in every))


def test_autocorrelation_and_ljung_box() -> None:
    """statsmodels' acf, pacf and Ljung-Box on the same series."""
    from statsmodels.stats.diagnostic import acorr_ljungbox
    from statsmodels.tsa.stattools import acf, pacf

    found = trend.autocorrelation(NILE, lags=10)
    assert found.coefficients == pytest.approx(acf(NILE, nlags=10), rel=1e-9)
    assert found.partial == pytest.approx(pacf(NILE, nlags=10, method="ldb"), rel=1e-9)
    peer = acorr_ljungbox(np.array(NILE, dtype=float), lags=[10])
    assert found.ljung_box == pytest.approx(float(peer["lb_stat"].iloc[0]))
    assert found.p == pytest.approx(float(peer["lb_pvalue"].iloc[0]))


def test_what_cannot_be_answered_is_named() -> None:
    with pytest.raises(AnalysisError, match="same time"):
        trend.mann_kendall([1, 2, 3, 4], [0, 1, 1, 2])
    with pytest.raises(AnalysisError, match="position 2"):
        trend.autocorrelation([1, 2, float("nan"), 4, 5])
    with pytest.raises(AnalysisError, match="vary"):
        trend.autocorrelation([1.0] * 10)
    assert trend.change_points([3.0] * 10).notes[0].code == "no_variation"
    assert trend.mann_kendall([3.0] * 10).p == 1.0
