"""The store's daily work: records and readings written with their journal entries, and read back."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from tests.workstation.store.rows import batch, judgement, value
from workstation.catalog import parts
from workstation.catalog.records import PartRecord
from workstation.errors import Bug, CallIsWrong, NotPermitted, Refused, SurroundingsFailed
from workstation.people import accounts
from workstation.people.passwords import Costs
from workstation.store import MeasurementBatch, RefusedReading, Role, Store
from workstation.store.measurements import MOST_TERMS, Terms


def test_a_record_and_its_journal_entry_are_one_transaction(store: Store) -> None:
    with store.write("mmeier", reason="new drawing") as work:
        part = parts.ensure_part(work, "P-1", "Ring", "A")
    with store.write("mmeier") as work:
        parts.ensure_part(work, "P-1", "Ring", "B")
    with store.read() as reader:
        created, changed = reader.history("part", part.uid)
    assert (created.verb, created.base_version, created.version, created.reason) == (
        "part.create",
        None,
        1,
        "new drawing",
    )
    assert created.fields_changed()["drawing_revision"] == [None, "A"]
    assert (changed.verb, changed.base_version, changed.version) == ("part.change", 1, 2)
    assert changed.fields_changed() == {"drawing_revision": ["A", "B"]}
    assert (changed.station, changed.account, changed.local_offset) == ("bench 1", "mmeier", 60)
    assert changed.previous_hash == created.hash


def test_nothing_is_left_of_a_block_that_raises(store: Store, diameter: int) -> None:
    with store.read() as reader:
        before = reader.counts(), reader.journal_head()
    with pytest.raises(RuntimeError), store.write("mmeier") as work:
        parts.ensure_part(work, "P-9", "Ring")
        work.append_measurements(batch(diameter, 1))
        raise RuntimeError
    with store.read() as reader:
        assert (reader.counts(), reader.journal_head()) == before
        assert [part.number for part in parts.parts(reader)] == ["P-1"]
    with store.write("mmeier") as work:
        work.append_measurements(batch(diameter, 1))


def test_what_is_done_beside_the_commit_sees_nothing_committed_yet(store: Store, diameter: int) -> None:
    seen: list[int] = []

    def look() -> None:
        with store.read() as reader:
            seen.append(reader.counts().measurements)

    with store.write("mmeier", at_commit=look) as work:
        work.append_measurements(batch(diameter, 1))
    with store.read() as reader:
        assert reader.counts().measurements > 0
    with pytest.raises(RuntimeError), store.write("mmeier", at_commit=look) as work:
        work.append_measurements(batch(diameter, 2))
        raise RuntimeError
    assert seen == [0], "called before everything was written, after the commit, or for what was undone"


def test_words_that_never_come_again_are_not_remembered_for_ever() -> None:
    """A gauge may be refused for weeks, each time with another figure in the reason."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE term (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE)")
    terms = Terms(connection)
    numbers = []
    for number in range(2 * MOST_TERMS):
        numbers.append(terms[f"{number} mm is not plausible"])
        if number % 100 == 99:
            terms.keep()
    assert len(terms) <= MOST_TERMS
    assert [terms[f"{number} mm is not plausible"] for number in range(0, 2 * MOST_TERMS, 999)] == numbers[::999]


def test_a_look_without_a_change_writes_no_entry(store: Store, diameter: int) -> None:
    with store.write("mmeier") as work:
        parts.ensure_part(work, "P-1", "Ring")
    assert work.entries == ()


def test_several_flushes_become_one_entry_from_first_old_to_last_new(store: Store, diameter: int) -> None:
    with store.write("mmeier") as work:
        record = work.get(PartRecord, 1)
        for name in ("a", "b", "c"):
            record.name = name
            work.flush()
    (entry,) = work.entries
    assert entry.fields_changed() == {"name": ["Ring", "c"]}
    assert (entry.base_version, entry.version) == (1, 2)


def test_a_batch_is_one_entry_that_covers_values_subgroups_and_refusals(store: Store, diameter: int) -> None:
    refused = RefusedReading("bench gauge", "1", 17, "error record 1 of channel 1", b"911\r")
    whole = MeasurementBatch(batch(diameter, 1).measurements, (judgement(diameter, 1),), (refused,))
    with store.write("line") as work:
        work.append_measurements(whole)
    (entry,) = work.entries
    facts = entry.fields_changed()
    assert (facts["measurements"], facts["subgroups"], facts["refused"]) == (5, 1, 1)
    with store.read() as reader:
        rows = reader.batch_rows(entry)
        assert rows.digest() == facts["digest"]
        assert rows.refused == [(1, "bench gauge", "1", 17, "error record 1 of channel 1", b"911\r")]


def test_values_come_back_as_they_were_sent(store: Store, diameter: int) -> None:
    written = ["74.030", "-0.5", "12.3450", "1E+2", "0"]
    with store.write("line") as work:
        work.append_measurements(
            MeasurementBatch(tuple(value(diameter, 1, n, Decimal(text)) for n, text in enumerate(written, 1)))
        )
    with store.read() as reader:
        values = reader.measurements(diameter)
    assert [str(v.value) for v in values] == ["74.030", "-0.5", "12.3450", "100", "0"]
    assert values[0] == value(diameter, 1, 1, Decimal("74.030"))


@pytest.mark.parametrize("wrong", ["NaN", "Infinity", "1E-40", "99999999999999999999"])
def test_what_is_no_number_of_a_gauge_is_refused(store: Store, diameter: int, wrong: str) -> None:
    with pytest.raises(CallIsWrong), store.write("line") as work:
        work.append_measurements(MeasurementBatch((value(diameter, 1, 1, Decimal(wrong)),)))


def test_the_last_subgroups_come_as_arrays_oldest_first(store: Store, diameter: int) -> None:
    for number in range(1, 8):
        with store.write("line") as work:
            work.append_measurements(
                MeasurementBatch(batch(diameter, number).measurements, (judgement(diameter, number, mean=number),))
            )
    with store.read() as reader:
        window = reader.last_subgroups(diameter, 3)
        earlier = reader.last_subgroups(diameter, 2, up_to=4)
    assert window.numbers.tolist() == [5, 6, 7]
    assert window.means.tolist() == [5.0, 6.0, 7.0]
    assert window.values.shape == (3, 5)
    np.testing.assert_allclose(window.values[0], [74.001, 74.002, 74.003, 74.004, 74.005])
    assert earlier.numbers.tolist() == [3, 4]


def test_no_subgroups_is_an_empty_window_and_no_characteristic_an_error(store: Store, diameter: int) -> None:
    with store.read() as reader:
        assert reader.last_subgroups(diameter, 100).values.shape == (0, 0)
        with pytest.raises(CallIsWrong, match="no characteristic 99"):
            reader.last_subgroups(99, 100)


def test_values_in_another_unit_are_drawn_in_the_characteristics_own(store: Store, diameter: int) -> None:
    with store.write("line") as work:
        inch = value(diameter, 1, 1, Decimal("1.0000"), unit="in")
        work.append_measurements(MeasurementBatch((inch,), (judgement(diameter, 1, size=1),)))
    with store.read() as reader:
        assert reader.last_subgroups(diameter, 1).values.tolist() == [[25.4]]
        assert reader.measurements(diameter)[0].unit == "in"


def test_the_line_resumes_in_the_open_subgroup(store: Store, diameter: int) -> None:
    with store.read() as reader:
        assert reader.resume_point(diameter).subgroup == 1
    with store.write("line") as work:
        closed = MeasurementBatch(batch(diameter, 1).measurements, (judgement(diameter, 1),))
        work.append_measurements(closed)
        work.append_measurements(MeasurementBatch(batch(diameter, 2).measurements[:2]))
    with store.read() as reader:
        point = reader.resume_point(diameter)
    assert (point.subgroup, point.position) == (2, 3)
    assert [str(v.value) for v in point.values] == ["74.001", "74.002"]


def test_no_text_that_is_kept_holds_the_character_nul(store: Store, diameter: int) -> None:
    """PostgreSQL takes it in no text: what a station keeps must be able to go to any hub."""
    with pytest.raises(CallIsWrong, match="holds the character NUL"), store.write("setup") as work:
        parts.ensure_part(work, "R\0-7", "ring", "A")
    with pytest.raises(CallIsWrong, match="holds the character NUL"), store.write("setup", reason="why\0") as work:
        parts.ensure_part(work, "R-7", "ring", "A")
    quoted = RefusedReading("gauge", "x", 1, "'1\0' stands where the value should be", b"1\0")
    unsure = replace(value(diameter, 1, 1, Decimal("74.001")), remark="the node says '\0'", quality="uncertain")
    with store.write("line") as work:
        work.append_measurements(MeasurementBatch((unsure,), (), (quoted,)))
    with store.read() as reader:
        (refused,) = reader.refused_readings()
        (kept,) = reader.measurements(diameter)
    assert (refused.reason, refused.raw) == ("'1\u2400' stands where the value should be", b"1\0")
    assert kept.remark == "the node says '\u2400'"
    assert store.verify().intact


def test_a_correction_stands_beside_the_first_value(store: Store, diameter: int) -> None:
    with store.write("line") as work:
        work.append_measurements(batch(diameter, 1))
    with store.write("mmeier") as work:
        corrected = value(diameter, 1, 2, Decimal("74.020"), version=2)
        work.append_measurements(MeasurementBatch((corrected,)), reason="gauge was dirty")
    assert work.entries[0].reason == "gauge was dirty"
    with store.read() as reader:
        assert [str(v.value) for v in reader.measurements(diameter)][1] == "74.020"
        both = [str(v.value) for v in reader.measurements(diameter, versions=True) if v.position == 2]
    assert both == ["74.002", "74.020"]


def test_a_correction_needs_a_reason_its_right_and_the_version_before(store: Store, diameter: int) -> None:
    with store.write("setup") as work:
        for name, role in (("anna", Role.ENGINEER), ("ida", Role.INSPECTOR)):
            accounts.create(work, name, name, role, "correct horse 7", costs=Costs(1, 64, 1))
    with store.write("ida") as work:
        work.append_measurements(batch(diameter, 1))

    def correct(account: str, version: int, reason: str) -> None:
        with store.write(account) as work:
            corrected = value(diameter, 1, 2, Decimal("74.020"), version=version)
            work.append_measurements(MeasurementBatch((corrected,)), reason=reason)

    with pytest.raises(NotPermitted, match="correct kept values"):
        correct("ida", 2, "gauge was dirty")
    with pytest.raises(CallIsWrong, match="only with a reason"):
        correct("anna", 2, " ")
    with pytest.raises(Refused, match="has version 1: version 3 cannot follow"):
        correct("anna", 3, "gauge was dirty")
    correct("anna", 2, "gauge was dirty")
    with pytest.raises(Refused, match="has version 2: version 2 cannot follow"):
        correct("anna", 2, "gauge was dirty")
    assert store.verify().intact


def test_what_a_unit_of_work_appends_it_also_sees(store: Store, diameter: int) -> None:
    with store.write("line") as work:
        work.append_measurements(MeasurementBatch(batch(diameter, 1).measurements, (judgement(diameter, 1),)))
        assert work.last_subgroups(diameter, 5).numbers.tolist() == [1]
        work.append_measurements(batch(diameter, 2))
        part = parts.ensure_part(work, "P-2", "Cap")
        assert work.counts().measurements == 10
    assert [entry.kind for entry in work.entries] == ["measurement_batch", "measurement_batch", "part"]
    assert work.entries[-1].record_id == part.uid
    assert store.verify().intact


def test_an_append_whose_failure_was_swallowed_is_not_committed(store: Store, diameter: int) -> None:
    with pytest.raises(Bug, match="had failed"), store.write("line") as work:
        work.append_measurements(batch(diameter, 1))
        with suppress(Exception):  # what a careless caller does
            work.append_measurements(batch(4711, 1))
    with store.read() as reader:
        assert reader.counts().measurements == 0


def test_refused_records_are_listed_newest_first(store: Store, diameter: int) -> None:
    for number in (1, 2):
        with store.write("line") as work:
            refused = tuple(RefusedReading("g", str(n), number, "why", b"\x00") for n in (1, 2))
            work.append_measurements(MeasurementBatch(refused=refused))
    with store.read() as reader:
        listed = reader.refused_readings(3)
        assert reader.counts().refused == 4
    assert [(one.observed_at, one.channel) for one in listed] == [(2, "2"), (2, "1"), (1, "2")]


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\nb"])
def test_a_station_has_a_name_that_can_be_printed(home: Path, name: str) -> None:
    with pytest.raises(CallIsWrong, match="no name for a station"):
        Store.open(home, station=name)


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(SurroundingsFailed, match="is closed"), store.read():
        pass
    with pytest.raises(SurroundingsFailed, match="is closed"), store.write("a"):
        pass


def test_text_that_cannot_be_written_is_said(store: Store) -> None:
    with pytest.raises(CallIsWrong, match="no text"), store.write("a") as work:
        parts.ensure_part(work, "P-\udcff", "Ring")


def test_a_subgroup_judged_again_is_shown_as_it_was_judged_last(store: Store, diameter: int) -> None:
    for number in (1, 2):
        with store.write("line") as work:
            work.append_measurements(
                MeasurementBatch(batch(diameter, number).measurements, (judgement(diameter, number, mean=74.0),))
            )
    with store.write("anna") as work:
        again = replace(judgement(diameter, 1, mean=74.5), version=2)
        work.append_measurements(MeasurementBatch(subgroups=(again,)))
    with store.read() as reader:
        window = reader.last_subgroups(diameter, 5)
    assert window.numbers.tolist() == [1, 2]
    assert window.means.tolist() == [74.5, 74.0]


def test_a_batch_in_any_order_has_the_digest_of_its_rows(store: Store, diameter: int) -> None:
    first, second = batch(diameter, 1), batch(diameter, 2)
    shuffled = (*second.measurements[::-1], *first.measurements[::-1])
    with store.write("line") as work:
        work.append_measurements(MeasurementBatch(shuffled, (judgement(diameter, 2), judgement(diameter, 1))))
    assert store.verify().intact


def test_a_stale_write_names_record_and_versions(store: Store, diameter: int) -> None:
    with store.write("other") as work:
        parts.ensure_part(work, "P-1", "Piston ring")
    with pytest.raises(Refused, match="you saw version 1, it is now version 2"), store.write("mmeier") as work:
        work.get(PartRecord, 1, version=1)


def test_a_unit_of_work_inside_another_is_refused(store: Store) -> None:
    with store.write("a"), pytest.raises(CallIsWrong, match="already open"), store.write("b"):
        pass


def test_readings_of_an_unknown_characteristic_are_refused_whole(store: Store, diameter: int) -> None:
    with pytest.raises(CallIsWrong, match="does not exist"), store.write("line") as work:
        work.append_measurements(batch(diameter, 1))
        work.append_measurements(batch(4711, 1))
    with store.read() as reader:
        assert reader.counts().measurements == 0


def test_the_same_place_cannot_be_written_twice(store: Store, diameter: int) -> None:
    with store.write("line") as work:
        work.append_measurements(batch(diameter, 1))
    with pytest.raises(Refused, match="there already"), store.write("line") as work:
        work.append_measurements(batch(diameter, 1))


def test_a_station_keeps_its_name(store: Store, home: Path) -> None:
    store.close()
    with Store.open(home) as again:
        assert again.station == "bench 1"
    with pytest.raises(CallIsWrong, match="belongs to station 'bench 1'"):
        Store.open(home, station="bench 2")


def test_an_unmapped_record_around_add_is_a_bug(store: Store) -> None:
    with pytest.raises(Bug, match="around"), store.write("a") as work:
        work.session.add(PartRecord(uid="u", version=1, number="P", name="", drawing_revision=""))


@pytest.mark.parametrize("size", [1, 49, 50, 51, 120])
def test_a_batch_of_any_size_is_kept_whole(store: Store, diameter: int, size: int) -> None:
    """Batches are inserted by fifties and the rest one by one."""
    written = batch(diameter, 1, size)
    with store.write("line") as work:
        work.append_measurements(written)
    with store.read() as reader:
        assert reader.measurements(diameter, 1, 1) == list(written.measurements)
    assert store.verify().intact


@pytest.mark.parametrize("wrong", [0, 60, 119])
def test_a_value_that_is_there_already_spoils_the_whole_batch(store: Store, diameter: int, wrong: int) -> None:
    twice = list(batch(diameter, 1, 120).measurements)
    twice[wrong] = replace(twice[wrong], position=twice[wrong - 1].position)
    with pytest.raises(Refused, match="already"), store.write("line") as work:
        work.append_measurements(MeasurementBatch(tuple(twice)))
    with store.read() as reader:
        assert reader.counts().measurements == 0
    assert store.verify().intact
