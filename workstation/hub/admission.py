"""Whether an entry may continue a station's journal: everything it claims is recomputed from what it carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workstation.store.journal import recomputed_hash
from workstation.wire.messages import Entry, Unreadable, batch_facts_of
from workstation.wire.totals import Totals


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an entry is not taken. `kind` names a security event, or is empty for an honest mistake."""

    reason: str
    kind: str = ""


_IDENTITY_LENGTH = 36
"""Characters of a UUID. The wire's pattern lets a line feed follow, which PostgreSQL's column would not hold."""


def unwritable(entry: Entry) -> Refusal | None:
    """Why the entry cannot be written down in every database of a hub; None when it can."""
    if len(entry.entry_id) != _IDENTITY_LENGTH:
        return Refusal("its identity is none")
    texts = [entry.station, entry.account, entry.verb, entry.kind, entry.record_id, entry.changes, entry.reason]
    texts.append(entry.signature or "")
    if entry.rows is not None:
        for row in (*entry.rows.measurements, *entry.rows.refused):
            texts += [word for word in row if isinstance(word, str)]
    if "\0" in "".join(texts):
        return Refusal("it holds the character NUL, which no text of this hub may hold")
    return None


def check_entry(entry: Entry, station: str, totals: Totals) -> Refusal | Totals:
    """The totals after `entry`, or why it is refused; `totals` are those of the entries before it."""
    if entry.station != station:
        return Refusal(f"it is an entry of station {entry.station}, but {station} sent it", "foreign entry")
    if entry.seq > totals.count + 1:
        return Refusal(f"entries {totals.count + 1} to {entry.seq - 1} are missing")
    if entry.previous_hash != totals.hash:
        return Refusal("it does not continue the journal held here", "broken chain")
    if recomputed_hash(entry.journal_entry()) != entry.hash:
        return Refusal("its hash does not belong to its content", "altered entry")
    if not entry.is_batch:
        if entry.rows is not None:
            return Refusal("it carries readings but is no batch of readings", "altered entry")
        return totals.after_entry(entry.hash)
    return _check_batch(entry, totals)


def _check_batch(entry: Entry, totals: Totals) -> Refusal | Totals:
    if entry.rows is None:
        return Refusal("it is a batch of readings without its readings")
    try:
        stated = batch_facts_of(entry)
    except Unreadable as error:
        return Refusal(str(error), "altered entry")
    rows = entry.rows.batch()
    counted: dict[str, Any] = {
        "measurements": len(rows.measurements),
        "subgroups": len(rows.subgroups),
        "refused": len(rows.refused),
        "digest": rows.digest(),
    }
    if counted != stated:
        return Refusal("its readings are not those that its digest was made from", "altered readings")
    return totals.after_batch(entry.hash, counted["digest"], counted["measurements"])
