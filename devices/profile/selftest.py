"""Run the tests that a profile carries: its bytes through framing, decoding and conversation, as a link would."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from devices.decode import Decoded
from devices.profile.model import Expected, Profile, ProfileTest
from devices.reading import Quality, Reading, Scan, Trigger
from devices.session import Session

if TYPE_CHECKING:
    from devices.gateway.profile import ServerKind

_SOURCE = "test"
_START = 1_000_000_000


@dataclass(frozen=True, slots=True)
class TestResult:
    """What one test of a profile gave: `failure` is empty when all was as expected."""

    __test__ = False

    name: str
    failure: str


def run_tests(profile: Profile) -> list[TestResult]:
    """The result of each test, in the profile's order."""
    if profile.registers is not None:
        from devices.modbus.selftest import run_register_test

        return [TestResult(test.name, run_register_test(profile, test)) for test in profile.tests]
    if profile.server is not None:
        return [TestResult(test.name, _run_server(profile.server.kind, test)) for test in profile.tests]
    return [TestResult(test.name, _run(profile, test)) for test in profile.tests]


def _run_server(kind: ServerKind, test: ProfileTest) -> str:
    if kind == "opc-ua":
        from devices.gateway.opcua_values import run_value_test

        return run_value_test(test)
    from devices.gateway.host import run_payload_test

    return run_payload_test(test)


def hear(profile: Profile, wire: bytes, asked: str = "") -> list[Decoded]:
    """What becomes of bytes that arrive at once on a line that was quiet, after `asked` was asked for."""
    session = Session(profile, _SOURCE)
    session.opened(_START, _START, 0)
    if asked:
        session.ask(asked, Trigger.REQUEST)
        session.sent(f"{Trigger.REQUEST.value} {asked}", _START)
    heard = session.received(wire, _START, _START)
    gap = profile.framing.gap_ms if profile.framing is not None else 0
    heard += session.tick(_START + gap * 1_000_000)
    return heard


def _run(profile: Profile, test: ProfileTest) -> str:
    if test.asked and (profile.request is None or test.asked not in profile.request.channels):
        return f"it asks for channel '{test.asked}', which [request] does not have"
    heard = hear(profile, test.wire, test.asked)
    booked = [one for one in heard if isinstance(one, Scan) or (isinstance(one, Reading) and one.raw)]
    told = "; ".join(map(_describe, heard)) or "nothing"
    if len(booked) != len(test.expect):
        return f"{len(test.expect)} readings were expected, but there came: {told}"
    for number, (want, got) in enumerate(zip(test.expect, booked, strict=True), start=1):
        wrong = _compare(want, got)
        if wrong:
            return f"reading {number}: {wrong}; there came: {told}"
    return ""


def _compare(want: Expected, got: Reading | Scan) -> str:
    if want.channel and got.channel != want.channel:
        return f"channel {want.channel} was expected, not {got.channel}"
    if isinstance(got, Scan):
        return "" if got.text == want.text else f"the text '{want.text}' was expected, not '{got.text}'"
    if want.text:
        return f"the text '{want.text}' was expected"
    if want.error:
        wrong = got.quality is not Quality.BAD or want.error not in got.reason
        return f"the error '{want.error}' was expected, not '{got.reason}'" if wrong else ""
    return _compare_value(want, got)


def _compare_value(want: Expected, got: Reading) -> str:
    if got.value is None or got.value.as_tuple() != Decimal(want.value).as_tuple():
        return f"the value {want.value} was expected, not {got.value}"
    if want.unit is not None and got.unit != (None if want.unit == "station" else want.unit):
        return f"the unit {want.unit} was expected, not {got.unit}"
    if want.quality and got.quality.value != want.quality:
        return f"the quality {want.quality} was expected, not {got.quality.value}"
    if want.trigger and got.trigger.value != want.trigger:
        return f"the trigger {want.trigger} was expected, not {got.trigger.value}"
    return ""


def _describe(one: Decoded) -> str:
    if isinstance(one, Reading):
        shown = f"{one.value} {one.unit or '(unit from the station)'}" if one.value is not None else one.reason
        return f"channel {one.channel}: {shown}"
    if isinstance(one, Scan):
        return f"text '{one.text}'"
    return f"{type(one).__name__.lower()} {one.raw!r}"
