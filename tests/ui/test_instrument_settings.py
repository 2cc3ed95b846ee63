"""Settings of a Modbus instrument in the window: another maker's server as the instrument, and a real line."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from shiboken6 import isValid

from tests.integration.test_line_writes import PLAN, PROFILE, Controller
from tests.ui.conftest import StartLine, kill_all, make_station
from tests.ui.test_dialogs import too_small
from tests.ui.test_records import sign_on
from ui.dialogs.instrument_settings import InstrumentSettings
from ui.kit.theme import TOUCH_TARGET, Theme
from ui.pages.instruments.page import Instruments
from ui.window import Window
from workstation.station import Station

pytest.importorskip("pyModbusTCP", reason="pyModbusTCP is not installed")

Open = Callable[..., Window]
Until = Callable[..., None]


@pytest.fixture
def controller(nothing_left: None, until: Until) -> Iterator[Controller]:
    before = set(threading.enumerate())
    made = Controller()
    yield made
    made.server.stop()
    until(lambda: set(threading.enumerate()) <= before, what="for its connections to end with the line")


@pytest.fixture
def oven(tmp_path: Path, controller: Controller) -> Path:
    """A station with people, whose oven controller is read."""
    home = tmp_path / "home"
    (home / "profiles").mkdir(parents=True)
    (home / "profiles" / "test-oven.toml").write_text(PROFILE, encoding="utf-8")
    make_station(home, plan=PLAN.format(port=controller.port))
    return home


@pytest.fixture
def line(oven: Path, start_line: StartLine) -> subprocess.Popen[bytes]:
    """The line that reads it."""
    return start_line(oven)


@pytest.fixture
def window(oven: Path, line: subprocess.Popen[bytes], open_window: Open, until: Until) -> Window:
    made = open_window(oven, "instruments")
    attached = made.line
    assert attached is not None
    until(lambda: attached.is_attached, 60, "for the line")
    until(lambda: [port.status for port in attached.ports.values()] == ["ready"], 60, "for the oven")
    return made


def opened(window: Window, until: Until, account: str = "engineer") -> InstrumentSettings:
    sign_on(window, until, account)
    page = window.pages["instruments"]
    assert isinstance(page, Instruments)
    until(lambda: page._detail.settings.isVisible())
    assert not page._detail.trust.isVisible(), "it is no OPC UA server"
    page._detail.settings.click()
    until(lambda: any(one.isVisible() for one in window.findChildren(InstrumentSettings)))
    dialog = next(one for one in window.findChildren(InstrumentSettings) if one.isVisible())
    until(lambda: dialog.is_ready, what="for the settings to be read")
    return dialog


def cells(dialog: InstrumentSettings) -> dict[str, tuple[str, ...]]:
    return {row.key: row.cells for row in dialog._table.model_of_rows.rows}


def write(dialog: InstrumentSettings, until: Until, setting: str, value: str, reason: str = "darker crust") -> str:
    """Fill in and press the button; what is said once the line has answered."""
    for name, given in (("setting", setting), ("value", value), ("reason", reason)):
        dialog.answer(name, given)
    dialog._write.click()
    until(lambda: dialog.is_ready, what="for the answer")
    return dialog.told


def entries(home: Path) -> list[tuple[str, str]]:
    with Station.open(home, create=False) as station, station.read() as reader:
        found = [one for one in reader.journal_latest(500, kind="gauge") if one.verb.startswith("gauge.set")]
    return [(one.account, one.reason) for one in sorted(found, key=lambda one: one.seq)]


def test_a_setting_is_seen_changed_with_a_reason_and_read_back(
    oven: Path, window: Window, controller: Controller, until: Until
) -> None:
    dialog = opened(window, until)
    assert cells(dialog)["set-point"] == ("set-point", "180.0", "20 to 250", "°C", "")
    assert cells(dialog)["missing"][1] == "not read" and "cannot be read" in cells(dialog)["missing"][4]
    assert dialog._asked.text() == "New value of set-point, 20 to 250 °C"
    dialog._value.setFocus()
    QTest.keyClicks(dialog._value, "200,5")
    assert dialog._value.text() == "200.5"
    QTest.keyClick(dialog._value, Qt.Key.Key_Return)
    assert controller.holds(10) == 1800, "without a reason nothing is written"
    dialog.write()
    assert "Say why" in dialog.told
    dialog._reason.setText("darker crust")
    QTest.keyClick(dialog._reason, Qt.Key.Key_Return)
    until(lambda: dialog.is_ready and "reads back" in dialog.told, what="for the write")
    assert dialog.told == "set-point of oven was 180.0 °C and is now 200.5 °C, as it reads back."
    until(lambda: cells(dialog)["set-point"][1] == "200.5", what="for it to be read again")
    assert controller.holds(10) == 2005 and dialog._value.text() == dialog._reason.text() == ""
    assert window.messages.said[-1].sentence == dialog.told
    assert entries(oven)[0] == ("engineer", "set-point: 180.0 °C -> 200.5 °C, asked for. darker crust")
    assert "reads back 200.5 °C" in entries(oven)[1][1]
    dialog.reject()


def test_what_may_not_be_is_refused_in_the_words_of_the_line(
    oven: Path, window: Window, controller: Controller, until: Until
) -> None:
    dialog = opened(window, until)
    for setting, value, said in (
        ("set-point", "251", "251 is outside what set-point may be set to. Give a value from 20 to 250."),
        ("set-point", "200.55", "200.55 is finer than set-point can hold."),
        ("set-point", "hot", "'hot' is no number."),
        ("missing", "4", "missing of oven cannot be read: "),
        ("set-point", "", "Give the new value of set-point."),
    ):
        told = write(dialog, until, setting, value)
        assert told.startswith(said) and dialog._value.text() == value, "what was filled in stays to be corrected"
    assert controller.holds(10) == 1800 and entries(oven) == []
    assert write(dialog, until, "stuck", "4") == (
        "oven confirmed 4 and reads back 3. Look at the instrument: it may be locked or limit the value."
    )
    assert cells(dialog)["stuck"][1] == "3"
    dialog.reject()


def test_an_inspector_sees_the_settings_and_may_not_change_them(
    oven: Path, window: Window, controller: Controller, until: Until
) -> None:
    dialog = opened(window, until, "inspector")
    assert cells(dialog)["set-point"][1] == "180.0"
    assert write(dialog, until, "set-point", "200").startswith(
        "inspector (inspector) may not change settings of instruments."
    )
    assert controller.holds(10) == 1800 and entries(oven) == []
    dialog.reject()


def test_a_silent_instrument_and_a_line_that_is_gone_are_said(
    oven: Path, line: subprocess.Popen[bytes], window: Window, controller: Controller, until: Until
) -> None:
    dialog, attached = opened(window, until), window.line
    assert attached is not None
    controller.server.stop()
    until(lambda: [port.status for port in attached.ports.values()] != ["ready"], what="for the oven to be away")
    dialog._again.click()
    until(lambda: dialog.is_ready)
    assert {row[1] for row in cells(dialog).values()} == {"not read"}
    assert "cannot be read" in write(dialog, until, "set-point", "200")
    kill_all(line)
    until(lambda: not attached.is_attached, what="for the line to be gone")
    told = write(dialog, until, "set-point", "200")
    assert "line" in told and dialog._told.property("role") == "warn"
    assert cells(dialog)["set-point"][1] == "not known", "what was read before may be another by now"
    assert entries(oven) == []
    dialog.reject()


def test_a_line_that_ends_while_it_writes_leaves_it_open_what_was_done(
    line: subprocess.Popen[bytes], window: Window, until: Until
) -> None:
    dialog = opened(window, until)
    assert window.line is not None and window.line.snapshot is not None
    psutil.Process(window.line.snapshot.pid).suspend()
    dialog.answer("value", "200")
    dialog.answer("reason", "darker crust")
    dialog.write()
    assert "it is read before, written, and read back" in dialog.told and not dialog.is_ready
    kill_all(line)
    until(lambda: dialog.is_ready)
    assert dialog.told.startswith("The line ended before it answered: it is not known whether set-point was changed.")
    assert dialog.told.endswith("Look at the instrument, and in the history of its gauge.")
    dialog.reject()


def test_all_of_it_is_large_enough_for_a_glove_and_f1_helps(window: Window, until: Until, theme: Theme) -> None:
    theme.size(1.2)
    dialog = opened(window, until)
    assert too_small(dialog) == []
    assert min(dialog._table.rowHeight(row) for row in range(3)) >= TOUCH_TARGET
    assert dialog.height() <= window.height()
    QTest.keyClick(dialog, Qt.Key.Key_F1)
    until(lambda: not isValid(dialog))
    assert window.page is window.pages["help"]
