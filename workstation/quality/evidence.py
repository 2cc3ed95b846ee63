"""Evidence: a snapshot of the data that a record rests on, taken at its opening, and its age at each decision."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workstation.catalog.gauges import bindings, gauge
from workstation.catalog.identifications import identified
from workstation.catalog.limits import limits
from workstation.catalog.parts import part
from workstation.catalog.values import Characteristic
from workstation.quality.records import DecisionRecord
from workstation.store import Reader, UnitOfWork
from workstation.store.journal import canonical_json
from workstation.store.mapping import select, value_of

SUBGROUPS_BEFORE = 10
"""Closed subgroups before the one in question that an alarm's evidence shows."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided on which evidence; its age is in seconds, from observation to decision."""

    record_kind: str
    record_id: str
    decision: str
    decided_by: str
    decided_at: int
    evidence: tuple[str, ...]
    evidence_at: int
    evidence_age_seconds: int


def facts_of(text: str) -> dict[str, Any]:
    """A record's evidence as an object."""
    facts: dict[str, Any] = json.loads(text)
    return facts


def written(facts: Mapping[str, Any]) -> str:
    """Evidence as a record keeps it: canonical JSON, decimals as text, nothing that is no number."""
    return canonical_json(json.loads(json.dumps(_plain(facts), allow_nan=False)))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(inner) for inner in value]
    return value


def about(work: UnitOfWork, characteristic: Characteristic) -> dict[str, Any]:
    """What a characteristic is, on which part, to which specification, and which gauges feed it."""
    of = part(work, characteristic.part_id)
    fed_by = [gauge(work, one.gauge_id) for one in bindings(work) if one.characteristic_id == characteristic.id]
    return {
        "part": of.number,
        "part_name": of.name,
        "characteristic": characteristic.name,
        "unit": characteristic.unit,
        "nominal": characteristic.nominal,
        "lower_specification": characteristic.lower_specification,
        "upper_specification": characteristic.upper_specification,
        "gauges": [f"{one.name} ({one.source})" if one.source != one.name else one.name for one in fed_by],
        "station": work.station,
    }


def readings_of(reader: Reader, characteristic: int, subgroup: int) -> list[dict[str, Any]]:
    """A subgroup's values as they were kept: as sent, from which gauge, by whom, when; empty before they are kept."""
    return [
        {
            "position": one.position,
            "sent": f"{one.value} {one.unit}",
            "source": one.source,
            "account": one.account,
            "observed_at": one.observed_at,
        }
        for one in reader.measurements(characteristic, subgroup, subgroup)
    ]


def named(reader: Reader, characteristic: int, subgroup: int, position: int | None = None) -> dict[str, Any]:
    """Serial numbers and lots that were scanned for a subgroup, or for one value of it; only what there is."""
    held = identified(reader, characteristic, subgroup, subgroup)
    return (held.of_subgroup(subgroup) if position is None else held.of(subgroup, position)).facts()


def subgroups_before(reader: Reader, characteristic: int, subgroup: int) -> dict[str, Any]:
    """Numbers, means and spreads of the closed subgroups just before one."""
    window = reader.last_subgroups(characteristic, SUBGROUPS_BEFORE, up_to=subgroup - 1)
    return {
        "subgroups": window.numbers.tolist(), "means": window.means.tolist(), "spreads": window.spreads.tolist(),
    }  # fmt: skip


def control_limits(reader: Reader, number: int | None) -> Any:
    """The frozen limits that were in force, as they were computed."""
    return None if number is None else json.loads(limits(reader, number).limits)


def log_decision(
    work: UnitOfWork, record_kind: str, record_id: str, decision: str, evidence: Sequence[str], evidence_at: int
) -> Decision:
    """Write down who decided what on which evidence, and how old that was: no figure on decisions without it."""
    record = DecisionRecord(
        record_kind=record_kind, record_id=record_id, decision=decision, decided_by=work.account, decided_at=work.now,
        evidence=canonical_json({"ids": list(evidence)}), evidence_at=evidence_at,
        evidence_age_seconds=max(0, (work.now - evidence_at) // 1_000_000),
    )  # fmt: skip
    return _decision(work.add(record, "log"))


def decisions(reader: Reader, *, record_id: str | None = None, since: int = 0) -> list[Decision]:
    """Decisions made since a time (UTC microseconds), of one record when named, oldest first."""
    statement = select(DecisionRecord).where(DecisionRecord.decided_at >= since).order_by(DecisionRecord.id)
    if record_id is not None:
        statement = statement.where(DecisionRecord.record_id == record_id)
    return [_decision(record) for record in reader.all(statement)]


def _decision(record: DecisionRecord) -> Decision:
    return value_of(Decision, record, evidence=tuple(json.loads(record.evidence)["ids"]))
