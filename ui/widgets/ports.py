"""The state of every port, always in view: shape, name, word, and what was last heard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from ui.kit.theme import Theme
from ui.widgets.picture import Picture
from ui.widgets.text import label

if TYPE_CHECKING:
    from workstation.line.protocol import Port

SIGNS: dict[str, tuple[str, str, str]] = {
    "ready": ("good", "good", "ready"),
    "opening": ("waiting", "muted", "opening"),
    "silent": ("silent", "warn", "silent"),
    "error": ("warn", "alarm", "not connected"),
}
"""By status of a port: icon, ink, word."""


def last_heard(raw: bytes, most: int = 24) -> str:
    """Raw bytes as text: printable ones as they are, others by their number."""
    if not raw:
        return "nothing heard yet"
    shown = "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in raw[-most:])
    return f"last heard: {'…' if len(raw) > most else ''}{shown}"


class PortChip(QFrame):
    """One port."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._picture = Picture(theme, "waiting", "muted", 18)
        self._name = label()
        self._word = label(role="muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 12, 5)
        row.setSpacing(8)
        row.addWidget(self._picture)
        row.addWidget(self._name)
        row.addWidget(self._word)

    def show_port(self, port: Port) -> None:
        """Show its state."""
        icon, ink, word = SIGNS.get(port.status, ("warn", "warn", port.status))
        self._picture.show_icon(icon, ink)
        self._name.setText(port.source)
        self._word.setText(word)
        details = [port.port, port.detail, last_heard(port.last_bytes)]
        self.setToolTip("\n".join(line for line in details if line))
        self.setAccessibleName(f"Instrument {port.source}: {word}. {port.detail}")


class PortStrip(QWidget):
    """All ports in a row."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._chips: dict[tuple[str, str], PortChip] = {}
        self._none = label("No instrument is connected to this line.", "muted")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._row.addWidget(self._none)
        self._row.addStretch(1)
        self.setAccessibleName("Instruments")

    def show_ports(self, ports: Mapping[tuple[str, str], Port]) -> None:
        """Show these ports and no others."""
        for gone in self._chips.keys() - ports.keys():
            self._chips.pop(gone).deleteLater()
        for key, port in ports.items():
            if key not in self._chips:
                self._chips[key] = PortChip(self._theme)
                self._row.insertWidget(self._row.count() - 1, self._chips[key])
            self._chips[key].show_port(port)
        self._none.setVisible(not ports)
