"""Our MT-SICS profile against another maker's emulator of a balance (PyPI: mt-sics-emulator), over TCP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from devices import Profile, open_link
from devices.reading import LinkStatus, Quality, Reading, Trigger

Until = Callable[..., Any]
mtsics = pytest.importorskip("mtsics", reason="the package mt-sics-emulator is not installed")

pytestmark = pytest.mark.peer


async def emulator() -> tuple[Any, Any, str]:
    from mtsics.core.simulator import WeightSimulator
    from mtsics.core.state import ScaleState
    from mtsics.profiles import load
    from mtsics.protocol.engine import MTSICSEngine
    from mtsics.transport.tcp import TCPConfig, TCPTransport

    state = ScaleState(config=load("mt-xs204"))
    simulator = WeightSimulator(state)
    transport = TCPTransport(
        MTSICSEngine(state), cfg=TCPConfig(host="127.0.0.1", port=0, sir_rate=20), simulator=simulator
    )
    host, port = await transport.start()
    return transport, simulator, f"tcp://{host}:{port}"


async def test_weighing_streaming_and_overload(profile_of: Callable[[str], Profile], until: Until) -> None:
    profile = profile_of("mettler.mt-sics")
    transport, simulator, port = await emulator()
    simulator.snap_to(100.1234)
    heard: list[Reading] = []
    link = open_link(
        profile, port, source="balance", sink=lambda one: heard.append(one) if isinstance(one, Reading) else None
    )
    task = asyncio.ensure_future(link.run())
    await until(lambda: link.state.status is LinkStatus.READY)
    await link.request("1")
    await until(lambda: heard)
    assert heard[0].trigger is Trigger.REQUEST
    assert heard[0].value is not None
    assert abs(heard[0].value - Decimal("100.1234")) < Decimal("0.01")
    assert heard[0].value.as_tuple().exponent == -4
    assert heard[0].unit == "g"
    simulator.snap_to(500)
    await link.request("1")
    await until(lambda: len(heard) == 2)
    assert heard[1].quality is Quality.BAD
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    simulator.snap_to(50)
    stream: list[Reading] = []
    link = open_link(
        profile,
        port,
        source="balance",
        sink=lambda one: stream.append(one) if isinstance(one, Reading) else None,
        stream=True,
    )
    task = asyncio.ensure_future(link.run())
    await until(lambda: len(stream) >= 3, 10)
    assert {one.trigger for one in stream} == {Trigger.STREAM}
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await transport.close()
