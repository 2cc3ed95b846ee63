"""A hub on each kind of database, and a station that is enrolled at it, in one process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.workstation.hub.postgres_server import PostgresServer, why_not
from tests.workstation.wire.stations import measure, new_station
from workstation.hub.hub import Hub
from workstation.hub.stations import Station
from workstation.store import Store
from workstation.sync.outbox import Outbox
from workstation.wire.messages import Credentials, Entry, Push, PushReply, unpacked
from workstation.wire.totals import Totals

Databases = Callable[[], AbstractContextManager[str | None]]
"""Gives the address of a new database for as long as a block lasts; None means the file in the hub's folder."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running server; skips where none can be started."""
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    server = PostgresServer()
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Databases of either kind: what asks for them is run on both."""
    if request.param == "sqlite":
        return nullcontext
    server: PostgresServer = request.getfixturevalue("postgres")

    @contextmanager
    def made() -> Iterator[str | None]:
        with server.database() as name:
            yield server.url(name)

    return made


@pytest.fixture
def url(databases: Databases) -> Iterator[str | None]:
    with databases() as made:
        yield made


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "hub"


@pytest.fixture
def hub(data: Path, url: str | None) -> Iterator[Hub]:
    with Hub.open(data, url=url) as opened:
        yield opened


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with new_station(tmp_path / "home") as opened:
        measure(opened, 6, refused=True)
        yield opened


@dataclass
class Sender:
    """Pushes a store's entries into a hub without a network."""

    hub: Hub
    store: Store
    credentials: Credentials

    @property
    def station(self) -> Station:
        found = self.hub.stations.by_token(self.credentials.token)
        assert found is not None
        return found

    def entries(self, after: int = 0) -> list[Entry]:
        parcel = Outbox(self.store).next_parcel(Totals(after))
        return list(unpacked(parcel.body, Push).entries) if parcel else []

    def push(self, *entries: Entry) -> PushReply:
        return self.hub.intake.push(self.station, Push(1, self.store.station, entries))

    def outcomes(self, *entries: Entry) -> list[str]:
        return [result.outcome for result in self.push(*entries).results]

    def events(self) -> list[str]:
        return [event.kind for event in self.hub.stations.security_events()]


@pytest.fixture
def sender(hub: Hub, store: Store) -> Sender:
    return Sender(hub, store, hub.stations.enrol(store.station, hub.stations.offer(store.station)))
