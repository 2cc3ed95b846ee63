"""Watch a channel: limits, rate of change, a value that is stuck, and silence. Tells when each begins and ends."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from devices.reading import Quality, Reading

SECOND = 1_000_000_000
MOST_HELD = 10_000


class Watch(StrEnum):
    """What is watched for."""

    LOW = "below the limit"
    HIGH = "above the limit"
    RATE = "changing too fast"
    STUCK = "stuck"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """What to watch; None or 0 leaves a watch out. Times in nanoseconds.

    A limit's alarm begins after the value was beyond it for `delay`, and ends once it came back by `hysteresis`.
    `rate` is the greatest change a second, over `rate_window`. A value is stuck when it did not change at all for
    `stuck_after`; the channel is silent when no good value came for `silent_after`.
    """

    low: Decimal | None = None
    high: Decimal | None = None
    hysteresis: Decimal = Decimal(0)
    delay: int = 0
    rate: Decimal | None = None
    rate_window: int = 10 * SECOND
    stuck_after: int = 0
    silent_after: int = 0


@dataclass(frozen=True, slots=True)
class ChannelAlarm:
    """A watch began (`active`) or ended; `at` monotonic and `observed_at` UTC nanoseconds, `sentence` what was seen."""

    channel: str
    watch: Watch
    active: bool
    at: int
    observed_at: int
    value: Decimal | None
    sentence: str


class Watcher:
    """Watches one channel; silence counts from `started` until the first value."""

    def __init__(self, channel: str, rule: AlarmRule, started: int) -> None:
        self._channel = channel
        self._rule = rule
        self._active: set[Watch] = set()
        self._beyond: dict[Watch, int] = {}
        self._recent: deque[tuple[int, Decimal]] = deque(maxlen=MOST_HELD)
        self._last_good = started
        self._same_since = started
        self._value: Decimal | None = None

    @property
    def active(self) -> frozenset[Watch]:
        """What is wrong at present."""
        return frozenset(self._active)

    def reading(self, reading: Reading) -> list[ChannelAlarm]:
        """One more reading; a bad one says nothing about the value and does not break the silence."""
        value = reading.value
        if reading.quality is Quality.BAD or value is None:
            return self.tick(reading.monotonic, reading.observed_at)
        told = self._silence(reading.monotonic, reading.observed_at)
        self._last_good = reading.monotonic
        told += self._set(Watch.SILENT, False, reading, "it speaks again")
        told += self._limits(reading, value)
        told += self._rate(reading, value)
        told += self._stuck(reading, value)
        self._value = value
        return told

    def tick(self, now: int, utc: int) -> list[ChannelAlarm]:
        """Time passed without a reading."""
        return self._silence(now, utc)

    def next_check(self) -> int | None:
        """The monotonic time at which silence would be an alarm; None when it is one, or is not watched."""
        if not self._rule.silent_after or Watch.SILENT in self._active:
            return None
        return self._last_good + self._rule.silent_after

    def _silence(self, now: int, utc: int) -> list[ChannelAlarm]:
        after = self._rule.silent_after
        if not after or Watch.SILENT in self._active or now - self._last_good < after:
            return []
        self._active.add(Watch.SILENT)
        sentence = f"no good value for {after // SECOND} s"
        return [ChannelAlarm(self._channel, Watch.SILENT, True, now, utc, self._value, sentence)]

    def _limits(self, reading: Reading, value: Decimal) -> list[ChannelAlarm]:
        rule, told = self._rule, []
        if rule.low is not None:
            is_back = value >= rule.low + rule.hysteresis
            told += self._limit(Watch.LOW, value < rule.low, is_back, reading, f"{value} is below {rule.low}")
        if rule.high is not None:
            is_back = value <= rule.high - rule.hysteresis
            told += self._limit(Watch.HIGH, value > rule.high, is_back, reading, f"{value} is above {rule.high}")
        return told

    def _limit(self, watch: Watch, beyond: bool, is_back: bool, reading: Reading, sentence: str) -> list[ChannelAlarm]:
        if not beyond:
            self._beyond.pop(watch, None)
            return self._set(watch, False, reading, f"{reading.value} is back within limits") if is_back else []
        since = self._beyond.setdefault(watch, reading.monotonic)
        if reading.monotonic - since < self._rule.delay:
            return []
        return self._set(watch, True, reading, sentence)

    def _rate(self, reading: Reading, value: Decimal) -> list[ChannelAlarm]:
        if self._rule.rate is None:
            return []
        now = reading.monotonic
        while self._recent and now - self._recent[0][0] > self._rule.rate_window:
            self._recent.popleft()
        self._recent.append((now, value))
        begun, earlier = self._recent[0]
        if now <= begun:
            return []
        change = abs(value - earlier) * SECOND / (now - begun)
        sentence = f"it changed from {earlier} to {value} in {Decimal(now - begun) / SECOND:.3g} s"
        return self._set(Watch.RATE, change > self._rule.rate, reading, sentence)

    def _stuck(self, reading: Reading, value: Decimal) -> list[ChannelAlarm]:
        if not self._rule.stuck_after:
            return []
        if value != self._value:
            self._same_since = reading.monotonic
            return self._set(Watch.STUCK, False, reading, "it moves again")
        if reading.monotonic - self._same_since < self._rule.stuck_after:
            return []
        return self._set(Watch.STUCK, True, reading, f"it is {value} for {self._rule.stuck_after // SECOND} s")

    def _set(self, watch: Watch, active: bool, reading: Reading, sentence: str) -> list[ChannelAlarm]:
        if active == (watch in self._active):
            return []
        self._active ^= {watch}
        return [
            ChannelAlarm(self._channel, watch, active, reading.monotonic, reading.observed_at, reading.value, sentence)
        ]
