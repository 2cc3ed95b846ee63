"""Capability under the normal model, against published figures and the properties every index must have."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import capability
from analysis.capability import Specification, from_summary, study
from analysis.errors import AnalysisError

# Montgomery, Introduction to Statistical Quality Control, 6th ed., table 6.3: piston ring diameters in mm, 25 samples
# of 5, as thousandths above 73.9 (first 25 rows of R's qcc::pistonrings).
PISTON_RINGS = 73.9 + np.array([
    [130, 102, 119, 92, 108], [95, 92, 101, 111, 104], [88, 124, 121, 105, 102], [102, 96, 93, 115, 109],
    [92, 107, 115, 89, 114], [109, 94, 97, 85, 93], [95, 106, 94, 100, 105], [85, 103, 93, 115, 88],
    [108, 95, 109, 105, 104], [98, 100, 90, 107, 95], [94, 98, 94, 95, 90], [104, 100, 107, 100, 96],
    [83, 102, 98, 97, 112], [106, 67, 94, 100, 84], [112, 114, 98, 99, 107], [100, 84, 105, 98, 96],
    [94, 112, 86, 105, 107], [106, 110, 118, 103, 100], [84, 102, 103, 105, 97], [100, 110, 113, 120, 103],
    [88, 101, 109, 105, 96], [104, 99, 90, 106, 109], [110, 89, 90, 109, 114], [115, 108, 93, 100, 110],
    [82, 84, 95, 117, 113],
]) / 1000.0  # fmt: skip
RING_LIMITS = Specification(73.95, 74.05, 74.0)


def test_nist_example_from_mean_and_sigma() -> None:
    """NIST/SEMATECH e-Handbook 6.1.6: USL 20, LSL 8, mean 16, s 2, target 14."""
    found = from_summary(16, Specification(8, 20, 14), sigma_within=2)
    assert (found.cp, found.pp) == (pytest.approx(1.0), pytest.approx(1.0))
    assert found.cpl == pytest.approx(1.3333, abs=5e-5)
    assert found.cpu == found.cpk == pytest.approx(0.6667, abs=5e-5)
    assert found.cpm == pytest.approx(0.7071, abs=5e-5)
    assert found.k == pytest.approx(0.3333, abs=5e-5)
    assert found.expected_overall.total == pytest.approx(22781.8031900123, rel=1e-12)
    assert found.intervals == {}


def test_piston_rings_match_qcc() -> None:
    """R qcc 3.0 processCapability on the same samples, with d2 exact."""
    found = study(PISTON_RINGS, RING_LIMITS)
    assert found.within.sigma == pytest.approx(0.00978533760741318, rel=1e-9)
    assert found.mean == pytest.approx(74.001176)
    assert found.cp == pytest.approx(1.70322857885254, rel=1e-9)
    assert found.cpk == pytest.approx(1.66316864267731, rel=1e-9)
    assert found.pp == pytest.approx(1.65508633767689, rel=1e-9)
    assert found.ppk == pytest.approx(1.61615870701413, rel=1e-9)
    assert found.provenance.choices["sigma_within"] == "r_bar"


@pytest.mark.parametrize(
    ("method", "sigma"),
    [("r_bar", 0.00978533760741318), ("s_bar", 0.00982997672828933), ("pooled", 0.00986285962588981)],
)
def test_every_within_estimator_is_named(method: str, sigma: float) -> None:
    found = study(PISTON_RINGS.ravel(), RING_LIMITS, subgroups=5, within=method)
    assert found.within.sigma == pytest.approx(sigma, rel=1e-9)
    assert found.within.method == method


def test_minitab_like_preset_divides_pooled_by_c4() -> None:
    found = study(PISTON_RINGS, RING_LIMITS, preset="minitab")
    c4_of_101 = math.exp(math.lgamma(50.5) - math.lgamma(50.0)) * math.sqrt(2 / 100)
    assert found.within.sigma == pytest.approx(0.00986285962588981 / c4_of_101, rel=1e-9)
    assert found.within.degrees_of_freedom == 100
    assert study(PISTON_RINGS, RING_LIMITS, preset="minitab", within="r_bar").within.degrees_of_freedom == 90


def test_montgomery_confidence_intervals() -> None:
    """Montgomery, 6th ed., example 8.4: limits 62 and 38, n 20, s 1.75: Cp 2.29, 95 % from 1.57 to 3.01."""
    found = from_summary(50, Specification(38, 62), sigma_overall=1.75, n=20)
    assert found.pp == pytest.approx(2.29, abs=5e-3)
    assert found.intervals["pp"].lower == pytest.approx(1.57, abs=1e-2)
    assert found.intervals["pp"].upper == pytest.approx(3.01, abs=1e-2)


def test_bissell_formula() -> None:
    found = from_summary(0, Specification(None, 4.0), sigma_overall=1.0, n=20)
    half = 1.959963984540054 * math.sqrt(1 / (9 * 20) + (4 / 3) ** 2 / (2 * 19))
    assert found.intervals["ppk"].upper - found.ppk == pytest.approx(half)
    assert found.intervals["ppk"].lower == pytest.approx(found.ppk - half)


def test_exact_interval_of_a_one_sided_index_covers_at_its_level() -> None:
    """The exact bounds put the observed t at the two tails of the noncentral t distribution."""
    from scipy import stats

    n, sigma, high = 25, 1.0, 3.5
    found = study_like(n, sigma, high)
    interval = found.intervals["ppk"]
    statistic = 3 * math.sqrt(n) * found.ppk
    assert stats.nct.sf(statistic, n - 1, 3 * math.sqrt(n) * interval.lower) == pytest.approx(0.025, rel=1e-6)
    assert stats.nct.cdf(statistic, n - 1, 3 * math.sqrt(n) * interval.upper) == pytest.approx(0.025, rel=1e-6)


def study_like(n: int, sigma: float, high: float) -> capability.CapabilityResult:
    preset = capability.preset("aiag_vda", cpk_interval="noncentral_t")
    return from_summary(0.0, Specification(None, high), sigma_overall=sigma, n=n, preset=preset)


def test_intervals_cover_as_often_as_they_say() -> None:
    """4,000 studies of 40 normal values with true Cp 1.2, Cpk 1.0, Cpm and Cpmk by definition."""
    rng = np.random.default_rng(20261122)
    spec = Specification(-3.6, 3.6, 0.0)
    truth = {"pp": 1.2, "ppk": 1.0, "cpm": 1.2 / math.hypot(1, 0.6), "cpmk": 1.0 / math.hypot(1, 0.6), "mean": 0.6}
    hits = dict.fromkeys(truth, 0)
    for _ in range(1500):
        found = study(rng.normal(0.6, 1.0, 40), spec).intervals
        for name, value in truth.items():
            hits[name] += found[name].lower <= value <= found[name].upper
    for name, count in hits.items():
        assert 0.93 < count / 1500 < 0.975, name


@pytest.mark.parametrize("method", ["r_bar", "s_bar", "pooled", "pooled_c4", "mr_mean", "mr_median", "mssd", "mssd_c4"])
def test_within_degrees_of_freedom_match_the_estimators_real_variance(method: str) -> None:
    """The relative variance of 3,000 estimates is that of sqrt(chi2/df)."""
    rng = np.random.default_rng(7)
    spec = Specification(-3, 3)
    found = [study(row, spec, subgroups=4, within=method).within for row in rng.normal(size=(3000, 80))]
    sigmas = np.array([item.sigma for item in found])
    freedom = found[0].degrees_of_freedom
    assert freedom is not None
    assert sigmas.var() / sigmas.mean() ** 2 == pytest.approx(1 / (2 * freedom), rel=0.1)
    assert sigmas.mean() == pytest.approx(1.0, abs=0.02)


def test_unequal_subgroups_weigh_each_range_by_its_precision() -> None:
    """Two subgroups of 2 and 3: (w2 R2/d2(2) + w3 R3/d2(3)) / (w2 + w3), w = (d2/d3)^2, by hand."""
    found = study([1.0, 3.0, 2.0, 2.5, 5.0], Specification(0, 9), subgroups=[1, 1, 2, 2, 2], within="r_bar")
    d2, d3 = (1.1283791670955, 1.6925687506432), (0.8525024664, 0.8883680040)
    weights = [(a / b) ** 2 for a, b in zip(d2, d3, strict=True)]
    expected = (weights[0] * 2.0 / d2[0] + weights[1] * 3.0 / d2[1]) / sum(weights)
    assert found.within.sigma == pytest.approx(expected, rel=1e-8)
    assert (found.subgroup_count, found.subgroup_size) == (2, 3)


def test_missing_values_are_counted_and_break_moving_ranges() -> None:
    found = study([1.0, 2.0, math.nan, 10.0, 11.0], Specification(0, 20))
    assert (found.n, found.missing) == (4, 1)
    assert found.within.sigma == pytest.approx(1.0 / (2 / math.sqrt(math.pi)))
    assert "missing_values" in {note.code for note in found.notes}


def test_short_last_subgroup_is_kept() -> None:
    found = study([1.0, 2.0, 4.0, 3.0, 5.0], Specification(0, 9), subgroups=2)
    assert found.subgroup_count == 3
    assert found.within.sigma == pytest.approx(1.0 / 1.1283791670955)


def test_range_estimator_without_subgroups_falls_back_and_says_so() -> None:
    found = study([1.0, 2.0, 4.0], Specification(0, 9), within="r_bar")
    assert found.within.method == "mr_mean"
    assert found.notes[0].code == "within_needs_subgroups"


def test_observed_counts_only_beyond_a_limit() -> None:
    found = study([1.0, 2.0, 3.0, 4.0], Specification(1.0, 3.5))
    assert (found.observed.below, found.observed.above, found.observed.total) == (0.0, 250_000.0, 250_000.0)


def test_one_sided_and_boundary() -> None:
    values = [0.01, 0.02, 0.03, 0.02]
    one = study(values, Specification(upper=0.1))
    bound = study(values, Specification(lower=0.0, upper=0.1, lower_is_boundary=True))
    for found in (one, bound):
        assert found.pp is None
        assert found.ppl is None
        assert found.ppk == found.ppu is not None
        assert found.expected_overall.below is None
        assert "one_sided" in {note.code for note in found.notes}


def test_without_limits_there_is_a_spread_and_a_reason() -> None:
    found = study([1.0, 2.0, 3.0], Specification())
    assert found.ppk is None
    assert found.overall.sigma == pytest.approx(1.0)
    assert "no_limits" in {note.code for note in found.notes}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([], "no_values"),
        ([math.nan, math.nan], "no_values"),
        ([5.0], "one_value"),
        ([5.0, 5.0, 5.0], "no_variation"),
        ([0.1 + 0.2, 0.3, 0.3], "no_variation"),
        ([[5.0, 5.0], [5.0, 5.0]], "no_variation"),
    ],
)
def test_nothing_to_compute_from_gives_the_reason(values: list[float], code: str) -> None:
    found = study(values, Specification(0, 10, 5))
    assert code in {note.code for note in found.notes}
    assert found.cp is found.cpk is found.pp is found.ppk is found.cpm is None
    assert found.intervals == {}
    assert found.to_dict()["ppk"] is None


def test_no_variation_within_leaves_performance() -> None:
    found = study([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]], Specification(0, 10))
    assert found.cpk is None
    assert found.ppk is not None
    assert "no_variation_within" in {note.code for note in found.notes}


@pytest.mark.parametrize(
    "call",
    [
        lambda: Specification(10, 0),
        lambda: Specification(5, 5),
        lambda: Specification(float("nan"), 1),
        lambda: Specification("low", 1),  # type: ignore[arg-type]
        lambda: Specification(None, 1, lower_is_boundary=True),
        lambda: study(["a"], Specification(0, 1)),
        lambda: study([1, math.inf], Specification(0, 1)),
        lambda: study([1e200, -1e200], Specification(0, 1)),
        lambda: study([1.7e308, 1.7e308], Specification(0, 1)),
        lambda: study([1, 2], Specification(0, 1), subgroups=[1, 2, 3]),
        lambda: study([1, 2], Specification(0, 1), subgroups=0),
        lambda: study([[1, 2]], Specification(0, 1), subgroups=2),
        lambda: study(np.zeros((1, 1, 1)), Specification(0, 1)),
        lambda: study([1, 2], Specification(0, 1), within="rbar"),
        lambda: study([1, 2], Specification(0, 1), confidence=95),
        lambda: study([1, 2], Specification(0, 1), preset="jmp"),
        lambda: study([1, 2], Specification(0, 1), width=-6),
        lambda: study([1, 2], Specification(0, 1), model="weibul"),
        lambda: from_summary(1, Specification(0, 2)),
        lambda: from_summary(1, Specification(0, 2), sigma_within=0),
        lambda: from_summary(math.nan, Specification(0, 2), sigma_within=1),
        lambda: from_summary(1, Specification(0, 2), sigma_within=1, n=1),
    ],
)
def test_contradictory_input_is_refused_in_a_sentence(call: object) -> None:
    with pytest.raises(AnalysisError) as caught:
        call()  # type: ignore[operator]
    assert caught.value.sentence.endswith((".", ")"))


@pytest.mark.parametrize("value", [74.03, 0.1, 3.676432981304329e-103, -1e-200])
@pytest.mark.parametrize("count", [5, 6, 25, 30])
def test_the_mean_of_values_that_are_all_alike_is_that_value(value: float, count: int) -> None:
    found = study(np.full(count, value), Specification(value - 1, value + 1))
    assert found.mean == value and found.cpk is None and found.ppk is None


VALUES = st.lists(st.floats(-100, 100, allow_nan=False).map(lambda x: round(x, 3)), min_size=5, max_size=40)


@settings(max_examples=60)
@given(VALUES, st.floats(-50, 50), st.floats(0.1, 100))
def test_indices_do_not_depend_on_origin_or_unit(values: list[float], shift: float, scale: float) -> None:
    data = np.array(values)
    first = study(data, Specification(-150, 120, 3.0))
    second = study(shift + scale * data, Specification(shift - 150 * scale, shift + 120 * scale, shift + 3.0 * scale))
    for name in ("cp", "cpk", "pp", "ppk", "cpm", "cpmk"):
        one, two = getattr(first, name), getattr(second, name)
        assert (one is None) == (two is None)
        if one is not None:
            assert two == pytest.approx(one, rel=1e-6)


@settings(max_examples=60)
@given(VALUES)
def test_order_of_the_indices_and_their_intervals(values: list[float]) -> None:
    found = study(values, Specification(-150, 120, 0.0), subgroups=3)
    for low, high in (("cpk", "cp"), ("ppk", "pp"), ("cpmk", "cpm"), ("cpm", "pp"), ("cpmk", "ppk")):
        one, two = getattr(found, low), getattr(found, high)
        if one is not None and two is not None and (one > 0 or high != "ppk"):
            assert one <= two * (1 + 1e-12)
    for name, interval in found.intervals.items():
        if not name.startswith(("sigma", "mean")):
            assert interval.lower <= getattr(found, name) <= interval.upper
    total = found.expected_overall.total
    assert total is None or 0 <= total <= 1e6


def test_mirrored_values_swap_the_sides() -> None:
    rng = np.random.default_rng(3)
    data = rng.normal(1, 1, 50)
    one, two = study(data, Specification(-4, 5)), study(-data, Specification(-5, 4))
    assert (one.ppl, one.ppu) == (pytest.approx(two.ppu), pytest.approx(two.ppl))
    assert one.ppk == pytest.approx(two.ppk)


def test_library_loads_without_scipy() -> None:
    import subprocess
    import sys

    code = "import sys, analysis.capability; sys.exit(any(m.split('.')[0] == 'scipy' for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
