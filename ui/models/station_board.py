"""What the station page knows: read from the store once, then moved on by what the line announces."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from analysis.rules import RuleSet
from ui.charts.tracks import Frozen, LiveTracks, Scale, Subgroup, frozen_limits
from ui.models.wedge import WedgeRules, read_rules
from ui.widgets.sign import State
from ui.widgets.tolerance import Tolerance
from workstation.errors import Expected

if TYPE_CHECKING:
    from workstation.catalog.values import Characteristic
    from workstation.line.protocol import AlarmRaised, Judged, Kept, Scanned
    from workstation.station import Station
    from workstation.store import Measurement, Reader, SubgroupWindow

HISTORY = 100
"""Subgroups of history a live chart starts with."""
MOST_ALARMS = 20
"""Alarms that are held to be shown one after the other; all others are counted."""
SERIAL_NUMBER, LOT = "serial number", "lot"
"""The kinds of identification, as the line announces them."""


@dataclass(frozen=True, slots=True)
class Tag:
    """The newest scan of a kind for a characteristic: its identity, its text, and from which subgroup on it holds."""

    identification: str
    text: str
    subgroup: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that nobody has acknowledged yet: `investigation` is the record that was opened for it."""

    characteristic: int
    subgroup: int
    sentences: tuple[str, ...]
    investigation: str
    id: str


@dataclass(frozen=True, slots=True)
class Value:
    """A kept value as it was sent."""

    subgroup: int
    position: int
    text: str
    unit: str
    source: str
    observed_at: int
    in_tolerance: bool | None


@dataclass(slots=True)
class Watched:
    """One characteristic of the plan, as it stands now."""

    characteristic: Characteristic
    part: str
    live: LiveTracks
    values: list[Value] = field(default_factory=list)
    """Values of the open subgroup, or of the last one until the next begins."""
    last: Value | None = None
    has_limits: bool = False
    gauges: tuple[tuple[str, str], ...] = ()
    """Source and channel of each gauge that is bound to it."""
    baseline: int = 0
    """Closed subgroups so far while limits are still being collected."""
    tags: dict[str, Tag] = field(default_factory=dict)
    """The newest serial number and lot, where one was scanned."""

    @property
    def next_subgroup(self) -> int:
        """The subgroup that the next value belongs to: the open one, or the one that it begins."""
        if self.values and len(self.values) < self.characteristic.subgroup_size:
            return self.values[-1].subgroup
        return max(self.live.last_number, self.values[-1].subgroup if self.values else 0) + 1

    def name(self, scanned: Scanned) -> None:
        """A code was scanned that names what is measured next."""
        for characteristic, subgroup, _ in scanned.starts:
            before = self.tags.get(scanned.kind)
            if characteristic == self.characteristic.id and (before is None or before.subgroup <= subgroup):
                self.tags[scanned.kind] = Tag(scanned.identification, scanned.text, subgroup)

    @property
    def tolerance(self) -> Tolerance:
        """Its specification limits."""
        item = self.characteristic
        return Tolerance(item.lower_specification, item.nominal, item.upper_specification, item.unit, item.decimals)

    @property
    def state(self) -> State:
        """How the newest value and the newest subgroup stand."""
        if self.last is None:
            return State.WAITING
        if self.last.in_tolerance is False:
            return State.OUT_OF_TOLERANCE
        subgroup = self.live.last
        if subgroup is not None and (subgroup.location or subgroup.dispersion):
            return State.ALARM
        return State.KEPT if self.last.in_tolerance is None else State.IN_TOLERANCE

    def number(self, value: Value) -> Decimal | None:
        """A value in the characteristic's unit, for drawing; None where it has no number or a foreign unit."""
        from workstation.units import convert

        try:
            return convert(Decimal(value.text), value.unit, self.characteristic.unit)
        except (InvalidOperation, Expected):
            return None

    def keep(self, kept: Kept) -> None:
        """A reading is on disk."""
        if self.last is not None and (kept.subgroup, kept.position) <= (self.last.subgroup, self.last.position):
            return  # the store had it already when the page was read
        value = Value(
            kept.subgroup, kept.position, kept.value, kept.unit, kept.source, kept.observed_at, kept.in_tolerance
        )
        if self.values and self.values[-1].subgroup != kept.subgroup:
            self.values = []
        self.values.append(value)
        self.last = value

    def judge(self, judged: Judged) -> None:
        """A subgroup has closed."""
        if judged.subgroup <= self.live.last_number:
            return
        self.live.extend(
            [
                Subgroup(
                    judged.subgroup,
                    judged.mean,
                    judged.spread,
                    judged.location,
                    judged.dispersion,
                    judged.limits or 0,
                )
            ]
        )
        self.has_limits = self.has_limits or bool(judged.limits)
        self.baseline += 1


@dataclass(slots=True)
class Board:
    """Everything the station page shows of the store.

    `alarms` are the newest that nobody has acknowledged, oldest first; `waiting` counts all of them by characteristic.
    """

    plan: str
    watched: dict[int, Watched]
    alarms: list[Alarm]
    waiting: dict[int, int]
    wedge: WedgeRules = field(default_factory=WedgeRules)

    def raise_alarm(self, raised: AlarmRaised) -> None:
        """A subgroup broke rules; one that the store had already is known."""
        watched = self.watched[raised.characteristic]
        if all(known.id != raised.alarm for known in self.alarms):
            said = tuple(watched.live.book.say(rule) for rule in raised.rules)
            opened = raised.investigation or ""
            self.alarms.append(Alarm(raised.characteristic, raised.subgroup, said, opened, raised.alarm))
            del self.alarms[:-MOST_ALARMS]
            self.waiting[raised.characteristic] = self.waiting.get(raised.characteristic, 0) + 1


def read_board(station: Station) -> Board:
    """Read plan, characteristics, the newest subgroups and the alarms that wait."""
    from workstation.catalog import parts, plans
    from workstation.catalog.gauges import bindings, gauges
    from workstation.catalog.values import PlanStatus
    from workstation.quality.alarms import count_waiting

    with station.store.read() as reader:
        effective = plans.plans(reader, status=PlanStatus.EFFECTIVE)
        watched: dict[int, Watched] = {}
        for plan in effective:
            name = parts.part(reader, plan.part_id)
            for number in plan.characteristics:
                watched[number] = _watch(reader, parts.characteristic(reader, number), f"{name.number} {name.name}")
        sources = {gauge.id: gauge.source for gauge in gauges(reader)}
        for binding in bindings(reader):
            if (bound := watched.get(binding.characteristic_id)) is not None:
                bound.gauges = (*bound.gauges, (sources[binding.gauge_id], binding.channel))
        title = " · ".join(plan.title for plan in effective)
        return Board(title, watched, _alarms(reader, watched), count_waiting(reader, watched), read_rules(station))


def _watch(reader: Reader, item: Characteristic, part: str) -> Watched:
    from workstation.catalog.limits import active_limits

    window = reader.last_subgroups(item.id, HISTORY)
    rules = RuleSet.from_text(item.rules)
    live = LiveTracks(Scale(str(item.chart), item.unit, item.decimals + 1), rules, _limits(reader, item.id), HISTORY)
    live.extend(subgroups_of(window, rules))
    watched = Watched(item, part, live)
    resume = reader.resume_point(item.id)
    values = list(resume.values)
    if not values and live.last is not None:
        values = list(reader.measurements(item.id, live.last_number, live.last_number))
    watched.values = [_value(item, value) for value in values]
    watched.last = watched.values[-1] if watched.values else None
    watched.has_limits = active_limits(reader, item.id) is not None
    watched.baseline = len(window.numbers)
    watched.tags = _tags(reader, item.id)
    return watched


def _tags(reader: Reader, characteristic: int) -> dict[str, Tag]:
    from workstation.catalog.identifications import newest_scan
    from workstation.catalog.scanned import IdentificationKind

    newest = {str(kind): newest_scan(reader, characteristic, kind) for kind in IdentificationKind}
    return {kind: Tag(one.identification, one.text, one.subgroup) for kind, one in newest.items() if one is not None}


def _limits(reader: Reader, characteristic: int) -> dict[int, Frozen]:
    from workstation.catalog.limits import limits_history

    return frozen_limits(limits_history(reader, characteristic))


def subgroups_of(window: SubgroupWindow, rules: RuleSet) -> list[Subgroup]:
    """The store's arrays as subgroups."""
    return [
        Subgroup(
            int(window.numbers[row]),
            float(window.means[row]),
            float(window.spreads[row]),
            rules.names(int(window.location[row])),
            rules.names(int(window.dispersion[row])),
            int(window.limits[row]),
        )
        for row in range(len(window.numbers))
    ]


def _alarms(reader: Reader, watched: dict[int, Watched]) -> list[Alarm]:
    """The newest alarms that nobody has acknowledged, oldest first."""
    from workstation.quality import alarms, links

    found = []
    for alarm in reversed(alarms.waiting(reader, watched, MOST_ALARMS)):
        book = watched[alarm.characteristic_id].live.book
        led_to = links.linked(reader, alarm.uid, "investigation")
        said = tuple(book.say(rule) for rule in alarm.rules)
        found.append(Alarm(alarm.characteristic_id, alarm.subgroup, said, led_to[0] if led_to else "", alarm.uid))
    return found


def _value(item: Characteristic, kept: Measurement) -> Value:
    from workstation.units import convert

    try:
        inside = item.in_tolerance(convert(kept.value, kept.unit, item.unit))
    except Expected:
        inside = None
    return Value(kept.subgroup, kept.position, f"{kept.value:f}", kept.unit, kept.source, kept.observed_at, inside)
