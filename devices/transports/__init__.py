"""Ports: serial lines, sockets and recordings, all alike to their owner."""

from __future__ import annotations

from devices.clock import SYSTEM_CLOCK, Clock
from devices.errors import PortError
from devices.profile.load import parse_line_settings
from devices.profile.model import LineSettings, Profile
from devices.transports.address import PortAddress, parse_port
from devices.transports.base import Receiver, Transport
from devices.transports.tcp import TcpClient, TcpListener

__all__ = ["PortAddress", "Receiver", "Transport", "build_transport", "parse_port", "serial_line"]


def serial_line(profile: Profile, line: str | None) -> LineSettings:
    """The line settings to open a serial port with: what the station says, else the profile. Raises PortError."""
    if line:
        return parse_line_settings(line)
    settings = profile.serial.line if profile.serial is not None else None
    if settings is None:
        tries = profile.serial.candidates if profile.serial is not None else ()
        known = f" Seen in the field: {', '.join(map(str, tries))}." if tries else ""
        raise PortError(
            f"No source gives the line settings of {profile.title} for certain.",
            f"Read them on the instrument and give them, like --line '9600 8N1'.{known}",
        )
    return settings


def build_transport(profile: Profile, port: str, *, line: str | None = None, clock: Clock = SYSTEM_CLOCK) -> Transport:
    """The transport for a port's spelling. Raises PortError when it cannot be one; opens nothing."""
    address = parse_port(port)
    if address.kind == "tcp":
        return TcpClient(address.host, address.port, clock)
    if address.kind == "tcp-listen":
        return TcpListener(address.host, address.port, clock)
    return _serial(profile, address, line, clock)


def _serial(profile: Profile, address: PortAddress, line: str | None, clock: Clock) -> Transport:
    from devices.transports.serial_posix import PosixSerial

    settings = serial_line(profile, line)
    flow = profile.serial.flow if profile.serial is not None else "none"
    levels = profile.serial.levels if profile.serial is not None else {}
    return PosixSerial(address.path, settings, flow, levels, clock)
