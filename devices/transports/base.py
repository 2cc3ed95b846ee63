"""What every port can do, and what it tells its owner."""

from __future__ import annotations

from typing import Protocol

from devices.profile.model import Pulse

READ_SIZE = 65536
WRITE_SECONDS = 2.0
OPEN_SECONDS = 5.0


class Receiver(Protocol):
    """Who owns a port: told of its opening, of bytes and of its loss, always on the loop's thread."""

    def opened(self, monotonic: int, wall: int) -> None:
        """The port is open; said before any byte, even before `Transport.open` returns."""
        ...

    def received(self, data: bytes, monotonic: int, wall: int) -> None:
        """Bytes arrived; both times in ns, taken as soon as they were read."""
        ...

    def lost(self, why: str) -> None:
        """The port is gone; said once, after which nothing comes."""
        ...


class Transport(Protocol):
    """A way to an instrument. Constructing does nothing; `open` may be called again after `close`."""

    name: str
    settle: int
    """For how long (ns) after opening bytes may belong to a record that was under way."""

    async def open(self, receiver: Receiver) -> None:
        """Open within `OPEN_SECONDS`. Raises PortError."""
        ...

    async def write(self, data: bytes) -> None:
        """Send everything. Raises PortError."""
        ...

    async def pulse(self, pulse: Pulse) -> None:
        """Hold a control line at a level for a time. Raises PortError where there is no such line."""
        ...

    async def close(self) -> None:
        """Close; safe to call at any time, more than once."""
        ...

    def is_there(self) -> bool | None:
        """Whether the port can be seen without opening it; None when only trying tells."""
        ...
