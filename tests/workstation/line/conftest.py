"""What the tests of the line share: a server that answers without instruments, and a window's attachment to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from workstation.line import protocol
from workstation.line.attachment import Attachment
from workstation.line.server import Command, LineServer

Until = Callable[[Callable[[], bool]], Awaitable[None]]


class Desk:
    """Obeys commands at once and remembers them; `kept` is what its snapshots say."""

    def __init__(self) -> None:
        self.obeyed: list[Command] = []
        self.kept = 0

    async def obey(self, command: Command) -> protocol.Answer:
        self.obeyed.append(command)
        return protocol.Answer(command.command, "", "")

    def snapshot(self, missed: int) -> protocol.Snapshot:
        return protocol.Snapshot("bench 1", "", "ring v1", (), self.kept, 0, 0, None, missed=missed)

    def announcements(self, count: int) -> list[protocol.Announcement]:
        """`count` kept readings, numbered on."""
        first = self.kept
        self.kept += count
        return [
            protocol.Kept(1, n // 5 + 1, n % 5 + 1, "74.030", "mm", "gauge 1", 10**15 + n, True, 900)
            for n in range(first, first + count)
        ]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def server(tmp_path: Path, desk: Desk) -> AsyncIterator[LineServer]:
    line = LineServer(tmp_path, "bench 1", desk.snapshot, desk.obey)
    await line.open()
    yield line
    await line.close()


@pytest.fixture
def attachment(tmp_path: Path) -> Iterator[Attachment]:
    window = Attachment(tmp_path, "test window")
    yield window
    window.close()


@pytest.fixture
def until() -> Until:
    """Wait for a condition, at most ten seconds."""

    async def wait(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.002)

    return wait
