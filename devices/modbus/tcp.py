"""Modbus TCP without a socket: frames matched by transaction, unit, function and length; several may be under way."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from devices.modbus.exchange import NEVER, Desynchronised, Lost, Outcome, Replied, Stray
from devices.modbus.registers import Timing
from devices.modbus.requests import Request

_HEADER = struct.Struct(">HHHB")
_SHORTEST, _LONGEST = 3, 254  # unit, function and one byte; unit and the longest PDU


@dataclass(slots=True)
class _Waiting:
    tag: int
    request: Request
    until: int
    late_window: int
    gap: int


class TcpExchange:
    """Up to `pipeline` requests under way, told apart by transaction.

    A late reply carries a transaction nobody waits for any more and is dropped. Behind a gateway the serial line has
    no transactions, so a unit that timed out is left alone for its late window: a gateway that books late replies to
    the next request of the same unit then has none to book it to.
    """

    def __init__(self, pipeline: int = 1) -> None:
        self._pipeline = pipeline
        self._waiting: dict[int, _Waiting] = {}
        self._transaction = 0
        self._buffer = b""
        self._first_at = 0
        self._quiet_until: dict[int, int] = {}
        self._gap_until = 0

    def begin(self, now: int, quiet: int) -> None:
        """Nothing to wait for: a new connection has no replies to another one's requests."""

    def free_at(self, unit: int, now: int) -> int:
        if len(self._waiting) >= self._pipeline:
            return NEVER
        return max(now, self._gap_until, self._quiet_until.get(unit, 0))

    def resume(self, transaction: int) -> None:
        """The next request carries this transaction, as when a recording is played."""
        self._transaction = (transaction - 1) & 0xFFFF

    def send(self, request: Request, timing: Timing, now: int, tag: int) -> bytes:
        self._transaction = transaction = self._next_transaction()
        self._waiting[transaction] = _Waiting(tag, request, now + timing.timeout, timing.late_window, timing.gap)
        self._gap_until = now + timing.gap if timing.gap else 0
        return _HEADER.pack(transaction, 0, len(request.pdu) + 1, request.unit) + request.pdu

    def _next_transaction(self) -> int:
        transaction = (self._transaction + 1) & 0xFFFF
        while transaction in self._waiting:
            transaction = (transaction + 1) & 0xFFFF
        return transaction

    def receive(self, data: bytes, now: int) -> list[Outcome]:
        outcomes = self.expire(now - 1)
        first_at = self._first_at if self._buffer else now
        if self._buffer:
            data = self._buffer + data
        at = 0
        while len(data) - at >= 7:
            transaction, protocol, length, unit = _HEADER.unpack_from(data, at)
            if protocol != 0 or not _SHORTEST <= length <= _LONGEST:
                self._buffer = b""
                outcomes.append(Stray(data[at : at + 512], "this is no Modbus TCP frame", first_at))
                outcomes.append(Desynchronised("what came is no Modbus TCP; is this the right port?"))
                return outcomes
            end = at + 6 + length
            if end > len(data):
                break
            outcomes.append(self._frame(transaction, unit, data[at:end], first_at, now))
            at, first_at = end, now
        self._buffer, self._first_at = data[at:], first_at
        return outcomes

    def _frame(self, transaction: int, unit: int, frame: bytes, first_at: int, now: int) -> Outcome:
        waiting = self._waiting.get(transaction)
        if waiting is None:
            return Stray(frame, f"a late reply, to transaction {transaction}, which is over", first_at)
        if unit != waiting.request.unit:
            return Stray(frame, f"a reply from unit {unit}, asked was unit {waiting.request.unit}", first_at)
        pdu = frame[7:]
        if not waiting.request.accepts(pdu):
            return Stray(frame, "a reply whose function or length is not what was asked", first_at)
        del self._waiting[transaction]
        if waiting.gap:
            self._gap_until = now + waiting.gap
        return Replied(waiting.tag, waiting.request, pdu, frame, first_at, now)

    def expire(self, now: int) -> list[Outcome]:
        if not self._waiting:
            return []
        over = [transaction for transaction, waiting in self._waiting.items() if waiting.until <= now]
        outcomes: list[Outcome] = []
        for transaction in over:
            waiting = self._waiting.pop(transaction)
            self._quiet_until[waiting.request.unit] = waiting.until + waiting.late_window
            outcomes.append(Lost(waiting.tag, waiting.request, "no reply in time", self._buffer, waiting.until))
        return outcomes

    def deadline(self) -> int:
        return min((waiting.until for waiting in self._waiting.values()), default=NEVER)

    def reset(self, now: int) -> list[Outcome]:
        lost: list[Outcome] = [
            Lost(waiting.tag, waiting.request, "the connection was lost", b"", now)
            for waiting in self._waiting.values()
        ]
        self._waiting.clear()
        self._quiet_until.clear()
        self._buffer = b""
        return lost
