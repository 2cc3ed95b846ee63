"""Turns a rule set into what has to be watched: flags of each point, and how many of the last points carry a flag.

Every rule comes down to needs of one form: the last point and at least `count` of the last `of` points carry the flag.
The batch path (`analysis.charts.judging`) evaluates the needs on arrays, the live path point by point; both take their
meaning from here, so that they cannot differ.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

from analysis.rules import Rule, RuleSet

Scope = Literal["all", "unsymmetric", "limits"]
Mark = Literal["above", "below", "beyond", "inside", "up", "down", "turn"]

NO_DIRECTION, UP, DOWN, TIE = 0, 1, 2, 3


class Flag(NamedTuple):
    """A yes or no about one point: where it lies to the lines of `zone`, or how it moved from the point before."""

    mark: Mark
    zone: float | None
    strict: bool

    @property
    def of_direction(self) -> bool:
        return self.mark in {"up", "down", "turn"}


class Need(NamedTuple):
    """The last point and at least `least` of the last `of` points carry `flag`."""

    flag: Flag
    least: int
    of: int

    @property
    def in_a_row(self) -> bool:
        return self.least == self.of


class Condition(NamedTuple):
    """Rule `bit` fires when any need of `any_of` is met and none of `none_of` is (indices into the plan's needs)."""

    bit: int
    any_of: tuple[int, ...]
    none_of: tuple[int, ...]


class Plan(NamedTuple):
    """All needs of the rules that apply to one panel of a chart."""

    needs: tuple[Need, ...]
    conditions: tuple[Condition, ...]

    @property
    def flags(self) -> tuple[Flag, ...]:
        """Each flag once, in order of first use."""
        return tuple(dict.fromkeys(need.flag for need in self.needs))

    @property
    def memory(self) -> int:
        """How many earlier points the longest pattern looks back on."""
        return max((need.of for need in self.needs), default=1) - 1


def applies(rule: Rule, scope: Scope) -> bool:
    """Whether `rule` makes sense on a panel.

    Scope all: independent, about normal points (means, individuals). unsymmetric: ranges, counts: no zone tests.
    limits: points that carry their own past (EWMA, CUSUM, moving average) or no direction (T²): the limits only.
    """
    if scope == "all":
        return True
    if scope == "unsymmetric":
        return not rule.symmetric_only
    return rule.kind == "k_of_m" and rule.zone is None and rule.of == 1


@lru_cache(maxsize=256)
def plan(rules: RuleSet, scope: Scope) -> Plan:
    """What has to be watched on a panel of `scope` for `rules`."""
    needs: dict[Need, int] = {}

    def index(need: Need) -> int:
        return needs.setdefault(need, len(needs))

    conditions = []
    for bit, rule in enumerate(rules.rules):
        if not applies(rule, scope):
            continue
        any_of, none_of = _needs(rule)
        conditions.append(Condition(bit, tuple(index(need) for need in any_of), tuple(index(need) for need in none_of)))
    return Plan(tuple(needs), tuple(conditions))


def _needs(rule: Rule) -> tuple[list[Need], list[Need]]:
    """The needs of which one must be met, and those of which none may be."""
    if rule.kind == "trend":
        marks: list[Mark] = {"same": ["up", "down"], "above": ["up"], "below": ["down"]}[rule.side]  # type: ignore[assignment]
        return [Need(Flag(mark, 0.0, rule.strict), rule.count - 1, rule.count - 1) for mark in marks], []
    if rule.kind == "alternate":
        return [Need(Flag("turn", 0.0, True), rule.count - 2, rule.count - 2)], []
    if rule.kind == "inside":
        return [Need(Flag("inside", rule.zone, rule.strict), rule.count, rule.of)], []
    above = Need(Flag("above", rule.zone, rule.strict), rule.count, rule.of)
    below = Need(Flag("below", rule.zone, rule.strict), rule.count, rule.of)
    beyond = Need(Flag("beyond", rule.zone, rule.strict), rule.count, rule.of)
    if rule.side == "same":
        return [above, below], []
    if rule.side == "both":
        return [beyond], [above, below]
    return [{"above": above, "below": below, "either": beyond}[rule.side]], []
