"""Publish readings as a Sparkplug B edge node: kept on disk first, forwarded when the broker is there, each once."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from devices.errors import DeviceError, PortError, ProtocolError
from devices.gateway.broker import Broker, Connection, Message
from devices.gateway.credential import SignIn, nobody
from devices.gateway.entries import MILLISECOND, Entry, entry_of, pack, unpack
from devices.gateway.needs import require
from devices.gateway.sparkplug import DataType, Metric, Payload, decode_payload, encode_payload
from devices.gateway.spool import Spool
from devices.reading import Reading

NAMESPACE = "spBv1.0"
REBIRTH = "Node Control/Rebirth"
BIRTH_DEATH = "bdSeq"
MOST_IN_A_MESSAGE = 100
MOST_UNDER_WAY = 20
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 10.0


@dataclass(frozen=True, slots=True)
class NodeName:
    """Where the node stands in the topic space: its group and its own name."""

    group: str
    node: str

    def __post_init__(self) -> None:
        for part in (self.group, self.node):
            if not part or set(part) & set("/+#"):
                raise ProtocolError(f"'{part}' cannot be part of a topic.", "Leave out /, + and #.")

    def topic(self, kind: str, device: str = "") -> str:
        """The topic of a message kind such as NBIRTH or DDATA."""
        whole = f"{NAMESPACE}/{self.group}/{kind}/{self.node}"
        return f"{whole}/{topic_part(device)}" if device else whole


def topic_part(name: str) -> str:
    """A name as it may stand in a topic: /, + and # have a meaning there."""
    return name.translate({ord(character): "_" for character in "/+#"})


@dataclass(slots=True)
class _UnderWay:
    mid: int
    up_to: int
    acknowledged: bool = False


class SparkplugNode:
    """An edge node: one Sparkplug device for each source, one metric for each channel.

    `keep` returns when the readings are on the disk; `run` forwards what is there, in order. Data are published with
    quality of service 1 and leave the spool only when the broker has acknowledged them; each message carries the
    spool's identity and its entries' numbers, so that a receiver can drop what a lost acknowledgement repeated. What
    was kept before the present connection is marked as historical. With `primary_host` data wait until that host says
    it is online.
    """

    def __init__(
        self, broker: Broker, name: NodeName, spool: Spool, *, primary_host: str = "", sign_in: SignIn = nobody
    ) -> None:
        self._broker = broker
        self._name = name
        self._spool = spool
        self._primary_host = primary_host
        self._sign_in = sign_in
        self._last: dict[str, dict[str, Metric]] = {}
        self._born: set[tuple[str, str]] = set()
        self._connection: Connection | None = None
        self._births = 0
        self._seq = 0
        self._sent = 0
        self._kept_before = 0
        self._host_is_there = False
        self._rebirth = False
        self._lost = ""
        self._under_way: deque[_UnderWay] = deque()
        self._wake = asyncio.Event()
        self.is_online = False
        self.trouble = ""

    @property
    def waiting(self) -> int:
        """Readings that the broker has not acknowledged yet."""
        return self._spool.waiting

    @property
    def waits_for_host(self) -> bool:
        """Whether data wait because the primary host is not online."""
        return self.is_online and not self._host_is_there

    async def keep(self, what: Sequence[Entry | Reading]) -> None:
        """Put readings on the disk. Raises SpoolError when it does not take them: then nothing of them is kept."""
        entries = [pack(entry_of(one) if isinstance(one, Reading) else one) for one in what]
        await asyncio.to_thread(self._spool.append, entries)
        self._wake.set()

    # --- the life of the connection ----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Forward for ever; trouble with the broker is in `trouble` until it is over. Raises ExtraMissing."""
        require("MQTT")
        pause = SHORTEST_PAUSE
        while True:
            try:
                await self._one_connection()
            except PortError as error:
                self.trouble = str(error)
            pause = SHORTEST_PAUSE if self._lost else min(LONGEST_PAUSE, pause * 2)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))

    async def _one_connection(self) -> None:
        self._lost = ""
        death = Payload(None, (Metric(BIRTH_DEATH, DataType.INT64, self._births % 256),))
        will = Message(self._name.topic("NDEATH"), encode_payload(death), qos=1)
        connection = Connection(
            self._broker.signed_in(self._sign_in()),
            f"{self._name.group}-{self._name.node}",
            will=will,
            on_message=self._heard,
            on_acknowledged=self._acknowledged,
            on_lost=self._gone,
        )
        self._connection = connection
        try:
            await connection.open()
            self._begin(connection)
            while not self._lost:
                self._wake.clear()
                self._work(connection)
                await self._wake.wait()
            self.trouble = self._lost
        except asyncio.CancelledError:
            if self.is_online:
                connection.publish(will)
            raise
        finally:
            self.is_online = False
            self._connection = None
            self._births += 1
            await connection.close()

    def _begin(self, connection: Connection) -> None:
        self.trouble = ""
        self._under_way.clear()
        self._sent = self._spool.acknowledged
        self._kept_before = self._spool.last
        self._host_is_there = not self._primary_host
        connection.subscribe(self._name.topic("NCMD"))
        if self._primary_host:
            connection.subscribe(f"{NAMESPACE}/STATE/{self._primary_host}")
        self._give_birth(connection)
        self.is_online = True

    def _work(self, connection: Connection) -> None:
        """Send what there is, as long as not too much is under way."""
        if self._rebirth:
            self._give_birth(connection)
        while self._host_is_there and len(self._under_way) < MOST_UNDER_WAY:
            entries = self._spool.after(self._sent, MOST_IN_A_MESSAGE)
            if not entries:
                return
            self._send(connection, entries)

    # --- what is said ------------------------------------------------------------------------------------------------

    def _give_birth(self, connection: Connection) -> None:
        self._rebirth = False
        self._born.clear()
        self._seq = 0
        metrics = (
            Metric(BIRTH_DEATH, DataType.INT64, self._births % 256),
            Metric(REBIRTH, DataType.BOOLEAN, False),
        )
        self._publish(connection, "NBIRTH", "", metrics)
        for device in self._last:
            self._introduce(connection, device)

    def _introduce(self, connection: Connection, device: str) -> None:
        """Say which metrics a device has, with their last values."""
        metrics = tuple(self._last[device].values())
        self._born |= {(device, metric.name) for metric in metrics}
        self._publish(connection, "DBIRTH", device, metrics)

    def _publish(
        self, connection: Connection, kind: str, device: str, metrics: Iterable[Metric], *, uuid: str = "", qos: int = 0
    ) -> int:
        now = time.time_ns() // MILLISECOND
        payload = Payload(now, tuple(metrics), self._seq, uuid)
        self._seq = (self._seq + 1) % 256
        return connection.publish(Message(self._name.topic(kind, device), encode_payload(payload), qos=qos))

    def _send(self, connection: Connection, entries: Sequence[tuple[int, bytes]]) -> None:
        """One message with the entries of one source that stand together at the front."""
        device, last = "", self._sent
        metrics: list[Metric] = []
        for number, entry in entries:
            source, metric = unpack(entry, is_historical=number <= self._kept_before)
            if metrics and source != device:
                break
            device, last = source, number
            metrics.append(metric)
        known = self._last.setdefault(device, {})
        known.update((metric.name, metric) for metric in metrics)
        if any((device, metric.name) not in self._born for metric in metrics):
            self._introduce(connection, device)
        uuid = f"{self._spool.identity}:{self._sent + 1}-{last}"
        mid = self._publish(connection, "DDATA", device, metrics, uuid=uuid, qos=1)
        self._under_way.append(_UnderWay(mid, last))
        self._sent = last

    # --- what is heard -----------------------------------------------------------------------------------------------

    def _acknowledged(self, mid: int) -> None:
        for one in self._under_way:
            if one.mid == mid:
                one.acknowledged = True
                break
        arrived = 0
        while self._under_way and self._under_way[0].acknowledged:
            arrived = self._under_way.popleft().up_to
        if arrived:
            try:
                self._spool.acknowledge(arrived)
            except DeviceError as error:
                self.trouble = str(error)  # it will be sent again, with the same numbers
        self._wake.set()

    def _heard(self, topic: str, payload: bytes) -> None:
        if topic == f"{NAMESPACE}/STATE/{self._primary_host}":
            is_there = says_online(payload)
            self._rebirth = self._rebirth or (is_there and not self._host_is_there)
            self._host_is_there = is_there
        elif topic == self._name.topic("NCMD"):
            try:
                asked = decode_payload(payload)
            except ProtocolError:
                return  # a command that cannot be read asks for nothing
            self._rebirth = self._rebirth or any(one.name == REBIRTH and one.value is True for one in asked.metrics)
        self._wake.set()

    def _gone(self, reason: str) -> None:
        self._lost = f"The broker was lost: {reason}."
        self._wake.set()


def says_online(payload: bytes) -> bool:
    """Whether a host's STATE message says that it is online."""
    try:
        state = json.loads(payload)
    except ValueError:
        return False
    return isinstance(state, Mapping) and state.get("online") is True
