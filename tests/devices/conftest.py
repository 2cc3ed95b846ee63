"""What the tests of instruments share: the shipped profiles, and a check that nothing is left behind."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from devices import Profile, load_profile
from resources import ROOT

PROFILES = ROOT / "profiles"
MITUTOYO = PROFILES / "mitutoyo-digimatic-13.toml"


@pytest.fixture(scope="session")
def mitutoyo() -> Profile:
    return load_profile(MITUTOYO)


@pytest.fixture
def profile_of() -> Callable[[str], Profile]:
    """Loads a shipped profile by its id."""
    return lambda name: load_profile(PROFILES / f"{name.replace('.', '-')}.toml")


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = {thread.ident for thread in threading.enumerate()}
    yield
    left = [
        thread.name
        for thread in threading.enumerate()
        if thread.ident not in before and thread.name.startswith("port ") and thread.is_alive()
    ]
    assert not left


@pytest.fixture
async def until() -> AsyncIterator[Callable[..., object]]:
    """Wait for a condition, at most so many seconds."""

    async def wait(condition: Callable[[], object], seconds: float = 5.0) -> None:
        end = asyncio.get_running_loop().time() + seconds
        while not condition():
            assert asyncio.get_running_loop().time() < end, "waited in vain"
            await asyncio.sleep(0.002)

    yield wait


@pytest.fixture
def profile_path() -> Callable[[str], Path]:
    return lambda name: PROFILES / f"{name.replace('.', '-')}.toml"
