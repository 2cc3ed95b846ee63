"""Looking at a port through the real line process: live bytes, counts, pre-request; nothing for who does not ask."""

from __future__ import annotations

import os
import select
from pathlib import Path
from typing import Any

import pytest

from workstation.catalog.plan_file import load_plan_file
from workstation.catalog.plans import approve_plan, import_plan
from workstation.line import protocol
from workstation.station import Station

Gauge = Line = Any

MULTIPLEXER = """
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
[[characteristic]]
name = "height"
unit = "mm"
decimals = 3
[[gauge]]
name = "caliper"
profile = "bench.box"
port = "{port}"
unit = "mm"
[[gauge.channel]]
name = "1"
characteristic = "diameter"
[[gauge.channel]]
name = "2"
characteristic = "height"
"""

SHIPPED = Path(__file__).resolve().parents[2] / "resources" / "profiles" / "mux-mw.toml"
FOOT_SWITCH = b"FS\r\n"


def write_box(home: Path) -> None:
    """A profile of this station: a shipped box whose foot switch carries no value, as some do."""
    event = '[[record]]\nname = "foot switch"\nkind = "event"\nmatch = "FS"\nreason = "foot switch pressed"\n'
    event += 'trigger = "foot switch"\n\n[[record]]\nname = "time-out"'
    text = SHIPPED.read_text(encoding="utf-8").replace('id = "mux.mw"', 'id = "bench.box"')
    (home / "profiles").mkdir(parents=True)
    (home / "profiles" / "bench-box.toml").write_text(
        text.replace('[[record]]\nname = "time-out"', event, 1), encoding="utf-8"
    )


def pieces(line: Line, kind: str) -> list[protocol.Piece]:
    return [piece for traffic in line.all(protocol.Traffic) for piece in traffic.pieces if piece.kind == kind]


def test_traffic_comes_only_to_who_looks(line: Line, gauge: Gauge) -> None:
    line.listening(gauge)
    assert not line.all(protocol.Traffic)
    assert not line.answer(line.window.subscribe("caliper")).sentence
    gauge.value("74.010")
    line.wait(lambda: bool(pieces(line, "reading")), "the decoded reading")
    heard = pieces(line, "in")
    assert b"".join(piece.data for piece in heard) == b"01A+0074.010\r"
    assert heard[0].wall > 10**18 and heard[0].monotonic > 0
    shown = pieces(line, "reading")[0]
    assert shown.note == "74.010 (no unit sent), channel 1, button"
    assert shown.data == b"01A+0074.010\r"
    gauge.value("99.000")
    line.wait(lambda: bool(pieces(line, "refused")), "the refused reading")
    assert "not plausible" in pieces(line, "refused")[0].note
    gauge.send(b"garbage\r")
    line.wait(lambda: bool(pieces(line, "discarded")), "the discarded record")
    assert "not a record" in pieces(line, "discarded")[0].note

    assert not line.answer(line.window.unsubscribe("caliper")).sentence
    line.drain()
    before = len(line.all(protocol.Traffic))
    gauge.value("74.011")
    line.wait(lambda: line.stored()[-1] == "74.011", "the value on disk")
    assert len(line.all(protocol.Traffic)) == before


def test_a_strange_port_is_refused_in_a_sentence(line: Line) -> None:
    assert "no gauge 'nowhere'" in line.answer(line.window.subscribe("nowhere")).sentence


def test_the_counts_of_every_gauge(line: Line, gauge: Gauge) -> None:
    line.listening(gauge)
    assert not line.answer(line.window.subscribe("")).sentence
    gauge.value("74.010")
    gauge.send(b"garbage\r")

    def told() -> bool:
        newest = line.all(protocol.Instruments)
        return bool(newest) and newest[-1].items[0].kept == 1 and newest[-1].items[0].discarded >= 1

    line.wait(told, "the counts")
    one = line.all(protocol.Instruments)[-1].items[0]
    assert (one.name, one.source, one.profile) == ("caliper", "caliper", "Mitutoyo 13-character record")
    assert one.refused >= 1, "the error record that shows that the line listens"
    assert (one.last_value, one.last_unit) == ("74.010", "mm")
    assert one.last_at > 10**15


class TestMultiplexer:
    """Two gauges on one box with a foot switch."""

    @pytest.fixture
    def home(self, tmp_path: Path, gauge: Gauge) -> Path:
        made = tmp_path / "boxed"
        write_box(made)
        file = tmp_path / "plan.toml"
        file.write_text(MULTIPLEXER.format(port=gauge.path), encoding="utf-8")
        with Station.open(made, name="bench 1") as station:
            with station.write("engineer") as work:
                draft = import_plan(work, load_plan_file(file))
            with station.write("supervisor") as work:
                approve_plan(work, draft.id)
        return made

    def test_the_foot_switch_reads_what_the_screen_shows(self, line: Line, gauge: Gauge) -> None:
        line.ready()
        assert not line.answer(line.window.refresh()).sentence
        assert line.all(protocol.Snapshot)[-1].ports[0].channels == ("1", "2", "3", "4")
        assert not line.answer(line.window.prefer(2)).sentence
        assert not line.answer(line.window.subscribe("caliper")).sentence

        def asked() -> bool:
            gauge.send(FOOT_SWITCH)
            return bool(select.select([gauge._master], [], [], 0.2)[0])

        line.wait(asked, "the request for the chosen gauge")
        assert b"2" in os.read(gauge._master, 64)
        line.wait(lambda: bool(line.all(protocol.Signalled)), "the foot switch, told to the window")
        signal = line.all(protocol.Signalled)[0]
        assert (signal.source, signal.trigger) == ("caliper", "foot switch")
        line.wait(lambda: bool(pieces(line, "signal")), "the foot switch in the terminal")
        assert not line.answer(line.window.prefer(99)).sentence, "no gauge to prefer is no mistake"
