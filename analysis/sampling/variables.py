"""Sampling by variables: plans of ANSI/ASQ Z1.9 (standard deviation method) and plans made to measure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis import bounds
from analysis.errors import AnalysisError
from analysis.observations import as_floats, finite_values
from analysis.results import Note, Provenance, Result
from analysis.sampling import attributes, curves
from analysis.sampling import variables_tables as tables

VariablesLevel = Literal["S-3", "S-4", "I", "II", "III"]
Severity = Literal["normal", "tightened", "reduced"]
Sigma = Literal["unknown", "known"]
Form = Literal["k", "m"]
Standard = Literal["Z1.9", "ISO 3951-1"]
Cell = TypeVar("Cell")
_STEP: dict[Severity, int] = {"tightened": -1, "normal": 0, "reduced": 1}

LARGEST_SAMPLE, LARGEST_K = 1_000_000, 30.0
SMALLEST_QUALITY = 1e-9


@dataclass(frozen=True, slots=True)
class VariablesPlan(Result):
    """A plan by variables.

    Form 1 accepts when (limit - mean)/s is at least `k`, form 2 when the estimated percent nonconforming is at most
    `m` (see `judge`). `letter` is the code letter of the lot size, `plan_letter` that of the plan used (they differ
    where the table has an arrow). Of k and m the one asked for by `form` is the table's, and so is the other where its
    table has this cell; else it is the same plan expressed the other way.
    """

    letter: str
    plan_letter: str
    n: int
    k: float
    m: float
    lot: int
    level: VariablesLevel
    aql: str
    severity: Severity
    sigma: Sigma
    form: Form
    provenance: Provenance
    notes: tuple[Note, ...]


def largest_percent(n: int, k: float, *, sigma: Sigma = "unknown") -> float:
    """M in percent: the estimated percent nonconforming at the acceptance limit (Z1.9 sections B and D)."""
    from scipy import special

    if n < 2 or (sigma == "unknown" and n < 3):
        raise AnalysisError(f"A sample of {n} is too small for a plan by variables.", "Take 3 items or more.")
    if sigma == "known":
        return 100.0 * float(special.ndtr(-k * math.sqrt(n / (n - 1.0))))
    shape = n / 2.0 - 1.0
    x = max(0.0, 0.5 * (1.0 - k * math.sqrt(n) / (n - 1.0)))
    return 100.0 * float(special.betainc(shape, shape, x))


def constant_k(n: int, m: float, *, sigma: Sigma = "unknown") -> float:
    """The k whose largest percent is `m`: the inverse of `largest_percent`."""
    from scipy import special

    if not 0.0 < m < 100.0:
        raise AnalysisError(f"A largest percent of {m} makes no plan.", "Give a percentage between 0 and 100.")
    largest_percent(n, 0.0, sigma=sigma)
    if sigma == "known":
        return -float(special.ndtri(m / 100.0)) * math.sqrt((n - 1.0) / n)
    shape = n / 2.0 - 1.0
    return (1.0 - 2.0 * float(special.betaincinv(shape, shape, m / 100.0))) * (n - 1.0) / math.sqrt(n)


def plan_for(
    lot: int,
    aql: str | float,
    *,
    level: VariablesLevel = "II",
    severity: Severity = "normal",
    sigma: Sigma = "unknown",
    form: Form = "k",
    standard: Standard = "Z1.9",
) -> VariablesPlan:
    """Plan of ANSI/ASQ Z1.9 for one specification limit by the standard deviation method; arrows are followed.

    `sigma` known or unknown; `form` "k" (form 1) or "m" (form 2, also for two limits), whose tables have arrows in
    different cells. Plans with known sigma stand in the tables of form 2, so theirs is form 2 whatever is asked.
    Z1.9 has AQLs from 0.10 to 10; form 1 also gives those of MIL-STD-414 outside them (0.040, 0.065, 15).
    Refused, because their figures could not be confirmed: the range method (sigma "range") and ISO 3951-1, where the
    error names the two points of the single plan of ISO 2859-1 that its plans follow.
    """
    if standard not in get_args(Standard):
        raise AnalysisError(f"There are no tables of '{standard}'.", "By variables: Z1.9.")
    if not lot >= 2:
        raise AnalysisError(f"The lot has {lot} items; the tables begin at 2.", "Inspect the item itself.")
    if level not in tables.LEVELS:
        raise AnalysisError(f"There is no inspection level '{level}'.", f"Levels: {', '.join(tables.LEVELS)}.")
    if severity not in _STEP:
        raise AnalysisError(f"'{severity}' is no inspection.", "Use normal, tightened or reduced.")
    if standard == "ISO 3951-1":
        raise _not_confirmed(lot, aql, level, severity)
    if sigma not in ("unknown", "known") or form not in ("k", "m"):
        raise AnalysisError(
            f"There are no plans for sigma {sigma} in form {form}.",
            "unknown|known, k|m; the tables of the range method could not be confirmed.",
        )
    form = "m" if sigma == "known" else form
    name = _aql(aql)
    column = tables.AQLS.index(name) + _STEP[severity]
    start = tables.LETTERS.index(tables.LEVELS[level][sum(lot > limit for limit in tables.LOT_LIMITS)])
    for letter in tables.LETTERS[start:]:
        cell = _cell(letter, column, severity, sigma, form)
        if cell is not None:
            break
    else:
        raise AnalysisError(
            f"The tables have no {severity} plan of form {form} for the AQL {name}.",
            "Z1.9 runs from 0.10 to 10; use a designed plan outside it.",
        )
    n, k, m = cell
    notes = [Note("arrow_followed", "info", {"from": tables.LETTERS[start], "to": letter})]
    notes = notes if letter != tables.LETTERS[start] else []
    if name in ("0.040", "0.065", "15"):
        notes.append(Note("aql_of_mil_std_414", "info", {"aql": name}))
    if n >= lot:
        notes.append(Note("inspect_all", "info", {"n": n, "lot": lot}))
    made = Provenance("sampling.variables.plan_for", {"standard": "Z1.9", "form": form, "sigma": sigma})
    first = tables.LETTERS[start]
    return VariablesPlan(first, letter, n, k, m, lot, level, name, severity, sigma, form, made, tuple(notes))


def _not_confirmed(lot: int, aql: str | float, level: VariablesLevel, severity: Severity) -> AnalysisError:
    """The refusal of ISO 3951-1, with the points of the attributes plan of the same letter and AQL."""
    alike = attributes.plan_for(lot, aql, level=level, severity=severity, standard="ISO 2859-1:1999").plan
    good, bad = (curves.quality_at(alike, probability) for probability in (0.95, 0.10))
    return AnalysisError(
        "The tables of ISO 3951-1 could not be confirmed from two sources.",
        f"Its plans follow the single plans of ISO 2859-1, here {alike.n} items, accept {alike.accept}: design one for "
        f"producer_quality={good:.4g} and consumer_quality={bad:.4g}, or use Z1.9.",
    )


def _aql(aql: str | float) -> str:
    try:
        wanted = float(aql)
    except (TypeError, ValueError) as error:
        raise AnalysisError(f"The AQL '{aql}' is no number.", f"AQLs: {', '.join(tables.AQLS)}.") from error
    for name in tables.AQLS:
        if math.isclose(float(name), wanted, rel_tol=1e-9):
            return name
    raise AnalysisError(f"The AQL {aql} is not among the table's.", f"AQLs: {', '.join(tables.AQLS)}.")


def _cell(letter: str, column: int, severity: Severity, sigma: Sigma, form: Form) -> tuple[int, float, float] | None:
    """(n, k, M) of one cell by the column it reads, or None where an arrow points down (or the table has ended)."""
    own = letter
    if severity == "reduced":
        own = tables.REDUCED_FROM[letter]
        if letter == "M":
            return _letter_m(column - tables.AQLS.index("0.15"), sigma)
    if sigma == "known":
        sizes, percents = tables.KNOWN[own]
        at_15 = tables.KNOWN_AT_15.get(own) if severity == "reduced" else None
        found = (*zip(sizes, percents, strict=True), *([at_15] if at_15 else []))
        cell = _from_right(found, column, ends_at=13 if at_15 else 12)
        return None if cell is None else (cell[0], constant_k(*cell, sigma="known"), cell[1])
    n = tables.SIZES[own]
    k = _from_right(tables.K[own], column, ends_at=13)
    ends_at_15 = severity == "reduced" and own in tables.M_AT_15
    row = (*tables.M[own], *([tables.M_AT_15[own]] if ends_at_15 else []))
    m = _from_right(row, column, ends_at=13 if ends_at_15 else 12)
    if (k if form == "k" else m) is None:
        return None
    return n, constant_k(n, m or 0.0) if k is None else k, largest_percent(n, k or 0.0) if m is None else m


def _letter_m(place: int, sigma: Sigma) -> tuple[int, float, float] | None:
    """Reduced inspection of letter M, which has numbers of its own."""
    if not 0 <= place < len(tables.K_REDUCED_M):
        return None
    if sigma == "known":
        n, m = tables.KNOWN_REDUCED_M[0][place], tables.KNOWN_REDUCED_M[1][place]
        return n, constant_k(n, m, sigma="known"), m
    return 30, tables.K_REDUCED_M[place], tables.M_REDUCED_M[place]


def _from_right(row: Sequence[Cell], column: int, ends_at: int) -> Cell | None:
    """The entry of a column in a row whose last entry stands in column `ends_at`."""
    place = column - (ends_at + 1 - len(row))
    return row[place] if 0 <= place < len(row) else None


@dataclass(frozen=True, slots=True)
class VariablesJudgement(Result):
    """A sample judged: quality indices, estimated percent nonconforming beyond each limit, and the verdict."""

    mean: float
    standard_deviation: float
    quality_lower: float | None
    quality_upper: float | None
    percent_lower: float
    percent_upper: float
    percent: float
    accepted: bool
    provenance: Provenance


def judge(
    values: ArrayLike,
    *,
    m: float,
    lower: float | None = None,
    upper: float | None = None,
    sigma: float | None = None,
) -> VariablesJudgement:
    """Judge a sample by form 2: accept when the estimated percent nonconforming is at most `m` percent (Z1.9 B9).

    With `sigma` the process's standard deviation is known and takes the place of the sample's (Z1.9 section D).
    """
    from scipy import special

    data = finite_values(values, at_least=3)
    if lower is None and upper is None:
        raise AnalysisError("There is no specification limit.", "Give lower, upper or both.")
    if lower is not None and upper is not None and lower >= upper:
        raise AnalysisError(f"The lower limit {lower} is not below the upper limit {upper}.")
    if sigma is not None and not (math.isfinite(sigma) and sigma > 0):
        raise AnalysisError(f"The known sigma is {sigma}.", "Give a positive number, or leave it out.")
    n, mean, s = data.size, float(data.mean()), float(data.std(ddof=1))
    if sigma is None and s <= 0:
        raise AnalysisError("The sample does not vary; a plan by variables cannot judge it.", "Use an attributes plan.")
    s = s if sigma is None else sigma
    shape = n / 2.0 - 1.0

    def percent(quality: float | None) -> float:
        if quality is None:
            return 0.0
        if sigma is not None:
            return 100.0 * float(special.ndtr(-quality * math.sqrt(n / (n - 1.0))))
        x = min(max(0.5 * (1.0 - quality * math.sqrt(n) / (n - 1.0)), 0.0), 1.0)
        return 100.0 * float(special.betainc(shape, shape, x))

    below = None if lower is None else (mean - lower) / s
    above = None if upper is None else (upper - mean) / s
    total = percent(below) + percent(above)
    made = Provenance("sampling.variables.judge", {"form": 2, "sigma": "unknown, s" if sigma is None else "known"})
    return VariablesJudgement(mean, s, below, above, percent(below), percent(above), total, total <= m, made)


def acceptance(n: int, k: float, p: ArrayLike, *, sigma_known: bool = False) -> NDArray[np.float64]:
    """Probability of acceptance of a one-sided plan (n, k) at fractions nonconforming p, shape (k,).

    Known sigma: normal; unknown: noncentral t with noncentrality z(1-p)·sqrt(n) (Montgomery 16.2; ISO 3951-1 annex).
    """
    from scipy import special, stats

    bounds.whole(n, "sample size", 1 if sigma_known else 2, LARGEST_SAMPLE)
    bounds.finite(k, "acceptance constant k", largest=LARGEST_K)
    qualities = finite_values(np.atleast_1d(as_floats(p, "qualities")), name="qualities")
    if ((qualities < SMALLEST_QUALITY) | (qualities > 1.0 - SMALLEST_QUALITY)).any():
        raise AnalysisError("A fraction nonconforming lies outside 0 to 1.", "Give fractions, not percentages.")
    z = -special.ndtri(qualities)
    if sigma_known:
        return np.asarray(special.ndtr((z - k) * math.sqrt(n)))
    return np.asarray(stats.nct.sf(k * math.sqrt(n), n - 1, z * math.sqrt(n)))


@dataclass(frozen=True, slots=True)
class DesignedVariablesPlan(Result):
    """A plan by variables made for two points, with the probabilities it has there."""

    n: int
    k: float
    m: float | None
    accepted_at_producer: float
    accepted_at_consumer: float
    sigma_known: bool
    provenance: Provenance


def from_two_points(
    producer_quality: float,
    consumer_quality: float,
    *,
    producer_risk: float = 0.05,
    consumer_risk: float = 0.10,
    sigma_known: bool = False,
) -> DesignedVariablesPlan:
    """Smallest n, with its k, that meets both points exactly enough: Pa(p1) >= 1 - alpha and Pa(p2) <= beta.

    k is chosen so that the consumer's risk is met exactly; n is the smallest for which the producer's then is too.
    """
    from scipy import special, stats

    if not 0 < producer_quality < consumer_quality < 1:
        raise AnalysisError(
            "The producer's quality must be below the consumer's, both between 0 and 1.", "Exchange them."
        )

    for value in (producer_quality, consumer_quality):
        bounds.share(value, "quality", smallest=SMALLEST_QUALITY)
    for risk in (producer_risk, consumer_risk):
        bounds.share(risk, "risk", smallest=1e-6)
        if risk >= 0.5:
            raise AnalysisError(f"A risk is {risk}; it must lie below 0.5.", "Give 0.05 or 0.1.")

    def constant(n: int) -> float:
        z = -float(special.ndtri(consumer_quality))
        if sigma_known:
            return z - float(special.ndtri(consumer_risk)) / math.sqrt(n)
        return float(stats.nct.isf(consumer_risk, n - 1, z * math.sqrt(n))) / math.sqrt(n)

    def short(n: int) -> bool:
        good = acceptance(n, constant(n), [producer_quality], sigma_known=sigma_known)
        return float(good[0]) < 1 - producer_risk

    low, high = 1, 2
    while short(high):
        low, high = high, high * 2
        if high > 1_000_000:
            raise AnalysisError("No sample below a million separates these two qualities.", "Move them apart.")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if short(middle) else (low, middle)
    k = constant(high)
    pa = acceptance(high, k, [producer_quality, consumer_quality], sigma_known=sigma_known)
    made = Provenance("sampling.variables.from_two_points", {"k": "consumer's point exact", "sigma_known": sigma_known})
    m = None if sigma_known or high < 3 else largest_percent(high, k)
    return DesignedVariablesPlan(high, k, m, float(pa[0]), float(pa[1]), sigma_known, made)
