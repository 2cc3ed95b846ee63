"""A station on disk, with one characteristic to measure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workstation.catalog import parts
from workstation.catalog.parts import CharacteristicDefinition
from workstation.store import Store


class SteppingClock:
    """A clock that goes on by a millisecond at each look, or wherever a test sets it."""

    def __init__(self, start: int = 1_795_355_543_000_000) -> None:
        self.now = start

    def microseconds(self) -> int:
        self.now += 1000
        return self.now

    def offset_minutes(self) -> int:
        return 60


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def store(home: Path, clock: SteppingClock) -> Iterator[Store]:
    with Store.open(home, station="bench 1", clock=clock) as opened:
        yield opened


@pytest.fixture
def diameter(store: Store) -> int:
    """A characteristic in mm with subgroups of five."""
    with store.write("setup") as work:
        part = parts.ensure_part(work, "P-1", "Ring")
        return parts.ensure_characteristic(work, part.id, CharacteristicDefinition("diameter", "mm", 3)).id
