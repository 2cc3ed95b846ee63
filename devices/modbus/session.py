"""One port's conversation without a port: schedule, exchange and decoding; bytes and times come in from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from devices.errors import DeviceError, ProtocolError
from devices.modbus.blocks import split_block
from devices.modbus.exchange import NEVER, Exchange, Lost, Outcome, Replied, Stray
from devices.modbus.plan import make_plan
from devices.modbus.registers import Kind, Point
from devices.modbus.requests import (
    ILLEGAL_ADDRESS,
    UNIT_IS_AWAY,
    WORTH_RETRYING,
    Request,
    exception_name,
    is_exception,
)
from devices.modbus.schedule import Cycle, Job, Member, Schedule, UnitState
from devices.modbus.values import Value, bad
from devices.reading import Discarded, LinkState, LinkStatus, Quality, Reading, Scan, Trigger

Event = Reading | LinkState | Discarded
MOST_TRIES = 3
NOBODY = -1  # no unit has this number
REST_OF_A_REFUSED_VALUE = 60_000_000_000


@dataclass(slots=True)
class Counts:
    """What happened on the port since it was made."""

    requests: int = 0
    replies: int = 0
    lost: int = 0
    strays: int = 0
    exceptions: int = 0
    readings: int = 0


class Session:
    """Polls its members through an exchange.

    `write` takes frames for the wire, `sink` what came of them, `settle` the end of an asked request: its ticket and a
    Reading, or the DeviceError that says why there is none. All times are nanoseconds: `now` monotonic, `utc` since
    the epoch.
    """

    def __init__(
        self,
        members: Sequence[Member],
        exchange: Exchange,
        *,
        port: str,
        write: Callable[[bytes], None],
        sink: Callable[[Event | Scan], None],
        settle: Callable[[int, Reading | DeviceError | None], None],
    ) -> None:
        self.schedule = Schedule(members)
        self.counts = Counts()
        self.texts: dict[tuple[str, str], str] = {}
        self._exchange = exchange
        self._port = port
        self._write = write
        self._sink = sink
        self._settle = settle
        self._tickets = count()
        self._jobs: dict[int, tuple[Job, int]] = {}
        self._tags = count()
        self._was_open = False
        self._utc = 0
        self._now = 0

    # --- from outside ------------------------------------------------------------------------------------------------

    def connected(self, now: int, utc: int) -> None:
        """The port is open."""
        self._now, self._utc = now, utc
        if not self._was_open:
            self._was_open = True
            windows = (state.member.registers.timing.late_window for state in self.schedule.units)
            self._exchange.begin(now, max(windows))
        free_at = self._exchange.free_at(self.schedule.units[0].member.unit, now)
        self.schedule.start(now if free_at == NEVER else free_at)
        self.advance(now, utc)

    def disconnected(self, reason: str) -> None:
        """The port is gone: nothing under way will be answered."""
        for outcome in self._exchange.reset():
            if isinstance(outcome, Lost):
                job, _ = self._jobs.pop(outcome.tag)
                self._unanswered(job.cycle, reason)
        for cycle in self.schedule.withdraw_asked():
            self._unanswered(cycle, reason)

    def receive(self, data: bytes, now: int, utc: int) -> str:
        """Take what the wire brought; returns why the connection must be made anew, or nothing."""
        self._now, self._utc = now, utc
        broken = self._outcomes(self._exchange.receive(data, now))
        if not broken:
            self._start_requests(now)
        return broken

    def advance(self, now: int, utc: int) -> str:
        """End what waited too long and send what is due."""
        self._now, self._utc = now, utc
        broken = self._outcomes(self._exchange.expire(now))
        if not broken:
            self._start_requests(now)
        return broken

    def wake_at(self, now: int) -> int:
        """When `advance` has something to do, if nothing is heard before."""
        return min(self._exchange.deadline(), self.schedule.next_time(now, self._exchange.free_at))

    def ask(self, source: str, channel: str, now: int) -> int:
        """Read one channel as soon as the wire allows; returns the ticket that `settle` will name.

        Raises KeyError for an unknown source or channel.
        """
        state = self._unit(source)
        points = (state.member.registers.point(channel),)
        plan = make_plan(state.member.registers, points, state.refused)
        cycle = Cycle(state, None, points, plan, ticket=next(self._tickets))
        self.schedule.ask(cycle, now)
        return cycle.ticket

    def ask_write(self, source: str, channel: str, request: Request, now: int) -> int:
        """Send a write; `settle` names its ticket with None once the instrument confirmed it."""
        state = self._unit(source)
        points = (state.member.registers.point(channel),)
        plan = make_plan(state.member.registers, points, state.refused)
        cycle = Cycle(state, None, points, plan, ticket=next(self._tickets), write=request)
        self.schedule.ask(cycle, now)
        return cycle.ticket

    def missed(self) -> Mapping[tuple[str, str], int]:
        """Missed slots of every source's groups."""
        return {
            (cycle.state.member.source, cycle.group.name): cycle.missed for cycle in self.schedule.cycles if cycle.group
        }

    def _unit(self, source: str) -> UnitState:
        for state in self.schedule.units:
            if state.member.source == source:
                return state
        raise KeyError(source)

    # --- requests out ------------------------------------------------------------------------------------------------

    def _start_requests(self, now: int) -> None:
        while True:
            job = self.schedule.next(now, self._exchange.free_at)
            if job is None:
                return
            tag = next(self._tags)
            self._jobs[tag] = (job, now)
            self.counts.requests += 1
            self._write(self._exchange.send(job.request, job.cycle.state.member.registers.timing, now, tag))

    # --- replies in --------------------------------------------------------------------------------------------------

    def _outcomes(self, outcomes: Sequence[Outcome]) -> str:
        for outcome in outcomes:
            if isinstance(outcome, Replied):
                self._replied(outcome)
            elif isinstance(outcome, Lost):
                self._lost(outcome)
            elif isinstance(outcome, Stray):
                self.counts.strays += 1
                self._sink(Discarded(self._source_of_port(), self._wall(outcome.at), outcome.reason, outcome.data))
            else:
                return outcome.reason
        return ""

    def _replied(self, replied: Replied) -> None:
        job, sent_at = self._jobs.pop(replied.tag)
        job.cycle.under_way -= 1
        self.counts.replies += 1
        state = job.cycle.state
        if is_exception(replied.pdu):
            self._exception(job, replied, replied.pdu[1], sent_at)
            return
        self._alive(state, replied)
        if job.block < 0:
            self._settle(job.cycle.ticket, None)
            return
        if job.plan is not job.cycle.plan:
            return  # planned anew meanwhile: the block will be read again
        job.cycle.images[job.block] = replied.pdu[2:]
        job.cycle.tries = 0
        state.resting.pop(replied.request.span, None)
        self._decode(job, replied)

    def _decode(self, job: Job, replied: Replied) -> None:
        cycle, image = job.cycle, replied.pdu[2:]
        tell = self._tell_asker(cycle) if cycle.is_asked else self._sink
        trigger = Trigger.REQUEST if cycle.is_asked else Trigger.POLL
        source, frame = cycle.state.member.source, replied.frame
        utc, first, last = self._wall(replied.first_at), replied.first_at, replied.last_at
        good = Quality.GOOD
        steps = job.plan.steps[job.block]
        for step in steps:
            point = step.point
            number = step.quick(image) if step.quick is not None else None
            if number is not None:
                tell(Reading(source, point.name, number, point.unit, utc, first, last, trigger, good, "", frame))
                continue
            value = step.decode(cycle.images)
            if value is not None:
                self._book(cycle, point, value, replied)
        self.counts.readings += len(steps)

    def _tell_asker(self, cycle: Cycle) -> Callable[[Reading], None]:
        def tell(reading: Reading) -> None:
            self._sink(reading)
            self._end_asked(cycle, reading)

        return tell

    def _book(self, cycle: Cycle, point: Point, value: Value, replied: Replied) -> None:
        source = cycle.state.member.source
        if point.kind is Kind.TEXT and value.quality is Quality.GOOD:
            self._text(source, point.name, value.text, replied)
            if cycle.is_asked:
                self._end_asked(cycle, None)
            return
        reading = Reading(
            source,
            point.name,
            value.value,
            value.unit,
            self._wall(replied.first_at),
            replied.first_at,
            replied.last_at,
            Trigger.REQUEST if cycle.is_asked else Trigger.POLL,
            value.quality,
            value.reason,
            replied.frame,
        )
        self._sink(reading)
        if cycle.is_asked:
            self._end_asked(cycle, reading)

    def _text(self, source: str, channel: str, text: str, replied: Replied) -> None:
        """A text is told when it changes, not at every poll."""
        if self.texts.get((source, channel)) == text:
            return
        self.texts[source, channel] = text
        at = self._wall(replied.first_at)
        self._sink(Scan(source, channel, text, "", at, replied.first_at, replied.last_at, replied.frame))

    def _exception(self, job: Job, replied: Replied, code: int, sent_at: int) -> None:
        self.counts.exceptions += 1
        state = job.cycle.state
        if code in UNIT_IS_AWAY:
            self._unit_failed(job, certain=True, detail=exception_name(code), cost=self._now - sent_at)
            return
        self._alive(state, replied)
        if code in WORTH_RETRYING and job.cycle.tries + 1 < MOST_TRIES:
            self.schedule.again(job, replied.last_at + state.member.registers.timing.busy_delay)
            return
        if code == ILLEGAL_ADDRESS and job.block >= 0:
            self._refused(job)
            if len(self._parts(job)) > 1:
                return
        reason = f"the instrument refuses {replied.request.span}: {exception_name(code)}"
        if job.block < 0:
            self._end_asked(job.cycle, ProtocolError(reason, "Look up what the instrument allows in its manual."))
            return
        for some in job.plan.steps:
            for step in some:
                if step.needs(job.block):
                    self._book(job.cycle, step.point, bad(reason, step.point.unit), replied)

    def _refused(self, job: Job) -> None:
        """Remember the block; ask for its parts at once, or let a single value rest for a while."""
        state = job.cycle.state
        block = job.request.span
        if len(self._parts(job)) > 1:
            state.refused.add(block)
            self.schedule.replan(state, job.cycle, self._now)
        else:
            state.refused.add(block)
            state.resting[block] = self._now + REST_OF_A_REFUSED_VALUE

    def _parts(self, job: Job) -> Sequence[object]:
        return split_block(job.request.span, job.plan.values)

    def _lost(self, lost: Lost) -> None:
        job, sent_at = self._jobs.pop(lost.tag)
        job.cycle.under_way -= 1
        self.counts.lost += 1
        self._unit_failed(job, certain=False, detail=lost.reason, heard=lost.heard, cost=self._now - sent_at)

    # --- state of the units ------------------------------------------------------------------------------------------

    def _alive(self, state: UnitState, replied: Replied) -> None:
        if state.health.answered():
            self._say(state, LinkStatus.READY, f"unit {state.member.unit} answers", replied.frame)

    def _unit_failed(self, job: Job, *, certain: bool, detail: str, heard: bytes = b"", cost: int = 0) -> None:
        state = job.cycle.state
        self.schedule.failed(job, self._now, cost + self._quarantine())
        demoted = state.health.failed(self._now, certain=certain)
        if state.health.demoted:
            self.schedule.give_up(state)
        if demoted:
            wait = state.health.backoff // 1_000_000_000
            self._say(state, LinkStatus.SILENT, f"unit {state.member.unit}: {detail}; asked again in {wait} s", heard)
        if job.cycle.is_asked:
            job.cycle.pending.clear()
            self._unanswered(job.cycle, f"{state.member.source} did not answer: {detail}")

    def _quarantine(self) -> int:
        """For how long the wire takes nothing for anybody."""
        free_at = self._exchange.free_at(NOBODY, self._now)
        return 0 if free_at == NEVER else max(0, free_at - self._now)

    def _say(self, state: UnitState, status: LinkStatus, detail: str, last_bytes: bytes) -> None:
        self._sink(LinkState(state.member.source, self._port, status, self._utc, detail, last_bytes[-64:]))

    def _end_asked(self, cycle: Cycle, result: Reading | DeviceError | None) -> None:
        if cycle.is_asked:
            self._settle(cycle.ticket, result)

    def _unanswered(self, cycle: Cycle, reason: str) -> None:
        """Who asked gets a bad reading through the sink too, so that no request ends in silence."""
        if not cycle.is_asked:
            return
        if cycle.write is None:
            for point in cycle.points:
                self._sink(
                    Reading(
                        cycle.state.member.source,
                        point.name,
                        None,
                        point.unit,
                        self._utc,
                        self._now,
                        self._now,
                        Trigger.REQUEST,
                        Quality.BAD,
                        reason,
                        b"",
                    )
                )
        self._settle(cycle.ticket, ProtocolError(f"{reason}."))

    def _source_of_port(self) -> str:
        return self.schedule.units[0].member.source

    def _wall(self, monotonic: int) -> int:
        return self._utc - (self._now - monotonic)
