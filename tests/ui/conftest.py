"""What the window's tests share: one application, real stations with real readings, and a watch for what was left."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import psutil
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication

from devices.reading import Quality, Reading, Trigger
from ui.app import application
from ui.kit.theme import Scheme, Theme
from ui.window import Window
from workstation.catalog import plans
from workstation.catalog.plan_file import load_plan_file
from workstation.line.keep import Waiting
from workstation.line.ledger import Ledger
from workstation.line.supervisor import program, surroundings
from workstation.people import accounts
from workstation.people.passwords import Costs
from workstation.station import QualityReactions, Station
from workstation.store import Role

PASSWORD = "correct horse 7"
CHEAP = Costs(passes=1, memory_kib=64, lanes=1)
DIAMETER, TEMPERATURE = "inside diameter", "temperature"
PLAN = """\
format = 1

[plan]
name = "piston-ring"
revision = 1
title = "Piston ring: inside diameter in the machined state, with the climate of the measuring room"

[part]
number = "PR-74"
name = "Piston ring, forged, for a long-stroke engine"
drawing_revision = "B"

[[characteristic]]
name = "inside diameter"
unit = "mm"
decimals = 3
nominal = 74.000
lower_specification = 73.965
upper_specification = "74.035"
plausible_low = 73
plausible_high = 75
subgroup_size = 5
baseline_subgroups = 20
criticality = "critical"

[[characteristic]]
name = "temperature"
unit = "degC"
decimals = 1
chart = "i_mr"
baseline_subgroups = 20
criticality = "minor"

[[gauge]]
name = "bore gauge 1"
serial_number = "19283746"
profile = "mitutoyo-digimatic-13"
port = "tcp://127.0.0.1:1"
unit = "mm"
calibration_due = 2030-03-31

[[gauge.channel]]
name = "1"
characteristic = "inside diameter"
"""
Until = Callable[..., None]
StartLine = Callable[[Path], "subprocess.Popen[bytes]"]


def make_station(home: Path, name: str = "bench 1", plan: str = PLAN) -> None:
    """A station with people and an effective plan, and nothing measured."""
    with Station.open(home, name=name) as station:
        with station.write("setup") as work:
            for account, shown, role in (
                ("engineer", "E. Author", Role.ENGINEER),
                ("supervisor", "S. Approver", Role.SUPERVISOR),
                ("inspector", "I. Inspector", Role.INSPECTOR),
            ):
                accounts.create(work, account, shown, role, PASSWORD, costs=CHEAP)
            accounts.ensure_line_account(work)
        path = home / "plan.toml"
        path.write_text(plan, encoding="utf-8")
        with station.write("engineer") as work:
            drafted = plans.import_plan(work, load_plan_file(path))
        with station.write("supervisor") as work:
            plans.approve_plan(work, drafted.id)


def keep(home: Path, values: Sequence[str], batch: int = 50) -> None:
    """Have the line's own transaction check, judge and keep these diameters."""
    with Station.open(home) as station:
        ledger = Ledger(station.store, QualityReactions(), accounts.LINE_ACCOUNT)
        now = time.time_ns() - len(values) * 2_000_000_000
        readings = [
            Waiting(
                Reading("19283746", "1", Decimal(value), "mm", now + number * 2_000_000_000, 1, time.monotonic_ns(),
                        Trigger.BUTTON, Quality.GOOD, "", f"01A+{value}\r".encode()),
                "inspector",
            )
            for number, value in enumerate(values)
        ]  # fmt: skip
        for start in range(0, len(readings), batch):
            ledger.commit(readings[start : start + batch])


def diameters(subgroups: int, seed: int = 1, shift_after: int | None = None) -> list[str]:
    """Diameters about 74.000 mm; after subgroup `shift_after` the process has moved up."""
    source = random.Random(seed)
    return [
        f"{source.gauss(74.0 + (0.03 if shift_after is not None and number >= shift_after else 0), 0.006):.3f}"
        for number in range(subgroups)
        for _ in range(5)
    ]


@pytest.fixture(scope="session")
def theme() -> Theme:
    """The application and its look, one for all tests of the window."""
    return application(Scheme.LIGHT)[1]


@pytest.fixture(autouse=True)
def light(theme: Theme) -> Iterator[None]:
    """Every test begins in light colors and normal size."""
    yield
    theme.choose(Scheme.LIGHT)
    theme.enlarge(0)


@pytest.fixture(autouse=True)
def nothing_left(theme: Theme) -> Iterator[None]:
    """A thread, a running timer or a window that outlives its test fails the test that left it."""
    threads = set(threading.enumerate())
    timers = set(map(id, running_timers()))
    yield
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    for widget in app.topLevelWidgets():
        if isinstance(widget, Window):
            widget.close()
            widget.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    app.processEvents()
    left = [thread.name for thread in threading.enumerate() if thread not in threads and thread.is_alive()]
    assert not left, f"threads left running: {left}"
    still = [timer for timer in running_timers() if id(timer) not in timers]
    assert not still, f"timers left running: {[(timer.parent(), timer.interval()) for timer in still]}"


def running_timers() -> list[QTimer]:
    """Every timer that Python knows of and that is running."""
    app = QApplication.instance()
    roots: list[QObject] = [app] if app else []
    roots += QApplication.topLevelWidgets()
    return [timer for root in roots for timer in root.findChildren(QTimer) if timer.isActive()]


@pytest.fixture
def until() -> Until:
    """Let the window work until a condition holds, at most thirty seconds."""

    def wait(condition: Callable[[], bool], seconds: float = 30.0, what: str = "") -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"waited {seconds} s in vain {what}"
            QCoreApplication.processEvents()
            time.sleep(0.002)  # gives the processor to the threads that are waited for

    return wait


@pytest.fixture(scope="session")
def stations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two stations made once: each test works on a copy of its own."""
    made = tmp_path_factory.mktemp("stations")
    make_station(made / "new")
    shutil.copytree(made / "new", made / "measured")
    keep(made / "measured", diameters(30, shift_after=22))
    return made


@pytest.fixture
def home(stations: Path, tmp_path: Path) -> Path:
    """A station with an effective plan and nothing measured."""
    return Path(shutil.copytree(stations / "new", tmp_path / "home"))


@pytest.fixture
def measured(stations: Path, tmp_path: Path) -> Path:
    """A station with 30 subgroups, of which the last ones have moved: alarms, and values out of tolerance."""
    return Path(shutil.copytree(stations / "measured", tmp_path / "home"))


OpenWindow = Callable[[Path], Window]


@pytest.fixture
def open_window(theme: Theme, until: Until) -> Iterator[OpenWindow]:
    """Opens a window on a home and waits until its first page is there; closes it at the end."""
    opened: list[Window] = []

    def open_on(path: Path, page: str = "station") -> Window:
        window = Window(theme, path, page)
        opened.append(window)
        window.resize(1280, 800)
        window.show()
        until(lambda: window.page is not None and window.page.is_settled(), what="for the first page")
        return window

    yield open_on
    for window in opened:
        window.close()


@pytest.fixture
def start_line() -> Iterator[StartLine]:
    """Starts `sinebar line run` for a home in a process of its own."""
    started: list[subprocess.Popen[bytes]] = []

    def start(home: Path) -> subprocess.Popen[bytes]:
        command = program("line", "run", "--home", str(home))
        line = subprocess.Popen(command, env=surroundings(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started.append(line)
        return line

    yield start
    for line in started:
        kill_all(line)


def kill_all(line: subprocess.Popen[bytes]) -> None:
    """The line's supervisor and the worker it started, which were both started by this test."""
    with suppress(psutil.NoSuchProcess):
        supervisor = psutil.Process(line.pid)
        for process in (supervisor, *supervisor.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                process.kill()
    line.wait(10)


@pytest.fixture
def start_bench(tmp_path: Path, start_line: StartLine) -> Callable[[str], Path]:
    """Lays down a station on which a plan is effective, runs its line, and gives its home."""

    def start(plan: str) -> Path:
        home, file = tmp_path / "bench", tmp_path / "plan.toml"
        file.write_text(plan, encoding="utf-8")
        with Station.open(home, name="bench 1") as station:
            with station.write("engineer") as work:
                draft = plans.import_plan(work, load_plan_file(file))
            with station.write("supervisor") as work:
                plans.approve_plan(work, draft.id)
        start_line(home)
        return home

    return start
