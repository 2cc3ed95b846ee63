"""Every chart: one point at a time, in chunks of any size, and the whole file say the same, whatever is missing."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import charts, rules
from analysis.charts.kinds import KINDS
from analysis.errors import AnalysisError
from analysis.rules import RuleSet
from analysis.stream import LiveChart


class Series(NamedTuple):
    """Points of one chart as its callers give them."""

    values: Any
    sizes: Any = None
    parts: Any = None

    def part(self, start: int, stop: int) -> Series:
        return Series(*(None if item is None else item[start:stop] for item in self))


def holes(generator: np.random.Generator, values: np.ndarray) -> np.ndarray:
    values = np.array(values, dtype=float)
    values[generator.random(len(values)) < 0.06] = np.nan
    return values


def column(generator: np.random.Generator, count: int) -> Series:
    level = np.repeat([0.0, 1.5, -0.5], (count // 3, count // 3, count - 2 * (count // 3)))
    return Series(holes(generator, np.round((generator.standard_normal(count) + level) * 8) / 8 + 20))


def subgroups(generator: np.random.Generator, count: int) -> Series:
    matrix = generator.standard_normal((count, 5)) + np.linspace(0, 2, count)[:, None] + 20
    matrix[generator.random((count, 5)) < 0.05] = np.nan
    matrix[generator.random(count) < 0.05] = np.nan
    return Series(matrix)


def defectives(generator: np.random.Generator, count: int) -> Series:
    sizes = generator.choice([50, 50, 80], count).astype(float)
    sizes[generator.random(count) < 0.05] = 0
    share = np.clip(np.linspace(0.05, 0.3, count), 0, 1)
    return Series(generator.binomial(sizes.astype(int), share), sizes)


def defects(generator: np.random.Generator, count: int) -> Series:
    return Series(holes(generator, generator.poisson(4, count)), np.full(count, 2.0))


def defects_per_unit(generator: np.random.Generator, count: int) -> Series:
    sizes = generator.choice([1.0, 1.5, 4.0], count)
    return Series(holes(generator, generator.poisson(3 * sizes)), sizes)


def cases_between(generator: np.random.Generator, count: int) -> Series:
    return Series(holes(generator, generator.geometric(0.05, count)))


def times_between(generator: np.random.Generator, count: int) -> Series:
    return Series(holes(generator, generator.exponential(30, count) + 1e-3))


def parts_column(generator: np.random.Generator, count: int) -> Series:
    parts = generator.choice(["A", "B"], count)
    made = column(generator, count)
    return Series(made.values + 10 * (parts == "B"), None, parts)


def parts_subgroups(generator: np.random.Generator, count: int) -> Series:
    parts = generator.choice(["A", "B"], count)
    return Series(subgroups(generator, count).values + 10 * (parts == "B")[:, None], None, parts)


def vectors(generator: np.random.Generator, count: int) -> Series:
    made = generator.standard_normal((count, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0.3], [0, 0, 1]]) + 5
    made[generator.random((count, 3)) < 0.02] = np.nan
    return Series(made)


def vector_subgroups(generator: np.random.Generator, count: int) -> Series:
    made = generator.standard_normal((count, 6, 2)) * np.linspace(1, 2, count)[:, None, None]
    made[generator.random((count, 6)) < 0.05] = np.nan
    made[generator.random(count) < 0.05] = np.nan
    return Series(made)


Maker = Callable[[np.random.Generator, int], Series]
CASES: dict[str, tuple[str, Maker, dict[str, Any]]] = {
    "i_mr": ("i_mr", column, {}),
    "i_mr of four": ("i_mr", column, {"window": 4, "sigma": "mr_median"}),
    "xbar_r": ("xbar_r", subgroups, {}),
    "xbar_s": ("xbar_s", subgroups, {"sigma": "pooled_c4"}),
    "median_r": ("median_r", subgroups, {}),
    "p": ("p", defectives, {}),
    "np": ("np", defectives, {}),
    "c": ("c", defects, {}),
    "u": ("u", defects_per_unit, {}),
    "laney_p": ("laney_p", defectives, {}),
    "laney_u": ("laney_u", defects_per_unit, {}),
    "ewma": ("ewma", column, {}),
    "ewma of subgroups": ("ewma", subgroups, {"weight": 0.4}),
    "ewma settled": ("ewma", subgroups, {"asymptotic": True}),
    "moving_average": ("moving_average", column, {"span": 4}),
    "moving_average of subgroups": ("moving_average", subgroups, {}),
    "cusum": ("cusum", column, {"headstart": 0.5}),
    "cusum of subgroups": ("cusum", subgroups, {"restart": True, "decision": 4.0}),
    "g": ("g", cases_between, {}),
    "g by probability": ("g", cases_between, {"method": "probability", "least": 1}),
    "t": ("t", times_between, {}),
    "t weibull": ("t", times_between, {"method": "weibull"}),
    "i_mr_r": ("i_mr_r", subgroups, {}),
    "i_mr_s": ("i_mr_s", subgroups, {}),
    "zone": ("zone", column, {}),
    "zone of subgroups": ("zone", subgroups, {"restart": True}),
    "deviation_i_mr": ("deviation_i_mr", parts_column, {}),
    "deviation_xbar_r": ("deviation_xbar_r", parts_subgroups, {"means": {"A": 20, "B": 30}}),
    "z_xbar_r": ("z_xbar_r", parts_subgroups, {}),
    "z_mr": ("z_mr", parts_column, {}),
    "z_mr relative": ("z_mr", parts_column, {"spread": "relative"}),
    "hotelling_t2": ("hotelling_t2", vectors, {}),
    "hotelling_t2 of subgroups": ("hotelling_t2", vector_subgroups, {"phase": 1}),
    "hotelling_t2 successive": ("hotelling_t2", vectors, {"estimator": "successive", "phase": 1}),
    "mewma": ("mewma", vectors, {"limit": 10.0}),
    "mewma of subgroups": ("mewma", vector_subgroups, {"limit": 8.0, "asymptotic": True}),
    "generalized_variance": ("generalized_variance", vector_subgroups, {}),
    "pre_control": ("pre_control", column, {"lsl": 17, "usl": 23}),
    "run": ("run", column, {}),
}
MANY = RuleSet(
    "many",
    (
        *rules.NELSON.rules,
        rules.Rule("warning", "k_of_m", 1, zone=1.5),
        rules.Rule("two_ties", "trend", 3, strict=False),
        *(rule for rule in rules.VDA.rules if rule.code.startswith("middle")),
    ),
)


def limits_for(name: str) -> charts.Limits:
    kind, make, options = CASES[name]
    made = make(np.random.default_rng(99), 90)
    return charts.fit(kind, made.values, sizes=made.sizes, parts=made.parts, **options)


def test_every_kind_has_a_case() -> None:
    assert {kind for kind, _, _ in CASES.values()} == set(KINDS)


@pytest.mark.parametrize("name", CASES)
def test_batch_equals_stream(name: str) -> None:
    limits = limits_for(name)
    made = CASES[name][1]

    @settings(max_examples=40)
    @given(st.integers(0, 2**32 - 1), st.integers(0, 60), st.data())
    def agree(seed: int, count: int, data: st.DataObject) -> None:
        series = made(np.random.default_rng(seed), count)
        whole = charts.evaluate(series.values, limits, MANY, sizes=series.sizes, parts=series.parts)
        expected = [(panel.statistic, panel.signals) for panel in whole.panels]

        live = LiveChart(limits, MANY)
        for index in range(count):
            judged = live.push(*(None if item is None else item[index] for item in series))
            compare_point(judged, whole, index)

        cuts = sorted(data.draw(st.lists(st.integers(0, count), max_size=4)))
        chunked = LiveChart(limits, MANY)
        statistics: list[list[np.ndarray]] = [[] for _ in expected]
        masks: list[list[np.ndarray]] = [[] for _ in expected]
        for start, stop in zip([0, *cuts], [*cuts, count], strict=True):
            part = series.part(start, stop)
            for number, panel in enumerate(chunked.push_many(part.values, part.sizes, part.parts)):
                statistics[number].append(panel.statistic)
                masks[number].append(panel.masks)
            chunked = LiveChart.restore(chunked.snapshot_bytes())
        by_name = {panel.name: number for number, panel in enumerate(chunked.push_many(**empty(series)))}
        for panel in whole.panels:
            number = by_name[panel.name]
            assert np.array_equal(np.concatenate(statistics[number]), panel.statistic, equal_nan=True)
            assert np.array_equal(np.concatenate(masks[number]), panel.signals)
        assert chunked.snapshot() == live.snapshot()
        assert chunked.count == count

    agree()


def empty(series: Series) -> dict[str, Any]:
    part = series.part(0, 0)
    return {"values": part.values, "sizes": part.sizes, "parts": part.parts}


def compare_point(judged: charts.Judgement, whole: charts.ChartResult, index: int) -> None:
    at = [(float(panel.statistic[index]), int(panel.signals[index])) for panel in whole.panels]
    assert same(judged.mean, at[0][0])
    assert same(judged.spread, at[1][0] if whole.dispersion is not None else math.nan)
    sides = [panel.name in {"dispersion", "between"} for panel in whole.panels]
    assert judged.location_mask == np.bitwise_or.reduce(
        [0, *(m for (_, m), side in zip(at, sides, strict=True) if not side)]
    )
    assert judged.dispersion_mask == np.bitwise_or.reduce(
        [0, *(m for (_, m), side in zip(at, sides, strict=True) if side)]
    )


def same(first: float, second: float) -> bool:
    return first == second or (math.isnan(first) and math.isnan(second))


@pytest.mark.parametrize("name", ["i_mr", "xbar_r", "ewma", "cusum", "moving_average", "mewma", "p"])
def test_a_hundred_thousand_points_equal_chunks_of_odd_lengths(name: str) -> None:
    kind, make, options = CASES[name]
    generator = np.random.default_rng(4)
    series = make(generator, 100_003)
    limits = charts.fit(kind, series.values, sizes=series.sizes, **options)
    whole = charts.evaluate(series.values, limits, MANY, sizes=series.sizes)
    live = LiveChart(limits, MANY)
    start, at = 0, 0
    while start < 100_003:
        stop = min(start + (1, 7, 300, 20_011, 9_000)[at % 5], 100_003)
        part = series.part(start, stop)
        for panel, expected in zip(live.push_many(part.values, part.sizes), whole.panels, strict=True):
            assert np.array_equal(panel.statistic, expected.statistic[start:stop], equal_nan=True)
            assert np.array_equal(panel.masks, expected.signals[start:stop])
        start, at = stop, at + 1
    assert whole.signals.any()


def test_judgement_names_mean_spread_and_masks() -> None:
    limits = charts.known("xbar_r", mean=10.0, sigma=1.0, size=4)
    live = LiveChart(limits, rules.NELSON)
    assert live.push([10, 11, 12, 13]) == (11.5, 3.0, 0, 0, ())
    judged = live.push([12, 12, 12, 12.5])
    assert rules.NELSON.names(judged.location_mask) == ("nelson_1", "nelson_5")
    assert (judged.mean, judged.spread, judged.dispersion_mask) == (12.125, 0.5, 0)


def test_cusum_judgement_carries_both_sides() -> None:
    live = LiveChart(charts.known("cusum", mean=0.0, sigma=1.0, decision=4.0), rules.NELSON)
    judged = live.push(-6.0)
    assert judged.panels == ((0.0, 0), (5.5, 1))
    assert judged.location_mask == 1
    assert math.isnan(judged.spread)


@pytest.mark.parametrize(
    ("chart", "options", "observation", "sentence"),
    [
        ("i_mr", {"mean": 0.0, "sigma": 1.0}, "abc", "A point is one number"),
        ("i_mr", {"mean": 0.0, "sigma": 1.0}, math.inf, "infinite"),
        ("xbar_r", {"mean": 0.0, "sigma": 1.0, "size": 3}, [1, 2, math.inf], "infinite"),
        ("xbar_r", {"mean": 0.0, "sigma": 1.0, "size": 3}, 5.0, "A subgroup is a list of numbers"),
        ("p", {"mean": 0.1, "size": 50}, 51, "count 51 among 50"),
        ("p", {"mean": 0.1, "size": 50}, -1, "count -1"),
        ("c", {"mean": 3.0}, 2.5, "count 2.5"),
        ("g", {"mean": 3.0}, 2.5, "whole numbers"),
        ("t", {"mean": 3.0}, -2.5, "not negative"),
    ],
)
def test_a_refused_observation_leaves_the_chart_as_it_was(
    chart: str, options: dict[str, Any], observation: object, sentence: str
) -> None:
    live = LiveChart(charts.known(chart, **options), rules.NELSON)
    before = live.snapshot()
    with pytest.raises(AnalysisError, match=sentence):
        live.push(observation)
    assert live.snapshot() == before


def test_snapshots_are_plain_and_refused_when_damaged() -> None:
    live = LiveChart(limits_for("cusum"), rules.NELSON)
    live.push_many([20.0, 21.0, 25.0])
    kept = live.snapshot()
    assert json.loads(json.dumps(kept, allow_nan=False)) == kept
    with pytest.raises(AnalysisError, match="version 99"):
        LiveChart.restore({**kept, "version": 99})
    for damage in (b"{", b"[]", {"version": 1}, {**kept, "state": {"kind": {}, "judges": []}}, {**kept, "count": None}):
        with pytest.raises(AnalysisError, match=r"Rebuild it from the points|Fit the limits again"):
            LiveChart.restore(damage)
    other = LiveChart(limits_for("i_mr"), rules.NELSON).snapshot()
    with pytest.raises(AnalysisError, match="Rebuild"):
        LiveChart.restore({**kept, "state": other["state"]})


def test_reset_forgets_the_points() -> None:
    live = LiveChart(limits_for("ewma"), rules.NELSON)
    fresh = live.snapshot()
    live.push_many([20.0, 30.0, 40.0])
    live.reset()
    assert live.snapshot() == fresh
