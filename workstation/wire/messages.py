"""The messages between a station and the hub: typed, bounded JSON.

A journal entry travels with every field that its hash covers, and a batch of readings with its canonical rows, so that
the receiver recomputes both and believes neither.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, TypeVar

import msgspec

from workstation.store.journal import COLUMNS, JournalEntry
from workstation.store.measurements import BATCH_KIND, BatchRows

PROTOCOL = 1
MAXIMUM_ENTRIES = 500
"""Entries a push."""
TARGET_BYTES = 1024 * 1024
"""A push is closed when its JSON reaches this; a single larger entry travels alone."""
MAXIMUM_BODY = 8 * 1024 * 1024
"""What the hub takes as it comes over the wire."""
MAXIMUM_UNPACKED = 64 * 1024 * 1024
"""What a compressed body may grow to."""

T = TypeVar("T")
Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Sequence = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Word = Annotated[str, msgspec.Meta(max_length=65_536)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Identity = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]

MeasurementRow = tuple[
    Whole, Whole, Whole, Whole, Whole, Whole, Word, Whole, Word, Word, Word, Word | None, Word, bytes | None
]  # fmt: skip
SubgroupRow = tuple[Whole, Whole, Whole, Whole, float, float | None, Whole, Whole, Whole | None, Whole]
RefusedRow = tuple[Whole, Word, Word, Whole, Word, bytes]


class Unreadable(Exception):  # noqa: N818
    """Bytes that are not the message expected; the text says where."""


class Message(msgspec.Struct, frozen=True):
    """Base of everything that is said."""


class Rows(Message, frozen=True):
    """The rows of one batch of readings in canonical order; see `workstation.store.measurements`."""

    measurements: tuple[MeasurementRow, ...] = ()
    subgroups: tuple[SubgroupRow, ...] = ()
    refused: tuple[RefusedRow, ...] = ()

    def batch(self) -> BatchRows:
        return BatchRows(list(self.measurements), list(self.subgroups), list(self.refused))


class Entry(Message, frozen=True):
    """One journal entry, with `rows` when it is a batch of readings. Fields and order are those of the journal."""

    seq: Sequence
    entry_id: Identity
    recorded_at: Whole
    local_offset: Whole
    station: Name
    account: Word
    verb: Word
    kind: Word
    record_id: Word
    base_version: Whole | None
    version: Whole | None
    changes: str
    reason: str
    signature: str | None
    previous_hash: Hash
    hash: Hash
    rows: Rows | None = None

    def journal_entry(self) -> JournalEntry:
        return JournalEntry(*(getattr(self, name) for name in COLUMNS))

    @property
    def is_batch(self) -> bool:
        return self.kind == BATCH_KIND


class Push(Message, frozen=True):
    """A run of entries of one station, oldest first."""

    protocol: int
    station: Name
    entries: Annotated[tuple[Entry, ...], msgspec.Meta(max_length=MAXIMUM_ENTRIES)]


class Result(Message, frozen=True):
    """What became of one entry: applied, duplicate, or rejected with a reason."""

    seq: Whole
    outcome: str
    hub_seq: Whole | None = None
    reason: str = ""


class Head(Message, frozen=True):
    """Where a station's journal ends at the hub, and what stands there.

    `digest` runs over the digests of the station's batches of readings in order (`readings_digest`), each of which the
    hub computed from rows it keeps; `readings` counts its measurement rows.
    """

    station: str
    count: Count
    hash: Hash
    readings: Count
    digest: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")]
    epoch: Word
    time: Whole = 0


class PushReply(Message, frozen=True):
    """The hub's answer to a push; `head` is the state after it."""

    results: tuple[Result, ...]
    head: Head


class Enrol(Message, frozen=True):
    """A station asks to be known under the name for which the one-time code was made."""

    protocol: int
    station: Name
    code: Name


class Credentials(Message, frozen=True):
    """What an enrolled station holds: `token` opens the hub, `seal` is the key that seals its bundles."""

    station: str
    hub: str
    token: str
    seal: str
    epoch: str


class Complaint(Message, frozen=True):
    """Why the hub did not do it, and what helps."""

    sentence: str
    next_step: str = ""


class Feed(Message, frozen=True):
    """Entries of all stations in the order the hub took them; `after` of the next request is `last`."""

    epoch: str
    last: int
    entries: tuple[tuple[int, Entry], ...]


class EntryHash(Message, frozen=True):
    """The hash the hub holds for one entry, None when it has none: lets a station find where two journals part."""

    seq: Whole
    hash: str | None


_ENCODER = msgspec.json.Encoder()


def packed(message: Message) -> bytes:
    """The message as JSON."""
    return _ENCODER.encode(message)


def unpacked(data: bytes, kind: type[T]) -> T:
    """The message in `data`; raises Unreadable for anything that is not a whole, valid one."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise Unreadable(str(error)) from error


def entry_message(entry: JournalEntry, rows: BatchRows | None) -> Entry:
    """The wire form of a journal entry as it stands in the store."""
    values: dict[str, Any] = {name: getattr(entry, name) for name in COLUMNS}
    values["rows"] = None if rows is None else rows_message(rows)
    return Entry(**values)


def rows_message(rows: BatchRows) -> Rows:
    return Rows(tuple(rows.measurements), tuple(rows.subgroups), tuple(rows.refused))


def batch_facts_of(entry: Entry) -> dict[str, Any]:
    """The facts a batch's journal entry states: counts and digest; raises Unreadable when they are not there."""
    try:
        facts = json.loads(entry.changes)
        stated: dict[str, Any] = {name: int(facts[name]) for name in ("measurements", "subgroups", "refused")}
        stated["digest"] = str(facts["digest"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable(f"entry {entry.seq} is a batch of readings without its facts") from error
    return stated
