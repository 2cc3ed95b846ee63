from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from devices.errors import PortError
from devices.reading import LinkState, LinkStatus
from workstation.catalog.values import Gauge, GaugeStatus
from workstation.errors import CallIsWrong
from workstation.line.ports import Ports, group, library

BYTES = "mitutoyo.digimatic-13"
REGISTERS = "modbus.sht20"


def gauge(number: int, profile: str, port: str, status: GaugeStatus = GaugeStatus.ACTIVE, serial: str = "") -> Gauge:
    return Gauge(number, f"u{number}", 1, f"gauge {number}", serial, profile, port, "mm", None, status)


def test_register_instruments_on_one_wire_share_a_link_and_the_others_do_not(tmp_path: Path) -> None:
    gauges = [
        gauge(1, BYTES, "/dev/ttyUSB0"),
        gauge(2, REGISTERS, "/dev/ttyUSB1?unit=1"),
        gauge(3, REGISTERS, "/dev/ttyUSB1?unit=2"),
        gauge(4, REGISTERS, "tcp://10.0.0.7:502?unit=1"),
        gauge(5, BYTES, "/dev/ttyUSB2", GaugeStatus.RETIRED),
        gauge(6, BYTES, "/dev/ttyUSB3", GaugeStatus.LOCKED),
    ]
    groups = group(gauges, library(tmp_path))
    assert [[one.id for one in members] for members in groups] == [[1], [2, 3], [4], [6]]


def test_a_stations_own_profile_comes_before_the_shipped_one(tmp_path: Path) -> None:
    shipped = library(tmp_path)
    own = tmp_path / "profiles"
    own.mkdir()
    text = shipped.path(BYTES).read_text().replace('title = "Mitutoyo 13-character record"', 'title = "Ours"')
    (own / shipped.path(BYTES).name).write_text(text)
    assert library(tmp_path).load(BYTES).title == "Ours"


Until = Callable[[Callable[[], bool]], Awaitable[None]]


@asynccontextmanager
async def read(ports: Ports) -> AsyncIterator[None]:
    ports.start()
    try:
        yield
    finally:
        await ports.stop()
        ports.failed.cancel()


def newest(states: list[Any]) -> dict[str, LinkState]:
    return {one.source: one for one in states}


async def test_one_gauge_that_cannot_be_read_keeps_no_other_from_it(tmp_path: Path, until: Until) -> None:
    """A typing error in one profile, port or unit stands where that gauge stands; forty others are read."""
    states: list[Any] = []
    ports = Ports(library(tmp_path), states.append, None)
    good, away = gauge(1, BYTES, "tcp-listen://127.0.0.1:0"), gauge(2, "no.such", "/dev/ttyUSB1")
    misspelt, taken = gauge(3, BYTES, "http://gauge"), gauge(5, REGISTERS, "tcp://127.0.0.1:1?unit=1")
    await ports.follow([good, away, misspelt, gauge(4, REGISTERS, "tcp://127.0.0.1:1"), taken])
    async with read(ports):
        await until(lambda: set(newest(states)) == {f"gauge {number}" for number in range(1, 6)})
        told = newest(states)
        assert told["gauge 1"].status is LinkStatus.OPENING
        assert {told[f"gauge {number}"].status for number in (2, 3, 5)} == {LinkStatus.ERROR}
        assert "no profile 'no.such'" in told["gauge 2"].detail
        assert "'http://gauge' is no port" in told["gauge 3"].detail
        assert "It has the same unit 1" in told["gauge 5"].detail and "gauge 4" in told["gauge 5"].detail
        assert told["gauge 5"].port == taken.port
        assert "same unit" not in told["gauge 4"].detail
        assert ports.wire("gauge 2").channels("gauge 2") == () == ports.wire("gauge 5").channels("gauge 5")
        assert ports.wire("gauge 2").profiles["gauge 2"].title == "no.such"
        with pytest.raises(PortError, match="gauge 2 is not read: There is no profile"):
            await ports.request("gauge 2", "1")
        before = ports.wire("gauge 2")
        await ports.follow([good, away])
        assert ports.wire("gauge 2") is before


async def test_of_two_gauges_on_one_port_the_first_is_read_and_the_other_named(tmp_path: Path, until: Until) -> None:
    """Whichever came first would else have taken the readings, and the other blamed a program that is not there."""
    states: list[Any] = []
    ports = Ports(library(tmp_path), states.append, None)
    first = gauge(1, BYTES, str(tmp_path / "ttyUSB0"))
    twice = [gauge(2, BYTES, f"{tmp_path}/./ttyUSB0?poll=1@5"), gauge(3, REGISTERS, f"{tmp_path / 'ttyUSB0'}?unit=3")]
    await ports.follow([first, *twice])
    async with read(ports):
        await until(lambda: newest(states).keys() == {"gauge 1", "gauge 2", "gauge 3"})
        for number in (2, 3):
            told = newest(states)[f"gauge {number}"].detail
            assert "It has the same port as gauge gauge 1" in told and "Only gauge 1 is read" in told
        await ports.follow(twice[1:])
        await until(lambda: "There is no port" in newest(states)["gauge 3"].detail)


async def test_a_profile_that_is_mended_is_read_at_once(
    tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workstation.line.ports.LOOK_AGAIN", 0.02)
    states: list[Any] = []
    own = tmp_path / "profiles" / "my-gauge.toml"
    own.parent.mkdir()
    right = library(tmp_path).path(BYTES).read_text().replace(f'id = "{BYTES}"', 'id = "my.gauge"')
    own.write_text(right.replace("unit = ", "unti = "))
    ports = Ports(library(tmp_path), states.append, None)
    await ports.follow([gauge(1, "my.gauge", str(tmp_path / "absent"))])
    async with read(ports):
        await until(lambda: bool(states) and "'unti'" in states[-1].detail)
        assert str(own) in states[-1].detail and ", line " in states[-1].detail
        own.write_text(right.replace("version = 1", "vresion = 1"))
        await until(lambda: "'vresion'" in states[-1].detail)
        own.write_text(right)
        await until(lambda: "There is no port" in states[-1].detail)


async def test_two_gauges_with_one_serial_number_are_refused(tmp_path: Path) -> None:
    ports = Ports(library(tmp_path), lambda _: None, None)
    with pytest.raises(CallIsWrong, match="same serial number SN 1"):
        await ports.follow([gauge(1, BYTES, "/a", serial="SN 1"), gauge(2, BYTES, "/b", serial="SN 1")])


async def test_links_are_kept_ended_and_begun_as_the_gauges_change(tmp_path: Path) -> None:
    states: list[Any] = []
    ports = Ports(library(tmp_path), states.append, None)
    first, second = gauge(1, BYTES, str(tmp_path / "one")), gauge(2, BYTES, str(tmp_path / "two"))
    await ports.follow([first])
    ports.start()
    kept = {task for task in asyncio.all_tasks() if task.get_name().endswith("one")}
    assert len(kept) == 1
    await ports.follow([first, second])
    names = {task.get_name().rsplit("/", 1)[-1]: task for task in asyncio.all_tasks() if "port" in task.get_name()}
    assert set(names) == {"one", "two"} and names["one"] in kept
    await ports.follow([second])
    assert names["one"].done() and not names["two"].done()
    with pytest.raises(CallIsWrong, match="no gauge 'gauge 1'"):
        await ports.request("gauge 1", "1")
    with pytest.raises(PortError):
        await ports.request("gauge 2", "1")
    await ports.stop()
    assert names["two"].done()
    ports.failed.cancel()


async def test_a_link_that_ends_by_itself_is_told(tmp_path: Path) -> None:
    def sink(event: object) -> None:
        raise ValueError("a fault of ours")

    ports = Ports(library(tmp_path), sink, None)
    await ports.follow([gauge(1, BYTES, str(tmp_path / "absent"))])
    ports.start()
    async with asyncio.timeout(10):
        with pytest.raises(ValueError, match="a fault of ours"):
            await ports.failed
    await ports.stop()
