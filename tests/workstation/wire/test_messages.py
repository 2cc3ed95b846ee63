"""The wire: what goes out comes back equal, and no bytes raise anything but Unreadable."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workstation.wire.stations import measure, new_station
from workstation.hub import tokens
from workstation.hub.limits import BadEncoding, Throttle, TooLarge, read_body
from workstation.store.journal import recomputed_hash
from workstation.store.measurements import BatchRows
from workstation.sync.outbox import Outbox
from workstation.wire.bundle import Manifest
from workstation.wire.messages import (
    Credentials,
    Enrol,
    Entry,
    Push,
    PushReply,
    Unreadable,
    batch_facts_of,
    packed,
    rows_message,
    unpacked,
)
from workstation.wire.totals import Totals

WHOLE = st.integers(-(2**63), 2**63 - 1)
WORD = st.text(st.characters(blacklist_categories=("Cs",)), max_size=30)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
MEASUREMENT = st.tuples(
    *[WHOLE] * 6, WORD, WHOLE, WORD, WORD, WORD, st.none() | WORD, WORD, st.none() | st.binary(max_size=30)
)
SUBGROUP = st.tuples(*[WHOLE] * 4, NUMBER, st.none() | NUMBER, WHOLE, WHOLE, st.none() | WHOLE, WHOLE)
REFUSED = st.tuples(WHOLE, WORD, WORD, WHOLE, WORD, st.binary(max_size=30))


@given(st.lists(MEASUREMENT, max_size=5), st.lists(SUBGROUP, max_size=5), st.lists(REFUSED, max_size=5))
def test_rows_keep_their_digest_over_the_wire(
    measurements: list[tuple[object, ...]], subgroups: list[tuple[object, ...]], refused: list[tuple[object, ...]]
) -> None:
    """Every float, every byte, every letter: the digest is of the values, so nothing may change on the way."""
    rows = BatchRows(measurements, subgroups, refused)
    message = rows_message(rows)
    again = unpacked(packed(message), type(message))
    assert again == message
    assert again.batch().digest() == rows.digest()


@given(st.binary(max_size=300))
@pytest.mark.parametrize("kind", [Push, PushReply, Enrol, Credentials, Manifest, Entry])
def test_no_bytes_raise_anything_else(kind: type, data: bytes) -> None:
    try:
        unpacked(data, kind)
    except Unreadable as error:
        assert str(error)


@pytest.fixture(scope="module")
def push(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    with new_station(tmp_path_factory.mktemp("station") / "home") as store:
        measure(store, 2, refused=True)
        parcel = Outbox(store).next_parcel(Totals())
        assert parcel is not None
        return parcel.body


@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_is_unreadable_or_seen_by_a_hash(push: bytes, place: int, bit: int) -> None:
    damaged = bytearray(push)
    damaged[place % len(push)] ^= 1 << bit
    whole = unpacked(push, Push)
    try:
        message = unpacked(bytes(damaged), Push)
    except Unreadable:
        return
    if message == whole:
        return  # a bit of layout, such as a space for a tab
    told = (message.protocol, message.station) != (whole.protocol, whole.station)
    for before, after in zip(whole.entries, message.entries, strict=False):
        told |= recomputed_hash(after.journal_entry()) != after.hash or after.hash != before.hash
        if after.rows is not None and before.rows is not None:
            told |= after.rows.batch().digest() != batch_facts_of(before)["digest"]
        told |= (after.rows is None) != (before.rows is None)
    assert told or len(message.entries) != len(whole.entries)


@pytest.mark.parametrize("changes", ["", "[]", "{}", '{"digest":1}', "null", "[" * 100_000, '{"measurements":"x"}'])
def test_a_batch_without_its_facts(push: bytes, changes: str) -> None:
    fields = json.loads(push)["entries"][-1] | {"changes": changes}
    with pytest.raises(Unreadable, match="without its facts"):
        batch_facts_of(unpacked(json.dumps(fields).encode(), Entry))


@pytest.mark.parametrize(
    "field",
    [{"seq": 0}, {"seq": 2**63}, {"seq": 1.5}, {"hash": "F" * 64}, {"hash": "0" * 63}, {"entry_id": "x"},
     {"station": ""}, {"station": "x" * 201}, {"account": "x" * 65_537}, {"recorded_at": "1"},
     {"version": -(2**63) - 1}, {"reason": None}],
)  # fmt: skip
def test_every_field_has_its_bounds(push: bytes, field: dict[str, object]) -> None:
    entry = json.loads(push)["entries"][0]
    unpacked(json.dumps(entry).encode(), Entry)
    with pytest.raises(Unreadable):
        unpacked(json.dumps(entry | field).encode(), Entry)


def read(chunks: list[bytes], encoding: str) -> bytes:
    async def stream() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    return asyncio.run(read_body(stream(), encoding))


@given(st.binary(max_size=2000), st.integers(1, 50))
def test_a_body_comes_in_pieces(content: bytes, size: int) -> None:
    for data, encoding in ((content, ""), (gzip.compress(content), "gzip")):
        assert read([data[i : i + size] for i in range(0, len(data), size)], encoding) == content


def test_a_body_is_bounded_before_it_is_held() -> None:
    compressor = zlib.compressobj(9, wbits=31)
    piece = bytes(1024 * 1024)
    bomb = b"".join([*(compressor.compress(piece) for _ in range(65)), compressor.flush()])
    for data, encoding in ((bomb, "gzip"), (b"x" * (8 * 1024 * 1024 + 1), "")):
        with pytest.raises(TooLarge):
            read([data], encoding)
    for data, encoding in ((b"x", "gzip"), (gzip.compress(b"abc")[:-1], "gzip"), (b"x", "deflate")):
        with pytest.raises(BadEncoding):
            read([data], encoding)


def test_a_caller_has_so_many_attempts_and_gets_them_back_with_time() -> None:
    now = [0.0]
    throttle = Throttle(burst=3, seconds=2.0, callers=2, clock=lambda: now[0])
    assert [throttle.wait("a") for _ in range(4)] == [0, 0, 0, 2.0]
    now[0] = 2.0
    assert [throttle.wait("a"), throttle.wait("a")] == [0, 2.0]
    assert throttle.wait("b") == 0
    throttle.wait("c")
    assert throttle.wait("a") == 0, "only so many callers are remembered"


def test_codes_are_read_however_they_are_typed() -> None:
    made = {tokens.new_code() for _ in range(200)}
    assert len(made) == 200
    for code in made:
        assert tokens.canonical_code(f" {code.lower().replace('-', ' ')} ") == code


def test_a_large_entry_travels_alone(tmp_path: Path) -> None:
    with new_station(tmp_path / "home") as store:
        measure(store, 5)
        outbox, totals, sizes = Outbox(store, target=100), Totals(), []
        while (parcel := outbox.next_parcel(totals)) is not None:
            totals = parcel.totals
            sizes.append(parcel.entries)
        assert sizes == [1] * 7
        assert totals == Outbox(store).totals_at(7, Totals())
