"""What a profile says about an instrument, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from devices.profile.patterns import Pattern
from devices.reading import Trigger

if TYPE_CHECKING:
    from devices.gateway.profile import ServerMap
    from devices.modbus.registers import RegisterMap


class Certainty(StrEnum):
    """How sure a profile's facts are: read in the maker's manual, in public driver code, or at second hand."""

    MANUAL = "manual"
    CODE = "code"
    SECONDHAND = "secondhand"


class RecordKind(StrEnum):
    """What a matching record means."""

    ERROR = "error"
    READING = "reading"
    EVENT = "event"
    SCAN = "scan"
    IGNORE = "ignore"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class LineSettings:
    """How characters travel on a serial line."""

    rate: int
    data_bits: int
    parity: str
    stop_bits: str

    def __str__(self) -> str:
        return f"{self.rate} {self.data_bits}{self.parity}{self.stop_bits}"


@dataclass(frozen=True, slots=True)
class SerialPort:
    """Serial settings: `line` is None when no source gives it for certain and the station must say.

    `levels` are fixed at opening (dtr, rts, break: True is on) and may be the instrument's power.
    """

    line: LineSettings | None
    candidates: tuple[LineSettings, ...]
    levels: Mapping[str, bool]
    flow: str
    open_delay_ms: int


@dataclass(frozen=True, slots=True)
class Checksum:
    """A check over the frame's bytes from `start` up to the check itself, which stands at the frame's end."""

    kind: str
    form: str
    start: int


@dataclass(frozen=True, slots=True)
class Framing:
    """How bytes become frames; see `devices.framing` for each kind."""

    kind: str
    start: bytes
    end: bytes
    most: int
    size: int
    strip: bytes
    gap_ms: int
    length_at: int
    length_bytes: int
    length_order: str
    length_adds: int
    packing: str
    checksum: Checksum | None


@dataclass(frozen=True, slots=True)
class Pulse:
    """A request by a level on a control line: `line` is dtr, rts or break, held at `level` for `ms`."""

    line: str
    level: bool
    ms: int


@dataclass(frozen=True, slots=True)
class Request:
    """How to ask for a reading. `read` may hold `{channel}`; an empty `read` with a pulse asks by the control line."""

    read: str
    pulse: Pulse | None
    channels: tuple[str, ...]
    timeout_ms: int
    late_window_ms: int
    gap_ms: int
    safe: bool


@dataclass(frozen=True, slots=True)
class Stream:
    """A continuous output that the host starts and stops; `on_open` stops what the last program left running."""

    start: str
    stop: str
    stop_on_open: bool
    silent_after_ms: int


@dataclass(frozen=True, slots=True)
class Record:
    """One kind of record; which named groups its pattern may have stands in `devices.profile.records`."""

    kind: RecordKind
    pattern: Pattern
    channel: str
    channels: Mapping[str, str]
    unit: str | None
    units: Mapping[str, str]
    signs: Mapping[str, str]
    statuses: Mapping[str, str]
    sentinels: Mapping[str, str]
    reason: str
    reasons: Mapping[str, str]
    decimal_mark: str
    blanks: bool
    decimals: int | None
    scale: Decimal | None
    offset: Decimal | None
    places: int | None
    trigger: Trigger | None
    wraps_at: Decimal | None
    separator: str
    first_channel: int | None
    items_per_channel: int
    item: bool
    name: str


@dataclass(frozen=True, slots=True)
class Expected:
    """One thing a profile's own test expects: a value, or an error whose reason holds the given words."""

    channel: str
    value: str
    unit: str | None
    error: str
    quality: str
    trigger: str
    text: str


@dataclass(frozen=True, slots=True)
class ProfileTest:
    """Bytes as they come from the wire, and what must become of them; nothing expected means nothing may be booked."""

    name: str
    wire: bytes
    asked: str
    expect: tuple[Expected, ...]


@dataclass(frozen=True, slots=True)
class Simulation:
    """How to play this instrument: templates of its records, and the faults it is known for (name to text)."""

    reply: str
    unit: str
    other_unit: str
    delay_ms: tuple[int, int]
    faults: Mapping[str, str]
    echo: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """One instrument family: how to open it, ask it, and read what it says, with its own tests.

    Exactly one of `framing` (a byte instrument), `registers` (a Modbus one) and `server` is there.
    """

    id: str
    version: int
    title: str
    maker: str
    family: str
    source: str
    certainty: Certainty
    notes: str
    file: str
    serial: SerialPort | None
    framing: Framing | None
    request: Request | None
    stream: Stream | None
    unsolicited: Trigger | None
    commands: Mapping[str, str]
    records: tuple[Record, ...]
    tests: tuple[ProfileTest, ...]
    simulate: Simulation | None
    registers: RegisterMap | None
    server: ServerMap | None = None
