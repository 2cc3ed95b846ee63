"""A line in virtual time: a session, a slave that answers as late as it is told, and no waiting."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from devices.errors import DeviceError
from devices.modbus.exchange import Exchange
from devices.modbus.frames import AsciiFraming, RtuFraming, SerialFraming
from devices.modbus.registers import Group, Kind, Limits, Point, RegisterMap, Span, Table, Timing, Transmission
from devices.modbus.schedule import Member
from devices.modbus.serial import SerialExchange
from devices.modbus.session import Session
from devices.modbus.tcp import TcpExchange
from devices.reading import Discarded, LinkState, Reading, Scan

MILLISECOND = 1_000_000
SECOND = 1_000_000_000
UTC_OFFSET = 1_700_000_000 * SECOND

Reply = tuple[int, bytes]
"""Nanoseconds after the request, and the bytes that come then."""


def make_map(
    points: Sequence[Point],
    *,
    interval_ms: int = 100,
    timeout_ms: int = 100,
    late_ms: int = 300,
    limits: Limits | None = None,
    pipeline: int = 1,
    gap_ms: int = 2,
) -> RegisterMap:
    """A register map of the points, all in the group "default"."""
    return RegisterMap(
        unit=1,
        transmission=Transmission.RTU,
        points=tuple(points),
        groups=(Group("default", interval_ms * MILLISECOND),),
        limits=limits or Limits(gap=0),
        timing=Timing(timeout_ms * MILLISECOND, late_ms * MILLISECOND, gap_ms * MILLISECOND, 50 * MILLISECOND),
        pipeline=pipeline,
    )


def numbered(addresses: Sequence[int]) -> list[Point]:
    """A point of two registers at each address: the address itself, and the number of the request that read it."""
    return [
        Point(f"at{address}", Span(Table.HOLDING, address, 2), Kind.UNSIGNED_32, "default", scale=Decimal(1))
        for address in addresses
    ]


@dataclass
class VirtualLine:
    """Runs a session against `slave(unit, pdu, number) -> PDU or None` with `delay(number)` in virtual time."""

    members: Sequence[Member]
    exchange: Exchange
    slave: Callable[[int, bytes, int], bytes | None]
    delay: Callable[[int], int]
    framing: SerialFraming | None
    now: int = 10 * SECOND
    events: list[Reading | LinkState | Discarded | Scan] = field(default_factory=list)
    settled: dict[int, Reading | DeviceError | None] = field(default_factory=dict)
    sent_at: dict[int, int] = field(default_factory=dict)
    requests: list[tuple[int, bytes]] = field(default_factory=list)
    misbooked: list[Reading] = field(default_factory=list)
    _wire: list[tuple[int, int, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session = Session(
            self.members,
            self.exchange,
            port="virtual",
            write=self._written,
            sink=self._told,
            settle=self.settled.__setitem__,
        )

    def _told(self, event: Reading | LinkState | Discarded | Scan) -> None:
        self.events.append(event)
        if isinstance(event, Reading) and event.value is not None:
            address, number = divmod(int(event.value), 65536)
            if event.channel != f"at{address}" or number != (len(self.requests) - 1) % 65536:
                self.misbooked.append(event)

    def _written(self, frame: bytes, *_: object) -> None:
        number = len(self.requests)
        self.sent_at[number] = self.now
        if self.framing is None:
            unit, pdu = frame[6], frame[7:]
        elif isinstance(self.framing, RtuFraming):
            unit, pdu = frame[0], frame[1:-2]
        else:
            whole = bytes.fromhex(frame[1:-2].decode())
            unit, pdu = whole[0], whole[1:-1]
        self.requests.append((unit, pdu))
        reply = self.slave(unit, pdu, number)
        if reply is None:
            return
        if self.framing is None:
            drawn = frame[:4] + (len(reply) + 1).to_bytes(2, "big") + bytes([unit]) + reply
        else:
            drawn = self.framing.draw(unit, reply)
        self.say(self.delay(number), drawn)

    def say(self, after: int, data: bytes) -> None:
        """Let bytes arrive `after` nanoseconds from now."""
        heapq.heappush(self._wire, (self.now + after, len(self._wire) + len(self.events), data))

    def open(self) -> None:
        self.session.connected(self.now, self.now + UTC_OFFSET)

    def run(self, seconds: float) -> None:
        """Let virtual time pass."""
        end = self.now + int(seconds * SECOND)
        while True:
            wake = max(self.session.wake_at(self.now), self.now)
            arrival = self._wire[0][0] if self._wire else end + 1
            if min(wake, arrival) > end:
                self.now = end
                return
            if arrival <= wake:
                self.now, _, data = heapq.heappop(self._wire)
                assert not self.session.receive(data, self.now, self.now + UTC_OFFSET)
            else:
                self.now = wake
                assert not self.session.advance(self.now, self.now + UTC_OFFSET)

    @property
    def readings(self) -> list[Reading]:
        return [event for event in self.events if isinstance(event, Reading)]

    @property
    def strays(self) -> list[Discarded]:
        return [event for event in self.events if isinstance(event, Discarded)]

    @property
    def states(self) -> list[LinkState]:
        return [event for event in self.events if isinstance(event, LinkState)]

    def wrong(self) -> list[Reading]:
        """Readings of numbered points that belong to another point or to another request than the last one sent."""
        return self.misbooked


def numbering(unit: int, pdu: bytes, number: int) -> bytes | None:
    """A slave whose every pair of registers holds its address and the number of the request."""
    del unit
    address, count = int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big")
    words = [(address + item if item % 2 == 0 else number % 65536) for item in range(count)]
    return bytes([pdu[0], count * 2]) + b"".join(word.to_bytes(2, "big") for word in words)


@pytest.fixture
def virtual() -> Callable[..., VirtualLine]:
    """Make a virtual line; by default one RTU unit with three numbered points that answers after 5 ms."""

    def make(
        maps: Sequence[RegisterMap] | None = None,
        *,
        framing: str = "rtu",
        slave: Callable[[int, bytes, int], bytes | None] = numbering,
        delay: Callable[[int], int] = lambda _number: 5 * MILLISECOND,
        echo: bool = False,
    ) -> VirtualLine:
        maps = maps or [make_map(numbered([10, 20, 30]))]
        members = [Member(f"unit {number + 1}", number + 1, one) for number, one in enumerate(maps)]
        drawn = {"rtu": RtuFraming(), "ascii": AsciiFraming(), "tcp": None}[framing]
        exchange: Exchange = TcpExchange(maps[0].pipeline) if drawn is None else SerialExchange(drawn, echo=echo)
        return VirtualLine(members, exchange, slave, delay, drawn)

    return make


@pytest.fixture
def maps() -> Callable[..., RegisterMap]:
    """`make_map`, for tests that need their own."""
    return make_map


@pytest.fixture
def numbered_points() -> Callable[[Sequence[int]], list[Point]]:
    """`numbered`, for tests that need other addresses."""
    return numbered
