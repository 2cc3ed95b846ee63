"""What the line measures by: the effective plans' characteristics, and which gauge's channel feeds which of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Target:
    """A characteristic as the line judges it. Limits are in `unit`; a missing one is not checked."""

    characteristic: int
    name: str
    unit: str
    lower: Decimal | None
    upper: Decimal | None
    plausible_low: Decimal | None
    plausible_high: Decimal | None
    subgroup_size: int
    chart: str
    rules: str
    baseline_subgroups: int

    def tolerates(self, value: Decimal) -> bool | None:
        """Whether `value` is within the specification, None when there is none."""
        if self.lower is None and self.upper is None:
            return None
        return (self.lower is None or self.lower <= value) and (self.upper is None or value <= self.upper)


@dataclass(frozen=True, slots=True)
class Gauge:
    """An instrument of the station: `unit` is what it is set to where it does not send one."""

    name: str
    profile: str
    port: str
    serial_number: str = ""
    unit: str | None = None
    calibration_due: date | None = None
    locked: bool = False


@dataclass(frozen=True, slots=True)
class LinePlan:
    """Everything bind and check need, read once and again after a change."""

    title: str = ""
    targets: Mapping[int, Target] = field(default_factory=dict)
    gauges: Mapping[str, Gauge] = field(default_factory=dict)
    routes: Mapping[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    """(gauge, channel) to the characteristics bound to it: exactly one makes a reading unambiguous."""
