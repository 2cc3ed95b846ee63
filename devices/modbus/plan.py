"""What a group of points needs from the wire: its blocks, and which points each of them belongs to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from devices.modbus.blocks import plan_blocks
from devices.modbus.quick import Quick, quick_reader
from devices.modbus.registers import Point, RegisterMap, Span
from devices.modbus.values import Value, bad, decode, status_trouble


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a span's items stand: in which block of the plan, from which item."""

    block: int
    offset: int
    length: int
    is_bit: bool

    def cut(self, images: Sequence[bytes | None]) -> bytes | None:
        """The span's bytes (a bit as one byte 0 or 1), or None while its block was not read."""
        image = images[self.block]
        if image is None:
            return None
        if self.is_bit:
            return bytes([image[self.offset >> 3] >> (self.offset & 7) & 1])
        return image[self.offset * 2 : (self.offset + self.length) * 2]


@dataclass(frozen=True, slots=True)
class Step:
    """One point with the places of all it needs, which lie in `blocks` of the plan.

    `quick`, where there is one, gives the good value from the block's bytes alone, or None when `decode` must tell.
    """

    point: Point
    value: Slot
    decimals: Slot | None
    unit: Slot | None
    status: Slot | None
    status_point: Point | None
    blocks: tuple[int, ...]
    quick: Quick | None

    def decode(self, images: Sequence[bytes | None]) -> Value | None:
        """The point's value, or None when a block it needs was not read this time."""
        data = self.value.cut(images)
        decimals = self.decimals.cut(images) if self.decimals is not None else None
        unit = self.unit.cut(images) if self.unit is not None else None
        if data is None or (self.decimals and decimals is None) or (self.unit and unit is None):
            return None
        if self.status is not None and self.status_point is not None:
            state = self.status.cut(images)
            if state is None:
                return None
            trouble = status_trouble(self.status_point, state)
            if trouble:
                return bad(trouble, self.point.unit)
        return decode(self.point, data, decimals=decimals, unit=unit)


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """Blocks in the order they are asked for; `steps[i]` are the points that need block i."""

    blocks: tuple[Span, ...]
    steps: tuple[tuple[Step, ...], ...]
    values: tuple[Span, ...]


def make_plan(register_map: RegisterMap, points: Collection[Point], refused: Collection[Span]) -> ReadPlan:
    """The fewest blocks for these points, without those the instrument refused."""
    spans = tuple(dict.fromkeys(span for point in points for span in register_map.spans_of(point)))
    blocks = plan_blocks(spans, register_map.limits, refused)
    return plan_of(register_map, points, blocks, spans)


def plan_of(
    register_map: RegisterMap, points: Collection[Point], blocks: Sequence[Span], spans: Sequence[Span] = ()
) -> ReadPlan:
    """A plan with given blocks, which must cover every point and what it depends on."""
    steps: list[list[Step]] = [[] for _ in blocks]
    for point in points:
        step = _step(register_map, point, blocks)
        for block in step.blocks:
            steps[block].append(step)
    return ReadPlan(tuple(blocks), tuple(tuple(some) for some in steps), tuple(spans))


def _step(register_map: RegisterMap, point: Point, blocks: Sequence[Span]) -> Step:
    value = _slot(point.span, blocks)
    decimals = _slot(point.decimals_at, blocks) if point.decimals_at is not None else None
    unit = _slot(point.unit_at, blocks) if point.unit_at is not None else None
    status_point = register_map.point(point.status) if point.status is not None else None
    status = _slot(status_point.span, blocks) if status_point is not None else None
    needed = tuple(dict.fromkeys(slot.block for slot in (value, decimals, unit, status) if slot is not None))
    alone = not value.is_bit and status is None
    quick = quick_reader(point, value.offset * 2) if alone else None
    return Step(point, value, decimals, unit, status, status_point, needed, quick)


def _slot(span: Span, blocks: Sequence[Span]) -> Slot:
    for number, block in enumerate(blocks):
        if block.covers(span):
            return Slot(number, span.start - block.start, span.length, span.table.is_bits)
    raise AssertionError(f"no block covers {span}")
