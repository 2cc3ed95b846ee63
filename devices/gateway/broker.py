"""One connection to an MQTT broker: paho-mqtt's thread on one side, the asyncio loop on the other."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from devices.errors import PortError, system_words
from devices.gateway.credential import Credential
from devices.gateway.needs import require
from devices.gateway.tls import context_of, not_secured

if TYPE_CHECKING:
    from paho.mqtt.client import Client

CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and who we are there.

    With `tls`, `ca_file` is the authority that signed its certificate (empty: those the system trusts), `certificate`
    and `private_key` are files of ours for brokers that ask for them.
    """

    host: str
    port: int = 1883
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    ca_file: str = ""
    certificate: str = ""
    private_key: str = ""
    keep_alive: int = 10

    @property
    def url(self) -> str:
        """The broker as a port is spelled."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"

    def signed_in(self, credential: Credential) -> Broker:
        """The same broker, to be opened with this credential."""
        if credential == Credential():
            return self
        return replace(
            self,
            user=credential.user,
            password=credential.password,
            ca_file=credential.authority,
            certificate=credential.certificate,
            private_key=credential.private_key,
        )


@dataclass(frozen=True, slots=True)
class Message:
    """What is published, and how: `qos` 1 is acknowledged by the broker."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


class Connection:
    """Callbacks come on the loop's thread. Constructing does not communicate; one object is one connection."""

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        *,
        will: Message | None = None,
        clean: bool = True,
        on_message: Callable[[str, bytes], None],
        on_acknowledged: Callable[[int], None],
        on_lost: Callable[[str], None],
    ) -> None:
        self._broker = broker
        self._loop = asyncio.get_running_loop()
        self._connected: asyncio.Future[str] = self._loop.create_future()
        self._on_message = on_message
        self._on_acknowledged = on_acknowledged
        self._on_lost = on_lost
        self._closed = False
        self._connecting: asyncio.Task[Any] | None = None
        self._client: Client | None = self._make(client_id, will, clean)

    def _make(self, client_id: str, will: Message | None, clean: bool) -> Client:
        require("MQTT")
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        client = Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=clean, reconnect_on_failure=False
        )
        if self._broker.user:
            client.username_pw_set(self._broker.user, self._broker.password)
        if self._broker.tls:
            broker = self._broker
            client.tls_set_context(context_of(broker.url, broker.ca_file, broker.certificate, broker.private_key))
        if will is not None:
            client.will_set(will.topic, will.payload, will.qos, will.retain)
        client.connect_timeout = CONNECT_SECONDS / 2
        client.on_connect = self._thread_connected
        client.on_disconnect = self._thread_disconnected
        client.on_message = self._thread_message
        client.on_publish = self._thread_published
        return client

    async def open(self) -> None:
        """Connect. Raises PortError."""
        broker, client = self._broker, self._opened
        try:
            self._connecting = asyncio.create_task(
                asyncio.to_thread(client.connect, broker.host.strip("[]"), broker.port, broker.keep_alive)
            )
            await asyncio.shield(self._connecting)
            client.loop_start()
            async with asyncio.timeout(CONNECT_SECONDS):
                refused = await self._connected
        except TimeoutError as error:
            raise PortError(f"The broker {broker.url} does not answer.", "Check address and firewall.") from error
        except (OSError, ValueError) as error:
            if broker.tls and isinstance(error, ssl.SSLError | ConnectionResetError):
                raise not_secured(broker.url, broker.host, broker.ca_file, error) from error
            raise PortError(
                f"The broker {broker.url} cannot be reached: {system_words(error)}.", "Check that it runs."
            ) from error
        if refused:
            secured = "the certificate that it asks for" if broker.tls else "whether it asks for TLS (mqtts://)"
            raise PortError(
                f"The broker {broker.url} refuses the connection: {refused}.", f"Check name, password and {secured}."
            )

    def publish(self, message: Message) -> int:
        """Send a message; returns the number `on_acknowledged` will name when its quality of service is 1."""
        return int(self._opened.publish(message.topic, message.payload, message.qos, message.retain).mid)

    def subscribe(self, topic: str, qos: int = 1) -> None:
        self._opened.subscribe(topic, qos)

    @property
    def _opened(self) -> Client:
        if self._client is None:
            raise PortError("The connection to the broker was closed.", "Open another one.")
        return self._client

    async def close(self) -> None:
        """Disconnect and end paho's thread; safe to call at any time."""
        self._closed = True
        if self._connecting is not None:
            await asyncio.wait({self._connecting})  # its thread must not open a socket behind our back
        client, self._client = self._client, None
        if client is None:
            return
        client.disconnect()
        await asyncio.to_thread(client.loop_stop)
        # nothing refers to it any more: it closes its own sockets now, not whenever a cycle is collected
        client.on_connect = client.on_disconnect = client.on_message = client.on_publish = None

    # --- on paho's thread --------------------------------------------------------------------------------------------

    def _tell(self, what: Callable[..., None], *arguments: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what, *arguments)

    def _thread_connected(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._tell(self._settle, str(reason) if reason.is_failure else "")

    def _thread_disconnected(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._tell(self._lost, str(reason))

    def _thread_message(self, _client: Any, _data: Any, message: Any) -> None:
        self._tell(self._on_message, message.topic, message.payload)

    def _thread_published(self, _client: Any, _data: Any, mid: int, _reason: Any, _properties: Any) -> None:
        self._tell(self._on_acknowledged, mid)

    # --- on the loop's thread ----------------------------------------------------------------------------------------

    def _settle(self, refused: str) -> None:
        if not self._connected.done():
            self._connected.set_result(refused)

    def _lost(self, reason: str) -> None:
        if not self._connected.done():
            self._connected.set_result(reason)
        elif not self._closed:
            self._on_lost(reason)
