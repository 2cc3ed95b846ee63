"""Turns the facts of an inspection report into the strings that its template sets."""

from __future__ import annotations

from collections import Counter
from typing import Any

from analysis.capability import CapabilityResult
from analysis.rule_words import rule_name, sentence, short_code
from workstation.catalog.identifications import Named
from workstation.catalog.scanned import shown
from workstation.quality.alarms import Alarm
from workstation.reports.inspection import figures
from workstation.reports.inspection.facts import (
    Corrective,
    Disposed,
    InspectionFacts,
    LimitsInForce,
    Reading,
    Signed,
    Subgroup,
)
from workstation.reports.wording import (
    NOTHING,
    as_sent,
    estimator,
    figure,
    moment,
    moment_here,
    significant,
)

LONGEST_CODE = 24
"""Characters of a scanned code that the table has room for."""
WIDEST = 10
"""Readings of a subgroup that the table shows in columns of their own; larger subgroups show their extremes."""

Cell = str | dict[str, str]


def alarming(text: str) -> Cell:
    """A cell that is marked: by weight and colour, and by a sign before it."""
    return {"kind": "alarm", "text": f"▲ {text}"}


def strong(text: str) -> Cell:
    return {"kind": "strong", "text": text}


def content_of(facts: InspectionFacts) -> dict[str, Any]:
    """Everything the template shows."""
    what, part = facts.characteristic, facts.part
    drawing = f", drawing revision {part.drawing_revision}" if part.drawing_revision else ""
    return {
        "title": f"Inspection report: {what.name}",
        "subtitle": f"Part {part.number} {part.name}{drawing}",
        "author": f"Sinebar {facts.program}, station {facts.station}",
        "description": f"Inspection of {what.name} of part {part.number}, {facts.span}",
        "language": "en",
        "header": {"left": "Inspection report", "right": f"{part.number} · {what.name}"},
        "footer": {"left": f"{facts.station} · Sinebar {facts.program} · {moment(facts.generated_at)}"},
        "in_tolerance_remark": _in_tolerance_remark(facts),
        "tiles": _tiles(facts),
        "identity": _identity(facts),
        "figures": _figures(facts),
        "rules": _rules(facts),
        "chart_remark": _chart_remark(facts),
        "capability": _capability(facts),
        "value_head": f"Value [{what.unit}]",
        "out_of_tolerance": [_out(reading) for reading in facts.out_of_tolerance],
        "corrections": [_corrected(reading) for reading in facts.corrections],
        "alarms": [
            [
                str(one.subgroup),
                moment(one.raised_at),
                _what_broke(one),
                NOTHING if one.reaction_step is None else f"{one.reaction_step} ({one.acknowledged_by})",
            ]
            for one in facts.alarms
        ],
        "investigations": [
            [strong(one.number), f"{one.title}. {one.findings or ''}".strip(), str(one.state)]
            for one in facts.investigations
        ],
        "nonconformances": [_nonconformance(one) for one in facts.nonconformances],
        "subgroups": _subgroups(facts),
        "record": _record(facts),
    }


def _what_broke(one: Alarm) -> str:
    """The rules' names; of a channel's alarm also when it ended."""
    rules = ", ".join(map(rule_name, one.rules))
    if one.ended_at is not None:
        return f"{rules}, until {moment(one.ended_at)}"
    return rules if one.seen_until is None else f"{rules}, at least until {moment(one.seen_until)}"


def _tiles(facts: InspectionFacts) -> list[dict[str, str]]:
    out, signals = len(facts.out_of_tolerance), sum(bool(_broken(s)) for s in facts.subgroups)
    study = facts.capability
    index, name, interval = _headline(study)
    short = bool(study) and index is not None and index < figures.REQUIRED
    total = len(facts.readings)
    return [
        {"label": "Subgroups", "value": str(len(facts.subgroups)), "note": f"{total} readings", "state": ""},
        {
            "label": "Out of tolerance",
            "value": str(out) if _has_specification(facts) else NOTHING,
            "note": f"of {total} readings" if _has_specification(facts) else "no specification",
            "state": "alarm" if out else "",
        },
        {
            "label": "Out of control",
            "value": str(signals),
            "note": f"of {len(facts.subgroups)} subgroups",
            "state": "alarm" if signals else "",
        },
        {"label": name, "value": figure(index, 2), "note": interval, "state": "alarm" if short else ""},
    ]


def _headline(study: CapabilityResult | None) -> tuple[float | None, str, str]:
    """The index that is told first: Ppk, which takes in all variation that was seen."""
    if study is None or study.ppk is None:
        return None, "Performance Ppk", "not computed"
    interval = study.intervals.get("ppk")
    if interval is None:
        return study.ppk, "Performance Ppk", ""
    bounds = f"{figure(interval.lower, 2)} to {figure(interval.upper, 2)}"
    return study.ppk, "Performance Ppk", f"{study.confidence:.0%}: {bounds}"


def _identity(facts: InspectionFacts) -> list[list[str]]:
    what, plan = facts.characteristic, facts.plan
    gauges = ", ".join(f"{g.name}" + (f" (serial {g.serial_number})" if g.serial_number else "") for g in facts.gauges)
    due = ", ".join(g.calibration_due or "not planned" for g in facts.gauges)
    return [
        ["Characteristic", f"{what.name}, {what.criticality}"],
        ["Inspection plan", NOTHING if plan is None else f"{plan.name}, revision {plan.revision} ({plan.status})"],
        ["Specification", _specification(facts)],
        ["Plan approved", NOTHING if plan is None else f"{plan.approved_by or NOTHING}, {moment(plan.effective_at)}"],
        ["Sampling", f"subgroups of {what.subgroup_size}, {_CHARTS[what.chart]}, {rule_name(facts.rules.name)} rules"],
        ["Selection", facts.span],
        ["Gauge", gauges or NOTHING],
        ["Calibration due", due or NOTHING],
    ]


_CHARTS = {"xbar_r": "mean and range chart", "xbar_s": "mean and deviation chart", "i_mr": "individuals chart"}


def _specification(facts: InspectionFacts) -> str:
    what = facts.characteristic
    lower, upper = what.lower_specification, what.upper_specification
    nominal = "" if what.nominal is None else f", nominal {as_sent(what.nominal)}"
    if lower is not None and upper is not None:
        return f"{as_sent(lower)} to {as_sent(upper)} {what.unit}{nominal}"
    if lower is not None:
        return f"at least {as_sent(lower)} {what.unit}{nominal}"
    if upper is not None:
        return f"at most {as_sent(upper)} {what.unit}{nominal}"
    return f"none{nominal}"


def _has_specification(facts: InspectionFacts) -> bool:
    what = facts.characteristic
    return what.lower_specification is not None or what.upper_specification is not None


def _in_tolerance_remark(facts: InspectionFacts) -> str:
    if not _has_specification(facts):
        return "The characteristic has no specification."
    if not facts.readings:
        return "There are no readings in this selection."
    return f"None of the {len(facts.readings)} readings lies outside the specification."


def _figures(facts: InspectionFacts) -> dict[str, dict[str, str]]:
    name = facts.characteristic.name
    return {
        "control": {
            "svg": figures.control_chart_of(facts),
            "description": f"Control chart of {name}; the table of subgroups holds the same figures.",
        },
        "histogram": {
            "svg": figures.histogram_of(facts),
            "description": f"Histogram of {len(facts.readings)} values of {name} with its specification.",
        },
        "capability": {
            "svg": figures.capability_of(facts),
            "description": "Capability indices with confidence intervals; the table below holds the same figures.",
        },
    }


def _broken(subgroup: Subgroup) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*subgroup.location_rules, *subgroup.dispersion_rules)))


def _rules(facts: InspectionFacts) -> list[list[Cell]]:
    counts = Counter(code for subgroup in facts.subgroups for code in _broken(subgroup))
    return [
        [alarming(short_code(rule.code)), rule_name(rule.code), sentence(rule), str(counts[rule.code])]
        for rule in facts.rules.rules
        if counts[rule.code]
    ]


def _chart_remark(facts: InspectionFacts) -> str:
    if not facts.subgroups:
        return "No subgroup was closed in this selection."
    if not facts.limits:
        return "Control limits are still being collected: no subgroup was judged."
    unit, decimals = facts.characteristic.unit, facts.characteristic.decimals + 1
    told = [
        f"Limits {number} {_basis(one, unit, decimals)}, set by {one.established_by} on {moment(one.established_at)}."
        for number, one in enumerate(facts.limits, 1)
    ]
    return " ".join(told)


def _basis(limits: LimitsInForce, unit: str, decimals: int) -> str:
    """What limits rest on: the subgroups that they were computed from, or the figures that they were given with."""
    if (given := limits.given) is not None:
        return f"given: mean {as_sent(given.mean)} {given.unit}, sigma {as_sent(given.sigma)} {given.unit}"
    return (
        f"from subgroups {limits.first} to {limits.last}{_without(limits)}: "
        f"centre {figure(limits.center, decimals)} {unit}, "
        f"within sigma {significant(limits.sigma)} {unit} by {estimator(limits.sigma_method)}"
    )


def _without(limits: LimitsInForce) -> str:
    """The subgroups that were not computed with, and why."""
    left_out = "; ".join(f"{number} ({why})" for number, why in limits.left_out)
    return f" without {left_out}" if left_out else ""


def _capability(facts: InspectionFacts) -> dict[str, Any]:
    study, unit = facts.capability, facts.characteristic.unit
    if study is None:
        return {"head": [], "rows": [], "facts": [], "remarks": [f"No capability: {facts.capability_reason}"]}
    rows = []
    for one in figures.indices(study):
        interval = NOTHING if one.lower is None else f"{figure(one.lower, 2)} to {figure(one.upper, 2)}"
        rows.append([strong(one.name), figure(one.value, 2), interval])
    decimals = facts.characteristic.decimals + 1
    found = [
        ["Mean", f"{figure(study.mean, decimals)} {unit}"],
        ["Sigma within", f"{significant(study.within.sigma)} {unit} ({estimator(study.within.method)})"],
        ["Sigma overall", f"{significant(study.overall.sigma)} {unit} ({estimator(study.overall.method)})"],
        ["Outside, observed", f"{figure(study.observed.total, 0)} ppm"],
        ["Outside, expected", f"{_parts(study.expected_overall.total)} ppm of the overall spread"],
        ["Model", _model(study)],
    ]
    remarks = [
        f"Method: {study.provenance.method}, analysis {study.provenance.version}"
        + (f", readings of {study.provenance.preset}" if study.provenance.preset else "")
        + f". Cp and Cpk rest on the variation within subgroups, Pp and Ppk on all variation of {study.n} values.",
    ]
    if facts.alarms or any(_broken(s) for s in facts.subgroups):
        remarks.append(
            "The process was not in statistical control here: the indices describe what was, not what will be."
        )
    if not any(s.limits is not None and not s.baseline for s in facts.subgroups):
        remarks.append("No subgroup was judged by limits set before it: whether the process was stable is not known.")
    head = ["Index", "Value", f"{study.confidence:.0%} interval"]
    return {"head": head, "rows": rows, "facts": found, "remarks": remarks}


def _parts(ppm: float | None) -> str:
    return "below 0.001" if ppm is not None and 0 < ppm < 0.001 else significant(ppm, 3)


def _model(study: CapabilityResult) -> str:
    test = None if study.fit is None else study.fit.anderson_darling
    if test is None:
        return study.model
    p = "" if test.p is None else f", p {test.p_relation} {significant(test.p, 2)}"
    return f"{study.model}; Anderson-Darling A² {significant(test.statistic, 3)}{p}"


def _out(reading: Reading) -> list[Cell]:
    return [
        str(reading.subgroup),
        str(reading.position),
        alarming(as_sent(reading.value)),
        moment(reading.observed_at),
        reading.source,
        reading.account,
    ]


def _corrected(reading: Reading) -> list[Cell]:
    first = NOTHING if reading.corrected_from is None else as_sent(reading.corrected_from)
    return [str(reading.subgroup), str(reading.position), first, strong(as_sent(reading.value)), reading.account]


def _nonconformance(one: Disposed) -> dict[str, Any]:
    record = one.record
    found = [
        ["Opened", f"{moment(record.opened_at)} by {record.opened_by}"],
        ["Quantity", str(record.quantity)],
        ["Containment", record.containment or NOTHING],
        [
            "Disposition",
            NOTHING if record.disposition is None else f"{record.disposition}: {record.disposition_reason}",
        ],
    ]
    if record.concession:
        found.append(["Concession", record.concession])
    if record.reverification:
        found.append(["Verified again", f"{record.reverification} ({record.reverified_by})"])
    found += [["Corrective action", _action(action)] for action in one.capas]
    signatures = [_signature(one.signed)] if one.signed else []
    signatures += [_signature(action.signed) for action in one.capas if action.signed]
    return {
        "number": record.number,
        "state": str(record.state),
        "open": record.disposition is None,
        "nature": record.nature,
        "facts": found,
        "signatures": signatures,
    }


def _action(one: Corrective) -> str:
    return f"{one.record.number} {one.record.title}, {one.record.state}, owner {one.record.owner}"


def _signature(signed: Signed) -> dict[str, Any]:
    one = signed.signature
    return {
        "name": one.printed_name,
        "account": one.account,
        "time": moment(one.signed_at),
        "meaning": str(one.meaning),
        "hash": one.content_hash,
        "valid": signed.valid,
        "verdict": "The signature belongs to exactly this content."
        if signed.valid
        else "▲ The content is not what was signed.",
    }


def _subgroups(facts: InspectionFacts) -> dict[str, Any]:
    what = facts.characteristic
    size = max((len(s.readings) for s in facts.subgroups), default=what.subgroup_size)
    single, wide = size == 1, size > WIDEST
    columns = [] if single else (["Lowest", "Highest"] if wide else [str(i) for i in range(1, size + 1)])
    spread = {"xbar_r": "Range", "xbar_s": "Deviation", "i_mr": "Moving range"}[what.chart]
    named = facts.named
    pieces = ["Piece, lot"] if named else []
    head = ["No.", "Closed (UTC)", *columns, "Value" if single else "Mean", spread, *pieces, "Rules"]
    rows = [_row(subgroup, facts, size) for subgroup in facts.subgroups]
    if named:
        rows = [
            [*row[:-1], _pieces(named.get(one.number)), row[-1]] for row, one in zip(rows, facts.subgroups, strict=True)
        ]
    remark = (
        f"Values in {what.unit}, with the decimals that were sent; ▲ marks what is out of tolerance or out of control."
    )
    if any(s.baseline for s in facts.subgroups):
        remark += " Limits were computed from the subgroups marked “baseline”."
    return {
        "head": head,
        "rows": rows,
        "widths": _widths(len(head), single, bool(pieces)),
        "align": ["right", "left", *["right"] * (len(head) - 3 - len(pieces)), *["left"] * len(pieces), "left"],
        "remark": remark,
    }


def _widths(columns: int, single: bool, has_pieces: bool) -> list[str]:
    """Figures share the page evenly, but where codes stand beside them they take what they need and the codes wrap."""
    if has_pieces:
        return [*["auto"] * (columns - 2), "even", "auto"]
    return ["auto"] * 4 + ["even"] if single else ["auto", "auto", *["even"] * (columns - 3), "auto"]


def _pieces(named: Named | None) -> str:
    """Serial numbers and lots of a subgroup, long ones shortened: the workbook has them whole."""
    if named is None:
        return ""
    lots = [f"lot {_short(text)}" for text in named.lots]
    return ", ".join([*map(_short, named.serial_numbers), *lots])


def _short(text: str) -> str:
    visible = shown(text)
    return (
        visible if len(visible) <= LONGEST_CODE else f"{visible[: LONGEST_CODE // 2]}…{visible[-LONGEST_CODE // 3 :]}"
    )


def _row(subgroup: Subgroup, facts: InspectionFacts, size: int) -> list[Cell]:
    decimals = facts.characteristic.decimals + 1
    values: list[Cell] = []
    if size > WIDEST:
        ordered = sorted(subgroup.readings, key=lambda reading: reading.value)
        values = [_value(ordered[0]), _value(ordered[-1])] if ordered else [NOTHING, NOTHING]
    elif size > 1:
        values = [_value(reading) for reading in subgroup.readings]
        values += [NOTHING] * (size - len(values))
    rules = ", ".join(short_code(code) for code in _broken(subgroup))
    mean: Cell = figure(subgroup.mean, decimals)
    if size == 1 and subgroup.readings:
        mean = _value(subgroup.readings[0])
    note: Cell = alarming(rules) if rules else ("baseline" if subgroup.baseline else "")
    closed = moment(subgroup.closed_at).removesuffix(" UTC")
    return [str(subgroup.number), closed, *values, mean, figure(subgroup.spread, decimals), note]


def _value(reading: Reading) -> Cell:
    return alarming(as_sent(reading.value)) if reading.in_tolerance is False else as_sent(reading.value)


def _record(facts: InspectionFacts) -> list[list[str]]:
    found = [
        ["Content of this report", facts.content_hash(), "hash"],
        ["Journal of the station", f"{facts.journal_count} entries, ending in"],
        ["", facts.journal_hash, "hash"],
    ]
    if facts.plan is not None:
        found.append(["Content of the plan", facts.plan.content_hash, "hash"])
    analysis = "" if facts.capability is None else f", analysis {facts.capability.provenance.version}"
    return [
        *found,
        ["Station", facts.station],
        ["Program", f"Sinebar {facts.program}{analysis}"],
        ["Printed", moment_here(facts.generated_at, facts.local_offset)],
    ]
