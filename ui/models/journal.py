"""What the history page reads: journal entries, who and what they were about, and whether the chain holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workstation.station import Station
    from workstation.store import Acknowledged, JournalEntry
    from workstation.store.verify import Verification

NEWEST = 500
"""Entries of the whole journal that the page shows; a single record's history is shown whole."""


@dataclass(frozen=True, slots=True)
class Entries:
    """Newest first; `about` names the record they belong to, empty for the whole journal; `total` counts all."""

    about: str
    entries: tuple[JournalEntry, ...]
    total: int


def read_entries(station: Station, record: str) -> Entries:
    """The history of `kind:identity`, or the newest entries of the whole journal where `record` is empty."""
    kind, _, uid = record.partition(":")
    with station.read() as reader:
        total = reader.journal_head()[0]
        if not record:
            return Entries("", tuple(reader.journal_latest(NEWEST)), total)
        entries = tuple(reversed(reader.history(kind, uid)))
        return Entries(_name(kind, entries, uid), entries, total)


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
    for name, change in entry.fields_changed().items():
        if isinstance(change, list) and len(change) == 2:
            rows.append((said(name), _text(change[0]), _text(change[1])))
        else:
            rows.append((said(name), "", _text(change)))
    return rows


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
