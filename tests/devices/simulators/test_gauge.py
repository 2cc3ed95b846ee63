"""Simulated instruments play the same from the same seed, answer what they are asked, and misbehave as told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from devices import Profile
from devices.errors import PortError, ProfileError
from devices.simulators.faults import ALWAYS, HELP, Fault
from devices.simulators.gauge import GaugeSimulator, parse_fault, wander
from devices.simulators.serve import Playing, build_endpoint, stop

Until = Callable[..., Any]


def played(simulator: GaugeSimulator, number: int) -> bytes:
    return b"".join(data for _ in range(number) for _, data in simulator.press())


def values(number: int) -> list[Decimal]:
    return [Decimal(one).scaleb(-3) for one in range(number)]


def test_the_same_seed_plays_the_same(mitutoyo: Profile) -> None:
    faults = dict.fromkeys((Fault.SPLIT, Fault.GARBAGE, Fault.PREFIX, Fault.GLUE), 0.2)
    first, again, other = (
        played(GaugeSimulator(mitutoyo, values(99), seed=seed, faults=faults), 99) for seed in (4, 4, 5)
    )
    assert first == again != other


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_is_explained_and_parsed(fault: Fault) -> None:
    assert HELP[fault]
    assert parse_fault(fault.value) == (fault, 1.0 if fault in ALWAYS else 0.1)
    assert parse_fault(f"{fault.value}:0.25") == (fault, 0.25)


@pytest.mark.parametrize("text", ["explode", "late:much", "late:2", "late:-1", ""])
def test_what_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(ProfileError):
        parse_fault(text)


def test_faults_that_the_profile_has_no_text_for_are_refused(profile_of: Callable[[str], Profile]) -> None:
    with pytest.raises(ProfileError, match="no text for the fault 'overload'"):
        GaugeSimulator(profile_of("mitutoyo.id-h"), values(1), faults={Fault.OVERLOAD: 1.0})
    with pytest.raises(ProfileError, match="no unit that could change"):
        GaugeSimulator(profile_of("tesa.tt"), values(1), faults={Fault.UNIT: 1.0})


def test_what_each_fault_does_to_a_record(profile_of: Callable[[str], Profile]) -> None:
    profile = profile_of("mettler.mt-sics")
    good = b"S S       0.12 g\r\n"

    def wire(fault: Fault) -> bytes:
        simulator = GaugeSimulator(profile, [Decimal("0.12")], seed=1, faults={fault: 1.0})
        return played(simulator, 1) + b"".join(data for _, data in simulator.rest())

    assert wire(Fault.SPLIT) == wire(Fault.GLUE) == good
    assert wire(Fault.BUTTON) == good * 2
    assert wire(Fault.DROPOUT) == wire(Fault.MENU) == b""
    assert wire(Fault.PREFIX)[1:] == good
    assert good.startswith(wire(Fault.TRUNCATE))
    assert wire(Fault.PARITY).count(b"\0") == 1
    assert wire(Fault.ERROR) == b"S I\r\n"
    assert wire(Fault.OVERLOAD) == b"S +\r\n"
    assert wire(Fault.UNIT) == b"S S       0.12 oz\r\n"
    assert wire(Fault.IDENT).endswith(good)
    assert wire(Fault.NOISE) != good
    assert wire(Fault.DRIFT) == good  # half a thousandth at first


def test_values_run_out(mitutoyo: Profile) -> None:
    simulator = GaugeSimulator(mitutoyo, values(2))
    assert played(simulator, 5).count(b"\r") == 2
    assert simulator.finished
    assert simulator.counts["records"] == simulator.counts["usable"] == 2


def test_wandering_values_keep_their_decimals_and_centre() -> None:
    some = list(islice(wander(Decimal("74.000"), Decimal("0.010"), 3, 1), 2000))
    assert {one.as_tuple().exponent for one in some} == {-3}
    assert abs(sum(some) / 2000 - 74) < Decimal("0.001")
    assert some == list(islice(wander(Decimal("74.000"), Decimal("0.010"), 3, 1), 2000))


def test_a_modbus_profile_is_no_gauge(profile_path: Callable[[str], Path]) -> None:
    from devices import load_profile

    with pytest.raises(ProfileError, match="nothing about simulating"):
        GaugeSimulator(load_profile(profile_path("modbus.sht20")), values(1))


def test_endpoints() -> None:
    for text in ("udp://a:1", "replay:x", "COM1"):
        with pytest.raises(PortError, match="cannot be played"):
            build_endpoint(text)


async def test_a_path_that_is_taken_is_not_overwritten(mitutoyo: Profile, tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("precious")
    play = Playing(GaugeSimulator(mitutoyo, values(1)), build_endpoint(f"pty:{taken}"))
    with pytest.raises(PortError, match="in the way"):
        await play.open()
    await play.close()
    assert taken.read_text() == "precious"


async def test_a_link_to_the_pseudo_terminal_follows_and_goes(mitutoyo: Profile, tmp_path: Path) -> None:
    link = tmp_path / "gauge"
    for _ in range(2):
        play = Playing(GaugeSimulator(mitutoyo, values(1)), build_endpoint(f"pty:{link}"))
        name = await play.open()
        assert str(link.readlink()) == name
        await play.close()
        assert not link.is_symlink()


async def test_a_port_in_use_is_a_sentence(mitutoyo: Profile) -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)  # noqa: ARG005
    port = server.sockets[0].getsockname()[1]
    play = Playing(GaugeSimulator(mitutoyo, values(1)), build_endpoint(f"tcp://127.0.0.1:{port}"))
    with pytest.raises(PortError, match="Choose a free port"):
        await play.open()
    server.close()


async def test_playing_ends_when_its_values_have_been_taken(mitutoyo: Profile, until: Until) -> None:
    play = Playing(GaugeSimulator(mitutoyo, values(3)), build_endpoint("tcp://127.0.0.1:0"), rate=500)
    name = await play.open()
    task = asyncio.ensure_future(play.run(linger=0.1))
    reader, writer = await asyncio.open_connection("127.0.0.1", int(name.rpartition(":")[2]))
    assert await reader.readuntil(b"0.002\r") == b"01A+0000.000\r01A+0000.001\r01A+0000.002\r"
    await until(task.done)
    writer.close()
    await stop(task, play)
