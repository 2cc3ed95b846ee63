"""A broken profile is refused with file, line and what was expected; it can run no code and touch no file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices import load_profile
from devices.errors import ProfileError
from devices.profile.library import Library
from resources import ROOT

PROFILES = ROOT / "profiles"
GOOD = (PROFILES / "mitutoyo-digimatic-13.toml").read_text(encoding="utf-8")
MUX = (PROFILES / "mux-mw.toml").read_text(encoding="utf-8")


def line_of(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1


def refused(text: str) -> ProfileError:
    with pytest.raises(ProfileError) as caught:
        load_profile(text)
    return caught.value


CHANGES = [
    # what is written, what is put in its place, words of the complaint, where the line is counted
    ('id = "mitutoyo.digimatic-13"', 'id = "Mitutoyo 13"', "'id' cannot be 'Mitutoyo 13'", "id ="),
    ('id = "mitutoyo.digimatic-13"\n', "", "[profile] needs 'id'", "[profile]"),
    ("version = 1", 'version = "1"', "'version' must be a whole number", "version"),
    ("version = 1", "version = 0", "'version' must be between 1 and", "version"),
    ("version = 1", "version = true", "'version' must be a whole number, not True", "version"),
    ('certainty = "manual"', 'certainty = "sure"', "must be one of manual, code, secondhand", "certainty"),
    ('line = "9600 8N1"', 'line = "9600"', "'line' cannot be '9600'", "line ="),
    ('dtr = "on"', 'dtr = "high"', "must be one of on, off, leave", "dtr"),
    ('kind = "line"', 'kind = "lines"', "must be one of line, fixed", 'kind = "lines"'),
    ('kind = "line"', 'kind = "fixed"', "framing of kind 'fixed' needs 'size'", "[framing]"),
    ('end = "\\r"', 'end = "\\u20AC"', "not one byte", "end ="),
    ("max = 32", "max = 100000", "must be between 1 and 4096", "max"),
    ("max = 32", "maximum = 32", "[framing] has no key 'maximum'", "maximum"),
    ("[framing]", "[frame]", "a profile has no table [frame]", "[frame]"),
    ("(?P<value>[+-][0-9.]{8})'", "(?P<number>[+-][0-9.]{8})'", "has a group 'number'", "match = '0"),
    ("(?P<value>[+-][0-9.]{8})'", "[+-][0-9.]{8}'", "needs a group (?P<value>...)", "match = '0"),
    ("(?P<value>[+-][0-9.]{8})'", "(?P<value>.*.*.*x)'", "may be slow", "match = '0"),
    ("(?P<value>[+-][0-9.]{8})'", "(?P<value>[+-]'", "cannot be used", "match = '0"),
    ('unit = "station"\n\n[[test]]', "\n[[test]]", "a reading needs 'unit'", '[[record]]\nname = "value"'),
    ('kind = "reading"', 'kind = "value"', "must be one of error, reading", 'kind = "value"'),
    ('bytes = "01A+0000.123\\r"\n', "", "either 'bytes' or 'hex'", '[[test]]\nname = "millimetres'),
    ('bytes = "01A+0000.123\\r"', 'hex = "0G"', "'hex' cannot be", "hex ="),
    ('{ channel = "2", value = "0.12345" }', '{ channel = "2" }', "exactly one of 'value'", 'name = "inch'),
    ('{ channel = "2", value = "0.12345" }', '{ channel = "2", value = "x" }', "a decimal number", 'name = "inch'),
    ('reply = "0{ch}A{v:+09.3f}"', 'reply = "0{ch.__class__}"', "has a field 'ch.__class__'", "reply"),
    ('reply = "0{ch}A{v:+09.3f}"', 'reply = "{v:{u}}"', "has the format", "reply"),
    ('reply = "0{ch}A{v:+09.3f}"', 'reply = "{v!r}"', "has a field", "reply"),
    ('reply = "0{ch}A{v:+09.3f}"', 'reply = "{v"', "cannot be filled", "reply"),
    ("delay_ms = [20, 60]", "delay_ms = [60, 20]", "two numbers", "delay_ms"),
    ("delay_ms = [20, 60]", "delay_ms = 20", "a list of whole numbers", "delay_ms"),
    ("[simulate]", "[commands]\nzero = 5\n\n[simulate]", "a table of texts", "[commands]"),
]


@pytest.mark.parametrize(("old", "new", "words", "where"), CHANGES, ids=lambda value: str(value)[:30])
def test_each_complaint_names_line_and_what_was_expected(old: str, new: str, words: str, where: str) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    sentence = str(refused(text))
    assert words in sentence
    number = int(sentence.partition("line ")[2].partition(":")[0])
    first = line_of(text, where)
    assert first <= number <= first + 3


def test_errors_must_stand_before_readings() -> None:
    start = GOOD.index("[[record]]")
    middle = GOOD.index("[[record]]", start + 1)
    end = GOOD.index("[[test]]")
    swapped = GOOD[:start] + GOOD[middle:end] + GOOD[start:middle] + GOOD[end:]
    assert "error records must stand before the readings" in str(refused(swapped))


@pytest.mark.parametrize(("what", "words"), [("expect = []", "garbage"), ("error =", "an error")])
def test_value_error_and_garbage_must_all_be_tested(what: str, words: str) -> None:
    tests = GOOD[GOOD.index("[[test]]") : GOOD.index("[simulate]")]
    kept = [block for block in tests.split("[[test]]")[1:] if what not in block]
    text = GOOD[: GOOD.index("[[test]]")] + "".join(f"[[test]]{block}" for block in kept)
    assert f"with {words}" in str(refused(text))


def test_requests_are_checked() -> None:
    assert "needs either 'read' or 'pulse'" in str(refused(MUX.replace('read = "{channel}"\n', "")))
    assert "no other braces" in str(refused(MUX.replace('read = "{channel}"', 'read = "{channel}{x}"')))
    assert "several channels need {channel}" in str(refused(MUX.replace('read = "{channel}"', 'read = "?"')))
    assert "needs 'late_window_ms'" in str(refused(MUX.replace("late_window_ms = 3000\n", "")))


def test_captured_units_signs_and_statuses_need_their_tables() -> None:
    lines = MUX.splitlines()
    without = "\n".join(line for line in lines if not line.startswith("units = "))
    assert "a captured unit needs 'units'" in str(refused(without))
    assert "'statuses' needs a group" in str(
        refused(MUX.replace('units = { "mm"', 'statuses = { "S" = "good" }\nunits = { "mm"'))
    )


def test_what_is_not_toml_is_refused_with_its_line() -> None:
    assert "line 3: this is not TOML" in str(refused("[profile]\nid = 'x'\nversion = \n"))
    assert "nested too deeply" in str(refused("a = " + "[" * 20000 + "\n"))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b"[profile]\nid = '\xe9'\n")
    (tmp_path / "large.toml").write_bytes(b"#" * 300_000)
    for name, words in (
        ("none.toml", "cannot be read"),
        ("latin.toml", "not UTF-8"),
        ("large.toml", "larger than 256 KiB"),
        ("", "cannot be read"),
    ):
        with pytest.raises(ProfileError, match=words):
            load_profile(tmp_path / name)


def test_a_library_finds_by_id_and_hides_what_ships(tmp_path: Path) -> None:
    own = tmp_path / "mitutoyo-digimatic-13.toml"
    own.write_text(GOOD.replace("version = 1", "version = 7"), encoding="utf-8")
    library = Library((tmp_path, PROFILES))
    assert library.load("mitutoyo.digimatic-13").version == 7
    assert library.load("mux.mw").id == "mux.mw"
    assert library.load(str(own)).version == 7
    assert len([path for path in library.paths() if path.name == own.name]) == 1
    with pytest.raises(ProfileError, match="Did you mean mitutoyo-digimatic-13"):
        library.load("mitutoyo.digimatik-13")


@given(st.data())
@settings(max_examples=150)
def test_a_damaged_profile_loads_or_is_refused_with_a_line(data: st.DataObject) -> None:
    """Nothing but ProfileError ever comes out, whatever is cut, doubled or scribbled."""
    text = data.draw(st.sampled_from([GOOD, MUX]))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        size = data.draw(st.integers(0, 20))
        scribble = data.draw(
            st.one_of(st.text(max_size=8), st.sampled_from(['"', "[", "]]", "=", "{", "\n[[record]]\n"]))
        )
        text = text[:at] + scribble + text[at + size :]
    try:
        load_profile(text + "\n")
    except ProfileError as error:
        assert "line " in str(error)
