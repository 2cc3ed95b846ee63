"""A plant without a network: bundles on a stick, and every way a stick can spoil them."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workstation.wire.stations import measure
from workstation.errors import Expected, Refused, SurroundingsFailed
from workstation.hub.bundles import accept_bundle, write_acknowledgement
from workstation.hub.hub import Hub
from workstation.store import Store
from workstation.sync.carrying import accept_acknowledgement, write_entries
from workstation.sync.outbox import Outbox
from workstation.sync.state import StateFile
from workstation.wire.messages import Credentials
from workstation.wire.totals import Totals


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub.open(tmp_path / "hub") as opened:
        yield opened


@pytest.fixture
def credentials(hub: Hub, store: Store) -> Credentials:
    return hub.stations.enrol_by_hand(store.station)


@pytest.fixture
def bundle(tmp_path: Path, store: Store, credentials: Credentials) -> Path:
    measure(store, 8)
    write_entries(store, credentials, tmp_path / "one.zip")
    return tmp_path / "one.zip"


def totals_of(hub: Hub, store: Store) -> Totals:
    station = hub.stations.by_name(store.station)
    assert hub.queries.recounted(station) == station.totals
    return station.totals


def totals_here(store: Store) -> Totals:
    outbox = Outbox(store)
    return outbox.totals_at(outbox.end()[0], Totals())


def test_there_and_back(tmp_path: Path, hub: Hub, store: Store, credentials: Credentials, bundle: Path) -> None:
    taken = accept_bundle(hub, bundle, tmp_path / "answer.zip")
    assert (taken.first, taken.last, taken.applied, taken.duplicates) == (1, 10, 10, 0)
    assert totals_of(hub, store) == totals_here(store)
    assert accept_acknowledgement(store, credentials, tmp_path / "answer.zip") == totals_here(store)
    assert StateFile(store.home).read().acknowledged == totals_here(store)
    with pytest.raises(Refused, match="nothing to carry"):
        write_entries(store, credentials, tmp_path / "two.zip")
    measure(store, 3, first=9)
    manifest = write_entries(store, credentials, tmp_path / "two.zip")
    assert (manifest.first, manifest.last, manifest.readings) == (11, 13, 15)
    assert manifest.previous_hash == taken.head.hash
    assert accept_bundle(hub, tmp_path / "two.zip").applied == 3
    assert totals_of(hub, store) == totals_here(store)


def test_a_bundle_written_before_the_answer_came_back_overlaps_without_harm(
    tmp_path: Path, hub: Hub, store: Store, credentials: Credentials, bundle: Path
) -> None:
    accept_bundle(hub, bundle)
    measure(store, 2, first=9)
    write_entries(store, credentials, tmp_path / "two.zip")
    taken = accept_bundle(hub, tmp_path / "two.zip")
    assert (taken.applied, taken.duplicates) == (2, 10)
    assert totals_of(hub, store) == totals_here(store)


def test_a_replayed_bundle_is_refused_and_remembered(tmp_path: Path, hub: Hub, store: Store, bundle: Path) -> None:
    accept_bundle(hub, bundle)
    before = totals_of(hub, store)
    with pytest.raises(Refused, match="was taken already on"):
        accept_bundle(hub, bundle, tmp_path / "answer.zip")
    assert totals_of(hub, store) == before
    assert not (tmp_path / "answer.zip").exists()
    assert [event.kind for event in hub.stations.security_events()] == ["bundle refused"]


def test_a_gap_is_refused_with_the_missing_range(
    tmp_path: Path, hub: Hub, store: Store, credentials: Credentials, bundle: Path
) -> None:
    write_entries(store, credentials, tmp_path / "late.zip", after=6)
    with pytest.raises(Refused, match="Entries 1 to 6 of station bench 1 are missing") as caught:
        accept_bundle(hub, tmp_path / "late.zip")
    assert "--after 0" in caught.value.next_step
    assert totals_of(hub, store) == Totals()
    accept_bundle(hub, bundle)


def test_a_bundle_cut_short_at_any_byte_is_refused(tmp_path: Path, hub: Hub, store: Store, bundle: Path) -> None:
    whole = bundle.read_bytes()
    cut = tmp_path / "cut.zip"
    for length in [0, 1, 22, *random.Random(1).sample(range(len(whole)), 40), len(whole) - 1]:
        cut.write_bytes(whole[:length])
        with pytest.raises(Refused, match="refused"):
            accept_bundle(hub, cut)
    assert totals_of(hub, store) == Totals()


def test_a_flipped_bit_is_refused_or_changes_nothing_that_is_taken(
    tmp_path: Path, hub: Hub, store: Store, bundle: Path
) -> None:
    """Some bits of a zip (its dates) mean nothing; every other one spoils the bundle, and none a record."""
    whole = bytearray(bundle.read_bytes())
    flipped = tmp_path / "flipped.zip"
    draw, refused, taken = random.Random(3), 0, 0
    for place in draw.sample(range(len(whole)), 150):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << draw.randrange(8)
        flipped.write_bytes(damaged)
        try:
            accept_bundle(hub, flipped)
            taken += 1
        except Expected as error:
            refused += 1
            assert "\n" not in error.sentence
    assert refused > 120
    if taken:
        assert totals_of(hub, store) == totals_here(store)
    else:
        assert totals_of(hub, store) == Totals()


def rewritten(source: Path, target: Path, member: str, content: bytes) -> Path:
    """A bundle with one member exchanged and every checksum of the zip right."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, content if name == member else old.read(name))
    return target


def test_exchanged_members_are_refused(tmp_path: Path, hub: Hub, store: Store, bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        manifest, entries = archive.read("manifest.json"), archive.read("entries.jsonl")
    forged = tmp_path / "forged.zip"
    for member, content in (
        ("manifest.json", manifest.replace(b'"readings":40', b'"readings":41')),
        ("manifest.json", manifest.replace(b'"station":"bench 1"', b'"station":"bench 9"')),
        ("manifest.json", b" " * 70_000),
        ("manifest.json", b"{}"),
        ("entries.jsonl", entries.replace(b"74.00", b"74.01").replace(b'"line"', b'"lien"')),
        ("entries.jsonl", entries + entries.splitlines(keepends=True)[-1]),
        ("entries.jsonl", b""),
        ("seal.txt", b"0" * 64),
        ("seal.txt", b"\xff"),
    ):
        with pytest.raises(Expected) as caught:
            accept_bundle(hub, rewritten(bundle, forged, member, content))
        assert caught.value.exit_code in (1, 2), member
    assert totals_of(hub, store) == Totals()
    for content in (b"", b"no zip", b"PK\x05\x06" + b"\0" * 18):
        forged.write_bytes(content)
        with pytest.raises(Refused):
            accept_bundle(hub, forged)


def test_a_bundle_sealed_with_another_key_is_refused(
    tmp_path: Path, hub: Hub, store: Store, credentials: Credentials, bundle: Path
) -> None:
    hub.stations.renew(store.station)
    with pytest.raises(Refused, match="seal"):
        accept_bundle(hub, bundle)


def test_answers_that_do_not_fit_are_refused(
    tmp_path: Path, hub: Hub, store: Store, credentials: Credentials, bundle: Path
) -> None:
    accept_bundle(hub, bundle, tmp_path / "old.zip")
    measure(store, 2, first=9)
    write_entries(store, credentials, tmp_path / "two.zip")
    accept_bundle(hub, tmp_path / "two.zip", tmp_path / "new.zip")
    accept_acknowledgement(store, credentials, tmp_path / "new.zip")
    with pytest.raises(Refused, match="older than what is known"):
        accept_acknowledgement(store, credentials, tmp_path / "old.zip")
    with pytest.raises(Refused, match="bundle of entries"):
        accept_acknowledgement(store, credentials, bundle)
    with pytest.raises(Refused, match="acknowledgement of this hub"):
        accept_bundle(hub, tmp_path / "new.zip")
    hub.stations.enrol_by_hand("bench 2")
    write_acknowledgement(hub, "bench 2", tmp_path / "theirs.zip")
    with pytest.raises(Refused, match="is for station bench 2"):
        accept_acknowledgement(store, credentials, tmp_path / "theirs.zip")
    with pytest.raises(SurroundingsFailed, match="no bundle"):
        accept_acknowledgement(store, credentials, tmp_path / "nothing.zip")


def test_bundle_and_network_are_one_way_in(
    tmp_path: Path, hub: Hub, store: Store, credentials: Credentials, bundle: Path
) -> None:
    """What came by stick is a duplicate by push, and the other way round."""
    from workstation.wire.messages import Push, unpacked

    accept_bundle(hub, bundle)
    parcel = Outbox(store).next_parcel(Totals())
    assert parcel is not None
    reply = hub.intake.push(hub.stations.by_name(store.station), unpacked(parcel.body, Push))
    assert {result.outcome for result in reply.results} == {"duplicate"}
