"""Sync without a network: bundles out, acknowledgements in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workstation.errors import CallIsWrong, Refused
from workstation.lock import FileLock
from workstation.store import JournalEntry, Store
from workstation.store.failures import said_plainly
from workstation.sync.engine import compared
from workstation.sync.outbox import Outbox
from workstation.sync.state import StateFile, SyncState
from workstation.wire.bundle import ACKNOWLEDGEMENT, ENTRIES, FORMAT, VERSION, Manifest, open_bundle, write_bundle
from workstation.wire.messages import Credentials
from workstation.wire.totals import Totals

LOCK = "bundle.lock"


def write_entries(store: Store, credentials: Credentials, target: Path, *, after: int | None = None) -> Manifest:
    """Write the entries after the last acknowledged one (or after entry `after`) as a sealed bundle.

    One at a time: each names the one before. Raises Refused when everything was acknowledged, CallIsWrong when the
    journal ends before `after`, SurroundingsFailed when another process does not finish its own.
    """
    with said_plainly(store.home / LOCK), FileLock(store.home / LOCK):
        return _write_entries(store, credentials, target, after)


def _write_entries(store: Store, credentials: Credentials, target: Path, after: int | None) -> Manifest:
    outbox, file = Outbox(store), StateFile(store.home)
    state = file.read()
    end, _ = outbox.end()
    start = state.acknowledged.count if after is None else after
    if start == end:
        raise Refused(f"There is nothing to carry after entry {start}: the journal ends there.", "Carry on measuring.")
    if not 0 <= start < end:
        raise CallIsWrong(
            f"There is nothing to carry after entry {start}: the journal ends at {end}.",
            f"Give --after 0 to {end - 1}.",
        )
    before, last = outbox.totals_at(start, state.acknowledged), outbox.totals_at(end, state.acknowledged)
    manifest = Manifest(
        FORMAT,
        VERSION,
        ENTRIES,
        store.station,
        store.clock.microseconds(),
        first=start + 1,
        last=end,
        previous_hash=before.hash,
        hash=last.hash,
        readings=last.readings - before.readings,
        previous_bundle=state.last_bundle,
    )
    written = write_bundle(target, manifest, _lines_to(outbox.lines(start), end), credentials.seal)
    file.change(lambda now: now.after(last_bundle=written.identity(), bundled=end))
    return written


def _lines_to(lines: Iterator[tuple[bytes, JournalEntry]], end: int) -> Iterator[bytes]:
    """The lines up to entry `end`: what was written since the manifest was made goes into the next bundle."""
    for line, entry in lines:
        if entry.seq > end:
            return
        yield line


def accept_acknowledgement(store: Store, credentials: Credentials, path: Path) -> Totals:
    """Take the hub's answer to carried bundles: from now on only what follows is carried."""
    with open_bundle(path) as bundle:
        if bundle.manifest.kind != ACKNOWLEDGEMENT or bundle.manifest.head is None:
            raise Refused(f"{path} is a bundle of entries, no acknowledgement.", "Take it to the hub.")
        if bundle.manifest.station != store.station:
            raise Refused(
                f"{path} is for station {bundle.manifest.station}, this is {store.station}.", "Carry it there."
            )
        bundle.verify(credentials.seal)
        head = bundle.manifest.head
    file = StateFile(store.home)
    state = file.read()
    if head.count < state.acknowledged.count and head.epoch == state.epoch:
        raise Refused(
            f"{path} is older than what is known here: it acknowledges {head.count} entries, known are "
            f"{state.acknowledged.count}.",
            "Use the newest acknowledgement; nothing was changed.",
        )
    totals = compared(Outbox(store), head, state.acknowledged)

    def taken(now: SyncState) -> SyncState:
        if now.epoch == head.epoch and now.acknowledged.count > totals.count:  # a running sync came further meanwhile
            return now
        return now.after(
            epoch=head.epoch, acknowledged=totals, last_contact=bundle.manifest.created_at, last_problem=""
        )

    file.change(taken)
    return totals
