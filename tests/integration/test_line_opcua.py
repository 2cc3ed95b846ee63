"""A line process reads an OPC UA server of another process: sampled and subscribed nodes, restarts on either side."""

from __future__ import annotations

import os
import random
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from devices.gateway.credential import Credential
from tests.integration.certificates import make
from tests.integration.conftest import Line, _end_orphan, lay_down
from workstation.catalog.rollups import Period, rollups
from workstation.line import protocol
from workstation.line.credentials import keep_credential
from workstation.line.supervisor import surroundings
from workstation.station import Station

pytest.importorskip("asyncua", reason="asyncua is not installed")
pytestmark = pytest.mark.peer

PATIENCE = 60.0
"""Seconds a busy computer is given for each condition."""
PLAN = """
format = 1
[plan]
name = "oven"
revision = 1
[part]
number = "B-1"
name = "Bread"
[[characteristic]]
name = "temperature"
unit = "°C"
decimals = 1
chart = "xbar_r"
subgroup_size = 3
baseline_subgroups = 20
[[characteristic]]
name = "diameter"
unit = "mm"
decimals = 3
plausible_low = 70
subgroup_size = 5
[[gauge]]
name = "oven"
profile = "opc-ua"
port = "{port}?every=0.05"
unit = "mm"
[[gauge.channel]]
name = "ns=2;s=oven.temperature"
characteristic = "temperature"
[gauge.channel.continuous]
group = "count"
size = 4
high = 300
silent = 1
[[gauge.channel]]
name = "ns=2;s=oven.diameter"
characteristic = "diameter"
"""


def free_port() -> int:
    """A port nobody listens on, below those the system gives to outgoing connections."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as one, suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port


class Server:
    """The server's process; it comes back on the same port."""

    def __init__(self, *options: str) -> None:
        self._port = free_port()
        self.options = options
        self._process: subprocess.Popen[str] | None = None
        self.url = f"opc.tcp://127.0.0.1:{self._port}/oven"
        self.start()

    def start(self) -> None:
        program = [sys.executable, str(Path(__file__).with_name("opcua_server.py")), str(self._port), *self.options]
        self._process = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=surroundings(),
        )  # fmt: skip
        assert self._answer() == "ready"

    def _answer(self) -> str:
        assert self._process is not None and self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def write(self, name: str, value: str, status: str = "") -> None:
        """Write a node, and wait until it is written."""
        assert self._process is not None and self._process.stdin is not None
        line = f"{name} {value} {status}".strip()
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        assert self._answer() == line

    def die(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for end in (self._process.stdin, self._process.stdout):
                assert end is not None
                with suppress(OSError):
                    end.close()
            self._process = None


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.die()


@pytest.fixture
def start_line(tmp_path: Path) -> Iterator[Callable[[str], Line]]:
    made: list[Line] = []

    def start(url: str) -> Line:
        home = tmp_path / "home"
        lay_down(home, url, PLAN)
        made.append(Line(home))
        return made[-1]

    yield start
    for one in made:
        one.close()
        _end_orphan(one.home)


def measured(line: Line) -> list[str]:
    return line.stored(2)


def taken(line: Line, server: Server, *values: str) -> None:
    """Write values one after the other, each once the line has kept the one before."""
    for value in values:
        server.write("diameter", value)
        count = len(measured(line)) + 1
        line.wait(lambda count=count: len(measured(line)) >= count, f"{value} is kept", PATIENCE)


def test_nodes_are_channels_through_restarts_of_server_and_line(
    server: Server, start_line: Callable[[str], Line]
) -> None:
    line = start_line(server.url)
    line.start()
    line.wait(lambda: line.status("oven") == "ready", "the oven is ready", PATIENCE)
    taken(line, server, "74.035", "74.0301", "73.99")
    server.write("diameter", "12.5")
    line.wait(lambda: bool(line.all(protocol.ReadingRefused)), "an implausible value is refused", PATIENCE)
    server.write("diameter", "74.1", "BadSensorFailure")
    line.wait(lambda: len(line.all(protocol.ReadingRefused)) == 2, "a bad one is refused", PATIENCE)
    assert "BadSensorFailure" in line.all(protocol.ReadingRefused)[1].reason
    line.wait(lambda: len(line.stored(1)) >= 3, "a steady temperature is told again and again", PATIENCE)

    server.die()
    line.wait(lambda: line.status("oven") == "error", "the loss is shown", PATIENCE)
    line.wait(lambda: ("silent",) in [one.rules for one in line.all(protocol.AlarmRaised)], "silence", PATIENCE)
    server.start()
    line.wait(lambda: line.status("oven") == "ready", "the oven is ready", PATIENCE)
    taken(line, server, "74.01")

    killed = line.pid()
    os.kill(killed, signal.SIGKILL)
    server.write("diameter", "74.02")
    server.write("diameter", "74.025")
    line.wait(lambda: line.snapshot() is not None and line.pid() != killed, "the line is back", PATIENCE)
    line.wait(lambda: line.status("oven") == "ready", "the oven is ready", PATIENCE)
    line.wait(lambda: len(measured(line)) == 5, "the value that came while the line was away", PATIENCE)
    taken(line, server, "74.03")
    assert line.end() == 0
    assert measured(line) == ["74.035", "74.0301", "73.99", "74.01", "74.025", "74.03"]
    assert set(line.stored(1)) == {"180.50"}
    with Station.open(line.home, create=False) as station, station.read() as reader:
        assert {one.unit for one in reader.measurements(1)} == {"°C"}
        assert {(one.source, one.trigger, one.unit) for one in reader.measurements(2)} == {("oven", "stream", "mm")}
        assert sum(minute.count for minute in rollups(reader, 1, Period.MINUTE)) > 10


def test_a_server_that_asks_for_a_password_is_told_it_from_the_stations_own_file(
    start_line: Callable[[str], Line],
) -> None:
    server = Server("--who", "sinebar", "secret of the oven")
    try:
        line = start_line(server.url)
        line.start()
        line.wait(lambda: line.status("oven") == "error", "nobody is refused", PATIENCE)
        keep_credential(line.home, server.url.removesuffix("/oven"), Credential("sinebar", "secret of the oven"))
        line.wait(lambda: line.status("oven") == "ready", "the oven is ready", PATIENCE)
        taken(line, server, "74.035")
        assert line.end() == 0
        assert measured(line) == ["74.035"]
        for path in line.home.rglob("*"):
            if path.is_file() and path.name != "gateway.credentials":
                assert b"secret of the oven" not in path.read_bytes(), path
        assert (line.home / "gateway.credentials").stat().st_mode & 0o077 == 0
    finally:
        server.die()


def test_a_servers_certificate_is_trusted_by_a_person_and_never_by_the_line(
    start_line: Callable[[str], Line], tmp_path: Path, sinebar: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    ours = make(tmp_path, "station", application="urn:example.org:station")
    first, second = (make(tmp_path, name, application="urn:example.org:oven") for name in ("first", "second"))
    server = Server("--certificate", str(first.file), str(first.key_file))
    try:
        line = start_line(server.url)

        def call(command: str) -> str:
            ended = sinebar(*shlex.split(command.removeprefix("sinebar ")), "--home", str(line.home))
            assert ended.returncode == 0, ended.stderr
            return ended.stdout

        def refused_with(words: str) -> str:
            """What the port says; the last of it is the command that trusts what the server shows."""
            line.wait(lambda: words in line.detail("oven"), words, PATIENCE)
            return "sinebar instruments" + line.detail("oven").partition("sinebar instruments")[2]

        line.start()
        refused_with("offers no connection that is not signed and encrypted")
        call(f"instruments credentials {server.url} --certificate {ours.file} --private-key {ours.key_file}")
        command = refused_with("nobody has said yet")
        looked = call(f"instruments credentials {server.url} --look")
        assert "'CN=first'" in looked and f"SHA-256 {first.fingerprint}" in looked and command in looked
        call(command)
        line.wait(lambda: line.status("oven") == "ready", "the oven is ready", PATIENCE)
        assert "signed and encrypted" in line.detail("oven")
        assert "It is the one that is trusted." in call(f"instruments credentials {server.url} --look")
        taken(line, server, "74.035")

        server.die()
        server.options = ("--certificate", str(second.file), str(second.key_file))
        server.start()
        command = refused_with("another certificate than the trusted one: 'CN=second'")
        assert first.fingerprint in line.detail("oven")
        killed = line.pid()
        os.kill(killed, signal.SIGKILL)
        line.wait(lambda: line.snapshot() is not None and line.pid() != killed, "the line is back", PATIENCE)
        assert command == refused_with("another certificate")
        call(command)
        line.wait(lambda: line.status("oven") == "ready", "the oven is ready", PATIENCE)
        taken(line, server, "74.04")
        assert line.end() == 0
        assert measured(line) == ["74.035", "74.04"]
    finally:
        server.die()


def test_without_the_package_the_line_says_which_and_how(
    server: Server, start_line: Callable[[str], Line], tmp_path: Path
) -> None:
    line = start_line(server.url)
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text("import sys; sys.modules['asyncua'] = None\n")
    environment = {**surroundings(), "PYTHONPATH": f"{hidden}{os.pathsep}{surroundings()['PYTHONPATH']}"}
    ended = subprocess.run(
        [sys.executable, "-m", "workstation.cli", "line", "run", "--home", str(line.home)],
        capture_output=True, text=True, timeout=60, env=environment,
    )  # fmt: skip
    assert ended.returncode == 3
    assert "OPC UA needs the package asyncua" in ended.stderr
    assert f"{sys.executable} -m pip install asyncua" in ended.stderr
    assert "Traceback" not in ended.stderr
