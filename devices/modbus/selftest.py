"""Run a register profile's own test: real reply frames, as RTU draws them, to the values and errors they must become.

`asked` names what was asked for, in order: "input 1-2" or "holding 0x9C40-0x9C47; holding 0x9C60-0x9C67"; `hex` holds
the replies one behind the other, each with its CRC. Frames of an instrument on Modbus TCP are written the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from devices.modbus.frames import RtuFraming
from devices.modbus.plan import plan_of
from devices.modbus.ranges import parse_range
from devices.modbus.registers import Point, RegisterMap, Span
from devices.modbus.requests import exception_name, is_exception, read_request
from devices.modbus.values import Value, bad
from devices.profile.model import Expected, Profile, ProfileTest

Outcome = tuple[str, Value]


def run_register_test(profile: Profile, test: ProfileTest) -> str:
    """What is wrong with the test's outcome, or nothing."""
    register_map = profile.registers
    if register_map is None:
        return "this is no register profile"
    spans: list[Span] = []
    for text in test.asked.split(";"):
        span = parse_range(text.strip(), None)
        if span is None:
            return f'\'asked\' must be ranges such as "input 1-2; holding 0x10", not "{test.asked}"'
        if span.length > register_map.limits.of(span.table):
            return f"{span} is more than one read of this instrument may ask for"
        spans.append(span)
    outcomes = _outcomes(register_map, spans, test.wire)
    told = "; ".join(f"{channel}: {_shown(value)}" for channel, value in outcomes) or "nothing"
    if len(outcomes) != len(test.expect):
        return f"{len(test.expect)} values were expected, but there came: {told}"
    for want, (channel, value) in zip(test.expect, outcomes, strict=True):
        wrong = _compare(want, channel, value)
        if wrong:
            return f"{channel}: {wrong}; there came: {told}"
    return ""


def _outcomes(register_map: RegisterMap, spans: Sequence[Span], wire: bytes) -> list[Outcome]:
    """What the replies say of every point that lies, with all it depends on, in what was asked for."""
    images: list[bytes | None] = []
    reasons: dict[int, str] = {}
    buffer = bytearray(wire)
    for number, span in enumerate(spans):
        found = RtuFraming().hunt(read_request(register_map.unit, span)).find(buffer)
        images.append(None)
        if found is None:
            continue
        del buffer[: found.end]
        if is_exception(found.pdu):
            reasons[number] = exception_name(found.pdu[1])
        else:
            images[number] = found.pdu[2:]
    points = [point for point in register_map.points if _is_asked(register_map, point, spans)]
    plan = plan_of(register_map, points, spans)
    outcomes: list[Outcome] = []
    steps = {step.point.name: step for some in plan.steps for step in some}
    for step in (steps[point.name] for point in points):
        refused = [reason for number, reason in reasons.items() if number in step.blocks]
        value = bad(refused[0], step.point.unit) if refused else step.decode(images)
        if value is not None:
            outcomes.append((step.point.name, value))
    return outcomes


def _is_asked(register_map: RegisterMap, point: Point, spans: Sequence[Span]) -> bool:
    return all(any(span.covers(needed) for span in spans) for needed in register_map.spans_of(point))


def _compare(want: Expected, channel: str, got: Value) -> str:
    if want.channel and want.channel != channel:
        return f"channel {want.channel} was expected"
    if want.error:
        return "" if want.error in got.reason and got.value is None else f"the error '{want.error}' was expected"
    if want.text and want.text != got.text:
        return f"the text '{want.text}' was expected"
    if want.value and (got.value is None or got.value.as_tuple() != Decimal(want.value).as_tuple()):
        return f"the value {want.value} was expected"
    if want.unit is not None and got.unit != (None if want.unit == "station" else want.unit):
        return f"the unit {want.unit} was expected, not {got.unit}"
    return ""


def _shown(value: Value) -> str:
    if value.value is None:
        return value.text or value.reason
    return f"{value.value} {value.unit or '(unit from the station)'}"
