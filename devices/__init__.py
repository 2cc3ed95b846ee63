"""Talk to gauges and sensors: ports, framing, decoding, links and simulators. Knows no store, no screen, no quality."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from devices.clock import SYSTEM_CLOCK, Clock
from devices.gateway.credential import SignIn, nobody
from devices.link import AnyLink, Link, Sink, connect_all
from devices.polling import Poll
from devices.profile import Profile, load_profile
from devices.record import RawJournal
from devices.transports import parse_port
from devices.wedge import typing_profile

if TYPE_CHECKING:
    from devices.link import SignalSink

__all__ = ["AnyLink", "Link", "Poll", "Profile", "RawJournal", "connect_all", "load_profile", "open_link"]


def open_link(
    profile: Profile,
    port: str,
    *,
    source: str,
    sink: Sink,
    raw_journal: RawJournal | None = None,
    clock: Clock = SYSTEM_CLOCK,
    line: str | None = None,
    polls: Iterable[Poll] = (),
    stream: bool = False,
    signals: SignalSink | None = None,
    sign_in: SignIn = nobody,
) -> AnyLink:
    """The link for a profile, whatever it speaks; its `run` opens the port. Raises PortError for a bad port.

    On `wedge:` the instrument types like a keyboard: `Link.typed` takes its records, and it cannot be asked.
    """
    if profile.server is not None:
        from devices.gateway.links import open_server

        return open_server(
            profile.server, port, source=source, sink=sink, signals=signals, polls=polls, sign_in=sign_in, clock=clock
        )
    if profile.registers is not None and not port.startswith("replay:"):
        from devices.modbus.link import ModbusLink

        return ModbusLink(
            profile, port, source=source, sink=sink, raw_journal=raw_journal, clock=clock, line=line, signals=signals
        )
    address = parse_port(port)
    if address.kind == "replay" and profile.registers is not None:
        from devices.modbus.replay import ModbusReplayLink

        path = Path(address.path)
        return ModbusReplayLink(profile, port, path, address.speed, source=source, sink=sink, signals=signals)
    if address.kind == "replay":
        from devices.replay import ReplayLink

        return ReplayLink(profile, port, Path(address.path), address.speed, source=source, sink=sink, signals=signals)
    if address.kind == "wedge":
        profile = typing_profile(profile)
    asked = tuple(polls) or tuple(Poll(channel, round(seconds * 1e9)) for channel, seconds in address.polls)
    return Link(
        profile,
        port,
        source=source,
        sink=sink,
        raw_journal=raw_journal,
        clock=clock,
        line=line,
        polls=asked,
        stream=stream or address.stream,
        signals=signals,
    )
