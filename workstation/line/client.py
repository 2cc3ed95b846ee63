"""The other end of the local socket for programs with an event loop: attach, hear, command."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from workstation.errors import Expected, SurroundingsFailed
from workstation.line import frames, protocol
from workstation.line.address import LineNotRunning, read_address, read_secret

MOST_UNHEARD = 1000
"""Messages kept for `hear`; past it nothing more is read, and the line sends a fresh snapshot once there is room."""

Heard = protocol.Snapshot | protocol.Announce | protocol.Instruments | protocol.Traffic
"""What the line says unasked, or to who subscribed."""
MakeCommand = Callable[[int], protocol.ClientMessage]
"""Given the number the client assigns, the command to send."""


class LineGone(SurroundingsFailed):
    """The connection to the line ended."""

    def __init__(self) -> None:
        super().__init__(
            "The line process ended or closed the connection.",
            "It starts again by itself when it is supervised; see 'sinebar line status'.",
        )


def reload_line(home: Path) -> str:
    """Have the line of a home read plan, gauges and limits again, and say in a sentence how that went."""

    async def ask() -> str:
        async with await LineClient.connect(home, "sinebar", announcements=False) as client:
            answer = await client.ask(protocol.Reload)
            return f"{answer.sentence} {answer.next_step}".strip() or "The running line follows it."

    try:
        return asyncio.run(ask())
    except Expected as error:
        return f"The running line was not told, and follows by itself: {error}"


class LineClient:
    """A connection to the line of a home.

    `snapshot` is the state at the moment of attaching (or of the last resynchronisation seen by `hear`). Use as an
    asynchronous context manager, or call `close`.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count(1)
        self._frames = frames.FrameBuffer()
        self._heard: list[protocol.ServerMessage] = []
        self._answers: dict[int, asyncio.Future[protocol.Answer]] = {}
        self._inbox: asyncio.Queue[Heard | None] = asyncio.Queue()
        self._room = asyncio.Event()
        self._announcements = True
        self._listener: asyncio.Task[None] | None = None
        self.station = ""
        self.snapshot: protocol.Snapshot

    @classmethod
    async def connect(
        cls, home: Path, program: str, patience: float = 5.0, *, announcements: bool = True
    ) -> LineClient:
        """Attach within `patience` seconds; without `announcements`, `hear` is given nothing and needs no calling.

        Raises `LineNotRunning` when nobody listens, `SurroundingsFailed` when the line cannot be talked to.
        """
        address = read_address(home)
        secret = read_secret(home)
        try:
            async with asyncio.timeout(patience):
                if sys.platform != "win32" and address.path:
                    reader, writer = await asyncio.open_unix_connection(address.path)
                else:
                    reader, writer = await asyncio.open_connection("127.0.0.1", address.port)
                client = cls(reader, writer)
                client._announcements = announcements
                try:
                    await client._greet(secret, program)
                except BaseException:
                    writer.close()
                    raise
        except (FileNotFoundError, ConnectionError) as error:
            raise LineNotRunning(home) from error
        except TimeoutError as error:
            raise SurroundingsFailed(
                f"The line of {home} does not answer within {patience:g} s.", "Look at 'sinebar doctor'."
            ) from error
        except OSError as error:
            raise SurroundingsFailed(
                f"The line of {home} cannot be reached at {address}: {error.strerror or error}.",
                "Run as the account that owns the station's home.",
            ) from error
        return client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def hear(self) -> Heard:
        """The next thing the line says; raises `LineGone` when the connection has ended."""
        message = await self._inbox.get()
        self._room.set()
        if message is None:
            self._inbox.put_nowait(None)  # for whoever asks next
            raise LineGone
        if isinstance(message, protocol.Snapshot):
            self.snapshot = message
        return message

    async def ask(self, make: MakeCommand) -> protocol.Answer:
        """Send a command and wait for its answer; raises `LineGone` when the connection ends first."""
        number = next(self._numbers)
        future: asyncio.Future[protocol.Answer] = asyncio.get_running_loop().create_future()
        self._answers[number] = future
        try:
            self._writer.write(frames.encode(make(number)))
            return await future
        finally:
            self._answers.pop(number, None)

    async def close(self) -> None:
        """Detach; the line goes on."""
        if self._listener:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1.0):  # a line that no longer reads must not hold us
                await self._writer.wait_closed()

    async def _greet(self, secret: bytes, program: str) -> None:
        hello = await self._next()
        if not isinstance(hello, protocol.Hello):
            raise frames.WireError("The line did not greet.", "Look at 'sinebar doctor'.")
        if hello.version != protocol.PROTOCOL_VERSION:
            raise SurroundingsFailed(
                f"The line speaks protocol {hello.version}, this program {protocol.PROTOCOL_VERSION}.",
                "End the line with the version that started it, then start it with this one.",
            )
        self.station = hello.station
        self._writer.write(frames.encode(protocol.Authenticate(frames.proof(secret, hello.nonce), program)))
        first = await self._next()
        if isinstance(first, protocol.Answer):
            raise SurroundingsFailed(first.sentence, first.next_step)
        if not isinstance(first, protocol.Snapshot):
            raise frames.WireError("The line sent no snapshot.", "Look at 'sinebar doctor'.")
        self.snapshot = first
        self._listener = asyncio.create_task(self._listen())

    async def _next(self) -> protocol.ServerMessage:
        while not self._heard:
            data = await self._reader.read(65536)
            if not data:
                raise LineGone
            self._heard += map(frames.decode_from_server, self._frames.feed(data))
        return self._heard.pop(0)

    async def _listen(self) -> None:
        try:
            while True:
                message = await self._next()
                if isinstance(message, protocol.Answer):
                    self._resolve(message)
                elif isinstance(message, Heard) and self._announcements:
                    self._inbox.put_nowait(message)
                while self._inbox.qsize() >= MOST_UNHEARD:
                    self._room.clear()
                    await self._room.wait()
        except (OSError, SurroundingsFailed):
            return  # the end of the connection is told below to everybody who waits
        finally:
            self._inbox.put_nowait(None)
            for future in self._answers.values():
                if not future.done():
                    future.set_exception(LineGone())

    def _resolve(self, answer: protocol.Answer) -> None:
        future = self._answers.get(answer.command)
        if future and not future.done():
            future.set_result(answer)
