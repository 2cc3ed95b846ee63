"""Small facts for the window's frame: how many records are open, how the hub stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workstation.station import Station
    from workstation.sync.state import SyncState


@dataclass(frozen=True, slots=True)
class HubState:
    """The hub in one sign and a few words."""

    icon: str
    ink: str
    text: str
    tip: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Open records by the page that shows them, and the hub."""

    open_records: Mapping[str, int]
    hub: HubState


NO_HUB = HubState(
    "hub", "muted", "No hub", "This station keeps everything itself. To share it, enrol it: 'sinebar sync enrol'."
)


def read_facts(station: Station) -> Facts:
    """Count what is open and look how far the hub is."""
    from workstation.quality import capa, investigations, nonconformances

    with station.read() as reader:
        open_records = {
            "investigations": sum(one.state != "concluded" for one in investigations.investigations(reader)),
            "nonconformances": sum(
                one.state not in ("closed", "voided") for one in nonconformances.nonconformances(reader)
            ),
            "capa": sum(one.state != "closed" for one in capa.capas(reader)),
        }
    return Facts(open_records, read_hub(station))


def read_hub(station: Station) -> HubState:
    """How the hub stands."""
    from workstation.settings import HUB_URL
    from workstation.sync.state import StateFile

    state = StateFile(station.home).read()
    if not state.hub and not station.settings.get(HUB_URL):
        return NO_HUB
    with station.read() as reader:
        written = reader.journal_head()[0]
    return hub_state(state, written)


def hub_state(state: SyncState, written: int) -> HubState:
    """The hub in words: `written` is how many journal entries this station has."""
    waiting = max(written - state.acknowledged.count, 0)
    at = datetime.fromtimestamp(state.last_contact / 1e6).astimezone()
    heard = f"Last heard from {state.hub} on {at:%Y-%m-%d %H:%M:%S}." if state.last_contact else "Not heard from yet."
    if state.last_problem:
        text = f"Hub away, {waiting} to send" if waiting else "Hub away"
        return HubState("silent", "warn", text, f"{state.last_problem} {heard} What waits is sent when it is back.")
    if waiting:
        return HubState("hub", "muted", f"Hub: {waiting} to send", heard)
    return HubState("hub", "good", "Hub in step", f"Every change is on the hub. {heard}")
