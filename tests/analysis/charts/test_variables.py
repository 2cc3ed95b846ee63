"""Charts of measured values against published examples, and what stages, gaps and unequal sizes do to them."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from analysis import charts, rules, sigma
from analysis.constants import c4, d2, d3
from analysis.errors import AnalysisError

# Montgomery, Introduction to Statistical Quality Control, table 6.3: piston rings, thousandths of a mm above 74 mm
PISTON = np.array(
    [
        [30, 2, 19, -8, 8], [-5, -8, 1, 11, 4], [-12, 24, 21, 5, 2], [2, -4, -7, 15, 9], [-8, 7, 15, -11, 14],
        [9, -6, -3, -15, -7], [-5, 6, -6, 0, 5], [-15, 3, -7, 15, -12], [8, -5, 9, 5, 4], [-2, 0, -10, 7, -5],
        [-6, -2, -6, -5, -10], [4, 0, 7, 0, -4], [-17, 2, -2, -3, 12], [6, -33, -6, 0, -16], [12, 14, -2, -1, 7],
        [0, -16, 5, -2, -4], [-6, 12, -14, 5, 7], [6, 10, 18, 3, 0], [-16, 2, 3, 5, -3], [0, 10, 13, 20, 3],
        [-12, 1, 9, 5, -4], [4, -1, -10, 6, 9], [10, -11, -10, 9, 14], [15, 8, -7, 0, 10], [-18, -16, -5, 17, 13],
        [12, 15, 30, -14, 0], [-5, 10, -10, 15, 1], [-13, -1, -15, 0, -10], [8, 10, 3, -9, 6], [3, 0, 1, -14, -3],
        [-6, 3, 15, 20, 4], [8, 2, 18, -5, 5], [1, 4, -10, -4, -2], [15, 0, 16, 25, 0], [30, 5, 0, 16, 12],
        [1, -10, -5, 10, 24], [15, 20, 24, 5, 19], [35, 10, 12, 15, 26], [17, 13, 36, 25, 26], [10, 5, 29, 0, 20],
    ]
) / 1000 + 74  # fmt: skip
FLOW = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]


def test_piston_rings_xbar_r() -> None:
    """Limits of the first 25 samples, checked with R qcc 3.0 (exact constants); samples 37 to 39 are out."""
    limits = charts.fit("xbar_r", PISTON[:25])
    assert limits.center == pytest.approx(74.001176, abs=1e-9)
    assert limits.sigma == pytest.approx(0.00978533760741318, rel=1e-9)
    assert limits.location is not None
    assert limits.dispersion is not None
    assert (limits.location.lcl, limits.location.ucl) == pytest.approx((73.9880475919562, 74.0143044080438), abs=1e-9)
    assert (limits.dispersion.center, limits.dispersion.ucl) == pytest.approx((0.02276, 0.0481260005423789), rel=1e-6)
    assert limits.dispersion.lcl == 0.0
    result = charts.evaluate(PISTON, limits, rules.NELSON)
    assert result.fires("nelson_1").tolist() == [36, 37, 38]
    assert result.location.out.tolist() == [36, 37, 38]
    assert result.location.statistic[0] == pytest.approx(74.0102)


def test_piston_rings_xbar_s() -> None:
    limits = charts.fit("xbar_s", PISTON[:25])
    assert limits.location is not None
    assert limits.dispersion is not None
    assert (limits.location.lcl, limits.location.ucl) == pytest.approx((73.987987702291, 74.014364297709), abs=1e-9)
    assert limits.dispersion.center == pytest.approx(0.00924003660228554, rel=1e-9)
    assert limits.dispersion.ucl == pytest.approx(0.0193024167682403, rel=1e-7)


def test_medians_of_piston_rings() -> None:
    result = charts.study("median_r", PISTON[:25])
    assert result.location.statistic == pytest.approx(np.median(PISTON[:25], axis=1), abs=0)
    center = float(np.median(PISTON[:25], axis=1).mean())
    assert result.location.center[0] == pytest.approx(center)
    assert result.location.ucl[0] == pytest.approx(center + 0.691 * 0.02276, abs=2e-5)


def test_flow_rate_individuals() -> None:
    """NIST/SEMATECH e-Handbook 6.3.2.2."""
    limits = charts.fit("i_mr", FLOW)
    assert limits.location is not None
    assert limits.dispersion is not None
    assert limits.center == pytest.approx(50.81)
    assert limits.dispersion.center == pytest.approx(1.87777777777778)
    assert (limits.location.lcl, limits.location.ucl) == pytest.approx((45.8175883199495, 55.8024116800505))
    assert limits.dispersion.ucl == pytest.approx(6.13382104844146)


def test_every_value_has_limits_of_its_own_subgroup_size() -> None:
    ragged = [[10.0, 11.0, 12.0], [9.0, 10.5], [10.0, 12.0, 11.0, 9.5], [10.7, 11.1, 9.9]]
    result = charts.study("xbar_r", ragged)
    limits = result.limits[0]
    total = [value for row in ragged for value in row]
    assert limits.center == pytest.approx(sum(total) / len(total))
    assert limits.size == 3
    assert [note.code for note in limits.notes] == ["sizes_vary"]
    weights = [(d2(len(row)) / d3(len(row))) ** 2 for row in ragged]
    estimates = [(max(row) - min(row)) / d2(len(row)) for row in ragged]
    assert limits.sigma == pytest.approx(np.average(estimates, weights=weights))
    for index, row in enumerate(ragged):
        reach = 3 * limits.sigma / math.sqrt(len(row))
        assert result.location.ucl[index] == pytest.approx(limits.center + reach)
        assert result.dispersion is not None
        assert result.dispersion.center[index] == pytest.approx(d2(len(row)) * limits.sigma)


def test_a_missing_value_makes_a_smaller_subgroup_and_a_missing_subgroup_a_gap() -> None:
    data = PISTON[:10].copy()
    data[3, 2] = np.nan
    data[6] = np.nan
    result = charts.evaluate(data, charts.fit("xbar_s", data), rules.NELSON)
    assert result.location.statistic[3] == pytest.approx(np.nanmean(data[3]))
    assert result.dispersion is not None
    assert result.dispersion.statistic[3] == pytest.approx(np.nanstd(data[3], ddof=1))
    assert np.isnan(result.location.statistic[6])
    assert result.location.signals[6] == 0
    assert result.location.ucl[3] > result.location.ucl[2]


def test_moving_ranges_do_not_cross_a_gap_an_excluded_point_or_a_stage() -> None:
    values = [10.0, 11.0, math.nan, 30.0, 31.0, 33.0]
    limits = charts.fit("i_mr", values)
    assert limits.dispersion is not None
    assert limits.dispersion.center == pytest.approx((1 + 1 + 2) / 3)
    without = charts.fit("i_mr", [10.0, 11.0, 99.0, 12.0, 13.0], exclude=[2])
    assert without.center == pytest.approx(11.5)
    assert without.sigma == pytest.approx(1 / d2(2))
    assert without.excluded == (2,)
    staged = charts.study("i_mr", [1.0, 2.0, 3.0, 50.0, 52.0, 51.0], stages=["a"] * 3 + ["b"] * 3)
    assert [limits.center for limits in staged.limits] == pytest.approx([2.0, 51.0])
    assert staged.stage is not None
    assert staged.stage.tolist() == [0, 0, 0, 1, 1, 1]
    assert staged.dispersion is not None
    assert np.isnan(staged.dispersion.statistic[3])
    assert staged.location.center.tolist() == pytest.approx([2.0] * 3 + [51.0] * 3)


def test_patterns_do_not_reach_across_stages() -> None:
    values = [1.0, 3.0, 1.0, 3.0, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7, 2.8, 2.9, 2.0, 0.0]
    stages = [0] * 8 + [1] * 6
    trend = rules.NELSON.only(["nelson_3"])
    assert charts.study("i_mr", values, trend).fires("nelson_3").tolist() == [9, 10, 11]
    assert charts.study("i_mr", values, trend, stages=stages).fires("nelson_3").tolist() == []


def test_wider_moving_ranges_and_medians() -> None:
    values = np.array(FLOW)
    three = [float(np.ptp(values[i : i + 3])) for i in range(len(values) - 2)]
    limits = charts.fit("i_mr", values, window=3)
    assert limits.sigma == pytest.approx(np.mean(three) / d2(3))
    result = charts.evaluate(values, limits)
    assert result.dispersion is not None
    assert result.dispersion.statistic[2:] == pytest.approx(three)
    assert np.isnan(result.dispersion.statistic[:2]).all()


def test_historical_values_and_prescribed_lines() -> None:
    limits = charts.fit("xbar_r", PISTON[:5], mean=74.0, known_sigma=0.01, prescribed={"location": {"ucl": 74.02}})
    assert limits.sigma_method == "known"
    assert limits.location is not None
    assert (limits.location.center, limits.location.ucl) == (74.0, 74.02)
    assert limits.location.lcl == pytest.approx(74 - 3 * 0.01 / math.sqrt(5))
    assert charts.evaluate(PISTON, limits).location.out.tolist() == [38]
    with pytest.raises(AnalysisError, match="above the upper limit"):
        charts.fit("xbar_r", PISTON, prescribed={"location": {"ucl": 73.0}})
    with pytest.raises(AnalysisError, match="cannot be prescribed"):
        charts.fit("xbar_r", PISTON, prescribed={"location": {"upper": 73.0}})


def test_three_way_charts_judge_means_by_how_they_move() -> None:
    generator = np.random.default_rng(2)
    data = generator.standard_normal((30, 4)) * 0.1 + generator.standard_normal(30)[:, None]
    usual, three_way = charts.study("xbar_s", data), charts.study("i_mr_s", data)
    assert len(usual.location.out) > 10
    assert len(three_way.location.out) == 0
    means = data.mean(axis=1)
    within = sigma.individuals(means).sigma
    assert three_way.limits[0].settings["sigma_means"] == pytest.approx(within)
    assert three_way.location.ucl[0] == pytest.approx(means.mean() + 3 * within)
    assert three_way.between is not None
    assert three_way.dispersion is not None
    assert three_way.between.statistic[1:] == pytest.approx(np.abs(np.diff(means)))
    assert three_way.between.ucl[0] == pytest.approx((d2(2) + 3 * d3(2)) * within)
    assert three_way.dispersion.center[0] == pytest.approx(c4(4) * three_way.limits[0].sigma)
    assert [panel.name for panel in three_way.panels] == ["location", "dispersion", "between"]


def test_limits_and_results_are_plain_and_limits_come_back() -> None:
    for chart, data in (("xbar_r", PISTON), ("i_mr", PISTON[:, 0]), ("ewma", PISTON), ("zone", PISTON)):
        limits = charts.fit(chart, data, exclude=[3], preset="minitab")
        assert charts.Limits.from_dict(json.loads(json.dumps(limits.to_dict(), allow_nan=False))) == limits
        assert limits.provenance.preset == "minitab"
        result = charts.evaluate(data, limits, rules.NELSON).to_dict()
        assert json.loads(json.dumps(result, allow_nan=False)) == result
        assert len(result["location"]["ucl"]) == len(data)
    with pytest.raises(AnalysisError, match="Fit the limits again"):
        charts.Limits.from_dict({"chart": "xbar_r"})


def test_presets_choose_rules_and_estimators() -> None:
    minitab = charts.study("i_mr", FLOW, preset="minitab")
    assert [rule.code for rule in minitab.rules.rules] == ["minitab_1"]
    assert charts.study("i_mr", FLOW, preset="aiag_vda").rules is rules.AIAG
    assert charts.fit("cusum", FLOW, preset="minitab").settings["decision"] == 4.0
    assert charts.fit("cusum", FLOW, preset="minitab", decision=6.0).settings["decision"] == 6.0
    with pytest.raises(AnalysisError, match="no preset 'excel'"):
        charts.fit("i_mr", FLOW, preset="excel")
