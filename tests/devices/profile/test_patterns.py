"""Patterns of profiles: what is allowed means what it means to `re`, and nothing allowed can be slow."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.profile.patterns import PatternError, compile_pattern

REFUSED = {
    "(a+)+": "group is",
    "(?:a+)+b": "slow",
    "(?:a|a)*b": "slow",
    r"\d*\d*\d*x": "slow",
    ".*.*x": "slow",
    "(?:a?){50}b": "may be empty",
    "(?=a)b": "group is",
    "(?<!a)b": "group is",
    r"(?P<value>a)\1": "not allowed",
    "(?P=value)": "group is",
    "(?i)a": "group is",
    "a+?": "lazy",
    "a++": "lazy|possessive",
    "a{2}{3}": "double|lazy|nothing",
    "a{99999}": "repeat",
    "a{3,2}": "cannot be",
    "[a": "too early",
    "[z-a]": "span",
    "a)": "too many",
    "(?:a": "missing",
    "*a": "nothing to repeat",
    "a^b": "whole record",
    "€": "one byte",
    r"\bword": "not allowed",
    r"\x1": "two hexadecimal",
    "a\\": "too early",
    "(a)": "group is",
    "a" * 501: "longer",
    "(?:" * 21 + "a" + ")" * 21: "nested",
}


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    with pytest.raises(PatternError, match=REFUSED[text]):
        compile_pattern(text)


@pytest.mark.parametrize(
    ("text", "matching", "other"),
    [
        (r"^0(?P<channel>[1-9])A(?P<value>[+-][0-9.]{8})$", "01A+0000.123", "01A+0000.12"),
        (r"\[Err (?P<code>\d+)\]", "[Err 12]", "[Err ]"),
        (r"[^\x00-\x1f]{1,3}", "abc", "a\x00c"),
        (r"(?:OK|NG)\$", "NG$", "NG"),
        (r"a{2,}b?", "aaa", "a"),
        (r"\s\S\w\W\D", " x_-x", " x_-1"),
        (r".", "\n", ""),
        (r"[\]\-a]", "-", "b"),
    ],
)
def test_allowed(text: str, matching: str, other: str) -> None:
    pattern = compile_pattern(text)
    assert pattern.compiled.fullmatch(matching)
    assert not pattern.compiled.fullmatch(other)
    assert pattern.may_begin(ord(matching[0]))


ATOMS = st.sampled_from([r"\d", "[+-]", "a", "b", "[a-f]", ".", r"\.", " ", "[0-9.]", "x"])
REPEATS = st.sampled_from(["", "", "?", "*", "+", "{3}", "{1,8}", "{0,30}"])
PIECES = st.tuples(ATOMS, REPEATS).map("".join)
GROUPS = st.one_of(
    PIECES,
    st.lists(PIECES, min_size=1, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
    st.tuples(st.lists(PIECES, min_size=1, max_size=3).map("".join), REPEATS).map(lambda two: f"(?:{two[0]}){two[1]}"),
)


@given(st.lists(GROUPS, min_size=1, max_size=8).map("".join))
@settings(max_examples=400)
def test_whatever_is_allowed_is_quick_and_begins_as_it_says(text: str) -> None:
    try:
        pattern = compile_pattern(text)
    except PatternError:
        return
    for nasty in ("a" * 4000, "0" * 4000 + "!", "ab" * 2000, "0." * 2000, " " * 4000, "x" * 4000 + "!"):
        began = time.process_time()
        pattern.compiled.fullmatch(nasty)
        assert time.process_time() - began < 2.0  # an explosion would take ages, not seconds


@given(st.from_regex(re.compile(r"0[1-9]A[+-][0-9.]{8}"), fullmatch=True))
def test_a_match_begins_with_an_announced_character(text: str) -> None:
    pattern = compile_pattern(r"0(?P<channel>[1-9])A(?P<value>[+-][0-9.]{8})")
    assert pattern.compiled.fullmatch(text)
    assert pattern.may_begin(ord(text[0]))


@given(st.text(max_size=60))
@settings(max_examples=300)
def test_any_text_is_a_pattern_or_refused_with_words(text: str) -> None:
    try:
        compile_pattern(text)
    except PatternError as error:
        assert str(error)


def test_stricter_patterns_have_more_bits() -> None:
    assert compile_pattern("ab").bits == 16
    assert compile_pattern(r"\d{8}").bits > compile_pattern(".{8}").bits == 0
