"""Control charts: fit limits from a stable period, judge points by them, or both at once.

    limits = charts.fit("xbar_r", subgroups)                       # phase I: limits, frozen and plain
    result = charts.evaluate(more, limits, rules=rules.NELSON)     # phase II: every violation of every rule
    result = charts.study("p", defectives, sizes=inspected)        # both, in stages if asked

`analysis.stream.LiveChart` judges by the same limits point by point.
"""

from __future__ import annotations

from analysis.charts.kinds import KINDS
from analysis.charts.many import ManyCharts, individuals_of_many
from analysis.charts.model import ChartResult, Judgement, Limits, Panel, PanelLines
from analysis.charts.phases import evaluate, fit, judge, known, study
from analysis.charts.presets import PRESETS, Preset
from analysis.charts.run_chart import RunTests, run_tests

__all__ = [
    "KINDS",
    "PRESETS",
    "ChartResult",
    "Judgement",
    "Limits",
    "ManyCharts",
    "Panel",
    "PanelLines",
    "Preset",
    "RunTests",
    "evaluate",
    "fit",
    "individuals_of_many",
    "judge",
    "known",
    "run_tests",
    "study",
]
