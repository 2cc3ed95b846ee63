"""Figures, times and rules as they stand on paper."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from analysis import rules
from workstation.reports.coverage import is_covered, spelled
from workstation.reports.wording import (
    as_sent,
    figure,
    moment,
    moment_here,
    rule_name,
    rule_sentence,
    short_code,
    significant,
)


def test_figures() -> None:
    assert (figure(-0.0004, 3), figure(-1.5, 2), figure(None, 2), figure(math.nan, 2)) == ("0.000", "−1.50", "–", "–")
    assert (as_sent(Decimal("12.3450")), as_sent(Decimal("-1E+3"))) == ("12.3450", "−1000")
    assert [significant(v) for v in (0.009785, 1234.5, 0.0, None, 1e-20, 3.0)] == [
        "0.009785", "1234", "0", "–", "1.000e−20", "3.000",
    ]  # fmt: skip


def test_times() -> None:
    at = 1_795_355_543_000_000
    assert moment(at) == "2026-11-22 13:52:23 UTC"
    assert moment(None) == "–"
    assert moment_here(at, 330) == "2026-11-22 13:52:23 UTC (19:22 local, UTC+05:30)"
    assert moment_here(at, -210) == "2026-11-22 13:52:23 UTC (10:22 local, UTC−03:30)"


@pytest.mark.parametrize("name", sorted(rules.SETS))
def test_every_rule_has_a_sentence_and_a_short_name(name: str) -> None:
    chosen = rules.SETS[name]
    sentences = [rule_sentence(rule) for rule in chosen.rules]
    assert len(set(sentences)) == len(sentences), "no two rules read alike"
    assert all(0 < len(short_code(rule.code)) <= 4 for rule in chosen.rules)


def test_the_rules_of_nelson_in_words() -> None:
    assert [rule_sentence(rule) for rule in rules.NELSON.rules] == [
        "1 point beyond the control limit",
        "9 points in a row on one side of the centre line",
        "6 points in a row, all rising or all falling",
        "14 points in a row, rising and falling by turns",
        "2 of 3 points beyond 2 sigma on one side",
        "4 of 5 points beyond 1 sigma on one side",
        "15 points in a row within 1 sigma of the centre line",
        "8 points in a row beyond 1 sigma on either side",
    ]
    assert (rule_name("nelson_5"), short_code("nelson_5"), short_code("beyond_limits")) == ("Nelson 5", "5", "bl")


def test_what_our_font_shows() -> None:
    assert is_covered("Ø 74 µm ± 0.035 × σ ≤ ▲ “baseline” Поршень\n")
    assert not is_covered("リング")
    assert spelled("a😀\x00é\nb") == "a[U+1F600][U+0000]é\nb"
