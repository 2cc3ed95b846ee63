"""Each Nelson rule at the edge of its definition, and on two published-style series; expected indices by hand."""

from __future__ import annotations

import pytest

from analysis import charts, rules

STANDARD = charts.known("i_mr", mean=0.0, sigma=1.0)

EDGES = {
    1: ([0, 3.0, 3.0001, -3.0, -3.1, 0], [2, 4]),
    2: ([-0.1] + [0.1] * 9 + [0] + [0.2] * 8 + [-0.2] * 10, [9, 27, 28]),
    3: ([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.6, 0.7, 0.4, 0.3, 0.2, 0.1, 0, -0.1], [5, 6, 13, 14]),
    4: ([0.5, -0.5] * 8 + [0.5, 0.5] + [0.4, 0.5] * 6 + [0.4], [13, 14, 15, 16, 30]),
    5: ([2.1, 0, 2.2, 0, -2.1, 2.5, -2.3, 2.1, 2.1, 1.9], [2, 6, 7, 8]),
    6: ([1.1, 1.2, 0.5, 1.3, 1.4, 0.2, 1.5, -1.2, -1.2, -1.3, 0.9, -1.1, -1.2], [4, 11, 12]),
    7: ([1.5] + [0.5, -0.5] * 8 + [1.0] + [0.3] * 14, [15, 16]),
    8: ([0.5] + [1.1, -1.2] * 4 + [1.3, 1.0] + [-1.5] * 7, [8, 9]),
}


@pytest.mark.parametrize("rule", EDGES)
def test_nelson_rule_at_its_edges(rule: int) -> None:
    values, expected = EDGES[rule]
    assert charts.evaluate(values, STANDARD, rules.NELSON).fires(f"nelson_{rule}").tolist() == expected


def test_the_two_readings_of_rule_eight() -> None:
    one_side = [1.5] * 8
    both = [1.5] * 7 + [-1.5]
    assert charts.evaluate(one_side, STANDARD, rules.NELSON).fires("nelson_8").tolist() == [7]
    assert charts.evaluate(one_side, STANDARD, rules.NELSON_BOTH_SIDES).fires("nelson_8").tolist() == []
    assert charts.evaluate(both, STANDARD, rules.NELSON_BOTH_SIDES).fires("nelson_8").tolist() == [7]


def test_a_point_reports_every_rule_it_completes() -> None:
    result = charts.evaluate([2.5, 2.6, 3.5], STANDARD, rules.NELSON)
    assert rules.NELSON.names(int(result.location.signals[2])) == ("nelson_1", "nelson_5")
    assert next(iter(result.violations())) == ("location", 1, ("nelson_5",))


def test_a_missing_point_breaks_every_pattern() -> None:
    nan = float("nan")
    assert charts.evaluate([0.5] * 5 + [nan] + [0.5] * 8, STANDARD, rules.NELSON).fires("nelson_2").tolist() == []
    assert charts.evaluate([2.5, nan, 2.5], STANDARD, rules.NELSON).fires("nelson_5").tolist() == []
