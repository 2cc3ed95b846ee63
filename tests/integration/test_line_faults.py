"""What the line survives, with real processes and real ports."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workstation.line import protocol
from workstation.people import accounts
from workstation.people.passwords import Costs
from workstation.station import Station
from workstation.store import Role
from workstation.store.verify import verify

KILLS = 50
RATE = 400  # readings a second


class Press:
    """Presses a gauge's button `RATE` times a second with a different value each time, until it is ended."""

    def __init__(self, gauge: Any) -> None:
        self._gauge = gauge
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.sent = 0
        self._thread.start()

    def _run(self) -> None:
        os.set_blocking(self._gauge._master, False)
        while not self._end.wait(1 / RATE):
            self.sent += 1
            try:
                self._gauge.value(f"{74 + (self.sent % 50_000) / 1_000_000:.6f}"[:8])
            except BlockingIOError:
                continue  # nobody reads the cable just now

    def end(self) -> None:
        self._end.set()
        self._thread.join()


@pytest.fixture
def press(gauge: Any) -> Iterator[Callable[[], Press]]:
    made: list[Press] = []

    def begin() -> Press:
        made.append(Press(gauge))
        return made[-1]

    yield begin
    for one in made:
        one.end()


def places(items: list[protocol.Kept]) -> list[tuple[int, int, str]]:
    return [(item.subgroup, item.position, item.value) for item in items]


@pytest.mark.timeout(240)
def test_killed_at_fifty_random_moments_nothing_announced_is_lost(line: Any, press: Any) -> None:
    """kill -9 at moments from the middle of starting to the middle of a commit; the line comes back by itself."""
    chance = random.Random(9)
    line.ready()
    presses = press()
    killed: set[int] = set()
    for _ in range(KILLS):
        known = len(line.all(protocol.Kept))
        line.wait(
            lambda known=known: len(line.all(protocol.Kept)) > known and line.pid() not in killed,
            "reading again after a kill",
        )
        end = time.monotonic() + chance.uniform(0.0, 0.12)
        line.wait(lambda end=end: time.monotonic() >= end, "a random moment")
        pid = line.pid()
        os.kill(pid, signal.SIGKILL)
        killed.add(pid)
        line.wait(lambda: line.snapshot() is None or line.pid() not in killed, "the window notices")
    presses.end()
    assert len(killed) == KILLS
    announced = places(line.all(protocol.Kept))
    assert line.process.poll() is None
    line.end()
    with Station.open(line.home, create=False) as station, station.read() as reader:
        kept = reader.measurements(1, 1, 2**60)
        stored = {(m.subgroup, m.position): str(m.value) for m in kept}
        judged = reader.last_subgroups(1, 10**6)
        verification = verify(reader.raw)
    assert verification.intact, verification.findings
    assert len(announced) > KILLS
    assert len(set(announced)) == len(announced)
    assert [place for place in announced if stored.get(place[:2]) != place[2]] == []
    closed = sorted(stored)
    assert closed == [(n // 5 + 1, n % 5 + 1) for n in range(len(closed))], "a gap or a double in the sequence"
    assert list(judged.numbers) == list(range(1, len(closed) // 5 + 1))


def test_the_window_killed_and_started_again_misses_nothing(line: Any, gauge: Any, tmp_path: Path) -> None:
    import subprocess
    import sys

    from workstation.line.supervisor import surroundings

    script = (
        "import sys, time; from pathlib import Path; from workstation.line.attachment import *; "
        "a = Attachment(Path(sys.argv[1]), 'victim'); a.start()\n"
        "while True:\n for x in a.drain(): print(type(x).__name__, flush=True)\n time.sleep(0.005)"
    )
    line.listening(gauge)
    for number in range(3):
        window = subprocess.Popen(
            [sys.executable, "-c", script, str(line.home)], stdout=subprocess.PIPE, env=surroundings()
        )
        assert window.stdout is not None
        while window.stdout.readline() != b"Attached\n":
            pass
        gauge.value(f"74.00{number}")
        while window.stdout.readline() != b"Kept\n":
            pass
        window.send_signal(signal.SIGKILL)
        window.wait()
        window.stdout.close()
        gauge.value(f"74.01{number}")
    line.wait(lambda: len(line.all(protocol.Kept)) == 6, "all readings")
    assert line.stored() == ["74.000", "74.010", "74.001", "74.011", "74.002", "74.012"]


def test_a_port_unplugged_is_shown_within_a_second_and_read_again_within_two(line: Any, gauge: Any) -> None:
    line.ready()
    pressed = 0

    def press_until_kept() -> bool:
        """An operator presses until the value shows; a record under way while the port opens is not trusted."""
        nonlocal pressed
        pressed += 1
        gauge.value(f"74.{pressed:03d}")
        known = len(line.all(protocol.Kept))
        until = time.monotonic() + 0.2
        while time.monotonic() < until and len(line.all(protocol.Kept)) == known:
            time.sleep(0.002)
        return len(line.all(protocol.Kept)) > known

    line.wait(press_until_kept, "a reading")
    for _ in range(3):
        gauge.unplug()
        line.wait(lambda: line.status() == "error", "the port's error is shown", 1.0)
        gauge.plug()
        line.wait(press_until_kept, "a reading after the port came back", 2.0)
        assert line.status() == "ready"
    kept = [item.value for item in line.all(protocol.Kept)]
    assert len(kept) >= 4 and len(set(kept)) == len(kept)
    assert line.stored() == kept


def test_garbage_split_glued_and_error_records_never_become_a_value(line: Any, gauge: Any) -> None:
    chance = random.Random(13)
    good = [f"74.{n:03d}" for n in range(60)]
    line.listening(gauge)
    stream = b""
    for n, text in enumerate(good):
        stream += b"01A+00" + text.encode() + b"\r"
        spoiled = [
            b"",
            b"911\r",
            b"912\r",
            b"01A+0074.\r",
            b"01A+00x4.000\r",
            b"02A+0074.000\r",
            b"03A-0074.000\r",
            b"\x00\xff\r",
            bytes(chance.randrange(256) for _ in range(chance.randrange(1, 40))).replace(b"\r", b"") + b"\r",
            b"01A+0099.999\r",
            b"NO DATA\r",
            b"x" * 500 + b"\r",
        ]
        stream += spoiled[n % len(spoiled)]
    start = 0
    while start < len(stream):
        stop = start + chance.randint(1, 40)
        gauge.send(stream[start:stop])
        start = stop
    line.wait(lambda: len(line.all(protocol.Kept)) == len(good), "every good reading")
    assert [k.value for k in line.all(protocol.Kept)] == good
    assert line.stored() == good
    line.window.refresh()
    line.wait(lambda: len(line.all(protocol.Snapshot)) == 1, "a snapshot")
    (snapshot,) = line.all(protocol.Snapshot)
    refused = line.all(protocol.ReadingRefused)
    assert snapshot.refused == len(refused) and snapshot.discarded > 0
    reasons = {item.reason for item in refused}
    assert any("error 1" in reason for reason in reasons)
    assert any("not plausible" in reason for reason in reasons)
    assert any("bound to no characteristic" in reason for reason in reasons)


def test_typed_values_and_wrong_ones_are_answered(line: Any) -> None:
    assert line.answer(line.window.enter_value(1, "74.0300", "mm")).sentence == ""
    assert "no measured value" in line.answer(line.window.enter_value(1, "74,03", "mm")).sentence
    assert "not plausible" in line.answer(line.window.enter_value(1, "740.3", "mm")).sentence
    assert "no effective plan" in line.answer(line.window.enter_value(99, "74.03", "mm")).sentence
    assert "cannot be asked" in line.answer(line.window.request_reading("caliper", "1")).sentence
    assert "no gauge 'scale'" in line.answer(line.window.request_reading("scale", "1")).sentence
    assert line.answer(line.window.reload()).sentence == ""
    assert line.stored() == ["74.0300"]
    with Station.open(line.home, create=False) as station, station.read() as reader:
        (kept,) = reader.measurements(1, 1, 1)
        assert (kept.source, kept.trigger, kept.account) == ("typed", "typed", "line")


def test_who_signed_on_is_remembered_through_a_crash(line: Any, gauge: Any) -> None:
    line.ready()
    assert line.answer(line.window.sign_on("meister")).sentence == ""
    pid = line.pid()
    os.kill(pid, signal.SIGKILL)
    line.wait(lambda: line.snapshot() is not None and line.pid() != pid, "the line is back")
    assert line.snapshot().operator == "meister"
    line.all(protocol.ReadingRefused).clear()
    line.listening(gauge)
    gauge.value("74.000")
    line.wait(lambda: bool(line.all(protocol.Kept)), "a reading")
    with Station.open(line.home, create=False) as station, station.read() as reader:
        assert reader.measurements(1, 1, 1)[0].account == "meister"


def test_whoever_may_measure_no_longer_is_signed_off(line: Any, gauge: Any) -> None:
    """While the line runs, and where it was down when the account was deactivated; nobody tells the line."""
    line.listening(gauge)
    sign_on(line, "meister")
    with Station.open(line.home, create=False) as station:
        with station.write("set-up") as work:
            for name in ("meister", "lehrling"):
                accounts.create(work, name, name, Role.INSPECTOR, "correct horse 7", costs=Costs(1, 64, 1))
            accounts.ensure_line_account(work)
            accounts.create(work, "chief", "chief", Role.ADMINISTRATOR, "correct horse 7", costs=Costs(1, 64, 1))
        with station.write("chief") as work:
            accounts.deactivate(work, "meister", "left the plant")
    line.wait(lambda: line.all(protocol.Snapshot)[-1].operator == "", "meister is signed off")
    gauge.value("74.000")
    line.wait(lambda: bool(line.all(protocol.Kept)), "a reading")
    sign_on(line, "lehrling")
    pid = line.pid()
    os.kill(pid, signal.SIGSTOP)
    with Station.open(line.home, create=False) as station:
        with station.write("chief") as work:
            accounts.deactivate(work, "lehrling", "left the plant")
        os.kill(pid, signal.SIGKILL)
        line.wait(lambda: line.snapshot() is not None and line.pid() != pid, "the line is back")
        line.all(protocol.Snapshot).clear()
        line.window.refresh()
        line.wait(lambda: any(one.operator == "" for one in line.all(protocol.Snapshot)), "lehrling is signed off")
        with station.read() as reader:
            assert reader.measurements(1, 1, 1)[0].account == "line"


def sign_on(line: Any, account: str) -> None:
    assert line.answer(line.window.sign_on(account)).sentence == ""
    line.all(protocol.Snapshot).clear()
    line.window.refresh()
    line.wait(lambda: bool(line.all(protocol.Snapshot)), "a snapshot")
    assert line.all(protocol.Snapshot)[-1].operator == account
