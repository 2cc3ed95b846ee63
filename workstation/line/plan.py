"""What the line measures by: the effective plans' characteristics, and which gauge's channel feeds which of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workstation.catalog.continuous import ContinuousRule, rule_from_json
from workstation.catalog.gauges import bindings, gauges
from workstation.catalog.parts import characteristic
from workstation.catalog.plans import plan_content, plans
from workstation.catalog.scanned import ScanRule, rule_of
from workstation.catalog.values import Characteristic, Gauge, PlanStatus
from workstation.store import Reader


@dataclass(frozen=True, slots=True)
class LinePlan:
    """Everything bind and check need, read once and again after a change.

    `as_of` is the journal entry it was read at. `gauges` are by the source that their readings carry; `routes` leads
    from (source, channel) to the characteristics bound to it: exactly one makes a reading unambiguous. `continuous` has
    the rules of channels that are read all day, `scans` how each part (by its id) tells serial numbers from lots.
    """

    title: str = ""
    characteristics: Mapping[int, Characteristic] = field(default_factory=dict)
    gauges: Mapping[str, Gauge] = field(default_factory=dict)
    routes: Mapping[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    continuous: Mapping[tuple[str, str], ContinuousRule] = field(default_factory=dict)
    scans: Mapping[int, ScanRule] = field(default_factory=dict)
    as_of: int = 0


READ_FROM = frozenset({"binding", "characteristic", "gauge", "inspection_plan", "inspection_plan_item", "part"})
"""Kinds of records in the journal that a plan is made of."""


def load_plan(reader: Reader) -> LinePlan:
    """The effective plans as the store has them now."""
    effective = plans(reader, status=PlanStatus.EFFECTIVE)
    wanted = [number for plan in effective for number in plan.characteristics]
    known = {gauge.id: gauge for gauge in gauges(reader)}
    routes: dict[tuple[str, str], tuple[int, ...]] = {}
    continuous: dict[tuple[str, str], ContinuousRule] = {}
    for binding in bindings(reader):
        key = known[binding.gauge_id].source, binding.channel
        routes[key] = (*routes.get(key, ()), binding.characteristic_id)
        if binding.continuous is not None:
            continuous[key] = rule_from_json(binding.continuous)
    return LinePlan(
        title=", ".join(f"{plan.title or plan.name} (revision {plan.revision})" for plan in effective),
        characteristics={number: characteristic(reader, number) for number in wanted},
        gauges={gauge.source: gauge for gauge in known.values()},
        routes=routes,
        continuous=continuous,
        scans={plan.part_id: rule_of(plan_content(reader, plan.id)) for plan in effective},
        as_of=reader.journal_head()[0],
    )
