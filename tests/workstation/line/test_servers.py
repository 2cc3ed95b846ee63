"""Servers on the line: which links they share, when one is made anew, what is loaded, how the station signs in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from devices.errors import PortError
from devices.gateway.credential import NOBODY, Credential
from devices.gateway.host import SparkplugLink
from devices.gateway.opcua import OpcUaLink
from devices.reading import Discarded, LinkState, LinkStatus, Quality, Reading, Trigger
from tests.workstation.line.conftest import Bench
from workstation.catalog.gauges import GaugeDefinition, check
from workstation.catalog.values import Gauge, GaugeStatus
from workstation.errors import CallIsWrong, SurroundingsFailed
from workstation.line.credentials import FILE, keep_credential, load_credentials, sign_in_at
from workstation.line.plan import LinePlan
from workstation.line.ports import Ports, library
from workstation.line.servers import SEEN, Servers
from workstation.line.supervisor import surroundings
from workstation.store import Store

NODE = "mqtt://127.0.0.1:1/Plant/Press"


def gauge(number: int, profile: str, port: str) -> Gauge:
    return Gauge(number, f"u{number}", 1, f"gauge {number}", "", profile, port, "mm", None, GaugeStatus.ACTIVE)


def plan(*bound: tuple[int, str]) -> LinePlan:
    return LinePlan("plan", routes={(f"gauge {number}", channel): (1,) for number, channel in bound})


@pytest.fixture
def store(bench: Bench) -> Store:
    """A store with one characteristic, in the test's folder."""
    bench.lay_down()
    return bench.store


async def test_a_link_is_made_anew_when_the_plan_binds_something_else(store: Store, tmp_path: Path) -> None:
    servers = Servers(tmp_path, store)
    ports = Ports(library(tmp_path), lambda _: None, None, servers=servers)
    gauges = [
        gauge(1, "opc-ua", "opc.tcp://127.0.0.1:1"),
        gauge(2, "sparkplug-b", f"{NODE}/Die%201"),
        gauge(3, "sparkplug-b", f"{NODE}/Die%202"),
        gauge(4, "sparkplug-b", "mqtt://127.0.0.1:1/Plant/Saw/Blade"),
    ]
    servers.follow(plan((1, "ns=2;s=a"), (2, "width")))
    await ports.follow(gauges)
    one, two, three, four = (ports.wire(f"gauge {number}") for number in (1, 2, 3, 4))
    assert isinstance(one.link, OpcUaLink) and isinstance(two.link, SparkplugLink)
    assert two is three and four is not two
    assert (one.channels("gauge 1"), two.channels("gauge 2")) == (("ns=2;s=a",), ())

    servers.follow(plan((1, "ns=2;s=a"), (2, "width"), (3, "width")))
    await ports.follow(gauges)
    assert ports.wire("gauge 1") is one and ports.wire("gauge 4") is four
    assert ports.wire("gauge 2") is not two
    await ports.stop()


async def test_readings_go_to_the_gauge_whose_device_they_are_of(store: Store, tmp_path: Path) -> None:
    own = tmp_path / "profiles"
    own.mkdir()
    (own / "press.toml").write_text(
        '[profile]\nid = "press"\nversion = 1\ntitle = "Press"\nmaker = "none"\nfamily = "force"\nsource = "test"\n'
        'certainty = "code"\n[server]\nkind = "sparkplug-b"\n'
        '[[node]]\nname = "force"\nid = "F/peak"\nunit = "kN"\nscale = "0.001"\n',
        encoding="utf-8",
    )
    heard: list[object] = []
    servers = Servers(tmp_path, store)
    ports = Ports(library(tmp_path), heard.append, None, servers=servers)
    servers.follow(plan((1, "force"), (2, "width")))
    await ports.follow([gauge(1, "press", f"{NODE}/Die 1".replace(" ", "%20")), gauge(2, "sparkplug-b", NODE)])
    tell = ports.wire("gauge 1").link._sink  # type: ignore[attr-defined]
    from decimal import Decimal

    def reading(device: str, metric: str) -> Reading:
        good = Quality.GOOD
        return Reading(device, metric, Decimal("12.50"), None, 7, 7, 7, Trigger.STREAM, good, "", b"")

    for one in (
        reading("Die 1", "F/peak"),
        reading("Die 1", "other"),
        reading("Die 2", "F/peak"),
        reading("", "width"),
    ):
        tell(one)
    tell(LinkState("Plant/Press", "mqtt://127.0.0.1:1", LinkStatus.READY, 7, "listening", b""))
    tell(Discarded("Plant/Press", 7, "garbage", b"?"))
    first, second, *states, piece = heard
    assert isinstance(first, Reading) and isinstance(second, Reading) and isinstance(piece, Discarded)
    assert (first.source, first.channel, str(first.value), first.unit) == ("gauge 1", "force", "0.01250", "kN")
    assert (second.source, second.channel, str(second.value), second.unit) == ("gauge 2", "width", "12.50", None)
    assert [one.source for one in states if isinstance(one, LinkState)] == ["gauge 1", "gauge 2"]
    assert piece.source == "gauge 1"


async def test_what_a_plan_cannot_have(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    servers = Servers(tmp_path, store)
    ports = Ports(library(tmp_path), lambda _: None, None, servers=servers)
    servers.follow(plan((1, "width"), (2, "width")))
    twice = [gauge(1, "sparkplug-b", f"{NODE}/Die"), gauge(2, "sparkplug-b", f"{NODE}/Die")]
    await ports.follow(twice)
    with pytest.raises(PortError, match="same metric width"):
        await ports.request("gauge 2", "width")
    await ports.follow([gauge(1, "opc-ua", "/dev/ttyUSB0")])
    with pytest.raises(PortError, match="Write opc"):
        await ports.request("gauge 1", "width")
    for profile, port, module in (("opc-ua", "opc.tcp://h", "asyncua"), ("sparkplug-b", f"{NODE}/Die", "paho")):
        monkeypatch.setitem(sys.modules, module, None)
        await ports.follow([gauge(1, profile, port)])
        with pytest.raises(PortError, match=module) as refused:
            await ports.request("gauge 1", "width")
        assert f"{sys.executable} -m pip install {module}" in refused.value.next_step


@pytest.mark.parametrize("port", ["opc.tcp://u:p@h", "mqtt://h", "opc.tcp://h?every=9999", "mqtts://h/a"])
def test_a_port_that_cannot_be_is_refused_with_the_plan(port: str) -> None:
    with pytest.raises(CallIsWrong, match="Gauge oven"):
        check(GaugeDefinition("oven", "opc-ua", port))
    check(GaugeDefinition("oven", "opc-ua", "opc.tcp://h/path?every=2"))
    check(GaugeDefinition("oven", "sparkplug-b", NODE))


async def test_how_far_nodes_were_read_is_remembered(store: Store, tmp_path: Path) -> None:
    def link() -> SparkplugLink:
        servers = Servers(tmp_path, store)
        servers.follow(plan((1, "width")))
        opened = gauge(1, "sparkplug-b", f"{NODE}/Die")
        profile = library(tmp_path).load("sparkplug-b")
        assert profile.server is not None
        return servers.open_sparkplug([opened], [profile.server], print)

    first = link()
    first.seen["0123"] = 17
    assert first._moved is not None
    first._moved()
    assert link().seen == {"0123": 17}
    for damaged in ("no JSON", "[]", "[" * 100_000):
        (tmp_path / SEEN).write_text(damaged)
        assert link().seen == {}


def test_credentials_are_for_the_owner_alone(tmp_path: Path) -> None:
    address = "opc.tcp://h:4840"
    assert sign_in_at(tmp_path, address)() == NOBODY
    keep_credential(tmp_path, address, Credential("me", "sesame"))
    keep_credential(tmp_path, "mqtt://h:1883", Credential("you", "other"))
    assert sign_in_at(tmp_path, address)() == Credential("me", "sesame")
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    keep_credential(tmp_path, address, None)
    assert list(load_credentials(tmp_path)) == ["mqtt://h:1883"]


DAMAGED = ["", "[]", '{"a": 1}', '{"a": {"word": ""}}', '{"a": {"user": 1}}', "\xff", "[" * 100_000]


@pytest.mark.parametrize("content", DAMAGED, ids=lambda text: text[:20])
def test_a_damaged_file_is_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content, encoding="latin-1")
    with pytest.raises(SurroundingsFailed, match="is damaged"):
        load_credentials(tmp_path)
    with pytest.raises(PortError, match="is damaged"):
        sign_in_at(tmp_path, "opc.tcp://h:4840")()


def test_a_line_without_servers_loads_nothing_for_them() -> None:
    program = (
        "import sys; import workstation.line.life, workstation.station; "
        "print([name for name in sys.modules if name.split('.')[0] in ('asyncua', 'paho', 'cryptography')])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=surroundings())
    assert told.stdout.strip() == "[]", told.stderr
