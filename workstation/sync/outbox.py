"""Reads the journal as an outbox: the entries after a point, packed into pushes, with the totals they lead to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from workstation.errors import Refused
from workstation.store import JournalEntry, Reader, Store
from workstation.store.measurements import BATCH_KIND, BatchFacts
from workstation.wire.messages import (
    MAXIMUM_ENTRIES,
    MAXIMUM_UNPACKED,
    PROTOCOL,
    TARGET_BYTES,
    entry_message,
    packed,
)
from workstation.wire.totals import Totals


@dataclass(frozen=True, slots=True)
class Parcel:
    """One push, packed: entries `first` to `last` and the totals of the journal after them."""

    body: bytes
    first: int
    last: int
    totals: Totals

    @property
    def entries(self) -> int:
        return self.last - self.first + 1


class Outbox:
    """The station's journal as something that is sent."""

    def __init__(self, store: Store, *, entries: int = MAXIMUM_ENTRIES, target: int = TARGET_BYTES) -> None:
        self._store = store
        self._entries = entries
        self._target = target
        self._head = b'{"protocol":%d,"station":%b,"entries":[' % (PROTOCOL, msgspec.json.encode(store.station))

    def end(self) -> tuple[int, str]:
        """Number and hash of the last entry."""
        with self._store.read() as reader:
            return reader.journal_head()

    def next_parcel(self, totals: Totals) -> Parcel | None:
        """The next push after `totals`, None when there is nothing to send."""
        with self._store.read() as reader:
            lines, after = self._gathered(reader, totals)
        if not lines:
            return None
        body = self._head + b",".join(lines) + b"]}"
        return Parcel(body, totals.count + 1, after.count, after)

    def _gathered(self, reader: Reader, totals: Totals) -> tuple[list[bytes], Totals]:
        lines: list[bytes] = []
        size = 0
        for entry in reader.journal_after(totals.count, self._entries):
            line = _line(reader, entry)
            if lines and size + len(line) > self._target:
                break
            lines.append(line)
            size += len(line) + 1
            totals = moved(totals, entry)
        return lines, totals

    def lines(self, after: int) -> Iterator[tuple[bytes, JournalEntry]]:
        """Every entry after `after` as one line of JSON, for a bundle."""
        while True:
            with self._store.read() as reader:
                found = [(_line(reader, entry), entry) for entry in reader.journal_after(after, self._entries)]
            if not found:
                return
            yield from found
            after = found[-1][1].seq

    def totals_at(self, count: int, known: Totals) -> Totals:
        """The totals of the first `count` entries, computed on from `known` when that lies before, else anew."""
        totals = known if known.count <= count and self.hash_at(known.count) == known.hash else Totals()
        while totals.count < count:
            with self._store.read() as reader:
                for entry in reader.journal_after(totals.count, min(self._entries, count - totals.count)):
                    totals = moved(totals, entry)
        return totals

    def hash_at(self, seq: int) -> str | None:
        """The hash of one entry, None when there is none."""
        if seq == 0:
            return Totals().hash
        with self._store.read() as reader:
            found = reader.journal_after(seq - 1, 1)
        return found[0].hash if found and found[0].seq == seq else None


def moved(totals: Totals, entry: JournalEntry) -> Totals:
    """The totals after `entry`."""
    if entry.kind != BATCH_KIND:
        return totals.after_entry(entry.hash)
    facts = entry.changes_as(BatchFacts)
    return totals.after_batch(entry.hash, facts.digest, facts.measurements)


def _line(reader: Reader, entry: JournalEntry) -> bytes:
    rows = reader.batch_rows(entry) if entry.kind == BATCH_KIND else None
    line = packed(entry_message(entry, rows))
    if len(line) > MAXIMUM_UNPACKED // 2:
        raise Refused(
            f"Journal entry {entry.seq} is larger ({len(line)} bytes) than a hub takes.",
            "Tell whoever looks after Sinebar: readings should be kept in batches of at most 10,000.",
        )
    return line
