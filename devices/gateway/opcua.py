"""Read an OPC UA server as an instrument: subscribed nodes are channels, their status codes the quality."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from devices.clock import SYSTEM_CLOCK, Clock
from devices.errors import PortError, ProtocolError
from devices.modbus.values import shortest_float32
from devices.reading import Discarded, LinkState, LinkStatus, Quality, Reading, Scan, Trigger

if TYPE_CHECKING:
    from asyncua.client.client import Client

Sink = Callable[[Reading | LinkState | Discarded], None]
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
WATCH = 1.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SEVERITY, _UNCERTAIN, _BAD = 0xC000_0000, 0x4000_0000, 0x8000_0000


@dataclass(frozen=True, slots=True)
class OpcUaChannel:
    """A node that is read: its channel's name, its id as text ("ns=2;s=oven.t"), its unit, and an exact factor."""

    name: str
    node: str
    unit: str | None = None
    scale: Decimal = Decimal(1)


class OpcUaLink:
    """Subscribes to a server's nodes, for ever. Constructing does not communicate.

    `interval` (milliseconds) is how often the server looks at each node; it keeps up to `queue` changes of each while
    the line is busy. Readings carry the source's own time. `signals` gets nodes that hold texts.
    """

    def __init__(
        self,
        url: str,
        channels: Sequence[OpcUaChannel],
        *,
        source: str,
        sink: Sink,
        signals: Callable[[Scan], None] | None = None,
        interval: int = 100,
        queue: int = 100,
        timeout: float = 4.0,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if not url.startswith("opc.tcp://"):
            raise PortError(f"'{url}' is no OPC UA server.", "Write opc.tcp://host:port/path.")
        if len({channel.name for channel in channels}) < len(channels) or not channels:
            raise ProtocolError("The channels of an OPC UA server must be there, each with a name of its own.")
        self.source = source
        self.port = url
        self._channels = {channel.name: channel for channel in channels}
        self._sink = sink
        self._signals = signals
        self._interval = interval
        self._queue = queue
        self._timeout = timeout
        self._clock = clock
        self._failed: Exception | None = None
        self._client: Client | None = None
        self._state = LinkState(source, url, LinkStatus.OPENING, clock.wall(), "not opened yet", b"")

    @property
    def state(self) -> LinkState:
        return self._state

    async def request(self, channel: str) -> None:
        """Read a node now; its value goes to the sink. Raises ProtocolError or PortError."""
        known = self._channels.get(channel)
        if known is None:
            raise ProtocolError(f"{self.source} has no channel '{channel}'.", f"It has: {', '.join(self._channels)}.")
        client = self._client
        if client is None:
            raise PortError(f"{self.source} is not connected: {self._state.detail}.", "Wait until it is ready.")
        from asyncua.ua.uaerrors import UaError

        try:
            value = await client.get_node(known.node).read_data_value(raise_on_bad_status=False)
        except (OSError, TimeoutError, UaError) as error:
            raise ProtocolError(f"{channel} of {self.source} cannot be read: {explain(error)}.") from error
        self._tell(known, value, Trigger.REQUEST)

    async def run(self) -> None:
        """Stay subscribed until cancelled. Trouble becomes states; only an error of the sink itself is raised."""
        pause = SHORTEST_PAUSE
        while True:
            self._set(LinkStatus.OPENING, f"opening {self.port}")
            try:
                reason = await self._one_connection()
                pause = SHORTEST_PAUSE
            except PortError as error:
                reason, pause = str(error), min(LONGEST_PAUSE, pause * 2)
            if self._failed is not None:
                raise self._failed
            self._set(LinkStatus.ERROR, reason)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))

    async def _one_connection(self) -> str:
        """Connect, subscribe, watch; returns why it ended. Raises PortError when it did not begin."""
        try:
            from asyncua.client.client import Client
            from asyncua.ua.uaerrors import UaError
        except ImportError as error:
            raise PortError("OPC UA needs the package asyncua.", "Install Sinebar's extra 'gateway'.") from error
        client = Client(self.port, timeout=self._timeout)
        try:
            await client.connect()
        except (OSError, TimeoutError, UaError) as error:
            with suppress(OSError, TimeoutError, UaError, AttributeError):
                client.disconnect_socket()
            raise PortError(
                f"{self.port} cannot be reached: {explain(error)}.", "Check that the server runs and its address."
            ) from error
        try:
            refused = await self._subscribe(client)
            self._client = client
            self._set(LinkStatus.READY, f"subscribed to {len(self._channels) - len(refused)} nodes")
            return await self._watch(client)
        except (OSError, TimeoutError, UaError) as error:
            return f"{self.port} was lost: {explain(error)}"
        finally:
            self._client = None
            with suppress(OSError, TimeoutError, UaError, asyncio.CancelledError):
                await asyncio.wait_for(client.disconnect(), self._timeout)

    async def _subscribe(self, client: Client) -> list[str]:
        """Subscribe to every channel; returns those the server refuses, each of which is told as a bad reading."""
        from asyncua.ua.uaerrors import UaStatusCodeError

        names = {str(client.get_node(channel.node).nodeid): channel for channel in self._channels.values()}
        subscription: Any = await client.create_subscription(self._interval, _Handler(names, self._changed))
        refused = []
        for channel in self._channels.values():
            try:
                await subscription.subscribe_data_change(
                    client.get_node(channel.node), queuesize=self._queue, sampling_interval=float(self._interval)
                )
            except UaStatusCodeError as error:
                refused.append(channel.name)
                self._tell_bad(channel, f"the server refuses the node {channel.node}: {explain(error)}")
        return refused

    async def _watch(self, client: Client) -> str:
        while True:
            await asyncio.sleep(WATCH)
            if self._failed is not None:
                return "the link was stopped"
            await client.check_connection()

    # --- what is told ------------------------------------------------------------------------------------------------

    def _changed(self, channel: OpcUaChannel, value: Any) -> None:
        try:
            self._tell(channel, value, Trigger.STREAM)
        except Exception as error:  # noqa: BLE001 - the sink's own error: kept, and raised from run()
            self._failed = error

    def _tell(self, channel: OpcUaChannel, value: Any, trigger: Trigger) -> None:
        now, wall = self._clock.monotonic(), self._clock.wall()
        stamp = value.SourceTimestamp or value.ServerTimestamp
        observed = wall if stamp is None else nanoseconds(stamp)
        content = value.Value.Value if value.Value is not None else None
        if isinstance(content, str):
            if self._signals is not None:
                self._signals(Scan(self.source, channel.name, content, "", observed, now, now, b""))
            return
        quality, reason = quality_of(value.StatusCode)
        number = None if quality is Quality.BAD else number_of(value.Value)
        if number is None and quality is not Quality.BAD:
            quality, reason = Quality.BAD, f"the server sent no number but {content!r}"[:200]
        scaled = number * channel.scale if number is not None and channel.scale != 1 else number
        self._sink(
            Reading(self.source, channel.name, scaled, channel.unit, observed, now, now, trigger, quality, reason, b"")
        )

    def _tell_bad(self, channel: OpcUaChannel, reason: str) -> None:
        now, wall = self._clock.monotonic(), self._clock.wall()
        self._sink(
            Reading(
                self.source, channel.name, None, channel.unit, wall, now, now, Trigger.STREAM, Quality.BAD, reason, b""
            )
        )

    def _set(self, status: LinkStatus, detail: str) -> None:
        if (status, detail) != (self._state.status, self._state.detail):
            self._state = LinkState(self.source, self.port, status, self._clock.wall(), detail, b"")
            self._sink(self._state)


class _Handler:
    """Takes asyncua's notifications, on the loop's own thread."""

    def __init__(self, channels: dict[str, OpcUaChannel], told: Callable[[OpcUaChannel, Any], None]) -> None:
        self._channels = channels
        self._told = told

    def datachange_notification(self, node: Any, _value: Any, data: Any) -> None:
        channel = self._channels.get(str(node.nodeid))
        if channel is not None:
            self._told(channel, data.monitored_item.Value)


def number_of(variant: Any) -> Decimal | None:
    """A variant's number, exact: a 32-bit float by its shortest decimal; None when it is no finite number."""
    content = variant.Value if variant is not None else None
    if isinstance(content, bool | int):
        return Decimal(int(content))
    if isinstance(content, Decimal):
        return content if content.is_finite() else None
    if not isinstance(content, float) or not math.isfinite(content):
        return None
    return shortest_float32(content) if variant.VariantType.name == "Float" else Decimal(repr(content))


def quality_of(status: Any) -> tuple[Quality, str]:
    """The quality a status code stands for, and its name when it is not good (OPC UA Part 8, 6.3)."""
    code = status.value if status is not None else 0
    if code & _SEVERITY == 0:
        return Quality.GOOD, ""
    quality = Quality.UNCERTAIN if code & _SEVERITY == _UNCERTAIN else Quality.BAD
    return quality, f"the server says {status.name}"


def nanoseconds(stamp: datetime) -> int:
    """A time of the server (UTC) in nanoseconds since the epoch."""
    if stamp.tzinfo is None:
        stamp = stamp.replace(tzinfo=UTC)
    return (stamp - _EPOCH) // timedelta(microseconds=1) * 1000


def explain(error: BaseException) -> str:
    """What an error says, or its kind when it says nothing."""
    return str(error).strip() or type(error).__name__
