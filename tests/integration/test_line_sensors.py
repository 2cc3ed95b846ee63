"""A register instrument played by a process of its own, read all day by a line process, over a real socket."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from devices.channels.aggregate import slot_of
from tests.integration.conftest import Line, _end_orphan, lay_down
from workstation.catalog.rollups import Period, RollUp, rollups
from workstation.line import protocol
from workstation.line.recovery import FOUND_OPEN, KILLED, REASON
from workstation.line.samples import RawSample, SampleBuffer
from workstation.line.supervisor import surroundings
from workstation.quality import alarms, investigations
from workstation.station import Station
from workstation.store.verify import verify

MINUTE = 60 * 10**9
PROFILE = """
[profile]
id = "test.oven"
version = 1
title = "Oven controller"
maker = "none"
family = "temperature"
source = "this test"
certainty = "code"
[serial]
line = "9600 8N1"
[modbus]
unit = 1
table = "holding"
timeout_ms = 500
late_window_ms = 500
[[group]]
name = "all"
interval_ms = 50
[[point]]
name = "temperature"
at = 0
type = "i16"
scale = "0.1"
unit = "°C"
group = "all"
simulate = { base = "180.0", noise = "0.8" }
[[test]]
name = "180.0 degrees"
hex = "01 03 02 07 08 BB B2"
asked = "holding 0"
expect = [{ channel = "temperature", value = "180.0", unit = "°C" }]
"""
PLAN = """
format = 1
[plan]
name = "oven"
revision = 1
[part]
number = "B-1"
name = "Bread"
[[characteristic]]
name = "temperature"
unit = "°C"
decimals = 1
chart = "xbar_r"
subgroup_size = 3
baseline_subgroups = 20
[[gauge]]
name = "oven"
profile = "test.oven"
port = "{port}"
[[gauge.channel]]
name = "temperature"
characteristic = "temperature"
[gauge.channel.continuous]
group = "count"
size = 4
high = 170
silent = 1
"""


SECOND_POINT = """
[[point]]
name = "output"
at = 1
type = "i16"
unit = "%"
group = "all"
simulate = { base = "40" }
"""
POLLED = PLAN[: PLAN.index("[gauge.channel.continuous]")]
"""The same plan with the oven's polls as the values of its chart."""


class Oven:
    """The instrument as a process; it comes back on the same port."""

    def __init__(self, profile: Path) -> None:
        self._profile = profile
        self._process: subprocess.Popen[str] | None = None
        self.port = "tcp://127.0.0.1:0"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "devices.simulators.modbus", str(self._profile), self.port, "--seed", "7"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=surroundings())
        assert self._process.stdout is not None
        self.port = self._process.stdout.readline().strip()
        assert self.port.startswith("tcp://127.0.0.1:")

    def die(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None


@pytest.fixture
def oven(tmp_path: Path) -> Iterator[Oven]:
    profile = tmp_path / "oven.toml"
    profile.write_text(PROFILE, encoding="utf-8")
    made = Oven(profile)
    yield made
    made.die()


@pytest.fixture
def line(tmp_path: Path, oven: Oven) -> Iterator[Line]:
    home = tmp_path / "home"
    (home / "profiles").mkdir(parents=True)
    (home / "profiles" / "test-oven.toml").write_text(PROFILE, encoding="utf-8")
    lay_down(home, oven.port, PLAN)
    made = Line(home)
    try:
        made.start()
        yield made
    finally:
        made.close()
        _end_orphan(home)


def slots(home: Path, period: Period) -> list[RollUp]:
    with Station.open(home, create=False) as station, station.read() as reader:
        return rollups(reader, 1, period)


def sampled(home: Path) -> list[RawSample]:
    buffer = SampleBuffer(home)
    try:
        return buffer.samples(1)
    finally:
        buffer.close()


def watched(home: Path, watch: str = "above the limit") -> list[alarms.Alarm]:
    """The alarms of a watch, oldest first, read by a process that is not the line."""
    with Station.open(home, create=False) as station, station.read() as reader:
        return [one for one in reversed(alarms.alarms(reader)) if one.rules == (watch,)]


def recomputed(samples: list[RawSample]) -> dict[int, Any]:
    """Every minute of the raw samples; their buffer holds each reading, for the plan asks for no thinning."""
    found: dict[int, Any] = {}
    for one in samples:
        slot = found.setdefault(one.observed_at // MINUTE, slot_of("1", one.observed_at, MINUTE))
        added = slot.with_bad() if one.value is None else slot.with_value(one.value, one.observed_at)
        found[one.observed_at // MINUTE] = added
    return found


def assert_minutes_are_those_of(home: Path, samples: list[RawSample]) -> None:
    minutes = slots(home, Period.MINUTE)
    wanted = recomputed(samples)
    assert {one.start // 60_000_000 for one in minutes} == set(wanted)
    for one in minutes:
        other = wanted[one.start // 60_000_000]
        assert (one.count, one.values.bad, one.unit) == (other.count, other.bad, "°C")
        assert (one.mean, one.standard_deviation) == (other.mean, other.standard_deviation)
        assert (one.values.minimum, one.values.maximum) == (other.minimum, other.maximum)


def test_samples_become_minutes_judged_subgroups_and_alarms(line: Line, oven: Oven) -> None:
    line.wait(lambda: len(line.all(protocol.Judged)) >= 5, "judged subgroups", 60)
    oven.die()
    line.wait(lambda: ("silent",) in [one.rules for one in line.all(protocol.AlarmRaised)], "silence", 60)
    oven.start()
    judged = len(line.all(protocol.Judged))
    line.wait(lambda: len(line.all(protocol.Judged)) > judged, "the oven is read again", 60)
    (silent,) = watched(line.home, "silent")
    assert silent.ended == "it speaks again" and (silent.ended_at or 0) > silent.observed_at
    assert line.end() == 0

    samples = sampled(line.home)
    assert_minutes_are_those_of(line.home, samples)
    good = [one.value for one in samples if one.value is not None]
    first = sum(good[:4], Decimal(0)) / 4
    assert Decimal(line.stored()[0]) == first.quantize(Decimal("0.01"))
    with Station.open(line.home, create=False) as station, station.read() as reader:
        raised = alarms.alarms(reader)
        assert {one.rules for one in raised} >= {("above the limit",), ("silent",)}
        assert {one.limits_id for one in raised if one.rules[0] in ("above the limit", "silent")} == {None}
        (opened,) = investigations.investigations(reader)
        assert opened.evidence_facts()["watch"] == "above the limit"
        verification = verify(reader.raw)
    assert verification.intact, verification.findings


def test_a_line_that_is_killed_loses_no_closed_minute(line: Line) -> None:
    line.wait(lambda: len(line.all(protocol.Judged)) >= 3, "judged subgroups", 60)
    assert line.end() == 0
    samples = sampled(line.home)
    assert_minutes_are_those_of(line.home, samples)
    before = {one.start: one for one in slots(line.home, Period.MINUTE)}

    line.start()
    judged = len(line.all(protocol.Judged))
    line.wait(lambda: len(line.all(protocol.Judged)) > judged, "judged again", 60)
    killed = line.pid()
    os.kill(killed, signal.SIGKILL)
    line.wait(lambda: line.snapshot() is not None and line.pid() != killed, "the line is back", 60)
    after = {one.start: one for one in slots(line.home, Period.MINUTE)}
    assert all(one.count <= after[start].count for start, one in before.items())

    judged = len(line.all(protocol.Judged))
    line.wait(lambda: len(line.all(protocol.Judged)) > judged, "judged once more", 60)
    assert line.end() == 0
    grown = {one.start: one for one in slots(line.home, Period.MINUTE)}
    assert all(grown[start].count >= one.count for start, one in before.items())
    assert sum(one.count for one in grown.values()) > sum(one.count for one in before.values())


def test_the_minute_that_ran_when_the_line_was_killed_is_that_of_its_samples(line: Line) -> None:
    line.wait(lambda: len(sampled(line.home)) >= 40, "samples on the disk", 60)
    killed = line.pid()
    os.kill(killed, signal.SIGKILL)
    on_disk = sampled(line.home)
    line.wait(lambda: line.snapshot() is not None and line.pid() != killed, "the line is back", 60)
    rebuilt = sum(one.count + one.values.bad for one in slots(line.home, Period.MINUTE))
    assert rebuilt >= len(on_disk)

    judged = len(line.all(protocol.Judged))
    line.wait(lambda: len(line.all(protocol.Judged)) > judged, "judged again", 60)
    assert line.end() == 0
    assert_minutes_are_those_of(line.home, sampled(line.home))
    with Station.open(line.home, create=False) as station, station.read() as reader:
        told = [one for one in reader.journal_latest(2000, kind="channel_rollup") if one.reason == REASON]
        assert told and verify(reader.raw).intact


def test_an_alarm_that_lasts_when_the_line_is_killed_is_known_up_to_the_last_reading(line: Line) -> None:
    line.wait(lambda: bool(watched(line.home)) and len(sampled(line.home)) >= 40, "an alarm and samples", 60)
    killed = line.pid()
    os.kill(killed, signal.SIGKILL)
    (first,) = watched(line.home)
    last = sampled(line.home)[-1].observed_at // 1000
    assert (first.seen, first.ended, first.ended_at, first.seen_until) == (first.seen, None, None, None)
    assert first.seen is not None and first.seen.endswith("is above 170")
    line.wait(lambda: line.snapshot() is not None and line.pid() != killed, "the line is back", 60)
    line.wait(lambda: len(watched(line.home)) == 2, "what is still wrong is an alarm again", 60)
    before, again = watched(line.home)
    assert (before.uid, before.ended, before.ended_at) == (first.uid, KILLED, None)
    assert before.seen_until is not None and before.seen_until >= last > before.observed_at
    assert before.seen_until < again.observed_at and again.ended is None
    assert line.end() == 0
    before, again = watched(line.home)
    assert (again.ended, again.ended_at) == ("the line ended", None)
    assert again.seen_until == sampled(line.home)[-1].observed_at // 1000
    with Station.open(line.home, create=False) as station, station.read() as reader:
        told = [(one.verb, one.reason) for one in reader.history("alarm", before.uid)]
        assert told == [("alarm.raise", ""), ("alarm.end", FOUND_OPEN)]
        verification = verify(reader.raw)
    assert verification.intact, verification.findings


def test_an_end_while_the_disk_takes_nothing_is_noted_at_its_time_once_it_does(line: Line, oven: Oven) -> None:
    resource = pytest.importorskip("resource")
    if not hasattr(resource, "prlimit"):
        pytest.skip("limits another process's files by prlimit, which only Linux has")
    line.wait(lambda: bool(line.all(protocol.Judged)), "a judged subgroup", 60)
    oven.die()
    line.wait(lambda: bool(watched(line.home, "silent")), "silence", 60)
    pid = line.pid()
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))
    oven.start()
    line.wait(lambda: bool(line.all(protocol.KeepFailed)), "the disk takes nothing", 60)
    assert [one.ended for one in watched(line.home, "silent")] == [None]
    failed_at = time.time_ns() // 1000
    kept = len(line.all(protocol.Kept))
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    line.wait(lambda: len(line.all(protocol.Kept)) > kept, "kept again", 60)
    (silent,) = watched(line.home, "silent")
    assert silent.ended == "it speaks again" and silent.seen == "no good value for 1 s"
    assert silent.ended_at is not None and silent.observed_at < silent.ended_at <= failed_at
    with Station.open(line.home, create=False) as station, station.read() as reader:
        first = min(one.observed_at for one in reader.measurements(1, 1, 2**60) if one.observed_at >= silent.ended_at)
        ended = reader.history("alarm", silent.uid)[-1]
        assert silent.ended_at <= first and ended.recorded_at >= failed_at
    assert line.end() == 0


def test_of_what_is_polled_only_the_bound_channel_is_kept(tmp_path: Path) -> None:
    """Else the points that nobody measures with would fill the journal."""
    home = tmp_path / "home"
    (home / "profiles").mkdir(parents=True)
    file = home / "profiles" / "test-oven.toml"
    file.write_text(PROFILE.replace("[[test]]", SECOND_POINT + "[[test]]", 1), encoding="utf-8")
    oven = Oven(file)
    lay_down(home, oven.port, POLLED)
    line = Line(home)
    try:
        line.start()
        line.wait(lambda: len(line.all(protocol.Kept)) >= 30, "polled values")
        assert not line.all(protocol.ReadingRefused), "the other point is read and kept nowhere"
    finally:
        line.close()
        oven.die()
        _end_orphan(home)
