"""The buffer of raw samples: a file beside the store, bounded by age, not journalled, not backed up, not synchronised.

What is kept for ever of a continuous channel (minutes, hours, subgroups, alarms) is in the store. The buffer only lets
somebody look closely at what just happened; losing it loses nothing that a judgement rests on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

FILE = "samples.db"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS sample (
    characteristic INTEGER NOT NULL, observed_at INTEGER NOT NULL, value TEXT, unit TEXT NOT NULL,
    quality TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (characteristic, observed_at)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ix_sample_until ON sample (until);
"""


@dataclass(frozen=True, slots=True)
class RawSample:
    """One reading as it was sampled; times in UTC nanoseconds, kept until `until`; `value` None for a bad one."""

    characteristic: int
    observed_at: int
    value: Decimal | None
    unit: str
    quality: str
    until: int


class SampleBuffer:
    """Raw samples of one home, written by one thread at a time. Raises sqlite3.Error when the disk refuses."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        self._connection: sqlite3.Connection | None = None

    def put(self, samples: Iterable[RawSample], now: int) -> None:
        """Keep samples and forget those whose time is over at UTC `now` (nanoseconds), in one transaction."""
        connection = self._opened()
        with connection:
            connection.executemany(
                "INSERT OR REPLACE INTO sample VALUES (?,?,?,?,?,?)",
                [
                    (s.characteristic, s.observed_at, None if s.value is None else str(s.value), s.unit, s.quality,
                     s.until)
                    for s in samples
                ],
            )  # fmt: skip
            connection.execute("DELETE FROM sample WHERE until < ?", (now,))

    def samples(self, characteristic: int, since: int = 0, until: int = 2**62) -> list[RawSample]:
        """The samples observed from `since` up to and without `until`, oldest first."""
        rows = self._opened().execute(
            "SELECT * FROM sample WHERE characteristic = ? AND observed_at >= ? AND observed_at < ? "
            "ORDER BY observed_at",
            (characteristic, since, until),
        )
        return [RawSample(r[0], r[1], None if r[2] is None else Decimal(r[2]), r[3], r[4], r[5]) for r in rows]

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(self._path, check_same_thread=False)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.executescript(_SCHEMA)
            except sqlite3.Error:
                connection.close()
                raise
            self._connection = connection
        return self._connection
