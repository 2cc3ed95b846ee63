"""Batches of readings: appended without a mapper, covered by one journal entry with a digest of the rows.

Canonical form of a batch: one MessagePack array of three arrays, its measurement rows, its subgroup rows and its
refused rows, each in the order of its key; each row an array of the row's portable fields (`MEASUREMENT_FIELDS` and so
on): integers in their shortest form, floats as 64 bit, text as str, raw bytes as bin, missing as nil. The digest is its
SHA-256.
"""

from __future__ import annotations

import hashlib
import sqlite3
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import chain, groupby
from operator import itemgetter
from typing import Annotated, Any

import msgspec

from workstation.errors import CallIsWrong

BATCH_KIND = "measurement_batch"
_MANTISSA_LIMIT = 2**63
MOST_DECIMALS = 18


@dataclass(frozen=True, slots=True)
class Measurement:
    """One kept value: `value` with the decimals and in the unit that were sent, `observed_at` in UTC microseconds.

    `version` is 1 for the first value; a correction has the next one, and its batch a reason. `remark` says why a
    quality is uncertain. `account` is who measured.
    """

    characteristic: int
    subgroup: int
    position: int
    value: Decimal
    unit: str
    observed_at: int
    source: str
    trigger: str
    quality: str
    account: str
    raw: bytes | None = None
    remark: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class SubgroupJudgement:
    """A closed subgroup: `mean` and `spread` in the characteristic's unit, the rules that fired as bit masks.

    `spread` is None where there is none yet: the first point of an individuals chart has no moving range.

    `limits` is the id of the control limits it was judged against, None while they are still being collected.
    """

    characteristic: int
    subgroup: int
    size: int
    mean: float
    spread: float | None
    location: int
    dispersion: int
    limits: int | None
    closed_at: int
    version: int = 1


@dataclass(frozen=True, slots=True)
class RefusedReading:
    """A record that did not become a value, with the reason in one sentence and its raw bytes."""

    source: str
    channel: str
    observed_at: int
    reason: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class MeasurementBatch:
    """What one transaction of the line keeps."""

    measurements: tuple[Measurement, ...] = ()
    subgroups: tuple[SubgroupJudgement, ...] = ()
    refused: tuple[RefusedReading, ...] = ()


MEASUREMENT_FIELDS = (
    "characteristic", "subgroup", "position", "version", "mantissa", "decimals", "unit", "observed_at", "source",
    "trigger", "quality", "remark", "account", "raw",
)  # fmt: skip
SUBGROUP_FIELDS = (
    "characteristic", "subgroup", "version", "size", "mean", "spread", "location", "dispersion", "limits", "closed_at",
)  # fmt: skip
REFUSED_FIELDS = ("number", "source", "channel", "observed_at", "reason", "raw")

_AT_ONCE = 50
"""Rows that one statement inserts: at most 550 values, which any SQLite takes."""
_COMMON_OF_MEASUREMENT = itemgetter(0, 3, 5, 6, 8, 9, 10, 11, 12)
"""Fields that many measurements of a batch have in common: bound once for all rows of a statement."""
_FIRST = itemgetter(0)
MOST_TERMS = 10_000
"""Words whose numbers are remembered: a gauge may be refused for weeks, each time with another figure in the reason."""
_OWN_OF_MEASUREMENT = itemgetter(1, 2, 4, 7, 13)
_INSERT_REFUSED = "INSERT INTO refused_reading VALUES (?,?,?,?,?,?,?)"


@dataclass(frozen=True, slots=True)
class BatchRows:
    """A batch as its canonical, portable rows; what the hub receives and `verify` recomputes."""

    measurements: list[tuple[Any, ...]]
    subgroups: list[tuple[Any, ...]]
    refused: list[tuple[Any, ...]]

    def sort(self) -> None:
        """Put each kind in the order of its key; refused readings are numbered in theirs."""
        self.measurements.sort(key=itemgetter(0, 1, 2, 3))
        self.subgroups.sort(key=itemgetter(0, 1, 2))

    def digest(self) -> str:
        """SHA-256 of the canonical form, in hexadecimal digits."""
        canonical = msgspec.msgpack.encode((self.measurements, self.subgroups, self.refused))
        return hashlib.sha256(canonical).hexdigest()

    @property
    def count(self) -> int:
        return len(self.measurements) + len(self.subgroups) + len(self.refused)


class Terms(dict[str, int]):
    """Short numbers for the words that repeat in every row: units, sources, triggers, qualities, accounts, reasons.

    A word that is not known yet is looked up, or written, in the caller's transaction. `keep` is called once that is
    committed, `forget` when it is not.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        self._connection = connection
        self._fresh: list[str] = []

    def __missing__(self, word: str) -> int:
        row = self._connection.execute("SELECT id FROM term WHERE word = ?", (word,)).fetchone()
        if row is None:
            row = self._connection.execute("INSERT INTO term (word) VALUES (?) RETURNING id", (word,)).fetchone()
        self[word] = number = int(row[0])
        self._fresh.append(word)
        return number

    def keep(self) -> None:
        """What was looked up in this transaction stays true."""
        self._fresh.clear()
        if len(self) > MOST_TERMS:
            self.clear()

    def forget(self) -> None:
        """What was looked up in this transaction may be gone."""
        for word in self._fresh:
            del self[word]
        self._fresh.clear()


def decimal_parts(value: Decimal) -> tuple[int, int]:
    """Mantissa and count of decimals: 12.3450 -> (123450, 4). Raises CallIsWrong for what a row cannot hold."""
    return parts_as_written(str(value))


@lru_cache(maxsize=4096)
def parts_as_written(text: str) -> tuple[int, int]:
    """`decimal_parts` of a Decimal's text; remembered, for a process in control gives the same few values again."""
    whole, _, fraction = text.partition(".")
    try:
        mantissa, decimals = int(whole + fraction), len(fraction)
    except ValueError:  # an exponent, or no number
        mantissa, decimals = _parts_by_exponent(Decimal(text))
    if not -_MANTISSA_LIMIT < mantissa < _MANTISSA_LIMIT or decimals > MOST_DECIMALS:
        raise CallIsWrong(f"{text} cannot be kept: it has too many digits.", "Correct the value.")
    return mantissa, decimals


def _parts_by_exponent(value: Decimal) -> tuple[int, int]:
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or len(digits) > 19 or not -MOST_DECIMALS <= exponent <= 18:
        raise CallIsWrong(f"{value} cannot be kept: it is not a number of at most 18 digits.", "Correct the value.")
    return int(value.scaleb(max(0, -exponent))), max(0, -exponent)


def decimal_value(mantissa: int, decimals: int) -> Decimal:
    """The value with its decimals as they were sent: (123450, 4) -> 12.3450."""
    return Decimal(mantissa).scaleb(-decimals)


def portable_rows(batch: MeasurementBatch) -> BatchRows:
    """The batch as rows, in the order of the batch."""
    measurements = [
        (m.characteristic, m.subgroup, m.position, m.version, *decimal_parts(m.value), m.unit, m.observed_at, m.source,
         m.trigger, m.quality, m.remark, m.account, m.raw)
        for m in batch.measurements
    ]  # fmt: skip
    subgroups = [
        (s.characteristic, s.subgroup, s.version, s.size, float(s.mean),
         None if s.spread is None else float(s.spread), s.location, s.dispersion,
         s.limits, s.closed_at)
        for s in batch.subgroups
    ]  # fmt: skip
    refused = [(n, r.source, r.channel, r.observed_at, r.reason, r.raw) for n, r in enumerate(batch.refused, 1)]
    return BatchRows(measurements, subgroups, refused)


@lru_cache(maxsize=2 * _AT_ONCE)
def _insert_measurements(count: int) -> str:
    """Inserts `count` measurements: ten common values, then each row's own five."""
    rows = (
        f"(?1,?{own},?{own + 1},?2,?{own + 2},?3,?4,?{own + 3},?5,?6,?7,?8,?9,?{own + 4},?10)"
        for own in range(11, 11 + 5 * count, 5)
    )
    return f"INSERT INTO measurement VALUES {','.join(rows)}"  # noqa: S608 - our own marks


@lru_cache(maxsize=2 * _AT_ONCE)
def _insert_subgroups(count: int) -> str:
    """Inserts `count` subgroups: the journal entry, then each row's own ten values."""
    rows = (f"({','.join(f'?{own + place}' for place in range(10))},?1)" for own in range(2, 2 + 10 * count, 10))
    return f"INSERT INTO subgroup VALUES {','.join(rows)}"  # noqa: S608 - our own marks


def insert_rows(connection: sqlite3.Connection, rows: BatchRows, terms: Terms, seq: int) -> None:
    """Write canonical rows under journal entry `seq`.

    Many rows in one statement with what they have in common bound once: half the time of one by one.
    """
    for common, alike in groupby(rows.measurements, _COMMON_OF_MEASUREMENT):
        own = list(map(_OWN_OF_MEASUREMENT, alike))
        characteristic, version, decimals, unit, source, trigger, quality, remark, account = common
        shared = (
            characteristic, version, decimals, terms[unit], terms[source], terms[trigger], terms[quality],
            None if remark is None else terms[remark], terms[account], seq,
        )  # fmt: skip
        for start in range(0, len(own), _AT_ONCE):
            some = own[start : start + _AT_ONCE]
            connection.execute(_insert_measurements(len(some)), (*shared, *chain.from_iterable(some)))
    for start in range(0, len(rows.subgroups), _AT_ONCE):
        closed = rows.subgroups[start : start + _AT_ONCE]
        connection.execute(_insert_subgroups(len(closed)), (seq, *chain.from_iterable(closed)))
    if rows.refused:
        connection.executemany(
            _INSERT_REFUSED,
            [
                (seq, number, terms[source], terms[channel], observed_at, terms[reason], raw)
                for number, source, channel, observed_at, reason, raw in rows.refused
            ],
        )


_Number = Annotated[int, msgspec.Meta(ge=-_MANTISSA_LIMIT, le=_MANTISSA_LIMIT - 1)]
"""What SQLite takes for an integer."""


class BatchFacts(msgspec.Struct, frozen=True):
    """What the journal entry of a batch says: counts, digest, and of which subgroups the rows are.

    `spans` are those of the measurements, `closed` those of the judgements: characteristic, first and last subgroup.
    """

    digest: str
    measurements: int
    subgroups: int
    refused: int
    spans: tuple[tuple[_Number, _Number, _Number], ...]
    closed: tuple[tuple[_Number, _Number, _Number], ...]


def spans(rows: Sequence[tuple[Any, ...]]) -> list[list[int]]:
    """For each characteristic the first and last subgroup of sorted rows: where a batch stands in its table."""
    found: list[list[int]] = []
    start = 0
    while start < len(rows):
        characteristic = rows[start][0]
        end = bisect_right(rows, characteristic, lo=start, key=_FIRST)
        found.append([characteristic, rows[start][1], rows[end - 1][1]])
        start = end
    return found


def batch_facts(rows: BatchRows) -> dict[str, Any]:
    """`BatchFacts` of these rows, as the journal entry has them."""
    return {
        "digest": rows.digest(),
        "measurements": len(rows.measurements),
        "subgroups": len(rows.subgroups),
        "refused": len(rows.refused),
        "spans": spans(rows.measurements),
        "closed": spans(rows.subgroups),
    }


_READ_MEASUREMENTS = """
SELECT m.characteristic, m.subgroup, m.position, m.version, m.mantissa, m.decimals, u.word, m.observed_at, s.word,
       t.word, q.word, r.word, a.word, m.raw
FROM measurement m JOIN term u ON u.id = m.unit JOIN term s ON s.id = m.source JOIN term t ON t.id = m.trigger
JOIN term q ON q.id = m.quality LEFT JOIN term r ON r.id = m.remark JOIN term a ON a.id = m.account
WHERE m.characteristic = ? AND m.subgroup BETWEEN ? AND ? AND m.entry = ?
ORDER BY m.characteristic, m.subgroup, m.position, m.version
"""
_READ_SUBGROUPS = """
SELECT characteristic, subgroup, version, size, mean, spread, location, dispersion, limits, closed_at
FROM subgroup WHERE characteristic = ? AND subgroup BETWEEN ? AND ? AND entry = ?
ORDER BY characteristic, subgroup, version
"""
_READ_REFUSED = """
SELECT f.number, s.word, c.word, f.observed_at, r.word, f.raw
FROM refused_reading f JOIN term s ON s.id = f.source JOIN term c ON c.id = f.channel JOIN term r ON r.id = f.reason
WHERE f.entry = ? ORDER BY f.number
"""


def rows_of_entry(connection: sqlite3.Connection, seq: int, facts: BatchFacts) -> BatchRows:
    """The rows that stand in the tables under journal entry `seq`, in canonical order."""
    measurements: list[tuple[Any, ...]] = []
    for characteristic, first, last in facts.spans:
        measurements += connection.execute(_READ_MEASUREMENTS, (characteristic, first, last, seq))
    subgroups: list[tuple[Any, ...]] = []
    for characteristic, first, last in facts.closed:
        subgroups += connection.execute(_READ_SUBGROUPS, (characteristic, first, last, seq))
    refused = list(connection.execute(_READ_REFUSED, (seq,))) if facts.refused else []
    return BatchRows(measurements, subgroups, refused)
