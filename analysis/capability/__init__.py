"""Process, machine and attribute capability: how well a characteristic meets its specification."""

from __future__ import annotations

from analysis.capability.attribute import (
    DefectCapability,
    DefectiveCapability,
    clopper_pearson,
    defectives,
    defects,
    garwood,
)
from analysis.capability.identify import Candidate, Identification, identify
from analysis.capability.intervals import Interval
from analysis.capability.machine import MachineCapability, machine
from analysis.capability.presets import PRESETS, Preset, preset
from analysis.capability.process_model import Decision, ProcessModel
from analysis.capability.result import CapabilityResult, Fit, ReferenceInterval, Spread, Transformation
from analysis.capability.six_panel import SixPanel, six_panel
from analysis.capability.specification import Specification
from analysis.capability.study import MODELS, from_summary, study
from analysis.capability.time_dependent import TimeDependentResult, time_dependent

__all__ = [
    "MODELS",
    "PRESETS",
    "Candidate",
    "CapabilityResult",
    "Decision",
    "DefectCapability",
    "DefectiveCapability",
    "Fit",
    "Identification",
    "Interval",
    "MachineCapability",
    "Preset",
    "ProcessModel",
    "ReferenceInterval",
    "SixPanel",
    "Specification",
    "Spread",
    "TimeDependentResult",
    "Transformation",
    "clopper_pearson",
    "defectives",
    "defects",
    "from_summary",
    "garwood",
    "identify",
    "machine",
    "preset",
    "six_panel",
    "study",
    "time_dependent",
]
