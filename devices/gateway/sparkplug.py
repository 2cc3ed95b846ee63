"""Sparkplug B payloads: the part of the Eclipse Tahu schema that nodes and devices need, drawn and read by hand.

Field numbers and data types: Eclipse Sparkplug Specification 3.0, sections 6.4.6 to 6.4.16 and the schema in its
appendix. Any bytes are read or refused with ProtocolError; nothing is nested deeper than a property of a metric.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum

from devices.errors import ProtocolError

LARGEST_PAYLOAD = 4 * 1024 * 1024
MOST_METRICS = 10_000
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_U64 = (1 << 64) - 1

Plain = int | float | bool | str | bytes | None


class DataType(IntEnum):
    """Sparkplug's basic data types."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATE_TIME = 13
    TEXT = 14
    UUID = 15
    BYTES = 17


_SIGNED = {DataType.INT8: 8, DataType.INT16: 16, DataType.INT32: 32, DataType.INT64: 64}
_LONG = (DataType.INT64, DataType.UINT64, DataType.DATE_TIME)
_TEXTS = (DataType.STRING, DataType.TEXT, DataType.UUID)


@dataclass(frozen=True, slots=True)
class Metric:
    """One named value; `timestamp` in milliseconds. A null value is None. Properties hold texts and numbers."""

    name: str
    datatype: DataType | None
    value: Plain
    timestamp: int | None = None
    alias: int | None = None
    is_historical: bool = False
    properties: Mapping[str, Plain] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Payload:
    """A message's metrics; `seq` counts 0 to 255 from a birth on; `uuid` is ours to tell a repetition by."""

    timestamp: int | None
    metrics: tuple[Metric, ...]
    seq: int | None = None
    uuid: str = ""


# --- drawing ----------------------------------------------------------------------------------------------------------


def encode_payload(payload: Payload) -> bytes:
    """The bytes of a payload."""
    parts = []
    if payload.timestamp is not None:
        parts.append(_number(1, payload.timestamp))
    parts += [_chunk(2, _metric(metric)) for metric in payload.metrics]
    if payload.seq is not None:
        parts.append(_number(3, payload.seq))
    if payload.uuid:
        parts.append(_chunk(4, payload.uuid.encode()))
    return b"".join(parts)


def _metric(metric: Metric) -> bytes:
    parts = [_chunk(1, metric.name.encode())] if metric.name else []
    if metric.alias is not None:
        parts.append(_number(2, metric.alias))
    if metric.timestamp is not None:
        parts.append(_number(3, metric.timestamp))
    if metric.datatype is not None:
        parts.append(_number(4, metric.datatype))
    if metric.is_historical:
        parts.append(_number(5, 1))
    if metric.value is None:
        parts.append(_number(7, 1))
    if metric.properties:
        parts.append(_chunk(9, _properties(metric.properties)))
    if metric.value is not None:
        parts.append(_value(metric.datatype or DataType.STRING, metric.value, first=10))
    return b"".join(parts)


def _properties(properties: Mapping[str, Plain]) -> bytes:
    keys = b"".join(_chunk(1, key.encode()) for key in properties)
    return keys + b"".join(_chunk(2, _property(value)) for value in properties.values())


def _property(value: Plain) -> bytes:
    datatype = _natural_type(value)
    if value is None:
        return _number(1, datatype) + _number(2, 1)
    return _number(1, datatype) + _value(datatype, value, first=3)


def _natural_type(value: Plain) -> DataType:
    if isinstance(value, bool):
        return DataType.BOOLEAN
    if isinstance(value, int):
        return DataType.INT32 if -(1 << 31) <= value < 1 << 31 else DataType.INT64
    return DataType.DOUBLE if isinstance(value, float) else DataType.STRING


def _value(datatype: DataType, value: Plain, *, first: int) -> bytes:
    """A value in the field of its type; metrics count these fields from 10, properties from 3."""
    if datatype in _TEXTS:
        return _chunk(first + 5, str(value).encode())
    if datatype is DataType.BYTES and isinstance(value, bytes):
        return _chunk(first + 6, value)
    if not isinstance(value, int | float):
        raise ProtocolError(f"{value!r} is no Sparkplug {datatype.name}.")
    if datatype is DataType.BOOLEAN:
        return _number(first + 4, int(bool(value)))
    if datatype is DataType.FLOAT:
        return _key(first + 2, _FIXED32) + struct.pack("<f", value)
    if datatype is DataType.DOUBLE:
        return _key(first + 3, _FIXED64) + struct.pack("<d", value)
    bits = 64 if datatype in _LONG else 32
    return _number(first + (1 if bits == 64 else 0), int(value) & ((1 << bits) - 1))


def _key(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _number(number: int, value: int) -> bytes:
    return _key(number, _VARINT) + _varint(value & _U64)


def _chunk(number: int, data: bytes) -> bytes:
    return _key(number, _BYTES) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


# --- reading ----------------------------------------------------------------------------------------------------------


def decode_payload(data: bytes) -> Payload:
    """Read a payload. Raises ProtocolError for bytes that are none."""
    if len(data) > LARGEST_PAYLOAD:
        raise ProtocolError(f"A Sparkplug payload of {len(data)} bytes is too large.")
    timestamp = seq = None
    uuid = ""
    metrics: list[Metric] = []
    for number, value in _fields(data):
        if number == 1 and isinstance(value, int):
            timestamp = value
        elif number == 2 and isinstance(value, bytes):
            if len(metrics) >= MOST_METRICS:
                raise ProtocolError(f"A Sparkplug payload has more than {MOST_METRICS} metrics.")
            metrics.append(_read_metric(value))
        elif number == 3 and isinstance(value, int):
            seq = value
        elif number == 4 and isinstance(value, bytes):
            uuid = _text(value)
    return Payload(timestamp, tuple(metrics), seq, uuid)


def _read_metric(data: bytes) -> Metric:
    found: dict[int, int | bytes] = {}
    properties: dict[str, Plain] = {}
    for number, value in _fields(data):
        if number == 9 and isinstance(value, bytes):
            properties = _read_properties(value)
        else:
            found[number] = value
    datatype = _datatype(found.get(4))
    name, alias, timestamp = found.get(1), found.get(2), found.get(3)
    return Metric(
        name=_text(name) if isinstance(name, bytes) else "",
        datatype=datatype,
        value=None if found.get(7) else _read_value(found, datatype, first=10),
        timestamp=timestamp if isinstance(timestamp, int) else None,
        alias=alias if isinstance(alias, int) else None,
        is_historical=bool(found.get(5)),
        properties=properties,
    )


def _read_properties(data: bytes) -> dict[str, Plain]:
    keys: list[str] = []
    values: list[Plain] = []
    for number, value in _fields(data):
        if number == 1 and isinstance(value, bytes):
            keys.append(_text(value))
        elif number == 2 and isinstance(value, bytes):
            found = dict(_fields(value))
            values.append(None if found.get(2) else _read_value(found, _datatype(found.get(1)), first=3))
    return dict(zip(keys, values, strict=False))


def _datatype(value: int | bytes | None) -> DataType | None:
    return DataType(value) if isinstance(value, int) and value in DataType._value2member_map_ else None


def _read_value(found: Mapping[int, int | bytes], datatype: DataType | None, *, first: int) -> Plain:
    for offset in range(7):
        value = found.get(first + offset)
        if value is not None:
            return _as_type(value, offset, datatype)
    return None


def _as_type(value: int | bytes, offset: int, datatype: DataType | None) -> Plain:
    if isinstance(value, int):
        if offset == 4:
            return bool(value)
        bits = _SIGNED.get(datatype) if datatype is not None else None
        if bits is None:
            return value
        value &= (1 << bits) - 1
        return value - (1 << bits) if value >> (bits - 1) else value
    if offset == 2 and len(value) == 4:
        return float(struct.unpack("<f", value)[0])
    if offset == 3 and len(value) == 8:
        return float(struct.unpack("<d", value)[0])
    return _text(value) if offset == 5 else value


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field number and content of each field; fixed-width numbers as their bytes."""
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        wire = key & 7
        if wire == _VARINT:
            value, at = _read_varint(data, at)
            yield key >> 3, value
            continue
        if wire == _BYTES:
            length, at = _read_varint(data, at)
        elif wire in (_FIXED32, _FIXED64):
            length = 4 if wire == _FIXED32 else 8
        else:
            raise ProtocolError("This is no Sparkplug payload: it has a field of a kind that does not exist.")
        if at + length > len(data):
            raise ProtocolError("This is no Sparkplug payload: a field goes past its end.")
        yield key >> 3, data[at : at + length]
        at += length


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value & _U64, at
        shift += 7
    raise ProtocolError("This is no Sparkplug payload: a number goes past its end.")


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ProtocolError("This is no Sparkplug payload: a text is not UTF-8.") from error


def exact(metric: Metric) -> Decimal | None:
    """The metric's value as a decimal: the exact text a Sinebar node adds, else the number itself; None for others."""
    text = metric.properties.get("text")
    value: Plain = text if isinstance(text, str) else metric.value
    if isinstance(value, bool | bytes) or value is None:
        return Decimal(int(value)) if isinstance(value, bool) else None
    try:
        number = Decimal(repr(value) if isinstance(value, float) else str(value))
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def metrics_by_alias(births: Sequence[Metric]) -> dict[int, Metric]:
    """The birth certificate's metrics by alias, for data that name only that."""
    return {metric.alias: metric for metric in births if metric.alias is not None}
