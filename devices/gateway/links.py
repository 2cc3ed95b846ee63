"""A link to a server for whoever has no plan: every point of its profile, or the channels that are named."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace

from devices.clock import Clock
from devices.errors import PortError
from devices.gateway.address import parse_opcua, parse_sparkplug
from devices.gateway.credential import SignIn
from devices.gateway.host import SparkplugLink
from devices.gateway.mqtt import NodeName, topic_part
from devices.gateway.needs import require
from devices.gateway.opcua import OpcUaLink
from devices.gateway.profile import ServerKind, ServerMap
from devices.polling import Poll
from devices.reading import Discarded, LinkState, Reading, Scan

Sink = Callable[[Reading | LinkState | Discarded], None]


def open_server(
    server: ServerMap,
    port: str,
    *,
    source: str,
    sink: Sink,
    signals: Callable[[Scan], None] | None,
    polls: Iterable[Poll],
    sign_in: SignIn,
    clock: Clock,
) -> OpcUaLink | SparkplugLink:
    """A link to the server at `port`. Raises PortError, ExtraMissing.

    Of OPC UA what `polls` names is read at its pace, else the profile's points are subscribed to; of Sparkplug every
    metric of the device that the port names is told, or of every device when it names none.
    """
    if server.kind is ServerKind.SPARKPLUG_B:
        return _sparkplug(port, source, sink, sign_in, clock)
    require("OPC UA")
    address, asked = parse_opcua(port), tuple(polls)
    points = [server.point(poll.channel) for poll in asked] or list(server.points)
    if not points:
        raise PortError(
            f"Nothing says which nodes of {port} to read.", "Ask for one, or use a profile that names some."
        )
    return OpcUaLink(
        address.url,
        points,
        source=source,
        sink=sink,
        signals=signals,
        sampled=[poll.channel for poll in asked],
        every=min((poll.interval for poll in asked), default=10**9) / 1e9,
        by_timestamp=address.by_timestamp,
        sign_in=sign_in,
        clock=clock,
    )


def _sparkplug(port: str, source: str, sink: Sink, sign_in: SignIn, clock: Clock) -> SparkplugLink:
    require("MQTT")
    from devices.gateway.broker import Broker

    address = parse_sparkplug(port)
    device = topic_part(address.device)

    def tell(event: Reading | LinkState | Discarded) -> None:
        if isinstance(event, LinkState):
            sink(replace(event, source=source))
        elif not device or event.source == device or isinstance(event, Discarded):
            sink(event)

    return SparkplugLink(
        Broker(address.host, address.port, tls=address.tls),
        NodeName(address.group, address.node),
        sink=tell,
        host=f"listener-{source}-{os.getpid()}",
        lasting=False,
        sign_in=sign_in,
        clock=clock,
    )
