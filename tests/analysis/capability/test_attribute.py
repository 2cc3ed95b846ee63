"""Capability of counts, against published intervals and exact coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.capability import clopper_pearson, defectives, defects, garwood
from analysis.errors import AnalysisError


def test_clopper_pearson_published() -> None:
    """NIST/SEMATECH e-Handbook 7.2.4.1: 4 defectives in 20, 90 % exact interval 0.071354 to 0.401029."""
    found = clopper_pearson(4, 20, 0.90)
    assert (found.lower, found.upper) == pytest.approx((0.071354, 0.401029), abs=1e-6)


def test_garwood_published() -> None:
    """Garwood (1936), table: 95 % interval of 10 events is 4.80 to 18.39; of none, up to 3.69."""
    found = garwood(10)
    assert (found.lower, found.upper) == pytest.approx((4.80, 18.39), abs=5e-3)
    assert (garwood(0).lower, garwood(0).upper) == (0.0, pytest.approx(3.69, abs=5e-3))


@given(st.integers(1, 200), st.floats(0.5, 0.999), st.data())
def test_exact_interval_inverts_the_binomial_tails(n: int, confidence: float, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, n))
    found = clopper_pearson(count, n, confidence)
    tail = (1 - confidence) / 2
    assert found.lower <= count / n <= found.upper
    if count:
        assert stats.binom.sf(count - 1, n, found.lower) == pytest.approx(tail, rel=1e-6)
    if count < n:
        assert stats.binom.cdf(count, n, found.upper) == pytest.approx(tail, rel=1e-6)


def test_defectives_by_hand() -> None:
    found = defectives([3, 5, 2, 6], [200, 200, 200, 200], target_p=0.01)
    p = 16 / 800
    assert (found.p, found.ppm, found.percent) == (p, 1e6 * p, 100 * p)
    assert found.z_bench == pytest.approx(stats.norm.isf(p))
    assert found.sigma_level == pytest.approx(stats.norm.isf(p) + 1.5)
    assert found.p_value == pytest.approx(stats.binom.sf(15, 800, 0.01))
    exact = stats.binomtest(16, 800).proportion_ci(0.95, "exact")
    assert (found.intervals["p"].lower, found.intervals["p"].upper) == pytest.approx(tuple(exact))
    z = found.intervals["z_bench"]
    assert (z.lower, z.upper) == pytest.approx((stats.norm.isf(exact.high), stats.norm.isf(exact.low)))
    assert found.notes == ()


def test_defects_by_hand() -> None:
    """34 defects in 750 units of 5 opportunities."""
    found = defects(34, 750, opportunities=5)
    assert found.dpu == pytest.approx(34 / 750)
    assert found.dpmo == pytest.approx(1e6 * 34 / 3750)
    assert found.first_time_yield == pytest.approx(math.exp(-34 / 750))
    assert found.sigma_level == pytest.approx(stats.norm.isf(34 / 3750) + 1.5)
    bounds = found.intervals["dpu"]
    assert bounds.lower == pytest.approx(stats.chi2.ppf(0.025, 68) / 2 / 750)
    assert bounds.upper == pytest.approx(stats.chi2.ppf(0.975, 70) / 2 / 750)
    yields = found.intervals["first_time_yield"]
    assert yields.lower == pytest.approx(math.exp(-bounds.upper))


def test_six_sigma_convention() -> None:
    """3.4 defects a million opportunities is the 6 sigma level, by the 1.5 shift; 66,807 is 3 sigma."""
    assert defects(34, 10_000_000).sigma_level == pytest.approx(6.0, abs=2e-3)
    assert defects(66_807, 1_000_000).sigma_level == pytest.approx(3.0, abs=1e-4)


def test_samples_that_differ_are_told() -> None:
    assert "samples_differ" in {note.code for note in defectives([1, 2, 40, 1], 200).notes}
    assert "samples_differ" in {note.code for note in defects([1, 30, 2, 1], [10, 10, 10, 10]).notes}


def test_none_and_all() -> None:
    none = defectives(0, 50)
    assert (none.p, none.z_bench) == (0.0, None)
    assert none.intervals["p"].upper == pytest.approx(1 - 0.025 ** (1 / 50))
    assert none.notes[0].code == "none_found"
    everything = defectives(50, 50)
    assert everything.intervals["p"].upper == 1.0
    assert everything.z_bench is None
    assert defectives([], []).notes[0].code == "no_values"
    assert defects([], []).notes[0].code == "no_values"
    assert defectives(0, 50, target_p=0.1).p_value == 1.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: defectives(5, 4),
        lambda: defectives(-1, 4),
        lambda: defectives(0.5, 4),
        lambda: defectives([1, 2], [3, 4, 5]),
        lambda: defectives(1, np.nan),
        lambda: defectives(1, 10, confidence=2),
        lambda: defectives(1, 10, target_p=1.5),
        lambda: defects(1, 10, opportunities=0),
        lambda: defects("x", 10),
    ],
)
def test_impossible_counts_are_refused(call: object) -> None:
    with pytest.raises(AnalysisError):
        call()  # type: ignore[operator]
