"""Plan as few read requests as the limits allow, never splitting a value, never touching what is forbidden."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from devices.modbus.registers import Limits, Span, Table


def plan_blocks(spans: Iterable[Span], limits: Limits, refused: Collection[Span] = ()) -> tuple[Span, ...]:
    """The fewest blocks that cover all spans, in address order.

    Spans of one table are joined while the hole between them is at most `limits.gap`, the block stays within the
    limit, and it neither touches a forbidden range nor covers a block the instrument has `refused` before. Reading
    from left to right and joining as long as possible is optimal here, because a block that starts further right can
    always reach at least as far.
    """
    blocks: list[Span] = []
    for table in Table:
        wanted = sorted(set(spans_of(spans, table)), key=lambda span: (span.start, span.end))
        blocks.extend(_join(wanted, limits, [span for span in refused if span.table is table]))
    return tuple(blocks)


def spans_of(spans: Iterable[Span], table: Table) -> list[Span]:
    """The spans that lie in one table."""
    return [span for span in spans if span.table is table]


def _join(wanted: list[Span], limits: Limits, refused: list[Span]) -> list[Span]:
    blocks: list[Span] = []
    for span in wanted:
        if blocks:
            joined = _joined(blocks[-1], span)
            if _allowed(blocks[-1], span, joined, limits, refused):
                blocks[-1] = joined
                continue
        blocks.append(span)
    return blocks


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
