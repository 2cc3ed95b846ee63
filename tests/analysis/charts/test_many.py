"""Thousands of characteristics in one pass have the charts they would have alone."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import charts, rules
from analysis.charts import judging, many
from analysis.errors import AnalysisError


@pytest.mark.parametrize("chunk", [65_536, 100])
def test_each_has_the_chart_it_would_have_alone(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "CHUNK", chunk)
    monkeypatch.setattr(judging, "CHUNK", chunk)
    generator = np.random.default_rng(3)
    table = np.round(generator.standard_normal((150, 40)) * 8) / 8 + np.linspace(0, 2, 150)[:, None]
    table[generator.random(table.shape) < 0.03] = np.nan
    table[:, 5] = 7.0
    table[:, 6] = np.nan
    made = charts.individuals_of_many(table, rules.NELSON)
    for column in range(40):
        if column == 6:
            assert np.isnan(made.sigma[6])
            assert not made.signals[:, 6].any()
            continue
        alone = charts.study("i_mr", table[:, column], rules.NELSON)
        assert alone.dispersion is not None
        assert (made.center[column], made.sigma[column]) == (alone.limits[0].center, alone.limits[0].sigma)
        assert np.array_equal(made.signals[:, column], alone.location.signals)
        assert np.array_equal(made.range_signals[:, column], alone.dispersion.signals)
        assert made.ucl[column] == alone.location.ucl[0]
        assert made.range_ucl[column] == alone.dispersion.ucl[0]
        assert made.fired[1, column] == ((alone.signals >> 1) & 1).sum()
    assert made.signals.shape == (150, 40)
    assert made.to_dict()["rules"]["name"] == "nelson"


def test_what_is_no_table_is_told() -> None:
    with pytest.raises(AnalysisError, match="two dimensions"):
        charts.individuals_of_many([1.0, 2.0])
    with pytest.raises(AnalysisError, match="width of the limits"):
        charts.individuals_of_many([[1.0], [2.0]], width=0)
    assert charts.individuals_of_many(np.empty((0, 3))).signals.shape == (0, 3)
    assert charts.individuals_of_many(np.empty((3, 0))).center.shape == (0,)
