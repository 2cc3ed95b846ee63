"""Frames to readings: signs, marks, units, status, lists, scaling; what is no number is an error."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import Profile, load_profile
from devices.decode import Decoder
from devices.framing import Frame
from devices.profile.selftest import hear
from devices.reading import Discarded, Quality, Reading, Scan, Trigger

HEAD = """
[profile]
id = "test.decoder"
version = 1
title = "Decoder test"
maker = "nobody"
family = "length"
source = "this test"
certainty = "manual"

[framing]
kind = "line"
end = "\\n"
max = 64
"""

TESTS = """
[[test]]
name = "value"
bytes = "{value}\\n"
expect = [{{ value = "{expected}" }}]

[[test]]
name = "error"
bytes = "ERR\\n"
expect = [{{ error = "trouble" }}]

[[test]]
name = "garbage"
bytes = "~\\n"
expect = []
"""

ERROR = """
[[record]]
kind = "error"
match = "ERR"
reason = "trouble"
"""


def profile(record: str, value: str = "1", expected: str = "1") -> Profile:
    return load_profile(HEAD + ERROR + record + TESTS.format(value=value, expected=expected))


def read(record: str, text: str) -> Reading:
    (one,) = hear(profile(record), f"{text}\n".encode("latin-1"))
    assert isinstance(one, Reading), one
    return one


PLAIN = """
[[record]]
kind = "reading"
match = '(?P<value>[^~\\n]{1,40})'
unit = "mm"
"""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.3450", "12.3450"),
        ("-0.00", "-0.00"),
        ("+.5", "0.5"),
        ("5.", "5"),
        ("  7.1 ", "7.1"),
        ("000123", "123"),
        ("99999999999999999999.123456789", "99999999999999999999.123456789"),
    ],
)
def test_numbers_keep_what_was_sent(text: str, value: str) -> None:
    one = read(PLAIN, text)
    assert one.value is not None
    assert one.value.as_tuple() == Decimal(value).as_tuple()
    assert one.quality is Quality.GOOD


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "1e5", "1_000", "0x10", "1,5", "--1", "1.2.3", "", "+", ".", "OL", "١٢"]
)
def test_what_is_no_plain_number_is_an_error(text: str) -> None:
    if not text:
        return
    (one,) = hear(profile(PLAIN), text.encode("utf-8")[:40] + b"\n")
    assert isinstance(one, Reading)
    assert one.value is None
    assert "stands where the value should be" in one.reason


def test_sentinels_come_before_numbers() -> None:
    record = PLAIN + 'sentinels = { "999999.99" = "no gauge", "OL" = "overload" }\n'
    assert read(record, "999999.99").reason == "no gauge"
    assert read(record, " OL ").reason == "overload"
    assert read(record, "999999.98").value == Decimal("999999.98")


def test_signs_marks_and_blanks() -> None:
    record = """
[[record]]
kind = "reading"
match = '(?P<sign>[PN])(?P<value>[ 0-9,]{1,12})'
unit = "mm"
signs = { "P" = "+", "N" = "-" }
decimal_mark = ","
blanks = true
"""
    made = load_profile(HEAD + ERROR + record + TESTS.format(value="P1", expected="1"))
    (one,) = hear(made, b"N 1 2,50\n")
    assert isinstance(one, Reading)
    assert one.value == Decimal("-12.50")


def test_implied_decimals_scale_offset_and_places() -> None:
    record = """
[[record]]
kind = "reading"
match = '(?P<value>[0-9.]{1,10})'
unit = "mm"
decimals = 3
scale = "0.1"
offset = "-1.5"
places = 3
"""
    made = load_profile(HEAD + ERROR + record + TESTS.format(value="20000", expected="0.500"))
    (one,) = hear(made, b"12345\n")
    assert isinstance(one, Reading)
    assert str(one.value) == "-0.266"  # 12.345 * 0.1 - 1.5 = -0.2655, half to even
    (pointed,) = hear(made, b"20.0\n")
    assert isinstance(pointed, Reading)
    assert str(pointed.value) == "0.500"


def test_wrapping_displays_refuse_what_they_cannot_carry() -> None:
    record = PLAIN + 'wraps_at = "100"\n'
    assert read(record, "99.99").value == Decimal("99.99")
    assert "digits may be lost" in read(record, "100.00").reason
    assert read(record, "-100").value is None


def test_units_and_status_are_never_guessed() -> None:
    record = """
[[record]]
kind = "reading"
match = '(?P<status>.)(?P<value>[0-9.]{1,8})(?P<unit>[a-z]{0,4})'
units = { "mm" = "mm", "" = "station" }
statuses = { "S" = "good", "D" = "uncertain: moving", "X" = "bad: overload" }
"""
    made = load_profile(HEAD + ERROR + record + TESTS.format(value="S1mm", expected="1"))

    def heard(text: str) -> Reading:
        (one,) = hear(made, f"{text}\n".encode())
        assert isinstance(one, Reading)
        return one

    assert (heard("S1.5mm").unit, heard("S1.5mm").quality) == ("mm", Quality.GOOD)
    assert heard("S1.5").unit is None
    assert (heard("D1.5mm").quality, heard("D1.5mm").reason) == (Quality.UNCERTAIN, "moving")
    assert (heard("X9.9mm").value, heard("X9.9mm").reason) == (None, "overload")
    assert "unknown status" in heard("?1.5mm").reason
    assert "unknown unit 'in'" in heard("S1.5in").reason


@given(st.text(alphabet="0123456789+-. eENnaAIf_xOL,", min_size=1, max_size=20))
def test_a_good_value_is_always_the_text_that_was_sent(text: str) -> None:
    for one in hear(profile(PLAIN), f"{text}\n".encode()):
        if isinstance(one, Reading) and one.value is not None:
            assert one.value.as_tuple() == Decimal(text.strip()).as_tuple()
            assert not set("eEnNIfx_") & set(text)


def test_streams_and_single_frames_decode_alike(mitutoyo: Profile) -> None:
    decoder = Decoder(mitutoyo, "gauge")
    lines = [b"01A+0000.123", b"911", b"01A+..12.345", b"x", b"", b"02A-000.1234", b"01A+00001234"]
    frames = [Frame(line, line + b"\r", number, number + 1) for number, line in enumerate(lines)]
    single = [one for frame in frames for one in decoder.decode(frame, 7, Trigger.BUTTON)]
    together, plain = decoder.decode_unasked(frames, 7, Trigger.BUTTON)
    assert together == single
    assert plain == sum(isinstance(one, Reading) and one.value is not None for one in single)


def test_a_scan_is_never_a_value() -> None:
    record = """
[[record]]
kind = "scan"
match = '(?P<text>[0-9A-Z-]{1,20})'
"""
    made = load_profile(
        HEAD + ERROR + record + TESTS.format(value="1", expected="1").replace('value = "1"', 'text = "1"')
    )
    (scan, discarded) = hear(made, b"4711\n~~\n")
    assert isinstance(scan, Scan)
    assert scan.text == "4711"
    assert isinstance(discarded, Discarded)
