"""A port whose bytes are keystrokes: whoever hears the keyboard hands whole records in; nothing can be sent back."""

from __future__ import annotations

from devices.clock import SYSTEM_CLOCK, Clock
from devices.errors import PortError
from devices.profile.model import Pulse
from devices.transports.base import Receiver


class Keyboard:
    """The transport behind `wedge:`. Always there; what is typed while it is closed is refused."""

    name = "the keyboard of the window"
    settle = 0

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._receiver: Receiver | None = None

    async def open(self, receiver: Receiver) -> None:
        """Take records from now on."""
        self._receiver = receiver
        receiver.opened(self._clock.monotonic(), self._clock.wall())

    def typed(self, record: bytes) -> None:
        """A whole record came as keystrokes. Raises PortError while the port is closed."""
        if self._receiver is None:
            raise PortError("The line does not take what is typed at the moment.", "Wait until its ports are open.")
        self._receiver.received(record, self._clock.monotonic(), self._clock.wall())

    async def write(self, data: bytes) -> None:
        """Raises PortError: keys go one way."""
        raise PortError(f"{len(data)} bytes cannot be sent to a gauge that types.")

    async def pulse(self, pulse: Pulse) -> None:
        """Raises PortError: there is no control line."""
        raise PortError(f"A gauge that types has no line {pulse.line}.")

    async def close(self) -> None:
        """Take nothing more."""
        self._receiver = None

    def is_there(self) -> bool | None:
        """A keyboard is always there."""
        return True
