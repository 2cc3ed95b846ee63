"""What the tests of the line share: a server that answers without instruments, and a window's attachment to it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from devices.reading import Quality, Reading, Trigger
from workstation.catalog.parts import CharacteristicDefinition, ensure_characteristic, ensure_part
from workstation.catalog.values import Characteristic, Chart, Gauge, GaugeStatus
from workstation.line import protocol
from workstation.line.attachment import Attachment
from workstation.line.keep import Outcome, Waiting
from workstation.line.ledger import Ledger
from workstation.line.plan import LinePlan
from workstation.line.reactions import (
    AlarmOpened,
    ChannelTrouble,
    OpenTrouble,
    OutOfControl,
    OutOfTolerance,
    TroubleEnded,
)
from workstation.line.server import Command, LineServer
from workstation.store import Reader, Store, UnitOfWork

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


class Recorder:
    """Reactions that remember what they were called with; `error` makes them fail."""

    def __init__(self) -> None:
        self.controls: list[OutOfControl] = []
        self.tolerances: list[OutOfTolerance] = []
        self.troubles: list[ChannelTrouble] = []
        self.ends: list[TroubleEnded] = []
        self.open: list[OpenTrouble] = []
        self.error: Exception | None = None

    def out_of_control(self, _work: UnitOfWork, event: OutOfControl) -> AlarmOpened | None:
        if self.error:
            raise self.error
        self.controls.append(event)
        return AlarmOpened(f"alarm-{event.subgroup}", None)

    def out_of_tolerance(self, _work: UnitOfWork, event: OutOfTolerance) -> str | None:
        if self.error:
            raise self.error
        self.tolerances.append(event)
        return f"nc-{event.subgroup}-{event.position}"

    def channel_trouble(self, _work: UnitOfWork, event: ChannelTrouble) -> AlarmOpened | None:
        self.troubles.append(event)
        return AlarmOpened(f"channel-{len(self.troubles)}", None)

    def trouble_ended(self, _work: UnitOfWork, event: TroubleEnded) -> None:
        if self.error:
            raise self.error
        self.ends.append(event)
        self.open = [
            one
            for one in self.open
            if (one.characteristic, one.watch, one.began_at) != (event.characteristic, event.watch, event.began_at)
        ]

    def open_troubles(self, _reader: Reader) -> Sequence[OpenTrouble]:
        return self.open


class Bench:
    """A station's store with one part, and a ledger that keeps readings of its characteristics."""

    def __init__(self, home: Path) -> None:
        self.store = Store.open(home, station="bench 1")
        self.reactions = Recorder()
        self.characteristics: dict[str, Characteristic] = {}
        self.gauges = {"g": Gauge(1, "g", 1, "g", "", "p", "x", "mm", None, GaugeStatus.ACTIVE)}
        self.ledger = self.new_ledger()

    def lay_down(self, name: str = "diameter", **changes: object) -> Characteristic:
        given: dict[str, object] = {
            "unit": "mm",
            "decimals": 3,
            "lower_specification": Decimal("73.950"),
            "upper_specification": Decimal("74.050"),
            "plausible_low": Decimal(70),
            "plausible_high": Decimal(78),
            "subgroup_size": 5,
            "chart": Chart.XBAR_R,
            "baseline_subgroups": 20,
        }
        with self.store.write("engineer") as work:
            part = ensure_part(work, "R-1", "ring")
            definition = CharacteristicDefinition(name=name, **{**given, **changes})  # type: ignore[arg-type]
            made = ensure_characteristic(work, part.id, definition)
        self.characteristics[name] = made
        return made

    def plan(self) -> LinePlan:
        by_id = {made.id: made for made in self.characteristics.values()}
        routes = {("g", name): (made.id,) for name, made in self.characteristics.items()}
        return LinePlan("ring", by_id, self.gauges, routes)

    def new_ledger(self) -> Ledger:
        """What a line that was killed starts with: nothing but the store."""
        return Ledger(self.store, self.reactions, "line", read_plan=lambda _: self.plan())

    def keep(self, *values: str, name: str = "diameter", unit: str = "mm") -> Outcome:
        return self.ledger.commit([Waiting(bench_reading(value, name, unit), "meister") for value in values])()


def bench_reading(value: str, name: str = "diameter", unit: str | None = "mm") -> Reading:
    raw = value.encode()
    return Reading("g", name, Decimal(value), unit, 10**18, 1, 1, Trigger.BUTTON, Quality.GOOD, "", raw)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def ring_values() -> list[str]:
    """40 subgroups of 5: a stable process that moves up by a standard deviation and a half after the 30th."""
    chance = random.Random(74)
    return [f"{chance.gauss(74.0, 0.01) + (0.015 if n >= 150 else 0):.4f}" for n in range(200)]
