"""How far each hub has acknowledged the journal: bookkeeping that is no record and so is not journalled."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cursor:
    """`acknowledged` is the last sequence the hub has; `pulled` how far this station has the hub's own.

    `epoch` names the hub's history: it changes when the hub was restored from a copy, and what the hub has must then
    be asked anew.
    """

    hub: str
    epoch: str
    acknowledged: int
    pulled: int
    updated_at: int


def cursor(connection: sqlite3.Connection, hub: str) -> Cursor | None:
    """The cursor of a hub, None before the first contact."""
    row = connection.execute(
        "SELECT hub, epoch, acknowledged, pulled, updated_at FROM sync_cursor WHERE hub = ?", (hub,)
    ).fetchone()
    return None if row is None else Cursor(*row)


def cursors(connection: sqlite3.Connection) -> list[Cursor]:
    """The cursors of all hubs ever met."""
    rows = connection.execute("SELECT hub, epoch, acknowledged, pulled, updated_at FROM sync_cursor ORDER BY hub")
    return [Cursor(*row) for row in rows]


def put_cursor(connection: sqlite3.Connection, cursor: Cursor) -> None:
    """Remember a cursor; within one epoch it never goes back, whatever order answers arrive in."""
    connection.execute(
        "INSERT INTO sync_cursor (hub, epoch, acknowledged, pulled, updated_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (hub) DO UPDATE SET epoch = excluded.epoch, updated_at = excluded.updated_at, "
        "acknowledged = CASE WHEN epoch = excluded.epoch THEN max(acknowledged, excluded.acknowledged) "
        "ELSE excluded.acknowledged END, "
        "pulled = CASE WHEN epoch = excluded.epoch THEN max(pulled, excluded.pulled) ELSE excluded.pulled END",
        (cursor.hub, cursor.epoch, cursor.acknowledged, cursor.pulled, cursor.updated_at),
    )
