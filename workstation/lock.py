"""A lock between processes that the operating system frees when its holder dies."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import TracebackType

from workstation.errors import SurroundingsFailed


class FileLock:
    """An exclusive lock on a file of its own.

    `acquire(timeout)` waits at most `timeout` seconds and says whether it got the lock. The file itself stays behind;
    only the lock matters. Not re-entrant.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        return self._descriptor is not None

    @property
    def stands(self) -> bool:
        """Whether it is held on the file that has its name now: that may have been removed while it was waited for."""
        try:
            return self._descriptor is not None and os.path.samestat(os.fstat(self._descriptor), self.path.stat())
        except FileNotFoundError:
            return False

    def acquire(self, timeout: float = 0.0) -> bool:
        deadline = time.monotonic() + timeout
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            while True:
                if _try_lock(descriptor):
                    self._descriptor = descriptor
                    return True
                if time.monotonic() >= deadline:
                    return False
                time.sleep(0.02)
        finally:
            if not self.held:
                os.close(descriptor)

    def taken(self) -> bool:
        """Whether somebody else holds it; where the file may not be written too. Raises OSError."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            if not _try_to_share(descriptor):
                return True
            _unlock(descriptor)
            return False
        finally:
            os.close(descriptor)

    def release(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            _unlock(descriptor)
            os.close(descriptor)

    def __enter__(self) -> FileLock:
        if not self.acquire(30.0):
            raise SurroundingsFailed(
                f"{self.path} has been held by another Sinebar process for 30 seconds.",
                "Wait until it is done, or end that process.",
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    _try_to_share = _try_lock  # there is no shared lock here: who looks holds it for a moment

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int, kind: int = fcntl.LOCK_EX) -> bool:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _try_to_share(descriptor: int) -> bool:
        return _try_lock(descriptor, fcntl.LOCK_SH)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
