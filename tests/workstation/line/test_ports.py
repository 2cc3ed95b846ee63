from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from devices.errors import DeviceError, PortError
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


async def test_a_missing_profile_changes_nothing(tmp_path: Path) -> None:
    heard: list[Any] = []
    ports = Ports(library(tmp_path), heard.append, None)
    await ports.follow([gauge(1, BYTES, str(tmp_path / "absent"))])
    with pytest.raises(DeviceError, match="no profile"):
        await ports.follow([gauge(2, "no.such", "/dev/ttyUSB1")])
    assert ports.sources == {"gauge 1"}


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
