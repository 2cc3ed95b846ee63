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
    from devices.modbus.registers import Point, RegisterMap
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

    async def read(self, command: protocol.ReadSettings, ports: Ports, gauges: Mapping[str, Gauge]) -> protocol.Answer:
        """What each setting of an instrument is now, or why that cannot be read. Raises CallIsWrong where it has none.

        Nothing is booked: what is read here goes to nobody but who asked.
        """
        gauge = _gauge_of(command.instrument, gauges)
        link = _link_of(gauge, ports)
        points = settings_of(ports.wire(gauge.source).profiles[gauge.source].registers)
        if not points:
            raise CallIsWrong(f"{gauge.name} has no settings that can be written.", "Its profile declares none.")
        now = await asyncio.gather(*(_now(link, gauge, point) for point in points))
        return protocol.Answer(command.command, "", "", settings=tuple(now))

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
        old = await _value(link, wanted.gauge, wanted.signal)
        change = f"{wanted.signal}: {wanted.told(old)} -> {wanted.told(wanted.value)}"
        await self._note(wanted, "set", f"{change}, asked for. {wanted.reason}".strip())
        outcome = "it is not known whether the instrument took it"
        try:
            self._allowed = wanted.gauge.source, wanted.signal, wanted.value
            await link.write(wanted.signal, wanted.value, source=wanted.gauge.source)
            outcome = "confirmed by the instrument, not read back"
            new = await _value(link, wanted.gauge, wanted.signal)
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


async def _value(link: ModbusLink, gauge: Gauge, signal: str) -> Decimal:
    """What a setting is now. Raises Expected when the instrument does not say."""
    try:
        reading = await link.check(signal, source=gauge.source)
    except DeviceError as error:
        raise _unread(gauge, signal, error.sentence, error.next_step) from error
    if not isinstance(reading, Reading) or reading.value is None:
        raise _unread(gauge, signal, reading.reason if reading is not None else "it is a text", "")
    return reading.value


async def _now(link: ModbusLink, gauge: Gauge, point: Point) -> protocol.Setting:
    """A setting with what it is now, or with why that cannot be read."""
    value, why = "", ""
    try:
        async with asyncio.timeout(_PATIENCE):
            value = str(await _value(link, gauge, point.name))
    except TimeoutError:
        why = f"{gauge.name} did not answer within {_PATIENCE:g} s."
    except Expected as error:
        why = str(error)
    bounds = point.writable
    low, high = ("", "") if bounds is None else (str(bounds.minimum), str(bounds.maximum))
    return protocol.Setting(point.name, point.unit or gauge.unit or "", low, high, value, why)


def settings_of(registers: RegisterMap | None) -> tuple[Point, ...]:
    """The points of a profile that may be written, in its order; none where it declares none or reads no registers."""
    return () if registers is None else tuple(point for point in registers.points if point.writable is not None)


def written(facts: Mapping[str, str]) -> str:
    """What a change of a setting came to, by the facts of its answer, for a person."""
    old, new = (f"{facts[one]} {facts['unit']}".strip() for one in ("old", "new"))
    return f"{facts['signal']} of {facts['instrument']} was {old} and is now {new}, as it reads back."


def unanswered(signal: str) -> Refused:
    """What is said when the line ended while it changed a setting."""
    return Refused(
        f"The line ended before it answered: it is not known whether {signal} was changed.",
        "Look at the instrument, and in the history of its gauge.",
    )


def _unread(gauge: Gauge, signal: str, why: str, next_step: str) -> Expected:
    return SurroundingsFailed(f"{signal} of {gauge.name} cannot be read: {why}", next_step)
