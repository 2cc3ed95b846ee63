"""Machine capability and the numbers of the six-panel report."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from analysis.capability import Specification, machine, six_panel, study
from analysis.errors import AnalysisError

VALUES = np.random.default_rng(12).normal(10.0, 0.1, 50)


def test_machine_capability_by_hand() -> None:
    found = machine(VALUES, Specification(9.4, 10.5))
    s = VALUES.std(ddof=1)
    assert found.cm == pytest.approx(1.1 / (6 * s))
    assert found.cmk == pytest.approx(min(10.5 - VALUES.mean(), VALUES.mean() - 9.4) / (3 * s))
    assert found.capable == (found.cm >= 1.67 and found.cmk >= 1.67)
    assert found.intervals["cm"].lower < found.cm < found.intervals["cm"].upper
    assert found.anderson_darling is not None
    assert [note.code for note in found.notes] == ["few_pieces"]


def test_machine_capability_of_a_one_sided_skewed_characteristic() -> None:
    values = np.random.default_rng(2).weibull(1.5, 120) * 0.01
    found = machine(values, Specification(0.0, 0.06, lower_is_boundary=True), model="weibull")
    assert found.cm is None
    assert found.cmk == found.cmu
    assert found.reference is not None
    assert found.cmk == pytest.approx(
        (0.06 - found.reference.median) / (found.reference.upper - found.reference.median)
    )


def test_machine_capability_without_values() -> None:
    found = machine([], Specification(0, 1))
    assert (found.cm, found.capable) == (None, None)
    assert machine([5.0, 5.0, 5.0], Specification(0, 9)).notes[0].code == "no_variation"
    with pytest.raises(AnalysisError, match="no model of machine"):
        machine(VALUES, Specification(0, 20), model="box_cox")
    with pytest.raises(AnalysisError, match="required"):
        machine(VALUES, Specification(0, 20), required=0)


def test_six_panels_hold_together() -> None:
    table = np.random.default_rng(3).normal(10, 1, (40, 5))
    found = six_panel(table, Specification(6, 14))
    assert found.chart is not None
    assert found.chart.limits[0].sigma == pytest.approx(found.capability.within.sigma)
    assert found.last_subgroups is not None
    assert (min(found.last_subgroups.positions), len(found.last_subgroups.values)) == (15, 125)
    assert found.histogram is not None
    assert sum(found.histogram.counts) == 200
    area = np.trapezoid(found.histogram.curve_overall, found.histogram.curve_x)
    width = found.histogram.edges[1] - found.histogram.edges[0]
    assert area == pytest.approx(200 * width, rel=1e-3)
    plot = found.probability_plot
    assert plot is not None
    assert plot.probabilities[0] == pytest.approx((1 - 0.375) / 200.25)
    assert plot.scores == pytest.approx(stats.norm.ppf(plot.probabilities))
    assert all(low < line < high for low, line, high in zip(plot.band_lower, plot.line, plot.band_upper, strict=True))
    assert found.capability_plot is not None
    assert found.capability_plot.overall == pytest.approx(
        (table.mean() - 3 * table.std(ddof=1), table.mean() + 3 * table.std(ddof=1))
    )
    assert found.capability == study(table, Specification(6, 14))
    assert found.to_dict()["histogram"]["counts"] == list(found.histogram.counts)


def test_probability_band_covers_the_true_line() -> None:
    """At each plotted score the 95 % band holds the true quantile in about 95 of 100 samples."""
    rng = np.random.default_rng(1)
    hits = np.zeros(30)
    for _ in range(400):
        plot = six_panel(rng.normal(size=30), Specification(-4, 4)).probability_plot
        assert plot is not None
        score = np.array(plot.scores)
        hits += (np.array(plot.band_lower) <= score) & (score <= np.array(plot.band_upper))
    assert np.all((hits / 400 > 0.88) & (hits / 400 < 0.99))


@pytest.mark.parametrize("values", [[], [1.0], [2.0, 2.0, 2.0], [math.nan]])
def test_panels_of_nothing_are_none(values: list[float]) -> None:
    found = six_panel(values, Specification(0, 10))
    assert found.chart is found.histogram is found.probability_plot is None
    assert found.notes[0].level == "refusal"


def test_six_panels_of_individuals_and_large_subgroups() -> None:
    individuals = six_panel([1.0, 2.0, math.nan, 4.0, 3.0], Specification(0, 10), last=3)
    assert individuals.last_subgroups is not None
    assert individuals.last_subgroups.positions == (3, 4)
    large = six_panel(np.random.default_rng(1).normal(size=(12, 10)), Specification(-5, 5), within="s_bar")
    assert large.chart is not None
    assert large.chart.limits[0].chart == "xbar_s"
    with pytest.raises(AnalysisError):
        six_panel([1, 2], Specification(0, 3), last=0)
    with pytest.raises(AnalysisError):
        six_panel([1, 2], Specification(0, 3), positions="filliben")
