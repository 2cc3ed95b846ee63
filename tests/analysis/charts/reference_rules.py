"""Run rules as plain loops over windows: slow, obvious, sharing nothing with the library's way of judging."""

from __future__ import annotations

import math
from collections.abc import Sequence

from analysis.rules import Rule, RuleSet


def masks(
    rules: RuleSet,
    values: Sequence[float],
    center: Sequence[float],
    sigma: Sequence[float],
    lcl: Sequence[float],
    ucl: Sequence[float],
) -> list[int]:
    """One mask a point."""
    result = []
    for index in range(len(values)):
        start = index
        while start > 0 and not math.isnan(values[start - 1]):
            start -= 1
        mask = 0
        if not math.isnan(values[index]):
            points = [(values[i], center[i], sigma[i], lcl[i], ucl[i]) for i in range(start, index + 1)]
            for bit, rule in enumerate(rules.rules):
                mask |= fires(rule, points) << bit
        result.append(mask)
    return result


Point = tuple[float, float, float, float, float]


def fires(rule: Rule, points: Sequence[Point]) -> bool:
    """Whether the last of `points` (all since the last missing one) completes the pattern."""
    if rule.kind in {"trend", "alternate"}:
        return _moves(rule, [point[0] for point in points])
    above = [_more(point[0], _upper(rule, point), rule.strict) for point in points]
    below = [_more(_lower(rule, point), point[0], rule.strict) for point in points]
    if rule.kind == "inside":
        within = [
            _more(_upper(rule, point), point[0], rule.strict) and _more(point[0], _lower(rule, point), rule.strict)
            for point in points
        ]
        return _enough(within, rule)
    beyond = [a or b for a, b in zip(above, below, strict=True)]
    if rule.side == "both":
        window = slice(-rule.of, None)
        return _enough(beyond, rule) and not all(above[window]) and not all(below[window])
    if rule.side == "either":
        return _enough(beyond, rule)
    return (rule.side != "below" and _enough(above, rule)) or (rule.side != "above" and _enough(below, rule))


def _moves(rule: Rule, values: Sequence[float]) -> bool:
    if len(values) < rule.count:
        return False
    window = values[-rule.count :]
    steps = [(b > a) - (b < a) for a, b in zip(window[:-1], window[1:], strict=True)]
    if rule.kind == "alternate":
        return all(a * b < 0 for a, b in zip(steps[:-1], steps[1:], strict=True))
    rising = all(step > 0 or (not rule.strict and step == 0) for step in steps)
    falling = all(step < 0 or (not rule.strict and step == 0) for step in steps)
    return (rule.side != "below" and rising) or (rule.side != "above" and falling)


def _enough(flags: Sequence[bool], rule: Rule) -> bool:
    return flags[-1] and sum(flags[-rule.of :]) >= rule.count


def _upper(rule: Rule, point: Point) -> float:
    _, center, sigma, _, ucl = point
    return ucl if rule.zone is None else center + rule.zone * sigma


def _lower(rule: Rule, point: Point) -> float:
    _, center, sigma, lcl, _ = point
    return lcl if rule.zone is None else center - rule.zone * sigma


def _more(a: float, b: float, strict: bool) -> bool:
    return a > b or (not strict and a == b)
