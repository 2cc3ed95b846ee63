"""A station on disk and a hub in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workstation.wire.stations import HubProcess, enrolled, new_station
from workstation.store import Store
from workstation.wire.messages import Credentials


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    with new_station(home) as opened:
        yield opened


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    with HubProcess(tmp_path / "hub") as process:
        yield process


@pytest.fixture
def credentials(hub: HubProcess, store: Store) -> Credentials:
    return enrolled(hub.data, store.station)
