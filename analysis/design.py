"""Designed experiments: make a two-level or response-surface plan, and read effects from its results."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis import bounds
from analysis.errors import AnalysisError
from analysis.observations import as_floats, as_values
from analysis.results import Note, Provenance, Result

LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"  # the trade leaves out I, which stands for the identity

MOST_FACTORS = 12
MOST_GENERATORS = 12
MOST_CENTER_POINTS = 1000


@dataclass(frozen=True, slots=True)
class Design(Result):
    """A plan in coded units, shape (runs, factors), in standard order; `aliases` maps a word to those mixed with it.

    `resolution` is that of a fractional plan (None: nothing is mixed). `run_order` is a random order to run it in.
    """

    factors: tuple[str, ...]
    matrix: NDArray[np.float64]
    resolution: int | None
    defining_words: tuple[str, ...]
    aliases: dict[str, tuple[str, ...]]
    run_order: tuple[int, ...]
    provenance: Provenance
    notes: tuple[Note, ...]


def _names(count: int, most: int) -> tuple[str, ...]:
    return tuple(LETTERS[: bounds.whole(count, "number of factors", 2, most)])


def _order(runs: int, seed: int | None) -> tuple[int, ...]:
    if seed is not None:
        bounds.whole(seed, "seed", 0)
    return tuple(np.random.default_rng(seed).permutation(runs).tolist())


def full_factorial(factors: int, *, seed: int | None = None) -> Design:
    """All 2^k combinations in standard (Yates) order, the first factor fastest."""
    names = _names(factors, 12)
    matrix = _two_level(factors)
    made = Provenance("design.full_factorial", {"levels": 2, "seed": seed})
    return Design(names, matrix, None, (), {}, _order(len(matrix), seed), made, ())


def _two_level(factors: int) -> NDArray[np.float64]:
    runs = np.arange(2**factors)
    return np.column_stack([2.0 * ((runs >> i) & 1) - 1.0 for i in range(factors)])


def fractional_factorial(basic: int, generators: Sequence[str], *, seed: int | None = None) -> Design:
    """A 2^(k-p) plan: `basic` factors in full, and one generated factor for each word (["ABC", "-BCD"] adds two).

    The defining relation is the group of all products of the generating words; resolution is the length of its shortest
    word; aliases are given for words up to two factors (Montgomery, Design and Analysis of Experiments, chapter 8).
    """
    names = _names(basic + len(generators), len(LETTERS))
    base = _two_level(bounds.whole(basic, "number of basic factors", 2, MOST_FACTORS))
    if len(generators) > MOST_GENERATORS:
        raise AnalysisError(f"There are {len(generators)} generators.", f"Give up to {MOST_GENERATORS}.")
    columns = [base[:, i] for i in range(basic)]
    words: list[frozenset[str]] = []
    for index, text in enumerate(generators):
        letters = text.lstrip("-")
        unknown = [letter for letter in letters if letter not in names[:basic]]
        if unknown or len(set(letters)) != len(letters) or len(letters) < 2:
            raise AnalysisError(
                f"The generator '{text}' is not a product of basic factors.",
                f"Multiply two or more of {', '.join(names[:basic])}, each once.",
            )
        product = np.prod([columns[names.index(letter)] for letter in letters], axis=0)
        columns.append(-product if text.startswith("-") else product)
        words.append(frozenset(letters) | {names[basic + index]})
    group = _group(words)
    shortest = min((len(word) for word in group), default=0)
    singles = [frozenset(c) for size in (1, 2) for c in itertools.combinations(names, size)]
    aliases = {_word(s): tuple(sorted((_word(s ^ w) for w in group), key=lambda x: (len(x), x))) for s in singles}
    made = Provenance("design.fractional_factorial", {"generators": ",".join(generators), "seed": seed})
    matrix = np.column_stack(columns)
    defining = tuple(sorted((_word(w) for w in group), key=lambda x: (len(x), x)))
    return Design(names, matrix, shortest or None, defining, aliases, _order(len(matrix), seed), made, ())


def _word(letters: frozenset[str]) -> str:
    return "".join(sorted(letters)) or "I"


def _group(words: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    found: set[frozenset[str]] = set()
    for size in range(1, len(words) + 1):
        for chosen in itertools.combinations(words, size):
            product: frozenset[str] = frozenset()
            for word in chosen:
                product = product ^ word
            found.add(product)
    found.discard(frozenset())
    return list(found)


# Generating rows of Plackett and Burman (1946).
_PLACKETT_BURMAN = {
    12: "++-+++---+-",
    20: "++--++++-+-+----++-",
    24: "+++++-+-++--++--+-+----",
}


def plackett_burman(factors: int, *, seed: int | None = None) -> Design:
    """Screening plan of 12, 20 or 24 runs for up to 23 factors: main effects are clear of each other only."""
    names = _names(factors, 23)
    runs = next(size for size in _PLACKETT_BURMAN if size > factors)
    row = np.array([1.0 if sign == "+" else -1.0 for sign in _PLACKETT_BURMAN[runs]])
    matrix = np.vstack([*(np.roll(row, shift) for shift in range(runs - 1)), -np.ones(runs - 1)])[:, :factors]
    made = Provenance("design.plackett_burman", {"runs": runs, "seed": seed})
    return Design(names, matrix, 3, (), {}, _order(runs, seed), made, ())


def central_composite(
    factors: int, *, center_points: int = 5, alpha: float | None = None, seed: int | None = None
) -> Design:
    """Cube, star and centre for a second-order surface; alpha defaults to the rotatable (2^k)^(1/4)."""
    names = _names(factors, 6)
    distance = (2.0**factors) ** 0.25 if alpha is None else alpha
    bounds.positive(distance, "distance of the star points")
    bounds.whole(center_points, "number of centre points", 0, MOST_CENTER_POINTS)
    star = np.vstack([sign * distance * np.eye(factors)[i] for i in range(factors) for sign in (-1.0, 1.0)])
    matrix = np.vstack([_two_level(factors), star, np.zeros((center_points, factors))])
    made = Provenance("design.central_composite", {"alpha": distance, "center_points": center_points, "seed": seed})
    return Design(names, matrix, None, (), {}, _order(len(matrix), seed), made, ())


def box_behnken(factors: int, *, center_points: int = 3, seed: int | None = None) -> Design:
    """Three-level surface plan from pairs of factors at ±1 (Box and Behnken 1960), for 3 to 5 factors."""
    names = _names(factors, 5)
    if factors < 3:
        raise AnalysisError("A Box-Behnken plan needs 3 to 5 factors; 2 were asked for.", "Use central_composite.")
    bounds.whole(center_points, "number of centre points", 0, MOST_CENTER_POINTS)
    rows = []
    for i, j in itertools.combinations(range(factors), 2):
        for a, b in itertools.product((-1.0, 1.0), repeat=2):
            row = np.zeros(factors)
            row[i], row[j] = a, b
            rows.append(row)
    matrix = np.vstack([*rows, np.zeros((center_points, factors))])
    made = Provenance("design.box_behnken", {"center_points": center_points, "seed": seed})
    return Design(names, matrix, None, (), {}, _order(len(matrix), seed), made, ())


@dataclass(frozen=True, slots=True)
class Effects(Result):
    """Effects of a two-level plan, each the change of the mean response from low to high.

    With replicates, `standard_error`, `t` and `p` come from them; without, Lenth's pseudo standard error with its
    margins (`margin`, `simultaneous_margin`) says which effects stand out. `half_normal` are the plotting positions
    of the absolute effects in the order of `terms`.
    """

    terms: tuple[str, ...]
    effects: dict[str, float]
    mean: float
    standard_error: float | None
    t: dict[str, float] | None
    p: dict[str, float] | None
    pseudo_standard_error: float
    margin: float
    simultaneous_margin: float
    active: tuple[str, ...]
    half_normal: tuple[float, ...]
    residual_sd: float | None
    n: int
    confidence: float
    provenance: Provenance
    notes: tuple[Note, ...]


def effects(responses: ArrayLike, factors: int, *, confidence: float = 0.95) -> Effects:
    """Effects of a full 2^k plan in standard order; responses of shape (2^k,) or (2^k, replicates).

    Contrasts as in Montgomery, chapter 6; Lenth (1989) for unreplicated plans.
    """
    bounds.confidence_level(confidence)
    table = as_floats(responses, "responses")
    table = table[:, None] if table.ndim == 1 else table
    if table.ndim != 2 or table.shape[1] == 0:
        raise AnalysisError("The responses are no column and no table.", "Give one row a run, one column a replicate.")
    names = _names(factors, 12)
    if table.shape[0] != 2**factors:
        raise AnalysisError(
            f"A 2^{factors} plan has {2**factors} runs; there are {table.shape[0]} responses.", "Give each run."
        )
    as_values(table.ravel(), "responses")
    if np.isnan(table).any():
        raise AnalysisError("A response is missing; a full factorial needs every run.", "Repeat the missing run.")
    means = table.mean(axis=1)
    grand = float(means.mean())
    signs = _two_level(factors)
    masks = range(1, 2**factors)
    terms = tuple("".join(names[i] for i in range(factors) if mask >> i & 1) for mask in masks)
    contrast = [np.prod(signs[:, [i for i in range(factors) if mask >> i & 1]], axis=1) for mask in masks]
    values = np.array([float(c @ (means - grand)) / 2 ** (factors - 1) for c in contrast])
    pseudo, margin, simultaneous = _lenth(values, confidence)
    error, freedom = _replicate_error(table, means)
    found = dict(zip(terms, values.tolist(), strict=True))
    t, p = _tests(found, error, freedom)
    active = _active(found, p, margin, confidence)
    order = np.argsort(np.argsort(np.abs(values), kind="stable"), kind="stable")
    notes = () if error else (Note("no_replicates", "info", {"method": "Lenth"}),)
    return Effects(
        terms=terms,
        effects=found,
        mean=grand,
        standard_error=error,
        t=t,
        p=p,
        pseudo_standard_error=pseudo,
        margin=margin,
        simultaneous_margin=simultaneous,
        active=active,
        half_normal=_half_normal(order, len(terms)),
        residual_sd=error * math.sqrt(table.size) / 2.0 if error else None,
        n=table.size,
        confidence=confidence,
        provenance=Provenance("design.effects", {"unreplicated": "Lenth 1989", "order": "standard"}),
        notes=notes,
    )


def _half_normal(order: NDArray[np.int64], count: int) -> tuple[float, ...]:
    from scipy import special

    return tuple(special.ndtri(0.5 + 0.5 * (order + 0.5) / count).tolist())


def _lenth(values: NDArray[np.float64], confidence: float) -> tuple[float, float, float]:
    from scipy import special

    size = np.abs(values)
    first = 1.5 * float(np.median(size))
    kept = size[size < 2.5 * first] if first > 0 else size
    pseudo = 1.5 * float(np.median(kept))
    freedom = values.size / 3.0
    quantile = float(special.stdtrit(freedom, 0.5 + confidence / 2.0))
    gamma = (1.0 + confidence ** (1.0 / values.size)) / 2.0
    return pseudo, quantile * pseudo, float(special.stdtrit(freedom, gamma)) * pseudo


def _replicate_error(table: NDArray[np.float64], means: NDArray[np.float64]) -> tuple[float | None, int]:
    runs, replicates = table.shape
    if replicates < 2:
        return None, 0
    freedom = runs * (replicates - 1)
    variance = float(((table - means[:, None]) ** 2).sum()) / freedom
    return (2.0 * math.sqrt(variance / table.size) if variance > 0 else None), freedom


def _tests(
    found: dict[str, float], error: float | None, freedom: int
) -> tuple[dict[str, float] | None, dict[str, float] | None]:
    from scipy import special

    if not error:
        return None, None
    t = {term: value / error for term, value in found.items()}
    return t, {term: 2.0 * float(special.stdtr(freedom, -abs(value))) for term, value in t.items()}


def _active(found: dict[str, float], p: dict[str, float] | None, margin: float, confidence: float) -> tuple[str, ...]:
    if p is not None:
        return tuple(term for term, value in p.items() if value < 1.0 - confidence)
    return tuple(term for term, value in found.items() if abs(value) > margin)
