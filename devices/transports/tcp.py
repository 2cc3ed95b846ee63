"""Instruments on the network: TCP to them, or TCP from them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from devices.clock import SYSTEM_CLOCK, Clock
from devices.errors import PortError, system_words
from devices.profile.model import Pulse
from devices.transports.base import OPEN_SECONDS, WRITE_SECONDS, Receiver

SETTLE = 20_000_000
MOST_AT_ONCE = 16 * 1024


class _Connection(asyncio.BufferedProtocol):
    """Hands bytes and the end of one connection to its owner.

    At most `MOST_AT_ONCE` of them at a time, between which other ports have their turn: a plain protocol is given
    256 KiB, and taking in the records in them holds the loop up for a tenth of a second and more.
    """

    def __init__(self, receiver: Receiver, clock: Clock) -> None:
        self._receiver: Receiver | None = receiver
        self._clock = clock
        self.transport: asyncio.Transport | None = None
        self._buffer = bytearray(MOST_AT_ONCE)
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        keep_alive(self.transport.get_extra_info("socket"))
        if self._receiver is not None:
            self._receiver.opened(self._clock.monotonic(), self._clock.wall())

    def get_buffer(self, _size: int) -> bytearray:
        return self._buffer

    def buffer_updated(self, size: int) -> None:
        if self._receiver is not None:
            self._receiver.received(bytes(self._buffer[:size]), self._clock.monotonic(), self._clock.wall())

    def connection_lost(self, exc: Exception | None) -> None:
        self._writable.set()
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.lost(
                f"the connection was lost ({system_words(exc)})" if exc else "the instrument closed the connection"
            )

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
            raise PortError(
                f"{self.name} cannot be reached: {system_words(error)}.", "Check that the instrument is on."
            ) from error

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
    """Waits for the instrument to connect to us; one at a time, a second one is turned away.

    Its address stays taken from one connection to the next, so that an instrument that comes meanwhile waits and loses
    nothing. What comes within the first moment is the rest of a record as on any port, unless `first_is_whole`: then
    the instrument connects for each reading.
    """

    def __init__(self, host: str, port: int, clock: Clock = SYSTEM_CLOCK, *, first_is_whole: bool = False) -> None:
        self.name = f"tcp-listen://{host}:{port}"
        self.settle = 0 if first_is_whole else SETTLE
        self._host = host
        self._port = port
        self._clock = clock
        self._listening: socket.socket | None = None
        self._connection: _Connection | None = None
        self._turning_away: asyncio.Task[None] | None = None
        self._was_lost = False
        self.bound_port = 0

    async def open(self, receiver: Receiver) -> None:
        """Bind, then wait (without limit) for the instrument. Raises PortError when the address cannot be had."""
        loop = asyncio.get_running_loop()
        if self._listening is None:
            try:
                self._listening = await self._listen()
            except OSError as error:
                raise PortError(
                    f"{self.name} cannot be listened on: {system_words(error)}.", "Choose a free port of this computer."
                ) from error
            self.bound_port = self._listening.getsockname()[1]
        came, _ = await loop.sock_accept(self._listening)
        try:
            _, self._connection = await loop.connect_accepted_socket(
                lambda: _Connection(_Watched(receiver, self._lose), self._clock), came
            )
        except OSError as error:
            came.close()
            raise PortError(f"{self.name}: the instrument was lost: {system_words(error)}.") from error
        self._turning_away = asyncio.create_task(_turn_away(self._listening), name=f"turn away at {self.name}")

    async def _listen(self) -> socket.socket:
        found = await asyncio.get_running_loop().getaddrinfo(
            self._host, self._port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, _, _, _, address = found[0]
        listening = socket.create_server(address, family=family)
        listening.setblocking(False)
        return listening

    def _lose(self) -> None:
        self._was_lost = True

    async def write(self, data: bytes) -> None:
        if self._connection is None:
            raise PortError(f"{self.name}: no instrument is connected.")
        await self._connection.write(data)

    async def pulse(self, pulse: Pulse) -> None:
        raise PortError(f"{self.name} has no {pulse.line.upper()} line.", "Use a serial port, or rfc2217:// to it.")

    async def close(self) -> None:
        turning_away, self._turning_away = self._turning_away, None
        connection, self._connection = self._connection, None
        if turning_away is not None:
            turning_away.cancel()
            with suppress(asyncio.CancelledError):
                await turning_away
        if connection is not None:
            connection.close()
        was_lost, self._was_lost = self._was_lost, False
        if self._listening is not None and not was_lost:  # after a lost connection the next one is waited for
            self._listening.close()
            self._listening = None

    def is_there(self) -> bool | None:
        return None


class _Watched:
    """A receiver whose loss is noted as well."""

    def __init__(self, receiver: Receiver, on_lost: Callable[[], None]) -> None:
        self.opened = receiver.opened
        self.received = receiver.received
        self._receiver = receiver
        self._on_lost = on_lost

    def lost(self, why: str) -> None:
        self._on_lost()
        self._receiver.lost(f"{why}; it is waited for")


async def _turn_away(listening: socket.socket) -> None:
    """Close every further connection at once."""
    loop = asyncio.get_running_loop()
    while True:
        with suppress(OSError):
            (await loop.sock_accept(listening))[0].close()
