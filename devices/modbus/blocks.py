"""Plan as few read requests as the limits allow, never splitting a value, never touching what is forbidden."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import pairwise

from devices.modbus.registers import Limits, Span, Table


def plan_blocks(spans: Iterable[Span], limits: Limits, refused: Collection[Span] = ()) -> tuple[Span, ...]:
    """The fewest blocks that cover all spans, in address order; of equally few those that read the least unasked.

    Spans of one table may be joined while the hole between them is at most `limits.gap`, the block stays within the
    limit, touches no forbidden range and does not cover a block the instrument has `refused` before.
    """
    blocks: list[Span] = []
    for table in Table:
        wanted = _outermost(span for span in spans if span.table is table)
        if wanted:
            blocks.extend(_Planner(wanted, limits, [span for span in refused if span.table is table]).cheapest())
    return tuple(blocks)


def _outermost(spans: Iterable[Span]) -> list[Span]:
    """Without the spans that lie inside another; what is left rises in start and end alike."""
    outermost: list[Span] = []
    for span in sorted(set(spans), key=lambda span: (span.start, -span.end)):
        if not outermost or span.end > outermost[-1].end:
            outermost.append(span)
    return outermost


class _Planner:
    """Cuts sorted spans of one table into runs, cheapest first by number of blocks, then by unasked addresses read.

    A cut is worth trying behind the longest run, at a hole, and, once blocks were refused, in the middle: so the
    culprit is found by halving.
    """

    def __init__(self, wanted: list[Span], limits: Limits, refused: list[Span]) -> None:
        self._wanted = wanted
        self._refused = refused
        self._limit = limits.of(wanted[0].table)
        self._holes = [0] + [max(0, span.start - before.end) for before, span in pairwise(wanted)]
        self._barred = [True] + [
            hole > limits.gap or any(_overlap(_joined(before, span), other) for other in limits.forbidden)
            for hole, before, span in zip(self._holes[1:], wanted, wanted[1:], strict=False)
        ]

    def cheapest(self) -> list[Span]:
        count = len(self._wanted)
        costs: list[tuple[int, int, int]] = [(0, 0, 0)] * (count + 1)
        choices = list(range(1, count + 1))
        for first in range(count - 1, -1, -1):
            best: tuple[int, int, int] | None = None
            unasked, at = 0, first + 1
            for end in self._ends(first):
                unasked += sum(self._holes[at:end])
                at = end
                square = self._block(first, end).length ** 2 if self._refused else 0
                after = costs[end]
                cost = (after[0] + 1, after[1] + unasked, after[2] + square)
                if best is None or cost <= best:
                    best = costs[first] = cost
                    choices[first] = end
        return self._blocks(choices)

    def _ends(self, first: int) -> list[int]:
        """The positions, rising, behind which a block that begins with span `first` may be cut."""
        reach = self._reach(first)
        ends = [at for at in range(first + 1, reach) if self._holes[at]]
        if self._refused and reach - first > 1:
            ends.append((first + reach + 1) // 2)
        return sorted({*ends, reach})

    def _reach(self, first: int) -> int:
        """The position behind the last span that one block may cover together with span `first`."""
        start = self._wanted[first].start
        last = start + self._limit
        for block in self._refused:
            if block.start >= start:
                last = min(last, block.end - 1)
        end = first + 1
        while end < len(self._wanted) and not self._barred[end] and self._wanted[end].end <= last:
            end += 1
        return end

    def _block(self, first: int, end: int) -> Span:
        return _joined(self._wanted[first], self._wanted[end - 1])

    def _blocks(self, choices: list[int]) -> list[Span]:
        blocks: list[Span] = []
        at = 0
        while at < len(self._wanted):
            blocks.append(self._block(at, choices[at]))
            at = choices[at]
        return blocks


def _joined(block: Span, span: Span) -> Span:
    return Span(block.table, block.start, max(block.end, span.end) - block.start)


def _overlap(one: Span, other: Span) -> bool:
    return one.table is other.table and one.start < other.end and other.start < one.end


def split_block(block: Span, spans: Iterable[Span]) -> tuple[Span, ...]:
    """A refused block's parts: cut at its widest hole, else in the middle, never through a value; itself if it is one.

    Used after exception 2 to find out which part the instrument does not have.
    """
    inside = sorted({span for span in spans if block.covers(span)}, key=lambda span: (span.start, span.end))
    cut = _best_cut(inside)
    if cut is None:
        return (block,)
    parts = []
    for side in ([span for span in inside if span.end <= cut], [span for span in inside if span.start >= cut]):
        start, end = side[0].start, max(span.end for span in side)
        parts.append(Span(block.table, start, end - start))
    return tuple(parts)


def _best_cut(inside: list[Span]) -> int | None:
    """The address to cut at: after the widest hole, of equal holes the one nearest the middle."""
    if not inside:
        return None
    middle = (inside[0].start + max(span.end for span in inside)) / 2
    best: tuple[int, float, int] | None = None
    reach = inside[0].end
    for span in inside[1:]:
        if span.start >= reach:
            candidate = (reach - span.start, abs(span.start - middle), span.start)
            best = candidate if best is None else min(best, candidate)
        reach = max(reach, span.end)
    return None if best is None else best[2]
