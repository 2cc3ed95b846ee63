"""Instruments on the network: TCP to them, or TCP from them."""

from __future__ import annotations

import asyncio
import socket
from typing import cast

from devices.clock import SYSTEM_CLOCK, Clock
from devices.errors import PortError
from devices.profile.model import Pulse
from devices.transports.base import OPEN_SECONDS, WRITE_SECONDS, Receiver

SETTLE = 20_000_000


class _Connection(asyncio.Protocol):
    """Hands bytes and the end of one connection to its owner."""

    def __init__(self, receiver: Receiver, clock: Clock) -> None:
        self._receiver: Receiver | None = receiver
        self._clock = clock
        self.transport: asyncio.Transport | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        keep_alive(self.transport.get_extra_info("socket"))
        if self._receiver is not None:
            self._receiver.opened(self._clock.monotonic(), self._clock.wall())

    def data_received(self, data: bytes) -> None:
        if self._receiver is not None:
            self._receiver.received(data, self._clock.monotonic(), self._clock.wall())

    def connection_lost(self, exc: Exception | None) -> None:
        self._writable.set()
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.lost(f"the connection was lost ({exc})" if exc else "the instrument closed the connection")

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    async def write(self, data: bytes) -> None:
        if self.transport is None or self.transport.is_closing():
            raise PortError("The connection is closed.")
        self.transport.write(data)
        if self._writable.is_set():
            return  # nearly always: the system took it at once
        try:
            async with asyncio.timeout(WRITE_SECONDS):  # wait_for of Python 3.11 can swallow a cancellation
                await self._writable.wait()
        except TimeoutError as error:
            raise PortError("The instrument does not take what is sent.", "Check it and its converter.") from error

    def write_at_once(self, data: bytes) -> bool:
        if self.transport is None or self.transport.is_closing() or not self._writable.is_set():
            return False
        self.transport.write(data)
        return True

    def close(self) -> None:
        self._receiver = None
        if self.transport is not None:
            self.transport.abort()


def keep_alive(connection: socket.socket | None) -> None:
    """Let the system notice a peer that vanished without a word, within about ten seconds."""
    if connection is None:
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 4), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class TcpClient:
    """A connection to an instrument or a serial-to-network converter."""

    def __init__(self, host: str, port: int, clock: Clock = SYSTEM_CLOCK) -> None:
        self.name = f"tcp://{host}:{port}"
        self.settle = SETTLE
        self._host = host
        self._port = port
        self._clock = clock
        self._connection: _Connection | None = None

    async def open(self, receiver: Receiver) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                _, self._connection = await loop.create_connection(
                    lambda: _Connection(receiver, self._clock), self._host, self._port
                )
        except TimeoutError as error:
            raise PortError(f"{self.name} does not answer.", "Check address, cable and firewall.") from error
        except OSError as error:
            why = error.strerror or str(error)
            raise PortError(f"{self.name} cannot be reached: {why}.", "Check that the instrument is on.") from error

    def write_at_once(self, data: bytes) -> bool:
        """Send without waiting; False when that cannot be, and `write` must be asked."""
        return self._connection is not None and self._connection.write_at_once(data)

    async def write(self, data: bytes) -> None:
        if self._connection is None:
            raise PortError(f"{self.name} is not open.")
        await self._connection.write(data)

    async def pulse(self, pulse: Pulse) -> None:
        raise PortError(f"{self.name} has no {pulse.line.upper()} line.", "Use a serial port, or rfc2217:// to it.")

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def is_there(self) -> bool | None:
        return None


class TcpListener:
    """Waits for the instrument to connect to us; one at a time, a second one is turned away."""

    def __init__(self, host: str, port: int, clock: Clock = SYSTEM_CLOCK) -> None:
        self.name = f"tcp-listen://{host}:{port}"
        self.settle = SETTLE
        self._host = host
        self._port = port
        self._clock = clock
        self._server: asyncio.Server | None = None
        self._connection: _Connection | None = None
        self._came: asyncio.Event = asyncio.Event()
        self.bound_port = 0

    async def open(self, receiver: Receiver) -> None:
        """Bind, then wait (without limit) for the instrument. Raises PortError when the address cannot be had."""
        self._came.clear()
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: self._accept(receiver), self._host, self._port)
        except OSError as error:
            why = error.strerror or str(error)
            raise PortError(
                f"{self.name} cannot be listened on: {why}.", "Choose a free port of this computer."
            ) from error
        self.bound_port = self._server.sockets[0].getsockname()[1]
        await self._came.wait()

    def _accept(self, receiver: Receiver) -> asyncio.Protocol:
        if self._connection is not None:
            return _TurnedAway()
        self._connection = _Connection(receiver, self._clock)
        self._came.set()
        return self._connection

    async def write(self, data: bytes) -> None:
        if self._connection is None:
            raise PortError(f"{self.name}: no instrument is connected.")
        await self._connection.write(data)

    async def pulse(self, pulse: Pulse) -> None:
        raise PortError(f"{self.name} has no {pulse.line.upper()} line.", "Use a serial port, or rfc2217:// to it.")

    async def close(self) -> None:
        server, self._server = self._server, None
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        if server is not None:
            server.close()

    def is_there(self) -> bool | None:
        return None


class _TurnedAway(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).abort()
