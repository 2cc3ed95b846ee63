"""Instruments that speak in datagrams."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from devices.clock import SYSTEM_CLOCK, Clock
from devices.errors import PortError, system_words
from devices.profile.model import Pulse
from devices.transports.base import OPEN_SECONDS, Receiver


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, receiver: Receiver, clock: Clock) -> None:
        self._receiver: Receiver | None = receiver
        self._clock = clock
        self.transport: asyncio.DatagramTransport | None = None
        self.peer: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)
        if self._receiver is not None:
            self._receiver.opened(self._clock.monotonic(), self._clock.wall())

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.peer = addr
        if self._receiver is not None and data:
            self._receiver.received(data, self._clock.monotonic(), self._clock.wall())

    def error_received(self, exc: Exception) -> None:
        self._lose(f"the network says: {system_words(exc)}")

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose(f"the socket was closed ({system_words(exc)})" if exc else "the socket was closed")

    def _lose(self, why: str) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.lost(why)

    def close(self) -> None:
        self._receiver = None
        if self.transport is not None:
            self.transport.abort()


class Udp:
    """Datagrams to and from one instrument (`listens` False), or from whoever sends to our port, answered there."""

    def __init__(self, host: str, port: int, *, listens: bool, clock: Clock = SYSTEM_CLOCK) -> None:
        self.name = f"{'udp-listen' if listens else 'udp'}://{host}:{port}"
        self.settle = 0
        self._address = (host, port)
        self._listens = listens
        self._clock = clock
        self._datagrams: _Datagrams | None = None
        self.bound_port = 0

    async def open(self, receiver: Receiver) -> None:
        loop = asyncio.get_running_loop()
        place = {"local_addr" if self._listens else "remote_addr": self._address}
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                transport, self._datagrams = await loop.create_datagram_endpoint(
                    lambda: _Datagrams(receiver, self._clock),
                    **place,  # type: ignore[arg-type]
                )
        except TimeoutError as error:
            raise PortError(f"{self.name} cannot be resolved.", "Check the address.") from error
        except OSError as error:
            raise PortError(
                f"{self.name} cannot be opened: {system_words(error)}.", "Check address and port."
            ) from error
        self.bound_port = transport.get_extra_info("sockname")[1]

    async def write(self, data: bytes) -> None:
        datagrams = self._datagrams
        if datagrams is None or datagrams.transport is None:
            raise PortError(f"{self.name} is not open.")
        if self._listens and datagrams.peer is None:
            raise PortError(f"{self.name}: no instrument has sent anything yet, so there is nobody to ask.")
        datagrams.transport.sendto(data, datagrams.peer if self._listens else None)

    async def pulse(self, pulse: Pulse) -> None:
        raise PortError(f"{self.name} has no {pulse.line.upper()} line.", "Use a serial port, or rfc2217:// to it.")

    async def close(self) -> None:
        datagrams, self._datagrams = self._datagrams, None
        if datagrams is not None:
            datagrams.close()

    def is_there(self) -> bool | None:
        return None
