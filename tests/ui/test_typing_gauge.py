"""A gauge whose port is the keyboard: real key events in the window, a real line process, the plan's own checks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from devices.record import Direction, read_recording
from ui.pages.station.page import Station as StationPage
from ui.window import Window
from workstation.station import Station

Until = Callable[..., None]
Open = Callable[..., Window]
PLAN = """\
format = 1
[plan]
name = "ring"
revision = 1
[part]
number = "R-74"
name = "Piston ring"
[[characteristic]]
name = "height"
unit = "mm"
decimals = 3
[[characteristic]]
name = "diameter"
unit = "mm"
decimals = 3
plausible_low = "70"
plausible_high = "78"
[[gauge]]
name = "typing caliper"
serial_number = "SN-9"
profile = "mitutoyo.digimatic-13"
port = "wedge:"
unit = "mm"
[[gauge.channel]]
name = "1"
characteristic = "diameter"
"""


@pytest.fixture
def bench(start_bench: Callable[[str], Path]) -> Path:
    """The home of a station whose line runs."""
    return start_bench(PLAN)


@pytest.fixture
def station(bench: Path, open_window: Open, until: Until) -> StationPage:
    window = open_window(bench, "station")
    page = window.pages["station"]
    assert isinstance(page, StationPage)
    until(lambda: page.desk.line.hears_keys, 45, "for the line")
    until(lambda: page._list.current == 1)
    window.activateWindow()
    page._entry.field.setFocus()
    until(lambda: page._wedge._hears is page._entry.field, what="for the field to have the keyboard")
    return page


def type_fast(field: QLineEdit, text: str) -> None:
    for sign in text:
        QTest.keyClick(field, Qt.Key.Key_Return if sign == "\r" else sign)


def kept(home: Path, characteristic: int) -> list[tuple[str, str, str, bytes]]:
    with Station.open(home, create=False) as station, station.read() as reader:
        found = list(reader.measurements(characteristic))
    return [(str(one.value), one.source, str(one.trigger), one.raw) for one in found]


def test_its_records_are_its_readings_wherever_the_screen_stands(
    bench: Path, station: StationPage, until: Until
) -> None:
    field, note = station._entry.field, station._at_gauge
    type_fast(field, "01A+0074.005\r")
    until(lambda: note._what.text().startswith("From SN-9"), what="for the gauge to be named")
    until(lambda: len(kept(bench, 2)) == 1, what="for the value to be kept")
    assert kept(bench, 2) == [("74.005", "SN-9", "button", b"01A+0074.005\r")]
    assert kept(bench, 1) == [], "the chosen characteristic is another one's"
    assert field.text() == ""
    (port,) = station.desk.line.ports.values()
    assert (port.source, port.port, port.status, port.channels) == ("SN-9", "wedge:", "ready", ())

    type_fast(field, "01A+0099.000\r")
    type_fast(field, "911\r")
    station.desk.line.look_at("")
    until(lambda: [one.refused for one in station.desk.line.instruments] == [2], what="for both to be refused")
    type_fast(field, "LOT 4711\r")
    until(lambda: "not a value" in note._what.text(), what="for the code")
    assert note.text._whole == "LOT 4711"
    assert [one.kept for one in station.desk.line.instruments] == [1]
    assert len(kept(bench, 2)) == 1

    bytes_in = [one.data for one in read_recording(bench / "raw" / "SN-9") if one.direction is Direction.IN]
    assert bytes_in == [b"01A+0074.005\r", b"01A+0099.000\r", b"911\r"], "kept as they came; a code is nobody's"


def test_a_person_still_types_values(bench: Path, station: StationPage, until: Until) -> None:
    field = station._entry.field
    for number, sign in enumerate("12.345", start=1):
        type_fast(field, sign)
        until(lambda number=number: len(field.text()) == number, what="for the key of a person")  # type: ignore[misc]
    type_fast(field, "\r")
    until(lambda: len(kept(bench, 1)) == 1)
    assert kept(bench, 1)[0][:3] == ("12.345", "typed", "typed")
    assert kept(bench, 2) == []
