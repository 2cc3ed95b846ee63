"""The line process: ports, pipeline and local socket on one event loop, from start to an orderly end."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from stat import S_ISDIR
from typing import TYPE_CHECKING, Any

import msgspec

from devices import RawJournal
from devices.errors import DeviceError
from devices.reading import LinkState, Reading, Scan, Signal
from workstation.catalog.scanned import unfit
from workstation.errors import CallIsWrong, Expected, NotPermitted, SurroundingsFailed
from workstation.line import protocol
from workstation.line.board import LARGEST_RECORD, Board
from workstation.line.check import Overdue, typed_value
from workstation.line.health import Health
from workstation.line.identify import carrier, typed_scan
from workstation.line.keep import MOST_IN_A_BATCH, Keeper, Outcome, Waiting
from workstation.line.keystrokes import take_typed
from workstation.line.ledger import Ledger
from workstation.line.operator import forget_operator, recall_operator, remember_operator
from workstation.line.plan import READ_FROM, LinePlan, load_plan
from workstation.line.ports import Event, Ports, library
from workstation.line.reactions import Reactions
from workstation.line.samples import SampleBuffer
from workstation.line.sensors import Piece, Sensors
from workstation.line.server import Command, LineServer
from workstation.line.servers import Servers
from workstation.line.sift import Sift
from workstation.line.writes import SignalWrites
from workstation.store import Right, Store
from workstation.store.rights import standing

if TYPE_CHECKING:
    from workstation.line.publisher import Publisher, Publishing

log = logging.getLogger(__name__)

JOURNAL_WATCH = 2.0
"""Seconds between two looks whether the plan or an account was changed and nobody told."""
HOME_WATCH = 2.0
"""Seconds between two looks whether the home is still there."""
LONGEST_REASON = 500
"""Characters that are kept of why a scan was a mistake."""
_ACCOUNT = "account"
_SHOWN = READ_FROM | {"control_limits"}
"""Kinds of records that whoever is attached reads again when they change."""
CHANNEL_TICK = 0.25
"""Seconds between two looks whether a continuous channel's minute is over or it fell silent."""


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """How a line process runs: `account` is the service account it writes as, `most_raw` bytes kept a port."""

    account: str
    overdue: Overdue = Overdue.REFUSE
    gather: float = 0.0
    most_in_a_batch: int = MOST_IN_A_BATCH
    most_raw: int = 64 * 1024 * 1024
    supervised: bool = False
    publishing: Publishing | None = None


class LineProcess:
    """One home's live line; `run` reads, judges and keeps until it is told to stop."""

    def __init__(self, home: Path, store: Store, reactions: Reactions, options: Options) -> None:
        self._home = home
        self._place = _place(home)
        self._store = store
        self._options = options
        self._health = Health()
        self._plan = self._read_plan()
        self._ledger = Ledger(store, reactions, options.account, options.overdue)
        self._operator = recall_operator(home)
        self._supervision = "supervised" if options.supervised else "none"
        self._started_at = time.time_ns() // 1000
        self._stopping = asyncio.Event()
        self._raw = RawJournal(home / "raw", most_bytes=options.most_raw)
        self._server = LineServer(home, store.station, self.snapshot, self._obey)
        self._keeper = Keeper(
            self._commit, self._announce, self._health, self._too_much_waits,
            most=options.most_in_a_batch, gather=options.gather,
        )  # fmt: skip
        self._samples = SampleBuffer(home)
        self._sensors = Sensors(self._put, options.overdue)
        self._sift = Sift()
        self._writes = SignalWrites(store, self._keeper.in_writer)
        self._servers = Servers(home, store)
        self._ports = Ports(library(home), self._hear, self._raw, self._writes.authorise, self._servers)
        self._board = Board(self._ports, self._raw, self._server.tell)
        self._server.looked = self._board.look
        self._publisher = _publisher(home, store, options.publishing, self._hear)
        self._gate = asyncio.Lock()
        """Held while ports are closed or opened for want of room: one is done whole before the other begins."""
        self._chores: set[asyncio.Task[None]] = set()

    async def run(self, ready: Callable[[], None]) -> int:
        """Read, judge and keep until `stop`; returns how many readings could not be kept (none, as a rule).

        `ready` is called once the ports are being opened. Raises DeviceError where none of the gauges can be read as it
        is laid down (a missing profile), Expected.
        """
        self._servers.follow(self._plan)
        await self._ports.follow(self._plan.gauges.values())
        self._ports.require_one()
        self._board.follow(self._plan)
        if self._publisher is not None:
            self._publisher.follow(self._plan)
            await self._publisher.start()
        await self._server.open()
        keeping = asyncio.create_task(self._keeper.run())
        stopping = asyncio.create_task(self._stopping.wait())
        self._sensors.follow(self._plan, time.monotonic_ns())
        self._sift.follow(self._plan)
        self._ports.start()
        self._chore(self._watch_home())
        self._chore(self._watch_journal())
        self._chore(self._watch_channels())
        ready()
        try:
            ends: set[asyncio.Future[Any]] = {keeping, stopping, self._ports.failed}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            self._stopping.set()
            await self._ports.stop()
            self._sensors.end()
            self._keeper.end()
            lost = await keeping
            await self._write_samples()
            if self._ports.failed.done():
                self._ports.failed.result()
            forget_operator(self._home)
            return lost
        finally:
            for task in (keeping, stopping, *self._chores):
                task.cancel()
            if self._publisher is not None:
                await self._publisher.stop()
            self._board.close()
            await self._server.close()
            self._keeper.close()
            self._samples.close()
            self._raw.close()

    def stop(self) -> None:
        """Keep what is in hand, then end `run`."""
        self._stopping.set()

    def require_home(self) -> None:
        """Raise SurroundingsFailed when the home was removed, or another put in its place: no reading is kept there."""
        if self._place is None or _place(self._home) != self._place:
            raise SurroundingsFailed(
                f"The folder {self._home} was removed or replaced while the line ran: nothing more is kept.",
                "Put it back, or restore a backup there; start the line, and measure the last parts again.",
            )

    def parent_died(self) -> None:
        """Nobody would start this process again: go on reading, and say so."""
        self._supervision = "lost"
        log.error("the parent that would restart this line has died; it goes on")

    def snapshot(self, missed: int = 0) -> protocol.Snapshot:
        """The line as it is now."""
        health = self._health
        return protocol.Snapshot(
            station=self._store.station,
            operator=self._operator,
            plan=self._plan.title,
            ports=self._board.ports(),
            kept=health.kept,
            refused=health.refused,
            judged=health.judged,
            failure=self._keeper.failure,
            missed=missed,
            discarded=self._board.discarded,
            waiting=self._keeper.waiting,
            latency_median=health.median(),
            latency_p99=health.p99(),
            pid=os.getpid(),
            started_at=self._started_at,
            supervision=self._supervision,
        )

    # --- what the ports say ---

    def _hear(self, event: Event) -> None:
        if isinstance(event, Reading):
            if self._sensors.take(event):
                self._publish(event)
            elif self._sift.keeps(event):
                self._keeper.put(event, self._operator)
        elif isinstance(event, LinkState):
            self._server.announce([self._board.port(event)])
        elif isinstance(event, Scan):
            self._sensors.signal(event.source)
            self._keeper.put_scan(carrier(event), event, self._operator)
        elif isinstance(event, Signal):
            self._sensors.signal(event.source)
            self._server.announce([_told(event)])
        self._board.heard(event)

    def _put(self, reading: Reading, piece: Piece | None) -> None:
        """What a continuous channel told, on its way to the disk: a subgroup's mean is a reading like any other."""
        if piece is None:
            self._keeper.put(reading, self._operator)
        else:
            self._keeper.put_piece(reading, piece)

    def _publish(self, reading: Reading) -> None:
        """Hand on a reading of a continuous channel, which is in no journal."""
        if self._publisher is not None:
            self._publisher.heard(reading)

    def _commit(self, batch: Sequence[Waiting], at_commit: Callable[[], None]) -> Callable[[], Outcome]:
        """In the writer's thread: keep a batch, unless nobody would find it."""
        self.require_home()
        return self._ledger.commit(batch, at_commit)

    def _announce(self, items: Sequence[protocol.Announcement]) -> None:
        """Tell what the keeper did, and count it."""
        self._server.announce(items)
        self._board.said(items)
        if self._publisher is not None:
            self._publisher.wake()

    def _too_much_waits(self, full: bool) -> None:
        """Stop reading loudly when memory is full of readings the disk does not take; go on when there is room."""
        self._chore(self._close_ports() if full else self._open_ports())

    async def _close_ports(self) -> None:
        async with self._gate:
            await self._ports.stop()
            log.critical("ports closed", extra={"waiting": self._keeper.waiting})
            why = f"not read, because {self._keeper.waiting} readings wait for the disk"
            for state in self._board.closed(why):
                self._hear(state)

    async def _open_ports(self) -> None:
        async with self._gate:
            if not self._stopping.is_set():  # the room that the end makes is not for more readings
                self._ports.start()

    # --- what clients ask for ---

    async def _obey(self, command: Command) -> protocol.Answer:
        if isinstance(command, protocol.SignOn):
            self._sign_on(command.account)
        elif isinstance(command, protocol.EnterValue):
            return await self._enter(command)
        elif isinstance(command, protocol.RequestReading):
            self._keeper.require_working()
            try:
                await self._ports.request(command.source, command.channel)
            except DeviceError as error:
                raise SurroundingsFailed(error.sentence, error.next_step) from error
        elif isinstance(command, protocol.TypeRecord):
            self._keeper.require_working()
            return take_typed(command, self._ports)
        elif isinstance(command, protocol.KeepScan):
            return await self._keep_scan(command)
        elif isinstance(command, protocol.ClearScan):
            await self._clear_scan(command)
        elif isinstance(command, protocol.ReadSettings):
            return await self._writes.read(command, self._ports, self._plan.gauges)
        elif isinstance(command, protocol.WriteSignal):
            return await self._writes.obey(command, self._ports, self._plan.gauges)
        elif isinstance(command, protocol.Prefer):
            self._board.prefer(command.characteristic)
        elif isinstance(command, protocol.Subscribe):
            self._board.require(command.source)
        elif isinstance(command, protocol.Reload):
            await self._reload()
        elif isinstance(command, protocol.Stop):
            self._require_nothing_waits()
            asyncio.get_running_loop().call_soon(self.stop)
        return protocol.Answer(command.command, "", "")

    def _require_nothing_waits(self) -> None:
        if self._keeper.failure:
            raise SurroundingsFailed(
                f"The line does not end while readings wait ({self._keeper.waiting}): {self._keeper.failure.sentence}",
                f"{self._keeper.failure.next_step} To lose them, end process {os.getpid()}.",
            )

    def _sign_on(self, account: str) -> None:
        self._require_measuring(account)
        self._operator = account
        remember_operator(self._home, account)
        log.info("signed on", extra={"account": account})

    async def _enter(self, command: protocol.EnterValue) -> protocol.Answer:
        self._keeper.require_working()
        reading = typed_value(command.characteristic, command.value, command.unit, time.time_ns(), time.monotonic_ns())
        if command.raw:
            reading = msgspec.structs.replace(reading, raw=command.raw[:LARGEST_RECORD])
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._keeper.put(reading, self._operator, answer)
        reason = await answer
        return protocol.Answer(command.command, reason, "Correct it and enter it again." if reason else "")

    async def _keep_scan(self, command: protocol.KeepScan) -> protocol.Answer:
        self._keeper.require_working()
        if why := unfit(command.text):  # before it takes memory, however long it is
            raise CallIsWrong(why, "Scan another code.")
        scan = typed_scan(command.text, time.time_ns(), time.monotonic_ns())
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._keeper.put_scan(carrier(scan), scan, self._operator, answer)
        reason = await answer
        return protocol.Answer(command.command, reason, "Scan the right code." if reason else "")

    async def _clear_scan(self, command: protocol.ClearScan) -> None:
        from workstation.catalog.identifications import clear_identification

        def clear() -> None:
            with self._store.write(self._operator or self._options.account) as work:
                clear_identification(work, command.identification[:64], command.reason[:LONGEST_REASON])

        await self._keeper.in_writer(clear)
        self._server.renew()

    async def _reload(self) -> None:
        plan = await asyncio.to_thread(self._read_plan)
        self._servers.follow(plan)
        try:
            await self._ports.follow(plan.gauges.values())
        except DeviceError as error:
            self._servers.follow(self._plan)
            raise SurroundingsFailed(error.sentence, error.next_step) from error
        self._plan = plan
        self._board.follow(plan)
        if self._publisher is not None:
            self._publisher.follow(plan)
        self._sensors.follow(plan, time.monotonic_ns())
        self._sift.follow(plan)
        log.info("plan read", extra={"plan": plan.title, "gauges": len(plan.gauges)})

    def _read_plan(self) -> LinePlan:
        with self._store.read() as reader:
            return load_plan(reader)

    # --- the surroundings ---

    def _chore(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    async def _watch_channels(self) -> None:
        """Close what is over, notice silence, and hand raw samples on, though no reading comes."""
        while True:
            await asyncio.sleep(CHANNEL_TICK)
            self._sensors.tick(time.monotonic_ns(), time.time_ns())
            if self._sensors.samples_waiting:
                await self._write_samples()

    async def _write_samples(self) -> None:
        if self._sensors.samples_waiting:
            await self._keeper.in_writer(lambda: self._sensors.write_samples(self._samples, time.time_ns()))

    async def _watch_journal(self) -> None:
        """Follow changes that nobody told, as where the one who made them was killed on the way."""
        looked_at, changed = self._plan.as_of, {_ACCOUNT}  # who was signed on may be deactivated since the line ended
        while True:
            try:
                if _ACCOUNT in changed:
                    await self._check_operator()
                if changed & READ_FROM:
                    await self._reload()
                if changed & _SHOWN:
                    self._server.renew()
                await asyncio.sleep(JOURNAL_WATCH)
                looked_at, changed = await asyncio.to_thread(self._changed_after, max(looked_at, self._plan.as_of))
            except Expected as error:
                log.error("a change cannot be followed", extra={"reason": error.sentence})
                changed = set()
            except Exception:
                log.exception(
                    "a change cannot be followed"
                )  # a fault of ours: the next change is looked for all the same
                changed = set()

    def _changed_after(self, seq: int) -> tuple[int, set[str]]:
        """The journal's head, and what kinds of records the entries after `seq` changed."""
        with self._store.read() as reader:
            return reader.journal_head()[0], reader.kinds_after(seq)

    async def _check_operator(self) -> None:
        """Sign off whose account may keep readings no longer."""
        account = self._operator
        try:
            await asyncio.to_thread(self._require_measuring, account)
        except NotPermitted as error:
            if self._operator == account:
                self._sign_on("")
                log.warning("signed off", extra={"account": account, "reason": error.sentence})
                self._server.renew()

    def _require_measuring(self, account: str) -> None:
        if account:
            with self._store.read() as reader:
                standing(reader.raw, account).require(Right.MEASURE)

    async def _watch_home(self) -> None:
        """End when the home was removed, or another put in its place: nobody would find there what is kept."""
        while _place(self._home) == self._place is not None:
            await asyncio.sleep(HOME_WATCH)
        log.critical("the home is gone")
        self.stop()


def _place(folder: Path) -> tuple[int, int] | None:
    """What tells a folder from another of the same name; None where there is none."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if S_ISDIR(status.st_mode) else None


def _publisher(
    home: Path, store: Store, settings: Publishing | None, tell: Callable[[LinkState], None]
) -> Publisher | None:
    """The line's edge node, where the station publishes; a line that does not loads nothing of it."""
    if settings is None:
        return None
    from workstation.line.publisher import Publisher

    return Publisher(home, store, settings, tell)


def _told(event: Signal) -> protocol.Announcement:
    at = event.observed_at // 1000
    return protocol.Signalled(event.source, event.channel, event.what, str(event.trigger or ""), at)
