"""Finding out which instrument is on a port: by listening, and by safe requests that were allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from devices import Profile
from devices.errors import PortError
from devices.probe import _score, probe
from devices.profile.library import Library
from devices.simulators.gauge import GaugeSimulator
from devices.simulators.serve import Playing, build_endpoint, stop
from resources import ROOT

Until = Callable[..., Any]
LIBRARY = Library((ROOT / "profiles",))
PROFILES = [one for one in (LIBRARY.load(str(path)) for path in LIBRARY.paths()) if one.framing is not None]
SENDING = [one for one in PROFILES if one.unsolicited is not None and one.simulate is not None]


@pytest.mark.parametrize("profile", SENDING, ids=lambda profile: profile.id)
def test_what_an_instrument_sends_points_to_its_profile(profile: Profile) -> None:
    values = [Decimal(number).scaleb(-3) for number in range(12_000, 12_200, 10)]
    simulator = GaugeSimulator(profile, values)
    pieces = []
    for number in range(20):
        wire = b"".join(data for _, data in simulator.press())
        pieces.append((wire, number * 1_000_000_000, number * 1_000_000_000))
    guesses = {guess.profile.id: guess for guess in _score(PROFILES, pieces, None, asked=False)}
    best = max(guess.score for guess in guesses.values())
    assert guesses[profile.id].score >= best - 0.02
    assert guesses[profile.id].readings >= 19


async def test_listening_is_enough_when_the_instrument_sends(profile_of: Callable[[str], Profile]) -> None:
    profile = profile_of("and.standard")
    values = (Decimal(number).scaleb(-2) for number in range(1, 9999))
    play = Playing(GaugeSimulator(profile, values), build_endpoint("pty"), rate=50)
    port = await play.open()
    task = asyncio.ensure_future(play.run(stay=True))
    first, *_ = await probe(PROFILES, port, seconds=0.8)
    await stop(task, play)
    assert (first.profile.id, first.asked) == ("and.standard", False)
    assert first.sample.endswith(" g")


async def test_nothing_is_sent_without_leave(profile_of: Callable[[str], Profile]) -> None:
    said = b""
    offered: list[tuple[bytes, list[str]]] = []
    profile = profile_of("mettler.mt-sics")

    class Balance(GaugeSimulator):
        def heard(self, data: bytes) -> list[tuple[float, bytes]]:
            nonlocal said
            said += data
            return super().heard(data)

    async def refuse(data: bytes, askers: Sequence[Profile]) -> bool:
        offered.append((data, [asker.id for asker in askers]))
        return False

    async def agree(data: bytes, askers: Sequence[Profile]) -> bool:
        return "mettler.mt-sics" in [asker.id for asker in askers]

    play = Playing(
        Balance(profile, (Decimal(number) for number in range(99))), build_endpoint("tcp://127.0.0.1:0"), rate=0
    )
    port = await play.open()
    task = asyncio.ensure_future(play.run(stay=True))
    assert await probe(PROFILES, port, seconds=0.2) == []
    assert await probe(PROFILES, port, seconds=0.2, allow=refuse) == []
    assert said == b""
    guesses = await probe(PROFILES, port, seconds=0.2, allow=agree)
    await stop(task, play)
    assert "mettler.mt-sics" in [guess.profile.id for guess in guesses]
    assert all(guess.asked for guess in guesses)
    assert said == b"SI\r\n"
    assert (b"SI\r\n", ["and.standard", "kern.kcp", "mettler.mt-sics", "radwag.ps"]) in offered


def test_no_request_that_could_change_another_instrument_is_marked_safe() -> None:
    """T tares a balance, R resets a Millimar, Z zeroes: such a request may be right for one and wrong for the next."""
    for profile in PROFILES:
        if profile.request is not None and profile.request.safe:
            assert profile.request.read.strip().upper() not in {"T", "Z", "R", "C", "H", "A", "V", "D0"}, profile.id


async def test_a_port_that_is_not_there_is_refused() -> None:
    with pytest.raises(PortError, match="There is no port"):
        await probe(PROFILES, "/dev/nothing-here", seconds=0.1)


async def test_probing_ends_when_the_port_is_lost(mitutoyo: Profile) -> None:
    play = Playing(GaugeSimulator(mitutoyo, [Decimal(1)]), build_endpoint("pty"), rate=0)
    port = await play.open()
    task = asyncio.ensure_future(probe(PROFILES, port, seconds=30, line="9600 8N1"))
    await play.endpoint.reader_came()
    await play.close()
    with suppress(PortError):
        assert await asyncio.wait_for(task, 5) == []
