"""Every shipped register profile reads its own simulator, whole and exact, and survives any bytes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices import load_profile
from devices.errors import DeviceError, ProfileError
from devices.modbus.address import Framing
from devices.modbus.exchange import Exchange
from devices.modbus.frames import AsciiFraming, RtuFraming
from devices.modbus.registers import Kind, RegisterMap
from devices.modbus.schedule import Member
from devices.modbus.serial import SerialExchange
from devices.modbus.session import Session
from devices.modbus.tcp import TcpExchange
from devices.reading import Discarded, LinkState, Quality, Reading, Scan
from devices.simulators.bus import RegisterBus
from devices.simulators.modbus import make_device
from resources import ROOT

PATHS = sorted((ROOT / "profiles").glob("modbus-*.toml"))
SECOND = 1_000_000_000
UTC = 1_700_000_000 * SECOND
HEAD = """
[profile]
id = "test.one"
version = 1
title = "One"
maker = "one"
family = "one"
source = "one"
certainty = "code"
[[test]]
name = "none"
hex = "00"
expect = []
"""


def registers(path: Path) -> RegisterMap:
    found = load_profile(path).registers
    assert found is not None
    return found


def exchange(framing: Framing) -> Exchange:
    if framing is Framing.TCP:
        return TcpExchange()
    return SerialExchange(RtuFraming() if framing is Framing.RTU else AsciiFraming())


def test_there_are_maps_of_eight_makers() -> None:
    assert len({load_profile(path).maker for path in PATHS}) >= 8
    assert len(PATHS) >= 12


@pytest.mark.parametrize("framing", list(Framing))
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_point_of_its_simulator_is_read(path: Path, framing: Framing) -> None:
    register_map = registers(path)
    device = make_device(register_map, register_map.unit, seed=3, clock=lambda: 0.0)
    bus = RegisterBus([device], framing, register_map.timing)
    events: list[Reading | LinkState | Discarded | Scan] = []
    outbox: list[bytes] = []
    session = Session(
        [Member("it", register_map.unit, register_map)],
        exchange(framing),
        port="none",
        write=lambda frame, *_: outbox.append(frame),
        sink=events.append,
        settle=lambda *_: None,
    )
    now = 10 * SECOND
    session.connected(now, UTC)
    while now < 20 * SECOND:
        while outbox:
            for _, data in bus.heard(outbox.pop(0)):
                now += 1_000_000
                session.receive(data, now, UTC)
        now = max(now + 1, session.wake_at(now))
        session.advance(now, UTC)
    readings = {event.channel: event for event in events if isinstance(event, Reading)}
    texts = {event.channel for event in events if isinstance(event, Scan)}
    assert not any(isinstance(event, Discarded) for event in events)
    assert set(readings) | texts == {point.name for point in register_map.points}
    for point in register_map.points:
        if point.kind is Kind.TEXT:
            continue
        reading = readings[point.name]
        assert reading.quality is Quality.GOOD, (point.name, reading.reason)
        assert reading.value is not None
        spread = 8 * point.simulated.noise + abs(point.scale)
        assert abs(reading.value - point.simulated.base) <= max(spread, Decimal("0.001"))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pieces=st.lists(st.binary(min_size=1, max_size=300), max_size=12),
    framing=st.sampled_from(list(Framing)),
    number=st.integers(0, len(PATHS) - 1),
)
def test_any_bytes_whatever_are_survived(pieces: list[bytes], framing: Framing, number: int) -> None:
    register_map = registers(PATHS[number])
    events: list[object] = []
    session = Session(
        [Member("it", register_map.unit, register_map)],
        exchange(framing),
        port="none",
        write=lambda *_: None,
        sink=events.append,
        settle=lambda *_: None,
    )
    now = 10 * SECOND
    session.connected(now, UTC)
    for piece in pieces:
        now = max(now + 1_000_000, min(session.wake_at(now), now + 50_000_000))
        if session.advance(now, UTC) or session.receive(piece, now, UTC):
            session.disconnected("no Modbus", now, UTC)
            session.connected(now, UTC)
    assert not any(isinstance(event, Reading) and event.quality is Quality.GOOD for event in events)
    heard = sum(len(event.raw) for event in events if isinstance(event, Discarded))
    assert heard <= sum(map(len, pieces))


REFUSED = [
    ('[modbus]\nunit = 300\n[[point]]\nname = "a"\nat = 1', "'unit' must be between 0 and 255"),
    ('[modbus]\n[[point]]\nname = "a"\nat = 70000', "'at' must be between 0 and 65535"),
    ('[modbus]\n[[point]]\nname = "a"\nat = 1\nscale = 0.1', "'scale' must be a decimal number written as a text"),
    ('[modbus]\n[[point]]\nname = "a"\nat = 1\nscale = "0"', "'scale' must not be 0"),
    ('[modbus]\n[[point]]\nname = "a"\nat = 1\ntype = "f16"', "'type' must be one of"),
    ('[modbus]\n[[point]]\nname = "a"\nat = 1\ngroup = "fast"', "the group 'fast' is not declared"),
    ('[modbus]\n[[point]]\nname = "a"\nat = 1\n[[point]]\nname = "a"\nat = 2', "is there twice"),
    (
        '[modbus]\n[[group]]\nname = "g"\ninterval_ms = 10\n[[point]]\nname = "a"\nat = 1',
        "'interval_ms' must be between 50",
    ),
    ('[modbus]\nforbidden = ["0x30-0x20"]\n[[point]]\nname = "a"\nat = 1', "rises, not"),
    ('[modbus]\nforbidden = ["5-9"]\n[[point]]\nname = "a"\nat = 4\ntype = "u32"', "lies in the forbidden range"),
    ('[modbus]\nmax_regs = 2\n[[point]]\nname = "a"\nat = 4\ntype = "u64"', "'max_regs' allows fewer"),
    (
        '[modbus]\ntable = "input"\n[[point]]\nname = "a"\nat = 1\nwrite = { minimum = "0", maximum = "1" }',
        "cannot be written",
    ),
    ('[modbus]\n[[point]]\nname = "a"\nat = 1\nstatus = "b"', "'b' is no point with codes"),
    ('[modbus]\n[[point]]\nname = "a"\nat = 1\nsentinels = { x = "broken" }', "has the code 'x'"),
    ('[modbus]\n[[point]]\nname = "a"\nat = 65535\ntype = "u32"', "is outside 0 to 65535"),
    ('[modbus]\n[[point]]\nname = "a"\nat = 1\ntype = "string"', "has a 'length'"),
    ('[modbus]\n[[point]]\nname = "a"\nat = 1\ntable = "coil"\ntype = "u16"', "cannot be read from the coil table"),
    ('[modbus]\n[[point]]\nname = "a"\nat = 1\nspeed = 3', "has no key 'speed'"),
    ("[modbus]\nunit = 1", "needs 1 to"),
    ('[modbus]\n[framing]\nkind = "line"\nend = "x"\nmax = 9\n[[point]]\nname = "a"\nat = 1', "not both"),
]


@pytest.mark.parametrize(("text", "expected"), REFUSED)
def test_a_wrong_profile_is_refused_with_its_line(text: str, expected: str) -> None:
    with pytest.raises(ProfileError) as refused:
        load_profile(HEAD + text)
    assert expected in str(refused.value)
    line = int(str(refused.value).partition("line ")[2].partition(":")[0])
    assert 1 <= line <= HEAD.count("\n") + text.count("\n") + 1


@settings(max_examples=200)
@given(st.sampled_from(PATHS), st.data())
def test_a_damaged_profile_is_loaded_or_refused(path: Path, data: st.DataObject) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = data.draw(
        st.sampled_from(["", "x = 1", "[[point]]", lines[at].replace('"', ""), lines[at] * 2, "at = -1"])
    )
    try:
        load_profile("\n".join(lines))
    except DeviceError as error:
        assert "line" in str(error)


def test_the_help_pages_example_is_a_profile() -> None:
    page = (ROOT / "help" / "modbus.md").read_text(encoding="utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    loaded = load_profile(HEAD + example)
    assert loaded.registers is not None
    assert loaded.registers.point("current").sentinels == {0xFFFFFFFF: "sensor is broken"}
