"""The gauges of the station: what the store says of them, and how the line says they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from ui.widgets.ports import SIGNS

if TYPE_CHECKING:
    from ui.models.line import Line
    from workstation.line.protocol import Instrument, Port
    from workstation.station import Station

UNKNOWN = ("waiting", "muted", "not known")
"""Icon, ink and word for a gauge of which the line says nothing."""
LOCKED = ("warn", "warn", "locked")
OVERDUE = ("warn", "warn", "overdue")
_SOON_DAYS = 30


@dataclass(frozen=True, slots=True)
class GaugeFacts:
    """One gauge of the store: `measures` names the characteristic of each bound channel, `profile` is a title.

    `server` is the address of the OPC UA server it is read at, empty for any other port; `has_settings` says whether
    its profile lets settings be written.
    """

    source: str
    name: str
    serial_number: str
    profile: str
    port: str
    unit: str
    calibration_due: str
    locked: bool
    measures: tuple[tuple[str, str], ...]
    server: str = ""
    has_settings: bool = False

    @property
    def days_left(self) -> int | None:
        """Days until its calibration is due, negative when it is overdue; None where none is asked for."""
        if not self.calibration_due:
            return None
        return (date.fromisoformat(self.calibration_due) - datetime.now().astimezone().date()).days

    @property
    def calibration(self) -> str:
        """When it is to be calibrated again, and how soon that is."""
        left = self.days_left
        if left is None or left > _SOON_DAYS:
            return self.calibration_due
        soon = "overdue" if left < 0 else "today" if left == 0 else f"in {left} day{'s' if left > 1 else ''}"
        return f"{self.calibration_due}, {soon}"


@dataclass(frozen=True, slots=True)
class Standing:
    """A gauge with what the line says of it; `port` and `counts` are None while it says nothing."""

    facts: GaugeFacts
    port: Port | None
    counts: Instrument | None

    @property
    def sign(self) -> tuple[str, str, str]:
        """Icon, ink, word."""
        if self.facts.locked:
            return LOCKED
        status = "" if self.port is None else self.port.status
        if (self.facts.days_left or 0) < 0 and status != "error":
            return OVERDUE
        return SIGNS.get(status, ("warn", "warn", status)) if status else UNKNOWN

    @property
    def last(self) -> str:
        """The newest kept value since the line started, as it was sent, with its time."""
        counts = self.counts
        if counts is None or not counts.last_at:
            return ""
        at = datetime.fromtimestamp(counts.last_at / 1e6).astimezone()
        return f"{counts.last_value} {counts.last_unit}  {at:%H:%M:%S}"

    @property
    def channels(self) -> tuple[str, ...]:
        """What it can be asked for, bound channels first; none while it is not connected or cannot be asked."""
        if self.port is None or self.port.status not in ("ready", "silent"):
            return ()
        bound = [channel for channel, _ in self.facts.measures if channel in self.port.channels]
        return (*bound, *(channel for channel in self.port.channels if channel not in bound))


def read_gauges(station: Station) -> list[GaugeFacts]:
    """Every gauge in use, by name."""
    from workstation.catalog.gauges import bindings, gauges
    from workstation.catalog.parts import characteristic
    from workstation.catalog.values import GaugeStatus

    with station.read() as reader:
        known = [gauge for gauge in gauges(reader) if gauge.status is not GaugeStatus.RETIRED]
        measures: dict[int, list[tuple[str, str]]] = {}
        for binding in bindings(reader):
            name = characteristic(reader, binding.characteristic_id).name
            measures.setdefault(binding.gauge_id, []).append((binding.channel, name))
    profiles = _profiles(station, {gauge.profile for gauge in known})
    return [
        GaugeFacts(
            gauge.source,
            gauge.name,
            gauge.serial_number,
            profiles[gauge.profile][0],
            gauge.port,
            gauge.unit or "",
            gauge.calibration_due or "",
            gauge.status is GaugeStatus.LOCKED,
            tuple(measures.get(gauge.id, ())),
            opc_ua_server(gauge.port),
            profiles[gauge.profile][1],
        )
        for gauge in sorted(known, key=lambda gauge: gauge.name)
    ]


def opc_ua_server(port: str) -> str:
    """The address under which whom to trust is kept for a port; empty for one that is no OPC UA server's."""
    from devices.errors import PortError
    from devices.gateway.address import parse_opcua

    try:
        return parse_opcua(port).account
    except PortError:
        return ""


def _profiles(station: Station, names: set[str]) -> Mapping[str, tuple[str, bool]]:
    """Title of each profile, and whether it lets settings be written.

    The name stands for the title where there is no such profile, which the line says as an error.
    """
    from devices.errors import DeviceError
    from workstation.line.ports import library
    from workstation.line.writes import settings_of

    shelf = library(station.home)
    found: dict[str, tuple[str, bool]] = {}
    for name in names:
        try:
            profile = shelf.load(name)
            found[name] = profile.title, bool(settings_of(profile.registers))
        except DeviceError:
            found[name] = name, False
    return found


def standings(gauges: Sequence[GaugeFacts], line: Line) -> list[Standing]:
    """The gauges as they stand now; a line that is not attached says nothing."""
    ports = {port.source: port for port in line.ports.values()} if line.is_attached else {}
    counts = {one.source: one for one in line.instruments} if line.is_attached else {}
    return [Standing(facts, ports.get(facts.source), counts.get(facts.source)) for facts in gauges]
