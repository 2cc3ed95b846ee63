from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from workstation.errors import SurroundingsFailed
from workstation.line import frames, protocol
from workstation.line import server as server_module
from workstation.line.address import LineNotRunning, make_secret, read_address
from workstation.line.client import LineClient, LineGone
from workstation.line.server import LineServer

Until = Callable[[Callable[[], bool]], Awaitable[None]]


async def knock(home: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A bare connection that has not proven anything."""
    address = read_address(home)
    if address.path:
        return await asyncio.open_unix_connection(address.path)
    return await asyncio.open_connection("127.0.0.1", address.port)


async def test_a_client_gets_the_state_and_then_what_happens(server: LineServer, desk: Any, tmp_path: Path) -> None:
    async with await LineClient.connect(tmp_path, "test") as client:
        assert client.station == "bench 1"
        assert client.snapshot == desk.snapshot(0)
        items = desk.announcements(3)
        server.announce(items)
        assert await client.hear() == protocol.Announce(tuple(items))


async def test_what_happens_together_is_announced_together_and_in_order(
    server: LineServer, desk: Any, tmp_path: Path
) -> None:
    async with await LineClient.connect(tmp_path, "test") as client:
        items = desk.announcements(5000)
        for item in items:
            server.announce([item])
        heard: list[protocol.Announcement] = []
        batches = 0
        while len(heard) < len(items):
            message = await client.hear()
            assert isinstance(message, protocol.Announce)
            assert len(message.items) <= server_module.MOST_ANNOUNCED
            heard += message.items
            batches += 1
        assert heard == items
        assert batches < 50


async def test_who_is_attached_starts_afresh_when_the_line_read_its_plan_again(
    server: LineServer, desk: Any, tmp_path: Path
) -> None:
    """Something was changed from outside, such as a corrected value: what is drawn must be read again."""
    async with await LineClient.connect(tmp_path, "window") as window:
        items = desk.announcements(2)
        server.announce(items)
        async with await LineClient.connect(tmp_path, "sinebar", announcements=False) as other:
            assert (await other.ask(protocol.Reload)).sentence == ""
        assert await window.hear() == protocol.Announce(tuple(items)), "in the order in which it happened"
        assert await window.hear() == desk.snapshot(0)


async def test_commands_are_answered_by_number(server: LineServer, desk: Any, tmp_path: Path) -> None:
    async with await LineClient.connect(tmp_path, "test", announcements=False) as client:
        first, second = await asyncio.gather(
            client.ask(lambda n: protocol.SignOn(n, "meister")), client.ask(protocol.Reload)
        )
        assert (first.sentence, second.sentence) == ("", "")
        assert first.command != second.command
    assert {type(command) for command in desk.obeyed} == {protocol.SignOn, protocol.Reload}


async def test_a_command_that_fails_answers_with_sentence_and_next_step(
    server: LineServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(command: server_module.Command) -> protocol.Answer:
        raise SurroundingsFailed("The disk is full.", "Make room.")

    server.obey = fail
    async with await LineClient.connect(tmp_path, "test") as client:
        answer = await client.ask(protocol.Reload)
        assert (answer.sentence, answer.next_step) == ("The disk is full.", "Make room.")


async def test_refresh_sends_a_snapshot_of_now(server: LineServer, desk: Any, tmp_path: Path) -> None:
    async with await LineClient.connect(tmp_path, "test") as client:
        desk.kept = 41
        await client.ask(protocol.Refresh)
        message = await client.hear()
        assert isinstance(message, protocol.Snapshot) and message.kept == 41


async def test_without_the_secret_nothing_is_told(server: LineServer, tmp_path: Path) -> None:
    (tmp_path / "line.secret").write_text("00" * 32)
    with pytest.raises(SurroundingsFailed, match="proof of the line's secret is wrong"):
        await LineClient.connect(tmp_path, "test")
    assert not server.clients


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff" * 64,
        frames.HEADER.pack(5000) + b"x" * 10,
        frames.HEADER.pack(3) + b"\xc1\xc1\xc1",
        frames.encode(protocol.Reload(1)),
        frames.encode(protocol.Authenticate(b"wrong", "test")),
        frames.encode(protocol.Hello(1, "me", b"")),
    ],
    ids=["noise", "too long before the proof", "no msgpack", "command first", "wrong proof", "server's word"],
)
async def test_garbage_ends_its_own_connection_only(
    server: LineServer, desk: Any, tmp_path: Path, garbage: bytes
) -> None:
    async with await LineClient.connect(tmp_path, "good") as good:
        reader, writer = await knock(tmp_path)
        writer.write(garbage)
        async with asyncio.timeout(5):
            await reader.read()  # until the line closes it
        writer.close()
        items = desk.announcements(1)
        server.announce(items)
        assert await good.hear() == protocol.Announce(tuple(items))
        assert (await good.ask(protocol.Refresh)).sentence == ""


async def test_a_client_that_proves_nothing_is_dropped(
    server: LineServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "GREETING_PATIENCE", 0.05)
    reader, writer = await knock(tmp_path)
    async with asyncio.timeout(5):
        said = await reader.read()  # to the end: the line closes it
    writer.close()
    first, *rest = map(frames.decode_from_server, frames.FrameBuffer().feed(said))
    assert isinstance(first, protocol.Hello)
    assert not any(isinstance(message, protocol.Snapshot) for message in rest), "no state without a proof"
    async with await LineClient.connect(tmp_path, "good") as good:
        assert (await good.ask(protocol.Refresh)).sentence == ""


async def test_a_slow_client_holds_nobody_up_and_is_started_afresh(
    server: LineServer, desk: Any, tmp_path: Path, until: Until
) -> None:
    """One client stops reading while some megabytes happen; the other hears all of it, the slow one a new snapshot."""
    slow_reader, slow_writer = await knock(tmp_path)
    buffer = frames.FrameBuffer()

    async def slow_messages(count: int) -> list[protocol.ServerMessage]:
        heard: list[protocol.ServerMessage] = []
        while len(heard) < count:
            data = await slow_reader.read(65536)
            assert data
            heard += map(frames.decode_from_server, buffer.feed(data))
        return heard

    hello = (await slow_messages(1))[0]
    assert isinstance(hello, protocol.Hello)
    slow_writer.write(frames.encode(protocol.Authenticate(frames.proof(make_secret(tmp_path), hello.nonce), "slow")))
    assert isinstance((await slow_messages(1))[0], protocol.Snapshot)

    async with await LineClient.connect(tmp_path, "quick") as quick:
        heard = 0
        for _ in range(60):
            server.announce(desk.announcements(1000))
            while heard < desk.kept:
                message = await quick.hear()
                assert isinstance(message, protocol.Announce)
                heard += len(message.items)
        assert heard == 60_000

        announced = missed = 0
        async with asyncio.timeout(10):
            while not missed:
                for message in await slow_messages(1):
                    if isinstance(message, protocol.Announce):
                        announced += len(message.items)
                    else:
                        assert isinstance(message, protocol.Snapshot)
                        missed = message.missed
                        assert message.kept == 60_000
        assert announced + missed == 60_000
    slow_writer.close()


async def test_a_client_that_asks_on_and_on_and_never_reads_fills_no_memory(
    server: LineServer, tmp_path: Path, until: Until
) -> None:
    asked, long = 0, "x" * 1000

    async def answer(command: server_module.Command) -> protocol.Answer:
        nonlocal asked
        asked += 1
        return protocol.Answer(command.command, long, "")

    server.obey = answer
    reader, writer = await knock(tmp_path)
    buffer = frames.FrameBuffer()
    heard: list[protocol.ServerMessage] = []

    async def hear() -> None:
        heard.extend(map(frames.decode_from_server, buffer.feed(await reader.read(65536))))

    while not heard:
        await hear()
    hello = heard[0]
    assert isinstance(hello, protocol.Hello)
    writer.write(frames.encode(protocol.Authenticate(frames.proof(make_secret(tmp_path), hello.nonce), "greedy")))
    await until(lambda: bool(server.clients))
    (client,) = server.clients
    assert client._transport is not None
    reader._transport.pause_reading()  # type: ignore[attr-defined]
    most = 0
    for number in range(20_000):
        writer.write(frames.encode(protocol.Reload(number)))
        if number % 50 == 0:
            await asyncio.sleep(0)
            most = max(most, client._transport.get_write_buffer_size())
    assert most < 4 * server_module.BEHIND_AT
    assert client._behind and asked < 20_000

    reader._transport.resume_reading()  # type: ignore[attr-defined]
    async with asyncio.timeout(20):
        while len([message for message in heard if isinstance(message, protocol.Answer)]) < 20_000:
            await hear()
    writer.close()


async def test_the_end_of_the_line_is_told_to_whoever_waits(server: LineServer, tmp_path: Path) -> None:
    async def never(command: server_module.Command) -> protocol.Answer:
        await asyncio.Event().wait()
        raise AssertionError

    server.obey = never
    client = await LineClient.connect(tmp_path, "test")
    asking = asyncio.create_task(client.ask(protocol.Reload))
    await asyncio.sleep(0)
    await server.close()
    with pytest.raises(LineGone):
        await client.hear()
    with pytest.raises(LineGone):
        await asking
    await client.close()
    with pytest.raises(LineNotRunning):
        await LineClient.connect(tmp_path, "test")
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()


async def test_a_socket_left_by_a_killed_line_is_replaced(server: LineServer, desk: Any, tmp_path: Path) -> None:
    address = read_address(tmp_path)
    if not address.path:
        pytest.skip("this system listens on loopback")
    await server.close()
    left = socket.socket(socket.AF_UNIX)
    left.bind(address.path)
    left.close()
    with pytest.raises(LineNotRunning):
        await LineClient.connect(tmp_path, "test")
    again = LineServer(tmp_path, "bench 1", desk.snapshot, desk.obey)
    await again.open()
    async with await LineClient.connect(tmp_path, "test") as client:
        assert client.station == "bench 1"
    await again.close()
