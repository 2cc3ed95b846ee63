"""A measuring room's station, measured once for all tests that only read it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.workstation.insight import climate

START = 1_790_000_040 * climate.SECOND - 1_790_000_040 % 3600 * climate.SECOND
"""A whole hour."""


def measured(home: Path) -> None:
    """Two hours of every ten seconds, a gap of three hours, then half an hour of every second with a warm spell."""
    climate.lay_down(home)
    early = sorted(
        [*climate.wave("temperature", START, 720, 10 * climate.SECOND),
         *climate.wave("humidity", START, 720, 10 * climate.SECOND)],
        key=lambda one: one.observed_at,
    )  # fmt: skip
    late = START + 5 * climate.HOUR
    spell = list(climate.wave("temperature", late, 1800, climate.SECOND, peak_at=900))
    spell[100:105] = [climate.reading("temperature", None, one.observed_at) for one in spell[100:105]]
    climate.measure(home, early)
    climate.measure(home, spell, ends=False)


@pytest.fixture(scope="session")
def measured_room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home; to be read only."""
    home = tmp_path_factory.mktemp("room") / "home"
    measured(home)
    return home


@pytest.fixture
def room(measured_room: Path, tmp_path: Path) -> Path:
    """A copy of one's own."""
    return Path(shutil.copytree(measured_room, tmp_path / "room"))
