"""Limits established anew while the line runs: it judges the next subgroup by them, told or not, killed or not."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
from collections.abc import Callable
from typing import Any

from workstation.catalog.limits import limits_history
from workstation.catalog.values import ControlLimits
from workstation.line import protocol
from workstation.line.new_limits import Wanted, establish_anew
from workstation.line.supervisor import program, surroundings
from workstation.station import Station

NO_ACCOUNTS = ("--account", "engineer")
ANEW = ("limits", "establish", "diameter", "--reason", "the tool was replaced", *NO_ACCOUNTS)


def measured(line: Any, gauge: Any, subgroups: int, mean: float = 74.0, seed: int = 5) -> None:
    """So many subgroups more, and wait until all of them are judged."""
    chance = random.Random(seed)
    before = len(line.all(protocol.Judged))
    for _ in range(5 * subgroups):
        gauge.value(f"{chance.gauss(mean, 0.005):.3f}")
    line.wait(lambda: len(line.all(protocol.Judged)) == before + subgroups, f"{subgroups} judged subgroups")


def judged_by(line: Any) -> list[int | None]:
    return [one.limits for one in line.all(protocol.Judged)]


def test_the_running_line_judges_the_next_subgroup_by_the_new_limits(
    line: Any, gauge: Any, sinebar: Callable[..., Any]
) -> None:
    home = ("--home", str(line.home))
    line.listening(gauge)
    measured(line, gauge, 20)
    measured(line, gauge, 10, mean=74.015, seed=6)
    alarms = len(line.all(protocol.AlarmRaised))
    assert alarms >= 9, "the process has moved away from its limits"
    gauge.value("74.015")  # a subgroup is open
    looked = json.loads(sinebar(*ANEW[:3], "--last", "10", "--preview", *home, "--json").stdout)
    assert len(looked["before"]["broken"]) >= 9 and looked["limits"] == 0 and looked["after"]["first"] == 21
    said = sinebar(*ANEW, "--from", "21", "--to", "30", *home)
    assert "limits 2 are in force, computed from 10 subgroups (21 to 30)" in said.stdout
    assert said.stdout.strip().endswith("The running line follows it.")
    for _ in range(4):
        gauge.value("74.016")
    line.wait(lambda: len(judged_by(line)) == 31, "the open subgroup")
    measured(line, gauge, 6, mean=74.015, seed=7)
    assert judged_by(line) == [None] * 20 + [1] * 10 + [2] * 7
    assert len(line.all(protocol.AlarmRaised)) == alarms
    with Station.open(line.home, create=False) as station, station.read() as reader:
        kept = list(map(int, reader.last_subgroups(1, 100).limits))
        assert [one.active for one in limits_history(reader, 1)] == [False, True]
    assert kept == [0] * 20 + [1] * 10 + [2] * 7, "earlier subgroups keep their judgement"
    history = json.loads(sinebar("limits", "show", "diameter", *home, "--json").stdout)["history"]
    assert [(one["limits"], one["reason"], one["established_by"]) for one in history] == [
        (1, "baseline of 20 subgroups reached, as the plan orders", "line"),
        (2, "the tool was replaced", "engineer"),
    ]
    assert sinebar("verify", *home).returncode == 0


def test_a_line_that_was_not_told_follows_and_one_that_is_killed_comes_back_to_it(line: Any, gauge: Any) -> None:
    line.listening(gauge)
    measured(line, gauge, 24)
    with Station.open(line.home, create=False) as station, station.write("engineer") as work:
        establish_anew(work, Wanted(1, newest=12), "the tool was replaced")  # and nobody tells the line
    measured(line, gauge, 2, seed=6)
    assert judged_by(line)[-2:] == [2, 2]
    assert line.all(protocol.LimitsEstablished)[-1] == protocol.LimitsEstablished(1, 2)
    pid = line.pid()
    os.kill(pid, signal.SIGKILL)
    line.wait(lambda: line.snapshot() is not None and line.pid() != pid, "the line is back")
    line.all(protocol.ReadingRefused).clear()
    line.listening(gauge)
    measured(line, gauge, 1, seed=7)
    assert judged_by(line)[-1] == 2


def test_whoever_establishes_limits_and_is_killed_leaves_the_old_or_the_new_ones_whole(
    line: Any, gauge: Any, sinebar: Callable[..., Any]
) -> None:
    """Killed at many moments; after each, one set of limits is in force, and the next subgroup is judged by it."""
    home = ("--home", str(line.home))
    line.listening(gauge)
    measured(line, gauge, 24)
    chance = random.Random(11)
    count = 1
    with Station.open(line.home, create=False) as station:

        def history() -> list[ControlLimits]:
            with station.read() as reader:
                return limits_history(reader, 1)

        for turn in range(6):
            command = program(*ANEW, "--from", str(turn + 1), "--to", str(turn + 15), *home)
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=surroundings())
            if turn % 2:  # the instant that the new limits are there: before the line is told, as a rule
                while len(history()) == count and process.poll() is None:
                    line.drain()
            else:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(chance.uniform(0.1, 1.2))
            process.kill()
            process.communicate()
            measured(line, gauge, 1, seed=20 + turn)
            found = history()
            assert len(found) - count in (0, 1)
            count = len(found)
            assert [one.active for one in found] == [False] * (count - 1) + [True]
            assert judged_by(line)[-1] == found[-1].id
    assert count >= 4, "some were put in force"
    assert sinebar("verify", *home).returncode == 0


def test_the_running_line_judges_its_very_first_subgroup_by_limits_that_were_given(
    line: Any, gauge: Any, sinebar: Callable[..., Any]
) -> None:
    """Given while the line runs and has read nothing; it is killed in the middle of the second subgroup."""
    home = ("--home", str(line.home))
    figures = ("--mean", "74.0000", "--sigma", "0.005")
    line.listening(gauge)
    looked = json.loads(sinebar(*ANEW[:3], *figures, "--preview", *home, "--json").stdout)
    assert (looked["judged"], looked["before"], looked["limits"]) == (0, None, 0)
    said = sinebar(*ANEW, *figures, *home)
    assert "limits 1 are in force, given: mean 74.0000 mm, sigma 0.005 mm." in said.stdout
    assert said.stdout.strip().endswith("The running line follows it.")
    measured(line, gauge, 1, mean=74.020)
    assert judged_by(line) == [1]
    (first,) = line.all(protocol.Judged)
    assert first.subgroup == 1 and first.location
    line.wait(lambda: len(line.all(protocol.AlarmRaised)) == 1, "the alarm of the first subgroup")
    gauge.value("74.001")
    line.wait(lambda: len(line.all(protocol.Kept)) == 6, "a value of the second subgroup")
    pid = line.pid()
    os.kill(pid, signal.SIGKILL)
    line.wait(lambda: line.snapshot() is not None and line.pid() != pid, "the line is back")
    line.all(protocol.ReadingRefused).clear()
    line.listening(gauge)
    for _ in range(4):
        gauge.value("74.001")
    line.wait(lambda: len(judged_by(line)) == 2, "the second subgroup")
    measured(line, gauge, 22, seed=6)
    assert judged_by(line) == [1] * 24, "no baseline takes their place"
    (kept,) = json.loads(sinebar("limits", "show", "diameter", *home, "--json").stdout)["history"]
    assert kept["given"] == {"mean": "74.0000", "sigma": "0.005", "unit": "mm"} and kept["active"]
    assert sinebar("verify", *home).returncode == 0
