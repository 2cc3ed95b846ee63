"""Our link reads asyncua's server: types, status codes, times, refused nodes, and a server that comes back."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from devices.errors import PortError, ProtocolError
from devices.gateway.credential import Credential
from devices.gateway.opcua import OpcUaLink
from devices.gateway.opcua_values import nanoseconds
from devices.gateway.profile import ServerPoint
from devices.reading import Discarded, LinkState, LinkStatus, Quality, Reading, Scan, Trigger
from tests.integration.certificates import DAY, Made, make

if TYPE_CHECKING:
    from asyncua.server.user_managers import UserManager

asyncua = pytest.importorskip("asyncua", reason="asyncua is not installed")
pytestmark = pytest.mark.peer

OVEN = "urn:example.org:oven"
CHANNELS = [
    ServerPoint("temperature", "ns=2;s=oven.t", "°C"),
    ServerPoint("pressure", "ns=2;s=oven.p", "bar", Decimal("0.001")),
    ServerPoint("parts", "ns=2;s=oven.n"),
    ServerPoint("door", "ns=2;s=oven.door"),
    ServerPoint("recipe", "ns=2;s=oven.recipe"),
]


def free_port() -> int:
    """A port nobody listens on, below those the system gives to outgoing connections."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as one, suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Links try again at once: a test that has them refused many times is not there to wait."""
    monkeypatch.setattr("devices.gateway.opcua.LONGEST_PAUSE", 0.3)


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def server(port: int) -> AsyncIterator[dict[str, Any]]:
    """asyncua's own server with an oven; gives its nodes by name."""
    from asyncua import Server, ua

    made = Server()
    await made.init()
    made.set_endpoint(f"opc.tcp://127.0.0.1:{port}/oven")
    made.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    await made.register_namespace("http://example.org/oven")
    values = {
        "t": ua.Variant(21.3, ua.VariantType.Float),
        "p": ua.Variant(1013, ua.VariantType.UInt32),
        "n": ua.Variant(2**63 - 1, ua.VariantType.Int64),
        "door": ua.Variant(True, ua.VariantType.Boolean),
        "recipe": ua.Variant("bread", ua.VariantType.String),
    }
    nodes = {}
    for name, value in values.items():
        nodes[name] = await made.nodes.objects.add_variable(ua.NodeId(f"oven.{name}", 2), name, value)
    async with made:
        yield nodes


@asynccontextmanager
async def running(link: OpcUaLink) -> AsyncIterator[None]:
    task = asyncio.create_task(link.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def latest(events: list[object]) -> dict[str, Reading]:
    return {event.channel: event for event in events if isinstance(event, Reading)}


async def test_nodes_are_read_with_their_types_status_and_times() -> None:
    from asyncua import ua

    port = free_port()
    events: list[object] = []
    texts: list[Scan] = []
    async with server(port) as nodes:
        link = OpcUaLink(
            f"opc.tcp://127.0.0.1:{port}/oven", CHANNELS, source="oven", sink=events.append, signals=texts.append
        )
        async with running(link):
            await until(lambda: len(latest(events)) == 4 and texts)
            first = latest(events)
            assert str(first["temperature"].value) == "21.3" and first["temperature"].unit == "°C"
            assert str(first["pressure"].value) == "1.013"
            assert first["parts"].value == 2**63 - 1
            assert first["door"].value == 1
            assert texts[0].text == "bread"
            assert all(one.trigger is Trigger.STREAM and one.quality is Quality.GOOD for one in first.values())

            at = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
            uncertain = ua.StatusCode(ua.StatusCodes.UncertainLastUsableValue)
            value = ua.Variant(25.5, ua.VariantType.Float)
            await nodes["t"].write_value(ua.DataValue(value, uncertain, SourceTimestamp=at))
            await until(lambda: latest(events)["temperature"].quality is Quality.UNCERTAIN)
            seen = latest(events)["temperature"]
            assert seen.value == Decimal("25.5") and "UncertainLastUsableValue" in seen.reason
            assert seen.observed_at == nanoseconds(at)

            bad = ua.StatusCode(ua.StatusCodes.BadSensorFailure)
            await nodes["t"].write_value(ua.DataValue(value, bad))
            await until(lambda: latest(events)["temperature"].quality is Quality.BAD)
            assert latest(events)["temperature"].value is None
            assert "BadSensorFailure" in latest(events)["temperature"].reason

            await link.request("pressure")
            assert latest(events)["pressure"].trigger is Trigger.REQUEST
            with pytest.raises(ProtocolError, match="no channel 'speed'"):
                await link.request("speed")


async def test_every_change_in_a_burst_is_read() -> None:
    from asyncua import ua

    port = free_port()
    events: list[object] = []
    async with server(port) as nodes:
        link = OpcUaLink(f"opc.tcp://127.0.0.1:{port}/oven", CHANNELS, source="oven", sink=events.append)
        async with running(link):
            await until(lambda: len(latest(events)) == 4)
            events.clear()
            for number in range(60):
                await nodes["p"].write_value(ua.Variant(number, ua.VariantType.UInt32))
            await until(lambda: len(events) >= 60)
    values = [event.value for event in events if isinstance(event, Reading)]
    assert values == [Decimal(number) * Decimal("0.001") for number in range(60)]


async def test_a_node_the_server_has_not_is_told_and_the_others_are_read() -> None:
    port = free_port()
    events: list[object] = []
    async with server(port):
        channels = [*CHANNELS[:2], ServerPoint("speed", "ns=2;s=oven.speed")]
        link = OpcUaLink(f"opc.tcp://127.0.0.1:{port}/oven", channels, source="oven", sink=events.append)
        async with running(link):
            await until(lambda: len(latest(events)) == 3 and link.state.status is LinkStatus.READY)
    assert latest(events)["speed"].quality is Quality.BAD
    assert "ns=2;s=oven.speed" in latest(events)["speed"].reason
    assert link.state.detail == "subscribed to 2 nodes; not secured"


async def test_a_server_that_goes_away_is_shown_and_read_again() -> None:
    port = free_port()
    events: list[object] = []
    url = f"opc.tcp://127.0.0.1:{port}/oven"
    link = OpcUaLink(url, CHANNELS, source="oven", sink=events.append, timeout=1.0)
    async with running(link):
        await until(lambda: link.state.status is LinkStatus.ERROR)
        assert "cannot be reached" in link.state.detail
        with pytest.raises(PortError, match="not connected"):
            await link.request("pressure")
        async with server(port):
            await until(lambda: len(latest(events)) == 4)
        await until(lambda: link.state.status is LinkStatus.ERROR)
        events.clear()
        async with server(port):
            await until(lambda: len(latest(events)) == 4)


def test_addresses_and_channels_that_cannot_be() -> None:
    with pytest.raises(PortError, match="no OPC UA server"):
        OpcUaLink("http://oven", CHANNELS, source="oven", sink=print)
    with pytest.raises(ProtocolError, match="name of its own"):
        OpcUaLink("opc.tcp://oven:4840", [CHANNELS[0], CHANNELS[0]], source="oven", sink=print)


async def test_sampled_channels_are_read_though_nothing_changes() -> None:
    port = free_port()
    events: list[object] = []
    async with server(port):
        link = OpcUaLink(
            f"opc.tcp://127.0.0.1:{port}/oven",
            [*CHANNELS[:2], ServerPoint("speed", "ns=2;s=oven.speed"), ServerPoint("wrong", "no node at all")],
            source="oven",
            sink=events.append,
            sampled=["temperature", "speed", "wrong"],
            every=0.05,
        )
        async with running(link):
            await until(lambda: sum(one.channel == "temperature" for one in readings(events)) >= 5)
    told = readings(events)
    assert [str(one.value) for one in told if one.channel == "pressure"] == ["1.013"]
    temperatures = [one for one in told if one.channel == "temperature"]
    assert {(str(one.value), one.trigger) for one in temperatures} == {("21.3", Trigger.POLL)}
    times = [one.observed_at for one in temperatures]
    assert times == sorted(set(times))
    assert "BadNodeIdUnknown" in next(one.reason for one in told if one.channel == "speed")
    assert "no node" in next(one.reason for one in told if one.channel == "wrong")


def readings(events: list[object]) -> list[Reading]:
    return [event for event in events if isinstance(event, Reading)]


async def test_what_was_held_before_is_told_only_when_it_is_news() -> None:
    from asyncua import ua

    port, newest = free_port(), {}
    channel = CHANNELS[1]
    events: list[object] = []

    def link() -> OpcUaLink:
        url = f"opc.tcp://127.0.0.1:{port}/oven"
        return OpcUaLink(url, [channel], source="oven", sink=events.append, newest=newest)

    async def write(number: int) -> None:
        await nodes["p"].write_value(ua.DataValue(ua.Variant(number, ua.VariantType.UInt32), SourceTimestamp=now()))

    async with server(port) as nodes:
        async with running(link()):
            await until(lambda: any("first read" in one.reason for one in events if isinstance(one, Discarded)))
            assert not readings(events)
            await write(1000)
            await until(lambda: len(readings(events)) == 1)
        async with running(again := link()):  # nothing happened while it was away
            await until(lambda: again.state.status is LinkStatus.READY)
            await write(1001)
            await until(lambda: len(readings(events)) == 2)
        await write(1002)
        await write(1003)
        async with running(link()):  # the newest of what happened
            await until(lambda: len(readings(events)) == 3)
    async with server(port) as nodes:
        await write(1004)
        async with running(link()):  # a server that was started anew holds a value of nobody knows when
            await until(lambda: any("started anew" in one.reason for one in events if isinstance(one, Discarded)))
            await write(1005)
            await until(lambda: len(readings(events)) == 4)
    assert [str(one.value) for one in readings(events)] == ["1.000", "1.001", "1.003", "1.005"]


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


async def test_equal_values_are_told_apart_by_their_times_when_asked_for() -> None:
    from asyncua import ua

    port = free_port()
    told: dict[bool, list[object]] = {True: [], False: []}
    async with server(port) as nodes, AsyncExitStack() as stack:
        for by_timestamp, events in told.items():
            link = OpcUaLink(
                f"opc.tcp://127.0.0.1:{port}/oven", [CHANNELS[1]], source="oven", sink=events.append,
                by_timestamp=by_timestamp,
            )  # fmt: skip
            await stack.enter_async_context(running(link))
            await until(lambda events=events: readings(events))
        for number in (7, 7, 7, 8):
            await nodes["p"].write_value(ua.DataValue(ua.Variant(number, ua.VariantType.UInt32), SourceTimestamp=now()))
        await until(lambda: len(readings(told[True])) >= 5 and len(readings(told[False])) >= 3)
    values = {by_timestamp: [str(one.value) for one in readings(events)] for by_timestamp, events in told.items()}
    assert values[True][1:] == ["0.007", "0.007", "0.007", "0.008"]
    assert values[False][1:] == ["0.007", "0.008"]


@asynccontextmanager
async def secured_server(
    port: int, theirs: Made, who: UserManager | None = None, guests: list[str] | None = None
) -> AsyncIterator[None]:
    """An oven that talks only signed and encrypted; `guests` gets the names in the certificates of who comes."""
    from asyncua import Server, ua

    made = Server(user_manager=who)
    await made.init()
    await made.set_application_uri(OVEN)
    made.set_endpoint(f"opc.tcp://127.0.0.1:{port}/oven")
    made.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
    await made.load_certificate(str(theirs.file))
    await made.load_private_key(str(theirs.key_file), format="pem")
    await made.nodes.objects.add_variable(ua.NodeId("oven.p", 2), "p", ua.Variant(1013, ua.VariantType.UInt32))

    async def note(certificate: Any, _application: object) -> None:
        if guests is not None:
            guests.append(certificate.subject.rfc4514_string())

    made.set_certificate_validator(note)
    async with made:
        yield


class Guest:
    """Links to the oven with what is kept at the moment."""

    def __init__(self, folder: Path, port: int) -> None:
        ours = make(folder, "station", application="urn:example.org:station")
        self.certificate, self.private_key = str(ours.file), str(ours.key_file)
        self.kept = Credential()
        self.events: list[object] = []
        url = f"opc.tcp://127.0.0.1:{port}/oven"
        self.link = OpcUaLink(
            url, [CHANNELS[1]], source="oven", sink=self.events.append, sign_in=lambda: self.kept, timeout=2.0
        )

    def keep(self, **what: str) -> None:
        self.kept = Credential(**{"certificate": self.certificate, "private_key": self.private_key} | what)

    async def told(self, words: str) -> None:
        await until(lambda: words in self.link.state.detail)

    async def reads(self) -> None:
        before = len(readings(self.events))
        await until(lambda: len(readings(self.events)) > before)


async def test_a_server_that_wants_a_certificate(tmp_path: Path) -> None:
    port, theirs = free_port(), make(tmp_path, "server", application=OVEN)
    guest = Guest(tmp_path, port)
    async with secured_server(port, theirs), running(guest.link):
        await until(lambda: guest.link.state.status is LinkStatus.ERROR)
        guest.keep(certificate=str(tmp_path / "absent.pem"))
        await guest.told("Put it back")
        guest.keep()
        await guest.told(
            "nobody has said yet that it is to be trusted. If the server itself shows the same SHA-256 fingerprint:"
            f' sinebar instruments credentials opc.tcp://127.0.0.1:{port} --trust "{theirs.fingerprint}"'
        )
        guest.keep(certificate=guest.private_key, trusted=theirs.fingerprint)
        await guest.told("cannot be used")
        guest.keep(trusted=theirs.fingerprint)
        await guest.reads()
        await guest.told("subscribed to 1 node; signed and encrypted")
    assert str(readings(guest.events)[0].value) == "1.013"


async def test_a_changed_certificate_is_never_followed(tmp_path: Path) -> None:
    port = free_port()
    before, after = (make(tmp_path, name, application=OVEN) for name in ("before", "after"))
    guest = Guest(tmp_path, port)
    guest.keep(trusted=before.fingerprint)
    async with running(guest.link):
        async with secured_server(port, before):
            await guest.reads()
        async with secured_server(port, after):
            await guest.told("another certificate than the trusted one: 'CN=after'")
            assert len(readings(guest.events)) == 1
            guest.keep(trusted=after.fingerprint)
            await guest.reads()


async def test_nothing_of_ours_goes_to_a_server_that_is_not_trusted(tmp_path: Path) -> None:
    from asyncua.server.user_managers import User, UserManager, UserRole

    asked: list[object] = []
    guests: list[str] = []

    class Listening(UserManager):
        def get_user(self, _session: object, username: object = None, password: object = None, **_: object) -> User:
            asked.append((username, password))
            return User(role=UserRole.User)

    port, theirs = free_port(), make(tmp_path, "server", application=OVEN)
    guest = Guest(tmp_path, port)
    guest.keep(user="me", password="sesame", trusted="00")
    async with secured_server(port, theirs, Listening(), guests), running(guest.link):
        await guest.told("another certificate")
        guest.keep(user="me", password="sesame")
        await guest.told("nobody has said yet")
        assert not asked and not guests
        guest.keep(user="me", password="sesame", trusted=theirs.fingerprint)
        await guest.reads()
    assert asked == [("me", "sesame")] and guests == ["CN=station"]


async def test_the_server_is_checked_again_by_what_it_says_in_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from devices.gateway import opcua_client

    asked: list[object] = []

    async def check(certificate: object, application: Any, **_: object) -> None:
        asked.append((certificate, application.ApplicationUri))
        if len(asked) > 1:
            raise PortError("It says now that it is a press.", "Look at it.")

    monkeypatch.setattr(opcua_client, "check_server", check)
    port, theirs = free_port(), make(tmp_path, "server", application=OVEN)
    guest = Guest(tmp_path, port)
    guest.keep(trusted=theirs.fingerprint)
    async with secured_server(port, theirs), running(guest.link):
        await guest.told("It says now that it is a press. Look at it.")
    assert asked[:2] == [(theirs.certificate, OVEN)] * 2 and not readings(guest.events)


async def test_a_certificate_without_its_key_opens_nothing(tmp_path: Path) -> None:
    """Everybody can show the trusted certificate."""
    port, theirs = free_port(), make(tmp_path, "server", application=OVEN)
    copied = replace(theirs, key_file=make(tmp_path, "thief", application=OVEN).key_file)
    guest = Guest(tmp_path, port)
    guest.keep(user="me", password="sesame", trusted=theirs.fingerprint)
    async with running(guest.link):
        async with secured_server(port, copied):
            await until(lambda: [one for one in states(guest.events) if is_told_off(one)], 30.0)
            assert not readings(guest.events)
            assert LinkStatus.READY not in [one.status for one in states(guest.events)]
        async with secured_server(port, theirs):
            await guest.reads()


def is_told_off(state: LinkState) -> bool:
    """Whether it says that somebody answers who is none to talk to."""
    return state.status is LinkStatus.ERROR and "Connection refused" not in state.detail


def states(events: list[object]) -> list[LinkState]:
    return [event for event in events if isinstance(event, LinkState)]


async def test_a_server_that_an_authority_signed_and_that_expires_soon(tmp_path: Path) -> None:
    port, plant = free_port(), make(tmp_path, "plant", is_authority=True)
    theirs = make(tmp_path, "server", application=OVEN, hosts=["127.0.0.1"], signed_by=plant, lasts=10 * DAY)
    guest = Guest(tmp_path, port)
    guest.keep(authority=str(make(tmp_path, "stranger", is_authority=True).file))
    async with secured_server(port, theirs), running(guest.link):
        await guest.told("vouches for")
        guest.keep(authority=str(tmp_path / "absent.pem"))
        await guest.told("Put it back")
        guest.keep(authority=str(plant.file))
        await guest.reads()
        await guest.told(f"expires on {theirs.certificate.not_valid_after_utc:%Y-%m-%d}")
    seen = [one.detail for one in states(guest.events) if one.status is LinkStatus.READY]
    assert seen and all("signed and encrypted" in detail for detail in seen)
    assert not any("vouches" in detail or "Put it back" in detail for detail in seen)


async def test_no_unsecured_connection_takes_the_place_of_a_secured_one(tmp_path: Path) -> None:
    port = free_port()
    guest = Guest(tmp_path, port)
    guest.keep(trusted="00")
    async with server(port), running(guest.link):
        await guest.told("no connection that is signed and encrypted")
        for what in ({"trusted": "00"}, {"authority": "plant.pem"}):
            guest.keep(certificate="", private_key="", **what)
            await guest.told("the station needs one of its own")
        assert not readings(guest.events)
        guest.keep(certificate="", private_key="")
        await guest.reads()
        await guest.told("not secured")


async def test_a_servers_certificate_can_be_looked_at_before_it_is_trusted(tmp_path: Path) -> None:
    from devices.gateway.opcua_client import look

    port, theirs = free_port(), make(tmp_path, "server", application=OVEN)
    url = f"opc.tcp://127.0.0.1:{port}/oven"
    with pytest.raises(PortError, match="cannot be reached"):
        await look(url, 1.0)
    async with secured_server(port, theirs):
        seen = await look(url, 5.0)
    assert (seen.subject, seen.issuer, seen.fingerprint) == ("CN=server", "CN=server", theirs.fingerprint)
    assert seen.valid_until == theirs.certificate.not_valid_after_utc
