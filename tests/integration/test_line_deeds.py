"""What somebody does to values and gauges from another program while the line runs: the line goes on from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from workstation.line import protocol
from workstation.station import Station

NO_ACCOUNTS = ("--account", "engineer")


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
