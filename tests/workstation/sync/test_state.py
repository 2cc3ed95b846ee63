"""What is known of the hub, where several processes of one home write it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workstation.wire.stations import measure
from workstation.hub.hub import Hub
from workstation.lock import FileLock
from workstation.store import JournalEntry, Store
from workstation.sync import carrying
from workstation.sync.carrying import write_entries
from workstation.sync.outbox import Outbox
from workstation.sync.state import StateFile, SyncState
from workstation.wire.totals import Totals

FURTHER = Totals(7, "a" * 64, 30, "b" * 64)


def test_writers_beside_each_other_lose_no_change(tmp_path: Path) -> None:
    def count() -> None:
        for _ in range(50):
            StateFile(tmp_path).change(lambda state: state.after(bundled=state.bundled + 1))

    writers = [threading.Thread(target=count) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert StateFile(tmp_path).read().bundled == 150


def test_a_bundle_keeps_what_a_sync_learned_while_it_was_written(
    tmp_path: Path, home: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Hub.open(tmp_path / "hub") as hub:
        credentials = hub.stations.enrol_by_hand(store.station)
    measure(store, 8)

    class Synced(Outbox):
        """Lines during whose reading the running sync is acknowledged."""

        def lines(self, after: int) -> Iterator[tuple[bytes, JournalEntry]]:
            StateFile(home).change(lambda state: state.after(acknowledged=FURTHER))
            yield from super().lines(after)

    monkeypatch.setattr(carrying, "Outbox", Synced)
    written = write_entries(store, credentials, tmp_path / "one.zip")
    state = StateFile(home).read()
    assert (state.acknowledged, state.last_bundle) == (FURTHER, written.identity())


def test_who_only_reads_waits_for_no_writer(tmp_path: Path) -> None:
    StateFile(tmp_path).change(lambda state: state.after(hub="https://hub"))
    assert StateFile(tmp_path).read() == SyncState(hub="https://hub")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["sync.json", "sync.json.lock"]
    with FileLock(tmp_path / "sync.json.lock"):
        assert StateFile(tmp_path).read().hub == "https://hub", "who only reads waits for nobody"
