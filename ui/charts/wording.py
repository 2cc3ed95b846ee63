"""Chart panes in words, and the shapes and sentences of a chart's rules."""

from __future__ import annotations

from analysis.rule_words import said
from analysis.rules import RuleSet
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


class RuleBook:
    """The sentences and shapes of one rule set, looked up by code or mask."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self._by_code = {rule.code: rule for rule in rules.rules}

    def say(self, code: str) -> str:
        """A rule by its name and in words."""
        return said(code, self.rules)

    def sign(self, codes: tuple[str, ...]) -> Sign:
        """The shape for a point that completes these rules."""
        beyond = any((rule := self._by_code.get(code)) is not None and rule.zone is None for code in codes)
        return Sign.BEYOND if beyond else Sign.PATTERN
