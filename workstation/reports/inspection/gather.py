"""Collects the facts of an inspection report in one consistent view of the store."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from analysis.capability import CapabilityResult
from analysis.capability import Specification as Limits
from analysis.errors import AnalysisError
from analysis.rules import RuleSet
from workstation.catalog import gauges as gauge_records
from workstation.catalog import limits as limit_records
from workstation.catalog import parts, plans
from workstation.catalog.identifications import Identified, identified
from workstation.catalog.values import Characteristic, Chart, ControlLimits, Gauge, Plan
from workstation.errors import CallIsWrong
from workstation.quality import alarms, capa, investigations, links, nonconformances
from workstation.reports.inspection.facts import (
    Corrective,
    Disposed,
    InspectionFacts,
    LimitsInForce,
    Reading,
    Signed,
    Subgroup,
)
from workstation.reports.wording import moment, program_version
from workstation.store import Measurement, Reader, Store, SubgroupWindow
from workstation.units import convert

USUAL = 200
"""Subgroups of a report that asks for no span."""
MOST = 5000
"""Subgroups a report may hold: about 200 pages."""
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Span:
    """What is asked for: subgroups closed from `since` up to and without `until` (UTC microseconds), None for open."""

    since: int | None = None
    until: int | None = None

    @property
    def usual(self) -> bool:
        return self.since is None and self.until is None


def gather(store: Store, characteristic: str, *, plan: str | None = None, span: Span | None = None) -> InspectionFacts:
    """The facts of one characteristic, named by its name or number, of a plan (the effective one when not named).

    Raises CallIsWrong when there is no such plan or characteristic, or when the span holds more than can be printed.
    """
    span = span or Span()
    with store.read() as reader:
        found_plan = _plan(reader, plan)
        what = _characteristic(reader, characteristic, found_plan, plan is not None)
        part = parts.part(reader, what.part_id)
        windows = _windows(reader, what.id, span)
        rules = RuleSet.from_text(what.rules)
        count, last_hash = reader.journal_head()
        lines = {record.id: record for record in limit_records.limits_history(reader, what.id)}
        subgroups = tuple(
            one for one in _subgroups(reader, what, windows, lines, rules) if span.usual or _within(one.closed_at, span)
        )
        capability, why_not = _capability(what, subgroups)
        shown = {subgroup.number for subgroup in subgroups}
        return InspectionFacts(
            station=store.station,
            program=program_version(),
            generated_at=store.clock.microseconds(),
            local_offset=store.clock.offset_minutes(),
            journal_count=count,
            journal_hash=last_hash,
            span=_span_words(span, subgroups),
            plan=found_plan if found_plan is not None and what.id in found_plan.characteristics else None,
            part=part,
            characteristic=what,
            gauges=_gauges(reader, what.id),
            rules=rules,
            subgroups=subgroups,
            limits=_limits(lines, subgroups),
            capability=capability,
            capability_reason=why_not,
            alarms=tuple(
                one for one in reversed(alarms.alarms(reader, characteristic_id=what.id)) if one.subgroup in shown
            ),
            investigations=_investigations(reader, what.id, shown),
            nonconformances=_nonconformances(reader, what.id, shown),
            identified=identified(reader, what.id, min(shown), max(shown)) if shown else Identified(),
        )


def _plan(reader: Reader, name: str | None) -> Plan | None:
    found = plans.effective_plan(reader, name)
    if found is None and name is not None:
        raise CallIsWrong(f"There is no effective plan {name!r}.", "See 'sinebar records list plan'.")
    return found


def _characteristic(reader: Reader, wanted: str, plan: Plan | None, plan_named: bool) -> Characteristic:
    known = parts.characteristics(reader)
    if plan is not None:
        of_plan = [one for one in known if one.id in plan.characteristics]
        known = of_plan if plan_named else of_plan + [one for one in known if one not in of_plan]
    for one in known:
        if wanted in (one.name, str(one.id)):
            return one
    names = ", ".join(one.name for one in known[:8])
    where = f" in plan {plan.name}" if plan is not None and plan_named else ""
    raise CallIsWrong(
        f"There is no characteristic {wanted!r}{where}.",
        f"There are: {names}." if names else "Import an inspection plan first.",
    )


def _windows(reader: Reader, characteristic: int, span: Span) -> list[SubgroupWindow]:
    """Windows of closed subgroups that touch the span, oldest first, read backwards a page at a time."""
    if span.usual:
        return [reader.last_subgroups(characteristic, USUAL)]
    found: list[SubgroupWindow] = []
    up_to: int | None = None
    total = 0
    while True:
        window = reader.last_subgroups(characteristic, _PAGE, up_to=up_to)
        inside = [t for t in window.closed_at.tolist() if _within(t, span)]
        total += len(inside)
        if total > MOST:
            raise CallIsWrong(
                f"The span holds more than {MOST} subgroups.", "Narrow it with --from and --to, or export the readings."
            )
        found.append(window)
        if len(window.numbers) < _PAGE or (span.since is not None and window.closed_at[0] < span.since):
            return found[::-1]
        up_to = int(window.numbers[0]) - 1


def _within(closed_at: int, span: Span) -> bool:
    after = span.since is None or closed_at >= span.since
    return after and (span.until is None or closed_at < span.until)


def _subgroups(
    reader: Reader,
    what: Characteristic,
    windows: list[SubgroupWindow],
    lines: dict[int, ControlLimits],
    rules: RuleSet,
) -> tuple[Subgroup, ...]:
    found: list[Subgroup] = []
    drawn = {number: json.loads(record.limits) for number, record in lines.items()}
    for window in windows:
        if not len(window.numbers):
            continue
        readings = _readings(reader, what, int(window.numbers[0]), int(window.numbers[-1]))
        for index, number in enumerate(window.numbers.tolist()):
            found.append(
                _subgroup(window, index, readings.get(number, ()), _of(number, window, index, lines), drawn, rules)
            )
    return tuple(found)


def _of(number: int, window: SubgroupWindow, index: int, lines: dict[int, ControlLimits]) -> tuple[int | None, bool]:
    """Which limits belong to a subgroup, and whether they were computed from it."""
    judged_by = int(window.limits[index])
    if judged_by:
        return judged_by, False
    for record in lines.values():
        if record.computed_from(number):
            return record.id, True
    return None, False


def _subgroup(
    window: SubgroupWindow,
    index: int,
    readings: tuple[Reading, ...],
    of: tuple[int | None, bool],
    drawn: dict[int, dict[str, Any]],
    rules: RuleSet,
) -> Subgroup:
    limits, baseline = of
    location = _panel(drawn.get(limits or 0), "location")
    dispersion = _panel(drawn.get(limits or 0), "dispersion")
    return Subgroup(
        number=int(window.numbers[index]),
        closed_at=int(window.closed_at[index]),
        readings=readings,
        mean=float(window.means[index]),
        spread=_finite(float(window.spreads[index])),
        center=location[0],
        lower=location[1],
        upper=location[2],
        spread_center=dispersion[0],
        spread_lower=dispersion[1],
        spread_upper=dispersion[2],
        location_rules=rules.names(int(window.location[index])),
        dispersion_rules=rules.names(int(window.dispersion[index])),
        limits=limits,
        baseline=baseline,
    )


def _panel(limits: dict[str, Any] | None, name: str) -> tuple[float | None, float | None, float | None]:
    panel = (limits or {}).get(name) or {}
    return panel.get("center"), panel.get("lcl"), panel.get("ucl")


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _readings(reader: Reader, what: Characteristic, first: int, last: int) -> dict[int, tuple[Reading, ...]]:
    by_subgroup: dict[int, list[Reading]] = {}
    originals: dict[tuple[int, int], Measurement] = {}
    latest: dict[tuple[int, int], Measurement] = {}
    for one in reader.measurements(what.id, first, last, versions=True):
        originals.setdefault((one.subgroup, one.position), one)
        latest[one.subgroup, one.position] = one
    for place, one in latest.items():
        original = originals[place]
        by_subgroup.setdefault(one.subgroup, []).append(_reading(one, what, original if original is not one else None))
    return {number: tuple(readings) for number, readings in by_subgroup.items()}


def _reading(one: Measurement, what: Characteristic, original: Measurement | None) -> Reading:
    value = convert(one.value, one.unit, what.unit)
    return Reading(
        subgroup=one.subgroup,
        position=one.position,
        value=value,
        sent=one.value,
        sent_unit=one.unit,
        observed_at=one.observed_at,
        source=one.source,
        trigger=one.trigger,
        quality=one.quality,
        remark=one.remark,
        account=one.account,
        in_tolerance=what.in_tolerance(value),
        corrected_from=None if original is None else convert(original.value, original.unit, what.unit),
    )


def _capability(what: Characteristic, subgroups: tuple[Subgroup, ...]) -> tuple[CapabilityResult | None, str]:
    """The capability of the values shown, or why there is none."""
    import numpy as np

    from analysis import capability

    if what.lower_specification is None and what.upper_specification is None:
        return None, "The characteristic has no specification."
    rows = [[float(r.value) for r in s.readings] for s in subgroups if len(s.readings) == what.subgroup_size]
    if len(rows) < 2:
        return None, "Fewer than two whole subgroups are in this selection."
    values = np.array(rows, dtype=np.float64)
    lower, upper, target = what.lower_specification, what.upper_specification, what.nominal
    limits = Limits(_number(lower), _number(upper), _number(target))
    within = {Chart.XBAR_R: "r_bar", Chart.XBAR_S: "s_bar", Chart.I_MR: None}[what.chart]
    try:
        if what.chart is Chart.I_MR:
            return capability.study(values[:, 0], limits), ""
        return capability.study(values, limits, within=within), ""
    except AnalysisError as error:
        return None, str(error)


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _limits(lines: dict[int, ControlLimits], subgroups: Iterable[Subgroup]) -> tuple[LimitsInForce, ...]:
    used = dict.fromkeys(subgroup.limits for subgroup in subgroups if subgroup.limits is not None)
    found = []
    for number in used:
        record = lines[number]
        facts = json.loads(record.limits)
        center, lower, upper = _panel(facts, "location")
        found.append(
            LimitsInForce(
                record.id, record.first_subgroup, record.last_subgroup, tuple(record.left_out.items()),
                record.established_by, record.established_at,
                float(center if center is not None else facts["center"]), lower, upper,
                float(facts["sigma"]), str(facts["sigma_method"]), record.given,
            )
        )  # fmt: skip
    return tuple(found)


def _gauges(reader: Reader, characteristic: int) -> tuple[Gauge, ...]:
    bound = [one.gauge_id for one in gauge_records.bindings(reader) if one.characteristic_id == characteristic]
    return tuple(gauge_records.gauge(reader, number) for number in dict.fromkeys(bound))


def _investigations(reader: Reader, characteristic: int, shown: set[int]) -> tuple[investigations.Investigation, ...]:
    """Investigations that an alarm in the span opened or joined."""
    wanted: dict[str, None] = {}
    for one in alarms.alarms(reader, characteristic_id=characteristic):
        if one.subgroup in shown:
            wanted.update(dict.fromkeys(links.linked(reader, one.uid, "investigation")))
    found = [investigations.investigation(reader, uid) for uid in wanted]
    return tuple(sorted(found, key=lambda one: one.opened_at))


def _nonconformances(reader: Reader, characteristic: int, shown: set[int]) -> tuple[Disposed, ...]:
    found = []
    for record in reversed(nonconformances.nonconformances(reader, characteristic_id=characteristic)):
        if record.subgroup is not None and record.subgroup not in shown:
            continue
        signed = nonconformances.disposition_signature(reader, record.uid)
        actions = tuple(_corrective(reader, uid) for uid in links.linked(reader, record.uid, "capa"))
        found.append(Disposed(record, None if signed is None else Signed(*signed), actions))
    return tuple(found)


def _corrective(reader: Reader, uid: str) -> Corrective:
    signed = capa.closing_signature(reader, uid)
    return Corrective(capa.capa(reader, uid), None if signed is None else Signed(*signed))


def _span_words(span: Span, subgroups: tuple[Subgroup, ...]) -> str:
    if span.usual:
        return f"the last {len(subgroups)} closed subgroups" if subgroups else "no closed subgroups"
    since = moment(span.since) if span.since is not None else "the beginning"
    until = moment(span.until) if span.until is not None else "now"
    return f"subgroups closed from {since} to {until}"
