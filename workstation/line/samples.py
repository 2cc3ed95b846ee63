"""The buffer of raw samples: a file beside the store, bounded by age, not journalled, not backed up, not synchronised.

What is kept for ever of a continuous channel (minutes, hours, subgroups, alarms and their ends) is in the store, and
only that counts. The buffer lets somebody look closely at what just happened, and holds what a line that was killed had
no time to tell the store: the minute that ran, and how its watches stood. Losing it loses nothing that a judgement
rests on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from devices.channels.aggregate import Aggregate, slot_of
from workstation.errors import SurroundingsFailed
from workstation.store.unwritable import AsItStands, may_be_written

FILE = "samples.db"
LINE_ENDED, PLAN_CHANGED = "the line ended", "the plan changed"
"""Why a watch is over though nobody saw its end."""
MOST_FORGOTTEN = 2_000
"""Samples whose time is over that one transaction removes: four a second keep up with any instrument, and none of them
holds the writer's thread for long."""
MOST_TIME = 2**62
_MINUTE, _MICROSECOND = 60 * 10**9, 1000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS sample (
    characteristic INTEGER NOT NULL, observed_at INTEGER NOT NULL, value TEXT, unit TEXT NOT NULL,
    quality TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (characteristic, observed_at)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ix_sample_until ON sample (until);
CREATE TABLE IF NOT EXISTS watch (
    characteristic INTEGER NOT NULL, watch TEXT NOT NULL, began_at INTEGER NOT NULL, seen TEXT NOT NULL,
    ended_at INTEGER, ended TEXT NOT NULL, PRIMARY KEY (characteristic, watch, began_at)
) WITHOUT ROWID;
"""
_FORGET = """
DELETE FROM sample WHERE (characteristic, observed_at) IN (
    SELECT characteristic, observed_at FROM sample WHERE until < ? ORDER BY until LIMIT ?
)
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


def lacking(samples: Sequence[RawSample], kept: Aggregate | None, tick: int = 1) -> Aggregate:
    """What of one minute's samples the store lacks, where `kept` is what it has of that minute (UTC microseconds).

    Values are known by their time: those after the last one that was kept. Unusable readings have no time in a kept
    minute, so their counts are compared; where not every reading was sampled that finds too few, never too many. Times
    of the answer are in units of `tick` nanoseconds.
    """
    first = samples[0]
    slot = slot_of(str(first.characteristic), first.observed_at // tick, _MINUTE // tick)
    known_until, known_bad = (kept.last_at, kept.bad) if kept is not None else (-1, 0)
    bad = 0
    for one in samples:
        if one.value is None or one.quality == "bad":
            bad += 1
        elif one.observed_at // _MICROSECOND > known_until:
            slot = slot.with_value(one.value, one.observed_at // tick)
    return replace(slot, bad=max(0, bad - known_bad))


@dataclass(frozen=True, slots=True)
class WatchTurn:
    """A watch began, or the one that began then ended; UTC nanoseconds. `sentence` is what was seen at this turn."""

    characteristic: int
    watch: str
    began_at: int
    sentence: str
    ended_at: int | None = None


@dataclass(frozen=True, slots=True)
class WatchSpan:
    """From when to when a watch of the last line saw something wrong, in UTC nanoseconds; without an end it still did.

    It serves to complete the alarm's record after a sudden end, and is shown nowhere: the record is what counts.
    """

    characteristic: int
    watch: str
    began_at: int
    seen: str
    ended_at: int | None
    ended: str

    @property
    def was_seen_ending(self) -> bool:
        """Whether the watch saw the end, and not only ceased to look."""
        return self.ended_at is not None and self.ended not in (LINE_ENDED, PLAN_CHANGED)


class SampleBuffer:
    """Raw samples of one home, written by one thread at a time. Raises sqlite3.Error when the disk refuses."""

    def __init__(self, home: Path, connection: sqlite3.Connection | None = None) -> None:
        """`connection` is one to read with where nothing may be written; otherwise the file is opened when needed."""
        self._path = home / FILE
        self._connection = connection

    @property
    def is_there(self) -> bool:
        """Whether the home has the file."""
        return self._path.is_file()

    # --- writing -----------------------------------------------------------------------------------------------------

    def put(self, samples: Iterable[RawSample], now: int, turns: Iterable[WatchTurn] = ()) -> None:
        """Keep samples and turns of watches, and forget a slice of the samples whose time is over at UTC `now` (ns)."""
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
            for turn in turns:
                _turn(connection, turn)
            connection.execute(_FORGET, (now, MOST_FORGOTTEN))

    def forget(self, now: int, slices: int) -> int:
        """Forget samples whose time is over, in at most `slices` transactions; returns how many went."""
        gone = 0
        for _ in range(slices):
            with self._opened() as connection:
                found = connection.execute(_FORGET, (now, MOST_FORGOTTEN)).rowcount
            gone += found
            if found < MOST_FORGOTTEN:
                break
        return gone

    def forget_watches(self) -> None:
        """Forget how watches stood, once the records of their alarms say so."""
        with self._opened() as connection:
            connection.execute("DELETE FROM watch")

    # --- reading -----------------------------------------------------------------------------------------------------

    def characteristics(self) -> list[int]:
        """The characteristics that have samples."""
        found: list[int] = []
        while True:  # one step of the index for each, however many samples there are
            row = self._opened().execute(
                "SELECT characteristic FROM sample WHERE characteristic > ? ORDER BY characteristic LIMIT 1",
                (found[-1] if found else -1,),
            ).fetchone()  # fmt: skip
            if row is None:
                return found
            found.append(row[0])

    def samples(self, characteristic: int, since: int = 0, until: int = MOST_TIME) -> list[RawSample]:
        """The samples observed from `since` up to and without `until`, oldest first."""
        return list(self.each(characteristic, since, until))

    def each(self, characteristic: int, since: int = 0, until: int = MOST_TIME) -> Iterator[RawSample]:
        """As `samples`, one after the other, so that any number of them takes no memory."""
        rows = self._opened().execute(
            "SELECT * FROM sample WHERE characteristic = ? AND observed_at >= ? AND observed_at < ? "
            "ORDER BY observed_at",
            (characteristic, since, until),
        )
        return map(_sample, rows)

    def last(self, characteristic: int, count: int, since: int = 0, until: int = MOST_TIME) -> list[RawSample]:
        """The last `count` samples from `since` up to and without `until`, oldest first."""
        rows = self._opened().execute(
            "SELECT * FROM sample WHERE characteristic = ? AND observed_at >= ? AND observed_at < ? "
            "ORDER BY observed_at DESC LIMIT ?",
            (characteristic, since, until, count),
        )
        return [_sample(row) for row in rows][::-1]

    def figures(
        self, characteristic: int, count: int, since: int = 0, until: int = MOST_TIME
    ) -> list[tuple[int, float | None]]:
        """As `last`, only when and how much, for pictures; None for a reading that cannot be used."""
        rows = self._opened().execute(
            "SELECT observed_at, CASE WHEN quality = 'bad' THEN NULL ELSE CAST(value AS REAL) END FROM sample "
            "WHERE characteristic = ? AND observed_at >= ? AND observed_at < ? ORDER BY observed_at DESC LIMIT ?",
            (characteristic, since, until, count),
        )
        return rows.fetchall()[::-1]

    def last_at(self, characteristic: int, *, usable: bool) -> int | None:
        """When the newest sample was observed, or the newest that can be used; None without any."""
        row = self._opened().execute(
            "SELECT observed_at FROM sample WHERE characteristic = ? AND (quality <> 'bad' OR NOT ?) "
            "ORDER BY observed_at DESC LIMIT 1",
            (characteristic, usable),
        ).fetchone()  # fmt: skip
        return None if row is None else int(row[0])

    def first_at(self, characteristic: int) -> int | None:
        """When the oldest sample was observed; None without any."""
        row = self._opened().execute(
            "SELECT min(observed_at) FROM sample WHERE characteristic = ?", (characteristic,)
        ).fetchone()  # fmt: skip
        return None if row is None else row[0]

    def count(self, characteristic: int, since: int, until: int, most: int) -> int:
        """How many samples there are in a span; counting ends at `most`."""
        row = self._opened().execute(
            "SELECT count(*) FROM (SELECT 1 FROM sample WHERE characteristic = ? AND observed_at >= ? "
            "AND observed_at < ? LIMIT ?)",
            (characteristic, since, until, most),
        ).fetchone()  # fmt: skip
        return int(row[0])

    def watches(self, characteristic: int) -> list[WatchSpan]:
        """What the watches of a characteristic saw since the line began, oldest first."""
        rows = self._opened().execute(
            "SELECT * FROM watch WHERE characteristic = ? ORDER BY began_at", (characteristic,)
        )
        return [WatchSpan(*row) for row in rows]

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


def _turn(connection: sqlite3.Connection, turn: WatchTurn) -> None:
    if turn.ended_at is None:
        connection.execute(
            "INSERT OR REPLACE INTO watch VALUES (?,?,?,?,NULL,'')",
            (turn.characteristic, turn.watch, turn.began_at, turn.sentence),
        )
    else:
        connection.execute(
            "UPDATE watch SET ended_at = ?, ended = ? WHERE characteristic = ? AND watch = ? AND began_at = ?",
            (turn.ended_at, turn.sentence, turn.characteristic, turn.watch, turn.began_at),
        )


def _sample(row: tuple[int, int, str | None, str, str, int]) -> RawSample:
    return RawSample(row[0], row[1], None if row[2] is None else Decimal(row[2]), row[3], row[4], row[5])


@contextmanager
def samples_of(home: Path) -> Iterator[SampleBuffer | None]:
    """The buffer of a home to read from, beside a line that writes; None where no line has made one.

    Raises SurroundingsFailed when it cannot be read.
    """
    if not (home / FILE).is_file():
        yield None
        return
    try:
        with ExitStack() as stack:
            buffer = SampleBuffer(home, _unless_writable(home / FILE, stack))
            stack.callback(buffer.close)
            yield buffer
    except sqlite3.Error as error:
        raise SurroundingsFailed(
            f"The raw samples in {home / FILE} cannot be read: {error}.",
            "Minutes and hours are not in this file. End the line and start it again: it puts a damaged file aside.",
        ) from error


def _unless_writable(file: Path, stack: ExitStack) -> sqlite3.Connection | None:
    """A connection to a file that this account may not write, which is left as it is; None for any other."""
    if may_be_written(file):
        return None
    source = stack.enter_context(AsItStands(file))
    stack.callback(source.require_unchanged)
    return source.connect()
