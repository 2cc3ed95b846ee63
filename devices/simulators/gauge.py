"""A simulated byte instrument, made from its profile: what it sends by itself and what it answers. Does no I/O."""

from __future__ import annotations

import random
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from devices.errors import ProfileError
from devices.framing import build_framer
from devices.profile.model import Profile
from devices.profile.templates import fill
from devices.simulators.faults import ALWAYS, NEEDS_TEXT, Fault

Piece = tuple[float, bytes]
"""Seconds to wait, then bytes to send in one write."""

_SPOILED = frozenset({Fault.GARBAGE, Fault.TRUNCATE, Fault.PARITY, Fault.ERROR, Fault.OVERLOAD, Fault.MENU})
_LONGEST_REQUEST = 256
LONGEST_LOG = 100_000


@dataclass(frozen=True, slots=True)
class Sent:
    """One record that was to be sent: `wire` is empty when a fault swallowed it, `usable` when none spoiled it."""

    number: int
    channel: str
    value: Decimal
    fault: Fault | None
    usable: bool
    wire: bytes


class GaugeSimulator:
    """Plays the instrument of a profile with given values, and with faults at given rates (0 to 1).

    The same seed plays the same, byte for byte. `log` holds the last 100,000 records in order; `counts` adds all up.
    """

    def __init__(
        self,
        profile: Profile,
        values: Iterable[Decimal],
        *,
        seed: int = 0,
        faults: Mapping[Fault, float] | None = None,
    ) -> None:
        if profile.framing is None or profile.simulate is None:
            raise ProfileError(f"{profile.id} says nothing about simulating it.", "Add a [simulate] table to it.")
        self.profile = profile
        self._simulation = profile.simulate
        self._values: Iterator[Decimal] = iter(values)
        self._coming = next(self._values, None)
        self._random = random.Random(seed)
        self._faults = dict(faults or {})
        self._framer = build_framer(profile.framing)
        self._nibbles = profile.framing.kind == "nibbles"
        self._inbox = b""
        self._held = b""
        self._drift = Decimal(0)
        self._unfinished = False
        self._request = _request_pattern(profile)
        self._number = 0
        self.last: Decimal | None = None
        self.log: deque[Sent] = deque(maxlen=LONGEST_LOG)
        self.counts: Counter[str] = Counter()
        self._check_faults()

    def _check_faults(self) -> None:
        for fault in self._faults:
            if fault in NEEDS_TEXT and fault.value not in self._simulation.faults:
                raise ProfileError(
                    f"{self.profile.id} gives no text for the fault '{fault.value}'.",
                    f"It has: {', '.join(sorted(self._simulation.faults)) or 'none'}.",
                )
            if fault is Fault.UNIT and not self._simulation.other_unit:
                raise ProfileError(f"{self.profile.id} sends no unit that could change.", "Choose another fault.")

    @property
    def finished(self) -> bool:
        """Whether the values are used up."""
        return self._coming is None

    # --- what it does ---

    def press(self, channel: str = "") -> list[Piece]:
        """The data button: the next record, unasked. Nothing once the values are used up."""
        return self._record(channel or self._default_channel(), asked=False)

    def heard(self, data: bytes) -> list[Piece]:
        """Bytes from the host: what is answered, in order."""
        if self._request is None:
            return []
        self._inbox = (self._inbox + data)[-_LONGEST_REQUEST:]
        pieces: list[Piece] = []
        while True:
            found = self._request.search(self._inbox)
            if found is None:
                return pieces
            self._inbox = self._inbox[found.end() :]
            channel = found.groupdict().get("channel", b"").decode("latin-1") or self._default_channel()
            self.counts["requests"] += 1
            if self._simulation.echo:
                pieces.append((0.0, found[0]))
            pieces.extend(self._record(channel, asked=True))

    def _default_channel(self) -> str:
        request = self.profile.request
        return request.channels[0] if request is not None else "1"

    # --- one record ---

    def _next_value(self) -> Decimal | None:
        value, self._coming = self._coming, next(self._values, None)
        if value is None:
            return None
        if Fault.NOISE in self._faults:
            value += Decimal(str(round(self._random.gauss(0, 0.02), 4)))
        if Fault.DRIFT in self._faults:
            self._drift += Decimal("0.0005")
            value += self._drift
        return value

    def _record(self, channel: str, *, asked: bool) -> list[Piece]:
        value = self._next_value()
        if value is None:
            return []
        self._number += 1
        fault = self._strike()
        delay = self._delay(asked, fault)
        good = self._frame(channel, value)
        wire = self._spoil(good, fault, channel, value)
        usable = bool(wire) and fault not in _SPOILED and not (fault is Fault.LATE and asked)
        if self._unfinished and fault not in (Fault.IDENT, Fault.EVENT):  # their own text takes the damage
            usable = False
        if wire:
            self._unfinished = fault in (Fault.GARBAGE, Fault.TRUNCATE) and self._hangs(wire)
        self.last = value
        self.log.append(Sent(self._number, channel, value, fault, usable, wire))
        self.counts["records"] += 1
        self.counts["usable"] += usable
        if fault is not None:
            self.counts[fault.value] += 1
        return self._pieces(wire, delay, fault)

    def _hangs(self, wire: bytes) -> bool:
        """Whether something is left behind the last end of record, which spoils what comes next."""
        framing = self.profile.framing
        if framing is None or framing.kind != "line":
            return False  # such framings find the next record by themselves
        ends = b"\r\n" if framing.end == b"any" else framing.end
        tail = wire.replace(b"\r", b"\n").rpartition(b"\n")[2] if framing.end == b"any" else wire.rpartition(ends)[2]
        return bool(tail.strip(framing.strip) if framing.strip else tail)

    def _strike(self) -> Fault | None:
        for fault, rate in self._faults.items():
            if fault in (Fault.NOISE, Fault.DRIFT):
                continue
            if self._random.random() < rate:
                return fault
        return None

    def _delay(self, asked: bool, fault: Fault | None) -> float:
        if not asked:
            return 0.0
        low, high = self._simulation.delay_ms
        request = self.profile.request
        if fault is Fault.SLOW and request is not None:
            return request.timeout_ms * 0.0008
        if fault is Fault.LATE and request is not None:
            return (request.timeout_ms + request.late_window_ms * self._random.uniform(0.1, 0.7)) / 1000
        return self._random.uniform(low, high) / 1000

    def _text(self, template: str, channel: str, value: Decimal, unit: str = "") -> bytes:
        text = fill(template, value, channel=channel, unit=unit or self._simulation.unit, number=self._number)
        return self._framer.encode(text.encode("latin-1"))

    def _frame(self, channel: str, value: Decimal) -> bytes:
        return self._text(self._simulation.reply, channel, value)

    def _spoil(self, good: bytes, fault: Fault | None, channel: str, value: Decimal) -> bytes:
        if fault in (Fault.DROPOUT, Fault.MENU):
            return b""
        if fault is Fault.GARBAGE:
            return self._random.randbytes(self._random.randint(1, 40))
        if fault is Fault.TRUNCATE:
            return good[: self._random.randint(1, max(1, len(good) - 2))]
        if fault is Fault.PARITY:
            place = self._random.randrange(max(1, len(good) - 2))
            lost = b"\xff" if self._nibbles else b"\0"
            return good[:place] + lost + good[place + 1 :]
        if fault is Fault.PREFIX:
            return self._random.choice((b"\0", b"\xff")) + good
        if fault in (Fault.ERROR, Fault.OVERLOAD):
            return self._text(self._simulation.faults[fault.value], channel, value)
        if fault in (Fault.IDENT, Fault.EVENT):
            return self._text(self._simulation.faults[fault.value], channel, value) + good
        if fault is Fault.UNIT:
            return self._text(self._simulation.reply, channel, value, self._simulation.other_unit)
        if fault is Fault.BUTTON:
            return good + good
        return good

    def _pieces(self, wire: bytes, delay: float, fault: Fault | None) -> list[Piece]:
        held, self._held = self._held, b""
        if fault is Fault.GLUE:
            self._held = held + wire
            return []
        wire = held + wire
        if not wire:
            return []
        if fault is not Fault.SPLIT or len(wire) < 2:
            return [(delay, wire)]
        cuts = sorted(self._random.sample(range(1, len(wire)), min(len(wire) - 1, self._random.randint(1, 4))))
        starts, ends = [0, *cuts], [*cuts, len(wire)]
        pieces = [wire[start:end] for start, end in zip(starts, ends, strict=True)]
        return [(delay if index == 0 else 0.004, piece) for index, piece in enumerate(pieces)]

    def rest(self) -> list[Piece]:
        """What a glued record still holds back."""
        held, self._held = self._held, b""
        return [(0.0, held)] if held else []


def parse_fault(text: str) -> tuple[Fault, float]:
    """`late` or `late:0.25` as a fault and its rate. Raises ProfileError."""
    name, colon, rate = text.partition(":")
    try:
        fault = Fault(name)
        share = float(rate) if colon else (1.0 if fault in ALWAYS else 0.1)
    except ValueError as error:
        known = ", ".join(fault.value for fault in Fault)
        raise ProfileError(f"'{text}' is no fault.", f"Faults: {known}; a rate may follow, like late:0.25.") from error
    if not 0 <= share <= 1:
        raise ProfileError(f"The rate of '{text}' must be between 0 and 1.", "Write for instance late:0.25.")
    return fault, share


def wander(nominal: Decimal, spread: Decimal, places: int, seed: int) -> Iterator[Decimal]:
    """Values without end, scattered normally around a nominal one, rounded to `places` decimals."""
    source = random.Random(seed ^ 0x5EED)
    while True:
        yield round(nominal + spread * Decimal(repr(round(source.gauss(0, 1), 6))), places)


def _request_pattern(profile: Profile) -> re.Pattern[bytes] | None:
    request = profile.request
    if request is None or not request.read:
        return None
    names = "|".join(re.escape(channel) for channel in sorted(request.channels, key=len, reverse=True))
    parts = [re.escape(part) for part in request.read.split("{channel}")]
    pattern, first = parts[0], True
    for part in parts[1:]:
        pattern += (f"(?P<channel>{names})" if first else "(?P=channel)") + part
        first = False
    return re.compile(pattern.encode("latin-1"), re.DOTALL)
