"""Judges the points of one panel by run rules: one point at a time, or arrays; the answer is the same.

A `Judge` remembers no points, only what the rules need of them: for each pattern in a row how many points carry it so
far, for each k-of-m pattern which of the last points did (see `analysis.charts.packing`). A live point then costs a
handful of integer operations whatever the number of rules.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from analysis.charts.lines import Lines, Settling
from analysis.charts.marks import Marks, met, points_since_missing
from analysis.charts.packing import Classifier, Layout
from analysis.charts.patterns import DOWN, NO_DIRECTION, TIE, UP, Flag, Scope, plan
from analysis.errors import AnalysisError
from analysis.rules import RuleSet

CHUNK = 65_536  # points at a time: large enough to hide the cost of a call, small enough to stay in the cache
FEW = 40  # up to so many points, one after the other is quicker than arrays
_REMEMBERED = 65_536


@lru_cache(maxsize=256)
def layout_of(rules: RuleSet, scope: Scope) -> Layout:
    """Where the patterns of `rules` stand in the packed integers of a panel of `scope`."""
    return Layout(plan(rules, scope))


class Judge:
    """The rules of one panel, and how far each pattern has come."""

    __slots__ = ("_layout", "_masks", "_plan", "counters", "direction", "previous", "register")

    def __init__(self, rules: RuleSet, scope: Scope = "all") -> None:
        self._plan = plan(rules, scope)
        self._layout = layout_of(rules, scope)
        self._masks: dict[tuple[int, int], int] = {}
        self.reset()

    def reset(self) -> None:
        """Forget all points: after a missing point, and where a new stage begins."""
        self.counters = self._layout.reset
        self.register = 0
        self.previous = math.nan
        self.direction = NO_DIRECTION

    def classifier(self, lines: Lines) -> Classifier:
        """What `push` takes, made once for lines that stay."""
        return Classifier(self._layout, lines)

    def push(self, value: float, classifier: Classifier) -> int:
        """Bits of the rules that `value` completes; not-a-number breaks every pattern."""
        if value != value:
            self.reset()
            return 0
        thresholds, previous = classifier.thresholds, self.previous
        direction = UP if value > previous else DOWN if value < previous else TIE if value == previous else NO_DIRECTION
        symbol = (
            (bisect_left(thresholds, value) + bisect_right(thresholds, value)) << 4 | self.direction << 2 | direction
        )
        keep, add, bits = classifier.table[symbol] or classifier.fill(symbol)
        counters = (self.counters & keep) + add
        layout = self._layout
        fired = counters & layout.tops
        if fired:
            counters -= fired >> layout.width
        register = ((self.register << 1) & layout.shift_mask) | bits
        self.counters, self.register, self.previous, self.direction = counters, register, value, direction
        if not (fired or register):
            return 0
        try:
            return self._masks[fired, register]
        except KeyError:
            return self._remember(fired, register)

    def _remember(self, fired: int, register: int) -> int:
        if len(self._masks) >= _REMEMBERED:
            self._masks.clear()
        mask = self._masks[fired, register] = self._layout.mask(fired, register)
        return mask

    def advance(self, values: np.ndarray, lines: Lines, keep: bool = True) -> np.ndarray:
        """The same for an array of points: uint16, one mask a point.

        `keep` False: no point will follow, so what the patterns have come to need not be remembered.
        """
        count = len(values)
        if count <= FEW and not any(isinstance(line, np.ndarray | Settling) for line in lines):
            classifier = self.classifier(lines)
            return np.array([self.push(value, classifier) for value in values.tolist()], dtype=np.uint16)
        masks = np.zeros(count, dtype=np.uint16)
        if not self._plan.needs:
            return masks
        for start in range(0, count, CHUNK):
            stop = min(start + CHUNK, count)
            marked, since = self._judge(values[start:stop], lines.part(start, stop), masks[start:stop])
            if keep or stop < count:
                self._remember_end(values[start:stop], marked, since)
        return masks

    def _judge(self, values: np.ndarray, lines: Lines, masks: np.ndarray) -> tuple[Marks, np.ndarray | None]:
        """Fill in the masks of one chunk."""
        memory = self._plan.memory
        marked = Marks(self, values, lines, memory)
        missing = np.isnan(values)
        since = points_since_missing(missing) if missing.any() else None
        complete = [met(need, marked.of(need.flag), memory, since) for need in self._plan.needs]
        for condition in self._plan.conditions:
            fires = complete[condition.any_of[0]]
            for number in condition.any_of[1:]:
                fires = fires | complete[number]
            for number in condition.none_of:
                fires = fires & ~complete[number]
            if fires.any():
                masks |= fires.astype(np.uint16) << np.uint16(condition.bit)
        return marked, since

    def _remember_end(self, values: np.ndarray, marked: Marks, since: np.ndarray | None) -> None:
        layout = self._layout
        held = len(values) + self._plan.memory if since is None else int(since[-1])
        counters = register = 0
        for number, need in enumerate(layout.needs):
            offset, flags = layout.offsets[number], marked.of(need.flag)
            if need.in_a_row:
                tail = flags[len(flags) - min(need.least - 1, held) :] if held and need.least > 1 else flags[:0]
                broken = np.flatnonzero(tail[::-1] == 0)
                run = int(broken[0]) if len(broken) else len(tail)
                counters |= (layout.start(need) + run) << offset
            else:
                tail = flags[len(flags) - min(need.of, held) :] if held else flags[:0]
                register |= int("".join("1" if bit else "0" for bit in tail) or "0", 2) << offset
        self.counters, self.register = counters, register
        self.direction = marked.last_direction()
        self.previous = float(values[-1])

    def context(self, flag: Flag, length: int) -> np.ndarray:
        """Which of the last `length` points carry `flag`, as far as any need remembers it."""
        known = np.zeros(length, dtype=np.uint8)
        if self.counters == self._layout.reset and self.register == 0:
            return known
        for number, need in enumerate(self._layout.needs):
            if need.flag != flag:
                continue
            if need.in_a_row:
                run = self._layout.run(self.counters, number)
                known[length - run :] = 1
            else:
                window = self._layout.window(self.register, number)
                for back in range(min(need.of, length)):
                    known[length - 1 - back] |= window >> back & 1
        return known

    def state(self) -> dict[str, Any]:
        """How far each pattern has come, as plain numbers (windows as hexadecimal)."""
        layout = self._layout
        return {
            "runs": [layout.run(self.counters, i) if need.in_a_row else 0 for i, need in enumerate(layout.needs)],
            "windows": [
                "" if need.in_a_row else f"{layout.window(self.register, i):x}" for i, need in enumerate(layout.needs)
            ],
            "previous": None if math.isnan(self.previous) else self.previous,
            "direction": self.direction,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`; AnalysisError when it does not belong to these rules."""
        layout = self._layout
        try:
            runs, windows = [int(run) for run in state["runs"]], [int(bits or "0", 16) for bits in state["windows"]]
            previous, direction = state["previous"], int(state["direction"])
            fits = len(runs) == len(windows) == len(layout.needs) and direction in {NO_DIRECTION, UP, DOWN, TIE}
            fits = fits and all(
                0 <= run <= max(need.least - 1, 0) and 0 <= bits < 1 << need.of
                for run, bits, need in zip(runs, windows, layout.needs, strict=True)
            )
            previous = math.nan if previous is None else float(previous)
        except (KeyError, TypeError, ValueError) as error:
            raise AnalysisError("The kept state of a live chart is damaged.", "Rebuild it from the points.") from error
        if not fits:
            raise AnalysisError("The kept state belongs to other rules.", "Rebuild it from the points.")
        self.counters = self.register = 0
        for need, offset, run, bits in zip(layout.needs, layout.offsets, runs, windows, strict=True):
            if need.in_a_row:
                self.counters |= (layout.start(need) + run) << offset
            else:
                self.register |= bits << offset
        self.previous, self.direction = previous, direction
