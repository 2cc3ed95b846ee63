"""How far every pattern of a panel has come, packed into two integers; what a point with given lines does to them.

The first integer holds a counter for each pattern in a row, the second the last flags of each k-of-m pattern. A counter
starts so that its top bit is set when the pattern is complete: one `and` finds all complete patterns at once.
"""

from __future__ import annotations

import math
from bisect import bisect_left

from analysis.charts.lines import Lines
from analysis.charts.patterns import DOWN, TIE, UP, Flag, Need, Plan


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
