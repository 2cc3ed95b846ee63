"""The only door to a station's database: records, readings and their journal, written together or not at all."""

from __future__ import annotations

from workstation.store.backup import Copy, inspect_copy, restore
from workstation.store.clock import Clock, SystemClock
from workstation.store.doctor import Health
from workstation.store.journal import JournalEntry
from workstation.store.measurements import Measurement, MeasurementBatch, RefusedReading, SubgroupJudgement
from workstation.store.reader import Reader
from workstation.store.rights import Right, Role
from workstation.store.store import Store
from workstation.store.unit_of_work import UnitOfWork
from workstation.store.verify import Acknowledged, Finding, Verification
from workstation.store.window import Counts, ResumePoint, SubgroupWindow

__all__ = [
    "Acknowledged",
    "Clock",
    "Copy",
    "Counts",
    "Finding",
    "Health",
    "JournalEntry",
    "Measurement",
    "MeasurementBatch",
    "Reader",
    "RefusedReading",
    "ResumePoint",
    "Right",
    "Role",
    "Store",
    "SubgroupJudgement",
    "SubgroupWindow",
    "SystemClock",
    "UnitOfWork",
    "Verification",
    "inspect_copy",
    "restore",
]
