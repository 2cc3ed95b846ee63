"""The optional packages behind OPC UA and MQTT: looked for without being imported, and named with the exact command."""

from __future__ import annotations

import importlib.util
import sys

from devices.errors import ExtraMissing

_PACKAGES = {"OPC UA": ("asyncua", "asyncua"), "MQTT": ("paho", "paho-mqtt")}


def require(what: str) -> None:
    """Raise ExtraMissing when the package that speaks `what` ("OPC UA" or "MQTT") is not installed."""
    module, _ = _PACKAGES[what]
    if importlib.util.find_spec(module) is None:
        raise missing(what)


def missing(what: str) -> ExtraMissing:
    """What is said when it is not installed."""
    _, package = _PACKAGES[what]
    return ExtraMissing(
        f"{what} needs the package {package}, which is not installed (Sinebar's extra 'gateway').",
        f"Install it with: {sys.executable} -m pip install {package}",
    )
