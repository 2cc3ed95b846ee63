"""Rare events, zone, short runs, several variables, pre-control and run charts against formulas worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis import charts, rules
from analysis.charts.generalized_variance import moments
from analysis.charts.rare import POWER, fit_weibull
from analysis.constants import d2, d3
from analysis.errors import AnalysisError

# R qcc, data set boiler: eight burner temperatures, 25 readings
BOILER = np.array(
    [
        [507, 516, 527, 516, 499, 512, 472, 477], [512, 513, 533, 518, 502, 510, 476, 475],
        [520, 512, 537, 518, 503, 512, 480, 477], [520, 514, 538, 516, 504, 517, 480, 479],
        [530, 515, 542, 525, 504, 512, 481, 477], [528, 516, 541, 524, 505, 514, 482, 480],
        [522, 513, 537, 518, 503, 512, 479, 477], [527, 509, 537, 521, 504, 508, 478, 472],
        [533, 514, 528, 529, 508, 512, 482, 477], [530, 512, 538, 524, 507, 512, 482, 477],
        [530, 512, 541, 525, 507, 511, 482, 476], [527, 513, 541, 523, 506, 512, 481, 476],
        [529, 514, 542, 525, 506, 512, 481, 477], [522, 509, 539, 518, 501, 510, 476, 475],
        [532, 515, 545, 528, 507, 511, 481, 478], [531, 514, 543, 525, 507, 511, 482, 477],
        [535, 514, 542, 530, 509, 511, 483, 477], [516, 515, 537, 515, 501, 516, 476, 481],
        [514, 510, 532, 512, 497, 512, 471, 476], [536, 512, 540, 526, 509, 512, 482, 477],
        [522, 514, 540, 518, 497, 514, 475, 478], [520, 514, 540, 518, 501, 514, 475, 478],
        [526, 517, 546, 522, 502, 516, 477, 480], [527, 514, 543, 523, 502, 512, 475, 476],
        [529, 518, 544, 525, 504, 516, 479, 481],
    ]
)  # fmt: skip


def test_boiler_t2() -> None:
    result = charts.study("hotelling_t2", BOILER, alpha=0.001)
    assert result.location.statistic[[0, 8, 24]] == pytest.approx(
        [13.963961741563, 17.5752934774329, 5.31698586477602], rel=1e-10
    )
    assert result.location.ucl[0] == pytest.approx(17.4170466005846, rel=1e-12)
    assert result.location.out.tolist() == [8]
    inverse, mean = np.linalg.inv(np.cov(BOILER, rowvar=False)), BOILER.mean(axis=0)
    without = [index for index in range(8) if index != 2]
    reduced = np.linalg.inv(np.cov(BOILER[:, without], rowvar=False))
    deviation = BOILER[8] - mean
    drop = deviation @ inverse @ deviation - deviation[without] @ reduced @ deviation[without]
    assert result.columns["contributions"][8, 2] == pytest.approx(drop, rel=1e-9)


def test_t2_limits_of_subgroups_and_later_points() -> None:
    """Montgomery example 11.1: 20 samples of 10, two variables, alpha 0.001: phase I limit 13.72."""
    data = np.random.default_rng(3).standard_normal((20, 10, 2))
    assert charts.study("hotelling_t2", data, alpha=0.001).location.ucl[0] == pytest.approx(13.72, abs=0.005)
    from scipy.stats import f

    later = charts.fit("hotelling_t2", data, alpha=0.001).location
    assert later is not None
    assert later.ucl == pytest.approx(2 * 21 * 9 / 179 * f.isf(0.001, 2, 179))
    known = charts.known("hotelling_t2", mean_vector=[0.0, 0.0], covariance=[[1.0, 0.5], [0.5, 1.0]], alpha=0.005)
    assert known.location is not None
    assert known.location.ucl == pytest.approx(-2 * math.log(0.005))
    assert charts.evaluate([[1.0, 1.0]], known).location.statistic[0] == pytest.approx(4 / 3)


def test_mewma_waits_less_for_a_small_shift() -> None:
    limits = charts.known("mewma", mean_vector=[0.0, 0.0], covariance=[[1.0, 0.0], [0.0, 1.0]], weight=0.1)
    assert limits.settings["limit"] == pytest.approx(8.64, abs=0.01)
    result = charts.evaluate([[0.7, 0.7]] * 20, limits)
    first = result.location.statistic[0]
    assert first == pytest.approx((0.07**2 + 0.07**2) / 0.01)
    assert 3 < result.location.out[0] < 15


def test_generalized_variance_constants_as_published() -> None:
    """Montgomery example 11.2: n = 10, p = 2."""
    assert moments(2, 10) == pytest.approx((0.8889, 0.4170), abs=5e-5)
    data = np.random.default_rng(4).standard_normal((25, 10, 2))
    result = charts.study("generalized_variance", data)
    each = [float(np.linalg.det(np.cov(group, rowvar=False))) for group in data]
    assert result.location.statistic == pytest.approx(each)
    mean = float(np.linalg.det(np.mean([np.cov(group, rowvar=False) for group in data], axis=0)))
    assert result.location.center[0] == pytest.approx(mean)
    assert result.location.ucl[0] == pytest.approx(mean / (8 / 9) * (8 / 9 + 3 * math.sqrt(72 * 38 / 9**4)))
    assert result.location.lcl[0] == 0.0


def test_g_chart() -> None:
    """Benneyan (2001): mean and 3 √(x̄ (x̄ + 1)); by probability the quantiles of the geometric distribution."""
    counts = [20, 5, 33, 11, 0, 47, 8, 16]
    mean = sum(counts) / len(counts)
    limits = charts.fit("g", counts).location
    assert limits is not None
    assert (limits.center, limits.ucl, limits.lcl) == pytest.approx((mean, mean + 3 * math.sqrt(mean * (mean + 1)), 0))
    by_probability = charts.fit("g", counts, method="probability").location
    assert by_probability is not None
    chance = 1 / (mean + 1)
    tail = 0.5 * math.erfc(3 / math.sqrt(2))
    assert (1 - chance) ** (by_probability.ucl + 1) == pytest.approx(tail)
    assert (1 - chance) ** (by_probability.center + 1) == pytest.approx(0.5)
    assert charts.evaluate([0, 400], charts.fit("g", counts)).location.out.tolist() == [1]


def test_t_chart() -> None:
    times = np.array([12.0, 3.0, 40.0, 8.0, 1.5, 22.0, 17.0])
    turned = times ** (1 / POWER)
    reach = 3 * np.abs(np.diff(turned)).mean() / d2(2)
    limits = charts.fit("t", times).location
    assert limits is not None
    assert limits.ucl == pytest.approx((turned.mean() + reach) ** POWER)
    assert limits.center == pytest.approx(turned.mean() ** POWER)
    exponential = charts.fit("t", times, method="exponential").location
    assert exponential is not None
    assert math.exp(-exponential.ucl / times.mean()) == pytest.approx(0.5 * math.erfc(3 / math.sqrt(2)))
    assert 1 - math.exp(-exponential.lcl / times.mean()) == pytest.approx(0.5 * math.erfc(3 / math.sqrt(2)))


def test_weibull_fit_is_the_likelihood_s_maximum() -> None:
    from scipy.stats import weibull_min

    times = np.random.default_rng(1).weibull(1.7, 400) * 50
    shape, scale = fit_weibull(times)
    expected = weibull_min.fit(times, floc=0)
    assert (shape, scale) == pytest.approx((expected[0], expected[2]), rel=1e-3)
    best = weibull_min.logpdf(times, shape, scale=scale).sum()
    assert best >= weibull_min.logpdf(times, expected[0], scale=expected[2]).sum() - 1e-9
    with pytest.raises(AnalysisError, match="above zero"):
        charts.fit("t", [0.0, 1.0, 2.0], method="weibull")


def test_zone_scores_add_up_on_one_side() -> None:
    limits = charts.known("zone", mean=0.0, sigma=1.0)
    result = charts.evaluate([0.5, 1.5, 2.5, -1.5, -1.0, 0.0, -2.1, -1.1, 3.5], limits, rules.NELSON)
    assert result.location.statistic.tolist() == [0, 2, 6, 2, 2, 2, 6, 8, 8]
    assert [index for _, index, _ in result.violations()] == [7, 8]
    assert result.rules.name == "zone"
    assert result.columns["mean"][2] == 2.5
    again = charts.evaluate([2.5, 2.5, 2.5], charts.known("zone", mean=0.0, sigma=1.0, restart=True))
    assert again.location.statistic.tolist() == [4, 8, 4]


def test_deviations_from_nominal_are_individuals_of_what_is_left() -> None:
    values, parts = np.array([10.1, 9.8, 20.3, 20.0, 10.2, 19.9]), ["A", "A", "B", "B", "A", "B"]
    result = charts.study("deviation_i_mr", values, parts=parts, means={"A": 10, "B": 20})
    left = values - np.array([10, 10, 20, 20, 10, 20])
    plain = charts.study("i_mr", left, mean=0.0)
    assert result.location.statistic == pytest.approx(left)
    assert result.location.ucl[0] == pytest.approx(plain.location.ucl[0])
    assert result.limits[0].sigma_method == "mr_mean"
    fitted = charts.fit("deviation_i_mr", values, parts=parts)
    assert fitted.settings["means"] == pytest.approx({"A": values[[0, 1, 4]].mean(), "B": values[[2, 3, 5]].mean()})


def test_standardised_charts_have_the_same_lines_for_every_part() -> None:
    generator = np.random.default_rng(6)
    parts = np.repeat(["A", "B", "A"], 15)
    values = np.where(parts == "A", 10 + generator.standard_normal(45), 500 + 30 * generator.standard_normal(45))
    result = charts.study("z_mr", values, parts=parts)
    assert (result.location.lcl[0], result.location.center[0], result.location.ucl[0]) == (-3, 0, 3)
    assert result.dispersion is not None
    assert result.dispersion.center[0] == pytest.approx(d2(2))
    assert result.dispersion.ucl[0] == pytest.approx(d2(2) + 3 * d3(2))
    chain = values[parts == "A"]
    sigma = np.abs(np.diff(chain)).mean() / d2(2)
    assert result.limits[0].settings["sigmas"]["A"] == pytest.approx(sigma)
    assert result.location.statistic[0] == pytest.approx((values[0] - chain.mean()) / sigma)
    relative = charts.fit("z_mr", values, parts=parts, spread="relative").settings["sigmas"]
    constant = charts.fit("z_mr", values, parts=parts, spread="constant").settings["sigmas"]
    assert relative["A"] == relative["B"] < constant["A"] == constant["B"]
    with pytest.raises(AnalysisError, match="no part 'C'"):
        charts.evaluate([1.0], result.limits[0], parts=["C"])
    grouped = charts.study("z_xbar_r", values.reshape(9, 5), parts=parts[::5])
    assert grouped.location.ucl[0] == pytest.approx(3 / math.sqrt(5))


def test_pre_control_tells_what_to_do() -> None:
    limits = charts.fit("pre_control", [], lsl=0.0, usl=8.0)
    result = charts.evaluate([4, 5, 6, 6.5, 7, 1.9, 4, 8.0, 8.1, 2, 6, 4], limits)
    assert [(index, codes) for _, index, codes in result.violations()] == [
        (4, ("yellow_same_side",)),
        (5, ("yellow_both_sides",)),
        (8, ("red", "yellow_same_side")),
    ]
    assert result.columns["greens"].tolist() == [1, 2, 3, 0, 0, 0, 1, 0, 0, 1, 2, 3]
    with pytest.raises(AnalysisError, match="needs a tolerance"):
        charts.fit("pre_control", [], lsl=8.0, usl=0.0)


def test_run_chart_finds_runs_and_trends_about_the_median() -> None:
    values = [5, 3, 4, 6, 2, 7, 8, 9, 10, 11, 12, 13]
    result = charts.study("run", values, rules.NELSON.only(["nelson_1", "nelson_2", "nelson_3", "nelson_5"]))
    assert result.location.center[0] == 7.5
    assert result.fires("nelson_3").tolist() == [9, 10, 11]
    assert np.isnan(result.location.ucl[0])
    assert result.fires("nelson_1").tolist() == result.fires("nelson_5").tolist() == []


def test_stability_of_a_run_chart() -> None:
    """Twelve above and below by turns: 12 runs expected 7; by hand from Wald and Wolfowitz."""
    turns = charts.run_tests([1, 9] * 6)
    assert (turns.runs_about, turns.expected_about, turns.longest_run) == (12, 7.0, 1)
    spread = math.sqrt(2 * 36 * (2 * 36 - 12) / (144 * 11))
    assert turns.p_mixtures == pytest.approx(0.5 * math.erfc(5 / spread / math.sqrt(2)))
    assert turns.p_clusters == pytest.approx(1 - turns.p_mixtures)
    climb = charts.run_tests(range(20))
    assert (climb.runs_about, climb.longest_run, climb.crossings, climb.shift) == (2, 10, 1, True)
    assert climb.p_trends is not None
    assert climb.p_trends < 1e-6
    # Anhøj and Olesen (2014): round(log2 n + 3) and the 5 % quantile of the binomial distribution of n - 1 and 1/2
    for useful, longest, crossings in [(10, 6, 2), (15, 7, 4), (20, 7, 6), (24, 8, 8), (30, 8, 10)]:
        made = charts.run_tests([1, 2] * (useful // 2) + [1] * (useful % 2), median=1.5)
        assert (made.useful, made.longest_allowed, made.fewest_allowed) == (useful, longest, crossings)
    few = charts.run_tests([3.0, 3.0, 3.0])
    assert (few.useful, few.p_clusters, few.shift, few.notes[0].code) == (0, None, None, "too_few_useful_points")
