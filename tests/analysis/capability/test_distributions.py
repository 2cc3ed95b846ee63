"""Families, their fits and their Anderson-Darling tests, against scipy's own fits, published values and simulation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from analysis.capability.distributions import FAMILIES, Distribution, anderson_darling, estimate
from analysis.capability.distributions import johnson as johnson_system
from analysis.capability.distributions.goodness import statistic

Floats = NDArray[np.float64]
TAILS = [0.00135, 0.1, 0.5, 0.9, 0.99865]

# family -> (scipy's distribution, our parameters -> its arguments)
PEERS: dict[str, tuple[Any, Callable[[dict[str, float]], tuple[float, ...]]]] = {
    "normal": (stats.norm, lambda p: (p["location"], p["scale"])),
    "lognormal": (stats.lognorm, lambda p: (p["scale"], 0.0, math.exp(p["location"]))),
    "lognormal_3": (stats.lognorm, lambda p: (p["scale"], p["threshold"], math.exp(p["location"]))),
    "weibull": (stats.weibull_min, lambda p: (p["shape"], 0.0, p["scale"])),
    "weibull_3": (stats.weibull_min, lambda p: (p["shape"], p["threshold"], p["scale"])),
    "gamma": (stats.gamma, lambda p: (p["shape"], 0.0, p["scale"])),
    "gamma_3": (stats.gamma, lambda p: (p["shape"], p["threshold"], p["scale"])),
    "exponential": (stats.expon, lambda p: (0.0, p["scale"])),
    "exponential_2": (stats.expon, lambda p: (p["threshold"], p["scale"])),
    "logistic": (stats.logistic, lambda p: (p["location"], p["scale"])),
    "loglogistic": (stats.fisk, lambda p: (1 / p["scale"], 0.0, math.exp(p["location"]))),
    "loglogistic_3": (stats.fisk, lambda p: (1 / p["scale"], p["threshold"], math.exp(p["location"]))),
    "smallest_extreme_value": (stats.gumbel_l, lambda p: (p["location"], p["scale"])),
    "largest_extreme_value": (stats.gumbel_r, lambda p: (p["location"], p["scale"])),
    "folded_normal": (stats.foldnorm, lambda p: (p["location"] / p["scale"], 0.0, p["scale"])),
    "half_normal": (stats.halfnorm, lambda p: (0.0, p["scale"])),
    "rayleigh": (stats.rayleigh, lambda p: (0.0, p["scale"])),
    "rayleigh_2": (stats.rayleigh, lambda p: (p["threshold"], p["scale"])),
    "johnson_su": (stats.johnsonsu, lambda p: (p["gamma"], p["eta"], p["epsilon"], p["lambda"])),
    "johnson_sb": (stats.johnsonsb, lambda p: (p["gamma"], p["eta"], p["epsilon"], p["lambda"])),
    "johnson_sl": (stats.lognorm, lambda p: (1 / p["eta"], p["epsilon"], math.exp(-p["gamma"] / p["eta"]))),
}
EXAMPLES = {
    "location": 1.3, "scale": 0.7, "shape": 2.4, "threshold": -0.5,
    "gamma": -0.6, "eta": 1.4, "epsilon": 0.2, "lambda": 3.0,
}  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_tails_quantiles_and_likelihood_are_scipys(family: str) -> None:
    parameters = {name: EXAMPLES[name] for name in FAMILIES[family].parameters}
    ours = Distribution(family, parameters)
    peer, arguments = PEERS[family]
    theirs = peer(*arguments(parameters))
    quantiles = ours.quantile(TAILS)
    assert quantiles == pytest.approx(theirs.ppf(TAILS), rel=1e-9)
    assert ours.cdf(quantiles) == pytest.approx(TAILS, rel=1e-9)
    assert ours.sf(quantiles) == pytest.approx([1 - p for p in TAILS], rel=1e-9)
    assert ours.log_likelihood(quantiles) == pytest.approx(theirs.logpdf(quantiles).sum(), rel=1e-9)
    low, high = ours.support()
    assert (low, high) == pytest.approx(theirs.support())
    if math.isfinite(low):
        assert ours.cdf([low - 1.0]) == [0.0]
        assert ours.log_likelihood([low - 1.0]) == -math.inf
    if math.isfinite(high):
        assert ours.sf([high + 1.0]) == [0.0]


@pytest.mark.parametrize(
    "family",
    ["weibull", "gamma", "exponential", "loglogistic", "half_normal", "rayleigh", "logistic", "smallest_extreme_value",
     "largest_extreme_value", "folded_normal"],
)  # fmt: skip
def test_maximum_likelihood_is_not_beaten_by_scipy(family: str) -> None:
    values = stats.weibull_min.rvs(1.7, scale=3, size=200, random_state=2)
    peer, _ = PEERS[family]
    from_zero = (
        {} if FAMILIES[family].parameters == ("location", "scale") and family != "folded_normal" else {"floc": 0.0}
    )
    if family == "loglogistic":
        from_zero = {"floc": 0.0}
    fitted = peer.fit(values, **from_zero)
    found = estimate(values, family).distribution
    assert found is not None
    reached = found.log_likelihood(values)
    assert reached >= peer.logpdf(values, *fitted).sum() - 1e-6
    for name in found.parameters:  # a maximum: any step aside is worse
        for factor in (0.999, 1.001):
            aside = Distribution(family, {**found.parameters, name: found.parameters[name] * factor})
            assert aside.log_likelihood(values) < reached


@pytest.mark.parametrize("family", ["weibull_3", "lognormal_3", "gamma_3", "loglogistic_3", "rayleigh_2"])
def test_thresholds_are_found_and_move_with_the_values(family: str) -> None:
    parameters = {name: EXAMPLES[name] for name in FAMILIES[family].parameters}
    values = Distribution(family, parameters).quantile((np.arange(400) + 0.5) / 400)
    found = estimate(values, family).distribution
    assert found is not None
    for name, value in parameters.items():
        assert found.parameters[name] == pytest.approx(value, rel=0.08, abs=0.05)
    moved = estimate(50.0 + 3.0 * values, family).distribution
    assert moved is not None
    assert moved.parameters["threshold"] == pytest.approx(50.0 + 3.0 * found.parameters["threshold"], rel=1e-4)
    for name in found.parameters:
        aside = Distribution(family, {**found.parameters, name: found.parameters[name] + 1e-3})
        assert aside.log_likelihood(values) < found.log_likelihood(values)


def test_a_symmetric_sample_has_no_threshold() -> None:
    values = stats.norm.ppf((np.arange(300) + 0.5) / 300)
    assert estimate(values, "lognormal_3").reason == "threshold_without_end"
    assert estimate(-np.exp(values), "weibull_3").reason == "threshold_without_end"


def test_exponential_with_threshold_is_unbiased() -> None:
    values = np.array([2.0, 2.5, 4.0, 5.5])
    found = estimate(values, "exponential_2").distribution
    assert found is not None
    assert found.parameters["scale"] == pytest.approx(4 * (3.5 - 2.0) / 3)
    assert found.parameters["threshold"] == pytest.approx(2.0 - 2.0 / 4)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("values", [[1.0, 2.0], [3.0, 3.0, 3.0], [-1.0, -2.0, 5.0, 1.0], [0.0, 1.0, 2.0, 3.0]])
def test_every_family_fits_or_says_why_not(family: str, values: list[float]) -> None:
    found = estimate(np.array(values), family)
    assert (found.distribution is None) == (found.reason is not None)
    if found.distribution is not None:
        assert all(math.isfinite(value) for value in found.distribution.parameters.values())


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 1000))
def test_fits_follow_the_unit(seed: int, factor: float) -> None:
    values = np.random.default_rng(seed).gamma(2.0, size=60)
    for family in ("weibull", "gamma", "lognormal", "logistic", "largest_extreme_value", "folded_normal", "rayleigh"):
        one, two = estimate(values, family).distribution, estimate(factor * values, family).distribution
        assert one is not None
        assert two is not None
        assert two.quantile(TAILS) == pytest.approx(factor * one.quantile(TAILS), rel=1e-5)
        assert statistic(two, factor * values) == pytest.approx(statistic(one, values), rel=1e-5)


def test_anderson_darling_of_precipitation(precipitation: Floats) -> None:
    """R nortest::ad.test: A = 0.99894, p = 0.01163."""
    found = estimate(precipitation, "normal").distribution
    assert found is not None
    test = anderson_darling(found, precipitation)
    assert test.statistic == pytest.approx(0.99894379424, rel=1e-9)
    assert test.p == pytest.approx(0.0116317801275, rel=1e-6)


def test_anderson_darling_agrees_with_scipy() -> None:
    values = stats.gumbel_l.rvs(size=50, random_state=8)
    found = estimate(values, "smallest_extreme_value").distribution
    assert found is not None
    theirs = stats.anderson(values, "gumbel_l", method="interpolate")
    assert statistic(found, values) == pytest.approx(theirs.statistic, rel=1e-5)


@pytest.mark.parametrize(
    ("family", "draw"),
    [
        ("weibull", lambda r: r.weibull(1.5, 30)),
        ("largest_extreme_value", lambda r: r.gumbel(size=30)),
        ("logistic", lambda r: r.logistic(size=30)),
        ("loglogistic", lambda r: np.exp(r.logistic(size=30))),
        ("exponential", lambda r: r.exponential(size=30)),
        ("exponential_2", lambda r: 3 + r.exponential(size=30)),
        ("rayleigh", lambda r: r.rayleigh(size=30)),
        ("gamma", lambda r: r.gamma(3.0, size=30)),
        ("lognormal", lambda r: r.lognormal(size=30)),
    ],
)
def test_p_values_reject_as_often_as_they_say(family: str, draw: Callable[[np.random.Generator], Floats]) -> None:
    """1,200 samples of the family itself: 5 and 10 % of them may be rejected, within 4 standard errors."""
    rng = np.random.default_rng(17)
    rejected = {0.10: 0, 0.05: 0}
    for _ in range(1200):
        values = draw(rng)
        found = estimate(values, family).distribution
        assert found is not None
        p = anderson_darling(found, values).p
        for level in rejected:
            rejected[level] += p is not None and p <= level
    for level, count in rejected.items():
        assert abs(count / 1200 - level) < 4 * math.sqrt(level * (1 - level) / 1200) + 0.01


def test_outside_its_table_a_p_value_is_a_bound() -> None:
    good = stats.logistic.ppf((np.arange(50) + 0.5) / 50)
    found = estimate(good, "logistic").distribution
    assert found is not None
    assert (anderson_darling(found, good).p, anderson_darling(found, good).p_relation) == (0.25, ">")
    bad = np.concatenate([good, [50.0, 60.0, 90.0]])
    found = estimate(bad, "logistic").distribution
    assert found is not None
    assert (anderson_darling(found, bad).p, anderson_darling(found, bad).p_relation) == (0.005, "<")
    threshold = estimate(np.exp(good), "lognormal_3").distribution
    assert threshold is not None
    assert anderson_darling(threshold, np.exp(good)).p is None


@pytest.mark.parametrize(
    ("system", "parameters"),
    [
        ("SU", {"gamma": -1.0, "eta": 1.5, "epsilon": 2.0, "lambda": 3.0}),
        ("SB", {"gamma": 0.5, "eta": 1.2, "epsilon": 2.0, "lambda": 3.0}),
        ("SL", {"gamma": -0.4, "eta": 2.0, "epsilon": 3.0}),
    ],
)
def test_johnson_parameters_are_recovered_from_exact_quantiles(system: str, parameters: dict[str, float]) -> None:
    family = f"johnson_{system.lower()}"
    values = Distribution(family, parameters).quantile((np.arange(4000) + 0.5) / 4000)
    found = johnson_system.at(values, system, 0.524)
    assert found is not None
    for name, value in parameters.items():
        assert found.parameters[name] == pytest.approx(value, rel=1e-3, abs=1e-3)
    assert johnson_system.fit(values, "chou", (system,)) is not None
    chosen = johnson_system.fit(values, "slifker_shapiro")
    assert chosen is not None
    if system != "SL":  # a lognormal's ratio is 1 but for the last digits, so either neighbour may be named
        assert chosen.system == system
    assert chosen.anderson_darling < 0.01
