"""Read Sparkplug B data as an instrument: every device is a source, every metric a channel; repetitions are dropped."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from devices.clock import SYSTEM_CLOCK, Clock
from devices.errors import PortError, ProtocolError
from devices.gateway.broker import Broker, Connection, Message
from devices.gateway.credential import SignIn, nobody
from devices.gateway.mqtt import LONGEST_PAUSE, NAMESPACE, REBIRTH, SHORTEST_PAUSE, NodeName
from devices.gateway.needs import require
from devices.gateway.sparkplug import (
    DataType,
    Metric,
    Payload,
    decode_payload,
    encode_payload,
    exact,
    metrics_by_alias,
)
from devices.reading import Discarded, LinkState, LinkStatus, Quality, Reading, Trigger

if TYPE_CHECKING:
    from devices.profile.model import ProfileTest

Sink = Callable[[Reading | LinkState | Discarded], None]
_UUID = re.compile(r"([0-9a-f]{32}):(\d{1,18})-(\d{1,18})", re.ASCII)
_GOOD, _UNCERTAIN = 192, 64


class SparkplugLink:
    """Listens to one edge node. Its metrics come as readings with the times they were observed at.

    The source of a reading is the Sparkplug device, or empty for a metric of the node itself. `seen` holds, for each
    sending spool, the number up to which entries have come; give the one of before to drop repetitions also over a
    restart of ours, and keep it when `moved` is called, before the readings go to the sink. A gap in the node's own
    count asks it for a new birth. A host that is not `lasting` leaves nothing behind at the broker: no state of its
    own, no session that goes on collecting while it is away.
    """

    def __init__(
        self,
        broker: Broker,
        name: NodeName,
        *,
        sink: Sink,
        host: str = "sinebar",
        seen: dict[str, int] | None = None,
        moved: Callable[[], None] | None = None,
        sign_in: SignIn = nobody,
        lasting: bool = True,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.source = f"{name.group}/{name.node}"
        self.port = broker.url
        self.seen: dict[str, int] = seen if seen is not None else {}
        self._moved = moved
        self._lasting = lasting
        self._sign_in = sign_in
        self._broker = broker
        self._name = name
        self._sink = sink
        self._host = host
        self._clock = clock
        self._next_seq: int | None = None
        self._aliases: dict[str, dict[int, Metric]] = {}
        self._connection: Connection | None = None
        self._lost: asyncio.Future[str] | None = None
        self._state = LinkState(self.source, self.port, LinkStatus.OPENING, clock.wall(), "not opened yet", b"")

    @property
    def state(self) -> LinkState:
        return self._state

    @property
    def missed(self) -> Mapping[tuple[str, str], int]:
        """Nothing is polled, so nothing is missed."""
        return {}

    async def request(self, channel: str) -> None:
        """Ask the node for a new birth, which tells all its last values. Raises PortError while the broker is away."""
        del channel
        if self._connection is None:
            raise PortError(f"{self.source} is not connected: {self._state.detail}", "Wait until it is ready.")
        self._ask_for_birth()

    async def run(self) -> None:
        """Listen until cancelled; trouble becomes states. Raises ExtraMissing."""
        require("MQTT")
        pause = SHORTEST_PAUSE
        self._set(LinkStatus.OPENING, f"opening {self.port}")  # once: a try that fails like the last is no news
        while True:
            try:
                reason = await self._one_connection()
                pause = SHORTEST_PAUSE
            except PortError as error:
                reason, pause = str(error), min(LONGEST_PAUSE, pause * 2)
            self._set(LinkStatus.ERROR, reason)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))

    async def _one_connection(self) -> str:
        self._lost = asyncio.get_running_loop().create_future()
        topic = f"{NAMESPACE}/STATE/{self._host}"
        connection = Connection(
            self._broker.signed_in(self._sign_in()),
            f"host-{self._host}-{self._name.group}-{self._name.node}",
            will=Message(topic, _state(False), qos=1, retain=True) if self._lasting else None,
            clean=not self._lasting,
            on_message=self._heard,
            on_acknowledged=lambda _: None,
            on_lost=self._gone,
        )
        try:
            await connection.open()
            self._connection, self._next_seq = connection, None
            for kind in ("N", "D"):
                for what in ("BIRTH", "DATA", "DEATH"):
                    connection.subscribe(self._name.topic(kind + what) + ("/+" if kind == "D" else ""))
            if self._lasting:
                connection.publish(Message(topic, _state(True), qos=1, retain=True))
            self._set(LinkStatus.READY, f"listening on {self.port}")
            self._ask_for_birth()
            return await self._lost
        finally:
            self._connection = None
            await connection.close()

    def _ask_for_birth(self) -> None:
        if self._connection is not None:
            command = Payload(time.time_ns() // 1_000_000, (Metric(REBIRTH, DataType.BOOLEAN, True),))
            self._connection.publish(Message(self._name.topic("NCMD"), encode_payload(command), qos=0))

    # --- what is heard -----------------------------------------------------------------------------------------------

    def _gone(self, reason: str) -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(f"The broker was lost: {reason}.")

    def _heard(self, topic: str, data: bytes) -> None:
        kind, device = topic.split("/")[2], topic.split("/", 4)[4] if topic.count("/") >= 4 else ""
        try:
            payload = decode_payload(data)
        except ProtocolError as error:
            self._sink(Discarded(self.source, self._clock.wall(), error.sentence, data[:512]))
            return
        if kind == "NDEATH":
            self._set(LinkStatus.SILENT, "the node said that it is gone")
            return
        self._follow(kind, payload)
        if kind.endswith("BIRTH"):
            self._aliases[device] = metrics_by_alias(payload.metrics)
        elif kind.endswith("DATA"):
            self._data(device, payload, data)

    def _follow(self, kind: str, payload: Payload) -> None:
        """Check the node's count; after a gap something was missed and a new birth is asked for."""
        if kind == "NBIRTH":
            self._set(LinkStatus.READY, "the node is there")
        elif self._next_seq is not None and payload.seq is not None and payload.seq != self._next_seq:
            self._ask_for_birth()
        if payload.seq is not None:
            self._next_seq = (payload.seq + 1) % 256

    def _data(self, device: str, payload: Payload, data: bytes) -> None:
        metrics = self._not_seen(payload)
        now, wall = self._clock.monotonic(), self._clock.wall()
        for metric in metrics:
            known = self._aliases.get(device, {}).get(metric.alias) if metric.alias is not None else None
            name = metric.name or (known.name if known is not None else "")
            if not name:
                why = "a metric without a name that a birth would explain"
                self._sink(Discarded(device or self.source, wall, why, data[:512]))
                self._ask_for_birth()
                continue
            self._sink(_reading(device, name, metric, payload, data, now, wall))

    def _not_seen(self, payload: Payload) -> tuple[Metric, ...]:
        """The metrics that did not come before; senders that number nothing are taken at their word."""
        found = _UUID.fullmatch(payload.uuid)
        if found is None:
            return payload.metrics
        identity, first, last = found[1], int(found[2]), int(found[3])
        if last - first + 1 != len(payload.metrics):
            return payload.metrics
        seen = self.seen.get(identity, 0)
        if last > seen:
            self.seen[identity] = last
            if self._moved is not None:
                self._moved()
        return payload.metrics[max(0, seen - first + 1) :]

    def _set(self, status: LinkStatus, detail: str) -> None:
        if (status, detail) != (self._state.status, self._state.detail):
            self._state = LinkState(self.source, self.port, status, self._clock.wall(), detail, b"")
            self._sink(self._state)


def _state(online: bool) -> bytes:
    return json.dumps({"online": online, "timestamp": time.time_ns() // 1_000_000}).encode()


def _reading(device: str, name: str, metric: Metric, payload: Payload, data: bytes, now: int, wall: int) -> Reading:
    value = exact(metric)
    quality, reason = _quality(metric, value is not None)
    milliseconds = metric.timestamp if metric.timestamp is not None else payload.timestamp
    observed = metric.properties.get("observedAt")
    if not isinstance(observed, int) or isinstance(observed, bool):
        observed = wall if milliseconds is None else milliseconds * 1_000_000
    unit = metric.properties.get("engUnit")
    trigger = metric.properties.get("trigger")
    return Reading(
        device,
        name,
        None if quality is Quality.BAD else value,
        unit if isinstance(unit, str) else None,
        observed,
        now,
        now,
        Trigger(trigger) if trigger in list(Trigger) else Trigger.STREAM,
        quality,
        reason,
        data,
    )


def _quality(metric: Metric, has_value: bool) -> tuple[Quality, str]:
    code = metric.properties.get("Quality", _GOOD)
    reason = metric.properties.get("reason")
    told = reason if isinstance(reason, str) else ""
    if not has_value or not isinstance(code, int) or code < _UNCERTAIN:
        return Quality.BAD, told or (f"the node says quality {code!r}" if has_value else "the node sent no number")
    if code < _GOOD:
        return Quality.UNCERTAIN, told or f"the node says quality {code}"
    return Quality.GOOD, told


def run_payload_test(test: ProfileTest) -> str:
    """What is wrong with the outcome of a test whose bytes are the payload of a DDATA message, or nothing."""
    try:
        payload = decode_payload(test.wire)
    except ProtocolError as error:
        return error.sentence if test.expect else ""
    readings = [_reading("", metric.name, metric, payload, test.wire, 0, 0) for metric in payload.metrics]
    told = "; ".join(f"{one.channel}: {one.reason if one.value is None else one.value}" for one in readings)
    if len(readings) != len(test.expect):
        return f"{len(test.expect)} readings were expected, but there came: {told or 'none'}"
    for want, got in zip(test.expect, readings, strict=True):
        if want.channel and want.channel != got.channel:
            return f"channel {want.channel} was expected; there came: {told}"
        if want.error:
            fits = got.value is None and want.error in got.reason
        else:
            fits = got.value is not None and str(got.value) == want.value and want.unit in (None, got.unit)
        if not fits:
            return f"{want.error or want.value} was expected; there came: {told}"
    return ""
