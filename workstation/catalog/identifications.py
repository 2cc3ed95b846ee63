"""Identifications: serial numbers and lots that were scanned, and which kept values each of them holds for.

A scan holds from a place on (subgroup and position) of every characteristic of its part. A serial number holds for that
one subgroup, a lot until the next lot. Values of the subgroup that were there before the scan belong to it too, unless
an earlier scan of that kind holds for them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workstation.catalog.records import IdentificationRecord, IdentificationStartRecord
from workstation.catalog.scanned import IdentificationKind, shown, unfit
from workstation.errors import CallIsWrong, Refused
from workstation.store import Reader, Right, UnitOfWork
from workstation.store.mapping import select, value_of

NO_END = 2**62
Place = tuple[int, int]
"""Subgroup and position."""
_BEHIND = (NO_END, 0)


@dataclass(frozen=True, slots=True)
class Start:
    """From this place of a characteristic on an identification holds."""

    characteristic_id: int
    subgroup: int
    position: int


@dataclass(frozen=True, slots=True)
class Identification:
    """A code that was scanned; `scanned_at` in UTC microseconds. One that was cleared was a mis-scan: it never held."""

    id: int
    uid: str
    version: int
    part_id: int
    kind: IdentificationKind
    text: str
    symbology: str
    source: str
    scanned_at: int
    scanned_by: str
    cleared_by: str | None
    cleared_at: int | None
    starts: tuple[Start, ...]


@dataclass(frozen=True, slots=True)
class Scanned:
    """A scan as it came: `text` untrusted, `symbology` as the reader named it or empty, `at` in UTC microseconds."""

    text: str
    symbology: str
    source: str
    at: int
    by: str


def keep_identification(
    work: UnitOfWork, part_id: int, kind: IdentificationKind, scan: Scanned, starts: Sequence[Start]
) -> Identification:
    """Keep what a scan names and from where on it holds. Raises CallIsWrong for a text that cannot be kept."""
    work.require(Right.MEASURE)
    if why := unfit(scan.text):
        raise CallIsWrong(why, "Scan another code.")
    record = work.add(
        IdentificationRecord(
            part_id=part_id, kind=str(kind), text=scan.text, symbology=scan.symbology, source=scan.source,
            scanned_at=scan.at, scanned_by=scan.by, cleared_by=None, cleared_at=None,
        ),
        "scan",
    )  # fmt: skip
    for start in starts:
        work.add(
            IdentificationStartRecord(
                identification_id=record.id, characteristic_id=start.characteristic_id, kind=str(kind),
                subgroup=start.subgroup, position=start.position,
            ),
            "scan",
        )  # fmt: skip
    return _identification(record, tuple(starts))


def clear_identification(work: UnitOfWork, uid: str, reason: str = "") -> Identification:
    """Say that a scan was a mistake: it never held, and what held before it holds again.

    Where values were kept under it already they change what they belong to: that takes the right to correct kept
    values, and a reason.
    """
    work.require(Right.MEASURE)
    record = work.by_uid(IdentificationRecord, uid)
    if record.cleared_at is not None:
        raise Refused(f"The {record.kind} was cleared by {record.cleared_by} already.", "Scan the right code.")
    found = _one(work, record)
    if any(_is_used(work, found, start) for start in found.starts):
        if not reason.strip():
            raise CallIsWrong(
                f"Values were kept under this {record.kind} already.", "Say why it is wrong: the reason is kept."
            )
        work.require(Right.CORRECT)
    record.cleared_by, record.cleared_at = work.account, work.now
    work.note(record, "clear", reason=reason.strip() or "mis-scan")
    work.flush()
    return _identification(record, found.starts)


def _is_used(reader: Reader, found: Identification, start: Start) -> bool:
    """Whether a kept value belongs to it at this characteristic: then one does in its first subgroup or the next."""
    last = start.subgroup + 1
    held = identified(reader, start.characteristic_id, start.subgroup, last)
    values = reader.measurements(start.characteristic_id, start.subgroup, last)
    return any(found.id in held.ids(value.subgroup, value.position) for value in values)


def identifications(reader: Reader, *, limit: int | None = None) -> list[Identification]:
    """Everything that was scanned, oldest first, or the newest `limit`; cleared ones too."""
    newest = select(IdentificationRecord).order_by(IdentificationRecord.id.desc())
    records = reader.all(newest if limit is None else newest.limit(limit))[::-1]
    starts: dict[int, list[Start]] = {}
    start = IdentificationStartRecord
    of: Any = select(start.identification_id, start.characteristic_id, start.subgroup, start.position)
    first = records[0].id if records else 0
    for number, *place in reader.rows(of.where(start.identification_id >= first).order_by(start.id)):
        starts.setdefault(number, []).append(Start(*place))
    return [_identification(record, tuple(starts.get(record.id, ()))) for record in records]


def identifications_named(reader: Reader, text: str) -> list[Identification]:
    """Every scan of exactly this text, oldest first; cleared ones too."""
    statement = select(IdentificationRecord).where(IdentificationRecord.text == text)
    return [_one(reader, record) for record in reader.all(statement.order_by(IdentificationRecord.id))]


def identification(reader: Reader, uid: str) -> Identification:
    """The identification with this identity."""
    return _one(reader, reader.by_uid(IdentificationRecord, uid))


def standing_identification(reader: Reader, wanted: str) -> Identification:
    """The scan of this text that was not cleared, or the one with this identity. Raises CallIsWrong unless one is."""
    known = [one for one in identifications_named(reader, wanted) if one.cleared_at is None]
    if not known:
        record = reader.one(select(IdentificationRecord).where(IdentificationRecord.uid == wanted))
        known = [_one(reader, record)] if record is not None else []
    if len(known) == 1:
        return known[0]
    if known:
        raise CallIsWrong(
            f"'{shown(wanted)[:200]}' was scanned {len(known)} times.",
            f"Name one of the scans: {', '.join(one.uid for one in known[-5:])}.",
        )
    raise CallIsWrong(
        f"No scan of '{shown(wanted)[:200]}' stands at this station.",
        "See what was scanned with 'sinebar records list identification'.",
    )


@dataclass(frozen=True, slots=True)
class Named:
    """What one kept value, or a whole subgroup, belongs to: texts as they were scanned, the first one first."""

    serial_numbers: tuple[str, ...] = ()
    lots: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """What of it there is, for evidence."""
        given = {"serial_numbers": list(self.serial_numbers), "lots": list(self.lots)}
        return {name: texts for name, texts in given.items() if texts}

    @property
    def serial_number(self) -> str:
        """The serial numbers in one line, empty where there is none."""
        return ", ".join(self.serial_numbers)

    @property
    def lot(self) -> str:
        """The lots in one line, empty where there is none."""
        return ", ".join(self.lots)


_Held = tuple[Place, int, str]
"""From where on, the identification's id, its text."""


@dataclass(frozen=True, slots=True)
class Identified:
    """What the values of one characteristic belong to, over a span of subgroups."""

    serials: Mapping[int, Sequence[_Held]] = field(default_factory=dict)
    lots: Sequence[_Held] = ()

    def of(self, subgroup: int, position: int) -> Named:
        """What the value at this place belongs to."""
        found = [self._serial(subgroup, position), self._lot(subgroup, position)]
        serial, lot = [() if one is None else (one[2],) for one in found]
        return Named(serial, lot)

    def of_subgroup(self, subgroup: int) -> Named:
        """Everything that values of this subgroup belong to."""
        serials = tuple(dict.fromkeys(held[2] for held in self.serials.get(subgroup, ())))
        first = self._lot(subgroup, 1)
        later = [held for held in self.lots if held[0][0] == subgroup]
        lots = tuple(dict.fromkeys(held[2] for held in ([first] if first else []) + later))
        return Named(serials, lots)

    def ids(self, subgroup: int, position: int) -> set[int]:
        """The ids of the identifications that the value at this place belongs to."""
        found = (self._serial(subgroup, position), self._lot(subgroup, position))
        return {held[1] for held in found if held is not None}

    def until(self, number: int) -> Place:
        """The place behind the last that the identification of this id can hold for."""
        for subgroup, serials in self.serials.items():
            if any(held[1] == number for held in serials):
                return subgroup, NO_END
        index = next((index for index, held in enumerate(self.lots) if held[1] == number), None)
        if index is None:  # another scan stands in its place: it holds for nothing
            return 0, 0
        return self.lots[index + 1][0] if index + 1 < len(self.lots) else _BEHIND

    def _serial(self, subgroup: int, position: int) -> _Held | None:
        held = self.serials.get(subgroup, ())
        if not held:
            return None
        return held[max(0, _index(held, (subgroup, position)))]

    def _lot(self, subgroup: int, position: int) -> _Held | None:
        index = _index(self.lots, (subgroup, position))
        if index >= 0:
            return self.lots[index]
        first = self.lots[0] if self.lots else None
        return first if first is not None and first[0][0] == subgroup else None


def _index(held: Sequence[_Held], place: Place) -> int:
    """The last that begins at or before a place, -1 where none does."""
    return bisect_right(held, place, key=lambda one: one[0]) - 1


def identified(reader: Reader, characteristic_id: int, first: int = 1, last: int = NO_END) -> Identified:
    """What the values of subgroups `first` to `last` belong to; mis-scans are left out."""
    start = IdentificationStartRecord
    columns = (start.kind, start.subgroup, start.position, IdentificationRecord.id, IdentificationRecord.text)
    of: Any = (
        select(*columns)
        .join(IdentificationRecord, IdentificationRecord.id == start.identification_id)
        .where(start.characteristic_id == characteristic_id, IdentificationRecord.cleared_at.is_(None))
    )
    before = of.where(start.kind == str(IdentificationKind.LOT), start.subgroup < first)
    newest_first = before.order_by(start.subgroup.desc(), start.position.desc(), start.id.desc())
    within = of.where(start.subgroup >= first, start.subgroup <= last)
    rows = [
        *reader.rows(newest_first.limit(1)),
        *reader.rows(within.order_by(start.subgroup, start.position, start.id)),
    ]
    serials: dict[int, dict[Place, _Held]] = {}
    lots: dict[Place, _Held] = {}
    for kind, subgroup, position, number, text in rows:
        place = subgroup, position
        kept = lots if kind == IdentificationKind.LOT else serials.setdefault(subgroup, {})
        kept[place] = place, number, text  # a later scan at the same place takes the earlier one's
    return Identified({number: tuple(held.values()) for number, held in serials.items()}, tuple(lots.values()))


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest scan of a kind for a characteristic: its identity, its text, and from which subgroup on it holds."""

    identification: str
    text: str
    subgroup: int


def newest_scan(reader: Reader, characteristic_id: int, kind: IdentificationKind) -> Newest | None:
    """The newest scan of a kind that holds, or held, for a characteristic; mis-scans are left out."""
    start = IdentificationStartRecord
    found: Any = (
        select(IdentificationRecord.uid, IdentificationRecord.text, start.subgroup)
        .join(IdentificationRecord, IdentificationRecord.id == start.identification_id)
        .where(
            start.characteristic_id == characteristic_id,
            start.kind == str(kind),
            IdentificationRecord.cleared_at.is_(None),
        )
        .order_by(start.subgroup.desc(), start.position.desc(), start.id.desc())
    )
    rows = reader.rows(found.limit(1))
    return Newest(*rows[0]) if rows else None


def _one(reader: Reader, record: IdentificationRecord) -> Identification:
    start = IdentificationStartRecord
    of: Any = select(start.characteristic_id, start.subgroup, start.position).where(
        start.identification_id == record.id
    )
    return _identification(record, tuple(Start(*row) for row in reader.rows(of.order_by(start.id))))


def _identification(record: IdentificationRecord, starts: tuple[Start, ...]) -> Identification:
    return value_of(Identification, record, kind=IdentificationKind(record.kind), starts=starts)
