"""A Modbus port over real sockets and pseudo-terminals: recorded and replayed, lost and found, shared, written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from devices import RawJournal, load_profile, open_link
from devices.errors import PortError, ProtocolError
from devices.modbus.address import Framing, parse_address
from devices.modbus.link import ModbusLink
from devices.modbus.place import frame_gap
from devices.modbus.registers import Group, Timing, Transmission
from devices.modbus.replay import ModbusReplayLink
from devices.profile.model import Profile
from devices.reading import Discarded, LinkState, LinkStatus, Quality, Reading, Trigger
from devices.simulators.bus import RegisterBus
from devices.simulators.faults import Fault
from devices.simulators.modbus import make_device, play_bus, serve_tcp, simulate
from resources import ROOT

MILLISECOND = 1_000_000
QUICK = Timing(timeout=60 * MILLISECOND, late_window=120 * MILLISECOND, gap=MILLISECOND, busy_delay=20 * MILLISECOND)


def profile(name: str, interval_ms: int = 60, timing: Timing = QUICK) -> Profile:
    """A shipped register profile, polled fast and with short time-outs."""
    loaded = load_profile(ROOT / "profiles" / f"modbus-{name}.toml")
    assert loaded.registers is not None
    groups = tuple(Group(group.name, interval_ms * MILLISECOND) for group in loaded.registers.groups)
    return replace(loaded, registers=replace(loaded.registers, groups=groups, timing=timing))


async def until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running(link: ModbusLink | ModbusReplayLink) -> AsyncIterator[None]:
    task = asyncio.create_task(link.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def playing(
    made: Profile, port: str, faults: Mapping[Fault, float] | None = None, seed: int = 1
) -> AsyncIterator[str]:
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(simulate(made, port, seed=seed, faults=faults, ready=told.set_result))
    try:
        yield await asyncio.wait_for(told, 10)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def readings(events: list[object]) -> list[Reading]:
    return [event for event in events if isinstance(event, Reading)]


@pytest.mark.parametrize("port", ["tcp://127.0.0.1:0", "rtu-tcp://127.0.0.1:0", "ascii-tcp://127.0.0.1:0", "pty"])
async def test_a_recording_gives_the_identical_readings(port: str, tmp_path: Path) -> None:
    """With late, split, lost, garbled and refused replies, polls and requests, decimals in other registers."""
    made = profile("comet-awp-c")
    faults = dict.fromkeys((Fault.LATE, Fault.DROPOUT, Fault.GARBAGE, Fault.ERROR, Fault.SPLIT, Fault.PREFIX), 0.06)
    live: list[object] = []
    journal = RawJournal(tmp_path)
    async with playing(made, port, faults) as name:
        link = ModbusLink(made, name, source="logger", sink=live.append, raw_journal=journal, line="115200 8N1")
        async with running(link):
            await until(lambda: link.counts.readings > 150)
            with suppress(ProtocolError):
                await link.read("channel-3")
            with suppress(ProtocolError):
                await link.check("channel-2")
            await until(lambda: link.counts.readings > 400)
    journal.close()
    (path,) = (tmp_path / "logger").iterdir()
    again: list[object] = []
    played = open_link(made, f"replay:{path}?speed=max", source="logger", sink=again.append)
    assert isinstance(played, ModbusReplayLink)
    async with running(played):
        await asyncio.wait_for(played.ended.wait(), 20)
    assert link.counts.lost > 0 and any(reading.quality is Quality.BAD for reading in readings(live))
    assert readings(again) == readings(live)
    strays = [event for event in live if isinstance(event, Discarded)]
    assert [event for event in again if isinstance(event, Discarded)] == strays and strays


async def test_a_server_that_goes_away_is_shown_and_read_again() -> None:
    made = profile("sht20")
    events: list[object] = []
    async with playing(made, "tcp://127.0.0.1:0") as name:
        port = name.partition("?")[0]
        link = ModbusLink(made, port, source="room", sink=events.append)
        task = asyncio.create_task(link.run())
        await until(lambda: readings(events))
    await until(lambda: link.state.status is LinkStatus.ERROR)
    assert "closed the connection" in link.state.detail
    with pytest.raises(PortError, match="not connected"):
        await link.request("humidity")
    events.clear()
    async with playing(made, port):
        loop = asyncio.get_running_loop()
        began = loop.time()
        await until(lambda: readings(events), 5)
        assert loop.time() - began < 5
        assert link.state.status is LinkStatus.READY
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_pseudo_terminal_unplugged_and_back(tmp_path: Path) -> None:
    made = profile("sht20")
    events: list[object] = []
    port = f"pty:{tmp_path / 'bus'}"
    async with playing(made, port):
        link = ModbusLink(made, str(tmp_path / "bus"), source="room", sink=events.append)
        task = asyncio.create_task(link.run())
        await until(lambda: readings(events))
    loop = asyncio.get_running_loop()
    unplugged = loop.time()
    await until(lambda: link.state.status is LinkStatus.ERROR)
    assert loop.time() - unplugged < 1
    events.clear()
    async with playing(made, port):
        back = loop.time()
        await until(lambda: readings(events))
        assert loop.time() - back < 2
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_instruments_behind_one_gateway() -> None:
    """Three units on one RTU-over-TCP wire, the middle one dead, each with a profile of its own."""
    climate, meter = profile("sht20"), profile("pzem-016")
    assert climate.registers is not None and meter.registers is not None
    devices = [
        make_device(climate.registers, 1, 1),
        make_device(climate.registers, 2, 2),
        make_device(meter.registers, 3, 3),
    ]
    bus = RegisterBus(devices, Framing.RTU, QUICK, dead=frozenset({2}))
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(play_bus(bus, "tcp://127.0.0.1:0", told.set_result))
    port = (await told).replace("tcp://", "rtu-tcp://")
    events: list[object] = []
    members = [
        ("room", climate, f"{port}?unit=1"),
        ("hall", climate, f"{port}?unit=2"),
        ("mains", meter, f"{port}?unit=3"),
    ]
    link = ModbusLink.gateway(members, sink=events.append)
    async with running(link):
        await until(lambda: link.states["hall"].status is LinkStatus.SILENT)
        await until(lambda: {one.source for one in readings(events)} == {"room", "mains"})
        assert {one.port for one in link.states.values()} == {spelled for _, _, spelled in members}
        power = await link.read("power", source="mains")
        assert link.states["room"].status is LinkStatus.READY and link.states["mains"].status is LinkStatus.READY
        with pytest.raises(ProtocolError, match="did not answer"):
            await link.read("humidity", source="hall")
    server.cancel()
    with suppress(asyncio.CancelledError):
        await server
    assert power is not None and power.unit == "W" and power.trigger is Trigger.REQUEST


async def test_neighbours_must_share_a_wire_and_differ_in_unit() -> None:
    made = profile("sht20")
    with pytest.raises(PortError, match="same unit"):
        ModbusLink.gateway([("a", made, "tcp://h:502?unit=1"), ("b", made, "tcp://h:502")], sink=lambda _: None)
    with pytest.raises(PortError, match="not on one port"):
        ModbusLink.gateway([("a", made, "tcp://h:502?unit=1"), ("b", made, "tcp://i:502?unit=2")], sink=lambda _: None)


async def test_what_is_checked_is_told_to_who_asks_and_nobody_else() -> None:
    made = profile("sht20")
    events: list[object] = []
    async with playing(made, "tcp://127.0.0.1:0") as port:
        link = ModbusLink(made, port, source="room", sink=events.append)
        async with running(link):
            await until(lambda: readings(events))
            found = await link.check("humidity")
            with pytest.raises(ProtocolError, match="no channel 'pressure'"):
                await link.check("pressure")
        with pytest.raises(PortError, match="not connected"):
            await link.check("humidity")
    assert found is not None and found.value is not None and found.unit
    assert {one.trigger for one in readings(events)} == {Trigger.POLL}


async def test_only_what_is_declared_and_allowed_is_written() -> None:
    made = profile("omron-e5cn")
    asked: list[tuple[str, str, Decimal]] = []
    allowed = [""]

    def authorise(source: str, channel: str, value: Decimal) -> str:
        asked.append((source, channel, value))
        return allowed[0]

    async with playing(made, "tcp://127.0.0.1:0") as port:
        free = ModbusLink(made, port, source="oven", sink=lambda _: None)
        link = ModbusLink(made, port, source="oven", sink=lambda _: None, authorise=authorise)
        async with running(link), running(free):
            await until(lambda: LinkStatus.READY is link.state.status is free.state.status)
            await link.write("set-point", Decimal(200))
            found = await link.check("set-point")
            assert found is not None and found.value == 200
            with pytest.raises(ProtocolError, match="not writable"):
                await link.write("process-value", Decimal(200))
            with pytest.raises(ProtocolError, match="outside"):
                await link.write("set-point", Decimal(401))
            with pytest.raises(ProtocolError, match="finer"):
                await link.write("set-point", Decimal("200.5"))
            allowed[0] = "the operator may not change set points"
            with pytest.raises(ProtocolError, match="may not change"):
                await link.write("set-point", Decimal(210))
            with pytest.raises(ProtocolError, match="nobody may write"):
                await free.write("set-point", Decimal(210))
    assert asked == [("oven", "set-point", Decimal(200)), ("oven", "set-point", Decimal(210))]


async def test_a_port_that_speaks_something_else_is_told() -> None:
    left = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP ready\r\n")
        with suppress(ConnectionError):
            await reader.read()
        writer.close()
        left.set()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    events: list[object] = []
    link = ModbusLink(profile("sht20"), f"tcp://127.0.0.1:{port}", source="room", sink=events.append)
    async with running(link):
        await until(lambda: link.state.status is LinkStatus.ERROR)
    server.close()
    await asyncio.wait_for(left.wait(), 5)
    assert "no Modbus TCP" in link.state.detail
    assert any(isinstance(event, Discarded) and event.raw.startswith(b"220 mail") for event in events)
    assert readings(events) == []


async def test_an_error_of_the_sink_ends_the_link() -> None:
    made = profile("sht20")

    def sink(event: object) -> None:
        if isinstance(event, Reading):
            raise RuntimeError("the store is full")

    async with playing(made, "tcp://127.0.0.1:0") as port:
        with pytest.raises(RuntimeError, match="the store is full"):
            await asyncio.wait_for(ModbusLink(made, port, source="room", sink=sink).run(), 10)


async def test_nothing_listens_there() -> None:
    events: list[object] = []
    link = ModbusLink(profile("sht20"), "tcp://127.0.0.1:1", source="room", sink=events.append)
    async with running(link):
        await until(lambda: sum(isinstance(e, LinkState) and e.status is LinkStatus.ERROR for e in events) >= 2)
    assert "cannot be reached" in link.state.detail


async def test_an_address_in_use_is_one_sentence() -> None:
    made = profile("sht20")
    assert made.registers is not None
    async with playing(made, "tcp://127.0.0.1:0") as port:
        number = int(port.partition("?")[0].rpartition(":")[2])
        with pytest.raises(PortError, match="cannot be listened on"):
            await serve_tcp([make_device(made.registers, 1, 1)], "127.0.0.1", number)


@pytest.mark.parametrize(
    ("text", "port", "framing", "unit"),
    [
        ("tcp://plc", "tcp://plc:502", Framing.TCP, None),
        ("tcp://10.0.0.7:1502?unit=3", "tcp://10.0.0.7:1502", Framing.TCP, 3),
        ("tcp://[::1]", "tcp://[::1]:502", Framing.TCP, None),
        ("rtu-tcp://converter:4001?unit=17", "tcp://converter:4001", Framing.RTU, 17),
        ("ascii-tcp://converter:4001", "tcp://converter:4001", Framing.ASCII, None),
        ("/dev/ttyUSB0?unit=2", "/dev/ttyUSB0", Framing.RTU, 2),
        ("COM3", "COM3", Framing.RTU, None),
        ("COM3?line=9600-8N1&unit=4", "COM3?line=9600-8N1", Framing.RTU, 4),
        ("rfc2217://server:4001?unit=5", "rfc2217://server:4001", Framing.RTU, 5),
    ],
)
def test_how_ports_are_spelled(text: str, port: str, framing: Framing, unit: int | None) -> None:
    address = parse_address(text, Transmission.RTU)
    assert (address.port, address.framing, address.unit) == (port, framing, unit)


def test_units_that_cannot_be() -> None:
    with pytest.raises(PortError, match="Unit 300"):
        parse_address("tcp://plc?unit=300", Transmission.RTU)
    with pytest.raises(PortError, match="serial line"):
        ModbusLink(profile("sht20"), "/dev/ttyUSB0?unit=0", source="room", sink=lambda _: None)


def test_the_gap_between_frames_follows_the_standard() -> None:
    assert frame_gap(9600) == 4_010_416
    assert frame_gap(115_200) == 1_750_000
