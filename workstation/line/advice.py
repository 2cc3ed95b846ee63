"""What a plan asks of instruments that their profiles cannot give: found before the first reading is refused for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from devices.decode import DEFAULT_CHANNEL
from devices.errors import DeviceError
from devices.profile.library import Library
from devices.profile.model import Profile, RecordKind
from workstation import units
from workstation.catalog.gauges import bindings, gauges
from workstation.catalog.parts import characteristic
from workstation.catalog.plan_file import PlanFile
from workstation.catalog.values import Gauge
from workstation.errors import CallIsWrong
from workstation.line.obstacles import obstacles
from workstation.line.ports import in_use
from workstation.store import Reader

_MOST_NAMED = 12
_SENT = ""
"""The unit comes with each record."""
ANY = "*"


@dataclass(frozen=True, slots=True)
class Feed:
    """A gauge's channel and what it feeds; `unit` is what the gauge is set to, `wanted` the characteristic's."""

    gauge: str
    profile: str
    unit: str | None
    channel: str
    characteristic: str
    wanted: str


def feeds_of_file(plan: PlanFile) -> Iterator[Feed]:
    """What a plan file binds of the gauges that it lays down."""
    known = {gauge.name: gauge for gauge in plan.gauges}
    wanted = {one.name: one.unit for one in plan.characteristics}
    for one in plan.bindings:
        if one.gauge in known and one.characteristic in wanted:
            gauge = known[one.gauge]
            yield Feed(
                gauge.name, gauge.profile, gauge.unit, one.channel, one.characteristic, wanted[one.characteristic]
            )


def feeds_of_station(reader: Reader) -> Iterator[Feed]:
    """What is bound at the station now."""
    known = {gauge.id: gauge for gauge in gauges(reader)}
    for one in bindings(reader):
        gauge, fed = known.get(one.gauge_id), characteristic(reader, one.characteristic_id)
        if gauge is not None:  # as ever, but for a damaged database
            yield Feed(gauge.name, gauge.profile, gauge.unit, one.channel, fed.name, fed.unit)


def unreadable(known: Iterable[Gauge], profiles: Library) -> dict[str, DeviceError]:
    """What keeps gauges of a station from being read, by their names: profile, port, or another one on that port."""
    chosen = in_use(known)
    found = obstacles([(one.name, one.profile, one.port) for one in chosen], profiles)
    return {gauge.name: why for gauge, why in zip(chosen, found, strict=True) if why is not None}


def remarks(feeds: Iterable[Feed], profiles: Library) -> list[str]:
    """Sentences about what will not come as it is bound: profile, channel or unit is not right."""
    found: dict[str, None] = {}
    for feed in feeds:
        try:
            sentence = _of(feed, channels(profiles.load(feed.profile)))
        except DeviceError as error:
            sentence = f"Gauge {feed.gauge}: {error.sentence} {error.next_step}".strip()
        if sentence:
            found[sentence] = None
    return list(found)


def _of(feed: Feed, known: Mapping[str, str | None]) -> str:
    place = f"Channel {feed.channel} of {feed.gauge}"
    named = feed.channel if ANY not in known else ANY
    if named not in known:
        names = ", ".join(list(known)[:_MOST_NAMED]) + (" and more" if len(known) > _MOST_NAMED else "")
        return f"{place} is not one that its profile has ({names}): nothing will come from it."
    sent = feed.unit if known[named] is None else known[named]
    if sent is None:
        return f"{place} sends no unit: give the gauge the one that it is set to, or its readings are refused."
    try:
        if sent != _SENT:
            units.scale(sent, feed.wanted)
    except CallIsWrong as error:
        return f"{place} feeds {feed.characteristic}: {error.sentence}"
    return ""


def channels(profile: Profile) -> dict[str, str | None]:
    """The channels that a profile names, each with its unit: empty for one that comes with each record, None for none.

    `ANY` stands for all of them where only the instrument knows its channels.
    """
    if profile.registers is not None:
        return {one.name: one.unit if one.unit_at is None else _SENT for one in profile.registers.points}
    records = [one for one in profile.records if one.kind in (RecordKind.READING, RecordKind.LIST)]
    found: dict[str, str | None] = {}
    asked = profile.request.channels if profile.request is not None else ()
    is_open = any("channel" in one.pattern.groups or one.kind is RecordKind.LIST for one in records)
    for one in records:
        unit = _SENT if "unit" in one.pattern.groups else one.unit
        for name in (ANY,) if is_open else (one.channel,) if one.channel else asked or (DEFAULT_CHANNEL,):
            found[name] = unit if found.get(name, unit) == unit else _SENT
    return found or {ANY: _SENT}
