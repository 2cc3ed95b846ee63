"""Gauges, and which characteristic each of their channels feeds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from workstation.catalog.continuous import checked_text
from workstation.catalog.records import BindingRecord, CharacteristicRecord, GaugeRecord
from workstation.catalog.values import Binding, Gauge, GaugeStatus
from workstation.dates import read_day
from workstation.errors import CallIsWrong, Refused
from workstation.store import Reader, Right, UnitOfWork
from workstation.store.mapping import select, value_of
from workstation.units import symbol

LONGEST_INTERVAL = 20
"""Years; a calibration date beyond them is a slip of the hand."""


@dataclass(frozen=True, slots=True)
class GaugeDefinition:
    """What is laid down about an instrument; see `values.Gauge`."""

    name: str
    profile: str
    port: str
    serial_number: str = ""
    unit: str | None = None
    calibration_due: str | None = None


def check(definition: GaugeDefinition) -> None:
    """Raise CallIsWrong for the first thing that cannot be."""
    name = definition.name
    if not name.strip():
        raise CallIsWrong("A gauge needs a name.", "Use the number of its calibration sticker.")
    if not definition.profile.strip():
        raise CallIsWrong(f"Gauge {name} names no profile.", "List them with `sinebar instruments list`.")
    check_port(definition.port, name)
    if definition.unit is not None:
        symbol(definition.unit)
    if definition.calibration_due is not None:
        read_day(definition.calibration_due, f"Gauge {name}: ")


def check_port(port: str, gauge: str) -> None:
    """Raise CallIsWrong unless `port` is spelled as the instruments' library knows ports."""
    from devices.errors import PortError
    from devices.gateway.address import is_server, parse_opcua, parse_sparkplug
    from devices.modbus.address import parse_address
    from devices.modbus.registers import Transmission
    from devices.transports.address import parse_port

    try:
        if is_server(port):
            parse_opcua(port) if port.strip().startswith("opc.tcp://") else parse_sparkplug(port)
            return
        # A register instrument's spelling says more (frames, unit); what is left of it is a port like any other.
        place = parse_port(parse_address(port.strip(), Transmission.RTU).port)
        if place.host and place.port == 0:
            raise PortError(
                f"'{port}' names no port number to reach.", "Give the number after the colon, such as 4001."
            )
    except PortError as error:
        raise CallIsWrong(f"Gauge {gauge}: {error.sentence}", error.next_step) from error


def ensure_gauge(work: UnitOfWork, definition: GaugeDefinition) -> Gauge:
    """The gauge of this name, created or brought to this definition; its status stays as it is.

    So does a calibration date that is later than the definition's: a calibration was recorded since that was written.
    """
    work.require(Right.EDIT_CATALOG)
    check(definition)
    record = work.one(select(GaugeRecord).where(GaugeRecord.name == definition.name))
    new = record is None
    if record is None:
        record = GaugeRecord(name=definition.name, status=str(GaugeStatus.ACTIVE))
    record.serial_number = definition.serial_number
    record.profile = definition.profile
    record.port = definition.port
    record.unit = None if definition.unit is None else symbol(definition.unit)
    written = definition.calibration_due and read_day(definition.calibration_due).isoformat()
    record.calibration_due = max(filter(None, (record.calibration_due, written)), default=None)
    if new:
        work.add(record)
    work.flush()
    return _gauge(record)


def set_gauge_status(work: UnitOfWork, gauge_id: int, status: GaugeStatus, reason: str) -> Gauge:
    """Lock, retire or release a gauge; a reason is asked for, and a retired gauge stays retired."""
    work.require(Right.EDIT_CATALOG)
    if not reason.strip():
        raise CallIsWrong("A gauge's status changes only with a reason.", "Say why.")
    record = work.get(GaugeRecord, gauge_id)
    if record.status == GaugeStatus.RETIRED and status != GaugeStatus.RETIRED:
        raise Refused(f"Gauge {record.name} is retired.", "Enter it as a new gauge with its new calibration.")
    if record.status == status:
        raise Refused(f"Gauge {record.name} is {status} already.", "Look at its history.")
    record.status = str(status)
    work.note(record, str(status), reason=reason.strip())
    work.flush()
    return _gauge(record)


def record_calibration(work: UnitOfWork, gauge_id: int, due: str, reason: str) -> Gauge:
    """A gauge was calibrated: `due` is when it is to be again (YYYY-MM-DD), `reason` names the certificate."""
    work.require(Right.EDIT_CATALOG)
    record = work.get(GaugeRecord, gauge_id)
    if not reason.strip():
        raise CallIsWrong("A calibration is recorded with its certificate.", "Give its number.")
    when = read_day(due, f"Gauge {record.name}: ")
    today = datetime.fromtimestamp(work.now / 1e6, timezone(timedelta(minutes=work.local_offset))).date()
    if when <= today or when.year > today.year + LONGEST_INTERVAL:
        raise CallIsWrong(
            f"A calibration of {record.name} is not due on {when}: that is past, or beyond {LONGEST_INTERVAL} years.",
            "Give the date when it is to be calibrated again.",
        )
    if record.status == GaugeStatus.RETIRED:
        raise Refused(f"Gauge {record.name} is retired.", "Enter it as a new gauge with its new calibration.")
    record.calibration_due = when.isoformat()
    work.note(record, "calibrate", reason=reason.strip())
    work.flush()
    return _gauge(record)


def note_setting(work: UnitOfWork, gauge_id: int, verb: str, what: str) -> None:
    """Keep in the journal, with the gauge, that one of its settings is to be changed or what became of that."""
    work.require(Right.SET_INSTRUMENTS)
    work.note(work.get(GaugeRecord, gauge_id), verb, reason=what)


def note_trust(work: UnitOfWork, gauge_ids: Iterable[int], what: str) -> None:
    """Keep in the journal, with the gauges that are read there, whom the station is to trust at a server."""
    work.require(Right.EDIT_CATALOG)
    for gauge_id in gauge_ids:
        work.note(work.get(GaugeRecord, gauge_id), "trust", reason=what)


def gauges(reader: Reader, *, active_only: bool = False) -> list[Gauge]:
    """Every gauge, or only those in use, by name."""
    statement = select(GaugeRecord).order_by(GaugeRecord.name)
    if active_only:
        statement = statement.where(GaugeRecord.status == str(GaugeStatus.ACTIVE))
    return [_gauge(record) for record in reader.all(statement)]


def gauge(reader: Reader, number: int) -> Gauge:
    """The gauge with this id."""
    return _gauge(reader.get(GaugeRecord, number))


def named_gauge(reader: Reader, wanted: str) -> Gauge:
    """The gauge of this name, or of this serial number. Raises CallIsWrong, which names those there are."""
    known = gauges(reader)
    for one in known:
        if wanted == one.name:
            return one
    found = [one for one in known if wanted and wanted == one.serial_number]
    if len(found) != 1:
        names = ", ".join(one.name for one in known[:20])
        raise CallIsWrong(
            f"There is no gauge {wanted!r}." if not found else f"Several gauges have the serial number {wanted!r}.",
            f"The gauges are: {names}." if names else "Gauges come with an inspection plan.",
        )
    return found[0]


def named_binding(reader: Reader, of: Gauge, channel: str) -> Binding:
    """What a gauge's channel is bound to. Raises CallIsWrong, which names the channels that are bound."""
    known = [one for one in bindings(reader) if one.gauge_id == of.id]
    found = next((one for one in known if one.channel == channel), None)
    if found is None:
        names = ", ".join(one.channel for one in known)
        raise CallIsWrong(
            f"Channel {channel!r} of {of.name} is bound to nothing.",
            f"Its bound channels are: {names}." if names else "Bind it in an inspection plan.",
        )
    return found


def bind(
    work: UnitOfWork, gauge_id: int, channel: str, characteristic_id: int, continuous: str | None = None
) -> Binding:
    """From now on this channel feeds this characteristic and no other; `continuous` is a rule's JSON."""
    work.require(Right.EDIT_CATALOG)
    return make_binding(work, gauge_id, channel, characteristic_id, checked_text(continuous))


def make_binding(
    work: UnitOfWork, gauge_id: int, channel: str, characteristic_id: int, continuous: str | None = None
) -> Binding:
    """As `bind`, for whoever has checked rights and rule."""
    if not channel.strip():
        raise CallIsWrong("A binding needs a channel.", "Use a channel that the gauge's profile names.")
    work.get(GaugeRecord, gauge_id)
    work.get(CharacteristicRecord, characteristic_id)
    of_channel = select(BindingRecord).where(BindingRecord.gauge_id == gauge_id, BindingRecord.channel == channel)
    wanted: BindingRecord | None = None
    for record in work.all(of_channel):
        if record.characteristic_id == characteristic_id:
            wanted = record
        else:
            record.active = False
    work.flush()  # the one in force first gives way: there is never more than one
    if wanted is not None:
        wanted.active, wanted.continuous = True, continuous
    else:
        wanted = work.add(
            BindingRecord(
                gauge_id=gauge_id,
                channel=channel,
                characteristic_id=characteristic_id,
                active=True,
                continuous=continuous,
            )
        )
    work.flush()
    return value_of(Binding, wanted)


def unbind(work: UnitOfWork, binding_id: int, reason: str) -> Binding:
    """From now on this channel feeds nothing; a reason is asked for."""
    work.require(Right.EDIT_CATALOG)
    if not reason.strip():
        raise CallIsWrong("A channel is unbound only with a reason.", "Say why.")
    record = work.get(BindingRecord, binding_id)
    if not record.active:
        raise Refused(f"Channel {record.channel} is bound to nothing.", "List what is bound and choose from that.")
    record.active = False
    work.note(record, "end", reason=reason.strip())
    work.flush()
    return value_of(Binding, record)


def bindings(reader: Reader, *, active_only: bool = True) -> list[Binding]:
    """The bindings in force, or all that ever were."""
    statement = select(BindingRecord).order_by(BindingRecord.id)
    if active_only:
        statement = statement.where(BindingRecord.active)
    return [value_of(Binding, record) for record in reader.all(statement)]


def _gauge(record: GaugeRecord) -> Gauge:
    return value_of(Gauge, record, status=GaugeStatus(record.status))
