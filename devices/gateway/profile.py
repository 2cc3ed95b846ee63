"""The keys of a profile for servers: which kind it is, and names, units and factors for what it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from devices.profile.fields import Key, Table, Values
from devices.profile.fields import Kind as Holds


class ServerKind(StrEnum):
    """What a server speaks."""

    OPC_UA = "opc-ua"
    SPARKPLUG_B = "sparkplug-b"


@dataclass(frozen=True, slots=True)
class ServerPoint:
    """What is read of a server: `name` is the channel, `node` the node's id as text, or the metric's name.

    `unit` None leaves it to what the server sends, or to the station. `scale` is an exact factor.
    """

    name: str
    node: str
    unit: str | None = None
    scale: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class ServerMap:
    """A server's kind and the points that have names of their own; others name their node or metric."""

    kind: ServerKind
    points: tuple[ServerPoint, ...]

    def point(self, channel: str) -> ServerPoint:
        """What a channel stands for."""
        return next((point for point in self.points if point.name == channel), ServerPoint(channel, channel))


SERVER = Table(
    "server",
    "A server instead of an instrument; what has a name of its own stands in [[node]].",
    (Key("kind", Holds.TEXT, "What it speaks.", True, choices=tuple(kind.value for kind in ServerKind)),),
)
NODE = Table(
    "node",
    "A node of an OPC UA server, or a metric of a Sparkplug B node.",
    (
        Key("name", Holds.TEXT, "The channel's name.", True),
        Key("id", Holds.TEXT, "The node's id such as ns=2;s=oven.t, or the metric's name.", True),
        Key("unit", Holds.TEXT, "Unit of its values; left out, as the server or the station says."),
        Key("scale", Holds.DECIMAL, "Exact factor, as a text."),
    ),
    many=True,
)
SERVER_TABLES = (SERVER, NODE)


def read_server(tables: Mapping[str, tuple[Values, ...]]) -> ServerMap:
    """Make the server's map of tables that fit their declared keys. Raises ProfileError."""
    server = tables["server"][0]
    points: dict[str, ServerPoint] = {}
    for values in tables["node"]:
        name, scale = values.text("name"), values.decimal("scale")
        if not name.strip() or not values.text("id").strip():
            raise values.error("name", "a node needs a name and an id.")
        if name in points:
            raise values.error("name", f"the node '{name}' is there twice.")
        if scale == 0:
            raise values.error("scale", "'scale' must not be 0.")
        points[name] = ServerPoint(
            name, values.text("id"), values.text("unit") or None, Decimal(1) if scale is None else scale
        )
    return ServerMap(ServerKind(server.text("kind")), tuple(points.values()))
