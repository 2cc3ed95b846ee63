"""Play a simulated instrument on a pseudo-terminal or a TCP port, at its own pace and on request."""

from __future__ import annotations

import asyncio
import errno
import os
import select
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol, cast

from devices.errors import PortError
from devices.simulators.gauge import GaugeSimulator, Piece
from devices.transports.address import parse_port
from devices.transports.base import READ_SIZE

SETTLE = 0.3
"""Seconds between a reader's coming and the first record: a real gauge is never pressed in the same instant."""


def _nobody(data: bytes) -> None:
    """Nobody listens to the instrument's side yet."""
    del data


class Endpoint(Protocol):
    """The instrument's side of a port."""

    name: str

    async def open(self, heard: Callable[[bytes], None]) -> None: ...

    def write(self, data: bytes) -> None: ...

    async def reader_came(self) -> None:
        """Wait until somebody reads the port."""
        ...

    def has_reader(self) -> bool: ...

    async def close(self) -> None: ...


class PtyEndpoint:
    """The master's side of a pseudo-terminal; `link` is a path that will always point to the present slave."""

    def __init__(self, link: Path | None = None) -> None:
        self.name = ""
        self._link = link
        self._master = -1
        self._heard: Callable[[bytes], None] = _nobody
        self._watching = False
        self._unsent = b""

    async def open(self, heard: Callable[[bytes], None]) -> None:
        if sys.platform == "win32":
            raise PortError("Windows has no pseudo-terminals.", "Use tcp://127.0.0.1:PORT.")
        import pty
        import tty

        self._heard = heard
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self.name = os.ttyname(slave)
        os.close(slave)
        os.set_blocking(self._master, False)
        if self._link is not None:
            self._point(self._link)

    def _point(self, link: Path) -> None:
        if link.exists() and not link.is_symlink():
            raise PortError(f"{link} is in the way.", "Choose a path that does not exist yet.")
        try:
            fresh = link.with_name(link.name + ".new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(self.name)
            fresh.replace(link)
        except OSError as error:
            raise PortError(f"{link} cannot be made: {error.strerror}.", "Choose a folder you may write to.") from error

    def has_reader(self) -> bool:
        poll = select.poll()
        poll.register(self._master, 0)
        return not any(event & select.POLLHUP for _, event in poll.poll(0))

    async def reader_came(self) -> None:
        while not (self.has_reader() and self._is_set_up()):
            self._watch(False)
            await asyncio.sleep(0.01)
        self._watch(True)

    def _is_set_up(self) -> bool:
        """Whether the reader has switched line editing off: on a busy computer that comes long after its opening."""
        import termios

        local_modes: int = termios.tcgetattr(self._master)[3]
        return not local_modes & termios.ICANON

    def _watch(self, on: bool) -> None:
        loop = asyncio.get_running_loop()
        if on and not self._watching:
            loop.add_reader(self._master, self._readable)
        elif not on and self._watching:
            loop.remove_reader(self._master)
        self._watching = on

    def _readable(self) -> None:
        try:
            data = os.read(self._master, READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self._watch(False)  # the reader has closed the port: `reader_came` waits for the next one
            return
        self._heard(data)

    def write(self, data: bytes) -> None:
        self._unsent += data
        self._drain()

    def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_writer(self._master)
        try:
            while self._unsent:
                self._unsent = self._unsent[os.write(self._master, self._unsent) :]
        except (BlockingIOError, InterruptedError):
            loop.add_writer(self._master, self._drain)
        except OSError:
            self._unsent = b""  # nobody reads: like a cable that hangs loose

    async def close(self) -> None:
        master, self._master = self._master, -1
        if master >= 0:
            self._watch_off(master)
            os.close(master)
        if self._link is not None and self._link.is_symlink() and str(self._link.readlink()) == self.name:
            self._link.unlink()

    def _watch_off(self, master: int) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(master)
        loop.remove_writer(master)
        self._watching = False


class TcpEndpoint:
    """A TCP server that plays the instrument to whoever connects; port 0 takes any free one."""

    def __init__(self, host: str, port: int) -> None:
        self.name = f"tcp://{host}:{port}"
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self._heard: Callable[[bytes], None] = _nobody
        self._peers: set[_Peer] = set()
        self._came = asyncio.Event()

    async def open(self, heard: Callable[[bytes], None]) -> None:
        self._heard = heard
        try:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(lambda: _Peer(self), self._host, self._port)
        except OSError as error:
            raise PortError(f"{self.name} cannot be opened: {error.strerror}.", "Choose a free port.") from error
        self._port = self._server.sockets[0].getsockname()[1]
        self.name = f"tcp://{self._host}:{self._port}"

    def joined(self, peer: _Peer) -> None:
        self._peers.add(peer)
        self._came.set()

    def left(self, peer: _Peer) -> None:
        self._peers.discard(peer)
        if not self._peers:
            self._came.clear()

    def said(self, data: bytes) -> None:
        self._heard(data)

    def has_reader(self) -> bool:
        return bool(self._peers)

    async def reader_came(self) -> None:
        await self._came.wait()

    def write(self, data: bytes) -> None:
        for peer in self._peers:
            peer.write(data)

    async def close(self) -> None:
        server, self._server = self._server, None
        for peer in list(self._peers):
            peer.close()
        if server is not None:
            server.close()


class _Peer(asyncio.Protocol):
    def __init__(self, endpoint: TcpEndpoint) -> None:
        self._endpoint = endpoint
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._endpoint.joined(self)

    def data_received(self, data: bytes) -> None:
        self._endpoint.said(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's own signature
        self._endpoint.left(self)

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def build_endpoint(port: str) -> Endpoint:
    """The endpoint for `pty`, `pty:/path/of/link` or `tcp://host:port`. Raises PortError."""
    if port == "pty":
        return PtyEndpoint()
    if port.startswith("pty:"):
        return PtyEndpoint(Path(port.removeprefix("pty:")))
    address = parse_port(port)
    if address.kind != "tcp":
        raise PortError(f"A simulator cannot be played on '{port}'.", "Give pty, pty:/path/of/link or tcp://host:port.")
    return TcpEndpoint(address.host, address.port)


class Playing:
    """A simulator on its endpoint: answers requests, and sends by itself `rate` times a second (0: only when asked)."""

    def __init__(self, simulator: GaugeSimulator, endpoint: Endpoint, *, rate: float = 10.0, channel: str = "") -> None:
        self.simulator = simulator
        self.endpoint = endpoint
        self._rate = rate
        self._channel = channel
        self._queue: asyncio.Queue[Piece] = asyncio.Queue()
        self._sending = rate > 0

    async def open(self) -> str:
        """Open the endpoint; gives the name of the port that the host opens."""
        await self.endpoint.open(self._heard)
        return self.endpoint.name

    async def close(self) -> None:
        await self.endpoint.close()

    def stop_sending(self) -> None:
        """Send nothing more by itself; what a glued record holds back goes out now."""
        self._sending = False
        for piece in self.simulator.rest():
            self._queue.put_nowait(piece)

    async def drained(self) -> None:
        """Wait until everything due was handed to the port."""
        await self._queue.join()

    def press(self) -> None:
        """Press the data button now."""
        for piece in self.simulator.press(self._channel):
            self._queue.put_nowait(piece)

    def _heard(self, data: bytes) -> None:
        for piece in self.simulator.heard(data):
            self._queue.put_nowait(piece)

    async def run(self, *, stay: bool = False, linger: float = 2.0) -> None:
        """Play until the values are used up (then `linger` s more while there is a reader), or for ever with `stay`."""
        async with asyncio.TaskGroup() as group:
            sender = group.create_task(self._send())
            watcher = group.create_task(self._welcome())
            try:
                await self._pace()
                for piece in self.simulator.rest():
                    self._queue.put_nowait(piece)
                await self._queue.join()
                await self._linger(stay, linger)
            finally:
                sender.cancel()
                watcher.cancel()

    async def _linger(self, stay: bool, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while stay or (self.endpoint.has_reader() and loop.time() < end):
            await asyncio.sleep(0.02)

    async def _welcome(self) -> None:
        while True:
            await self.endpoint.reader_came()
            await asyncio.sleep(0.05)

    async def _pace(self) -> None:
        if not self._sending:
            while not self.simulator.finished:
                await asyncio.sleep(0.02)
            return
        loop = asyncio.get_running_loop()
        due = 0.0
        settled = False
        while self._sending and not self.simulator.finished:
            if not settled or not self.endpoint.has_reader():
                await self.endpoint.reader_came()
                await asyncio.sleep(SETTLE)
                settled, due = True, loop.time()
            self.press()
            due = max(due + 1.0 / self._rate, loop.time() - 1.0)
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def _send(self) -> None:
        while True:
            delay, data = await self._queue.get()
            if delay:
                await asyncio.sleep(delay)
            self.endpoint.write(data)
            self._queue.task_done()


async def stop(task: asyncio.Task[None], playing: Playing) -> None:
    """Cancel a playing task and close its port: the instrument is unplugged."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await playing.close()
