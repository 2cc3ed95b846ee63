"""The rows of many journal entries, read as three streams in the entries' order instead of three questions an entry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, CursorResult, Table, select

from workstation.hub import schema
from workstation.store.measurements import (
    BATCH_KIND,
    MEASUREMENT_FIELDS,
    REFUSED_FIELDS,
    SUBGROUP_FIELDS,
    BatchRows,
)

_AT_ONCE = 1000
"""Rows that are in memory at a time, beside those of one entry: an entry may have thousands."""

# Each table's fields, and those that the canonical form of a batch sorts them by.
_TABLES = (
    (schema.MEASUREMENT, MEASUREMENT_FIELDS, ("characteristic", "subgroup", "position", "version")),
    (schema.SUBGROUP, SUBGROUP_FIELDS, ("characteristic", "subgroup", "version")),
    (schema.REFUSED, REFUSED_FIELDS, ("number",)),
)


class RowsInOrder:
    """Hands out the rows of one batch after the other; each may be asked for once, in ascending order."""

    def __init__(self, streams: tuple[_Stream, ...]) -> None:
        self._streams = streams

    def of(self, number: int) -> BatchRows:
        """The rows of entry `number` in canonical order."""
        return BatchRows(*(stream.of(number) for stream in self._streams))


@contextmanager
def rows_in_order(connection: Connection, entries: ColumnElement[bool], number: Column[int]) -> Iterator[RowsInOrder]:
    """The rows of the batches among the journal's `entries`, by `number`: a column of the journal that orders them."""
    with ExitStack() as stack:
        results = [
            stack.enter_context(_asked(connection, entries, number, table, fields, key))
            for table, fields, key in _TABLES
        ]
        yield RowsInOrder(tuple(_Stream(result) for result in results))


def _asked(
    connection: Connection,
    entries: ColumnElement[bool],
    number: Column[int],
    table: Table,
    fields: tuple[str, ...],
    key: tuple[str, ...],
) -> CursorResult[Any]:
    statement = (
        select(number, *(table.c[name] for name in fields))
        .join_from(schema.JOURNAL, table, table.c.entry == schema.JOURNAL.c.hub_seq)
        .where(entries, schema.JOURNAL.c.kind == BATCH_KIND)
        .order_by(number, *(table.c[name] for name in key))
        .execution_options(yield_per=_AT_ONCE)
    )
    return connection.execute(statement)


class _Stream:
    """Rows that begin with their entry's number, in its order."""

    def __init__(self, result: CursorResult[Any]) -> None:
        self._groups = groupby(map(tuple, result), itemgetter(0))
        self._next = next(self._groups, None)

    def of(self, number: int) -> list[tuple[Any, ...]]:
        while self._next is not None and self._next[0] < number:
            self._next = next(self._groups, None)
        if self._next is None or self._next[0] != number:
            return []
        found = [row[1:] for row in self._next[1]]
        self._next = next(self._groups, None)
        return found
