"""What a reading may call for, handed in by the station: the line and the quality rooms do not know each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from workstation.catalog.values import Characteristic
from workstation.store import Reader, UnitOfWork


@dataclass(frozen=True, slots=True)
class OutOfControl:
    """A judged subgroup that broke rules: `location` and `dispersion` name them, `values` are in the plan's unit.

    `limits` is the id of the control limits it was judged by. `observed_at`: UTC microseconds of its last value.
    """

    characteristic: Characteristic
    subgroup: int
    limits: int
    location: tuple[str, ...]
    dispersion: tuple[str, ...]
    mean: float
    spread: float
    values: tuple[Decimal, ...]
    observed_at: int

    @property
    def rules(self) -> tuple[str, ...]:
        """Every rule that was broken, each once, the location chart's first."""
        return tuple(dict.fromkeys((*self.location, *self.dispersion)))


@dataclass(frozen=True, slots=True)
class OutOfTolerance:
    """A kept value outside the specification: `value` in the plan's unit, `sent` and `unit` as the instrument said."""

    characteristic: Characteristic
    subgroup: int
    position: int
    value: Decimal
    sent: Decimal
    unit: str
    source: str
    observed_at: int


@dataclass(frozen=True, slots=True)
class AlarmOpened:
    """The records that an alarm made: their identities."""

    alarm: str
    investigation: str | None


@dataclass(frozen=True, slots=True)
class ChannelTrouble:
    """A watch on a continuous channel began: `watch` names it, `sentence` says what was seen; times in microseconds.

    `subgroup` is the one that was open then, `value` the last good one in the characteristic's unit.
    """

    characteristic: Characteristic
    subgroup: int
    channel: str
    watch: str
    sentence: str
    value: Decimal | None
    observed_at: int


@dataclass(frozen=True, slots=True)
class OpenTrouble:
    """A watch on a continuous channel that began at UTC `began_at` (microseconds), and whose end is in no record.

    `seen` is what was wrong; None where the record is from before that was kept in it.
    """

    characteristic: int
    watch: str
    began_at: int
    seen: str | None


@dataclass(frozen=True, slots=True)
class TroubleEnded:
    """The watch that began at `began_at` is over; `sentence` says why. Times in UTC microseconds.

    `ended_at` is when the watch saw the end. Where none did, `seen_until` is up to when the trouble surely lasted, None
    where nothing is known. `seen` is what was wrong, where the record may lack it.
    """

    characteristic: int
    watch: str
    began_at: int
    sentence: str
    ended_at: int | None = None
    seen_until: int | None = None
    seen: str | None = None


class Reactions(Protocol):
    """Called inside the reading's own transaction: what they write is kept with the reading or not at all.

    The whole batch stands in the store by then, so that evidence can be gathered there, up to the event's subgroup.
    """

    def out_of_control(self, work: UnitOfWork, event: OutOfControl) -> AlarmOpened | None:
        """Raise an alarm; None when nothing was to be opened."""
        ...

    def out_of_tolerance(self, work: UnitOfWork, event: OutOfTolerance) -> str | None:
        """Open a nonconformance and return its identity; None when nothing was to be opened."""
        ...

    def channel_trouble(self, work: UnitOfWork, event: ChannelTrouble) -> AlarmOpened | None:
        """Raise an alarm of a continuous channel; None when nothing was to be opened."""
        ...

    def trouble_ended(self, work: UnitOfWork, event: TroubleEnded) -> None:
        """Note the end of the alarm that `channel_trouble` raised, if there is one."""
        ...

    def open_troubles(self, reader: Reader) -> Sequence[OpenTrouble]:
        """What `channel_trouble` raised and nobody has ended, oldest first."""
        ...


class NoReactions:
    """A line that only judges and keeps."""

    def out_of_control(self, _work: UnitOfWork, _event: OutOfControl) -> AlarmOpened | None:
        """Open nothing."""
        return None

    def out_of_tolerance(self, _work: UnitOfWork, _event: OutOfTolerance) -> str | None:
        """Open nothing."""
        return None

    def channel_trouble(self, _work: UnitOfWork, _event: ChannelTrouble) -> AlarmOpened | None:
        """Open nothing."""
        return None

    def trouble_ended(self, _work: UnitOfWork, _event: TroubleEnded) -> None:
        """End nothing."""

    def open_troubles(self, _reader: Reader) -> Sequence[OpenTrouble]:
        """Nothing was opened."""
        return ()
