"""Brings the hub up to date: asks where it stands, sends what is missing, compares what both then hold."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from workstation.errors import Expected, SurroundingsFailed
from workstation.store import Store
from workstation.sync.client import HubClient
from workstation.sync.errors import HubAway, JournalsDiffer
from workstation.sync.outbox import Outbox, Parcel
from workstation.sync.state import StateFile, SyncState
from workstation.wire.messages import Head, PushReply
from workstation.wire.totals import Totals


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did: entries `sent`, of which the hub had `duplicates`; `totals` are then equal on both sides.

    `restored` says that the hub had lost acknowledged entries (a restored backup) and has them again.
    """

    sent: int
    duplicates: int
    readings: int
    pushes: int
    restored: bool
    totals: Totals


class Engine:
    """The sync of one station with one hub; one at a time a home."""

    def __init__(self, store: Store, client: HubClient, *, outbox: Outbox | None = None) -> None:
        self._store = store
        self._client = client
        self._outbox = outbox or Outbox(store)
        self._file = StateFile(store.home)

    @property
    def state(self) -> SyncState:
        return self._file.read()

    def round(self, progress: Callable[[int, int], None] | None = None) -> Round:
        """Send everything the hub lacks. `progress` is told entries sent and entries to send.

        Raises HubAway (try again later), HubDenies or JournalsDiffer; what was acknowledged before that is remembered.
        """
        try:
            return self._round(progress)
        except Expected as error:
            now = self._store.clock.microseconds()
            with suppress(SurroundingsFailed):  # a full disk, say: what went wrong before that is what is told
                problem = {"hub": self._client.url, "last_attempt": now, "last_problem": error.sentence}
                self._file.change(lambda state: state.after(**problem))
            raise

    def _round(self, progress: Callable[[int, int], None] | None) -> Round:
        known = self.state
        totals, restored = self._agreed(self._client.head(), known)
        start, end = totals, self._outbox.end()[0]
        sent = duplicates = pushes = 0
        acknowledged = (known.epoch, known.acknowledged.count)
        while (parcel := self._outbox.next_parcel(totals)) is not None:
            reply = self._client.push(parcel.body, acknowledged)
            totals = self._settled(parcel, reply)
            acknowledged = (reply.head.epoch, totals.count)
            self._remember(totals, reply.head)
            sent, pushes = sent + parcel.entries, pushes + 1
            duplicates += sum(result.outcome == "duplicate" for result in reply.results)
            if progress is not None:
                progress(sent, max(end - start.count, sent))
        return Round(sent, duplicates, totals.readings - start.readings, pushes, restored, totals)

    def _agreed(self, head: Head, known: SyncState) -> tuple[Totals, bool]:
        """The totals that station and hub share, and whether the hub lost acknowledged entries."""
        totals = compared(self._outbox, head, known.acknowledged, self._client.entry_hash)
        restored = head.count < known.acknowledged.count
        # What the hub lost is offered again: until it is back there, remember how far the hub once was.
        if not restored:
            self._remember(totals, head)
        return totals, restored

    def _settled(self, parcel: Parcel, reply: PushReply) -> Totals:
        for result in reply.results:
            if result.outcome not in ("applied", "duplicate"):
                raise JournalsDiffer(
                    f"The hub refuses entry {result.seq} of this station: {result.reason}.",
                    "Run `sinebar verify` here; then look at the hub's security events with `sinebar hub events`.",
                )
        said = Totals(reply.head.count, reply.head.hash, reply.head.readings, reply.head.digest)
        if said != parcel.totals:
            raise differing(parcel.totals, reply.head)
        return parcel.totals

    def _remember(self, totals: Totals, head: Head) -> None:
        now = self._store.clock.microseconds()
        self._file.change(
            lambda state: state.after(
                hub=self._client.url,
                epoch=head.epoch,
                acknowledged=totals,
                last_contact=now,
                last_attempt=now,
                last_problem="",
                clock_difference=now - head.time if head.time else 0,
            )
        )


def compared(outbox: Outbox, head: Head, known: Totals, hub_hash: Callable[[int], str | None] | None = None) -> Totals:
    """The totals at the hub's head when the hub holds what the station holds; raises JournalsDiffer when not.

    `hub_hash` asks the hub for the hash of one entry, to find the first that differs.
    """
    end, _ = outbox.end()
    if head.count > end or outbox.hash_at(head.count) != head.hash:
        parted = first_difference(outbox, min(head.count, end), hub_hash) if hub_hash is not None else None
        if parted is not None and parted > end:
            raise JournalsDiffer(older_than_hub(head.count, end), PUT_BACK)
        where = f"from entry {parted} on" if parted is not None else f"at entry {min(head.count, end)} or before"
        raise JournalsDiffer(
            f"Station and hub hold different journals {where}: the hub has {head.count} entries, this station {end}.",
            "Was this station put back from a backup, copied, or set up anew under an old name? The hub keeps what it "
            "has: go on in a new home, whose station has a new name, and keep this home and the hub's for the auditor.",
        )
    totals = outbox.totals_at(head.count, known)
    if totals != Totals(head.count, head.hash, head.readings, head.digest):
        raise differing(totals, head)
    return totals


PUT_BACK = (
    "Put back a copy that has them all, before anything is measured here. If there is none, go on in a new home, whose "
    "station has a new name, and keep this one for the auditor."
)


def older_than_hub(there: int, here: int) -> str:
    """What is said of a station whose hub has more of its journal, `there` entries, than itself, `here` entries."""
    return f"The hub has {there} entries of this station, which has {here}: it was put back from an older copy."


def first_difference(outbox: Outbox, last: int, hub_hash: Callable[[int], str | None]) -> int:
    """The first entry whose hash differs: as hashes are chained, halving finds it in a few questions."""
    same, differs = 0, last + 1
    while differs - same > 1:
        middle = (same + differs) // 2
        if outbox.hash_at(middle) == hub_hash(middle):
            same = middle
        else:
            differs = middle
    return differs


def differing(totals: Totals, head: Head) -> JournalsDiffer:
    pairs = (
        ("entries", totals.count, head.count),
        ("last hash", totals.hash[:12], head.hash[:12]),
        ("readings", totals.readings, head.readings),
        ("digest", totals.digest[:12] or "none", head.digest[:12] or "none"),
    )
    told = "; ".join(f"{name}: {here} here, {there} at the hub" for name, here, there in pairs if here != there)
    return JournalsDiffer(
        f"After the round station and hub do not hold the same ({told}).",
        "Run `sinebar verify` here and `sinebar hub verify` at the hub: one of them names the record.",
    )


class Backoff:
    """Waiting times after failures: full jitter under a doubling ceiling, never less than the hub asks for."""

    def __init__(
        self, *, first: float = 1.0, longest: float = 300.0, draw: Callable[[], float] = random.random
    ) -> None:
        self._first = first
        self._longest = longest
        self._draw = draw
        self._failures = 0

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self, error: Expected) -> float:
        """Seconds to wait before the next attempt."""
        ceiling = min(self._longest, self._first * 2.0 ** min(self._failures, 30))
        self._failures += 1
        asked = 0.0 if isinstance(error, SurroundingsFailed) else self._longest
        if isinstance(error, HubAway):
            asked = error.retry_after
        # A jittered wait on top of what was asked for: many stations told the same must not come back together.
        return min(asked + self._draw() * ceiling, self._longest * 2)
