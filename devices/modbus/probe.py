"""Find out which register instrument is on a port: reads that its profiles name, no more, and only when allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

from devices.clock import SYSTEM_CLOCK
from devices.errors import PortError
from devices.modbus.address import Address, Framing, parse_address
from devices.modbus.exchange import NEVER, Desynchronised, Exchange, Lost, Outcome, Replied
from devices.modbus.likeness import Likeness, likeness
from devices.modbus.place import frame_gap, make_exchange
from devices.modbus.plan import make_plan
from devices.modbus.registers import RegisterMap, Span, Timing, Transmission
from devices.modbus.requests import ILLEGAL_ADDRESS, UNIT_IS_AWAY, Request, exception_name, is_exception, read_request
from devices.profile.model import LineSettings, Profile
from devices.transports import Transport, build_transport, parse_port

LONGEST = 120.0
"""Seconds a probe of registers takes at most."""
MOST_BLOCKS = 6
"""Reads of one profile: those that tell most points."""
MOST_VALUES = 4
"""Single values asked for instead of a read that was refused."""
COMMON_UNIT = 1
_HELLOS = 2
"""Different reads that a unit must leave unanswered before it is taken to be absent."""
_SECOND = 1_000_000_000
_PATIENCE = Timing(timeout=600_000_000, late_window=600_000_000, gap=5_000_000)

Allow = Callable[[bytes, Sequence[Profile]], Awaitable[bool]]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Found:
    """How well a profile explains what a unit answered."""

    profile: Profile
    line: LineSettings | None
    unit: int
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to talk on a port: its line settings, where it has any, and how frames are drawn."""

    line: LineSettings | None
    framing: Framing
    profiles: tuple[Profile, ...]


async def probe_registers(
    profiles: Sequence[Profile], port: str, *, line: LineSettings | None, allow: Allow, tell: Tell, enough: float
) -> list[Found]:
    """What answers on a port, best first, until something scores `enough` or `LONGEST` has passed.

    `allow` is asked once for each unit and line setting, with the first read; each read is told before it is sent.
    Only the unit that the port's spelling names, or else those that profiles name, are asked. Raises PortError when
    the port cannot be opened.
    """
    found: list[Found] = []
    address = parse_address(port, Transmission.RTU)
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST):
            for way in _ways(profiles, address, line):
                found += await _try(way, address, allow, tell)
                if any(one.likeness.score >= enough for one in found):
                    break
    best = {}
    for one in sorted(found, key=lambda one: one.likeness.score):
        best[one.profile.id, one.unit] = one
    return sorted(best.values(), key=lambda one: (round(one.likeness.score, 2), one.likeness.bits), reverse=True)


def _ways(profiles: Sequence[Profile], address: Address, line: LineSettings | None) -> list[_Way]:
    """One way on a network; on a serial port every line setting that a profile names, or the one given."""
    if address.framing is not Framing.RTU or address.port.startswith("tcp://"):
        return [_Way(None, address.framing, tuple(profiles))]
    ways: dict[tuple[LineSettings, Framing], list[Profile]] = {}
    for profile in profiles:
        if profile.registers is None or profile.serial is None:
            continue
        named = (profile.serial.line, *profile.serial.candidates) if line is None else (line,)
        for settings in named:
            if settings is not None:
                key = settings, Framing(profile.registers.transmission.value)
                ways.setdefault(key, []).append(profile)
    ordered = sorted(ways.items(), key=lambda item: -len(item[1]))
    return [_Way(settings, framing, tuple(some)) for (settings, framing), some in ordered]


async def _try(way: _Way, address: Address, allow: Allow, tell: Tell) -> list[Found]:
    maps = [profile.registers for profile in way.profiles if profile.registers is not None]
    settings = str(way.line) if way.line is not None else parse_port(address.port).line or None
    transport = build_transport(way.profiles[0], address.port, line=settings)
    asker = _Asker(transport, make_exchange(way.framing, maps), _timing(way.line), tell)
    await asker.open(max(one.connect_delay for one in maps))
    try:
        units = [address.unit] if address.unit is not None else sorted({COMMON_UNIT, *(one.unit for one in maps)})
        found: list[Found] = []
        for unit in units:
            with suppress(_Hopeless):
                found += await _ask_unit(way, unit, asker, allow)
        return found
    finally:
        await asker.close()


def _timing(line: LineSettings | None) -> Timing:
    gap = _PATIENCE.gap if line is None else max(_PATIENCE.gap, frame_gap(line.rate))
    return Timing(_PATIENCE.timeout, _PATIENCE.late_window, gap)


async def _ask_unit(way: _Way, unit: int, asker: _Asker, allow: Allow) -> list[Found]:
    """Every profile's reads, shared where they are the same; nothing more once the unit is taken to be absent."""
    plans = [(profile, profile.registers, _blocks(profile.registers)) for profile in way.profiles if profile.registers]
    wanted = list(dict.fromkeys(block for _, _, blocks in plans for block in blocks))
    if not wanted or not await allow(_drawn(way, read_request(unit, wanted[0])), way.profiles):
        return []
    answers = await _answers(wanted, unit, asker)
    if not answers:
        return []
    plans = [(profile, map_, _without_holes(map_, blocks, answers)) for profile, map_, blocks in plans]
    answers |= await _answers([span for _, _, spans in plans for span in spans if span not in answers], unit, asker)
    found = [Found(profile, way.line, unit, likeness(map_, spans, answers)) for profile, map_, spans in plans]
    return [one for one in found if one.likeness.score > 0.05]


async def _answers(spans: Iterable[Span], unit: int, asker: _Asker) -> dict[Span, bytes | None]:
    """The data of each span, None where it was refused; ends early when nothing at all is answered."""
    answers: dict[Span, bytes | None] = {}
    unanswered = 0
    for span in dict.fromkeys(spans):
        answer = await asker.ask(read_request(unit, span))
        if answer is not None:
            answers[span] = None if is_exception(answer) else answer[2:]
        elif (unanswered := unanswered + 1) >= _HELLOS and not answers:
            break
    return answers


def _drawn(way: _Way, request: Request) -> bytes:
    """The frame of the first request, as it would go out."""
    maps = [profile.registers for profile in way.profiles if profile.registers is not None]
    return make_exchange(way.framing, maps).send(request, _PATIENCE, 0, 0)


def _blocks(register_map: RegisterMap) -> tuple[Span, ...]:
    """The reads that tell most points."""
    plan = make_plan(register_map, register_map.points, ())
    richest = sorted(range(len(plan.blocks)), key=lambda number: -len(plan.steps[number]))[:MOST_BLOCKS]
    return tuple(plan.blocks[number] for number in sorted(richest))


def _without_holes(
    register_map: RegisterMap, blocks: Sequence[Span], answers: Mapping[Span, bytes | None]
) -> tuple[Span, ...]:
    """The blocks, a refused one as a few of its values: many instruments refuse to read across a hole."""
    values = dict.fromkeys(span for point in register_map.points for span in register_map.spans_of(point))
    spans: list[Span] = []
    for block in blocks:
        inside = [value for value in values if block.covers(value) and value != block]
        refused = block in answers and answers[block] is None
        spans += inside[:MOST_VALUES] if refused and inside else [block]
    return tuple(dict.fromkeys(spans))


class _Hopeless(PortError):  # noqa: N818 - says what is the matter
    """The port was lost, or speaks something else."""


class _Asker:
    """Asks one read after the other on an open port; what could be a late answer is never taken for another one."""

    def __init__(self, transport: Transport, exchange: Exchange, timing: Timing, tell: Tell) -> None:
        self._transport = transport
        self._exchange = exchange
        self._timing = timing
        self._tell = tell
        self._tags = count()
        self._stirred = asyncio.Event()
        self._ended: Replied | Lost | None = None
        self._hopeless = ""

    async def open(self, delay: int) -> None:
        """Open the port. Raises PortError."""
        await self._transport.open(self)
        await asyncio.sleep(delay / _SECOND)

    async def close(self) -> None:
        await self._transport.close()

    async def ask(self, request: Request) -> bytes | None:
        """The reply's PDU, an exception's too; None without a reply, or when only a gateway answered for the unit.

        Raises PortError when the port is lost or what came is no Modbus.
        """
        await self._until_free(request.unit)
        frame = self._exchange.send(request, self._timing, _now(), next(self._tags))
        self._tell(f"reading {request.span} of unit {request.unit}: sending {frame.hex(' ').upper()}")
        self._ended = None
        try:
            await self._transport.write(frame)
        except PortError as error:
            raise _Hopeless(error.sentence, error.next_step) from error
        while (ended := self._ended) is None:
            await self._wait_until(self._exchange.deadline())
            self._take(self._exchange.expire(_now()))
        if isinstance(ended, Lost) or (is_exception(ended.pdu) and ended.pdu[1] in UNIT_IS_AWAY):
            return None
        if is_exception(ended.pdu) and ended.pdu[1] != ILLEGAL_ADDRESS:
            self._tell(f"unit {request.unit} refuses {request.span}: {exception_name(ended.pdu[1])}")
        return ended.pdu

    async def _until_free(self, unit: int) -> None:
        while (at := self._exchange.free_at(unit, _now())) > _now():
            await self._wait_until(self._exchange.deadline() if at == NEVER else at)
            self._take(self._exchange.expire(_now()))

    async def _wait_until(self, at: int) -> None:
        self._stirred.clear()
        if self._hopeless:
            raise _Hopeless(self._hopeless)
        with suppress(TimeoutError):
            async with asyncio.timeout(min(1.0, max(0.0, (at - _now()) / _SECOND))):
                await self._stirred.wait()

    def _take(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            if isinstance(outcome, Replied | Lost):
                self._ended = outcome
            elif isinstance(outcome, Desynchronised):
                self._hopeless = outcome.reason
        self._stirred.set()

    # --- told by the transport ---

    def opened(self, monotonic: int, wall: int) -> None:
        del wall
        self._exchange.begin(monotonic, 0)

    def received(self, data: bytes, monotonic: int, wall: int) -> None:
        del wall
        self._take(self._exchange.receive(data, monotonic))

    def lost(self, why: str) -> None:
        self._hopeless = why
        self._stirred.set()


def _now() -> int:
    return SYSTEM_CLOCK.monotonic()
