"""Rule sets as data: what they hold, how masks are read, what is refused."""

from __future__ import annotations

import json

import pytest

from analysis import rules
from analysis.errors import AnalysisError
from analysis.rules import NELSON, Rule, RuleSet


def test_named_sets_hold_what_their_sources_print() -> None:
    counts = {
        name: [(rule.kind, rule.count, rule.of, rule.zone) for rule in made.rules] for name, made in rules.SETS.items()
    }
    assert counts["nelson"] == [
        ("k_of_m", 1, 1, None),
        ("run", 9, 9, 0.0),
        ("trend", 6, 6, 0.0),
        ("alternate", 14, 14, 0.0),
        ("k_of_m", 2, 3, 2.0),
        ("k_of_m", 4, 5, 1.0),
        ("inside", 15, 15, 1.0),
        ("outside", 8, 8, 1.0),
    ]
    assert [rule[1] for rule in counts["western_electric"]] == [1, 2, 4, 8]
    assert counts["aiag"][1] == ("run", 7, 7, 0.0)
    assert counts["minitab_default"] == [("k_of_m", 1, 1, None)]
    assert counts["minitab_all"] == counts["nelson"] == counts["iso_8258"]
    assert [rule[1] for rule in counts["montgomery"]] == [1, 2, 4, 8, 6, 15, 14, 8]


def test_masks_and_names_are_each_other_s_inverse() -> None:
    assert NELSON.names(0b1000_0101) == ("nelson_1", "nelson_3", "nelson_8")
    assert NELSON.mask(["nelson_8", "nelson_1"]) == 0b1000_0001
    for mask in range(256):
        assert NELSON.mask(NELSON.names(mask)) == mask


def test_sets_by_name_part_and_plain_form() -> None:
    assert RuleSet.by_name("Western Electric") is rules.WESTERN_ELECTRIC
    part = NELSON.only(["nelson_5", "nelson_1"])
    assert [rule.code for rule in part.rules] == ["nelson_1", "nelson_5"]
    for made in rules.SETS.values():
        assert RuleSet.from_dict(json.loads(json.dumps(made.to_dict()))) == made
        assert RuleSet.from_text(json.dumps(made.to_dict())) == RuleSet.from_text(made.name) == made
    for wrong in ("nelsen", '{"name": 1', '{"name": "x"}'):
        with pytest.raises(AnalysisError):
            RuleSet.from_text(wrong)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "wave", "count": 3}, "the kind is 'wave'"),
        ({"kind": "run", "count": 0}, "0 of 0 points"),
        ({"kind": "run", "count": 3, "of": 5}, "3 points in a row, not 3 of 5"),
        ({"kind": "k_of_m", "count": 4, "of": 3}, "4 of 3 points"),
        ({"kind": "trend", "count": 1}, "takes 2 to 100"),
        ({"kind": "run", "count": 200}, "takes 1 to 100"),
        ({"kind": "run", "count": 9, "zone": -1.0}, "zone -1.0"),
        ({"kind": "inside", "count": 15, "zone": 1.0}, "the side of a inside is either"),
        ({"kind": "outside", "count": 5, "of": 8, "side": "both"}, "only in a row"),
    ],
)
def test_an_impossible_rule_is_told_in_a_sentence(fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(AnalysisError, match="Rule 'mine'") as caught:
        Rule.from_dict({"code": "mine", **fields})
    assert sentence in str(caught.value)


def test_impossible_sets_are_refused() -> None:
    with pytest.raises(AnalysisError, match="two rules of one code"):
        RuleSet("twice", (Rule("a", "run", 3), Rule("a", "run", 4)))
    with pytest.raises(AnalysisError, match="17 rules"):
        RuleSet("many", tuple(Rule(str(i), "run", i + 1) for i in range(17)))
    with pytest.raises(AnalysisError, match="no rule set 'nelsen'"):
        RuleSet.by_name("nelsen")
    with pytest.raises(AnalysisError, match="has no rule x"):
        NELSON.mask(["x"])
    with pytest.raises(AnalysisError, match="needs a name and a list"):
        RuleSet.from_dict({"name": "x"})
    with pytest.raises(AnalysisError, match="unknown, missing or of the wrong type"):
        Rule.from_dict({"code": "x", "kind": "run", "count": 3, "colour": "red"})
