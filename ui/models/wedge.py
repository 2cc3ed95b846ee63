"""What a reader or gauge types like a keyboard: how it is told from a person, and what its text means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devices.profile.model import Profile
    from devices.reading import Reading
    from workstation.station import Station

_MILLISECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class WedgeRules:
    """The longest pause between two of its keys in ns, the character it sends first, and the profile of its records."""

    most_gap: int = 35 * _MILLISECOND
    prefix: str = ""
    profile: Profile | None = None
    trouble: str = ""
    """Why the profile that the settings name cannot be used, empty when it can."""


@dataclass(frozen=True, slots=True)
class TypedRecord:
    """A whole record that a gauge typed: `reading` is its value, or says why there is none; `raw` the record."""

    reading: Reading
    raw: bytes


def read_rules(station: Station) -> WedgeRules:
    """What the station's settings say of readers that type."""
    from devices.errors import DeviceError
    from workstation import settings
    from workstation.line.ports import library

    gap = station.settings.get(settings.WEDGE_MILLISECONDS) * _MILLISECOND
    prefix = station.settings.get(settings.WEDGE_PREFIX)[:1]
    name = station.settings.get(settings.WEDGE_PROFILE)
    if not name:
        return WedgeRules(gap, prefix)
    try:
        profile = library(station.home).load(name)
    except DeviceError as error:
        return WedgeRules(gap, prefix, None, f"The setting window.wedge_profile: {error.sentence}")
    if profile.framing is None:
        return WedgeRules(gap, prefix, None, f"{profile.title} does not type: set another window.wedge_profile.")
    return WedgeRules(gap, prefix, profile)


def typed_record(profile: Profile | None, text: str) -> TypedRecord | None:
    """The record a text is under this profile, None when it is none: then it is a code that was scanned."""
    from devices.reading import Reading
    from devices.wedge import decode_typed, record_of

    if profile is None:
        return None
    raw = record_of(profile, text)
    match decode_typed(profile, "typed", raw):
        case [Reading() as reading]:
            return TypedRecord(reading, raw)
    return None
