"""Real stations and real hub processes for the tests of hub and sync."""

from __future__ import annotations

import io
import json
import os
import queue
import subprocess
import sys
import threading
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from workstation.catalog import parts
from workstation.catalog.parts import CharacteristicDefinition
from workstation.cli.main import main
from workstation.hub.hub import Hub
from workstation.store import Measurement, MeasurementBatch, RefusedReading, Store, SubgroupJudgement
from workstation.sync.client import HubClient
from workstation.wire.messages import Credentials

START = 1_795_355_543_000_000


def new_station(home: Path, name: str = "bench 1") -> Store:
    """A station with one characteristic (number 1) in mm."""
    store = Store.open(home, station=name)
    with store.write("setup") as work:
        part = parts.ensure_part(work, "P-1", "Ring")
        parts.ensure_characteristic(work, part.id, CharacteristicDefinition("diameter", "mm", 3))
    return store


def measure(store: Store, subgroups: int, *, first: int = 1, refused: bool = False, together: int = 1) -> None:
    """Keep whole subgroups of five, a journal entry each, `together` of them in one transaction."""
    for start in range(first, first + subgroups, together):
        with store.write("line") as work:
            for number in range(start, min(start + together, first + subgroups)):
                work.append_measurements(subgroup(number, refused=refused))


def subgroup(number: int, *, refused: bool = False) -> MeasurementBatch:
    """Five values, their judgement, and a record that was no value when asked for."""
    values = tuple(
        Measurement(
            1, number, place, Decimal("74.000") + Decimal(place).scaleb(-3), "mm", START + number * 10 + place,
            "gauge 7", "button", "good", "line", b"01A+0074.001\r",
        )
        for place in range(1, 6)
    )  # fmt: skip
    spread = 0.004 if number % 2 else None
    closed = (SubgroupJudgement(1, number, 5, 74.003, spread, 0, 0, None, START + number),)
    noise = (RefusedReading("gauge 7", "1", START, "error record 1", b"911\r"),) if refused else ()
    return MeasurementBatch(values, closed, noise)


def enrolled(data: Path, name: str, *, url: str | None = None) -> Credentials:
    """Credentials of a station, by the hub's own register."""
    with Hub.open(data, url=url) as hub:
        return hub.stations.enrol(name, hub.stations.offer(name))


class HubProcess:
    """`sinebar hub serve` in a process of its own, that can be killed and started again on the same port."""

    def __init__(self, data: Path, *options: str, url: str | None = None) -> None:
        self.data = data
        self.url = url
        self.place = ("--data", str(data), *(() if url is None else ("--database", url)))
        """The options that name this hub in every `sinebar hub` command."""
        self._options = options
        self.port = 0
        self.address = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> HubProcess:
        command = [sys.executable, "-m", "workstation.cli", "hub", "serve", "--json"]
        command += [*self.place, "--port", str(self.port), *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self._first_line(self._process)
        self.address = json.loads(line)["address"]
        self.port = int(self.address.rpartition(":")[2])
        return self

    @staticmethod
    def _first_line(process: subprocess.Popen[str]) -> str:
        lines: queue.Queue[str] = queue.Queue()
        assert process.stdout is not None
        reader = threading.Thread(target=lambda out: lines.put(out.readline()), args=(process.stdout,))
        reader.start()
        try:
            line = lines.get(timeout=30)
        finally:
            if lines.empty() and process.poll() is None and reader.is_alive():
                process.kill()
            reader.join(10)
        if not line:
            raise AssertionError(f"the hub did not start: {process.communicate()[1]}")
        return line

    def client(self, credentials: Credentials) -> HubClient:
        return HubClient(self.address, credentials)

    def kill(self) -> None:
        """Without warning, as a power cut would."""
        self._end(kill=True)

    def stop(self) -> int:
        """Politely; returns the exit code."""
        return self._end(kill=False)

    def _end(self, *, kill: bool) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        if kill:
            process.kill()
        else:
            process.terminate()
        process.communicate(timeout=20)
        return process.returncode

    def __enter__(self) -> HubProcess:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill() if self._process is not None and self._process.poll() is None else self._end(kill=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


def command(*arguments: str | Path, home: Path | None = None) -> Answered:
    """Run one sinebar command in this process, as `sinebar` would: quick, and the same code from the first word on."""
    words = [str(argument) for argument in arguments]
    if home is not None:
        words = ["--home", str(home), *words]
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(words)
    return Answered(code, out.getvalue(), err.getvalue())


def process(*arguments: str | Path, home: Path | None = None) -> Answered:
    """Run one sinebar command in a process of its own."""
    environment = dict(os.environ) | ({"SINEBAR_HOME": str(home)} if home is not None else {})
    done = subprocess.run(
        [sys.executable, "-m", "workstation.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )
    return Answered(done.returncode, done.stdout, done.stderr)
