"""A continuous channel's values over a span of time as arrays: what a picture of it is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workstation.catalog.rollups import HOUR, MINUTE, RollUp, rollups, rollups_so_far
from workstation.insight.sensors import (
    Resolution,
    count_raw_samples,
    raw_figures,
    resolution_for,
)
from workstation.store import Reader

MOST_POINTS = 150_000
"""Samples that are drawn one by one; with more in a span its minutes say the same."""
_MICROSECONDS = 1e6
_NANOSECONDS = 1e9
_LEAST_GAP = 1.0
_GAP_INTERVALS = 5.0
"""A sample that comes later than five usual intervals, and a second, after the one before does not belong to it."""


@dataclass(frozen=True, slots=True)
class ChannelSeries:
    """One entry a sample or slot, oldest first.

    `at` is in UTC seconds: a sample's own time, or the middle of a slot. `mean`, `low` and `high` are in the
    characteristic's unit, all the same for a sample, NaN where there is no usable value. `counts` and `bad` are how
    many values and unusable readings stand behind each. Before entries with `breaks` the line is interrupted.
    `last_at` is the time up to which it is read, in UTC microseconds: of the last sample, or the end of the last slot.
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

    def __len__(self) -> int:
        return len(self.at)

    def joined(self, later: ChannelSeries, since: float) -> ChannelSeries:
        """This one with later samples behind it, without what was before `since` (UTC seconds)."""
        kept = self.at >= since
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
            max(self.last_at, later.last_at),
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
    last = found[-1][0] // 1000 if found else since
    return ChannelSeries(Resolution.RAW, at, values, values, values, good, 1 - good, _breaks(at, Resolution.RAW), last)


def _of_slots(resolution: Resolution, slots: list[RollUp]) -> ChannelSeries:
    width = MINUTE if resolution is Resolution.MINUTE else HOUR
    at = (np.array([slot.start for slot in slots], dtype=np.float64) + width / 2) / _MICROSECONDS
    mean = _floats([slot.mean for slot in slots])
    low, high = _floats([slot.values.minimum for slot in slots]), _floats([slot.values.maximum for slot in slots])
    counts = np.array([slot.count for slot in slots], dtype=np.int64)
    bad = np.array([slot.values.bad for slot in slots], dtype=np.int64)
    last = slots[-1].start + width if slots else 0
    return ChannelSeries(resolution, at, mean, low, high, counts, bad, _breaks(at, resolution), last)


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
        longest = 1.5 * (MINUTE if resolution is Resolution.MINUTE else HOUR) / _MICROSECONDS
    return np.concatenate([[False], steps > longest])
