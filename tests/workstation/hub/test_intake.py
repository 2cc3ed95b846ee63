"""What the hub takes, what it calls a duplicate, and what it refuses and remembers."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from tests.workstation.hub.conftest import Databases, Sender
from tests.workstation.wire.stations import measure, new_station
from workstation.errors import Bug
from workstation.hub.hub import Hub
from workstation.hub.queries import Finding
from workstation.line.correction import Correction, correct
from workstation.line.reactions import NoReactions
from workstation.quality import alarms
from workstation.store import Store
from workstation.store.journal import recomputed_hash
from workstation.store.measurements import MEASUREMENT_FIELDS
from workstation.sync.outbox import Outbox
from workstation.wire.messages import Entry
from workstation.wire.totals import Totals


def changed(entry: Entry, **fields: object) -> Entry:
    return msgspec.structs.replace(entry, **fields)


def rehashed(entry: Entry, **fields: object) -> Entry:
    """A forger's entry: changed, with a hash that fits."""
    entry = changed(entry, **fields)
    return changed(entry, hash=recomputed_hash(entry.journal_entry()))


def totals_here(store: Store) -> Totals:
    outbox = Outbox(store)
    return outbox.totals_at(outbox.end()[0], Totals())


def test_pushed_entries_and_their_readings_are_kept_and_counted_the_same(sender: Sender) -> None:
    entries = sender.entries()
    reply = sender.push(*entries)
    assert [r.outcome for r in reply.results] == ["applied"] * len(entries)
    assert [r.hub_seq for r in reply.results] == list(range(1, len(entries) + 1))
    here = totals_here(sender.store)
    assert (reply.head.count, reply.head.hash, reply.head.readings, reply.head.digest) == (
        here.count, here.hash, here.readings, here.digest,
    )  # fmt: skip
    assert here.readings == 30
    assert sender.hub.queries.recounted(sender.station) == here
    values = sender.hub.queries.readings(sender.station, 1, 7)
    with sender.store.read() as reader:
        assert values == reader.measurements(1)[-7:]


def test_the_same_push_again_changes_nothing(sender: Sender) -> None:
    entries = sender.entries()
    first = sender.push(*entries)
    again = sender.push(*entries)
    assert {r.outcome for r in again.results} == {"duplicate"}
    assert [r.hub_seq for r in again.results] == [r.hub_seq for r in first.results]
    assert msgspec.structs.replace(again.head, time=0) == msgspec.structs.replace(first.head, time=0)
    assert sender.outcomes(*entries[2:]) == ["duplicate"] * (len(entries) - 2)
    assert sender.events() == []


def test_an_overlapping_push_adds_only_what_is_new(sender: Sender) -> None:
    entries = sender.entries()
    sender.push(*entries[:4])
    assert sender.outcomes(*entries[2:]) == ["duplicate"] * 2 + ["applied"] * (len(entries) - 4)


def test_a_gap_is_refused_with_the_missing_range_and_no_alarm(sender: Sender) -> None:
    entries = sender.entries()
    sender.push(*entries[:2])
    reply = sender.push(*entries[4:])
    assert [(r.outcome, r.reason) for r in reply.results] == [("rejected", "entries 3 to 4 are missing")]
    assert reply.head.count == 2
    assert sender.events() == []


def test_reordered_entries_are_taken_up_to_the_first_out_of_order(sender: Sender) -> None:
    one, two, three, *_ = sender.entries()
    assert sender.outcomes(one, three, two) == ["applied", "rejected"]
    assert sender.outcomes(two, three) == ["applied", "applied"]


@pytest.mark.parametrize("field", ["account", "verb", "record_id", "changes", "reason", "recorded_at", "local_offset"])
def test_an_altered_entry_is_refused_and_remembered(sender: Sender, field: str) -> None:
    first, second, *_ = sender.entries()
    before = getattr(second, field)
    altered = changed(second, **{field: before + 1 if isinstance(before, int) else before + "x"})
    reply = sender.push(first, altered)
    assert [r.outcome for r in reply.results] == ["applied", "rejected"]
    assert sender.events() == ["altered entry"]
    assert sender.outcomes(second) == ["applied"]


@pytest.mark.parametrize("field", ["account", "verb", "record_id", "changes", "reason", "station", "signature"])
def test_a_text_that_postgresql_cannot_hold_is_refused_and_the_entries_before_stay(sender: Sender, field: str) -> None:
    first, second, *_ = sender.entries()
    reply = sender.push(first, rehashed(second, **{field: "quoted \0 byte"}))
    assert [r.outcome for r in reply.results] == ["applied", "rejected"]
    assert "the character NUL" in reply.results[1].reason
    assert "\0" not in "".join(event.detail + event.station for event in sender.hub.stations.security_events())
    assert sender.outcomes(second) == ["applied"]


def test_a_word_of_a_reading_with_nul_is_refused(sender: Sender) -> None:
    batch = next(entry for entry in sender.entries() if entry.is_batch)
    before = [entry for entry in sender.entries() if entry.seq < batch.seq]
    assert batch.rows is not None
    row = list(batch.rows.measurements[0])
    row[MEASUREMENT_FIELDS.index("source")] = "gauge\0"
    rows = changed(batch.rows, measurements=(tuple(row), *batch.rows.measurements[1:]))
    reply = sender.push(*before, changed(batch, rows=rows))
    assert "the character NUL" in reply.results[-1].reason


def test_a_corrected_value_arrives_beside_the_first_one(sender: Sender) -> None:
    sender.push(*sender.entries())
    before = sender.station.totals.count
    with sender.store.write("engineer") as work:
        correct(work, Correction(1, 2, 3, "74.0035"), "misread", NoReactions())
    assert sender.outcomes(*sender.entries(before)) == ["applied"]
    assert sender.hub.queries.recounted(sender.station) == totals_here(sender.store)
    with sender.store.read() as reader:
        assert sender.hub.queries.readings(sender.station, 1, 100) == reader.measurements(1, versions=True)
        assert "74.0035" in {str(one.value) for one in reader.measurements(1)}


def test_an_alarm_arrives_with_its_end_and_its_history_there_is_that_of_the_station(sender: Sender) -> None:
    with sender.store.write("line") as work:
        alarms.raise_alarm(work, 1, 7, ("silent",), None, 10**15, "no good value for 60 s")
    with sender.store.write("line") as work:
        alarms.end_alarm(work, 1, "silent", 10**15, alarms.End("it speaks again", ended_at=10**15 + 5))
    entries = sender.entries()
    assert set(sender.outcomes(*entries)) == {"applied"} and sender.events() == []
    raised, ended = (json.loads(entry.changes) for entry in entries if entry.kind == "alarm")
    assert raised["seen"] == [None, "no good value for 60 s"]
    assert ended == {"ended": [None, "it speaks again"], "ended_at": [None, 10**15 + 5]}
    assert sender.hub.queries.recounted(sender.station) == totals_here(sender.store)


def test_an_altered_reading_is_refused_and_remembered(sender: Sender) -> None:
    entries = sender.entries()
    batch = next(entry for entry in entries if entry.rows)
    assert batch.rows is not None
    row = list(batch.rows.measurements[0])
    row[4] += 1
    rows = msgspec.structs.replace(batch.rows, measurements=(tuple(row), *batch.rows.measurements[1:]))
    before = entries[: batch.seq - 1]
    assert sender.outcomes(*before, changed(batch, rows=rows)) == ["applied"] * len(before) + ["rejected"]
    assert sender.outcomes(changed(batch, rows=None)) == ["rejected"]
    assert sender.events() == ["altered readings"]
    assert sender.hub.queries.readings(sender.station, 1, 10) == []


def test_dropping_or_adding_rows_of_any_kind_is_refused(sender: Sender) -> None:
    entries = sender.entries()
    batch = next(entry for entry in entries if entry.rows)
    assert batch.rows is not None
    sender.push(*entries[: batch.seq - 1])
    for kind in ("measurements", "subgroups", "refused"):
        rows = msgspec.structs.replace(batch.rows, **{kind: getattr(batch.rows, kind)[:-1]})
        assert sender.outcomes(changed(batch, rows=rows)) == ["rejected"], kind
    assert sender.outcomes(batch) == ["applied"]


def test_another_entry_under_a_known_number_is_a_conflict_and_remembered(sender: Sender) -> None:
    entries = sender.entries()
    sender.push(*entries)
    forged = rehashed(entries[3], reason="nothing happened")
    reply = sender.push(forged)
    assert [(r.seq, r.outcome) for r in reply.results] == [(4, "conflict")]
    assert sender.events() == ["conflicting entry"]
    assert sender.hub.queries.entry_hash(sender.station, 4).hash == entries[3].hash


def test_a_forged_continuation_of_another_chain_is_refused(sender: Sender) -> None:
    entries = sender.entries()
    sender.push(*entries[:3])
    assert sender.outcomes(rehashed(entries[3], previous_hash="f" * 64)) == ["rejected"]
    assert sender.events() == ["broken chain"]


def test_entries_of_another_station_are_refused(sender: Sender) -> None:
    first = sender.entries()[0]
    assert sender.outcomes(rehashed(first, station="bench 2")) == ["rejected"]
    assert sender.events() == ["foreign entry"]


def test_an_identity_is_used_once(sender: Sender) -> None:
    first, second, *_ = sender.entries()
    sender.push(first)
    assert sender.outcomes(rehashed(second, entry_id=first.entry_id)) == ["rejected"]
    assert sender.events() == ["copied entry"]


def test_an_identity_twice_in_one_push(sender: Sender) -> None:
    first, second, third, *_ = sender.entries()
    assert sender.outcomes(first, rehashed(second, entry_id=first.entry_id), third) == ["applied", "rejected"]
    assert sender.outcomes(second, third) == ["applied", "applied"]
    assert len(sender.events()) == 1


def test_the_same_number_twice_in_one_push(sender: Sender) -> None:
    first, second, *_ = sender.entries()
    assert sender.outcomes(first, first, second) == ["applied", "duplicate", "applied"]


def test_readings_under_a_used_key_are_refused_and_the_entries_before_stay(sender: Sender) -> None:
    """A station cannot keep two values at one place; whoever sends that is no station of ours."""
    entries = sender.entries()
    batches = [entry for entry in entries if entry.rows]
    copied = rehashed(batches[1], changes=batches[0].changes)
    copied = changed(copied, rows=batches[0].rows)
    before = entries[: batches[1].seq - 1]
    assert sender.outcomes(*before, copied) == ["applied"] * len(before) + ["rejected"]
    assert sender.events() == ["copied readings"]
    assert sender.outcomes(*entries[len(before) :]) == ["applied"] * (len(entries) - len(before))


def test_hub_numbers_have_no_gap_over_two_stations_and_refusals(sender: Sender, tmp_path: Path) -> None:
    with new_station(tmp_path / "second", "bench 2") as other:
        measure(other, 3)
        credentials = sender.hub.stations.enrol("bench 2", sender.hub.stations.offer("bench 2"))
        second = Sender(sender.hub, other, credentials)
        mine, theirs = sender.entries(), second.entries()
        for a, b in itertools.zip_longest(mine, theirs):
            if a is not None:
                sender.push(changed(a, reason="x"))
                sender.push(a)
            if b is not None:
                second.push(b)
                second.push(b)
        feed = sender.hub.queries.feed("", 0, 500)
        assert feed is not None
        assert [number for number, _ in feed.entries] == list(range(1, len(mine) + len(theirs) + 1))
        assert {entry.station for _, entry in feed.entries} == {"bench 1", "bench 2"}
        assert [entry for _, entry in feed.entries if entry.station == "bench 1"] == mine
        assert sender.hub.queries.recounted(second.station) == totals_here(other)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.lists(st.tuples(st.integers(0, 7), st.integers(1, 8)), min_size=1, max_size=12))
def test_any_order_of_overlapping_pushes_converges(
    order: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory, store: Store, databases: Databases
) -> None:
    """Set union: however pushes are split, repeated and shuffled, the hub ends where the station is."""
    with databases() as url, Hub.open(tmp_path_factory.mktemp("hub"), url=url) as hub:
        sender = Sender(hub, store, hub.stations.enrol(store.station, hub.stations.offer(store.station)))
        entries = sender.entries()
        for start, length in order:
            sender.push(*entries[start : start + length])
        while (count := sender.station.totals.count) < len(entries):
            sender.push(*entries[count : count + 3])
        assert sender.station.totals == totals_here(store) == hub.queries.recounted(sender.station)
        assert sender.events() == []


def test_an_identity_with_a_line_feed_behind_is_refused(sender: Sender) -> None:
    """PostgreSQL's column is as wide as an identity is long; the wire's pattern lets a line feed follow."""
    first, second, *_ = sender.entries()
    assert sender.outcomes(first, rehashed(second, entry_id=second.entry_id + "\n")) == ["applied", "rejected"]
    assert sender.outcomes(second) == ["applied"]


@pytest.mark.parametrize("far", [-(2**63), 2**63 - 1])
def test_whole_numbers_at_the_end_of_their_range_are_kept(sender: Sender, far: int) -> None:
    first, *_ = sender.entries()
    edge = rehashed(first, recorded_at=far, local_offset=far, base_version=far, version=far)
    assert sender.outcomes(edge) == ["applied"]
    feed = sender.hub.queries.feed("", 0, 1)
    assert feed is not None
    assert feed.entries == ((1, edge),)


@pytest.mark.parametrize(
    "words", ["µ ± Ω 測定 🔧", "\x01\x7f\u2028\ufeff\uffff", "'; DROP TABLE journal; --", "%s %(x)s :y \\"]
)
def test_odd_characters_are_kept_as_they_came(sender: Sender, words: str) -> None:
    first, *_ = sender.entries()
    odd = rehashed(first, account=words, reason=words, changes=words, signature=words)
    assert sender.outcomes(odd) == ["applied"]
    feed = sender.hub.queries.feed("", 0, 1)
    assert feed is not None
    assert feed.entries == ((1, odd),)


def test_a_changed_row_is_found_by_recounting(sender: Sender) -> None:
    sender.push(*sender.entries())
    sender.push(changed(sender.entries()[0], hash="0" * 64))
    database = sender.hub.database
    for verb in ("UPDATE measurement SET mantissa = 1", "DELETE FROM journal", "DELETE FROM security_event"):
        with pytest.raises(Bug, match="keeps its records for good"), database.writing() as connection:
            connection.execute(text(verb))
    with database.writing() as connection:
        dropped = {"sqlite": "measurement_no_update", "postgresql": "measurement_kept ON measurement"}
        connection.execute(text(f"DROP TRIGGER {dropped[connection.dialect.name]}"))
        changing = "UPDATE measurement SET mantissa = mantissa + 1 WHERE subgroup = 3 AND position = 2"
        connection.execute(text(changing))
    found = sender.hub.queries.recounted(sender.station)
    assert isinstance(found, Finding)
    assert "digest" in found.sentence


def tamper(hub: Hub, statement: str) -> None:
    """Change what the hub keeps, as somebody would who may drop its guards."""
    with hub.database.writing() as connection:
        for table in ("journal", "measurement", "subgroup", "refused_reading"):
            if connection.dialect.name == "sqlite":
                for verb in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
            else:
                connection.execute(text(f"DROP TRIGGER {table}_kept ON {table}"))
        assert connection.execute(text(statement)).rowcount > 0


READINGS = "the readings are not those that the digest was made from"


@pytest.mark.parametrize(
    ("statement", "seq", "sentence"),
    [
        ("UPDATE measurement SET entry = entry + 1 WHERE subgroup = 3 AND position = 5", 5, READINGS),
        ("UPDATE measurement SET entry = 1 WHERE subgroup = 3 AND position = 5", 5, READINGS),
        ("DELETE FROM measurement WHERE subgroup = 4", 6, READINGS),
        ("UPDATE measurement SET raw = NULL WHERE subgroup = 8 AND position = 1", 10, READINGS),
        ("UPDATE subgroup SET mean = 74.0 WHERE subgroup = 2", 4, READINGS),
        ("UPDATE subgroup SET entry = entry - 1 WHERE subgroup = 2", 3, READINGS),
        ("DELETE FROM refused_reading WHERE entry = 5", 5, READINGS),
        ("UPDATE journal SET account = 'ida' WHERE seq = 7", 7, "the entry's hash does not belong to its content"),
        ("DELETE FROM journal WHERE seq = 4", 5, "entry 4 is missing"),
        ("UPDATE journal SET kind = 'part' WHERE seq = 9", 9, "the entry's hash does not belong to its content"),
    ],
)
def test_recounting_names_the_first_entry_that_is_wrong(
    sender: Sender, tmp_path: Path, statement: str, seq: int, sentence: str
) -> None:
    """Also between the entries of another station, whose rows lie among this one's."""
    measure(sender.store, 2, first=7, refused=True)
    entries = sender.entries()
    with new_station(tmp_path / "other", "bench 2") as store:
        other = Sender(sender.hub, store, sender.hub.stations.enrol("bench 2", sender.hub.stations.offer("bench 2")))
        measure(store, 6, refused=True)
        theirs = other.entries()
        sender.push(*entries)
        other.push(*theirs)
    assert sender.hub.queries.recounted(sender.station) == sender.station.totals
    tamper(sender.hub, statement)
    assert sender.hub.queries.recounted(sender.station) == Finding("bench 1", seq, sentence)


def test_recounting_asks_by_the_page_and_not_by_the_entry(sender: Sender) -> None:
    asked: list[str] = []

    def count(*call: Any) -> None:
        asked.append(call[2])

    def recount() -> int:
        asked.clear()
        sender.push(*sender.entries(sender.station.totals.count))
        with sender.hub.database.reading() as connection:
            engine = connection.engine
        event.listen(engine, "before_cursor_execute", count)
        try:
            assert sender.hub.queries.recounted(sender.station) == totals_here(sender.store)
        finally:
            event.remove(engine, "before_cursor_execute", count)
        return len(asked)

    few = recount()
    measure(sender.store, 200, first=7, refused=True)
    assert recount() == few, "each entry costs questions of its own"


def test_a_page_ends_between_two_batches(sender: Sender) -> None:
    """Recounting goes on with the rows of the first entry of the next page."""
    measure(sender.store, 600, first=7, refused=True, together=100)
    while entries := sender.entries(sender.station.totals.count):
        sender.push(*entries)
    assert sender.hub.queries.recounted(sender.station) == totals_here(sender.store)
    feed = sender.hub.queries.feed("", 0, 1000)
    assert feed is not None
    assert [entry for _, entry in feed.entries] == sender_entries(sender)


def sender_entries(sender: Sender) -> list[Entry]:
    """Every entry of the station, with its rows."""
    found: list[Entry] = []
    while more := sender.entries(len(found)):
        found += more
    return found
