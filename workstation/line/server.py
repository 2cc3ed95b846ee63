"""The line's end of the local socket: proves clients, announces to each at its own pace, hands commands on."""

from __future__ import annotations

import asyncio
import logging
import secrets
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from workstation.errors import Expected
from workstation.line import frames, protocol
from workstation.line.address import Address, make_secret, remove_address, socket_path, write_address

log = logging.getLogger(__name__)

COALESCE = 0.005
"""Seconds between two batches of announcements; the first one after a pause leaves at once."""
MOST_ANNOUNCED = 2000
"""Announcements in one frame, so that a frame stays far below its bound."""
BEHIND_AT = 1024 * 1024
"""Bytes waiting for one client at which it is taken to be behind and gets no more until it has read them."""
MOST_COMMANDS = 64
"""Commands of one client under way at once."""
GREETING_PATIENCE = 5.0
"""Seconds a client has to prove the secret."""

MOST_LOOKED_AT = 32
"""Ports one client may look at at once."""

Command = protocol.Command
TakeSnapshot = Callable[[int], protocol.Snapshot]
"""Given how many announcements a client missed, the line's state now."""
Obey = Callable[[Command], Awaitable[protocol.Answer]]
Looked = Callable[[frozenset[str]], None]
"""Given every source that some client has subscribed to."""


class LineServer:
    """Listens for clients of one home; `announce` never waits for any of them."""

    def __init__(self, home: Path, station: str, take_snapshot: TakeSnapshot, obey: Obey) -> None:
        self._home = home
        self.station = station
        self._take_snapshot = take_snapshot
        self.obey = obey
        self.secret = b""
        self.clients: set[ClientConnection] = set()
        self.looked: Looked = _nobody_asks
        self._server: asyncio.Server | None = None
        self._socket: Path | None = None
        self._waiting: list[protocol.Announcement] = []
        self._timer: asyncio.Handle | None = None
        self._last = 0.0

    async def open(self) -> Address:
        """Listen and write the address into the home; the caller holds the home's lock."""
        self.secret = make_secret(self._home)
        loop = asyncio.get_running_loop()
        if sys.platform == "win32":
            self._server = await loop.create_server(lambda: ClientConnection(self), "127.0.0.1", 0)
            address = Address(path="", port=self._server.sockets[0].getsockname()[1])
        else:
            self._socket = socket_path(self._home)
            self._socket.unlink(missing_ok=True)  # left by a line that was killed: we hold the lock, so it is dead
            self._server = await loop.create_unix_server(lambda: ClientConnection(self), str(self._socket))
            self._socket.chmod(0o600)
            address = Address(path=str(self._socket), port=0)
        write_address(self._home, address)
        return address

    async def close(self) -> None:
        """Send what waits, then end every connection and take the address down."""
        self._flush()
        if self._timer:
            self._timer.cancel()
        for client in tuple(self.clients):
            client.close()
        if self._server:
            self._server.close()
        remove_address(self._home)
        if self._socket:
            self._socket.unlink(missing_ok=True)

    def announce(self, items: Sequence[protocol.Announcement]) -> None:
        """Tell every client, together with what else happens within the next few milliseconds."""
        if not items:
            return
        self._waiting.extend(items)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            wait = self._last + COALESCE - loop.time()
            self._timer = loop.call_later(wait, self._flush) if wait > 0 else loop.call_soon(self._flush)

    def tell(self, source: str, message: protocol.Traffic | protocol.Instruments) -> None:
        """Send what was subscribed to, to those who did; who is behind is told later how much was left out."""
        frame = frames.encode(message)
        count = len(message.pieces) + message.missed if isinstance(message, protocol.Traffic) else 0
        for client in tuple(self.clients):
            if source in client.looks_at:
                client.send_traffic(source, frame, count)

    def renew(self) -> None:
        """Plan, gauges or kept values were changed from outside: have every client start afresh from the store."""
        for client in tuple(self.clients):
            client.renew()

    def snapshot(self, missed: int = 0) -> protocol.Snapshot:
        """The line's state now. What waits to be announced is in it already and goes out first, to be told once."""
        self._flush()
        return self._take_snapshot(missed)

    def look_again(self) -> None:
        """Some client looks at something else now."""
        self.looked(frozenset(source for client in self.clients for source in client.looks_at))

    def _flush(self) -> None:
        items, self._waiting, self._timer = self._waiting, [], None
        if not items:
            return
        self._last = asyncio.get_running_loop().time()
        for start in range(0, len(items), MOST_ANNOUNCED):
            part = tuple(items[start : start + MOST_ANNOUNCED])
            frame = frames.encode(protocol.Announce(part))
            for client in tuple(self.clients):
                client.send_announcements(frame, len(part))


class ClientConnection(asyncio.Protocol):
    """One client. Whatever it sends, only its own connection can end by it."""

    def __init__(self, server: LineServer) -> None:
        self._server = server
        self._nonce = secrets.token_bytes(32)
        self._buffer = frames.FrameBuffer(frames.GREETING_FRAME)
        self._proven = False
        self._behind = False
        self._missed = 0
        self._is_stale = False
        self._program = "a client"
        self.looks_at: dict[str, int] = {}
        """What it subscribed to, with how many pieces of each it was not sent because it was behind."""
        self._commands: set[asyncio.Task[None]] = set()
        self._transport: asyncio.Transport | None = None
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what a stream server always gives
        self._transport = transport
        transport.set_write_buffer_limits(high=BEHIND_AT)
        self._send(protocol.Hello(protocol.PROTOCOL_VERSION, self._server.station, self._nonce))
        self._patience = asyncio.get_running_loop().call_later(GREETING_PATIENCE, self.close)

    def connection_lost(self, _error: Exception | None) -> None:
        self._server.clients.discard(self)
        if self.looks_at:
            self._server.look_again()
        if self._patience:
            self._patience.cancel()
        if self._proven:
            log.info("detached", extra={"program": self._program, "missed": self._missed})
        self._transport = None

    def data_received(self, data: bytes) -> None:
        try:
            for body in self._buffer.feed(data):
                self._take(frames.decode_from_client(body))
        except Expected as error:
            self.reject(error.sentence, error.next_step)

    def pause_writing(self) -> None:
        """The client does not read: it is not listened to either, for its answers would fill the memory."""
        self._behind = True
        if self._transport:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The client has read what it owed: start it afresh if something was held back meanwhile."""
        self._behind = False
        if self._transport:
            self._transport.resume_reading()
        if self._proven and (self._missed or self._is_stale):
            missed, self._missed, self._is_stale = self._missed, 0, False
            self._send(self._server.snapshot(missed))

    def renew(self) -> None:
        """Start the client afresh, now or when it has read what it owes."""
        if self._behind:
            self._is_stale = True
        else:
            self._send(self._server.snapshot(0))

    def send_announcements(self, frame: bytes, count: int) -> None:
        """Send a frame of `count` announcements, or only count them while this client is behind."""
        if self._behind:
            self._missed += count
        elif self._transport and not self._transport.is_closing():
            self._transport.write(frame)

    def send_traffic(self, source: str, frame: bytes, count: int) -> None:
        """Send a frame of `count` pieces, or only count them while this client is behind."""
        if self._behind:
            self.looks_at[source] += count
        elif self._transport and not self._transport.is_closing():
            if missed := self.looks_at[source]:
                self.looks_at[source] = 0
                self._send(protocol.Traffic(source, (), missed))
            self._transport.write(frame)

    def reject(self, sentence: str, next_step: str) -> None:
        """Say why, then end this connection."""
        log.warning("client rejected", extra={"program": self._program, "reason": sentence})
        self._send(protocol.Answer(0, sentence, next_step))
        self.close()

    def close(self) -> None:
        """End this connection after what was already written to it."""
        if self._transport and not self._transport.is_closing():
            self._transport.close()

    def _send(self, message: protocol.Message) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(frames.encode(message))

    def _take(self, message: protocol.ClientMessage) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if isinstance(message, protocol.Authenticate):
            self._authenticate(message)
        elif not self._proven:
            raise frames.WireError("A command came before the proof of the secret.")
        elif len(self._commands) >= MOST_COMMANDS:
            self._send(protocol.Answer(message.command, "Too many commands are under way.", "Wait for the answers."))
        else:
            task = asyncio.get_running_loop().create_task(self._answer(message))
            self._commands.add(task)
            task.add_done_callback(self._commands.discard)

    def _authenticate(self, message: protocol.Authenticate) -> None:
        if self._proven:
            raise frames.WireError("The secret was proven before.")
        if not frames.proves(self._server.secret, self._nonce, message.mac):
            raise frames.WireError("The proof of the line's secret is wrong.", "Use the station's own home.")
        self._proven = True
        self._program = message.program[:80]
        self._buffer.maximum = protocol.MAXIMUM_FRAME
        if self._patience:
            self._patience.cancel()
        log.info("attached", extra={"program": self._program})
        self._send(self._server.snapshot(0))
        self._server.clients.add(self)

    async def _answer(self, command: Command) -> None:
        try:
            answer = await self._server.obey(command)
        except Expected as error:
            answer = protocol.Answer(command.command, error.sentence, error.next_step)
        except Exception:
            log.exception("a command failed", extra={"program": self._program})
            answer = protocol.Answer(
                command.command, "Sinebar made a mistake and did not do this.", "See the line's log in the home."
            )
        if isinstance(command, protocol.Refresh) and not answer.sentence:
            self._send(self._server.snapshot(0))
        elif isinstance(command, protocol.Reload) and not answer.sentence:
            self._server.renew()
        elif not answer.sentence:
            answer = self._look(command) or answer
        self._send(answer)

    def _look(self, command: Command) -> protocol.Answer | None:
        """Begin or end a subscription; an answer where there are too many."""
        if isinstance(command, protocol.Subscribe):
            if command.source not in self.looks_at and len(self.looks_at) >= MOST_LOOKED_AT:
                return protocol.Answer(command.command, "Too many ports are looked at.", "Close a terminal first.")
            self.looks_at.setdefault(command.source, 0)
        elif isinstance(command, protocol.Unsubscribe):
            self.looks_at.pop(command.source, None)
        else:
            return None
        self._server.look_again()
        return None


def _nobody_asks(_sources: frozenset[str]) -> None:
    """Until the line says who wants to know what is looked at."""
