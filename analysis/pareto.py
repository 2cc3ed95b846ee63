"""Pareto analysis: which few categories make most of the count or the cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis import bounds
from analysis.errors import AnalysisError
from analysis.observations import as_values
from analysis.results import Note, Provenance, Result


@dataclass(frozen=True, slots=True)
class Pareto(Result):
    """Categories by falling weight (equal ones keep their input order); percentages of the total, unrounded."""

    categories: tuple[str, ...]
    weights: tuple[float, ...]
    percent: tuple[float, ...]
    cumulative_percent: tuple[float, ...]
    total: float
    threshold: float
    vital_few: tuple[str, ...]
    provenance: Provenance
    notes: tuple[Note, ...]


def pareto(weights: Mapping[str, float], *, threshold: float = 80.0, merge_below: float = 0.0) -> Pareto:
    """Order categories by weight; the vital few are those up to and including the one that reaches `threshold` percent.

    Categories below `merge_below` percent of the total are joined in 'other', which always stands last.
    """
    bounds.positive(threshold, "threshold in percent", largest=100.0)
    bounds.not_negative(merge_below, "share to merge below, in percent", largest=100.0)
    if not weights:
        raise AnalysisError("There are no categories.", "Give at least one category with its count or cost.")
    values = as_values(list(weights.values()), "weights")
    if np.isnan(values).any() or (values < 0).any():
        bad = list(weights)[int(np.flatnonzero(np.isnan(values) | (values < 0))[0])]
        raise AnalysisError(f"The weight of '{bad}' is missing or negative.", "Counts and costs are 0 or more.")
    total = float(values.sum())
    if total == 0:
        raise AnalysisError("All weights are 0; there is nothing to compare.", "Give a count or cost above 0.")
    rows = sorted(zip(weights, values.tolist(), strict=True), key=lambda row: -row[1])
    small = [row for row in rows if 100.0 * row[1] / total < merge_below]
    notes: tuple[Note, ...] = ()
    if len(small) > 1:
        rows = [row for row in rows if row not in small] + [("other", sum(row[1] for row in small))]
        notes = (Note("merged", "info", {"categories": [row[0] for row in small]}),)
    counts = np.array([row[1] for row in rows])
    cumulative = 100.0 * np.cumsum(counts) / total
    # A share that reaches the threshold but for the last bits of the division has reached it.
    reached = int(np.searchsorted(cumulative, threshold - 1e-9)) + 1
    return Pareto(
        categories=tuple(row[0] for row in rows),
        weights=tuple(counts.tolist()),
        percent=tuple((100.0 * counts / total).tolist()),
        cumulative_percent=tuple(cumulative.tolist()),
        total=total,
        threshold=threshold,
        vital_few=tuple(row[0] for row in rows[:reached]),
        provenance=Provenance("pareto.pareto", {"ties": "input order", "vital_few": "up to the threshold, included"}),
        notes=notes,
    )


def pareto_of_events(labels: Sequence[str], costs: ArrayLike | None = None, *, threshold: float = 80.0) -> Pareto:
    """Count events by label, or add their costs, then order them."""
    amounts = np.ones(len(labels)) if costs is None else as_values(costs, "costs")
    if amounts.size != len(labels):
        raise AnalysisError(f"There are {len(labels)} events and {amounts.size} costs.", "Give one cost an event.")
    weights: dict[str, float] = {}
    for label, amount in zip(labels, amounts.tolist(), strict=True):
        weights[str(label)] = weights.get(str(label), 0.0) + amount
    return pareto(weights, threshold=threshold)
