"""A measuring room's climate, read by a sensor whose readings went through the line's own pieces to a real home."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from devices.reading import Quality, Reading, Trigger
from workstation.catalog.plan_file import load_plan_file
from workstation.catalog.plans import approve_plan, import_plan
from workstation.line.check import Overdue
from workstation.line.keep import Waiting
from workstation.line.ledger import Ledger
from workstation.line.plan import load_plan
from workstation.line.samples import SampleBuffer
from workstation.line.sensors import Piece, Sensors
from workstation.station import QualityReactions, Station

SECOND = 10**9
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
SERIAL = "CLIMATE-1"
PLAN = """
format = 1
[plan]
name = "room"
revision = 1
title = "Climate of the measuring room"
[part]
number = "ROOM-1"
name = "Measuring room"
[[characteristic]]
name = "temperature"
unit = "°C"
decimals = 1
lower_specification = 19.0
upper_specification = 24.0
chart = "i_mr"
subgroup_size = 1
baseline_subgroups = 20
[[characteristic]]
name = "humidity"
unit = "%RH"
decimals = 1
chart = "i_mr"
subgroup_size = 1
baseline_subgroups = 20
[[gauge]]
name = "climate"
serial_number = "CLIMATE-1"
profile = "modbus.sht20"
port = "tcp://127.0.0.1:1"
[[gauge.channel]]
name = "temperature"
characteristic = "temperature"
[gauge.channel.continuous]
group = "time"
size = 5
every = 3600
low = 19.5
high = 23.5
hysteresis = 0.5
silent = 600
[[gauge.channel]]
name = "humidity"
characteristic = "humidity"
[gauge.channel.continuous]
group = "time"
size = 5
every = 3600
"""


def lay_down(home: Path) -> None:
    """A station whose effective plan reads temperature and humidity all day."""
    home.mkdir(parents=True, exist_ok=True)
    file = home / "room.toml"
    file.write_text(PLAN, encoding="utf-8")
    with Station.open(home, name="room 1") as station:
        with station.write("engineer") as work:
            draft = import_plan(work, load_plan_file(file))
        with station.write("supervisor") as work:
            approve_plan(work, draft.id)


def reading(channel: str, value: Decimal | None, at: int) -> Reading:
    """One reading at UTC nanoseconds; None for one that cannot be used."""
    unit, quality = ("°C" if channel == "temperature" else "%RH"), Quality.BAD if value is None else Quality.GOOD
    return Reading(SERIAL, channel, value, unit, at, at, at, Trigger.POLL, quality, "", b"\x01")


def wave(channel: str, start: int, count: int, step: int, *, peak_at: int = -1) -> Iterable[Reading]:
    """A calm climate; with `peak_at` the room warms by four degrees for a while about that reading."""
    base, swing, decimals = (21.5, 0.6, 1) if channel == "temperature" else (45.0, 3.0, 1)
    for number in range(count):
        value = base + swing * math.sin(number * step / HOUR * 2) + 0.05 * ((number * 7919) % 13 - 6)
        if peak_at >= 0 and channel == "temperature":
            value += 4 * math.exp(-(((number - peak_at) * step / (6 * MINUTE)) ** 2))
        yield reading(channel, Decimal(f"{value:.{decimals}f}"), start + number * step)


def measure(home: Path, readings: Iterable[Reading], *, ends: bool = True) -> None:
    """Have the line's sensors, ledger and buffer take readings in order; with `ends` the line ends in order."""
    with Station.open(home) as station:
        with station.read() as reader:
            plan = load_plan(reader)
        ledger = Ledger(station.store, QualityReactions(), "line")
        waiting: list[Waiting] = []

        def put(given: Reading, piece: Piece | None) -> None:
            waiting.append(Waiting(given, "", piece=piece))

        sensors, buffer = Sensors(put, Overdue.REFUSE), SampleBuffer(home)
        taken = list(readings)
        sensors.follow(plan, taken[0].monotonic)
        for one in taken:
            sensors.tick(one.monotonic, one.observed_at)
            sensors.take(one)
            if len(waiting) >= 200:
                ledger.commit(waiting[:])
                waiting.clear()
                sensors.write_samples(buffer, taken[0].observed_at)
        if ends:
            sensors.end()
        if waiting:
            ledger.commit(waiting)
        sensors.write_samples(buffer, taken[0].observed_at)
        buffer.close()
