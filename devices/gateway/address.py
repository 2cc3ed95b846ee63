"""How a server or broker is spelled as a port, and what the spelling means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from devices.errors import PortError

OPC_UA_PORT = 4840
MQTT_PORT, MQTTS_PORT = 1883, 8883
PREFIXES = ("opc.tcp://", "mqtt://", "mqtts://")
SHORTEST_EVERY, LONGEST_EVERY = 0.05, 3600.0
_PLACE = re.compile(r"(opc\.tcp|mqtts?)://([^/?#]*)(/[^?#\s]*)?")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^\s:/\[\]@]+)(?::(\d{1,5}))?")
_EVERY = re.compile(r"\d{1,4}(\.\d{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class OpcUaAddress:
    """An OPC UA server: `url` as its client takes it.

    `every` is how often continuous channels are read, in seconds. With `by_timestamp` the server tells a node also when
    only its time stamp has moved.
    """

    url: str
    host: str
    port: int
    every: float = 1.0
    by_timestamp: bool = False

    @property
    def account(self) -> str:
        """What its credentials are kept under."""
        return f"opc.tcp://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """An MQTT broker; where readings are read from, also Sparkplug's group, node and device (empty: the node)."""

    host: str
    port: int
    tls: bool
    group: str = ""
    node: str = ""
    device: str = ""

    @property
    def account(self) -> str:
        """What its credentials are kept under."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


def is_server(text: str) -> bool:
    """Whether a port is spelled as a server or broker."""
    return text.strip().startswith(PREFIXES)


def parse_opcua(text: str) -> OpcUaAddress:
    """`opc.tcp://host:port/path?every=SECONDS&report=timestamp`; port 4840 when left out. Raises PortError."""
    scheme, host, port, path = _place(text, OPC_UA_PORT, "opc.tcp://host:4840/path")
    if scheme != "opc.tcp":
        raise PortError(f"'{text}' is no OPC UA server.", "Write opc.tcp://host:4840/path.")
    every, by_timestamp = 1.0, False
    for option in filter(None, text.strip().partition("?")[2].split("&")):
        name, _, value = option.partition("=")
        if name == "every" and _EVERY.fullmatch(value) and SHORTEST_EVERY <= float(value) <= LONGEST_EVERY:
            every = float(value)
        elif name == "report" and value in ("value", "timestamp"):
            by_timestamp = value == "timestamp"
        else:
            raise PortError(
                f"'{text}' has the option '{option}', which cannot be.",
                f"Options: every=SECONDS ({SHORTEST_EVERY:g} to {LONGEST_EVERY:g}) and report=timestamp, joined by &.",
            )
    return OpcUaAddress(f"opc.tcp://{host}:{port}{path}", host, port, every, by_timestamp)


def parse_broker(text: str) -> BrokerAddress:
    """`mqtt://host:port` or `mqtts://host:port`, 1883 and 8883 when left out. Raises PortError."""
    scheme, host, port, path = _place(text, 0, "mqtt://host:1883")
    if scheme not in ("mqtt", "mqtts") or path.strip("/") or "?" in text:
        raise PortError(f"'{text}' is no MQTT broker.", "Write mqtt://host:1883, or mqtts://host:8883 with TLS.")
    return BrokerAddress(host, port or (MQTTS_PORT if scheme == "mqtts" else MQTT_PORT), scheme == "mqtts")


def parse_sparkplug(text: str) -> BrokerAddress:
    """`mqtt://host:port/GROUP/NODE/DEVICE`; a blank in a name is written %20. Raises PortError."""
    where, _, path = text.strip().partition("://")
    host, _, names = path.partition("/")
    broker = parse_broker(f"{where}://{host}")
    parts = [unquote(part) for part in names.split("/")] if names else []
    if not 2 <= len(parts) <= 3 or not all(parts) or any(set(part) & set("/+#\0") for part in parts):
        raise PortError(
            f"'{text}' does not say which Sparkplug node to listen to.",
            "Write mqtt://host:1883/GROUP/NODE/DEVICE, with %20 for a blank.",
        )
    return BrokerAddress(broker.host, broker.port, broker.tls, parts[0], parts[1], parts[2] if len(parts) == 3 else "")


def account_of(text: str) -> str:
    """What a server's or broker's credentials are kept under: its address without path. Raises PortError."""
    if not is_server(text):
        raise PortError(f"'{text}' is no server.", f"It begins with one of {', '.join(PREFIXES)}.")
    if text.strip().startswith("opc.tcp://"):
        return parse_opcua(text).account
    scheme, _, rest = text.strip().partition("://")
    return parse_broker(f"{scheme}://{rest.partition('/')[0]}").account


def _place(text: str, port: int, example: str) -> tuple[str, str, int, str]:
    found = _PLACE.fullmatch(text.strip().partition("?")[0])
    if found is not None and "@" in found[2]:
        raise PortError(
            "A name or password does not belong in a port's spelling.",
            "Leave it out, and keep it with 'sinebar instruments credentials'.",
        )
    host = _HOST.fullmatch(found[2]) if found is not None else None
    if found is None or host is None or int(host[2] or 1) not in range(1, 65_536):
        raise PortError(f"'{_short(text)}' is no server.", f"Write {example}.")
    return found[1], host[1], int(host[2]) if host[2] else port, (found[3] or "").rstrip("/")


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
