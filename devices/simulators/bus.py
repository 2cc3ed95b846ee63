"""A simulated serial bus or gateway of register instruments, with the faults that real ones have. Does no I/O.

Requests are read and answered with pymodbus's server side; what goes wrong on the way back is ours.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Final, cast

from pymodbus.constants import ExcCodes
from pymodbus.exceptions import ModbusException
from pymodbus.framer import FRAMER_NAME_TO_CLASS, FramerBase, FramerType
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.simulator import SimDevice
from pymodbus.simulator.simcore import SimCore

from devices.errors import ProfileError
from devices.modbus.address import Framing
from devices.modbus.registers import Timing
from devices.simulators.faults import Fault
from devices.simulators.gauge import Piece

FAULTS: Final = frozenset(
    {
        Fault.DROPOUT,
        Fault.SLOW,
        Fault.LATE,
        Fault.SPLIT,
        Fault.PREFIX,
        Fault.GARBAGE,
        Fault.TRUNCATE,
        Fault.PARITY,
        Fault.ERROR,
        Fault.MENU,
    }
)
"""What a register instrument can do wrong."""

_FRAMERS = {Framing.TCP: FramerType.SOCKET, Framing.RTU: FramerType.RTU, Framing.ASCII: FramerType.ASCII}
_LARGEST_BUFFER = 1024
_SECOND = 1_000_000_000


class RegisterBus:
    """Answers requests for its devices; the same seed makes the same faults.

    `delay` is seconds until an ordinary reply. A unit in `dead` does not answer, or with `gateway` is reported by
    exception 11 after the device's time-out, as a gateway does.
    """

    def __init__(
        self,
        devices: Sequence[SimDevice],
        framing: Framing,
        timing: Timing,
        *,
        seed: int = 0,
        faults: Mapping[Fault, float] | None = None,
        delay: float = 0.0,
        dead: frozenset[int] = frozenset(),
        gateway: bool = False,
    ) -> None:
        for fault in faults or {}:
            if fault not in FAULTS:
                known = ", ".join(sorted(FAULTS))
                raise ProfileError(f"A register instrument cannot play the fault '{fault}'.", f"It can play {known}.")
        self._core = SimCore(list(devices))
        self._framer: FramerBase = FRAMER_NAME_TO_CLASS[_FRAMERS[framing]](DecodePDU(True))
        self._timing = timing
        self._random = random.Random(seed)
        self._faults = dict(faults or {})
        self._delay = delay
        self._dead = dead
        self._gateway = gateway
        self._buffer = b""
        self.requests = 0
        self.counts: Counter[str] = Counter()

    def heard(self, data: bytes) -> list[Piece]:
        """Take bytes from the host; gives what is sent back, piece by piece."""
        self._buffer = (self._buffer + data)[-_LARGEST_BUFFER:]
        pieces: list[Piece] = []
        while self._buffer:
            try:
                used, request = self._framer.handleFrame(self._buffer, 0, 0)
            except (ModbusException, ValueError):
                self._buffer = b""
                break
            self._buffer = self._buffer[used:]
            if request is None:
                break
            pieces += self._reply_to(request)
        return pieces

    def _reply_to(self, request: ModbusPDU) -> list[Piece]:
        self.requests += 1
        unit = request.dev_id
        known = unit in self._core.devices and unit not in self._dead
        if not known and not self._gateway:
            return []
        if known:
            reply = _now(request.datastore_update(cast(Any, self._core), unit))
            delay = self._delay
        else:
            reply = ExceptionResponse(request.function_code, ExcCodes.GATEWAY_NO_RESPONSE)
            delay = self._timing.timeout / _SECOND * 0.8
        fault = self._fault()
        if fault is Fault.ERROR:
            reply = ExceptionResponse(request.function_code, ExcCodes.DEVICE_FAILURE)
        reply.dev_id, reply.transaction_id = unit, request.transaction_id
        return self._spoil(self._framer.buildFrame(reply), fault, delay)

    def _fault(self) -> Fault | None:
        for fault, rate in self._faults.items():
            if self._random.random() < rate:
                self.counts[fault] += 1
                return fault
        return None

    def _spoil(self, frame: bytes, fault: Fault | None, delay: float) -> list[Piece]:
        timeout, window = self._timing.timeout / _SECOND, self._timing.late_window / _SECOND
        match fault:
            case Fault.DROPOUT | Fault.MENU:
                return []
            case Fault.SLOW:
                return [(timeout * self._random.uniform(0.4, 0.8), frame)]
            case Fault.LATE:
                return [(timeout + window * self._random.uniform(0.1, 0.7), frame)]
            case Fault.SPLIT:
                cut = self._random.randrange(1, len(frame))
                return [(delay, frame[:cut]), (0.005, frame[cut:])]
            case Fault.PREFIX:
                return [(delay, self._random.choice((b"\x00", b"\xff")) + frame)]
            case Fault.GARBAGE:
                return [(delay, self._random.randbytes(self._random.randrange(1, 40)))]
            case Fault.TRUNCATE:
                return [(delay, frame[: self._random.randrange(1, len(frame))])]
            case Fault.PARITY:
                at = self._random.randrange(len(frame))
                return [(delay, frame[:at] + frame[at + 1 :])]
            case _:
                return [(delay, frame)]


def _now(coroutine: Coroutine[Any, Any, ModbusPDU]) -> ModbusPDU:
    """Run a coroutine that never waits, as pymodbus's data stores do not."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: ModbusPDU = done.value
        return result
    coroutine.close()
    raise RuntimeError("a simulated register waited for something")
