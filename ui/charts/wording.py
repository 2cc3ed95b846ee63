"""Run rules and chart panes in words, made from the rules themselves."""

from __future__ import annotations

from analysis.rules import Rule, RuleSet
from ui.charts.track import Sign

QUANTITIES: dict[str, tuple[str, str]] = {
    "xbar_r": ("Mean", "Range"),
    "xbar_s": ("Mean", "Standard deviation"),
    "i_mr": ("Value", "Moving range"),
}
CHART_TITLES: dict[str, str] = {
    "xbar_r": "X̄-R chart (means and ranges)",
    "xbar_s": "X̄-s chart (means and standard deviations)",
    "i_mr": "I-MR chart (single values and moving ranges)",
}


SIGMA_METHODS: dict[str, str] = {
    "r_bar": "R̄/d₂",
    "s_bar": "s̄/c₄",
    "mr_mean": "the mean moving range/d₂",
    "mr_median": "the median moving range",
    "mssd": "the mean squared successive differences",
    "pooled": "the pooled standard deviation",
}


def sigma_method(name: str) -> str:
    """How a within-subgroup standard deviation was estimated."""
    return SIGMA_METHODS.get(name, name.replace("_", " "))


def quantities(chart: str) -> tuple[str, str]:
    """What the two panes of a chart plot."""
    return QUANTITIES.get(chart, ("Location", "Dispersion"))


def chart_title(chart: str) -> str:
    """A chart's name for the person."""
    return CHART_TITLES.get(chart, chart)


def sentence(rule: Rule) -> str:
    """What a rule looks for, in words: 'nine points in a row on one side of the center line'."""
    sides = {"above": "above", "below": "below"}
    if rule.zone is None:
        return "one point beyond a control limit" if rule.count == 1 else _of(rule, "beyond a control limit")
    sigma = f"{rule.zone:g}σ"
    if rule.kind == "run" and rule.zone == 0:
        return f"{rule.count} points in a row {sides.get(rule.side, 'on one side of')} the center line"
    if rule.kind == "run":
        return f"{rule.count} points in a row beyond {sigma} on one side"
    if rule.kind == "trend":
        how = {"above": "rising", "below": "falling"}.get(rule.side, "rising, or falling")
        return f"{rule.count} points in a row {how}"
    if rule.kind == "alternate":
        return f"{rule.count} points in a row going up and down by turns"
    if rule.kind == "inside":
        return _of(rule, f"within {sigma} of the center line")
    if rule.kind == "outside":
        return _of(rule, f"beyond {sigma}, on both sides" if rule.side == "both" else f"beyond {sigma} on either side")
    return _of(rule, f"beyond {sigma}" + ("" if rule.side == "either" else " on one side"))


def _of(rule: Rule, where: str) -> str:
    count = f"{rule.count} points in a row" if rule.count == rule.of else f"{rule.count} of {rule.of} points in a row"
    return f"{count} {where}"


class RuleBook:
    """The sentences and shapes of one rule set, looked up by code or mask."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self._by_code = {rule.code: rule for rule in rules.rules}

    def say(self, code: str) -> str:
        """A rule's sentence with its place in the set; the code itself where another set made it."""
        rule = self._by_code.get(code)
        if rule is None:
            return code.replace("_", " ")
        return f"Rule {self.rules.rules.index(rule) + 1}: {sentence(rule)}"

    def sign(self, codes: tuple[str, ...]) -> Sign:
        """The shape for a point that completes these rules."""
        beyond = any((rule := self._by_code.get(code)) is not None and rule.zone is None for code in codes)
        return Sign.BEYOND if beyond else Sign.PATTERN
