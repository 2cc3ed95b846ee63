"""What the journal holds, as values to publish: readings, judged subgroups and alarms after a position, each once."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from analysis.rules import RuleSet
from devices.gateway.entries import Entry
from devices.reading import Quality
from workstation.catalog.parts import characteristic, part
from workstation.catalog.values import Characteristic, Chart
from workstation.store import JournalEntry, Reader, Store
from workstation.store.measurements import BATCH_KIND, MEASUREMENT_FIELDS, SUBGROUP_FIELDS, decimal_value

ALARM_KIND = "alarm"
ENDED = "ended"
"""What is told of an alarm that is over; its record's own states are told as they are."""
_ENTRIES_AT_ONCE = 200
_VALUES_AT_ONCE = 2000
_SPREAD = {Chart.XBAR_R: "range", Chart.XBAR_S: "standard deviation", Chart.I_MR: "moving range"}


@dataclass(frozen=True, slots=True)
class Selection:
    """What is published; `characteristics` are names, empty for all."""

    readings: bool = True
    subgroups: bool = True
    alarms: bool = True
    samples: bool = False
    characteristics: frozenset[str] = frozenset()

    def has(self, name: str) -> bool:
        """Whether a characteristic of this name is published."""
        return not self.characteristics or name in self.characteristics


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """How far the journal was read: all before entry `seq`, and the first `done` values of that one."""

    seq: int
    done: int = 0

    def __str__(self) -> str:
        return f"{self.seq}.{self.done}"

    @classmethod
    def parse(cls, text: str) -> Position | None:
        """The position that `str` wrote; None for anything else."""
        seq, _, done = text.partition(".")
        return cls(int(seq), int(done)) if seq.isdecimal() and done.isdecimal() else None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a characteristic's values go: the Sparkplug device is the part, the characteristic a folder of metrics."""

    device: str
    characteristic: Characteristic


class Outgoing:
    """Reads the journal of a store as values to publish. Used by one thread."""

    def __init__(self, store: Store, selection: Selection) -> None:
        self._store = store
        self._selection = selection

    def end(self) -> Position:
        """The position after everything that is there."""
        with self._store.read() as reader:
            return Position(reader.journal_head()[0] + 1)

    def after(self, position: Position) -> tuple[list[Entry], Position]:
        """Some of the values after a position, in order and marked with their places, and the position behind them.

        The position moves on also over entries that hold nothing to publish; it stays only at the journal's end.
        """
        found: list[Entry] = []
        with self._store.read() as reader:
            places: dict[int, _Place] = {}
            for entry in reader.journal_after(position.seq - 1, _ENTRIES_AT_ONCE):
                skipped = position.done if entry.seq == position.seq else 0
                for number, value in enumerate(self._values(reader, entry, places), 1):
                    if number > skipped and value is not None:
                        found.append(replace(value, mark=f"{entry.seq}.{number}"))
                position = Position(entry.seq + 1)
                if len(found) >= _VALUES_AT_ONCE:
                    break
        return found, position

    def place(self, number: int) -> tuple[str, str] | None:
        """Part number and name of a characteristic; None when it is not published."""
        with self._store.read() as reader:
            where = _place(reader, number, {})
        name = where.characteristic.name
        return (where.device, name) if self._selection.has(name) else None

    def _values(self, reader: Reader, entry: JournalEntry, places: dict[int, _Place]) -> list[Entry | None]:
        """Every value of an entry, None for one that is not selected: numbers must not depend on the selection."""
        if entry.kind == BATCH_KIND:
            rows = reader.batch_rows(entry)
            measured = [dict(zip(MEASUREMENT_FIELDS, row, strict=True)) for row in rows.measurements]
            closed = [dict(zip(SUBGROUP_FIELDS, row, strict=True)) for row in rows.subgroups]
            values = [self._reading(_place(reader, row["characteristic"], places), row) for row in measured]
            for row in closed:
                values += self._subgroup(_place(reader, row["characteristic"], places), row)
            return values
        return self._alarm(reader, entry, places) if entry.kind == ALARM_KIND else []

    def _reading(self, place: _Place, row: dict[str, Any]) -> Entry | None:
        what = place.characteristic
        if not self._selection.readings or not self._selection.has(what.name):
            return None
        properties = {name: row[name] for name in ("subgroup", "position", "source", "trigger")}
        if row["version"] > 1:
            properties["version"] = row["version"]
        return Entry(
            place.device, f"{what.name}/reading", decimal_value(row["mantissa"], row["decimals"]), row["unit"],
            row["observed_at"] * 1000, Quality(row["quality"]), row["remark"] or "", properties,
        )  # fmt: skip

    def _subgroup(self, place: _Place, row: dict[str, Any]) -> list[Entry | None]:
        what = place.characteristic
        if not self._selection.subgroups or not self._selection.has(what.name):
            return [None, None]
        rules, at = RuleSet.from_text(what.rules), row["closed_at"] * 1000
        shared = {"subgroup": row["subgroup"], "size": row["size"]} | (
            {"version": row["version"]} if row["version"] > 1 else {}
        )
        if row["limits"] is not None:
            shared["limits"] = row["limits"]
        mean, spread = (
            Entry(
                place.device, f"{what.name}/{name}", value if value is not None and math.isfinite(value) else None,
                what.unit, at, properties={**shared, "rules": ", ".join(rules.names(mask) if mask else ())},
            )
            for name, value, mask in (
                ("mean", row["mean"], row["location"]),
                (_SPREAD[what.chart], row["spread"], row["dispersion"]),
            )
        )  # fmt: skip
        return [mean, None if spread.value is None else spread]

    def _alarm(self, reader: Reader, entry: JournalEntry, places: dict[int, _Place]) -> list[Entry | None]:
        """That it began, was taken or ended; one that began and ended within a batch of readings tells both."""
        facts: dict[str, Any] = {}
        for past in reader.history(ALARM_KIND, entry.record_id):
            if past.seq <= entry.seq:
                facts |= {name: change[1] for name, change in past.fields_changed().items()}
        has_ended = (entry.fields_changed().get("ended") or (None, None))[1] is not None
        told: list[tuple[str, int]] = []
        if not has_ended or entry.base_version is None:
            told.append(
                (str(facts["state"]), facts["observed_at"] if entry.base_version is None else entry.recorded_at)
            )
        if has_ended:
            told.append((ENDED, facts["ended_at"] or facts["seen_until"] or entry.recorded_at))
        place = _place(reader, facts["characteristic_id"], places)
        if not self._selection.alarms or not self._selection.has(place.characteristic.name):
            return [None] * len(told)
        properties = {"alarm": entry.record_id, "subgroup": facts["subgroup"], "rules": _rules(facts["rules"])}
        end = {"end_seen": facts.get("ended_at") is not None}
        name = f"{place.characteristic.name}/alarm"
        return [
            Entry(place.device, name, word, None, at * 1000, properties=properties | (end if word == ENDED else {}))
            for word, at in told
        ]


def sample(place: tuple[str, str], value: Decimal | None, unit: str | None, at: int, quality: Quality, reason: str,
           position: Position) -> Entry:  # fmt: skip
    """A reading of a continuous channel as it came: it is in no journal, so it takes the position as it is."""
    device, name = place
    return Entry(device, f"{name}/sample", value, unit, at, quality, reason, mark=str(position))


def _place(reader: Reader, number: int, places: dict[int, _Place]) -> _Place:
    if number not in places:
        found = characteristic(reader, number)
        places[number] = _Place(part(reader, found.part_id).number, found)
    return places[number]


def _rules(text: str) -> str:
    import json

    return ", ".join(json.loads(text)["rules"])
