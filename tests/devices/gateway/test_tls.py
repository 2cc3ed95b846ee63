"""TLS to mosquitto: who signed the broker's certificate and its name are checked; what is refused is said, not lost."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from devices.errors import PortError
from devices.gateway.address import parse_broker
from devices.gateway.broker import Broker, Connection, Message
from devices.gateway.credential import Credential
from devices.gateway.host import SparkplugLink
from devices.gateway.mqtt import NodeName, SparkplugNode
from devices.gateway.spool import Spool
from devices.gateway.tls import context_of
from devices.reading import LinkStatus, Quality, Reading, Trigger
from tests.integration.certificates import Made, make
from tests.integration.mosquitto import PROGRAM, Mosquitto

pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed")
pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(PROGRAM is None, reason="the program mosquitto is not installed"),
]
NAME = NodeName("plant", "line 1")


@pytest.fixture
def plant(tmp_path: Path) -> Made:
    return make(tmp_path, "plant", is_authority=True)


@asynccontextmanager
async def running(
    folder: Path, shows: Made | None, lets_in: Made | None = None, at: str = "127.0.0.1"
) -> AsyncIterator[Mosquitto]:
    broker = Mosquitto(folder / "broker", shows=shows, lets_in=lets_in, at=at)
    await asyncio.to_thread(broker.start)
    try:
        yield broker
    finally:
        await asyncio.to_thread(broker.stop)


async def connect(port: int, host: str = "127.0.0.1", **how: Any) -> list[str]:
    """Open a connection, say something to oneself and close it; what came back. Raises PortError."""
    broker, heard = Broker(host, port, **{"tls": True} | how), []
    connection = Connection(
        broker, "c", on_message=lambda topic, _: heard.append(topic), on_acknowledged=print, on_lost=print
    )
    try:
        await connection.open()
        connection.subscribe("echo")
        connection.publish(Message("echo", b"1", qos=1))
        await until(lambda: bool(heard))
    finally:
        await connection.close()
    return heard


async def refusal(port: int, host: str = "127.0.0.1", **how: Any) -> str:
    with pytest.raises(PortError) as refused:
        await connect(port, host, **how)
    assert refused.value.next_step
    assert f":{port}" in refused.value.sentence
    return str(refused.value)


async def test_the_named_authority_and_no_other_vouches_for_the_broker(tmp_path: Path, plant: Made) -> None:
    stranger = make(tmp_path, "stranger", is_authority=True)
    async with running(tmp_path, make(tmp_path, "broker", hosts=["127.0.0.1"], signed_by=plant)) as broker:
        await connect(broker.port, ca_file=str(plant.file))
        said = await refusal(broker.port, ca_file=str(stranger.file))
        assert f"not signed by the authority in {stranger.file}" in said
        assert f"sinebar instruments credentials {broker.url} --authority FILE" in said
        said = await refusal(broker.port)
        assert "signed by no authority that this computer trusts" in said


async def test_without_a_named_authority_those_of_the_system_vouch(
    tmp_path: Path, plant: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, make(tmp_path, "broker", hosts=["127.0.0.1"], signed_by=plant)) as broker:
        monkeypatch.setenv("SSL_CERT_FILE", str(plant.file))  # where OpenSSL finds the system's
        await connect(broker.port)
        stranger = make(tmp_path, "stranger", is_authority=True)
        assert "not signed by the authority" in await refusal(broker.port, ca_file=str(stranger.file))


async def test_the_brokers_name_is_checked(tmp_path: Path, plant: Made) -> None:
    async with running(tmp_path, make(tmp_path, "broker", hosts=["localhost"], signed_by=plant)) as broker:
        await connect(broker.port, "localhost", ca_file=str(plant.file))
        said = await refusal(broker.port, ca_file=str(plant.file))
        assert "made for another name than 127.0.0.1" in said and "Write the address" in said


async def test_an_expired_certificate_is_said(tmp_path: Path, plant: Made) -> None:
    old = make(tmp_path, "broker", hosts=["127.0.0.1"], signed_by=plant, lasts=-timedelta(hours=1))
    async with running(tmp_path, old) as broker:
        assert "has expired" in await refusal(broker.port, ca_file=str(plant.file))


async def test_tls_where_there_is_none_and_none_where_there_is_tls(tmp_path: Path, plant: Made) -> None:
    async with running(tmp_path, None) as broker:
        said = await refusal(broker.port, ca_file=str(plant.file))
        assert "mqtts://" in said and "Check the port" in said
    async with running(tmp_path, make(tmp_path, "broker", hosts=["127.0.0.1"], signed_by=plant)) as broker:
        said = await refusal(broker.port, tls=False)
        assert "asks for TLS (mqtts://)" in said


async def test_a_broker_that_asks_for_a_certificate_of_ours(tmp_path: Path, plant: Made) -> None:
    from cryptography.x509 import ExtendedKeyUsageOID

    ours = make(tmp_path, "station", signed_by=plant, may=ExtendedKeyUsageOID.CLIENT_AUTH)
    closed = make(tmp_path, "closed", signed_by=plant, key_password=b"sesame")
    theirs = make(tmp_path, "broker", hosts=["127.0.0.1"], signed_by=plant)
    async with running(tmp_path, theirs, lets_in=plant) as broker:
        await connect(broker.port, ca_file=str(plant.file), certificate=str(ours.file), private_key=str(ours.key_file))
        said = await refusal(broker.port, ca_file=str(plant.file))
        assert "certificate" in said
        said = await refusal(
            broker.port, ca_file=str(plant.file), certificate=str(closed.file), private_key=str(closed.key_file)
        )
        assert "without a password" in said
        said = await refusal(
            broker.port, ca_file=str(plant.file), certificate=str(ours.file), private_key=str(plant.key_file)
        )
        assert "cannot be used" in said


def test_an_authoritys_file_is_used_or_refused_never_passed_over(tmp_path: Path, plant: Made) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    def subjects(file: Path) -> list[Any]:
        return [one["subject"] for one in context_of("mqtts://b:8883", str(file), "", "").get_ca_certs()]

    der = tmp_path / "plant.der"
    der.write_bytes(plant.certificate.public_bytes(Encoding.DER))
    assert subjects(der) == subjects(plant.file) == [((("commonName", "plant"),),)]
    for content in (b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        der.write_bytes(content)
        with pytest.raises(PortError, match=r"plant\.der for mqtts://b:8883 cannot be used"):
            subjects(der)
    with pytest.raises(PortError, match="No such file"):
        subjects(tmp_path / "absent")
    context = context_of("mqtts://b:8883", str(plant.file), "", "")
    assert context.check_hostname and context.verify_mode is ssl.CERT_REQUIRED


async def test_what_a_refused_broker_did_not_get_waits_on_the_disk(tmp_path: Path, plant: Made) -> None:
    """A node keeps what it is given while the broker is not trusted, and sends it once, in order, when it is."""
    stranger = make(tmp_path, "stranger", is_authority=True)
    wrong, right = Credential(authority=str(stranger.file)), Credential(authority=str(plant.file))
    kept = {"node": wrong, "host": wrong}
    events: list[object] = []
    spool = Spool(tmp_path / "spool")
    async with running(tmp_path, make(tmp_path, "broker", hosts=["127.0.0.1"], signed_by=plant)) as broker:
        place = Broker("127.0.0.1", broker.port, tls=True)
        node = SparkplugNode(place, NAME, spool, sign_in=lambda: kept["node"])
        host = SparkplugLink(place, NAME, sink=events.append, sign_in=lambda: kept["host"])
        tasks = [asyncio.create_task(one.run()) for one in (node, host)]
        try:
            for number in range(40):
                await node.keep([reading(number)])
            await until(lambda: "not signed by" in node.trouble and "not signed by" in host.state.detail)
            assert node.waiting == 40 and host.port == broker.url
            assert host.state.status is LinkStatus.ERROR
            kept["host"] = right
            await until(lambda: host.state.status is LinkStatus.READY)  # it listens, and misses nothing from here on
            assert node.waiting == 40
            kept["node"] = right
            await until(lambda: node.waiting == 0 and len(values(events)) >= 40)
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
    spool.close()
    assert values(events) == [f"{number}" for number in range(40)]


def reading(number: int) -> Reading:
    at = 1_700_000_000_000_000_000 + number
    return Reading("oven", "t", Decimal(number), "°C", at, at, at, Trigger.POLL, Quality.GOOD, "", b"")


def values(events: list[object]) -> list[str]:
    return [str(event.value) for event in events if isinstance(event, Reading)]


async def until(condition: Any, seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("is_secured", [False, True])
async def test_a_broker_is_reached_at_an_address_in_brackets(tmp_path: Path, plant: Made, is_secured: bool) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this computer has no IPv6")
    shows = make(tmp_path, "broker", hosts=["::1"], signed_by=plant) if is_secured else None
    async with running(tmp_path, shows, at="::1") as broker:
        found = parse_broker(broker.url)
        ca_file = str(plant.file) if is_secured else ""
        assert await connect(found.port, found.host, tls=found.tls, ca_file=ca_file) == ["echo"]
