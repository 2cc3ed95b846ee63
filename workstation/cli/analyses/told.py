"""A result told to a person: every figure by its own name, series as their length, notes at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis.charts import ChartResult, Limits
from analysis.results import Result

LONGEST_LIST = 12


def rows_of(result: Any) -> list[tuple[str, str]]:
    """(name, figure) pairs in the order of the result's fields."""
    if isinstance(result, ChartResult):
        return _chart_rows(result)
    plain = result.to_dict() if isinstance(result, Result) else {"result": result}
    made: list[tuple[str, str]] = []
    for name, value in plain.items():
        if name not in ("notes", "provenance"):
            _add(made, name, value)
    _method(made, plain.get("provenance"))
    _notes(made, plain.get("notes", ()))
    return made


def _add(made: list[tuple[str, str]], name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            _add(made, f"{name}.{key}", item)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        named = [item for item in value if isinstance(item, Mapping)]
        if named and len(named) == len(value):
            for index, item in enumerate(named):
                label = item.get("name") or item.get("code") or item.get("term") or index
                _add(made, f"{name}.{label}", {k: v for k, v in item.items() if k != "name"})
        elif len(value) > LONGEST_LIST:
            made.append((name, f"{len(value)} values: {figure(value[0])} … {figure(value[-1])}"))
        else:
            made.append((name, ", ".join(figure(item) for item in value)))
    else:
        made.append((name, figure(value)))


def figure(value: Any) -> str:
    """A number with nine significant digits, None as a dash."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _chart_rows(result: ChartResult) -> list[tuple[str, str]]:
    made: list[tuple[str, str]] = [("chart", result.chart), ("rules", result.rules.name)]
    for stage, limits in enumerate(result.limits, 1):
        prefix = f"stage {stage}: " if len(result.limits) > 1 else ""
        made.append((f"{prefix}sigma", f"{figure(limits.sigma)}  ({limits.sigma_method})"))
        made += [(f"{prefix}{name}", text) for name, text in _limit_rows(limits)]
    for panel in result.panels:
        for index in np.flatnonzero(panel.signals):
            codes = ", ".join(result.rules.names(int(panel.signals[index])))
            made.append((f"{panel.name}: point {int(index) + 1}", f"{figure(float(panel.statistic[index]))}  {codes}"))
    if not result.signals.any():
        made.append(("signals", "none"))
    _notes(made, [note.to_dict() for note in result.notes])
    return made


def _limit_rows(limits: Limits) -> list[tuple[str, str]]:
    made = []
    for name in ("location", "dispersion", "between"):
        lines = getattr(limits, name)
        if lines is not None:
            text = f"LCL {figure(lines.lcl)}   centre {figure(lines.center)}   UCL {figure(lines.ucl)}"
            made.append((name, text))
    return made


def _method(made: list[tuple[str, str]], provenance: Mapping[str, Any] | None) -> None:
    if provenance:
        choices = ", ".join(f"{key}: {figure(value)}" for key, value in provenance.get("choices", {}).items())
        made.append(("method", f"{provenance['method']}  {choices}".strip()))


def _notes(made: list[tuple[str, str]], notes: Sequence[Mapping[str, Any]]) -> None:
    for note in notes:
        values = ", ".join(f"{key} {figure(value)}" for key, value in note["values"].items())
        made.append((f"note ({note['level']})", f"{note['code'].replace('_', ' ')}  {values}".strip()))
