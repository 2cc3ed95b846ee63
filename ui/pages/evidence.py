"""The evidence a record was opened with, laid out: what was measured, to which limits, with which gauge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analysis.rule_words import said
from ui.models.records import Detail, Linked, moment
from ui.models.table import Column, Row
from ui.pages.named import codes
from ui.pages.record_view import Act, Section

PAGE_OF = {"investigation": "investigations", "nonconformance": "nonconformances", "capa": "capa"}
_KIND_NAMES = {"investigation": "Investigation", "nonconformance": "Nonconformance", "capa": "CAPA"}


def evidence_section(facts: Mapping[str, Any], characteristic: int | None, go: Callable[[str, str], None]) -> Section:
    """A snapshot as a card, with the way to the control chart of its characteristic."""
    unit = str(facts.get("unit", ""))
    fields = {
        "Part": " ".join(str(facts[name]) for name in ("part", "part_name") if facts.get(name)),
        "Characteristic": str(facts.get("characteristic", "")),
        "Specification": _specification(facts, unit),
        "Gauge": ", ".join(facts.get("gauges", [])),
        "Station": str(facts.get("station", "")),
        "Measured at": moment(facts.get("observed_at")),
        "Serial number": codes(facts.get("serial_numbers", ())),
        "Lot": codes(facts.get("lots", ())),
    }
    if "watch" in facts:
        fields |= _channel(facts, unit)
    elif "subgroup" in facts:
        fields |= _subgroup(facts, unit)
    readings = facts.get("readings", [])
    named = [(head, key) for head, key in _NAMED if any(one.get(key) for one in readings)]
    rows = _readings(readings, [key for _, key in named])
    columns = (
        Column("Value"),
        Column("Subgroup"),
        Column("Position"),
        Column("Measured at"),
        Column("From"),
        *(Column(head) for head, _ in named),
    )
    return Section(
        "Evidence, as it was then",
        fields,
        columns=columns if rows else (),
        rows=rows,
        acts=_chart_act(facts, characteristic, go),
    )


def signature_fields(detail: Detail[Any]) -> dict[str, str]:
    """Who signed the record, and whether the signature still belongs to what stands there."""
    if detail.signature is None:
        return {}
    signature, is_valid = detail.signature
    valid = "valid for exactly this content" if is_valid else "NOT VALID for what stands here now"
    return {"Signed": signature.shown(), "Signature": valid}


def linked_section(linked: Sequence[Linked], go: Callable[[str, str], None]) -> Section | None:
    """The records it is joined with; picking one opens it."""
    if not linked:
        return None
    places = {one.uid: PAGE_OF[one.kind] for one in linked}
    rows = tuple(Row(one.uid, (_KIND_NAMES[one.kind], one.name, one.state)) for one in linked)
    return Section(
        "Joined with",
        columns=(Column("Record"), Column("What"), Column("State")),
        rows=rows,
        picked=lambda uid: go(places[uid], uid),
    )


def decisions_section(detail: Detail[Any]) -> Section | None:
    """Who decided what, and how old the evidence was then."""
    if not detail.decisions:
        return None
    rows = tuple(
        Row(str(index), (one.decision, one.decided_by, moment(one.decided_at), _age(one.evidence_age_seconds)))
        for index, one in enumerate(detail.decisions)
    )
    columns = (Column("Decision"), Column("By"), Column("At"), Column("Evidence was"))
    return Section("Decisions", columns=columns, rows=rows)


def _chart_act(facts: Mapping[str, Any], characteristic: int | None, go: Callable[[str, str], None]) -> tuple[Act, ...]:
    if characteristic is None:
        return ()
    readings = facts.get("readings") or [{}]
    subgroup = facts.get("subgroup") or readings[0].get("subgroup", "")
    place = f"{characteristic}:{subgroup}"
    return (Act("Show on the control chart", lambda: go("control-chart", place), "chart"),)


def rule_sentences(codes: Sequence[str]) -> str:
    """Rule codes in words."""
    return "; ".join(map(said, codes))


def _subgroup(facts: Mapping[str, Any], unit: str) -> dict[str, str]:
    limits = (facts.get("limits") or {}).get("location") or {}
    low, high = limits.get("lcl"), limits.get("ucl")
    between = f"{_digits(low)} to {_digits(high)} {unit}" if isinstance(low, float) and isinstance(high, float) else ""
    return {
        "Subgroup": str(facts["subgroup"]),
        "Values": f"{', '.join(map(str, facts.get('values', [])))}\N{NO-BREAK SPACE}{unit}",
        "Mean": f"{_digits(facts['mean'])} {unit}" if isinstance(facts.get("mean"), int | float) else "",
        "Control limits of the mean": between,
        "Signals of location": rule_sentences(facts.get("rules_location", [])),
        "Signals of dispersion": rule_sentences(facts.get("rules_dispersion", [])),
    }


def _channel(facts: Mapping[str, Any], unit: str) -> dict[str, str]:
    """What a watch of a continuous channel saw; `value` is the last good one."""
    value = facts.get("value")
    return {
        "Channel": str(facts.get("channel", "")),
        "Alarm": said(str(facts["watch"])),
        "Seen": str(facts.get("seen", "")),
        "Last good value": "" if value is None else f"{value} {unit}",
    }


def _digits(value: float) -> str:
    """With its last zeros: a mean and its limits have their digits alike."""
    return f"{value:#.6g}".rstrip(".")


def _specification(facts: Mapping[str, Any], unit: str) -> str:
    lower, upper = facts.get("lower_specification"), facts.get("upper_specification")
    if lower is None and upper is None:
        return ""
    if lower is None:
        return f"at most {upper} {unit}"
    return f"at least {lower} {unit}" if upper is None else f"{lower} to {upper} {unit}"


_NAMED = (("Serial number", "serial_numbers"), ("Lot", "lots"))
"""Columns of values that are there where something was scanned for one of them."""


def _readings(readings: Sequence[Mapping[str, Any]], named: Sequence[str]) -> tuple[Row, ...]:
    return tuple(
        Row(
            str(index),
            (
                str(one.get("sent", one.get("value", ""))),
                str(one.get("subgroup", "")),
                str(one.get("position", "")),
                moment(one.get("observed_at")),
                str(one.get("source", "")),
                *(codes(one.get(key, ())) for key in named),
            ),
            ("nonconformance", "alarm"),
        )
        for index, one in enumerate(readings)
    )


def _age(seconds: int) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} old"
    return f"{seconds} s old"
