"""Units: exact factors, kept decimals, and every spelling that instruments use."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation import units
from workstation.errors import CallIsWrong


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        # exact by definition: NIST SP 811 (2008), appendix B, and the SI brochure
        ("1", "in", "mm", "25.4"),
        ("1.0000", "in", "mm", "25.4000"),
        ("25.4", "mm", "in", "1"),
        ("1", "ft", "m", "0.3048"),
        ("1", "mil", "µm", "25.4"),
        ("1", "lb", "kg", "0.45359237"),
        ("1", "oz", "g", "28.349523125"),
        ("1", "kgf", "N", "9.80665"),
        ("1", "lbf", "N", "4.4482216152605"),
        ("1", "bar", "kPa", "100"),
        ("1", "psi", "Pa", "6894.757293168"),
        ("100", "°C", "K", "373.15"),
        ("-40", "°C", "°F", "-40"),
        ("212", "°F", "°C", "100"),
        ("1", "°", "arcmin", "60"),
        ("90", "arcsec", "arcmin", "1.5"),
        ("1", "lbf·ft", "N·m", "1.3558179483314004"),
        ("2.5", "h", "min", "150"),
        ("50", "%", "1", "0.5"),
    ],
)
def test_published_factors(value: str, source: str, target: str, expected: str) -> None:
    decimals = max(0, -int(Decimal(expected).as_tuple().exponent))
    assert units.convert(Decimal(value), source, target, decimals=decimals) == Decimal(expected)


def test_decimals_as_sent_are_kept_or_resolution_is() -> None:
    assert str(units.convert(Decimal("12.3450"), "mm", "mm")) == "12.3450"
    assert str(units.convert(Decimal("1.0000"), "in", "mm")) == "25.400"  # 0.0001 in is 0.00254 mm
    assert str(units.convert(Decimal("74.036"), "mm", "in")) == "2.91480"
    assert str(units.convert(Decimal("23.5"), "°C", "°F")) == "74.3"
    assert str(units.convert(Decimal("0.5"), "mm", "µm")) == "500"


@pytest.mark.parametrize(
    ("written", "symbol"),
    [
        ("mm", "mm"), ("MM", "mm"), (" mm ", "mm"), ("inch", "in"), ("IN", "in"), ('"', "in"), ("um", "µm"),
        ("UM", "µm"), ("µm", "µm"), ("μm", "µm"), ("C", "°C"), ("degC", "°C"), ("℃", "°C"),
        ("° C", "°C"), ("%rh", "%RH"),
        ("KG", "kg"),
        ("Nm", "N·m"), ("nm", "nm"), ("mN", "mN"), ("MPa", "MPa"), ("mPa·s", ""), ("HB", "HBW"), ("lbs", "lb"),
    ],
)  # fmt: skip
def test_spellings(written: str, symbol: str) -> None:
    if symbol:
        assert units.symbol(written) == symbol
    else:
        with pytest.raises(CallIsWrong, match="no unit"):
            units.find(written)


def test_case_decides_where_it_tells_units_apart_and_is_no_guess_elsewhere() -> None:
    assert units.find("mA").quantity == "current"
    assert units.find("MΩ").factor == 1_000_000
    with pytest.raises(CallIsWrong):
        units.find("NM")  # newton metre or nanometre: nobody knows


def test_quantities_do_not_mix() -> None:
    with pytest.raises(CallIsWrong, match="mm measures length and kg mass"):
        units.convert(Decimal(1), "mm", "kg")
    with pytest.raises(CallIsWrong, match="cannot be converted"):
        units.scale("HRC", "HV")


def test_every_unit_is_declared_once() -> None:
    names = [name for unit in units.UNITS for name in (unit.symbol, *unit.synonyms)]
    assert len(set(names)) == len(names)
    assert all(unit.factor > 0 for unit in units.UNITS)


_NUMBERS = st.decimals(-10_000, 10_000, places=4)
_PAIRS = st.sampled_from(
    [(a.symbol, b.symbol) for a in units.UNITS for b in units.UNITS if a.quantity == b.quantity]
)  # fmt: skip


@given(_NUMBERS, _PAIRS)
def test_there_and_back_is_the_same_value(value: Decimal, pair: tuple[str, str]) -> None:
    there = units.convert(value, *pair, decimals=30)
    assert units.convert(there, pair[1], pair[0], decimals=4) == value


@given(_NUMBERS, _PAIRS)
def test_a_converted_value_is_off_by_less_than_its_last_digit(value: Decimal, pair: tuple[str, str]) -> None:
    one, other = units.find(pair[0]), units.find(pair[1])
    exact = (Fraction(value) * one.factor + one.offset - other.offset) / other.factor
    converted = units.convert(value, *pair)
    assert abs(Fraction(converted) - exact) <= Fraction(1, 10_000) * one.factor / other.factor


@given(_NUMBERS, _PAIRS)
def test_scale_and_convert_agree(value: Decimal, pair: tuple[str, str]) -> None:
    factor, offset = units.scale(*pair)
    assert float(value * factor + offset) == pytest.approx(float(units.convert(value, *pair, decimals=25)), abs=1e-20)


def test_rounding_is_half_to_even_and_keeps_zeros() -> None:
    assert str(units.round_to(Decimal("74.0005"), 3)) == "74.000"
    assert str(units.round_to(Decimal("74.0015"), 3)) == "74.002"
    assert str(units.round_to(Decimal("74"), 3)) == "74.000"
    assert str(units.convert(Decimal("0.5"), "µm", "mm", decimals=3)) == "0.000"
