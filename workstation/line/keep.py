"""Group commit: what arrives while one batch is being written makes the next one; nothing is dropped silently."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import msgspec

from devices.reading import Reading, Scan
from workstation.errors import Expected, NotPermitted, SurroundingsFailed
from workstation.line import protocol
from workstation.line.health import Health
from workstation.line.sensors import Piece

log = logging.getLogger(__name__)

MOST_IN_A_BATCH = 100
"""More would save little of the disk's time and hold every reading of the batch back longer."""
MOST_WAITING = 20_000
"""Readings held in memory while the disk refuses them; at this many the ports are no longer read."""
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
MOST_LAID_OUT = 16
"""Whole batches that are laid out for the writer's thread at once."""


class Waiting(msgspec.Struct, frozen=True):
    """A reading on its way to the disk. `account` measured it.

    `rejected` is why it cannot be kept as a value, found out by trying. With `piece` the reading only carries what a
    continuous channel told, or a code that was scanned.
    """

    reading: Reading
    account: str
    answer: asyncio.Future[str] | None = None
    rejected: str = ""
    piece: Piece | Scan | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one commit did: announcements in order, latencies in microseconds, and counts.

    `reasons` says, by their places in the batch, why readings were refused.
    """

    announcements: tuple[protocol.Announcement, ...]
    latencies: tuple[int, ...]
    kept: int
    refused: int
    judged: int
    reasons: Mapping[int, str]


Commit = Callable[[Sequence[Waiting], Callable[[], None]], Callable[[], Outcome]]
"""Judge and keep a batch in one transaction; raising means that nothing of it was kept.

The call it is given is made when only the disk's work is left. What it returns says what was done, in whatever thread.
"""


@dataclass(slots=True)
class _Turn:
    """What the writer's thread is at: it takes a batch from `to_keep` once it is kept; the loop adds whole ones there.

    `kept` is what the loop has not taken in yet, `told` whether it has taken in anything, `laid_out` the readings of
    all other batches.
    """

    to_keep: deque[list[Waiting]]
    laid_out: int
    kept: deque[tuple[list[Waiting], Callable[[], Outcome]]] = field(default_factory=deque)
    told: bool = False


class Keeper:
    """Feeds `commit` from one thread of its own, in the order of arrival, and announces what it did.

    While readings come faster than they are kept the two threads work side by side: what the writer has kept is
    announced, and what comes next taken in, while it waits for the disk with the batch after.

    When the disk refuses, everything waits in memory, `failure` says so, and the same batch is tried again until it is
    kept. At most `most` readings make a batch; `gather` waits so many seconds for more of them to come.

    `full` is called with True when too much waits and with False when there is room again.
    """

    def __init__(
        self,
        commit: Commit,
        announce: Callable[[Sequence[protocol.Announcement]], None],
        health: Health,
        full: Callable[[bool], None],
        *,
        most: int = MOST_IN_A_BATCH,
        gather: float = 0.0,
    ) -> None:
        self._commit = commit
        self._announce = announce
        self._health = health
        self._full = full
        self._is_full = False
        self._most = most
        self._gather = gather
        self._limit = most
        self._queue: deque[Waiting] = deque()
        self._arrived = asyncio.Event()
        self._ending = asyncio.Event()
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="line writer")
        self._wanted = 0
        self.failure: protocol.KeepFailed | None = None

    @property
    def waiting(self) -> int:
        """How many readings are not on the disk yet."""
        return len(self._queue)

    def put(self, reading: Reading, account: str, answer: asyncio.Future[str] | None = None) -> None:
        """Take a reading in. `answer` is given the reason for refusing it, or the empty string once it is kept."""
        self._queue.append(Waiting(reading, account, answer))
        self._arrived.set()
        if len(self._queue) >= MOST_WAITING:
            self._stop_reading()

    def put_piece(self, carrier: Reading, piece: Piece) -> None:
        """Take in what a continuous channel told, to be kept in order with the readings."""
        self._queue.append(Waiting(carrier, "", piece=piece))
        self._arrived.set()

    def put_scan(self, carrier: Reading, scan: Scan, account: str, answer: asyncio.Future[str] | None = None) -> None:
        """Take in a code that was scanned, to be kept in order with the readings; `answer` as for `put`."""
        self._queue.append(Waiting(carrier, account, answer, piece=scan))
        self._arrived.set()
        if len(self._queue) >= MOST_WAITING:
            self._stop_reading()

    def _stop_reading(self) -> None:
        if not self._is_full:
            self._is_full = True
            self._full(True)

    def require_working(self) -> None:
        """Refuse the next part while values of the last one are not on the disk."""
        if self.failure:
            raise SurroundingsFailed(self.failure.sentence, self.failure.next_step)

    async def run(self) -> int:
        """Keep what arrives until `end`; returns how many readings could not be kept (none, as a rule)."""
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        while True:
            if self._queue:
                await asyncio.sleep(0)  # what came meanwhile is taken in before the writer contends for the processor
            else:
                self._arrived.clear()
                if self._ending.is_set():
                    return 0
                await self._arrived.wait()
                await asyncio.sleep(self._gather)  # 0: whatever this turn of the loop still brings
            if not self._queue:
                continue
            turn = self._begin_turn()
            error = await loop.run_in_executor(self._writer, self._write, turn, loop)
            self._take_in(turn)
            if turn.told:
                pause = FIRST_PAUSE
            if error is None or self._isolates(turn.to_keep[0], error):
                continue
            self._failed(_failure(error))
            if self._ending.is_set():
                return self._give_up()
            await self._pause(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def end(self) -> None:
        """Have `run` keep what is in hand and return."""
        self._ending.set()
        self._arrived.set()

    async def in_writer(self, work: Callable[[], None]) -> None:
        """Do something between two commits, in the writer's thread."""
        self._wanted += 1
        try:
            await asyncio.get_running_loop().run_in_executor(self._writer, work)
        finally:
            self._wanted -= 1

    def close(self) -> None:
        """End the writer's thread."""
        self._writer.shutdown()

    def _begin_turn(self) -> _Turn:
        """The head of the queue, and whole batches behind it; readings stay queued until they are kept."""
        if self._queue[0].rejected:
            return _Turn(deque([[self._queue[0]]]), 1)
        first = list(itertools.islice(self._queue, self._limit))
        turn = _Turn(deque([first]), len(first))
        self._lay_out(turn)
        return turn

    def _lay_out(self, turn: _Turn) -> None:
        """Add the whole batches that wait; none while the writer's thread is wanted for something else."""
        size = self._limit
        while not self._wanted and len(turn.to_keep) < MOST_LAID_OUT and len(self._queue) >= turn.laid_out + size:
            turn.to_keep.append(list(itertools.islice(self._queue, turn.laid_out, turn.laid_out + size)))
            turn.laid_out += size

    def _write(self, turn: _Turn, loop: asyncio.AbstractEventLoop) -> Exception | None:
        """In the writer's thread: commit one batch after the other, until one fails or there are no more."""

        def at_commit() -> None:
            if turn.kept:
                loop.call_soon_threadsafe(self._go_on, turn)

        try:
            while turn.to_keep:
                batch = turn.to_keep[0]
                turn.kept.append((batch, self._commit(batch, at_commit)))
                turn.to_keep.popleft()
        except Exception as error:  # noqa: BLE001 - whatever it is, no reading may be lost for it
            return error
        return None

    def _go_on(self, turn: _Turn) -> None:
        """While the writer waits for the disk."""
        self._take_in(turn)
        self._lay_out(turn)

    def _take_in(self, turn: _Turn) -> None:
        """Let go of what the writer has kept since the last look, and announce it.

        A fault of ours in saying what became of a batch is logged, and ends nothing: it is kept all the same.
        """
        while turn.kept:
            batch, outcome = turn.kept.popleft()
            turn.told = True
            turn.laid_out -= len(batch)
            for _ in batch:  # first of all: whatever happens below, what is on the disk is not written again
                self._queue.popleft()
            self._limit = min(2 * self._limit, self._most)
            try:
                self._done(batch, outcome())
            except Exception:
                log.exception("what was kept cannot be told", extra={"kept": len(batch)})
                _leave_untold(batch)
            if self._is_full and len(self._queue) <= MOST_WAITING // 2:
                self._is_full = False
                self._full(False)

    def _done(self, batch: list[Waiting], outcome: Outcome) -> None:
        for place, item in enumerate(batch):
            if item.answer is not None and not item.answer.done():
                item.answer.set_result(outcome.reasons.get(place, ""))
        health = self._health
        health.kept += outcome.kept
        health.refused += outcome.refused
        health.judged += outcome.judged
        health.took(outcome.latencies)
        said = list(outcome.announcements)
        if self.failure:
            self.failure = None
            said.append(protocol.KeepRestored(len(batch)))
            log.warning("keeping again", extra={"kept": len(batch), "waiting": len(self._queue)})
        self._announce(said)

    def _failed(self, error: Expected) -> None:
        values = [str(item.reading.value) for item in self._queue if item.reading.value is not None]
        failure = protocol.KeepFailed(
            error.sentence, error.next_step, tuple(values[-protocol.VALUES_SHOWN :]), len(self._queue)
        )
        if failure != self.failure:
            self._announce([failure])
        if self.failure is None:
            log.error("not kept", extra={"reason": error.sentence, "waiting": len(self._queue)})
        self.failure = failure
        for item in self._queue:
            if item.answer and not item.answer.done():
                item.answer.set_result(
                    f"{error.sentence} The value waits and will be kept as soon as that is possible."
                )

    def _isolates(self, batch: list[Waiting], error: Exception) -> bool:
        """Whether the fault may be one reading's: then the batch is tried in halves, and the one left is refused."""
        if isinstance(error, SurroundingsFailed | NotPermitted) or batch[0].rejected:
            return False
        if len(batch) > 1:
            self._limit = len(batch) // 2
            return True
        log.error("a reading cannot be kept", exc_info=error, extra={"raw": batch[0].reading.raw.hex()})
        reason = error.sentence if isinstance(error, Expected) else f"Sinebar could not keep it: {error}"
        self._queue[0] = Waiting(batch[0].reading, batch[0].account, batch[0].answer, reason)
        return True

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._ending.wait()
        except TimeoutError:
            return

    def _give_up(self) -> int:
        for item in self._queue:
            log.critical("lost", extra={"source": item.reading.source, "raw": item.reading.raw.hex()})
        return len(self._queue)


def _leave_untold(batch: Sequence[Waiting]) -> None:
    """Answer those who wait for what became of theirs, where nobody can say it."""
    for item in batch:
        if item.answer is not None and not item.answer.done():
            item.answer.set_exception(
                SurroundingsFailed(
                    "Sinebar made a mistake after it had written this down, and cannot say what became of it.",
                    "Look whether it stands among the readings before it is entered again.",
                )
            )


def _failure(error: Exception) -> Expected:
    """What is said of a transaction that failed; a fault of ours is logged whole."""
    if isinstance(error, Expected):
        return error
    log.error("a fault of Sinebar's own keeps readings from the disk", exc_info=error)
    return SurroundingsFailed(
        f"Sinebar made a mistake and cannot keep readings: {error}.",
        "They wait in memory. Send the line's log to whoever looks after Sinebar before the line is ended.",
    )
