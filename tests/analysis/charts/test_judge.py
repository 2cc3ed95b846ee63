"""Any rules on any points: one by one, in chunks and all at once agree with plain loops over windows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import rules
from analysis.charts import judging
from analysis.charts.judging import Judge
from analysis.charts.lines import Lines
from analysis.errors import AnalysisError
from analysis.rules import SIDES, Rule, RuleSet

# --- run rules as plain loops over windows: slow, obvious, sharing nothing with the library -------------------------


def reference_masks(
    rules: RuleSet,
    values: Sequence[float],
    center: Sequence[float],
    sigma: Sequence[float],
    lcl: Sequence[float],
    ucl: Sequence[float],
) -> list[int]:
    """One mask a point."""
    result = []
    for index in range(len(values)):
        start = index
        while start > 0 and not math.isnan(values[start - 1]):
            start -= 1
        mask = 0
        if not math.isnan(values[index]):
            points = [(values[i], center[i], sigma[i], lcl[i], ucl[i]) for i in range(start, index + 1)]
            for bit, rule in enumerate(rules.rules):
                mask |= fires(rule, points) << bit
        result.append(mask)
    return result


Point = tuple[float, float, float, float, float]


def fires(rule: Rule, points: Sequence[Point]) -> bool:
    """Whether the last of `points` (all since the last missing one) completes the pattern."""
    if rule.kind in {"trend", "alternate"}:
        return _moves(rule, [point[0] for point in points])
    above = [_more(point[0], _upper(rule, point), rule.strict) for point in points]
    below = [_more(_lower(rule, point), point[0], rule.strict) for point in points]
    if rule.kind == "inside":
        within = [
            _more(_upper(rule, point), point[0], rule.strict) and _more(point[0], _lower(rule, point), rule.strict)
            for point in points
        ]
        return _enough(within, rule)
    beyond = [a or b for a, b in zip(above, below, strict=True)]
    if rule.side == "both":
        window = slice(-rule.of, None)
        return _enough(beyond, rule) and not all(above[window]) and not all(below[window])
    if rule.side == "either":
        return _enough(beyond, rule)
    return (rule.side != "below" and _enough(above, rule)) or (rule.side != "above" and _enough(below, rule))


def _moves(rule: Rule, values: Sequence[float]) -> bool:
    if len(values) < rule.count:
        return False
    window = values[-rule.count :]
    steps = [(b > a) - (b < a) for a, b in itertools.pairwise(window)]
    if rule.kind == "alternate":
        return all(a * b < 0 for a, b in itertools.pairwise(steps))
    rising = all(step > 0 or (not rule.strict and step == 0) for step in steps)
    falling = all(step < 0 or (not rule.strict and step == 0) for step in steps)
    return (rule.side != "below" and rising) or (rule.side != "above" and falling)


def _enough(flags: Sequence[bool], rule: Rule) -> bool:
    return flags[-1] and sum(flags[-rule.of :]) >= rule.count


def _upper(rule: Rule, point: Point) -> float:
    _, center, sigma, _, ucl = point
    return ucl if rule.zone is None else center + rule.zone * sigma


def _lower(rule: Rule, point: Point) -> float:
    _, center, sigma, lcl, _ = point
    return lcl if rule.zone is None else center - rule.zone * sigma


def _more(a: float, b: float, strict: bool) -> bool:
    return a > b or (not strict and a == b)


# --- drawn rules and points ------------------------------------------------------------------------------------------

ZONES = st.sampled_from([0.0, 0.5, 1.0, 2.0, None])
# quarters meet the lines exactly, so that strictness is tried at every line
VALUES = st.lists(
    st.one_of(st.integers(-14, 14).map(lambda quarters: quarters / 4), st.just(math.nan)), min_size=1, max_size=80
)


@st.composite
def one_rule(draw: st.DrawFn, code: str) -> Rule:
    kind = draw(st.sampled_from(list(SIDES)))
    side = draw(st.sampled_from(SIDES[kind]))
    least = {"trend": 2, "alternate": 3}.get(kind, 1)
    count = draw(st.integers(least, 9))
    of = count
    if kind in {"k_of_m", "inside", "outside"} and side != "both":
        of = draw(st.integers(count, count + 4))
    strict = draw(st.booleans()) or kind == "alternate"
    return Rule(code, kind, count, of, draw(ZONES), side, strict)


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    count = draw(st.integers(1, 6))
    return RuleSet("drawn", tuple(draw(one_rule(f"rule_{index}")) for index in range(count)))


def pushed(judge: Judge, values: Sequence[float], lines: Lines) -> list[int]:
    classifier = judge.classifier(lines)
    return [judge.push(value, classifier) for value in values]


@settings(max_examples=300)
@given(rule_sets(), VALUES, st.data())
def test_all_ways_agree(made: RuleSet, values: list[float], data: st.DataObject) -> None:
    lines = Lines(0.0, -3.0, 3.0, 1.0)
    count = len(values)
    expected = reference_masks(made, values, [0.0] * count, [1.0] * count, [-3.0] * count, [3.0] * count)

    one_by_one = Judge(made)
    assert pushed(one_by_one, values, lines) == expected

    whole = Judge(made)
    assert whole.advance(np.array(values), lines).tolist() == expected
    assert whole.state() == one_by_one.state()

    cut = data.draw(st.integers(0, count))
    other = data.draw(st.integers(cut, count))
    mixed = Judge(made)
    got = mixed.advance(np.array(values[:cut]), lines).tolist()
    resumed = Judge(made)
    resumed.restore(mixed.state())
    got += pushed(resumed, values[cut:other], lines)
    got += resumed.advance(np.array(values[other:]), lines).tolist()
    assert got == expected
    assert resumed.state() == one_by_one.state()


@settings(max_examples=100)
@given(st.sampled_from(sorted(rules.SETS)), st.integers(0, 2**32 - 1))
def test_named_sets_with_lines_that_change_from_point_to_point(name: str, seed: int) -> None:
    generator = np.random.default_rng(seed)
    made, count = rules.RuleSet.by_name(name), 120
    sigma = generator.choice([0.5, 1.0, 2.0], count)
    center = generator.choice([-0.5, 0.0, 0.25], count)
    values = np.round(generator.standard_normal(count) * 4 * generator.choice([0.4, 1.5])) / 4
    values[generator.random(count) < 0.03] = np.nan
    lines = Lines(
        center, center - 3 * sigma, np.where(generator.random(count) < 0.2, np.nan, center + 3 * sigma), sigma
    )
    expected = reference_masks(
        made, values.tolist(), *(item.tolist() for item in (center, sigma, lines.lcl, lines.ucl))
    )
    assert Judge(made).advance(values, lines).tolist() == expected
    one_by_one = Judge(made)
    got = [
        one_by_one.push(float(values[i]), one_by_one.classifier(Lines(*(float(item[i]) for item in lines))))
        for i in range(count)
    ]
    assert got == expected


def test_patterns_reach_across_the_internal_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(5)
    amplitude = np.repeat([0.0, 4.0, 24.0], (1600, 1600, 1800))
    values = np.round(generator.standard_normal(5000) * 5 + amplitude * np.sin(np.arange(5000) / 9)) / 8
    values[generator.random(5000) < 0.01] = np.nan
    lines = Lines(0.0, -3.0, 3.0, 1.0)
    whole = Judge(rules.NELSON).advance(values, lines)
    monkeypatch.setattr(judging, "CHUNK", 7)
    monkeypatch.setattr(judging, "FEW", 0)
    assert np.array_equal(Judge(rules.NELSON).advance(values, lines), whole)
    assert np.bitwise_or.reduce(whole) == 0b1111_1111 and len(np.unique(whole)) > 10


def test_a_long_run_keeps_firing() -> None:
    judge = Judge(RuleSet("run", (Rule("run", "run", 9),)))
    classifier = judge.classifier(Lines(0.0, -3.0, 3.0, 1.0))
    fired = [judge.push(0.5, classifier) for _ in range(100_000)]
    assert fired == [0] * 8 + [1] * 99_992


def test_zone_tests_are_not_put_to_ranges_nor_runs_to_points_with_a_past() -> None:
    values = np.array([2.5] * 10)
    lines = Lines(0.0, -3.0, 3.0, 1.0)
    everything = Judge(rules.NELSON, "all").advance(values, lines)
    unsymmetric = Judge(rules.NELSON, "unsymmetric").advance(values, lines)
    limits = Judge(rules.NELSON, "limits").advance(values + 1.0, lines)
    assert rules.NELSON.names(int(everything[9])) == ("nelson_2", "nelson_5", "nelson_6", "nelson_8")
    assert rules.NELSON.names(int(unsymmetric[9])) == ("nelson_2",)
    assert rules.NELSON.names(int(limits[9])) == ("nelson_1",)


@pytest.mark.parametrize(
    "damage",
    [
        {},
        {"runs": [0], "windows": [""], "previous": None, "direction": 0},
        {"runs": "x", "windows": [], "previous": None, "direction": 0},
    ],
)
def test_a_damaged_state_is_refused(damage: dict[str, object]) -> None:
    with pytest.raises(AnalysisError, match="Rebuild it from the points"):
        Judge(rules.NELSON).restore(damage)


def test_a_count_that_cannot_be_is_refused() -> None:
    state = Judge(rules.NELSON).state()
    state["runs"][2] = 99
    with pytest.raises(AnalysisError, match="other rules"):
        Judge(rules.NELSON).restore(state)
