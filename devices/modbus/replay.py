"""Play the recording of a Modbus port: what was sent and heard, at the recorded times, gives the identical readings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from devices.errors import DeviceError, ProtocolError
from devices.link import LOST, OPENED, SignalSink, Sink
from devices.modbus.address import Framing
from devices.modbus.booking import Event, Moment
from devices.modbus.exchange import Exchange
from devices.modbus.health import Health
from devices.modbus.place import make_exchange
from devices.modbus.plan import ReadPlan
from devices.modbus.registers import RegisterMap, Span, Table, Transmission
from devices.modbus.requests import Request, read_request
from devices.modbus.schedule import Cycle, Job, Member, UnitState
from devices.modbus.session import Session
from devices.modbus.tcp import TcpExchange
from devices.playback import Playback
from devices.profile.model import Profile
from devices.reading import LinkState, LinkStatus, Reading, Scan
from devices.record import Direction, Entry

_TABLES = {table.function: table for table in Table}


class Recorded(Session):
    """A session that decides nothing: it asks what the recording says was asked."""

    def _start_requests(self, now: int) -> None:
        """What is sent stands in the recording."""
        del now

    def sent_again(self, frame: bytes, note: str, now: int, utc: int) -> None:
        """A frame that was sent, with the note that says what for."""
        self.advance(now, utc)
        job = self._job(frame, note, now)
        if job is not None:
            job.cycle.under_way += 1
            self.send(job, now)

    def _job(self, frame: bytes, note: str, now: int) -> Job | None:
        request = self._request(frame)
        word, _, rest = note.partition(" ")
        name, _, source = rest.partition(" ")
        first = source.startswith("first ")
        source = source.removeprefix("first ").removeprefix("next ")
        if request is None or word not in ("poll", "ask", "check", "write"):
            return None
        cycle = self._cycle(word, name, source, request)
        if word == "write":
            cycle.write = request
            return Job(cycle, cycle.plan, -1, request, False)
        if first:
            cycle.begin(now)
        if request.span not in cycle.plan.blocks:
            cycle.plan = ReadPlan((request.span,), ((),), ())
            cycle.begin(now)
        return Job(cycle, cycle.plan, cycle.plan.blocks.index(request.span), request, False)

    def _cycle(self, word: str, name: str, source: str, request: Request) -> Cycle:
        try:
            state = self._state_of(source, request.unit)
            if word != "poll":
                quiet = word == "check"
                return self._asked_before(state, name, quiet) or self._asked_now(state, name, quiet)
            return next(cycle for cycle in self.schedule.cycles if cycle.state is state and _is_of(cycle, name))
        except (KeyError, StopIteration):
            return _stranger(source, request.unit)

    def _state_of(self, source: str, unit: int) -> UnitState:
        """The member a request was for; a single one may bear another name than when it was recorded."""
        only = self.schedule.units[0]
        if len(self.schedule.units) == 1 and only.member.unit == unit:
            return only
        return self.unit(source)

    def _asked_before(self, state: UnitState, name: str, quiet: bool) -> Cycle | None:
        for cycle in self._asked:
            unfinished = any(image is None for image in cycle.images)
            if cycle.state is state and cycle.points[0].name == name and cycle.quiet is quiet and unfinished:
                return cycle
        return None

    def _asked_now(self, state: UnitState, name: str, quiet: bool) -> Cycle:
        cycle = self.asked_cycle(state, name, None)
        cycle.quiet = quiet
        self._asked = [*self._asked[-8:], cycle]
        return cycle

    _asked: Sequence[Cycle] = ()

    def _request(self, frame: bytes) -> Request | None:
        taken = take_apart(frame, self._exchange)
        if taken is None:
            return None
        unit, pdu = taken
        table = _TABLES.get(pdu[0])
        if table is None:
            return Request(unit, Span(Table.HOLDING, int.from_bytes(pdu[1:3], "big"), 1), pdu, pdu[:5], 5)
        count = int.from_bytes(pdu[3:5], "big")
        if len(pdu) != 5 or not 1 <= count <= table.protocol_limit:
            return None
        return read_request(unit, Span(table, int.from_bytes(pdu[1:3], "big"), count))


def take_apart(frame: bytes, exchange: Exchange) -> tuple[int, bytes] | None:
    """Unit and PDU of a frame that was sent; tells a TCP exchange its transaction. None when it is no request."""
    if isinstance(exchange, TcpExchange):
        if len(frame) < 12:
            return None
        exchange.resume(int.from_bytes(frame[:2], "big"))
        return frame[6], frame[7:]
    if frame[:1] == b":":
        try:
            frame = bytes.fromhex(frame[1:].strip().decode("ascii")) + b"\x00"
        except ValueError:
            return None
    return (frame[0], frame[1:-2]) if len(frame) >= 8 else None


def _is_of(cycle: Cycle, name: str) -> bool:
    return cycle.group is not None and cycle.group.name == name


def _stranger(source: str, unit: int) -> Cycle:
    """A neighbour on the wire whose profile was not given: its replies are followed, not read."""
    nothing = RegisterMap(unit, Transmission.RTU, (), ())
    return Cycle(UnitState(Member(source, unit, nothing), Health()), None, (), ReadPlan((), (), ()))


class ModbusReplayLink(Playback):
    """The recording of a Modbus port: of `members`, or of the profile's one instrument."""

    def __init__(
        self,
        profile: Profile,
        port: str,
        path: Path,
        speed: float,
        *,
        source: str,
        sink: Sink,
        signals: SignalSink | None = None,
        framing: Framing | None = None,
        members: Sequence[Member] = (),
    ) -> None:
        if profile.registers is None:
            raise ProtocolError(f"{profile.id} is no register profile.", "Give one with a [modbus] table.")
        super().__init__(profile, port, path, speed, source=source, sink=sink, signals=signals)
        self._framing = framing
        self._members = tuple(members) or (Member(source, profile.registers.unit, profile.registers),)
        self._session: Recorded | None = None

    def _entry(self, entry: Entry) -> None:
        now, utc = entry.monotonic, entry.wall
        word = entry.note.partition(" ")[0]
        if entry.direction is Direction.OUT:
            session = self._session or self._make(framing_of(entry.data), now, utc)
            session.sent_again(entry.data, entry.note, now, utc)
        elif self._session is None:
            return  # bytes before the first request say nothing of their framing
        elif entry.direction is Direction.IN:
            self._session.receive(entry.data, now, utc)
        elif word == LOST:
            self._session.disconnected("the port was lost", now, utc)
            self._set(LinkStatus.ERROR, "the port was lost", utc)
        elif word == OPENED:
            self._set(LinkStatus.READY, "the port was open", utc)

    def _make(self, framing: Framing, now: int, utc: int) -> Recorded:
        """The session, once the first frame that was sent shows how frames are drawn."""
        registers = [member.registers for member in self._members]
        exchange = make_exchange(self._framing or framing, registers)
        self._session = Recorded(
            self._members, exchange, port=self.port, write=_nowhere, sink=self._told, settle=_nobody
        )
        self._session.connected(now, utc)
        self._set(LinkStatus.READY, "the port was open", utc)
        return self._session

    def _told(self, event: Event) -> None:
        if isinstance(event, Scan):
            if self._signals is not None:
                self._signals(event)
        elif not isinstance(event, LinkState):
            self._sink(event)


def framing_of(frame: bytes) -> Framing:
    """How a request that was sent is drawn: a colon, a Modbus TCP header that fits its length, or else RTU."""
    if frame[:1] == b":":
        return Framing.ASCII
    is_tcp = len(frame) >= 12 and frame[2:4] == b"\x00\x00" and int.from_bytes(frame[4:6], "big") == len(frame) - 6
    return Framing.TCP if is_tcp else Framing.RTU


def _nowhere(_frame: bytes, _note: str, _moment: Moment) -> None:
    """A recording sends nothing."""


def _nobody(_ticket: int, _result: Reading | DeviceError | None) -> None:
    """Nobody waits for what was asked then."""
