"""Publishes what is kept to an MQTT broker as a Sparkplug B edge node: from the store to a spool, from there out.

The store is the first disk: the publisher follows its journal, and every entry of the spool is marked with the place in
the journal it was made from. So a line that dies at any moment goes on behind the newest entry that reached the spool.
It works in a thread of its own: a disk or broker that is slow holds up no reading.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from devices.errors import DeviceError
from devices.gateway.address import parse_broker
from devices.gateway.broker import Broker
from devices.gateway.entries import Entry, mark_of
from devices.gateway.mqtt import NodeName, SparkplugNode
from devices.gateway.needs import require
from devices.gateway.spool import Spool
from devices.reading import LinkState, LinkStatus, Reading
from workstation import files
from workstation.errors import Expected
from workstation.line.board import PUBLISHING
from workstation.line.credentials import sign_in_at
from workstation.line.outgoing import Outgoing, Position, Selection, sample
from workstation.line.plan import LinePlan
from workstation.store import Store

log = logging.getLogger(__name__)

FOLDER = "publish"
MOST_SAMPLES_WAITING = 20_000
"""Readings of continuous channels held while the spool's disk refuses them; beyond, the oldest are lost and told."""
LOOK = 1.0
"""Seconds between two looks at the journal when the line has told of nothing: others write there too."""
_TELL = 0.25
_TELL_DETAIL = 1.0
_PAUSE = 1.0
_LAST_WORDS = 2.0
"""Seconds that an orderly end waits for the broker to take what is in the spool."""
_AT_ONCE = 100
"""Values that go into the spool together: what has room for few must be able to take a few."""
_UNMARKED = 2000
"""Journal entries without anything to publish after which the position is written down by itself."""


@dataclass(frozen=True, slots=True)
class Publishing:
    """Where to publish, as which node, and what; `most_bytes` bounds the spool."""

    broker: str
    group: str
    node: str
    selection: Selection = field(default_factory=Selection)
    primary_host: str = ""
    most_bytes: int = 1024 * 1024 * 1024


class Publisher:
    """One line's edge node. `tell` is called on the line's loop with each change of its state.

    Constructing checks the settings: raises DeviceError when they cannot be, or paho-mqtt is not installed.
    """

    def __init__(self, home: Path, store: Store, settings: Publishing, tell: Callable[[LinkState], None]) -> None:
        require("MQTT")
        address = parse_broker(settings.broker)
        self._name = NodeName(settings.group, settings.node)
        self._broker = Broker(address.host, address.port, tls=address.tls)
        self._sign_in = sign_in_at(home, address.account)
        self._settings = settings
        self._folder = home / FOLDER
        self._outgoing = Outgoing(store, settings.selection)
        self._line = asyncio.get_running_loop()
        self._tell = tell
        self._places: dict[tuple[str, str], tuple[str, str]] = {}
        self._samples: deque[Reading] = deque(maxlen=MOST_SAMPLES_WAITING)
        self._lost = 0
        self._trouble = ""
        self._spool: Spool | None = None
        self._position = Position(0)
        self._written = Position(0)
        self._ending = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="publisher", daemon=True)
        self._state = LinkState(
            PUBLISHING, address.account, LinkStatus.OPENING, time.time_ns(), f"opening {address.account}", b""
        )

    # --- called on the line's loop -----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Find where to go on; from now on nothing that is kept is left out. Then begin."""
        await asyncio.to_thread(self._open)
        self._tell(self._state)
        self._thread.start()

    def follow(self, plan: LinePlan) -> None:
        """Publish the samples of this plan's continuous channels, if samples are published at all."""
        places = {}
        if self._settings.selection.samples:
            for key in plan.continuous:
                bound = plan.routes.get(key, ())
                if len(bound) == 1 and bound[0] in plan.characteristics:
                    place = self._outgoing.place(bound[0])
                    if place is not None:
                        places[key] = place
        self._places = places

    def heard(self, reading: Reading) -> None:
        """A reading of a continuous channel came."""
        if (reading.source, reading.channel) in self._places:
            if len(self._samples) == MOST_SAMPLES_WAITING:
                self._lost += 1
            self._samples.append(reading)

    def wake(self) -> None:
        """Something was kept."""
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # its loop has just ended
                loop.call_soon_threadsafe(self._wake.set)

    async def stop(self) -> None:
        """Put everything that is kept into the spool, give the broker a moment to take it, and end."""
        self._ending.set()
        self.wake()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join)

    # --- in the publisher's thread -----------------------------------------------------------------------------------

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        showing = asyncio.create_task(self._show(None))
        sending: asyncio.Task[None] | None = None
        try:
            while self._spool is None and not self._ending.is_set():
                await self._wait(_PAUSE)
                self._open()
            if self._spool is None:
                return
            node = SparkplugNode(
                self._broker, self._name, self._spool, primary_host=self._settings.primary_host, sign_in=self._sign_in
            )
            sending = asyncio.create_task(self._send(node))
            showing.cancel()
            showing = asyncio.create_task(self._show(node))
            while not self._ending.is_set():
                await self._feed(node)
                await self._wait(_PAUSE if self._trouble else LOOK)
            await self._feed(node)
            await self._last_words(node)
        finally:
            self._loop = None
            await _ended(showing, sending)
            if self._spool is not None:
                self._spool.close()

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()

    async def _send(self, node: SparkplugNode) -> None:
        """Have the node forward for ever; a fault of ours in it is logged, said and tried again."""
        while True:
            try:
                await node.run()
            except Exception:
                log.exception("the publisher made a mistake")
                self._trouble = "Sinebar made a mistake while publishing and tries again; see the line's log."
                await asyncio.sleep(5 * _PAUSE)
                self._trouble = ""

    async def _feed(self, node: SparkplugNode) -> None:
        """Put what is new in the journal, and the samples that wait, into the spool."""
        try:
            while True:
                await self._keep_samples(node)
                entries, position = self._outgoing.after(self._position)
                for start in range(0, len(entries), _AT_ONCE):
                    some = entries[start : start + _AT_ONCE]
                    await node.keep(some)
                    self._position = self._written = Position.parse(some[-1].mark) or self._position
                moved, self._position = position != self._position, position
                if position.seq - self._written.seq > _UNMARKED:
                    self._write_position()
                if not moved and not self._samples:
                    break
            self._say("")
        except (DeviceError, Expected) as error:
            self._say(str(error))
        except OSError as error:
            self._say(f"{self._folder} cannot be written: {error.strerror}.")
        except Exception as error:
            log.exception("the publisher made a mistake")
            self._say(f"Sinebar made a mistake and does not publish: {error}.")

    async def _keep_samples(self, node: SparkplugNode) -> None:
        while self._samples:
            some = [self._samples.popleft() for _ in range(min(_AT_ONCE, len(self._samples)))]
            try:
                await node.keep([drawn for one in some if (drawn := self._sample(one)) is not None])
            except BaseException:
                self._take_back(some)
                raise

    def _sample(self, reading: Reading) -> Entry | None:
        place = self._places.get((reading.source, reading.channel))
        if place is None:  # the plan changed meanwhile
            return None
        return sample(
            place, reading.value, reading.unit, reading.observed_at, reading.quality, reading.reason, self._position
        )

    def _take_back(self, samples: list[Reading]) -> None:
        room = MOST_SAMPLES_WAITING - len(self._samples)
        self._lost += max(0, len(samples) - room)
        self._samples.extendleft(reversed(samples[max(0, len(samples) - room) :]))

    def _say(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            log.error("not published", extra={"reason": trouble})
        self._trouble = trouble

    async def _last_words(self, node: SparkplugNode) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS):
                while node.is_online and node.waiting and not node.waits_for_host:
                    await asyncio.sleep(0.02)

    # --- where it goes on --------------------------------------------------------------------------------------------

    def _open(self) -> None:
        """Open the spool and find the position; trouble is said and tried again."""
        try:
            spool = Spool(self._folder, most_bytes=self._settings.most_bytes)
            newest = spool.newest()
            known = [Position.parse(mark_of(newest))] if newest is not None else []
            known.append(self._read_position())
            there = [one for one in known if one is not None]
            self._position = self._written = max(there) if there else self._outgoing.end()
            if not there:
                self._write_position()
            self._spool = spool
            self._say("")
        except (DeviceError, Expected) as error:
            self._say(str(error))
        except OSError as error:
            self._say(f"{self._folder} cannot be used: {error.strerror}.")

    @property
    def _position_file(self) -> Path:
        return self._folder / "position"

    def _read_position(self) -> Position | None:
        try:
            return Position.parse(self._position_file.read_text(encoding="ascii").strip())
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def _write_position(self) -> None:
        files.replace(self._position_file, str(self._position), next_step="Check the home's rights.")
        self._written = self._position

    # --- how it stands -----------------------------------------------------------------------------------------------

    async def _show(self, node: SparkplugNode | None) -> None:
        """Tell the line how it stands: a change of status at once, of the rest now and then."""
        told_at = 0.0
        while True:
            status, detail = self._standing(node)
            changed = status is not self._state.status
            if changed or (detail != self._state.detail and time.monotonic() - told_at >= _TELL_DETAIL):
                since = time.time_ns() if changed else self._state.since
                self._state = LinkState(PUBLISHING, self._state.port, status, since, detail, b"")
                told_at = time.monotonic()
                with suppress(RuntimeError):  # the line's loop has ended
                    self._line.call_soon_threadsafe(self._tell, self._state)
            await asyncio.sleep(_TELL)

    def _standing(self, node: SparkplugNode | None) -> tuple[LinkStatus, str]:
        waiting = node.waiting if node is not None else 0
        waits = f" {waiting} values wait on the disk." if waiting else ""
        lost = f" {self._lost} samples were lost." if self._lost else ""
        if self._trouble or node is None:
            return LinkStatus.ERROR, (self._trouble or "not opened yet") + waits + lost
        if node.trouble:
            return LinkStatus.ERROR, node.trouble + waits + lost
        if not node.is_online:
            return LinkStatus.OPENING, f"opening {self._state.port}{waits}{lost}"
        if node.waits_for_host:
            return LinkStatus.SILENT, f"the host {self._settings.primary_host} is not online.{waits}{lost}"
        return LinkStatus.READY, f"publishes as {self._name.group}/{self._name.node}.{waits}{lost}"


async def _ended(*tasks: asyncio.Task[None] | None) -> None:
    there = [task for task in tasks if task is not None]
    for task in there:
        task.cancel()
    await asyncio.gather(*there, return_exceptions=True)
