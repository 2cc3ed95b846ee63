"""The window's end of the local socket: a thread that attaches for ever, and a queue that the window empties."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from workstation.errors import Expected
from workstation.line import protocol
from workstation.line.client import LineClient, LineGone, MakeCommand

MOST_UNDRAINED = 100_000
"""Arrivals kept while the window is busy; past it nothing more is read, and the line sends a fresh snapshot later."""
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Attached:
    """The line is there: its state at this moment."""

    snapshot: protocol.Snapshot


@dataclass(frozen=True, slots=True)
class Detached:
    """The line is not there: why, and what to do. It is looked for again without end."""

    sentence: str
    next_step: str


Arrival = (
    Attached
    | Detached
    | protocol.Snapshot
    | protocol.Announcement
    | protocol.Instruments
    | protocol.Traffic
    | protocol.Answer
)
"""What `drain` gives. A `Snapshot` after `Attached` means: start afresh, `missed` announcements are in the store."""


class Attachment:
    """Attaches to a home's line from a thread of its own; the window calls `drain` when it draws.

    `stirred`, where it is set, is called from that thread when something has arrived and nothing had waited: a hint to
    drain now, which may be missed now and then, so a window drains by the clock too. `state` is what was last known.
    Commands return a number; the `Answer` with it comes by `drain`, also when the line ends before it has answered.
    """

    def __init__(self, home: Path, program: str) -> None:
        self._home = home
        self._program = program
        self._arrived: deque[Arrival] = deque()
        self._numbers = itertools.count(1)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._client: LineClient | None = None
        self._ready = threading.Event()
        self.stirred: Callable[[], None] | None = None
        self._thread = threading.Thread(target=self._run, name="line attachment", daemon=True)
        self.state: Attached | Detached = Detached("The line was not looked for yet.", "")

    def start(self) -> None:
        """Begin to look for the line."""
        self._thread.start()
        self._ready.wait()

    def close(self) -> None:
        """Detach and end the thread; the line goes on."""
        if self._loop and self._stop and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def drain(self) -> list[Arrival]:
        """Everything that arrived since the last call, in order; never waits."""
        taken: list[Arrival] = []
        while self._arrived:
            taken.append(self._arrived.popleft())
        return taken

    def sign_on(self, account: str) -> int:
        """From now on readings are attributed to this account."""
        return self.command(lambda number: protocol.SignOn(number, account))

    def enter_value(self, characteristic: int, value: str, unit: str, raw: bytes = b"") -> int:
        """Keep a typed value; the answer comes after the commit or with the reason for refusing it."""
        return self.command(lambda number: protocol.EnterValue(number, characteristic, value, unit, raw))

    def request_reading(self, source: str, channel: str) -> int:
        """Ask an instrument for a reading now."""
        return self.command(lambda number: protocol.RequestReading(number, source, channel))

    def read_settings(self, source: str) -> int:
        """Read what an instrument's settings are now, for who asks alone."""
        return self.command(lambda number: protocol.ReadSettings(number, source))

    def write_setting(self, account: str, source: str, name: str, value: str, reason: str) -> int:
        """Change a setting of an instrument; the answer comes with what it reads back, or why it was refused."""
        return self.command(lambda number: protocol.WriteSignal(number, account, source, name, value, reason))

    def type_record(self, text: str) -> int:
        """Hand on what was typed as fast as no hand can: the answer says which gauge's record it was, if any's."""
        return self.command(lambda number: protocol.TypeRecord(number, text))

    def keep_scan(self, text: str) -> int:
        """Keep a code that a reader typed; the answer comes after the commit or with the reason for refusing it."""
        return self.command(lambda number: protocol.KeepScan(number, text))

    def clear_scan(self, identification: str, reason: str = "") -> int:
        """Say that a scan was a mistake; a reason is needed once values were kept under it."""
        return self.command(lambda number: protocol.ClearScan(number, identification, reason))

    def prefer(self, characteristic: int) -> int:
        """Have the next foot switch read the gauge of this characteristic, where its multiplexer lets one choose."""
        return self.command(lambda number: protocol.Prefer(number, characteristic))

    def subscribe(self, source: str) -> int:
        """Have the traffic of a source's port sent, or with an empty source the counts of every gauge."""
        return self.command(lambda number: protocol.Subscribe(number, source))

    def unsubscribe(self, source: str) -> int:
        """Have it sent no longer."""
        return self.command(lambda number: protocol.Unsubscribe(number, source))

    def reload(self) -> int:
        """Have the line read plan, bindings and limits again."""
        return self.command(protocol.Reload)

    def refresh(self) -> int:
        """Have a new snapshot sent."""
        return self.command(protocol.Refresh)

    def stop_line(self) -> int:
        """End the line process after it has kept what is in hand."""
        return self.command(protocol.Stop)

    def command(self, make: MakeCommand) -> int:
        """Send a command made from the number given to `make`; returns the number its `Answer` will carry here."""
        number = next(self._numbers)
        if self._loop is None or self._loop.is_closed():
            self._arrived.append(_not_sent(number, self.state))
        else:
            self._loop.call_soon_threadsafe(self._begin, number, make)
        return number

    def _run(self) -> None:
        asyncio.run(self._attach_for_ever())

    async def _attach_for_ever(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._ready.set()
        stopped = asyncio.create_task(self._stop.wait())
        pause = _FIRST_PAUSE
        while not stopped.done():
            try:
                client = await LineClient.connect(self._home, self._program)
            except Expected as error:
                self._detached(error)
                await asyncio.wait({stopped}, timeout=pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            self._attached(client)
            hearing = asyncio.create_task(self._hear(client))
            await asyncio.wait({stopped, hearing}, return_when=asyncio.FIRST_COMPLETED)
            self._client = None
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
            await client.close()
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)
        self.state = Detached("This program has detached from the line.", "")

    async def _hear(self, client: LineClient) -> None:
        try:
            while True:
                message = await client.hear()
                self._arrive(*message.items if isinstance(message, protocol.Announce) else (message,))
                while len(self._arrived) > MOST_UNDRAINED:
                    await asyncio.sleep(_FIRST_PAUSE)
        except LineGone as error:
            self._client = None
            self._detached(error)

    def _begin(self, number: int, make: MakeCommand) -> None:
        client = self._client
        if client is None:
            self._arrived.append(_not_sent(number, self.state))
            return
        task = asyncio.create_task(self._ask(client, number, make))
        task.add_done_callback(lambda done: done.exception())

    async def _ask(self, client: LineClient, number: int, make: Callable[[int], protocol.ClientMessage]) -> None:
        try:
            answer = await client.ask(make)
        except Expected:
            answer = _unanswered(make(number))
        self._arrive(msgspec.structs.replace(answer, command=number))

    def _attached(self, client: LineClient) -> None:
        self._client = client
        self.state = Attached(client.snapshot)
        self._arrive(self.state)

    def _arrive(self, *arrivals: Arrival) -> None:
        waited = bool(self._arrived)
        self._arrived.extend(arrivals)
        if not waited and (stirred := self.stirred) is not None:
            stirred()

    def _detached(self, error: Expected) -> None:
        now = Detached(error.sentence, error.next_step)
        if now != self.state:
            self.state = now
            self._arrive(now)


def _unanswered(command: protocol.ClientMessage) -> protocol.Answer:
    """What is said of a command when the line ended before it answered."""
    if isinstance(command, protocol.WriteSignal):
        from workstation.line.writes import unanswered

        error = unanswered(command.signal)
        return protocol.Answer(0, error.sentence, error.next_step)
    return protocol.Answer(
        0,
        "The line ended before it answered, so it is not known whether this was done.",
        "Look at the last kept values, then do it again if it is missing.",
    )


def _not_sent(number: int, state: Attached | Detached) -> protocol.Answer:
    sentence = state.sentence if isinstance(state, Detached) else "The line is not attached."
    return protocol.Answer(number, sentence, "Do it again when the line is attached.")
