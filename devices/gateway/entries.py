"""What an edge node publishes, and how it lies in the spool."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from devices.gateway.sparkplug import DataType, Metric
from devices.reading import Quality, Reading

QUALITIES = {Quality.GOOD: 192, Quality.UNCERTAIN: 64, Quality.BAD: 0}  # OPC's codes, as Sparkplug hosts expect them
MILLISECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of one metric of one Sparkplug device, `observed_at` in nanoseconds since the epoch.

    A Decimal keeps its decimals, a text is published as a text. `mark` is the sender's own note: it is not published,
    and the newest entry's is found again after a stop.
    """

    device: str
    name: str
    value: Decimal | float | str | None
    unit: str | None
    observed_at: int
    quality: Quality = Quality.GOOD
    reason: str = ""
    properties: Mapping[str, int | float | str | bool] = field(default_factory=dict)
    mark: str = ""


def entry_of(reading: Reading, mark: str = "") -> Entry:
    """A reading as it is published: its source is the device, its channel the metric."""
    properties = {"trigger": str(reading.trigger)}
    return Entry(
        reading.source, reading.channel, reading.value, reading.unit, reading.observed_at, reading.quality,
        reading.reason, properties, mark,
    )  # fmt: skip


def pack(entry: Entry) -> bytes:
    """An entry as it lies in the spool."""
    value = str(entry.value) if isinstance(entry.value, Decimal) else entry.value
    kind = "decimal" if isinstance(entry.value, Decimal) else "text" if isinstance(entry.value, str) else "number"
    fields = (entry.device, entry.name, kind, value, entry.unit, entry.observed_at, entry.quality, entry.reason)
    whole = [*fields, dict(entry.properties), entry.mark]
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def mark_of(packed: bytes) -> str:
    """The sender's note on an entry."""
    return str(json.loads(packed)[9])


def unpack(packed: bytes, *, is_historical: bool) -> tuple[str, Metric]:
    """The device and the metric of an entry in the spool."""
    device, name, kind, value, unit, observed_at, quality, reason, given, _ = json.loads(packed)
    properties: dict[str, int | float | str | bool] = {
        "Quality": QUALITIES[Quality(quality)],
        "observedAt": observed_at,
        **given,
    }
    if unit is not None:
        properties["engUnit"] = unit
    if reason:
        properties["reason"] = reason
    datatype = DataType.STRING if kind == "text" else DataType.DOUBLE
    if kind == "decimal":
        properties["text"] = value
        value = float(Decimal(value))
    return device, Metric(
        name, datatype, value, observed_at // MILLISECOND, is_historical=is_historical, properties=properties
    )
