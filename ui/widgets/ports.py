"""The state of every port, always in view: shape, name, word, and what was last heard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QSizePolicy, QWidget

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
_URGENCY = {"error": 0, "silent": 1, "opening": 2, "ready": 3}
_MOST_CHIPS = 24
"""More never have room."""
_SPACING = 8


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
    """The ports in a row, those in trouble first; of what has no room the number is said."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._ports: Mapping[tuple[str, str], Port] = {}
        self._chips: list[PortChip] = []
        self._none = label("Nothing is known of any instrument.", "muted")
        self._more = label(role="muted")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(_SPACING)
        self._row.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._row.addWidget(self._none)
        self._row.addWidget(self._more)
        self._row.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.setAccessibleName("Instruments")

    def show_ports(self, ports: Mapping[tuple[str, str], Port]) -> None:
        """Show these ports and no others."""
        self._ports = dict(ports)
        self._none.setVisible(not ports)
        ordered = sorted(ports.values(), key=lambda port: _URGENCY.get(port.status, 0))
        while len(self._chips) < min(len(ordered), _MOST_CHIPS):
            self._chips.append(PortChip(self._theme))
            self._row.insertWidget(len(self._chips), self._chips[-1])
        for chip, port in zip(self._chips, ordered, strict=False):
            chip.show_port(port)
        self.updateGeometry()
        self._fit()

    def sizeHint(self) -> QSize:
        """The room that all of them would take."""
        shown = self._widths() or [self._none.sizeHint().width()]
        return QSize(sum(shown) + _SPACING, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """It can do with a number."""
        return QSize(self._more.sizeHint().width(), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show more or fewer of them."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Show as many whole chips as there is room for, and say how many more there are."""
        count, wide = len(self._ports), self._widths()
        shown = len(wide)
        if shown < count or sum(wide[:shown]) > self.width():
            self._say_more(count)
            room = self.width() - self._more.sizeHint().width()
            shown = next((number for number in range(shown, 0, -1) if sum(wide[:number]) <= room), 0)
        self._say_more(count - shown)
        self._more.setVisible(shown < count)
        for number, chip in enumerate(self._chips):
            chip.setVisible(number < shown)

    def _widths(self) -> list[int]:
        """The room that each chip in use takes, with the space behind it."""
        return [chip.sizeHint().width() + _SPACING for chip in self._chips[: len(self._ports)]]

    def _say_more(self, count: int) -> None:
        troubled = sum(port.status in ("error", "silent") for port in self._ports.values())
        self._more.setText(f"and {count} more; {troubled} of {len(self._ports)} in trouble")
