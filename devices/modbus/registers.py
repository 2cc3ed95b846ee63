"""What a register profile says, once it is checked: points, groups, limits and timing as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

MAXIMUM_READ_REGISTERS = 125  # Modbus Application Protocol V1.1b3, 6.3
MAXIMUM_READ_BITS = 2000  # the same, 6.1
ADDRESSES = 65536


class Table(StrEnum):
    """The four tables of Modbus; `function` is the code that reads one."""

    COIL = "coil"
    DISCRETE = "discrete"
    HOLDING = "holding"
    INPUT = "input"

    @property
    def function(self) -> int:
        return _READ_FUNCTION[self]

    @property
    def is_bits(self) -> bool:
        return self in (Table.COIL, Table.DISCRETE)

    @property
    def protocol_limit(self) -> int:
        """The most items one request may read."""
        return MAXIMUM_READ_BITS if self.is_bits else MAXIMUM_READ_REGISTERS


_READ_FUNCTION = {Table.COIL: 1, Table.DISCRETE: 2, Table.HOLDING: 3, Table.INPUT: 4}


class Kind(StrEnum):
    """How a point's registers are read."""

    BOOLEAN = "bool"  # one coil or discrete input
    BIT = "bit"  # one bit of a register
    UNSIGNED_8_HIGH = "u8hi"
    UNSIGNED_8_LOW = "u8lo"
    UNSIGNED_16 = "u16"
    SIGNED_16 = "i16"
    UNSIGNED_32 = "u32"
    SIGNED_32 = "i32"
    UNSIGNED_64 = "u64"
    SIGNED_64 = "i64"
    FLOAT_32 = "f32"
    FLOAT_64 = "f64"
    BCD_16 = "bcd16"
    BCD_32 = "bcd32"
    TEXT = "string"

    @property
    def registers(self) -> int:
        """Registers (or bits) a value takes; text states its own length."""
        return _REGISTERS.get(self, 1)

    @property
    def is_float(self) -> bool:
        return self in (Kind.FLOAT_32, Kind.FLOAT_64)


_REGISTERS = {
    Kind.UNSIGNED_32: 2,
    Kind.SIGNED_32: 2,
    Kind.FLOAT_32: 2,
    Kind.BCD_32: 2,
    Kind.UNSIGNED_64: 4,
    Kind.SIGNED_64: 4,
    Kind.FLOAT_64: 4,
}


class Order(StrEnum):
    """Order of a value's bytes on the wire; A is the most significant byte."""

    ABCD = "ABCD"
    CDAB = "CDAB"  # words swapped
    BADC = "BADC"  # bytes of each word swapped
    DCBA = "DCBA"  # both

    @property
    def swaps_words(self) -> bool:
        return self in (Order.CDAB, Order.DCBA)

    @property
    def swaps_bytes(self) -> bool:
        return self in (Order.BADC, Order.DCBA)


class Transmission(StrEnum):
    """How frames are drawn on a serial port."""

    RTU = "rtu"
    ASCII = "ascii"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """`length` items of one table from wire address `start`."""

    table: Table
    start: int
    length: int

    @property
    def end(self) -> int:
        return self.start + self.length

    def covers(self, other: Span) -> bool:
        return self.table is other.table and self.start <= other.start and other.end <= self.end

    def __str__(self) -> str:
        if self.length == 1:
            return f"{self.table} {self.start} (0x{self.start:04X})"
        return f"{self.table} {self.start} to {self.end - 1} (0x{self.start:04X} to 0x{self.end - 1:04X})"


@dataclass(frozen=True, slots=True)
class Simulated:
    """How a simulator plays the point, in the point's unit; `drift` is per minute. A reading never uses it."""

    base: Decimal = Decimal(0)
    noise: Decimal = Decimal(0)
    drift: Decimal = Decimal(0)
    text: str = ""


@dataclass(frozen=True, slots=True)
class Writable:
    """The bounds, in the point's unit, within which a point may be written."""

    minimum: Decimal
    maximum: Decimal


@dataclass(frozen=True, slots=True)
class Point:
    """One channel of a register map.

    `value = (raw * scale + offset) / 10**(decimals register + decimals_extra)`, all in Decimal. `sentinels`,
    `error_below`, `error_above`, `bad`, `bad_bits` (set) and `bad_when_clear` (not set) look at the raw integer and
    make the reading bad before a value is formed, and so is every point whose `status` names this one.
    """

    name: str
    span: Span
    kind: Kind
    group: str
    order: Order = Order.ABCD
    scale: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)
    unit: str | None = None
    bit: int = 0
    field_low: int = 0
    field_high: int = -1
    decimals_at: Span | None = None
    decimals_extra: int = 0
    unit_at: Span | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "ascii"
    sentinels: Mapping[int, str] = field(default_factory=dict)
    error_below: int | None = None
    error_above: int | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    labels: Mapping[int, str] = field(default_factory=dict)
    bad: Mapping[int, str] = field(default_factory=dict)
    bad_bits: Mapping[int, str] = field(default_factory=dict)
    bad_when_clear: Mapping[int, str] = field(default_factory=dict)
    status: str | None = None
    writable: Writable | None = None
    simulated: Simulated = field(default_factory=Simulated)

    @property
    def has_field(self) -> bool:
        return self.field_high >= 0

    @property
    def tells_trouble(self) -> bool:
        """Whether some raw codes of this point mean trouble."""
        codes = self.sentinels or self.bad or self.bad_bits or self.bad_when_clear
        return bool(codes) or self.error_below is not None or self.error_above is not None


@dataclass(frozen=True, slots=True)
class Group:
    """Points read together; `interval` in nanoseconds on a monotonic grid."""

    name: str
    interval: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What one read request to the instrument may ask for; `forbidden` ranges are never touched."""

    registers: int = MAXIMUM_READ_REGISTERS
    bits: int = MAXIMUM_READ_BITS
    gap: int = 8
    forbidden: tuple[Span, ...] = ()

    def of(self, table: Table) -> int:
        return self.bits if table.is_bits else self.registers


@dataclass(frozen=True, slots=True)
class Timing:
    """Times of an instrument in nanoseconds: reply time-out, how long a late reply may come, quiet between frames."""

    timeout: int = 500_000_000
    late_window: int = 1_500_000_000
    gap: int = 0
    busy_delay: int = 200_000_000


@dataclass(frozen=True, slots=True)
class RegisterMap:
    """The checked `[modbus]`, `[[group]]` and `[[point]]` part of a profile."""

    unit: int
    transmission: Transmission
    points: tuple[Point, ...]
    groups: tuple[Group, ...]
    limits: Limits = Limits()
    timing: Timing = Timing()
    connect_delay: int = 0
    pipeline: int = 1
    echo: bool = False

    def point(self, name: str) -> Point:
        """The point of that name; KeyError when the map has none."""
        for point in self.points:
            if point.name == name:
                return point
        raise KeyError(name)

    def group_of(self, name: str) -> tuple[Point, ...]:
        """Every point of a group, in the profile's order."""
        return tuple(point for point in self.points if point.group == name)

    def spans_of(self, point: Point) -> tuple[Span, ...]:
        """Everything that must be read to know this point: itself, its decimals, its unit, its status."""
        spans = [point.span]
        if point.decimals_at is not None:
            spans.append(point.decimals_at)
        if point.unit_at is not None:
            spans.append(point.unit_at)
        if point.status is not None:
            spans.append(self.point(point.status).span)
        return tuple(spans)
