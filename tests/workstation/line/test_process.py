"""The whole line in one loop: what happens between its rooms when more comes than the disk takes."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import lay_down
from workstation.errors import SurroundingsFailed
from workstation.line import keep, process
from workstation.line.keep import Outcome, Waiting
from workstation.line.ledger import Ledger
from workstation.line.process import LineProcess, Options
from workstation.line.reactions import NoReactions
from workstation.station import Station


class Torrent:
    """A gauge on the network that sends some 10 000 records a second to whoever connects."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        records = b"".join(b"01A+0074.%03d\r" % number for number in range(50))
        while True:
            connection, _ = self._listener.accept()
            with connection:
                if self._ended.is_set():
                    return
                self.connections += 1
                self._pour(connection, records)

    def _pour(self, connection: socket.socket, records: bytes) -> None:
        connection.settimeout(0.05)
        while not self._ended.wait(0.005):
            try:
                connection.sendall(records)
            except TimeoutError:
                continue
            except OSError:
                return

    def close(self) -> None:
        self._ended.set()
        with socket.create_connection(self._listener.getsockname()):
            self._thread.join(10)
        self._listener.close()


@pytest.fixture
def torrent() -> Iterator[Torrent]:
    made = Torrent()
    yield made
    made.close()


@pytest.fixture
def station(tmp_path: Path, torrent: Torrent) -> Iterator[Station]:
    """A station that reads the torrent, on a disk that takes its time, with room for 400 readings in memory."""
    lay_down(tmp_path / "home", torrent.port)
    with Station.open(tmp_path / "home") as opened:
        yield opened


@pytest.fixture(autouse=True)
def _slow_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    commit = Ledger.commit

    def slowly(
        ledger: Ledger, batch: Sequence[Waiting], at_commit: Callable[[], None] | None = None
    ) -> Callable[[], Outcome]:
        time.sleep(0.01)
        return commit(ledger, batch, at_commit)

    monkeypatch.setattr(Ledger, "commit", slowly)
    monkeypatch.setattr(keep, "MOST_WAITING", 400)


def _line(station: Station) -> LineProcess:
    return LineProcess(station.home, station.store, NoReactions(), Options("line"))


async def test_a_line_that_ends_in_a_flood_opens_no_port_for_the_room_that_its_end_makes(
    station: Station, torrent: Torrent, until: Any
) -> None:
    line = _line(station)
    running = asyncio.create_task(line.run(lambda: None))
    await until(lambda: line._keeper._is_full)
    line.stop()
    before = torrent.connections
    assert await asyncio.wait_for(running, 10) == 0
    assert torrent.connections == before
    assert line.snapshot().waiting == 0
    assert line.snapshot().kept + line.snapshot().refused > 0


async def test_ports_that_were_closed_for_want_of_room_are_read_again_and_said_to_be(
    station: Station, torrent: Torrent, until: Any
) -> None:
    """However the closing and the opening fall: what is shown of a port is what it is."""
    line = _line(station)
    running = asyncio.create_task(line.run(lambda: None))
    try:
        for times in range(2, 5):
            await until(lambda times=times: torrent.connections >= times)
        await until(lambda: [port.status for port in line.snapshot().ports] == ["ready"])
    finally:
        line.stop()
        assert await asyncio.wait_for(running, 10) == 0


async def test_what_comes_after_the_home_was_taken_away_is_never_said_to_be_kept(
    station: Station, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files that are open would take it, but nobody would find it there."""
    monkeypatch.setattr(process, "HOME_WATCH", 0.2)
    monkeypatch.setattr(keep, "MOST_WAITING", 100_000)
    line = _line(station)
    running = asyncio.create_task(line.run(lambda: None))
    await until(lambda: line.snapshot().kept > 100)
    moved = station.home.rename(station.home.with_name("moved"))
    await until(lambda: line._keeper.failure is not None)
    failure, announced = line._keeper.failure, line.snapshot().kept
    assert failure is not None and "was removed or replaced" in failure.sentence
    assert await asyncio.wait_for(running, 10) > 0
    assert line.snapshot().kept == announced
    with pytest.raises(SurroundingsFailed, match="was removed or replaced"):
        line.require_home()
    with station.read() as reader:
        assert reader.counts().measurements == announced
    moved.rename(station.home)
    line.require_home()
