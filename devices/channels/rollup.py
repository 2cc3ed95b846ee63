"""Roll a channel's values up into minutes and hours as time goes by; what comes late is told as one more piece."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise

from devices.channels.aggregate import Aggregate, slot_of

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
GRACE = 5 * SECOND
MOST_OPEN = 8


class RollUp:
    """Aggregates one channel over slots of several widths, each a multiple of the one before.

    A slot is told once `grace` has passed since its end. A value that comes later still, or from before a clock was
    set back, opens its slot again and is told as another piece of it: the keeper merges pieces of a slot, so nothing
    is lost and nothing counted twice.
    """

    def __init__(self, channel: str, widths: Sequence[int] = (MINUTE, HOUR), grace: int = GRACE) -> None:
        if not widths or any(wide % narrow for narrow, wide in pairwise(widths)):
            raise ValueError("each width must be a multiple of the one before")
        self._channel = channel
        self._widths = tuple(widths)
        self._grace = grace
        self._open: list[dict[int, Aggregate]] = [{} for _ in widths]

    def value(self, value: Decimal, at: int) -> None:
        """A value at UTC time `at`."""
        self._put(self._slot(at).with_value(value, at))

    def bad(self, at: int) -> None:
        """A reading without a value at UTC time `at`."""
        self._put(self._slot(at).with_bad())

    def _slot(self, at: int) -> Aggregate:
        return slot_of(self._channel, at, self._widths[0])

    def _put(self, piece: Aggregate) -> None:
        slots = self._open[0]
        known = slots.get(piece.start)
        slots[piece.start] = piece if known is None else known.merge(piece)

    def due(self, now: int) -> list[Aggregate]:
        """The slots that are over at UTC time `now`, narrow before wide; at most a few stay open when clocks jump."""
        return self._close(lambda slot: slot.start + slot.width + self._grace <= now)

    def flush(self) -> list[Aggregate]:
        """Everything that is open, as when the line ends: the rest of a slot will be another piece."""
        return self._close(lambda _: True)

    def _close(self, is_over: Callable[[Aggregate], bool]) -> list[Aggregate]:
        told: list[Aggregate] = []
        for level, slots in enumerate(self._open):
            crowd = len(slots) - MOST_OPEN
            over = [slot for number, slot in enumerate(slots.values()) if number < crowd or is_over(slot)]
            for slot in over:
                del slots[slot.start]
                told.append(slot)
                if level + 1 < len(self._widths):
                    self._widen(slot, level + 1)
        return told

    def _widen(self, slot: Aggregate, level: int) -> None:
        piece = slot.widened(self._widths[level])
        known = self._open[level].get(piece.start)
        self._open[level][piece.start] = piece if known is None else known.merge(piece)

    def next_due(self) -> int | None:
        """The UTC time at which the next slot is over; None while nothing is open."""
        ends = [slot.start + slot.width + self._grace for slots in self._open for slot in slots.values()]
        return min(ends, default=None)
