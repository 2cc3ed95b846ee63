"""One line process a home: an operating-system lock that dies with its holder, so it is never stale."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from workstation.errors import SurroundingsFailed

_PROBE_PATIENCE = 0.25
"""Seconds an acquirer waits out somebody who only looks whether the lock is held."""
_LOCKED_BYTE = 1 << 30
"""Windows locks bytes against reading too: lock one far behind the text."""

if sys.platform == "win32":
    import msvcrt

    def _take(file: BinaryIO) -> bool:
        file.seek(_LOCKED_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


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

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    @classmethod
    def acquire(cls, home: Path, patience: float = _PROBE_PATIENCE) -> LineLock:
        """Take the lock within `patience` seconds; raise `AlreadyRunning` when another process keeps it.

        A home that cannot be written raises `SurroundingsFailed`.
        """
        file = _open(home)
        until = time.monotonic() + patience
        while not _take(file):
            if time.monotonic() >= until:
                file.close()
                raise AlreadyRunning(home, _read_holder(home))
            time.sleep(0.02)
        file.seek(0)
        file.truncate()
        file.write(json.dumps({"pid": os.getpid(), "since": time.time()}).encode())
        file.flush()
        return cls(file)

    def release(self) -> None:
        """Give it up; closing the file gives up the lock."""
        self._file.close()


def holder(home: Path) -> Holder | None:
    """Who runs the line of this home, or None when nobody does."""
    if not (home / "line.lock").exists():
        return None
    file = _open(home)
    try:
        return None if _take(file) else (_read_holder(home) or Holder(0, 0.0))
    finally:
        file.close()


def _open(home: Path) -> BinaryIO:
    path = home / "line.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    except OSError as error:
        raise SurroundingsFailed(
            f"The lock file {path} cannot be opened: {error.strerror or error}.",
            "Give this account the right to write in the station's home, or name another one with --home.",
        ) from error
    return os.fdopen(descriptor, "r+b")


def _read_holder(home: Path) -> Holder | None:
    try:
        told = json.loads((home / "line.lock").read_text(encoding="utf-8"))
        return Holder(pid=int(told["pid"]), since=float(told["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None  # the holder has the lock but has not yet written its name
