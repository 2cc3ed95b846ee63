"""Real stations for tests of whole processes: a home with an effective plan, gauges on pseudo-terminals, the line."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workstation.catalog.plan_file import load_plan_file
from workstation.catalog.plans import approve_plan, import_plan
from workstation.line import protocol
from workstation.line.attachment import Attached, Attachment
from workstation.line.supervisor import program, surroundings
from workstation.station import Station

if sys.platform == "win32":  # no pseudo-terminals there: the demonstration plays its gauge over TCP
    collect_ignore_glob = ["test_line_*.py"]
else:
    import pty
    import tty

PLAN = """
format = 1
[plan]
name = "ring"
revision = 1
title = "Piston ring"
[part]
number = "R-74"
name = "Piston ring"
[[characteristic]]
name = "diameter"
unit = "mm"
decimals = 3
lower_specification = "73.950"
upper_specification = "74.050"
plausible_low = "70"
plausible_high = "78"
subgroup_size = 5
baseline_subgroups = 20
[[gauge]]
name = "caliper"
profile = "mitutoyo.digimatic-13"
port = "{port}"
unit = "mm"
[[gauge.channel]]
name = "1"
characteristic = "diameter"
"""


def lay_down(home: Path, port: Path | str, plan: str = PLAN) -> None:
    """A new station in `home` with an effective plan that reads `port`."""
    file = home.parent / f"{home.name}-plan.toml"
    file.write_text(plan.format(port=port))
    with Station.open(home, name="bench 1") as station:
        with station.write("engineer") as work:
            draft = import_plan(work, load_plan_file(file))
        with station.write("supervisor") as work:
            approve_plan(work, draft.id)


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """Wait for a condition, never for a time."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"not within {seconds} s: {what}"
        time.sleep(0.005)


class Gauge:
    """The instrument's side of a serial cable: a pseudo-terminal behind a path that stays; it can be unplugged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._master = -1
        self._keep = -1
        self.plug()

    def plug(self) -> None:
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self.path.symlink_to(os.ttyname(slave))
        self._keep = slave  # until a reader has it open, the slave must not vanish

    def unplug(self) -> None:
        self.path.unlink()
        os.close(self._keep)
        os.close(self._master)
        self._master = self._keep = -1

    def send(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._master, data) :]

    def value(self, text: str) -> None:
        """One Mitutoyo record."""
        self.send(f"01A+{text:0>8}\r".encode())

    def close(self) -> None:
        if self._master >= 0:
            self.unplug()


class Line:
    """`sinebar line run` on a home, and a window's attachment to it."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        self.options = options
        self.process: subprocess.Popen[bytes] | None = None
        self.window = Attachment(home, "test window")
        self.arrived: dict[type[Any], list[Any]] = {}
        self._status: dict[str, str] = {}
        self._detail: dict[str, str] = {}
        self.window.start()

    def start(self) -> None:
        if self.process is not None and self.process.stderr:
            self.process.stderr.close()
        self.process = subprocess.Popen(
            program("line", "run", "--home", str(self.home), *self.options),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=surroundings(),
        )
        process = self.process

        def attached() -> bool:
            if process.poll() is not None:
                assert process.stderr is not None
                pytest.fail(f"the line ended with {process.returncode}: {process.stderr.read().decode()}")
            return self.snapshot() is not None

        wait_until(attached, f"the line is attached ({self.window.state})", 60.0)

    def drain(self) -> None:
        for item in self.window.drain():
            self.arrived.setdefault(type(item), []).append(item)
            snapshot = item.snapshot if isinstance(item, Attached) else item
            for port in (item,) if isinstance(item, protocol.Port) else getattr(snapshot, "ports", ()):
                self._status[port.source], self._detail[port.source] = port.status, port.detail

    def snapshot(self) -> protocol.Snapshot | None:
        self.drain()
        state = self.window.state
        return state.snapshot if isinstance(state, Attached) else None

    def all(self, kind: type[Any]) -> list[Any]:
        self.drain()
        return self.arrived.get(kind, [])

    def pid(self) -> int:
        snapshot = self.snapshot()
        assert snapshot is not None
        return snapshot.pid

    def wait(self, condition: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
        wait_until(condition, what, seconds)

    def stored(self, characteristic: int = 1) -> list[str]:
        """Every kept value of a characteristic, as it was sent, read by a process that is not the line."""
        with Station.open(self.home, create=False) as station, station.read() as reader:
            return [str(value.value) for value in reader.measurements(characteristic, 1, 2**60)]

    def ready(self, source: str = "caliper") -> None:
        """Wait until the port is read."""
        wait_until(lambda: self.status(source) == "ready", f"{source} is ready")

    def listening(self, gauge: Gauge) -> None:
        """Wait until the line hears the gauge: what comes in the instant a port is opened is not trusted."""
        self.ready()

        def heard() -> bool:
            gauge.send(b"911\r")  # the converter's error record: never a value
            until = time.monotonic() + 0.2
            while time.monotonic() < until and not self.all(protocol.ReadingRefused):
                time.sleep(0.002)
            return bool(self.all(protocol.ReadingRefused))

        wait_until(heard, "the gauge is heard")

    def status(self, source: str = "caliper") -> str:
        """What was last said of a port."""
        self.drain()
        return self._status.get(source, "")

    def detail(self, source: str) -> str:
        """What else was last said of it."""
        self.drain()
        return self._detail.get(source, "")

    def answer(self, number: int) -> protocol.Answer:
        def found() -> list[protocol.Answer]:
            return [item for item in self.all(protocol.Answer) if item.command == number]

        wait_until(lambda: bool(found()), "the answer")
        return found()[0]

    def end(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def close(self) -> None:
        self.window.close()
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stderr:
            self.process.stderr.close()


@pytest.fixture
def gauge(tmp_path: Path) -> Iterator[Gauge]:
    made = Gauge(tmp_path / "caliper")
    yield made
    made.close()


@pytest.fixture
def home(tmp_path: Path, gauge: Gauge) -> Path:
    """A station that reads `gauge`."""
    made = tmp_path / "home"
    lay_down(made, gauge.path)
    return made


@pytest.fixture
def line(home: Path) -> Iterator[Line]:
    """The home's line, running."""
    made = Line(home)
    try:
        made.start()
        yield made
    finally:
        made.close()
        _end_orphan(home)


@pytest.fixture
def new_line(gauge: Gauge) -> Iterator[Callable[[Path], Line]]:
    """Lay down a station that reads `gauge` in a folder of the test's choice, and start its line."""
    made: list[Line] = []

    def begin(home: Path) -> Line:
        lay_down(home, gauge.path)
        made.append(Line(home))
        made[-1].start()
        return made[-1]

    yield begin
    for one in made:
        one.close()


def _end_orphan(home: Path) -> None:
    """A test that killed the parent leaves a line behind: end it by the number it wrote down."""
    with contextlib.suppress(OSError, ValueError):
        pid = int(json.loads((home / "line.pid").read_text())["pid"])
        from workstation.line.lock import holder

        if holder(home) is not None:
            os.kill(pid, signal.SIGTERM)
            wait_until(lambda: holder(home) is None, "the orphan has ended")


@pytest.fixture
def sinebar() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line in a process of its own."""

    def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "workstation.cli", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            env={**surroundings(), **options.pop("env", {})},
            **options,
        )

    return run
