"""Type 1, bias, linearity and stability studies against AIAG's printed examples."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.errors import AnalysisError
from analysis.msa import bias, linearity, stability, type1

# AIAG MSA 4th ed., chapter III section B, bias example: reference 6.00.
BIAS = [5.8, 5.7, 5.9, 5.9, 6.0, 6.1, 6.0, 6.1, 6.4, 6.3, 6.0, 6.1, 6.2, 5.6, 6.0]

# AIAG MSA 4th ed., chapter III section B, linearity example: 5 parts, 12 trials.
REFERENCES = [2.0, 4.0, 6.0, 8.0, 10.0]
LINEARITY = [
    [2.7, 2.5, 2.4, 2.5, 2.7, 2.3, 2.5, 2.5, 2.4, 2.4, 2.6, 2.4],
    [5.1, 3.9, 4.2, 5.0, 3.8, 3.9, 3.9, 3.9, 3.9, 4.0, 4.1, 3.8],
    [5.8, 5.7, 5.9, 5.9, 6.0, 6.1, 6.0, 6.1, 6.4, 6.3, 6.0, 6.1],
    [7.6, 7.7, 7.8, 7.7, 7.8, 7.8, 7.8, 7.7, 7.8, 7.5, 7.6, 7.7],
    [9.1, 9.3, 9.5, 9.3, 9.4, 9.5, 9.5, 9.5, 9.6, 9.2, 9.3, 9.4],
]


def test_type1_by_hand() -> None:
    values = 12.3 + np.array([10, -10, 14, -29, 35, -4, 11, 16, 5, 4, -28, -4, -11, 0, -57, -33]) * 1e-4
    found = type1(values, reference=12.3, tolerance=0.15, resolution=0.001)
    s, off = values.std(ddof=1), values.mean() - 12.3
    assert found.cg == pytest.approx(0.2 * 0.15 / (6 * s))
    assert found.cgk == pytest.approx((0.1 * 0.15 - abs(off)) / (3 * s))
    assert found.pct_var_repeatability == pytest.approx(100 * 6 * s / 0.15)
    assert found.pct_var_repeatability_and_bias == pytest.approx(20 / found.cgk)
    theirs = stats.ttest_1samp(values, 12.3)
    assert (found.t, found.p) == (pytest.approx(theirs.statistic), pytest.approx(theirs.pvalue))
    assert found.resolution_percent == pytest.approx(100 * 0.001 / 0.15)
    assert found.capable
    assert [note.code for note in found.notes] == ["few_measurements"]


def test_type1_readings() -> None:
    values = [10.0, 10.001, 9.999, 10.002, 9.998]
    usual = type1(values, reference=10, tolerance=0.1)
    assert type1(values, reference=10, tolerance=0.1, preset="four_sigma").cg == pytest.approx(usual.cg * 1.5)
    assert type1(values, reference=10, tolerance=0.1, preset="ford").cg == pytest.approx(usual.cg * 0.75)
    assert usual.minimum_tolerance_cg is not None
    at_least = type1(values, reference=10, tolerance=usual.minimum_tolerance_cg)
    assert at_least.cg == pytest.approx(1.33)
    moved = type1([v + 0.002 for v in values], reference=10, tolerance=0.1)
    assert moved.minimum_tolerance_cgk is not None
    assert type1([v + 0.002 for v in values], reference=10, tolerance=moved.minimum_tolerance_cgk).cgk == pytest.approx(
        1.33
    )
    assert "coarse_resolution" in {n.code for n in type1(values, reference=10, tolerance=0.1, resolution=0.01).notes}


@given(st.floats(0.01, 1000), st.floats(-100, 100), st.integers(0, 2**32 - 1))
def test_type1_does_not_depend_on_unit_or_origin(factor: float, shift: float, seed: int) -> None:
    values = np.random.default_rng(seed).normal(0.01, 0.1, 30)
    one = type1(values, reference=0, tolerance=2)
    two = type1(shift + factor * values, reference=shift, tolerance=2 * factor)
    assert two.cg == pytest.approx(one.cg, rel=1e-6)
    assert two.cgk == pytest.approx(one.cgk, rel=1e-6)
    assert one.cgk is not None
    assert one.cg is not None
    assert one.cgk <= one.cg


def test_bias_by_aiag() -> None:
    """Printed: bias 0.0067, s_r 0.22514 by the range, standard error 0.05813, t 0.1153 with 10.8 degrees of freedom."""
    by_range = bias(BIAS, reference=6.0, method="range", d2_star=3.55333)
    assert bias(BIAS, reference=6.0, method="range").s_repeatability == pytest.approx(0.22514, rel=1e-4)
    assert by_range.bias == pytest.approx(0.0067, abs=5e-5)
    assert by_range.s_repeatability == pytest.approx(0.22514, abs=5e-6)
    assert by_range.se_bias == pytest.approx(0.05813, abs=5e-6)
    assert by_range.t == pytest.approx(0.1153, abs=1e-3)
    assert by_range.df == pytest.approx(10.8, abs=0.05)
    assert not by_range.significant
    usual = bias(BIAS, reference=6.0)
    assert usual.s_repeatability == pytest.approx(0.212019765475724)
    assert usual.p == pytest.approx(0.904803536227977)
    bounds = usual.intervals["bias"]
    assert (bounds.lower, bounds.upper) == pytest.approx((-0.110745965900703, 0.124079299234033))


def test_bias_by_ranges_of_subgroups() -> None:
    table = np.random.default_rng(1).normal(5.0, 0.1, (20, 5))
    found = bias(table, reference=5.0, method="range", process_sigma=0.5)
    d2_star = math.sqrt(2.325929**2 + 0.864082**2 / 20)
    assert found.s_repeatability == pytest.approx(np.ptp(table, axis=1).mean() / d2_star, rel=1e-6)
    assert found.df == pytest.approx(72.7, abs=0.3)  # AIAG appendix C, m 5, g 20: 72.7
    assert found.bias is not None
    assert found.pct_bias == pytest.approx(100 * abs(found.bias) / 0.5)


def test_linearity_by_aiag() -> None:
    """Printed: slope -0.1317 (t -12.043), intercept 0.7367 (t 10.158), s 0.23954, R-Sq 71.4 %; not acceptable."""
    found = linearity(LINEARITY, REFERENCES)
    assert found.slope == pytest.approx(-0.131667, abs=5e-7)
    assert found.intercept == pytest.approx(0.736667, abs=5e-7)
    assert found.slope_t == pytest.approx(-12.043, abs=5e-4)
    assert found.intercept_t == pytest.approx(10.158, abs=5e-4)
    assert found.s == pytest.approx(0.23954, abs=5e-6)
    assert found.r_squared == pytest.approx(0.714, abs=5e-4)
    assert found.acceptable is False
    assert [point.bias for point in found.references] == pytest.approx(
        [0.491667, 0.125, 0.025, -0.291667, -0.616667], abs=5e-7
    )
    assert found.pct_linearity == pytest.approx(13.1667, abs=1e-4)


def test_linearity_agrees_with_scipy_and_lack_of_fit() -> None:
    x = np.repeat(REFERENCES, 12)
    y = np.ravel(LINEARITY) - x
    theirs = stats.linregress(x, y)
    found = linearity(np.ravel(LINEARITY), x, process_variation=14.1941)
    assert found.slope_p == pytest.approx(theirs.pvalue)
    assert found.intervals["slope"].upper == pytest.approx(theirs.slope + stats.t.ppf(0.975, 58) * theirs.stderr)
    assert found.linearity == pytest.approx(0.131667 * 14.1941, rel=1e-4)
    assert found.lack_of_fit_p is not None
    bent = linearity(x + 0.01 * x**2 + np.tile([0.001, -0.001], 30), x)
    assert bent.lack_of_fit_p is not None
    assert bent.lack_of_fit_p < 1e-6


def test_linearity_of_a_perfect_gauge() -> None:
    found = linearity([1.0, 1.0, 2.0, 3.0], [1.0, 1.0, 2.0, 3.0])
    assert (found.slope, found.intercept, found.s) == (0.0, 0.0, 0.0)
    assert found.acceptable
    assert found.slope_p is None


def test_stability_finds_a_jump_and_a_drift() -> None:
    rng = np.random.default_rng(7)
    calm = rng.normal(6.0, 0.2, (25, 5))
    found = stability(calm, reference=6.0)
    assert found.stable == (found.signals == 0)
    assert found.chart is not None
    assert found.sigma_repeatability == pytest.approx(np.ptp(calm, axis=1).mean() / 2.325929, rel=1e-6)
    assert found.intervals["bias"].lower < found.bias < found.intervals["bias"].upper
    jump = calm.copy()
    jump[15:] += 0.5
    assert stability(jump).stable is False
    drift = stability(calm + 0.02 * np.arange(25)[:, None])
    assert drift.drift_p is not None
    assert drift.drift_p < 0.01
    assert drift.drift_slope == pytest.approx(0.02, rel=0.3)
    assert stability(calm.ravel()).chart is not None


@pytest.mark.parametrize("values", [[], [1.0], [2.0, 2.0, 2.0], [math.nan, math.nan]])
def test_nothing_to_study_gives_the_reason(values: list[float]) -> None:
    studies: list[Any] = [
        type1(values, reference=1, tolerance=1),
        bias(values, reference=1),
        linearity(values, [1.0] * len(values)),
        stability(values),
    ]
    for found in studies:
        assert found.notes[0].level == "refusal"
        assert found.to_dict()


@pytest.mark.parametrize(
    "call",
    [
        lambda: type1(BIAS, reference=6, tolerance=0),
        lambda: type1(BIAS, reference=math.nan, tolerance=1),
        lambda: type1(BIAS, reference=6, tolerance=1, preset="jmp"),
        lambda: type1(BIAS, reference=6, tolerance=1, confidence=0),
        lambda: bias(BIAS, reference=6, method="median"),
        lambda: bias(BIAS, reference=math.inf),
        lambda: bias(BIAS, reference=6, process_sigma=-1),
        lambda: bias([1, 2, 3], reference=1, subgroups=2, method="range"),
        lambda: linearity([1, 2, 3], [1, 2]),
        lambda: linearity([1, 2, 3], [1, 2, math.nan]),
        lambda: linearity([1, 2, 3], [1, 2, 3], process_variation=0),
    ],
)
def test_contradictory_input_is_refused(call: Any) -> None:
    with pytest.raises(AnalysisError):
        call()
