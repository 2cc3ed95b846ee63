"""What must hold for any data: units do not matter, a larger sigma widens limits, impossible input is told."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import charts, rules
from analysis.charts.kinds import KINDS
from analysis.errors import AnalysisError

COLUMNS = ["i_mr", "ewma", "cusum", "moving_average", "zone", "run"]
GROUPS = ["xbar_r", "median_r", "xbar_s", "i_mr_r", "i_mr_s", "ewma", "cusum", "moving_average", "zone"]


def data(seed: int, grouped: bool) -> np.ndarray:
    generator = np.random.default_rng(seed)
    level = np.repeat([0.0, 1.0], 30)
    return generator.standard_normal((60, 4) if grouped else 60) + (level[:, None] if grouped else level) + 8


@pytest.mark.parametrize(("chart", "grouped"), [*((c, False) for c in COLUMNS), *((c, True) for c in GROUPS)])
@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1), power=st.integers(-20, 20), steps=st.integers(-1000, 1000))
def test_unit_and_zero_do_not_matter(chart: str, grouped: bool, seed: int, power: int, steps: int) -> None:
    values = data(seed, grouped)
    base = charts.study(chart, values, rules.NELSON)
    scaled = charts.study(chart, values * 2.0**power, rules.NELSON)
    for first, second in zip(base.panels, scaled.panels, strict=True):
        assert np.array_equal(first.signals, second.signals)  # a power of two changes no digit
    shifted = charts.study(chart, values + steps, rules.NELSON)
    for first, second in zip(base.panels, shifted.panels, strict=True):
        clear = clear_of_lines(first)
        if clear:
            assert np.array_equal(first.signals, second.signals)
        move = steps if first.name == "location" and chart not in {"cusum", "zone"} else 0
        assert first.ucl + move == pytest.approx(second.ucl, rel=1e-9, abs=1e-9, nan_ok=True)


def clear_of_lines(panel: charts.Panel) -> bool:
    """Whether no point lies so near a line or its neighbour that rounding may decide."""
    points = panel.statistic[~np.isnan(panel.statistic)]
    gaps = [np.abs(np.diff(points))]
    for zone in (-3, -2, -1, 0, 1, 2, 3):
        line = panel.center + zone * panel.sigma
        gaps.append(np.abs(panel.statistic - line))
    gaps += [np.abs(panel.statistic - panel.ucl), np.abs(panel.statistic - panel.lcl)]
    together = np.concatenate(gaps)
    return bool((together[~np.isnan(together)] > 1e-9).all())


@pytest.mark.parametrize("chart", ["i_mr", "xbar_r", "xbar_s", "ewma", "moving_average", "i_mr_s"])
@settings(max_examples=20)
@given(
    first=st.floats(1e-6, 1e6),
    factor=st.floats(1.0001, 1e3),
    mean=st.floats(-1e3, 1e3),
    width=st.floats(0.5, 6),
    index=st.integers(0, 4),
)
def test_limits_widen_with_sigma(
    chart: str, first: float, factor: float, mean: float, width: float, index: int
) -> None:
    extra: dict[str, Any] = {"sigma_means": first} if chart == "i_mr_s" else {}
    points = np.full((5, 3), mean) if chart.startswith(("x", "i_mr_s")) else np.full(5, mean)
    size = 3 if points.ndim == 2 else 1
    narrow = charts.evaluate(points, charts.known(chart, mean=mean, sigma=first, size=size, width=width, **extra))
    extra = {"sigma_means": first * factor} if extra else {}
    wide = charts.evaluate(
        points, charts.known(chart, mean=mean, sigma=first * factor, size=size, width=width, **extra)
    )
    for a, b in zip(narrow.panels, wide.panels, strict=True):
        assert b.ucl[index] >= a.ucl[index]
        if a.name == "location":
            assert b.lcl[index] <= a.lcl[index]
        else:
            assert b.lcl[index] >= a.lcl[index] >= 0  # of a range or deviation, both lines rise


ODD: dict[str, Any] = {
    "nothing": [],
    "one": [5.0],
    "missing": [math.nan] * 6,
    "no variation": [5.0] * 6,
    "text": ["a", "b"],
    "none": None,
    "infinite": [1.0, math.inf, 2.0],
    "too deep": np.zeros((2, 2, 2, 2)),
    "ragged": [[1.0, 2.0], [3.0]],
    "empty groups": [[], []],
    "one value groups": [[1.0], [2.0], [3.0]],
    "missing groups": [[math.nan, math.nan]] * 4,
    "constant groups": [[2.0, 2.0]] * 4,
    "constant vectors": [[[1.0, 2.0]] * 4] * 4,
    "negative": [-3.0, -2.0, -5.0],
    "huge": [1e308, -1e308, 1e308, 5e307],
    "tiny": [5e-324, 0.0, 5e-324],
}


@pytest.mark.parametrize("what", ODD)
@pytest.mark.parametrize("chart", KINDS)
def test_impossible_data_is_a_result_or_a_sentence(chart: str, what: str) -> None:
    options: dict[str, Any] = {}
    values = ODD[what]
    count = len(values) if values is not None else 0
    if chart in {"p", "np", "u", "laney_p", "laney_u"}:
        options["sizes"] = 10
    if chart in {"deviation_i_mr", "deviation_xbar_r", "z_mr", "z_xbar_r"}:
        options["parts"] = ["A"] * count
    if chart == "pre_control":
        options |= {"lsl": 0.0, "usl": 10.0}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = charts.study(chart, values, rules.NELSON, **options)
        except AnalysisError as error:
            assert error.sentence.endswith(".")  # either outcome is right, both are checked
            return
        result.to_dict()
        assert len(result.location.signals) == count


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: charts.fit("xbar", [[1, 2]]), "There is no chart 'xbar'"),
        (lambda: charts.fit("i_mr", [1, 2, 3], span=3), "has no setting span"),
        (lambda: charts.fit("i_mr", [1, 2, 3], sigma="r_bar"), "no estimator 'r_bar' for individual values"),
        (lambda: charts.fit("xbar_r", [[1, 2], [2, 3]], sigma="mr"), "no estimator 'mr' for subgroups"),
        (lambda: charts.fit("i_mr", [1, 2, 3], exclude=[3]), "Point 3 is to be left out of 3 points"),
        (lambda: charts.fit("i_mr", [1, 2, 3], width=0), "width of the limits is 0"),
        (lambda: charts.fit("i_mr", [1, 2, 3], mean=math.nan), "nan as its 'mean'"),
        (lambda: charts.fit("i_mr", [1, 2, 3], known_sigma=-1), "sigma not negative"),
        (lambda: charts.fit("i_mr", [1, 2, 3], window=1), "moving range of 1 points"),
        (lambda: charts.fit("i_mr", [1, 2, 3], sizes=[1, 2, 3]), "takes no sizes"),
        (lambda: charts.fit("xbar_r", [[1, 2]] * 3, parts=["A"] * 3), "takes no parts"),
        (lambda: charts.fit("p", [1, 2]), "needs how many were inspected"),
        (lambda: charts.fit("p", [1, 2], sizes=[5]), "2 counts and 1 sizes"),
        (lambda: charts.fit("p", [1, 9], sizes=5), "impossible count 9 among 5"),
        (lambda: charts.fit("p", [1, 2], sizes=[5.5, 6]), "impossible size 5.5"),
        (lambda: charts.fit("u", [1, 2], sizes=[5.5, -6]), "impossible size -6"),
        (lambda: charts.fit("c", [1, 2], sizes=[1, 2]), "units of one size"),
        (lambda: charts.fit("p", [1, 2], sizes=5, mean=1.5), "mean rate cannot be 1.5"),
        (lambda: charts.fit("g", [1.5, 2]), "whole numbers"),
        (lambda: charts.fit("t", [1.5, -2]), "not negative"),
        (lambda: charts.fit("t", [1.5, 2], method="log"), "no method 'log'"),
        (lambda: charts.fit("ewma", [1, 2, 3], weight=0), "setting weight is 0"),
        (lambda: charts.fit("moving_average", [1, 2, 3], span=1), "setting span is 1"),
        (lambda: charts.fit("cusum", [1, 2, 3], units="mm"), "sigma or data"),
        (lambda: charts.fit("cusum", [1, 2, 3], decision=0), "cannot have reference"),
        (lambda: charts.fit("zone", [1, 2, 3], weights=[0, 2, 1, 8]), "zone weights"),
        (lambda: charts.fit("z_mr", [1, 2, 3]), "needs the part"),
        (lambda: charts.fit("z_mr", [1, 2, 3], parts=["A", "B"]), "3 points and 2 parts"),
        (lambda: charts.fit("z_mr", [1, 1, 1], parts=["A"] * 3), "do not vary"),
        (lambda: charts.fit("z_mr", [-1, 1, 2], parts=["A"] * 3, spread="relative"), "no relative size"),
        (lambda: charts.fit("hotelling_t2", [[1, 2], [2, 4], [3, 6], [4, 8]]), "cannot be inverted"),
        (lambda: charts.fit("hotelling_t2", [[1, 2], [2, 1], [3, 3], [4, 1]], phase=3), "phase 1 or 2"),
        (lambda: charts.fit("hotelling_t2", np.eye(3)), "cannot be inverted"),
        (
            lambda: charts.fit("generalized_variance", np.ones((4, 2, 2)) * np.arange(2)),
            "no generalised variance|inverted",
        ),
        (lambda: charts.known("i_mr", mean=0.0), "needs sigma too"),
        (lambda: charts.known("i_mr", sigma=1.0), "needs a mean"),
        (lambda: charts.known("i_mr", mean=0.0, sigma=1.0, spam=1), "has no setting spam"),
        (lambda: charts.known("i_mr", mean=0.0, sigma=-1.0), "cannot be made from"),
        (lambda: charts.known("i_mr_r", mean=0.0, sigma=1.0, size=4), "standard deviation of its means"),
        (lambda: charts.known("mewma"), "needs a mean vector"),
        (lambda: charts.study("i_mr", [1, 2, 3], stages=["a"]), "3 points and 1 stage labels"),
        (lambda: charts.evaluate([[1.0, 2.0, 3.0]], t2_limits()), "for 2 variables; these points have 3"),
        (lambda: charts.study("i_mr", [1, 2, 3]).fires("nelson_1"), "has no rule nelson_1"),
        (lambda: charts.study("p", [1, 2, 3], sizes=9).fires("beyond_limits", "dispersion"), "no panel 'dispersion'"),
    ],
)
def test_every_wrong_call_is_told_in_a_sentence(wrong: Any, sentence: str) -> None:
    with pytest.raises(AnalysisError, match=sentence):
        wrong()


def t2_limits() -> charts.Limits:
    return charts.known("hotelling_t2", mean_vector=[0.0, 0.0], covariance=[[1.0, 0.0], [0.0, 1.0]])


def test_no_variation_is_noted() -> None:
    result = charts.study("i_mr", [5.0, 5.0, 5.0])
    assert [note.code for note in result.notes] == ["no_variation"]
    assert result.signals.tolist() == [0, 0, 0]
    assert charts.evaluate([5.0, 5.1], result.limits[0]).location.out.tolist() == [1]
