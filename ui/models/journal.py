"""What the history page reads: journal entries, who and what they were about, and whether the chain holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ui.models.records import moment

if TYPE_CHECKING:
    from workstation.station import Station
    from workstation.store import Acknowledged, JournalEntry, Reader
    from workstation.store.verify import Verification

BATCH = "measurement_batch"
_ROLLUP = "channel_rollup"
_LIMITS = "control_limits"
_MOMENTS = ("_at", "start")
_SPANS = {"spans": "values of", "closed": "judged"}
NEWEST = 500
"""Entries of the whole journal that the page shows; a single record's history is shown whole."""


@dataclass(frozen=True, slots=True)
class Entries:
    """Newest first; `about` names the record they belong to, empty for the whole journal; `total` counts all.

    `corrected` has what each entry corrected, by its number: (which value, before, after).
    """

    about: str
    entries: tuple[JournalEntry, ...]
    total: int
    corrected: Mapping[int, tuple[tuple[str, str, str], ...]] = field(default_factory=dict)


def read_entries(station: Station, record: str) -> Entries:
    """The history of `kind:identity`, or the newest entries of the whole journal where `record` is empty."""
    kind, _, uid = record.partition(":")
    with station.read() as reader:
        total = reader.journal_head()[0]
        if not record:
            newest = tuple(reader.journal_latest(NEWEST))
            return Entries("", newest, total, _corrected(reader, newest))
        entries = tuple(reversed(reader.history(kind, uid)))
        return Entries(_name(kind, entries, uid), entries, total)


def _corrected(reader: Reader, entries: Sequence[JournalEntry]) -> dict[int, tuple[tuple[str, str, str], ...]]:
    """Values that entries put in the place of others: only a batch with a reason does."""
    from workstation.catalog.parts import characteristic

    found: dict[int, tuple[tuple[str, str, str], ...]] = {}
    for entry in entries:
        if entry.kind != BATCH or not entry.reason:
            continue
        rows = []
        for number, subgroup, position, version, *_ in reader.batch_rows(entry).measurements:
            kept = {
                one.version: f"{one.value:f} {one.unit}"
                for one in reader.measurements(number, subgroup, subgroup, versions=True)
                if one.position == position
            }
            if version > 1:
                where = f"{characteristic(reader, number).name}\nsubgroup {subgroup}\nposition {position}"
                rows.append((where, kept[version - 1], kept[version]))
        if rows:
            found[entry.seq] = tuple(rows)
    return found


@dataclass(frozen=True, slots=True)
class Verified:
    """What was recomputed, and what the hub had confirmed of it; None where no hub ever did."""

    found: Verification
    confirmed: Acknowledged | None


def read_verification(station: Station) -> Verified:
    """Recompute the whole chain, every digest and every record, and compare with what the hub has confirmed."""
    from workstation.store.verify import verify

    confirmed = station.acknowledged()
    with station.read() as reader:
        return Verified(verify(reader.raw, confirmed), confirmed)


def _name(kind: str, entries: tuple[JournalEntry, ...], uid: str) -> str:
    """What to call the record: its number where its first entry gives one."""
    first = entries[-1].fields_changed() if entries else {}
    number = first.get("number", first.get("name", [None, uid]))
    shown = number[1] if isinstance(number, list) else number
    return f"{said(kind)} {shown}"


def said(name: str) -> str:
    """A kind or verb of the journal as words: `inspection_plan` -> `inspection plan`."""
    return name.replace("_", " ")


def changes_of(entry: JournalEntry) -> list[tuple[str, str, str]]:
    """An entry's changes as (field, before, after), or a batch's facts as (name, '', value)."""
    rows = []
    changed = entry.fields_changed()
    if entry.kind == _LIMITS and changed.get("first_subgroup") == [None, 0]:  # computed from none
        changed = _named_as_given(changed)
    for name, change in changed.items():
        if entry.kind == BATCH and name in _SPANS:
            rows += [_span(_SPANS[name], *span) for span in change]
        elif isinstance(change, list) and len(change) == 2:
            rows.append((said(name), _text(name, change[0]), _text(name, change[1])))
        else:
            rows.append((said(name), "", _text(name, change)))
    return rows


def what_of(entry: JournalEntry, corrected: Sequence[tuple[str, str, str]]) -> str:
    """What an entry did and why, in a line."""
    return deed_of(entry, corrected) + (f" – {entry.reason}" if entry.reason else "")


def deed_of(entry: JournalEntry, corrected: Sequence[tuple[str, str, str]]) -> str:
    """What an entry did; `corrected` are the values that it put in the place of others."""
    if entry.kind == _ROLLUP:
        return f"{entry.fields_changed()['period'][1]} of a sensor kept"
    if entry.kind != BATCH:
        return f"{said(entry.kind)}: {said(entry.verb.rpartition('.')[2])}"
    if corrected:
        return f"value corrected: {corrected[0][1]} to {corrected[0][2]}"
    facts = entry.fields_changed()
    count, refused = int(facts.get("measurements", 0)), int(facts.get("refused", 0))
    counted = [(count, "kept")] if count or not refused else []
    counted += [(refused, "refused")] if refused else []
    return ", ".join(f"{n} {'reading' if n == 1 else 'readings'} {word}" for n, word in counted)


def _named_as_given(changed: Mapping[str, Any]) -> dict[str, Any]:
    """What was changed of limits that were given: the figures, and no subgroups."""
    from workstation.catalog.values import given_with

    rest = {name: change for name, change in changed.items() if name not in ("first_subgroup", "last_subgroup")}
    return {"given": [None, str(given_with(changed["limits"][1]))], **rest}


def _span(what: str, characteristic: int, first: int, last: int) -> tuple[str, str, str]:
    subgroups = f"subgroup {first}" if first == last else f"subgroups {first} to {last}"
    return f"{what}\ncharacteristic {characteristic}", "", subgroups


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name.endswith(_MOMENTS) and isinstance(value, int):
        return moment(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
