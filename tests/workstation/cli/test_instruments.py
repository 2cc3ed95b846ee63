"""`sinebar instruments`: listing, checking, simulating, listening, probing, and what it says about wrong calls."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from resources import ROOT

Call = Callable[..., Any]
SHIPPED = ROOT / "profiles"


@contextmanager
def simulator(*arguments: str | Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`sinebar instruments simulate ...` as a process; gives the port's name and the process."""
    command = [sys.executable, "-m", "workstation.cli", "instruments", "simulate", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        assert first["event"] == "open"
        yield first["port"], process
    finally:
        process.kill()
        process.communicate()


def test_list_names_every_profile(call: Call, tmp_path: Path) -> None:
    found = call("instruments", "list", "--home", tmp_path, "--json").json["profiles"]
    assert len(found) >= 35
    (one,) = [profile for profile in found if profile["id"] == "mitutoyo.digimatic-13"]
    assert (one["line"], one["certainty"]) == ("9600 8N1", "manual")
    assert "mettler.mt-sics" in call("instruments", "list", "--home", tmp_path).out


def test_the_stations_own_profiles_come_first(call: Call, tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    text = (SHIPPED / "wagner-force-ten.toml").read_text(encoding="utf-8").replace("version = 1", "version = 5")
    (tmp_path / "profiles" / "wagner-force-ten.toml").write_text(text, encoding="utf-8")
    found = call("instruments", "list", "--home", tmp_path, "--json").json["profiles"]
    assert [one["version"] for one in found if one["id"] == "wagner.force-ten"] == [5]


def test_check_runs_the_tests_of_a_profile(call: Call, tmp_path: Path) -> None:
    good = call("instruments", "check", "mux.mw", "mettler.mt-sics", "modbus.sht20", "--home", tmp_path)
    assert good.code == 0
    assert "mux.mw: 5 of 5 tests passed" in good.out
    text = (SHIPPED / "mux-mw.toml").read_text(encoding="utf-8")
    failing, broken = tmp_path / "failing.toml", tmp_path / "broken.toml"
    failing.write_text(text.replace('value = "3.4665"', 'value = "3.4666"'), encoding="utf-8")
    broken.write_text(text.replace("max = 48", "max = 0"), encoding="utf-8")
    result = call("instruments", "check", failing, broken, "mux.mw", "--home", tmp_path, "--json")
    assert result.code == 1
    first, second, third = result.json["profiles"]
    assert "the value 3.4666 was expected, not 3.4665" in first["tests"][0]["failure"]
    assert "broken.toml, line" in second["error"]
    assert not third["error"]


def test_a_profile_with_a_typing_error_hides_no_other(call: Call, tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    text = (SHIPPED / "wagner-force-ten.toml").read_text(encoding="utf-8").replace("certainty", "certanty")
    own = tmp_path / "profiles" / "wagner-force-ten.toml"
    own.write_text(text, encoding="utf-8")
    told = call("instruments", "list", "--home", tmp_path, "--json").json
    assert len(told["profiles"]) == len(list(SHIPPED.glob("*.toml"))) - 1
    (refused,) = told["refused"]
    assert str(own) in refused and "'certanty'" in refused and ", line " in refused
    probed = call("instruments", "probe", tmp_path / "absent", "--seconds", "0.1", "--home", tmp_path)
    assert "'certanty'" in probed.out and "There is no port" in probed.err


def test_ports_are_listed(call: Call) -> None:
    assert isinstance(call("instruments", "ports", "--json").json["ports"], list)
    assert call("instruments", "ports").code == 0


def test_a_simulator_is_listened_to(call: Call, tmp_path: Path) -> None:
    values = tmp_path / "values.csv"
    values.write_text("sample,diameter\n1,74.030\n1,74.0020\n2,73.99\n", encoding="utf-8")
    options = ("--values", values, "--column", "diameter", "--rate", "50", "--home", tmp_path)
    with simulator("mitutoyo.digimatic-13", f"pty:{tmp_path / 'gauge'}", *options) as (port, process):
        assert port.startswith("/dev/")
        heard = call(
            "instruments", "listen", "mitutoyo.digimatic-13", tmp_path / "gauge", "--count", "3", "--seconds", "20",
            "--record", tmp_path / "raw", "--home", tmp_path,
        )  # fmt: skip
        assert process.stdout is not None
        end = json.loads(process.stdout.readline())
        assert process.wait(10) == 0
    assert heard.code == 0
    lines = [json.loads(line) for line in heard.out.splitlines()]
    readings = [line for line in lines if line["event"] == "reading"]
    assert [one["value"] for one in readings] == ["74.030", "74.002", "73.990"]
    assert readings[0]["raw"] == "01A+0074.030\r"
    assert bytes.fromhex(readings[0]["hex"]) == b"01A+0074.030\r"
    assert (end["event"], end["records"], end["usable"]) == ("end", 3, 3)

    (recording,) = (tmp_path / "raw").glob("*/*.raw")
    again = call("instruments", "listen", "mitutoyo.digimatic-13", f"replay:{recording}?speed=max", "--home", tmp_path)
    assert again.code == 0
    replayed = [json.loads(line) for line in again.out.splitlines()]
    assert [one for one in replayed if one["event"] == "reading"] == readings


def test_listening_in_vain_exits_with_1(call: Call, tmp_path: Path) -> None:
    with simulator("mitutoyo.digimatic-13", "pty", "--rate", "0", "--home", tmp_path) as (port, _):
        result = call("instruments", "listen", "mitutoyo.digimatic-13", port, "--seconds", "0.3", "--home", tmp_path)
    assert result.code == 1


def test_an_instrument_is_asked(call: Call, tmp_path: Path) -> None:
    options = ("--rate", "0", "--nominal", "5.00", "--spread", "0", "--home", tmp_path)
    with simulator("mettler.mt-sics", "tcp://127.0.0.1:0", *options) as (port, _):
        result = call(
            "instruments", "listen", "mettler.mt-sics", port, "--request", "1", "--every", "0.05", "--count", "2",
            "--seconds", "20", "--home", tmp_path,
        )  # fmt: skip
    readings = [one for one in map(json.loads, result.out.splitlines()) if one["event"] == "reading"]
    assert [(one["value"], one["unit"], one["trigger"]) for one in readings] == [("5.00", "g", "poll")] * 2


def test_a_register_instrument_is_played_too(call: Call, tmp_path: Path) -> None:
    with simulator("modbus.sht20", "tcp://127.0.0.1:0", "--seed", "1", "--home", tmp_path) as (port, _):
        result = call(
            "instruments", "listen", "modbus.sht20", port, "--count", "2", "--seconds", "20", "--home", tmp_path
        )
    readings = [one for one in map(json.loads, result.out.splitlines()) if one["event"] == "reading"]
    assert {one["channel"] for one in readings} == {"temperature", "humidity"}


def test_a_simulator_ends_when_told(tmp_path: Path) -> None:
    with simulator("mitutoyo.digimatic-13", "pty", "--home", tmp_path) as (_, process):
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        assert process.returncode == 0
    assert json.loads(out)["event"] == "end"
    assert err == ""


def test_probe_recognises_what_sends(call: Call, tmp_path: Path) -> None:
    with simulator("and.standard", "tcp://127.0.0.1:0", "--rate", "20", "--home", tmp_path) as (port, _):
        result = call("instruments", "probe", port, "--seconds", "1.2", "--home", tmp_path, "--json")
    assert result.code == 0
    assert result.json["guesses"][0]["id"] == "and.standard"


def test_probe_asks_before_it_sends(call: Call, tmp_path: Path) -> None:
    with simulator("mettler.mt-sics", "tcp://127.0.0.1:0", "--rate", "0", "--home", tmp_path) as (port, _):
        silent = call("instruments", "probe", port, "--seconds", "0.2", "--home", tmp_path)
        refused = call("instruments", "probe", port, "--seconds", "0.2", "--send", "--home", tmp_path, stdin="n\n" * 99)
        agreed = call("instruments", "probe", port, "--seconds", "0.2", "--send", "--yes", "--home", tmp_path)
    assert silent.code == refused.code == 1
    assert "Nothing was recognised" in silent.out
    assert "safe for" in refused.err
    assert agreed.code == 0
    assert "mettler.mt-sics" in agreed.out


def test_probe_reads_registers_after_asking_and_says_what_it_sends(call: Call, tmp_path: Path) -> None:
    with simulator("modbus.sht20", "tcp://127.0.0.1:0", "--seed", "1", "--home", tmp_path) as (port, _):
        silent = call("instruments", "probe", port, "--seconds", "0.1", "--home", tmp_path)
        refused = call("instruments", "probe", port, "--send", "--home", tmp_path, stdin="n\n")
        nobody = call("instruments", "probe", port, "--send", "--home", tmp_path)
        agreed = call("instruments", "probe", port, "--send", "--yes", "--json", "--home", tmp_path)
    assert (silent.code, refused.code, nobody.code) == (1, 1, 130)
    assert "nothing is written" in refused.err and "sending" not in refused.err + nobody.err
    first = agreed.json["guesses"][0]
    assert (first["id"], first["unit"], first["asked"]) == ("modbus.sht20", 1, True)
    assert first["sample"].startswith("temperature 21.")


WRONG = [
    (("listen", "nothing.here", "/dev/null"), 3, "no profile 'nothing.here'"),
    (("listen", "mux.mw", "tcp://host"), 3, "is no port"),
    (("listen", "radwag.ps", "/dev/ttyUSB77", "--seconds", "1"), 3, "?line=9600-8N1"),
    (("listen", "radwag.ps", "/dev/ttyUSB77", "--line", "quick"), 3, "no line settings"),
    (("simulate", "mux.mw", "udp://a:1"), 3, "cannot be played"),
    (("simulate", "mux.mw", "pty", "--fault", "explode"), 3, "is no fault"),
    (("simulate", "mux.mw", "pty", "--fault", "late:9"), 3, "between 0 and 1"),
    (("simulate", "mux.mw", "pty", "--values", "none.csv"), 3, "cannot be read"),
    (("simulate", "mux.mw", "pty", "--nominal", "ten"), 2, "must be decimal numbers"),
    (("simulate", "mux.mw", "pty", "--rate", "-1"), 2, "--rate"),
    (("probe", "http://x:1"), 3, "is no port"),
    (("probe", "wedge:"), 3, "Only the window hears a keyboard"),
    (("listen", "mux.mw", "wedge:"), 2, "Only the window hears a keyboard"),
    (("listen", "mitutoyo.digimatic-13", "tcp://127.0.0.1:1", "--request", "1"), 2, "cannot be asked"),
    (("probe", "/dev/nothing-here", "--line", "9600 8N1"), 3, "There is no port"),
    (("simulate",), 2, "PROFILE"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), WRONG, ids=lambda value: str(value)[:40])
def test_wrong_calls_get_one_sentence(
    call: Call, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    result = call("instruments", *arguments, "--home", tmp_path)
    assert result.code == code
    assert words in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "has no column 'diameter'."),
        ("diameter\n1.5\nx\n", "line 3: 'x' in column 'diameter' is no number"),
        ("diameter\nNaN\n", "line 2: 'NaN'"),
        ("diameter\n", "has column names and no values"),
        ("", "has no rows"),
    ],
)
def test_wrong_values_name_file_and_line(call: Call, tmp_path: Path, text: str, words: str) -> None:
    values = tmp_path / "v.csv"
    values.write_text(text, encoding="utf-8")
    result = call(
        "instruments", "simulate", "mux.mw", "pty", "--values", values, "--column", "diameter", "--home", tmp_path
    )
    assert result.code == 2
    assert "v.csv" in result.err
    assert words in result.err
