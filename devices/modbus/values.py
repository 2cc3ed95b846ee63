"""Turn registers into exact values: types, byte orders, scale, sentinels, labels. No value before its errors."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Final

from devices.errors import ProtocolError
from devices.modbus.registers import Kind, Order, Point
from devices.reading import Quality

FORMATS: Final = {
    Kind.UNSIGNED_16: ">H",
    Kind.SIGNED_16: ">h",
    Kind.UNSIGNED_32: ">I",
    Kind.SIGNED_32: ">i",
    Kind.UNSIGNED_64: ">Q",
    Kind.SIGNED_64: ">q",
    Kind.FLOAT_32: ">f",
    Kind.FLOAT_64: ">d",
}
MOST_DECIMALS = 9
SMALLEST_NORMAL_FLOAT32 = 2.0**-126  # below it a float has fewer than six digits
EXACT = Context(prec=1100)  # enough for any 64-bit float times any scale: nothing is ever rounded here
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Value:
    """A point's value: Decimal exactly when `quality` is not bad; `text` is a label or the text of a string point."""

    value: Decimal | None
    unit: str | None
    quality: Quality
    reason: str
    text: str = ""


def bad(reason: str, unit: str | None = None) -> Value:
    """No value, and why."""
    return Value(None, unit, Quality.BAD, reason)


def arrange(data: bytes, order: Order) -> bytes:
    """Bytes of one value from wire order to big-endian, or back: each order is its own inverse."""
    if order.swaps_bytes:
        swapped = bytearray(len(data))
        swapped[0::2], swapped[1::2] = data[1::2], data[0::2]
        data = bytes(swapped)
    if order.swaps_words:
        data = b"".join(data[at : at + 2] for at in range(len(data) - 2, -2, -2))
    return data


def shortest_float32(number: float) -> Decimal:
    """The decimal with the fewest digits that reads back as the same 32-bit float (21.3, not 21.299999237060547)."""
    wanted = struct.pack(">f", number)
    fewest = 6 if abs(number) >= SMALLEST_NORMAL_FLOAT32 else 1
    for digits in range(fewest, 9):
        text = f"{number:.{digits}g}"
        if struct.pack(">f", float(text)) == wanted:
            return Decimal(text)
    return Decimal(f"{number:.9g}")


def raw_number(point: Point, data: bytes) -> int | float | str:
    """The number as the instrument holds it, before scale; for BCD, text when a nibble is no digit."""
    kind = point.kind
    if kind in FORMATS:
        number: int | float = struct.unpack(FORMATS[kind], arrange(data, point.order))[0]
        if point.has_field and isinstance(number, int):
            return (number >> point.field_low) & ((1 << (point.field_high - point.field_low + 1)) - 1)
        return number
    if kind is Kind.BOOLEAN:
        return data[0] & 1
    word = arrange(data, point.order)
    if kind is Kind.BIT:
        return (int.from_bytes(word, "big") >> point.bit) & 1
    if kind is Kind.UNSIGNED_8_HIGH:
        return word[0]
    if kind is Kind.UNSIGNED_8_LOW:
        return word[1]
    digits = word.hex()
    return int(digits) if digits.isdecimal() else f"0x{digits.upper()} is not binary-coded decimal"


def integer_trouble(point: Point, raw: int) -> str:
    """Why a raw integer is no measurement; empty when it is one."""
    if raw in point.sentinels:
        return point.sentinels[raw]
    if point.error_below is not None and raw < point.error_below:
        return f"the instrument reports error {point.error_below - raw}"
    if point.error_above is not None and raw > point.error_above:
        return f"the instrument reports error {raw - point.error_above}"
    if raw in point.bad:
        return point.bad[raw]
    wrong = [meaning for bit, meaning in point.bad_bits.items() if raw >> bit & 1]
    wrong += [meaning for bit, meaning in point.bad_when_clear.items() if not raw >> bit & 1]
    return ", ".join(dict.fromkeys(wrong))


def status_trouble(point: Point, data: bytes) -> str:
    """Why what a status point stands for may not be trusted, from the status's own registers; empty when it may."""
    raw = raw_number(point, data)
    if not isinstance(raw, int):
        return f"its status {point.name} cannot be read"
    trouble = integer_trouble(point, raw)
    if not trouble and point.labels and raw not in point.labels:
        return f"its status {point.name} is {raw}, which the profile does not know"
    return trouble


def text_of(data: bytes, order: Order, encoding: str) -> str | None:
    """Text in registers up to the first NUL, without blanks around it; None when the bytes are not in that encoding."""
    try:
        text = arrange_text(data, order).decode(encoding)
    except UnicodeDecodeError:
        return None
    return text.split("\x00", 1)[0].strip()


def arrange_text(data: bytes, order: Order) -> bytes:
    """Text is never word-swapped, only its bytes within each word may be."""
    return arrange(data, Order.BADC) if order.swaps_bytes else data


def decode(point: Point, data: bytes, *, decimals: bytes | None = None, unit: bytes | None = None) -> Value:
    """The value of a point from its registers (and those of its decimals and unit); never raises."""
    shown_unit = point.unit
    if unit is not None:
        text = text_of(unit, point.order, point.encoding)
        if text is None:
            return bad(f"the unit register holds {unit.hex(' ')}, which is no text")
        shown_unit = point.units.get(text, text) or None
    if point.kind is Kind.TEXT:
        return _text_value(point, data, shown_unit)
    raw = raw_number(point, data)
    if isinstance(raw, str):
        return bad(raw, shown_unit)
    if isinstance(raw, float):
        return _float_value(point, raw, shown_unit)
    trouble = integer_trouble(point, raw)
    if trouble:
        return bad(trouble, shown_unit)
    return _integer_value(point, raw, decimals, shown_unit)


def _text_value(point: Point, data: bytes, unit: str | None) -> Value:
    text = text_of(data, point.order, point.encoding)
    if text is None:
        return bad(f"{data.hex(' ')} is no {point.encoding} text", unit)
    return Value(None, unit, Quality.GOOD, "", text)


def _float_value(point: Point, raw: float, unit: str | None) -> Value:
    if not math.isfinite(raw):
        return bad("the instrument sent no number (NaN)" if math.isnan(raw) else "the instrument sent infinity", unit)
    number = shortest_float32(raw) if point.kind is Kind.FLOAT_32 else Decimal(repr(raw))
    return _in_range(point, _scaled(point, number), unit, "")


def _integer_value(point: Point, raw: int, decimals: bytes | None, unit: str | None) -> Value:
    number = _scaled(point, Decimal(raw))
    if point.decimals_at is not None:
        if decimals is None:
            return bad("the register with the number of decimals was not read", unit)
        places = int.from_bytes(arrange(decimals, point.order), "big", signed=True)
        if not 0 <= places <= MOST_DECIMALS:
            return bad(f"the register with the number of decimals holds {places}", unit)
        number = number.scaleb(-(places + point.decimals_extra), EXACT)
    label = ""
    if point.labels:
        if raw not in point.labels:
            return bad(f"{raw} is no state the profile knows", unit)
        label = point.labels[raw]
    return _in_range(point, number, unit, label)


def _scaled(point: Point, number: Decimal) -> Decimal:
    if point.scale != 1:
        number = EXACT.multiply(number, point.scale)
    if point.offset:
        number = EXACT.add(number, point.offset)
    if number == 0:
        number = number.copy_abs()  # a float's minus zero is zero
    return number.quantize(_ONE, context=EXACT) if exponent_of(number) > 0 else number


def exponent_of(number: Decimal) -> int:
    """The exponent of a finite Decimal: minus its count of decimals."""
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _in_range(point: Point, number: Decimal, unit: str | None, label: str) -> Value:
    if point.low is not None and number < point.low:
        return bad(f"{number} is below the instrument's range, which starts at {point.low}", unit)
    if point.high is not None and number > point.high:
        return bad(f"{number} is above the instrument's range, which ends at {point.high}", unit)
    return Value(number, unit, Quality.GOOD, label, label)


def encode(point: Point, value: Decimal) -> bytes:
    """The registers (or the coil, as one byte) that hold a value exactly: what `decode` would read as that value.

    Raises ProtocolError when the value has no exact raw form in the point's type.
    """
    raw = EXACT.divide(EXACT.subtract(value, point.offset), point.scale)
    if point.kind.is_float:
        data = struct.pack(FORMATS[point.kind], float(raw))
    elif raw != raw.to_integral_value():
        raise ProtocolError(f"{value} is finer than {point.name} can hold.", f"Its step is {point.scale}.")
    elif point.kind is Kind.BOOLEAN:
        return bytes([1 if raw else 0])
    else:
        data = _integer_bytes(point, int(raw))
    return arrange(data, point.order)


def _integer_bytes(point: Point, raw: int) -> bytes:
    try:
        if point.kind in FORMATS:
            return struct.pack(FORMATS[point.kind], raw)
        if point.kind in (Kind.BCD_16, Kind.BCD_32):
            return bytes.fromhex(f"{raw:0{point.span.length * 4}d}")
    except (struct.error, ValueError) as error:
        raise ProtocolError(f"{raw} does not fit {point.name}, a {point.kind}.") from error
    raise ProtocolError(f"{point.name} is a part of a register and cannot be written by itself.")
