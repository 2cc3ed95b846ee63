"""The store of one station: opened once a process, written through units of work, read through sessions."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType

from workstation.errors import CallIsWrong, SurroundingsFailed
from workstation.store import schema
from workstation.store.backup import Copy, back_up
from workstation.store.clock import Clock, SystemClock
from workstation.store.connection import Channel, connect
from workstation.store.doctor import Health, examine
from workstation.store.failures import NoWriteAccess, cannot_be_written, said_plainly
from workstation.store.measurements import Terms
from workstation.store.reader import Reader
from workstation.store.unit_of_work import UnitOfWork
from workstation.store.unwritable import AsItStands
from workstation.store.verify import Acknowledged, Verification, verify

DATABASE = "station.db"


class Store:
    """The only door to a station's database; usable from several threads, and from several processes at once."""

    def __init__(
        self, home: Path, channel: Channel, station: str, clock: Clock, as_it_stands: AsItStands | None = None
    ) -> None:
        self.home = home
        self.path = home / DATABASE
        self.station = station
        self.clock = clock
        self._writer = channel
        self._as_it_stands = as_it_stands
        self._write_lock = threading.RLock()
        self._terms = Terms(channel.raw)
        self._idle_readers: list[Channel] = []
        self._reader_lock = threading.Lock()
        self._closed = False
        self._writing_thread: int | None = None

    @classmethod
    def open(cls, home: Path, *, station: str | None = None, clock: Clock | None = None) -> Store:
        """Open the station of `home`, creating or migrating its database first.

        `station` names a new station; an existing one must have that name. Raises SurroundingsFailed when the folder
        or file is not usable, Refused when a newer Sinebar wrote it.
        """
        clock = clock or SystemClock()
        path = home / DATABASE
        with said_plainly(path):
            home.mkdir(parents=True, exist_ok=True)
            name = schema.prepare(path, station=station, clock=clock)
            channel = Channel(connect(path))
        return cls(home, channel, name, clock)

    @classmethod
    def open_to_read(cls, home: Path, *, clock: Clock | None = None) -> Store:
        """Open the station of `home` for who only reads: where nothing may be written it is read as it stands.

        Then nothing in the home is changed, `how_read` says what was done, and `write` refuses. Raises as `open`, and
        SurroundingsFailed when another process changes the file under the reader.
        """
        clock = clock or SystemClock()
        try:
            return cls.open(home, clock=clock)
        except NoWriteAccess:
            path = home / DATABASE
            if not path.is_file():
                raise
        with said_plainly(path), ExitStack() as undone:
            source = undone.enter_context(AsItStands(path))
            name = schema.prepare_to_read(source)
            store = cls(home, Channel(source.connect()), name, clock, source)
            undone.pop_all()
        return store

    @property
    def how_read(self) -> str:
        """What was done to read a station that cannot be written, as a sentence; empty where it can be."""
        if self._as_it_stands is None:
            return ""
        return f"{self.home} cannot be written: the station was read {self._as_it_stands.how}, and nothing was changed."

    @contextmanager
    def write(
        self, account: str, *, reason: str = "", at_commit: Callable[[], None] | None = None
    ) -> Iterator[UnitOfWork]:
        """One transaction on behalf of `account`: committed whole when the block ends, undone whole when it raises.

        What is committed is on disk. One thread writes at a time; other processes wait their turn. `at_commit` is
        called when only the disk's work is left, beside which another thread may do its own; it must not raise.
        """
        if self._as_it_stands is not None:
            raise cannot_be_written(self.path)
        if not account:
            raise CallIsWrong("A change needs an account.", "Sign on first.")
        with self._write_lock, said_plainly(self.path):
            self._require_open()
            if self._writing_thread is not None:
                raise CallIsWrong(
                    "A unit of work is already open in this thread.", "Pass it on instead of opening another."
                )
            self._writing_thread = threading.get_ident()
            work: UnitOfWork | None = None
            try:
                self._writer.raw.execute("BEGIN IMMEDIATE")
                work = UnitOfWork(
                    self._writer,
                    terms=self._terms,
                    clock=self.clock,
                    station=self.station,
                    account=account,
                    reason=reason,
                )
                yield work
                work.finish()
                if at_commit is not None:
                    at_commit()
                self._writer.raw.execute("COMMIT")
                self._terms.keep()
            except BaseException:
                self._undo()
                raise
            finally:
                self._writing_thread = None
                if work is not None:
                    work.close()

    def _undo(self) -> None:
        self._terms.forget()
        with suppress(sqlite3.Error):  # SQLite rolls back by itself on a full disk; then there is nothing to undo
            if self._writer.raw.in_transaction:
                self._writer.raw.execute("ROLLBACK")

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """A consistent view of the store for as long as the block lasts; never waits for a writer."""
        with said_plainly(self.path), self._unchanged():
            channel = self._take_reader()
            reader = Reader(channel)
            try:
                channel.raw.execute("BEGIN")
                yield reader
            finally:
                reader.close()
                with suppress(sqlite3.Error):
                    channel.raw.execute("ROLLBACK")
                self._give_back(channel)

    @contextmanager
    def _unchanged(self) -> Iterator[None]:
        try:
            yield
        finally:  # before any other error: a page that was written while it was read may look like damage
            self._require_unchanged()

    def _require_unchanged(self) -> None:
        if self._as_it_stands is not None:
            self._as_it_stands.require_unchanged()

    def _connect(self) -> sqlite3.Connection:
        return connect(self.path, read_only=True) if self._as_it_stands is None else self._as_it_stands.connect()

    def _take_reader(self) -> Channel:
        with self._reader_lock:
            self._require_open()
            if self._idle_readers:
                return self._idle_readers.pop()
        return Channel(self._connect())

    def _give_back(self, channel: Channel) -> None:
        with self._reader_lock:
            if self._closed:
                channel.close()
            else:
                self._idle_readers.append(channel)

    def _require_open(self) -> None:
        if self._closed:
            raise SurroundingsFailed(f"The store {self.path} is closed.", "Open it again.")

    def verify(self, acknowledged: Acknowledged | None = None) -> Verification:
        """Recompute the whole chain, every digest and every record; see `verify.Verification`."""
        with self.read() as reader:
            return verify(reader.raw, acknowledged)

    def back_up(self, target: Path) -> Copy:
        """A complete copy of the database at `target`, made while it is in use."""
        return back_up(self._connect, target, self._require_unchanged)

    def health(self) -> Health:
        """SQLite's own checks of the file, its schema, its size and what it holds."""
        with self._unchanged():
            return examine(self.path, self._connect, writable=self._as_it_stands is None)

    def close(self) -> None:
        """Close every connection; waits for a unit of work in another thread. May be called twice."""
        with self._write_lock, self._reader_lock:
            if not self._closed:
                self._closed = True
                for channel in self._idle_readers:
                    channel.close()
                self._idle_readers.clear()
                self._writer.close()
                if self._as_it_stands is not None:
                    self._as_it_stands.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
