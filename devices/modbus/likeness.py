"""How well what an instrument answered fits a register profile: plausible points, and what they could have denied."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from devices.modbus.plan import ReadPlan, Step, plan_of
from devices.modbus.registers import Kind, Point, RegisterMap, Span
from devices.modbus.values import FORMATS, Value
from devices.reading import Quality

MOST_BITS = 16.0
"""What one point can say at most, so that a single long text does not outweigh everything else."""
_HALVES = 4.0
"""Bits of evidence after which half of the remaining doubt is gone."""
_BIT_OF_A_BLOCK = 1.0
_LARGEST_PLAIN = Decimal(10_000_000)
_SMALLEST_PLAIN = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Likeness:
    """`share` of the points that are plausible, `bits` of evidence in them, and a few values to show."""

    share: float
    bits: float
    values: int
    sample: str

    @property
    def score(self) -> float:
        """Between 0 and 1: the share, doubted as long as little evidence stands behind it."""
        return self.share * (1 - 2 ** (-self.bits / _HALVES))


def likeness(register_map: RegisterMap, blocks: Sequence[Span], answers: Mapping[Span, bytes | None]) -> Likeness:
    """Judge the answers to `blocks` (the data of each, None where it was refused) by the points that lie in them."""
    points = [point for point in register_map.points if _lies_in(register_map, point, blocks)]
    plan = plan_of(register_map, points, blocks)
    images = [answers.get(block) for block in blocks]
    plausible, bits, shown = 0, _BIT_OF_A_BLOCK * sum(image is not None for image in images), []
    for step in _steps(plan):
        value = step.decode(images)
        told = None if value is None else evidence(step.point, value)
        if value is None or told is None:
            continue
        plausible += 1
        bits += told
        if value.value is not None or value.text:
            shown.append(f"{step.point.name} {value.text or value.value} {value.unit or ''}".strip())
    return Likeness(plausible / max(1, len(points)), bits if plausible else 0.0, len(shown), ", ".join(shown[:3]))


def evidence(point: Point, value: Value) -> float | None:
    """How many bits a value that the point's rules let pass says for them; None when it is not plausible."""
    if point.kind is Kind.TEXT:
        text = value.text
        return None if not text.isprintable() else min(MOST_BITS, 1.4 * len(text.strip()))
    number = value.value
    if number is None or value.quality is Quality.BAD:
        return None
    if point.kind.is_float:
        return _of_float(point, number)
    bits = _of_integer(point, number)
    return bits if bits is None or number else min(bits, 1.0)  # an empty register is 0 in every instrument


def _of_float(point: Point, number: Decimal) -> float | None:
    """Any four bytes are a float, most of them far beyond what anybody measures."""
    if not number:
        return 0.5
    if not _SMALLEST_PLAIN <= abs(number) <= _LARGEST_PLAIN:
        return None
    return 6.0 if point.low is not None and point.high is not None else 3.0


def _of_integer(point: Point, number: Decimal) -> float | None:
    """From the share of raw codes that the point's labels or range leave."""
    width = _width(point)
    bits = 0.0
    if point.labels:
        bits = width - math.log2(len(point.labels))
    elif point.low is not None and point.high is not None:
        codes = (point.high - point.low) / abs(point.scale) + 1
        bits = width - math.log2(max(1.0, float(codes)))
    elif width > 16 and point.kind in FORMATS:
        if abs(number / point.scale) > _LARGEST_PLAIN:
            return None
        bits = 3.0
    if point.decimals_at is not None:
        bits += 12.0  # one of ten digits in a whole register
    return min(MOST_BITS, max(0.0, bits))


def _width(point: Point) -> int:
    if point.kind in (Kind.BIT, Kind.BOOLEAN):
        return 1
    if point.has_field:
        return point.field_high - point.field_low + 1
    return 8 if point.kind in (Kind.UNSIGNED_8_HIGH, Kind.UNSIGNED_8_LOW) else 16 * point.kind.registers


def _lies_in(register_map: RegisterMap, point: Point, blocks: Sequence[Span]) -> bool:
    return all(any(block.covers(span) for block in blocks) for span in register_map.spans_of(point))


def _steps(plan: ReadPlan) -> list[Step]:
    """Every step of a plan once."""
    return list({step.point.name: step for some in plan.steps for step in some}.values())
