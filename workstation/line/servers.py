"""Wires to servers: the OPC UA and Sparkplug gauges of a plan as links, of which only what the plan binds is read."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from devices.errors import PortError
from devices.gateway.address import account_of, parse_opcua, parse_sparkplug
from devices.gateway.credential import NOBODY
from devices.gateway.needs import require
from devices.gateway.profile import ServerKind, ServerMap, ServerPoint
from devices.reading import Discarded, LinkState, Reading, Scan, Signal
from workstation import files
from workstation.catalog.values import Gauge
from workstation.errors import SurroundingsFailed
from workstation.line.credentials import load_credentials, sign_in_at, whom
from workstation.line.plan import LinePlan
from workstation.store import Reader, Store

if TYPE_CHECKING:
    from devices.gateway.host import SparkplugLink
    from devices.gateway.opcua import OpcUaLink

log = logging.getLogger(__name__)

SEEN = "sparkplug.seen"
_LOOKED_BACK = 200
"""Subgroups that are searched for the newest value of a gauge."""
_REFUSED_LOOKED_BACK = 1000

Event = Reading | LinkState | Discarded | Scan | Signal
Sink = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Bound:
    """A channel that the plan binds; `sampled` where it is read all day, `trusted` is whom the station trusts there."""

    channel: str
    sampled: bool
    trusted: str = ""


class Servers:
    """Makes links to the servers of the plan it follows; at brokers the line goes by the station's name."""

    def __init__(self, home: Path, store: Store) -> None:
        self._home = home
        self._store = store
        self._plan = LinePlan()
        self._newest: dict[str, dict[str, int]] = {}
        self._seen: dict[str, int] | None = None

    def follow(self, plan: LinePlan) -> None:
        """Make links by this plan from now on."""
        self._plan = plan

    def wire_of(self, gauge: Gauge, server: ServerMap) -> object:
        """What gauges that share a link have in common. Raises PortError."""
        if server.kind is ServerKind.OPC_UA:
            parse_opcua(gauge.port)
            return gauge.id
        return replace(parse_sparkplug(gauge.port), device="")

    def bound(self, members: Sequence[Gauge]) -> tuple[tuple[Bound, ...], ...]:
        """What the plan binds of each gauge: a link is made anew when that changes, or whom the station trusts."""
        plan = self._plan
        return tuple(
            tuple(
                Bound(channel, (source, channel) in plan.continuous, trusted)
                for source, channel in plan.routes
                if source == gauge.source
            )
            for gauge, trusted in zip(members, map(self._trusted, members), strict=True)
        )

    def _trusted(self, gauge: Gauge) -> str:
        """Whom the station trusts where a gauge is read; nobody where that cannot be known, as its link will say."""
        try:
            return whom(load_credentials(self._home).get(account_of(gauge.port), NOBODY))
        except (PortError, SurroundingsFailed):
            return ""

    def open_opcua(self, gauge: Gauge, server: ServerMap, sink: Sink) -> OpcUaLink:
        """A link to one OPC UA server. Raises PortError, ExtraMissing."""
        require("OPC UA")
        from devices.gateway.opcua import OpcUaLink

        address, bound = parse_opcua(gauge.port), self.bound([gauge])[0]
        return OpcUaLink(
            address.url,
            [server.point(one.channel) for one in bound],
            source=gauge.source,
            sink=sink,
            signals=sink,
            sampled=[one.channel for one in bound if one.sampled],
            every=address.every,
            by_timestamp=address.by_timestamp,
            newest=self._newest_of(gauge.source),
            sign_in=sign_in_at(self._home, address.account),
        )

    def open_sparkplug(self, members: Sequence[Gauge], maps: Sequence[ServerMap], sink: Sink) -> SparkplugLink:
        """A link to the Sparkplug node whose devices these gauges are. Raises PortError, ExtraMissing."""
        require("MQTT")
        from devices.gateway.broker import Broker
        from devices.gateway.host import SparkplugLink
        from devices.gateway.mqtt import NodeName, topic_part

        address = parse_sparkplug(members[0].port)
        routes: dict[tuple[str, str], tuple[Gauge, ServerPoint]] = {}
        for gauge, server, bound in zip(members, maps, self.bound(members), strict=True):
            device = topic_part(parse_sparkplug(gauge.port).device)
            for one in bound:
                point = server.point(one.channel)
                if (device, point.node) in routes:
                    raise PortError(
                        f"{gauge.name} and {routes[device, point.node][0].name} read the same metric {point.node}.",
                        "Bind it once.",
                    )
                routes[device, point.node] = gauge, point
        return SparkplugLink(
            Broker(address.host, address.port, tls=address.tls),
            NodeName(address.group, address.node),
            sink=_Sorted(members, routes, sink).take,
            host=topic_part(self._store.station),
            seen=self._seen_before(),
            moved=self._keep_seen,
            sign_in=sign_in_at(self._home, address.account),
        )

    # --- what was read before ---

    def _newest_of(self, source: str) -> dict[str, int]:
        """When the newest kept or refused reading of each channel was observed (nanoseconds); a link moves it on."""
        if source not in self._newest:
            with self._store.read() as reader:
                self._newest[source] = {
                    channel: newest
                    for (owner, channel), bound in self._plan.routes.items()
                    if owner == source and (newest := _newest(reader, source, channel, bound))
                }
        return self._newest[source]

    def _seen_before(self) -> dict[str, int]:
        if self._seen is None:
            try:
                found = json.loads((self._home / SEEN).read_bytes())
                self._seen = {str(name): int(number) for name, number in found.items()}
            except FileNotFoundError:
                self._seen = {}
            except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
                log.warning("what was read of Sparkplug nodes is not known any more", extra={"reason": str(error)})
                self._seen = {}
        return self._seen

    def _keep_seen(self) -> None:
        """Note how far each node was read, before its readings go on: a killed line repeats none of them."""
        try:  # not to last: the line would wait for the disk at each message; what is lost is only said again
            files.replace(self._home / SEEN, json.dumps(self._seen), next_step="", lasting=False)
        except SurroundingsFailed as error:
            log.warning("how far Sparkplug nodes were read is not kept", extra={"reason": str(error)})


def _newest(reader: Reader, source: str, channel: str, characteristics: Sequence[int]) -> int:
    newest = 0
    for number in characteristics:
        last = reader.resume_point(number).subgroup
        for value in reader.measurements(number, max(1, last - _LOOKED_BACK)):
            if value.source == source:
                newest = max(newest, value.observed_at)
    for refused in reader.refused_readings(_REFUSED_LOOKED_BACK):
        if (refused.source, refused.channel) == (source, channel):
            newest = max(newest, refused.observed_at)
    return newest * 1000


class _Sorted:
    """Hands what a node told to the gauges that its devices are; metrics that nobody binds are passed over."""

    def __init__(
        self, members: Sequence[Gauge], routes: dict[tuple[str, str], tuple[Gauge, ServerPoint]], sink: Sink
    ) -> None:
        self._members = members
        self._routes = routes
        self._sink = sink

    def take(self, event: Reading | LinkState | Discarded) -> None:
        if isinstance(event, LinkState):
            for gauge in self._members:
                self._sink(replace(event, source=gauge.source))
        elif isinstance(event, Discarded):
            self._sink(replace(event, source=self._members[0].source))
        elif (found := self._routes.get((event.source, event.channel))) is not None:
            self._sink(_renamed(event, *found))


def _renamed(event: Reading, gauge: Gauge, point: ServerPoint) -> Reading:
    import msgspec

    value = event.value
    if value is not None and point.scale != 1:
        value = value * point.scale
    return msgspec.structs.replace(
        event, source=gauge.source, channel=point.name, value=value, unit=point.unit or event.unit
    )
