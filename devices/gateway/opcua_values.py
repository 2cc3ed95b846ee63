"""What an OPC UA server sends, as numbers, qualities and times; and the tests of a profile that carry its bytes."""

from __future__ import annotations

import math
import struct
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from devices.modbus.values import shortest_float32
from devices.reading import Quality

if TYPE_CHECKING:
    from devices.profile.model import Expected, ProfileTest

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SEVERITY, _UNCERTAIN = 0xC000_0000, 0x4000_0000


def number_of(variant: Any) -> Decimal | None:
    """A variant's number, exact: a 32-bit float by its shortest decimal; None when it is no finite number."""
    content = variant.Value if variant is not None else None
    if isinstance(content, bool | int):
        return Decimal(int(content))
    if isinstance(content, Decimal):
        return content if content.is_finite() else None
    if not isinstance(content, float) or not math.isfinite(content):
        return None
    return shortest_float32(content) if variant.VariantType.name == "Float" else Decimal(repr(content))


def quality_of(status: Any) -> tuple[Quality, str]:
    """The quality a status code stands for, and its name when it is not good (OPC UA Part 8, 6.3)."""
    code = status.value if status is not None else 0
    if code & _SEVERITY == 0:
        return Quality.GOOD, ""
    quality = Quality.UNCERTAIN if code & _SEVERITY == _UNCERTAIN else Quality.BAD
    return quality, f"the server says {status.name}"


def judged(value: Any) -> tuple[Decimal | None, Quality, str]:
    """A data value's number, quality and reason; what is no number is bad."""
    quality, reason = quality_of(value.StatusCode)
    if quality is Quality.BAD:
        return None, quality, reason
    number = number_of(value.Value)
    if number is None:
        content = value.Value.Value if value.Value is not None else None
        return None, Quality.BAD, f"the server sent no number but {content!r}"[:200]
    return number, quality, reason


def nanoseconds(stamp: datetime) -> int:
    """A time of the server (UTC) in nanoseconds since the epoch."""
    if stamp.tzinfo is None:
        stamp = stamp.replace(tzinfo=UTC)
    return (stamp - _EPOCH) // timedelta(microseconds=1) * 1000


def stamp_of(value: Any) -> int | None:
    """When the source, or else the server, says that a data value was so; nanoseconds since the epoch."""
    stamp = value.SourceTimestamp or value.ServerTimestamp
    return None if stamp is None else nanoseconds(stamp)


def explain(error: BaseException) -> str:
    """What an error says, or its kind when it says nothing."""
    return str(error).strip() or type(error).__name__


def run_value_test(test: ProfileTest) -> str:
    """What is wrong with the outcome of a test whose bytes are a DataValue (OPC UA Part 6, 5.2.2.17), or nothing."""
    from devices.errors import DeviceError
    from devices.gateway.needs import require

    try:
        require("OPC UA")
    except DeviceError as error:
        return str(error)
    from asyncua.common.utils import Buffer, NotEnoughData
    from asyncua.ua import DataValue
    from asyncua.ua.ua_binary import struct_from_binary
    from asyncua.ua.uaerrors import UaError

    try:
        value = struct_from_binary(DataValue, Buffer(test.wire))
    except (UaError, NotEnoughData, struct.error, ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        return f"these bytes are no value: {explain(error)}" if test.expect else ""
    number, _, reason = judged(value)
    told = reason if number is None else str(number)
    if len(test.expect) != 1:
        return f"{len(test.expect)} readings were expected, but there came: {told}"
    return _compare(test.expect[0], number, reason, told)


def _compare(want: Expected, number: Decimal | None, reason: str, told: str) -> str:
    if want.error:
        fits = number is None and want.error in reason
        return "" if fits else f"the error '{want.error}' was expected; there came: {told}"
    fits = number is not None and number.as_tuple() == Decimal(want.value).as_tuple()
    return "" if fits else f"the value {want.value} was expected; there came: {told}"
