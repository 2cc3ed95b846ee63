"""Run length of Shewhart charts with run rules: a Markov chain of pattern states, or simulation.

The chain is the live judge itself, followed over every interval between two lines. Source: Champ and Woodall (1987)
Technometrics 29(4) 393-399.
"""

from __future__ import annotations

import math

import numpy as np

from analysis.arl.model import RunLength, check, positive, run_length
from analysis.charts.judging import Judge
from analysis.charts.lines import Lines
from analysis.charts.packing import Classifier, Layout
from analysis.charts.patterns import plan
from analysis.errors import AnalysisError
from analysis.results import Choice
from analysis.rules import LIMITS_ONLY, RuleSet

MOST_STATES = 400_000


def shewhart(rules: RuleSet = LIMITS_ONLY, shift: float = 0.0, *, size: int = 1, width: float = 3.0) -> RunLength:
    """Run length of a chart of normal means with run rules: exact, by the Markov chain of all pattern states.

    Rules that compare a point with the one before (trend, alternate) have no finite chain: use `simulate`.
    """
    check(shift, size)
    layout = _zone_layout(rules)
    classifier = Classifier(layout, Lines(0.0, -positive(width, "width"), width, 1.0))
    probabilities = _interval_probabilities(classifier.thresholds, shift * math.sqrt(size))
    rows, columns, weights, count = _chain(layout, classifier, probabilities)
    mean, deviation = _absorption(rows, columns, weights, count)
    return run_length("shewhart", shift, mean, count, {"rules": rules.name, "size": size, "width": width}, deviation)


def _zone_layout(rules: RuleSet) -> Layout:
    if any(rule.needs_direction for rule in rules.rules):
        raise AnalysisError(
            f"Rule set {rules.name!r} has trend or alternation rules, which have no finite Markov chain.",
            "Use arl.simulate, or leave those rules out with RuleSet.only.",
        )
    if not rules.rules:
        raise AnalysisError("A rule set without rules never signals.", "Give at least one rule.")
    return Layout(plan(rules, "all"))


def _interval_probabilities(thresholds: list[float], shift: float) -> list[float]:
    edges = [0.0, *(0.5 * math.erfc(-(level - shift) / math.sqrt(2.0)) for level in thresholds), 1.0]
    upper = [1.0, *(0.5 * math.erfc((level - shift) / math.sqrt(2.0)) for level in thresholds), 0.0]
    return [
        (edges[i + 1] - edges[i]) if edges[i] < 0.5 else (upper[i] - upper[i + 1]) for i in range(len(thresholds) + 1)
    ]


def _chain(
    layout: Layout, classifier: Classifier, probabilities: list[float]
) -> tuple[list[int], list[int], list[float], int]:
    """Transitions between the pattern states that are not signals, found from the empty state on."""
    symbols = [(classifier.fill(2 * place << 4), chance) for place, chance in enumerate(probabilities) if chance > 0]
    states = {(layout.reset, 0): 0}
    waiting = [(layout.reset, 0)]
    rows: list[int] = []
    columns: list[int] = []
    weights: list[float] = []
    while waiting:
        counters, register = state = waiting.pop()
        for (keep, add, bits), chance in symbols:
            moved, window = (counters & keep) + add, register | bits
            fired = moved & layout.tops
            if (fired or window) and layout.mask(fired, window):
                continue
            after = (moved - (fired >> layout.width), (window << 1) & layout.shift_mask)
            if after not in states:
                states[after] = len(states)
                waiting.append(after)
            rows.append(states[state])
            columns.append(states[after])
            weights.append(chance)
        if len(states) > MOST_STATES:
            raise AnalysisError("These rules together have too many pattern states.", "Use arl.simulate.")
    return rows, columns, weights, len(states)


def _absorption(rows: list[int], columns: list[int], weights: list[float], count: int) -> tuple[float, float]:
    """Mean and standard deviation of the steps until a signal, from state 0."""
    from scipy.sparse import csc_matrix, identity
    from scipy.sparse.linalg import splu

    inner = csc_matrix((weights, (rows, columns)), shape=(count, count))
    solved = splu((identity(count, format="csc") - inner).tocsc())
    means = solved.solve(np.ones(count))
    squares = solved.solve(2.0 * means - 1.0)
    return float(means[0]), math.sqrt(max(0.0, float(squares[0] - means[0] ** 2)))


def simulate(
    rules: RuleSet,
    shift: float = 0.0,
    *,
    size: int = 1,
    width: float = 3.0,
    runs: int = 4000,
    seed: int = 1,
) -> RunLength:
    """As `shewhart`, for any rules, from `runs` simulated series; the standard error says how far to trust it."""
    check(shift, size)
    if runs < 100 or not rules.rules:
        raise AnalysisError("A simulation takes rules and at least 100 runs.", "Give more.")
    generator = np.random.default_rng(seed)
    lines = Lines(0.0, -positive(width, "width"), width, 1.0)
    moved, length, lengths = shift * math.sqrt(size), 512, np.zeros(0)
    waiting, before = runs, np.zeros((runs, 0))
    while waiting:
        series = np.hstack((before, generator.standard_normal((waiting, length)) + moved))
        separated = np.hstack((series, np.full((waiting, 1), np.nan)))  # a missing point breaks every pattern
        signals = Judge(rules).advance(separated.ravel(), lines).reshape(waiting, -1) != 0
        seen = signals.any(axis=1)
        lengths = np.concatenate((lengths, signals[seen].argmax(axis=1) + 1.0))
        before, waiting = series[~seen], int((~seen).sum())
        length = series.shape[1]
        if series.size > 200_000_000:
            raise AnalysisError("The run length is too long to simulate.", "Use fewer runs, or arl.shewhart.")
    deviation = float(lengths.std(ddof=1))
    choices: dict[str, Choice] = {"rules": rules.name, "size": size, "width": width, "runs": runs, "seed": seed}
    error = deviation / math.sqrt(runs)
    return run_length("shewhart_simulated", shift, float(lengths.mean()), runs, choices, deviation, error)
