"""Ports: serial lines, sockets and adapters found by number, all alike to their owner."""

from __future__ import annotations

import sys
from collections.abc import Mapping

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
        known = f" Often met: {', '.join(map(str, tries))}." if tries else ""
        raise PortError(
            f"No source gives the line settings of {profile.title} for certain.",
            f"Read them on the instrument and write them behind the port, as in COM3?line=9600-8N1.{known}",
        )
    return settings


def build_transport(profile: Profile, port: str, *, line: str | None = None, clock: Clock = SYSTEM_CLOCK) -> Transport:
    """The transport for a port's spelling. Raises PortError when it cannot be one; opens nothing."""
    address = parse_port(port)
    if address.kind == "tcp":
        return TcpClient(address.host, address.port, clock)
    if address.kind == "tcp-listen":
        return TcpListener(address.host, address.port, clock, first_is_whole=address.first)
    if address.kind in ("udp", "udp-listen"):
        from devices.transports.udp import Udp

        return Udp(address.host, address.port, listens=address.kind == "udp-listen", clock=clock)
    if address.kind == "wedge":
        from devices.transports.keyboard import Keyboard

        return Keyboard(clock)
    if address.kind == "replay":
        raise PortError(f"{port} is a recording, not a port.", "Open it with open_link.")
    return _serial(profile, address, line or address.line, clock)


def _serial(profile: Profile, address: PortAddress, line: str | None, clock: Clock) -> Transport:
    settings = serial_line(profile, line)
    flow = profile.serial.flow if profile.serial is not None else "none"
    levels = profile.serial.levels if profile.serial is not None else {}
    if address.kind == "usb":
        from devices.transports.usb import UsbSerial

        return UsbSerial(address, settings, flow, levels, make_serial, clock)
    if address.kind == "rfc2217":
        from devices.transports.serial_thread import ThreadedSerial

        return ThreadedSerial(address.text, settings, flow, levels, clock)
    return make_serial(address.path, settings, flow, levels, clock)


def make_serial(device: str, line: LineSettings, flow: str, levels: Mapping[str, bool], clock: Clock) -> Transport:
    """A serial port by its device name, in the way this platform can watch it."""
    if sys.platform == "win32":
        from devices.transports.serial_thread import ThreadedSerial

        return ThreadedSerial(device, line, flow, levels, clock)
    from devices.transports.serial_posix import PosixSerial

    return PosixSerial(device, line, flow, levels, clock)
