"""Crossed gauge studies against AIAG's and Minitab's printed figures, simulation, and the symmetries of the design."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.msa import GaugeStudy, crossed

Floats = NDArray[np.float64]


def rows(study: GaugeStudy, *, pooled: bool = False) -> dict[str, tuple[int, float, float | None, float | None]]:
    table = study.anova_pooled if pooled else study.anova
    return {row.source: (row.df, row.ss, row.f, row.p) for row in table}


def test_aiag_anova_as_minitab_prints_it(aiag: Floats) -> None:
    """Minitab Help, Example of Crossed Gage R&R (GAGEAIAG): 7.76 % contribution, 27.86 % study, ndc 4."""
    found = crossed(aiag, preset="minitab")
    assert found.interaction_pooled
    assert found.components["grr"].pct_contribution == pytest.approx(7.76, abs=5e-3)
    assert found.components["grr"].pct_study == pytest.approx(27.86, abs=5e-3)
    assert found.components["repeatability"].pct_study == pytest.approx(18.42, abs=5e-3)
    assert found.components["part"].pct_study == pytest.approx(96.04, abs=5e-3)
    assert found.ndc == 4
    assert found.ndc_raw == pytest.approx(4.87504136, rel=1e-8)
    printed = rows(found)
    assert [round(printed[name][1], 4) for name in ("part", "operator", "interaction", "repeatability", "total")] == [
        88.3619, 3.1673, 0.359, 2.7589, 94.6471,
    ]  # fmt: skip
    assert printed["part"][2] == pytest.approx(492.291, abs=5e-4)
    assert printed["operator"][2] == pytest.approx(79.406, abs=5e-4)
    assert printed["interaction"][2:] == (pytest.approx(0.434, abs=5e-4), pytest.approx(0.974, abs=5e-4))
    assert rows(found, pooled=True)["operator"][2] == pytest.approx(39.617, abs=5e-4)
    assert rows(found, pooled=True)["part"][2] == pytest.approx(245.614, abs=5e-4)


def test_aiag_anova_without_pooling(aiag: Floats) -> None:
    """Expected mean squares by hand from the sums of squares above."""
    found = crossed(aiag, alpha_to_pool=1.0)
    assert not found.interaction_pooled
    assert found.anova_pooled == ()
    assert found.components["repeatability"].variance == pytest.approx(0.0459822222222222)
    assert found.components["operator"].variance == pytest.approx(0.0521229218106996)
    assert found.components["interaction"].variance == 0.0
    assert found.components["part"].variance == pytest.approx(1.0886721399177)
    assert found.ndc_raw == pytest.approx(4.71104944605145)
    assert "negative_variance_set_to_zero" in {note.code for note in found.notes}


def test_aiag_average_and_range(aiag: Floats) -> None:
    """AIAG prints EV 0.20188, AV 0.22963, GRR 0.30575, PV 1.10456, TV 1.1461 with rounded K factors; ndc 5."""
    found = crossed(aiag, method="xbar_r").components
    printed = {"repeatability": 0.20188, "operator": 0.22963, "grr": 0.30575, "part": 1.10456, "total": 1.1461}
    for name, value in printed.items():
        assert found[name].sigma == pytest.approx(value, rel=3e-4)
    assert found["grr"].pct_study == pytest.approx(26.68, abs=5e-3)
    study = crossed(aiag, method="xbar_r")
    assert (study.ndc, study.ndc_raw) == (5, pytest.approx(5.10798009790185, rel=1e-9))


def test_percentages_of_tolerance_and_process(aiag: Floats) -> None:
    found = crossed(aiag, tolerance=8.0, process_sigma=1.2, study_width=5.15).components["grr"]
    assert found.study == pytest.approx(5.15 * found.sigma)
    assert found.pct_tolerance == pytest.approx(100 * 5.15 * found.sigma / 8.0)
    assert found.pct_process == pytest.approx(100 * found.sigma / 1.2)


def test_level_to_pool_decides(aiag: Floats) -> None:
    p = rows(crossed(aiag))["interaction"][3]
    assert p is not None
    assert crossed(aiag, alpha_to_pool=p).interaction_pooled
    assert not crossed(aiag, alpha_to_pool=p * 1.001).interaction_pooled
    assert crossed(aiag).provenance.choices["alpha_to_pool"] == 0.25
    assert crossed(aiag, preset="minitab").provenance.choices["alpha_to_pool"] == 0.05


def test_columns_give_the_same_as_the_table(aiag: Floats) -> None:
    """Labels in any order, trials as they come."""
    rng = np.random.default_rng(4)
    part, operator = np.repeat(np.arange(10), 9), np.tile(np.repeat(["C", "A", "B"], 3), 10)
    order = rng.permutation(90)
    found = crossed(aiag.ravel()[order], parts=part[order], operators=operator[order].tolist())
    assert found.components["grr"].variance == pytest.approx(crossed(aiag).components["grr"].variance)


def test_statsmodels_agrees(aiag: Floats) -> None:
    import pandas as pd
    import statsmodels.formula.api as smf
    from statsmodels.stats.anova import anova_lm

    frame = pd.DataFrame([(p, o, aiag[p, o, t]) for p in range(10) for o in range(3) for t in range(3)])
    frame.columns = ["p", "o", "y"]
    table = anova_lm(smf.ols("y ~ C(p) * C(o)", frame).fit())
    found = rows(crossed(aiag))
    for name, term in (
        ("part", "C(p)"),
        ("operator", "C(o)"),
        ("interaction", "C(p):C(o)"),
        ("repeatability", "Residual"),
    ):
        assert found[name][1] == pytest.approx(table.loc[term, "sum_sq"], rel=1e-9)


def simulate(rng: np.random.Generator, p: int, o: int, r: int, sd: dict[str, float]) -> Floats:
    return (
        sd["part"] * rng.normal(size=(p, 1, 1))
        + sd["operator"] * rng.normal(size=(1, o, 1))
        + sd["interaction"] * rng.normal(size=(p, o, 1))
        + sd["repeatability"] * rng.normal(size=(p, o, r))
    )


def test_intervals_cover_as_often_as_they_say() -> None:
    """1,200 simulated studies; the modified large-sample method keeps its level to a few percent."""
    rng = np.random.default_rng(12)
    sd = {"part": 2.0, "operator": 0.7, "interaction": 0.6, "repeatability": 1.0}
    var = {name: value**2 for name, value in sd.items()}
    var["reproducibility"] = var["operator"] + var["interaction"]
    var["grr"] = var["reproducibility"] + var["repeatability"]
    var["total"] = var["grr"] + var["part"]
    truth = {
        **var,
        "ndc": math.sqrt(2 * var["part"] / var["grr"]),
        "pct_study_grr": 100 * math.sqrt(var["grr"] / var["total"]),
    }
    hits = dict.fromkeys(truth, 0)
    for _ in range(1200):
        found = crossed(simulate(rng, 10, 4, 3, sd), alpha_to_pool=1.0).intervals
        for name, value in truth.items():
            hits[name] += found[name].lower <= value <= found[name].upper
    for name, count in hits.items():
        assert 0.925 < count / 1200 <= 0.995, name


def test_repeatability_interval_is_the_exact_one(aiag: Floats) -> None:
    from scipy import stats

    found = crossed(aiag, alpha_to_pool=1.0).intervals["repeatability"]
    assert found.lower == pytest.approx(2.75893333333333 / stats.chi2.ppf(0.975, 60))
    assert found.upper == pytest.approx(2.75893333333333 / stats.chi2.ppf(0.025, 60))


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.floats(-1e3, 1e3), st.floats(0.01, 100))
def test_symmetries_of_the_design(seed: int, shift: float, scale: float) -> None:
    """Names of parts and operators, order of trials, origin and unit change nothing but the unit."""
    rng = np.random.default_rng(seed)
    table = simulate(rng, 5, 3, 2, {"part": 1.0, "operator": 0.5, "interaction": 0.3, "repeatability": 0.4})
    mixed = rng.permuted(table[rng.permutation(5)][:, rng.permutation(3)], axis=2)
    for method in ("anova", "xbar_r"):
        one, two = crossed(table, method=method), crossed(shift + scale * mixed, method=method)
        assert one.ndc_raw == pytest.approx(two.ndc_raw, rel=1e-6)
        for name, part in one.components.items():
            assert two.components[name].variance == pytest.approx(
                scale**2 * part.variance, rel=1e-5, abs=1e-9 * scale**2
            )
            assert two.components[name].pct_study == pytest.approx(part.pct_study, rel=1e-5, abs=1e-3)


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_sums_hold(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = simulate(rng, 4, 3, 2, {"part": 1.0, "operator": 0.5, "interaction": 0.3, "repeatability": 0.4})
    found = crossed(table)
    ss = {row.source: row.ss for row in found.anova}
    assert ss["total"] == pytest.approx(sum(value for name, value in ss.items() if name != "total"))
    parts = found.components
    assert parts["total"].variance == pytest.approx(parts["grr"].variance + parts["part"].variance)
    for name, interval in found.intervals.items():
        if name in parts:
            assert interval.lower <= interval.upper


def test_without_repeats_the_interaction_is_pooled(aiag: Floats) -> None:
    found = crossed(aiag[:, :, :1])
    assert found.interaction_pooled
    assert found.intervals == {}
    assert "one_trial_interaction_pooled" in {note.code for note in found.notes}
    assert crossed(aiag[:, :, :1], method="xbar_r").components == {}


@pytest.mark.parametrize("method", ["anova", "xbar_r"])
def test_no_variation_gives_the_reason(method: str) -> None:
    found = crossed(np.full((3, 2, 2), 5.1), method=method)
    assert found.components == {}
    assert found.ndc is None
    assert {note.code for note in found.notes} == {"no_variation"}
    assert found.to_dict()["ndc"] is None


def test_a_gauge_that_repeats_exactly() -> None:
    table = np.broadcast_to(np.arange(4.0)[:, None, None], (4, 3, 2)).copy()
    found = crossed(table)
    assert found.components["grr"].variance == 0.0
    assert found.ndc is None
    assert "no_gauge_variation" in {note.code for note in found.notes}
    moved = crossed(table + np.array([0.0, 0.5, 1.0])[None, :, None])
    assert moved.components["repeatability"].variance == pytest.approx(0.0, abs=1e-20)
    assert moved.components["operator"].variance == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda t: crossed(t[:, :, 0]), "2 dimensions"),
        (lambda t: crossed(t[:1]), "1 parts"),
        (lambda t: crossed(t[:, :1]), "1 operators"),
        (lambda t: crossed(np.where(t == t[2, 1, 0], np.nan, t)), "place 3, 2, 1"),
        (lambda t: crossed(t * 1e300), "too large"),
        (lambda t: crossed(t, method="anova2"), "anova2"),
        (lambda t: crossed(t, alpha_to_pool=25), "level to pool"),
        (lambda t: crossed(t, tolerance=-1), "tolerance"),
        (lambda t: crossed(t, confidence=95), "confidence"),
        (lambda t: crossed(t, preset="jmp"), "jmp"),
        (lambda t: crossed(t.ravel(), parts=[1] * 90), "without operators"),
        (lambda t: crossed(t.ravel(), parts=[1] * 9, operators=[1] * 90), "9 labels"),
        (lambda t: crossed(t.ravel()[:-1], parts=list(range(10)) * 8 + [0] * 9, operators=["A"] * 89), "not balanced"),
        (lambda _: crossed([["a"]]), "not all numbers"),
    ],
)
def test_contradictory_input_is_refused_in_a_sentence(aiag: Floats, call: object, says: str) -> None:
    with pytest.raises(AnalysisError, match=says):
        call(aiag)  # type: ignore[operator]
