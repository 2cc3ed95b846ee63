"""Registers become exact decimals: types, byte orders, scales, error codes, texts."""

from __future__ import annotations

import struct
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import ProtocolError
from devices.modbus.quick import quick_reader
from devices.modbus.registers import Kind, Order, Point, Span, Table
from devices.modbus.values import arrange, decode, encode, shortest_float32
from devices.reading import Quality
from devices.simulators.modbus import encode_nearest

INTEGERS = [Kind.UNSIGNED_16, Kind.SIGNED_16, Kind.UNSIGNED_32, Kind.SIGNED_32, Kind.UNSIGNED_64, Kind.SIGNED_64]


def point(kind: Kind = Kind.UNSIGNED_16, **fields: object) -> Point:
    made = Point("p", Span(Table.INPUT, 0, kind.registers), kind, "default")
    return replace(made, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("order", "wire"),
    [
        (Order.ABCD, "41AC 0000"),
        (Order.CDAB, "0000 41AC"),
        (Order.BADC, "AC41 0000"),
        (Order.DCBA, "0000 AC41"),
    ],
)
def test_the_four_orders_of_21_5(order: Order, wire: str) -> None:
    assert decode(point(Kind.FLOAT_32, order=order), bytes.fromhex(wire)).value == Decimal("21.5")


@given(st.sampled_from([*INTEGERS, Kind.FLOAT_32, Kind.FLOAT_64]), st.sampled_from(list(Order)), st.binary(min_size=8))
def test_any_registers_are_read_or_refused_and_written_back_alike(kind: Kind, order: Order, data: bytes) -> None:
    data = data[: kind.registers * 2]
    one = point(kind, order=order)
    value = decode(one, data)
    if value.value is None:
        assert value.quality is Quality.BAD and value.reason
    elif value.value != 0:
        assert encode(one, value.value) == data


@given(st.binary(min_size=8, max_size=8), st.sampled_from(list(Order)))
def test_each_order_is_its_own_inverse(data: bytes, order: Order) -> None:
    assert arrange(arrange(data, order), order) == data


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float32_is_the_shortest_decimal_that_reads_back(number: float) -> None:
    shown = shortest_float32(number)
    assert struct.pack(">f", float(shown)) == struct.pack(">f", number) or number == 0
    shortest = np.format_float_scientific(np.float32(number), unique=True)
    assert len(shown.normalize().as_tuple().digits) <= len(Decimal(str(shortest)).normalize().as_tuple().digits) + 1


@pytest.mark.parametrize("text", ["230.2", "0.1", "21.3", "49.98", "1234567.9", "-0.001", "100000", "16777216"])
def test_a_float32_shows_what_was_meant(text: str) -> None:
    value = decode(point(Kind.FLOAT_32), struct.pack(">f", float(text))).value
    assert str(value) == text


@pytest.mark.parametrize(
    ("raw", "scale", "shown"),
    [(305, "0.1", "30.5"), (300, "0.1", "30.0"), (2500, "0.01", "25.00"), (-205, "0.1", "-20.5"), (7, "10", "70")],
)
def test_scale_keeps_the_decimals_that_were_sent(raw: int, scale: str, shown: str) -> None:
    value = decode(point(Kind.SIGNED_16, scale=Decimal(scale)), struct.pack(">h", raw)).value
    assert str(value) == shown


def test_64_bit_counts_stay_exact() -> None:
    one = point(Kind.UNSIGNED_64, scale=Decimal("0.000001"))
    assert str(decode(one, struct.pack(">Q", 2**64 - 1)).value) == "18446744073709.551615"


def test_error_codes_are_errors_before_they_are_numbers() -> None:
    one = point(Kind.SIGNED_16, scale=Decimal("0.1"), sentinels={-32768: "probe is broken"}, error_below=-32000)
    assert decode(one, struct.pack(">h", -32768)).reason == "probe is broken"
    bad = decode(one, struct.pack(">h", -32005))
    assert bad.value is None and bad.quality is Quality.BAD and "error 5" in bad.reason
    assert decode(one, struct.pack(">h", -32000)).value == Decimal("-3200.0")


@pytest.mark.parametrize("data", ["7FC00000", "7F800000", "FF800000"])
def test_what_is_no_number_is_bad(data: str) -> None:
    value = decode(point(Kind.FLOAT_32), bytes.fromhex(data))
    assert value.value is None and value.quality is Quality.BAD


def test_minus_zero_is_zero() -> None:
    assert str(decode(point(Kind.FLOAT_32), bytes.fromhex("80000000")).value) == "0"


def test_decimals_from_another_register() -> None:
    one = point(Kind.SIGNED_16, decimals_at=Span(Table.INPUT, 9, 1))
    assert str(decode(one, struct.pack(">h", 235), decimals=b"\x00\x01").value) == "23.5"
    assert "holds 77" in decode(one, struct.pack(">h", 235), decimals=b"\x00\x4d").reason
    assert "was not read" in decode(one, struct.pack(">h", 235)).reason
    wide = point(Kind.SIGNED_32, decimals_at=Span(Table.INPUT, 9, 1), decimals_extra=2)
    assert str(decode(wide, struct.pack(">i", 23512), decimals=b"\x00\x01").value) == "23.512"


def test_unit_from_another_register() -> None:
    one = point(Kind.SIGNED_16, unit_at=Span(Table.INPUT, 9, 1), encoding="latin-1", units={"°C": "°C", "%": "% RH"})
    assert decode(one, b"\x00\x05", unit="°C".encode("latin-1")).unit == "°C"
    assert decode(one, b"\x00\x05", unit=b"% ").unit == "% RH"
    plain = replace(one, encoding="ascii")
    assert decode(plain, b"\x00\x05", unit=b"\xb0C").quality is Quality.BAD


def test_bits_fields_and_halves() -> None:
    assert decode(point(Kind.BIT, bit=3), b"\x00\x08").value == 1
    assert decode(point(Kind.BIT, bit=2), b"\x00\x08").value == 0
    assert decode(point(field_low=4, field_high=7), b"\x12\x34").value == 3
    assert decode(point(Kind.UNSIGNED_8_HIGH), b"\x12\x34").value == 0x12
    assert decode(point(Kind.UNSIGNED_8_LOW), b"\x12\x34").value == 0x34


def test_binary_coded_decimals() -> None:
    assert decode(point(Kind.BCD_16, scale=Decimal("0.1")), b"\x12\x34").value == Decimal("123.4")
    assert decode(point(Kind.BCD_32, order=Order.CDAB), bytes.fromhex("5678 1234")).value == 12345678
    assert "no" in decode(point(Kind.BCD_16), b"\x12\x3a").reason


def test_states_have_names_and_unknown_ones_are_bad() -> None:
    one = point(labels={0: "normal", 1: "burn-out"}, bad={1: "sensor burn-out"})
    good = decode(one, b"\x00\x00")
    assert (good.value, good.reason, good.quality) == (Decimal(0), "normal", Quality.GOOD)
    assert decode(one, b"\x00\x01").reason == "sensor burn-out"
    assert "no state" in decode(one, b"\x00\x07").reason


def test_status_bits_name_every_trouble() -> None:
    one = point(bad_bits={0: "time-out", 3: "open circuit"})
    assert decode(one, b"\x00\x09").reason == "time-out, open circuit"
    assert decode(one, b"\x00\x10").value == 16


def test_texts_end_at_nul_and_may_be_byte_swapped() -> None:
    one = point(Kind.TEXT, span=Span(Table.INPUT, 0, 4))
    assert decode(one, b"AWP-C\x00XX").text == "AWP-C"
    swapped = replace(one, order=Order.BADC)
    assert decode(swapped, b"WA-P\x00CXX").text == "AWP-C"
    assert decode(one, b"\xff" * 8).quality is Quality.BAD


def test_the_instruments_range() -> None:
    one = point(Kind.SIGNED_16, scale=Decimal("0.1"), low=Decimal("-40"), high=Decimal("125"))
    assert "below" in decode(one, struct.pack(">h", -401)).reason
    assert "above" in decode(one, struct.pack(">h", 1251)).reason
    assert decode(one, struct.pack(">h", 1250)).value == 125


def test_what_cannot_be_written_exactly_is_refused() -> None:
    one = point(Kind.SIGNED_16, scale=Decimal("0.1"))
    with pytest.raises(ProtocolError, match="finer"):
        encode(one, Decimal("20.05"))
    with pytest.raises(ProtocolError, match="does not fit"):
        encode(one, Decimal("99999"))
    with pytest.raises(ProtocolError, match="part of a register"):
        encode(point(Kind.UNSIGNED_8_HIGH), Decimal(3))


@given(st.decimals(min_value=-3000, max_value=3000, places=3))
def test_a_simulator_holds_the_nearest_value(value: Decimal) -> None:
    one = point(Kind.SIGNED_16, scale=Decimal("0.1"), offset=Decimal("-5"))
    shown = decode(one, encode_nearest(one, value)).value
    assert shown is not None and abs(shown - value) <= Decimal("0.05")


@given(
    kind=st.sampled_from([*INTEGERS, Kind.FLOAT_32, Kind.FLOAT_64]),
    order=st.sampled_from(list(Order)),
    scale=st.sampled_from(["1", "0.1", "0.001", "2.5", "10", "-0.1"]),
    shift=st.sampled_from(["0", "-40", "0.25"]),
    bounds=st.sampled_from([(None, None), ("-40", "125"), ("0", None)]),
    data=st.binary(min_size=12, max_size=12),
    offset=st.sampled_from([0, 2, 4]),
)
def test_the_quick_way_gives_what_the_long_way_gives(
    kind: Kind,
    order: Order,
    scale: str,
    shift: str,
    bounds: tuple[str | None, str | None],
    data: bytes,
    offset: int,
) -> None:
    low, high = (None if bound is None else Decimal(bound) for bound in bounds)
    one = point(kind, order=order, scale=Decimal(scale), offset=Decimal(shift), low=low, high=high)
    quick = quick_reader(one, offset)
    value = quick(data) if quick is not None else None
    if value is not None:
        slow = decode(one, data[offset : offset + kind.registers * 2])
        assert slow.value is not None and slow.quality is Quality.GOOD
        assert value.as_tuple() == slow.value.as_tuple()


def test_points_that_need_more_have_no_quick_way() -> None:
    for fields in ({"sentinels": {5: "x"}}, {"labels": {0: "x"}}, {"error_below": -3}, {"bad_bits": {1: "x"}}):
        assert quick_reader(point(Kind.SIGNED_16, **fields), 0) is None
    assert quick_reader(point(Kind.SIGNED_16), 0) is not None
    assert quick_reader(point(Kind.UNSIGNED_32, order=Order.CDAB), 0) is None
