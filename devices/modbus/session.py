"""One port's conversation without a port: schedule, exchange and booking; bytes and times come in from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from devices.errors import ProtocolError
from devices.modbus.blocks import split_block
from devices.modbus.booking import Booker, Event, Moment, Settle
from devices.modbus.exchange import NEVER, Exchange, Lost, Outcome, Replied, Stray
from devices.modbus.plan import make_plan
from devices.modbus.requests import (
    ILLEGAL_ADDRESS,
    UNIT_IS_AWAY,
    WORTH_RETRYING,
    Request,
    exception_name,
    is_exception,
)
from devices.modbus.schedule import Cycle, Job, Member, Schedule, UnitState
from devices.reading import Discarded, LinkState, LinkStatus

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


@dataclass(frozen=True, slots=True)
class _Sent:
    job: Job
    moment: Moment


class Session:
    """Polls its members through an exchange.

    `write` takes frames for the wire, each with a note that says what it is for and the moment it was decided; `sink`
    what came of them; `settle` the end of an asked request: its ticket and a Reading, or the DeviceError that says why
    there is none. All times are nanoseconds: `now` monotonic, `utc` since the epoch.
    """

    def __init__(
        self,
        members: Sequence[Member],
        exchange: Exchange,
        *,
        port: str,
        write: Callable[[bytes, str, Moment], None],
        sink: Callable[[Event], None],
        settle: Settle,
    ) -> None:
        self.schedule = Schedule(members)
        self.booker = Booker(sink, settle)
        self._counts = Counts()
        self._exchange = exchange
        self._port = port
        self._write = write
        self._sink = sink
        self._settle = settle
        self._tickets = count()
        self._tags = count()
        self._sent: dict[int, _Sent] = {}
        self._was_open = False
        self._moment = self._heard = Moment(0, 0)

    @property
    def counts(self) -> Counts:
        self._counts.readings = self.booker.readings
        return self._counts

    # --- from outside ------------------------------------------------------------------------------------------------

    def connected(self, now: int, utc: int) -> None:
        """The port is open."""
        if not self._was_open:
            self._was_open = True
            windows = (state.member.registers.timing.late_window for state in self.schedule.units)
            self._exchange.begin(now, max(windows))
        free_at = self._exchange.free_at(NOBODY, now)
        self.schedule.start(now if free_at == NEVER else free_at)
        self.advance(now, utc)

    def disconnected(self, reason: str, now: int, utc: int) -> None:
        """The port is gone: nothing under way will be answered."""
        for outcome in self._exchange.reset(now):
            if isinstance(outcome, Lost):
                self.booker.unanswered(self._sent.pop(outcome.tag).job.cycle, reason, now, utc)
        for cycle in self.schedule.withdraw_asked():
            self.booker.unanswered(cycle, reason, now, utc)

    def receive(self, data: bytes, now: int, utc: int) -> str:
        """Take what the wire brought; returns why the connection must be made anew, or nothing."""
        self._moment = self._heard = Moment(now, utc)
        broken = self._outcomes(self._exchange.receive(data, now))
        if not broken:
            self._start_requests(now)
        return broken

    def advance(self, now: int, utc: int) -> str:
        """End what waited too long and send what is due."""
        self._moment = Moment(now, utc)
        broken = self._outcomes(self._exchange.expire(now))
        if not broken:
            self._start_requests(now)
        return broken

    def wake_at(self, now: int) -> int:
        """When `advance` has something to do, if nothing is heard before."""
        return min(self._exchange.deadline(), self.schedule.next_time(now, self._exchange.free_at))

    def ask(self, source: str, channel: str, now: int, *, quiet: bool = False) -> int:
        """Read one channel as soon as the wire allows; returns the ticket that `settle` will name.

        Only `settle` is told what a `quiet` one finds. Raises KeyError for an unknown source or channel.
        """
        return self._ask(source, channel, None, now, quiet=quiet)

    def ask_write(self, source: str, channel: str, request: Request, now: int) -> int:
        """Send a write; `settle` names its ticket with None once the instrument confirmed it."""
        return self._ask(source, channel, request, now)

    def _ask(self, source: str, channel: str, request: Request | None, now: int, *, quiet: bool = False) -> int:
        cycle = self.asked_cycle(self.unit(source), channel, request)
        cycle.quiet = quiet
        self.schedule.ask(cycle, now)
        return cycle.ticket

    def asked_cycle(self, state: UnitState, channel: str, request: Request | None) -> Cycle:
        """A cycle for what somebody asked for. Raises KeyError for an unknown channel."""
        points = (state.member.registers.point(channel),)
        plan = make_plan(state.member.registers, points, state.refused)
        return Cycle(state, None, points, plan, ticket=next(self._tickets), write=request)

    @property
    def missed(self) -> Mapping[tuple[str, str], int]:
        """Missed slots of every source's groups."""
        return {
            (cycle.state.member.source, cycle.group.name): cycle.missed for cycle in self.schedule.cycles if cycle.group
        }

    def unit(self, source: str) -> UnitState:
        """What is known of a source. Raises KeyError."""
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
            note = note_of(job)
            self._write(self.send(job, now), note, self._moment)

    def send(self, job: Job, now: int) -> bytes:
        """The frame of a job that begins now."""
        tag = next(self._tags)
        self._sent[tag] = _Sent(job, self._moment)
        self._counts.requests += 1
        return self._exchange.send(job.request, job.cycle.state.member.registers.timing, now, tag)

    # --- replies in --------------------------------------------------------------------------------------------------

    def _outcomes(self, outcomes: Sequence[Outcome]) -> str:
        for outcome in outcomes:
            if isinstance(outcome, Replied):
                self._replied(outcome)
            elif isinstance(outcome, Lost):
                self._lost(outcome)
            elif isinstance(outcome, Stray):
                self._counts.strays += 1
                source = self.schedule.units[0].member.source
                self._sink(Discarded(source, self._heard.wall(outcome.at), outcome.reason, outcome.data))
            else:
                return outcome.reason
        return ""

    def _replied(self, replied: Replied) -> None:
        sent = self._sent.pop(replied.tag)
        job = sent.job
        job.cycle.under_way -= 1
        self._counts.replies += 1
        if is_exception(replied.pdu):
            self._exception(sent, replied, replied.pdu[1])
            return
        state = job.cycle.state
        self._alive(state, replied)
        if job.block < 0:
            self._settle(job.cycle.ticket, None)
            return
        if job.plan is not job.cycle.plan:
            return  # planned anew meanwhile: the block will be read again
        job.cycle.images[job.block] = replied.pdu[2:]
        job.cycle.tries = 0
        if state.resting:
            state.resting.pop(replied.request.span, None)
        self.booker.booked(job, replied, self._moment)

    def _exception(self, sent: _Sent, replied: Replied, code: int) -> None:
        self._counts.exceptions += 1
        job, state = sent.job, sent.job.cycle.state
        if code in UNIT_IS_AWAY:
            self._unit_failed(sent, exception_name(code), b"", replied.last_at, certain=True)
            return
        self._alive(state, replied)
        if code in WORTH_RETRYING and job.cycle.tries + 1 < MOST_TRIES:
            self.schedule.again(job, replied.last_at + state.member.registers.timing.busy_delay)
            return
        if code == ILLEGAL_ADDRESS and job.block >= 0 and self._has_parts(job, replied.last_at):
            return
        reason = f"the instrument refuses {replied.request.span}: {exception_name(code)}"
        if job.cycle.is_asked:
            self.schedule.drop(job.cycle)
        if job.block < 0:
            error = ProtocolError(f"{reason}.", "Look up in its manual what it allows.")
            self._settle(job.cycle.ticket, error)
        elif job.plan is job.cycle.plan:
            self.booker.refused(job, replied, reason, self._moment)

    def _has_parts(self, job: Job, now: int) -> bool:
        """Remember a refused block; its parts are asked for at once, a single value rests for a while."""
        state, block = job.cycle.state, job.request.span
        state.refused.add(block)
        if len(split_block(block, job.plan.values)) > 1:
            self.schedule.replan(state, job.cycle, now)
            return True
        state.resting[block] = now + REST_OF_A_REFUSED_VALUE
        return False

    def _lost(self, lost: Lost) -> None:
        sent = self._sent.pop(lost.tag)
        sent.job.cycle.under_way -= 1
        self._counts.lost += 1
        self._unit_failed(sent, lost.reason, lost.heard, lost.at, certain=False)

    # --- state of the units ------------------------------------------------------------------------------------------

    def _alive(self, state: UnitState, replied: Replied) -> None:
        if state.health.answered():
            self._say(state, LinkStatus.READY, f"unit {state.member.unit} answers", replied.frame)

    def _unit_failed(self, sent: _Sent, detail: str, heard: bytes, at: int, *, certain: bool) -> None:
        cycle, state = sent.job.cycle, sent.job.cycle.state
        self.schedule.failed(sent.job, at, at - sent.moment.now + self._quarantine(at))
        demoted = state.health.failed(at, certain=certain)
        if state.health.demoted:
            self.schedule.give_up(state)
        if demoted:
            self._say(
                state, LinkStatus.SILENT, f"unit {state.member.unit}: {detail}; asked again less and less often", heard
            )
        if cycle.is_asked:
            self.schedule.drop(cycle)
            self.booker.unanswered(cycle, f"{state.member.source} did not answer: {detail}", at, sent.moment.wall(at))

    def _quarantine(self, now: int) -> int:
        """For how long the wire takes nothing for anybody."""
        free_at = self._exchange.free_at(NOBODY, now)
        return 0 if free_at == NEVER else max(0, free_at - now)

    def _say(self, state: UnitState, status: LinkStatus, detail: str, last_bytes: bytes) -> None:
        self._sink(LinkState(state.member.source, self._port, status, self._moment.utc, detail, last_bytes[-64:]))


def note_of(job: Job) -> str:
    """What a frame is for, as the raw journal keeps it: who is asked for what, and whether a new pass begins."""
    cycle = job.cycle
    source = cycle.state.member.source
    if cycle.write is not None:
        return f"write {cycle.points[0].name} {source}"
    first = "first" if all(image is None for image in cycle.images) and not cycle.tries else "next"
    if cycle.is_asked:
        return f"{'check' if cycle.quiet else 'ask'} {cycle.points[0].name} {first} {source}"
    return f"poll {cycle.group.name if cycle.group else ''} {first} {source}"
