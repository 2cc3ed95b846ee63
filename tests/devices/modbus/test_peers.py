"""Our link reads other makers' slaves, and other makers' masters read our simulators."""

from __future__ import annotations

import asyncio
import ctypes.util
import importlib.util
import random
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from pathlib import Path

import pytest

from devices import load_profile
from devices.modbus.link import ModbusLink
from devices.reading import Reading
from devices.simulators.modbus import simulate
from resources import ROOT

HERE = Path(__file__).parent
POINTS = """
[profile]
id = "test.peer"
version = 1
title = "Registers of a peer"
maker = "others"
family = "registers"
source = "peer_server.py"
certainty = "code"

[serial]
line = "19200 8N1"

[modbus]
unit = 1
timeout_ms = 1000
late_window_ms = 50
min_gap_ms = 2

[[group]]
name = "default"
interval_ms = 60000

[[point]]
name = "holding"
at = 5
[[point]]
name = "scaled"
at = 6
scale = "0.01"
[[point]]
name = "far"
at = 250
table = "input"
[[point]]
name = "float"
at = 300
type = "f32"
table = "input"
[[point]]
name = "swapped"
at = 300
type = "f32"
order = "CDAB"
[[point]]
name = "negative"
at = 310
type = "i32"
scale = "0.001"
[[point]]
name = "coil on"
at = 33
table = "coil"
[[point]]
name = "input off"
at = 34
table = "discrete"

[[test]]
name = "nothing"
hex = "00"
expect = []
""".replace("coil on", "coil-on").replace("input off", "input-off")
EXPECTED = {
    "holding": Decimal(38),
    "scaled": Decimal("0.45"),
    "far": Decimal(1753),
    "float": Decimal("21.5"),
    "negative": Decimal("-123.456"),
    "coil-on": Decimal(1),
    "input-off": Decimal(0),
}


def need(module: str) -> None:
    """Skip, with the reason, where another maker's package is not installed."""
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")


def need_program(name: str) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"the program {name} is not installed")


def free_port() -> int:
    """A port nobody listens on, below those the system gives to outgoing connections."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as one, suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program that runs while the test does."""
    running = await asyncio.create_subprocess_exec(
        *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            running.kill()
        await running.communicate()


@asynccontextmanager
async def slave(kind: str, port: str) -> AsyncIterator[None]:
    async with process(sys.executable, str(HERE / "peer_server.py"), kind, port) as running:
        assert running.stdout is not None and running.stderr is not None
        line = await asyncio.wait_for(running.stdout.readline(), 20)
        assert line == b"ready\n", (await running.stderr.read()).decode()
        yield


@asynccontextmanager
async def cable(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """Two pseudo-terminals joined by socat."""
    need_program("socat")
    ends = (folder / "ours", folder / "theirs")
    async with process("socat", *(f"pty,raw,echo=0,link={end}" for end in ends)):
        await until(lambda: all(end.exists() for end in ends))
        yield str(ends[0]), str(ends[1])


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


async def read_all(port: str) -> dict[str, Decimal | None]:
    """One pass over every point of the peer's profile."""
    events: list[object] = []
    link = ModbusLink(load_profile(POINTS), port, source="peer", sink=events.append)
    running = asyncio.create_task(link.run())
    try:
        await until(lambda: sum(isinstance(event, Reading) for event in events) >= POINTS.count("[[point]]"))
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    assert link.counts.lost == 0 and link.counts.strays == 0
    return {event.channel: event.value for event in events if isinstance(event, Reading)}


PEERS = [("libmodbus", ""), ("modbus_tk", "modbus_tk"), ("pyModbusTCP", "pyModbusTCP"), ("umodbus", "umodbus")]


@pytest.mark.peer
@pytest.mark.parametrize(("kind", "module"), PEERS)
async def test_their_tcp_server_is_read(kind: str, module: str) -> None:
    if module:
        need(module)
    elif ctypes.util.find_library("modbus") is None:
        pytest.skip("libmodbus is not installed")
    port = free_port()
    async with slave(kind, str(port)):
        values = await read_all(f"tcp://127.0.0.1:{port}")
    assert {name: values[name] for name in EXPECTED} == EXPECTED


@pytest.mark.peer
@pytest.mark.parametrize(("kind", "module"), [peer for peer in PEERS if peer[0] != "pyModbusTCP"])
async def test_their_rtu_slave_is_read_over_a_cable(kind: str, module: str, tmp_path: Path) -> None:
    if module:
        need(module)
    elif ctypes.util.find_library("modbus") is None:
        pytest.skip("libmodbus is not installed")
    async with cable(tmp_path) as (ours, theirs), slave(kind, theirs):
        values = await read_all(ours)
    assert {name: values[name] for name in EXPECTED} == EXPECTED


@asynccontextmanager
async def simulator(port: str) -> AsyncIterator[str]:
    """Our simulated temperature and humidity sensor, without noise; gives the port to open."""
    text = (ROOT / "profiles" / "modbus-sht20.toml").read_text(encoding="utf-8")
    steady = "\n".join(
        line.replace('noise = "0.05", drift = "0.02"', 'noise = "0"').replace(
            'noise = "0.3", drift = "0.05"', "noise = '0'"
        )
        for line in text.splitlines()
    )
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    playing = asyncio.create_task(simulate(load_profile(steady), port, ready=told.set_result))
    try:
        yield (await asyncio.wait_for(told, 10)).partition("?")[0]
    finally:
        playing.cancel()
        with suppress(asyncio.CancelledError):
            await playing


async def output_of(*arguments: str) -> str:
    async with process(*arguments) as running:
        out, err = await asyncio.wait_for(running.communicate(), 20)
    return (out + err).decode()


@pytest.mark.peer
async def test_mbpoll_reads_our_tcp_simulator() -> None:
    need_program("mbpoll")
    async with simulator("tcp://127.0.0.1:0") as port:
        number = port.rpartition(":")[2]
        said = await output_of("mbpoll", "-1", "-0", "-r", "1", "-c", "2", "-t", "3", "-p", number, "127.0.0.1")
    assert "[1]: \t215" in said and "[2]: \t450" in said


@pytest.mark.peer
async def test_mbpoll_reads_our_rtu_simulator() -> None:
    need_program("mbpoll")
    async with simulator("pty") as port:
        said = await output_of(
            *("mbpoll", "-m", "rtu", "-b", "9600", "-P", "none", "-1", "-0", "-r", "1", "-c", "2", "-t", "3", port)
        )
    assert "[1]: \t215" in said and "[2]: \t450" in said


@pytest.mark.peer
async def test_minimalmodbus_reads_our_rtu_simulator() -> None:
    need("minimalmodbus")
    import minimalmodbus

    def read(port: str, mode: str) -> tuple[float, float]:
        instrument = minimalmodbus.Instrument(port, 1, mode=mode)
        instrument.serial.baudrate = 9600
        instrument.serial.timeout = 2
        try:
            return instrument.read_register(1, 1, 4, True), instrument.read_register(2, 1, 4)
        finally:
            instrument.serial.close()

    async with simulator("pty") as port:
        assert await asyncio.to_thread(read, port, minimalmodbus.MODE_RTU) == (21.5, 45.0)


@pytest.mark.peer
async def test_pymodbus_reads_our_simulators_over_tcp_rtu_and_ascii() -> None:
    from pymodbus import FramerType
    from pymodbus.client import AsyncModbusTcpClient

    for prefix, framer in (("tcp", FramerType.SOCKET), ("rtu-tcp", FramerType.RTU), ("ascii-tcp", FramerType.ASCII)):
        async with simulator(f"{prefix}://127.0.0.1:0") as port:
            client = AsyncModbusTcpClient("127.0.0.1", port=int(port.rpartition(":")[2]), framer=framer)
            assert await client.connect()
            try:
                answer = await client.read_input_registers(1, count=2, device_id=1)
            finally:
                client.close()
            assert answer.registers == [215, 450]
