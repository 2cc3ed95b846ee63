"""Run lengths with trend and alternation rules: theory of runs up and down, an independent count, simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis import arl, rules
from analysis.arl import chains
from analysis.errors import AnalysisError
from analysis.rules import NELSON, Rule, RuleSet


def alone(kind: str, count: int, side: str = "same") -> RuleSet:
    return RuleSet("alone", (Rule("alone", kind, count, side=side),))  # type: ignore[arg-type]


@pytest.mark.parametrize("count", range(2, 9))
def test_rising_values_come_after_as_many_as_the_theory_of_permutations_says(count: int) -> None:
    """The generating function of permutations without `count` values rising in a row, at 1: David and Barton (1962)."""
    series = sum(1 / math.factorial(count * k) - 1 / math.factorial(count * k + 1) for k in range(12))
    for side in ("above", "below"):
        assert arl.shewhart(alone("trend", count, side)).arl == pytest.approx(1 / series, rel=1e-10)


def test_three_in_a_row_by_closed_formulas() -> None:
    """No three monotone: alternating permutations, sec + tan (André 1879); no three alternating: only monotone ones."""
    assert arl.shewhart(alone("trend", 3)).arl == pytest.approx(2 * (1 / math.cos(1) + math.tan(1)) - 2, rel=1e-12)
    assert arl.shewhart(alone("alternate", 3, "either")).arl == pytest.approx(2 * math.e - 2, rel=1e-12)


def by_ranks(kind: str, count: int, points: int = 160) -> float:
    """Run length by counting orders: the rank of the last value among all so far, its direction and its run."""
    states = {(1, 1): np.array([1.0])}
    going_on = [1.0, 1.0]
    for number in range(1, points):
        after: dict[tuple[int, int], np.ndarray] = {}
        for (direction, run), chances in states.items():
            above = np.append(np.concatenate(([0.0], np.cumsum(chances)))[:number], chances.sum()) / (number + 1)
            for way, part in ((1, above), (-1, chances.sum() / (number + 1) - above)):
                length = run + 1 if (way == direction) == (kind == "trend") else 2
                if length < count:
                    after[way, length] = after.get((way, length), 0) + part
        states = after
        going_on.append(float(sum(part.sum() for part in states.values())))
    return sum(going_on[:-1]) + going_on[-1] / (1 - going_on[-1] / going_on[-2])


@pytest.mark.parametrize(
    ("kind", "count"), [("trend", 4), ("trend", 6), ("trend", 7), ("alternate", 4), ("alternate", 14)]
)
def test_runs_of_either_direction_equal_a_count_of_orders(kind: str, count: int) -> None:
    made = arl.shewhart(alone(kind, count, "same" if kind == "trend" else "either"))
    assert made.arl == pytest.approx(by_ranks(kind, count), rel=1e-10)
    moved = arl.shewhart(alone(kind, count, "same" if kind == "trend" else "either"), 2.0, size=4)
    assert moved.arl == made.arl  # only the order counts


@pytest.mark.parametrize(
    ("made", "shift"),
    [
        (NELSON.only(["nelson_1", "nelson_3"]), 0.5),
        (NELSON.only(["nelson_1", "nelson_2", "nelson_3", "nelson_4"]), 0.0),
        (NELSON, 0.0),
        (NELSON, 1.0),
        (rules.MONTGOMERY, 0.7),
        (
            RuleSet(
                "one-sided", (Rule("up", "trend", 5, side="above"), Rule("near", "inside", 9, zone=1.0, side="either"))
            ),
            0.0,
        ),
    ],
    ids=lambda item: item.name if isinstance(item, RuleSet) else str(item),
)
def test_simulation_agrees(made: RuleSet, shift: float) -> None:
    exact, drawn = arl.shewhart(made, shift), arl.simulate(made, shift, runs=3000, seed=7)
    assert drawn.standard_error is not None
    assert abs(exact.arl - drawn.arl) < 4 * drawn.standard_error
    assert exact.sdrl == pytest.approx(drawn.sdrl, rel=0.1)


def test_more_nodes_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    made = NELSON.only([f"nelson_{number}" for number in (1, 2, 3, 4)])
    before = arl.shewhart(made, 0.4)
    monkeypatch.setattr(sys.modules["analysis.arl.shewhart"], "_NODES", 40)
    after = arl.shewhart(made, 0.4)
    assert after.arl == pytest.approx(before.arl, rel=1e-12)
    assert after.sdrl == pytest.approx(before.sdrl, rel=1e-11)


def test_a_rule_more_never_lengthens_the_run() -> None:
    lengths = [arl.shewhart(NELSON.only([f"nelson_{n}" for n in range(1, last + 1)])).arl for last in range(1, 5)]
    assert lengths == sorted(lengths, reverse=True)


def test_too_many_states_point_to_simulation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chains, "_MOST_DIRECTED", 50)
    chains._moves.cache_clear()
    with pytest.raises(AnalysisError, match=r"Use arl\.simulate"):
        arl.shewhart(NELSON)
    chains._moves.cache_clear()
