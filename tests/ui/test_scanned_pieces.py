"""A reader that types into the window, with real key events and a real line: shown once it is kept, and taken back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from ui.dialogs.ask import Ask
from ui.pages.control_chart import ControlChart
from ui.pages.record_view import Section
from ui.pages.records import RecordsPage
from ui.pages.station.page import Station as StationPage
from ui.window import Window
from workstation.catalog.identifications import identifications, identified
from workstation.quality.nonconformances import nonconformances
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
[scan]
lot = "LOT .+"
[[characteristic]]
name = "diameter"
unit = "mm"
decimals = 3
lower_specification = "73.950"
upper_specification = "74.050"
subgroup_size = 2
"""


@pytest.fixture
def bench(start_bench: Callable[[str], Path]) -> Path:
    """The home of a station whose line runs."""
    return start_bench(PLAN)


@pytest.fixture
def window(bench: Path, open_window: Open, until: Until) -> Window:
    window = open_window(bench, "station")
    page = station_of(window)
    until(lambda: page.desk.line.is_attached, 45, "for the line")
    until(lambda: page._list.current == 1)
    give_keyboard(window, until)
    return window


def give_keyboard(window: Window, until: Until) -> None:
    page = station_of(window)
    window.activateWindow()
    page._entry.field.setFocus()
    until(lambda: page._wedge._hears is page._entry.field, what="for the field to have the keyboard")


def station_of(window: Window) -> StationPage:
    page = window.pages["station"]
    assert isinstance(page, StationPage)
    return page


def type_fast(field: QLineEdit, text: str) -> None:
    """Press keys as fast as a reader does."""
    for sign in text:
        QTest.keyClick(field, Qt.Key.Key_Return if sign == "\r" else sign)


def measure(page: StationPage, until: Until, text: str) -> None:
    page._entry.field.setText(text)
    page._entry._keep()
    until(lambda: page._reading._figure.text() == text, what=f"for {text}")


def belongs(home: Path) -> list[tuple[str, str, str]]:
    with Station.open(home, create=False) as station, station.read() as reader:
        held = identified(reader, 1)
        named = [(one.value, held.of(one.subgroup, one.position)) for one in reader.measurements(1)]
        return [(str(value), one.serial_number, one.lot) for value, one in named]


def test_piece_and_lot_are_shown_once_they_are_kept_and_a_mis_scan_is_taken_back(
    bench: Path, window: Window, until: Until
) -> None:
    page = station_of(window)
    field, identity = page._entry.field, page._identity
    serial, lot = identity.texts["serial number"], identity.texts["lot"]
    assert not identity.isVisible()
    type_fast(field, "LOT 4711\r")
    until(lambda: lot._whole == "LOT 4711" and identity.isVisible())
    assert "Lot kept" in page._at_gauge._what.text() and field.text() == ""
    type_fast(field, "<b>SN-1\r")
    until(lambda: serial._whole == "<b>SN-1", what="for the serial number as plain text")
    with Station.open(bench, create=False) as station, station.read() as reader:
        assert [one.text for one in identifications(reader)] == ["LOT 4711", "<b>SN-1"]
        assert {one.source for one in identifications(reader)} == {"keyboard"}

    QTest.keyClick(field, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    (dialog,) = identity.findChildren(Ask)
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    until(lambda: not serial.isVisible(), what="for the mis-scan to be cleared")
    give_keyboard(window, until)
    type_fast(field, "SN-2\r")
    until(lambda: serial._whole == "SN-2")
    measure(page, until, "74.061")
    measure(page, until, "74.002")
    until(lambda: serial._whole == "Scan the next piece", what="for the subgroup to be over")
    assert "last: SN-2, subgroup 1" in identity.notes["serial number"].text()
    measure(page, until, "74.003")
    assert belongs(bench) == [
        ("74.061", "SN-2", "LOT 4711"), ("74.002", "SN-2", "LOT 4711"), ("74.003", "", "LOT 4711"),
    ]  # fmt: skip

    button = next(one for one in identity.findChildren(type(page._starter)) if "lot" in one.toolTip())
    button.click()
    (dialog,) = [one for one in identity.findChildren(Ask) if one.isVisible()]
    dialog.give()
    until(lambda: "Say why" in dialog.complaint, what="for values that were kept under it")
    dialog.answer("reason", "the label of another box")
    dialog.give()
    until(lambda: not lot.isVisible())
    assert [one[2] for one in belongs(bench)] == ["", "", ""]


def test_the_chart_and_the_evidence_name_the_piece(bench: Path, window: Window, until: Until) -> None:
    page = station_of(window)
    type_fast(page._entry.field, "SN-1\r")
    until(lambda: page._identity.isVisible())
    measure(page, until, "74.061")
    type_fast(page._entry.field, "SN-2\r")
    until(lambda: page._identity.texts["serial number"]._whole == "SN-2")
    measure(page, until, "74.002")
    window.go("control-chart", "1:1")
    chart = window.pages["control-chart"]
    assert isinstance(chart, ControlChart)
    until(lambda: chart._subgroup_named.text() == "Serial number SN-1, SN-2", what="for the subgroup's pieces")
    values = [row.cells[0] for row in chart._values.model_of_rows.rows]
    assert values == ["74.061 mm\nSN-1", "74.002 mm\nSN-2"]
    (row,) = chart._table.model_of_rows.rows
    assert row.cells[-1] == "SN-1, SN-2"
    with Station.open(bench, create=False) as station, station.read() as reader:
        (record,) = nonconformances(reader)
    window.go("nonconformances", record.uid)
    records = window.pages["nonconformances"]
    assert isinstance(records, RecordsPage)

    def evidence() -> list[Section]:
        view = records._pane.view
        if view is None:
            return []
        return [one for one in view.sections if one.title.startswith("Evidence")]

    until(lambda: bool(evidence()), what="for the record")
    (section,) = evidence()
    assert [column.title for column in section.columns][-1] == "Serial number"
    assert [row.cells[-1] for row in section.rows] == ["SN-1"]


def test_what_cannot_be_kept_is_said(bench: Path, window: Window, until: Until) -> None:
    page = station_of(window)
    for process in psutil.Process().children(recursive=True):
        if "line" in process.cmdline() and str(bench) in process.cmdline():
            with suppress(psutil.NoSuchProcess):
                process.kill()
    until(lambda: not page.desk.line.is_attached, what="for the line to be gone")
    page._entry.field.setEnabled(True)
    page._take_scan("SN-9")
    until(lambda: page._at_gauge._what.text().startswith("Not kept"))
    assert page._at_gauge.text._whole == "SN-9"
    with Station.open(bench, create=False) as station, station.read() as reader:
        assert identifications(reader) == []
