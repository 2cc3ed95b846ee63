"""What `sinebar instruments simulate` and `listen` do: run a simulator or a link until it is enough."""

from __future__ import annotations

import asyncio
import itertools
import signal
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from devices import Poll, Profile, RawJournal, open_link
from devices.gateway.address import account_of, is_server
from devices.gateway.credential import SignIn, nobody
from devices.reading import Discarded, LinkState, LinkStatus, Reading, Scan, Signal
from devices.simulators.gauge import GaugeSimulator, parse_fault, wander
from devices.simulators.serve import Playing, build_endpoint
from workstation.cli import output, streams
from workstation.errors import CallIsWrong


@dataclass(frozen=True, slots=True)
class Play:
    """How a simulator is to play."""

    values: Path | None
    column: str
    count: int
    rate: float
    channel: str
    nominal: str
    spread: str
    faults: tuple[str, ...]
    seed: int
    stay: bool


@dataclass(frozen=True, slots=True)
class Listening:
    """How long to listen, and how the instrument is asked."""

    count: int
    seconds: float
    line: str | None
    request: str | None
    every: float
    stream: bool
    record: Path | None


def read_column(path: Path, column: str) -> list[Decimal]:
    """The numbers of one column of a CSV file, the last where none is named, exactly as written. Raises Expected."""
    from workstation.exchange.csv_table import read_table

    table = read_table(path)
    return table.decimals(column or table.names[-1])


def play(profile: Profile, port: str, settings: Play) -> None:
    """Play a profile's instrument until its values are used up or the process is told to end."""
    asyncio.run(
        _play(profile, port, settings) if profile.registers is None else _play_registers(profile, port, settings)
    )


async def _play(profile: Profile, port: str, settings: Play) -> None:
    simulator = GaugeSimulator(
        profile, _values(settings), seed=settings.seed, faults=dict(map(parse_fault, settings.faults))
    )
    playing = Playing(simulator, build_endpoint(port), rate=settings.rate, channel=settings.channel)
    name = await playing.open()
    try:
        await _until_told(playing.run(stay=settings.stay), {"event": "open", "port": name, "profile": profile.id})
    finally:
        await playing.close()
    counts = {"records": 0, "usable": 0, "requests": 0} | dict(simulator.counts)
    output.print_json({"event": "end", "port": name, **counts})


async def _play_registers(profile: Profile, port: str, settings: Play) -> None:
    """A register instrument plays its points' own values, and only answers: there is no pace and no list of values."""
    from devices.simulators.modbus import simulate

    def ready(name: str) -> None:
        output.print_json({"event": "open", "port": name, "profile": profile.id})

    faults = dict(map(parse_fault, settings.faults))
    await _until_told(simulate(profile, port, seed=settings.seed, faults=faults, ready=ready))
    output.print_json({"event": "end", "port": port})


def _values(settings: Play) -> Iterator[Decimal]:
    if settings.values is not None:
        numbers: Iterator[Decimal] = iter(read_column(settings.values, settings.column))
    else:
        try:
            nominal, spread = Decimal(settings.nominal), Decimal(settings.spread)
        except InvalidOperation as error:
            raise CallIsWrong(
                "--nominal and --spread must be decimal numbers.", "Write for instance 10.000."
            ) from error
        places = max(0, -int(nominal.as_tuple().exponent))
        numbers = wander(nominal, spread, places, settings.seed)
    return itertools.islice(numbers, settings.count) if settings.count else numbers


async def _until_told(work: Coroutine[None, None, None], first: dict[str, object] | None = None) -> None:
    """Run until done, or until the process is told to end; `first` is printed once that would be heard."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows' loop knows no signal handlers; Ctrl-C interrupts it instead
            loop.add_signal_handler(number, task.cancel)
    if first is not None:
        output.print_json(first)
    with suppress(asyncio.CancelledError):
        await task


def listen_to(profile: Profile, port: str, settings: Listening, home: Path) -> int:
    """Print readings until it is enough; gives their number. At a server it signs in with what `home` keeps.

    Raises CallIsWrong for a port that only a window hears.
    """
    if port.strip() == "wedge:":
        raise CallIsWrong("Only the window hears a keyboard.", "Measure on its station page.")
    if settings.request and not (profile.request or profile.registers or is_server(port)):
        raise CallIsWrong(f"{profile.title} cannot be asked.", "Leave --request away and press its data button.")
    listener = _Listener(settings, _sign_in(port, home))
    asyncio.run(listener.run(profile, port))
    return listener.heard


def _sign_in(port: str, home: Path) -> SignIn:
    if not is_server(port):
        return nobody
    from workstation.line.credentials import sign_in_at

    return sign_in_at(home, account_of(port))


class _Listener:
    def __init__(self, settings: Listening, sign_in: SignIn) -> None:
        self._settings = settings
        self._sign_in = sign_in
        self._enough = asyncio.Event()
        self.heard = 0

    async def run(self, profile: Profile, port: str) -> None:
        settings = self._settings
        polls = (Poll(settings.request, round(settings.every * 1e9)),) if settings.request else ()
        journal = RawJournal(settings.record) if settings.record is not None else None
        link = open_link(
            profile,
            port,
            source=profile.id,
            sink=self._tell,
            raw_journal=journal,
            line=settings.line,
            polls=polls,
            stream=settings.stream,
            signals=self._tell,
            sign_in=self._sign_in,
        )
        running = asyncio.ensure_future(link.run())
        try:
            await _until_told(self._wait(running))
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            if journal is not None:
                journal.close()

    async def _wait(self, running: asyncio.Future[None]) -> None:
        enough = asyncio.ensure_future(self._enough.wait())
        await asyncio.wait(
            (running, enough), timeout=self._settings.seconds or None, return_when=asyncio.FIRST_COMPLETED
        )
        enough.cancel()
        if running.done():
            running.result()

    def _tell(self, what: Reading | LinkState | Discarded | Scan | Signal) -> None:
        if self._enough.is_set():
            return
        if isinstance(what, LinkState):
            self._tell_state(what)
            return
        output.print_json(describe(what))
        if isinstance(what, Reading | Scan):
            self.heard += 1
        if self.heard == self._settings.count > 0 or not streams.is_heard():
            self._enough.set()

    def _tell_state(self, state: LinkState) -> None:
        output.print_json({"event": "state", "status": state.status.value, "detail": state.detail})
        if state.status is LinkStatus.SILENT and state.detail.startswith("the recording has ended"):
            self._enough.set()


def describe(what: Reading | Discarded | Scan | Signal) -> dict[str, object]:
    """One heard thing as a JSON object; `raw` shows the bytes as text, `hex` exactly."""
    told: dict[str, object] = {"event": type(what).__name__.lower(), "source": what.source}
    if isinstance(what, Reading):
        told |= {
            "channel": what.channel,
            "value": str(what.value) if what.value is not None else None,
            "unit": what.unit,
            "quality": what.quality.value,
            "reason": what.reason,
            "trigger": what.trigger.value,
        }
    elif isinstance(what, Scan):
        told |= {"channel": what.channel, "text": what.text, "symbology": what.symbology}
    elif isinstance(what, Signal):
        told |= {"channel": what.channel, "what": what.what}
    else:
        told["reason"] = what.reason
    when = datetime.fromtimestamp(what.observed_at / 1e9, UTC).isoformat()
    return told | {"observed_at": when, "raw": what.raw.decode("latin-1"), "hex": what.raw.hex()}
