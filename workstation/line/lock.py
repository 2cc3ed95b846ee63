"""One line process a home: an operating-system lock that dies with its holder, so it is never stale."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from workstation.errors import SurroundingsFailed
from workstation.lock import FileLock

_PROBE_PATIENCE = 0.25
"""Seconds an acquirer waits out somebody who only looks whether the lock is held."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock: the process that reads the ports, and since when (seconds since the epoch)."""

    pid: int
    since: float


class AlreadyRunning(SurroundingsFailed):
    """Another line process serves this home."""

    def __init__(self, home: Path, holder: Holder | None) -> None:
        who = f"process {holder.pid}" if holder else "another process"
        super().__init__(
            f"The line of {home} is already running: {who} holds {home / 'line.lock'}.",
            "Attach to it, or end it first with 'sinebar line stop'.",
        )
        self.holder = holder


class LineLock:
    """The lock, held until `release` or the end of the process."""

    def __init__(self, lock: FileLock) -> None:
        self._lock = lock

    @classmethod
    def acquire(cls, home: Path, patience: float = _PROBE_PATIENCE) -> LineLock:
        """Take the lock within `patience` seconds; raise `AlreadyRunning` when another process keeps it.

        A home that cannot be written raises `SurroundingsFailed`.
        """
        lock = FileLock(home / "line.lock")
        try:
            if not lock.acquire(patience):
                raise AlreadyRunning(home, _read_holder(home))
            # beside the lock, not in it: Windows lets nobody read a locked byte
            _holder_file(home).write_text(json.dumps({"pid": os.getpid(), "since": time.time()}), encoding="ascii")
        except OSError as error:
            lock.release()
            raise SurroundingsFailed(
                f"The line cannot be locked in {home}: {error.strerror or error}.",
                "Give this account the right to write in the station's home, and see that its disk has room.",
            ) from error
        return cls(lock)

    def release(self) -> None:
        """Give it up."""
        self._lock.release()


def holder(home: Path) -> Holder | None:
    """Who runs the line of this home, or None when nobody does."""
    if not (home / "line.lock").exists():
        return None
    try:
        taken = FileLock(home / "line.lock").taken()
    except OSError as error:
        raise SurroundingsFailed(
            f"The lock {home / 'line.lock'} cannot be looked at: {error.strerror or error}.",
            "Run as the account that owns the station's home.",
        ) from error
    if not taken:
        return None
    return _read_holder(home) or Holder(0, 0.0)


def _holder_file(home: Path) -> Path:
    return home / "line.pid"


def _read_holder(home: Path) -> Holder | None:
    try:
        told = json.loads(_holder_file(home).read_text(encoding="ascii"))
        return Holder(pid=int(told["pid"]), since=float(told["since"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None  # the holder has the lock but has not yet written its name
