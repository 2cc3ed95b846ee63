"""How a Modbus port is spelled: what carries the frames, how they are drawn, and which unit is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from devices.errors import PortError
from devices.modbus.registers import Transmission

_UNIT = re.compile(r"unit=(\d{1,3})", re.ASCII)
HIGHEST_UNIT = 255
STANDARD_PORT = 502


class Framing(StrEnum):
    """How requests and replies are drawn on the wire."""

    TCP = "tcp"
    RTU = "rtu"
    ASCII = "ascii"


@dataclass(frozen=True, slots=True)
class Address:
    """`port` is the spelling every transport knows; `unit` the unit when the spelling names one.

    Instruments with the same `port` and `framing` share a wire.
    """

    port: str
    framing: Framing
    unit: int | None


def parse_address(text: str, transmission: Transmission) -> Address:
    """Read a port's spelling. Raises PortError.

    `tcp://host:port` is Modbus TCP (port 502 when none is given), `rtu-tcp://` and `ascii-tcp://` are serial frames
    over a converter; any other port carries the frames the profile names. The option `unit=N` names the unit.
    """
    place, _, query = text.strip().partition("?")
    options = [option for option in query.split("&") if option]
    unit = None
    for option in list(options):
        found = _UNIT.fullmatch(option)
        if found is not None:
            options.remove(option)
            unit = int(found[1])
            if unit > HIGHEST_UNIT:
                raise PortError(f"Unit {unit} cannot be.", f"Units go from 0 to {HIGHEST_UNIT}.")
    framing, port = _framing(place, Framing(transmission.value))
    return Address(f"{port}?{'&'.join(options)}" if options else port, framing, unit)


def _framing(place: str, on_serial: Framing) -> tuple[Framing, str]:
    """How frames are drawn there, and the spelling every transport knows."""
    for prefix, framing in (("rtu-tcp://", Framing.RTU), ("ascii-tcp://", Framing.ASCII)):
        if place.startswith(prefix):
            return framing, f"tcp://{place.removeprefix(prefix)}"
    if not place.startswith("tcp://"):
        return on_serial, place
    rest = place.removeprefix("tcp://").rstrip("/")
    host_only = rest.endswith("]") or ":" not in rest
    return Framing.TCP, f"tcp://{rest}:{STANDARD_PORT}" if rest and host_only else place
