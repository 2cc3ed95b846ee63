"""What a reading carries: never a bare number."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import msgspec


class Trigger(StrEnum):
    """What made the instrument send."""

    BUTTON = "button"
    FOOT_SWITCH = "foot switch"
    REQUEST = "request"
    POLL = "poll"
    STREAM = "stream"
    TYPED = "typed"


class Quality(StrEnum):
    """Whether the value may be used."""

    GOOD = "good"
    UNCERTAIN = "uncertain"
    BAD = "bad"


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One record of an instrument. A struct, not a dataclass: one is made for every record, in a tenth of the time.

    `value` keeps the decimals that were sent and is None exactly when `quality` is bad; `reason` then says why.
    `unit` is as sent or as the profile fixes it; None means that the station must say. `source` names the instrument
    (its serial number where known), `channel` the profile's channel. Times are those of the first byte: `observed_at`
    in nanoseconds since the epoch (UTC), `monotonic` in nanoseconds of the monotonic clock, `received` the monotonic
    time of the last byte. `raw` holds the bytes of the record, whole.
    """

    source: str
    channel: str
    value: Decimal | None
    unit: str | None
    observed_at: int
    monotonic: int
    received: int
    trigger: Trigger
    quality: Quality
    reason: str
    raw: bytes


class LinkStatus(StrEnum):
    """The state of a port, always visible."""

    OPENING = "opening"
    READY = "ready"
    SILENT = "silent"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class LinkState:
    """A change of a port's state: `detail` is a sentence, `last_bytes` what was last heard."""

    source: str
    port: str
    status: LinkStatus
    since: int
    detail: str
    last_bytes: bytes


@dataclass(frozen=True, slots=True)
class Discarded:
    """Bytes that became no reading (garbage, a late reply, an identification): counted and logged, never booked."""

    source: str
    observed_at: int
    reason: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Scan:
    """A text that names something (a bar code, a serial number): never a measured value. Times as in `Reading`."""

    source: str
    channel: str
    text: str
    symbology: str
    observed_at: int
    monotonic: int
    received: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class Signal:
    """Something happened at the instrument that carries no value: a foot switch was pressed, a zero was set."""

    source: str
    channel: str
    what: str
    trigger: Trigger | None
    observed_at: int
    monotonic: int
    received: int
    raw: bytes
