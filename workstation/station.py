"""Opens a station's home: what the command line and the window hold in their hand, and what runs a home's line."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from workstation import settings as declared
from workstation.errors import SurroundingsFailed
from workstation.line.lock import LineLock, holder
from workstation.line.supervisor import program, surroundings
from workstation.logs import close_log, log_to
from workstation.settings import Settings
from workstation.store import Reader, Store, UnitOfWork
from workstation.store.failures import said_plainly

if TYPE_CHECKING:
    from workstation.line.attachment import Attachment
    from workstation.line.correction import Corrected, Correction
    from workstation.line.process import Options
    from workstation.line.publisher import Publishing
    from workstation.line.reactions import (
        AlarmOpened,
        ChannelTrouble,
        OpenTrouble,
        OutOfControl,
        OutOfTolerance,
        TroubleEnded,
    )
    from workstation.store import Acknowledged

log = logging.getLogger(__name__)


class Station:
    """One open home. Close it, or use it as a context manager."""

    def __init__(self, home: Path, store: Store, settings: Settings, handler: logging.Handler | None) -> None:
        self.home = home
        self.store = store
        self.settings = settings
        self._handler = handler

    @classmethod
    def open(cls, home: Path, *, create: bool = True, name: str | None = None, log_as: str = "") -> Station:
        """Open the station of `home`; `name` names a new one.

        Without `create` a home that has no station is refused, so that a mistyped folder makes none. `log_as` is the
        program under whose name this process logs into the home; empty for none. Raises Expected.
        """
        home = home.expanduser().absolute()
        if not create:
            _require_station(home)
        with said_plainly(home):
            home.mkdir(parents=True, exist_ok=True)
        settings = declared.load(home)
        store = Store.open(home, station=name)
        level = logging.getLevelName(settings.get(declared.LOG_LEVEL).upper())
        handler = log_to(
            home, log_as, level, settings.get(declared.LOG_MEGABYTES) * 1024 * 1024, settings.get(declared.LOG_COPIES)
        ) if log_as else None  # fmt: skip
        return cls(home, store, settings, handler)

    @classmethod
    def open_to_read(cls, home: Path) -> Station:
        """Open the station of `home` for who only reads: also on a medium or in a folder that cannot be written.

        Raises Expected, also where there is no station.
        """
        home = home.expanduser().absolute()
        _require_station(home)
        settings = declared.load(home)
        return cls(home, Store.open_to_read(home), settings, None)

    @property
    def name(self) -> str:
        """The station's name, which stands in every journal entry."""
        return self.store.station

    def read(self) -> AbstractContextManager[Reader]:
        """A consistent view of the store for as long as the block lasts."""
        return self.store.read()

    def write(self, account: str, *, reason: str = "") -> AbstractContextManager[UnitOfWork]:
        """One transaction on behalf of `account`."""
        return self.store.write(account, reason=reason)

    def acknowledged(self) -> Acknowledged | None:
        """What the hub last said that it holds of this journal; None where it never said anything."""
        from workstation.store import Acknowledged
        from workstation.sync.state import StateFile

        state = StateFile(self.home).read()
        said = Acknowledged(state.hub, state.acknowledged.count, state.acknowledged.hash)
        return said if said.entries else None

    def correct(self, account: str, wanted: Correction, reason: str) -> tuple[Corrected, str]:
        """Correct a kept value; second, what a running line said to it, or empty. Raises Expected."""
        from workstation.line.correction import correct

        with self.write(account) as work:
            done = correct(work, wanted, reason, CorrectionReactions())
        return done, self.tell_line()

    def tell_line(self) -> str:
        """Have a running line read plan, gauges and limits again; what it answered, empty where no line runs."""
        from workstation.line.client import reload_line

        return reload_line(self.home) if self.line_running() else ""

    def line_running(self) -> bool:
        """Whether a line process serves this home. Raises SurroundingsFailed where that cannot be seen."""
        return holder(self.home) is not None

    def start_line(self) -> None:
        """Start this home's line in the background if none runs; it goes on when this program ends.

        It is ready when a client can attach; what goes wrong stands in the home's logs.
        """
        if not self.line_running():
            start_line(self.home)

    def attach(self, program_name: str) -> Attachment:
        """A thread that attaches to the line for as long as it takes, and again whenever the line comes back."""
        from workstation.line.attachment import Attachment

        attachment = Attachment(self.home, program_name)
        attachment.start()
        return attachment

    def close(self) -> None:
        """Close the store and the log."""
        self.store.close()
        close_log(self._handler)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _require_station(home: Path) -> None:
    if not (home / "station.db").is_file():
        raise SurroundingsFailed(
            f"There is no station in {home}.",
            "Name its folder with --home, or make one there by opening the window or importing a plan.",
        )


def start_line(home: Path) -> None:
    """Start `sinebar line run` for a home, apart from this program's terminal and life."""
    with said_plainly(home):
        (home / "logs").mkdir(parents=True, exist_ok=True)
        said = (home / "logs" / "line-start.txt").open("wb")
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS
    with said:
        started = subprocess.Popen(
            program("line", "run", "--home", str(home)),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd=home,
            env=surroundings(),
            creationflags=flags,
            start_new_session=sys.platform != "win32",
        )
    # somebody must take its exit code while this program lives, or it would stay behind as a zombie
    threading.Thread(target=started.wait, name="line that was started", daemon=True).start()


class QualityReactions:
    """A reading's consequences at this station: the quality rooms open their records in the reading's transaction."""

    def rehearse(self, store: Store, account: str) -> None:
        """Load what the reactions need, so that the first alarm is kept as fast as the others."""
        from workstation.quality.reactions import rehearse

        rehearse(store, account)

    def out_of_control(self, work: UnitOfWork, event: OutOfControl) -> AlarmOpened | None:
        """Raise an alarm, and open its investigation or join the running one."""
        from workstation.line.reactions import AlarmOpened
        from workstation.quality.reactions import react_to_alarm

        opened = react_to_alarm(work, event)
        return AlarmOpened(opened.alarm, opened.investigation)

    def out_of_tolerance(self, work: UnitOfWork, event: OutOfTolerance) -> str:
        """Open a nonconformance, or add the value to the open one."""
        from workstation.quality.reactions import react_to_out_of_tolerance

        return react_to_out_of_tolerance(work, event)

    def channel_trouble(self, work: UnitOfWork, event: ChannelTrouble) -> AlarmOpened:
        """Raise a continuous channel's alarm, and open its investigation or join the running one."""
        from workstation.line.reactions import AlarmOpened
        from workstation.quality.reactions import react_to_channel

        opened = react_to_channel(work, event)
        return AlarmOpened(opened.alarm, opened.investigation)

    def trouble_ended(self, work: UnitOfWork, event: TroubleEnded) -> None:
        """Note in the alarm's record that it is over."""
        from workstation.quality.reactions import react_to_channel_end

        react_to_channel_end(work, event)

    def open_troubles(self, reader: Reader) -> list[OpenTrouble]:
        """The alarms of channels whose end is in no record."""
        from workstation.line.reactions import OpenTrouble
        from workstation.quality.alarms import unended

        return [
            OpenTrouble(one.characteristic_id, one.rules[0], one.observed_at, one.seen)
            for one in unended(reader)
            if len(one.rules) == 1
        ]


class CorrectionReactions(QualityReactions):
    """As for a reading, but a subgroup that was judged before may have its alarm already: there is only one."""

    def out_of_control(self, work: UnitOfWork, event: OutOfControl) -> AlarmOpened | None:
        """Raise an alarm, unless the subgroup has one."""
        from workstation.quality.alarms import has_alarm

        if has_alarm(work, event.characteristic.id, event.subgroup):
            return None
        return super().out_of_control(work, event)


def _line_options(station: Station, supervised: bool) -> Options:
    from workstation.line.check import Overdue
    from workstation.line.process import Options
    from workstation.people.accounts import LINE_ACCOUNT

    get = station.settings.get
    return Options(
        account=LINE_ACCOUNT,
        overdue=Overdue(get(declared.OVERDUE_CALIBRATION)),
        gather=get(declared.BATCH_MILLISECONDS) / 1000,
        most_in_a_batch=get(declared.BATCH_ROWS),
        most_raw=get(declared.RAW_MEGABYTES) * 1024 * 1024,
        supervised=supervised,
        publishing=_publishing(station),
    )


def _publishing(station: Station) -> Publishing | None:
    """What the settings say about publishing; None where they name no broker."""
    get = station.settings.get
    if not get(declared.PUBLISH_BROKER).strip():
        return None
    from workstation.line.outgoing import Selection
    from workstation.line.publisher import Publishing

    names = [name.strip() for name in get(declared.PUBLISH_CHARACTERISTICS).split(",")]
    selection = Selection(
        readings=get(declared.PUBLISH_READINGS),
        subgroups=get(declared.PUBLISH_SUBGROUPS),
        alarms=get(declared.PUBLISH_ALARMS),
        samples=get(declared.PUBLISH_SAMPLES),
        characteristics=frozenset(filter(None, names)),
    )
    return Publishing(
        broker=get(declared.PUBLISH_BROKER).strip(),
        group=get(declared.PUBLISH_GROUP),
        node=get(declared.PUBLISH_NODE) or station.name,
        selection=selection,
        primary_host=get(declared.PUBLISH_HOST),
        most_bytes=get(declared.PUBLISH_MEGABYTES) * 1024 * 1024,
    )


def run_line(home: Path, *, supervised: bool, tell: Callable[[str], None]) -> int:
    """Be the line process of a home until it is told to stop; returns the exit code.

    Raises `AlreadyRunning` when another one serves the home, Expected when the surroundings are not as needed.
    """
    from workstation.line.life import run_process
    from workstation.line.process import LineProcess
    from workstation.line.recovery import recover

    home = home.expanduser().absolute()
    with said_plainly(home):
        home.mkdir(parents=True, exist_ok=True)
    lock = LineLock.acquire(home)
    try:
        with Station.open(home, log_as="line") as station:
            reactions, options = QualityReactions(), _line_options(station, supervised)
            reactions.rehearse(station.store, options.account)
            recover(station.store, home, options.account, time.time_ns(), reactions)
            return run_process(lambda: LineProcess(home, station.store, reactions, options), tell, supervised)
    finally:
        lock.release()
