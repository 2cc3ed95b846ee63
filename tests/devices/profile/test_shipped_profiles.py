"""Every shipped profile is named as its file, fits the schema, passes its own tests, and reads its own simulator."""

from __future__ import annotations

import json
import random
import tomllib
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices import load_profile
from devices.profile.model import Profile
from devices.profile.schema import build_schema
from devices.profile.selftest import hear, run_tests
from devices.reading import Discarded, Quality, Reading, Scan, Trigger
from devices.session import Session
from devices.simulators.faults import NEEDS_TEXT, Fault
from devices.simulators.gauge import GaugeSimulator
from resources import ROOT

PATHS = sorted((ROOT / "profiles").glob("*.toml"))
ALL = {path.stem: load_profile(path) for path in PATHS}
BYTE = {name: profile for name, profile in ALL.items() if profile.framing is not None}

ASKED = [name for name, profile in BYTE.items() if profile.request is not None and profile.request.read]
FAULTS = [
    (name, fault)
    for name, profile in BYTE.items()
    for fault in (Fault.SPLIT, Fault.GLUE, Fault.GARBAGE, Fault.TRUNCATE, Fault.PARITY, *sorted(NEEDS_TEXT))
    if fault not in NEEDS_TEXT or (profile.simulate is not None and fault.value in profile.simulate.faults)
]


def test_there_are_many() -> None:
    assert len(BYTE) >= 32
    assert len(ALL) >= 35


def test_the_published_schema_is_the_loaders() -> None:
    published = json.loads((ROOT / "profiles" / "profile.schema.json").read_text(encoding="utf-8"))
    assert published == build_schema()
    jsonschema.Draft202012Validator.check_schema(published)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_file_is_named_after_its_profile_and_fits_the_schema(path: Path) -> None:
    assert ALL[path.stem].id.replace(".", "-") == path.stem
    jsonschema.validate(tomllib.loads(path.read_text(encoding="utf-8")), build_schema())


@pytest.mark.parametrize("name", ALL)
def test_its_own_tests_pass(name: str) -> None:
    results = run_tests(ALL[name])
    assert len(results) >= 3
    assert [f"{result.name}: {result.failure}" for result in results if result.failure] == []


@pytest.mark.parametrize("name", BYTE)
def test_certainty_of_the_line_is_stated(name: str) -> None:
    profile = BYTE[name]
    assert profile.serial is not None
    if profile.serial.line is None:
        assert profile.serial.candidates, "a profile that asks tells what is often met"
    assert profile.source


def values(seed: int, count: int) -> list[Decimal]:
    source = random.Random(seed)
    return [Decimal(source.randrange(1000, 99_000)).scaleb(-3) for _ in range(count)]


def play(profile: Profile, simulator: GaugeSimulator, count: int) -> list[list[object]]:
    """What a session hears of each record of the simulator; a quiet second passes between two."""
    session = Session(profile, "gauge")
    session.opened(0, 0, 0)
    now = 1_000_000_000
    heard: list[list[object]] = []
    for _ in range(count):
        results: list[object] = []
        for _, data in simulator.press():
            results += session.received(data, now, now)
            now += 1_000_000
        now += 1_000_000_000
        results += session.tick(now)
        heard.append([one for one in results if isinstance(one, Reading | Scan)])
    return heard


@pytest.mark.parametrize("name", BYTE)
def test_what_its_simulator_sends_is_what_is_read(name: str) -> None:
    profile = BYTE[name]
    sent = values(7, 30)
    for value, heard in zip(sent, play(profile, GaugeSimulator(profile, sent, seed=1), 30), strict=True):
        if name == "mahr-millimar-c1202":
            heard = heard[:1]
        if profile.unsolicited is None:
            assert heard == []
            continue
        (one,) = heard
        if isinstance(one, Scan):
            continue
        assert isinstance(one, Reading)
        assert one.value is not None
        assert one.quality is not Quality.BAD
        if not any(record.scale for record in profile.records):
            assert abs(one.value - value) <= Decimal(5).scaleb(int(one.value.as_tuple().exponent) - 1)


@pytest.mark.parametrize("name", ASKED)
def test_what_its_simulator_answers_is_what_was_asked(name: str) -> None:
    profile = BYTE[name]
    request = profile.request
    assert request is not None
    channel = request.channels[-1]
    simulator = GaugeSimulator(profile, values(3, 5), seed=1)
    question = request.read.replace("{channel}", channel).encode("latin-1")
    for cut in range(len(question)):
        pieces = simulator.heard(question[:cut]) + simulator.heard(question[cut:])
        if not pieces:
            break
        readings = [
            one for one in hear(profile, b"".join(data for _, data in pieces), channel) if isinstance(one, Reading)
        ]
        assert readings
        assert readings[0].trigger is Trigger.REQUEST
        assert readings[0].value is not None


@pytest.mark.parametrize(("name", "fault"), FAULTS)
def test_no_fault_ever_becomes_a_value(name: str, fault: Fault) -> None:
    """A reading's value is always one that was sent; what a fault spoiled gives an error or nothing."""
    profile = BYTE[name]
    clean = GaugeSimulator(profile, values(5, 60), seed=2)
    possible = {one.value for heard in play(profile, clean, 60) for one in heard if isinstance(one, Reading)}
    simulator = GaugeSimulator(profile, values(5, 60), seed=2, faults={fault: 0.5})
    good = 0
    for heard in play(profile, simulator, 60):
        for one in heard:
            if isinstance(one, Reading) and one.value is not None:
                assert one.value in possible, one
                good += 1
    usable = simulator.counts["usable"]
    if profile.unsolicited is not None and fault in (Fault.SPLIT, Fault.GLUE) and name != "mahr-millimar-c1202":
        scans = any(record.kind == "scan" for record in profile.records)
        assert scans or good >= usable - 1  # one may still be held back


@pytest.mark.parametrize("name", BYTE)
@given(data=st.binary(max_size=120), cut=st.integers(0, 120))
@settings(max_examples=15)
def test_any_bytes_give_readings_errors_or_silence(name: str, data: bytes, cut: int) -> None:
    profile = BYTE[name]
    whole = hear(profile, data)
    session = Session(profile, "test")
    session.opened(1_000_000_000, 1_000_000_000, 0)
    parts = session.received(data[:cut], 1_000_000_000, 1_000_000_000)
    parts += session.received(data[cut:], 1_000_000_000, 1_000_000_000)
    gap = profile.framing.gap_ms if profile.framing is not None else 0
    parts += session.tick(1_000_000_000 + gap * 1_000_000)
    assert parts == whole
    for one in whole:
        if isinstance(one, Reading):
            assert (one.value is None) == (one.quality is Quality.BAD)


@pytest.mark.parametrize("name", BYTE)
@given(data=st.data())
@settings(max_examples=15)
def test_mutated_records_give_values_with_their_bytes_or_reasons(name: str, data: st.DataObject) -> None:
    profile = BYTE[name]
    test = data.draw(st.sampled_from(profile.tests))
    wire = bytearray(test.wire)
    for _ in range(data.draw(st.integers(1, 4))):
        if wire:
            wire[data.draw(st.integers(0, len(wire) - 1))] = data.draw(st.integers(0, 255))
    for one in hear(profile, bytes(wire), test.asked):
        if isinstance(one, Reading) and one.value is not None:
            assert one.value.is_finite()
            assert one.quality is not Quality.BAD
            assert one.raw in bytes(wire), "a value comes from bytes that were sent"
        elif isinstance(one, Reading | Discarded):
            assert one.reason, "what is no value says why"
