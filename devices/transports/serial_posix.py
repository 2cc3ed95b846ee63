"""Serial ports (and pseudo-terminals) on Linux and macOS: opened by pyserial, read by the loop itself."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Mapping
from pathlib import Path

import serial

from devices.clock import SYSTEM_CLOCK, Clock
from devices.errors import PortError
from devices.profile.model import LineSettings, Pulse
from devices.transports.base import OPEN_SECONDS, READ_SIZE, WRITE_SECONDS, Receiver

SETTLE = 30_000_000
_PARITY = {"N": serial.PARITY_NONE, "E": serial.PARITY_EVEN, "O": serial.PARITY_ODD}
_PARITY |= {"M": serial.PARITY_MARK, "S": serial.PARITY_SPACE}


def prepare(line: LineSettings, flow: str, levels: Mapping[str, bool]) -> serial.Serial:
    """A pyserial port with everything set and nothing opened."""
    port = serial.Serial()
    configure(port, line, flow, levels)
    if hasattr(port, "exclusive"):
        port.exclusive = True
    return port


def configure(port: serial.SerialBase, line: LineSettings, flow: str, levels: Mapping[str, bool]) -> None:
    """Set line, flow control and control lines; they take effect as the port opens."""
    port.baudrate = line.rate
    port.bytesize = line.data_bits
    port.parity = _PARITY[line.parity]
    port.stopbits = float(line.stop_bits)
    port.xonxoff = flow == "xon/xoff"
    port.rtscts = flow == "rts/cts"
    port.dsrdtr = flow == "dsr/dtr"
    port.timeout = 0
    port.write_timeout = WRITE_SECONDS
    if "dtr" in levels:
        port.dtr = levels["dtr"]
    if "rts" in levels:
        port.rts = levels["rts"]
    if "break" in levels:
        port.break_condition = levels["break"]


def explain(name: str, error: BaseException) -> PortError:
    """pyserial's and the system's errors as one sentence and a next step."""
    number = error.errno if isinstance(error, OSError) else None
    text = str(error).lower()
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO) or "filenotfound" in text:
        return PortError(f"There is no port {name}.", "Plug the instrument in, or see the ports that there are.")
    if number in (errno.EACCES, errno.EPERM) or "permission" in text or "access is denied" in text:
        return PortError(
            f"The port {name} may not be opened.",
            "Another program may hold it, or this account needs the dialout group.",
        )
    if number in (errno.EBUSY, errno.EAGAIN) or "lock" in text:
        return PortError(
            f"The port {name} is held by another program, or by another gauge that names it differently.",
            "Close that program, or give each gauge its own port.",
        )
    if number in (errno.ENOTTY, errno.EINVAL):
        return PortError(f"{name} is no serial port, or does not take these settings.", "Check port and line settings.")
    return PortError(f"The port {name} cannot be opened: {error}.", "Check cable and settings.")


class PosixSerial:
    """A serial port read with the loop's own readiness events, a buffer at a time."""

    def __init__(
        self, path: str, line: LineSettings, flow: str, levels: Mapping[str, bool], clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self.name = path
        self.settle = SETTLE
        self._line = line
        self._flow = flow
        self._levels = levels
        self._clock = clock
        self._port: serial.Serial | None = None
        self._receiver: Receiver | None = None
        self._opened_at = (0, 0)

    async def open(self, receiver: Receiver) -> None:
        if Path(self.name).is_file():
            raise PortError(f"{self.name} is a file, not a port.", f"To replay a recording write replay:{self.name}.")
        opening = asyncio.ensure_future(asyncio.to_thread(self._open))
        try:
            async with asyncio.timeout(OPEN_SECONDS):  # wait_for of Python 3.11 can swallow a cancellation
                port = await asyncio.shield(opening)
        except TimeoutError as error:
            opening.add_done_callback(_close_late)
            raise PortError(
                f"The port {self.name} did not open.", "Unplug the adapter and plug it in again."
            ) from error
        except asyncio.CancelledError:
            opening.add_done_callback(_close_late)
            raise
        self._port, self._receiver = port, receiver
        receiver.opened(*self._opened_at)
        asyncio.get_running_loop().add_reader(port.fileno(), self._readable)

    def _open(self) -> serial.Serial:
        import termios

        try:
            port = prepare(self._line, self._flow, self._levels)
            port.port = self.name
            port.open()
            if self._line.parity != "N":
                _check_parity(port.fileno())
        except (OSError, ValueError) as error:
            raise explain(self.name, error) from error
        except termios.error as error:  # no OSError, though it carries the system's number
            raise explain(self.name, OSError(*error.args)) from error
        self._opened_at = self._clock.monotonic(), self._clock.wall()
        return port

    def _readable(self) -> None:
        port, receiver = self._port, self._receiver
        if port is None or receiver is None:
            return
        try:
            data = os.read(port.fileno(), READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(f"the port was lost ({error.strerror})")
            return
        if not data:
            self._lose("the port was lost (unplugged)")
            return
        receiver.received(data, self._clock.monotonic(), self._clock.wall())

    def _lose(self, why: str) -> None:
        receiver = self._receiver
        self._shut()
        if receiver is not None:
            receiver.lost(why)

    async def write(self, data: bytes) -> None:
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._write(data)
        except TimeoutError as error:
            raise PortError(f"{self.name} does not take what is sent.", "Check flow control and cable.") from error
        except OSError as error:
            raise PortError(f"The port {self.name} was lost: {error.strerror}.", "Plug it in again.") from error

    async def _write(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        while data:
            if self._port is None:
                raise PortError(f"The port {self.name} is not open.")
            number = self._port.fileno()
            try:
                data = data[os.write(number, data) :]
            except (BlockingIOError, InterruptedError):
                ready = asyncio.Event()
                loop.add_writer(number, ready.set)
                try:
                    await ready.wait()
                finally:
                    loop.remove_writer(number)

    async def pulse(self, pulse: Pulse) -> None:
        if self._port is None:
            raise PortError(f"The port {self.name} is not open.")
        try:
            set_level(self._port, pulse.line, pulse.level)
            await asyncio.sleep(pulse.ms / 1000)
            if self._port is not None:
                set_level(self._port, pulse.line, not pulse.level)
        except OSError as error:
            raise PortError(
                f"{self.name} has no {pulse.line.upper()} line.", "Use a port with control lines for this instrument."
            ) from error

    async def close(self) -> None:
        self._shut()

    def _shut(self) -> None:
        port, self._port, self._receiver = self._port, None, None
        if port is not None:
            asyncio.get_running_loop().remove_reader(port.fileno())
            _close_quietly(port)

    def is_there(self) -> bool | None:
        return Path(self.name).exists()


def _check_parity(number: int) -> None:
    """Let a character with a wrong parity bit arrive as 00, so that it can never pass for a digit.

    pyserial switches the check of received characters off, whatever the parity.
    """
    import termios

    attributes = termios.tcgetattr(number)
    attributes[0] |= termios.INPCK
    attributes[0] &= ~(termios.IGNPAR | termios.PARMRK)
    termios.tcsetattr(number, termios.TCSANOW, attributes)


def set_level(port: serial.SerialBase, line: str, level: bool) -> None:
    """Set a control line of an open port."""
    if line == "dtr":
        port.dtr = level
    elif line == "rts":
        port.rts = level
    else:
        port.break_condition = level


def _close_quietly(port: serial.Serial) -> None:
    """Close a port that may be gone already: then there is nothing left to close."""
    try:
        port.close()
    except OSError:
        port.is_open = False


def _close_late(opening: asyncio.Future[serial.Serial]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        _close_quietly(opening.result())
