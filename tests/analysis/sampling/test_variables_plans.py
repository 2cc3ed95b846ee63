"""Plans by variables: the tables of Z1.9 against each other, by the structure the standard gave them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

from analysis import AnalysisError
from analysis.sampling import variables, variables_tables
from analysis.sampling.variables import constant_k, largest_percent, plan_for

Z19_AQLS = variables_tables.AQLS[2:-1]


@pytest.mark.parametrize(
    ("lot", "aql", "severity", "letter", "n", "k", "m"),
    [
        (120, "1.0", "normal", "F", 10, 1.72, 3.27),
        (120, "1.0", "tightened", "F", 10, 1.84, 2.14),
        (120, "1.0", "reduced", "F", 4, 1.34, 5.46),
        (1000, "2.5", "normal", "J", 35, 1.57, 5.58),
        (1000, "2.5", "reduced", "J", 15, 1.30, 9.48),
        (5000, "0.65", "normal", "L", 75, 2.12, 1.59),
        (20_000, "4.0", "tightened", "M", 100, 1.67, 4.67),
        (20_000, "0.40", "reduced", "M", 30, 2.00, 1.98),
        (300_000, "10", "normal", "P", 200, 1.07, 14.11),
    ],
)
def test_cells_of_the_tables(
    lot: int, aql: str, severity: variables.Severity, letter: str, n: int, k: float, m: float
) -> None:
    """ANSI/ASQ Z1.9 tables B-1 to B-4."""
    found = plan_for(lot, aql, severity=severity)
    assert (found.letter, found.n, found.k, found.m) == (letter, n, k, m)


@pytest.mark.parametrize("level", variables_tables.LEVELS)
@pytest.mark.parametrize("severity", ["normal", "tightened", "reduced"])
def test_the_two_forms_are_one_plan(level: variables.VariablesLevel, severity: variables.Severity) -> None:
    """Form 1 and form 2 were transcribed apart; each constant follows from the other to the rounding of the tables."""
    compared = 0
    for lot, aql in itertools.product((8, 60, 200, 450, 2000, 30_000, 600_000), Z19_AQLS):
        found = plan_for(lot, aql, level=level, severity=severity)
        assert found.k == pytest.approx(constant_k(found.n, found.m), abs=0.016)
        compared += 1
    assert compared == 77


@pytest.mark.parametrize("column", range(2, 13))
def test_plans_with_known_sigma_follow_the_curve_of_the_others(column: int) -> None:
    """The standard matched them: at the quality accepted half the time by one, so does the other, but for rounding."""
    aql = variables_tables.AQLS[column]
    gaps = {}
    for lot in (60, 120, 250, 450, 1000, 2000, 5000, 20_000, 100_000, 200_000):
        unknown, known = (plan_for(lot, aql, sigma=sigma, form="m") for sigma in ("unknown", "known"))
        if (unknown.plan_letter, known.plan_letter) != (unknown.letter, known.letter):
            continue
        n, k = unknown.n, unknown.k
        root = np.sqrt(n)
        half = optimize.brentq(lambda p: stats.nct.sf(k * root, n - 1, -special.ndtri(p) * root) - 0.5, 1e-7, 0.9)  # noqa: B023
        gaps[lot] = abs(float(variables.acceptance(known.n, known.k, [half], sigma_known=True)[0]) - 0.5)
    assert len(gaps) >= 7
    assert max(gaps.values()) < 0.12


def test_tightened_is_harder_and_reduced_easier_to_pass() -> None:
    for lot, aql in itertools.product((30, 120, 450, 2000, 30_000, 600_000), Z19_AQLS):
        ks = [plan_for(lot, aql, severity=severity).k for severity in ("tightened", "normal", "reduced")]
        ns = [plan_for(lot, aql, severity=severity).n for severity in ("normal", "reduced")]
        assert ks[0] >= ks[1]
        assert ns[1] <= ns[0]


@settings(max_examples=60)
@given(st.integers(3, 200), st.floats(0.05, 3.0), st.sampled_from(["unknown", "known"]))
def test_k_and_m_are_each_others_inverse(n: int, k: float, sigma: variables.Sigma) -> None:
    m = largest_percent(n, k, sigma=sigma)
    if m > 1e-9:
        assert constant_k(n, m, sigma=sigma) == pytest.approx(k, rel=1e-6)


def test_judging_with_known_sigma() -> None:
    """Q = (U - mean)/sigma, p = 1 - Phi(Q sqrt(n/(n-1)))."""
    found = variables.judge([9.9, 10.0, 10.1, 10.2], m=5.0, upper=10.5, sigma=0.2)
    expected = 100.0 * float(special.ndtr(-(10.5 - 10.05) / 0.2 * np.sqrt(4 / 3)))
    assert found.percent == pytest.approx(expected, rel=1e-12)
    assert found.accepted
    assert variables.judge([10.0, 10.0, 10.0], m=5.0, upper=10.5, sigma=0.2).accepted


def test_arrows_and_what_lies_outside_are_said() -> None:
    small = plan_for(10, "0.10", form="m")
    assert (small.letter, small.plan_letter, small.n, small.m) == ("B", "E", 7, 0.005)
    assert [note.code for note in small.notes] == ["arrow_followed"]
    assert plan_for(5, "0.10").notes[-1].code == "inspect_all"
    assert plan_for(1000, "15").notes[-1].code == "aql_of_mil_std_414"
    for wrong in (
        {"aql": "0.3"},
        {"aql": "x"},
        {"aql": "15", "sigma": "known"},
        {"aql": "0.040", "severity": "tightened"},
        {"aql": "1.0", "level": "S-1"},
        {"aql": "1.0", "severity": "loose"},
        {"aql": "1.0", "form": "range"},
        {"aql": "1.0", "lot": 1},
    ):
        with pytest.raises(AnalysisError) as refused:
            plan_for(**{"lot": 500, **wrong})  # type: ignore[arg-type]
        assert refused.value.next_step


def test_iso_3951_is_refused_with_the_points_its_plans_follow() -> None:
    """Letter F at AQL 2.5: 20 items, accept 1; the points are where that plan accepts 95 and 10 percent of lots."""
    with pytest.raises(AnalysisError, match="ISO 3951-1") as refused:
        plan_for(100, "2.5", standard="ISO 3951-1")
    assert "20 items, accept 1" in refused.value.next_step
    assert "producer_quality=0.01807 and consumer_quality=0.181" in refused.value.next_step
    assert stats.binom.cdf(1, 20, [0.01807, 0.181]) == pytest.approx([0.95, 0.10], abs=2e-4)
    assert variables.from_two_points(0.01807, 0.181).n < 20
    for wrong in ({"standard": "ISO 3951-9"}, {"sigma": "range"}):
        with pytest.raises(AnalysisError) as unknown:
            plan_for(100, "2.5", **wrong)  # type: ignore[arg-type]
        assert unknown.value.next_step
