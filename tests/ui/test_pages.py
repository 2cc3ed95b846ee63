"""Every page on a real store: comes to rest, says what it is, is reached by key and named for a screen reader."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from ui.kit.theme import TOUCH_TARGET, Scheme, Theme
from ui.pages.control_chart import ControlChart
from ui.pages.directory import ENTRIES
from ui.pages.history import History
from ui.pages.records import RecordsPage
from ui.pages.station.page import Station as StationPage
from ui.widgets.empty import EmptyState
from ui.widgets.text import Elided
from ui.window import Window
from workstation.sync.state import StateFile, SyncState
from workstation.wire.totals import Totals

Until = Callable[..., None]
Open = Callable[..., Window]
NAMES = [entry.name for entry in ENTRIES]
DISTURBING = {"station.close", "view.full-screen", "station.sign-on", "chart.save", "station.start-line"}
"""Commands that end the window, wait for a dialog or start a process: tried where that is looked at."""


def settle(window: Window, until: Until) -> None:
    until(lambda: window.page is not None and window.page.is_settled(), what=f"for {window.page}")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_comes_to_rest_on_measured_data(measured: Path, open_window: Open, until: Until, name: str) -> None:
    window = open_window(measured)
    window.go(name)
    settle(window, until)
    assert window.page is not None
    assert window.page.name == name
    assert not [message for message in window.messages.said if message.stays]
    empty = [one for one in window.page.findChildren(EmptyState) if one.isVisible()]
    assert not empty or name in ("capa", "sensors"), "there is data, so nothing is empty but CAPA and sensors"


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_page_says_the_next_step(home: Path, open_window: Open, until: Until, name: str) -> None:
    window = open_window(home)
    window.go(name)
    settle(window, until)
    assert window.page is not None
    if name in ("station", "instruments", "history", "help"):
        return  # these have something to show on every station with a plan
    shown = [one for one in window.page.findChildren(EmptyState) if one.isVisible()]
    assert len(shown) == 1
    assert shown[0]._next_step.text()


def test_a_station_without_a_plan_says_the_next_step(tmp_path: Path, open_window: Open) -> None:
    window = open_window(tmp_path / "new")
    page = window.pages["station"]
    assert isinstance(page, StationPage)
    assert page._layers.currentWidget() is page._empty
    assert "demo" in page._empty._next_step.text()


@pytest.mark.parametrize("name", NAMES)
def test_every_widget_has_a_name(measured: Path, open_window: Open, until: Until, name: str) -> None:
    window = open_window(measured)
    window.go(name)
    settle(window, until)
    nameless = [widget for widget in window.findChildren(QWidget) if _should_have_a_name(widget) and not _name(widget)]
    assert not nameless


def _should_have_a_name(widget: QWidget) -> bool:
    """What can be focused, and what is drawn by hand; not Qt's own parts of a widget."""
    if not widget.isVisible() or widget.objectName().startswith("qt_") or isinstance(widget, QLabel):
        return False
    is_ours = type(widget).__module__.startswith("ui.") and type(widget).paintEvent is not QWidget.paintEvent
    return is_ours or (widget.focusPolicy() & Qt.FocusPolicy.TabFocus) == Qt.FocusPolicy.TabFocus


def _name(widget: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface else widget.accessibleName()


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_acts_can_be_reached_by_tab(measured: Path, open_window: Open, until: Until, name: str) -> None:
    window = open_window(measured)
    window.go(name)
    settle(window, until)
    reached = set()
    widget: QWidget | None = window.navigation
    for _ in range(300):
        widget = widget.nextInFocusChain() if widget else None
        if widget is None or widget in reached:
            break
        reached.add(widget)
    acting = (QPushButton, QLineEdit, QComboBox, QPlainTextEdit, QAbstractScrollArea)
    assert window.page is not None
    missed = [
        one
        for one in window.page.findChildren(QWidget)
        if isinstance(one, acting) and one.isVisible() and one.isEnabled() and one not in reached
        and one.focusPolicy() != Qt.FocusPolicy.NoFocus and not one.objectName().startswith("qt_")
    ]  # fmt: skip
    assert not missed
    deaf = [
        one
        for one in window.page.findChildren(QPushButton)
        if one.isVisible() and one.focusPolicy() == Qt.FocusPolicy.NoFocus
    ]
    assert not deaf


def test_every_command_of_the_palette_works(measured: Path, open_window: Open, until: Until, qtbot: QtBot) -> None:
    window = open_window(measured)
    for name in NAMES:
        window.go(name)
        settle(window, until)
    done = set()
    for name in NAMES:
        window.go(name)
        settle(window, until)
        for command in window.commands.available():
            if command.id in DISTURBING or command.id in done:
                continue
            window.commands.run(command.id)
            done.add(command.id)
            for dialog in window.findChildren(QDialog):
                dialog.reject()
            until(lambda: not window.operations.is_busy)  # type: ignore[union-attr]
            window.go(name)
    left = {command.id for command in window.commands.all()} - done - DISTURBING
    left -= {name for name in left if name.startswith("sensors.")}  # test_sensors.py runs them, where there are some
    assert left <= {
        "station.sign-off",
        "station.reload",
        "station.read-now",
        "station.clear-serial-number",
        "station.clear-lot",
        "capa.history",
        "instruments.read",
        "instruments.settings",
        "instruments.trust",
        "chart.correct",
    }, left
    assert not [message for message in window.messages.said if message.severity == "alarm"]


def test_touch_targets_of_the_station_page(measured: Path, open_window: Open) -> None:
    window = open_window(measured)
    page = window.pages["station"]
    assert isinstance(page, StationPage)
    for widget in (page._banner._investigate, page._banner._seen, page._entry._button, page._entry.field):
        assert widget.height() >= TOUCH_TARGET, widget
    index = page._list.model().index(0, 0)
    assert page._list.sizeHintForIndex(index).height() >= TOUCH_TARGET


@pytest.mark.parametrize("size", [(1024, 768), (1280, 800), (1920, 1080)])
@pytest.mark.parametrize("name", NAMES)
def test_no_label_is_cut_off(measured: Path, open_window: Open, until: Until, name: str, size: tuple[int, int]) -> None:
    window = open_window(measured)
    window.resize(*size)
    window.go(name)
    settle(window, until)
    cut: list[tuple[str, int, int]] = []
    with suppress(AssertionError):  # a layout comes to rest in a few turns: what is still cut then stays cut
        until(lambda: not cut_off(window, cut), 2)
    assert not cut


def cut_off(window: Window, cut: list[tuple[str, int, int]]) -> bool:
    """Put every text that is narrower than it must be into `cut`."""
    assert window.page is not None
    cut.clear()
    for label in window.page.findChildren(QLabel):
        if not label.isVisible() or not label.text() or label.wordWrap() or isinstance(label, Elided):
            continue
        if label.width() + 1 < label.sizeHint().width():
            cut.append((label.text(), label.width(), label.sizeHint().width()))
    for button in window.page.findChildren(QPushButton):
        if button.isVisible() and button.width() + 1 < button.minimumSizeHint().width():
            cut.append((button.text(), button.width(), button.minimumSizeHint().width()))
    return bool(cut)


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
def test_larger_text_still_fits_the_frame(
    measured: Path, open_window: Open, theme: Theme, until: Until, scheme: Scheme
) -> None:
    theme.choose(scheme)
    theme.enlarge(2)
    window = open_window(measured)
    window.resize(1600, 1000)
    for name in NAMES:
        window.go(name)
        settle(window, until)
        assert window.page is not None
        assert window.page.width() <= window.stack.width()


# --- the control chart -----------------------------------------------------------------------------------------------


def chart_page(window: Window) -> ControlChart:
    page = window.pages["control-chart"]
    assert isinstance(page, ControlChart)
    return page


def rules_named(page: ControlChart) -> int:
    return sum(len(row.cells[1].splitlines()) - 1 for row in page._signals.model_of_rows.rows)


def test_signals_lead_to_the_subgroup_and_its_values(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured, "control-chart")
    page = chart_page(window)
    rows = page._signals.model_of_rows.rows
    assert rows
    page._signals.picked.emit(rows[0].key)
    settle(window, until)
    assert page._subgroup_title.text() == f"Subgroup {rows[0].key}"
    values = page._values.model_of_rows.rows
    assert len(values) == 5
    assert all(row.cells[0].endswith(" mm") for row in values)
    assert page._table.chosen == rows[0].key


def test_other_rules_change_the_look_and_nothing_else(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured, "control-chart")
    page = chart_page(window)
    judged = rules_named(page)
    page._rules.setCurrentIndex(page._rules.findData("limits_only"))
    settle(window, until)
    assert rules_named(page) < judged
    assert "not changed" in page._basis.text()
    page._rules.setCurrentIndex(0)
    settle(window, until)
    assert rules_named(page) == judged
    assert "frozen" in page._basis.text()


def test_the_table_holds_what_the_chart_draws(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured, "control-chart")
    page = chart_page(window)
    assert page._view is not None
    location = page._view.tracks[0]
    newest = page._table.model_of_rows.rows[0].cells
    assert newest[0] == str(location.numbers[-1])
    assert newest[3] == f"{location.values[-1]:.4f}"
    assert len(page._table.model_of_rows.rows) == len(location) == 30


def test_a_picture_of_the_chart_is_written(measured: Path, open_window: Open, tmp_path: Path) -> None:
    window = open_window(measured, "control-chart")
    chart_page(window).save_picture(tmp_path / "chart.png")
    assert (tmp_path / "chart.png").stat().st_size > 5000
    chart_page(window).save_picture(tmp_path / "no" / "chart.png")
    assert "cannot be written" in window.messages.said[-1].sentence


def test_a_characteristic_without_subgroups_says_so(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured, "control-chart")
    page = chart_page(window)
    page._characteristic.setCurrentIndex(1)
    settle(window, until)
    assert page._body.currentWidget() is page._no_points


# --- history ---------------------------------------------------------------------------------------------------------


def test_verify_says_that_nothing_was_altered(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured, "history")
    page = window.pages["history"]
    assert isinstance(page, History)
    assert page._list.model_of_rows.rows
    page.verify()
    until(lambda: not page._verifies)
    assert "Nothing was altered" in page._verdict_text.text()
    assert "150 measurements" in page._verdict_text.text()


def test_the_way_back_from_a_history_is_gone_as_soon_as_the_whole_journal_is_asked_for(
    measured: Path, open_window: Open, until: Until
) -> None:
    window = open_window(measured, "nonconformances")
    shown = window.pages["nonconformances"]
    assert isinstance(shown, RecordsPage)
    until(shown.is_settled)
    shown.open_history()
    page = window.pages["history"]
    assert isinstance(page, History)
    assert page._back.isVisible() and page._whole.isVisible()
    until(page.is_settled)
    page._whole.click()
    assert not page._back.isVisible() and not page._whole.isVisible(), "nothing has been read yet"
    until(page.is_settled)
    assert "All" in page._about.text()


def test_verify_says_what_the_hub_has_confirmed(measured: Path, open_window: Open, until: Until) -> None:
    from workstation.store import Store

    with Store.open(measured) as store, store.read() as reader:
        third = reader.journal_after(2, 1)[0]
    state = StateFile(measured)
    state.change(lambda _: SyncState(hub="plant", acknowledged=Totals(3, third.hash)))
    window = open_window(measured, "history")
    page = window.pages["history"]
    assert isinstance(page, History)
    page.verify()
    until(lambda: not page._verifies)
    assert "The hub holds the first 3 entries, and they agree." in page._verdict_text.text()
    state.change(lambda _: SyncState(hub="plant", acknowledged=Totals(3, "0" * 64)))
    page.verify()
    until(lambda: not page._verifies)
    assert "Something was altered" in page._verdict_text.text()


def test_verify_finds_what_was_altered(measured: Path, open_window: Open, until: Until) -> None:
    import sqlite3

    database = sqlite3.connect(measured / "station.db")
    for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f"DROP TRIGGER {trigger}")
    database.execute("UPDATE measurement SET mantissa = mantissa + 1 WHERE subgroup = 3 AND position = 2")
    database.commit()
    database.close()
    window = open_window(measured, "history")
    page = window.pages["history"]
    assert isinstance(page, History)
    page.verify()
    until(lambda: not page._verifies)
    assert "Something was altered" in page._verdict_text.text()


def test_what_a_sensor_gave_is_told_in_words_and_its_times_as_times(measured: Path) -> None:
    from devices.channels.aggregate import Aggregate
    from ui.models.journal import changes_of, read_entries, what_of
    from workstation.catalog.rollups import keep_minute
    from workstation.station import Station

    start = 1_795_000_000_000_000_000 // 60_000_000_000 * 60_000_000_000
    minute = Aggregate("temperature", start, 60_000_000_000).with_value(Decimal("21.5"), start + 5_000_000_000)
    with Station.open(measured) as station:
        with station.write("line") as work:
            keep_minute(work, 1, "mm", minute)
        newest = read_entries(station, "").entries[0]
    assert what_of(newest, ()) == "minute of a sensor kept"
    told = {name: after for name, _, after in changes_of(newest)}
    assert told["count"] == "1" and told["total"] == "21.5"
    assert re.fullmatch(r"2026-11-1\d \d\d:\d\d:00.*", told["start"])
    assert told["first at"].replace(":05", ":00") == told["start"]


def test_a_record_has_its_own_history(measured: Path, open_window: Open, until: Until) -> None:
    window = open_window(measured, "nonconformances")
    window.commands.run("nonconformances.history")
    settle(window, until)
    page = window.pages["history"]
    assert isinstance(page, History)
    assert "NC-" in page._about.text()
    assert {row.cells[3].partition(":")[0] for row in page._list.model_of_rows.rows} == {"nonconformance"}
    page._back.click()
    assert window.page is not None
    assert window.page.name == "nonconformances"
