"""Run lengths of charts of counts (p, np, c, u) from the exact binomial or Poisson distribution, with run rules.

The chart's limits are those of `charts`: normal approximations, so that what they cost in false signals is far from a
normal chart's and is worth knowing. Source: Montgomery, Introduction to Statistical Quality Control, section 7.2; the
chain of run rules as Champ and Woodall (1987) Technometrics 29(4) 393-399.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right

import numpy as np

from analysis.arl.chains import absorption, directed_absorption, single_values
from analysis.arl.model import RunLength, run_length, some_rules
from analysis.charts import known
from analysis.charts.judging import layout_of
from analysis.charts.kinds import kind_of
from analysis.charts.lines import Lines
from analysis.charts.packing import Classifier
from analysis.charts.patterns import plan
from analysis.errors import AnalysisError
from analysis.results import Choice
from analysis.rules import LIMITS_ONLY, RuleSet

CHARTS = ("p", "np", "c", "u")
_LARGEST_COUNT = 1e6
_LEAST_CHANCE = 1e-18
_MOST_VALUES = 2000


def attributes(
    chart: str = "p",
    rate: float = 0.05,
    size: float = 1,
    *,
    actual: float | None = None,
    rules: RuleSet = LIMITS_ONLY,
    width: float = 3.0,
) -> RunLength:
    """Run length of a p, np, c or u chart with limits for `rate` when the rate is `actual` (`rate` unless given).

    `rate`: share of defectives (p, np), or defects a unit (c, u); `size`: units inspected for each point. The
    `shift` of the result is `actual` less `rate`. Rules of zones (`symmetric_only`) do not apply to counts, as on the
    charts. A rate of which no signal can come is refused.
    """
    if chart not in CHARTS:
        raise AnalysisError(f"There is no run length of a chart {chart!r} of counts.", f"Choose {', '.join(CHARTS)}.")
    some_rules(rules)
    kind = kind_of(chart)
    limits = known(chart, mean=rate, size=size, width=width)
    lines = kind(limits).nominal_lines()[0]
    true_rate = rate if actual is None else actual
    kind.sigma_of_known(true_rate)  # refuses what is no rate
    first, chances = _distribution(chart in {"p", "np"}, size, true_rate)
    counts = np.arange(first, first + len(chances))
    plotted = counts / size if chart in {"p", "u"} else counts.astype(np.float64)
    mean, deviation, states = _followed(rules, lines, plotted, chances)
    choices: dict[str, Choice] = {
        "chart": chart,
        "rate": rate,
        "actual": true_rate,
        "size": size,
        "rules": rules.name,
        "width": width,
    }
    return run_length("attributes", true_rate - rate, mean, states, choices, deviation)


def _followed(rules: RuleSet, lines: Lines, plotted: np.ndarray, chances: np.ndarray) -> tuple[float, float, int]:
    """Mean and standard deviation of the points up to a signal, and the number of states."""
    layout = layout_of(rules, "unsymmetric")
    if not layout.conditions:
        raise AnalysisError(f"No rule of {rules.name!r} applies to counts.", "Give rules of limits, runs or trends.")
    classifier = Classifier(layout, lines)
    symbols = np.array([_symbol(classifier, value) for value in plotted.tolist()])
    places = np.unique(symbols).tolist()
    if not any(need.flag.of_direction for need in plan(rules, "unsymmetric").needs):
        by_place = {symbol: float(chances[symbols == symbol].sum()) for symbol in places}
        return absorption(layout, classifier, by_place)
    if len(chances) > _MOST_VALUES:
        raise AnalysisError(
            f"Counts from {len(chances):,} values are too many for rules of trends and alternations.",
            "Take arl.shewhart, so large counts are as good as normal; or leave these rules out.",
        )
    values = [single_values(symbol, chances[symbols == symbol]) for symbol in places]
    return directed_absorption(rules, "unsymmetric", lines, values)


def _symbol(classifier: Classifier, value: float) -> int:
    """The place of a plotted value among the lines, as the judge counts it: odd on a line."""
    return bisect_left(classifier.thresholds, value) + bisect_right(classifier.thresholds, value)


def _distribution(binomial: bool, size: float, rate: float) -> tuple[int, np.ndarray]:
    """The least count that matters, and the probabilities of it and those above; what lies beyond is at the ends."""
    from scipy.special import gammaln, xlog1py, xlogy

    expected = size * rate
    whole = not binomial or (size <= _LARGEST_COUNT and size == math.floor(size))
    if not (whole and expected <= _LARGEST_COUNT):
        raise AnalysisError(
            f"A point of {size:g} units with {expected:g} expected cannot be.",
            f"Inspect a whole number of units, at most {_LARGEST_COUNT:g}.",
        )
    reach = 40.0 + 12.0 * math.sqrt(expected)
    first = max(0, math.floor(expected - reach))
    last = math.ceil(expected + reach)
    counts = np.arange(first, (min(last, int(size)) if binomial else last) + 1, dtype=np.float64)
    if binomial:
        ways = gammaln(size + 1.0) - gammaln(counts + 1.0) - gammaln(size - counts + 1.0)
        logarithms = ways + xlogy(counts, rate) + xlog1py(size - counts, -rate)
    else:
        logarithms = xlogy(counts, expected) - expected - gammaln(counts + 1.0)
    chances = np.exp(logarithms)
    matter = np.flatnonzero(chances > _LEAST_CHANCE)
    kept = chances[matter[0] : matter[-1] + 1]
    return first + int(matter[0]), kept / kept.sum()
