"""The window and a real line process: what is shown is kept, and neither side's end loses anything."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt

from tests.ui.conftest import StartLine, kill_all
from ui.models.line import Line
from ui.models.station_board import MOST_ALARMS
from ui.pages.station.page import Station as StationPage
from ui.widgets.sign import State
from ui.window import Window
from workstation.line.attachment import Attached, Attachment
from workstation.line.protocol import AlarmRaised, Judged, KeepFailed, KeepRestored, Kept, Snapshot
from workstation.line.supervisor import surroundings
from workstation.station import Station

ROOT = Path(__file__).resolve().parents[2]
Until = Callable[..., None]


def station_page(window: Window) -> StationPage:
    page = window.pages["station"]
    assert isinstance(page, StationPage)
    return page


def type_value(window: Window, until: Until, text: str) -> str:
    """Type a value as a person would, and return what the page answers."""
    entry = station_page(window)._entry
    entry.field.setText(text)
    entry._keep()
    until(lambda: not entry._waits, what="for the line's answer")
    return str(entry._answer.text())


def kept_values(home: Path) -> list[str]:
    with Station.open(home) as station, station.read() as reader:
        return [str(one.value) for one in reader.measurements(1)]


def test_a_decimal_comma_becomes_a_point_under_the_hand_and_nothing_else_does(
    home: Path, open_window: Callable[..., Window]
) -> None:
    field = station_page(open_window(home))._entry.field
    for typed, shown in (("74,003", "74.003"), ("1,234.5", "1.234.5"), ("1.234,5", "1.234,5"), ("7,4,0", "7.4,0")):
        field.clear()
        for letter in typed:
            field.insert(letter)
            field.textEdited.emit(field.text())
        assert field.text() == shown
    field.setText("74003")
    field.setCursorPosition(2)
    field.insert(",")
    field.textEdited.emit(field.text())
    assert (field.text(), field.cursorPosition()) == ("74.003", 3)


def test_a_typed_value_is_shown_when_it_is_kept(
    home: Path, start_line: StartLine, open_window: Callable[..., Window], until: Until
) -> None:
    start_line(home)
    window = open_window(home)
    until(lambda: window.line is not None and window.line.is_attached, 45)
    assert type_value(window, until, "74.003") == "74.003 mm was kept."
    assert kept_values(home) == ["74.003"]
    page = station_page(window)
    until(lambda: page._reading._figure.text() == "74.003")
    assert page._reading.sign.state is State.IN_TOLERANCE
    assert page._reading._unit.text() == "mm"
    assert page._reading._tick.isVisible()
    refused = type_value(window, until, "abc")
    assert "abc" in refused
    assert page._entry.field.text() == "abc", "a refused value stays where it was typed"
    assert "with 3 decimals" in type_value(window, until, "74.01")
    assert kept_values(home) == ["74.003"]
    type_value(window, until, "74.036")
    until(lambda: page._reading.sign.state is State.OUT_OF_TOLERANCE)
    until(
        lambda: window.navigation.findItems("Nonconformances", Qt.MatchFlag.MatchExactly)[0].data(0x0102) == 1,
        what="for the count of open nonconformances",
    )


def test_what_comes_after_a_pause_is_drawn_at_once_and_what_follows_with_the_next_frame(
    home: Path, start_line: StartLine, until: Until
) -> None:
    start_line(home)
    first = Attachment(home, "test")
    first.start()
    until(lambda: isinstance(first.state, Attached), 45)
    first.close()
    line = Line(None, 60_000)  # a frame of a minute
    answers: list[object] = []
    line.start(home)
    try:
        until(lambda: line.is_attached, 45, "though the frame is not over")
        line.sign_on("", answers.append)
        until(line._soon.isActive, what="for the answer to be on its way")
        assert line._soon.remainingTime() > 10_000
        assert answers == []
        line._drain()
        assert len(answers) == 1
    finally:
        line.close()


def test_a_killed_line_is_shown_and_attached_again(
    home: Path, start_line: StartLine, open_window: Callable[..., Window], until: Until
) -> None:
    line = start_line(home)
    window = open_window(home)
    until(lambda: window.line is not None and window.line.is_attached, 45)
    type_value(window, until, "74.001")
    kill_all(line)
    until(lambda: window.line is not None and not window.line.is_attached, 5)
    page = station_page(window)
    assert page._detached.isVisible()
    assert not page._entry.field.isEnabled()
    assert "not attached" in window.status["line"].text()
    start_line(home)
    until(lambda: window.line is not None and window.line.is_attached, 45)
    assert not page._detached.isVisible()
    assert type_value(window, until, "74.002") == "74.002 mm was kept."
    assert kept_values(home) == ["74.001", "74.002"]


def test_a_window_that_was_gone_knows_what_happened_meanwhile(
    home: Path, start_line: StartLine, open_window: Callable[..., Window], until: Until
) -> None:
    start_line(home)
    first = open_window(home)
    until(lambda: first.line is not None and first.line.is_attached, 45)
    type_value(first, until, "74.001")
    first.close()
    second = open_window(home)
    until(lambda: second.line is not None and second.line.is_attached, 45)
    page = station_page(second)
    until(lambda: page._reading._figure.text() == "74.001")
    assert [value.text for value in page._board.watched[1].values] == ["74.001"]  # type: ignore[union-attr]


def test_the_window_can_start_the_line(home: Path, open_window: Callable[..., Window], until: Until) -> None:
    window = open_window(home)
    until(lambda: window.line is not None and "not running" in window.line.sentence)
    window.commands.run("station.start-line")
    until(lambda: window.line is not None and window.line.is_attached, 30)
    assert window.line is not None and window.line.snapshot is not None
    answered: list[object] = []
    assert window.line._attachment is not None
    window.line._answers[window.line._attachment.stop_line()] = answered.append
    until(lambda: window.line is not None and not window.line.is_attached, 45)
    until(lambda: "line that was started" not in {thread.name for thread in threading.enumerate()}, 20)


# --- what the page does with announcements, without waiting for a disk to fill --------------------------------------


def announce(window: Window, *items: object) -> None:
    """Hand the window's line these announcements, as its drain would."""
    from ui.models.line import _Intake

    assert window.line is not None
    intake = _Intake(window.line)
    for item in items:
        intake.take(item)  # type: ignore[arg-type]
    if intake.state_changed:
        window.line.state_changed.emit()
    if intake.announced:
        window.line.arrived.emit(intake.announced)
    if intake.changes:
        window.line.recorded.emit(tuple(intake.changes))


def kept(subgroup: int, position: int, value: str, inside: bool = True) -> Kept:
    return Kept(1, subgroup, position, value, "mm", "19283746", 1_795_356_000_000_000, inside, 900)


def test_what_is_not_kept_takes_over_the_page(measured: Path, open_window: Callable[..., Window], until: Until) -> None:
    window = open_window(measured)
    page = station_page(window)
    before = page._reading._figure.text()
    announce(window, Attached(Snapshot("bench 1", "", "", (), 0, 0, 0, None)))
    announce(window, KeepFailed("The disk is full.", "Free some space.", ("74.011 mm", "74.012 mm"), 2))
    assert page._layers.currentWidget() is page._not_kept
    assert "74.012 mm" in page._not_kept._values.text()
    assert "2 values are not kept" in page._not_kept._heading.text()
    assert not page._entry.field.isEnabled()
    assert page._reading._figure.text() == before, "nothing that is not on disk is shown as a value"
    assert "Not keeping" in window.status["line"].text()
    announce(window, KeepRestored(2))
    assert page._layers.currentWidget() is page._live


def test_values_and_subgroups_move_the_page(measured: Path, open_window: Callable[..., Window], until: Until) -> None:
    window = open_window(measured)
    page = station_page(window)
    board = page._board
    assert board is not None
    last = board.watched[1].live.last_number
    announce(window, *(kept(last + 1, position, f"74.00{position}") for position in range(1, 6)))
    assert page._reading._figure.text() == "74.005"
    assert "5 of 5" in page._reading._subgroup.text()
    limits = board.watched[1].live.last
    assert limits is not None and limits.limits
    announce(window, Judged(1, last + 1, 5, 74.003, 0.004, (), (), limits.limits))
    assert page._reading.sign.state is State.IN_TOLERANCE
    assert board.watched[1].live.last_number == last + 1
    until(lambda: page._chart.tracks is not None and int(page._chart.tracks[0].numbers[-1]) == last + 1)
    announce(window, kept(last + 2, 1, "74.099", False))
    assert page._reading.sign.state is State.OUT_OF_TOLERANCE
    assert "1 of 5" in page._reading._subgroup.text()


def test_what_is_announced_while_the_page_is_read_is_not_lost(
    measured: Path, open_window: Callable[..., Window], until: Until
) -> None:
    window = open_window(measured)
    page = station_page(window)
    last = page._board.watched[1].live.last_number  # type: ignore[union-attr]
    page.refresh()
    announce(window, *(kept(last + 1, position, f"74.00{position}") for position in (1, 2, 3)))
    before = page._board
    until(lambda: page._board is not before)
    assert page._reading._figure.text() == "74.003"
    assert "3 of 5" in page._reading._subgroup.text()
    announce(window, kept(last + 1, 3, "74.003"), kept(last, 5, "74.999"))
    assert page._reading._figure.text() == "74.003", "what the page knows already changes nothing"
    assert "3 of 5" in page._reading._subgroup.text()


def test_readings_of_what_no_plan_names_are_asked_for_once(
    measured: Path, open_window: Callable[..., Window], until: Until
) -> None:
    window = open_window(measured)
    page = station_page(window)
    stranger = Kept(99, 1, 1, "1.0", "mm", "x", 1_795_356_000_000_000, None, 900)
    before = page._board
    announce(window, stranger)
    until(lambda: page._board is not before)
    again = page._board
    announce(window, stranger)
    until(lambda: not window.operations.is_busy)  # type: ignore[union-attr]
    assert page._board is again


def test_an_alarm_stands_above_and_leads_to_its_investigation(
    measured: Path, open_window: Callable[..., Window], until: Until
) -> None:
    window = open_window(measured)
    page = station_page(window)
    assert page._banner.isVisible(), "alarms that nobody acknowledged are there from the start"
    assert "Nelson 1: one point beyond" in page._banner._rules.text()
    count = len(page._board.alarms)  # type: ignore[union-attr]
    newest = page._board.alarms[-1]  # type: ignore[union-attr]
    announce(window, AlarmRaised("new", 1, 99, ("nelson_1",), newest.investigation))
    assert "subgroup 99" in page._banner._heading.text()
    assert f"and {count} more" in page._banner._heading.text()
    for number in range(100, 130):
        announce(window, AlarmRaised(f"new {number}", 1, number, ("nelson_1",), newest.investigation))
    assert f"subgroup 129  (and {count + 30} more alarms)" in page._banner._heading.text()
    assert len(page._board.alarms) <= MOST_ALARMS  # type: ignore[union-attr]
    page._banner._investigate.click()
    assert window.page is not None
    assert window.page.name == "investigations"
    until(lambda: window.page is not None and window.page.is_settled())


def test_readings_of_another_characteristic_leave_the_view_alone(
    measured: Path, open_window: Callable[..., Window]
) -> None:
    window = open_window(measured)
    page = station_page(window)
    before = page._reading._figure.text()
    announce(window, Kept(2, 1, 1, "20.1", "°C", "climate", 1_795_356_000_000_000, None, 900))
    assert page._reading._figure.text() == before
    page._list.choose(2)
    assert page._reading._figure.text() == "20.1"
    assert page._reading._unit.text() == "°C"
    assert page._reading.sign.state is State.KEPT


# --- the window as a process of its own ------------------------------------------------------------------------------


def start_window(home: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "ui.app", "--home", str(home)],
        cwd=ROOT,
        env={**surroundings(), "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_a_killed_window_loses_nothing(
    home: Path, start_line: StartLine, open_window: Callable[..., Window], until: Until
) -> None:
    start_line(home)
    attachment = Attachment(home, "test")
    attachment.start()
    window = start_window(home)
    try:
        until(lambda: isinstance(attachment.state, Attached), 45)
        until(lambda: any((home / "logs").glob("window*")), 45)
        for number in range(20):
            attachment.enter_value(1, f"74.0{number:02d}", "mm")
            if number == 9:
                window.kill()
                window.wait(10)
        until(lambda: len(kept_values(home)) == 20, 45)
    finally:
        window.kill()
        window.wait(10)
        attachment.close()
    assert kept_values(home) == [f"74.0{number:02d}" for number in range(20)]
    again = open_window(home)
    until(lambda: station_page(again)._reading._figure.text() == "74.019")


def test_a_window_that_is_told_to_end_ends(home: Path, until: Until) -> None:
    window = start_window(home)
    try:
        until(lambda: any((home / "logs").glob("window*")), 45)
        window.terminate()
        assert window.wait(30) == 0
    finally:
        window.kill()
        window.wait(10)
