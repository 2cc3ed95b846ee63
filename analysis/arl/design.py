"""The design of a chart for a wanted shift: settings that see it soonest at a given rate of false signals."""

from __future__ import annotations

import math

from analysis import bounds
from analysis.arl.model import Design, check
from analysis.arl.shewhart import shewhart
from analysis.arl.weighted import SMALLEST_WIDENING, cusum, ewma_length
from analysis.errors import AnalysisError
from analysis.results import Provenance
from analysis.rules import LIMITS_ONLY

SHEWHART_ARL = 370.3983473449564  # of three-sigma limits alone: 1 / (2 Φ(-3))


def design_cusum(shift: float, arl: float = SHEWHART_ARL, *, size: int = 1, headstart: float = 0.0) -> Design:
    """The CUSUM that sees `shift` soonest at the in-control run length `arl`: k is half the shift, h found for it."""
    from scipy.optimize import brentq

    _wanted(shift, arl, size)
    reference = shift * math.sqrt(size) / 2.0

    def excess(decision: float) -> float:
        return math.log(cusum(reference, decision, headstart=headstart).arl / arl)

    high = 2.0
    while excess(high) < 0:
        high *= 1.5
    if excess(1e-6) >= 0:
        raise AnalysisError(
            f"A shift of {shift} sigma is so large that limits alone see it as soon.", "Use a Shewhart chart."
        )
    decision = float(brentq(excess, 1e-6, high, xtol=1e-10))
    quiet = cusum(reference, decision, headstart=headstart).arl
    seen = cusum(reference, decision, shift, size=size, headstart=headstart).arl
    settings = {"reference": reference, "decision": decision, "headstart": headstart}
    return Design("cusum", shift, size, settings, quiet, seen, Provenance("arl.design_cusum", {"arl": arl}))


def design_ewma(shift: float, arl: float = SHEWHART_ARL, *, size: int = 1, weight: float | None = None) -> Design:
    """The EWMA (settled limits) that sees `shift` soonest at the in-control run length `arl`.

    Both `weight` (unless given) and the limits' width are found.
    """
    from scipy.optimize import brentq, minimize_scalar

    _wanted(shift, arl, size)
    if weight is not None:
        bounds.positive(weight, "weight", smallest=SMALLEST_WIDENING, largest=1.0)
    moved = shift * math.sqrt(size)

    def width_for(chosen: float) -> float:
        def excess(width: float) -> float:
            return math.log(ewma_length(chosen, width, 0.0, True)[0] / arl)

        high = 3.0
        while excess(high) < 0:
            high += 1.0
        return float(brentq(excess, 0.2, high, xtol=1e-9))

    if weight is None:
        found = minimize_scalar(
            lambda chosen: ewma_length(chosen, width_for(chosen), moved, True)[0],
            bounds=(0.01, 1.0),
            method="bounded",
            options={"xatol": 1e-3},
        )
        weight = float(found.x)
    width = width_for(weight)
    quiet, seen = (ewma_length(weight, width, at, True)[0] for at in (0.0, moved))
    settings = {"weight": weight, "width": width}
    return Design("ewma", shift, size, settings, quiet, seen, Provenance("arl.design_ewma", {"arl": arl}))


def design_shewhart(
    shift: float, arl: float = SHEWHART_ARL, *, arl_at_shift: float = 2.0, largest: int = 1000
) -> Design:
    """The smallest subgroup whose mean chart, of in-control run length `arl`, sees `shift` within `arl_at_shift`."""
    _wanted(shift, arl, 1)
    bounds.whole(largest, "largest subgroup", 1, 100_000)
    bounds.positive(arl_at_shift, "run length at the shift", smallest=1.0, largest=1e9)
    width = _width_for(arl)
    for size in range(1, largest + 1):
        seen = shewhart(LIMITS_ONLY, shift, size=size, width=width).arl
        if seen <= arl_at_shift:
            settings = {"width": width}
            provenance = Provenance("arl.design_shewhart", {"arl": arl, "arl_at_shift": arl_at_shift})
            return Design("xbar", shift, size, settings, arl, seen, provenance)
    raise AnalysisError(
        f"No subgroup of up to {largest} values sees {shift} sigma within {arl_at_shift} points.",
        "Allow a longer run length, or use an EWMA or CUSUM.",
    )


def _width_for(arl: float) -> float:
    """The width of limits that signal once in `arl` points when nothing has changed."""
    low, high = 0.0, 40.0
    while high - low > 1e-14 * high:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if math.erfc(middle / math.sqrt(2.0)) > 1.0 / arl else (low, middle)
    return 0.5 * (low + high)


def _wanted(shift: float, arl: float, size: int) -> None:
    check(shift, size)
    if shift <= 0 or not 2 <= arl <= 1e7:
        raise AnalysisError(
            f"A design for a shift of {shift} sigma at an in-control run length of {arl} cannot be.",
            "Give a shift above 0 and a run length from 2 to 10 million.",
        )
