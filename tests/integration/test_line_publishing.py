"""A line process publishes to mosquitto, and another reads it: brokers stopped, lines killed, each value once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devices.gateway.broker import Broker
from devices.gateway.credential import Credential
from devices.gateway.mqtt import NodeName
from tests.integration.conftest import Gauge, Line, _end_orphan, lay_down
from tests.integration.mosquitto import PROGRAM, Host, Mosquitto
from workstation import settings
from workstation.line import protocol
from workstation.line.credentials import keep_credential
from workstation.quality import alarms
from workstation.station import Station

if TYPE_CHECKING:
    from tests.integration.certificates import Made

pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed")
pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(PROGRAM is None, reason="the program mosquitto is not installed"),
]
NODE = NodeName("Sinebar", "bench 1")
PATIENCE = 60.0
"""Seconds a busy computer is given for each condition."""

READER = """
format = 1
[plan]
name = "ring"
revision = 1
[part]
number = "R-74"
name = "Piston ring"
[[characteristic]]
name = "diameter as published"
unit = "mm"
decimals = 3
subgroup_size = 5
[[gauge]]
name = "bench 1"
profile = "sparkplug-b"
port = "{port}"
[[gauge.channel]]
name = "diameter/reading"
characteristic = "diameter as published"
"""


@pytest.fixture
def authority(tmp_path: Path) -> Made:
    """Who signs the brokers' certificates."""
    from tests.integration.certificates import make

    return make(tmp_path, "plant", is_authority=True)


@pytest.fixture
def broker(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Mosquitto]:
    """A broker, with TLS where the test's parameter says so."""
    shows = None
    if getattr(request, "param", "") == "mqtts":
        from tests.integration.certificates import make

        signed_by = request.getfixturevalue("authority")
        shows = make(tmp_path, "broker", hosts=["127.0.0.1"], signed_by=signed_by)
    made = Mosquitto(tmp_path / "broker", shows=shows)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def host(broker: Mosquitto) -> Iterator[Host]:
    made = Host(Broker("127.0.0.1", broker.port), NODE)
    assert made.is_ready.wait(PATIENCE)
    yield made
    made.close()


@pytest.fixture
def line(home: Path, broker: Mosquitto) -> Iterator[Line]:
    """The home's line, publishing, not started yet."""
    settings.change(home, "publish.broker", broker.url)
    made = Line(home)
    yield made
    made.close()
    _end_orphan(home)


def ring_values() -> Iterator[str]:
    """A stable process that moves out of control after the 110th value."""
    chance = random.Random(74)
    number = 0
    while True:
        number += 1
        yield f"{chance.gauss(74.0, 0.008) + (0.03 if number > 110 else 0):.3f}"


def send(gauge: Gauge, values: Iterator[str], count: int) -> None:
    for _ in range(count):
        gauge.value(next(values))


def test_what_is_kept_arrives_once_whatever_dies(line: Line, gauge: Gauge, broker: Mosquitto, host: Host) -> None:
    values = ring_values()
    line.start()
    line.listening(gauge)
    send(gauge, values, 40)
    line.wait(lambda: len(host.values("diameter/reading")) >= 40, "the first values arrive", PATIENCE)
    line.wait(lambda: line.status("publishing") == "ready", "that it publishes is shown", PATIENCE)

    broker.stop()
    line.wait(lambda: line.status("publishing") == "error", "the loss is shown", PATIENCE)
    send(gauge, values, 40)
    line.wait(lambda: len(line.stored()) == 80, "kept without a broker", PATIENCE)
    killed = line.pid()
    os.kill(killed, signal.SIGKILL)
    line.wait(lambda: line.snapshot() is not None and line.pid() != killed, "the line is back", PATIENCE)
    line.listening(gauge)
    broker.start()

    for _ in range(2):  # killed while values come and go
        before = len(line.stored())
        send(gauge, values, 30)
        line.wait(lambda before=before: len(line.stored()) > before, "some of them are kept", PATIENCE)
        killed = line.pid()
        os.kill(killed, signal.SIGKILL)
        line.wait(lambda killed=killed: line.snapshot() is not None and line.pid() != killed, "it is back", PATIENCE)
        line.ready()

    def alarmed() -> bool:
        """What was sent to a dead line is lost, so nobody knows how many more it takes."""
        send(gauge, values, 5)
        return bool(line.all(protocol.AlarmRaised))

    line.wait(alarmed, "an alarm after the shift", PATIENCE)
    assert line.end() == 0
    stored = line.stored()
    line.wait(lambda: len(host.values("diameter/reading")) >= len(stored), "all of it arrives", PATIENCE)

    assert host.values("diameter/reading") == stored
    with Station.open(line.home, create=False) as station, station.read() as reader:
        window = reader.last_subgroups(1, 1000)
        raised = alarms.alarms(reader)
        kept = reader.measurements(1)
    assert [float(one) for one in host.values("diameter/mean")] == [float(row) for row in window.means]
    told = [one for one in host.readings if one.channel == "diameter/reading"]
    assert [(one.unit, one.observed_at) for one in told] == [(one.unit, one.observed_at * 1000) for one in kept]
    numbered = numbers(host)
    metrics = [metric for payload in host.payloads() for metric in payload.metrics]
    states = [metric for metric in metrics if metric.name == "diameter/alarm"]
    assert {str(one.properties["alarm"]) for one in states} == {one.uid for one in raised}
    assert numbered == set(range(1, max(numbered) + 1))


def numbers(host: Host) -> set[int]:
    """The numbers of the spool's entries that came, whatever carried them."""
    found: set[int] = set()
    for payload in host.payloads():
        first, last = payload.uuid.partition(":")[2].split("-")
        found |= set(range(int(first), int(last) + 1))
    return found


@pytest.mark.parametrize("broker", ["mqtt", "mqtts"], indirect=True)
def test_a_line_reads_what_another_publishes(
    line: Line, gauge: Gauge, broker: Mosquitto, authority: Made, tmp_path: Path
) -> None:
    values = ring_values()
    home = tmp_path / "second"
    lay_down(home, f"{broker.url}/Sinebar/bench%201/R-74", READER)
    second = Line(home)
    try:
        if broker.url.startswith("mqtts"):
            for one in (line.home, home):
                keep_credential(one, broker.url, Credential(authority=str(authority.file)))
        line.start()
        second.start()
        second.ready("bench 1")
        line.listening(gauge)
        send(gauge, values, 15)
        second.wait(lambda: len(second.stored()) == 15, "read from the broker", PATIENCE)
        killed = second.pid()
        os.kill(killed, signal.SIGKILL)
        send(gauge, values, 15)
        line.wait(lambda: len(line.stored()) == 30, "kept by the first line", PATIENCE)
        second.wait(lambda: second.snapshot() is not None and second.pid() != killed, "the second is back", PATIENCE)
        second.wait(lambda: len(second.stored()) >= 30, "what came meanwhile", PATIENCE)
        broker.stop()
        send(gauge, values, 10)
        second.wait(lambda: second.status("bench 1") == "error", "the loss is shown", PATIENCE)
        broker.start()
        second.wait(lambda: len(second.stored()) >= 40, "what waited for the broker", PATIENCE)
        assert second.end() == 0
        assert line.end() == 0
        assert second.stored() == line.stored()
    finally:
        second.close()
        _end_orphan(home)


def test_a_broker_that_asks_for_a_password(
    home: Path, gauge: Gauge, tmp_path: Path, sinebar: Callable[..., object]
) -> None:
    broker = Mosquitto(tmp_path / "closed", "sinebar", "secret of the plant")
    broker.start()
    settings.change(home, "publish.broker", broker.url)
    line = Line(home)
    try:
        line.start()
        line.wait(lambda: line.status("publishing") == "error", "nobody is refused", PATIENCE)
        keep_credential(home, broker.url, Credential("sinebar", "secret of the plant"))
        line.wait(lambda: line.status("publishing") == "ready", "signed in", PATIENCE)
        assert line.end() == 0
        for path in home.rglob("*"):
            if path.is_file() and path.name != "gateway.credentials":
                assert b"secret of the plant" not in path.read_bytes(), path
    finally:
        line.close()
        broker.stop()


def test_nothing_is_lost_on_a_broker_that_is_not_trusted(
    home: Path,
    gauge: Gauge,
    authority: Made,
    tmp_path: Path,
    sinebar: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    from tests.integration.certificates import make

    stranger = make(tmp_path, "stranger", is_authority=True)

    def show(host: str) -> Made:
        """The certificate that the broker shows from its next start on."""
        return make(tmp_path, "broker", hosts=[host], signed_by=authority)

    broker = Mosquitto(tmp_path / "secured", shows=show("127.0.0.1"))
    values, line = ring_values(), Line(home)
    broker.start()
    host = Host(Broker("127.0.0.1", broker.port, tls=True, ca_file=str(authority.file)), NODE)
    try:
        settings.change(home, "publish.broker", broker.url)
        keep_credential(home, broker.url, Credential(authority=str(stranger.file)))
        line.start()
        line.wait(
            lambda: f"not signed by the authority in {stranger.file}" in line.detail("publishing"), "refused", PATIENCE
        )
        line.listening(gauge)
        send(gauge, values, 20)
        line.wait(lambda: len(line.stored()) == 20, "kept without a trusted broker", PATIENCE)
        assert not host.readings
        killed = line.pid()
        os.kill(killed, signal.SIGKILL)
        line.wait(lambda: line.snapshot() is not None and line.pid() != killed, "the line is back", PATIENCE)
        line.listening(gauge)
        send(gauge, values, 20)
        ended = sinebar(
            "instruments", "credentials", broker.url, "--authority", str(authority.file), "--home", str(home)
        )
        assert ended.returncode == 0, ended.stderr
        line.wait(lambda: len(host.values("diameter/reading")) == 40, "all of it arrives", PATIENCE)

        broker.stop()
        show("elsewhere.example.org")
        broker.start()
        line.wait(lambda: "made for another name than 127.0.0.1" in line.detail("publishing"), "refused", PATIENCE)
        send(gauge, values, 20)
        line.wait(lambda: len(line.stored()) == 60, "kept without a trusted broker", PATIENCE)
        broker.stop()
        show("127.0.0.1")
        broker.start()
        line.wait(lambda: len(host.values("diameter/reading")) >= 60, "all of it arrives", PATIENCE)
        assert line.end() == 0
        assert host.values("diameter/reading") == line.stored()
        numbered = numbers(host)
        assert numbered == set(range(1, max(numbered) + 1))
        assert line.process is not None and line.process.stderr is not None
        assert b"Traceback" not in line.process.stderr.read()
        logs = list((home / "logs").iterdir())
        assert logs and not any(b"Traceback" in path.read_bytes() for path in logs)
    finally:
        host.close()
        line.close()
        _end_orphan(home)
        broker.stop()


def test_a_broker_that_is_spelled_wrong_is_refused_at_the_start(home: Path, sinebar: Callable[..., object]) -> None:
    settings.change(home, "publish.broker", "mqtt://name:word@broker")
    ended = sinebar("line", "run", "--home", str(home))
    assert ended.returncode == 3 and "password does not belong" in ended.stderr  # type: ignore[attr-defined]
    assert "word" not in ended.stderr.replace("password", "")  # type: ignore[attr-defined]
