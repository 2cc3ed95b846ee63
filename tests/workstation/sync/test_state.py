"""What is known of the hub, where several processes of one home write it."""

from __future__ import annotations

import subprocess
import sys
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
from workstation.sync.enrolment import save_credentials
from workstation.sync.outbox import Outbox
from workstation.sync.state import StateFile, SyncState
from workstation.wire.bundle import open_bundle
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


def test_of_two_bundles_at_once_the_second_waits_and_names_the_first(
    tmp_path: Path, home: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Hub.open(tmp_path / "hub") as hub:
        credentials = hub.stations.enrol_by_hand(store.station)
    save_credentials(home, credentials)
    measure(store, 8)
    seconds: list[subprocess.Popen[str]] = []

    class Crossed(Outbox):
        """Lines during whose reading another process is told to write a bundle, too."""

        def lines(self, after: int) -> Iterator[tuple[bytes, JournalEntry]]:
            call = [sys.executable, "-m", "workstation.cli", "sync", "bundle", str(tmp_path / "two.zip")]
            seconds.append(subprocess.Popen([*call, "--home", str(home)], stdout=subprocess.PIPE, text=True))
            with pytest.raises(subprocess.TimeoutExpired):
                seconds[0].wait(3.0)
            yield from super().lines(after)

    monkeypatch.setattr(carrying, "Outbox", Crossed)
    first = write_entries(store, credentials, tmp_path / "one.zip")
    told, _ = seconds[0].communicate(timeout=60)
    assert seconds[0].returncode == 0, told
    with open_bundle(tmp_path / "two.zip") as second:
        assert second.manifest.previous_bundle == first.identity()
        assert StateFile(home).read().last_bundle == second.manifest.identity()


def test_bundles_of_many_processes_are_one_chain(tmp_path: Path, home: Path, store: Store) -> None:
    with Hub.open(tmp_path / "hub") as hub:
        save_credentials(home, hub.stations.enrol_by_hand(store.station))
    measure(store, 8)
    call = [sys.executable, "-m", "workstation.cli", "sync", "bundle", "--home", str(home)]
    names = [tmp_path / f"{number}.zip" for number in range(4)]
    processes = [subprocess.Popen([*call, str(name)], stdout=subprocess.DEVNULL) for name in names]
    assert [one.wait(60) for one in processes] == [0, 0, 0, 0]
    manifests = []
    for name in names:
        with open_bundle(name) as bundle:
            manifests.append(bundle.manifest)
    follows = {one.previous_bundle: one.identity() for one in manifests}
    assert len(follows) == 4, "two name the same bundle before them"
    last = ""
    for _ in names:
        last = follows[last]
    assert last == StateFile(home).read().last_bundle


def test_who_only_reads_waits_for_no_writer(tmp_path: Path) -> None:
    StateFile(tmp_path).change(lambda state: state.after(hub="https://hub"))
    assert StateFile(tmp_path).read() == SyncState(hub="https://hub")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["sync.json", "sync.json.lock"]
    with FileLock(tmp_path / "sync.json.lock"):
        assert StateFile(tmp_path).read().hub == "https://hub", "who only reads waits for nobody"
