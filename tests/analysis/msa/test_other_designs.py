"""Nested, expanded, unbalanced and operator-free gauge studies, against each other, statsmodels and simulation."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from analysis.errors import AnalysisError
from analysis.msa import crossed, expanded, nested, type3
from analysis.msa.variance_components import Effect, henderson, reml

Floats = NDArray[np.float64]
PARTS, OPERATORS, TRIALS = 10, 3, 3


def crossed_table(rng: np.random.Generator, p: int = PARTS, o: int = OPERATORS, r: int = TRIALS) -> Floats:
    return (
        2.0 * rng.normal(size=(p, 1, 1))
        + 0.8 * rng.normal(size=(1, o, 1))
        + 0.7 * rng.normal(size=(p, o, 1))
        + rng.normal(size=(p, o, r))
    )


def nested_table(rng: np.random.Generator, o: int = OPERATORS, p: int = PARTS, r: int = TRIALS) -> Floats:
    return 0.8 * rng.normal(size=(o, 1, 1)) + 2.0 * rng.normal(size=(o, p, 1)) + rng.normal(size=(o, p, r))


def labels(p: int = PARTS, o: int = OPERATORS, r: int = TRIALS) -> dict[str, Sequence[Any]]:
    return {
        "part": np.repeat(np.arange(p), o * r).tolist(),
        "operator": np.tile(np.repeat(np.arange(o), r), p).tolist(),
    }


def test_nested_by_montgomery() -> None:
    """Montgomery, Design and Analysis of Experiments, example 14.1 (batches within suppliers, purity data, coded):
    SS suppliers 15.06, batches 69.92, error 63.33; MS 7.53, 7.77, 2.64; sigma^2 of batches 1.71."""
    data = np.array([
        [[1, -1, 0], [-2, -3, -4], [-2, 0, 1], [1, 4, 0]],
        [[1, -2, -3], [0, 4, 2], [-1, 0, -2], [0, 3, 2]],
        [[2, 4, 0], [-2, 0, 2], [1, -1, 2], [3, 2, 1]],
    ], dtype=float)  # fmt: skip
    found = nested(data)
    rows = {row.source: row for row in found.anova}
    assert rows["operator"].ss == pytest.approx(15.06, abs=5e-3)
    assert rows["part"].ss == pytest.approx(69.92, abs=5e-3)
    assert rows["repeatability"].ss == pytest.approx(63.33, abs=5e-3)
    assert rows["operator"].f == pytest.approx(0.97, abs=5e-3)
    assert rows["part"].f == pytest.approx(2.94, abs=5e-3)
    assert rows["part"].p == pytest.approx(0.02, abs=5e-3)
    assert found.components["part"].variance == pytest.approx(1.71, abs=5e-3)
    assert found.components["repeatability"].variance == pytest.approx(2.64, abs=5e-3)
    assert found.components["operator"].variance == 0.0


def test_nested_from_columns_with_labels_used_again() -> None:
    table = nested_table(np.random.default_rng(1))
    operator = np.repeat(["A", "B", "C"], PARTS * TRIALS)
    part = np.tile(np.repeat(np.arange(PARTS), TRIALS), OPERATORS)
    order = np.random.default_rng(2).permutation(table.size)
    found = nested(table.ravel()[order], operators=operator[order], parts=part[order])
    for name, component in nested(table).components.items():
        assert found.components[name].variance == pytest.approx(component.variance)


def test_nested_intervals_cover() -> None:
    rng = np.random.default_rng(3)
    truth = {
        "operator": 0.64,
        "part": 4.0,
        "repeatability": 1.0,
        "grr": 1.64,
        "total": 5.64,
        "ndc": math.sqrt(8 / 1.64),
    }
    hits = dict.fromkeys(truth, 0)
    for _ in range(600):
        found = nested(nested_table(rng, o=5)).intervals
        for name, value in truth.items():
            hits[name] += found[name].lower <= value <= found[name].upper
    for name, count in hits.items():
        assert count / 600 > 0.92, name


def test_type3_by_one_way_analysis() -> None:
    """Against scipy's one-way F; the interval of the ratio is exact, so coverage is 95 %."""
    rng = np.random.default_rng(5)
    table = 2.0 * rng.normal(size=(25, 1)) + rng.normal(size=(25, 2))
    found = type3(table, tolerance=20)
    theirs = stats.f_oneway(*table)
    row = found.anova[0]
    assert (row.f, row.p) == (pytest.approx(theirs.statistic), pytest.approx(theirs.pvalue))
    assert found.components["grr"].pct_tolerance == pytest.approx(100 * 6 * found.components["grr"].sigma / 20)
    hits = 0
    for _ in range(600):
        found = type3(2.0 * rng.normal(size=(12, 1)) + rng.normal(size=(12, 3)))
        hits += found.intervals["ndc"].lower <= math.sqrt(8) <= found.intervals["ndc"].upper
    assert 0.92 < hits / 600 < 0.98


@pytest.mark.parametrize("method", ["reml", "henderson"])
def test_expanded_equals_the_balanced_analysis(method: str) -> None:
    rng = np.random.default_rng(2)
    table = crossed_table(rng)
    found = expanded(table.ravel(), labels(), method=method).components
    usual = crossed(table, alpha_to_pool=1.0).components
    for mine, theirs in (("part", "part"), ("operator", "operator"), ("part*operator", "interaction"), ("grr", "grr")):
        assert found[mine].variance == pytest.approx(usual[theirs].variance, rel=1e-6)
    inner = nested_table(rng)
    columns = {
        "operator": np.repeat(np.arange(OPERATORS), PARTS * TRIALS).tolist(),
        "part": np.tile(np.repeat(np.arange(PARTS), TRIALS), OPERATORS).tolist(),
    }
    found = expanded(inner.ravel(), columns, terms=["operator", "part(operator)"], method=method).components
    for name, component in nested(inner).components.items():
        assert found[name].variance == pytest.approx(component.variance, rel=1e-6, abs=1e-9)


def test_unbalanced_reml_is_that_of_statsmodels() -> None:
    import pandas as pd
    import statsmodels.formula.api as smf

    rng = np.random.default_rng(2)
    y = crossed_table(rng).ravel()
    y[rng.random(y.size) < 0.25] = np.nan
    found = expanded(y, labels())
    frame = pd.DataFrame({**labels(), "y": y, "all": 1}).dropna()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # statsmodels tells of its own convergence
        theirs = smf.mixedlm(
            "y ~ 1",
            frame,
            groups="all",
            vc_formula={"a": "0 + C(part)", "b": "0 + C(operator)", "c": "0 + C(part):C(operator)"},
        ).fit(reml=True)
    expected = dict(zip(("operator", "part", "part*operator"), (0.0, 0.0, 0.0), strict=True))
    names = {"a": "part", "b": "operator", "c": "part*operator"}
    for key, value in zip(theirs.model.exog_vc.names, theirs.vcomp, strict=True):
        expected[names[key]] = float(value)
    for name, value in expected.items():
        assert found.components[name].variance == pytest.approx(value, rel=1e-3)
    assert found.components["repeatability"].variance == pytest.approx(theirs.scale, rel=1e-3)
    assert "missing_values" in {note.code for note in found.notes}


def test_henderson_is_unbiased_without_balance() -> None:
    rng = np.random.default_rng(9)
    part, operator = np.array(labels(6, 3, 2)["part"]), np.array(labels(6, 3, 2)["operator"])
    keep = np.arange(part.size) % 5 != 1
    cell = np.unique(part * 10 + operator, return_inverse=True)[1]
    effects = [Effect("part", part[keep]), Effect("operator", operator[keep]), Effect("both", cell[keep])]
    design = np.ones((int(keep.sum()), 1))
    total = np.zeros(4)
    rounds = 1500
    for _ in range(rounds):
        y = crossed_table(rng, 6, 3, 2).ravel()[keep]
        total += henderson(y, design, effects).variances
    assert total / rounds == pytest.approx([4.0, 0.64, 0.49, 1.0], rel=0.15, abs=0.08)


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1))
def test_reml_is_a_maximum(seed: int) -> None:
    """No variance moved by a little makes the restricted likelihood higher, at 0 or above it."""
    from analysis.msa.variance_components import _Likelihood

    rng = np.random.default_rng(seed)
    y = crossed_table(rng, 5, 3, 2).ravel()
    columns = labels(5, 3, 2)
    effects = [Effect(name, np.array(codes)) for name, codes in columns.items()]
    design = np.ones((y.size, 1))
    found = reml(y - y.mean(), design, effects)
    kernels = [effect.indicator() @ effect.indicator().T for effect in effects] + [np.eye(y.size)]
    best = _Likelihood(y - y.mean(), design, kernels, found.variances).level
    for index in range(3):
        for step in (-1e-3, 1e-3):
            moved = found.variances.copy()
            moved[index] += step
            if moved[index] >= 0.0:
                assert _Likelihood(y - y.mean(), design, kernels, moved).level <= best + 1e-9


def test_three_factors_and_a_fixed_one() -> None:
    rng = np.random.default_rng(4)
    p, o, g, r = 8, 3, 2, 2
    shape = (p, o, g, r)
    y = (
        3.0 * rng.normal(size=(p, 1, 1, 1))
        + 0.8 * rng.normal(size=(1, o, 1, 1))
        + np.array([-1.0, 1.0]).reshape(1, 1, g, 1)
        + 0.5 * rng.normal(size=shape)
    )
    index = np.indices(shape).reshape(4, -1)
    columns = {"part": index[0].tolist(), "operator": index[1].tolist(), "gauge": index[2].tolist()}
    found = expanded(y.ravel(), columns, terms=["part", "operator", "gauge"], fixed=["gauge"])
    assert found.components["gauge"].variance == pytest.approx(2.0, rel=0.25)  # of the effects -1 and 1
    assert found.components["repeatability"].sigma == pytest.approx(0.5, rel=0.2)
    assert found.components["total"].variance == pytest.approx(
        found.components["grr"].variance + found.components["part"].variance
    )
    everything = expanded(y.ravel(), columns).components
    assert {"part*operator", "part*gauge", "operator*gauge"} <= everything.keys()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda y, f: expanded(y, f, method="ml"), "not a method"),
        (lambda y, f: expanded(y[:3], {name: item[:3] for name, item in f.items()}), "at least 4"),
        (lambda y, f: expanded(y, {"operator": f["operator"]}), "no factor 'part'"),
        (lambda y, f: expanded(y, {**f, "day": [1] * len(y)}), "one level"),
        (lambda y, f: expanded(y, f, terms=["part", "day"]), "no factor"),
        (lambda y, f: expanded(y, f, terms=["operator"]), "stands for the parts"),
        (lambda y, f: expanded(y, f, terms=["part", "part(operator)", "part*operator"]), "same factors"),
        (lambda y, f: expanded(y, f, fixed=["day"]), "no term of its own"),
        (lambda y, f: expanded(y, f, fixed=["operator"], method="henderson"), "reml"),
        (lambda y, f: expanded(y, {**f, "part": f["part"][:-1]}), "labels of part"),
        (lambda y, _: nested(y), "1 dimensions"),
        (lambda y, _: nested(y.reshape(PARTS, OPERATORS, TRIALS)[:1]), "1 operators"),
        (lambda y, f: nested(y[:-1], operators=f["operator"][:-1], parts=f["part"][:-1]), "not balanced"),
        (lambda y, _: type3(y), "1 dimensions"),
        (lambda y, _: type3(y.reshape(-1, 1)), "1 trials"),
        (lambda y, _: type3(np.where(y.reshape(PARTS, -1) > 0, np.nan, 1.0)), "missing"),
    ],
)
def test_contradictory_input_is_refused_in_a_sentence(call: Any, says: str) -> None:
    y = crossed_table(np.random.default_rng(1)).ravel()
    with pytest.raises(AnalysisError, match=says):
        call(y, labels())


def test_no_variation_gives_the_reason() -> None:
    for found in (
        nested(np.ones((2, 2, 2))),
        type3(np.full((3, 2), 0.1)),
        expanded(np.ones(PARTS * OPERATORS * TRIALS), labels()),
    ):
        assert found.components == {}
        assert found.notes[0].code == "no_variation"
        assert found.to_dict()["ndc"] is None
