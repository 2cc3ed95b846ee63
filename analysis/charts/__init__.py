"""Control charts: fit limits from a stable period, judge points by them, or both at once.

    limits = charts.fit("xbar_r", subgroups)                       # phase I: limits, frozen and plain
    result = charts.evaluate(more, limits, rules=rules.NELSON)     # phase II: every violation of every rule
    result = charts.study("p", defectives, sizes=inspected)        # both, in stages if asked

`analysis.stream.LiveChart` judges by the same limits point by point.
"""

from __future__ import annotations

from analysis.charts.evaluate import evaluate, fit, judge, known, study
from analysis.charts.kinds import KINDS
from analysis.charts.model import ChartResult, Judgement, Limits, Panel, PanelLines

__all__ = ["KINDS", "ChartResult", "Judgement", "Limits", "Panel", "PanelLines", "evaluate", "fit", "judge", "known", "study"]
