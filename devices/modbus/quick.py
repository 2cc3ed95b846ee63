"""Shorter ways from registers to a value, for the many points that need nothing but a number and a scale.

What they give is what `values.decode` gives; where there is anything to explain they give None and it is asked.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from decimal import Decimal

from devices.modbus.registers import Order, Point
from devices.modbus.values import EXACT, FORMATS, exponent_of, shortest_float32

Quick = Callable[[bytes], Decimal | None]


def quick_reader(point: Point, offset: int) -> Quick | None:
    """A function from a block's bytes to the value at `offset`; None when the point needs more than that."""
    form = _form(point)
    needs_more = point.tells_trouble or point.labels or point.has_field or point.decimals_at or point.unit_at
    if form is None or needs_more or point.scale <= 0 or exponent_of(point.scale) > 0 or exponent_of(point.offset) > 0:
        return None
    if point.kind.is_float:
        return _ranged(_scaled(_float_reader(form, offset), point), point)
    return _ranged(_shifted(_integer_reader(form, offset, point.scale), point.offset), point)


def _form(point: Point) -> str | None:
    """The struct format that reads the point where it stands; None when its bytes must be moved first."""
    form = FORMATS.get(point.kind)
    if form is None or point.order is Order.ABCD:
        return form
    if point.order is Order.DCBA or (point.kind.registers == 1 and point.order.swaps_bytes):
        return "<" + form[1:]
    return form if point.kind.registers == 1 else None


def _integer_reader(form: str, offset: int, scale: Decimal) -> Quick:
    unpack, multiply = struct.Struct(form).unpack_from, EXACT.multiply
    return lambda image: multiply(unpack(image, offset)[0], scale)


def _float_reader(form: str, offset: int) -> Quick:
    unpack = struct.Struct(form).unpack_from
    shortest = shortest_float32 if form[1] == "f" else lambda number: Decimal(repr(number))

    def read(image: bytes) -> Decimal | None:
        number: float = unpack(image, offset)[0]
        if not math.isfinite(number) or number == 0:
            return None
        value = shortest(number)
        return value if exponent_of(value) <= 0 else None

    return read


def _scaled(number: Quick, point: Point) -> Quick:
    if point.scale == 1 and not point.offset:
        return number
    multiply, scale = EXACT.multiply, point.scale

    def read(image: bytes) -> Decimal | None:
        value = number(image)
        return None if value is None else multiply(value, scale)

    return _shifted(read, point.offset)


def _shifted(number: Quick, shift: Decimal) -> Quick:
    if not shift:
        return number
    add = EXACT.add

    def read(image: bytes) -> Decimal | None:
        value = number(image)
        return None if value is None else add(value, shift)

    return read


def _ranged(number: Quick, point: Point) -> Quick:
    low, high = point.low, point.high
    if low is None and high is None:
        return number

    def read(image: bytes) -> Decimal | None:
        value = number(image)
        if value is None or (low is not None and value < low) or (high is not None and value > high):
            return None
        return value

    return read
