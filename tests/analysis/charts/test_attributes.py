"""Charts of counts against published examples and their formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis import charts, rules
from analysis.constants import d2

# Montgomery, Introduction to Statistical Quality Control, table 7.1: cans of orange juice, 30 samples of 50
CANS = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6]
# the same, table 7.7: defects on 26 samples of 100 circuit boards
BOARDS = [21, 24, 16, 12, 15, 5, 28, 20, 31, 25, 20, 24, 16, 19, 10, 17, 13, 22, 18, 39, 30, 24, 16, 19, 17, 15]
# the same, table 7.4: purchase orders with errors, among so many
ERRORS = [12, 8, 6, 9, 10, 12, 11, 16, 10, 6, 20, 15, 9, 8, 6, 8, 10, 7, 5, 8, 5, 8, 10, 6, 9]
ORDERS = [
    100,
    80,
    80,
    100,
    110,
    110,
    100,
    100,
    90,
    90,
    110,
    120,
    120,
    120,
    110,
    80,
    80,
    80,
    90,
    100,
    100,
    100,
    100,
    90,
    90,
]
# the same, table 7.11: defects in dyed cloth, inspection units of 50 m²
CLOTH = [14, 12, 20, 11, 7, 10, 21, 16, 19, 23]
CLOTH_UNITS = [10, 8, 13, 10, 9.5, 10, 12, 10.5, 12, 12.5]


def test_orange_juice_p_and_np() -> None:
    result = charts.study("p", CANS, sizes=50)
    assert result.location.center[0] == pytest.approx(0.231333333333333)
    assert (result.location.lcl[0], result.location.ucl[0]) == pytest.approx((0.0524275480719282, 0.410239118594738))
    assert result.location.out.tolist() == [14, 22]
    counted = charts.study("np", CANS, sizes=50)
    assert (counted.location.lcl[0], counted.location.ucl[0]) == pytest.approx((2.62137740359641, 20.5119559297369))
    assert counted.location.out.tolist() == [14, 22]
    revised = charts.fit("p", CANS, sizes=50, exclude=[14, 22]).location
    assert revised is not None
    assert (revised.center, revised.lcl, revised.ucl) == pytest.approx((0.215, 0.0407028399542896, 0.38929716004571))


def test_circuit_boards_c() -> None:
    result = charts.study("c", BOARDS)
    assert (result.location.lcl[0], result.location.ucl[0]) == pytest.approx((6.48144716716591, 33.2108605251418))
    assert result.location.out.tolist() == [5, 19]


def test_purchase_orders_have_limits_of_their_own() -> None:
    result = charts.study("p", ERRORS, sizes=ORDERS)
    assert result.limits[0].center == pytest.approx(234 / 2450)
    assert result.location.ucl[10] == pytest.approx(0.0955 + 3 * math.sqrt(0.0955 * 0.9045 / 110), abs=2e-4)
    assert result.location.out.tolist() == [10]
    assert result.limits[0].notes[0].code == "sizes_vary"


def test_dyed_cloth_u() -> None:
    result = charts.study("u", CLOTH, sizes=CLOTH_UNITS)
    assert result.limits[0].center == pytest.approx(1.42, abs=0.005)
    assert (result.location.lcl[0], result.location.ucl[0]) == pytest.approx((0.29, 2.55), abs=0.01)
    assert len(result.location.out) == 0


def test_lower_limits_stop_at_zero_and_upper_ones_at_all() -> None:
    few = charts.study("p", [1, 0, 2, 0, 1], sizes=20).location
    assert few.lcl[0] == 0.0
    many = charts.study("np", [19, 20, 20, 18, 20], sizes=20).location
    assert many.ucl[0] == 20.0
    assert len(many.out) == 0


def test_laney_widens_by_how_the_points_really_vary() -> None:
    generator = np.random.default_rng(1)
    sizes = generator.integers(8_000, 12_000, 40)
    wandering = generator.binomial(sizes, 0.1 + 0.01 * generator.standard_normal(40))
    usual, widened = charts.study("p", wandering, sizes=sizes), charts.study("laney_p", wandering, sizes=sizes)
    rate, share = wandering / sizes, wandering.sum() / sizes.sum()
    errors = np.sqrt(share * (1 - share) / sizes)
    sigma_z = np.abs(np.diff((rate - share) / errors)).mean() / d2(2)
    assert widened.limits[0].settings["sigma_z"] == pytest.approx(sigma_z)
    assert widened.location.ucl == pytest.approx(share + 3 * errors * sigma_z)
    assert len(usual.location.out) > 5
    assert len(widened.location.out) == 0
    counts = generator.poisson(sizes * 0.1)
    plain, laney = charts.fit("u", counts, sizes=sizes), charts.fit("laney_u", counts, sizes=sizes)
    assert laney.settings["sigma_z"] == pytest.approx(1, abs=0.25)
    assert laney.sigma == pytest.approx(plain.sigma * laney.settings["sigma_z"])


def test_none_inspected_is_a_gap() -> None:
    result = charts.study("p", [3, 0, 4, 2], rules.NELSON, sizes=[50, 0, 50, 50])
    assert np.isnan(result.location.statistic[1])
    assert result.limits[0].center == pytest.approx(9 / 150)


def test_zone_tests_are_left_to_measured_values() -> None:
    high = [30] * 12
    result = charts.evaluate(high, charts.known("c", mean=22.0), rules.NELSON)
    assert rules.NELSON.names(int(result.location.signals[-1])) == ("nelson_2",)
