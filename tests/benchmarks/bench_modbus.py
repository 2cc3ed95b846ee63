"""Modbus beside its yardsticks, measured in the same run.

`python tests/benchmarks/bench_modbus.py [--reads 10000] [--seconds 3] [--fuzz 1000000]`:
wrong attributions when 5 % of the replies on an RTU line are late, ours and pymodbus's; 100 registers in one poll over
TCP, ours and pymodbus's bare asynchronous client on the same server; 32 units behind one gateway with 4 dead; any bytes
into the three framings.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import struct
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from pymodbus import FramerType
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.simulator import DataType, SimData, SimDevice

from devices import load_profile
from devices.modbus.address import Framing
from devices.modbus.exchange import Exchange
from devices.modbus.frames import AsciiFraming, RtuFraming
from devices.modbus.link import ModbusLink
from devices.modbus.registers import Group, Kind, Limits, Point, RegisterMap, Span, Table, Timing, Transmission
from devices.modbus.requests import read_request
from devices.modbus.schedule import Member
from devices.modbus.serial import SerialExchange
from devices.modbus.session import Session
from devices.modbus.tcp import TcpExchange
from devices.profile.model import Profile
from devices.reading import Quality, Reading, Trigger
from devices.simulators.bus import RegisterBus
from devices.simulators.faults import Fault
from devices.simulators.modbus import play_bus
from resources import ROOT

MILLISECOND = 1_000_000
SERVER = Path(__file__).parents[1] / "devices" / "modbus" / "peer_server.py"
BASE = load_profile(ROOT / "profiles" / "modbus-sht20.toml")


def holding(name: str, at: int, kind: Kind = Kind.UNSIGNED_16) -> Point:
    return Point(name, Span(Table.HOLDING, at, kind.registers), kind, "all")


def profile(points: list[Point], interval: int, timing: Timing) -> Profile:
    """A profile of these points, all polled every `interval` nanoseconds."""
    limits = Limits(gap=0)
    made = RegisterMap(1, Transmission.RTU, tuple(points), (Group("all", interval),), limits, timing)
    return replace(BASE, registers=made)


@asynccontextmanager
async def running(link: ModbusLink) -> AsyncIterator[ModbusLink]:
    task = asyncio.create_task(link.run())
    try:
        yield link
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def playing(bus: RegisterBus, port: str) -> AsyncIterator[str]:
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(play_bus(bus, port, told.set_result))
    try:
        yield await told
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


# --- late replies -----------------------------------------------------------------------------------------------------

LATE = Timing(timeout=20 * MILLISECOND, late_window=60 * MILLISECOND, gap=1 * MILLISECOND)
ADDRESSES = range(0, 100, 10)


def numbered_bus(seed: int, serial: list[int]) -> RegisterBus:
    """An RTU slave whose registers hold their address and the number of the request; 5 % of its replies are late."""

    async def answer(
        _function: int, start: int, address: int, count: int, current: list[int], _written: object
    ) -> None:
        serial[0] = (serial[0] + 1) % 65536
        for item in range(count):
            current[address - start + item] = address if item % 2 == 0 else serial[0]

    blank = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
    words = [SimData(0, values=[0] * 200, datatype=DataType.REGISTERS)]
    device = SimDevice(1, simdata=(blank, list(blank), words, list(words)), action=answer)
    return RegisterBus([device], Framing.RTU, LATE, seed=seed, faults={Fault.LATE: 0.05})


async def late_ours(reads: int) -> tuple[int, int, int]:
    """Readings, wrong ones, and late replies that were told."""
    serial = [0]
    bus = numbered_bus(1, serial)
    made = profile([holding(f"at{at}", at, Kind.UNSIGNED_32) for at in ADDRESSES], 1, LATE)
    wrong = good = told = 0

    def sink(event: object) -> None:
        nonlocal wrong, good, told
        if isinstance(event, Reading) and event.value is not None:
            address, number = divmod(int(event.value), 65536)
            good += 1
            wrong += event.channel != f"at{address}" or number != serial[0]
        elif "late reply" in getattr(event, "reason", ""):
            told += 1

    async with (
        playing(bus, "pty") as port,
        running(ModbusLink(made, port, source="slave", sink=sink, line="115200 8N1")),
    ):
        while good < reads:
            await asyncio.sleep(0.05)
    return good, wrong, told


async def late_pymodbus(reads: int) -> tuple[int, int]:
    """Readings and wrong ones of pymodbus's own client on the same slave."""
    serial = [0]
    good = wrong = 0
    async with playing(numbered_bus(1, serial), "pty") as port:
        client = AsyncModbusSerialClient(port, framer=FramerType.RTU, baudrate=115200, timeout=0.02, retries=0)
        await client.connect()
        for number in range(reads):
            address = ADDRESSES[number % len(ADDRESSES)]
            with suppress(ModbusException):
                answer = await client.read_holding_registers(address, count=2, device_id=1)
                if not answer.isError():
                    good += 1
                    wrong += answer.registers != [address, serial[0]]
        client.close()
    return good, wrong


async def late(reads: int) -> bool:
    began = time.perf_counter()
    good, wrong, told = await late_ours(reads)
    seconds = time.perf_counter() - began
    theirs_good, theirs_wrong = await late_pymodbus(max(200, reads // 10))
    print(f"RTU, 5 % late replies    ours      {wrong} wrong of {good} ({told} late replies told, {seconds:.0f} s)")
    print(f"                         pymodbus  {theirs_wrong} wrong of {theirs_good}")
    return wrong == 0 and good >= reads


# --- 100 registers in one poll ----------------------------------------------------------------------------------------


@asynccontextmanager
async def server() -> AsyncIterator[int]:
    """libmodbus's own server, in a process of its own."""
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SERVER), "libmodbus", str(port), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    try:
        yield port
    finally:
        process.kill()
        await process.wait()


async def polls_ours(port: int, points: list[Point], seconds: float) -> tuple[float, float]:
    """Polls a second, requests a poll."""
    made = profile(points, 1, Timing(gap=0))
    link = ModbusLink(made, f"tcp://127.0.0.1:{port}", source="it", sink=lambda _: None)
    async with running(link):
        while link.counts.replies < 50:
            await asyncio.sleep(0.005)
        before, requests, began = link.counts.replies, link.counts.requests, time.perf_counter()
        await asyncio.sleep(seconds)
        took = time.perf_counter() - began
        return (link.counts.replies - before) / took, (link.counts.requests - requests) / (link.counts.replies - before)


async def polls_pymodbus(port: int, seconds: float, use: Callable[[list[int]], object]) -> float:
    client = AsyncModbusTcpClient("127.0.0.1", port=port)
    await client.connect()
    count = 0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        use((await client.read_holding_registers(0, count=100, device_id=1)).registers)
        count += 1
    took = time.perf_counter() - began
    client.close()
    return count / took


def readings_of(registers: list[int]) -> list[Reading]:
    """What a caller of the bare client must do to have the same hundred readings."""
    now = time.time_ns()
    scale = Decimal("0.1")
    return [
        Reading("it", f"p{at}", Decimal(word) * scale, "V", now, now, now, Trigger.POLL, Quality.GOOD, "", b"")
        for at, word in enumerate(registers)
    ]


async def polls(seconds: float) -> bool:
    block = [replace(holding("block", 0, Kind.TEXT), span=Span(Table.HOLDING, 0, 100), encoding="latin-1")]
    hundred = [replace(holding(f"p{at}", at), scale=Decimal("0.1"), unit="V") for at in range(100)]
    ours, bare, whole, made = [], [], [], []
    rounds = 6
    async with server() as port:
        for _ in range(rounds):
            ours.append(await polls_ours(port, block, seconds / rounds))
            bare.append(await polls_pymodbus(port, seconds / rounds, lambda _: None))
            whole.append(await polls_ours(port, hundred, seconds / rounds))
            made.append(await polls_pymodbus(port, seconds / rounds, readings_of))
    rate, requests = max(ours)
    print(f"100 registers, one poll  ours      {rate:6.0f} a second, {requests:.2f} requests a poll")
    print(
        f"                         pymodbus  {max(bare):6.0f} a second, bare client: ours is {rate / max(bare):.2f} x"
    )
    print(f"  as 100 exact readings  ours      {max(whole)[0]:6.0f} a second")
    print(f"                         pymodbus  {max(made):6.0f} a second: ours is {max(whole)[0] / max(made):.2f} x")
    return rate >= max(bare) and requests <= 1.001


# --- a gateway --------------------------------------------------------------------------------------------------------

DEAD = frozenset({5, 12, 19, 26})
GATEWAY = Timing(timeout=300 * MILLISECOND, late_window=300 * MILLISECOND, gap=2 * MILLISECOND)


async def readings(framing: Framing, dead: frozenset[int], seconds: float, *, reports: bool) -> Counter[str]:
    """Readings of each of 32 units, each asked once a second, from opening the port on."""
    blank = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
    words = [SimData(0, values=[7] * 10, datatype=DataType.REGISTERS)]
    devices = [SimDevice(unit, simdata=(blank, list(blank), words, list(words))) for unit in range(1, 33)]
    bus = RegisterBus(devices, framing, GATEWAY, delay=0.01, dead=dead, gateway=reports)
    counts: Counter[str] = Counter()
    made = profile([holding("a", 1)], 1000 * MILLISECOND, GATEWAY)

    def sink(event: object) -> None:
        if isinstance(event, Reading):
            counts[event.source] += 1

    async with playing(bus, "tcp://127.0.0.1:0") as port:
        prefix = {Framing.TCP: "tcp", Framing.RTU: "rtu-tcp"}[framing]
        members = [(f"unit {u}", made, f"{prefix}://{port.removeprefix('tcp://')}?unit={u}") for u in range(1, 33)]
        async with running(ModbusLink.gateway(members, sink=sink)):
            await asyncio.sleep(seconds)
    return counts


async def gateway(seconds: float) -> bool:
    fine = True
    for name, framing, reports in (
        ("Modbus TCP, exception 11", Framing.TCP, True),
        ("Modbus TCP, silence", Framing.TCP, False),
        ("RTU over TCP, silence", Framing.RTU, False),
    ):
        all_live = await readings(framing, frozenset(), seconds / 3, reports=reports)
        some_dead = await readings(framing, DEAD, seconds, reports=reports)
        living = [f"unit {unit}" for unit in range(1, 33) if unit not in DEAD]
        kept = min(some_dead[source] / (3 * all_live[source]) for source in living)
        mean = sum(some_dead[source] / (3 * all_live[source]) for source in living) / len(living)
        print(f"32 units, 4 dead         {name}: the living keep {mean:.0%} of their rate, the slowest {kept:.0%}")
        fine &= kept >= 0.9
    return fine


# --- any bytes whatever -----------------------------------------------------------------------------------------------


def fuzz(total: int) -> bool:
    """Random and mutated bytes into each framing; counts what became of them and the memory they left behind."""
    made = profile([holding("a", 1)], 100 * MILLISECOND, LATE).registers
    assert made is not None
    fine = True
    for name, exchange, framing in (
        ("RTU", SerialExchange(RtuFraming()), RtuFraming()),
        ("ASCII", SerialExchange(AsciiFraming()), AsciiFraming()),
        ("TCP", TcpExchange(), None),
    ):
        seconds, good, growth = _fuzz_one(exchange, framing, made, total)
        rate = total / seconds / 1e6
        print(
            f"any bytes, {name:5}         {total} bytes, {rate:.1f} MB/s, {good} readings, {growth / 1024:.0f} KiB left"
        )
        fine &= growth < 1024 * 1024
    return fine


def _fuzz_one(
    exchange: Exchange, framing: RtuFraming | AsciiFraming | None, made: RegisterMap, total: int
) -> tuple[float, int, int]:
    chance = random.Random(3)
    session = Session([Member("it", 1, made)], exchange, port="", write=_no, sink=_no, settle=_no)
    pdu = bytes([3, 2, 0, 7])
    reply = struct.pack(">HHHB", 1, 0, 5, 1) + pdu if framing is None else framing.draw(1, pdu)
    assert read_request(1, Span(Table.HOLDING, 1, 1)).accepts(pdu)
    now = 1_000_000_000
    session.connected(now, now)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    began = time.perf_counter()
    done = 0
    while done < total:
        piece = bytearray(chance.randbytes(chance.randrange(1, 200)) if chance.random() < 0.5 else reply)
        if chance.random() < 0.8:
            piece[chance.randrange(len(piece))] = chance.randrange(256)
        done += len(piece)
        now += chance.randrange(3 * MILLISECOND)
        for _ in range(30 if chance.random() < 0.1 else 0):  # now and then the line is quiet, and something is asked
            now += 20 * MILLISECOND
            session.advance(now, now)
        if session.advance(now, now) or session.receive(bytes(piece), now, now):
            session.disconnected("no Modbus", now, now)
            session.connected(now, now)
    seconds = time.perf_counter() - began
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return seconds, session.counts.readings, after - before


def _no(*_: object) -> None:
    """Nobody listens."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=10_000, help="RTU reads with late replies")
    parser.add_argument("--seconds", type=float, default=6.0, help="seconds for each figure over TCP")
    parser.add_argument("--gateway-seconds", type=float, default=45.0, help="seconds for each gateway run")
    parser.add_argument("--fuzz", type=int, default=1_000_000, help="bytes into each framing")
    options = parser.parse_args()
    import logging

    logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)
    fine = asyncio.run(polls(options.seconds))
    fine &= asyncio.run(late(options.reads))
    fine &= asyncio.run(gateway(options.gateway_seconds))
    fine &= fuzz(options.fuzz)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
