"""A hub that was put back from a backup says so, and its stations bring it up to date again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.workstation.hub.conftest import Sender
from tests.workstation.wire.stations import measure
from workstation.hub.epoch import was_restored
from workstation.hub.hub import Hub
from workstation.store import Store


def epoch_of(hub: Hub, sender: Sender) -> str:
    return hub.queries.head(sender.station).epoch


def test_the_epoch_stays_over_a_restart(sender: Sender, data: Path, url: str | None) -> None:
    sender.push(*sender.entries())
    before = epoch_of(sender.hub, sender)
    sender.hub.close()
    with Hub.open(data, url=url) as again:
        assert epoch_of(again, Sender(again, sender.store, sender.credentials)) == before


def test_an_older_database_begins_a_new_epoch(data: Path, tmp_path: Path, store: Store) -> None:
    with Hub.open(data) as hub:
        sender = Sender(hub, store, hub.stations.enrol(store.station, hub.stations.offer(store.station)))
        entries = sender.entries()
        sender.push(*entries[:3])
        before = epoch_of(hub, sender)
    shutil.copy(data / "hub.db", tmp_path / "backup.db")
    with Hub.open(data) as hub:
        Sender(hub, store, sender.credentials).push(*entries[3:])
    shutil.copy(tmp_path / "backup.db", data / "hub.db")
    with Hub.open(data) as hub:
        sender = Sender(hub, store, sender.credentials)
        assert epoch_of(hub, sender) != before
        assert sender.events() == ["new epoch"]
        assert sender.outcomes(*entries[3:]) == ["applied"] * len(entries[3:])
        assert hub.queries.feed(before, 2, 10) is None, "numbers of the old epoch are no longer trusted"
    with Hub.open(data) as hub:
        assert Sender(hub, store, sender.credentials).events() == ["new epoch"], "only once"


def test_a_station_that_was_acknowledged_more_makes_a_new_epoch(sender: Sender) -> None:
    entries = sender.entries()
    sender.push(*entries[:3])
    before = epoch_of(sender.hub, sender)
    sender.hub.intake.acknowledged_beyond(sender.station, 3, before)
    assert epoch_of(sender.hub, sender) == before
    sender.hub.intake.acknowledged_beyond(sender.station, 5, "of another hub")
    assert epoch_of(sender.hub, sender) == before
    sender.hub.intake.acknowledged_beyond(sender.station, 5, before)
    assert epoch_of(sender.hub, sender) != before


def test_what_counts_as_restored() -> None:
    assert not was_restored(None, "a", 0)
    assert not was_restored(("a", 4), "a", 4)
    assert not was_restored(("a", 4), "a", 9)
    assert was_restored(("a", 9), "a", 4)
    assert was_restored(("b", 4), "a", 4)


@pytest.mark.parametrize("mark", ["{", "[" * 100_000], ids=["cut short", "nested beyond reading"])
def test_a_broken_mark_is_no_reason_not_to_start(sender: Sender, data: Path, url: str | None, mark: str) -> None:
    sender.push(*sender.entries())
    sender.hub.close()
    (data / "hub.mark").write_text(mark)
    with Hub.open(data, url=url) as again:
        measure(sender.store, 1, first=100)
        late = Sender(again, sender.store, sender.credentials)
        assert late.outcomes(*late.entries(late.station.totals.count)) == ["applied"]
