"""The line process: ports, pipeline and local socket on one event loop, from start to an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import msgspec

from devices import RawJournal
from devices.errors import DeviceError
from devices.reading import Discarded, LinkState, LinkStatus, Reading, Scan, Signal
from workstation.catalog.values import Gauge
from workstation.errors import CallIsWrong, SurroundingsFailed
from workstation.line import protocol
from workstation.line.check import Overdue, typed_value
from workstation.line.health import Health
from workstation.line.keep import MOST_IN_A_BATCH, Keeper
from workstation.line.keystrokes import take_typed
from workstation.line.ledger import Ledger
from workstation.line.operator import forget_operator, recall_operator, remember_operator
from workstation.line.plan import LinePlan, load_plan
from workstation.line.ports import Event, Ports, library
from workstation.line.reactions import Reactions
from workstation.line.samples import SampleBuffer
from workstation.line.sensors import Piece, Sensors
from workstation.line.server import Command, LineServer
from workstation.line.watch import EVERY_GAUGE, Tallies, Watch
from workstation.line.writes import SignalWrites
from workstation.store import Right, Store
from workstation.store.rights import standing

log = logging.getLogger(__name__)

HOME_WATCH = 2.0
"""Seconds between two looks whether the home is still there."""
CHANNEL_TICK = 0.25
"""Seconds between two looks whether a continuous channel's minute is over or it fell silent."""
LARGEST_RECORD = 512
"""Bytes kept of the record of a gauge that types like a keyboard."""
_LOGGED_WHOLE = 20
"""Discarded pieces of one instrument that are logged one by one; then one in a thousand."""


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """How a line process runs: `account` is the service account it writes as, `most_raw` bytes kept a port."""

    account: str
    overdue: Overdue = Overdue.REFUSE
    gather: float = 0.0
    most_in_a_batch: int = MOST_IN_A_BATCH
    most_raw: int = 64 * 1024 * 1024
    supervised: bool = False


class LineProcess:
    """One home's live line; `run` reads, judges and keeps until it is told to stop."""

    def __init__(self, home: Path, store: Store, reactions: Reactions, options: Options) -> None:
        self._home = home
        self._store = store
        self._options = options
        self._health = Health()
        self._plan = self._read_plan()
        self._ledger = Ledger(store, self._plan, reactions, options.account, options.overdue)
        self._operator = recall_operator(home)
        self._states: dict[str, LinkState] = {}
        self._tallies = Tallies()
        self._preferred = 0
        self._supervision = "supervised" if options.supervised else "none"
        self._started_at = time.time_ns() // 1000
        self._stopping = asyncio.Event()
        self._raw = RawJournal(home / "raw", most_bytes=options.most_raw)
        self._server = LineServer(home, store.station, self.snapshot, self._obey)
        self._keeper = Keeper(
            self._ledger.commit, self._announce, self._health, self._too_much_waits,
            most=options.most_in_a_batch, gather=options.gather,
        )  # fmt: skip
        self._samples = SampleBuffer(home)
        self._sensors = Sensors(self._put, options.overdue)
        self._writes = SignalWrites(store, self._keeper.in_writer)
        self._ports = Ports(library(home), self._hear, self._raw, self._writes.authorise)
        self._watch = Watch(self._raw, self._server.tell, self._instruments)
        self._looked_at: frozenset[str] = frozenset()
        self._server.looked = self._look
        self._chores: set[asyncio.Task[None]] = set()

    async def run(self, ready: Callable[[], None]) -> int:
        """Read, judge and keep until `stop`; returns how many readings could not be kept (none, as a rule).

        `ready` is called once the ports are being opened. Raises DeviceError for a missing profile, Expected.
        """
        await self._ports.follow(self._plan.gauges.values())
        await self._server.open()
        keeping = asyncio.create_task(self._keeper.run())
        stopping = asyncio.create_task(self._stopping.wait())
        self._sensors.follow(self._plan, time.monotonic_ns())
        self._ports.start()
        self._chore(self._watch_home())
        self._chore(self._watch_channels())
        ready()
        try:
            ends: set[asyncio.Future[Any]] = {keeping, stopping, self._ports.failed}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
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
            self._watch.close()
            await self._server.close()
            self._keeper.close()
            self._samples.close()
            self._raw.close()

    def stop(self) -> None:
        """Keep what is in hand, then end `run`."""
        self._stopping.set()

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
            ports=tuple(self._port(state) for state in self._states.values()),
            kept=health.kept,
            refused=health.refused,
            judged=health.judged,
            failure=self._keeper.failure,
            missed=missed,
            discarded=health.discarded,
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
            if not self._sensors.take(event):
                self._keeper.put(event, self._operator)
            if event.raw:
                self._tallies[event.source].heard = event.raw
        elif isinstance(event, LinkState):
            self._states[event.source] = event
            log.info("port", extra={"source": event.source, "status": str(event.status), "detail": event.detail})
            self._server.announce([self._port(event)])
        elif isinstance(event, Discarded):
            self._count_discarded(event)
        else:
            self._sensors.signal(event.source)
            self._server.announce([_told(event)])
        self._watch.heard(event)

    def _put(self, reading: Reading, piece: Piece | None) -> None:
        """What a continuous channel told, on its way to the disk: a subgroup's mean is a reading like any other."""
        if piece is None:
            self._keeper.put(reading, self._operator)
        else:
            self._keeper.put_piece(reading, piece)

    def _announce(self, items: Sequence[protocol.Announcement]) -> None:
        """Tell what the keeper did, and count it."""
        self._tallies.count(items)
        self._server.announce(items)
        self._watch.said(items)

    def _count_discarded(self, piece: Discarded) -> None:
        self._health.discarded += 1
        tally = self._tallies[piece.source]
        tally.discarded += 1
        tally.heard = piece.raw
        count = tally.discarded
        if count <= _LOGGED_WHOLE or count % 1000 == 0:
            log.info(
                "discarded",
                extra={"source": piece.source, "reason": piece.reason, "raw": piece.raw[:100].hex(), "count": count},
            )

    def _too_much_waits(self, full: bool) -> None:
        """Stop reading loudly when memory is full of readings the disk does not take; go on when there is room."""
        self._chore(self._close_ports() if full else self._open_ports())

    async def _close_ports(self) -> None:
        await self._ports.stop()
        log.critical("ports closed", extra={"waiting": self._keeper.waiting})
        why = f"not read, because {self._keeper.waiting} readings wait for the disk"
        for source in self._ports.sources:
            known = self._states.get(source)
            self._hear(LinkState(source, known.port if known else "", LinkStatus.ERROR, time.time_ns(), why, b""))

    async def _open_ports(self) -> None:
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
        elif isinstance(command, protocol.WriteSignal):
            return await self._writes.obey(command, self._ports, self._plan.gauges)
        elif isinstance(command, protocol.Prefer):
            self._preferred = command.characteristic
            self._prefer()
        elif isinstance(command, protocol.Subscribe):
            if command.source != EVERY_GAUGE:
                self._ports.wire(command.source)
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
        if account:
            with self._store.read() as reader:
                standing(reader.raw, account).require(Right.MEASURE)
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

    async def _reload(self) -> None:
        plan = await asyncio.to_thread(self._read_plan)
        try:
            await self._ports.follow(plan.gauges.values())
        except DeviceError as error:
            raise SurroundingsFailed(error.sentence, error.next_step) from error
        self._plan = plan
        for source in set(self._states) - self._ports.sources:
            del self._states[source]
        self._prefer()
        self._look(self._looked_at)
        self._sensors.follow(plan, time.monotonic_ns())
        await self._keeper.in_writer(lambda: self._ledger.follow(plan))
        log.info("plan read", extra={"plan": plan.title, "gauges": len(plan.gauges)})

    def _read_plan(self) -> LinePlan:
        with self._store.read() as reader:
            return load_plan(reader)

    # --- what clients look at ---

    def _look(self, sources: frozenset[str]) -> None:
        """These have subscribers; one whose gauge has left the plan shows nothing any more."""
        self._looked_at = sources
        there = self._ports.sources
        wanted = {source: self._ports.wire(source).names for source in sources if source in there}
        self._watch.follow(wanted, counts=EVERY_GAUGE in sources)

    def _prefer(self) -> None:
        """Have foot switches read what the screen shows."""
        routes = self._plan.routes.items()
        self._ports.prefer(place for place, bound in routes if bound == (self._preferred,))

    def _instruments(self) -> protocol.Instruments:
        there = self._ports.sources
        return protocol.Instruments(
            tuple(self._instrument(gauge) for gauge in self._plan.gauges.values() if gauge.source in there)
        )

    def _instrument(self, gauge: Gauge) -> protocol.Instrument:
        wire, tally = self._ports.wire(gauge.source), self._tallies[gauge.source]
        last = tally.last
        return protocol.Instrument(
            source=gauge.source,
            name=gauge.name,
            serial_number=gauge.serial_number,
            profile=wire.profiles[gauge.source].title,
            kept=tally.kept,
            refused=tally.refused,
            discarded=tally.discarded,
            missed=wire.missed(gauge.source),
            last_value=last.value if last else "",
            last_unit=last.unit if last else "",
            last_at=last.observed_at if last else 0,
            last_bytes=tally.heard[-LARGEST_RECORD:],
        )

    def _port(self, state: LinkState) -> protocol.Port:
        try:
            channels = self._ports.wire(state.source).channels(state.source)
        except CallIsWrong:  # its gauge has just left the plan
            channels = ()
        return protocol.Port(
            state.source, state.port, str(state.status), state.since // 1000, state.detail, state.last_bytes, channels
        )

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

    async def _watch_home(self) -> None:
        """End when somebody removed the home: there is nothing left to keep readings in."""
        while self._home.is_dir():
            await asyncio.sleep(HOME_WATCH)
        log.critical("the home is gone")
        self.stop()


def _told(event: Scan | Signal) -> protocol.Announcement:
    at = event.observed_at // 1000
    if isinstance(event, Scan):
        return protocol.Scanned(event.source, event.text, at)
    return protocol.Signalled(event.source, event.channel, event.what, str(event.trigger or ""), at)


def run_process(line: Callable[[], LineProcess], tell: Callable[[str], None], supervised: bool) -> int:
    """Run a line process to its end and return its exit code; `tell` is given a line when it is ready, and at the end.

    `supervised`: a parent holds standard input open, and its end means that the parent has died.
    """
    settle_memory()
    return asyncio.run(_run(line, tell, supervised))


def settle_memory() -> None:
    """Spare the line pauses: what was loaded at start is never searched for garbage, and threads take turns quickly."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    sys.setswitchinterval(0.0005)


async def _run(make: Callable[[], LineProcess], tell: Callable[[str], None], supervised: bool) -> int:
    line = make()
    loop = asyncio.get_running_loop()
    _on_signals(loop, line.stop)
    if supervised:
        threading.Thread(target=_watch_parent, args=(loop, line.parent_died), daemon=True).start()

    def ready() -> None:
        snapshot = line.snapshot()
        sentence = f"The line of station {snapshot.station} reads its ports as process {snapshot.pid}."
        if not snapshot.plan:
            sentence += " No plan is effective yet: see 'sinebar import --help'."
        log.info("line ready", extra={"plan": snapshot.plan, "supervision": snapshot.supervision})
        facts = {"pid": snapshot.pid, "station": snapshot.station, "plan": snapshot.plan, "sentence": sentence}
        tell(f"ready {json.dumps(facts)}")

    lost = await line.run(ready)
    told = line.snapshot()
    log.info("line ended", extra={"kept": told.kept, "refused": told.refused, "lost": lost})
    sentence = f"The line has ended: {told.kept} readings kept, {told.judged} subgroups judged, {told.refused} refused."
    tell(
        f"ended {json.dumps({'kept': told.kept, 'judged': told.judged, 'refused': told.refused, 'sentence': sentence})}"
    )
    if lost:
        raise SurroundingsFailed(
            f"{lost} readings could not be kept before the line ended; their raw bytes are in the home's raw folder.",
            "Make room on the disk, start the line, and measure these parts again.",
        )
    return 0


def _on_signals(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """Have SIGTERM and SIGINT (on Windows: Ctrl-C and Ctrl-Break) end the line in order."""
    if sys.platform == "win32":
        for number in (signal.SIGINT, signal.SIGBREAK):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
    else:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)


def _watch_parent(loop: asyncio.AbstractEventLoop, died: Callable[[], None]) -> None:
    """Wait for the end of standard input, which the parent holds open for as long as it lives."""
    with contextlib.suppress(OSError, ValueError):
        while os.read(0, 1024):
            pass
    with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
        loop.call_soon_threadsafe(died)
