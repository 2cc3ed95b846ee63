"""Chart constants against the printed tables and against an integral of another form."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from analysis import constants
from analysis.constants import c4, c4_successive, chart_constants, d2, d3, median_range
from analysis.constants_table import RANGE_CONSTANTS
from analysis.errors import AnalysisError

# AIAG SPC 2nd edition, appendix E, and Montgomery, Introduction to SQC, appendix VI:
# n, d2, d3, c4, A, A2, A3, D3, D4, B3, B4, B5, B6
PRINTED = [
    (2, 1.128, 0.853, 0.7979, 2.121, 1.880, 2.659, 0, 3.267, 0, 3.267, 0, 2.606),
    (3, 1.693, 0.888, 0.8862, 1.732, 1.023, 1.954, 0, 2.574, 0, 2.568, 0, 2.276),
    (4, 2.059, 0.880, 0.9213, 1.500, 0.729, 1.628, 0, 2.282, 0, 2.266, 0, 2.088),
    (5, 2.326, 0.864, 0.9400, 1.342, 0.577, 1.427, 0, 2.114, 0, 2.089, 0, 1.964),
    (7, 2.704, 0.833, 0.9594, 1.134, 0.419, 1.182, 0.076, 1.924, 0.118, 1.882, 0.113, 1.806),
    (10, 3.078, 0.797, 0.9727, 0.949, 0.308, 0.975, 0.223, 1.777, 0.284, 1.716, 0.276, 1.669),
    (15, 3.472, 0.756, 0.9823, 0.775, 0.223, 0.789, 0.347, 1.653, 0.428, 1.572, 0.421, 1.544),
    (25, 3.931, 0.708, 0.9896, 0.600, 0.153, 0.606, 0.459, 1.541, 0.565, 1.435, 0.559, 1.420),
]
NAMES = ("d2", "d3", "c4", "A", "A2", "A3", "D3", "D4", "B3", "B4", "B5", "B6")


@pytest.mark.parametrize("row", PRINTED, ids=lambda row: f"n={row[0]}")
def test_printed_tables(row: tuple[float, ...]) -> None:
    made = chart_constants(int(row[0]))
    for name, printed in zip(NAMES, row[1:], strict=True):
        # the tables were computed by hand and carry up to two units in their last place
        assert getattr(made, name) == pytest.approx(printed, abs=1.6e-3 if name in {"D3", "D4"} else 1.1e-3), name


def test_pairs_have_closed_forms() -> None:
    assert d2(2) == pytest.approx(2 / math.sqrt(math.pi), abs=1e-12)
    assert d3(2) == pytest.approx(math.sqrt(2 - 4 / math.pi), abs=1e-12)
    assert d2(3) == pytest.approx(3 / math.sqrt(math.pi), abs=1e-12)
    assert median_range(2) == pytest.approx(math.sqrt(2) * 0.674489750196082, abs=1e-12)
    assert c4(2) == pytest.approx(math.sqrt(2 / math.pi), abs=1e-15)


@pytest.mark.parametrize("n", [2, 3, 5, 8, 13, 25, 60, 100, 101, 250, 2000])
def test_mean_range_by_the_other_integral(n: int) -> None:
    """d2 = ∫ 1 - Φ(x)^n - (1 - Φ(x))^n dx, a single integral that shares nothing with the double one."""
    from scipy.integrate import quad
    from scipy.special import ndtr

    half = quad(lambda x: 1 - ndtr(x) ** n - ndtr(-x) ** n, 0, 14, epsabs=1e-13, epsrel=1e-13, limit=200)[0]
    assert d2(n) == pytest.approx(2 * half, abs=2e-12)


@pytest.mark.parametrize("n", range(2, 101))
def test_table_is_what_the_integral_gives(n: int) -> None:
    assert RANGE_CONSTANTS[n - 2] == pytest.approx(constants.integrate_range(n), abs=2e-13)


def test_table_covers_2_to_100_and_joins_the_integral_smoothly() -> None:
    assert len(RANGE_CONSTANTS) == 99
    steps = [d2(n + 1) - d2(n) for n in range(97, 104)]
    assert all(later < earlier for earlier, later in itertools.pairwise(steps))


def test_error_of_the_median_as_printed() -> None:
    """AIAG SPC 2nd edition, appendix E: factors of the median's limits from the mean range."""
    printed = {2: 1.880, 3: 1.187, 4: 0.796, 5: 0.691, 6: 0.548, 7: 0.508, 8: 0.433, 9: 0.412, 10: 0.362}
    for n, factor in printed.items():
        assert 3 * constants.median_error(n) / d2(n) == pytest.approx(factor, abs=1.1e-3)
    assert constants.median_error(2) == pytest.approx(math.sqrt(0.5), abs=1e-12)
    assert constants.median_error(1001) == pytest.approx(math.sqrt(math.pi / 2 / 1001), rel=1e-3)
    assert constants.median_error(1000) == pytest.approx(math.sqrt(math.pi / 2 / 1000), rel=1e-3)


def test_c4_is_smooth_where_its_formula_changes_and_near_one_for_large_samples() -> None:
    for n in (168, 169, 170, 171, 172, 173, 174):
        exact = math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2)) * math.sqrt(2 / (n - 1))
        assert c4(n) == pytest.approx(exact, rel=1e-12)
    assert c4(100_000) == pytest.approx(1 - 1 / (4 * 99_999), rel=1e-9)


def test_c4_of_successive_differences() -> None:
    assert c4_successive(2) == pytest.approx(c4(2), abs=1e-13)
    generator = np.random.default_rng(3)
    for n in (3, 6, 20):
        samples = generator.standard_normal((200_000, n))
        estimates = np.sqrt((np.diff(samples, axis=1) ** 2).sum(axis=1) / (2 * (n - 1)))
        assert c4_successive(n) == pytest.approx(estimates.mean(), abs=4 * estimates.std() / math.sqrt(200_000))
    assert c4_successive(5000) == pytest.approx(c4_successive(5001), abs=3e-8)


@pytest.mark.parametrize("n", [0, 1, -3, 100_001, 2.5])
def test_impossible_sizes_are_refused(n: float) -> None:
    with pytest.raises(AnalysisError, match="whole subgroup sizes from 2 to 100000"):
        d2(n)  # type: ignore[arg-type]
