"""What was measured on a piece or a lot: its values, how its subgroups were judged, and which records they led to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from analysis.rules import RuleSet
from workstation.catalog.identifications import (
    Identification,
    Identified,
    Start,
    identifications_named,
    identified,
)
from workstation.catalog.parts import characteristic, part
from workstation.catalog.scanned import meant
from workstation.catalog.values import Characteristic
from workstation.line.check import in_unit
from workstation.quality.alarms import alarms
from workstation.quality.evidence import facts_of
from workstation.quality.investigations import investigation
from workstation.quality.links import linked
from workstation.quality.nonconformances import Nonconformance, nonconformances
from workstation.store import Measurement, Reader

MOST_READINGS = 10_000
"""Values of one characteristic that a trace holds; a lot may have more, which an export has."""
_PAGE = 200
"""Subgroups read at a time."""


@dataclass(frozen=True, slots=True)
class TracedReading:
    """A kept value in its newest version, as it was sent."""

    part: str
    characteristic: str
    subgroup: int
    position: int
    value: Decimal
    unit: str
    observed_at: int
    source: str
    account: str
    in_tolerance: bool | None


@dataclass(frozen=True, slots=True)
class TracedSubgroup:
    """How a closed subgroup was judged: `rules` are those it broke, `limits` what judged it, None for nothing yet."""

    part: str
    characteristic: str
    subgroup: int
    rules: tuple[str, ...]
    limits: int | None


@dataclass(frozen=True, slots=True)
class TracedRecord:
    """A record that its values led to."""

    kind: str
    number: str
    what: str
    state: str


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything kept under a text; `more` says that there are more values than a trace holds."""

    text: str
    scans: tuple[Identification, ...]
    readings: tuple[TracedReading, ...]
    subgroups: tuple[TracedSubgroup, ...]
    records: tuple[TracedRecord, ...]
    more: bool


def trace(reader: Reader, text: str) -> Trace:
    """What was measured on the piece or lot of this text, as it was scanned or as it was shown."""
    scans = identifications_named(reader, text) or identifications_named(reader, meant(text))
    readings: list[TracedReading] = []
    subgroups: list[TracedSubgroup] = []
    records: dict[str, TracedRecord] = {}
    more = False
    for scan in scans:
        number = part(reader, scan.part_id).number
        for start in scan.starts if scan.cleared_at is None else ():
            what = characteristic(reader, start.characteristic_id)
            values: list[Measurement] = []
            for value in _values(reader, scan, start):
                if len(values) == MOST_READINGS:
                    more = True
                    break
                values.append(value)
            places = {(value.subgroup, value.position) for value in values}
            readings += [_reading(number, what, value) for value in values]
            subgroups += _judged(reader, number, what, {subgroup for subgroup, _ in places})
            records |= _led_to(reader, what, places)
    return Trace(text, tuple(scans), tuple(readings), tuple(subgroups), tuple(records.values()), more)


def _values(reader: Reader, scan: Identification, start: Start) -> Iterator[Measurement]:
    """The values that belong to a scan at one characteristic, in the order they were measured."""
    held: Identified = identified(reader, start.characteristic_id, start.subgroup)
    end = min(held.until(scan.id)[0], reader.resume_point(start.characteristic_id).subgroup)
    for first in range(start.subgroup, end + 1, _PAGE):
        for value in reader.measurements(start.characteristic_id, first, min(end, first + _PAGE - 1)):
            if scan.id in held.ids(value.subgroup, value.position):
                yield value


def _reading(number: str, what: Characteristic, value: Measurement) -> TracedReading:
    return TracedReading(
        number, what.name, value.subgroup, value.position, value.value, value.unit, value.observed_at, value.source,
        value.account, what.in_tolerance(in_unit(value.value, value.unit, what.unit)),
    )  # fmt: skip


def _judged(reader: Reader, number: str, what: Characteristic, wanted: set[int]) -> list[TracedSubgroup]:
    if not wanted:
        return []
    rules, found = RuleSet.from_text(what.rules), []
    window = reader.last_subgroups(what.id, max(wanted) - min(wanted) + 1, up_to=max(wanted))
    for index, subgroup in enumerate(window.numbers.tolist()):
        if subgroup in wanted:
            broken = (*rules.names(int(window.location[index])), *rules.names(int(window.dispersion[index])))
            limits = int(window.limits[index]) or None
            found.append(TracedSubgroup(number, what.name, subgroup, tuple(dict.fromkeys(broken)), limits))
    return found


def _led_to(reader: Reader, what: Characteristic, places: set[tuple[int, int]]) -> dict[str, TracedRecord]:
    found: dict[str, TracedRecord] = {}
    for record in reversed(nonconformances(reader, characteristic_id=what.id)):
        if places & set(_places(record)):
            found[record.uid] = TracedRecord("nonconformance", record.number, record.nature, str(record.state))
    subgroups = {subgroup for subgroup, _ in places}
    for alarm in reversed(alarms(reader, characteristic_id=what.id)):
        if alarm.subgroup in subgroups:
            for uid in linked(reader, alarm.uid, "investigation"):
                one = investigation(reader, uid)
                found[uid] = TracedRecord("investigation", one.number, one.title, str(one.state))
    return found


def _places(record: Nonconformance) -> Iterator[tuple[int, int]]:
    """The places of the values that a nonconformance holds; one that was reported by hand may name none."""
    for reading in facts_of(record.evidence).get("readings", ()):
        yield reading["subgroup"], reading["position"]
