"""Plan as few read requests as the limits allow, never splitting a value, never touching what is forbidden."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from devices.modbus.registers import Limits, Span, Table


def plan_blocks(spans: Iterable[Span], limits: Limits, refused: Collection[Span] = ()) -> tuple[Span, ...]:
    """The fewest blocks that cover all spans, in address order; of equally few those that read the least unasked.

    Spans of one table may be joined while the hole between them is at most `limits.gap`, the block stays within the
    limit, touches no forbidden range and does not cover a block the instrument has `refused` before.
    """
    blocks: list[Span] = []
    for table in Table:
        wanted = sorted(set(spans_of(spans, table)), key=lambda span: (span.start, span.end))
        blocks.extend(_cheapest(wanted, limits, [span for span in refused if span.table is table]))
    return tuple(blocks)


def spans_of(spans: Iterable[Span], table: Table) -> list[Span]:
    """The spans that lie in one table."""
    return [span for span in spans if span.table is table]


def _cheapest(wanted: list[Span], limits: Limits, refused: list[Span]) -> list[Span]:
    """Cut the sorted spans into runs, cheapest first by number of blocks, then by unasked addresses read.

    Once blocks were refused, equal halves are preferred, so that the culprit is found by halving.
    """
    count = len(wanted)
    costs: list[tuple[int, int, int]] = [(0, 0, 0)] * (count + 1)
    choices: list[tuple[int, Span]] = [(count, span) for span in wanted]
    for first in range(count - 1, -1, -1):
        best: tuple[int, int, int] | None = None
        for end, block, unasked in _runs(wanted, first, limits, refused):
            blocks_after, unasked_after, squares_after = costs[end]
            square = block.length**2 if refused else 0
            cost = (blocks_after + 1, unasked_after + unasked, squares_after + square)
            if best is None or cost <= best:
                best = costs[first] = cost
                choices[first] = (end, block)
    blocks: list[Span] = []
    at = 0
    while at < count:
        at, block = choices[at]
        blocks.append(block)
    return blocks


def _runs(wanted: list[Span], first: int, limits: Limits, refused: list[Span]) -> Iterator[tuple[int, Span, int]]:
    """Every block that may begin with span `first`: the position after its last span, itself, and its holes' sum.

    What is not allowed for a run is not allowed for a longer one, so the first refusal ends it.
    """
    block = wanted[first]
    unasked = 0
    yield first + 1, block, unasked
    for number in range(first + 1, len(wanted)):
        span = wanted[number]
        joined = _joined(block, span)
        if not _allowed(block, span, joined, limits, refused):
            return
        unasked += max(0, span.start - block.end)
        block = joined
        yield number + 1, block, unasked


def _joined(block: Span, span: Span) -> Span:
    return Span(block.table, block.start, max(block.end, span.end) - block.start)


def _allowed(block: Span, span: Span, joined: Span, limits: Limits, refused: list[Span]) -> bool:
    if joined == block:
        return True  # the value lies wholly inside what is read anyway
    if span.start - block.end > limits.gap or joined.length > limits.of(joined.table):
        return False
    if any(_overlap(joined, forbidden) for forbidden in limits.forbidden):
        return False
    return not any(joined.covers(block) for block in refused)


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
