"""What an inspection report states: frozen values, gathered once, from which PDF and XLSX are made alike."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from decimal import Decimal

from analysis.capability import CapabilityResult
from analysis.rules import RuleSet
from workstation.catalog.identifications import Identified, Named
from workstation.catalog.values import Characteristic, Gauge, Given, Part, Plan
from workstation.people.signatures import Signature
from workstation.quality.alarms import Alarm
from workstation.quality.capa import Capa
from workstation.quality.investigations import Investigation
from workstation.quality.nonconformances import Nonconformance


@dataclass(frozen=True, slots=True)
class Reading:
    """One value in its latest version, in the characteristic's unit; `sent` and `sent_unit` as the gauge said it.

    `corrected_from` is the first value when this one is a correction.
    """

    subgroup: int
    position: int
    value: Decimal
    sent: Decimal
    sent_unit: str
    observed_at: int
    source: str
    trigger: str
    quality: str
    remark: str | None
    account: str
    in_tolerance: bool | None
    corrected_from: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Subgroup:
    """One closed subgroup with the lines it was judged by; None where there are none (yet).

    `baseline` says that the limits were computed from it. Rules are the codes of those it broke.
    """

    number: int
    closed_at: int
    readings: tuple[Reading, ...]
    mean: float
    spread: float | None
    center: float | None
    lower: float | None
    upper: float | None
    spread_center: float | None
    spread_lower: float | None
    spread_upper: float | None
    location_rules: tuple[str, ...]
    dispersion_rules: tuple[str, ...]
    limits: int | None
    baseline: bool


@dataclass(frozen=True, slots=True)
class LimitsInForce:
    """Frozen limits that judged a part of the report; `left_out` are subgroups of their span, each with its reason.

    `first` and `last` are 0 for limits that were `given`.
    """

    id: int
    first: int
    last: int
    left_out: tuple[tuple[int, str], ...]
    established_by: str
    established_at: int
    center: float
    lower: float | None
    upper: float | None
    sigma: float
    sigma_method: str
    given: Given | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature and whether it still belongs to exactly what it was given for."""

    signature: Signature
    valid: bool


@dataclass(frozen=True, slots=True)
class Corrective:
    """A CAPA with the signature of its closing."""

    record: Capa
    signed: Signed | None


@dataclass(frozen=True, slots=True)
class Disposed:
    """A nonconformance with the signature of its disposition and the corrective actions it led to."""

    record: Nonconformance
    signed: Signed | None
    capas: tuple[Corrective, ...]


@dataclass(frozen=True, slots=True)
class InspectionFacts:
    """Everything the report says; `span` is in words, `capability_reason` says why there is no capability."""

    station: str
    program: str
    generated_at: int
    local_offset: int
    journal_count: int
    journal_hash: str
    span: str
    plan: Plan | None
    part: Part
    characteristic: Characteristic
    gauges: tuple[Gauge, ...]
    rules: RuleSet
    subgroups: tuple[Subgroup, ...]
    limits: tuple[LimitsInForce, ...]
    capability: CapabilityResult | None
    capability_reason: str
    alarms: tuple[Alarm, ...]
    investigations: tuple[Investigation, ...]
    nonconformances: tuple[Disposed, ...]
    identified: Identified = field(default_factory=Identified)

    @property
    def named(self) -> dict[int, Named]:
        """What was scanned for each subgroup that anything was scanned for."""
        found = {one.number: self.identified.of_subgroup(one.number) for one in self.subgroups}
        return {number: named for number, named in found.items() if named != Named()}

    @property
    def readings(self) -> tuple[Reading, ...]:
        return tuple(reading for subgroup in self.subgroups for reading in subgroup.readings)

    @property
    def out_of_tolerance(self) -> tuple[Reading, ...]:
        return tuple(reading for reading in self.readings if reading.in_tolerance is False)

    @property
    def corrections(self) -> tuple[Reading, ...]:
        return tuple(reading for reading in self.readings if reading.corrected_from is not None)

    def content_hash(self) -> str:
        """SHA-256 of the data the report states, apart from when and where it was printed: its number in a log book.

        Two reports of the same records have the same one.
        """
        data = asdict(self)
        for name in ("generated_at", "local_offset", "program", "journal_count", "journal_hash"):
            del data[name]
        data["identified"] = {number: named.facts() for number, named in self.named.items()}
        if not data["identified"]:  # a report of readings without scans has the hash it always had
            del data["identified"]
        for one in data["limits"]:  # nor has one of limits that were computed another
            if one["given"] is None:
                del one["given"]
        data["capability"] = None if self.capability is None else self.capability.to_dict()
        data["rules"] = self.rules.to_dict()
        text = json.dumps(data, sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()
