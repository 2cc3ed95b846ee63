"""Measurement systems analysis: how much of what is measured is the gauge, the operator, and the part."""

from __future__ import annotations

from analysis.msa.agreement import AgreementStudy, AppraiserAgreement, Share, agreement
from analysis.msa.bias import BiasStudy, bias
from analysis.msa.crossed import crossed
from analysis.msa.emp import Detection, EmpStudy, detection, emp
from analysis.msa.expanded import expanded
from analysis.msa.gauge import AnovaRow, Component, GaugeStudy
from analysis.msa.kappa import FleissKappa, Kappa, cohen, cohen_of_ratings, fleiss
from analysis.msa.linearity import LinearityStudy, linearity
from analysis.msa.nested import nested
from analysis.msa.signal_detection import GrayZone, SignalDetection, signal_detection
from analysis.msa.single import type3
from analysis.msa.stability import StabilityStudy, stability
from analysis.msa.type1 import Type1Study, type1
from analysis.msa.uncertainty import (
    Contribution,
    UncertaintyBudget,
    combine,
    from_bias,
    from_expanded,
    from_limits,
    from_resolution,
    temperature,
)
from analysis.msa.vda5 import ReferenceSeries, VdaStudy, reference_series, vda5

__all__ = [
    "AgreementStudy",
    "AnovaRow",
    "AppraiserAgreement",
    "BiasStudy",
    "Component",
    "Contribution",
    "Detection",
    "EmpStudy",
    "FleissKappa",
    "GaugeStudy",
    "GrayZone",
    "Kappa",
    "LinearityStudy",
    "ReferenceSeries",
    "Share",
    "SignalDetection",
    "StabilityStudy",
    "Type1Study",
    "UncertaintyBudget",
    "VdaStudy",
    "agreement",
    "bias",
    "cohen",
    "cohen_of_ratings",
    "combine",
    "crossed",
    "detection",
    "emp",
    "expanded",
    "fleiss",
    "from_bias",
    "from_expanded",
    "from_limits",
    "from_resolution",
    "linearity",
    "nested",
    "reference_series",
    "signal_detection",
    "stability",
    "temperature",
    "type1",
    "type3",
    "vda5",
]
