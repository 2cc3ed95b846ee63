"""The row of instruments under the station page, with few of them and with many."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from ui.kit.theme import Theme
from ui.widgets.ports import PortChip, PortStrip
from workstation.line.protocol import Port


def port(number: int, status: str) -> Port:
    return Port(f"SN-2024-{number:05d}", f"COM{number}", status, 0, "", b"")


def strip(theme: Theme, statuses: list[str], width: int) -> PortStrip:
    made = PortStrip(theme)
    made.show_ports({(f"SN-2024-{n:05d}", f"COM{n}"): port(n, status) for n, status in enumerate(statuses)})
    made.resize(width, 40)
    made.show()
    QApplication.processEvents()
    return made


def shown(made: PortStrip) -> list[PortChip]:
    return sorted((chip for chip in made.findChildren(PortChip) if chip.isVisible()), key=lambda chip: chip.x())


@pytest.mark.parametrize("width", [1, 300, 700, 1300, 1900])
def test_what_is_shown_is_whole_and_the_rest_is_counted(theme: Theme, width: int) -> None:
    statuses = ["ready"] * 30 + ["error"] * 2 + ["silent"] + ["opening"] * 7
    made = strip(theme, statuses, width)
    chips = shown(made)
    assert all(chip.width() >= chip.sizeHint().width() for chip in chips)
    assert not chips or chips[-1].geometry().right() <= made._more.x()
    assert made._more.text() == f"and {40 - len(chips)} more; 3 of 40 in trouble"
    names = [chip.accessibleName() for chip in chips]
    trouble = ["not connected", "not connected", "silent", *["opening"] * 7, *["ready"] * 30]
    assert [word in name for word, name in zip(trouble, names, strict=False)] == [True] * len(names)
    assert len(chips) == 0 if width == 1 else width < 700 or len(chips) >= width // 500


def test_few_are_all_shown_and_their_number_may_change(theme: Theme) -> None:
    made = strip(theme, ["ready", "error"], 900)
    assert len(shown(made)) == 2 and not made._more.isVisible() and not made._none.isVisible()
    made.show_ports({})
    assert not shown(made) and made._none.isVisible() and not made._more.isVisible()
    made.show_ports({("a", "COM1"): port(1, "ready")})
    QApplication.processEvents()
    assert len(shown(made)) == 1 and not made._none.isVisible()
