"""Run rules in words, made from the rules themselves: the one wording of the window, of paper and of records."""

from __future__ import annotations

from analysis.rules import SETS, Rule, RuleSet

_SPELT = {"aiag": "AIAG", "iso": "ISO", "vda": "VDA", "electric": "Electric"}


def sentence(rule: Rule) -> str:
    """What a rule looks for: '9 points in a row on one side of the center line'."""
    if rule.zone is None:
        return "one point beyond a control limit" if rule.count == 1 else _of(rule, "beyond a control limit")
    sigma = f"{rule.zone:g}σ"
    side = {"above": "above", "below": "below"}.get(rule.side, "on one side of")
    one_side = " on one side" if rule.side == "same" else f" {side} the center line"
    if rule.kind == "run":
        return f"{rule.count} points in a row {f'beyond {sigma}{one_side}' if rule.zone else f'{side} the center line'}"
    if rule.kind == "trend":
        how = {"above": "rising", "below": "falling"}.get(rule.side, "all rising or all falling")
        return f"{rule.count} points in a row, {how}"
    if rule.kind == "alternate":
        return f"{rule.count} points in a row, rising and falling by turns"
    if rule.kind == "inside":
        return _of(rule, f"within {sigma} of the center line")
    if rule.kind == "outside":
        return _of(rule, f"beyond {sigma} {'on both sides' if rule.side == 'both' else 'on either side'}")
    return _of(rule, f"beyond {sigma}" + ("" if rule.side == "either" else one_side))


def _of(rule: Rule, where: str) -> str:
    if rule.count == rule.of == 1:
        return f"one point {where.removesuffix(' on one side')}"
    count = f"{rule.count} points in a row" if rule.count == rule.of else f"{rule.count} of {rule.of} points in a row"
    return f"{count} {where}"


def rule_name(code: str) -> str:
    """A rule or rule set as it is spoken of: "nelson_5" is "Nelson 5"."""
    words = " ".join(_SPELT.get(word, word) for word in code.split("_")).strip()
    return words[:1].upper() + words[1:]


def short_code(code: str) -> str:
    """What stands beside a point on a chart: the number of a numbered rule, else the code's first letters."""
    name, _, number = code.rpartition("_")
    if name and number.isdigit():
        return number
    return "".join(word[0] for word in code.split("_") if word)


def said(code: str, rules: RuleSet | None = None) -> str:
    """A rule by its name and in words: "Nelson 5: 2 of 3 points in a row beyond 2σ on one side".

    `rules` is the set whose code it is; without one, or where that set has no such rule, the named sets are asked. A
    code that none of them knows is said as it is.
    """
    for known in (*(() if rules is None else (rules,)), *SETS.values()):
        for rule in known.rules:
            if rule.code == code:
                return f"{rule_name(code)}: {sentence(rule)}"
    return rule_name(code)
