"""A continuous channel's values over a span of time as arrays: what a picture of it is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from devices.channels.aggregate import Aggregate
from workstation.catalog.rollups import MINUTE, Period, RollUp, last_rollup, rollups, rollups_so_far
from workstation.insight.sensors import (
    MICROSECOND,
    Resolution,
    count_raw_samples,
    raw_figures,
    raw_samples,
    resolution_for,
    slot_width,
)
from workstation.line.samples import lacking
from workstation.store import Reader

MOST_POINTS = 150_000
"""Samples that are drawn one by one; with more in a span its minutes say the same."""
_MICROSECONDS = 1e6
_NANOSECONDS = 1e9
_LEAST_GAP = 1.0
_GAP_INTERVALS = 5.0
"""A sample that comes later than five usual intervals, and a second, after the one before does not belong to it."""
_END = 2**62 // MICROSECOND
_LONGEST_UNKEPT = 10 * MINUTE
"""How far before the newest sample a minute is looked for that is not kept yet: a line that keeps has one or two."""


@dataclass(frozen=True, slots=True)
class ChannelSeries:
    """One entry a sample or slot, oldest first.

    `at` is in UTC seconds: a sample's own time, or the middle of a slot. `mean`, `low` and `high` are in the
    characteristic's unit, all the same for a sample, NaN where there is no usable value. `counts` and `bad` are how
    many values and unusable readings stand behind each. Before entries with `breaks` the line is interrupted.
    `last_at` is the time up to which it will not change, in UTC microseconds: of the last sample, or the end of the
    last slot that is kept. The last `running` entries are slots that are not kept yet, as far as their samples go; as
    long as the middle of such a slot has not come it stands at its last value.
    """

    resolution: Resolution
    at: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    counts: NDArray[np.int64]
    bad: NDArray[np.int64]
    breaks: NDArray[np.bool_]
    last_at: int
    running: int = 0

    def __len__(self) -> int:
        return len(self.at)

    def joined(self, later: ChannelSeries, since: float) -> ChannelSeries:
        """This one with what came later in its place behind it, without what was before `since` (UTC seconds)."""
        kept = self.at >= since
        kept[len(self) - self.running :] = False
        if len(later):
            kept &= self.at < later.at[0]
        at = np.concatenate([self.at[kept], later.at])
        return ChannelSeries(
            self.resolution,
            at,
            np.concatenate([self.mean[kept], later.mean]),
            np.concatenate([self.low[kept], later.low]),
            np.concatenate([self.high[kept], later.high]),
            np.concatenate([self.counts[kept], later.counts]),
            np.concatenate([self.bad[kept], later.bad]),
            _breaks(at, self.resolution),
            later.last_at if len(later) else self.last_at,
            later.running,
        )


def read_series(
    reader: Reader,
    home: Path,
    number: int,
    since: int,
    until: int,
    resolution: Resolution | None = None,
    *,
    shown: int | None = None,
) -> ChannelSeries:
    """The values of a characteristic from `since` up to and without `until` (UTC microseconds).

    Without a resolution it is chosen by the span, or by `shown` where only so many microseconds of it are looked at;
    samples that have gone, or are more than can be told apart, give way to minutes.
    """
    wanted = resolution or resolution_for(shown or until - since)
    if wanted is Resolution.RAW and resolution is None:
        count = count_raw_samples(home, number, since, until, MOST_POINTS + 1)
        has_minutes = not count and rollups(reader, number, Resolution.MINUTE.period, since=since, until=until)
        if count > MOST_POINTS or has_minutes:
            wanted = Resolution.MINUTE
    if wanted is Resolution.RAW:
        return read_samples(home, number, since, until)
    return _of_slots(wanted, rollups_so_far(reader, number, wanted.period, since=since, until=until))


def read_samples(home: Path, number: int, since: int, until: int) -> ChannelSeries:
    """The raw samples of a span, at most the last `MOST_POINTS`."""
    found = raw_figures(home, number, MOST_POINTS, since, until)
    at = np.array([moment for moment, _ in found], dtype=np.float64) / _NANOSECONDS
    values = np.array([np.nan if value is None else value for _, value in found], dtype=np.float64)
    good = np.isfinite(values).astype(np.int64)
    last = found[-1][0] // MICROSECOND if found else since
    return ChannelSeries(Resolution.RAW, at, values, values, values, good, 1 - good, _breaks(at, Resolution.RAW), last)


def read_later(reader: Reader, home: Path, number: int, series: ChannelSeries, since: int) -> ChannelSeries:
    """What `series` lacks by now, for `joined`: later samples, or its last kept slot, those kept since, those that run.

    Where it has no kept slot it is what begins from `since` (UTC microseconds) on.
    """
    if series.resolution is Resolution.RAW:
        return read_samples(home, number, series.last_at + 1, _END)
    first = max(since, series.last_at - slot_width(series.resolution))
    slots = rollups_so_far(reader, number, series.resolution.period, since=first)
    return _of_slots(series.resolution, slots, _minutes_not_kept(reader, home, number))


def _minutes_not_kept(reader: Reader, home: Path, number: int) -> list[Aggregate]:
    """What the store lacks of a channel's minutes by their samples, oldest first; times in UTC microseconds.

    As a rule that is the minute that runs, and for some seconds the one before. A piece merges with what is kept of its
    minute, which is told apart as the line does when it starts again: by the time of the last value kept, and by the
    count of readings that could not be used.
    """
    newest = raw_figures(home, number, 1, 0, _END)
    if not newest:
        return []
    last = last_rollup(reader, number, Period.MINUTE)
    first = newest[0][0] // MICROSECOND - _LONGEST_UNKEPT
    since = max(first - first % MINUTE, 0 if last is None else last.start)
    with raw_samples(home, number, since, _END) as samples:
        by_minute = groupby(samples, key=lambda one: one.observed_at // (MINUTE * MICROSECOND) * MINUTE)
        pieces = [
            lacking(list(group), last.values if last is not None and last.start == start else None, MICROSECOND)
            for start, group in by_minute
        ]
    return [piece for piece in pieces if piece.count or piece.bad]


def _of_slots(resolution: Resolution, slots: list[RollUp], pieces: Sequence[Aggregate] = ()) -> ChannelSeries:
    """Kept slots as a series; with pieces that are not kept yet those that these make or extend run."""
    width = slot_width(resolution)
    whole = {slot.start: slot.values for slot in slots}
    running: set[int] = set()
    for piece in (one.widened(width) for one in pieces):
        known = whole.get(piece.start)
        whole[piece.start] = piece if known is None else known.merge(piece)
        running.add(piece.start)
    found = list(whole.values())
    at = np.array([_place(one, is_running=one.start in running) for one in found], dtype=np.float64) / _MICROSECONDS
    mean = _floats([one.mean for one in found])
    low, high = _floats([one.minimum for one in found]), _floats([one.maximum for one in found])
    counts = np.array([one.count for one in found], dtype=np.int64)
    bad = np.array([one.bad for one in found], dtype=np.int64)
    last = max((start + width for start in whole if start not in running), default=min(whole, default=0))
    breaks = _breaks(at, resolution)
    return ChannelSeries(resolution, at, mean, low, high, counts, bad, breaks, last, len(running))


def _place(slot: Aggregate, *, is_running: bool) -> float:
    """Where a slot stands: in its middle, or where its values end as long as that has not come."""
    middle = slot.start + slot.width / 2
    return min(middle, max(slot.last_at, slot.start)) if is_running else middle


def _floats(values: Sequence[Decimal | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)


def _breaks(at: NDArray[np.float64], resolution: Resolution) -> NDArray[np.bool_]:
    """Where an entry does not follow the one before: a slot is missing, or a sample came much later than usual."""
    if len(at) < 2:
        return np.zeros(len(at), dtype=np.bool_)
    steps = np.diff(at)
    if resolution is Resolution.RAW:
        longest = max(_LEAST_GAP, _GAP_INTERVALS * float(np.median(steps)))
    else:
        longest = 1.5 * slot_width(resolution) / _MICROSECONDS
    return np.concatenate([[False], steps > longest])
