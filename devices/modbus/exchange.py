"""What both kinds of wire have in common: how a request ends, and what an exchange must be able to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from devices.modbus.registers import Timing
from devices.modbus.requests import Request

NEVER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Replied:
    """A reply that can only belong to this request; times are monotonic, of its first and of its last byte."""

    tag: int
    request: Request
    pdu: bytes
    frame: bytes
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class Lost:
    """A request that ended, at monotonic time `at`, without a reply that could be trusted."""

    tag: int
    request: Request
    reason: str
    heard: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Stray:
    """Bytes that answer nothing that is being asked: garbage, a late reply. Logged, never booked."""

    data: bytes
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class Desynchronised:
    """The stream cannot be followed any more: the connection must be made anew."""

    reason: str


Outcome = Replied | Lost | Stray | Desynchronised


class Exchange(Protocol):
    """Requests out, replies in; no port and no clock: `now` is monotonic nanoseconds."""

    def begin(self, now: int, quiet: int) -> None:
        """The port was opened for the first time: what an earlier program asked may be answered for `quiet`."""

    def free_at(self, unit: int, now: int) -> int:
        """The earliest time a request to `unit` may start; NEVER while only an event can tell."""

    def send(self, request: Request, timing: Timing, now: int, tag: int) -> bytes:
        """The frame to write; its outcome will carry `tag`. Only when `free_at` allows it."""

    def receive(self, data: bytes, now: int) -> list[Outcome]:
        """Take what the wire brought, any bytes whatever."""

    def expire(self, now: int) -> list[Outcome]:
        """End what has waited too long."""

    def deadline(self) -> int:
        """When `expire` has something to do next."""

    def reset(self, now: int) -> list[Outcome]:
        """The connection is gone: everything outstanding is lost."""
