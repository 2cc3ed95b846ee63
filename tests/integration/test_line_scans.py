"""A real bar code reader on a pseudo-terminal beside a gauge, and a real line: what is announced survives kill -9."""

from __future__ import annotations

import csv
import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Gauge, Line, lay_down, wait_until
from workstation.catalog.identifications import identifications, identified
from workstation.line import protocol
from workstation.station import Station

PLAN = """
format = 1
[plan]
name = "ring"
revision = 1
[part]
number = "R-74"
name = "Piston ring"
[scan]
lot = 'L[0-9]+'
serial_number = 'SN[-0-9]+'
[[characteristic]]
name = "diameter"
unit = "mm"
decimals = 3
lower_specification = "73.950"
upper_specification = "74.050"
chart = "i_mr"
baseline_subgroups = 3
[[gauge]]
name = "caliper"
profile = "mitutoyo.digimatic-13"
port = "{port}"
unit = "mm"
[[gauge.channel]]
name = "1"
characteristic = "diameter"
[[gauge]]
name = "reader"
profile = "barcode.serial"
port = "{reader}"
"""
Run = Callable[..., Any]


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Gauge]:
    made = Gauge(tmp_path / "reader")
    yield made
    made.close()


@pytest.fixture
def bench(tmp_path: Path, gauge: Gauge, reader: Gauge) -> Iterator[Line]:
    """A line that reads a caliper and a bar code reader."""
    home = tmp_path / "home"
    lay_down(home, gauge.path, PLAN.replace("{reader}", str(reader.path)))
    line = Line(home)
    try:
        line.start()
        line.ready("reader")
        line.listening(gauge)
        yield line
    finally:
        line.close()


def scan(line: Line, reader: Gauge, text: str) -> protocol.Scanned:
    """Have the reader read a code, and wait until the line announces it."""
    before = len(line.all(protocol.Scanned))
    reader.send(f"]C0{text}\r\n".encode())
    line.wait(lambda: len(line.all(protocol.Scanned)) > before, f"{text} is announced")
    found: protocol.Scanned = line.all(protocol.Scanned)[before]
    return found


def measure(line: Line, gauge: Gauge, text: str) -> None:
    before = len(line.all(protocol.Kept))
    gauge.value(text)
    line.wait(lambda: len(line.all(protocol.Kept)) > before, f"{text} is kept")


def belongs(home: Path) -> list[tuple[str, str, str]]:
    """Every kept value with its serial number and lot, read by a process that is not the line."""
    with Station.open(home, create=False) as station, station.read() as reader:
        held = identified(reader, 1)
        named = [(one.value, held.of(one.subgroup, one.position)) for one in reader.measurements(1)]
        return [(str(value), one.serial_number, one.lot) for value, one in named]


def test_pieces_and_lots_are_kept_and_told_everywhere(
    bench: Line, gauge: Gauge, reader: Gauge, sinebar: Run, tmp_path: Path
) -> None:
    assert scan(bench, reader, "L7").kind == "lot"
    said = scan(bench, reader, "SN-1")
    assert (said.kind, said.source, said.starts, said.reason) == ("serial number", "reader", ((1, 1, 1),), "")
    measure(bench, gauge, "74.001")
    measure(bench, gauge, "74.002")
    scan(bench, reader, "SN-2")
    measure(bench, gauge, "74.061")
    assert "fits neither" in scan(bench, reader, "HELLO").reason
    assert belongs(bench.home) == [("74.001", "SN-1", "L7"), ("74.002", "", "L7"), ("74.061", "SN-2", "L7")]

    home = ("--home", str(bench.home), "--json")
    told = json.loads(sinebar("trace", "SN-2", *home).stdout)
    assert [(one["value"], one["in_tolerance"]) for one in told["readings"]] == [("74.061", False)]
    assert [one["kind"] for one in told["records"]] == ["nonconformance"]
    assert [one["subgroup"] for one in told["subgroups"]] == [3]
    lot = json.loads(sinebar("trace", "L7", *home).stdout)
    assert [one["value"] for one in lot["readings"]] == ["74.001", "74.002", "74.061"]
    shown = sinebar("trace", "SN-2", "--home", str(bench.home)).stdout
    assert "74.061 mm" in shown and "OUT" in shown and told["records"][0]["number"] in shown
    nothing = sinebar("trace", "SN-3", "--home", str(bench.home))
    assert nothing.returncode == 1 and "Nothing was scanned as 'SN-3'" in nothing.stderr

    sinebar("export", "readings", "--out", str(tmp_path / "readings.csv"), *home)
    rows = list(csv.DictReader((tmp_path / "readings.csv").read_text().splitlines()))
    assert [(row["serial_number"], row["lot"]) for row in rows] == [("SN-1", "L7"), ("", "L7"), ("SN-2", "L7")]
    listed = json.loads(sinebar("records", "list", "identification", *home).stdout)["records"]
    assert [(one["kind"], one["text"]) for one in listed] == [
        ("lot", "L7"), ("serial number", "SN-1"), ("serial number", "SN-2"),
    ]  # fmt: skip
    record = json.loads(sinebar("records", "show", told["records"][0]["number"], *home).stdout)["record"]
    (evidence,) = json.loads(record["evidence"])["readings"]
    assert (evidence["serial_numbers"], evidence["lots"]) == (["SN-2"], ["L7"])
    assert bench.end() == 0
    assert sinebar("verify", "--home", str(bench.home)).returncode == 0


def test_what_was_announced_survives_a_kill(bench: Line, gauge: Gauge, reader: Gauge, sinebar: Run) -> None:
    measure(bench, gauge, "74.001")
    announced = []
    for number in range(12):
        announced.append(scan(bench, reader, f"SN-{number}").identification)
        if number % 4 == 3:
            os.kill(bench.pid(), signal.SIGKILL)
            bench.wait(lambda: bench.snapshot() is None, "the line is gone")
            bench.wait(lambda: bench.snapshot() is not None, "it is started again", 60)
            bench.ready("reader")
            bench.all(protocol.ReadingRefused).clear()
            bench.listening(gauge)
            measure(bench, gauge, f"74.0{number:02}")
    with Station.open(bench.home, create=False) as station, station.read() as store:
        kept = [one.uid for one in identifications(store)]
    assert [uid for uid in announced if uid not in kept] == []
    assert belongs(bench.home) == [
        ("74.001", "", ""), ("74.003", "SN-3", ""), ("74.007", "SN-7", ""), ("74.011", "SN-11", ""),
    ]  # fmt: skip
    assert bench.end() == 0
    assert sinebar("verify", "--home", str(bench.home)).returncode == 0


def test_a_typed_code_is_answered_when_it_is_kept_and_a_mis_scan_is_cleared(bench: Line, gauge: Gauge) -> None:
    assert bench.answer(bench.window.keep_scan("SN-1")).sentence == ""
    bench.wait(lambda: bool(bench.all(protocol.Scanned)), "it is announced")
    (first,) = bench.all(protocol.Scanned)
    assert first.source == "keyboard"
    for text, why in (("", "empty"), ("x" * 513, "513"), ("SN\0", "NUL"), ("nothing", "fits neither")):
        assert why in bench.answer(bench.window.keep_scan(text)).sentence, text
    snapshots = len(bench.all(protocol.Snapshot))
    assert bench.answer(bench.window.clear_scan(first.identification)).sentence == ""
    bench.wait(lambda: len(bench.all(protocol.Snapshot)) > snapshots, "every client is told to start afresh")
    measure(bench, gauge, "74.001")
    assert belongs(bench.home) == [("74.001", "", "")]
    assert "cleared" in bench.answer(bench.window.clear_scan(first.identification)).sentence
    assert "There is no identification" in bench.answer(bench.window.clear_scan("x" * 10_000)).sentence
    assert bench.answer(bench.window.keep_scan("SN-2")).sentence == ""
    measure(bench, gauge, "74.002")
    second = bench.all(protocol.Scanned)[-1].identification
    assert "Say why" in bench.answer(bench.window.clear_scan(second)).next_step
    assert bench.answer(bench.window.clear_scan(second, "wrong box")).sentence == ""
    assert [one[1] for one in belongs(bench.home)] == ["", ""]


def test_a_reader_that_sends_garbage_costs_nothing(bench: Line, gauge: Gauge, reader: Gauge) -> None:
    reader.send(bytes(range(256)) * 20 + b"\r\n")
    reader.send(b"NR\r\n")
    scan(bench, reader, "SN-1")
    measure(bench, gauge, "74.001")
    assert belongs(bench.home) == [("74.001", "SN-1", "")]
    wait_until(lambda: bench.status("reader") == "ready", "the reader is still read")
