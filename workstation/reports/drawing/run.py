"""Run chart: values in the order they came, with their median."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from workstation.reports.drawing.control import ControlTrace, control_chart


def run_chart(
    values: Sequence[float],
    labels: Sequence[str],
    name: str,
    unit: str,
    median: float,
    *,
    signals: Mapping[int, tuple[str, ...]] | None = None,
    decimals: int = 4,
    title: str = "",
    across: str = "Value",
    width: float = 510.0,
    height: float = 165.0,
) -> str:
    """Draw `values` over `labels` around their `median`; `signals` names runs or trends by position."""
    center = [median] * len(values) if math.isfinite(median) else None
    trace = ControlTrace(
        name, unit, values, center=center, signals=signals or {}, decimals=decimals, center_name="median"
    )
    return control_chart([trace], labels, title=title, across=across, width=width, height=height)
