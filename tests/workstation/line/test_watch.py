"""What a subscriber is sent: bounded, counted when it is too much, and nothing at all while nobody looks."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from devices import RawJournal
from devices.reading import Discarded, Quality, Reading, Scan, Signal, Trigger
from devices.record import Direction
from workstation.line import protocol
from workstation.line.client import LineClient
from workstation.line.server import LineServer
from workstation.line.watch import MOST_PIECES, Tallies, Watch


class Told:
    """Remembers what was sent."""

    def __init__(self) -> None:
        self.traffic: list[protocol.Traffic] = []
        self.counts = 0

    def tell(self, _source: str, message: protocol.Traffic | protocol.Instruments) -> None:
        if isinstance(message, protocol.Traffic):
            self.traffic.append(message)
        else:
            self.counts += 1

    async def wait(self, count: int) -> None:
        async with asyncio.timeout(5):
            while sum(len(one.pieces) + one.missed for one in self.traffic) < count:
                await asyncio.sleep(0.002)


def reading(source: str, quality: Quality = Quality.GOOD, value: str | None = "74.010") -> Reading:
    return Reading(
        source, "1", None if value is None else Decimal(value), "mm", 10**18, 1, 1, Trigger.BUTTON, quality, "", b"x\r"
    )


async def test_nothing_is_gathered_while_nobody_looks(tmp_path: Path) -> None:
    raw, told = RawJournal(tmp_path), Told()
    watch = Watch(raw, told.tell, lambda: protocol.Instruments(()))
    watch.heard(reading("a"))
    raw.append("a", Direction.IN, 1, 10**18, b"x\r")
    assert not raw._listeners
    watch.follow({"a": frozenset({"a"})}, counts=False)
    raw.append("b", Direction.IN, 1, 10**18, b"not of this port")
    raw.append("a", Direction.IN, 1, 10**18, b"y\r")
    await told.wait(1)
    assert [piece.data for one in told.traffic for piece in one.pieces] == [b"y\r"]
    assert told.counts == 0
    watch.close()
    assert not raw._listeners
    raw.close()


async def test_a_flood_is_cut_and_counted(tmp_path: Path) -> None:
    raw, told = RawJournal(tmp_path), Told()
    watch = Watch(raw, told.tell, lambda: protocol.Instruments(()))
    watch.follow({"a": frozenset({"a"})}, counts=False)
    for number in range(MOST_PIECES + 50):
        raw.append("a", Direction.IN, number, 10**18, b"x\r")
    await told.wait(MOST_PIECES + 50)
    assert len(told.traffic) == 1, "one frame, however much came"
    assert (len(told.traffic[0].pieces), told.traffic[0].missed) == (MOST_PIECES, 50)
    watch.close()
    raw.close()


async def test_each_fate_of_a_record_has_its_word(tmp_path: Path) -> None:
    raw, told = RawJournal(tmp_path), Told()
    watch = Watch(raw, told.tell, lambda: protocol.Instruments(()))
    watch.follow({"a": frozenset({"a"})}, counts=True)
    assert told.counts == 1
    watch.heard(reading("a"))
    watch.heard(reading("a", Quality.BAD, None))
    watch.heard(Discarded("a", 10**18, "not a record of this instrument", b"?"))
    watch.heard(Scan("a", "1", "LOT 7", "", 10**18, 1, 1, b"LOT 7"))
    watch.heard(Signal("a", "1", "foot switch pressed", Trigger.FOOT_SWITCH, 10**18, 1, 1, b"FS"))
    watch.said([protocol.ReadingRefused("a", "1", 10**15, "too hot", b"x")])
    await told.wait(5)
    words = [(piece.kind, piece.note) for one in told.traffic for piece in one.pieces]
    assert words == [
        ("reading", "74.010 mm, channel 1, button"),
        ("discarded", "not a record of this instrument"),
        ("scan", "LOT 7"),
        ("signal", "foot switch pressed"),
        ("refused", "too hot"),
    ]
    watch.close()
    raw.close()


def test_counts_are_by_source() -> None:
    tallies = Tallies()
    kept = protocol.Kept(1, 1, 1, "74.010", "mm", "a", 10**15, True, 900)
    tallies.count([kept, protocol.ReadingRefused("b", "1", 1, "no", b""), kept])
    assert (tallies["a"].kept, tallies["a"].refused, tallies["a"].last) == (2, 0, kept)
    assert (tallies["b"].kept, tallies["b"].refused, tallies["b"].last) == (0, 1, None)


async def test_who_has_gone_is_not_looked_for(tmp_path: Path, server: LineServer) -> None:
    looked: list[frozenset[str]] = []
    server.looked = looked.append
    async with await LineClient.connect(tmp_path, "test") as client:
        await client.ask(lambda number: protocol.Subscribe(number, "a"))
        assert looked[-1] == {"a"}
        server.tell("a", protocol.Traffic("a", (), 3))
        server.tell("b", protocol.Traffic("b", (), 3))
        assert await client.hear() == protocol.Traffic("a", (), 3)
    async with asyncio.timeout(5):
        while looked[-1]:
            await asyncio.sleep(0.002)


async def test_too_many_ports_at_once_are_refused(
    tmp_path: Path, server: LineServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workstation.line.server.MOST_LOOKED_AT", 1)
    async with await LineClient.connect(tmp_path, "test", announcements=False) as client:
        assert not (await client.ask(lambda number: protocol.Subscribe(number, "a"))).sentence
        assert "Too many" in (await client.ask(lambda number: protocol.Subscribe(number, "b"))).sentence
        assert not (await client.ask(lambda number: protocol.Unsubscribe(number, "a"))).sentence
        assert not (await client.ask(lambda number: protocol.Subscribe(number, "b"))).sentence


async def test_a_client_that_is_behind_learns_how_much_it_missed(tmp_path: Path, server: LineServer) -> None:
    async with await LineClient.connect(tmp_path, "test") as client:
        await client.ask(lambda number: protocol.Subscribe(number, "a"))
        (connection,) = server.clients
        connection.pause_writing()
        server.tell("a", protocol.Traffic("a", (), 7))
        connection.resume_writing()
        server.tell("a", protocol.Traffic("a", (), 1))
        assert await client.hear() == protocol.Traffic("a", (), 7)
        assert await client.hear() == protocol.Traffic("a", (), 1)
