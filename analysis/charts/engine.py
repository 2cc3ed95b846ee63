"""Runs a chart: what a kind plots, judged by the rules of each panel. Batch and live judging both go through here."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import numpy as np

from analysis.charts.judging import Judge
from analysis.charts.kind import Kind, Observations
from analysis.charts.kinds import kind_of
from analysis.charts.lines import Lines
from analysis.charts.model import Limits
from analysis.charts.packing import Classifier
from analysis.errors import AnalysisError
from analysis.rules import RuleSet

_REMEMBERED_LINES = 1024


class Judged(NamedTuple):
    """One panel of an array of points."""

    name: str
    statistic: np.ndarray
    lines: Lines
    masks: np.ndarray


_push = Judge.push


class Engine:
    """One series of points under one set of limits."""

    def __init__(self, limits: Limits, rules: RuleSet) -> None:
        self.kind: Kind = kind_of(limits.chart)(limits)
        self.rules = rules = self.kind.own_rules or rules
        self.judges = tuple(Judge(rules, scope) for _, scope in self.kind.panels)
        self._classifiers: dict[Hashable, tuple[Classifier, ...]] = {}
        self._bundled = self.kind.takes_sizes or self.kind.takes_parts

    def reset(self) -> None:
        """Forget all points; the limits stay."""
        self.kind.reset()
        for judge in self.judges:
            judge.reset()

    def push(self, observation: Any, size: Any = None, part: Any = None) -> tuple[tuple[float, ...], tuple[int, ...]]:
        """What one observation plots on each panel, and the mask of the rules it completes there."""
        plotted, key = self.kind.push((observation, size, part) if self._bundled else observation)
        classifiers = self._classifiers.get(key) or self._classify(key)
        judges = self.judges
        if len(judges) == 2:
            return plotted, (judges[0].push(plotted[0], classifiers[0]), judges[1].push(plotted[1], classifiers[1]))
        return plotted, tuple(map(_push, judges, plotted, classifiers))

    def _classify(self, key: Hashable) -> tuple[Classifier, ...]:
        if len(self._classifiers) >= _REMEMBERED_LINES:
            self._classifiers.clear()
        made = tuple(judge.classifier(lines) for judge, lines in zip(self.judges, self.kind.lines(key), strict=True))
        self._classifiers[key] = made
        return made

    def advance(self, points: Observations, keep: bool = True) -> tuple[Judged, ...]:
        """The same for many observations; `keep` False when none will follow."""
        plotted, lines = self.kind.advance(points)
        return tuple(
            Judged(name, values, line, judge.advance(values, line, keep))
            for (name, _), values, line, judge in zip(self.kind.panels, plotted, lines, self.judges, strict=True)
        )

    def state(self) -> dict[str, Any]:
        """All that the next point needs of the earlier ones, as plain numbers."""
        return {"kind": self.kind.state(), "judges": [judge.state() for judge in self.judges]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`."""
        try:
            judges = list(state["judges"])
            if len(judges) != len(self.judges):
                raise AnalysisError("The kept state belongs to another chart.", "Rebuild it from the points.")
            self.kind.restore(state["kind"])
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, AnalysisError):
                raise
            raise AnalysisError("The kept state of a live chart is damaged.", "Rebuild it from the points.") from error
        for judge, kept in zip(self.judges, judges, strict=True):
            judge.restore(kept)
