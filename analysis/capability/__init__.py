"""Process, machine and attribute capability: how well a characteristic meets its specification."""

from __future__ import annotations

from analysis.capability.intervals import Interval
from analysis.capability.presets import PRESETS, Preset, preset
from analysis.capability.result import CapabilityResult, Spread
from analysis.capability.specification import Specification
from analysis.capability.study import from_summary, study

__all__ = [
    "PRESETS",
    "CapabilityResult",
    "Interval",
    "Preset",
    "Specification",
    "Spread",
    "from_summary",
    "preset",
    "study",
]
