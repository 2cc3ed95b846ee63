"""A problem statement filled from the data: what, where, when, how much, to which limits, on which evidence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from workstation.quality.investigations import Investigation
from workstation.quality.nonconformances import Nonconformance


def of_nonconformance(record: Nonconformance) -> str:
    """The statement of a nonconformance, a line a question."""
    facts = record.evidence_facts()
    readings = facts.get("readings", [])
    what = f"{_thing(facts)}: {record.nature}." if readings or facts.get("part") else f"{record.nature}."
    lines = [
        f"What: {what}",
        f"Where: {_where(facts)}",
        f"When: {_time(record.observed_at)}, opened as {record.number}.",
    ]
    lines.append(f"How much: {record.quantity} {'piece' if record.quantity == 1 else 'pieces'}{_values(facts)}.")
    if record.severity and not readings:
        lines.append(f"How bad: {record.severity}.")
    if specification := _specification(facts):
        lines.append(f"Limits: {specification}.")
    lines.append(f"Evidence: {_readings(readings) or f'the record {record.number}'}.")
    if record.containment:
        lines.append(f"Contained: {record.containment}")
    return "\n".join(lines)


def of_investigation(record: Investigation) -> str:
    """The statement of an investigation, a line a question."""
    facts = record.evidence_facts()
    rules = [*facts.get("rules_location", []), *facts.get("rules_dispersion", [])]
    lines = [
        f"What: {_thing(facts)}: {record.title}.",
        f"Where: {_where(facts)}",
        f"When: {_time(int(facts.get('observed_at', record.opened_at)))}, investigated as {record.number}.",
    ]
    if "values" in facts:
        unit = facts.get("unit", "")
        lines.append(
            f"How much: subgroup {facts['subgroup']} with {', '.join(facts['values'])} {unit}, "
            f"mean {facts['mean']:.6g} {unit}."
        )
    if limits := _control(facts):
        lines.append(f"Limits: {limits}.")
    lines.append(f"Evidence: rules {', '.join(rules)}." if rules else f"Evidence: the record {record.number}.")
    if record.assignable_cause:
        lines.append(f"Assignable cause found: {record.assignable_cause} ({record.cause_category}).")
    return "\n".join(lines)


def _thing(facts: dict[str, Any]) -> str:
    part = " ".join(text for text in (facts.get("part", ""), facts.get("part_name", "")) if text)
    return part or "product"


def _where(facts: dict[str, Any]) -> str:
    gauges = ", ".join(facts.get("gauges", []))
    station = facts.get("station") or "not stated"
    return f"station {station}{f', gauge {gauges}' if gauges else ''}."


def _time(microseconds: int) -> str:
    return f"{datetime.fromtimestamp(microseconds / 1e6, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _values(facts: dict[str, Any]) -> str:
    values = [reading["value"] for reading in facts.get("readings", [])]
    return f" with {', '.join(values)} {facts.get('unit', '')}".rstrip() if values else ""


def _specification(facts: dict[str, Any]) -> str:
    lower, upper, unit = (facts.get(name) for name in ("lower_specification", "upper_specification", "unit"))
    if lower is None and upper is None:
        return ""
    return f"specification {'-∞' if lower is None else lower} to {'∞' if upper is None else upper} {unit}"


def _control(facts: dict[str, Any]) -> str:
    location = (facts.get("limits") or {}).get("location") or {}
    numbers = [location.get(name) for name in ("lcl", "center", "ucl")]
    if not all(isinstance(number, int | float) for number in numbers):
        return f"control limits {facts['limits_id']}" if facts.get("limits_id") else ""
    lower, center, upper = numbers
    return f"control limits {lower:.6g} to {upper:.6g} around {center:.6g} {facts.get('unit', '')}".rstrip()


def _readings(readings: list[dict[str, Any]]) -> str:
    return "; ".join(
        f"subgroup {one['subgroup']} position {one['position']}: {one['sent']} from {one['source']}" for one in readings
    )
