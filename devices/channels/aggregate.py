"""What is left of many values: count, mean, minimum, maximum and standard deviation, exact however they are merged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Context, Decimal

_EXACT = Context(prec=2000)  # sums and squares of any decimals an instrument sends are never rounded
_SHOWN = Context(prec=28)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Values of one channel in one slot of time: `start` UTC and `width` in nanoseconds.

    Two aggregates of the same slot merge into that of all their values, in any order and any grouping, to the last
    digit: `total` and `squares` are exact. A slot can therefore be told in pieces. `bad` counts readings without a
    value. `first_at` and `last_at` are the UTC times of the values at the slot's ends.
    """

    channel: str
    start: int
    width: int
    count: int = 0
    bad: int = 0
    total: Decimal = Decimal(0)
    squares: Decimal = Decimal(0)
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    first_at: int = 0
    last_at: int = 0

    def with_value(self, value: Decimal, at: int) -> Aggregate:
        """This aggregate and one more value."""
        one = Aggregate(
            self.channel, self.start, self.width, 1, 0, value, _EXACT.multiply(value, value), value, value, at, at
        )
        return self.merge(one)

    def with_bad(self) -> Aggregate:
        """This aggregate and one more reading without a value."""
        return replace(self, bad=self.bad + 1)

    def merge(self, other: Aggregate) -> Aggregate:
        """The aggregate of both. Raises ValueError when they are not of one channel and slot."""
        if (self.channel, self.start, self.width) != (other.channel, other.start, other.width):
            raise ValueError("aggregates of different slots cannot be merged")
        if not self.count or not other.count:
            filled = self if self.count else other
            return replace(filled, bad=self.bad + other.bad)
        return Aggregate(
            self.channel,
            self.start,
            self.width,
            self.count + other.count,
            self.bad + other.bad,
            _EXACT.add(self.total, other.total),
            _EXACT.add(self.squares, other.squares),
            _least(self.minimum, other.minimum),
            _greatest(self.maximum, other.maximum),
            min(self.first_at, other.first_at),
            max(self.last_at, other.last_at),
        )

    def widened(self, width: int) -> Aggregate:
        """The same values as a piece of the wider slot they lie in."""
        return replace(self, start=self.start - self.start % width, width=width)

    @property
    def mean(self) -> Decimal | None:
        """Arithmetic mean to 28 digits; None without values."""
        return _SHOWN.divide(self.total, Decimal(self.count)) if self.count else None

    @property
    def standard_deviation(self) -> Decimal | None:
        """Sample standard deviation (n - 1) to 28 digits; None below two values."""
        if self.count < 2:
            return None
        count = Decimal(self.count)
        scatter = _EXACT.subtract(_EXACT.multiply(self.squares, count), _EXACT.multiply(self.total, self.total))
        return _SHOWN.sqrt(_SHOWN.divide(scatter, _EXACT.multiply(count, count - 1)))


def slot_of(channel: str, at: int, width: int) -> Aggregate:
    """The empty aggregate of the slot that holds UTC time `at`."""
    return Aggregate(channel, at - at % width, width)


def _least(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """The smaller; of equal ones the one with more decimals, so that the order of merging never shows."""
    if one is None or other is None:
        return one if other is None else other
    return min((one, other), key=lambda value: (value, value.as_tuple().exponent))


def _greatest(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    if one is None or other is None:
        return one if other is None else other
    return max((one, other), key=lambda value: (value, -_exponent(value)))


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
