"""Turn replies into readings: what is booked, under which time, and why something is no value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from devices.errors import DeviceError, ProtocolError
from devices.modbus.exchange import Replied
from devices.modbus.registers import Kind, Point
from devices.modbus.schedule import Cycle, Job
from devices.modbus.values import Value, bad
from devices.reading import Discarded, LinkState, Quality, Reading, Scan, Trigger

Event = Reading | LinkState | Discarded | Scan
Settle = Callable[[int, Reading | DeviceError | None], None]


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment on both clocks: `now` monotonic and `utc` since the epoch, in nanoseconds."""

    now: int
    utc: int

    def wall(self, monotonic: int) -> int:
        """The UTC time of another monotonic time nearby."""
        return self.utc - (self.now - monotonic)


class Booker:
    """Books what a reply says, and tells who asked. `readings` counts what was booked."""

    def __init__(self, sink: Callable[[Event], None], settle: Settle) -> None:
        self._sink = sink
        self._settle = settle
        self.readings = 0
        self.texts: dict[tuple[str, str], str] = {}

    def booked(self, job: Job, replied: Replied, moment: Moment) -> None:
        """A block arrived: book every point that is complete with it."""
        cycle, image = job.cycle, replied.pdu[2:]
        tell = self._teller(cycle)
        trigger = _trigger(cycle)
        source, frame = cycle.state.member.source, replied.frame
        first, last, utc = replied.first_at, replied.last_at, moment.wall(replied.first_at)
        good = Quality.GOOD
        for step in job.plan.steps[job.block]:
            point = step.point
            number = step.quick(image) if step.quick is not None else None
            if number is not None:
                tell(Reading(source, point.name, number, point.unit, utc, first, last, trigger, good, "", frame))
                continue
            value = step.decode(cycle.images)
            if value is not None:
                self._book(cycle, point, value, replied, utc)
        self.readings += len(job.plan.steps[job.block])

    def refused(self, job: Job, replied: Replied, reason: str, moment: Moment) -> None:
        """A block was refused: every point that needs it is bad, once a cycle."""
        for step in job.plan.steps[job.block]:
            if step.point.name not in job.cycle.refused:
                job.cycle.refused.add(step.point.name)
                value = bad(reason, step.point.unit)
                self._book(job.cycle, step.point, value, replied, moment.wall(replied.first_at))
                self.readings += 1

    def unanswered(self, cycle: Cycle, reason: str, at: int, utc: int) -> None:
        """Who asked gets a bad reading through the sink too, so that no request ends in silence."""
        if not cycle.is_asked:
            return
        source = cycle.state.member.source
        for point in cycle.points if cycle.write is None and not cycle.quiet else ():
            bad_reading = Reading(
                source, point.name, None, point.unit, utc, at, at, Trigger.REQUEST, Quality.BAD, reason, b""
            )
            self._sink(bad_reading)
        self._settle(cycle.ticket, ProtocolError(f"{reason}."))

    def _book(self, cycle: Cycle, point: Point, value: Value, replied: Replied, utc: int) -> None:
        source, first, last = cycle.state.member.source, replied.first_at, replied.last_at
        if point.kind is Kind.TEXT and value.quality is Quality.GOOD:
            self._text(Scan(source, point.name, value.text, "", utc, first, last, replied.frame))
            if cycle.is_asked:
                self._settle(cycle.ticket, None)
            return
        reading = Reading(
            source,
            point.name,
            value.value,
            value.unit,
            utc,
            first,
            last,
            _trigger(cycle),
            value.quality,
            value.reason,
            replied.frame,
        )
        self._teller(cycle)(reading)

    def _text(self, scan: Scan) -> None:
        """A text is told when it changes, not at every poll."""
        if self.texts.get((scan.source, scan.channel)) != scan.text:
            self.texts[scan.source, scan.channel] = scan.text
            self._sink(scan)

    def _teller(self, cycle: Cycle) -> Callable[[Reading], None]:
        if not cycle.is_asked:
            return self._sink

        def tell(reading: Reading) -> None:
            if not cycle.quiet:
                self._sink(reading)
            self._settle(cycle.ticket, reading)

        return tell


def _trigger(cycle: Cycle) -> Trigger:
    return Trigger.REQUEST if cycle.is_asked else Trigger.POLL
