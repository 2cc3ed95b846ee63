"""Reading measurements: the last subgroups for a chart, a span for an analysis, the point where a line resumes."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workstation.errors import CallIsWrong
from workstation.store.measurements import Measurement, RefusedReading, decimal_value
from workstation.units import scale

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class SubgroupWindow:
    """Closed subgroups of one characteristic, oldest first; every array has one row a subgroup.

    `values` is (subgroups, largest size), in `unit`, NaN where a subgroup is smaller. `limits` is 0 where none applied.
    Latest versions only: a corrected value stands in place of the first one, which stays in the store.
    """

    characteristic: int
    unit: str
    numbers: NDArray[np.int64]
    sizes: NDArray[np.int64]
    means: NDArray[np.float64]
    spreads: NDArray[np.float64]
    location: NDArray[np.int64]
    dispersion: NDArray[np.int64]
    limits: NDArray[np.int64]
    closed_at: NDArray[np.int64]
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Where the line goes on: the open subgroup, the position of its next value, and the values it has already."""

    subgroup: int
    position: int
    values: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows of each kind a station holds."""

    measurements: int
    subgroups: int
    refused: int
    entries: int


_LAST = """
SELECT subgroup, size, mean, spread, location, dispersion, coalesce(limits, 0), closed_at FROM subgroup AS s
WHERE characteristic = ? AND subgroup <= ? AND NOT EXISTS (SELECT 1 FROM subgroup AS n
    WHERE n.characteristic = s.characteristic AND n.subgroup = s.subgroup AND n.version > s.version)
ORDER BY subgroup DESC LIMIT ?
"""
_VALUES = """
SELECT subgroup, position, version, mantissa, decimals, unit FROM measurement
WHERE characteristic = ? AND subgroup BETWEEN ? AND ? ORDER BY subgroup, position, version
"""
_ROWS = """
SELECT m.characteristic, m.subgroup, m.position, m.mantissa, m.decimals, u.word, m.observed_at, s.word, t.word, q.word,
       a.word, m.raw, r.word, m.version
FROM measurement m JOIN term u ON u.id = m.unit JOIN term s ON s.id = m.source JOIN term t ON t.id = m.trigger
JOIN term q ON q.id = m.quality JOIN term a ON a.id = m.account LEFT JOIN term r ON r.id = m.remark
WHERE m.characteristic = ?
"""
_REFUSED = """
SELECT s.word, c.word, f.observed_at, r.word, f.raw
FROM refused_reading f JOIN term s ON s.id = f.source JOIN term c ON c.id = f.channel JOIN term r ON r.id = f.reason
ORDER BY f.entry DESC, f.number DESC LIMIT ?
"""
_ORDER = " ORDER BY m.subgroup, m.position, m.version"
NO_END = 2**62  # behind every subgroup


def last_subgroups(
    connection: sqlite3.Connection, characteristic: int, count: int, *, up_to: int | None = None
) -> SubgroupWindow:
    """The last `count` closed subgroups, up to and including number `up_to` when given."""
    import numpy as np

    unit = unit_of(connection, characteristic)
    rows = connection.execute(_LAST, (characteristic, NO_END if up_to is None else up_to, count)).fetchall()
    rows.reverse()
    whole = np.array([row[:2] + row[4:] for row in rows], dtype=np.int64).reshape(len(rows), 6)
    figures = np.array([row[2:4] for row in rows], dtype=np.float64).reshape(len(rows), 2)
    return SubgroupWindow(
        characteristic, unit, whole[:, 0], whole[:, 1], figures[:, 0], figures[:, 1],
        whole[:, 2], whole[:, 3], whole[:, 4], whole[:, 5], _values(connection, characteristic, rows, unit),
    )  # fmt: skip


def _values(connection: sqlite3.Connection, characteristic: int, rows: list[Any], unit: str) -> NDArray[np.float64]:
    import numpy as np

    table = np.full((len(rows), max((row[1] for row in rows), default=0)), np.nan)
    if not rows:
        return table
    place = {row[0]: number for number, row in enumerate(rows)}
    factors = _Factors(connection, unit)
    width = table.shape[1]
    for subgroup, position, _, mantissa, decimals, unit_id in connection.execute(
        _VALUES, (characteristic, rows[0][0], rows[-1][0])
    ):
        line = place.get(subgroup)
        if line is not None and position <= width:
            table[line, position - 1] = factors.value(mantissa, decimals, unit_id)
    return table


class _Factors:
    """Turns rows into floats in one unit, looking each unit up once."""

    def __init__(self, connection: sqlite3.Connection, unit: str) -> None:
        self._connection = connection
        self._unit = unit
        self._known: dict[int, tuple[Decimal, Decimal] | None] = {}

    def value(self, mantissa: int, decimals: int, unit_id: int) -> float:
        if unit_id not in self._known:
            word = self._connection.execute("SELECT word FROM term WHERE id = ?", (unit_id,)).fetchone()[0]
            self._known[unit_id] = None if word == self._unit else scale(word, self._unit)
        conversion = self._known[unit_id]
        if conversion is None:
            return mantissa / float(10**decimals)
        return float(decimal_value(mantissa, decimals) * conversion[0] + conversion[1])


def unit_of(connection: sqlite3.Connection, characteristic: int) -> str:
    row = connection.execute("SELECT unit FROM characteristic WHERE id = ?", (characteristic,)).fetchone()
    if row is None:
        raise CallIsWrong(f"There is no characteristic {characteristic}.", "List the characteristics and choose one.")
    return str(row[0])


def measurements_between(
    connection: sqlite3.Connection, characteristic: int, first: int, last: int, *, versions: bool = False
) -> list[Measurement]:
    """The values of subgroups `first` to `last`; with `versions` corrected ones too, oldest version first."""
    rows = connection.execute(_ROWS + " AND m.subgroup BETWEEN ? AND ?" + _ORDER, (characteristic, first, last))
    return _measurements(rows, versions=versions)


def measurements_observed(
    connection: sqlite3.Connection, characteristic: int, since: int, until: int, *, versions: bool = False
) -> list[Measurement]:
    """The values observed from `since` up to and without `until`, in UTC microseconds."""
    rows = connection.execute(
        _ROWS + " AND m.observed_at >= ? AND m.observed_at < ?" + _ORDER, (characteristic, since, until)
    )
    return _measurements(rows, versions=versions)


def _measurements(rows: sqlite3.Cursor, *, versions: bool) -> list[Measurement]:
    found: list[Measurement] = []
    for row in rows:
        value = Measurement(*(*row[:3], decimal_value(row[3], row[4]), *row[5:]))
        corrects = found and (found[-1].subgroup, found[-1].position) == (value.subgroup, value.position)
        if corrects and not versions:
            found[-1] = value
        else:
            found.append(value)
    return found


def resume_point(connection: sqlite3.Connection, characteristic: int) -> ResumePoint:
    """Where the line goes on after a stop: behind the last closed subgroup, with the values already kept there."""
    unit_of(connection, characteristic)
    closed = connection.execute(
        "SELECT max(subgroup) FROM subgroup WHERE characteristic = ?", (characteristic,)
    ).fetchone()[0]
    number = (closed or 0) + 1
    values = tuple(measurements_between(connection, characteristic, number, NO_END))
    if values:
        number = values[-1].subgroup
        values = tuple(value for value in values if value.subgroup == number)
    return ResumePoint(number, values[-1].position + 1 if values else 1, values)


def newest_version(connection: sqlite3.Connection, characteristic: int, subgroup: int, position: int) -> int:
    """The newest version of one value, 0 when there is none."""
    row = connection.execute(
        "SELECT max(version) FROM measurement WHERE characteristic = ? AND subgroup = ? AND position = ?",
        (characteristic, subgroup, position),
    ).fetchone()
    return int(row[0] or 0)


def newest_judgement(connection: sqlite3.Connection, characteristic: int, subgroup: int) -> int:
    """The newest version of a closed subgroup's judgement, 0 when it was not closed."""
    row = connection.execute(
        "SELECT max(version) FROM subgroup WHERE characteristic = ? AND subgroup = ?", (characteristic, subgroup)
    ).fetchone()
    return int(row[0] or 0)


def refused_readings(connection: sqlite3.Connection, limit: int) -> list[RefusedReading]:
    """The last records that did not become values, newest first."""
    return [RefusedReading(*row) for row in connection.execute(_REFUSED, (limit,))]


def counts(connection: sqlite3.Connection) -> Counts:
    """How much the station holds, as its transactions added it up; `verify` counts the rows themselves."""
    row = connection.execute("SELECT measurements, subgroups, refused, seq FROM journal_head").fetchone()
    return Counts(*(row or (0, 0, 0, 0)))
