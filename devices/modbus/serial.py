"""Modbus on a serial line without a port: one request at a time, and nothing booked that could be a late reply.

RTU and ASCII frames carry no transaction: a reply says its unit, function and length, not which request it answers.
So after every time-out the line is kept quiet for the late window, what arrives is reported and never booked, and when
the missing reply did not show up in that time, the next reply that it could be mistaken for is held back until no
second one has followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from devices.modbus.exchange import NEVER, Lost, Outcome, Replied, Stray
from devices.modbus.frames import Found, Hunt, SerialFraming
from devices.modbus.registers import Timing
from devices.modbus.requests import Request

BETWEEN_BYTES = 50_000_000  # a frame may stand still this long inside USB converters; after it the frame is broken
LARGEST_BUFFER = 2048
MOST_MISSING = 64


class _State(Enum):
    IDLE = auto()
    WAITING = auto()
    HOLDING = auto()
    QUARANTINE = auto()


@dataclass(slots=True)
class _Current:
    """The request under way, or the one whose late reply is feared."""

    tag: int
    request: Request
    timing: Timing
    hunt: Hunt
    sent_at: int
    until: int
    hard_until: int


class SerialExchange:
    """One request at a time on a line of RTU or ASCII frames; `echo` when the cable repeats what is sent."""

    def __init__(self, framing: SerialFraming, *, echo: bool = False) -> None:
        self._framing = framing
        self._echoes = echo
        self._echo = b""
        self._state = _State.IDLE
        self._current: _Current | None = None
        self._held: Replied | None = None
        self._buffer = bytearray()
        self._arrivals: list[tuple[int, int]] = []
        self._free_at = 0
        self._missing: dict[_Signature, int] = {}

    def begin(self, now: int, quiet: int) -> None:
        self._free_at = max(self._free_at, now + quiet)

    # --- requests out ------------------------------------------------------------------------------------------------

    def free_at(self, unit: int, now: int) -> int:
        del unit  # the line is one for all units
        if self._state in (_State.WAITING, _State.HOLDING):
            return NEVER
        if self._state is _State.QUARANTINE and self._current is not None:
            return max(now, self._current.until + 1)
        return max(now, self._free_at)

    def send(self, request: Request, timing: Timing, now: int, tag: int) -> bytes:
        until = now + timing.timeout
        self._current = _Current(tag, request, timing, self._framing.hunt(request), now, until, until + timing.timeout)
        self._state = _State.WAITING
        self._clear()
        frame = self._framing.draw(request.unit, request.pdu)
        self._echo = frame if self._echoes else b""
        return frame

    # --- bytes in ----------------------------------------------------------------------------------------------------

    def receive(self, data: bytes, now: int) -> list[Outcome]:
        outcomes = self.expire(now - 1)
        data = self._without_echo(data)
        if not data:
            return outcomes
        current = self._current
        if self._state is _State.IDLE or current is None:
            self._free_at = max(self._free_at, now + BETWEEN_BYTES)
            outcomes.append(Stray(data, "nothing was asked", now))
            return outcomes
        self._arrivals.append((len(self._buffer), now))
        self._buffer += data
        found = current.hunt.find(self._buffer)
        if found is not None:
            outcomes += self._found(current, found, now)
        else:
            outcomes += self._trim(current, now)
            if self._state is _State.WAITING:
                current.until = min(current.hard_until, max(current.until, now + BETWEEN_BYTES))
        return outcomes

    def _without_echo(self, data: bytes) -> bytes:
        if not self._echo:
            return data
        length = min(len(data), len(self._echo))
        if data[:length] != self._echo[:length]:
            self._echo = b""
            return data
        self._echo = self._echo[length:]
        return data[length:]

    def _found(self, current: _Current, found: Found, now: int) -> list[Outcome]:
        outcomes: list[Outcome] = []
        if found.start:
            outcomes.append(Stray(bytes(self._buffer[: found.start]), "garbage before a reply", self._time_of(0)))
        frame = bytes(self._buffer[found.start : found.end])
        first_at = self._time_of(found.start)
        rest = bytes(self._buffer[found.end :])
        self._clear()
        if self._state is _State.QUARANTINE:
            outcomes.append(Stray(frame, "a late reply", first_at))
            self._came(current.request)
            self._become_idle(now + current.timing.gap)
        elif self._state is _State.HOLDING and self._held is not None:
            outcomes += self._two_replies(current, frame, first_at, now)
        else:
            outcomes += self._reply(current, Replied(current.tag, current.request, found.pdu, frame, first_at, now))
        if rest:
            outcomes += self._after_reply(rest, now)
        return outcomes

    def _reply(self, current: _Current, replied: Replied) -> list[Outcome]:
        if _signature(current.request) not in self._missing:
            self._become_idle(replied.last_at + current.timing.gap)
            return [replied]
        self._state = _State.HOLDING
        self._held = replied
        current.hunt = self._framing.hunt(current.request)
        current.until = current.sent_at + current.timing.timeout + current.timing.late_window
        return []

    def _two_replies(self, current: _Current, frame: bytes, first_at: int, now: int) -> list[Outcome]:
        """A reply to the request that was given up came first, then this one's: which is which nobody can prove."""
        held, self._held = self._held, None
        self._came(current.request)
        self._become_idle(now + current.timing.gap)
        reason = "two replies to one request, one of them late"
        outcomes: list[Outcome] = [Stray(held.frame, reason, held.first_at)] if held is not None else []
        outcomes.append(Stray(frame, reason, first_at))
        outcomes.append(Lost(current.tag, current.request, reason, frame, now))
        return outcomes

    def _after_reply(self, rest: bytes, now: int) -> list[Outcome]:
        """Bytes that came glued behind a reply: while one is held back they are looked at, else they answer nothing."""
        if self._state is _State.HOLDING:
            return self.receive(rest, now)
        self._free_at = max(self._free_at, now + BETWEEN_BYTES)
        return [Stray(rest, "bytes behind a reply", now)]

    # --- time --------------------------------------------------------------------------------------------------------

    def deadline(self) -> int:
        return NEVER if self._current is None or self._state is _State.IDLE else self._current.until

    def expire(self, now: int) -> list[Outcome]:
        outcomes: list[Outcome] = []
        while self._state is not _State.IDLE and self._current is not None and self._current.until <= now:
            outcomes += self._expired(self._current)
        return outcomes

    def _expired(self, current: _Current) -> list[Outcome]:
        heard = bytes(self._buffer)
        strays: list[Outcome] = [Stray(heard, "no reply to what was asked", self._time_of(0))] if heard else []
        self._clear()
        if self._state is _State.WAITING:
            self._miss(current.request)
            self._state = _State.QUARANTINE
            lost = Lost(current.tag, current.request, "no reply in time", heard, current.until)
            current.hunt = self._framing.hunt(current.request)
            current.until += current.timing.late_window
            return [*strays, lost]
        if self._state is _State.HOLDING and self._held is not None:
            return [*strays, *self._release(current, bool(heard))]
        if heard:
            current.until += BETWEEN_BYTES  # the line must be quiet before anything is asked again
            current.hunt = self._framing.hunt(current.request)
            return strays
        self._become_idle(current.until)
        return []

    def _release(self, current: _Current, disturbed: bool) -> list[Outcome]:
        """Nothing followed the held reply, so it was this request's own; unless something unreadable did."""
        held, self._held = self._held, None
        if held is None or disturbed:
            self._state = _State.QUARANTINE
            ended = current.until
            current.until += current.timing.late_window
            current.hunt = self._framing.hunt(current.request)
            return [Lost(current.tag, current.request, "a reply that could be a late one", b"", ended)]
        self._missing.pop(_signature(current.request), None)
        self._become_idle(current.until)
        return [held]

    def reset(self, now: int) -> list[Outcome]:
        """The connection is gone; a reply under way may still come when it is back, so the quarantine stays."""
        current = self._current
        self._clear()
        self._held = None
        self._echo = b""
        if current is None or self._state is _State.IDLE:
            return []
        lost: list[Outcome] = []
        if self._state is not _State.QUARANTINE:
            lost.append(Lost(current.tag, current.request, "the connection was lost", b"", now))
            self._miss(current.request)
            current.until = current.sent_at + current.timing.timeout + current.timing.late_window
            self._state = _State.QUARANTINE
        current.hunt = self._framing.hunt(current.request)
        return lost

    # --- replies that are still out ----------------------------------------------------------------------------------

    def _miss(self, request: Request) -> None:
        """This request's reply never came, and may still."""
        signature = _signature(request)
        self._missing[signature] = min(self._missing.pop(signature, 0) + 1, MOST_MISSING)
        if len(self._missing) > MOST_MISSING:
            del self._missing[next(iter(self._missing))]

    def _came(self, request: Request) -> None:
        """One of the missing replies to requests like this one came."""
        signature = _signature(request)
        left = self._missing.pop(signature, 0) - 1
        if left > 0:
            self._missing[signature] = left

    # --- the buffer --------------------------------------------------------------------------------------------------

    def _become_idle(self, free_at: int) -> None:
        self._state = _State.IDLE
        self._current = None
        self._free_at = max(self._free_at, free_at)

    def _clear(self) -> None:
        self._buffer.clear()
        self._arrivals.clear()

    def _time_of(self, offset: int) -> int:
        """When the byte at `offset` arrived."""
        best = 0
        for start, at in self._arrivals:
            if start > offset:
                break
            best = at
        return best

    def _trim(self, current: _Current, now: int) -> list[Outcome]:
        """Keep no more than a frame can need; what is cut off was garbage."""
        if len(self._buffer) <= LARGEST_BUFFER:
            return []
        cut = len(self._buffer) - self._framing.longest
        garbage = bytes(self._buffer[:cut])
        at = self._time_of(0)
        del self._buffer[:cut]
        self._arrivals = [(0, now)]
        current.hunt.restart()
        return [Stray(garbage, "garbage", at)]


_Signature = tuple[int, bytes, int]


def _signature(request: Request) -> _Signature:
    """What a reply shows of its request: two requests with the same signature have replies that look alike."""
    return request.unit, request.head, request.reply_length
