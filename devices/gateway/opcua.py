"""Read an OPC UA server as an instrument: its nodes are channels, their status codes the quality."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from devices.clock import SYSTEM_CLOCK, Clock
from devices.errors import PortError, ProtocolError
from devices.gateway.credential import SignIn, nobody
from devices.gateway.needs import require
from devices.gateway.opcua_client import connect, monitored_items, started_at, unit_of
from devices.gateway.opcua_values import explain, judged, stamp_of
from devices.gateway.profile import ServerPoint
from devices.reading import Discarded, LinkState, LinkStatus, Quality, Reading, Scan, Trigger

if TYPE_CHECKING:
    from asyncua.client.client import Client

Sink = Callable[[Reading | LinkState | Discarded], None]
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
WATCH = 1.0
MOST_AT_ONCE = 200
"""Nodes in one service call; servers bound it, few below this."""


class OpcUaLink:
    """Reads a server's nodes, for ever. Constructing does not communicate.

    `channels` are subscribed to: each change the server tells is a reading with the source's own time; the server looks
    every `interval` milliseconds and keeps up to `queue` changes of each. With `by_timestamp` a new time stamp is a
    change too. The channels named in `sampled` are instead read every `every` seconds, so that a value that stands
    still is told again and again: what a channel that is read all day needs.

    A server begins a subscription with the value it holds. With `newest`, the time of the newest reading of each
    channel by its name (nanoseconds), such a value counts only when it is newer than that and the server was not
    started since; the link moves the times on. A channel without one begins with the first change. `signals` gets nodes
    that hold texts.
    """

    def __init__(
        self,
        url: str,
        channels: Sequence[ServerPoint],
        *,
        source: str,
        sink: Sink,
        signals: Callable[[Scan], None] | None = None,
        sampled: Collection[str] = (),
        every: float = 1.0,
        by_timestamp: bool = False,
        newest: dict[str, int] | None = None,
        sign_in: SignIn = nobody,
        interval: int = 100,
        queue: int = 100,
        timeout: float = 4.0,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if not url.startswith("opc.tcp://"):
            raise PortError(f"'{url}' is no OPC UA server.", "Write opc.tcp://host:port/path.")
        if len({channel.name for channel in channels}) < len(channels):
            raise ProtocolError("Each channel of an OPC UA server must have a name of its own.")
        self.source = source
        self.port = url
        self._channels = {channel.name: channel for channel in channels}
        self._sink = sink
        self._signals = signals
        self._sampled = tuple(channel for channel in channels if channel.name in sampled)
        self._subscribed = tuple(channel for channel in channels if channel.name not in sampled)
        self._every = every
        self._by_timestamp = by_timestamp
        self._newest = newest
        self._sign_in = sign_in
        self._interval = interval
        self._queue = queue
        self._timeout = timeout
        self._clock = clock
        self._missed = 0
        self._units: dict[str, str | None] = {}
        self._beginning: set[str] = set()
        self._started: int | None = None
        self._failed: Exception | None = None
        self._client: Client | None = None
        self._state = LinkState(source, url, LinkStatus.OPENING, clock.wall(), "not opened yet", b"")

    @property
    def state(self) -> LinkState:
        return self._state

    @property
    def missed(self) -> Mapping[tuple[str, str], int]:
        """Reads of the sampled channels that could not begin in time."""
        return {(self.source, "sampled"): self._missed}

    async def request(self, channel: str) -> None:
        """Read a node now; its value goes to the sink. Raises ProtocolError or PortError."""
        known = self._channels.get(channel)
        if known is None:
            raise ProtocolError(f"{self.source} has no channel '{channel}'.", f"It has: {', '.join(self._channels)}.")
        client = self._client
        if client is None:
            raise PortError(f"{self.source} is not connected: {self._state.detail}", "Wait until it is ready.")
        from asyncua.ua.uaerrors import UaError

        try:
            value = await client.get_node(known.node).read_data_value(raise_on_bad_status=False)
        except (OSError, TimeoutError, UaError) as error:
            raise ProtocolError(f"{channel} of {self.source} cannot be read: {explain(error)}.") from error
        self._tell(known, value, Trigger.REQUEST)

    async def run(self) -> None:
        """Stay connected until cancelled. Trouble becomes states; only an error of the sink itself is raised."""
        require("OPC UA")
        pause = SHORTEST_PAUSE
        self._set(LinkStatus.OPENING, f"opening {self.port}")  # once: a try that fails like the last is no news
        while True:
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
        from asyncua.ua.uaerrors import UaError

        client, secured = await connect(self.port, self._sign_in(), self._timeout)
        try:
            self._started = await started_at(client)
            await self._learn_units(client)
            refused = await self._subscribe(client)
            self._client = client
            told = _told(len(self._subscribed) - refused, len(self._sampled), self._every)
            self._set(LinkStatus.READY, f"{told}; {secured}")
            return await self._watch(client)
        except (OSError, TimeoutError, UaError) as error:
            return f"{self.port} was lost: {explain(error)}"
        finally:
            self._client = None
            with suppress(OSError, TimeoutError, UaError, asyncio.CancelledError):
                await asyncio.wait_for(client.disconnect(), self._timeout)

    async def _learn_units(self, client: Client) -> None:
        """Ask the server once for the units that the profile leaves open."""
        for channel in self._channels.values():
            if channel.unit is None and channel.name not in self._units:
                self._units[channel.name] = await unit_of(client, channel.node)

    async def _subscribe(self, client: Client) -> int:
        """Subscribe to the channels that are not sampled; counts those refused, each told as a bad reading."""
        self._beginning = {channel.name for channel in self._subscribed}
        if not self._subscribed:
            return 0
        handler = _Handler(self._changed)
        subscription: Any = await client.create_subscription(self._interval, handler)
        refused = 0
        for some in _parts(self._subscribed):
            items, wrong = monitored_items(client, some, self._interval, self._queue, self._by_timestamp)
            handler.expect(items)
            results = await subscription.create_monitored_items([item for _, item in items])
            for (channel, _), result in zip(items, results, strict=True):
                if not isinstance(result, int):
                    wrong[channel.name] = f"the server says {result.name}"
            for name, why in wrong.items():
                self._tell_bad(self._channels[name], f"the server refuses the node {self._channels[name].node}: {why}")
            refused += len(wrong)
        return refused

    async def _watch(self, client: Client) -> str:
        """Read what is sampled on its grid, and look whether the server is still there."""
        loop = asyncio.get_running_loop()
        read_at = loop.time() if self._sampled else float("inf")
        check_at = loop.time() + WATCH
        while True:
            await asyncio.sleep(max(0.0, min(read_at, check_at) - loop.time()))
            if self._failed is not None:
                return "the link was stopped"
            if loop.time() >= read_at:
                await self._sample(client)
                late = int((loop.time() - read_at) // self._every)
                self._missed += late
                read_at += (late + 1) * self._every
            if loop.time() >= check_at:
                await client.check_connection()
                check_at = loop.time() + WATCH

    async def _sample(self, client: Client) -> None:
        from asyncua.ua.attribute_ids import AttributeIds
        from asyncua.ua.uaerrors import UaError

        for some in _parts(self._sampled):
            there = []
            for channel in some:
                try:
                    there.append((channel, client.get_node(channel.node).nodeid))
                except (UaError, ValueError) as error:
                    self._tell_bad(channel, f"{channel.node} is no node: {explain(error)}", Trigger.POLL)
            values = await client.uaclient.read_attributes([node for _, node in there], AttributeIds.Value)
            for (channel, _), value in zip(there, values, strict=True):
                self._tell(channel, value, Trigger.POLL)

    # --- what is told ------------------------------------------------------------------------------------------------

    def _changed(self, channel: ServerPoint, value: Any) -> None:
        try:
            if channel.name in self._beginning:
                self._beginning.discard(channel.name)
                if not self._is_news(channel, value):
                    return
            self._tell(channel, value, Trigger.STREAM)
        except Exception as error:  # noqa: BLE001 - the sink's own error: kept, and raised from run()
            self._failed = error

    def _is_news(self, channel: ServerPoint, value: Any) -> bool:
        """Whether the value that a subscription begins with is not one of before."""
        if self._newest is None:
            return True
        if judged(value)[1] is Quality.BAD:
            return True  # it becomes no value: let it be seen
        known, stamp = self._newest.get(channel.name), stamp_of(value)
        if known is not None and (stamp is None or stamp <= known):
            return False
        if known is not None and self._started is not None and self._started <= known:
            return True
        self._newest[channel.name] = self._clock.wall() if stamp is None else stamp
        when = "before the line first read the node" if known is None else "when it was started anew"
        why = f"{channel.name}: the server held {_content(value)!r} {when}"[:200]
        self._sink(Discarded(self.source, self._clock.wall(), why, b""))
        return False

    def _tell(self, channel: ServerPoint, value: Any, trigger: Trigger) -> None:
        now, wall = self._clock.monotonic(), self._clock.wall()
        stamp = stamp_of(value)
        # a value that was asked for is observed now, however long it stands
        observed = wall if stamp is None or trigger is not Trigger.STREAM else stamp
        content = _content(value)
        if isinstance(content, str):
            if self._signals is not None:
                self._signals(Scan(self.source, channel.name, content, "", observed, now, now, b""))
            return
        number, quality, reason = judged(value)
        scaled = number * channel.scale if number is not None and channel.scale != 1 else number
        if self._newest is not None and trigger is Trigger.STREAM and number is not None:
            self._newest[channel.name] = max(observed, self._newest.get(channel.name, 0))
        unit = channel.unit or self._units.get(channel.name)
        self._sink(Reading(self.source, channel.name, scaled, unit, observed, now, now, trigger, quality, reason, b""))

    def _tell_bad(self, channel: ServerPoint, reason: str, trigger: Trigger = Trigger.STREAM) -> None:
        now, wall = self._clock.monotonic(), self._clock.wall()
        self._sink(
            Reading(self.source, channel.name, None, channel.unit, wall, now, now, trigger, Quality.BAD, reason, b"")
        )

    def _set(self, status: LinkStatus, detail: str) -> None:
        if (status, detail) != (self._state.status, self._state.detail):
            self._state = replace(self._state, status=status, detail=detail, since=self._clock.wall())
            self._sink(self._state)


class _Handler:
    """Takes asyncua's notifications, on the loop's own thread."""

    def __init__(self, told: Callable[[ServerPoint, Any], None]) -> None:
        self._channels: dict[int, ServerPoint] = {}
        self._told = told

    def expect(self, items: Sequence[tuple[ServerPoint, Any]]) -> None:
        """Know the items that are about to be created by their handles."""
        self._channels |= {item.RequestedParameters.ClientHandle: channel for channel, item in items}

    def datachange_notification(self, _node: Any, _value: Any, data: Any) -> None:
        channel = self._channels.get(data.monitored_item.ClientHandle)
        if channel is not None:
            self._told(channel, data.monitored_item.Value)


def _content(value: Any) -> object:
    return value.Value.Value if value.Value is not None else None


def _parts(channels: Sequence[ServerPoint]) -> list[Sequence[ServerPoint]]:
    return [channels[start : start + MOST_AT_ONCE] for start in range(0, len(channels), MOST_AT_ONCE)]


def _told(subscribed: int, sampled: int, every: float) -> str:
    told = [f"subscribed to {subscribed} node{'' if subscribed == 1 else 's'}"] if subscribed or not sampled else []
    told += [f"reads {sampled} every {every:g} s"] if sampled else []
    return ", ".join(told)
