"""Plans made to measure: from two points of the OC curve, with acceptance number zero, and skip-lot."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis import bounds
from analysis.errors import AnalysisError
from analysis.observations import as_floats, finite_values
from analysis.results import Note, Provenance, Result
from analysis.sampling.curves import LARGEST_LOT, SMALLEST_QUALITY, Distribution, acceptance
from analysis.sampling.plan import Plan, single

LARGEST_N = 1_000_000
MOST_EXACT = 300
"""Acceptance numbers that a search by the hypergeometric distribution can walk through."""


@dataclass(frozen=True, slots=True)
class DesignedPlan(Result):
    """A single plan with the risks it really has at the two qualities it was made for."""

    n: int
    ac: int
    re: int
    producer_quality: float | None
    producer_risk: float | None
    consumer_quality: float
    consumer_risk: float
    distribution: Distribution
    lot: int | None
    provenance: Provenance
    notes: tuple[Note, ...]

    @property
    def plan(self) -> Plan:
        """The plan itself."""
        return single(self.n, self.ac)


def _accepted(n: int, c: int, p: float, distribution: Distribution, lot: int | None) -> float:
    if c >= n and distribution != "poisson":
        return 1.0
    return float(acceptance(single(n, c), [p], distribution=distribution, lot=lot)[0])


def _smallest_n(c: int, p: float, risk: float, distribution: Distribution, lot: int | None) -> int | None:
    """Smallest sample whose acceptance probability at p is at most `risk`; None beyond the lot or LARGEST_N."""
    top = min(lot, LARGEST_N) if lot is not None else LARGEST_N
    low, high = c, max(c + 1, 2)
    while high < top and _accepted(high, c, p, distribution, lot) > risk:
        low, high = high, min(high * 2, top)
    if _accepted(high, c, p, distribution, lot) > risk:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if _accepted(middle, c, p, distribution, lot) > risk:
            low = middle
        else:
            high = middle
    return high


def _about(p1: float, p2: float, alpha: float, beta: float) -> float:
    """The sample that two points need by the normal approximation, to refuse a search that could not end."""
    from scipy import special

    parts = (-special.ndtri(risk) * math.sqrt(p * max(1.0 - p, 0.0)) for p, risk in ((p1, alpha), (p2, beta)))
    return float(sum(parts) / (p2 - p1)) ** 2


def from_two_points(
    producer_quality: float,
    consumer_quality: float,
    *,
    producer_risk: float = 0.05,
    consumer_risk: float = 0.10,
    distribution: Distribution = "binomial",
    lot: int | None = None,
) -> DesignedPlan:
    """The single plan of smallest sample with Pa(producer) >= 1 - alpha and Pa(consumer) <= beta (Montgomery 15.2)."""
    if not 0 < producer_quality < consumer_quality:
        raise AnalysisError(
            f"The producer's quality {producer_quality} must be above 0 and below the consumer's {consumer_quality}.",
            "Exchange them, or move them apart.",
        )
    for name, risk in (("producer", producer_risk), ("consumer", consumer_risk)):
        if not 0 < risk < 0.5:
            raise AnalysisError(f"The {name}'s risk is {risk}; it must lie between 0 and 0.5.", "Give 0.05.")
    bounds.finite(consumer_quality, "consumer's quality", largest=1.0 if distribution != "poisson" else 1e6)
    bounds.positive(producer_quality, "producer's quality", smallest=SMALLEST_QUALITY, largest=1e6)
    for risk in (producer_risk, consumer_risk):
        bounds.share(risk, "risk")
    if lot is not None:
        bounds.whole(lot, "lot size", 1, LARGEST_LOT)
    needed = _about(producer_quality, consumer_quality, producer_risk, consumer_risk)
    if needed > 2 * LARGEST_N or needed * consumer_quality > (
        MOST_EXACT if distribution == "hypergeometric" else 20_000
    ):
        raise AnalysisError(f"These two qualities need a sample of about {needed:.3g}.", "Move the points apart.")
    for c in range(10_000):
        n = _smallest_n(c, consumer_quality, consumer_risk, distribution, lot)
        if n is None:
            break
        good = _accepted(n, c, producer_quality, distribution, lot)
        if good >= 1 - producer_risk:
            bad = _accepted(n, c, consumer_quality, distribution, lot)
            made = Provenance("sampling.design.from_two_points", {"smallest": "n", "distribution": distribution})
            return DesignedPlan(
                n, c, c + 1, producer_quality, 1 - good, consumer_quality, bad, distribution, lot, made, ()
            )
    raise AnalysisError(
        "No plan separates these two qualities within the lot.", "Move the points apart or accept more risk."
    )


def zero_acceptance(consumer_quality: float, *, consumer_risk: float = 0.10, lot: int | None = None) -> DesignedPlan:
    """Smallest sample with acceptance number 0 that passes `consumer_quality` at most with `consumer_risk`.

    With a lot size the distribution is hypergeometric (round(lot·p) nonconforming items, at least 1), else binomial.
    """
    bounds.share(consumer_quality, "consumer's quality", smallest=SMALLEST_QUALITY)
    bounds.share(consumer_risk, "consumer's risk")
    if lot is not None:
        bounds.whole(lot, "lot size", 1, LARGEST_LOT)
    if lot is not None and round(lot * consumer_quality) < 1:
        raise AnalysisError(f"A lot of {lot} at {consumer_quality} has no nonconforming item.", "Inspect every item.")
    distribution: Distribution = "binomial" if lot is None else "hypergeometric"
    n = _smallest_n(0, consumer_quality, consumer_risk, distribution, lot)
    if n is None:
        raise AnalysisError("No sample within the lot is large enough.", "Inspect every item.")
    risk = _accepted(n, 0, consumer_quality, distribution, lot)
    made = Provenance("sampling.design.zero_acceptance", {"distribution": distribution})
    return DesignedPlan(n, 0, 1, None, None, consumer_quality, risk, distribution, lot, made, ())


@dataclass(frozen=True, slots=True)
class SkipLot(Result):
    """Skip-lot plan SkSP-2 with a reference plan: shape (k,) over the qualities p.

    `inspected` is the share of lots inspected in the long run, `asn` the average sample number a lot submitted.
    """

    p: NDArray[np.float64]
    pa: NDArray[np.float64]
    inspected: NDArray[np.float64]
    asn: NDArray[np.float64]
    clearance: int
    fraction: float
    provenance: Provenance


def skip_lot(
    plan: Plan, p: ArrayLike, *, clearance: int, fraction: float, distribution: Distribution = "binomial"
) -> SkipLot:
    """Long-run behaviour of SkSP-2: after `clearance` lots accepted in a row only a `fraction` of lots is inspected.

    Perry (1973), Journal of Quality Technology 5(3): Pa = (f·P + (1-f)·P^i) / (f + (1-f)·P^i).
    """
    bounds.whole(clearance, "clearance in lots", 1, 1_000_000)
    bounds.positive(fraction, "fraction of lots inspected", smallest=1e-9, largest=1.0)
    if distribution == "hypergeometric":
        raise AnalysisError("A skip-lot plan looks at a process, not at one lot.", "Use the binomial distribution.")
    qualities = finite_values(np.atleast_1d(as_floats(p, "qualities")), name="qualities")
    reference = acceptance(plan, qualities, distribution=distribution)
    power = reference**clearance
    below = fraction + (1 - fraction) * power
    share = fraction / below
    pa = (fraction * reference + (1 - fraction) * power) / below
    made = Provenance("sampling.design.skip_lot", {"plan": "SkSP-2", "distribution": distribution})
    if len(plan.stages) > 1:
        raise AnalysisError("The reference plan of this skip-lot plan is a single plan.", "Give a single plan.")
    return SkipLot(qualities, pa, share, share * plan.n, clearance, fraction, made)


def attributes_sample_for_reliability(reliability: float, confidence: float, failures: int = 0) -> int:
    """Success-run sample: smallest n that shows `reliability` with `confidence` when `failures` occur (binomial)."""
    bounds.share(reliability, "reliability", smallest=1e-9)
    bounds.share(confidence, "confidence")
    bounds.whole(failures, "number of failures", 0, 20_000)
    if failures == 0:
        return math.ceil(math.log(1 - confidence) / math.log(reliability) - 1e-9)
    found = _smallest_n(failures, 1 - reliability, 1 - confidence, "binomial", None)
    if found is None:
        raise AnalysisError("No sample below a million is enough.", "Allow fewer failures.")
    return found
