"""Why a gauge cannot be read as it is laid down: its profile, its port, or another gauge that has the same port."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Mapping

from devices import Profile
from devices.errors import DeviceError, PortError
from devices.profile.library import Library
from devices.profile.model import Certainty
from devices.reading import LinkState, LinkStatus
from devices.transports import build_transport, parse_port

_ONE_READER = frozenset({"serial", "usb", "rfc2217", "tcp-listen", "udp-listen"})
"""Kinds of ports that only one link can hold."""
Laid = tuple[str, str, str]
"""A gauge's name, profile and port."""


def obstacles(gauges: Iterable[Laid], profiles: Library) -> list[DeviceError | None]:
    """For each gauge what keeps it from being read, or None; opens nothing. Of two at one place the first is read."""
    held: dict[object, tuple[object, str]] = {}
    found: list[DeviceError | None] = []
    for name, profile, port in gauges:
        try:
            for place, wire in _places(profiles.load(profile), port, name):
                holder, other = held.setdefault(place, (wire, name))
                if holder != wire:
                    raise _taken(other, port, place)
            found.append(None)
        except DeviceError as error:
            found.append(error)
    return found


def _places(profile: Profile, port: str, name: str) -> list[tuple[object, object]]:
    """What only one gauge, or one wire, can have of this port: each with who has it. Raises PortError."""
    if profile.server is not None:
        from devices.gateway.address import parse_opcua, parse_sparkplug

        _ = parse_opcua(port) if profile.server.kind == "opc-ua" else parse_sparkplug(port)
        return []
    found: list[tuple[object, object]] = []
    holder: object = name
    if profile.registers is not None and not port.startswith("replay:"):
        from devices.modbus.address import parse_address

        address = parse_address(port, profile.registers.transmission)
        unit = profile.registers.unit if address.unit is None else address.unit
        holder = address.port, address.framing
        found.append((("unit", unit, holder), name))
        port = address.port
    known = parse_port(port)
    if known.kind == "replay":
        return []
    build_transport(profile, port)
    if known.kind in _ONE_READER:
        found.append((_same(known.kind, known.path, known.text, known.port), holder))
    return found


def _same(kind: str, path: str, text: str, number: int) -> object:
    """What two spellings of one place have in common; where a link points may be another place a minute later."""
    if kind == "serial":
        return kind, os.path.normcase(os.path.normpath(path))
    return (kind, number) if kind.endswith("-listen") else (kind, text.partition("?")[0].lower())


def _taken(other: str, port: str, place: object) -> PortError:
    if isinstance(place, tuple) and place[0] == "unit":
        return PortError(
            f"It has the same unit {place[1]} on {port} as gauge {other}.", "Give each its own with ?unit=N."
        )
    return PortError(
        f"It has the same port as gauge {other}: {port}. Only {other} is read.",
        "Give each its own port; several channels of one instrument are one gauge in the plan.",
    )


def unread_profile(name: str) -> Profile:
    """What stands for a profile that cannot be read: it has a name and nothing else."""
    return Profile(
        name, 0, name, "", "", "", Certainty.SECONDHAND, "", "", None, None, None, None, None, {}, (), (), None, None
    )  # fmt: skip


class Standing:
    """The link of gauges that cannot be read as they are laid down: it opens nothing and says why."""

    def __init__(self, ports: Mapping[str, str], why: DeviceError, sink: Callable[[LinkState], None]) -> None:
        self.why = why
        self._sink = sink
        self._states = [
            LinkState(source, port, LinkStatus.ERROR, time.time_ns(), str(why), b"") for source, port in ports.items()
        ]
        self.source = self._states[0].source
        self.port = self._states[0].port

    @property
    def state(self) -> LinkState:
        return self._states[0]

    @property
    def missed(self) -> Mapping[tuple[str, str], int]:
        """Nothing is polled, so nothing is missed."""
        return {}

    async def run(self) -> None:
        """Say why, and wait to be ended."""
        for state in self._states:
            self._sink(state)
        await asyncio.Event().wait()

    async def request(self, channel: str) -> None:
        """Raises PortError: it cannot be asked."""
        del channel
        raise PortError(f"{self.source} is not read: {self.why.sentence}", self.why.next_step)
