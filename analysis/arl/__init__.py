"""Average run lengths: how long a chart waits before it signals, and the design of a chart for a wanted shift.

Shifts are in sigmas of a single value; charts of subgroups of `size` see them √size times larger. Run lengths are from
the start (zero state).

    arl.shewhart(rules.WESTERN_ELECTRIC).arl           # 91.75: what the four rules cost
    arl.shewhart(rules.NELSON, shift=1.0)              # trends and alternations too
    arl.attributes("p", rate=0.02, size=200, actual=0.04)
    arl.cusum(reference=0.5, decision=5, shift=1.0)
    arl.design_ewma(shift=1.0, arl=500)
"""

from __future__ import annotations

from analysis.arl.attributes import attributes
from analysis.arl.design import SHEWHART_ARL, design_cusum, design_ewma, design_shewhart
from analysis.arl.model import Design, RunLength
from analysis.arl.multivariate import hotelling_t2, mewma, mewma_limit
from analysis.arl.shewhart import shewhart, simulate
from analysis.arl.weighted import cusum, ewma

__all__ = [
    "SHEWHART_ARL",
    "Design",
    "RunLength",
    "attributes",
    "cusum",
    "design_cusum",
    "design_ewma",
    "design_shewhart",
    "ewma",
    "hotelling_t2",
    "mewma",
    "mewma_limit",
    "shewhart",
    "simulate",
]
