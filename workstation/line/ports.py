"""The ports of a station: a link for each gauge, and one for all Modbus instruments that share a wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from devices import AnyLink, Link, Profile, RawJournal, open_link
from devices.errors import DeviceError, ProfileError
from devices.profile.library import Library
from devices.reading import Discarded, LinkState, Reading, Scan, Signal
from resources import ROOT
from workstation.catalog.values import Gauge, GaugeStatus
from workstation.errors import CallIsWrong
from workstation.line.obstacles import Standing, obstacles, unread_profile
from workstation.line.servers import Bound, Servers

Event = Reading | LinkState | Discarded | Scan | Signal
Sink = Callable[[Event], None]
WEDGE = "wedge:"
"""The port of an instrument that types into the window."""
LOOK_AGAIN = 5.0
"""Seconds between two looks whether a profile that could not be read was mended."""
Authorise = Callable[[str, str, Decimal], str]
"""Given source, channel and value: why this may not be written, or nothing."""


class Requests(Protocol):
    """Asks one instrument for one reading, which then goes to the sink."""

    async def __call__(self, channel: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Wire:
    """One link and the instruments on it: the gauges it was made of, how each is asked, and its profile."""

    link: AnyLink
    gauges: tuple[Gauge, ...]
    requests: dict[str, Requests]
    profiles: dict[str, Profile]
    bound: tuple[tuple[Bound, ...], ...] = ()
    """Of a server: what the plan binds of each of its gauges."""

    def channels(self, source: str) -> tuple[str, ...]:
        """The channels an instrument can be asked for; none where it only sends by itself."""
        profile = self.profiles[source]
        if self.link.port.startswith(("replay:", WEDGE)) or isinstance(self.link, Standing):
            return ()
        if profile.registers is not None:
            return tuple(point.name for point in profile.registers.points)
        if profile.server is not None and profile.server.kind == "opc-ua":
            return tuple(one.channel for some in self.bound for one in some)
        return () if profile.request is None else profile.request.channels

    def missed(self, source: str) -> int:
        """Poll cycles of an instrument that could not begin in time."""
        return sum(count for (owner, _), count in self.link.missed.items() if owner == source)

    @property
    def names(self) -> frozenset[str]:
        """What its bytes and readings may carry as their source."""
        return frozenset({self.link.source, *(gauge.source for gauge in self.gauges)})


def library(home: Path) -> Library:
    """The station's own profiles, then those that came with Sinebar."""
    return Library([home / "profiles", ROOT / "profiles"])


def group(gauges: Iterable[Gauge], profiles: Library, servers: Servers | None = None) -> list[tuple[Gauge, ...]]:
    """Gauges that one link must serve: each alone, register instruments by the wire, Sparkplug devices by their node.

    Raises ProfileError for a missing or wrong profile, PortError for a port that is spelled wrong.
    """
    wires: dict[object, list[Gauge]] = {}
    for gauge in in_use(gauges):
        wires.setdefault(_wire_of(gauge, profiles.load(gauge.profile), servers), []).append(gauge)
    return [tuple(members) for members in wires.values()]


def in_use(gauges: Iterable[Gauge]) -> list[Gauge]:
    """Those that are not retired, the one laid down first before the others, so that it keeps its port.

    They have no version: what was only noted about a gauge must not open its port anew.
    """
    chosen = [replace(gauge, version=0) for gauge in gauges if gauge.status is not GaugeStatus.RETIRED]
    return sorted(chosen, key=lambda gauge: gauge.id)


def _wire_of(gauge: Gauge, profile: Profile, servers: Servers | None) -> object:
    if profile.server is not None and servers is not None:
        return servers.wire_of(gauge, profile.server)
    if profile.registers is None:
        return gauge.id
    from devices.modbus.address import parse_address

    address = parse_address(gauge.port, profile.registers.transmission)
    return address.port, address.framing


def open_wire(
    members: tuple[Gauge, ...],
    profiles: Library,
    sink: Sink,
    raw: RawJournal | None,
    authorise: Authorise | None = None,
    servers: Servers | None = None,
) -> Wire:
    """Make the link for one group; its `run` opens the port. `authorise` is asked before anything is written to it."""
    first = members[0]
    profile = profiles.load(first.profile)
    if profile.server is not None and servers is not None:
        return _open_server(members, {gauge.source: profiles.load(gauge.profile) for gauge in members}, sink, servers)
    if profile.registers is None:
        link = open_link(profile, first.port, source=first.source, sink=sink, raw_journal=raw, signals=sink)
        return Wire(link, members, {first.source: link.request}, {first.source: profile})
    from devices.modbus.link import ModbusLink

    known = {gauge.source: profiles.load(gauge.profile) for gauge in members}
    bus = ModbusLink.gateway(
        [(gauge.source, known[gauge.source], gauge.port) for gauge in members],
        sink=sink,
        raw_journal=raw,
        authorise=authorise,
    )
    return Wire(bus, members, {gauge.source: _asker(bus, gauge.source) for gauge in members}, known)


def stand(members: tuple[Gauge, ...], profiles: Library, sink: Sink, why: DeviceError) -> Wire:
    """A wire that is never opened, of gauges that cannot be read as they are laid down: it says `why`."""
    known: dict[str, Profile] = {}
    for gauge in members:
        known[gauge.source] = unread_profile(gauge.profile)
        with suppress(ProfileError):
            known[gauge.source] = profiles.load(gauge.profile)
    link = Standing({gauge.source: gauge.port for gauge in members}, why, sink)
    return Wire(link, members, {gauge.source: link.request for gauge in members}, known)


def _open_server(members: tuple[Gauge, ...], known: dict[str, Profile], sink: Sink, servers: Servers) -> Wire:
    maps = [server for profile in known.values() if (server := profile.server) is not None]
    link: AnyLink
    if maps[0].kind == "opc-ua":
        link = servers.open_opcua(members[0], maps[0], sink)
    else:
        link = servers.open_sparkplug(members, maps, sink)
    return Wire(link, members, {gauge.source: link.request for gauge in members}, known, servers.bound(members))


def _asker(bus: object, source: str) -> Requests:
    from devices.modbus.link import ModbusLink

    assert isinstance(bus, ModbusLink)  # noqa: S101 - made by the caller

    async def ask(channel: str) -> None:
        await bus.read(channel, source=source)

    return ask


class Ports:
    """Runs the links of the gauges in use: `start` and `stop` all of them, `follow` another set of gauges."""

    def __init__(
        self,
        profiles: Library,
        sink: Sink,
        raw: RawJournal | None,
        authorise: Authorise | None = None,
        servers: Servers | None = None,
    ) -> None:
        self._profiles = profiles
        self._sink = sink
        self._raw = raw
        self._authorise = authorise
        self._servers = servers
        self._wires: dict[tuple[Gauge, ...], Wire] = {}
        self._tasks: dict[tuple[Gauge, ...], asyncio.Task[None]] = {}
        self._gauges: list[Gauge] = []
        self._following = asyncio.Lock()
        self._looking: asyncio.Task[None] | None = None
        self._running = False
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done with the error of a link that ended by itself, which is a fault of ours."""

    @property
    def sources(self) -> set[str]:
        """The instruments that have a link."""
        return {gauge.source for members in self._wires for gauge in members}

    async def follow(self, gauges: Iterable[Gauge]) -> None:
        """Make links for gauges that are new or changed, end those of others, and leave the rest alone.

        A gauge whose profile or port cannot be stands as an error and says why; the others are read. Raises CallIsWrong
        before anything is changed when two gauges have the same serial number.
        """
        async with self._following:
            chosen = in_use(gauges)
            _require_different_sources(chosen)
            self._gauges = chosen
            wrong = obstacles([(gauge.name, gauge.profile, gauge.port) for gauge in chosen], self._profiles)
            fit = [gauge for gauge, why in zip(chosen, wrong, strict=True) if why is None]
            made = {members: self._make(members) for members in group(fit, self._profiles, self._servers)}
            for gauge, why in zip(chosen, wrong, strict=True):
                if why is not None:
                    made[gauge,] = self._stand((gauge,), why)
            for members in [members for members, wire in self._wires.items() if made.get(members) is not wire]:
                await self._end(members)
            self._wires = made
            if self._running:
                self.start()

    def require_one(self) -> None:
        """Raise DeviceError, why the first cannot be read, where there are gauges and none of them can be."""
        links = [wire.link for wire in self._wires.values()]
        standing = [link.why for link in links if isinstance(link, Standing)]
        if standing and len(standing) == len(links):
            raise standing[0]

    def _make(self, members: tuple[Gauge, ...]) -> Wire:
        """The wire of these gauges: the one that is there if it is still right, a new one, or one that says why not."""
        try:
            return self._still_right(members) or open_wire(
                members, self._profiles, self._sink, self._raw, self._authorise, self._servers
            )
        except DeviceError as error:
            return self._stand(members, error)

    def _stand(self, members: tuple[Gauge, ...], why: DeviceError) -> Wire:
        known = self._wires.get(members)
        if known is not None and isinstance(known.link, Standing) and str(known.link.why) == str(why):
            return known
        return stand(members, self._profiles, self._sink, why)

    def _still_right(self, members: tuple[Gauge, ...]) -> Wire | None:
        """The wire of these gauges, unless it is a server's of which the plan binds something else now."""
        wire = self._wires.get(members)
        if wire is not None and isinstance(wire.link, Standing):
            return None
        if wire is None or self._servers is None or all(one.server is None for one in wire.profiles.values()):
            return wire
        return wire if wire.bound == self._servers.bound(members) else None

    def start(self) -> None:
        """Open every port that is not open."""
        self._running = True
        for members, wire in self._wires.items():
            if members not in self._tasks:
                task = asyncio.create_task(wire.link.run(), name=f"port {wire.link.port}")
                task.add_done_callback(self._ended)
                self._tasks[members] = task
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_again(), name="profiles that cannot be read")
            self._looking.add_done_callback(self._ended)

    async def _look_again(self) -> None:
        """Open a gauge's port as soon as its profile, which could not be read, was mended."""
        while True:
            await asyncio.sleep(LOOK_AGAIN)
            for wire in self._wires.values():
                if isinstance(wire.link, Standing) and self._is_other(wire.gauges[0].profile, wire.link.why):
                    await self.follow(self._gauges)
                    break

    def _is_other(self, profile: str, why: DeviceError) -> bool:
        """Whether a profile that could not be read can be by now, or is wrong in another way."""
        if not isinstance(why, ProfileError):
            return False
        try:
            self._profiles.load(profile)
        except ProfileError as error:
            return str(error) != str(why)
        return True

    async def stop(self) -> None:
        """Close every port."""
        self._running = False
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
        for members in list(self._tasks):
            await self._end(members)

    def typing(self) -> list[Wire]:
        """The wires of instruments that type like a keyboard."""
        return [wire for wire in self._wires.values() if wire.link.port == WEDGE]

    async def request(self, source: str, channel: str) -> None:
        """Ask an instrument for a reading. Raises CallIsWrong when it has no port here, DeviceError when it cannot."""
        await self.wire(source).requests[source](channel)

    def wire(self, source: str) -> Wire:
        """The wire of an instrument. Raises CallIsWrong when it has no port here."""
        for wire in self._wires.values():
            if source in wire.requests:
                return wire
        raise CallIsWrong(f"There is no gauge {source!r} on this line.", "See 'sinebar line status' for those it has.")

    def prefer(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Pre-request: the next foot switch reads one of these (source, channel); a link with none lets it pass."""
        channels = dict(wanted)
        for wire in self._wires.values():
            if isinstance(wire.link, Link):
                channel = channels.get(wire.link.source, "")
                wire.link.prefer(channel if channel in wire.channels(wire.link.source) else "")

    async def _end(self, members: tuple[Gauge, ...]) -> None:
        task = self._tasks.pop(members, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None and not self.failed.done():
            self.failed.set_exception(error)


def _require_different_sources(gauges: Iterable[Gauge]) -> None:
    seen: dict[str, str] = {}
    for gauge in gauges:
        if gauge.source in seen:
            raise CallIsWrong(
                f"Gauges {seen[gauge.source]} and {gauge.name} have the same serial number {gauge.source}.",
                "Correct one of them, or retire it.",
            )
        seen[gauge.source] = gauge.name
