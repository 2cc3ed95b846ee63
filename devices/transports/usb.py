"""A serial adapter found by its USB numbers, wherever it is plugged in and whatever name it gets there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from devices.clock import SYSTEM_CLOCK, Clock
from devices.discover import find_usb
from devices.errors import PortError
from devices.profile.model import LineSettings, Pulse
from devices.transports.address import PortAddress
from devices.transports.base import Receiver, Transport
from devices.transports.serial_posix import SETTLE

_LOOK = 0.4
"""Seconds between looks at the list of ports: each costs a few milliseconds."""

SerialMaker = Callable[[str, LineSettings, str, Mapping[str, bool], Clock], Transport]


class UsbSerial:
    """The port of one USB adapter; every `open` looks anew where it is."""

    def __init__(
        self,
        address: PortAddress,
        line: LineSettings,
        flow: str,
        levels: Mapping[str, bool],
        make: SerialMaker,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.name = address.text
        self.settle = SETTLE
        self._address = address
        self._line = line
        self._flow = flow
        self._levels = levels
        self._make = make
        self._clock = clock
        self._inner: Transport | None = None
        self._looked = 0.0
        self._seen = False

    def _find(self) -> str:
        address = self._address
        found = find_usb(address.vid, address.pid, address.serial_number)
        if not found:
            raise PortError(f"The adapter {self.name} is not plugged in.", "Plug it in; any USB socket will do.")
        if len(found) > 1:
            numbers = ", ".join(port.serial_number or port.device for port in found)
            raise PortError(
                f"{self.name} fits {len(found)} adapters ({numbers}).", "Add the serial number: usb:VID:PID:SERIAL."
            )
        return found[0].device

    async def open(self, receiver: Receiver) -> None:
        self._inner = self._make(self._find(), self._line, self._flow, self._levels, self._clock)
        await self._inner.open(receiver)

    async def write(self, data: bytes) -> None:
        await self._opened().write(data)

    async def pulse(self, pulse: Pulse) -> None:
        await self._opened().pulse(pulse)

    def _opened(self) -> Transport:
        if self._inner is None:
            raise PortError(f"The adapter {self.name} is not open.")
        return self._inner

    async def close(self) -> None:
        inner, self._inner = self._inner, None
        if inner is not None:
            await inner.close()

    def is_there(self) -> bool | None:
        now = time.monotonic()
        if now - self._looked >= _LOOK:
            self._looked = now
            address = self._address
            self._seen = bool(find_usb(address.vid, address.pid, address.serial_number))
        return self._seen
