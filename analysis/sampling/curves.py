"""What a plan does: acceptance probability, outgoing quality, total inspection and sample number on average."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis import bounds
from analysis.errors import AnalysisError
from analysis.observations import as_floats, finite_values
from analysis.results import Note, Provenance, Result
from analysis.sampling.plan import Plan

Distribution = Literal["binomial", "poisson", "hypergeometric"]
Floats = NDArray[np.float64]

SMALLEST_QUALITY, LARGEST_QUALITY = 1e-12, 1e6
LARGEST_LOT = 10_000_000


@dataclass(frozen=True, slots=True)
class Curves(Result):
    """A plan's curves over incoming fractions nonconforming `p` (nonconformities an item under 'poisson'); shape (k,).

    `pa` probability of acceptance; `aoq` average outgoing quality with rejected lots screened and nonconforming items
    replaced; `aoq_simple` the large-lot form p·Pa; `ati` average total inspection a lot; `asn` average sample number
    without curtailment. `aoq`, `ati` are None without a lot size. `aoql` is the largest `aoq_simple` over all p.
    """

    p: Floats
    pa: Floats
    asn: Floats
    aoq_simple: Floats
    aoq: Floats | None
    ati: Floats | None
    aoql: float
    aoql_at: float
    lot: int | None
    distribution: Distribution
    provenance: Provenance
    notes: tuple[Note, ...]


def _mass(distribution: Distribution, n: int, p: float, lot: int | None, drawn: int, found: int, most: int) -> Floats:
    """Probabilities of 0..`most` nonconforming in the next n items, given what earlier samples took out of the lot."""
    from scipy import stats

    counts = np.arange(most + 1)
    if distribution == "binomial":
        return np.asarray(stats.binom.pmf(counts, n, p))
    if distribution == "poisson":
        return np.asarray(stats.poisson.pmf(counts, n * p))
    if lot is None:
        raise AnalysisError("The hypergeometric distribution needs the lot size.", "Give lot=...")
    bad = max(round(lot * p) - found, 0)
    return np.asarray(stats.hypergeom.pmf(counts, lot - drawn, bad, n))


@dataclass(frozen=True, slots=True)
class _Passage:
    """One pass through the stages at one quality: where lots are decided."""

    accepted: tuple[float, ...]
    decided: tuple[float, ...]


def _pass(plan: Plan, p: float, distribution: Distribution, lot: int | None) -> _Passage:
    """Follow the running total through the stages (an exact recursion over totals)."""
    open_totals: dict[int, float] = {0: 1.0}
    drawn = 0
    accepted, decided = [], []
    for number, stage in enumerate(plan.stages):
        last = number == len(plan.stages) - 1
        limit = plan.limit if last else (stage.accept if stage.accept is not None else -1)
        after: dict[int, float] = {}
        taken = dropped = 0.0
        for total, weight in open_totals.items():
            mass = _mass(distribution, stage.n, p, lot, drawn, total, plan.stages[-1].reject)
            room = max(limit - total + 1, 0)
            taken += weight * float(mass[:room].sum())
            for extra in range(room, max(stage.reject - total, room)):
                if extra < mass.size:
                    after[total + extra] = after.get(total + extra, 0.0) + weight * float(mass[extra])
        dropped = sum(open_totals.values()) - taken - sum(after.values())
        accepted.append(taken)
        decided.append(taken + dropped)
        drawn += stage.n
        open_totals = after
    return _Passage(tuple(accepted), tuple(decided))


def acceptance(plan: Plan, p: ArrayLike, *, distribution: Distribution = "binomial", lot: int | None = None) -> Floats:
    """Probability of acceptance at each p, shape (k,). Hypergeometric needs the lot size.

    A total in the gap of reduced inspection accepts the lot (Z1.4 clause 11.1.4), so it counts as accepted.
    """
    qualities = _qualities(plan, p, distribution, lot)
    if len(plan.stages) == 1 and distribution != "hypergeometric":
        from scipy import special

        n = plan.n
        if distribution == "binomial":
            return np.asarray(special.bdtr(plan.limit, n, qualities)) if plan.limit < n else np.ones_like(qualities)
        return np.asarray(special.pdtr(plan.limit, n * qualities))
    return np.array([sum(_pass(plan, float(q), distribution, lot).accepted) for q in qualities])


def _qualities(plan: Plan, p: ArrayLike, distribution: Distribution, lot: int | None) -> Floats:
    bounds.one_of(distribution, "distribution", get_args(Distribution))
    qualities = finite_values(np.atleast_1d(as_floats(p, "qualities")), name="qualities")
    tiny = (qualities > 0) & (qualities < SMALLEST_QUALITY)
    if tiny.any() or (qualities > LARGEST_QUALITY).any():
        raise AnalysisError(
            f"A quality is {qualities[tiny][0] if tiny.any() else qualities.max():g}.",
            f"Give 0, or numbers from {SMALLEST_QUALITY:g} to {LARGEST_QUALITY:g}.",
        )
    if lot is not None:
        bounds.whole(lot, "lot size", 1, LARGEST_LOT)
    if (qualities < 0).any() or (distribution != "poisson" and (qualities > 1).any()):
        raise AnalysisError("A fraction nonconforming lies outside 0 to 1.", "Give fractions, not percentages.")
    if distribution == "hypergeometric" and lot is None:
        raise AnalysisError("The hypergeometric distribution needs the lot size.", "Give lot=...")
    if lot is not None and lot < plan.largest_n and distribution == "hypergeometric":
        raise AnalysisError(f"The plan takes up to {plan.largest_n} items out of a lot of {lot}.", "Give the lot.")
    return qualities


def curves(plan: Plan, p: ArrayLike, *, lot: int | None = None, distribution: Distribution = "binomial") -> Curves:
    """All curves of a plan at the qualities p (Montgomery, chapter 15; NIST e-Handbook 6.2.3)."""
    qualities = _qualities(plan, p, distribution, lot)
    passages = [_pass(plan, float(q), distribution, lot) for q in qualities]
    pa = np.array([sum(passage.accepted) for passage in passages])
    cumulative = np.cumsum([stage.n for stage in plan.stages])
    asn = np.array([float(np.dot(cumulative, passage.decided)) for passage in passages])
    aoq = ati = None
    if lot is not None:
        left = np.array([float(np.dot(lot - cumulative, passage.accepted)) for passage in passages])
        aoq = qualities * left / lot
        ati = np.array([float(np.dot(cumulative, passage.accepted)) for passage in passages]) + (1.0 - pa) * lot
    at, aoql = _aoql(plan, distribution)
    return Curves(
        p=qualities,
        pa=pa,
        asn=asn,
        aoq_simple=qualities * pa,
        aoq=aoq,
        ati=ati,
        aoql=aoql,
        aoql_at=at,
        lot=lot,
        distribution=distribution,
        provenance=Provenance("sampling.curves", {"distribution": distribution, "curtailed": False}),
        notes=(),
    )


def _aoql(plan: Plan, distribution: Distribution) -> tuple[float, float]:
    """Largest p·Pa over p, by a grid and a golden-section refinement."""
    from scipy import optimize

    kind: Distribution = "binomial" if distribution == "hypergeometric" else distribution
    top = 1.0 if kind == "binomial" else max(5.0 * (plan.limit + 3.0) / plan.largest_n, 1.0)
    grid = np.linspace(0.0, min(top, 8.0 * (plan.limit + 2.0) / plan.n), 400)
    best = int(np.argmax(grid * acceptance(plan, np.minimum(grid, top), distribution=kind)))
    low, high = float(grid[max(best - 1, 0)]), float(min(grid[min(best + 1, 399)], top))
    found = optimize.minimize_scalar(
        lambda q: -q * float(acceptance(plan, [q], distribution=kind)[0]), bounds=(low, high), method="bounded",
        options={"xatol": 1e-10},
    )  # fmt: skip
    return float(found.x), float(-found.fun)


def quality_at(plan: Plan, probability: float, *, distribution: Distribution = "binomial") -> float:
    """The fraction nonconforming that is accepted with this probability (0.95: producer's point, 0.10: consumer's)."""
    from scipy import optimize

    bounds.share(probability, "probability")
    if distribution == "hypergeometric":
        raise AnalysisError("The quality of a finite lot moves in steps.", "Use the binomial distribution.")

    def surplus(p: float) -> float:
        return float(acceptance(plan, [p], distribution=distribution)[0]) - probability

    high = 1.0
    while distribution == "poisson" and surplus(high) > 0:
        high *= 2.0
    if surplus(high) > 0:
        raise AnalysisError("The plan accepts everything; no quality is rejected often enough.", "Look at its curve.")
    return float(optimize.brentq(surplus, 0.0, high, xtol=1e-14))


def same_curve(plans: Sequence[Plan], p: ArrayLike) -> float:
    """Largest difference of the acceptance probabilities of several plans at the qualities p."""
    if not plans:
        raise AnalysisError("There is no plan to compare.", "Give two or more.")
    every = np.array([acceptance(plan, p) for plan in plans])
    return float((every.max(axis=0) - every.min(axis=0)).max())
