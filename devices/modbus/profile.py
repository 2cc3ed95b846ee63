"""Check the `[modbus]`, `[[group]]` and `[[point]]` tables of a profile and make a register map of them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from devices.modbus.ranges import parse_range
from devices.modbus.registers import (
    MAXIMUM_READ_BITS,
    MAXIMUM_READ_REGISTERS,
    Group,
    Kind,
    Limits,
    Order,
    Point,
    RegisterMap,
    Simulated,
    Span,
    Table,
    Timing,
    Transmission,
    Writable,
)
from devices.modbus.tables import HIGHEST_ADDRESS
from devices.profile.fields import Values

MAXIMUM_POINTS = 2000
DEFAULT_GROUP = "default"
DEFAULT_INTERVAL_MS = 1000
_MILLISECOND = 1_000_000
_WITHOUT_SCALE = (Kind.TEXT, Kind.BOOLEAN, Kind.BIT)


def read_register_map(modbus: Values, groups: Sequence[Values], points: Sequence[Values]) -> RegisterMap:
    """Make the register map of tables that fit their declared keys (`devices.modbus.tables`).

    Raises ProfileError with file, line and what was expected there.
    """
    reader = _Reader(modbus, _groups(groups))
    timeout = modbus.integer("timeout_ms", 500)
    register_map = RegisterMap(
        unit=modbus.integer("unit", 1),
        transmission=Transmission(modbus.text("transmission", Transmission.RTU)),
        points=reader.points(points),
        groups=tuple(reader.groups.values()),
        limits=_limits(modbus, reader.table),
        timing=Timing(
            timeout=timeout * _MILLISECOND,
            late_window=modbus.integer("late_window_ms", max(1500, timeout)) * _MILLISECOND,
            gap=modbus.integer("min_gap_ms") * _MILLISECOND,
            busy_delay=modbus.integer("busy_delay_ms", 200) * _MILLISECOND,
        ),
        connect_delay=modbus.integer("connect_delay_ms") * _MILLISECOND,
        pipeline=modbus.integer("pipeline", 1),
        echo=modbus.flag("echo"),
    )
    _check_whole(register_map, points)
    return register_map


def _groups(tables: Sequence[Values]) -> dict[str, Group]:
    groups: dict[str, Group] = {}
    for values in tables:
        name = values.text("name")
        if name in groups:
            raise values.error("name", f"the group '{name}' is there twice.")
        groups[name] = Group(name, values.integer("interval_ms") * _MILLISECOND)
    groups.setdefault(DEFAULT_GROUP, Group(DEFAULT_GROUP, DEFAULT_INTERVAL_MS * _MILLISECOND))
    return groups


def _limits(modbus: Values, table: Table) -> Limits:
    return Limits(
        registers=modbus.integer("max_regs", MAXIMUM_READ_REGISTERS),
        bits=modbus.integer("max_bits", MAXIMUM_READ_BITS),
        gap=modbus.integer("max_gap", 8),
        forbidden=tuple(_range(modbus, text, table) for text in modbus.texts("forbidden")),
    )


def _range(modbus: Values, text: str, table: Table) -> Span:
    span = parse_range(text, table)
    if span is None:
        raise modbus.error("forbidden", f'a range is written "0x20-0x2F" or "input 5-9" and rises, not "{text}".')
    return span


class _Reader:
    """Reads points with the defaults that `[modbus]` gives them."""

    def __init__(self, modbus: Values, groups: dict[str, Group]) -> None:
        self.table = Table(modbus.text("table", Table.HOLDING))
        self.groups = groups
        self._order = Order(modbus.text("order", Order.ABCD))
        self._base = modbus.integer("base")
        self._modbus = modbus

    def points(self, tables: Sequence[Values]) -> tuple[Point, ...]:
        points: dict[str, Point] = {}
        if not tables or len(tables) > MAXIMUM_POINTS:
            raise self._modbus.error("", f"a register profile needs 1 to {MAXIMUM_POINTS} [[point]] tables.")
        for values in tables:
            point = self._point(values)
            if point.name in points:
                raise values.error("name", f"the point '{point.name}' is there twice.")
            if point.group not in self.groups:
                raise values.error(
                    "group", f"the group '{point.group}' is not declared.", "Add a [[group]] of that name."
                )
            points[point.name] = point
        return tuple(points.values())

    def _point(self, values: Values) -> Point:
        table = Table(values.text("table", self.table))
        kind = Kind(values.text("type", Kind.BOOLEAN if table.is_bits else Kind.UNSIGNED_16))
        if table.is_bits != (kind is Kind.BOOLEAN):
            raise values.error("type", f"{kind} cannot be read from the {table} table.")
        if (kind is Kind.TEXT) != ("length" in values):
            raise values.error("length", "a string point, and only that, has a 'length' in registers.")
        low_bit, high_bit = _bit_field(values, kind)
        point = Point(
            name=values.text("name"),
            span=self._span(values, "at", table, values.integer("length", kind.registers)),
            kind=kind,
            group=values.text("group", DEFAULT_GROUP),
            order=Order(values.text("order", self._order)),
            scale=_decimal(values, "scale", Decimal(1)),
            offset=_decimal(values, "offset", Decimal(0)),
            unit=values.text("unit") or None,
            bit=values.integer("bit"),
            field_low=low_bit,
            field_high=high_bit,
            decimals_at=self._span(values, "decimals_at", table, 1) if "decimals_at" in values else None,
            decimals_extra=values.integer("decimals_extra"),
            unit_at=self._unit_span(values, table),
            units=values.mapping("units"),
            encoding=values.text("encoding", "ascii"),
            sentinels=_codes(values, "sentinels"),
            error_below=values.integer("error_below") if "error_below" in values else None,
            error_above=values.integer("error_above") if "error_above" in values else None,
            low=values.decimal("low"),
            high=values.decimal("high"),
            labels=_codes(values, "labels"),
            bad=_codes(values, "bad"),
            bad_bits=_codes(values, "bad_bits"),
            bad_when_clear=_codes(values, "bad_when_clear"),
            status=values.text("status") or None,
            writable=_writable(values, table),
            simulated=_simulated(values),
        )
        _check_point(point, values)
        return point

    def _span(self, values: Values, key: str, table: Table, length: int) -> Span:
        at = values.integer(key) - self._base
        if at < 0 or at + length > HIGHEST_ADDRESS + 1:
            raise values.error(
                key, f"address {values.integer(key)} with {length} items is outside 0 to {HIGHEST_ADDRESS}."
            )
        return Span(table, at, length)

    def _unit_span(self, values: Values, table: Table) -> Span | None:
        if "unit_at" not in values:
            return None
        return self._span(values, "unit_at", table, values.integer("unit_length", 1))


def _decimal(values: Values, key: str, default: Decimal) -> Decimal:
    number = values.decimal(key)
    return default if number is None else number


def _codes(values: Values, key: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for code, meaning in values.mapping(key).items():
        try:
            found[int(code, 0)] = meaning
        except ValueError:
            raise values.error(key, f"'{key}' has the code '{code}'; a whole number was expected.") from None
        if not meaning:
            raise values.error(key, f"'{key}' does not say what code {code} means.")
    return found


def _bit_field(values: Values, kind: Kind) -> tuple[int, int]:
    text = values.text("field")
    if not text:
        return 0, -1
    low, high = (int(part) for part in text.split("-"))
    if kind is not Kind.UNSIGNED_16 or not low <= high <= 15:
        raise values.error("field", f'a field is bits of a u16 such as "4-7", not "{text}".')
    return low, high


def _writable(values: Values, table: Table) -> Writable | None:
    write = values.table("write")
    if write is None:
        return None
    if table in (Table.INPUT, Table.DISCRETE):
        raise values.error("write", f"the {table} table cannot be written.")
    writable = Writable(_decimal(write, "minimum", Decimal(0)), _decimal(write, "maximum", Decimal(0)))
    if writable.minimum > writable.maximum:
        raise values.error("write", "'minimum' is above 'maximum'.")
    return writable


def _simulated(values: Values) -> Simulated:
    simulate = values.table("simulate")
    if simulate is None:
        return Simulated()
    return Simulated(
        base=_decimal(simulate, "base", Decimal(0)),
        noise=_decimal(simulate, "noise", Decimal(0)),
        drift=_decimal(simulate, "drift", Decimal(0)),
        text=simulate.text("text"),
    )


def _check_point(point: Point, values: Values) -> None:
    if point.scale == 0:
        raise values.error("scale", "'scale' must not be 0.")
    if point.low is not None and point.high is not None and point.low > point.high:
        raise values.error("low", "'low' is above 'high'.")
    if point.kind.is_float and (point.tells_trouble or point.labels):
        raise values.error("type", "codes need an integer type.", "A float has 'low' and 'high'.")
    if point.kind in _WITHOUT_SCALE and (point.scale != 1 or point.offset or point.decimals_at):
        raise values.error("type", f"a {point.kind} point has no scale, offset or decimals.")
    if point.kind.is_float and point.decimals_at:
        raise values.error("decimals_at", "a float says its decimals itself.")
    if point.kind is Kind.TEXT and (point.writable or point.status or point.labels):
        raise values.error("type", "a string point cannot be written and has no status or labels.")
    most = 16 * point.kind.registers
    if any(not 0 <= bit < most for bit in (*point.bad_bits, *point.bad_when_clear)):
        raise values.error("bad_bits", f"bits of a {point.kind} are numbered 0 to {most - 1}.")


def _check_whole(register_map: RegisterMap, tables: Sequence[Values]) -> None:
    """What only shows with all points at hand: status names, forbidden addresses, limits."""
    names = {point.name: point for point in register_map.points}
    for point, values in zip(register_map.points, tables, strict=True):
        if point.status is not None:
            target = names.get(point.status)
            if target is None or not target.tells_trouble or target.status is not None:
                raise values.error("status", f"'{point.status}' is no point with codes that mean trouble.")
        for span in register_map.spans_of(point):
            if span.length > register_map.limits.of(span.table):
                raise values.error(
                    "at", f"{point.name} needs {span.length} items in one read; 'max_regs' allows fewer."
                )
            for forbidden in register_map.limits.forbidden:
                if span.table is forbidden.table and span.start < forbidden.end and forbidden.start < span.end:
                    raise values.error("at", f"{point.name} lies in the forbidden range {forbidden}.")
