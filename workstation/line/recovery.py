"""What the line does before it reads: what was in memory when it was killed is told the store.

Minutes are rebuilt from raw samples, and alarms that lasted get their end, as far as it is known.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from devices.channels.aggregate import Aggregate
from devices.channels.alarms import Watch
from workstation.catalog.parts import characteristics
from workstation.catalog.rollups import MICROSECOND, Period, keep_minute, last_rollup, rollup_at
from workstation.line.reactions import OpenTrouble, Reactions, TroubleEnded
from workstation.line.samples import FILE, SampleBuffer, WatchSpan, lacking
from workstation.store import Reader, Store

log = logging.getLogger(__name__)

REASON = "rebuilt from raw samples after the line was ended suddenly"
FOUND_OPEN = "found without an end when the line started"
KILLED = "the line was ended suddenly"
NOT_NOTED = "it was not noted"
SLICES_AT_START = 20
"""Transactions that forget old samples before the line reads; the rest goes while it runs."""
_MINUTE = 60 * 10**9
_MINUTES_IN_A_TRANSACTION = 200
_ENDS_IN_A_TRANSACTION = 200


@dataclass(frozen=True, slots=True)
class Recovered:
    """How many minutes were mended, and how many values and unusable readings they had lost."""

    minutes: int = 0
    values: int = 0
    bad: int = 0


def recover(store: Store, home: Path, account: str, now: int, reactions: Reactions) -> Recovered:
    """Keep what the last line told its raw samples and had no time to tell the store; UTC `now` in nanoseconds.

    A sample that a kept minute holds already is never counted again. An alarm that lasted ends with what is known of
    its end. A buffer that cannot be read is no reason not to measure: a damaged one is put aside, and the log says so.
    Raises Expected when the store refuses.
    """
    found = _from_buffer(store, home, account, now, reactions) if (home / FILE).is_file() else Recovered()
    _end_alarms(store, account, reactions, None)  # what no buffer could tell of
    if found.minutes:
        log.warning(
            "minutes rebuilt from raw samples",
            extra={"minutes": found.minutes, "values": found.values, "unusable": found.bad},
        )
    return found


def _from_buffer(store: Store, home: Path, account: str, now: int, reactions: Reactions) -> Recovered:
    buffer = SampleBuffer(home)
    try:
        found = _mend_minutes(store, account, buffer)
        _end_alarms(store, account, reactions, buffer)
        buffer.forget_watches()
        buffer.forget(now, SLICES_AT_START)
    except sqlite3.Error as error:
        buffer.close()
        _put_aside(home, error, now)
        return Recovered()
    finally:
        buffer.close()
    return found


def _mend_minutes(store: Store, account: str, buffer: SampleBuffer) -> Recovered:
    found = Recovered()
    for piece in _missing(store, buffer):
        found = Recovered(
            found.minutes + len(piece.minutes),
            found.values + sum(one.count for one in piece.minutes),
            found.bad + sum(one.bad for one in piece.minutes),
        )
        with store.write(account, reason=REASON) as work:
            for minute in piece.minutes:
                keep_minute(work, piece.characteristic, piece.unit, minute)
    return found


def _end_alarms(store: Store, account: str, reactions: Reactions, buffer: SampleBuffer | None) -> None:
    """Note in the records of alarms that lasted that they are over: no watch remembers them."""
    with store.read() as reader:
        ends = [_end_of(reader, one, buffer) for one in reactions.open_troubles(reader)]
    for start in range(0, len(ends), _ENDS_IN_A_TRANSACTION):
        with store.write(account, reason=FOUND_OPEN) as work:
            for end in ends[start : start + _ENDS_IN_A_TRANSACTION]:
                reactions.trouble_ended(work, end)
    if ends:
        log.warning("alarms ended that the last line left open", extra={"alarms": len(ends)})


def _end_of(reader: Reader, trouble: OpenTrouble, buffer: SampleBuffer | None) -> TroubleEnded:
    """What is known: the end as the watch told the buffer, or up to when the watch surely saw something wrong."""
    known = TroubleEnded(trouble.characteristic, trouble.watch, trouble.began_at, KILLED)
    span = None if buffer is None else _span_of(buffer, trouble)
    if span is None and trouble.seen is None:  # raised by a Sinebar that noted no ends: it may have been years ago
        return replace(known, sentence=NOT_NOTED)
    if span is not None and span.ended_at is not None:
        at = span.ended_at // MICROSECOND
        known = replace(known, sentence=span.ended, seen=span.seen)
        return replace(known, ended_at=at) if span.was_seen_ending else replace(known, seen_until=at)
    times = []
    if buffer is not None and (sampled := buffer.last_at(trouble.characteristic, usable=trouble.watch != Watch.SILENT)):
        times.append(sampled // MICROSECOND)
    kept = last_rollup(reader, trouble.characteristic, Period.MINUTE)
    if kept is not None and kept.count:
        times.append(kept.values.last_at)
    until = max((at for at in times if at >= trouble.began_at), default=None)
    return replace(known, seen_until=until, seen=None if span is None else span.seen)


def _span_of(buffer: SampleBuffer, trouble: OpenTrouble) -> WatchSpan | None:
    return next(
        (
            one
            for one in buffer.watches(trouble.characteristic)
            if (one.watch, one.began_at // MICROSECOND) == (trouble.watch, trouble.began_at)
        ),
        None,
    )


@dataclass(frozen=True, slots=True)
class _Missing:
    """Pieces of minutes of one characteristic that the store lacks; times in nanoseconds."""

    characteristic: int
    unit: str
    minutes: tuple[Aggregate, ...]


def _missing(store: Store, buffer: SampleBuffer) -> Iterator[_Missing]:
    """What the store lacks since the last minute it has of each characteristic; before it nothing was in memory."""
    with store.read() as reader:
        units = {one.id: one.unit for one in characteristics(reader)}
        last = {number: last_rollup(reader, number, Period.MINUTE) for number in units}
    for number in buffer.characteristics():
        if number not in units:
            continue
        since = 0
        if (known := last[number]) is not None:
            since = known.start * MICROSECOND
        pieces: list[Aggregate] = []
        by_minute = groupby(buffer.samples(number, since), key=lambda one: one.observed_at // _MINUTE)
        for _, group in by_minute:
            samples = list(group)
            start = samples[0].observed_at // _MINUTE * _MINUTE // MICROSECOND
            with store.read() as reader:
                kept = rollup_at(reader, number, Period.MINUTE, start)
            piece = lacking(samples, None if kept is None else kept.values)
            if piece.count or piece.bad:
                pieces.append(piece)
        for start in range(0, len(pieces), _MINUTES_IN_A_TRANSACTION):
            yield _Missing(number, units[number], tuple(pieces[start : start + _MINUTES_IN_A_TRANSACTION]))


def _put_aside(home: Path, error: sqlite3.Error, now: int) -> None:
    damaged = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    if getattr(error, "sqlite_errorcode", 0) & 0xFF not in damaged:
        log.warning("raw samples cannot be read", extra={"reason": str(error)})
        return
    aside = home / f"samples-damaged-{now}.db"
    try:
        (home / FILE).rename(aside)
        for ending in ("-wal", "-shm"):  # they belong to the file that went
            (home / f"{FILE}{ending}").unlink(missing_ok=True)
    except OSError as refused:
        log.warning("raw samples are damaged", extra={"reason": str(error), "kept_because": str(refused)})
        return
    log.error("raw samples were damaged and put aside", extra={"reason": str(error), "file": aside.name})
