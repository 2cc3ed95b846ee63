"""Find out which instrument is on a port: listen first, and ask only what is safe and only after being allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from devices.decode import KNOWN
from devices.errors import PortError
from devices.profile.model import LineSettings, Profile
from devices.reading import Discarded, Quality, Reading, Scan, Signal, Trigger
from devices.session import MILLISECOND, Session
from devices.transports import build_transport, parse_port

ENOUGH = 0.9
LONGEST_WAIT = 1.5
MOST_BYTES = 65536
_COMMON = ("9600 8N1", "4800 7E2", "9600 7E2", "19200 8N1", "115200 8N1", "2400 8N1", "1200 7O1")
_WEIGHT = {"good": 1.0, "error": 0.6, "scan": 0.3, "signal": 0.6, "known": 0.3}

Allow = Callable[[bytes, Sequence[Profile]], Awaitable[bool]]
"""Asked before anything is sent: the bytes, and the profiles whose safe request they are."""


@dataclass(frozen=True, slots=True)
class Guess:
    """How well a profile explains what was heard: `score` is the share of bytes that its records account for (0 to 1).

    `bits` tells how much the matching patterns demand: of two that explain everything, the stricter one is right.
    For a register instrument `score` is the share of its points that are plausible, doubted where little could have
    denied it, and `unit` the one that answered.
    """

    profile: Profile
    line: LineSettings | None
    score: float
    bits: float
    readings: int
    asked: bool
    sample: str
    unit: int | None = None


class _Ear:
    """Collects what a port says."""

    def __init__(self) -> None:
        self.pieces: list[tuple[bytes, int, int]] = []
        self.size = 0
        self.lost_because = ""

    def opened(self, monotonic: int, wall: int) -> None:
        del monotonic, wall
        self.pieces.clear()
        self.size = 0

    def received(self, data: bytes, monotonic: int, wall: int) -> None:
        if self.size < MOST_BYTES:
            self.pieces.append((data, monotonic, wall))
            self.size += len(data)

    def lost(self, why: str) -> None:
        self.lost_because = why


async def probe(
    profiles: Sequence[Profile],
    port: str,
    *,
    seconds: float = 3.0,
    line: str | None = None,
    allow: Allow | None = None,
    tell: Callable[[str], None] | None = None,
) -> list[Guess]:
    """Guesses, best first. Listens `seconds` at each line setting; sends only what `allow` agrees to.

    Register instruments never speak unasked: their profiles are tried last, with reads alone, or at once where the
    port's spelling is theirs (`rtu-tcp://`, `?unit=`). Raises PortError when the port cannot be opened at all.
    """
    if _is_of_registers(port):
        return await _registers(profiles, port, line, allow, tell)
    if parse_port(port).kind == "wedge":
        raise PortError("Only the window hears a keyboard.", "Scan or measure on its station page.")
    candidates = [profile for profile in profiles if profile.framing is not None]
    guesses: list[Guess] = []
    for settings in _lines(candidates, port, line):
        if tell is not None:
            tell(f"listening at {settings}" if settings else "listening")
        guesses += await _try(candidates, port, settings, seconds, allow, tell)
        if any(guess.score >= ENOUGH and guess.readings for guess in guesses):
            break
    best: dict[str, Guess] = {}
    for guess in guesses:
        known = best.get(guess.profile.id)
        if known is None or _rank(guess) > _rank(known):
            best[guess.profile.id] = guess
    ranked = sorted(best.values(), key=_rank, reverse=True)
    if ranked and ranked[0].score >= ENOUGH:
        return ranked
    return sorted([*ranked, *await _registers(profiles, port, line, allow, tell)], key=_rank, reverse=True)


def _is_of_registers(port: str) -> bool:
    """Whether only a register instrument's port is spelled so."""
    from devices.modbus.address import parse_address
    from devices.modbus.registers import Transmission

    address = parse_address(port, Transmission.RTU)
    return address.unit is not None or address.port != port.strip()


async def _registers(
    profiles: Sequence[Profile],
    port: str,
    line: str | None,
    allow: Allow | None,
    tell: Callable[[str], None] | None,
) -> list[Guess]:
    """Guesses among register profiles; none without leave to send."""
    from devices.modbus.probe import probe_registers
    from devices.profile.load import parse_line_settings

    candidates = [profile for profile in profiles if profile.registers is not None]
    if allow is None or not candidates:
        return []
    found = await probe_registers(
        candidates,
        port,
        line=parse_line_settings(line) if line else None,
        allow=allow,
        tell=tell or (lambda _: None),
        enough=ENOUGH,
    )
    return [
        Guess(
            one.profile,
            one.line,
            one.likeness.score,
            one.likeness.bits,
            one.likeness.values,
            True,
            one.likeness.sample,
            one.unit,
        )
        for one in found
    ]


def _rank(guess: Guess) -> tuple[float, float]:
    return round(guess.score, 2), guess.bits


def _lines(profiles: Iterable[Profile], port: str, line: str | None) -> list[LineSettings | None]:
    """Settings to try: the one given, or every one that profiles name, common ones first; one pass on a network."""
    from devices.profile.load import parse_line_settings

    if parse_port(port).kind in ("tcp", "tcp-listen", "udp", "udp-listen"):
        return [None]
    if line:
        return [parse_line_settings(line)]
    named = {
        settings
        for profile in profiles
        if profile.serial is not None
        for settings in (profile.serial.line, *profile.serial.candidates)
        if settings is not None
    }
    common = [parse_line_settings(text) for text in _COMMON]
    return [*common, *sorted(named - set(common), key=str)]


async def _try(
    profiles: Sequence[Profile],
    port: str,
    settings: LineSettings | None,
    seconds: float,
    allow: Allow | None,
    tell: Callable[[str], None] | None,
) -> list[Guess]:
    ear = _Ear()
    neutral = profiles[0]
    transport = build_transport(neutral, port, line=str(settings) if settings else None)
    await transport.open(ear)
    try:
        await _listen(ear, seconds)
        guesses = _score(profiles, ear.pieces, settings, asked=False)
        if allow is not None and not guesses:
            for data, askers in _requests(profiles, settings).items():
                if not await allow(data, askers):
                    continue
                if tell is not None:
                    tell(f"asking {data!r}")
                ear.opened(0, 0)
                with suppress(PortError):
                    await transport.write(data)
                await _listen(ear, LONGEST_WAIT, until_quiet=True)
                guesses += _score(askers, ear.pieces, settings, asked=True)
                if any(guess.score >= ENOUGH for guess in guesses):
                    break
        return guesses
    finally:
        await transport.close()


async def _listen(ear: _Ear, seconds: float, *, until_quiet: bool = False) -> None:
    """Wait `seconds`, or (`until_quiet`) only until an answer has come and ended."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    size = -1
    while loop.time() < end and not ear.lost_because:
        await asyncio.sleep(min(0.1, seconds))
        if until_quiet and ear.size and ear.size == size:
            return
        size = ear.size


def _requests(profiles: Iterable[Profile], settings: LineSettings | None) -> dict[bytes, list[Profile]]:
    """Safe requests for the first channel of each profile that may be at these settings, with who shares them."""
    found: dict[bytes, list[Profile]] = {}
    for profile in profiles:
        request = profile.request
        if request is None or not request.safe or not request.read or not _fits(profile, settings):
            continue
        data = request.read.replace("{channel}", request.channels[0]).encode("latin-1")
        found.setdefault(data, []).append(profile)
    return found


def _fits(profile: Profile, settings: LineSettings | None) -> bool:
    if settings is None or profile.serial is None:
        return True
    return profile.serial.line is None or settings in (profile.serial.line, *profile.serial.candidates)


def _score(
    profiles: Iterable[Profile], pieces: Sequence[tuple[bytes, int, int]], settings: LineSettings | None, *, asked: bool
) -> list[Guess]:
    total = sum(_substance(data) for data, _, _ in pieces)
    if not total:
        return []
    guesses = [_explain(profile, pieces, total, settings, asked=asked) for profile in profiles]
    return [guess for guess in guesses if guess.score > 0.05]


def _explain(
    profile: Profile,
    pieces: Sequence[tuple[bytes, int, int]],
    total: int,
    settings: LineSettings | None,
    *,
    asked: bool,
) -> Guess:
    session = Session(profile, "probe")
    _, first, wall = pieces[0]
    session.opened(first, wall, 0)
    if asked and profile.request is not None:
        channel = profile.request.channels[0]
        session.sent(f"{Trigger.REQUEST.value} {channel}", first)
    heard = [one for data, now, then in pieces for one in session.received(data, now, then)]
    gap = profile.framing.gap_ms * MILLISECOND if profile.framing is not None else 0
    heard += session.tick(pieces[-1][1] + gap)
    explained, readings, sample = 0.0, 0, ""
    seen: set[tuple[int, bytes]] = set()
    for one in heard:
        place = (one.observed_at, one.raw)
        if place in seen:
            continue
        seen.add(place)
        kind = _kind(one)
        explained += _WEIGHT.get(kind, 0.0) * _substance(one.raw)
        if kind == "good" and isinstance(one, Reading):
            readings += 1
            sample = sample or f"{one.value} {one.unit or ''}".strip()
        elif kind == "scan" and isinstance(one, Scan):
            readings += 1
            sample = sample or one.text
    bits = max((record.pattern.bits for record in profile.records), default=0.0)
    return Guess(profile, settings, min(1.0, explained / total), bits, readings, asked, sample)


def _substance(data: bytes) -> int:
    """Bytes that say something: line ends are nobody's."""
    return len(data.translate(None, b"\r\n"))


def _kind(one: Reading | Discarded | Scan | Signal) -> str:
    if isinstance(one, Reading):
        return "" if not one.raw else "error" if one.quality is Quality.BAD else "good"
    if isinstance(one, Scan):
        return "scan"
    if isinstance(one, Signal):
        return "signal"
    return "known" if one.reason.startswith(KNOWN) else ""
