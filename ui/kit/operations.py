"""What a person asks for runs off the window's thread, returns what changed, and one signal tells the pages.

One worker thread owns the station from opening to closing, so that every use of the store is in the order it was asked
for. Nothing of Qt is touched there: results wait in a deque that a timer on the window's thread empties.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import shiboken6
from PySide6.QtCore import QObject, QTimer, Signal

from ui.kit.messages import Messages
from workstation.errors import Expected

if TYPE_CHECKING:
    from workstation.station import Station

T = TypeVar("T")
_DRAIN_MILLISECONDS = 8
_CLOSE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Change:
    """A record that is not as it was: `kind` is the journal's record kind, `record` its id or empty for 'some'."""

    kind: str
    record: str = ""


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """What an operation gives back: a value for who asked, and what changed for every page."""

    value: T
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation(Generic[T]):
    """Something a person does that changes data. `doing` completes the sentence 'while ...'."""

    doing: str
    work: Callable[[Station], Done[T]]


@dataclass(frozen=True, slots=True)
class _Task:
    doing: str
    run: Callable[[Station], Callable[[], None]]
    owner: QObject | None
    key: str
    number: int
    failed: Callable[[Expected], None] | None


class Operations(QObject):
    """Runs operations and reads on the station's own thread and brings the results home."""

    changed = Signal(object)
    """Carries a tuple of Change after an operation, or after the line told of one."""
    opened = Signal()
    """The station is open: pages may read."""
    open_failed = Signal(object)
    """Carries the Expected that kept the station from opening."""

    def __init__(self, open_station: Callable[[], Station], messages: Messages, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open_station = open_station
        self._messages = messages
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._deliveries: deque[Callable[[], None]] = deque()
        self._pending = 0
        self._number = 0
        self._latest: dict[str, int] = {}
        self._thread: threading.Thread | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_DRAIN_MILLISECONDS)
        self._timer.timeout.connect(self._drain)

    @property
    def is_busy(self) -> bool:
        """Whether something asked for has not come back yet."""
        return self._pending > 0

    def start(self) -> None:
        """Open the station on a thread of its own; `opened` or `open_failed` follows. After a failure call it again."""
        if self._thread is not None:
            self._thread.join(_CLOSE_SECONDS)
        self._tasks = queue.SimpleQueue()
        self._expect_one()
        self._thread = threading.Thread(target=self._work, args=(self._tasks,), name="sinebar-station", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let what was asked for finish, close the station, end the thread."""
        self._timer.stop()
        if self._thread is None:
            return
        self._tasks.put(None)
        self._thread.join(_CLOSE_SECONDS)
        self._thread = None
        self._deliveries.clear()
        self._pending = 0

    def perform(
        self,
        operation: Operation[T],
        then: Callable[[T], None] | None = None,
        *,
        owner: QObject | None = None,
        failed: Callable[[Expected], None] | None = None,
    ) -> None:
        """Run an operation; `then` gets its value, `changed` its changes, unless `owner` was deleted meanwhile.

        An Expected goes to `failed`, or to the person where there is none.
        """

        def run(station: Station) -> Callable[[], None]:
            outcome = operation.work(station)

            def deliver() -> None:
                if then is not None and (owner is None or shiboken6.isValid(owner)):
                    then(outcome.value)
                if outcome.changes:
                    self.changed.emit(outcome.changes)

            return deliver

        def fail(error: Expected) -> None:
            is_there = owner is None or shiboken6.isValid(owner)
            (failed if failed is not None and is_there else self._messages.fail)(error)

        self._put(_Task(operation.doing, run, None, "", 0, None if failed is None else fail))

    def read(
        self,
        doing: str,
        work: Callable[[Station], T],
        then: Callable[[T], None],
        *,
        owner: QObject,
        key: str = "",
        failed: Callable[[Expected], None] | None = None,
    ) -> None:
        """Fetch something for a page. Of several reads under one `key` only the answer to the last one is delivered."""

        def run(station: Station) -> Callable[[], None]:
            value = work(station)
            return lambda: then(value)

        self._number += 1
        if key:
            key = f"{id(owner)}:{key}"
            self._latest[key] = self._number
        self._put(_Task(doing, run, owner, key, self._number, failed))

    def tell(self, changes: tuple[Change, ...]) -> None:
        """Something changed that this window did not do itself: the line said so."""
        if changes:
            self.changed.emit(changes)

    def _put(self, task: _Task) -> None:
        self._expect_one()
        self._tasks.put(task)

    def _expect_one(self) -> None:
        self._pending += 1
        if not self._timer.isActive():
            self._timer.start()

    def _is_stale(self, task: _Task) -> bool:
        if task.owner is not None and not shiboken6.isValid(task.owner):
            return True
        return bool(task.key) and self._latest.get(task.key) != task.number

    def _drain(self) -> None:
        while self._deliveries:
            deliver = self._deliveries.popleft()
            self._pending -= 1
            deliver()
        if self._pending <= 0:
            self._timer.stop()

    def _fault(self, error: Exception, task: _Task) -> None:
        self._messages.bug(error, task.doing)
        if task.failed is not None and not self._is_stale(task):
            task.failed(Expected("Sinebar made a mistake: this was not done.", "The message above the page says more."))

    # --- on the station's thread -------------------------------------------------------------------------------------

    def _work(self, tasks: queue.SimpleQueue[_Task | None]) -> None:
        try:
            station = self._open_station()
        except Expected as error:
            self._deliveries.append(_bind(self.open_failed.emit, error))
            return
        except Exception as error:  # noqa: BLE001 - a thread must not die unheard: it is logged whole and shown
            self._deliveries.append(_bind_bug(self._messages, error, "opening the station"))
            return
        self._deliveries.append(self.opened.emit)
        try:
            while (task := tasks.get()) is not None:
                self._deliveries.append(self._run(task, station))
        finally:
            station.close()

    def _run(self, task: _Task, station: Station) -> Callable[[], None]:
        if task.key and self._latest.get(task.key) != task.number:
            return _nothing
        try:
            deliver = task.run(station)
        except Expected as error:
            return _bind(task.failed or self._messages.fail, error)
        except Exception as fault:  # noqa: BLE001 - a thread must not die unheard: it is logged whole and shown
            return _bind_fault(self._fault, fault, task)

        def unless_stale() -> None:
            if not self._is_stale(task):
                deliver()

        return unless_stale


def _bind_fault(call: Callable[[Exception, _Task], None], fault: Exception, task: _Task) -> Callable[[], None]:
    return lambda: call(fault, task)


def _nothing() -> None:
    """A superseded read has nothing to deliver."""


def _bind(call: Callable[[Expected], object], error: Expected) -> Callable[[], None]:
    return lambda: (call(error), None)[1]


def _bind_bug(messages: Messages, error: Exception, doing: str) -> Callable[[], None]:
    return lambda: messages.bug(error, doing)
