"""Settings of instruments that a person changes: allowed, journalled before, written, read back, journalled after."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from devices.errors import DeviceError
from devices.reading import Reading
from workstation.catalog.gauges import note_setting
from workstation.catalog.values import Gauge
from workstation.errors import CallIsWrong, Expected, Refused, SurroundingsFailed
from workstation.line import protocol
from workstation.store import Right, Store
from workstation.store.rights import standing

if TYPE_CHECKING:
    from devices.modbus.link import ModbusLink
    from workstation.line.ports import Ports

_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,12})?")
_PATIENCE = 15.0
"""Seconds an instrument is given for reading, writing and reading back, behind whatever else its wire carries."""

InWriter = Callable[[Callable[[], None]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One setting to be changed."""

    account: str
    gauge: Gauge
    signal: str
    value: Decimal
    unit: str
    reason: str

    def told(self, number: Decimal | str) -> str:
        return f"{number} {self.unit}".strip()


class SignalWrites:
    """Changes settings of the instruments of a line, one at a time.

    Nothing goes out before its intent is in the journal, so a line that dies in the middle leaves it to be seen.
    """

    def __init__(self, store: Store, in_writer: InWriter) -> None:
        self._store = store
        self._in_writer = in_writer
        self._allowed: tuple[str, str, Decimal] | None = None
        self._turn = asyncio.Lock()

    def authorise(self, source: str, channel: str, value: Decimal) -> str:
        """Why a link may not write this; empty for the one thing that is allowed just now."""
        return "" if (source, channel, value) == self._allowed else "the journal has no such change"

    async def obey(self, command: protocol.WriteSignal, ports: Ports, gauges: Mapping[str, Gauge]) -> protocol.Answer:
        """Change what the command says. Raises Expected with the reason when it is not done, or not for certain."""
        async with self._turn:
            gauge = _gauge_of(command.instrument, gauges)
            link = _link_of(gauge, ports)
            wanted = _wanted(command, gauge, link)
            with self._store.read() as reader:
                standing(reader.raw, wanted.account).require(Right.SET_INSTRUMENTS)
            try:
                async with asyncio.timeout(_PATIENCE):
                    facts = await self._change(wanted, link)
            except TimeoutError as error:
                raise SurroundingsFailed(
                    f"{gauge.name} did not answer within {_PATIENCE:g} s: it is not known what {wanted.signal} is now.",
                    "Look at the instrument itself.",
                ) from error
            return protocol.Answer(command.command, "", "", facts)

    async def _change(self, wanted: _Wanted, link: ModbusLink) -> dict[str, str]:
        old = await _value(link, wanted)
        change = f"{wanted.signal}: {wanted.told(old)} -> {wanted.told(wanted.value)}"
        await self._note(wanted, "set", f"{change}, asked for. {wanted.reason}".strip())
        outcome = "it is not known whether the instrument took it"
        try:
            self._allowed = wanted.gauge.source, wanted.signal, wanted.value
            await link.write(wanted.signal, wanted.value, source=wanted.gauge.source)
            outcome = "confirmed by the instrument, not read back"
            new = await _value(link, wanted)
            outcome = f"confirmed, and the instrument reads back {wanted.told(new)}"
        except DeviceError as error:
            outcome = f"{outcome}: {error.sentence}"
            raise SurroundingsFailed(f"{change}: {error.sentence}", error.next_step) from error
        finally:
            self._allowed = None
            await self._note(wanted, "set_result", f"{change}: {outcome}.")
        if new != wanted.value:
            raise Refused(
                f"{wanted.gauge.name} confirmed {wanted.told(wanted.value)} and reads back {wanted.told(new)}.",
                "Look at the instrument: it may be locked or limit the value.",
            )
        return {
            "instrument": wanted.gauge.name,
            "signal": wanted.signal,
            "old": str(old),
            "new": str(new),
            "unit": wanted.unit,
        }

    async def _note(self, wanted: _Wanted, verb: str, what: str) -> None:
        def write() -> None:
            with self._store.write(wanted.account) as work:
                note_setting(work, wanted.gauge.id, verb, what)

        await asyncio.shield(asyncio.ensure_future(self._in_writer(write)))  # a time-out must not leave it untold


def _gauge_of(name: str, gauges: Mapping[str, Gauge]) -> Gauge:
    for gauge in gauges.values():
        if name in (gauge.source, gauge.name):
            return gauge
    known = ", ".join(sorted(gauge.name for gauge in gauges.values())) or "none"
    raise CallIsWrong(f"The line has no instrument '{name[:80]}'.", f"It has: {known}.")


def _link_of(gauge: Gauge, ports: Ports) -> ModbusLink:
    from devices.modbus.link import ModbusLink

    link = ports.wire(gauge.source).link
    if not isinstance(link, ModbusLink):
        raise CallIsWrong(f"{gauge.name} has no settings that can be written.", "Only register instruments have.")
    return link


def _wanted(command: protocol.WriteSignal, gauge: Gauge, link: ModbusLink) -> _Wanted:
    from devices.modbus.place import checked

    if not _NUMBER.fullmatch(command.value):
        raise CallIsWrong(f"{command.value[:40]!r} is no number.", "Write digits with a point, such as 21.5.")
    value = Decimal(command.value)
    try:
        point = link.writable(command.signal, source=gauge.source)
        checked(point, value)
    except DeviceError as error:
        raise CallIsWrong(error.sentence, error.next_step) from error
    return _Wanted(command.account, gauge, point.name, value, point.unit or gauge.unit or "", command.reason[:500])


async def _value(link: ModbusLink, wanted: _Wanted) -> Decimal:
    """What the setting is now. Raises Expected when the instrument does not say."""
    try:
        reading = await link.check(wanted.signal, source=wanted.gauge.source)
    except DeviceError as error:
        raise _unread(wanted, error.sentence, error.next_step) from error
    if not isinstance(reading, Reading) or reading.value is None:
        raise _unread(wanted, reading.reason if reading is not None else "it is a text", "")
    return reading.value


def _unread(wanted: _Wanted, why: str, next_step: str) -> Expected:
    return SurroundingsFailed(f"{wanted.signal} of {wanted.gauge.name} cannot be read: {why}", next_step)
