"""Wheeler's evaluation, GUM budgets and VDA 5, against the figures their authors print."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.msa import (
    Contribution,
    combine,
    crossed,
    detection,
    emp,
    from_expanded,
    from_limits,
    from_resolution,
    reference_series,
    temperature,
    vda5,
)
from analysis.msa.emp import monitor_class

Floats = NDArray[np.float64]

# Wheeler, EMP III (2006): gauge 702, product 833, ten samples measured three times by one operator
GAUGE_702 = np.array([
    [3.66, 4.50, 3.63, 4.28, 5.66, 3.36, 4.20, 6.95, 3.41, 2.43],
    [4.26, 3.85, 3.03, 5.08, 4.81, 3.91, 4.35, 5.60, 2.81, 2.98],
    [5.41, 3.35, 4.53, 4.63, 5.31, 4.06, 5.05, 5.70, 3.21, 2.68],
]).T  # fmt: skip


@pytest.mark.parametrize(("icc", "rule_1", "all_rules"), [(0.8, 0.99, 0.999), (0.5, 0.88, 0.999), (0.2, 0.39, 0.91)])
def test_chances_of_detection_by_wheeler(icc: float, rule_1: float, all_rules: float) -> None:
    """EMP III, chapter 9: a first class monitor catches a three sigma shift within ten subgroups with more than 99 %
    by rule 1, a second class one with more than 88 %, a third class one with more than 91 % by all four rules."""
    found = detection(icc)
    assert found.rule_1 == pytest.approx(rule_1, abs=6e-3)
    assert found.rules_1_to_4 >= all_rules


def test_detection_by_simulation() -> None:
    """40,000 simulated series of ten points against the exact chance of the zone tests."""
    rng = np.random.default_rng(5)
    z = rng.normal(3 * math.sqrt(0.3), 1.0, (40_000, 10))
    fired = (np.abs(z) > 3).any(axis=1)
    for side in (1.0, -1.0):
        y = side * z
        for window, zone, needed in ((3, 2.0, 2), (5, 1.0, 4), (8, 0.0, 8)):
            for start in range(11 - 1):
                part = y[:, max(0, start - window + 1) : start + 1] > zone
                fired |= (part.sum(axis=1) >= needed) & part[:, -1]
    assert detection(0.3).rules_1_to_4 == pytest.approx(fired.mean(), abs=4e-3)


def test_classes() -> None:
    assert [monitor_class(icc) for icc in (1.0, 0.8, 0.79, 0.5, 0.49, 0.2, 0.19)] == [
        "First", "First", "Second", "Second", "Third", "Third", "Fourth",
    ]  # fmt: skip


def test_emp_of_the_aiag_study(aiag: Floats) -> None:
    found = emp(aiag)
    parts = crossed(aiag).components
    pe = math.sqrt(parts["repeatability"].variance)
    assert found.test_retest_error == pytest.approx(pe)
    assert found.icc == pytest.approx(parts["part"].variance / (parts["part"].variance + pe**2))
    assert found.icc_with_bias == pytest.approx(parts["part"].variance / parts["total"].variance)
    assert (found.monitor_class, found.potential_class) == ("First", "First")
    assert found.probable_error == pytest.approx(0.67449 * pe, rel=1e-5)
    assert found.increment == pytest.approx(0.01)
    assert found.resolution == "finer_than_useful"
    assert found.attenuation == pytest.approx(1 - math.sqrt(found.icc_with_interaction))
    assert found.bias_effects == pytest.approx(
        {
            "1": aiag[:, 0].mean() - aiag.mean(),
            "2": aiag[:, 1].mean() - aiag.mean(),
            "3": aiag[:, 2].mean() - aiag.mean(),
        }
    )
    assert found.biased == ("1", "3")
    # D4(3) = 2.574, mean range 0.3417: upper limit 0.880, as AIAG draws it; one range is 0.91 or less than it
    assert found.ranges_upper_limit == pytest.approx(0.880, abs=1e-3)
    assert found.inconsistent == bool((np.ptp(aiag, axis=2) > found.ranges_upper_limit).any())


def test_short_study_of_gauge_702() -> None:
    found = emp(GAUGE_702, increment=0.01)
    within = math.sqrt(GAUGE_702.var(axis=1, ddof=1).mean())
    assert found.test_retest_error == pytest.approx(within)
    assert found.icc == found.icc_with_interaction
    assert found.bias_effects.keys() == {"1"}
    assert found.biased == ()
    assert found.inconsistent is False
    assert found.increment_upper == pytest.approx(2 * 0.67449 * within, rel=1e-5)


def test_emp_with_named_operators_and_coarse_steps() -> None:
    rng = np.random.default_rng(1)
    table = np.round(rng.normal(size=(8, 1, 1)) + 0.1 * rng.normal(size=(8, 2, 2)), 0)
    column = table.ravel()
    part, operator = np.repeat(np.arange(8), 4), np.tile(np.repeat(["Eve", "Bob"], 2), 8)
    found = emp(column, parts=part, operators=operator, increment=1.0)
    assert set(found.bias_effects) == {"Eve", "Bob"}
    assert found.resolution == "too_coarse"


def test_emp_without_repeats_or_variation(aiag: Floats) -> None:
    assert emp(aiag[:, :, :1]).notes[0].code == "one_trial_no_test_retest"
    assert emp(np.ones((3, 2, 2))).notes[0].code == "no_variation"
    assert emp(np.ones((3, 2, 2))).icc is None
    with pytest.raises(AnalysisError):
        emp(aiag, increment=0)


def test_gum_end_gauge() -> None:
    """JCGM 100:2008, example H.1: u_c 32 nm, 16 effective degrees of freedom, U at 99 % 93 nm with k 2.92."""
    found = combine(
        [
            Contribution("standard", 25.0, degrees_of_freedom=18),
            Contribution("difference", 9.7, "A", degrees_of_freedom=25.6),
            Contribution("expansion", 2.9, degrees_of_freedom=50),
            Contribution("temperature", 16.6, degrees_of_freedom=2),
        ],
        coverage=0.99,
    )
    assert found.u_c == pytest.approx(32, abs=0.5)
    assert found.effective_degrees_of_freedom == pytest.approx(16.7, abs=0.2)
    assert found.k == pytest.approx(2.92, abs=0.03)
    assert found.expanded == pytest.approx(93, abs=1.5)
    assert sum(line.pct or 0.0 for line in found.lines) == pytest.approx(100)


def test_gum_correlation_and_sensitivity() -> None:
    """JCGM 100:2008, 5.2.2 example: ten resistors of one calibration add up fully, u = 10 * 100 milliohm."""
    names = [f"R{i}" for i in range(10)]
    pairs = {f"{a}*{b}": 1.0 for i, a in enumerate(names) for b in names[i + 1 :]}
    found = combine([Contribution(name, 0.1) for name in names], correlations=pairs, k=2)
    assert found.u_c == pytest.approx(1.0)
    assert found.expanded == pytest.approx(2.0)
    weighted = combine([Contribution("a", 3.0, sensitivity=-2.0), Contribution("b", 8.0)])
    assert weighted.u_c == pytest.approx(10.0)
    assert weighted.k == pytest.approx(2.0, abs=1e-4)
    assert weighted.effective_degrees_of_freedom is None


def test_standard_uncertainties() -> None:
    assert from_limits(3.0) == pytest.approx(math.sqrt(3))
    assert from_limits(6.0, "triangular") == pytest.approx(math.sqrt(6))
    assert from_limits(2.0, "normal") == 1.0
    assert from_limits(2.0, "u_shaped") == pytest.approx(math.sqrt(2))
    assert from_expanded(0.4) == 0.2
    assert from_resolution(0.01) == pytest.approx(0.01 / math.sqrt(12))
    # 100 mm of steel, 5 K above 20 degrees, coefficient known to 1e-6: 100 * 5 * 1e-6
    assert temperature(
        100.0, expansion_object=11.5e-6, expansion_gauge=11.5e-6, from_reference_object=5, from_reference_gauge=0,
        u_expansion_object=1e-6,
    ) == pytest.approx(5e-4)  # fmt: skip


def test_vda5_by_hand() -> None:
    """u_MS^2 = 1^2 + max(2, 1/sqrt 12)^2 + 0.5^2 (um); u_MP^2 adds 3^2 in place of 2^2, and 1.5^2; tolerance 60 um."""
    found = vda5(60.0, resolution=1.0, u_cal=1.0, u_evr=2.0, u_bi=0.5, u_evo=3.0, u_av=1.5, lower=0.0, upper=60.0)
    u_ms, u_mp = math.sqrt(1 + 4 + 0.25), math.sqrt(1 + 9 + 0.25 + 2.25)
    assert (found.u_ms, found.u_mp) == (pytest.approx(u_ms), pytest.approx(u_mp))
    assert found.q_ms == pytest.approx(100 * 2 * 2 * u_ms / 60)
    assert found.q_mp == pytest.approx(100 * 2 * 2 * u_mp / 60)
    assert (found.capable_ms, found.capable_mp) == (False, True)
    assert found.minimum_tolerance_ms == pytest.approx(4 * u_ms / 0.15)
    assert vda5(found.minimum_tolerance_ms, u_cal=1.0, u_evr=2.0, u_bi=0.5).q_ms == pytest.approx(15)
    assert (found.conformance_lower, found.conformance_upper) == pytest.approx((2 * u_mp, 60 - 2 * u_mp))
    counted = {item.name: (item.in_system, item.in_process) for item in found.components}
    assert counted["u_RE"] == (False, False)
    assert counted["u_EVR"] == (True, False)
    assert counted["u_EVO"] == (False, True)
    assert sum(item.pct_process or 0.0 for item in found.components) == pytest.approx(100)


def test_vda5_from_measurements(aiag: Floats) -> None:
    series = [reference_series([5.9, 6.1, 6.0, 6.2], 6.0), reference_series([9.0, 9.4, 9.1], 9.0)]
    assert series[0].u_evr == pytest.approx(np.std([5.9, 6.1, 6.0, 6.2], ddof=1))
    study = crossed(aiag, alpha_to_pool=1.0)
    found = vda5(10.0, u_cal=0.01, series=series, study=study)
    by_name = {item.name: item.u for item in found.components}
    assert by_name["u_EVR"] == max(item.u_evr for item in series)
    assert by_name["u_BI"] == pytest.approx((27.5 / 3 - 9.0) / math.sqrt(3))
    assert by_name["u_EVO"] == study.components["repeatability"].sigma
    assert by_name["u_AV"] == study.components["operator"].sigma
    assert found.u_mp > found.u_ms


def test_vda5_with_a_permissible_error() -> None:
    found = vda5(0.1, mpe=[0.003, 0.004], u_cal=1.0, u_evo=0.002)
    assert found.u_ms == pytest.approx(0.005 / math.sqrt(3))
    assert found.u_mp == pytest.approx(math.hypot(0.005 / math.sqrt(3), 0.002))
    assert found.provenance.choices["system_by"] == "mpe"


def test_coarse_resolution_and_nothing_at_all() -> None:
    assert vda5(1.0, resolution=0.1).notes[0].code == "coarse_resolution"
    assert vda5(1.0).notes[0].code == "no_system_uncertainty"
    assert combine([Contribution("a", 0.0)]).notes[0].code == "no_uncertainty"


@pytest.mark.parametrize(
    "call",
    [
        lambda: vda5(0.0),
        lambda: vda5(1.0, u_cal=-1.0),
        lambda: vda5(1.0, u_evo=math.nan),
        lambda: vda5(1.0, study=crossed(np.ones((2, 2, 2)))),
        lambda: reference_series([1.0], 1.0),
        lambda: combine([]),
        lambda: combine([Contribution("a", 1.0)], coverage=95),
        lambda: combine([Contribution("a", 1.0), Contribution("a", 1.0)]),
        lambda: combine([Contribution("a", 1.0)], correlations={"a*b": 0.5}),
        lambda: combine([Contribution(n, 1.0) for n in "abc"], correlations={"a*b": 1.0, "b*c": 1.0, "a*c": -1.0}),
        lambda: Contribution("a", -1.0),
        lambda: Contribution("a", 1.0, degrees_of_freedom=0),
        lambda: from_limits(1.0, "gauss"),  # type: ignore[arg-type]
        lambda: from_expanded(1.0, 0.0),
    ],
)
def test_contradictory_input_is_refused(call: Any) -> None:
    with pytest.raises(AnalysisError):
        call()
