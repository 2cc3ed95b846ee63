"""Small facts for the window's frame: how many records are open, how the hub stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


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
    "hub", "muted", "No hub", "This station keeps everything itself. Name a hub in the settings to share it."
)
