from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from workstation.line import protocol
from workstation.line.attachment import Arrival, Attached, Attachment, Detached
from workstation.line.server import LineServer

Until = Callable[[Callable[[], bool]], Awaitable[None]]


async def test_the_window_attaches_when_the_line_comes_and_hears_in_order(
    attachment: Attachment, tmp_path: Path, desk: Any, until: Until
) -> None:
    arrived: list[Arrival] = []

    def has(kind: type[object]) -> bool:
        arrived.extend(attachment.drain())
        return any(isinstance(item, kind) for item in arrived)

    attachment.start()
    await until(lambda: has(Detached))
    assert isinstance(attachment.state, Detached) and "not running" in attachment.state.sentence
    for _ in range(2):  # the line ends and comes back: the window attaches again by itself
        arrived.clear()
        server = LineServer(tmp_path, "bench 1", desk.snapshot, desk.obey)
        await server.open()
        await until(lambda: has(Attached))
        items = desk.announcements(100)
        server.announce(items)
        await until(lambda: has(protocol.Kept) and len(arrived) >= 101)
        assert [item for item in arrived if isinstance(item, protocol.Kept)] == items
        await server.close()
        await until(lambda: has(Detached))


async def test_the_window_is_stirred_once_for_all_that_waits(
    attachment: Attachment, server: LineServer, desk: Any, until: Until
) -> None:
    stirs: list[int] = []
    attachment.stirred = lambda: stirs.append(len(attachment._arrived))
    attachment.start()
    await until(lambda: isinstance(attachment.state, Attached) and bool(stirs))
    attachment.drain()
    stirs.clear()
    server.announce(desk.announcements(5))
    await until(lambda: bool(stirs))
    server.announce(desk.announcements(5))
    await until(lambda: len(attachment._arrived) == 10)
    assert stirs == [5], "nobody has drained since: the window knows already"
    assert len(attachment.drain()) == 10


async def test_commands_of_the_window_are_answered_also_when_the_line_is_away(
    attachment: Attachment, server: LineServer, desk: Any, until: Until
) -> None:
    arrived: list[Arrival] = []

    def answered(number: int) -> bool:
        arrived.extend(attachment.drain())
        return any(isinstance(item, protocol.Answer) and item.command == number for item in arrived)

    early = attachment.sign_on("meister")  # before the thread runs
    attachment.start()
    await until(lambda: answered(early))
    await until(lambda: isinstance(attachment.state, Attached))
    done = attachment.enter_value(3, "12.3450", "mm")
    await until(lambda: answered(done))
    entered = desk.obeyed[-1]
    assert isinstance(entered, protocol.EnterValue) and (entered.characteristic, entered.value) == (3, "12.3450")

    hold = asyncio.Event()

    async def never(command: object) -> protocol.Answer:
        await hold.wait()
        raise AssertionError

    server.obey = never
    waiting = attachment.reload()
    await until(lambda: any(client._commands for client in server.clients))
    await server.close()
    await until(lambda: answered(waiting))
    answers = {item.command: item for item in arrived if isinstance(item, protocol.Answer)}
    assert answers[early].sentence
    assert answers[done].sentence == ""
    assert "not known whether" in answers[waiting].sentence
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()


async def test_close_ends_the_thread(attachment: Attachment, server: LineServer, until: Until) -> None:
    attachment.start()
    await until(lambda: isinstance(attachment.state, Attached))
    await asyncio.to_thread(attachment.close)
    await until(lambda: not server.clients)
    number = attachment.refresh()
    last = attachment.drain()[-1]
    assert isinstance(last, protocol.Answer) and last.command == number and last.sentence
