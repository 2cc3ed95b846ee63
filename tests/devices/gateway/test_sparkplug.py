"""Sparkplug payloads: what is drawn is read, known bytes are as the schema has them, any bytes are survived."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import ProtocolError
from devices.gateway.entries import entry_of, pack, unpack
from devices.gateway.mqtt import NodeName
from devices.gateway.sparkplug import DataType, Metric, Payload, Plain, decode_payload, encode_payload, exact
from devices.reading import Quality, Reading, Trigger

TEXT = st.text(max_size=12)
PLAIN: st.SearchStrategy[Plain] = st.one_of(
    TEXT, st.booleans(), st.integers(-(2**31), 2**31 - 1), st.floats(allow_nan=False), st.none()
)
TYPED = st.one_of(
    st.tuples(st.just(DataType.DOUBLE), st.one_of(st.none(), st.floats(allow_nan=False))),
    st.tuples(st.just(DataType.FLOAT), st.floats(width=32, allow_nan=False)),
    st.tuples(st.just(DataType.INT8), st.integers(-128, 127)),
    st.tuples(st.just(DataType.INT32), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just(DataType.INT64), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just(DataType.UINT64), st.integers(0, 2**64 - 1)),
    st.tuples(st.just(DataType.BOOLEAN), st.booleans()),
    st.tuples(st.just(DataType.STRING), TEXT),
    st.tuples(st.just(DataType.BYTES), st.binary(max_size=20)),
)
METRICS = st.builds(
    lambda name, typed, timestamp, alias, historical, properties: Metric(
        name, typed[0], typed[1], timestamp, alias, historical, properties
    ),
    TEXT,
    TYPED,
    st.one_of(st.none(), st.integers(0, 2**45)),
    st.one_of(st.none(), st.integers(0, 2**63)),
    st.booleans(),
    st.dictionaries(TEXT, PLAIN, max_size=4),
)


@given(st.lists(METRICS, max_size=6), st.integers(0, 2**45), st.integers(0, 255), TEXT)
def test_what_is_drawn_is_read(metrics: list[Metric], timestamp: int, seq: int, uuid: str) -> None:
    payload = Payload(timestamp, tuple(metrics), seq, uuid)
    assert decode_payload(encode_payload(payload)) == payload


def test_the_bytes_are_those_of_the_schema() -> None:
    """timestamp = 1, one metric {name "a", datatype Int32, int_value -1}, seq = 7: tags 08, 12, 18 and 0A, 20, 50."""
    payload = Payload(1, (Metric("a", DataType.INT32, -1),), 7)
    assert encode_payload(payload).hex() == "0801" + "120b" + "0a0161" + "2003" + "50ffffffff0f" + "1807"
    double = Payload(None, (Metric("a", DataType.DOUBLE, 21.5, alias=3),))
    assert encode_payload(double).hex() == "1210" + "0a0161" + "1003" + "200a" + "690000000000803540"


@settings(max_examples=500)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        decode_payload(data)
    except ProtocolError as error:
        assert "Sparkplug" in str(error)


@settings(max_examples=300)
@given(st.lists(METRICS, min_size=1, max_size=3), st.data())
def test_damaged_payloads_are_read_or_refused(metrics: list[Metric], data: st.DataObject) -> None:
    whole = bytearray(encode_payload(Payload(1, tuple(metrics), 1)))
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode_payload(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    except ProtocolError as error:
        assert error.sentence


def test_a_reading_keeps_its_decimals_through_the_spool_and_the_wire() -> None:
    reading = Reading(
        "oven 3", "t", Decimal("12.3450"), "°C", 1_700_000_000_123_456_789, 5, 6, Trigger.POLL, Quality.GOOD, "", b"x"
    )
    source, metric = unpack(pack(entry_of(reading)), is_historical=True)
    (read,) = decode_payload(encode_payload(Payload(1, (metric,)))).metrics
    assert source == "oven 3" and read == metric
    assert str(exact(read)) == "12.3450"
    assert read.properties["observedAt"] == reading.observed_at
    assert read.properties["Quality"] == 192 and read.is_historical


def test_a_bad_reading_has_no_value_but_a_reason() -> None:
    bad = Reading("oven", "t", None, "°C", 1, 1, 1, Trigger.POLL, Quality.BAD, "probe is broken", b"")
    _, metric = unpack(pack(entry_of(bad)), is_historical=False)
    (read,) = decode_payload(encode_payload(Payload(1, (metric,)))).metrics
    assert read.value is None and exact(read) is None
    assert read.properties["Quality"] == 0 and read.properties["reason"] == "probe is broken"


def test_names_that_cannot_stand_in_a_topic() -> None:
    with pytest.raises(ProtocolError, match="part of a topic"):
        NodeName("plant/1", "line")
    assert NodeName("plant", "line").topic("DDATA", "oven/3+#") == "spBv1.0/plant/DDATA/line/oven_3__"
