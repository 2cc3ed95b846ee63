"""Real stations and real hub processes for the tests of hub and sync."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path

from workstation.catalog import parts
from workstation.catalog.parts import CharacteristicDefinition
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


def measure(store: Store, subgroups: int, *, first: int = 1, refused: bool = False) -> None:
    """Keep whole subgroups of five, a journal entry each."""
    for number in range(first, first + subgroups):
        values = tuple(
            Measurement(
                1, number, place, Decimal("74.000") + Decimal(place).scaleb(-3), "mm", START + number * 10 + place,
                "gauge 7", "button", "good", "line", b"01A+0074.001\r",
            )
            for place in range(1, 6)
        )  # fmt: skip
        closed = (SubgroupJudgement(1, number, 5, 74.003, 0.004 if number % 2 else None, 0, 0, None, START + number),)
        noise = (RefusedReading("gauge 7", "1", START, "error record 1", b"911\r"),) if refused else ()
        with store.write("line") as work:
            work.append_measurements(MeasurementBatch(values, closed, noise))


def enrolled(data: Path, name: str) -> Credentials:
    """Credentials of a station, by the hub's own register."""
    with Hub.open(data) as hub:
        return hub.stations.enrol(name, hub.stations.offer(name))


class HubProcess:
    """`sinebar hub serve` in a process of its own, that can be killed and started again on the same port."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self._options = options
        self.port = 0
        self.address = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> HubProcess:
        command = [sys.executable, "-m", "workstation.cli", "hub", "serve", "--json"]
        command += ["--data", str(self.data), "--port", str(self.port), *self._options]
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


def command(*arguments: str | Path, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run one sinebar command."""
    environment = dict(os.environ) | ({"SINEBAR_HOME": str(home)} if home is not None else {})
    return subprocess.run(
        [sys.executable, "-m", "workstation.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )
