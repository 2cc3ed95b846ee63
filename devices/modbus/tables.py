"""The keys a register profile may have: one declaration serves the loader and the published schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from devices.modbus.registers import MAXIMUM_READ_BITS, MAXIMUM_READ_REGISTERS, Kind, Order, Transmission
from devices.modbus.registers import Table as RegisterTable
from devices.profile.fields import Key, Table, Values
from devices.profile.fields import Kind as Holds

if TYPE_CHECKING:
    from devices.modbus.registers import RegisterMap

SHORTEST_INTERVAL_MS = 50
HIGHEST_ADDRESS = 65_535
_TABLES = tuple(table.value for table in RegisterTable)
_ORDERS = tuple(order.value for order in Order)
_CODES = "Raw code (-32768 or 0x8000) to its meaning."
ENCODINGS = ("ascii", "latin-1", "utf-8", "utf-16-be")


def _address(name: str, help_text: str, *, required: bool = False) -> Key:
    return Key(name, Holds.INTEGER, help_text, required=required, minimum=0, maximum=HIGHEST_ADDRESS)


def _milliseconds(name: str, help_text: str, low: int, high: int) -> Key:
    return Key(name, Holds.INTEGER, help_text, minimum=low, maximum=high)


MODBUS = Table(
    "modbus",
    "A register instrument; its points are in [[point]].",
    (
        Key("unit", Holds.INTEGER, "Unit the instrument answers to as delivered (1).", minimum=0, maximum=255),
        Key("transmission", Holds.TEXT, "Frames on a serial port.", choices=tuple(Transmission)),
        Key("table", Holds.TEXT, "Table of points that name none (holding).", choices=_TABLES),
        Key("order", Holds.TEXT, "Byte order of points that name none (ABCD).", choices=_ORDERS),
        _address("base", "Subtracted from every address written here; 0 means wire addresses."),
        Key(
            "max_regs",
            Holds.INTEGER,
            "Most registers a read may ask for.",
            minimum=1,
            maximum=MAXIMUM_READ_REGISTERS,
        ),
        Key("max_bits", Holds.INTEGER, "Most bits a read may ask for.", minimum=1, maximum=MAXIMUM_READ_BITS),
        Key(
            "max_gap",
            Holds.INTEGER,
            "Unasked addresses a read may bridge (8).",
            minimum=0,
            maximum=MAXIMUM_READ_BITS,
        ),
        Key("forbidden", Holds.TEXTS, 'Addresses never touched: "0x20-0x2F" or "input 5-9".'),
        _milliseconds("timeout_ms", "How long a reply may take (500).", 10, 60_000),
        _milliseconds("late_window_ms", "How long after that a late reply may still come (1500).", 0, 120_000),
        _milliseconds("min_gap_ms", "Quiet the instrument needs between frames (0).", 0, 10_000),
        _milliseconds("busy_delay_ms", "Wait before asking a busy instrument again (200).", 10, 60_000),
        _milliseconds("connect_delay_ms", "Wait after connecting (0).", 0, 60_000),
        Key("pipeline", Holds.INTEGER, "Requests under way at once, Modbus TCP only (1).", minimum=1, maximum=16),
        Key("echo", Holds.FLAG, "The cable repeats what is sent."),
    ),
)

GROUP = Table(
    "group",
    "Points that are read together.",
    (
        Key("name", Holds.TEXT, "Name that points refer to.", required=True, pattern=r"[A-Za-z0-9_.\-]{1,64}"),
        Key(
            "interval_ms",
            Holds.INTEGER,
            "Time from one reading to the next.",
            required=True,
            minimum=SHORTEST_INTERVAL_MS,
            maximum=3_600_000,
        ),
    ),
    many=True,
)

_WRITE = (
    Key("minimum", Holds.DECIMAL, "Smallest value that may be written.", required=True),
    Key("maximum", Holds.DECIMAL, "Largest value that may be written.", required=True),
)
_SIMULATE = (
    Key("base", Holds.DECIMAL, "Value the simulator starts at."),
    Key("noise", Holds.DECIMAL, "Standard deviation of its noise."),
    Key("drift", Holds.DECIMAL, "Change a minute."),
    Key("text", Holds.TEXT, "What a string point says."),
)

POINT = Table(
    "point",
    "One channel: where it is, how it is read, when it is no value.",
    (
        Key("name", Holds.TEXT, "Channel.", required=True, pattern=r"[A-Za-z0-9_.\-]{1,64}"),
        _address("at", "Address of its first register or bit.", required=True),
        Key("table", Holds.TEXT, "Table it is in.", choices=_TABLES),
        Key("type", Holds.TEXT, "How its registers are read (u16).", choices=tuple(Kind)),
        Key("length", Holds.INTEGER, "Registers of a string.", minimum=1, maximum=MAXIMUM_READ_REGISTERS),
        Key("order", Holds.TEXT, "Byte order on the wire.", choices=_ORDERS),
        Key("bit", Holds.INTEGER, "Which bit of the register, 0 is the lowest.", minimum=0, maximum=15),
        Key("field", Holds.TEXT, 'Which bits of a u16, as "4-7".', pattern=r"\d{1,2}-\d{1,2}"),
        Key("group", Holds.TEXT, "Group it is read with."),
        Key("scale", Holds.DECIMAL, "Factor from raw to value, exact."),
        Key("offset", Holds.DECIMAL, "Added after the factor, exact."),
        Key("unit", Holds.TEXT, "Unit of the value."),
        _address("decimals_at", "Address of the register that says how many decimals the raw number has."),
        Key("decimals_extra", Holds.INTEGER, "Decimals more than that register says.", minimum=0, maximum=9),
        _address("unit_at", "Address of the text that says the unit."),
        Key("unit_length", Holds.INTEGER, "Registers of that text (1).", minimum=1, maximum=16),
        Key("units", Holds.MAP, "Unit as the instrument writes it to the unit as it is shown."),
        Key("encoding", Holds.TEXT, "Encoding of texts (ascii).", choices=ENCODINGS),
        Key("sentinels", Holds.MAP, f"{_CODES} Such a code is never a value."),
        Key("error_below", Holds.INTEGER, "Raw numbers below this are error codes, counted downwards from it."),
        Key("error_above", Holds.INTEGER, "Raw numbers above this are error codes, counted upwards from it."),
        Key("low", Holds.DECIMAL, "Smallest value the instrument can measure."),
        Key("high", Holds.DECIMAL, "Largest value the instrument can measure."),
        Key("labels", Holds.MAP, f"{_CODES} Any other code is no value."),
        Key("bad", Holds.MAP, f"{_CODES} Such a status makes bad what it stands for."),
        Key("bad_bits", Holds.MAP, "Bit number to its meaning; a set bit makes bad what the status stands for."),
        Key(
            "bad_when_clear", Holds.MAP, "Bit number to its meaning; such a bit must be set, else it is as in bad_bits."
        ),
        Key("status", Holds.TEXT, "The point that says whether this one may be trusted."),
        Key("write", Holds.TABLE, "May be written, within these bounds, by who is allowed to.", keys=_WRITE),
        Key("simulate", Holds.TABLE, "How a simulator plays it.", keys=_SIMULATE),
    ),
    many=True,
)

MODBUS_TABLES = (MODBUS, GROUP, POINT)


def read_registers(tables: Mapping[str, tuple[Values, ...]]) -> RegisterMap:
    """The register map of a profile whose tables fit their declared keys. Raises ProfileError."""
    from devices.modbus.profile import read_register_map

    return read_register_map(tables["modbus"][0], tables["group"], tables["point"])
