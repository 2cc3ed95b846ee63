"""The publisher with a real store and spool: what is selected, where it goes on, what it says when there is no room."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from devices.channels.grouping import Grouping
from devices.errors import ExtraMissing, PortError
from devices.gateway.broker import Broker
from devices.gateway.entries import unpack
from devices.gateway.mqtt import NodeName
from devices.gateway.spool import Spool
from devices.reading import LinkState, LinkStatus, Quality
from tests.integration.mosquitto import PROGRAM, Host, Mosquitto
from tests.workstation.line.conftest import Bench, bench_reading
from workstation.catalog.continuous import ContinuousRule
from workstation.line.outgoing import Outgoing, Position, Selection
from workstation.line.plan import LinePlan
from workstation.line.publisher import FOLDER, MOST_SAMPLES_WAITING, Publisher, Publishing
from workstation.people.accounts import LINE_ACCOUNT
from workstation.quality import alarms

pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed")
NOWHERE = "mqtt://127.0.0.1:1"


def settings(broker: str = NOWHERE, selection: Selection | None = None, **others: Any) -> Publishing:
    return Publishing(broker, "Sinebar", "bench 1", selection or Selection(), **others)


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def publishing(bench: Bench, given: Publishing) -> AsyncIterator[tuple[Publisher, list[LinkState]]]:
    told: list[LinkState] = []
    made = Publisher(bench.store.home, bench.store, given, told.append)
    made.follow(bench.plan())
    await made.start()
    try:
        yield made, told
    finally:
        await made.stop()


def spooled(home: Path) -> list[tuple[str, str, object]]:
    """Device, metric and value of everything in the spool, acknowledged or not being no matter as nothing is sent."""
    spool = Spool(home / FOLDER)
    try:
        metrics = [unpack(entry, is_historical=False) for _, entry in spool.after(0, 10**6)]
    finally:
        spool.close()
    return [(device, one.name, one.properties.get("text", one.value)) for device, one in metrics]


def values(home: Path, name: str = "diameter/reading") -> list[object]:
    return [value for _, metric, value in spooled(home) if metric == name]


async def test_what_is_kept_after_the_beginning_is_in_the_spool_once(bench: Bench) -> None:
    bench.lay_down(subgroup_size=2)
    bench.keep("74.001", "74.002")
    async with publishing(bench, settings()):
        pass
    bench.keep("74.0030", "74.004", "74.005")
    for _ in range(3):
        async with publishing(bench, settings()):
            pass
    bench.keep("74.006")
    async with publishing(bench, settings()) as (publisher, _):
        publisher.wake()
    assert values(bench.store.home) == ["74.0030", "74.004", "74.005", "74.006"]
    assert [(device, name) for device, name, _ in spooled(bench.store.home)][3:5] == [
        ("R-1", "diameter/mean"), ("R-1", "diameter/range"),
    ]  # fmt: skip
    assert values(bench.store.home, "diameter/mean") == pytest.approx([74.0035, 74.0055])
    assert values(bench.store.home, "diameter/range") == pytest.approx([0.001, 0.001])


@pytest.mark.parametrize("torn", range(1, 12))
async def test_a_batch_that_reached_the_spool_in_part_is_completed(bench: Bench, torn: int) -> None:
    bench.lay_down(subgroup_size=2)
    async with publishing(bench, settings()):
        pass
    bench.keep(*[f"74.{number:03}" for number in range(8)])
    async with publishing(bench, settings()):
        pass
    whole = spooled(bench.store.home)
    assert len(whole) == 8 + 2 * 4
    spool = Spool(bench.store.home / FOLDER)
    entries = [entry for _, entry in spool.after(0, 100)]
    spool.close()
    for path in (bench.store.home / FOLDER).glob("*.spool"):
        path.unlink()
    again = Spool(bench.store.home / FOLDER)
    again.append(entries[:torn])
    again.close()
    async with publishing(bench, settings()):
        pass
    assert spooled(bench.store.home) == whole


async def test_only_what_is_selected_is_published_and_numbers_do_not_depend_on_it(bench: Bench) -> None:
    bench.lay_down(subgroup_size=2)
    bench.lay_down("width", subgroup_size=2)
    start = Outgoing(bench.store, Selection()).end()
    bench.keep("74.001", "74.002")
    bench.keep("74.003", "74.004", name="width")

    def marks(selection: Selection) -> dict[str, str]:
        found, _ = Outgoing(bench.store, selection).after(start)
        return {one.mark: one.name for one in found}

    everything = marks(Selection())
    assert len(everything) == 8
    for chosen, wanted in (
        (Selection(readings=False), {"mean", "range"}),
        (Selection(subgroups=False), {"reading"}),
        (Selection(characteristics=frozenset({"width"})), {"reading", "mean", "range"}),
    ):
        some = marks(chosen)
        assert some.items() < everything.items()
        assert {name.split("/")[1] for name in some.values()} == wanted
    assert {name.split("/")[0] for name in some.values()} == {"width"}


async def test_alarms_are_told_when_raised_and_when_acknowledged(bench: Bench) -> None:
    made = bench.lay_down()
    start = Outgoing(bench.store, Selection()).end()
    with bench.store.write(LINE_ACCOUNT) as work:
        raised = alarms.raise_alarm(work, made.id, 7, ("nelson 1", "nelson 2"), None, 10**15)
    with bench.store.write("erna") as work:
        alarms.acknowledge(work, raised.uid, "cleaned the chuck")
    found, _ = Outgoing(bench.store, Selection()).after(start)
    told = [one for one in found if one.name == "diameter/alarm"]
    assert [one.value for one in told] == ["raised", "acknowledged"]
    assert told[0].observed_at == 10**18 < told[1].observed_at
    for one in told:
        assert one.properties == {"alarm": raised.uid, "subgroup": 7, "rules": "nelson 1, nelson 2"}
    assert not [one for one in found if "erna" in str(one)]


async def test_the_end_of_an_alarm_is_told_at_its_time_and_numbers_do_not_depend_on_it(bench: Bench) -> None:
    made = bench.lay_down()
    start = Outgoing(bench.store, Selection()).end()
    first, second = 10**15, 2 * 10**15
    with bench.store.write(LINE_ACCOUNT) as work:
        alarms.raise_alarm(work, made.id, 7, ("silent",), None, first)
    with bench.store.write(LINE_ACCOUNT) as work:
        alarms.end_alarm(work, made.id, "silent", first, alarms.End("it speaks again", ended_at=first + 5))
    with bench.store.write(LINE_ACCOUNT) as work:  # within one batch of readings
        alarms.raise_alarm(work, made.id, 7, ("stuck",), None, second)
        alarms.end_alarm(work, made.id, "stuck", second, alarms.End("the line ended", seen_until=second + 9))
    found, _ = Outgoing(bench.store, Selection()).after(start)
    told = [(one.value, one.observed_at // 1000, one.properties.get("end_seen")) for one in found]
    assert told == [
        ("raised", first, None), ("ended", first + 5, True), ("raised", second, None), ("ended", second + 9, False),
    ]  # fmt: skip
    marks = [one.mark for one in found]
    assert len(set(marks)) == 4
    half = Position(int(marks[2].split(".")[0]), 1)
    rest, _ = Outgoing(bench.store, Selection()).after(half)
    assert [one.mark for one in rest] == marks[3:]


async def test_a_spool_without_room_is_said_and_nothing_is_lost(bench: Bench, tmp_path: Path) -> None:
    if PROGRAM is None:
        pytest.skip("the program mosquitto is not installed")
    bench.lay_down()
    sent = [f"74.{number:04}" for number in range(400)]
    async with publishing(bench, settings(most_bytes=40_000)) as (publisher, told):
        bench.keep(*sent)
        publisher.wake()
        await until(lambda: any("is full" in one.detail and one.status is LinkStatus.ERROR for one in told))
    broker = Mosquitto(tmp_path / "broker")
    broker.start()
    host = Host(Broker("127.0.0.1", broker.port), NodeName("Sinebar", "bench 1"))
    try:
        assert await asyncio.to_thread(host.is_ready.wait, 20)
        async with publishing(bench, settings(broker.url, most_bytes=40_000)) as (_, told):
            await until(lambda: len(host.values("diameter/reading")) >= 400, 60)
            await until(lambda: told[-1].status is LinkStatus.READY and "wait" not in told[-1].detail)
    finally:
        await asyncio.to_thread(host.close)
        broker.stop()
    assert host.values("diameter/reading") == sent


async def test_a_disk_that_takes_nothing_is_said_and_nothing_is_lost(bench: Bench) -> None:
    bench.lay_down()
    async with publishing(bench, settings()) as (publisher, told):
        bench.keep("74.001")
        publisher.wake()
        await until(lambda: values(bench.store.home) == ["74.001"])
        bench.keep("74.002", "74.003")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        size = max(path.stat().st_size for path in (bench.store.home / FOLDER).glob("*.spool"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, hard))
        try:
            publisher.wake()
            await until(lambda: any("cannot be kept" in one.detail for one in told))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        await until(lambda: len(values(bench.store.home)) == 3)
    assert values(bench.store.home) == ["74.001", "74.002", "74.003"]


async def test_samples_are_published_as_they_come_and_counted_when_lost(bench: Bench) -> None:
    made = bench.lay_down(name="temperature", unit="°C", plausible_low=None, plausible_high=None)
    key = ("g", "temperature")
    plan = LinePlan("oven", {made.id: made}, {}, {key: (made.id,)}, {key: ContinuousRule(Grouping.COUNT, 1)})
    told: list[LinkState] = []
    publisher = Publisher(bench.store.home, bench.store, settings(selection=Selection(samples=True)), told.append)
    publisher.follow(plan)
    for number in range(MOST_SAMPLES_WAITING + 3):  # nothing is written before it begins
        publisher.heard(bench_reading(f"180.{number:05}", "temperature", "°C"))
    publisher.heard(bench_reading("1", "another"))
    await publisher.start()
    await until(lambda: any("3 samples were lost" in one.detail for one in told))
    await publisher.stop()
    kept = values(bench.store.home, "temperature/sample")
    assert kept[0] == "180.00003" and len(kept) == MOST_SAMPLES_WAITING


async def test_the_position_is_written_down_where_nothing_is_published(bench: Bench) -> None:
    bench.lay_down(subgroup_size=2)
    nothing = Selection(readings=False, subgroups=False, alarms=False)
    async with publishing(bench, settings(selection=nothing)):
        pass
    begun = Position.parse((bench.store.home / FOLDER / "position").read_text())
    assert begun == Outgoing(bench.store, nothing).end()
    bench.keep("74.001")
    async with publishing(bench, settings()):
        pass
    assert values(bench.store.home) == ["74.001"]


@pytest.mark.parametrize("text", ["", "1", "1.", ".1", "a.b", "1.2.3", "-1.0", "²"])
def test_a_position_that_is_none(text: str) -> None:
    assert Position.parse(text) is None


def test_positions_are_read_as_they_were_written() -> None:
    assert Position.parse(str(Position(7, 3))) == Position(7, 3)
    assert Position(7, 3) < Position(7, 4) < Position(8)


async def test_settings_that_cannot_be(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PortError, match="no MQTT broker"):
        Publisher(bench.store.home, bench.store, settings("mqtt://broker/path"), print)
    with pytest.raises(Exception, match="part of a topic"):
        Publisher(bench.store.home, bench.store, Publishing(NOWHERE, "a/b", "c"), print)
    monkeypatch.setitem(__import__("sys").modules, "paho", None)
    with pytest.raises(ExtraMissing, match="paho-mqtt") as refused:
        Publisher(bench.store.home, bench.store, settings(), print)
    assert "-m pip install paho-mqtt" in refused.value.next_step


def test_a_doubtful_reading_says_so(bench: Bench) -> None:
    import msgspec

    from workstation.line.keep import Waiting

    bench.lay_down()
    start = Outgoing(bench.store, Selection()).end()
    doubtful = msgspec.structs.replace(bench_reading("74.0010"), quality=Quality.UNCERTAIN, reason="it is warming up")
    bench.ledger.commit([Waiting(doubtful, "meister")])
    (told,), _ = Outgoing(bench.store, Selection()).after(start)
    assert (told.value, told.quality, told.reason) == (Decimal("74.0010"), Quality.UNCERTAIN, "it is warming up")
    assert "meister" not in str(told)
