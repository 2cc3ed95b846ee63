"""The instruments page and the station page with real line processes and instruments on pseudo-terminals."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget

from devices.profile import load_profile
from devices.record import Direction, read_recording
from ui.kit.theme import TOUCH_TARGET
from ui.models.terminal import MOST_PIECES, Record, lines, printable
from ui.models.wedge import read_rules, typed_record
from ui.pages.instruments.page import Instruments
from ui.pages.instruments.terminal import MOST_LINES
from ui.pages.station.page import Station as StationPage
from ui.widgets.empty import EmptyState
from ui.window import Window
from workstation import settings
from workstation.catalog import plans
from workstation.catalog.plan_file import load_plan_file
from workstation.line.protocol import Piece, Traffic
from workstation.line.supervisor import program, surroundings
from workstation.people import accounts
from workstation.station import Station
from workstation.store import Role

if sys.platform == "win32":
    pytest.skip("no pseudo-terminals there", allow_module_level=True)
import pty
import tty

SHIPPED = Path(__file__).resolve().parents[2] / "resources" / "profiles"
Until = Callable[..., None]
Open = Callable[..., Window]
PLAN = """\
format = 1
[plan]
name = "ring"
revision = 1
title = "Piston ring"
[part]
number = "R-74"
name = "Piston ring"
[[characteristic]]
name = "diameter"
unit = "mm"
decimals = 3
plausible_low = "70"
plausible_high = "78"
[[characteristic]]
name = "height"
unit = "mm"
decimals = 4
[[characteristic]]
name = "width"
unit = "mm"
decimals = 4
[[gauge]]
name = "caliper"
serial_number = "SN-1"
profile = "mitutoyo.digimatic-13"
port = "{caliper}"
unit = "mm"
[[gauge.channel]]
name = "1"
characteristic = "diameter"
[[gauge]]
name = "column"
serial_number = "SN-2"
profile = "mux.mw"
port = "{column}"
unit = "mm"
[[gauge.channel]]
name = "1"
characteristic = "height"
[[gauge.channel]]
name = "2"
characteristic = "width"
"""


class Cable:
    """The instrument's end of a serial cable behind a path that stays."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        path.symlink_to(os.ttyname(self._slave))

    def send(self, data: bytes) -> None:
        os.write(self.master, data)

    def heard(self) -> bytes:
        """What the line has sent, empty when nothing waits."""
        return os.read(self.master, 4096) if select.select([self.master], [], [], 0)[0] else b""

    def unplug(self) -> None:
        if self.master >= 0:
            self.path.unlink()
            os.close(self._slave)
            os.close(self.master)
            self.master = -1


class Bench:
    """A station with two instruments and its line, running."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "bench"
        self.caliper, self.column = Cable(folder / "caliper"), Cable(folder / "column")
        file = folder / "plan.toml"
        file.write_text(PLAN.format(caliper=self.caliper.path, column=self.column.path), encoding="utf-8")
        from tests.ui.conftest import CHEAP, PASSWORD  # type: ignore[import-not-found]

        with Station.open(self.home, name="bench 1") as station:
            with station.write("setup") as work:
                for name, role in (("engineer", Role.ENGINEER), ("supervisor", Role.SUPERVISOR)):
                    accounts.create(work, name, name, role, PASSWORD, costs=CHEAP)
                accounts.ensure_line_account(work)
            with station.write("engineer") as work:
                draft = plans.import_plan(work, load_plan_file(file))
            with station.write("supervisor") as work:
                plans.approve_plan(work, draft.id)
        self.line = subprocess.Popen(
            program("line", "run", "--home", str(self.home)),
            env=surroundings(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def close(self) -> None:
        with suppress(psutil.NoSuchProcess):
            supervisor = psutil.Process(self.line.pid)
            for process in (supervisor, *supervisor.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        self.line.wait(10)
        self.caliper.unplug()
        self.column.unplug()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


@pytest.fixture
def page(bench: Bench, open_window: Open, until: Until) -> Instruments:
    """The instruments page, attached, with both instruments ready and the caliper chosen."""
    window = open_window(bench.home, "instruments")
    until(lambda: window.line is not None and window.line.is_attached, 45)
    shown = window.pages["instruments"]
    assert isinstance(shown, Instruments)
    until(lambda: [cells(shown, key)[1] for key in ("SN-1", "SN-2")] == ["ready", "ready"])
    until(lambda: hears(bench, shown), what="for the caliper to be heard")
    return shown


def hears(bench: Bench, page: Instruments) -> bool:
    """What comes in the instant a port is opened is not trusted: an error record is sent until one is counted."""
    if int(cells(page, "SN-1")[6].replace("–", "0")):
        return True
    bench.caliper.send(b"911\r")
    return False


def cells(page: Instruments, key: str) -> tuple[str, ...]:
    row = page._table.model_of_rows.row_of(key)
    return page._table.model_of_rows.rows[row].cells if row >= 0 else ("",) * 9


def text(page: Instruments) -> str:
    return page._terminal._text.toPlainText()


def test_each_instrument_stands_in_the_list_with_its_counts(bench: Bench, page: Instruments, until: Until) -> None:
    assert cells(page, "SN-1")[0] == "caliper  (SN-1)"
    assert cells(page, "SN-2")[2] == "MUX-2 and MUX-4 gauge multiplexer"
    bench.caliper.send(b"01A+0074.010\r")
    bench.caliper.send(b"01A+0099.000\r")
    bench.caliper.send(b"garbage\r")
    until(lambda: cells(page, "SN-1")[5] == "1" and cells(page, "SN-1")[7] != "0")
    assert cells(page, "SN-1")[4].startswith("74.010 mm")
    assert int(cells(page, "SN-1")[6]) >= 2
    assert cells(page, "SN-2")[5:] == ("0", "0", "0", "0")
    until(lambda: "garbage<CR>" in page._detail._heard_as_text.text())


def test_an_unplugged_instrument_is_shown_with_its_sentence(bench: Bench, page: Instruments, until: Until) -> None:
    page.show_record("SN-1")
    bench.caliper.unplug()
    until(lambda: cells(page, "SN-1")[1] == "not connected")
    assert page._table.model_of_rows.rows[0].sign == ("warn", "alarm")
    assert page._detail.word.text().startswith("Not connected since")
    assert "caliper" in page._detail.sentence.text()
    assert not page._detail.ask.isEnabled()


def test_the_terminal_shows_both_directions_and_what_became_of_it(
    bench: Bench, page: Instruments, until: Until
) -> None:
    page.show_record("SN-2")
    until(page._detail.ask.isEnabled)
    page._detail.ask.click()
    until(lambda: bench.column.heard() == b"1", what="for the request")
    bench.column.send(b"1 MW+003.4665 mm\r\n")
    until(lambda: "= reading: 3.4665 mm, channel 1, request" in text(page))
    assert "→ 31" in text(page)
    assert "1 MW+003.4665 mm" in text(page) and "<CR><LF>" in text(page)
    page.show_record("SN-1")
    assert text(page) == "", "another port begins with an empty terminal"

    def refused() -> bool:
        bench.caliper.send(b"01A+0099.000\r")  # again, until the line has heard that this port is looked at now
        return "! refused:" in text(page) and "not plausible" in text(page)

    until(refused)
    bench.caliper.send(b"garbage\r")
    until(lambda: "– discarded: not a record" in text(page))


def test_pause_clear_and_save(bench: Bench, page: Instruments, until: Until, tmp_path: Path) -> None:
    terminal = page._terminal
    bench.caliper.send(b"01A+0074.010\r")
    until(lambda: "= reading: 74.010" in text(page))
    terminal._pause_button.click()
    bench.caliper.send(b"01A+0074.011\r")
    until(lambda: "more since" in terminal._told._whole)
    assert "74.011" not in text(page)
    terminal._pause_button.click()
    assert "74.011" in text(page)
    terminal.save(tmp_path / "traffic.jsonl")
    heard = b"".join(
        entry.data for entry in read_recording(tmp_path / "traffic.jsonl") if entry.direction is Direction.IN
    )
    assert b"01A+0074.010\r01A+0074.011\r" in heard
    terminal.save(tmp_path / "traffic.txt")
    assert "= reading: 74.011" in (tmp_path / "traffic.txt").read_text(encoding="utf-8")
    terminal.save(tmp_path / "nowhere" / "traffic.txt")
    assert "cannot be written" in page.desk.messages.said[-1].sentence
    terminal._clear_button.click()
    assert text(page) == "" and not terminal.record.pieces


def test_nothing_is_sent_while_nobody_looks(bench: Bench, page: Instruments, until: Until) -> None:
    came: list[object] = []
    page.desk.line.traffic.connect(came.append)
    page.desk.go("station", "")
    assert page.desk.line._looked_at == set()
    station = page.window().pages["station"]  # type: ignore[attr-defined]
    assert isinstance(station, StationPage)
    until(station.is_settled)
    came.clear()
    bench.caliper.send(b"01A+0074.010\r")
    until(lambda: station._reading._figure.text() == "74.010")
    assert not came
    page.desk.go("instruments", "")

    def told() -> bool:
        bench.caliper.send(b"01A+0074.012\r")
        return bool(came)

    until(told)


def test_a_line_that_comes_back_is_looked_at_again(bench: Bench, page: Instruments, until: Until) -> None:
    supervisor = psutil.Process(bench.line.pid)
    worker = supervisor.children(recursive=True)
    assert worker, "the line runs under a supervisor"
    worker[0].kill()
    until(lambda: not page.desk.line.is_attached)
    assert cells(page, "SN-1")[1] == "not known"
    until(lambda: page.desk.line.is_attached and cells(page, "SN-1")[1] == "ready", 45)

    def shown() -> bool:
        bench.caliper.send(b"01A+0074.020\r")
        return "74.020" in text(page)

    until(shown)


def test_a_station_without_gauges_says_the_next_step(tmp_path: Path, open_window: Open, until: Until) -> None:
    window = open_window(tmp_path / "new", "instruments")
    shown = [one for one in window.pages["instruments"].findChildren(EmptyState) if one.isVisible()]
    assert len(shown) == 1
    assert "sinebar import plan" in shown[0]._next_step.text()


# --- the station page ------------------------------------------------------------------------------------------------


@pytest.fixture
def station(bench: Bench, open_window: Open, until: Until) -> StationPage:
    """The station page, attached, with both instruments ready."""
    window = open_window(bench.home)
    line = window.line
    assert line is not None
    until(lambda: line.is_attached and [port.status for port in line.ports.values()] == ["ready", "ready"], 45)
    shown = window.pages["station"]
    assert isinstance(shown, StationPage)
    return shown


def test_read_now_asks_the_gauge_of_the_chosen_characteristic(bench: Bench, station: StationPage, until: Until) -> None:
    ask = station._at_gauge.ask
    assert not ask.isVisible(), "the caliper's profile knows no request"
    station._list.choose(3)
    until(ask.isVisible)
    assert ask.height() >= TOUCH_TARGET
    ask.click()
    until(lambda: bench.column.heard() == b"2", what="for the request of the second gauge")
    bench.column.send(b"2 MW+003.4665 mm\r\n")
    until(lambda: station._reading._figure.text() == "3.4665")
    bench.column.unplug()
    until(lambda: not ask.isVisible(), what="for the button to go with its gauge")


def test_the_line_is_told_what_the_screen_shows(bench: Bench, station: StationPage, until: Until) -> None:
    from workstation.line.protocol import Scanned, Signalled

    assert station.desk.line._preferred == 1
    station._list.choose(3)
    assert station.desk.line._preferred == 3
    station.desk.line.arrived.emit([Signalled("SN-2", "1", "foot switch pressed", "foot switch", 1)])
    assert station._at_gauge.note.isVisible()
    assert station._at_gauge.text._whole == "foot switch pressed"
    station.desk.line.arrived.emit([Scanned("reader", "LOT-7", 1, "uid", "lot", 1)])
    assert station._at_gauge.text._whole == "LOT-7"
    assert "not a value" in station._at_gauge._what.text()


def keys(widget: QWidget, text: str) -> None:
    """Press keys as fast as a reader does."""
    for sign in text:
        QTest.keyClick(widget, Qt.Key.Key_Return if sign == "\r" else sign)


def field_of(station: StationPage, until: Until) -> QLineEdit:
    station.window().activateWindow()
    field = station._entry.field
    field.setFocus()
    until(lambda: station._wedge._hears is field, what="for the field to have the keyboard")
    return field


def test_a_scanned_code_is_noted_and_never_a_value(bench: Bench, station: StationPage, until: Until) -> None:
    field = field_of(station, until)
    keys(field, "74.003\r")
    until(station._at_gauge.note.isVisible)
    assert station._at_gauge.text._whole == "74.003"
    assert field.text() == ""
    assert not station._entry._waits
    with Station.open(bench.home) as opened, opened.read() as reader:
        assert not list(reader.measurements(1))


def test_what_a_person_types_is_kept(bench: Bench, station: StationPage, until: Until) -> None:
    field = field_of(station, until)
    for number, sign in enumerate("74.003", start=1):
        keys(field, sign)
        until(lambda number=number: len(field.text()) == number, what="for the key of a person")  # type: ignore[misc]
    QTest.keyClick(field, Qt.Key.Key_Left)
    assert field.cursorPosition() == 5
    keys(field, "\r")
    until(lambda: station._reading._figure.text() == "74.003")
    assert not station._at_gauge.note.isVisible()


def test_keys_and_codes_one_after_another_keep_their_order(station: StationPage, until: Until) -> None:
    field = field_of(station, until)
    keys(field, "7")
    until(lambda: field.text() == "7")
    keys(field, "PART-1\r")
    assert field.text() == "7"
    until(lambda: station._at_gauge.text._whole == "PART-1", what="for the code to be kept")
    keys(field, "4.")
    QTest.keyClick(field, Qt.Key.Key_Home)
    assert field.text() == "74." and field.cursorPosition() == 0, "what is held comes before another key"
    station.desk.go("history", "")
    assert station._wedge._hears is None


@pytest.fixture
def typing_gauge(bench: Bench) -> None:
    """The station has a gauge that types like a keyboard."""
    settings.change(bench.home, "window.wedge_profile", "mitutoyo.digimatic-13")


@pytest.mark.usefixtures("typing_gauge")
def test_a_gauge_that_types_is_kept_with_its_record(bench: Bench, station: StationPage, until: Until) -> None:
    field = field_of(station, until)
    keys(field, "01A+0074.005\r")
    until(lambda: station._reading._figure.text() == "74.005")
    until(lambda: "was kept" in station._at_gauge._what.text())
    with Station.open(bench.home) as opened:
        assert read_rules(opened).profile is not None
        with opened.read() as reader:
            kept = list(reader.measurements(1))
    assert [(str(one.value), one.source) for one in kept] == [("74.005", "typed")]
    keys(field, "911\r")
    until(lambda: "Refused" in station._at_gauge._what.text(), what="for the error record")
    assert field.text() == ""
    keys(field, "LOT 4711\r")
    until(lambda: station._at_gauge.text._whole == "LOT 4711")
    keys(field, "01A+0099.000\r")
    until(lambda: "not plausible" in station._at_gauge._what.text(), 5, station._at_gauge._what.text())
    assert len(kept) == 1


def test_records_and_codes_are_told_apart_by_the_profile() -> None:
    profile = load_profile(SHIPPED / "mitutoyo-digimatic-13.toml")
    record = typed_record(profile, "01A+0074.005")
    assert record is not None
    assert (str(record.reading.value), record.raw) == ("74.005", b"01A+0074.005\r")
    error = typed_record(profile, "911")
    assert error is not None and error.reading.value is None
    for code in ("LOT 4711", "74.005", "€", "01A+0074.005X", "\r", ""):
        assert typed_record(profile, code) is None, code
    assert typed_record(None, "01A+0074.005") is None
    marked = load_profile(SHIPPED / "barcode-stx-etx.toml")
    assert typed_record(marked, "4006381333931") is None, "a bar code is never a value"


def test_a_profile_that_cannot_type_is_said(home: Path) -> None:
    settings.change(home, "window.wedge_profile", "modbus.sht20")
    with Station.open(home) as opened:
        assert "does not type" in read_rules(opened).trouble
    settings.change(home, "window.wedge_profile", "no.such")
    with Station.open(home) as opened:
        assert "no profile" in read_rules(opened).trouble


# --- what needs no line ----------------------------------------------------------------------------------------------


def piece(kind: str, data: bytes = b"", note: str = "", at: int = 1_795_356_000_123_000_000) -> Piece:
    return Piece("SN-1", kind, at, 1, note, data)


def test_a_flood_is_bounded_and_drawn_thirty_times_a_second(home: Path, open_window: Open) -> None:
    window = open_window(home, "instruments")
    page = window.pages["instruments"]
    assert isinstance(page, Instruments)
    terminal = page._terminal
    terminal.show_source("SN-1", "caliper")
    drawn: list[int] = []
    real = terminal.draw
    terminal.draw = lambda: (drawn.append(1), real())[1]  # type: ignore[method-assign]
    for _ in range(100):
        terminal.take(Traffic("SN-1", tuple(piece("in", b"01A+0074.010\r") for _ in range(200)), 3))
    assert not drawn, "what arrives never draws"
    page.desk.frames.draw_now()
    assert len(drawn) == 1
    assert len(terminal.record.pieces) == MOST_PIECES
    assert terminal._text.document().blockCount() <= MOST_LINES
    assert "300 pieces came too fast" in terminal._told._whole


def test_lines_of_the_terminal() -> None:
    long = lines(piece("in", bytes(range(40))))
    assert len(long) == 3
    assert "00 01 02" in long[0].text and "<NUL>" in long[0].text
    assert "(request 1)" in lines(piece("out", b"1", "request 1"))[0].text
    assert "port opened" in lines(piece("event", note="opened 2000"))[0].text
    assert "port lost" in lines(piece("event", note="lost"))[0].text
    assert lines(piece("refused", note="too hot"))[0].ink == "alarm"
    assert printable(b"\x02A\xff\r") == "<STX>A·<CR>"


def test_what_came_before_is_not_drawn_twice() -> None:
    record = Record()
    record.add([piece("in", b"1"), piece("in", b"2")], 0)
    assert [one.data for one in record.since(1)] == [b"2"]
    record.clear()
    record.add([piece("in", b"3")], 0)
    assert [one.data for one in record.since(2)] == [b"3"]
    assert record.since(3) == []
