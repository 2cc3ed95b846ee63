"""The journal: whatever was written verifies, and whatever was edited afterwards is named."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workstation.store.rows import batch, judgement, value
from workstation.catalog import limits, parts
from workstation.catalog.parts import CharacteristicDefinition
from workstation.errors import SurroundingsFailed
from workstation.people import accounts
from workstation.people.passwords import Costs
from workstation.store import Acknowledged, MeasurementBatch, RefusedReading, Role, Store
from workstation.store.journal import canonical_form, canonical_json, recomputed_hash
from workstation.store.measurements import BatchFacts

EDITED = (
    "journal", "journal_head", "term", "measurement", "subgroup", "refused_reading", "part", "characteristic",
    "control_limits", "account",
)  # fmt: skip


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh station, made once: copying it is quicker than migrating a new one."""
    home = tmp_path_factory.mktemp("template")
    Store.open(home, station="bench 1").close()
    return home


def written(store: Store) -> None:
    """Something in every table."""
    with store.write("setup") as work:
        accounts.create(work, "anna", "Anna", Role.SUPERVISOR, "correct horse 7", costs=Costs(1, 64, 1))
        part = parts.ensure_part(work, "P-1", "Ring")
        definition = CharacteristicDefinition("diameter", "mm", 3, Decimal("74.000"))
        number = parts.ensure_characteristic(work, part.id, definition).id
    with store.write("anna") as work:
        frozen = limits.establish(work, number, {"upper": 74.014}, 1, 2)
        parts.ensure_part(work, "P-1", "Piston ring")
    refused = RefusedReading("gauge 7", "1", 5, "an error record", b"911\r")
    for subgroup in (1, 2):
        with store.write("anna") as work:
            closed = judgement(number, subgroup)
            work.append_measurements(MeasurementBatch(batch(number, subgroup).measurements, (closed,), (refused,)))
    assert frozen.active


@pytest.fixture(scope="module")
def full(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("full")
    shutil.copytree(template, home, dirs_exist_ok=True)
    with Store.open(home) as store:
        written(store)
        assert store.verify().intact
    return home


def unlocked(path: Path) -> sqlite3.Connection:
    """A connection of somebody who means harm: every trigger gone."""
    connection = sqlite3.connect(path, isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    return connection


def cells(home: Path) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Every cell of every table: table, whole row, column."""
    with closing(sqlite3.connect(home / "station.db")) as connection:
        connection.row_factory = sqlite3.Row
        for table in EDITED:
            for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608
                for column in row.keys():  # noqa: SIM118 - a Row iterates over its values
                    if not (column == "id" and table != "journal"):  # our own short key: foreign keys hold it
                        yield table, dict(row), column


def other(number: Any) -> Any:
    """Something else of the same kind, one byte away."""
    match number:
        case None:
            return 1
        case bool() | int() | float():
            return number + 1000
        case bytes():
            return bytes([number[0] ^ 1]) + number[1:]
        case _:
            return number[:-1] + chr(ord(number[-1]) ^ 1) if number else "x"


def replace_row(connection: sqlite3.Connection, table: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    where = " AND ".join(f"{name} IS ?" for name in old)
    names = ", ".join(f"{name} = ?" for name in new)
    done = connection.execute(f"UPDATE {table} SET {names} WHERE {where}", (*new.values(), *old.values()))  # noqa: S608
    assert done.rowcount == 1


def test_every_single_edited_cell_is_found(full: Path, tmp_path: Path) -> None:
    """Edits each cell of a full station once, alone."""
    path = tmp_path / "station.db"
    every = list(cells(full))
    assert {table for table, _, _ in every} == set(EDITED)
    shutil.copy(full / "station.db", path)
    with Store.open(tmp_path) as store, closing(unlocked(path)) as connection:
        connection.execute("PRAGMA ignore_check_constraints=ON")
        assert store.verify().intact
        for table, row, column in every:
            edited = {**row, column: other(row[column])}
            replace_row(connection, table, row, edited)
            assert not store.verify().intact, f"{table}.{column} of {row}"
            replace_row(connection, table, edited, row)
        assert store.verify().intact


def test_an_edited_byte_of_the_file_is_named_by_entry_and_place(full: Path, tmp_path: Path) -> None:
    data = (full / "station.db").read_bytes()
    assert data.count(b"correct horse") == 0
    assert data.count(b"Piston ring") == 2  # the record, and the entry that says so
    for which, said in ((0, ("part", "name is 'Piston sing'")), (1, ("part", "name is 'Piston sing'"))):
        place = data.find(b"Piston ring")
        if which:
            place = data.find(b"Piston ring", place + 1)
        home = tmp_path / str(which)
        home.mkdir()
        (home / "station.db").write_bytes(data[:place] + b"Piston sing" + data[place + 11 :])
        with Store.open(home) as store:
            findings = [str(finding) for finding in store.verify().findings]
        assert any(said[1] in text or "its content does not have its hash" in text for text in findings), findings
        assert all(said[0] in text for text in findings)


def test_a_changed_reading_is_named_by_characteristic_and_subgroup(full: Path, tmp_path: Path) -> None:
    shutil.copy(full / "station.db", tmp_path / "station.db")
    with closing(unlocked(tmp_path / "station.db")) as connection:
        connection.execute("UPDATE measurement SET mantissa = 74036 WHERE subgroup = 2 AND position = 3")
    with Store.open(tmp_path) as store:
        (finding,) = store.verify().findings
    assert (
        str(finding)
        == "entry 7, readings of characteristic 1 subgroups 2 to 2: the readings do not have the batch's digest"
    )


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)", "ends at entry 6, but 7 were written"),
        ("DELETE FROM journal WHERE seq = 3", "1 entries are missing"),
        ("DELETE FROM measurement WHERE subgroup = 1 AND position = 5", "5 rows were kept, 4 are there"),
        ("DELETE FROM refused_reading", "1 rows were kept, 0 are there"),
        ("INSERT INTO measurement SELECT characteristic, 9, position, version, mantissa, decimals, unit, observed_at,"
         " source, trigger, quality, remark, account, raw, 99 FROM measurement WHERE subgroup = 1",
         "5 rows that no entry covers"),
        ("DELETE FROM control_limits", "is gone"),
        ("INSERT INTO part (uid, version, number, name, drawing_revision) VALUES ('u', 1, 'P-2', '', '')",
         "part u: is there without a journal entry"),
        ("UPDATE account SET verifier = 'mine'", "verifier is"),
        ("UPDATE account SET role = 'administrator'", "role is 'administrator', the journal says 'supervisor'"),
        ("UPDATE journal SET previous_hash = 'x' WHERE seq = 4", "does not lead to the entry before it"),
    ],
)  # fmt: skip
def test_what_was_removed_or_slipped_in_is_found(full: Path, tmp_path: Path, statement: str, said: str) -> None:
    shutil.copy(full / "station.db", tmp_path / "station.db")
    with closing(unlocked(tmp_path / "station.db")) as connection:
        connection.execute(statement)
        assert connection.execute("SELECT changes()").fetchone()[0] > 0
    with Store.open(tmp_path) as store:
        assert any(said in str(finding) for finding in store.verify().findings), store.verify().findings


def test_a_truncated_journal_whose_head_was_moved_back_still_misses_its_rows(full: Path, tmp_path: Path) -> None:
    shutil.copy(full / "station.db", tmp_path / "station.db")
    with closing(unlocked(tmp_path / "station.db")) as connection:
        connection.execute("DELETE FROM journal WHERE seq = 7")
        connection.execute("UPDATE journal_head SET seq = 6, hash = (SELECT hash FROM journal WHERE seq = 6)")
    with Store.open(tmp_path) as store:
        assert any("rows that no entry covers" in str(finding) for finding in store.verify().findings)


def rehashed(connection: sqlite3.Connection) -> None:
    """What somebody does who knows the canonical form: every hash made anew, and the head moved along."""
    previous = "0" * 64
    for row in connection.execute("SELECT * FROM journal ORDER BY seq").fetchall():
        digest = hashlib.sha256(canonical_form((*row[:14], previous))).hexdigest()
        connection.execute("UPDATE journal SET previous_hash = ?, hash = ? WHERE seq = ?", (previous, digest, row[0]))
        previous = digest
    connection.execute("UPDATE journal_head SET hash = ?", (previous,))


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE journal SET base_version = 7 WHERE verb = 'part.change'", "is based on version 7, not 1"),
        ("UPDATE journal SET changes = replace(changes, '[\"Ring\"', '[\"Cap\"') WHERE verb = 'part.change'",
         "name was not 'Cap' before it"),
        ("UPDATE journal SET changes = replace(changes, '74.014', '74.015') WHERE kind = 'control_limits'",
         "the journal says"),
        ("UPDATE journal SET changes = replace(changes, '\"measurements\":5', '\"measurements\":4') WHERE seq = 7",
         "4 rows were kept, 5 are there"),
        ("UPDATE journal SET station = 'bench 2'", "was written by station 'bench 2'"),
        ("UPDATE journal SET kind = 'term' WHERE kind = 'part'", "term: is in the journal but has no table of records"),
        ("UPDATE journal SET kind = 'part\" --' WHERE kind = 'part'", "has no table of records"),
    ],
)  # fmt: skip
def test_a_forged_entry_with_hashes_made_anew_still_contradicts_the_records(
    full: Path, tmp_path: Path, statement: str, said: str
) -> None:
    shutil.copy(full / "station.db", tmp_path / "station.db")
    with closing(unlocked(tmp_path / "station.db")) as connection:
        assert connection.execute(statement).rowcount > 0
        rehashed(connection)
    with Store.open(tmp_path) as store:
        findings = [str(finding) for finding in store.verify().findings]
    assert any(said in finding for finding in findings), findings
    assert not any("its hash" in finding for finding in findings)


@pytest.mark.parametrize("kind", ["measurement_batch", "part"])
@pytest.mark.parametrize(
    "changes",
    ["{", "[]", "3", '{"name":3}', '{"name":[1]}', '{"name":[1,2,3]}', "[" * 100_000,
     '{"spans":3,"closed":[],"digest":"","measurements":1,"subgroups":0,"refused":0}',
     '{"spans":[["x",1,1]],"closed":[],"digest":"","measurements":1,"subgroups":0,"refused":0}',
     '{"spans":[[1,1,9223372036854775808]],"closed":[],"digest":"","measurements":1,"subgroups":0,"refused":0}',
     '{"spans":[],"closed":[],"digest":"","measurements":"5","subgroups":0,"refused":0}'],
    ids=lambda text: text[:60],
)  # fmt: skip
def test_a_forged_entry_that_cannot_be_read_is_a_finding_and_no_fault_of_ours(
    full: Path, tmp_path: Path, kind: str, changes: str
) -> None:
    shutil.copy(full / "station.db", tmp_path / "station.db")
    with closing(unlocked(tmp_path / "station.db")) as connection:
        (seq,) = connection.execute("SELECT min(seq) FROM journal WHERE kind = ?", (kind,)).fetchone()
        connection.execute("UPDATE journal SET changes = ? WHERE seq = ?", (changes, seq))
        rehashed(connection)
    with Store.open(tmp_path) as store:
        findings = [str(finding) for finding in store.verify().findings]
        assert any(f"entry {seq}, {kind}" in one and "changes cannot be read" in one for one in findings), findings
        with store.read() as reader, pytest.raises(SurroundingsFailed, match=f"entry {seq} of the journal"):
            entry = reader.journal_after(seq - 1, 1)[0]
            entry.changes_as(BatchFacts if kind == "measurement_batch" else dict[str, tuple[Any, Any]])


def test_a_journal_that_ends_before_what_a_hub_has_is_found(full: Path, tmp_path: Path) -> None:
    shutil.copy(full / "station.db", tmp_path / "station.db")
    with Store.open(tmp_path) as store:
        (finding,) = store.verify(Acknowledged("plant hub", 9, "f" * 64)).findings
    assert str(finding) == "journal: ends at entry 7, but hub plant hub has 9"


def test_a_history_forged_with_all_its_hashes_is_found_by_what_a_hub_has(full: Path, tmp_path: Path) -> None:
    shutil.copy(full / "station.db", tmp_path / "station.db")
    with Store.open(tmp_path) as store, store.read() as reader:
        honest = Acknowledged("plant hub", 5, reader.journal_after(4)[0].hash)
        assert store.verify(honest).intact
    with closing(unlocked(tmp_path / "station.db")) as connection:
        connection.execute("UPDATE journal SET reason = 'another' WHERE seq = 3")
        rehashed(connection)
    with Store.open(tmp_path) as store:
        assert store.verify().intact  # alone the station cannot see it
        (finding,) = store.verify(honest).findings
    assert str(finding) == "entry 5, hash: is not the one that hub plant hub has acknowledged"


@pytest.mark.parametrize("table", ["journal", "measurement", "subgroup", "refused_reading", "term", "station"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET rowid = rowid", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_what_is_kept(full: Path, table: str, verb: str) -> None:
    column = {"term": "word", "station": "name", "journal": "reason"}.get(table, "entry")
    statement = verb.format(table).replace("rowid = rowid", f"{column} = {column}")
    with (
        closing(sqlite3.connect(full / "station.db")) as connection,
        pytest.raises(sqlite3.IntegrityError, match=f"{table} is kept for good"),
    ):
        connection.execute(statement)


@pytest.mark.parametrize("table", ["part", "account", "control_limits", "capa", "nonconformance", "signature"])
def test_the_database_itself_refuses_to_delete_records(full: Path, table: str) -> None:
    with closing(sqlite3.connect(full / "station.db")) as connection:
        triggers = [r[0] for r in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
    assert f"{table}_no_delete" in triggers


def test_the_canonical_form_is_as_documented(full: Path) -> None:
    """Recomputed here by hand, as another program would from the documentation alone."""
    with Store.open(full) as store, store.read() as reader:
        entry = reader.journal_after(0, 1)[0]
    by_hand = b""
    for name in ("seq", "entry_id", "recorded_at", "local_offset", "station", "account", "verb", "kind", "record_id",
                 "base_version", "version", "changes", "reason", "signature", "previous_hash"):  # fmt: skip
        field = getattr(entry, name)
        text = str(field).encode()
        by_hand += b"-," if field is None else str(len(text)).encode() + b":" + text + b","
    assert hashlib.sha256(by_hand).hexdigest() == entry.hash == recomputed_hash(entry)
    assert canonical_form((None, 12, "µ", "")) == b"-,2:12,2:\xc2\xb5,0:,"
    assert canonical_json({"b": [1, None], "a": "µ"}) == '{"a":"µ","b":[1,null]}'


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
_WRITES = st.lists(
    st.one_of(
        st.tuples(st.just("part"), st.sampled_from("ABC"), _TEXT),
        st.tuples(st.just("limits"), st.floats(allow_nan=False, allow_infinity=False), st.just("")),
        st.tuples(st.just("batch"), st.integers(1, 6), st.decimals(-1000, 1000, places=4)),
        st.tuples(st.just("refuse"), _TEXT, st.binary(max_size=8)),
        st.tuples(st.just("fail"), st.just(0), st.just(0)),
    ),
    max_size=12,
)


@given(_WRITES, _TEXT)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_writes_verifies(template: Path, writes: list[tuple[str, Any, Any]], reason: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(template / "station.db", folder)
        with Store.open(Path(folder)) as store:
            with store.write("a") as work:
                part = parts.ensure_part(work, "P", "")
                number = parts.ensure_characteristic(work, part.id, CharacteristicDefinition("d", "mm", 3)).id
            kept = 0
            for subgroup, (kind, one, two) in enumerate(writes, 1):
                try:
                    with store.write("a", reason=reason) as work:
                        if kind == "part":
                            parts.ensure_part(work, one, two)
                        elif kind == "limits":
                            limits.establish(work, number, {"upper": one}, 1, subgroup)
                        elif kind == "refuse":
                            work.append_measurements(MeasurementBatch(refused=(RefusedReading(one, "1", 1, one, two),)))
                        else:
                            rows = tuple(value(number, subgroup, n, Decimal(two)) for n in range(1, (one or 1) + 1))
                            work.append_measurements(MeasurementBatch(rows, (judgement(number, subgroup),)))
                            if kind == "fail":
                                raise RuntimeError
                            kept += len(rows)
                except RuntimeError:
                    continue
            found = store.verify()
            assert found.intact, found.findings
            assert found.measurements == kept
            with store.read() as reader:
                assert [entry.seq for entry in reader.journal_after(0, 1000)] == list(range(1, found.entries + 1))
