"""`sinebar sensors` on a home that sensors filled: lists, histories, files, pictures, and what cannot be answered."""

from __future__ import annotations

import csv
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.workstation.insight.conftest import START, measured
from workstation.cli.moments import moment_or_ago
from workstation.errors import CallIsWrong
from workstation.line.samples import FILE
from workstation.quality import alarms
from workstation.station import Station

Call = Any
HOURS = 3600 * 10**9


def at(offset: int) -> str:
    """A time as typed, seconds after the first reading."""
    return datetime.fromtimestamp(START / 1e9 + offset, UTC).isoformat()


@pytest.fixture(scope="session")
def measured_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("cli-room") / "home"
    measured(home)
    return home


@pytest.fixture
def sensors(call: Call, measured_home: Path) -> Call:
    return lambda *words: call("sensors", *words, "--home", measured_home)


def test_the_list_says_how_each_channel_stands(sensors: Call) -> None:
    told = sensors("list", "--json").json
    assert told["line_running"] is False
    temperature, humidity = told["channels"]
    assert (temperature["channel"], temperature["gauge"]) == ("temperature", "climate, temperature")
    assert (temperature["unit"], temperature["quality"]) == ("°C", "good")
    assert temperature["state"] == "not watched: the line does not run"
    assert humidity["observed_at"] == at(7190).replace("+00:00", ".000+00:00")
    assert humidity["last_minute"]["count"] == 6
    shown = sensors("list")
    assert shown.code == 0 and "temperature" in shown.out and f"{humidity['value']} %RH" in shown.out


def test_raw_readings_minutes_and_hours_are_told(sensors: Call) -> None:
    span = ("--from", at(0), "--to", at(7200))
    raw = sensors("history", "humidity", *span, "--limit", "3", "--json").json
    assert (raw["resolution"], raw["count"], len(raw["rows"])) == ("raw", 720, 3)
    assert raw["rows"][-1]["observed_at"] == at(7190).replace("+00:00", ".000+00:00")
    minutes = sensors("history", "2", *span, "--resolution", "minute", "--json").json
    assert (minutes["count"], len(minutes["rows"])) == (120, 100)
    assert {row["count"] for row in minutes["rows"]} == {6}
    hours = sensors("history", "climate humidity", *span, "--resolution", "hour", "--json").json
    assert [row["count"] for row in hours["rows"]] == [360, 360]
    shown = sensors("history", "humidity", *span, "--resolution", "hour").out
    assert "mean, %RH" in shown and "(UTC)" in shown and hours["rows"][0]["mean"] in shown


def test_the_resolution_follows_the_span_and_nothing_is_said_to_be_nothing(sensors: Call) -> None:
    long = sensors("history", "temperature", "--from", at(0), "--to", at(86_400), "--json").json
    assert long["resolution"] == "minute"
    year = sensors("history", "temperature", "--from", at(-200 * 86_400), "--to", at(86_400), "--json").json
    assert year["resolution"] == "hour"
    none = sensors("history", "temperature", "--from", at(3 * 3600), "--to", at(4 * 3600))
    assert none.code == 0 and "Nothing was kept of temperature" in none.out and "Minutes are there since" in none.out


def test_a_csv_file_holds_the_whole_span(sensors: Call, tmp_path: Path) -> None:
    file = tmp_path / "raw.csv"
    told = sensors("history", "temperature", "--from", at(5 * 3600), "--to", at(5 * 3600 + 1800), "--csv", file,
                   "--limit", "1", "--json").json  # fmt: skip
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert told["count"] == len(rows) == 1800 and len(told["rows"]) == 1
    assert rows[102] == {
        "characteristic": "temperature", "observed_at": at(5 * 3600 + 102).replace("+00:00", ".000+00:00"),
        "value": "", "unit": "°C", "quality": "bad",
    }  # fmt: skip
    assert rows[0]["value"] and rows[0]["quality"] == "good"
    minutes = tmp_path / "minutes.csv"
    sensors("history", "temperature", "--from", at(0), "--to", at(7200), "--resolution", "minute", "--csv", minutes)
    slots = list(csv.DictReader(minutes.read_text(encoding="utf-8").splitlines()))
    assert len(slots) == 120 and slots[0]["seconds"] == "60" and slots[0]["count"] == "6"
    assert len(slots[0]["mean"].partition(".")[2]) == 5


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_picture_is_drawn(sensors: Call, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"history.{ending}"
    said = sensors("history", "temperature", "--from", at(5 * 3600), "--to", at(6 * 3600), "--png", file)
    assert said.code == 0 and str(file) in said.out.replace("\n", "")
    start = {"png": b"\x89PNG", "svg": b"<svg", "pdf": b"%PDF"}[ending]
    assert file.read_bytes().startswith(start) and file.stat().st_size > 2000


def test_alarms_tell_when_they_began_and_ended(sensors: Call) -> None:
    found = sensors("alarms", "temperature", "--json").json["alarms"]
    assert found and {one["watch"] for one in found} == {"above the limit"}
    assert all(one["ended_at"] and not one["open"] and one["investigation"] for one in found)
    assert sensors("alarms", "--limit", "1", "--json").json["alarms"] == found[:1]
    assert all(one["seen_until"] is None and one["seen"] for one in found)
    assert "is back within limits" in " ".join(sensors("alarms").out.split())
    assert sensors("alarms", "humidity").out == "No watch has seen anything wrong.\n"


def test_an_end_that_nobody_saw_is_told_as_such(call: Call, measured_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(measured_home, home)
    began = START // 1000
    with Station.open(home) as station:
        for watch in ("stuck", "silent", "changing too fast"):
            with station.write("line") as work:
                alarms.raise_alarm(work, 1, 9, (watch,), None, began, "it was seen")
        with station.write("line") as work:
            alarms.end_alarm(work, 1, "stuck", began, alarms.End("the line was killed", seen_until=began + 9_000_000))
            alarms.end_alarm(work, 1, "silent", began, alarms.End("it was not noted"))
    listed = call("sensors", "alarms", "temperature", "--limit", "3", "--home", home, "--json").json["alarms"]
    fast, silent, stuck = listed
    assert (fast["open"], silent["open"], stuck["open"]) == (True, False, False)
    assert (stuck["seen_until"], stuck["ended_at"]) == (at(9).replace("+00:00", ".000+00:00"), None)
    assert (silent["seen_until"], silent["ended"]) == (None, "it was not noted")
    shown = " ".join(call("sensors", "alarms", "temperature", "--limit", "3", "--home", home).out.split())
    assert "line does not run" in shown and "not before" in shown and "not known" in shown
    known = call("records", "list", "alarm", "--limit", "3", "--home", home, "--json").json["records"]
    assert [one["ended"] for one in known] == ["the line was killed", "it was not noted", None]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("history", "pressure"), 2, "no continuous channel 'pressure'"),
        (("alarms", "pressure"), 2, "no continuous channel 'pressure'"),
        (("history", "temperature", "--resolution", "day"), 2, "no resolution 'day'"),
        (("history", "temperature", "--from", "yesterday"), 2, "--from 'yesterday' is no day or time"),
        (("history", "temperature", "--from", "1h", "--to", "2h"), 2, "is not before --to 2h"),
        (("history", "temperature", "--png", "picture.gif"), 2, "cannot be written as picture.gif"),
        (("history", "temperature", "--csv", "no/such/folder/x.csv"), 3, "cannot be written"),
        (("history", "temperature", "--from", "9999-12-31", "--to", "1969-01-01"), 2, "is not before"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence(sensors: Call, words: tuple[str, ...], code: int, said: str) -> None:
    answer = sensors(*words)
    assert answer.code == code and len(answer.err.splitlines()) == 2
    assert said in answer.err


@pytest.mark.parametrize("resolution", ["raw", "minute", "hour"])
def test_all_of_time_is_a_span(sensors: Call, tmp_path: Path, resolution: str) -> None:
    everything = ("--from", "0900-01-01", "--to", "9999-12-31", "--resolution", resolution)
    said = sensors("history", "temperature", *everything, "--png", tmp_path / "all.svg", "--json")
    assert said.code == 0 and said.json["count"] > 2
    assert sensors("history", "temperature", "--from", "9999999d", "--json").code == 0


def test_a_damaged_buffer_is_one_sentence(call: Call, tmp_path: Path) -> None:
    home = tmp_path / "room"
    measured(home)
    (home / FILE).write_bytes(b"no database " * 1000)
    answer = call("sensors", "history", "temperature", "--home", home)
    assert answer.code == 3 and "cannot be read" in answer.err and len(answer.err.splitlines()) == 2


def test_a_station_without_such_channels_says_so(call: Call, home: Path, plan_file: Path) -> None:
    assert call("import", "plan", plan_file, "--home", home, "--account", "anna").code == 0
    assert "No channel is read all day" in call("sensors", "list", "--home", home).out
    assert call("sensors", "list", "--home", home, "--json").json["channels"] == []
    assert "No watch" in call("sensors", "alarms", "--home", home).out
    assert not (home / FILE).exists()


@pytest.mark.parametrize(("text", "before"), [("30m", 1800), ("8h", 28_800), ("7d", 604_800), (" 5s ", 5)])
def test_so_long_ago_is_a_time(text: str, before: int) -> None:
    assert moment_or_ago(text, "--from", 10**15) == 10**15 - before * 10**6


@pytest.mark.parametrize("text", ["h", "1w", "-1h", "1.5h", "1h30m", "12345678d", ""])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(CallIsWrong, match="--from"):
        moment_or_ago(text, "--from", 0)
