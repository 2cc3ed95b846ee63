"""A station with people, one characteristic, and what a line reports of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest

from workstation.catalog import gauges, limits, parts
from workstation.catalog.gauges import GaugeDefinition
from workstation.catalog.parts import CharacteristicDefinition
from workstation.catalog.values import Characteristic
from workstation.people import accounts
from workstation.people.accounts import Proof
from workstation.people.passwords import Costs
from workstation.store import Role, Store

PASSWORD = "correct horse 7"
CHEAP = Costs(passes=1, memory_kib=64, lanes=1)
PEOPLE = {
    "inspector": Role.INSPECTOR, "engineer": Role.ENGINEER, "second": Role.ENGINEER, "supervisor": Role.SUPERVISOR,
    "auditor": Role.AUDITOR,
}  # fmt: skip
START = 1_795_355_543_000_000


class SettableClock:
    def __init__(self) -> None:
        self.now = START

    def microseconds(self) -> int:
        self.now += 1000
        return self.now

    def offset_minutes(self) -> int:
        return 60


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def store(tmp_path: Path, clock: SettableClock) -> Iterator[Store]:
    with Store.open(tmp_path, station="bench 1", clock=clock) as opened:
        with opened.write("setup") as work:
            for name, role in PEOPLE.items():
                accounts.create(work, name, name.title(), role, PASSWORD, costs=CHEAP)
            accounts.ensure_line_account(work)
        yield opened


@pytest.fixture
def prove(store: Store) -> Callable[[str], Proof]:
    return lambda name: accounts.authenticate(store, name, PASSWORD)


@pytest.fixture
def diameter(store: Store) -> Characteristic:
    with store.write("engineer") as work:
        part = parts.ensure_part(work, "PR-74", "Piston ring")
        definition = CharacteristicDefinition(
            "inside diameter", "mm", 3, Decimal("74.000"), Decimal("73.965"), Decimal("74.035")
        )
        characteristic = parts.ensure_characteristic(work, part.id, definition)
        gauge = gauges.ensure_gauge(work, GaugeDefinition("bore gauge 1", "p", "COM1", "19283746"))
        gauges.bind(work, gauge.id, "1", characteristic.id)
        frozen = {"location": {"lcl": 73.98805, "center": 74.001176, "ucl": 74.014302}}
        limits.establish(work, characteristic.id, frozen, 1, 25)
    return characteristic


@dataclass(frozen=True)
class OutOfControl:
    characteristic: Characteristic
    subgroup: int = 37
    limits: int = 1
    location: tuple[str, ...] = ("nelson 1",)
    dispersion: tuple[str, ...] = ()
    mean: float = 74.0156
    spread: float = 0.021
    values: tuple[Decimal, ...] = tuple(map(Decimal, ("74.009", "74.010", "74.012", "74.017", "74.030")))
    observed_at: int = START - 2_000_000


@dataclass(frozen=True)
class OutOfTolerance:
    characteristic: Characteristic
    subgroup: int = 39
    position: int = 3
    value: Decimal = Decimal("74.036")
    sent: Decimal = Decimal("74.036")
    unit: str = "mm"
    source: str = "19283746"
    observed_at: int = START - 3_000_000


@pytest.fixture
def out_of_control(diameter: Characteristic) -> OutOfControl:
    return OutOfControl(diameter)


@pytest.fixture
def out_of_tolerance(diameter: Characteristic) -> OutOfTolerance:
    return OutOfTolerance(diameter)


@pytest.fixture
def again() -> Callable[..., object]:
    """The same facts with some fields changed."""
    return replace
