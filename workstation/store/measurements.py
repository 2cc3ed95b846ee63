"""Batches of readings: appended without a mapper, covered by one journal entry with a digest of the rows.

Canonical form of a batch: its measurement rows, then its subgroup rows, then its refused rows, each kind in the order
of its key, each row one MessagePack array of the row's portable fields (`MEASUREMENT_FIELDS` and so on): integers in
their shortest form, floats as 64 bit, text as str, raw bytes as bin, missing as nil. The digest is the SHA-256 of these
arrays one after another.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from workstation.errors import CallIsWrong

BATCH_KIND = "measurement_batch"
_MANTISSA_LIMIT = 2**63


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

_INSERT_MEASUREMENT = "INSERT INTO measurement VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
_INSERT_SUBGROUP = "INSERT INTO subgroup VALUES (?,?,?,?,?,?,?,?,?,?,?)"
_INSERT_REFUSED = "INSERT INTO refused_reading VALUES (?,?,?,?,?,?,?)"


@dataclass(frozen=True, slots=True)
class BatchRows:
    """A batch as its canonical, portable rows; what the hub receives and `verify` recomputes."""

    measurements: list[tuple[Any, ...]]
    subgroups: list[tuple[Any, ...]]
    refused: list[tuple[Any, ...]]

    def digest(self) -> str:
        """SHA-256 of the canonical form, in hexadecimal digits."""
        whole = hashlib.sha256()
        encoder = msgspec.msgpack.Encoder()
        for rows in (self.measurements, self.subgroups, self.refused):
            whole.update(b"".join(map(encoder.encode, rows)))
        return whole.hexdigest()

    @property
    def count(self) -> int:
        return len(self.measurements) + len(self.subgroups) + len(self.refused)


class Terms:
    """Short numbers for the words that repeat in every row: units, sources, triggers, qualities, accounts, reasons.

    New words are written in the caller's transaction; `keep` takes them into the memory once it is committed.
    """

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._fresh: dict[str, int] = {}

    def number(self, connection: sqlite3.Connection, word: str) -> int:
        number = self._known.get(word) or self._fresh.get(word)
        if number is None:
            row = connection.execute("SELECT id FROM term WHERE word = ?", (word,)).fetchone()
            if row is None:
                row = connection.execute("INSERT INTO term (word) VALUES (?) RETURNING id", (word,)).fetchone()
            number = int(row[0])
            self._fresh[word] = number
        return number

    def keep(self) -> None:
        self._known.update(self._fresh)
        self._fresh.clear()

    def forget(self) -> None:
        self._fresh.clear()


def decimal_parts(value: Decimal) -> tuple[int, int]:
    """Mantissa and count of decimals: 12.3450 -> (123450, 4). Raises CallIsWrong for what a row cannot hold."""
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or len(digits) > 19 or not -30 <= exponent <= 18:
        raise CallIsWrong(f"{value} cannot be kept: it is not a number of at most 18 digits.", "Correct the value.")
    mantissa = int("".join(map(str, digits)))
    if exponent > 0:
        mantissa, exponent = mantissa * 10**exponent, 0
    if mantissa >= _MANTISSA_LIMIT:
        raise CallIsWrong(f"{value} cannot be kept: it has too many digits.", "Correct the value.")
    return (-mantissa if sign else mantissa), -exponent


def decimal_value(mantissa: int, decimals: int) -> Decimal:
    """The value with its decimals as they were sent: (123450, 4) -> 12.3450."""
    return Decimal(mantissa).scaleb(-decimals)


def portable_rows(batch: MeasurementBatch) -> BatchRows:
    """The batch's canonical rows, each kind in the order of its key."""
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
    measurements.sort(key=lambda row: row[:4])
    subgroups.sort(key=lambda row: row[:3])
    return BatchRows(measurements, subgroups, refused)


def insert_rows(connection: sqlite3.Connection, rows: BatchRows, terms: Terms, seq: int) -> None:
    """Write canonical rows under journal entry `seq`, one executemany a table."""

    def number(word: str) -> int:
        return terms.number(connection, word)

    if rows.measurements:
        connection.executemany(
            _INSERT_MEASUREMENT,
            [
                (r[0], r[1], r[2], r[3], r[4], r[5], number(r[6]), r[7], number(r[8]), number(r[9]), number(r[10]),
                 None if r[11] is None else number(r[11]), number(r[12]), r[13], seq)
                for r in rows.measurements
            ],
        )  # fmt: skip
    if rows.subgroups:
        connection.executemany(_INSERT_SUBGROUP, [(*r, seq) for r in rows.subgroups])
    if rows.refused:
        connection.executemany(
            _INSERT_REFUSED, [(seq, r[0], number(r[1]), number(r[2]), r[3], number(r[4]), r[5]) for r in rows.refused]
        )


def spans(rows: Iterable[tuple[Any, ...]]) -> list[list[int]]:
    """For each characteristic the first and last subgroup of sorted rows: where a batch stands in its table."""
    found: dict[int, list[int]] = {}
    for row in rows:
        span = found.setdefault(row[0], [row[0], row[1], row[1]])
        span[2] = row[1]
    return list(found.values())


def batch_facts(rows: BatchRows) -> dict[str, Any]:
    """What the journal entry of a batch says: counts, digest, and where the rows stand."""
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


def rows_of_entry(connection: sqlite3.Connection, seq: int, facts: dict[str, Any]) -> BatchRows:
    """The rows that stand in the tables under journal entry `seq`, in canonical order."""
    measurements: list[tuple[Any, ...]] = []
    for characteristic, first, last in facts["spans"]:
        measurements += connection.execute(_READ_MEASUREMENTS, (characteristic, first, last, seq))
    subgroups: list[tuple[Any, ...]] = []
    for characteristic, first, last in facts["closed"]:
        subgroups += connection.execute(_READ_SUBGROUPS, (characteristic, first, last, seq))
    refused = list(connection.execute(_READ_REFUSED, (seq,))) if facts["refused"] else []
    return BatchRows(measurements, subgroups, refused)
