"""Units of measurement: exact conversion of decimals, and the many ways units are written on instruments."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

from workstation.errors import CallIsWrong


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: `factor` and `offset` lead to the quantity's base unit, exactly: base = value * factor + offset."""

    symbol: str
    quantity: str
    factor: Fraction
    offset: Fraction
    synonyms: tuple[str, ...]


def _unit(symbol: str, quantity: str, factor: str = "1", synonyms: str = "", offset: str = "0") -> Unit:
    return Unit(symbol, quantity, Fraction(factor), Fraction(offset), tuple(synonyms.split()))


_POUND = "0.45359237"  # kg, exact: international yard and pound agreement, 1959
_GRAVITY = "9.80665"  # m/s2, exact: CGPM 1901
_POUND_FORCE = str(Fraction(_POUND) * Fraction(_GRAVITY))
_PSI = str(Fraction(_POUND_FORCE) / Fraction("0.0254") ** 2)
_DEGREE = "1/180"  # in units of a half turn, which keeps angles in degrees exact

UNITS: tuple[Unit, ...] = (
    _unit("m", "length", "1", "metre meter"),
    _unit("cm", "length", "0.01", "centimetre centimeter"),
    _unit("mm", "length", "0.001", "millimetre millimeter"),
    _unit("µm", "length", "0.000001", "um micron micrometre micrometer"),
    _unit("nm", "length", "0.000000001", "nanometre nanometer"),
    _unit("in", "length", "0.0254", 'inch inches "'),
    _unit("mil", "length", "0.0000254", "thou"),
    _unit("µin", "length", "0.0000000254", "uin microinch"),
    _unit("ft", "length", "0.3048", "foot feet"),
    _unit("kg", "mass", "1", "kilogram"),
    _unit("g", "mass", "0.001", "gram"),
    _unit("mg", "mass", "0.000001", "milligram"),
    _unit("µg", "mass", "0.000000001", "ug microgram"),
    _unit("t", "mass", "1000", "tonne"),
    _unit("lb", "mass", _POUND, "lbs pound"),
    _unit("oz", "mass", str(Fraction(_POUND) / 16), "ounce"),
    _unit("ct", "mass", "0.0002", "carat"),
    _unit("N", "force", "1", "newton"),
    _unit("kN", "force", "1000", "kilonewton"),
    _unit("mN", "force", "0.001", "millinewton"),
    _unit("kgf", "force", _GRAVITY, "kp"),
    _unit("gf", "force", str(Fraction(_GRAVITY) / 1000), ""),
    _unit("lbf", "force", _POUND_FORCE, ""),
    _unit("ozf", "force", str(Fraction(_POUND_FORCE) / 16), ""),
    _unit("N·m", "torque", "1", "Nm N*m N.m newtonmetre"),
    _unit("cN·m", "torque", "0.01", "cNm cN*m cN.m"),
    _unit("kgf·cm", "torque", str(Fraction(_GRAVITY) / 100), "kgfcm kgf*cm kgf.cm"),
    _unit("lbf·in", "torque", str(Fraction(_POUND_FORCE) * Fraction("0.0254")), "lbfin lbf*in lbin in-lb inlb"),
    _unit("lbf·ft", "torque", str(Fraction(_POUND_FORCE) * Fraction("0.3048")), "lbfft lbf*ft lbft ft-lb ftlb"),
    _unit("K", "temperature", "1", "kelvin"),
    _unit("°C", "temperature", "1", "C degC celsius ℃", "273.15"),
    _unit("°F", "temperature", "5/9", "F degF fahrenheit ℉", str(Fraction("459.67") * 5 / 9)),
    _unit("%RH", "relative humidity", "1", "%rF %r.h. rh"),
    _unit("Pa", "pressure", "1", "pascal"),
    _unit("hPa", "pressure", "100", "hectopascal"),
    _unit("kPa", "pressure", "1000", "kilopascal"),
    _unit("MPa", "pressure", "1000000", "megapascal N/mm2 N/mm²"),
    _unit("mbar", "pressure", "100", "millibar"),
    _unit("bar", "pressure", "100000", ""),
    _unit("psi", "pressure", _PSI, "lbf/in2 lbf/in²"),
    _unit("°", "angle", _DEGREE, "deg degree degrees"),
    _unit("′", "angle", str(Fraction(_DEGREE) / 60), "arcmin"),
    _unit("″", "angle", str(Fraction(_DEGREE) / 3600), "arcsec"),
    _unit("s", "time", "1", "sec second"),
    _unit("ms", "time", "0.001", "millisecond"),
    _unit("min", "time", "60", "minute"),
    _unit("h", "time", "3600", "hour"),
    _unit("mL", "volume", "0.001", "ml millilitre milliliter"),
    _unit("L", "volume", "1", "l litre liter"),
    _unit("V", "voltage", "1", "volt"),
    _unit("mV", "voltage", "0.001", "millivolt"),
    _unit("A", "current", "1", "ampere"),
    _unit("mA", "current", "0.001", "milliampere"),
    _unit("Ω", "resistance", "1", "ohm"),
    _unit("kΩ", "resistance", "1000", "kohm"),
    _unit("MΩ", "resistance", "1000000", "Mohm"),
    _unit("rpm", "rotational speed", "1", "1/min r/min min-1"),
    _unit("HRC", "Rockwell hardness C", "1", ""),
    _unit("HV", "Vickers hardness", "1", ""),
    _unit("HBW", "Brinell hardness", "1", "HB"),
    _unit("pcs", "count", "1", "pc pieces"),
    _unit("%", "ratio", "0.01", "percent"),
    _unit("1", "ratio", "1", ""),
)


def _by_name() -> dict[str, Unit]:
    names: dict[str, Unit] = {}
    for unit in UNITS:
        for name in (unit.symbol, *unit.synonyms):
            names[_plain(name)] = unit
    return names


def _plain(name: str) -> str:
    """One spelling for look-alikes: both micro signs, both degree compositions; case stays (mN is not MN)."""
    return unicodedata.normalize("NFKC", name.strip()).replace(" ", "")


_NAMES = _by_name()
_FOLDED = {
    name: unit for name, unit in ((key.casefold(), unit) for key, unit in _NAMES.items())
    if sum(1 for key in _NAMES if key.casefold() == name) == 1
}  # fmt: skip


def find(name: str) -> Unit:
    """The unit written as `name`, in any of its spellings; case counts only where it tells units apart."""
    plain = _plain(name)
    unit = _NAMES.get(plain) or _FOLDED.get(plain.casefold())
    if unit is None:
        raise CallIsWrong(
            f"{name!r} is no unit that Sinebar knows.",
            "Write it as a gauge shows it, such as mm, µm, kg, N·m, bar or °C.",
        )
    return unit


def symbol(name: str) -> str:
    """The one way this unit is written in the store: `Inch` -> `in`."""
    return find(name).symbol


def _conversion(source: str, target: str) -> tuple[Fraction, Fraction]:
    one, other = find(source), find(target)
    if one.quantity != other.quantity:
        raise CallIsWrong(
            f"{one.symbol} measures {one.quantity} and {other.symbol} {other.quantity}: they cannot be converted.",
            "Correct the unit of the gauge or of the characteristic.",
        )
    return one.factor / other.factor, (one.offset - other.offset) / other.factor


def scale(source: str, target: str) -> tuple[Decimal, Decimal]:
    """Factor and offset from one unit to another, to 34 digits: target = source * factor + offset."""
    factor, offset = _conversion(source, target)
    return _decimal(factor), _decimal(offset)


def _decimal(number: Fraction) -> Decimal:
    with localcontext() as context:
        context.prec = 34
        return Decimal(number.numerator) / Decimal(number.denominator)


def convert(value: Decimal, source: str, target: str, *, decimals: int | None = None) -> Decimal:
    """`value` in another unit, computed exactly and then rounded half to even to `decimals` places.

    Without `decimals` the resolution is kept: as many places as make one last digit no coarser than it was sent
    (1.0000 in -> 25.400 mm), never fewer than needed. A value in its own unit comes back as it was written.
    """
    factor, offset = _conversion(source, target)
    if factor == 1 and offset == 0 and decimals is None:
        return value
    exact = Fraction(value) * factor + offset
    places = _places(value, factor) if decimals is None else decimals
    whole = round(exact * Fraction(10) ** places)  # Fraction rounds half to even
    return Decimal((int(whole < 0), tuple(map(int, str(abs(whole)))), -places))  # arithmetic would cut at 28 digits


def _places(value: Decimal, factor: Fraction) -> int:
    exponent = value.as_tuple().exponent
    sent = max(0, -exponent) if isinstance(exponent, int) else 0
    step = Fraction(1, 10**sent) * factor
    places = 0
    while Fraction(1, 10**places) > step and places < 30:
        places += 1
    return places


def quantum(decimals: int) -> Decimal:
    """The smallest step with so many decimals: 3 -> 0.001."""
    return Decimal(1).scaleb(-decimals)


def round_to(value: Decimal, decimals: int) -> Decimal:
    """`value` rounded half to even to `decimals` places, keeping trailing zeros."""
    return value.quantize(quantum(decimals), rounding=ROUND_HALF_EVEN)
