"""Instrument profiles: TOML files that drive decoder, link, simulator and help alike."""

from devices.profile.load import load_profile, parse_line_settings
from devices.profile.model import (
    Certainty,
    Framing,
    LineSettings,
    Profile,
    ProfileTest,
    Record,
    RecordKind,
    Request,
    SerialPort,
    Stream,
)

__all__ = [
    "Certainty",
    "Framing",
    "LineSettings",
    "Profile",
    "ProfileTest",
    "Record",
    "RecordKind",
    "Request",
    "SerialPort",
    "Stream",
    "load_profile",
    "parse_line_settings",
]
