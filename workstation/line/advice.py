"""What a plan asks of instruments that their profiles cannot give: found before the first reading is refused for it."""

from __future__ import annotations

from collections.abc import Iterator

from devices.decode import DEFAULT_CHANNEL
from devices.errors import DeviceError
from devices.profile.library import Library
from devices.profile.model import Profile, RecordKind
from workstation import units
from workstation.catalog.gauges import GaugeDefinition
from workstation.catalog.plan_file import PlanFile
from workstation.errors import CallIsWrong

_MOST_NAMED = 12
_SENT = ""
"""The unit comes with each record."""
ANY = "*"


def remarks(plan: PlanFile, profiles: Library) -> tuple[str, ...]:
    """Sentences about gauges that will not deliver what the plan binds: profile, channel or unit is not right."""
    return tuple(said for gauge in plan.gauges for said in _of_gauge(plan, gauge, profiles))


def _of_gauge(plan: PlanFile, gauge: GaugeDefinition, profiles: Library) -> Iterator[str]:
    try:
        known = channels(profiles.load(gauge.profile))
    except DeviceError as error:
        yield f"Gauge {gauge.name}: {error.sentence} {error.next_step}".strip()
        return
    wanted = {one.name: one.unit for one in plan.characteristics}
    for binding in plan.bindings:
        if binding.gauge != gauge.name:
            continue
        place = f"Channel {binding.channel} of {gauge.name}"
        named = binding.channel if ANY not in known else ANY
        if named not in known:
            names = ", ".join(list(known)[:_MOST_NAMED]) + (" and more" if len(known) > _MOST_NAMED else "")
            yield f"{place} is not one that its profile has ({names}): nothing will come from it."
            continue
        sent = gauge.unit if known[named] is None else known[named]
        if sent is None:
            yield f"{place} sends no unit: give the gauge the one that it is set to, or its readings are refused."
        elif sent != _SENT and binding.characteristic in wanted:
            try:
                units.scale(sent, wanted[binding.characteristic])
            except CallIsWrong as error:
                yield f"{place} feeds {binding.characteristic}: {error.sentence}"


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
