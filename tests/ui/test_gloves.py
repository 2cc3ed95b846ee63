"""All pages at the size for gloves: nothing too small to press, nothing cut off, nothing on something else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.conftest import PLAN, diameters, keep, make_station
from tests.ui.targets import cut_off, overlapping, too_small
from tests.workstation.insight.conftest import measured as measure_climate
from ui.kit.theme import GLOVE_SCALE, TOUCH_TARGET, Theme
from ui.pages.control_chart import ControlChart
from ui.pages.directory import ENTRIES
from ui.pages.help import Help
from ui.pages.page import Page
from ui.pages.records import RecordsPage
from ui.pages.sensors.page import Sensors
from ui.widgets.splitter import Splitter
from ui.widgets.table import Table
from ui.widgets.text import Fields, Value
from ui.window import Window
from workstation.catalog import plans
from workstation.catalog.plan_file import load_plan_file
from workstation.station import Station

Open = Callable[[Path], Window]
Until = Callable[..., None]
PAGES = tuple(entry.name for entry in ENTRIES)
SIZES = ((1280, 800), (1920, 1080))
MANY = 24
_SIGN = Qt.ItemDataRole.DecorationRole


def crowd(home: Path) -> None:
    """A station with many characteristics and gauges of long names, alarms and values out of tolerance."""
    make_station(home)
    keep(home, diameters(30, shift_after=22))
    more = "".join(
        f"""
[[characteristic]]
name = "runout of the bearing seat against the axis of the crankshaft, journal {number}"
unit = "mm"
decimals = 4
nominal = 0.0100
lower_specification = 0
upper_specification = "0.0300"
subgroup_size = 5
criticality = "major"

[[gauge]]
name = "inductive probe of the measuring frame, lever {number}"
serial_number = "LONG-SERIAL-NUMBER-{number:04}"
profile = "mitutoyo-digimatic-13"
port = "tcp://127.0.0.1:1"
unit = "mm"
calibration_due = 2030-03-31

[[gauge.channel]]
name = "1"
characteristic = "runout of the bearing seat against the axis of the crankshaft, journal {number}"
"""
        for number in range(1, MANY + 1)
    )
    path = home / "crowded.toml"
    path.write_text(PLAN.replace("revision = 1", "revision = 2", 1) + more, encoding="utf-8")
    with Station.open(home) as station:
        with station.write("engineer") as work:
            drafted = plans.import_plan(work, load_plan_file(path))
        with station.write("supervisor") as work:
            plans.approve_plan(work, drafted.id)


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("gloves")
    crowd(made / "crowded")
    measure_climate(made / "climate")
    return made


@pytest.fixture(params=["crowded", "climate"])
def glove_home(request: pytest.FixtureRequest, homes: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(homes / str(request.param), tmp_path / "home"))


@pytest.fixture
def crowded(homes: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(homes / "crowded", tmp_path / "home"))


@pytest.mark.parametrize("size", SIZES)
def test_every_page_can_be_worked_with_gloves(
    glove_home: Path, size: tuple[int, int], theme: Theme, open_window: Open, until: Until
) -> None:
    theme.size(GLOVE_SCALE)
    window = open_window(glove_home)
    window.resize(*size)
    found = faults(window, until)
    assert not found, "\n" + "\n".join(found)


def test_every_page_is_as_good_where_the_text_is_enlarged_while_it_is_in_view(
    glove_home: Path, theme: Theme, open_window: Open, until: Until
) -> None:
    window = open_window(glove_home)
    faults(window, until)  # every page is there
    theme.size(GLOVE_SCALE)
    found = faults(window, until)
    assert not found, "\n" + "\n".join(found)


def opened(window: Window, name: str, until: Until) -> Page:
    """A page of the window once all that it shows at first is there."""
    window.go(name)
    assert window.page is not None
    until(window.page.is_settled)
    return window.page


def faults(window: Window, until: Until) -> list[str]:
    """What is too small, cut off or on something else, on every page."""
    found: list[str] = []
    for name in PAGES:
        window.go(name)
        page = window.page
        assert page is not None
        until(page.is_settled, what=f"for {name}")
        for _ in range(3):  # texts that wrap ask for another look at their places
            QCoreApplication.processEvents()
        for fault in (*too_small(window), *cut_off(window), *overlapping(window)):
            found.append(f"{name}: {fault}")
    return found


def test_three_alarms_of_a_sensor_are_in_view_beside_its_trend(
    homes: Path, tmp_path: Path, theme: Theme, open_window: Open, until: Until
) -> None:
    theme.size(GLOVE_SCALE)
    window = open_window(Path(shutil.copytree(homes / "climate", tmp_path / "home")))
    window.go("sensors")
    page = window.page
    assert isinstance(page, Sensors)
    until(page.is_settled)
    table = page._detail.table
    assert table.model_of_rows.rowCount() == 3
    for _ in range(3):
        QCoreApplication.processEvents()
    for row in range(3):
        for column in range(3):
            index = table.model().index(row, column)
            place = table.visualRect(index)
            assert table.viewport().rect().contains(place) and place.height() >= TOUCH_TARGET
            text = QFontMetrics(table.font()).horizontalAdvance(str(index.data()))
            assert place.width() > text, f"{index.data()!r} is cut off"
    assert page._chart.height() >= 250 and page._chart.width() >= 400
    assert page._chart.mapTo(page, QPoint()).x() < table.mapTo(page, QPoint()).x()


def test_a_gauge_of_a_long_name_is_named_whole_beside_its_buttons(
    crowded: Path, theme: Theme, open_window: Open, until: Until
) -> None:
    theme.size(GLOVE_SCALE)
    window = open_window(crowded)
    page = opened(window, "instruments", until)
    page.show_record("LONG-SERIAL-NUMBER-0012")
    until(page.is_settled)
    for _ in range(3):
        QCoreApplication.processEvents()
    shown = [one.text() for one in page.findChildren(QLabel) if one.isVisible()]
    assert "Terminal of inductive probe of the measuring frame, lever 12" in shown
    assert not cut_off(window)


def test_the_grip_between_the_instruments_and_the_chosen_one_is_for_gloves_and_for_keys(
    crowded: Path, theme: Theme, open_window: Open, until: Until
) -> None:
    window = open_window(crowded)
    page = opened(window, "instruments", until)
    splitter = page.findChild(Splitter)
    assert splitter is not None
    grip = splitter.handle(1)
    assert grip.height() >= 24
    before = splitter.sizes()[0]
    grip.setFocus()
    QTest.keyClick(grip, Qt.Key.Key_Down)
    assert splitter.sizes()[0] == before + 24
    QTest.keyClick(grip, Qt.Key.Key_Up)
    assert splitter.sizes()[0] == before
    theme.size(GLOVE_SCALE)
    until(lambda: grip.height() >= TOUCH_TARGET)


def test_the_grip_is_dragged_by_mouse_and_what_was_shared_is_kept(
    crowded: Path, theme: Theme, open_window: Open, until: Until
) -> None:
    window = open_window(crowded)
    page = opened(window, "instruments", until)
    splitter = page.findChild(Splitter)
    assert splitter is not None
    before = splitter.sizes()
    drag(splitter.handle(1), 60)
    assert splitter.sizes() == [before[0] + 60, before[1] - 60]
    window.go("help")
    window.go("instruments")
    until(page.is_settled)
    assert splitter.sizes() == [before[0] + 60, before[1] - 60]
    for far in (-5000, 5000):
        drag(splitter.handle(1), far)
        assert min(splitter.sizes()) > 72, "nothing is pushed out of view: a row of the table stays"
        assert not cut_off(window)


def drag(handle: QWidget, down: int) -> None:
    """Press in the middle of a handle, move the mouse so many pixels down (or up), let go."""
    middle = handle.rect().center()
    held = handle.mapToGlobal(middle)
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=middle)
    for part in (0.5, 1.0):  # the handle moves along, and places are told from where it is now
        QTest.mouseMove(handle, handle.mapFromGlobal(held + QPoint(0, round(down * part))))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=handle.mapFromGlobal(held + QPoint(0, down)))


def test_a_control_that_is_too_small_cut_off_or_on_another_is_found(
    crowded: Path, theme: Theme, open_window: Open, until: Until
) -> None:
    theme.size(GLOVE_SCALE)
    window = open_window(crowded)
    page = opened(window, "help", until)
    small, over, outside = (QPushButton(text, page) for text in ("small", "over it", "outside"))
    sized = "min-height: {0}px; max-height: {0}px; min-width: 80px; max-width: 80px; padding: 0; border: none"
    small.setStyleSheet(sized.format(TOUCH_TARGET - 1))
    for one in (over, outside):
        one.setStyleSheet(sized.format(TOUCH_TARGET))
    outside.move(page.width() - 10, 0)
    for one in (small, over, outside):
        one.setAccessibleName(one.text())
        one.show()
        one.adjustSize()
    assert too_small(window) == [f"QPushButton 'small' 80x{TOUCH_TARGET - 1}"]
    assert cut_off(window) == ["QPushButton 'outside' is not wholly in view"]
    assert overlapping(window) == ["QPushButton 'small' and QPushButton 'over it'"]


def test_the_entries_of_lists_on_pages_are_large_enough_and_shown_whole(
    crowded: Path, theme: Theme, open_window: Open, until: Until
) -> None:
    theme.size(GLOVE_SCALE)
    window = open_window(crowded)
    for name in ("control-chart", "nonconformances"):
        page = opened(window, name, until)
        for box in page.findChildren(QComboBox):
            box.showPopup()
            until(box.view().isVisible)
            assert box.view().sizeHintForRow(0) >= TOUCH_TARGET, box.accessibleName()
            assert box.view().viewport().width() >= box.view().sizeHintForColumn(0), box.accessibleName()
            box.hidePopup()


def test_a_very_long_word_of_a_record_is_broken_and_copied_whole(theme: Theme, qtbot: QtBot) -> None:
    node = "ns=2;s=oven.zone-4.temperature.measured"
    fields = Fields(1)
    qtbot.addWidget(fields)
    fields.show_fields({"Measures": f"1: {node}"})
    fields.resize(140, 300)
    fields.show()
    qtbot.waitExposed(fields)
    assert not cut_off(fields)
    (value,) = fields.findChildren(Value)
    assert value.text() == f"1: {node}"
    value.setSelection(3, len(QLabel.text(value)) - 3)
    QTest.keyClick(value, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == node


def test_the_menus_are_large_enough(crowded: Path, theme: Theme, open_window: Open, until: Until) -> None:
    theme.size(GLOVE_SCALE)
    menu = open_window(crowded)._menus._menus["View"]
    menu.popup(QPoint(0, 0))
    until(menu.isVisible)
    assert min(menu.actionGeometry(action).height() for action in menu.actions()) >= TOUCH_TARGET
    menu.close()


def test_what_was_searched_for_in_the_help_is_cleared_by_a_button(
    crowded: Path, open_window: Open, until: Until
) -> None:
    window = open_window(crowded)
    window.go("help")
    page = window.page
    assert isinstance(page, Help) and not page._clear.isVisible()
    QTest.keyClicks(page._search, "limits")
    until(page._clear.isVisible)
    QTest.mouseClick(page._clear, Qt.MouseButton.LeftButton)
    assert page._search.text() == "" and not page._clear.isVisible()


def test_the_values_of_a_subgroup_and_its_signals_can_be_read_to_their_ends(
    crowded: Path, theme: Theme, open_window: Open, until: Until
) -> None:
    theme.size(GLOVE_SCALE)
    window = open_window(crowded)
    window.go("control-chart")
    page = window.page
    assert isinstance(page, ControlChart)
    until(page.is_settled)
    page._pick(30)
    until(page._values.isVisible)
    for _ in range(3):
        QCoreApplication.processEvents()
    assert not cut_off(window)
    table = page._signals
    assert table.rowHeight(0) > table.viewport().height(), "this row is higher than the table"
    table.verticalScrollBar().setValue(table.rowHeight(0) - table.viewport().height())
    bottom = table.visualRect(table.model().index(0, 1)).bottom()
    assert 0 < bottom < table.viewport().height(), "its end cannot be scrolled to"


@pytest.mark.parametrize("page_name", ["nonconformances", "history", "instruments", "sensors"])
@pytest.mark.parametrize("scale", [1.0, GLOVE_SCALE])
def test_titles_stand_over_the_texts_of_their_columns(
    homes: Path, tmp_path: Path, page_name: str, scale: float, theme: Theme, open_window: Open, until: Until
) -> None:
    theme.size(scale)
    window = open_window(Path(shutil.copytree(homes / "climate", tmp_path / "home")))
    page = opened(window, page_name, until)
    for table in [one for one in page.findChildren(Table) if one.isVisible() and one.model().rowCount()]:
        for column in range(table.model().columnCount()):
            text = str(table.model().index(0, column).data())
            if not text or table.isColumnHidden(column) or table.model().index(0, column).data(_SIGN) is not None:
                continue
            is_figure = table.model_of_rows.columns[column].is_figure
            title, cell = (edge(one, table, column, is_figure=is_figure) for one in ("title", "cell"))
            assert abs(title - cell) <= 2, f"{table.accessibleName()}, {text}: {title} over {cell}"


def edge(what: str, table: Table, column: int, *, is_figure: bool) -> int:
    """Where the ink of a column's title or of its cells begins, or ends for figures, in pixels of the table."""
    left, width = table.columnViewportPosition(column), table.columnWidth(column)
    if what == "title":
        header = table.horizontalHeader()
        image, rows = header.grab().toImage(), range(4, header.height() - 4)
    else:
        image = table.viewport().grab().toImage()
        first = table.rowHeight(0) if table.model().rowCount() > 1 else 0  # the first one is chosen
        rows = range(first + 6, min(first + 6 * table.row_height, image.height()) - 6)
    ground = image.pixelColor(left + 2, rows[0])
    columns = range(left + 2, min(left + width, image.width()) - 2)
    inked = [x for x in columns if any(image.pixelColor(x, y).lightness() < ground.lightness() - 60 for y in rows)]
    return inked[-1] if is_figure else inked[0]


def test_the_list_of_records_and_the_chosen_one_begin_at_one_height(
    crowded: Path, open_window: Open, until: Until
) -> None:
    window = open_window(crowded)
    window.go("nonconformances")
    page = window.page
    assert isinstance(page, RecordsPage)
    until(page.is_settled)
    until(page._pane.isVisible)
    QCoreApplication.processEvents()
    inside = page._pane.widget()
    assert inside is not None
    assert page._list.mapTo(page, QPoint()).y() == inside.mapTo(page, QPoint()).y()


@pytest.mark.parametrize("scale", [1.0, GLOVE_SCALE])
def test_what_is_chosen_is_shown_whole_above_the_control_chart(
    crowded: Path, scale: float, theme: Theme, open_window: Open, until: Until
) -> None:
    theme.size(scale)
    window = open_window(crowded)
    window.go("control-chart")
    page = window.page
    assert isinstance(page, ControlChart)
    until(page.is_settled)
    for box in (page._rules, page._span):
        for entry in range(box.count()):
            box.setCurrentIndex(entry)
            until(page.is_settled)
            assert box.shown == box.itemText(entry)
    assert page._characteristic.shown == page._characteristic.currentText()


def test_what_is_chosen_from_has_a_row_of_its_own_where_the_page_is_narrow(
    crowded: Path, theme: Theme, open_window: Open, until: Until
) -> None:
    theme.size(GLOVE_SCALE)
    window = open_window(crowded)
    window.go("control-chart")
    page = window.page
    assert isinstance(page, ControlChart)
    until(page.is_settled)
    until(lambda: page._chooser.y() > 30)
    window.resize(1920, 1080)
    until(lambda: page._chooser.y() < 30)
