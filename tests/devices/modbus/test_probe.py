"""Which register instrument is on a port: simulators of our profiles, and servers of others that note every call."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from devices import Profile
from devices.modbus.likeness import likeness
from devices.modbus.registers import Span, Table
from devices.probe import Guess, probe
from devices.profile.library import Library
from devices.simulators.modbus import simulate
from resources import ROOT

LIBRARY = Library((ROOT / "profiles",))
PROFILES = [LIBRARY.load(str(path)) for path in LIBRARY.paths()]
READS = {1, 2, 3, 4}
ALIKE = {"modbus.eastron-sdm230": "modbus.eastron-sdm120", "modbus.omron-e5cn": "modbus.omron-e5cn-tenths"}
"""Profiles that hold the same registers in the same form: only a person can tell them apart."""


@asynccontextmanager
async def playing(profile: Profile, port: str) -> AsyncIterator[str]:
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(simulate(profile, port, seed=3, ready=told.set_result))
    try:
        yield await asyncio.wait_for(told, 10)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Asked:
    """Agrees to everything, or to nothing, and remembers what was told and offered."""

    def __init__(self, agree: bool = True) -> None:
        self.agree = agree
        self.told: list[str] = []
        self.offered: list[bytes] = []

    async def __call__(self, data: bytes, askers: Sequence[Profile]) -> bool:
        assert askers
        self.offered.append(data)
        return self.agree

    async def probe(self, port: str, line: str | None = None) -> list[Guess]:
        return await probe(PROFILES, port, seconds=0.1, line=line, allow=self, tell=self.told.append)


@pytest.mark.parametrize("name", ["comet-awp-c", "eastron-sdm230", "moxa-iologik-e1240", "omron-e5cn", "sht20-holding"])
async def test_what_a_register_instrument_holds_points_to_its_profile(name: str) -> None:
    profile = LIBRARY.load(f"modbus.{name}")
    asked = Asked()
    async with playing(profile, "tcp://127.0.0.1:0") as port:
        first, *others = await asked.probe(port)
    best = {first.profile.id} | {one.profile.id for one in others if one.score > first.score - 0.02}
    assert profile.id in best <= {profile.id, ALIKE.get(profile.id, "")}
    assert (first.unit, first.asked, first.readings > 0, bool(first.sample)) == (1, True, True, True)
    assert len(asked.offered) == 1, "one leave for one unit"
    assert sum(line.startswith("reading ") for line in asked.told) < 150


async def test_nothing_is_read_without_leave() -> None:
    refusing = Asked(agree=False)
    async with playing(LIBRARY.load("modbus.sht20"), "tcp://127.0.0.1:0") as port:
        assert await refusing.probe(port) == []
        assert await probe(PROFILES, port, seconds=0.1) == []
    assert refusing.offered and not [line for line in refusing.told if "sending" in line]


async def end(writer: asyncio.StreamWriter, left: asyncio.Event) -> None:
    """Close a connection whole before anybody goes on."""
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    left.set()


async def test_a_silent_port_ends_soon() -> None:
    """A server that takes every connection and says nothing, as a converter with nothing behind it does."""

    left = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            pass
        await end(writer, left)

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    asked = Asked()
    async with asyncio.timeout(20):
        assert await asked.probe(f"rtu-tcp://127.0.0.1:{port}") == []
        await left.wait()
    server.close()
    assert len([line for line in asked.told if "sending" in line]) == 2, (
        "an absent unit is asked twice, not ninety times"
    )


async def test_what_is_no_modbus_is_left_alone() -> None:
    left = asyncio.Event()

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP ready\r\n" * 3)
        with suppress(ConnectionError):
            await writer.drain()
            await reader.read()
        await end(writer, left)

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with asyncio.timeout(20):
        assert await Asked().probe(f"tcp://127.0.0.1:{port}?unit=1") == []
        await left.wait()
    server.close()


def test_little_evidence_is_doubted() -> None:
    """Registers that are all zero fit many maps, and prove none."""
    for profile in PROFILES:
        if profile.registers is not None:
            zeros = {Span(point.span.table, 0, 1): b"" for point in profile.registers.points}
            spans = [span for point in profile.registers.points for span in profile.registers.spans_of(point)]
            answers: dict[Span, bytes | None] = {
                span: bytes(span.length if not span.table.is_bits else 1) * (1 if span.table.is_bits else 2)
                for span in dict.fromkeys(spans)
            }
            refused: dict[Span, bytes | None] = dict.fromkeys(answers)
            assert zeros and likeness(profile.registers, list(answers), refused).score == 0.0
    meter = LIBRARY.load("modbus.sht20").registers
    assert meter is not None
    span = Span(Table.INPUT, 1, 2)
    empty, full = (likeness(meter, [span], {span: data}) for data in (bytes(4), b"\x00\xd7\x01\xc5"))
    assert empty.share == full.share == 1.0
    assert empty.score < 0.5 < full.score
    wrong = likeness(meter, [span], {span: b"\x7f\xff\xff\xff"})
    assert (wrong.share, wrong.score) == (0.0, 0.0)


# --- other makers' servers -------------------------------------------------------------------------------------------


class Peer:
    """A server of another maker in a process of its own; `functions` are those it was asked for."""

    def __init__(self, kind: str, port: str) -> None:
        command = [sys.executable, str(Path(__file__).parent / "peer_server.py"), kind, port]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def functions(self) -> set[int]:
        """Every function so far; ends the server."""
        self._process.terminate()
        said, _ = self._process.communicate(timeout=10)
        return {int(line) for line in said.split()}


def need(module: str) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")


@pytest.mark.peer
async def test_their_tcp_server_is_recognised_and_never_written() -> None:
    need("pyModbusTCP")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    peer = Peer("climate", str(port))
    asked = Asked()
    first, *_ = await asked.probe(f"tcp://127.0.0.1:{port}")
    assert (first.profile.id, first.sample) == ("modbus.sht20", "temperature 21.5 °C, humidity 45.3 %RH")
    frames = [bytes.fromhex(line.rpartition("sending ")[2]) for line in asked.told if "sending" in line]
    assert {frame[7] for frame in frames} == peer.functions() <= READS


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """Two pseudo-terminals joined by socat."""
    if shutil.which("socat") is None:
        pytest.skip("the program socat is not installed")
    ends = tmp_path / "ours", tmp_path / "theirs"
    socat = subprocess.Popen(["socat", *(f"pty,raw,echo=0,link={end}" for end in ends)])
    until = time.monotonic() + 10
    while not all(end.exists() for end in ends):
        assert time.monotonic() < until, "socat made no cable"
    yield ends
    socat.kill()
    socat.wait()


@pytest.mark.peer
async def test_their_rtu_slave_is_recognised_over_a_cable_and_only_read(cable: tuple[Path, Path]) -> None:
    need("modbus_tk")
    ours, theirs = cable
    peer = Peer("meter", str(theirs))
    async with asyncio.timeout(60):
        found = await Asked().probe(f"{ours}?unit=7", line="9600 8N1")
        nobody = await Asked().probe(f"{ours}?unit=8", line="9600 8N1")
    first = found[0]
    assert (first.profile.id, first.unit, str(first.line)) == ("modbus.pzem-016", 7, "9600 8N1")
    assert first.sample == "voltage 230.1 V, current 1.237 A, power 286.0 W"
    assert nobody == []
    assert peer.functions() <= READS


@pytest.mark.peer
async def test_their_master_finds_our_profiles_registers_untouched() -> None:
    """What another maker's master wrote before a probe is there after it."""
    need("minimalmodbus")
    profile = LIBRARY.load("modbus.omron-e5cn")
    script = (
        "import minimalmodbus, sys; one = minimalmodbus.Instrument(sys.argv[1], 1); one.serial.baudrate = 9600;"
        "one.serial.timeout = 2; (one.write_long(0x106, int(sys.argv[2])) if len(sys.argv) > 2 else None);"
        "print(one.read_long(0x106))"
    )

    async def master(port: str, *value: str) -> int:
        run = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, port, *value, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await run.communicate()
        return int(said)

    async with playing(profile, "pty") as name:
        port = name.partition("?")[0]
        assert await master(port, "217") == 217
        first, *_ = await Asked().probe(f"{port}?unit=1", line="9600 8N1")
        assert first.profile.id in ("modbus.omron-e5cn", "modbus.omron-e5cn-tenths")
        assert await master(port) == 217
