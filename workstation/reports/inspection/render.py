"""Sets an inspection report from its facts as PDF/A."""

from __future__ import annotations

from pathlib import Path

from workstation.reports.inspection.content import content_of
from workstation.reports.inspection.facts import InspectionFacts
from workstation.reports.typesetting import typeset

TEMPLATE = "inspection.typ"


def inspection_report(facts: InspectionFacts, target: Path) -> Path:
    """Write the report to `target`; raises SurroundingsFailed when the file cannot be written."""
    return typeset(TEMPLATE, content_of(facts), target, at=facts.generated_at)
