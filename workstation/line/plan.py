"""What the line measures by: the effective plans' characteristics, and which gauge's channel feeds which of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workstation.catalog.values import Characteristic, Gauge


@dataclass(frozen=True, slots=True)
class LinePlan:
    """Everything bind and check need, read once and again after a change.

    `gauges` are by the source that their readings carry; `routes` leads from (source, channel) to the characteristics
    bound to it: exactly one makes a reading unambiguous.
    """

    title: str = ""
    characteristics: Mapping[int, Characteristic] = field(default_factory=dict)
    gauges: Mapping[str, Gauge] = field(default_factory=dict)
    routes: Mapping[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
