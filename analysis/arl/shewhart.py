"""Run length of Shewhart charts with run rules: a Markov chain of pattern states, or simulation.

The chain is the live judge itself, followed over every interval between two lines. Source: Champ and Woodall (1987)
Technometrics 29(4) 393-399. Rules that compare a point with the one before need the last value in the state as well;
then the equation is an integral one, as for a trend in Davis and Woodall (1988) JQT 20(4) 260-262.
"""

from __future__ import annotations

import math

import numpy as np

from analysis import bounds
from analysis.arl.chains import absorption, between_lines, directed_absorption
from analysis.arl.model import RunLength, check, positive, run_length, some_rules
from analysis.charts.judging import Judge, layout_of
from analysis.charts.lines import Lines
from analysis.charts.packing import Classifier
from analysis.errors import AnalysisError
from analysis.results import Choice
from analysis.rules import LIMITS_ONLY, RuleSet

_NODES = 16  # of an interval of all values; narrower ones need fewer

MOST_RUNS = 100_000
MOST_SIMULATED = 100_000_000
"""Points that a simulation may hold at once."""


def shewhart(rules: RuleSet = LIMITS_ONLY, shift: float = 0.0, *, size: int = 1, width: float = 3.0) -> RunLength:
    """Run length of a chart of normal means with run rules, by the chain of all pattern states.

    Exact for rules of zones; rules that compare a point with the one before (trend, alternate) are followed at nodes of
    the last value. AnalysisError when the rules together have too many states: use `simulate`.
    """
    check(shift, size)
    some_rules(rules)
    layout, lines = layout_of(rules, "all"), Lines(0.0, -positive(width, "width"), width, 1.0)
    classifier = Classifier(layout, lines)
    chances = dict(enumerate(_interval_probabilities(classifier.thresholds, shift * math.sqrt(size))))
    if any(rule.needs_direction for rule in rules.rules):
        nodes = _NODES if len(chances) == 1 else _NODES // 2
        places = [between_lines(2 * at, chance, nodes) for at, chance in chances.items() if chance > 0]
        mean, deviation, states = directed_absorption(rules, "all", lines, places)
    else:
        mean, deviation, states = absorption(layout, classifier, {2 * at: chance for at, chance in chances.items()})
    return run_length("shewhart", shift, mean, states, {"rules": rules.name, "size": size, "width": width}, deviation)


def _interval_probabilities(thresholds: list[float], shift: float) -> list[float]:
    edges = [0.0, *(0.5 * math.erfc(-(level - shift) / math.sqrt(2.0)) for level in thresholds), 1.0]
    upper = [1.0, *(0.5 * math.erfc((level - shift) / math.sqrt(2.0)) for level in thresholds), 0.0]
    return [
        (edges[i + 1] - edges[i]) if edges[i] < 0.5 else (upper[i] - upper[i + 1]) for i in range(len(thresholds) + 1)
    ]


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
    bounds.whole(runs, "number of runs", 100, MOST_RUNS)
    bounds.whole(seed, "seed", 0)
    generator = np.random.default_rng(seed)
    lines = Lines(0.0, -positive(width, "width"), width, 1.0)
    moved, length, lengths = shift * math.sqrt(size), 512, np.zeros(0)
    waiting, before = runs, np.zeros((runs, 0))
    while waiting:
        if waiting * (before.shape[1] + length) > MOST_SIMULATED:
            raise AnalysisError("The run length is too long to simulate.", "Use fewer runs, or arl.shewhart.")
        series = np.hstack((before, generator.standard_normal((waiting, length)) + moved))
        separated = np.hstack((series, np.full((waiting, 1), np.nan)))  # a missing point breaks every pattern
        signals = Judge(rules).advance(separated.ravel(), lines).reshape(waiting, -1) != 0
        seen = signals.any(axis=1)
        lengths = np.concatenate((lengths, signals[seen].argmax(axis=1) + 1.0))
        before, waiting = series[~seen], int((~seen).sum())
        length = series.shape[1]
    deviation = float(lengths.std(ddof=1))
    choices: dict[str, Choice] = {"rules": rules.name, "size": size, "width": width, "runs": runs, "seed": seed}
    error = deviation / math.sqrt(runs)
    return run_length("shewhart_simulated", shift, float(lengths.mean()), runs, choices, deviation, error)
