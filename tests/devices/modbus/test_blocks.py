"""Reads are as few as the limits allow, never split a value, never touch what is forbidden."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from devices.modbus.blocks import plan_blocks, split_block
from devices.modbus.registers import Limits, Span, Table

SPANS = st.lists(
    st.builds(Span, st.just(Table.HOLDING), st.integers(0, 60), st.integers(1, 4)), min_size=1, max_size=12
)
LIMITS = st.builds(
    lambda registers, gap, forbidden: Limits(registers=registers, gap=gap, forbidden=forbidden),
    st.integers(4, 30),
    st.integers(0, 10),
    st.lists(st.builds(Span, st.just(Table.HOLDING), st.integers(0, 60), st.integers(1, 3)), max_size=2).map(tuple),
)


def held(at: int, length: int = 1, table: Table = Table.HOLDING) -> Span:
    return Span(table, at, length)


def outside(spans: Sequence[Span], limits: Limits) -> list[Span]:
    """The spans that do not lie in a forbidden range: a profile with others is refused."""
    return [
        span
        for span in spans
        if not any(span.start < other.end and other.start < span.end for other in limits.forbidden)
    ]


def allowed(group: Sequence[Span], limits: Limits) -> bool:
    """Whether a run of sorted spans may be read as one block, by the rules themselves."""
    start, end = group[0].start, group[0].end
    for span in group[1:]:
        if span.start - end > limits.gap:
            return False
        end = max(end, span.end)
    if end - start > limits.registers:
        return False
    return not any(start < other.end and other.start < end for other in limits.forbidden)


def fewest(spans: Sequence[Span], limits: Limits) -> int:
    """The fewest blocks, found by trying every way to cut the sorted spans."""
    ordered = tuple(sorted(set(spans), key=lambda span: (span.start, span.end)))

    @cache
    def best(at: int) -> int:
        if at == len(ordered):
            return 0
        return min(
            (1 + best(end) for end in range(at + 1, len(ordered) + 1) if allowed(ordered[at:end], limits)),
            default=10**6,
        )

    return best(0)


@settings(max_examples=300)
@given(SPANS, LIMITS)
def test_blocks_cover_everything_and_are_the_fewest(spans: list[Span], limits: Limits) -> None:
    spans = outside(spans, limits)
    blocks = plan_blocks(spans, limits)
    assert all(any(block.covers(span) for block in blocks) for span in spans)
    assert all(block.length <= limits.registers for block in blocks)
    for block in blocks:
        assert not any(block.start < other.end and other.start < block.end for other in limits.forbidden)
    assert len(blocks) <= fewest(spans, limits)


@settings(max_examples=200)
@given(SPANS, LIMITS, st.data())
def test_a_refused_block_is_never_covered_again(spans: list[Span], limits: Limits, data: st.DataObject) -> None:
    spans = outside(spans, limits)
    refused: set[Span] = set()
    for _ in range(40):
        blocks = plan_blocks(spans, limits, refused)
        several = [block for block in blocks if len(split_block(block, spans)) > 1]
        assert not refused & set(several)
        if not several:
            break
        refused.add(data.draw(st.sampled_from(several)))
    assert all(any(block.covers(span) for block in blocks) for span in spans)


@given(SPANS)
def test_parts_of_a_block_hold_whole_values(spans: list[Span]) -> None:
    for block in plan_blocks(spans, Limits(gap=60)):
        parts = split_block(block, spans)
        inside = [span for span in spans if block.covers(span)]
        assert all(any(part.covers(span) for part in parts) for span in inside)
        assert len(parts) == 1 or all(part.length < block.length for part in parts)


def test_a_hundred_contiguous_registers_are_one_request() -> None:
    assert plan_blocks([held(at) for at in range(100)], Limits()) == (held(0, 100),)


def test_126_registers_are_two_requests_and_a_float_is_not_split() -> None:
    blocks = plan_blocks([held(at, 2) for at in range(0, 126, 2)], Limits())
    assert blocks == (held(0, 124), held(124, 2))


def test_tables_are_never_mixed() -> None:
    blocks = plan_blocks([held(1), held(2, table=Table.INPUT)], Limits())
    assert set(blocks) == {held(1), held(2, table=Table.INPUT)}


def test_a_gap_is_bridged_only_as_far_as_allowed() -> None:
    assert len(plan_blocks([held(0), held(9)], Limits(gap=8))) == 1
    assert len(plan_blocks([held(0), held(10)], Limits(gap=8))) == 2


def test_a_forbidden_range_is_not_bridged() -> None:
    limits = Limits(gap=8, forbidden=(held(3, 2),))
    assert plan_blocks([held(0, 2), held(6, 2)], limits) == (held(0, 2), held(6, 2))


def test_bits_have_their_own_limit() -> None:
    coils = [held(at, table=Table.COIL) for at in range(2001)]
    assert [block.length for block in plan_blocks(coils, Limits())] == [2000, 1]


def test_a_refused_block_is_cut_at_its_widest_hole() -> None:
    spans = [held(0), held(1), held(5), held(6)]
    assert split_block(held(0, 7), spans) == (held(0, 2), held(5, 2))
