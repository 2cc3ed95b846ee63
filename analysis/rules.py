"""Run rules as data: what pattern of points each rule looks for, and the named sets of the trade.

A rule is reported at the last point of its pattern. Comparisons are strict unless the rule says otherwise: a point on
a line is neither beyond nor inside it, a tie or a point on the centre line breaks a run, a missing point breaks every
pattern. `k_of_m` also needs its last point beyond the line. How rules are judged stands in `analysis.charts.judging`.

Sources: Nelson (1984) JQT 16(4) 237-239; Western Electric, Statistical Quality Control Handbook (1956) 23-30;
AIAG SPC 2nd ed. (2005) table II.1; Montgomery, Introduction to Statistical Quality Control, table 5.1; VDA volume 4;
ISO 8258:1991 figure 2.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

from analysis.errors import AnalysisError
from analysis.results import Result

Kind = Literal["run", "k_of_m", "trend", "alternate", "inside", "outside"]
Side = Literal["same", "either", "both", "above", "below"]

SIDES: dict[Kind, tuple[Side, ...]] = {
    "run": ("same", "above", "below"),
    "k_of_m": ("same", "either", "above", "below"),
    "trend": ("same", "above", "below"),
    "alternate": ("either",),
    "inside": ("either",),
    "outside": ("either", "both"),
}
MOST_RULES = 16
LONGEST_PATTERN = 100


@dataclass(frozen=True, slots=True)
class Rule(Result):
    """One pattern.

    - run: `count` points in a row on one side, beyond `zone` (0: the centre line).
    - k_of_m: `count` of `of` points beyond `zone`; `side` same (all on one side), either, above or below.
    - trend: `count` points in a row, each higher than the one before, or each lower (`side` above or below: one only).
    - alternate: `count` points in a row going up and down by turns.
    - inside: `count` of `of` points within `zone`, whichever side of the centre.
    - outside: `count` of `of` points beyond `zone`; `side` either: anywhere; both: and they lie on both sides.

    `zone` is in standard errors of the plotted statistic; None means the control limits themselves.
    `of` is `count` unless given. `strict` False lets a point on a line count as beyond (or inside) it, and a tie
    continue a trend. `symmetric_only`: meant for statistics that are about normal (means, individuals), not for ranges
    or counts; the zone tests are.
    """

    code: str
    kind: Kind
    count: int
    of: int = 0
    zone: float | None = 0.0
    side: Side = "same"
    strict: bool = True
    symmetric_only: bool = False

    def __post_init__(self) -> None:
        if self.of == 0:
            object.__setattr__(self, "of", self.count)
        problem = self._problem()
        if problem:
            raise AnalysisError(f"Rule {self.code!r}: {problem}.", "Correct the rule.")

    def _problem(self) -> str:
        least = {"trend": 2, "alternate": 3}.get(self.kind, 1)
        if self.kind not in get_args(Kind):
            return f"the kind is {self.kind!r}, not one of {', '.join(get_args(Kind))}"
        if not least <= self.count <= self.of <= LONGEST_PATTERN:
            return f"{self.count} of {self.of} points; a {self.kind} takes {least} to {LONGEST_PATTERN}"
        if self.count < self.of and self.kind not in {"k_of_m", "inside", "outside"}:
            return f"a {self.kind} is {self.count} points in a row, not {self.count} of {self.of}"
        if self.zone is not None and not 0 <= self.zone < 100:
            return f"the zone {self.zone} is not between 0 and 100 standard errors"
        if self.side not in SIDES[self.kind]:
            return f"the side of a {self.kind} is {' or '.join(SIDES[self.kind])}, not {self.side!r}"
        if self.side == "both" and self.count < self.of:
            return "points on both sides are looked for only in a row"
        return ""

    @property
    def needs_direction(self) -> bool:
        """Whether the rule compares each point with the one before it."""
        return self.kind in {"trend", "alternate"}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The rule that `to_dict` turned into `data`."""
        try:
            return cls(**data)
        except TypeError as error:
            raise AnalysisError(
                "A rule has a field that is unknown, missing or of the wrong type.", str(error)
            ) from error


@dataclass(frozen=True, slots=True)
class RuleSet(Result):
    """Rules in a fixed order: rule `i` is bit `i` of every mask made with this set."""

    name: str
    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", tuple(self.rules))
        codes = [rule.code for rule in self.rules]
        if len(codes) > MOST_RULES:
            raise AnalysisError(f"Rule set {self.name!r} has {len(codes)} rules.", f"Give at most {MOST_RULES}.")
        if len(set(codes)) != len(codes):
            raise AnalysisError(f"Rule set {self.name!r} has two rules of one code.", "Give each rule its own code.")

    @classmethod
    def by_name(cls, name: str) -> RuleSet:
        """The named set: nelson, western_electric, aiag, montgomery, minitab_default, ... (see `SETS`).

        Codes of single rules with commas between them ("nelson_1, nelson_5") make a set of just these.
        """
        key = name.strip().lower().replace("-", "_").replace(" ", "_")
        if key in SETS:
            return SETS[key]
        known = {rule.code: rule for rules in SETS.values() for rule in rules.rules}
        codes = [code.strip("_") for code in key.split(",")]
        if not all(code in known for code in codes):
            raise AnalysisError(
                f"There is no rule set {name!r}.",
                f"The sets are {', '.join(sorted(SETS))}; rules such as nelson_1,nelson_5 can be named one by one.",
            )
        return RuleSet(name, tuple(known[code] for code in codes))

    @classmethod
    def from_text(cls, text: str) -> RuleSet:
        """The set that a plan names as `by_name` does, or writes out as the JSON of `to_dict`."""
        if not text.startswith("{"):
            return cls.by_name(text)
        try:
            return cls.from_dict(json.loads(text))
        except ValueError as error:
            raise AnalysisError(f"its rules are no JSON: {error}.", "Name a set, such as nelson.") from error

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The set that `to_dict` turned into `data`."""
        try:
            return cls(str(data["name"]), tuple(Rule.from_dict(rule) for rule in data["rules"]))
        except (KeyError, TypeError) as error:
            raise AnalysisError("A rule set needs a name and a list of rules.", "Correct the rule set.") from error

    def names(self, mask: int) -> tuple[str, ...]:
        """Codes of the rules whose bits are set in `mask`, in the order of the set."""
        return tuple(rule.code for bit, rule in enumerate(self.rules) if mask >> bit & 1)

    def mask(self, codes: Iterable[str]) -> int:
        """The mask with the bits of `codes` set."""
        wanted = set(codes)
        unknown = wanted - {rule.code for rule in self.rules}
        if unknown:
            raise AnalysisError(
                f"Rule set {self.name!r} has no rule {', '.join(sorted(unknown))}.", "Name rules of the set."
            )
        return sum(1 << bit for bit, rule in enumerate(self.rules) if rule.code in wanted)

    def only(self, codes: Iterable[str], name: str = "") -> RuleSet:
        """A set of the rules named, in the order of this set."""
        mask = self.mask(codes)
        rules = tuple(rule for bit, rule in enumerate(self.rules) if mask >> bit & 1)
        return RuleSet(name or f"{self.name} (part)", rules)


def beyond_limits(code: str) -> Rule:
    """One point beyond a control limit: every set's first rule."""
    return Rule(code, "k_of_m", 1, zone=None)


def _eight(prefix: str, run: int, trend: int = 6, alternate: int = 14, both_sides: bool = False) -> tuple[Rule, ...]:
    return (
        beyond_limits(f"{prefix}_1"),
        Rule(f"{prefix}_2", "run", run),
        Rule(f"{prefix}_3", "trend", trend),
        Rule(f"{prefix}_4", "alternate", alternate, side="either"),
        Rule(f"{prefix}_5", "k_of_m", 2, 3, zone=2.0, symmetric_only=True),
        Rule(f"{prefix}_6", "k_of_m", 4, 5, zone=1.0, symmetric_only=True),
        Rule(f"{prefix}_7", "inside", 15, zone=1.0, side="either", symmetric_only=True),
        Rule(f"{prefix}_8", "outside", 8, zone=1.0, side="both" if both_sides else "either", symmetric_only=True),
    )


_MIDDLE_THIRD = (
    # VDA volume 4 and AIAG SPC 1st ed.: of 25 points in a row about two thirds lie in the middle third of the chart;
    # more than 90 % or fewer than 40 % are a signal
    Rule("middle_third_full", "inside", 23, 25, zone=1.0, side="either", symmetric_only=True),
    Rule("middle_third_empty", "outside", 16, 25, zone=1.0, side="either", symmetric_only=True),
)

NELSON = RuleSet("nelson", _eight("nelson", 9))
NELSON_BOTH_SIDES = RuleSet("nelson_both_sides", _eight("nelson", 9, both_sides=True))
WESTERN_ELECTRIC = RuleSet(
    "western_electric",
    (
        beyond_limits("western_electric_1"),
        Rule("western_electric_2", "k_of_m", 2, 3, zone=2.0, symmetric_only=True),
        Rule("western_electric_3", "k_of_m", 4, 5, zone=1.0, symmetric_only=True),
        Rule("western_electric_4", "run", 8),
    ),
)
AIAG = RuleSet("aiag", _eight("aiag", 7))
AIAG_FIRST_EDITION = RuleSet(
    "aiag_first_edition",
    (beyond_limits("beyond_limits"), Rule("run_7", "run", 7), Rule("trend_7", "trend", 7), *_MIDDLE_THIRD),
)
VDA = RuleSet(
    "vda", (beyond_limits("beyond_limits"), Rule("run_7", "run", 7), Rule("trend_7", "trend", 7), *_MIDDLE_THIRD)
)
MONTGOMERY = RuleSet(
    "montgomery",
    (
        beyond_limits("montgomery_1"),
        Rule("montgomery_2", "k_of_m", 2, 3, zone=2.0, symmetric_only=True),
        Rule("montgomery_3", "k_of_m", 4, 5, zone=1.0, symmetric_only=True),
        Rule("montgomery_4", "run", 8),
        Rule("montgomery_5", "trend", 6),
        Rule("montgomery_6", "inside", 15, zone=1.0, side="either", symmetric_only=True),
        Rule("montgomery_7", "alternate", 14, side="either"),
        Rule("montgomery_8", "outside", 8, zone=1.0, side="both", symmetric_only=True),
    ),
)
ISO_8258 = RuleSet("iso_8258", _eight("iso_8258", 9))
MINITAB_ALL = RuleSet("minitab_all", _eight("minitab", 9))
MINITAB_DEFAULT = RuleSet("minitab_default", (beyond_limits("minitab_1"),))
LIMITS_ONLY = RuleSet("limits_only", (beyond_limits("beyond_limits"),))

SETS: Mapping[str, RuleSet] = {
    rules.name: rules
    for rules in (
        NELSON,
        NELSON_BOTH_SIDES,
        WESTERN_ELECTRIC,
        AIAG,
        AIAG_FIRST_EDITION,
        VDA,
        MONTGOMERY,
        ISO_8258,
        MINITAB_ALL,
        MINITAB_DEFAULT,
        LIMITS_ONLY,
    )
}
