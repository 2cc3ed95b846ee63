"""How a port is spelled, and what the spelling means."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import parse_qs

from devices.errors import PortError

SPELLINGS = (
    "a device (/dev/ttyUSB0, COM3), usb:VID:PID[:SERIAL], tcp://host:port, tcp-listen://host:port, "
    "udp://host:port, udp-listen://host:port, rfc2217://host:port, wedge: or replay:FILE"
)
_NETWORK = re.compile(r"(tcp|tcp-listen|udp|udp-listen|rfc2217)://(\[[0-9A-Fa-f:.%]+\]|[^\s:/\[\]]*):(\d{1,5})/?")
_LINE = re.compile(r"\d{2,7}[- ][5678][NEOMSneoms](1|1\.5|2)")
_POLL = re.compile(r"([!-~]{1,20})@(0\.(?:0[5-9]|[1-9])\d{0,3}|[1-9]\d{0,4}(?:\.\d{1,3})?)")
_USB = re.compile(r"usb:([0-9A-Fa-f]{4}):([0-9A-Fa-f]{4})(?::(.+))?")


@dataclass(frozen=True, slots=True)
class PortAddress:
    """A port's parts: `kind` is serial, usb, tcp, tcp-listen, udp, udp-listen, rfc2217, wedge or replay."""

    kind: str
    text: str
    host: str = ""
    port: int = 0
    path: str = ""
    vid: int = 0
    pid: int = 0
    serial_number: str = ""
    speed: float = 1.0
    line: str = ""
    polls: tuple[tuple[str, float], ...] = ()
    stream: bool = False
    first: bool = False


def parse_port(text: str) -> PortAddress:
    """The parts of a port's spelling. Raises PortError with the spellings that exist.

    Options may follow a `?`, joined by `&`: `line=9600-8N1` where the profile asks for the line settings,
    `poll=CHANNEL@SECONDS` (more than once) to ask a channel again and again, `stream=on` to start continuous output,
    `first=on` where an instrument connects to us anew for each reading.
    """
    text = text.strip()
    if text.startswith("replay:"):
        return _replay(text)
    if text == "wedge:":
        return PortAddress("wedge", text)
    place, _, query = text.partition("?")
    return _with_options(_place(place), text, query) if query else _place(place)


def _place(text: str) -> PortAddress:
    found = _NETWORK.fullmatch(text)
    if found is not None and int(found[3]) <= 65535:
        host = found[2].strip("[]")
        if host or found[1].endswith("-listen"):
            return PortAddress(found[1], text, host=host or "0.0.0.0", port=int(found[3]))  # noqa: S104 - asked for
    found = _USB.fullmatch(text)
    if found is not None:
        return PortAddress("usb", text, vid=int(found[1], 16), pid=int(found[2], 16), serial_number=found[3] or "")
    if not text or "://" in text or text.startswith(("usb:", "wedge:")) or "\0" in text:
        raise PortError(f"'{text}' is no port.", f"A port is {SPELLINGS}.")
    return PortAddress("serial", text, path=text)


def _with_options(address: PortAddress, text: str, query: str) -> PortAddress:
    line, polls, stream, first = "", [], False, False
    for option in query.split("&"):
        name, _, value = option.partition("=")
        if name == "line" and _LINE.fullmatch(value):
            line = value.replace("-", " ")
        elif name == "poll" and (found := _POLL.fullmatch(value)):
            polls.append((found[1], float(found[2])))
        elif name == "stream" and value in ("on", "off"):
            stream = value == "on"
        elif name == "first" and value in ("on", "off") and address.kind == "tcp-listen":
            first = value == "on"
        else:
            raise PortError(
                f"'{text}' has the option '{option}', which cannot be.",
                "Options are line=9600-8N1, poll=CHANNEL@SECONDS, stream=on and, of tcp-listen, first=on, joined by &.",
            )
    return replace(address, line=line, polls=tuple(polls), stream=stream, first=first)


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
