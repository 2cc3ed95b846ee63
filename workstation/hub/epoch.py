"""The hub's epoch: a new one when its database was put back from a backup, so that nobody trusts old numbers.

Beside the database lies a mark of the highest number given out. A database that is behind its mark, or of another
epoch, was restored.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from workstation import files

FILE = "hub.mark"


class Mark:
    """The file that remembers how far the hub had come; written at most once a second and when the hub stops."""

    def __init__(self, data: Path) -> None:
        self._path = data / FILE
        self._written_at = 0.0
        self._latest: tuple[str, int] | None = None
        self._written: tuple[str, int] | None = None

    def read(self) -> tuple[str, int] | None:
        """Epoch and highest number, None when there is no readable mark."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return str(found["epoch"]), int(found["last"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def reached(self, epoch: str, last: int) -> None:
        """Note that `last` was given out in `epoch`."""
        self._latest = (epoch, last)
        if self._written is None or self._written[0] != epoch or time.monotonic() - self._written_at > 1.0:
            self.write()

    def write(self) -> None:
        """Bring the file up to date."""
        if self._latest is None or self._latest == self._written:
            return
        content = json.dumps({"epoch": self._latest[0], "last": self._latest[1]})
        files.replace(
            self._path, content, next_step="It marks how far the hub has come: check the folder and the disk."
        )
        self._written = self._latest
        self._written_at = time.monotonic()


def was_restored(mark: tuple[str, int] | None, epoch: str, last: int) -> bool:
    """Whether the database (`epoch`, `last`) is older than the mark beside it."""
    return mark is not None and (mark[0] != epoch or mark[1] > last)
