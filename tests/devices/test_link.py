"""Links on real ports: pseudo-terminals, sockets and a port server; unplugged, late, silent and busy."""

# ruff: noqa: SIM117 - the instrument stands outside, the link inside: one in the other reads better than one line

from __future__ import annotations

import asyncio
import os
import pty
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from devices import Link, Poll, Profile, connect_all, load_profile, open_link
from devices.errors import NotConnected, PortError, ProtocolError
from devices.link import AnyLink
from devices.reading import Discarded, LinkState, LinkStatus, Quality, Reading, Scan, Signal, Trigger
from devices.record import RawJournal, _Segment
from devices.simulators.faults import Fault
from devices.simulators.gauge import GaugeSimulator
from devices.simulators.serve import Playing, PtyEndpoint, build_endpoint, stop

Until = Callable[..., Any]

QUICK = """
[profile]
id = "test.quick"
version = 1
title = "Quick gauge"
maker = "nobody"
family = "length"
source = "this test"
certainty = "manual"

[serial]
line = "9600 8N1"

[framing]
kind = "line"
end = "\\r"
max = 32

[request]
read = "?{channel}\\r"
channels = ["1", "2", "3"]
timeout_ms = 80
late_window_ms = 120

[stream]
start = "GO\\r"
stop = "STOP\\r"
stop_on_open = true
silent_after_ms = 150

[commands]
zero = "ZERO\\r"

[[record]]
kind = "event"
match = "FOOT"
trigger = "foot switch"
reason = "foot switch pressed"

[[record]]
kind = "error"
match = "E(?P<channel>[123])"
reason = "no gauge"

[[record]]
kind = "reading"
match = '(?P<channel>[123])=(?P<value>[+-][0-9.]{1,9})'
unit = "mm"

[[test]]
name = "value"
bytes = "1=+1.5\\r"
expect = [{ channel = "1", value = "1.5" }]

[[test]]
name = "error"
bytes = "E2\\r"
expect = [{ channel = "2", error = "no gauge" }]

[[test]]
name = "garbage"
bytes = "1=\\r"
expect = []

[simulate]
reply = "{ch}={v:+.3f}"
delay_ms = [1, 5]
faults = { error = "E{ch}", event = "FOOT" }
"""


@pytest.fixture(scope="module")
def quick() -> Profile:
    return load_profile(QUICK)


def values(count: int) -> list[Decimal]:
    return [Decimal("74.000") + Decimal(number).scaleb(-3) for number in range(count)]


@asynccontextmanager
async def running(link: AnyLink) -> AsyncIterator[AnyLink]:
    task = asyncio.ensure_future(link.run())
    try:
        yield link
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def playing(simulator: GaugeSimulator, port: str, rate: float = 0.0) -> AsyncIterator[Playing]:
    play = Playing(simulator, build_endpoint(port), rate=rate)
    await play.open()
    task = asyncio.ensure_future(play.run(stay=True))
    try:
        yield play
    finally:
        await stop(task, play)


class Heard:
    """A sink that keeps what it is told, by kind."""

    def __init__(self) -> None:
        self.all: list[object] = []

    def __call__(self, one: object) -> None:
        self.all.append(one)

    @property
    def readings(self) -> list[Reading]:
        return [one for one in self.all if isinstance(one, Reading)]

    @property
    def good(self) -> list[Decimal]:
        return [one.value for one in self.readings if one.value is not None]

    @property
    def states(self) -> list[LinkStatus]:
        return [one.status for one in self.all if isinstance(one, LinkState)]

    @property
    def discarded(self) -> list[Discarded]:
        return [one for one in self.all if isinstance(one, Discarded)]


@pytest.mark.parametrize("port", ["pty", "tcp://127.0.0.1:0"])
async def test_every_record_arrives_with_its_decimals(mitutoyo: Profile, port: str, until: Until) -> None:
    heard = Heard()
    async with playing(GaugeSimulator(mitutoyo, values(40), seed=1, faults={Fault.SPLIT: 0.3}), port, 500) as play:
        async with running(open_link(mitutoyo, play.endpoint.name, source="gauge", sink=heard)):
            await until(lambda: len(heard.good) == 40)
    assert heard.good == values(40)
    assert {(one.channel, one.unit, one.trigger) for one in heard.readings} == {("1", None, Trigger.BUTTON)}
    assert heard.states[:2] == [LinkStatus.OPENING, LinkStatus.READY]
    assert heard.discarded == []
    for one in heard.readings:
        assert one.monotonic <= one.received
        assert one.raw.endswith(b"\r")


async def test_unplugged_is_shown_at_once_and_replugged_is_read_again(
    mitutoyo: Profile, tmp_path: Path, until: Until
) -> None:
    port = tmp_path / "gauge"
    heard = Heard()
    clock = asyncio.get_running_loop().time
    async with running(open_link(mitutoyo, str(port), source="gauge", sink=heard)) as link:
        await until(lambda: link.state.status is LinkStatus.ERROR)
        assert "There is no port" in link.state.detail
        for _ in range(2):
            before = len(heard.good)
            async with playing(GaugeSimulator(mitutoyo, values(9999)), f"pty:{port}", 50):
                plugged = clock()
                await until(lambda before=before: len(heard.good) > before + 3)
                assert clock() - plugged < 1.0
            pulled = clock()
            await until(lambda: link.state.status is LinkStatus.ERROR)
            assert clock() - pulled < 0.5
            assert "lost" in link.state.detail
            assert link.state.last_bytes.endswith(b"\r")


async def test_a_server_that_returns_is_found_again(mitutoyo: Profile, until: Until) -> None:
    heard = Heard()
    async with playing(GaugeSimulator(mitutoyo, values(9999)), "tcp://127.0.0.1:0", 100) as play:
        name = play.endpoint.name
        link = open_link(mitutoyo, name, source="gauge", sink=heard)
        task = asyncio.ensure_future(link.run())
        await until(lambda: len(heard.good) > 2)
    await until(lambda: link.state.status is LinkStatus.ERROR)
    assert "closed the connection" in link.state.detail
    before = len(heard.good)
    async with playing(GaugeSimulator(mitutoyo, values(9999)), name, 100):
        await until(lambda: len(heard.good) > before + 2)
        assert link.state.status is LinkStatus.READY
        assert heard.good[before:][:3] == values(3), "every value of the server that came back, from its first"
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_who_closes_each_connection_at_once_is_not_asked_without_end(
    mitutoyo: Profile, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was heard once, and now has somebody else whom it answers: the tries come further apart all the same."""
    monkeypatch.setattr("devices.link.SHORTEST_WAIT", 0.02)
    heard = Heard()
    connections = 0

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        if connections == 1:
            await asyncio.sleep(0.05)  # what comes in the first moment is not trusted
            writer.write(b"01A+0074.001\r01A+0074.002\r")
            await writer.drain()
            await until(lambda: bool(heard.good))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with running(open_link(mitutoyo, port, source="gauge", sink=heard)):
            await until(lambda: connections > 4)
            await asyncio.sleep(1)
    assert connections <= 10


async def test_a_request_is_answered(quick: Profile, until: Until) -> None:
    heard = Heard()
    async with playing(GaugeSimulator(quick, values(9)), "pty") as play:
        async with running(open_link(quick, play.endpoint.name, source="gauge", sink=heard)) as link:
            await connect_all([link], 2)
            await link.request("2")
            await link.request("3")
            await until(lambda: len(heard.good) == 2)
    assert [(one.channel, one.trigger) for one in heard.readings] == [("2", Trigger.REQUEST), ("3", Trigger.REQUEST)]


async def test_late_answers_are_never_booked_on_a_real_port(quick: Profile, until: Until) -> None:
    simulator = GaugeSimulator(quick, values(999), seed=3, faults={Fault.LATE: 0.3})
    heard = Heard()
    async with playing(simulator, "pty") as play:
        polls = [Poll(channel, 10_000_000) for channel in "123"]
        async with running(open_link(quick, play.endpoint.name, source="gauge", sink=heard, polls=polls)) as link:
            await until(lambda: len(heard.readings) >= 25, 20)
    assert {one.fault for one in simulator.log} == {None, Fault.LATE}
    for asked, booked in zip(simulator.log, heard.readings, strict=False):  # each request has one outcome, in order
        assert booked.channel == asked.channel
        assert booked.value in (asked.value, None)
    assert any("after the time-out" in one.reason for one in heard.discarded)
    assert isinstance(link, Link)
    assert link.counts.time_outs >= 1


async def test_no_answer_is_a_bad_reading_and_then_silence(quick: Profile, until: Until) -> None:
    heard = Heard()
    simulator = GaugeSimulator(quick, values(99), faults={Fault.MENU: 1.0})
    async with playing(simulator, "pty") as play:
        polls = [Poll("1", 20_000_000)]
        link = Link(quick, play.endpoint.name, source="gauge", sink=heard, polls=polls)
        async with running(link):
            await until(lambda: link.state.status is LinkStatus.SILENT)
            assert "2 requests without an answer" in link.state.detail
            simulator._faults.clear()
            await until(lambda: link.state.status is LinkStatus.READY and bool(heard.good))
    assert {one.quality for one in heard.readings if one.value is None} == {Quality.BAD}
    assert "no answer within 0.08 s" in heard.readings[0].reason


async def test_a_dead_channel_does_not_slow_its_neighbours(quick: Profile, until: Until) -> None:
    """Channel 3 never answers: it is asked less and less often, and the others keep their pace."""

    class Deaf(GaugeSimulator):
        def heard(self, data: bytes) -> list[tuple[float, bytes]]:
            return [] if b"3" in data else super().heard(data)

    heard = Heard()
    async with playing(Deaf(quick, values(9999)), "pty") as play:
        polls = [Poll(channel, 20_000_000) for channel in "123"]
        link = Link(quick, play.endpoint.name, source="gauge", sink=heard, polls=polls)
        async with running(link):
            await until(lambda: sum(1 for one in heard.readings if one.channel == "3") >= 2)
            before, start = len(heard.good), asyncio.get_running_loop().time()
            await until(lambda: len(heard.good) >= before + 60, 10)
            seconds = asyncio.get_running_loop().time() - start
    assert seconds < 3.0  # 60 readings of two channels at 50 a second each take 0.6 s; one lost second is allowed
    assert link._grid.demoted() == ("3",)


async def test_missed_cycles_are_counted_and_not_made_up_for(quick: Profile, until: Until) -> None:
    heard = Heard()
    async with playing(GaugeSimulator(quick, values(999), faults={Fault.SLOW: 1.0}), "pty") as play:
        link = Link(quick, play.endpoint.name, source="gauge", sink=heard, polls=[Poll("1", 5_000_000)])
        async with running(link):
            await until(lambda: len(heard.good) >= 3)
    assert link.missed[link.source, "1"] > 10


async def test_a_stream_is_started_and_its_silence_noticed(quick: Profile, until: Until) -> None:
    said = b""

    class Streaming(GaugeSimulator):
        def heard(self, data: bytes) -> list[tuple[float, bytes]]:
            nonlocal said
            said += data
            return [piece for _ in range(5) for piece in self.press()] if b"GO" in data else []

    heard = Heard()
    async with playing(Streaming(quick, values(5)), "pty") as play:
        async with running(open_link(quick, play.endpoint.name, source="gauge", sink=heard, stream=True)) as link:
            await until(lambda: len(heard.good) == 5)
            await until(lambda: link.state.status is LinkStatus.SILENT)
    assert said == b"STOP\rGO\r"
    assert {one.trigger for one in heard.readings} == {Trigger.STREAM}


async def test_a_foot_switch_reads_the_gauge_that_was_chosen(quick: Profile, until: Until) -> None:
    heard = Heard()
    signals: list[Scan | Signal] = []
    simulator = GaugeSimulator(quick, values(9))
    async with playing(simulator, "pty") as play:
        link = Link(quick, play.endpoint.name, source="gauge", sink=heard, signals=signals.append)
        async with running(link):
            await connect_all([link], 2)
            link.prefer("2")
            await link.request("1")
            await until(lambda: len(heard.good) == 1)
            play.endpoint.write(b"FOOT\r")
            await until(lambda: len(heard.good) == 2)
            with pytest.raises(ProtocolError, match="cannot be asked for channel '7'"):
                link.prefer("7")
    assert (heard.readings[-1].channel, heard.readings[-1].trigger) == ("2", Trigger.FOOT_SWITCH)
    assert len(signals) == 1


async def test_commands_are_sent_by_name(quick: Profile, until: Until) -> None:
    said = b""

    class Listening(GaugeSimulator):
        def heard(self, data: bytes) -> list[tuple[float, bytes]]:
            nonlocal said
            said += data
            return []

    async with playing(Listening(quick, values(1)), "pty") as play:
        link = Link(quick, play.endpoint.name, source="gauge", sink=Heard())
        async with running(link):
            await connect_all([link], 2)
            await link.command("zero")
            await until(lambda: said.endswith(b"ZERO\r"))
            with pytest.raises(ProtocolError, match="no command 'explode'"):
                await link.command("explode")


async def test_all_that_cannot_be_opened_is_told_together(mitutoyo: Profile, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ports = {"a": str(tmp_path / "nothing"), "b": "tcp://127.0.0.1:1", "c": str(tmp_path / "file")}
    links = [Link(mitutoyo, port, source=name, sink=Heard()) for name, port in ports.items()]
    tasks = [asyncio.ensure_future(link.run()) for link in links]
    with pytest.raises(NotConnected) as caught:
        await connect_all(links, 0.3)
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert set(caught.value.reasons) == {"a", "b", "c"}
    assert "There is no port" in caught.value.reasons["a"]
    assert "cannot be reached" in caught.value.reasons["b"]
    assert "replay:" in caught.value.reasons["c"]
    assert "3 instruments are not connected" in str(caught.value)


async def test_a_port_that_is_away_refuses_requests(quick: Profile, tmp_path: Path, until: Until) -> None:
    async with running(open_link(quick, str(tmp_path / "no"), source="gauge", sink=Heard())) as link:
        await until(lambda: link.state.status is LinkStatus.ERROR)
        with pytest.raises(PortError, match="not connected"):
            await link.request("1")


async def test_a_port_is_held_by_one_link_only(mitutoyo: Profile, until: Until) -> None:
    async with playing(GaugeSimulator(mitutoyo, values(1)), "pty") as play:
        first = open_link(mitutoyo, play.endpoint.name, source="one", sink=Heard())
        second = open_link(mitutoyo, play.endpoint.name, source="two", sink=Heard())
        async with running(first):
            await until(lambda: first.state.status is LinkStatus.READY)
            async with running(second):
                await until(lambda: second.state.status is LinkStatus.ERROR)
                assert "held by another program" in second.state.detail


async def test_the_owners_own_error_is_raised_from_run(mitutoyo: Profile) -> None:
    def broken(one: object) -> None:
        if isinstance(one, Reading):
            raise ValueError("the owner is broken")

    async with playing(GaugeSimulator(mitutoyo, values(5)), "pty", 100) as play:
        with pytest.raises(ValueError, match="the owner is broken"):
            await asyncio.wait_for(open_link(mitutoyo, play.endpoint.name, source="gauge", sink=broken).run(), 5)


async def test_a_full_disk_stops_measuring_loudly(
    mitutoyo: Profile, tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard()
    journal = RawJournal(tmp_path)
    write = _Segment._write

    def full(segment: _Segment, packed: bytes) -> None:
        raise OSError(28, "No space left on device")

    async with playing(GaugeSimulator(mitutoyo, values(9999)), "pty", 100) as play:
        link = open_link(mitutoyo, play.endpoint.name, source="gauge", sink=heard, raw_journal=journal)
        async with running(link):
            await until(lambda: len(heard.good) > 3)
            monkeypatch.setattr(_Segment, "_write", full)
            await until(lambda: link.state.status is LinkStatus.ERROR)
            assert "No space left" in link.state.detail
            count = len(heard.good)
            await asyncio.sleep(0.05)
            assert len(heard.good) == count
            monkeypatch.setattr(_Segment, "_write", write)
            await until(lambda: len(heard.good) > count)
    journal.close()


async def test_nothing_is_left_open(mitutoyo: Profile, until: Until) -> None:
    def descriptors() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    before, tasks = descriptors(), len(asyncio.all_tasks())
    for _ in range(3):
        heard = Heard()
        async with playing(GaugeSimulator(mitutoyo, values(9)), "pty", 300) as play:
            async with running(open_link(mitutoyo, play.endpoint.name, source="gauge", sink=heard)):
                await until(lambda heard=heard: len(heard.good) >= 2)
    assert descriptors() == before
    assert len(asyncio.all_tasks()) == tasks


async def test_a_pty_whose_reader_leaves_waits_for_the_next(mitutoyo: Profile, until: Until) -> None:
    endpoint = PtyEndpoint()
    simulator = GaugeSimulator(mitutoyo, values(9999))
    play = Playing(simulator, endpoint, rate=200)
    await play.open()
    task = asyncio.ensure_future(play.run(stay=True))
    heard: list[Heard] = []
    for reader in (Heard(), Heard()):
        heard.append(reader)
        async with running(open_link(mitutoyo, endpoint.name, source="gauge", sink=reader)):
            await until(lambda reader=reader: len(reader.good) > 3)
    await stop(task, play)
    sent = [one.value for one in simulator.log]
    for reader in heard:
        first = sent.index(reader.good[0])
        assert reader.good == sent[first : first + len(reader.good)], "what it reads has no hole and nothing twice"
    assert heard[1].good[0] > heard[0].good[-1], "the next reader is never told what the first one was"


async def test_a_short_soak_accounts_for_every_record(mitutoyo: Profile, until: Until) -> None:
    """What no fault spoiled is read, in order and once; what one spoiled never becomes a value. The long run is a
    benchmark."""
    kinds = (
        Fault.SPLIT,
        Fault.GLUE,
        Fault.GARBAGE,
        Fault.TRUNCATE,
        Fault.PARITY,
        Fault.PREFIX,
        Fault.ERROR,
        Fault.IDENT,
    )
    heard = Heard()
    faults = dict.fromkeys((*kinds, Fault.DROPOUT), 0.04)
    simulators = [GaugeSimulator(mitutoyo, values(600), seed=seed, faults=faults) for seed in range(3)]
    plays = [Playing(simulator, build_endpoint("pty"), rate=1000) for simulator in simulators]
    links = [Link(mitutoyo, await play.open(), source=f"gauge {n}", sink=heard) for n, play in enumerate(plays)]
    reading = [asyncio.ensure_future(link.run()) for link in links]
    playing_all = [asyncio.ensure_future(play.run(stay=True)) for play in plays]
    await until(lambda: all(simulator.finished for simulator in simulators), 20)
    for play in plays:
        play.stop_sending()
        await play.drained()
    for number, simulator in enumerate(simulators):
        usable = [one.value for one in simulator.log if one.usable]
        assert 300 < len(usable) < 600

        def good(number: int = number) -> list[Decimal]:
            return [one.value for one in heard.readings if one.source == f"gauge {number}" and one.value is not None]

        await until(lambda good=good, usable=usable: len(good()) >= len(usable))
        assert good() == usable
    for task in reading:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    for task, play in zip(playing_all, plays, strict=True):
        await stop(task, play)


async def test_what_is_never_a_record_is_said_until_one_comes(mitutoyo: Profile, until: Until) -> None:
    """A wrong baud rate for minutes: the port is open, and yet nobody may think that all is well."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    heard: list[object] = []
    link = open_link(mitutoyo, os.ttyname(slave), source="gauge", sink=heard.append)
    async with running(link):
        await until(lambda: link.state.status is LinkStatus.READY)
        while link.state.status is LinkStatus.READY:
            os.write(master, b"\x9f\xe2\x07\r")
            await asyncio.sleep(0.005)
        assert link.state.status is LinkStatus.SILENT
        assert "no record of Mitutoyo 13-character record" in link.state.detail and "probe" in link.state.detail
        os.write(master, b"01A+0000.123\r")
        await until(lambda: link.state.status is LinkStatus.READY)
    assert [one.value for one in heard if isinstance(one, Reading)] == [Decimal("0.123")]
    assert sum(isinstance(one, Discarded) for one in heard) >= 20
    os.close(master)
    os.close(slave)
