"""What a chart of a continuous channel shows, as plain values: levels over time, named limits, spans of alarm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

_LEAST_DIGITS = 4.0
"""A calm channel is drawn over at least so many steps of its last decimal."""


@dataclass(frozen=True, slots=True)
class Shade:
    """A span of UTC seconds in which something was wrong, in words."""

    began: float
    ended: float
    text: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Arrays with one entry a sample or slot: `at` in UTC seconds, NaN where there is no usable value.

    `slot` names what an entry stands for ("minute"), empty for single readings; `breaks` is true for an entry that does
    not follow the one before; `limits` are named levels in `unit`. The last `running` entries are slots that run, told
    as far as they have come.
    """

    quantity: str
    unit: str
    decimals: int
    slot: str
    at: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    counts: NDArray[np.int64]
    bad: NDArray[np.int64]
    breaks: NDArray[np.bool_]
    limits: tuple[tuple[str, float], ...] = ()
    shades: tuple[Shade, ...] = ()
    running: int = 0

    def __len__(self) -> int:
        return len(self.at)

    @property
    def kept(self) -> int:
        """How many entries are not going to change: all before the ones that run."""
        return len(self) - self.running

    def text(self, value: float, more: int = 0) -> str:
        """A figure with its decimals and unit."""
        return f"{value:.{self.decimals + more}f} {self.unit}" if np.isfinite(value) else "–"

    def part(self, left: float, right: float) -> slice:
        """Which entries lie in view, and one more at each side so that lines leave it."""
        first = int(np.searchsorted(self.at, left)) - 1
        last = int(np.searchsorted(self.at, right, side="right")) + 1
        return slice(max(first, 0), last)

    def extent(self, left: float, right: float) -> tuple[float, float]:
        """Lowest and highest of values and limits in view."""
        part = self.part(left, right)
        levels = [level for _, level in self.limits]
        every = np.concatenate([self.low[part], self.high[part], np.array(levels, dtype=np.float64)])
        finite = every[np.isfinite(every)]
        if not finite.size:
            return 0.0, 1.0
        low, high = float(finite.min()), float(finite.max())
        missing = _LEAST_DIGITS * 10.0**-self.decimals - (high - low)
        return (low - missing / 2, high + missing / 2) if missing > 0 else (low, high)

    def runs(self, part: slice) -> list[tuple[int, int]]:
        """First index and the one after the last of each stretch without a gap."""
        start, stop, _ = part.indices(len(self.at))
        good = np.isfinite(self.mean[start:stop])
        if not good.any():
            return []
        before = np.concatenate([[False], good[:-1]])
        after = np.concatenate([good[1:], [False]])
        cut = self.breaks[start:stop]
        cut_after = np.concatenate([cut[1:], [False]])
        firsts = np.flatnonzero(good & (~before | cut)) + start
        lasts = np.flatnonzero(good & (~after | cut_after)) + start + 1
        return [(int(first), int(last)) for first, last in zip(firsts, lasts, strict=True)]

    def tell(self, index: int) -> str:
        """One entry in words: when, how much, of how many."""
        moment = datetime.fromtimestamp(float(self.at[index])).astimezone()
        if not self.slot:
            said = self.text(float(self.mean[index])) if self.counts[index] else "a reading that cannot be used"
            return f"{moment:%Y-%m-%d %H:%M:%S}\n{said}"
        so_far = ", so far" if index >= self.kept else ""
        lines = [f"{self.slot.capitalize()} about {moment:%Y-%m-%d %H:%M}{so_far}"]
        lines.append(f"mean {self.text(float(self.mean[index]), 1)}")
        lines.append(f"{self.text(float(self.low[index]))} to {self.text(float(self.high[index]))}")
        lines.append(f"{self.counts[index]} values" + (f", {self.bad[index]} unusable" if self.bad[index] else ""))
        return "\n".join(lines)

    def summary(self) -> str:
        """The stretch in words, for who cannot see it."""
        usable = np.isfinite(self.mean)
        if not usable.any():
            return f"{self.quantity}: nothing was kept in this span."
        last = float(self.mean[usable][-1])
        words = [f"{self.quantity}: {int(self.counts.sum())} values, lowest {self.text(float(np.nanmin(self.low)))}"]
        words.append(f"highest {self.text(float(np.nanmax(self.high)))}, latest {self.text(last)}")
        words += [f"{name} {self.text(level)}" for name, level in self.limits]
        words.append(f"{len(self.shades)} alarms" if self.shades else "no alarms")
        return ", ".join(words) + "."
