"""Tolerance intervals against published factors and their own definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import AnalysisError, tolerance


def test_nist_handbook_factors() -> None:
    """NIST/SEMATECH e-Handbook 7.2.6.3: N = 43, coverage 0.90, confidence 0.99."""
    assert tolerance.factor(43, 0.90, 0.99, method="howe") == pytest.approx(2.2173, abs=5e-5)
    assert tolerance.factor(43, 0.90, 0.99, "lower") == pytest.approx(1.8740, abs=1e-4)
    assert tolerance.factor(43, 0.90, 0.99) == pytest.approx(2.22282517, abs=1e-7)


@pytest.mark.parametrize(("n", "k"), [(2, 36.519), (3, 9.789), (5, 5.077), (10, 3.393), (20, 2.760), (50, 2.382)])
def test_exact_two_sided_factors(n: int, k: float) -> None:
    """Exact two-sided factors for 95/95 (ISO 16269-6, annex tables)."""
    assert tolerance.factor(n, 0.95, 0.95) == pytest.approx(k, abs=6e-4)


def test_sample_sizes_of_the_extremes() -> None:
    assert tolerance.sample_size(0.95, 0.95) == 93
    assert tolerance.sample_size(0.95, 0.95, "lower") == 59
    assert tolerance.sample_size(0.99, 0.95, "upper") == 299


def test_the_normal_interval_covers_as_often_as_it_says() -> None:
    """Simulation: the share of samples whose interval covers 90 % of the population is the confidence."""
    from scipy.special import ndtr

    draws = np.random.default_rng(7).normal(size=(4000, 15))
    k = tolerance.factor(15, 0.90, 0.95)
    mean, deviation = draws.mean(axis=1), draws.std(axis=1, ddof=1)
    covered = ndtr(mean + k * deviation) - ndtr(mean - k * deviation)
    assert (covered >= 0.90).mean() == pytest.approx(0.95, abs=0.015)


@settings(max_examples=40)
@given(st.integers(3, 400), st.floats(0.5, 0.999), st.floats(0.5, 0.999))
def test_factors_grow_with_coverage_and_confidence(n: int, coverage: float, confidence: float) -> None:
    k = tolerance.factor(n, coverage, confidence)
    assert tolerance.factor(n, coverage + (1 - coverage) / 2, confidence) > k
    assert tolerance.factor(n, coverage, confidence + (1 - confidence) / 2) > k
    assert tolerance.factor(n + 50, coverage, 0.9999) < tolerance.factor(n, coverage, 0.9999)


def test_distribution_free_names_its_ranks() -> None:
    interval = tolerance.distribution_free(np.arange(1.0, 201.0), coverage=0.90, confidence=0.95)
    assert interval.ranks is not None
    low, high = interval.ranks
    assert (interval.lower, interval.upper) == (low, high)
    assert interval.achieved_confidence is not None
    assert interval.achieved_confidence >= 0.95


def test_too_few_values_say_how_many_would_do() -> None:
    interval = tolerance.distribution_free(np.arange(10.0))
    assert [note.code for note in interval.notes] == ["confidence_not_reached"]
    assert interval.notes[0].values["needed_n"] == 93


@pytest.mark.parametrize("coverage", [0.0, 1.0, -1.0, 99.0])
def test_impossible_levels_are_named(coverage: float) -> None:
    with pytest.raises(AnalysisError, match="coverage"):
        tolerance.factor(10, coverage)


def test_no_variation_is_said() -> None:
    interval = tolerance.normal([5.0, 5.0, 5.0])
    assert (interval.lower, interval.upper) == (5.0, 5.0)
    assert interval.notes[0].code == "no_variation"
