"""What to ask next: groups on a monotonic grid, fair between units, people first, dead units seldom."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from devices.modbus.exchange import NEVER
from devices.modbus.health import LONGEST_BACKOFF, Health, ProbeBudget
from devices.modbus.plan import ReadPlan, make_plan
from devices.modbus.registers import Group, Point, RegisterMap, Span
from devices.modbus.requests import Request, read_request

FreeAt = Callable[[int, int], int]


@dataclass(frozen=True, slots=True)
class Member:
    """One instrument on a port: how readings name it, where it answers, and its map."""

    source: str
    unit: int
    registers: RegisterMap


@dataclass(slots=True)
class UnitState:
    """What is known of a member while the link lives, reconnections included.

    `refused` holds blocks that the instrument does not give; `resting` single values among them, and until when they
    are not asked for again.
    """

    member: Member
    health: Health
    refused: set[Span] = field(default_factory=set)
    resting: dict[Span, int] = field(default_factory=dict)


@dataclass(slots=True)
class Cycle:
    """One pass over a plan: of a group, or of what somebody asked for (then `ticket` says who).

    What a `quiet` one finds is for who asked alone; it is no reading of the inspection.
    """

    state: UnitState
    group: Group | None
    points: tuple[Point, ...]
    plan: ReadPlan
    due: int = 0
    not_before: int = 0
    tries: int = 0
    missed: int = 0
    began: int = 0
    under_way: int = 0
    pending: deque[int] = field(default_factory=deque)
    images: list[bytes | None] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    ticket: int = -1
    write: Request | None = None
    quiet: bool = False

    def begin(self, now: int) -> None:
        """Everything is to be read anew; polls leave out what the instrument said it has not."""
        rested = {} if self.is_asked else self.state.resting
        blocks = self.plan.blocks
        self.pending = deque(i for i in range(len(blocks)) if not rested or rested.get(blocks[i], 0) <= now)
        self.images = [None] * len(blocks)
        self.refused.clear()
        self.tries = 0
        self.began = now

    @property
    def is_asked(self) -> bool:
        return self.ticket >= 0


@dataclass(frozen=True, slots=True)
class Job:
    """The next request: `block` is the position in the plan, -1 for a write."""

    cycle: Cycle
    plan: ReadPlan
    block: int
    request: Request
    is_probe: bool


class Schedule:
    """Chooses; knows neither wire nor clock."""

    def __init__(self, members: Sequence[Member]) -> None:
        longest = LONGEST_BACKOFF if len(members) > 1 else 0
        self.units = [UnitState(member, Health(longest)) for member in members]
        self.cycles = [cycle for state in self.units for cycle in _cycles(state)]
        self._asked: deque[Cycle] = deque()
        self._budget = ProbeBudget()

    def start(self, at: int) -> None:
        """The port is open: every group is due at that time, and nothing is known about any unit."""
        for state in self.units:
            state.health.forget()
        for cycle in self.cycles:
            cycle.pending.clear()
            cycle.under_way = 0
            cycle.due = at
            cycle.not_before = 0

    def ask(self, cycle: Cycle, now: int) -> None:
        """Put what a person asked for before all polls."""
        if cycle.write is None:
            cycle.begin(now)
        self._asked.append(cycle)

    def withdraw_asked(self) -> list[Cycle]:
        """Everything that was asked for and not yet answered, as when the port is lost."""
        withdrawn = list(self._asked)
        self._asked.clear()
        return withdrawn

    def next(self, now: int, free_at: FreeAt) -> Job | None:
        """The request to send now, if any; `free_at(unit, now)` says when the wire takes one for that unit."""
        for cycle in self._asked:
            if _may_start(cycle, now, free_at):
                return self._asked_job(cycle)
        probe = self._probe(now, free_at)
        if probe is not None:
            return probe
        best: Cycle | None = None
        for cycle in self.cycles:
            if cycle.due <= now:
                self._fire(cycle, now)
            if not cycle.pending or cycle.state.health.demoted:
                continue
            if (best is None or cycle.began < best.began) and _may_start(cycle, now, free_at):
                best = cycle
        return None if best is None else _job(best, is_probe=False)

    def _asked_job(self, cycle: Cycle) -> Job:
        job = _job(cycle, is_probe=False)
        if not cycle.pending:
            self._asked.remove(cycle)
        return job

    def _fire(self, cycle: Cycle, now: int) -> None:
        """Start the group's cycle on its grid; slots that passed meanwhile, or found it still busy, are missed."""
        if cycle.group is None:
            return
        slots = (now - cycle.due) // cycle.group.interval + 1
        cycle.due += slots * cycle.group.interval
        busy = bool(cycle.pending) or cycle.under_way > 0 or cycle.state.health.demoted
        cycle.missed += slots if busy else slots - 1
        if not busy:
            cycle.begin(now)

    def _probe(self, now: int, free_at: FreeAt) -> Job | None:
        if not any(state.health.demoted for state in self.units) or not self._budget.allows(now):
            return None
        due = [
            cycle
            for cycle in self.cycles
            if cycle.state.health.demoted
            and cycle.state.health.probe_at <= now
            and _may_start(cycle, now, free_at)
            and not self._is_under_way(cycle.state)
        ]
        if not due:
            return None
        cycle = min(due, key=lambda one: one.state.health.probe_at)
        cycle.begin(now)
        if not cycle.pending:
            return None
        return _job(cycle, is_probe=True)

    def _is_under_way(self, state: UnitState) -> bool:
        return any(cycle.under_way for cycle in self.cycles if cycle.state is state)

    def again(self, job: Job, not_before: int) -> None:
        """Ask for the same block once more, not before that time."""
        cycle = job.cycle
        cycle.tries += 1
        cycle.not_before = not_before
        if job.block >= 0:
            cycle.pending.appendleft(job.block)
        if cycle.is_asked and cycle not in self._asked:
            self._asked.appendleft(cycle)

    def failed(self, job: Job, now: int, cost: int) -> None:
        """A request held the line for `cost` and was not answered: probes wait for their share of its time."""
        if job.is_probe and len(self.units) > 1:
            self._budget.spent(now, cost)

    def drop(self, cycle: Cycle) -> None:
        """Nothing more is wanted of it."""
        cycle.pending.clear()
        if cycle in self._asked:
            self._asked.remove(cycle)

    def give_up(self, state: UnitState) -> None:
        """The unit is demoted: what its cycles still wanted this time is dropped."""
        for cycle in self.cycles:
            if cycle.state is state:
                cycle.pending.clear()

    def replan(self, state: UnitState, refused: Cycle, now: int) -> None:
        """A block of the cycle `refused` was refused: plan this unit's groups anew; what was under way starts over."""
        for cycle in self.cycles:
            if cycle.state is state:
                busy = cycle.pending or cycle.under_way or cycle is refused
                cycle.plan = make_plan(state.member.registers, cycle.points, state.refused)
                if busy:
                    cycle.begin(now)
        if refused.is_asked:
            refused.plan = make_plan(state.member.registers, refused.points, state.refused)
            refused.begin(now)
            if refused not in self._asked:
                self._asked.appendleft(refused)

    def next_time(self, now: int, free_at: FreeAt) -> int:
        """When `next` may have something, if nothing is heard before."""
        best = NEVER
        for cycle in (*self._asked, *self.cycles):
            if cycle.is_asked or (cycle.pending and not cycle.state.health.demoted):
                ready = cycle.not_before
            elif cycle.state.health.demoted:
                ready = max(cycle.state.health.probe_at, self._budget.free_at)
            else:
                ready = max(cycle.due, cycle.not_before)
            if ready < best:
                best = min(best, max(ready, free_at(cycle.state.member.unit, now)))
        return best


def _may_start(cycle: Cycle, now: int, free_at: FreeAt) -> bool:
    return cycle.not_before <= now and free_at(cycle.state.member.unit, now) <= now


def _job(cycle: Cycle, *, is_probe: bool) -> Job:
    cycle.under_way += 1
    if cycle.write is not None:
        return Job(cycle, cycle.plan, -1, cycle.write, is_probe)
    block = cycle.pending.popleft()
    return Job(cycle, cycle.plan, block, read_request(cycle.state.member.unit, cycle.plan.blocks[block]), is_probe)


def _cycles(state: UnitState) -> list[Cycle]:
    register_map = state.member.registers
    cycles = []
    for group in register_map.groups:
        points = register_map.group_of(group.name)
        if points:
            cycles.append(Cycle(state, group, points, make_plan(register_map, points, ())))
    return cycles
