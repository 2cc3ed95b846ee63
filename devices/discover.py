"""Which ports this computer has, with what is known of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FoundPort:
    """A serial port: `stable` is a spelling that finds it again wherever it is plugged in (empty when it has none)."""

    device: str
    description: str
    manufacturer: str
    vid: int | None
    pid: int | None
    serial_number: str
    location: str
    stable: str
    by_id: str


def ports() -> list[FoundPort]:
    """The serial ports that the system lists, by name. Pseudo-terminals are not listed; give their names yourself."""
    from serial.tools import list_ports

    links = _by_id()
    found = []
    for port in sorted(list_ports.comports(), key=lambda one: str(one.device)):
        stable = ""
        if port.vid is not None and port.pid is not None:
            stable = f"usb:{port.vid:04X}:{port.pid:04X}" + (f":{port.serial_number}" if port.serial_number else "")
        found.append(
            FoundPort(
                device=port.device,
                description=port.description if port.description not in (None, "n/a") else "",
                manufacturer=port.manufacturer or "",
                vid=port.vid,
                pid=port.pid,
                serial_number=port.serial_number or "",
                location=port.location or "",
                stable=stable,
                by_id=links.get(str(Path(port.device).resolve()), ""),
            )
        )
    return found


def find_usb(vid: int, pid: int, serial_number: str) -> list[FoundPort]:
    """Ports of the USB adapters that have these numbers; any serial number when none is given."""
    return [
        port for port in ports() if port.vid == vid and port.pid == pid and serial_number in ("", port.serial_number)
    ]


def _by_id() -> dict[str, str]:
    """Linux's own lasting names, by the device each points to."""
    folder = Path("/dev/serial/by-id")
    if not folder.is_dir():
        return {}
    return {str(link.resolve()): str(link) for link in folder.iterdir()}
