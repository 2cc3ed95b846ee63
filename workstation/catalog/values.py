"""What the catalog hands out: frozen values of parts, characteristics, plans, gauges, bindings and control limits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

LEFT_OUT = "left_out"
"""Key under which limits name the subgroups that they were not computed with."""
GIVEN = "given"
"""Key under which limits name the figures that they were given with."""


class Chart(StrEnum):
    """Which control chart judges a characteristic."""

    XBAR_R = "xbar_r"
    XBAR_S = "xbar_s"
    I_MR = "i_mr"


class Criticality(StrEnum):
    """How much a characteristic matters to the product's function and safety."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class GaugeStatus(StrEnum):
    """Whether a gauge's values may be used."""

    ACTIVE = "active"
    LOCKED = "locked"
    RETIRED = "retired"


class PlanStatus(StrEnum):
    """A plan revision's life: draft, then effective, then obsolete."""

    DRAFT = "draft"
    EFFECTIVE = "effective"
    OBSOLETE = "obsolete"


@dataclass(frozen=True, slots=True)
class Part:
    id: int
    uid: str
    version: int
    number: str
    name: str
    drawing_revision: str


@dataclass(frozen=True, slots=True)
class Characteristic:
    """What is measured and how it is judged; specification and plausible range are in `unit`, any may be missing."""

    id: int
    uid: str
    version: int
    part_id: int
    name: str
    unit: str
    decimals: int
    nominal: Decimal | None
    lower_specification: Decimal | None
    upper_specification: Decimal | None
    plausible_low: Decimal | None
    plausible_high: Decimal | None
    subgroup_size: int
    chart: Chart
    rules: str
    baseline_subgroups: int
    criticality: Criticality

    def in_tolerance(self, value: Decimal) -> bool | None:
        """Whether a value in `unit` conforms; a value on the limit does. None without a specification."""
        if self.lower_specification is None and self.upper_specification is None:
            return None
        above = self.lower_specification is None or value >= self.lower_specification
        return above and (self.upper_specification is None or value <= self.upper_specification)

    def plausible(self, value: Decimal) -> bool:
        """Whether a value in `unit` can be a measurement of this characteristic at all."""
        above = self.plausible_low is None or value >= self.plausible_low
        return above and (self.plausible_high is None or value <= self.plausible_high)


@dataclass(frozen=True, slots=True)
class Plan:
    """One revision of an inspection plan; `content_hash` is the SHA-256 of its canonical content."""

    id: int
    uid: str
    version: int
    name: str
    revision: int
    part_id: int
    title: str
    status: PlanStatus
    content_hash: str
    drafted_by: str
    approved_by: str | None
    effective_at: int | None
    characteristics: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gauge:
    """An instrument.

    `port` is a device name, `tcp://host:port` or `replay:FILE`; `unit` is set where its profile has none.

    `calibration_due` is a date YYYY-MM-DD or None where no calibration is asked for.
    """

    id: int
    uid: str
    version: int
    name: str
    serial_number: str
    profile: str
    port: str
    unit: str | None
    calibration_due: str | None
    status: GaugeStatus

    @property
    def source(self) -> str:
        """What its readings carry as their source."""
        return self.serial_number or self.name

    def overdue(self, today: str) -> bool:
        """Whether its calibration was due before `today` (YYYY-MM-DD)."""
        return self.calibration_due is not None and self.calibration_due < today


@dataclass(frozen=True, slots=True)
class Binding:
    """A gauge's channel feeds this characteristic; `continuous` is its rule as JSON where it is read all day."""

    id: int
    uid: str
    version: int
    gauge_id: int
    channel: str
    characteristic_id: int
    active: bool
    continuous: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """A known process mean and within-subgroup standard deviation, as they were typed, in `unit`."""

    mean: Decimal
    sigma: Decimal
    unit: str

    def __str__(self) -> str:
        return f"mean {self.mean:f} {self.unit}, sigma {self.sigma:f} {self.unit}"


@dataclass(frozen=True, slots=True)
class ControlLimits:
    """Frozen limits: the canonical JSON of the analysis result, computed from `first_subgroup` to `last_subgroup`.

    Subgroups of that span that were left out stand in it with their reasons: `left_out`. Limits that were `given` are
    computed from no subgroup: both numbers are 0.
    """

    id: int
    uid: str
    version: int
    characteristic_id: int
    limits: str
    established_by: str
    established_at: int
    first_subgroup: int
    last_subgroup: int
    active: bool

    @property
    def left_out(self) -> dict[int, str]:
        """The subgroups of the span that were not computed with, in order, each with its reason."""
        found = json.loads(self.limits).get(LEFT_OUT, {})
        return {int(number): str(why) for number, why in sorted(found.items(), key=lambda one: int(one[0]))}

    @property
    def given(self) -> Given | None:
        """The figures that these limits were given with; None for limits that were computed from subgroups."""
        return given_with(self.limits)

    def computed_from(self, subgroup: int) -> bool:
        """Whether the values of this subgroup are in these limits."""
        return self.first_subgroup <= subgroup <= self.last_subgroup and subgroup not in self.left_out


def given_with(limits: str) -> Given | None:
    """The figures that limits, as they are kept, were given with."""
    found = json.loads(limits).get(GIVEN)
    return None if found is None else Given(Decimal(found["mean"]), Decimal(found["sigma"]), found["unit"])
