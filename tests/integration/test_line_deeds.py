"""What somebody does to values and gauges from another program while the line runs: the line goes on from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.integration.conftest import PLAN, lay_down
from workstation.catalog.gauges import named_gauge, set_gauge_status
from workstation.catalog.values import GaugeStatus
from workstation.line import protocol
from workstation.line.correction import Correction, correct
from workstation.line.given_limits import parse_given
from workstation.line.new_limits import Wanted, establish_anew
from workstation.station import CorrectionReactions, Station

NO_ACCOUNTS = ("--account", "engineer")
SCALE = """
[[gauge]]
name = "scale"
profile = "mitutoyo.digimatic-13"
port = "{port}"
unit = "mm"
"""


def test_a_corrected_value_is_what_the_running_line_judges(line: Any, gauge: Any, sinebar: Callable[..., Any]) -> None:
    line.listening(gauge)
    for text in ("74.001", "74.002", "74.049"):
        gauge.value(text)
    line.wait(lambda: len(line.all(protocol.Kept)) == 3, "three readings")
    correct = ("records", "correct", "74.003", "--characteristic", "diameter", "--subgroup", "1", "--position", "3")
    said = json.loads(sinebar(*correct, "--reason", "misread", *NO_ACCOUNTS, "--home", str(line.home), "--json").stdout)
    assert (said["before"], said["after"], said["version"]) == ("74.049 mm", "74.003 mm", 2)
    for text in ("74.004", "74.005"):
        gauge.value(text)
    line.wait(lambda: bool(line.all(protocol.Judged)), "the judged subgroup")
    (judged,) = line.all(protocol.Judged)
    assert round(judged.mean, 6) == 74.003 and round(judged.spread, 6) == 0.004
    with Station.open(line.home, create=False) as station, station.read() as reader:
        both = [str(one.value) for one in reader.measurements(1, 1, 1, versions=True) if one.position == 3]
        assert float(reader.last_subgroups(1, 1).means[0]) == judged.mean
    assert both == ["74.049", "74.003"]
    assert sinebar("verify", "--home", str(line.home)).returncode == 0


def test_readings_of_a_locked_gauge_are_refused_until_it_is_released(
    line: Any, gauge: Any, sinebar: Callable[..., Any]
) -> None:
    home = ("--home", str(line.home))
    line.listening(gauge)
    gauge.value("74.001")
    line.wait(lambda: len(line.all(protocol.Kept)) == 1, "a reading")
    locked = sinebar("gauges", "lock", "caliper", "--reason", "dropped", *NO_ACCOUNTS, *home)
    assert locked.stdout.strip() == "Gauge caliper is locked. The running line follows it."

    def refused() -> list[str]:
        gauge.value("74.002")
        line.drain()
        return [one.reason for one in line.all(protocol.ReadingRefused) if "locked" in one.reason]

    line.wait(lambda: bool(refused()), "a refused reading")
    assert refused()[0] == "Gauge caliper is locked."
    assert line.stored() == ["74.001"]
    assert sinebar("gauges", "release", "caliper", "--reason", "checked", *NO_ACCOUNTS, *home).returncode == 0

    def kept_again() -> bool:
        gauge.value("74.003")
        return len(line.all(protocol.Kept)) > 1

    line.wait(kept_again, "a reading of the released gauge")
    assert sinebar("gauges", "retire", "caliper", "--reason", "worn", *NO_ACCOUNTS, *home).returncode == 0
    line.wait(lambda: not json.loads(sinebar("line", "status", *home, "--json").stdout)["ports"], "the closed port")
    again = sinebar("gauges", "release", "caliper", "--reason", "repaired", *NO_ACCOUNTS, *home)
    assert again.returncode == 1 and "is retired" in again.stderr


def test_what_nobody_told_the_line_holds_from_the_next_reading_on(line: Any, gauge: Any, tmp_path: Path) -> None:
    """As where the program that made a change was killed before it could tell: the journal's order decides."""
    line.listening(gauge)
    for text in ("74.001", "74.049"):
        gauge.value(text)
    line.wait(lambda: len(line.all(protocol.Kept)) == 2, "two readings")
    with Station.open(line.home, create=False) as station, station.write("engineer") as work:
        set_gauge_status(work, named_gauge(work, "caliper").id, GaugeStatus.LOCKED, "dropped")
        correct(work, Correction(1, 1, 2, "74.009"), "misread", CorrectionReactions())
    gauge.value("74.044")
    line.wait(lambda: any("is locked" in one.reason for one in line.all(protocol.ReadingRefused)), "a refused reading")
    with Station.open(line.home, create=False) as station, station.write("engineer") as work:
        set_gauge_status(work, named_gauge(work, "caliper").id, GaugeStatus.ACTIVE, "checked")
    for text in ("74.002", "74.003", "74.005"):
        gauge.value(text)
    line.wait(lambda: bool(line.all(protocol.Judged)), "the judged subgroup")
    assert line.stored() == ["74.001", "74.009", "74.002", "74.003", "74.005"]
    assert round(line.all(protocol.Judged)[0].mean, 6) == 74.004
    second = PLAN.replace("revision = 1", "revision = 2") + SCALE.format(port=tmp_path / "nothing")
    line.all(protocol.Snapshot).clear()
    lay_down(line.home, gauge.path, second)
    line.wait(lambda: line.status("scale") != "", "the new gauge's port, though nothing is measured")
    line.wait(lambda: bool(line.all(protocol.Snapshot)), "word to whoever is attached that the plan is another")
    line.all(protocol.Snapshot).clear()
    with Station.open(line.home, create=False) as station, station.write("engineer") as work:
        establish_anew(work, Wanted(1, given=parse_given("74.000", "0.004", "mm")), "the customer's")
    line.wait(lambda: bool(line.all(protocol.Snapshot)), "word to whoever is attached that there are limits")
