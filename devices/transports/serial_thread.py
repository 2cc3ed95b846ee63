"""Serial ports that the loop cannot watch: COM ports on Windows, and ports of a network server by RFC 2217.

One thread a port reads with a blocking call and hands each piece, already stamped, to the loop. The same code serves
Windows, where it has not been run, and RFC 2217, with which it is tested.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping

import serial

from devices.clock import SYSTEM_CLOCK, Clock
from devices.errors import PortError, system_words
from devices.profile.model import LineSettings, Pulse
from devices.transports.base import OPEN_SECONDS, WRITE_SECONDS, Receiver
from devices.transports.serial_posix import SETTLE, configure, explain, set_level

_BLOCK = 0.1
_ERRORS = (OSError, ValueError, TypeError, AttributeError, NotImplementedError)
"""What pyserial raises when a port vanishes under a call, depending on platform and moment."""


class ThreadedSerial:
    """A port that pyserial opens by name or URL, read by a thread of its own."""

    def __init__(
        self, url: str, line: LineSettings, flow: str, levels: Mapping[str, bool], clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self.name = url
        self.settle = SETTLE
        self._line = line
        self._flow = flow
        self._levels = levels
        self._clock = clock
        self._port: serial.SerialBase | None = None
        self._reader: threading.Thread | None = None
        self._stop = threading.Event()
        self._opened_at = (0, 0)

    async def open(self, receiver: Receiver) -> None:
        opening = asyncio.ensure_future(asyncio.to_thread(self._open))
        try:
            port = await asyncio.wait_for(asyncio.shield(opening), OPEN_SECONDS)
        except TimeoutError as error:
            opening.add_done_callback(_close_late)
            raise PortError(f"The port {self.name} did not open.", "Check adapter and server.") from error
        except asyncio.CancelledError:
            opening.add_done_callback(_close_late)
            raise
        self._port, self._stop = port, threading.Event()
        receiver.opened(*self._opened_at)
        loop = asyncio.get_running_loop()
        self._reader = threading.Thread(
            target=self._read, args=(port, receiver, loop, self._stop), name=f"port {self.name}", daemon=True
        )
        self._reader.start()

    def _open(self) -> serial.SerialBase:
        try:
            port = serial.serial_for_url(self.name, do_not_open=True)
            configure(port, self._line, self._flow, self._levels)
            port.timeout = _BLOCK
            if "://" in self.name:
                port.write_timeout = None  # a port server's pyserial knows none; the loop's own time-out holds
            port.open()
        except _ERRORS as error:
            raise (_no_server(self.name, error) if "://" in self.name else explain(self.name, error)) from error
        self._opened_at = self._clock.monotonic(), self._clock.wall()
        return port

    def _read(
        self, port: serial.SerialBase, receiver: Receiver, loop: asyncio.AbstractEventLoop, stop: threading.Event
    ) -> None:
        why = ""
        while not stop.is_set():
            try:
                data = port.read(max(1, int(getattr(port, "in_waiting", 0))))
            except _ERRORS as error:
                why = "the port server closed the connection" if "://" in self.name else f"the port was lost ({error})"
                break
            if data and not _tell(loop, stop, receiver.received, data, self._clock.monotonic(), self._clock.wall()):
                return
        if why:
            _tell(loop, stop, receiver.lost, why)

    async def write(self, data: bytes) -> None:
        port = self._port
        if port is None:
            raise PortError(f"The port {self.name} is not open.")
        try:
            await asyncio.wait_for(asyncio.to_thread(port.write, data), WRITE_SECONDS + 1)
        except (serial.SerialTimeoutException, TimeoutError) as error:
            raise PortError(f"{self.name} does not take what is sent.", "Check flow control and cable.") from error
        except _ERRORS as error:
            raise PortError(f"The port {self.name} was lost: {system_words(error)}.", "Plug it in again.") from error

    async def pulse(self, pulse: Pulse) -> None:
        port = self._port
        if port is None:
            raise PortError(f"The port {self.name} is not open.")
        try:
            await asyncio.to_thread(set_level, port, pulse.line, pulse.level)
            await asyncio.sleep(pulse.ms / 1000)
            await asyncio.to_thread(set_level, port, pulse.line, not pulse.level)
        except _ERRORS as error:
            raise PortError(
                f"{self.name} has no {pulse.line.upper()} line.", "Use a port with control lines for this instrument."
            ) from error

    async def close(self) -> None:
        port, self._port = self._port, None
        reader, self._reader = self._reader, None
        self._stop.set()
        if port is not None:
            await asyncio.to_thread(_close, port, reader)

    def is_there(self) -> bool | None:
        return None


def _no_server(url: str, error: BaseException) -> PortError:
    """Why a port server could not be had; pyserial puts what the system said into a text of its own."""
    if "RFC2217" in str(error):
        return PortError(
            f"What answers at {url} is no port server by RFC 2217.",
            "Switch RFC 2217 on there, or write tcp:// if it passes the bytes on as they are.",
        )
    return PortError(f"{url} cannot be reached: {system_words(error)}.", "Check address, cable and the port server.")


def _tell(
    loop: asyncio.AbstractEventLoop, stop: threading.Event, what: Callable[..., None], *arguments: object
) -> bool:
    """Have the loop call something unless the port was closed by then; False when the loop has ended."""

    def call() -> None:
        if not stop.is_set():
            what(*arguments)

    try:
        loop.call_soon_threadsafe(call)
    except RuntimeError:
        return False
    return True


def _close(port: serial.SerialBase, reader: threading.Thread | None) -> None:
    try:
        if hasattr(port, "cancel_read"):
            port.cancel_read()
        if reader is not None:
            reader.join(2 * OPEN_SECONDS)
        port.close()
    except _ERRORS:
        port.is_open = False  # it was lost already: nothing is left to close


def _close_late(opening: asyncio.Future[serial.SerialBase]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        _close(opening.result(), None)
