"""How a port is spelled, and what the spelling means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from devices.errors import PortError

SPELLINGS = (
    "a device (/dev/ttyUSB0, COM3), usb:VID:PID[:SERIAL], tcp://host:port, tcp-listen://host:port, "
    "udp://host:port, udp-listen://host:port, rfc2217://host:port or replay:FILE"
)
_NETWORK = re.compile(r"(tcp|tcp-listen|udp|udp-listen|rfc2217)://(\[[0-9A-Fa-f:.%]+\]|[^\s:/\[\]]*):(\d{1,5})/?")
_USB = re.compile(r"usb:([0-9A-Fa-f]{4}):([0-9A-Fa-f]{4})(?::(.+))?")


@dataclass(frozen=True, slots=True)
class PortAddress:
    """A port's parts: `kind` is serial, usb, tcp, tcp-listen, udp, udp-listen, rfc2217 or replay."""

    kind: str
    text: str
    host: str = ""
    port: int = 0
    path: str = ""
    vid: int = 0
    pid: int = 0
    serial_number: str = ""
    speed: float = 1.0


def parse_port(text: str) -> PortAddress:
    """The parts of a port's spelling. Raises PortError with the spellings that exist."""
    text = text.strip()
    found = _NETWORK.fullmatch(text)
    if found is not None and int(found[3]) <= 65535:
        host = found[2].strip("[]")
        if host or found[1].endswith("-listen"):
            return PortAddress(found[1], text, host=host or "0.0.0.0", port=int(found[3]))  # noqa: S104 - asked for
    if text.startswith("replay:"):
        return _replay(text)
    found = _USB.fullmatch(text)
    if found is not None:
        return PortAddress("usb", text, vid=int(found[1], 16), pid=int(found[2], 16), serial_number=found[3] or "")
    if not text or "://" in text or text.startswith("usb:") or "\0" in text:
        raise PortError(f"'{text}' is no port.", f"A port is {SPELLINGS}.")
    return PortAddress("serial", text, path=text)


def _replay(text: str) -> PortAddress:
    path, _, query = text.removeprefix("replay:").partition("?")
    speed = parse_qs(query).get("speed", ["1"])[0]
    try:
        factor = 0.0 if speed == "max" else float(speed)
    except ValueError:
        factor = -1.0
    if not path or factor < 0 or factor == float("inf") or factor != factor:
        raise PortError(
            f"'{text}' is no recording.", "Write replay:FILE, replay:FILE?speed=10 or replay:FILE?speed=max."
        )
    return PortAddress("replay", text, path=path, speed=factor)
