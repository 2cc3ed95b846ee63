"""SQLAlchemy on one raw connection, with every way around the journal closed."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.pool import StaticPool

from workstation.errors import Bug, Refused

_READS = re.compile(r"\s*(SELECT|WITH)\b", re.IGNORECASE)
_WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)


class GuardedSession(Session):
    """A session that reads freely and writes only by flushing mapped records: no bulk, no SQL text, no delete."""

    flushing = False


def guarded_engine(raw: sqlite3.Connection) -> Engine:
    """An engine whose only connection is `raw`; statements that write are refused unless a session is flushing."""
    engine = create_engine("sqlite+pysqlite://", creator=lambda: raw, poolclass=StaticPool, pool_reset_on_return=None)
    event.listen(engine, "before_cursor_execute", _only_flushes_write)
    return engine


def _only_flushes_write(connection: Any, cursor: Any, statement: str, *_: Any) -> None:  # noqa: ARG001
    if _READS.match(statement) and not _WRITES.search(statement):  # values are parameters, never in the text
        return
    session = connection.info.get("session")
    if session is None or not session.flushing:
        raise Bug("A statement tried to write around the journal. Change mapped records in a unit of work instead.")


def _refuse_bulk(state: ORMExecuteState) -> None:
    if not state.is_select:
        raise Bug("Only queries may be executed in a unit of work; change mapped records instead.")


def _before_flush(session: GuardedSession, *_: Any) -> None:
    if session.deleted:
        kind = next(iter(session.deleted)).__tablename__
        raise Refused(f"A record of kind {kind} was to be deleted.", "Records are never deleted; close or void it.")
    session.flushing = True


def _after_flush(session: GuardedSession, *_: Any) -> None:
    session.flushing = False


event.listen(GuardedSession, "do_orm_execute", _refuse_bulk)
event.listen(GuardedSession, "before_flush", _before_flush)
event.listen(GuardedSession, "after_flush", _after_flush)
