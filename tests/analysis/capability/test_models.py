"""Capability of values that are not normal: transformations, fitted families, quantiles, and the choice among them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from analysis.capability import MODELS, Specification, identify, study
from analysis.capability import box_cox as box_cox_module
from analysis.errors import AnalysisError

Floats = NDArray[np.float64]
RIVER_LIMITS = Specification(100, 4000)


def test_box_cox_lambda_of_rivers(rivers: Floats) -> None:
    """MASS::boxcox in R: lambda -0.55213 on a grid of 1e-4."""
    found = study(rivers, RIVER_LIMITS, model="box_cox")
    assert found.transformation is not None
    assert found.transformation.parameters["lambda"] == pytest.approx(-0.552131478, abs=1e-7)
    assert found.transformation.raw_anderson_darling.statistic == pytest.approx(12.6620950564935, rel=1e-9)
    assert found.fit is not None
    assert found.fit.anderson_darling is not None
    assert found.fit.anderson_darling.statistic == pytest.approx(0.359817630191259, rel=1e-5)
    interval = found.transformation.lambda_interval
    assert interval is not None
    theirs = stats.boxcox(rivers, alpha=0.05)[2]
    assert (interval.lower, interval.upper) == pytest.approx(theirs, rel=1e-6)


def test_box_cox_indices_are_those_of_the_transformed_values(rivers: Floats) -> None:
    """By hand with lambda -0.5: 1/sqrt(x) turned upside down."""
    found = study(rivers, RIVER_LIMITS, model="box_cox", box_cox_rounding="half", subgroups=3)
    moved = -1 / np.sqrt(rivers)
    assert found.ppk == pytest.approx((-1 / math.sqrt(4000) - moved.mean()) / (3 * moved.std(ddof=1)))
    assert found.cpk == pytest.approx(
        study(moved, Specification(-1 / 10, -1 / math.sqrt(4000)), subgroups=3).cpk, rel=1e-9
    )
    assert found.observed == study(rivers, RIVER_LIMITS).observed
    assert found.mean == pytest.approx(rivers.mean())


def test_box_cox_given_lambda_and_limits_it_cannot_reach(rivers: Floats) -> None:
    found = study(rivers, Specification(-5, 4000), model="box_cox", box_cox_lambda=0.0)
    assert found.ppu == pytest.approx((math.log(4000) - np.log(rivers).mean()) / (3 * np.log(rivers).std(ddof=1)))
    assert found.ppl is None
    assert "limit_outside_transformation" in {note.code for note in found.notes}
    assert box_cox_module.transform_limit(0.0, 0.5) == -2.0
    assert box_cox_module.transform_limit(0.0, -0.5) is None


def test_box_cox_needs_positive_values() -> None:
    found = study([-1.0, 2.0, 3.0, 4.0], Specification(0, 10), model="box_cox")
    assert found.ppk is None
    assert found.notes[0].code == "needs_positive_values"


def test_weibull_by_quantiles(rivers: Floats) -> None:
    """scipy's own maximum likelihood fit, then ISO 22514-4's formula by hand."""
    shape, _, scale = stats.weibull_min.fit(rivers, floc=0)
    low, mid, high = stats.weibull_min.ppf([0.0013498980316301, 0.5, 0.99865010196837], shape, scale=scale)
    found = study(rivers, RIVER_LIMITS, model="weibull")
    assert found.pp == pytest.approx(3900 / (high - low), rel=1e-4)
    assert found.ppu == pytest.approx((4000 - mid) / (high - mid), rel=1e-4)
    assert found.ppl == pytest.approx((mid - 100) / (mid - low), rel=1e-4)
    assert found.ppk == pytest.approx(0.815, abs=5e-4)
    assert found.expected_overall.above == pytest.approx(1e6 * stats.weibull_min.sf(4000, shape, scale=scale), rel=1e-3)
    assert found.cp is None
    assert found.within.sigma is None


def test_z_score_method(rivers: Floats) -> None:
    found = study(rivers, RIVER_LIMITS, model="weibull", non_normal="z_score")
    assert found.expected_overall.below is not None
    assert found.ppl == pytest.approx(-stats.norm.ppf(found.expected_overall.below / 1e6) / 3, rel=1e-9)
    assert study(rivers, RIVER_LIMITS, model="weibull", preset="minitab").ppl == found.ppl


def test_a_normal_fit_by_quantiles_gives_the_normal_indices() -> None:
    """Percentile and z-score agree with mean ± 3 s when the family is nearly normal."""
    values = 100 + stats.norm.ppf((np.arange(2000) + 0.5) / 2000)
    usual = study(values, Specification(96, 103))
    for method in ("percentile", "z_score"):
        found = study(values, Specification(96, 103), model="lognormal", non_normal=method)
        assert found.ppk == pytest.approx(usual.ppk, rel=0.03)


@pytest.mark.parametrize(("kind", "name"), [(6, "weibull"), (7, "linear"), (5, "hazen")])
def test_quantiles_of_the_values_by_named_type(kind: int, name: str) -> None:
    values = np.random.default_rng(2).lognormal(sigma=0.3, size=900)
    low, mid, high = np.quantile(values, [0.0013498980316301, 0.5, 0.99865010196837], method=name)
    found = study(values, Specification(0.2, 4), model="empirical", quantile=kind)
    assert found.pp == pytest.approx(3.8 / (high - low), rel=1e-9)
    assert found.ppk == pytest.approx(min((4 - mid) / (high - mid), (mid - 0.2) / (mid - low)), rel=1e-9)
    assert found.provenance.choices["quantile_type"] == kind
    assert "quantile_beyond_values" not in {note.code for note in found.notes}
    assert "quantile_beyond_values" in {
        note.code for note in study(values[:500], Specification(0.2, 4), model="empirical").notes
    }


def test_johnson_makes_a_skewed_sample_normal(rivers: Floats) -> None:
    found = study(rivers, RIVER_LIMITS, model="johnson")
    assert found.transformation is not None
    assert found.transformation.name == "johnson_su"
    assert found.fit is not None
    assert found.fit.anderson_darling is not None
    assert found.fit.anderson_darling.p is not None
    assert found.fit.anderson_darling.p > 0.9
    assert found.cp is None
    assert found.intervals.keys() >= {"pp", "ppk"}
    by_hand = found.transformation
    high = by_hand.parameters["gamma"] + by_hand.parameters["eta"] * math.asinh(
        (4000 - by_hand.parameters["epsilon"]) / by_hand.parameters["lambda"]
    )
    assert by_hand.specification.upper == pytest.approx(high)


def test_bounded_johnson_has_no_parts_beyond_its_ends() -> None:
    values = np.random.default_rng(5).beta(1.5, 2.5, 300)
    found = study(values, Specification(-0.5, 0.97), model="johnson")
    assert found.transformation is not None
    assert found.transformation.name == "johnson_sb"
    assert found.ppl is None
    assert "limit_outside_transformation" in {note.code for note in found.notes}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "values", [[], [1.0], [1.0, 2.0], [3.0] * 5, [math.nan] * 5, [-2.0, -1.0, 5.0, 3.0], [0.0, 0.0, 1.0, 1.0, 2.0]]
)
@pytest.mark.parametrize("spec", [Specification(), Specification(upper=10), Specification(-5, 10, 1)])
def test_every_model_takes_any_values(model: str, values: list[float], spec: Specification) -> None:
    found = study(values, spec, model=model)
    assert found.model == model
    plain = found.to_dict()
    if plain["ppk"] is None and not spec.is_empty:
        assert plain["notes"]


@pytest.mark.parametrize("model", ["weibull", "lognormal", "gamma", "johnson", "box_cox", "empirical"])
def test_models_of_positive_values_do_not_depend_on_the_unit(model: str) -> None:
    values = np.random.default_rng(9).gamma(3.0, size=200)
    one = study(values, Specification(0.05, 12, 3), model=model)
    two = study(25.4 * values, Specification(0.05 * 25.4, 12 * 25.4, 3 * 25.4), model=model)
    assert two.ppk == pytest.approx(one.ppk, rel=1e-5)
    assert (two.pp is None) == (one.pp is None)
    if one.pp is not None:
        assert two.pp == pytest.approx(one.pp, rel=1e-5)


def test_bootstrap_intervals_hold_the_estimate(rivers: Floats) -> None:
    found = study(rivers, RIVER_LIMITS, model="weibull", bootstrap=199, seed=3)
    interval = found.intervals["ppk"]
    assert found.ppk is not None
    assert interval.lower < found.ppk < interval.upper
    assert interval == study(rivers, RIVER_LIMITS, model="weibull", bootstrap=199, seed=3).intervals["ppk"]
    assert study(rivers, RIVER_LIMITS, model="empirical", bootstrap=50).intervals.keys() == {"pp", "ppl", "ppu", "ppk"}


def test_identify_finds_the_family() -> None:
    values = 5 + np.random.default_rng(1).weibull(1.3, 400)
    found = identify(values)
    assert found.best == "weibull_3"
    ranks = {candidate.family: candidate for candidate in found.candidates}
    assert ranks["weibull_3"].threshold_p is not None
    assert ranks["weibull_3"].threshold_p < 1e-6
    levels = [c.fit.aic for c in found.candidates if c.fit is not None and c.fit.aic is not None]
    assert levels == sorted(levels)
    by_distance = identify(values, criterion="anderson_darling")
    distances = [c.fit.anderson_darling.statistic for c in by_distance.candidates if c.fit and c.fit.anderson_darling]
    assert distances == sorted(distances)


def test_simulated_p_agrees_with_the_table() -> None:
    values = np.random.default_rng(4).lognormal(sigma=0.4, size=60)
    found = identify(values, families=["lognormal", "weibull_3"], simulations=400, seed=1)
    ranks = {candidate.family: candidate for candidate in found.candidates}
    lognormal = ranks["lognormal"]
    assert lognormal.fit is not None
    assert lognormal.fit.anderson_darling is not None
    assert lognormal.fit.anderson_darling.p is not None
    assert lognormal.simulated_p == pytest.approx(lognormal.fit.anderson_darling.p, abs=0.06)
    assert ranks["weibull_3"].simulated_p is not None


@pytest.mark.parametrize("values", [[], [1.0, 1.0, 1.0], [math.nan]])
def test_identify_says_why_nothing_fits(values: list[float]) -> None:
    found = identify(values)
    assert found.best is None
    assert found.notes[0].level == "refusal"


def test_unknown_names_are_refused() -> None:
    for call in (
        lambda: identify([1, 2, 3], families=["cauchy"]),
        lambda: identify([1, 2, 3], criterion="bic"),
        lambda: study([1, 2, 3], RIVER_LIMITS, model="johnson", johnson_selection="best"),
        lambda: study([1, 2, 3], RIVER_LIMITS, model="box_cox", box_cox_rounding="up"),
        lambda: study([1, 2, 3], RIVER_LIMITS, model="box_cox", box_cox_lambda=7.0),
        lambda: study([1, 2, 3], RIVER_LIMITS, model="empirical", quantile=3),
        lambda: study([1, 2, 3], RIVER_LIMITS, model="weibull", non_normal="clements"),
    ):
        with pytest.raises(AnalysisError):
            call()


def test_normal_study_shows_its_fit_beside_the_index(precipitation: Floats) -> None:
    found = study(precipitation, Specification(0, 80))
    assert found.fit is not None
    assert found.fit.anderson_darling is not None
    assert found.fit.anderson_darling.p == pytest.approx(0.01163, abs=1e-5)
    assert study(precipitation, Specification(0, 80), anderson_darling=False).fit is None
    assert study(np.random.default_rng(1).normal(size=20_000), Specification(-5, 5)).fit is None
