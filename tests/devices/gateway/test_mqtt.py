"""An edge node and a host over mosquitto: through lost connections and a broker that goes away, each reading once."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from devices.errors import PortError
from devices.gateway.broker import Broker, Connection, Message
from devices.gateway.host import SparkplugLink
from devices.gateway.mqtt import NodeName, SparkplugNode
from devices.gateway.sparkplug import Payload, decode_payload
from devices.gateway.spool import Spool
from devices.reading import LinkStatus, Quality, Reading, Trigger

pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed")
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(MOSQUITTO is None, reason="the program mosquitto is not installed"),
]
NAME = NodeName("plant", "line 1")


def free_port() -> int:
    """A port nobody listens on, below those the system gives to outgoing connections."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as one, suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port


async def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def mosquitto(folder: Path, port: int) -> AsyncIterator[None]:
    """A broker that remembers its sessions over a restart."""
    folder.mkdir(exist_ok=True)
    file = folder / "mosquitto.conf"
    file.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\npersistence true\n"
        f"persistence_location {folder}/\nmax_queued_messages 0\n"
    )
    process = await asyncio.create_subprocess_exec(
        str(MOSQUITTO), "-c", str(file), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await until(lambda: can_connect(port))
        yield
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()


def can_connect(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@asynccontextmanager
async def running(run: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(run)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def reading(number: int) -> Reading:
    source = f"oven {number % 7 // 4}"
    value = Decimal(number).scaleb(-3)
    at = 1_700_000_000_000_000_000 + number * 1_000_003
    return Reading(source, f"t{number % 3}", value, "°C", at, at, at, Trigger.POLL, Quality.GOOD, "", b"")


def told(events: list[object]) -> list[tuple[str, str, str, int]]:
    """What of each reading must arrive: where, what, with which decimals, when."""
    return [
        (event.source, event.channel, str(event.value), event.observed_at)
        for event in events
        if isinstance(event, Reading)
    ]


class Cutter:
    """Passes bytes on to the broker, and cuts the connection at random moments, in either direction."""

    def __init__(self, port: int, seed: int) -> None:
        self._port = port
        self._random = random.Random(seed)
        self._server: asyncio.Server | None = None
        self.cuts = 0
        self.cuts_left = 12
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        budget = [self._random.randrange(200, 6000)] if self.cuts_left else [10**9]
        passing = [asyncio.create_task(self._pass(*ends, budget)) for ends in ((reader, back), (there, writer))]
        await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)
        for end in (writer, back):
            end.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, budget: list[int]) -> None:
        with suppress(ConnectionError):
            while data := await source.read(512):
                budget[0] -= len(data)
                if budget[0] < 0:
                    self.cuts += 1
                    self.cuts_left -= 1
                    return
                target.write(data)
                await target.drain()

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()


async def test_connections_cut_anywhere_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    port = free_port()
    events: list[object] = []
    spool = Spool(tmp_path / "spool", segment=20_000)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(mosquitto(tmp_path / "broker", port))
        cutter = Cutter(port, seed=11)
        await cutter.open()
        node = SparkplugNode(Broker("127.0.0.1", cutter.port), NAME, spool)
        host = SparkplugLink(Broker("127.0.0.1", port), NAME, sink=events.append)
        await stack.enter_async_context(running(host.run()))
        await until(lambda: host.state.status is LinkStatus.READY)
        await stack.enter_async_context(running(node.run()))
        for start in range(0, 600, 4):
            await node.keep([reading(number) for number in range(start, start + 4)])
            await asyncio.sleep(0.002)
        await until(lambda: node.waiting == 0, 60)
        await until(lambda: len(told(events)) >= 600)
        await cutter.close()
    spool.close()
    assert cutter.cuts >= 5
    assert told(events) == told([reading(number) for number in range(600)])


async def test_a_broker_that_goes_away_is_waited_for(tmp_path: Path) -> None:
    port = free_port()
    events: list[object] = []
    spool = Spool(tmp_path / "spool")
    async with AsyncExitStack() as stack:
        node = SparkplugNode(Broker("127.0.0.1", port), NAME, spool)
        host = SparkplugLink(Broker("127.0.0.1", port), NAME, sink=events.append)
        await stack.enter_async_context(running(node.run()))
        await node.keep([reading(number) for number in range(50)])
        await until(lambda: "cannot be reached" in node.trouble)
        assert node.waiting == 50 and not node.is_online
        for round_number in range(3):
            async with mosquitto(tmp_path / "broker", port):
                await stack.enter_async_context(running(host.run())) if round_number == 0 else None
                await until(lambda: host.state.status is LinkStatus.READY and node.is_online)
                start = 50 + round_number * 100
                for number in range(start, start + 100, 5):
                    await node.keep([reading(one) for one in range(number, number + 5)])
            await until(lambda: not node.is_online)
        async with mosquitto(tmp_path / "broker", port):
            await until(lambda: node.waiting == 0 and len(told(events)) >= 350)
            await until(lambda: node.trouble == "")
    spool.close()
    assert sorted(told(events), key=lambda one: one[3]) == told([reading(number) for number in range(350)])


async def test_a_restarted_node_goes_on_where_it_was(tmp_path: Path) -> None:
    port = free_port()
    events: list[object] = []
    async with mosquitto(tmp_path / "broker", port):
        host = SparkplugLink(Broker("127.0.0.1", port), NAME, sink=events.append)
        async with running(host.run()):
            await until(lambda: host.state.status is LinkStatus.READY)
            for part in range(3):
                spool = Spool(tmp_path / "spool")
                node = SparkplugNode(Broker("127.0.0.1", port), NAME, spool)
                await node.keep([reading(number) for number in range(part * 40, part * 40 + 40)])
                async with running(node.run()):
                    await until(lambda node=node: node.waiting == 0)
                spool.close()
            await until(lambda: len(told(events)) >= 120)
            await until(lambda: host.state.status is LinkStatus.SILENT)
    assert told(events) == told([reading(number) for number in range(120)])


async def test_births_deaths_and_counts_are_as_sparkplug_has_them(tmp_path: Path) -> None:
    port = free_port()
    heard: list[tuple[str, Payload]] = []
    spool = Spool(tmp_path / "spool")

    probe = Message("spBv1.0/probe", b"")
    subscribed = asyncio.Event()

    def listen(topic: str, payload: bytes) -> None:
        if topic == probe.topic:
            subscribed.set()
        elif "/STATE/" not in topic and "/NCMD/" not in topic:
            heard.append((topic.split("/")[2], decode_payload(payload)))

    async with mosquitto(tmp_path / "broker", port):
        listener = Connection(
            Broker("127.0.0.1", port), "l", on_message=listen, on_acknowledged=lambda _: None, on_lost=lambda _: None
        )
        await listener.open()
        listener.subscribe("spBv1.0/#")
        while not subscribed.is_set():  # or a first birth that comes before the subscription is never heard
            listener.publish(probe)
            await asyncio.sleep(0.01)
        node = SparkplugNode(Broker("127.0.0.1", port), NAME, spool)
        async with running(node.run()):
            await until(lambda: heard)
            await node.keep([reading(number) for number in range(8)])
            await until(lambda: node.waiting == 0)
            host = SparkplugLink(Broker("127.0.0.1", port), NAME, sink=lambda _: None)
            births = len([kind for kind, _ in heard if kind == "NBIRTH"])
            async with running(host.run()):
                await until(lambda: len([kind for kind, _ in heard if kind == "NBIRTH"]) > births)
                await until(lambda: len([kind for kind, _ in heard if kind == "DBIRTH"]) >= 4)
        await until(lambda: heard[-1][0] == "NDEATH")
        await listener.close()
    spool.close()
    kinds = [kind for kind, _ in heard]
    assert kinds[:2] == ["NBIRTH", "DBIRTH"] and kinds[-1] == "NDEATH"
    first = heard[0][1]
    assert first.seq == 0
    assert {metric.name for metric in first.metrics} == {"bdSeq", "Node Control/Rebirth"}
    expected = 0
    for kind, payload in heard[:-1]:
        expected = 0 if kind == "NBIRTH" else (expected + 1) % 256
        assert payload.seq == expected
    death = heard[-1][1]
    assert death.metrics[0].name == "bdSeq" and death.metrics[0].value == first.metrics[0].value


async def test_data_wait_for_the_primary_host(tmp_path: Path) -> None:
    port = free_port()
    events: list[object] = []
    spool = Spool(tmp_path / "spool")
    async with mosquitto(tmp_path / "broker", port):
        node = SparkplugNode(Broker("127.0.0.1", port), NAME, spool, primary_host="mes")
        async with running(node.run()):
            await node.keep([reading(number) for number in range(10)])
            await until(lambda: node.is_online)
            await node.keep([reading(number) for number in range(10, 20)])
            assert node.waiting == 20
            host = SparkplugLink(Broker("127.0.0.1", port), NAME, sink=events.append, host="mes")
            async with running(host.run()):
                await until(lambda: len(told(events)) >= 20)
    spool.close()
    assert told(events) == told([reading(number) for number in range(20)])


async def test_a_broker_that_is_not_there_is_one_sentence() -> None:
    connection = Connection(Broker("127.0.0.1", 1), "c", on_message=print, on_acknowledged=print, on_lost=print)
    with pytest.raises(PortError, match="cannot be reached"):
        await connection.open()
    await connection.close()
