"""Judges the points of one panel by run rules: one point at a time, or arrays; the answer is the same.

A `Judge` remembers no points, only what the rules need of them: for each pattern in a row how many points carry it so
far, for each k-of-m pattern which of the last points did. Both are packed in one integer each, so that a live point
costs a handful of integer operations whatever the number of rules.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from analysis.charts.patterns import DOWN, NO_DIRECTION, TIE, UP, Flag, Need, Plan, Scope, plan
from analysis.errors import AnalysisError
from analysis.rules import RuleSet

CHUNK = 32_768
_REMEMBERED = 65_536


class Lines(NamedTuple):
    """Centre line, control limits and standard error of one panel: numbers, or arrays with one entry a point.

    A limit that does not exist is not-a-number; nothing is beyond it.
    """

    center: Any
    lcl: Any
    ucl: Any
    sigma: Any

    def upper(self, zone: float | None) -> Any:
        return self.ucl if zone is None else self.center + zone * self.sigma

    def lower(self, zone: float | None) -> Any:
        return self.lcl if zone is None else self.center - zone * self.sigma

    def part(self, start: int, stop: int) -> Lines:
        """The lines of points `start` to `stop`; numbers stay as they are."""
        return Lines(*(item[start:stop] if isinstance(item, np.ndarray) else item for item in self))


class Layout:
    """Where the needs of a plan stand in the two packed integers."""

    __slots__ = ("conditions", "needs", "offsets", "reset", "shift_mask", "tops", "width")

    def __init__(self, made: Plan) -> None:
        self.needs = made.needs
        self.conditions = made.conditions
        rows = [need.least for need in made.needs if need.in_a_row]
        self.width = max(rows, default=1).bit_length()
        self.offsets: list[int] = []
        run_at = window_at = 0
        self.reset = self.tops = self.shift_mask = 0
        for need in made.needs:
            if need.in_a_row:
                self.offsets.append(run_at)
                self.reset |= self.start(need) << run_at
                self.tops |= 1 << (run_at + self.width)
                run_at += self.width + 1
            else:
                self.offsets.append(window_at)
                self.shift_mask |= ((1 << need.of) - 2) << window_at
                window_at += need.of

    def start(self, need: Need) -> int:
        """A run's counter before its first point: `count` points on, the top bit is set."""
        return (1 << self.width) - need.least

    def window(self, register: int, number: int) -> int:
        """The bits of k-of-m need `number`, the newest point lowest."""
        return register >> self.offsets[number] & ((1 << self.needs[number].of) - 1)

    def run(self, counters: int, number: int) -> int:
        """How many points in a row carry the flag of need `number`, at most one less than it takes."""
        need = self.needs[number]
        return (counters >> self.offsets[number] & ((2 << self.width) - 1)) - self.start(need)

    def mask(self, fired: int, register: int) -> int:
        """Bits of the rules that fire."""
        met = [
            bool(fired >> (self.offsets[number] + self.width) & 1)
            if need.in_a_row
            else (window := self.window(register, number)) & 1 == 1 and window.bit_count() >= need.least
            for number, need in enumerate(self.needs)
        ]
        return sum(
            1 << condition.bit
            for condition in self.conditions
            if any(met[number] for number in condition.any_of) and not any(met[number] for number in condition.none_of)
        )


class Classifier:
    """Says for a value and its direction which flags it carries, for lines that are numbers."""

    __slots__ = ("_layout", "_levels", "lines", "table", "thresholds")

    def __init__(self, layout: Layout, lines: Lines) -> None:
        self._layout = layout
        self.lines = lines
        zones = dict.fromkeys(need.flag.zone for need in layout.needs if not need.flag.of_direction)
        self._levels = {zone: (float(lines.lower(zone)), float(lines.upper(zone))) for zone in zones}
        levels = {level for pair in self._levels.values() for level in pair if not math.isnan(level)}
        self.thresholds = sorted(levels)
        self.table: list[tuple[int, int, int] | None] = [None] * ((2 * len(levels) + 1) << 4)

    def fill(self, symbol: int) -> tuple[int, int, int]:
        """What `symbol` (place among the thresholds, direction before, direction now) does to the packed integers."""
        keep = add = window = 0
        layout = self._layout
        for need, offset in zip(layout.needs, layout.offsets, strict=True):
            carries = self._carries(need.flag, symbol)
            if not need.in_a_row:
                window |= carries << offset
            elif carries:
                keep |= ((2 << layout.width) - 1) << offset
                add |= 1 << offset
            else:
                add |= layout.start(need) << offset
        entry = keep, add, window
        self.table[symbol] = entry
        return entry

    def _carries(self, flag: Flag, symbol: int) -> bool:
        now, before, place = symbol & 3, symbol >> 2 & 3, symbol >> 4
        if flag.mark == "up":
            return now == UP or (not flag.strict and now == TIE)
        if flag.mark == "down":
            return now == DOWN or (not flag.strict and now == TIE)
        if flag.mark == "turn":
            return {now, before} == {UP, DOWN}
        lower, upper = self._levels[flag.zone]
        above, below = self._compare(place, upper), self._compare(place, lower)
        reach = 1 if flag.strict else 0
        if flag.mark == "inside":
            return below is not None and above is not None and below >= reach and above <= -reach
        is_above = above is not None and above >= reach
        is_below = below is not None and below <= -reach
        return {"above": is_above, "below": is_below, "beyond": is_above or is_below}[flag.mark]

    def _compare(self, place: int, level: float) -> int | None:
        """-1, 0, 1 as the place lies below, on or above `level`; None when there is no such level."""
        if math.isnan(level):
            return None
        on = 2 * bisect_left(self.thresholds, level) + 1
        return (place > on) - (place < on)


class Judge:
    """The rules of one panel, and how far each pattern has come."""

    __slots__ = ("_hits", "_layout", "_masks", "_plan", "counters", "direction", "previous", "register")

    def __init__(self, rules: RuleSet, scope: Scope = "all") -> None:
        self._plan = plan(rules, scope)
        self._layout = Layout(self._plan)
        self._masks: dict[tuple[int, int], int] = {}
        self._hits: dict[int, int] = {}
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

    def advance(self, values: np.ndarray, lines: Lines) -> np.ndarray:
        """The same for an array of points: uint16, one mask a point."""
        masks = np.zeros(len(values), dtype=np.uint16)
        if not self._plan.needs:
            return masks
        for start in range(0, len(values), CHUNK):
            stop = min(start + CHUNK, len(values))
            self._advance_chunk(values[start:stop], lines.part(start, stop), masks[start:stop])
        return masks

    def _advance_chunk(self, values: np.ndarray, lines: Lines, masks: np.ndarray) -> None:
        memory = self._plan.memory
        marked = _Marks(self, values, lines, memory)
        missing = np.isnan(values)
        since = _points_since_missing(missing) if missing.any() else None
        met = [_met(need, marked.of(need.flag), memory, since) for need in self._plan.needs]
        for condition in self._plan.conditions:
            fires = met[condition.any_of[0]]
            for number in condition.any_of[1:]:
                fires = fires | met[number]
            for number in condition.none_of:
                fires = fires & ~met[number]
            masks |= fires.astype(np.uint16) << np.uint16(condition.bit)
        self._remember_end(values, marked, since)

    def _remember_end(self, values: np.ndarray, marked: _Marks, since: np.ndarray | None) -> None:
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


class _Marks:
    """The flags of a chunk of points, each made when first asked for, with what is remembered of the points before."""

    __slots__ = ("_judge", "_lines", "_made", "_memory", "_values")

    def __init__(self, judge: Judge, values: np.ndarray, lines: Lines, memory: int) -> None:
        self._judge, self._values, self._lines, self._memory = judge, values, lines, memory
        self._made: dict[Flag, np.ndarray] = {}

    def of(self, flag: Flag) -> np.ndarray:
        """`memory` remembered points and then the chunk: 1 where the point carries `flag`."""
        made = self._made.get(flag)
        if made is None:
            made = np.empty(self._memory + len(self._values), dtype=np.uint8)
            made[: self._memory] = self._judge.context(flag, self._memory)
            self._write(flag, made[self._memory :].view(np.bool_))
            self._made[flag] = made
        return made

    def _write(self, flag: Flag, out: np.ndarray) -> None:
        values, lines = self._values, self._lines
        more, less = (np.greater, np.less) if flag.strict else (np.greater_equal, np.less_equal)
        if flag.mark == "above":
            more(values, lines.upper(flag.zone), out=out)
        elif flag.mark == "below":
            less(values, lines.lower(flag.zone), out=out)
        elif flag.mark == "beyond":
            above, below = self.of(flag._replace(mark="above")), self.of(flag._replace(mark="below"))
            np.logical_or(above[self._memory :], below[self._memory :], out=out)
        elif flag.mark == "inside":
            less(values, lines.upper(flag.zone), out=out)
            np.logical_and(out, more(values, lines.lower(flag.zone)), out=out)
        elif flag.mark == "up":
            more(values[1:], values[:-1], out=out[1:])
            out[0] = more(values[0], self._judge.previous)
        elif flag.mark == "down":
            less(values[1:], values[:-1], out=out[1:])
            out[0] = less(values[0], self._judge.previous)
        else:
            self._write_turns(out)

    def _write_turns(self, out: np.ndarray) -> None:
        ups = self.of(Flag("up", 0.0, True))[self._memory :].view(np.bool_)
        downs = self.of(Flag("down", 0.0, True))[self._memory :].view(np.bool_)
        np.logical_and(ups[1:], downs[:-1], out=out[1:])
        np.logical_or(out[1:], downs[1:] & ups[:-1], out=out[1:])
        before = self._judge.direction
        out[0] = (ups[0] and before == DOWN) or (downs[0] and before == UP)

    def last_direction(self) -> int:
        last = float(self._values[-1])
        before = float(self._values[-2]) if len(self._values) > 1 else self._judge.previous
        return UP if last > before else DOWN if last < before else TIE if last == before else NO_DIRECTION


def _points_since_missing(missing: np.ndarray) -> np.ndarray:
    """For each point how many points, itself included, came since the last missing one (many when there was none)."""
    index = np.arange(len(missing))
    last = np.maximum.accumulate(np.where(missing, index, -len(missing) - 1_000))
    return index - last


def _met(need: Need, flags: np.ndarray, memory: int, since: np.ndarray | None) -> np.ndarray:
    """Where in the chunk `need` is met."""
    count = len(flags) - memory
    if need.in_a_row:
        return _in_a_row(flags[memory - need.least + 1 :], need.least).view(np.bool_)
    now = flags[memory:]
    total = now.copy()
    for back in range(1, need.of):
        earlier = flags[memory - back : memory - back + count]
        total += earlier if since is None else earlier & (since > back)
    return (total >= need.least) & now.view(np.bool_)


def _in_a_row(flags: np.ndarray, count: int) -> np.ndarray:
    """1 where this and the `count` - 1 flags before are all 1; `count` - 1 entries shorter than `flags`.

    By doubling: two in a row, four in a row, ... so that fifteen cost four passes.
    """
    reached = 1
    while 2 * reached <= count:
        flags = flags[reached:] & flags[:-reached]
        reached *= 2
    rest = count - reached
    return flags[rest:] & flags[: len(flags) - rest] if rest else flags
