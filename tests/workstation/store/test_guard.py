"""No way around the journal: not by bulk statements, not by SQL text, not by deleting, not from a reading session."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import delete, insert, text, update

from tests.workstation.store.rows import batch
from workstation.catalog.records import PartRecord
from workstation.errors import Bug, Expected, Refused
from workstation.store import Store

ROW = {"uid": "u", "version": 1, "number": "N", "name": "", "drawing_revision": ""}
WAYS: dict[str, Callable[[Any], object]] = {
    "bulk update": lambda s: s.execute(update(PartRecord).values(name="x")),
    "bulk delete": lambda s: s.execute(delete(PartRecord)),
    "bulk insert": lambda s: s.execute(insert(PartRecord), [ROW]),
    "query update": lambda s: s.query(PartRecord).update({"name": "x"}),
    "query delete": lambda s: s.query(PartRecord).delete(),
    "text": lambda s: s.execute(text("UPDATE part SET name = 'x'")),
    "comment before text": lambda s: s.execute(text("/* a */ UPDATE part SET name = 'x'")),
    "with before update": lambda s: s.execute(text("WITH a AS (SELECT 1) UPDATE part SET name = 'x'")),
    "connection": lambda s: s.connection().execute(text("UPDATE part SET name = 'x'")),
    "connection with": lambda s: s.connection().execute(text("WITH a AS (SELECT 1) UPDATE part SET name = 'x'")),
    "pragma": lambda s: s.connection().execute(text("PRAGMA ignore_check_constraints = 1")),
    "driver": lambda s: s.connection().exec_driver_sql("UPDATE part SET name = 'x'"),
    "returning": lambda s: s.scalars(update(PartRecord).values(name="x").returning(PartRecord.name)).all(),
    "bulk save": lambda s: s.bulk_insert_mappings(PartRecord, [ROW]),
    "bulk update mappings": lambda s: s.bulk_update_mappings(PartRecord, [{"id": 1, "version": 1, "name": "x"}]),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_writing_around_the_journal_is_refused(store: Store, diameter: int, way: str) -> None:
    with pytest.raises((Bug, Expected)), store.write("a") as work:
        WAYS[way](work.session)
    with store.read() as reader:
        assert [record.name for record in reader.session.query(PartRecord)] == ["Ring"]
    assert store.verify().intact


@pytest.mark.parametrize("way", WAYS)
def test_a_reading_session_writes_nothing(store: Store, diameter: int, way: str) -> None:
    with pytest.raises((Bug, Expected)), store.read() as reader:
        WAYS[way](reader.session)
    assert store.verify().intact


def test_a_flush_in_a_reading_session_is_refused(store: Store, diameter: int) -> None:
    with pytest.raises((Bug, Expected)), store.read() as reader:
        reader.get(PartRecord, 1).name = "x"
        reader.session.flush()
    with pytest.raises(Expected), store.read() as reader:
        reader.raw.execute("UPDATE part SET name = 'x'")
    assert store.verify().intact


def test_deleting_a_record_is_refused(store: Store, diameter: int) -> None:
    with pytest.raises(Refused, match="was to be deleted"), store.write("a") as work:
        work.session.delete(work.get(PartRecord, 1))
    with pytest.raises(Refused, match="part is kept for good"), store.write("a") as work:
        work.raw.execute("DELETE FROM part")


def test_a_commit_or_rollback_from_below_does_not_end_the_unit_of_work(store: Store, diameter: int) -> None:
    with pytest.raises(RuntimeError), store.write("a") as work:
        work.get(PartRecord, 1).name = "x"
        work.flush()
        work.session.connection().connection.commit()
        raise RuntimeError
    with store.read() as reader:
        assert reader.get(PartRecord, 1).name == "Ring"


def test_a_unit_of_work_whose_failure_was_swallowed_writes_nothing(store: Store, diameter: int) -> None:
    with pytest.raises((Bug, Expected)), store.write("a") as work:
        work.get(PartRecord, 1).name = "changed"
        with suppress(Exception):  # what a careless caller does
            work.add(PartRecord(number="P-1", name="again", drawing_revision=""))
        work.append_measurements(batch(diameter, 1))
    with store.read() as reader:
        assert reader.get(PartRecord, 1).name == "Ring"
    assert store.verify().intact


def test_foreign_keys_and_checks_are_on(store: Store) -> None:
    with store.read() as reader:
        assert reader.raw.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert reader.raw.execute("PRAGMA synchronous").fetchone() == (2,)
        assert reader.raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.raw.execute("CREATE TABLE x (a)")
