"""Where an instrument is and what it takes to talk to it there: address, unit, quiet between frames, exchange."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from devices.errors import PortError, ProfileError, ProtocolError
from devices.modbus.address import Address, Framing, parse_address
from devices.modbus.exchange import Exchange
from devices.modbus.frames import AsciiFraming, RtuFraming
from devices.modbus.registers import Point, RegisterMap
from devices.modbus.schedule import Member
from devices.modbus.serial import SerialExchange
from devices.modbus.tcp import TcpExchange
from devices.modbus.values import encode
from devices.profile.model import Profile
from devices.transports import parse_port, serial_line

HIGHEST_SERIAL_UNIT = 247
_SECOND = 1_000_000_000


def place_of(profile: Profile, source: str, port: str, line: str | None) -> tuple[Address, Member]:
    """Where an instrument is, and what it is to the session."""
    if profile.registers is None:
        raise ProfileError(f"{profile.id} is no register profile.", "Give one with a [modbus] table.")
    address = parse_address(port, profile.registers.transmission)
    if address.port.startswith("wedge:"):
        raise PortError(f"{profile.title} is read by its registers: it does not type.", "Give the port of its wire.")
    unit = profile.registers.unit if address.unit is None else address.unit
    registers = profile.registers
    if address.framing is not Framing.TCP:
        if not 1 <= unit <= HIGHEST_SERIAL_UNIT:
            raise PortError(
                f"Unit {unit} cannot be asked on a serial line.", f"Units there go from 1 to {HIGHEST_SERIAL_UNIT}."
            )
        place = parse_port(address.port)
        if place.kind in ("serial", "usb", "rfc2217"):
            gap = max(registers.timing.gap, frame_gap(serial_line(profile, line or place.line).rate))
            registers = replace(registers, timing=replace(registers.timing, gap=gap))
    return address, Member(source, unit, registers)


def frame_gap(rate: int) -> int:
    """Quiet between RTU frames in nanoseconds: 3.5 characters of 11 bits, 1.75 ms above 19 200 baud.

    Source: Modbus over Serial Line V1.02, 2.5.1.1.
    """
    return 1_750_000 if rate > 19_200 else 35 * 11 * _SECOND // (10 * rate)


def checked(point: Point, value: Decimal) -> bytes:
    """The registers of a value that may be written. Raises ProtocolError when it may not be or has no exact form."""
    bounds = point.writable
    if bounds is None or not bounds.minimum <= value <= bounds.maximum:
        allowed = f"Give a value from {bounds.minimum} to {bounds.maximum}." if bounds is not None else ""
        raise ProtocolError(f"{value} is outside what {point.name} may be set to.", allowed)
    return encode(point, value)


def make_exchange(framing: Framing, registers: Sequence[RegisterMap]) -> Exchange:
    """The exchange for a wire and the instruments on it."""
    if framing is Framing.TCP:
        return TcpExchange(min(one.pipeline for one in registers))
    drawn = RtuFraming() if framing is Framing.RTU else AsciiFraming()
    return SerialExchange(drawn, echo=any(one.echo for one in registers))
