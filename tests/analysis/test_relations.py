"""Correlation, regression, analysis of variance, comparisons, designs, Pareto: certified and published answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import AnalysisError, anova, comparison, correlation, design, pareto, regression

# NIST StRD Longley (certified).
LONGLEY_Y = [
    60323,
    61122,
    60171,
    61187,
    63221,
    63639,
    64989,
    63761,
    66019,
    67857,
    68169,
    66513,
    68655,
    69564,
    69331,
    70551,
]
LONGLEY_X = {
    "x1": [83.0, 88.5, 88.2, 89.5, 96.2, 98.1, 99.0, 100.0, 101.2, 104.6, 108.4, 110.8, 112.6, 114.2, 115.7, 116.9],
    "x2": [
        234289,
        259426,
        258054,
        284599,
        328975,
        346999,
        365385,
        363112,
        397469,
        419180,
        442769,
        444546,
        482704,
        502601,
        518173,
        554894,
    ],
    "x3": [2356, 2325, 3682, 3351, 2099, 1932, 1870, 3578, 2904, 2822, 2936, 4681, 3813, 3931, 4806, 4007],
    "x4": [1590, 1456, 1616, 1650, 3099, 3594, 3547, 3350, 3048, 2857, 2798, 2637, 2552, 2514, 2572, 2827],
    "x5": [
        107608,
        108632,
        109773,
        110929,
        112075,
        113270,
        115094,
        116219,
        117388,
        118734,
        120445,
        121950,
        123366,
        125368,
        127852,
        130081,
    ],
    "x6": list(range(1947, 1963)),
}
LONGLEY = {
    "intercept": (-3482258.63459582, 890420.383607373),
    "x1": (15.0618722713733, 84.9149257747669),
    "x2": (-0.358191792925910e-01, 0.334910077722432e-01),
    "x3": (-2.02022980381683, 0.488399681651699),
    "x4": (-1.03322686717359, 0.214274163161675),
    "x5": (-0.511041056535807e-01, 0.226073200069370),
    "x6": (1829.15146461355, 455.478499142212),
}


def test_nist_longley() -> None:
    found = regression.fit(LONGLEY_Y, LONGLEY_X)
    for name, (estimate, error) in LONGLEY.items():
        term = found.coefficient(name)
        assert term.estimate == pytest.approx(estimate, rel=1e-9), name
        assert term.standard_error == pytest.approx(error, rel=1e-9), name
    assert found.residual_sd == pytest.approx(304.854073561965, rel=1e-10)
    assert found.r2 == pytest.approx(0.995479004577296, rel=1e-12)


def test_nist_wampler_1() -> None:
    """NIST StRD Wampler1: y is exactly 1 + x + x² + ... + x^5 at x = 0..20; all coefficients 1, residual 0."""
    x = np.arange(21.0)
    y = sum(x**power for power in range(6))
    found = regression.fit(y, {f"x{power}": x**power for power in range(1, 6)})
    assert [term.estimate for term in found.coefficients] == pytest.approx([1.0] * 6, rel=1e-6)


def test_diagnostics_equal_statsmodels() -> None:
    import statsmodels.api as sm
    from statsmodels.stats.outliers_influence import OLSInfluence

    generator = np.random.default_rng(11)
    x = generator.normal(size=(30, 2))
    y = 3 + x @ [1.0, -2.0] + generator.normal(size=30)
    found = regression.fit(y, {"a": x[:, 0], "b": x[:, 1]})
    peer = OLSInfluence(sm.OLS(y, sm.add_constant(x)).fit())
    assert found.leverage == pytest.approx(peer.hat_matrix_diag)
    assert found.standardised == pytest.approx(peer.resid_studentized_internal)
    assert found.deleted == pytest.approx(peer.resid_studentized_external)
    assert found.cooks_distance == pytest.approx(peer.cooks_distance[0])
    assert found.press == pytest.approx(float((peer.resid_press**2).sum()))
    at = sm.OLS(y, sm.add_constant(x)).fit().get_prediction([[1.0, 0.5, -0.5]]).summary_frame()
    new = regression.predict(y, {"a": x[:, 0], "b": x[:, 1]}, {"a": 0.5, "b": -0.5})
    assert new.fitted == pytest.approx(float(at["mean"].iloc[0]))
    assert (new.new_lower, new.new_upper) == pytest.approx((float(at["obs_ci_lower"].iloc[0]), float(at["obs_ci_upper"].iloc[0])))  # noqa: E501  # fmt: skip
    assert not new.extrapolates


def test_lack_of_fit_sees_a_bend() -> None:
    x = np.repeat(np.arange(6.0), 3)
    noise = np.tile([-0.1, 0.0, 0.1], 6)
    bent = regression.fit(x**2 + noise, {"x": x}).lack_of_fit
    straight = regression.fit(2 * x + noise, {"x": x}).lack_of_fit
    assert bent is not None
    assert straight is not None
    assert bent.p is not None
    assert straight.p is not None
    assert bent.p < 1e-6 < 0.9 < straight.p


def test_impossible_regressions_are_named() -> None:
    with pytest.raises(AnalysisError, match="'b' is a combination"):
        regression.fit([1, 2, 4, 3, 5], {"a": [1, 2, 3, 4, 5], "b": [2, 4, 6, 8, 10]})
    with pytest.raises(AnalysisError, match="does not vary"):
        regression.fit([1, 2, 4, 3], {"a": [7, 7, 7, 7]})
    with pytest.raises(AnalysisError, match="'a' has 2 rows"):
        regression.fit([1, 2, 4, 3], {"a": [7, 8]})


@pytest.mark.parametrize(("base", "digits"), [(1.0, 1e-12), (1_000_000.0, 1e-9), (1e12, 1e-2)])
def test_nist_smls_series(base: float, digits: float) -> None:
    """NIST StRD SmLs01, 04, 07: the same differences on 1, 7 and 13 leading digits; F = 21 certified."""
    values, labels = [], []
    for group in range(9):
        values += [base - 1.0 + value for value in _smls_group(group)]
        labels += [group] * 21
    found = anova.one_way(values, labels)
    between, residual = found.sources
    assert between.f == pytest.approx(21.0, rel=digits)
    assert (between.freedom, residual.freedom) == (8, 180)


def _smls_group(group: int) -> list[float]:
    """One treatment of SmLs01: a first value, then ten times a pair around it."""
    first, pair = [(1.4, (1.3, 1.5)), (1.3, (1.2, 1.4)), (1.5, (1.4, 1.6))][[0, 1, 2, 1, 2, 1, 2, 1, 2][group]]
    return [first, *pair * 10]


def test_tukey_and_factorial_equal_statsmodels() -> None:
    from statsmodels.stats.multicomp import pairwise_tukeyhsd

    generator = np.random.default_rng(5)
    labels = np.repeat(["a", "b", "c"], 8)
    values = generator.normal(size=24) + (labels == "c") * 2.0
    found = anova.one_way(values, labels, pairwise=True)
    peer = pairwise_tukeyhsd(values, labels)
    assert [-row.difference for row in found.pairwise] == pytest.approx(peer.meandiffs)
    assert [row.p for row in found.pairwise] == pytest.approx(peer.pvalues, abs=1e-4)
    other = np.tile(["x", "y"], 12)
    table = anova.factorial(values, {"first": labels, "second": other})
    assert [source.name for source in table.sources] == ["first", "second", "first x second", "residual"]
    assert sum(s.sum_of_squares for s in table.sources) == pytest.approx(table.total_sum_of_squares)


def test_comparisons_equal_scipy() -> None:
    from scipy import stats

    a, b = np.random.default_rng(1).normal(size=12), np.random.default_rng(2).normal(0.4, 2, size=9)
    welch = comparison.two_means(a, b)
    assert welch.p == pytest.approx(stats.ttest_ind(a, b, equal_var=False).pvalue)
    assert comparison.two_means(a, b, equal_variances=True).p == pytest.approx(stats.ttest_ind(a, b).pvalue)
    assert comparison.one_mean(a, 0.3, alternative="less").p == pytest.approx(
        stats.ttest_1samp(a, 0.3, alternative="less").pvalue
    )
    assert comparison.paired_means(a[:9], b).p == pytest.approx(stats.ttest_rel(a[:9], b).pvalue)
    interval = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    assert (welch.lower, welch.upper) == pytest.approx((interval.low, interval.high))
    assert comparison.equal_variances([a, b], test="bartlett").p == pytest.approx(stats.bartlett(a, b).pvalue)
    assert comparison.equal_locations([a, b]).p == pytest.approx(stats.kruskal(a, b).pvalue)


def test_equivalence_agrees_with_its_interval() -> None:
    a, b = np.random.default_rng(1).normal(size=40), np.random.default_rng(2).normal(size=40)
    for margin in (0.2, 0.5, 1.0):
        found = comparison.equivalence(a, b, margin=margin)
        assert found.lower is not None
        assert found.upper is not None
        assert found.p is not None
        assert (found.p < 0.05) == (-margin < found.lower and found.upper < margin)


def test_proportions() -> None:
    """Newcombe (1998) table II: 56/70 against 48/80 gives 0.0524 to 0.3339 (method 10)."""
    found = comparison.two_proportions((56, 48), (70, 80))
    assert (found.lower, found.upper) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    exact = comparison.one_proportion(0, 20)
    assert exact.lower == 0.0
    assert exact.upper == pytest.approx(1 - 0.025 ** (1 / 20))
    with pytest.raises(AnalysisError, match="cannot be"):
        comparison.one_proportion(5, 4)


def test_filtration_experiment() -> None:
    """Montgomery, Design and Analysis of Experiments, example 6.2: effects of the 2^4 filtration rate."""
    rates = [45, 71, 48, 65, 68, 60, 80, 65, 43, 100, 45, 104, 75, 86, 70, 96]
    found = design.effects(rates, 4)
    expected = {"A": 21.625, "C": 9.875, "D": 14.625, "AC": -18.125, "AD": 16.625, "B": 3.125, "BCD": -2.625}
    assert {term: found.effects[term] for term in expected} == pytest.approx(expected)
    assert found.active == ("A", "C", "AC", "D", "AD")


def test_fractions_and_their_aliases() -> None:
    half = design.fractional_factorial(3, ["ABC"])
    assert (half.resolution, half.defining_words, half.aliases["A"]) == (4, ("ABCD",), ("BCD",))
    assert design.fractional_factorial(5, ["ABCD", "ABDE"]).resolution == 4
    for plan in (half, design.plackett_burman(11), design.full_factorial(4)):
        assert (plan.matrix.T @ plan.matrix == len(plan.matrix) * np.eye(plan.matrix.shape[1])).all()
    assert len(design.box_behnken(3).matrix) == 15
    assert design.central_composite(2).matrix.max() == pytest.approx(2**0.5)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_partial_correlation_is_the_recursion(seed: int) -> None:
    """One control: (r12 - r13 r23) / sqrt((1 - r13²)(1 - r23²))."""
    x, y, z = np.random.default_rng(seed).normal(size=(3, 25))
    r12, r13, r23 = np.corrcoef(x, y)[0, 1], np.corrcoef(x, z)[0, 1], np.corrcoef(y, z)[0, 1]
    expected = (r12 - r13 * r23) / np.sqrt((1 - r13**2) * (1 - r23**2))
    assert correlation.partial(x, y, z).coefficient == pytest.approx(expected)


def test_correlations_equal_scipy_and_lags_are_found() -> None:
    from scipy import stats

    x, y = np.random.default_rng(4).normal(size=(2, 60))
    y = y + x
    found = correlation.correlate(x, y)
    peer = stats.pearsonr(x, y)
    interval = peer.confidence_interval()
    assert (found.coefficient, found.p) == pytest.approx((peer.statistic, peer.pvalue))
    assert (found.lower, found.upper) == pytest.approx((interval.low, interval.high))
    ranks = correlation.correlate(x, y, kind="spearman")
    assert (ranks.coefficient, ranks.p) == pytest.approx(tuple(stats.spearmanr(x, y)))
    assert correlation.lagged(x[3:], x[:-3], maximum_lag=5).best_lag == 3
    assert correlation.correlate([1, 1, 1], [1, 2, 3]).notes[0].code == "no_variation"


def test_pareto_keeps_the_order_of_equals() -> None:
    found = pareto.pareto({"scratch": 47, "dent": 19, "colour": 5, "screw": 31, "leak": 12, "label": 2, "burr": 31})
    assert found.categories == ("scratch", "screw", "burr", "dent", "leak", "colour", "label")
    assert found.vital_few == ("scratch", "screw", "burr", "dent")
    assert found.cumulative_percent[-1] == pytest.approx(100.0)
    assert pareto.pareto_of_events(["a", "b", "a"], [1.0, 5.0, 1.0]).categories == ("b", "a")
    with pytest.raises(AnalysisError, match="'b'"):
        pareto.pareto({"a": 1, "b": -1})
