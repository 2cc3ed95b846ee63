"""Measurement systems analysis: how much of what is measured is the gauge, the operator, and the part."""

from __future__ import annotations

from analysis.msa.crossed import crossed
from analysis.msa.gauge import AnovaRow, Component, GaugeStudy

__all__ = ["AnovaRow", "Component", "GaugeStudy", "crossed"]
