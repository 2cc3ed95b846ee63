"""A link polls a register instrument that another process plays over Modbus TCP."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest

from devices import load_profile, open_link
from devices.modbus.link import ModbusLink
from devices.reading import LinkStatus, Quality, Reading, Trigger
from resources import ROOT

PROFILE = ROOT / "profiles" / "modbus-sht20.toml"


@pytest.fixture
async def sensor() -> AsyncIterator[str]:
    """The port of a temperature and humidity sensor in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "devices.simulators.modbus", str(PROFILE), "tcp://127.0.0.1:0", "--seed", "7"),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout is not None
    port = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
    yield port
    process.terminate()
    await process.wait()


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until `condition` holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_sensor_in_another_process_is_read(sensor: str) -> None:
    events: list[object] = []
    link = open_link(load_profile(PROFILE), sensor, source="room", sink=events.append)
    assert isinstance(link, ModbusLink)
    running = asyncio.create_task(link.run())
    try:
        await until(lambda: link.state.status is LinkStatus.READY)
        answer = await link.read("temperature")
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    readings = [event for event in events if isinstance(event, Reading)]
    assert {reading.channel for reading in readings} == {"temperature", "humidity"}
    assert all(reading.quality is Quality.GOOD and reading.source == "room" for reading in readings)
    assert answer is not None and answer.trigger is Trigger.REQUEST and answer.unit == "°C"
    assert answer.value is not None and abs(answer.value - Decimal("21.5")) < 2
    assert answer.value.as_tuple().exponent == -1
    assert answer.raw.endswith(int(answer.value * 10).to_bytes(2, "big"))
