"""Every kind of port carries readings and requests: network both ways, datagrams, a port server, USB by number."""

from __future__ import annotations

import asyncio
import os
import pty
import socket
import sys
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
import serial
import serial.rfc2217
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from devices import Link, Profile, open_link
from devices.discover import find_usb, ports
from devices.errors import PortError, ProfileError, ProtocolError
from devices.link import AnyLink
from devices.profile.model import LineSettings, Pulse
from devices.reading import Discarded, LinkState, LinkStatus, Reading, Trigger
from devices.transports import build_transport, parse_port
from devices.transports.serial_thread import ThreadedSerial
from devices.transports.tcp import TcpClient, TcpListener
from devices.transports.udp import Udp

Until = Callable[..., Any]
PYSERIAL = pytest.mark.filterwarnings(r"ignore:set(Daemon|Name)\(\):DeprecationWarning")
"""pyserial 3.5 starts its port-server thread in an old way."""
RECORD = b"01A+0000.123\r"


@asynccontextmanager
async def running(link: AnyLink) -> AsyncIterator[AnyLink]:
    task = asyncio.ensure_future(link.run())
    try:
        yield link
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def good(heard: list[object]) -> list[Decimal]:
    return [one.value for one in heard if isinstance(one, Reading) and one.value is not None]


# --- spelling ---


@pytest.mark.parametrize(
    ("text", "kind", "host", "port"),
    [
        ("tcp://10.0.0.7:4001", "tcp", "10.0.0.7", 4001),
        ("tcp://[fe80::1]:23", "tcp", "fe80::1", 23),
        ("tcp-listen://:4001", "tcp-listen", "0.0.0.0", 4001),  # noqa: S104 - what an empty host means
        ("udp://gauge.local:5000/", "udp", "gauge.local", 5000),
        ("rfc2217://server:2217", "rfc2217", "server", 2217),
        ("COM3", "serial", "", 0),
        ("/dev/ttyUSB0", "serial", "", 0),
        (r"\\.\COM12", "serial", "", 0),
    ],
)
def test_spellings(text: str, kind: str, host: str, port: int) -> None:
    address = parse_port(text)
    assert (address.kind, address.host, address.port) == (kind, host, port)


def test_spelling_of_usb_and_recordings() -> None:
    usb = parse_port("usb:0403:6001:FT123")
    assert (usb.vid, usb.pid, usb.serial_number) == (0x0403, 0x6001, "FT123")
    assert parse_port("replay:/tmp/a b.raw?speed=max").speed == 0
    assert parse_port("replay:x.raw?speed=10").speed == 10
    assert parse_port("replay:x.raw").path == "x.raw"


def test_options_of_a_port() -> None:
    address = parse_port("/dev/ttyUSB0?line=9600-7e2&poll=1@0.5&poll=00,01@10&stream=on")
    assert (address.path, address.line) == ("/dev/ttyUSB0", "9600 7e2")
    assert address.polls == (("1", 0.5), ("00,01", 10.0))
    assert address.stream
    assert parse_port("tcp://a:1?poll=1@1").port == 1


async def test_options_of_a_port_are_obeyed(profile_of: Callable[[str], Profile], until: Until) -> None:
    """Line settings and polls come with the port's spelling, which is all that a plan holds of it."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    heard: list[object] = []
    port = f"{os.ttyname(slave)}?line=9600-8N1&poll=1@0.05"
    link = open_link(profile_of("mark-10.series-5"), port, source="gauge", sink=heard.append)
    async with running(link):
        await until(lambda: link.state.status is LinkStatus.READY)
        for _ in range(2):
            assert await asyncio.to_thread(os.read, master, 10) == b"?\r\n"
            os.write(master, b"4.285 N\r\n")
            count = len(good(heard))
            await until(lambda count=count: len(good(heard)) > count)
    assert {one.trigger for one in heard if isinstance(one, Reading)} == {Trigger.POLL}
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "COM1?line=fast",
        "COM1?poll=1",
        "COM1?poll=1@0.01",
        "COM1?baud=9600",
        "tcp://a:1?first=on",
        "tcp://a:1?stream=yes",
        "tcp://host",
        "tcp://:1",
        "tcp://a:99999",
        "http://a:1",
        "usb:1:2",
        "replay:",
        "replay:x?speed=-1",
        "a\0b",
    ],
)
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(PortError) as caught:
        parse_port(text)
    assert caught.value.next_step


# --- network ---


async def test_an_instrument_that_connects_to_us(mitutoyo: Profile, until: Until) -> None:
    heard: list[object] = []
    transport = TcpListener("127.0.0.1", 0)
    link = Link(mitutoyo, "tcp-listen://127.0.0.1:0", source="gauge", sink=heard.append, transport=transport)
    async with running(link):
        await until(lambda: transport.bound_port)
        assert link.state.detail == "waiting for the instrument to connect"
        for times in (1, 2):
            reader, writer = await asyncio.open_connection("127.0.0.1", transport.bound_port)
            await until(lambda: link.state.status is LinkStatus.READY)
            second_reader, second = await asyncio.open_connection("127.0.0.1", transport.bound_port)
            assert await second_reader.read() == b""  # one at a time
            second.close()
            while len(good(heard)) < times:
                writer.write(RECORD)
                await writer.drain()
                await asyncio.sleep(0.005)
            writer.close()
            assert await reader.read() == b""
            await until(lambda: link.state.status is LinkStatus.ERROR)
            assert "closed the connection; it is waited for" in link.state.detail
    with pytest.raises(OSError, match="Connect call failed"):
        await asyncio.open_connection("127.0.0.1", transport.bound_port)


async def test_an_instrument_that_floods_is_read_in_pieces(until: Until) -> None:
    """Between two of them other ports have their turn; nothing is lost, and all of it is in order."""

    class Owner:
        def __init__(self) -> None:
            self.pieces: list[bytes] = []

        def opened(self, _monotonic: int, _wall: int) -> None:
            self.pieces.clear()

        def received(self, data: bytes, _monotonic: int, _wall: int) -> None:
            self.pieces.append(data)

        def lost(self, _why: str) -> None:
            self.pieces.append(b"lost")

    flood = b"".join(b"%07d\r" % number for number in range(250_000))

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(flood)
        await writer.drain()
        writer.close()

    owner = Owner()
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        client = TcpClient("127.0.0.1", server.sockets[0].getsockname()[1])
        await client.open(owner)
        await until(lambda: owner.pieces[-1:] == [b"lost"])
        await client.close()
    assert b"".join(owner.pieces[:-1]) == flood
    assert max(map(len, owner.pieces)) <= 16 * 1024


@pytest.mark.parametrize(("option", "taken"), [("?first=on", 5), ("", 0)])
async def test_an_instrument_that_connects_for_each_reading(
    mitutoyo: Profile, until: Until, option: str, taken: int
) -> None:
    """It comes while the last connection is wound up, and sends at once: with `first=on` nothing of it is lost."""
    port = free_port()
    heard: list[object] = []
    link = open_link(mitutoyo, f"tcp-listen://127.0.0.1:{port}{option}", source="gauge", sink=heard.append)
    async with running(link):
        await until(lambda: listens(port))
        for number in range(5):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"01A+0000.12%d\r" % number)
            await writer.drain()
            writer.close()
            await until(lambda number=number: [one.status for one in states(heard)].count(LinkStatus.ERROR) > number)
    assert good(heard) == [Decimal(f"0.12{number}") for number in range(taken)]
    discarded = [one.reason for one in heard if isinstance(one, Discarded)]
    assert discarded == ["the record was under way when the port was opened"] * (5 - taken)


def states(heard: list[object]) -> list[LinkState]:
    return [one for one in heard if isinstance(one, LinkState)]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def listens(port: int) -> bool:
    """Whether the system shows a listening socket there; trying it would be a connection."""
    return any(line.split()[1].endswith(f":{port:04X}") for line in Path("/proc/net/tcp").read_text().splitlines()[1:])


async def test_where_the_network_is_at_fault_the_system_is_quoted_in_words(mitutoyo: Profile, until: Until) -> None:
    closed = free_port()
    for port in (f"tcp://127.0.0.1:{closed}", f"tcp://localhost:{closed}", f"rfc2217://127.0.0.1:{closed}"):
        link = open_link(mitutoyo, port, source="gauge", sink=list[object]().append)
        async with running(link):
            await until(lambda link=link: link.state.status is LinkStatus.ERROR)
        assert link.state.detail.startswith(f"{port} cannot be reached: Connection refused. Check ")


@PYSERIAL
async def test_what_is_no_port_server_is_said_so(mitutoyo: Profile, until: Until) -> None:
    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(RECORD)
        await reader.read(-1)
        writer.close()

    async with await asyncio.start_server(pass_on, "127.0.0.1", 0) as plain:
        port = plain.sockets[0].getsockname()[1]
        link = open_link(mitutoyo, f"rfc2217://127.0.0.1:{port}", source="gauge", sink=list[object]().append)
        async with running(link):
            await until(lambda: link.state.status is LinkStatus.ERROR, 10.0)
        assert "is no port server by RFC 2217. Switch RFC 2217 on there, or write tcp://" in link.state.detail


async def test_a_listener_on_a_taken_port_says_so(mitutoyo: Profile, until: Until) -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)  # noqa: ARG005
    port = server.sockets[0].getsockname()[1]
    link = open_link(mitutoyo, f"tcp-listen://127.0.0.1:{port}", source="gauge", sink=list[object]().append)
    async with running(link):
        await until(lambda: link.state.status is LinkStatus.ERROR)
        assert "cannot be listened on" in link.state.detail
    server.close()


class Datagrams(asyncio.DatagramProtocol):
    """An instrument that answers each datagram that holds a question mark."""

    def __init__(self) -> None:
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        assert self.transport is not None
        if b"?" in data:
            self.transport.sendto(b"4.285 N\r\n", addr)


async def test_datagrams_to_an_instrument(profile_of: Callable[[str], Profile], until: Until) -> None:
    loop = asyncio.get_running_loop()
    instrument, _ = await loop.create_datagram_endpoint(Datagrams, ("127.0.0.1", 0))
    port = instrument.get_extra_info("sockname")[1]
    heard: list[object] = []
    link = open_link(profile_of("mark-10.series-5"), f"udp://127.0.0.1:{port}", source="gauge", sink=heard.append)
    async with running(link):
        await until(lambda: link.state.status is LinkStatus.READY)
        await link.request("1")
        await until(lambda: good(heard) == [Decimal("4.285")])
        instrument.close()
        await asyncio.sleep(0)
        await link.request("1")
        await until(lambda: link.state.status is LinkStatus.ERROR)
        assert f"127.0.0.1:{port}" in link.state.detail
        assert link.state.last_bytes == b"4.285 N\r\n"
    assert good(heard) == [Decimal("4.285")], "a request into the void gives no second value"


async def test_datagrams_from_an_instrument(profile_of: Callable[[str], Profile], until: Until) -> None:
    loop = asyncio.get_running_loop()
    heard: list[object] = []
    transport = Udp("127.0.0.1", 0, listens=True)
    with pytest.raises(PortError):
        await transport.write(b"?")
    profile = profile_of("mark-10.series-5")
    link = Link(profile, "udp-listen://127.0.0.1:0", source="gauge", sink=heard.append, transport=transport)
    async with running(link):
        await until(lambda: link.state.status is LinkStatus.READY)
        instrument, _ = await loop.create_datagram_endpoint(Datagrams, remote_addr=("127.0.0.1", transport.bound_port))
        instrument.sendto(b"1.000 N\r\n")
        await until(lambda: len(good(heard)) == 1)
        await link.request("1")
        await until(lambda: len(good(heard)) == 2)
        assert [one.trigger for one in heard if isinstance(one, Reading)] == [Trigger.BUTTON, Trigger.REQUEST]
        with pytest.raises(PortError, match="no DTR line"):
            await transport.pulse(Pulse("dtr", True, 10))
        instrument.close()


# --- a port server by RFC 2217, served by pyserial's own other half ---


class PortServer:
    """An RFC 2217 server whose serial port is pyserial's loop://; the instrument watches its lines and bytes."""

    def __init__(self) -> None:
        self.port = 0
        self.levels: list[tuple[str, bool]] = []
        self.said = b""
        self.settings: set[tuple[int, int, str]] = set()
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._manager: serial.rfc2217.PortManager | None = None

    async def __aenter__(self) -> PortServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *rest: object) -> None:
        self.unplug()
        assert self._server is not None
        self._server.close()

    def unplug(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def send(self, data: bytes) -> None:
        assert self._writer is not None
        assert self._manager is not None
        self._writer.write(b"".join(self._manager.escape(data)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server = self

        class Watched(serial.serial_for_url("loop://", do_not_open=True).__class__):  # type: ignore[misc]
            def __setattr__(self, name: str, value: Any) -> None:
                if name in ("dtr", "rts", "break_condition"):
                    server.levels.append((name, bool(value)))
                super().__setattr__(name, value)

        port = Watched("loop://", timeout=0)
        self._writer, self._manager = writer, serial.rfc2217.PortManager(port, writer)
        with suppress(OSError):
            while data := await reader.read(1024):
                self.said += b"".join(self._manager.filter(data))
                self.settings.add((port.baudrate, port.bytesize, port.parity))
        port.close()
        writer.close()


@PYSERIAL
async def test_a_port_server_carries_bytes_settings_and_pulses(
    profile_of: Callable[[str], Profile], until: Until
) -> None:
    """The simplex cable of a caliper: DTR low for 120 ms asks, and the answer comes as text."""
    profile = profile_of("sylvac.opto-simplex")
    heard: list[object] = []
    async with PortServer() as server:
        link = open_link(profile, f"rfc2217://127.0.0.1:{server.port}", source="caliper", sink=heard.append)
        async with running(link):
            await until(lambda: link.state.status is LinkStatus.READY)
            assert (4800, 7, "E") in server.settings
            assert ("rts", True) in server.levels
            server.levels.clear()
            await link.request("1")
            await until(lambda: ("dtr", False) in server.levels)
            server.send(b"+12.345\r")
            await until(lambda: good(heard) == [Decimal("12.345")])
            await until(lambda: server.levels == [("dtr", False), ("dtr", True)])
            server.send(b"\xff" + b"-1.5\r")
            server.unplug()
            await until(lambda: link.state.status is LinkStatus.ERROR)
            assert "the port server closed the connection" in link.state.detail
    assert {one.trigger for one in heard if isinstance(one, Reading)} == {Trigger.REQUEST}


@PYSERIAL
async def test_bytes_go_to_a_port_server(profile_of: Callable[[str], Profile], until: Until) -> None:
    async with PortServer() as server:
        link = Link(
            profile_of("sylvac.opto-duplex"),
            f"rfc2217://127.0.0.1:{server.port}",
            source="caliper",
            sink=list[object]().append,
        )
        async with running(link):
            await until(lambda: link.state.status is LinkStatus.READY)
            await link.command("millimetres")
            await until(lambda: len(server.said) >= 3)
            assert server.said == b"MM\r"
            with pytest.raises(ProtocolError, match="no command 'furlongs'"):
                await link.command("furlongs")
        assert server.said == b"MM\r", "what was refused never went out"


async def test_no_port_server_is_a_sentence(profile_of: Callable[[str], Profile], until: Until) -> None:
    link = open_link(profile_of("sylvac.opto-duplex"), "rfc2217://127.0.0.1:1", source="g", sink=list[object]().append)
    async with running(link):
        await until(lambda: link.state.status is LinkStatus.ERROR)
        assert "rfc2217://127.0.0.1:1" in link.state.detail


async def test_the_reader_thread_serves_a_pseudo_terminal_too(mitutoyo: Profile, until: Until) -> None:
    """The way of Windows' COM ports, on a port of this system: bytes, writing, and the loss of the port."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    with os.fdopen(master, "wb", buffering=0) as instrument, os.fdopen(slave, "rb", buffering=0) as held:
        heard: list[object] = []
        transport = ThreadedSerial(os.ttyname(held.fileno()), LineSettings(9600, 8, "N", "1"), "none", {})
        link = Link(mitutoyo, transport.name, source="gauge", sink=heard.append, transport=transport)
        async with running(link):
            await until(lambda: link.state.status is LinkStatus.READY)
            while len(good(heard)) < 3:
                instrument.write(RECORD)
                await asyncio.sleep(0.005)
            with pytest.raises(PortError, match="no DTR line"):
                await transport.pulse(Pulse("dtr", False, 5))
            instrument.close()
            await until(lambda: link.state.status is LinkStatus.ERROR)


# --- serial ---


async def test_a_pseudo_terminal_has_no_control_lines(profile_of: Callable[[str], Profile], until: Until) -> None:
    master, slave = pty.openpty()
    name = os.ttyname(slave)
    link = open_link(profile_of("sylvac.opto-simplex"), name, source="caliper", sink=list[object]().append)
    async with running(link):
        await until(lambda: link.state.status is LinkStatus.READY)
        await link.request("1")
        await until(lambda: link.state.status is LinkStatus.ERROR)
        assert "no DTR line" in link.state.detail
    os.close(master)
    os.close(slave)


def test_a_profile_without_a_certain_line_asks(profile_of: Callable[[str], Profile]) -> None:
    profile = profile_of("radwag.ps")
    with pytest.raises(PortError) as caught:
        build_transport(profile, "/dev/ttyUSB0")
    assert "?line=9600-8N1" in caught.value.next_step
    assert "4800 8N1" in caught.value.next_step
    assert build_transport(profile, "/dev/ttyUSB0", line="4800 8n1").name == "/dev/ttyUSB0"
    assert build_transport(profile, "tcp://a:1").name == "tcp://a:1"  # the network needs no baud rate
    with pytest.raises(ProfileError, match="no line settings"):
        build_transport(profile, "/dev/ttyUSB0", line="fast")


def usb(device: str, serial_number: str) -> ListPortInfo:
    info = ListPortInfo(device)
    info.vid, info.pid, info.serial_number = 0x0403, 0x6001, serial_number
    info.description, info.manufacturer = "USB Serial", "FTDI"
    return info


async def test_an_adapter_is_found_by_its_serial_number(
    mitutoyo: Profile, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes back under another name, and the same spelling finds it."""
    present: list[ListPortInfo] = []
    monkeypatch.setattr(list_ports, "comports", lambda: list(present))
    heard: list[object] = []
    link = open_link(mitutoyo, "usb:0403:6001:FT7", source="gauge", sink=heard.append)
    async with running(link):
        await until(lambda: link.state.status is LinkStatus.ERROR)
        assert "not plugged in" in link.state.detail
        for _ in range(2):
            master, slave = pty.openpty()
            tty.setraw(slave)
            present[:] = [usb("/dev/nothing", "FT1"), usb(os.ttyname(slave), "FT7")]
            await until(lambda: link.state.status is LinkStatus.READY)
            count = len(good(heard))
            while len(good(heard)) < count + 2:
                os.write(master, RECORD)
                await asyncio.sleep(0.005)
            present.clear()
            os.close(master)
            os.close(slave)
            await until(lambda: link.state.status is LinkStatus.ERROR)


async def test_two_adapters_alike_need_a_serial_number(
    mitutoyo: Profile, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_ports, "comports", lambda: [usb("/dev/a", "FT1"), usb("/dev/b", "FT2")])
    link = open_link(mitutoyo, "usb:0403:6001", source="gauge", sink=list[object]().append)
    async with running(link):
        await until(lambda: link.state.status is LinkStatus.ERROR)
        assert "fits 2 adapters (FT1, FT2)" in link.state.detail
    assert [port.stable for port in ports()] == ["usb:0403:6001:FT1", "usb:0403:6001:FT2"]
    assert find_usb(0x0403, 0x6001, "FT2")[0].device == "/dev/b"


def test_listing_ports_never_fails() -> None:
    for port in ports():
        assert Path(port.device).is_absolute() or port.device.startswith("COM")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux's pseudo-terminals refuse parity")
async def test_settings_that_a_port_does_not_take_are_a_sentence(mitutoyo: Profile, until: Until) -> None:
    """A pseudo-terminal has no parity; told nothing else that is new, the system says so."""
    master, slave = pty.openpty()
    name = os.ttyname(slave)
    for line, status in (("9600 8N1", LinkStatus.READY), ("9600 8E1", LinkStatus.ERROR)):
        link = Link(mitutoyo, name, source="g", sink=list[object]().append, line=line)
        async with running(link):
            await until(lambda link=link: link.state.status is not LinkStatus.OPENING)
            assert link.state.status is status, link.state.detail
    assert "does not take these settings" in link.state.detail
    os.close(master)
    os.close(slave)
