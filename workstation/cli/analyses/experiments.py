"""Designs of experiments and the effects found with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from analysis import design
from analysis.design import Effects
from workstation.cli.analyses.plots import Bar, bars
from workstation.cli.analyses.request import Analysis, Request
from workstation.errors import CallIsWrong


def _designed(function: Callable[..., Any]) -> Callable[[Request], Any]:
    return lambda request: request.ask(function)


def _effects(request: Request) -> Effects:
    columns = request.several("values")
    responses = np.column_stack(list(columns.values()))
    runs = len(responses)
    if runs < 4 or runs & (runs - 1):
        raise CallIsWrong(
            f"There are {runs} rows; a 2^k experiment has 4, 8, 16 ... runs.", "Give one row a run, in standard order."
        )
    found: Effects = request.ask(
        design.effects, responses[:, 0] if len(columns) == 1 else responses, runs.bit_length() - 1, take=("confidence",)
    )
    return found


def _draw_effects(_request: Request, result: Effects) -> str:
    """Effects from the largest, those active marked, with the margin of error (Lenth)."""
    ordered = sorted(result.effects.items(), key=lambda item: -abs(item[1]))
    made = [Bar(term, abs(effect), marked=term in result.active) for term, effect in ordered]
    return bars(made, "size of the effect", title="Effects", lines={"margin of error": result.margin})


def analyses() -> list[Analysis]:
    """Designs (no file) and their evaluation."""
    seed = " [--set seed=1]"
    return [
        Analysis("full_factorial", "All 2^k combinations of k factors.", "--set factors=3" + seed,
                 _designed(design.full_factorial), file=False),
        Analysis("fractional_factorial", "A 2^(k-p) plan with its aliases.",
                 '--set basic=3 --set generators=["ABC"]' + seed, _designed(design.fractional_factorial), file=False),
        Analysis("plackett_burman", "Screening plan for many factors.", "--set factors=7" + seed,
                 _designed(design.plackett_burman), file=False),
        Analysis("central_composite", "Plan for a second-order surface.", "--set factors=2" + seed,
                 _designed(design.central_composite), file=False),
        Analysis("box_behnken", "Three-level plan for a second-order surface.", "--set factors=3" + seed,
                 _designed(design.box_behnken), file=False),
        Analysis("effects", "Effects of a 2^k experiment in standard order; one column a replicate.",
                 "--column RESPONSE [--column REPLICATE ...]", _effects, _draw_effects),
    ]  # fmt: skip
