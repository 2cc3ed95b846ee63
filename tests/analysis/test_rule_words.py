"""Run rules in words: made from the rules, alike wherever they are said."""

from __future__ import annotations

import itertools

import pytest

from analysis.rule_words import rule_name, said, sentence, short_code
from analysis.rules import NELSON, SETS, SIDES, Rule, RuleSet


@pytest.mark.parametrize("name", sorted(SETS))
def test_every_rule_has_a_sentence_and_a_short_name(name: str) -> None:
    chosen = SETS[name]
    sentences = [sentence(rule) for rule in chosen.rules]
    assert len(set(sentences)) == len(sentences), "no two rules read alike"
    assert all(0 < len(short_code(rule.code)) <= 4 for rule in chosen.rules)


def test_the_rules_of_nelson_in_words() -> None:
    assert [sentence(rule) for rule in NELSON.rules] == [
        "one point beyond a control limit",
        "9 points in a row on one side of the center line",
        "6 points in a row, all rising or all falling",
        "14 points in a row, rising and falling by turns",
        "2 of 3 points in a row beyond 2σ on one side",
        "4 of 5 points in a row beyond 1σ on one side",
        "15 points in a row within 1σ of the center line",
        "8 points in a row beyond 1σ on either side",
    ]


def test_rules_of_ones_own_read_apart_by_kind_and_side() -> None:
    made = [
        Rule("own", kind, 3, 3, zone, side)
        for kind, zone in itertools.product(("run", "k_of_m", "outside"), (1.0, 2.0))
        for side in SIDES[kind]
    ]
    made += [Rule("own", "trend", 3, 3, 0.0, side) for side in SIDES["trend"]]
    words = [sentence(rule) for rule in made]
    alike = {one for one in words if words.count(one) > 1}
    assert alike <= {sentence(rule) for rule in made if rule.kind in ("run", "k_of_m")}, "3 of 3 is a run"
    assert len(set(words)) == len(made) - 6
    assert sentence(Rule("own", "run", 7, zone=0.0, side="above")) == "7 points in a row above the center line"


def test_names() -> None:
    assert (rule_name("nelson_5"), short_code("nelson_5"), short_code("beyond_limits")) == ("Nelson 5", "5", "bl")
    assert [rule_name(code) for code in ("iso_8258_2", "western_electric_1", "aiag")] == [
        "ISO 8258 2", "Western Electric 1", "AIAG",
    ]  # fmt: skip


def test_a_code_is_said_in_the_words_of_its_own_set_first() -> None:
    assert said("nelson_8") == "Nelson 8: 8 points in a row beyond 1σ on either side"
    assert said("nelson_8", SETS["nelson_both_sides"]) == "Nelson 8: 8 points in a row beyond 1σ on both sides"
    own = RuleSet("own", (Rule("drift", "trend", 4),))
    assert said("drift", own) == "Drift: 4 points in a row, all rising or all falling"
    assert said("drift") == "Drift"
